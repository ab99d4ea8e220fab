/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the cell: what comes of it keeps to its room and to its type's letters, is
 * the same number as the C library reads in the cell, and converts to itself. A date
 * is its time's.
 *
 * The first byte chooses the type, the second the zone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/convert.h"
#include "portions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const enum schema_type types[] = {SCHEMA_DECIMAL, SCHEMA_INTEGER, SCHEMA_LONG,
					 SCHEMA_DATE, SCHEMA_TIMESTAMP};

/* Version 1's empty block, then version 2's with one type and Berlin's rule. */
#define BLOCK                                              \
	"TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"              \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4" \
	"\0\0\x0e\x10\0\0CET"
static const char berlin[] = BLOCK "\0" BLOCK "\0\nCET-1CEST,M3.5.0,M10.5.0/3\n";

static struct tz *zone(uint8_t which)
{
	struct tz *tz = NULL;

	switch (which % 4) {
	case 1:
		ENSURE(tz_new_fixed(&tz, 86399) == 0);
		break;
	case 2:
		ENSURE(tz_new_fixed(&tz, -19800) == 0);
		break;
	case 3:
		ENSURE(tz_new(&tz, berlin, sizeof(berlin) - 1) == 0);
		break;
	default:
		break;
	}
	return tz;
}

/* A copy of what came of it, terminated; NULL when invalid. */
static char *converted(enum schema_type type, struct slice in, const struct tz *tz)
{
	struct buf tmp = BUF_INIT(in.n + CONVERT_ROOM);
	struct slice out = {0};
	char *copy = NULL;
	int r;

	r = convert_value(type, in, tz, &tmp, &out);
	ENSURE(r == 0 || r == CONVERT_INVALID);
	if (r == 0) {
		ENSURE(out.n > 0);
		copy = strndup(out.p, out.n);
		ENSURE(copy && strlen(copy) == out.n);
	}
	buf_fini(&tmp);
	return copy;
}

static bool shaped(const char *s, const char *like)
{
	for (; *like; s++, like++) {
		if (*like == '0' ? *s < '0' || *s > '9' : *s != *like)
			return false;
	}
	return *s == '\0';
}

static void check_decimal(const char *in, const char *out)
{
	const char *digits = out + (out[0] == '-');
	size_t whole = strspn(digits, "0123456789");
	size_t fraction =
		digits[whole] == '.' ? strspn(digits + whole + 1, "0123456789") : 0;

	ENSURE(whole > 0);
	ENSURE(digits[whole] == '\0' ||
	       (fraction > 0 && digits[whole + 1 + fraction] == '\0'));
	/* correctly rounded, both, and of the same number or not */
	ENSURE(strtod(in, NULL) == strtod(out, NULL));
}

static void check_whole(const char *in, const char *out, int64_t least, int64_t most)
{
	char again[24];
	long long v;

	errno = 0;
	v = strtoll(in, NULL, 10);
	ENSURE(errno == 0 && v >= least && v <= most);
	(void)snprintf(again, sizeof(again), "%lld", v);
	ENSURE(strcmp(out, again) == 0);
}

static void check(enum schema_type type, const char *in, const char *out)
{
	switch (type) {
	case SCHEMA_DECIMAL:
		check_decimal(in, out);
		break;
	case SCHEMA_INTEGER:
		check_whole(in, out, INT32_MIN, INT32_MAX);
		break;
	case SCHEMA_LONG:
		check_whole(in, out, INT64_MIN, INT64_MAX);
		break;
	case SCHEMA_DATE:
		ENSURE(shaped(out, "0000-00-00"));
		break;
	default:
		ENSURE(shaped(out, "0000-00-00T00:00:00Z"));
		break;
	}
}

/* The two types never disagree on the day. */
static void check_date_of_time(struct slice in, const struct tz *tz)
{
	char *date = converted(SCHEMA_DATE, in, tz);
	char *time = converted(SCHEMA_TIMESTAMP, in, tz);

	ENSURE(!date == !time);
	ENSURE(!date || strncmp(date, time, strlen(date)) == 0);
	free(date);
	free(time);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text, *out, *again;
	enum schema_type type;
	struct slice in;
	struct tz *tz;

	if (n < 3)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	tz = zone(data[1]);
	in = slice_of((const char *)data + 2, n - 2);
	text = strndup(in.p, in.n);
	ENSURE(text);
	out = converted(type, in, tz);
	if (out) {
		check(type, text, out);
		again = converted(type, slice_str(out), tz);
		ENSURE(again && strcmp(out, again) == 0);
		free(again);
	}
	if (type == SCHEMA_DATE || type == SCHEMA_TIMESTAMP)
		check_date_of_time(in, tz);
	free(out);
	free(text);
	tz_free(tz);
	return 0;
}
