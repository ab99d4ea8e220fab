/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errcode - every way amcfs can fail, in one table
 *
 * The rows follow enum errcode, so a code is its own index. An errno keeps its
 * number and its text; it has no code of its own in a job record, since what
 * the system refused is for us to explain, not for a script to tell apart.
 */
#include "base/errcode.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

struct row {
	int eno;
	const char *code;
	const char *text;
};

static const struct row rows[] = {
#define ERRCODE_ROW(name, eno, code, text) {eno, code, text},
	ERRCODE_TABLE(ERRCODE_ROW)
#undef ERRCODE_ROW
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == ERR_END - ERR_FIRST - 1,
	       "one row for each code");

static int magnitude(int err)
{
	if (err == INT_MIN)
		return INT_MAX;
	return err < 0 ? -err : err;
}

static const struct row *find(int n)
{
	return n > ERR_FIRST && n < ERR_END ? &rows[n - ERR_FIRST - 1] : NULL;
}

/* NULL for a number that is no errno. */
static const char *errno_text(int n)
{
#ifdef __GLIBC__
	return strerrordesc_np(n); /* strerror() would translate, and invent */
#else
	return strerror(n);
#endif
}

int errcode_errno(int err)
{
	int n = magnitude(err);
	const struct row *row = find(n);

	if (row)
		return row->eno;
	return n <= ERR_FIRST && errno_text(n) ? n : EIO;
}

const char *errcode_code(int err)
{
	const struct row *row = find(magnitude(err));

	if (row)
		return row->code;
	return err == 0 ? "ok" : "internal";
}

const char *errcode_text(int err)
{
	int n = magnitude(err);
	const struct row *row = find(n);
	const char *text;

	if (row)
		return row->text;
	text = n <= ERR_FIRST ? errno_text(n) : NULL;
	return text ? text : "unknown error";
}
