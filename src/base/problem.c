/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem - what went wrong, told where it was understood
 *
 * The first problem wins: what fails while cleaning up after it is a
 * consequence, and would hide the cause. The note goes to terminals, JSON files
 * and logs, so it is made clean here once, whatever was formatted into it.
 */
#include "base/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* In place; a '?' is never longer than what it replaces. A sequence that is
 * broken only because the text was cut there is dropped. */
static void clean(char *s, size_t n, int was_cut)
{
	size_t from = 0, to = 0;

	while (from < n) {
		uint32_t c;
		size_t len = utf8_decode(s + from, n - from, &c);

		if (len == 0 && was_cut && n - from < 4 && (unsigned char)s[from] >= 0xc2)
			break;
		if (len == 0 || utf8_is_control(c)) {
			s[to++] = '?';
			from += len ? len : 1;
			continue;
		}
		memmove(s + to, s + from, len);
		to += len;
		from += len;
	}
	s[to] = '\0';
}

int problem_set(struct problem *p, int err, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!p || p->err != 0 || err == 0)
		return err;
	p->err = err < 0 ? err : -err;
	va_start(ap, fmt);
	n = vsnprintf(p->note, sizeof(p->note), fmt, ap);
	va_end(ap);
	if (n < 0)
		p->note[0] = '\0'; /* problem_text() has a sentence still */
	clean(p->note, strlen(p->note), n >= (int)sizeof(p->note));
	return err;
}

const char *problem_text(const struct problem *p)
{
	return p->note[0] ? p->note : errcode_text(p->err);
}

void problem_clear(struct problem *p)
{
	p->err = 0;
	p->line = 0;
	p->note[0] = '\0';
}
