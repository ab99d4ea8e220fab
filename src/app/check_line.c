/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts hold what servers answer, so they go through struct problem, which
 * makes control characters harmless.
 */
#include "app/check_line.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/problem.h"

static void PRINTF_LIKE(2, 0) line(const char *word, const char *fmt, va_list ap)
{
	struct problem clean = {0};
	char text[sizeof(clean.note)];

	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	problem_set(&clean, -EIO, "%s", text);
	printf("%-5s %s\n", word, clean.note);
	(void)fflush(stdout); /* the next check may take its time */
}

void check_line_ok(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("ok", fmt, ap);
	va_end(ap);
}

void check_line_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("WARN", fmt, ap);
	va_end(ap);
}

void check_line_fail(size_t *failures, const char *fmt, ...)
{
	va_list ap;

	(*failures)++;
	va_start(ap, fmt);
	line("FAIL", fmt, ap);
	va_end(ap);
}
