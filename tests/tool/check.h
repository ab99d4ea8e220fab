/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check - the whole test harness: compare, say where and what, leave with 1
 *
 *	TEST(adds) { CHECK_INT(1 + 1, 2); }
 *	int main(void) { RUN(adds); return CHECK_DONE(); }
 *
 * Nothing is printed when all is well. CHECK_DONE() fails a program in which
 * no comparison ran at all, so that a test cannot pass by doing nothing.
 */
#pragma once

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_state {
	const char *test; /* the one that RUN() started */
	unsigned long done;
};

__attribute__((unused)) static struct check_state check_state = {"main", 0};

__attribute__((noreturn, cold, unused)) static void check_leave(void)
{
	(void)fflush(NULL);
	exit(1);
}

__attribute__((cold, unused)) static void check_where(const char *file, int line,
						      const char *what)
{
	fprintf(stderr, "%s:%d: in %s: %s\n", file, line, check_state.test, what);
}

/* Quoted, with everything unprintable as \xNN, so that two values that look
 * alike on a terminal do not look alike here. */
__attribute__((cold, unused)) static void check_show(const char *label, const void *p,
						     size_t n)
{
	const unsigned char *s = p;

	if (!s) {
		fprintf(stderr, "  %s NULL\n", label);
		return;
	}
	fprintf(stderr, "  %s \"", label);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			fprintf(stderr, "\\%c", s[i]);
		else if (s[i] < 0x80 && isprint(s[i]))
			fputc(s[i], stderr);
		else
			fprintf(stderr, "\\x%02x", s[i]);
	}
	fprintf(stderr, "\" (%zu bytes)\n", n);
}

__attribute__((unused)) static void check_true(int ok, const char *file, int line,
					       const char *expr)
{
	check_state.done++;
	if (ok)
		return;
	check_where(file, line, expr);
	fprintf(stderr, "  is false\n");
	check_leave();
}

__attribute__((unused)) static void check_int(long long got, long long want,
					      const char *file, int line,
					      const char *expr)
{
	check_state.done++;
	if (got == want)
		return;
	check_where(file, line, expr);
	fprintf(stderr, "  got      %lld\n  expected %lld\n", got, want);
	check_leave();
}

__attribute__((unused)) static void check_mem(const void *got, size_t got_n,
					      const void *want, size_t want_n,
					      const char *file, int line,
					      const char *expr)
{
	int same = got_n == want_n;

	if (same && got_n > 0)
		same = got && want && memcmp(got, want, got_n) == 0;
	check_state.done++;
	if (same)
		return;
	check_where(file, line, expr);
	check_show("got     ", got, got_n);
	check_show("expected", want, want_n);
	check_leave();
}

__attribute__((unused)) static void check_str(const char *got, const char *want,
					      const char *file, int line,
					      const char *expr)
{
	check_state.done++;
	if (got == want || (got && want && strcmp(got, want) == 0))
		return;
	check_where(file, line, expr);
	check_show("got     ", got, got ? strlen(got) : 0);
	check_show("expected", want, want ? strlen(want) : 0);
	check_leave();
}

__attribute__((unused)) static int check_done(void)
{
	if (check_state.done > 0)
		return 0;
	fprintf(stderr, "no comparison was made\n");
	return 1;
}

#define CHECK(cond) check_true(!!(cond), __FILE__, __LINE__, #cond)
#define CHECK_INT(got, want) \
	check_int((long long)(got), (long long)(want), __FILE__, __LINE__, #got)
#define CHECK_STR(got, want) check_str((got), (want), __FILE__, __LINE__, #got)
#define CHECK_MEM(got, got_n, want, want_n) \
	check_mem((got), (got_n), (want), (want_n), __FILE__, __LINE__, #got)

#define TEST(name) static void name(void)
#define RUN(name)                          \
	do {                               \
		check_state.test = #name;  \
		name();                    \
		check_state.test = "main"; \
	} while (0)
#define CHECK_DONE() check_done()
