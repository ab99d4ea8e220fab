/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DECIMAL: without an exponent the digits stay as they were written, leading
 * and trailing zeros included. With one, the point is moved in the text and
 * superfluous leading zeros go; more than MAX_DIGITS digits are no number that
 * anybody meant, and would let seven bytes of input become gigabytes.
 *
 * Time: what ISO 8601 writes with a date and a time to the minute or finer, extended
 * or basic, the two never mixed. The instants that it names in two ways are refused
 * (24:00:00), and so is a leap second, which has no place in AMC's calendar.
 *
 * A bare number is epoch seconds, unless nobody can have meant that. Epoch milliseconds
 * must not become the year 50000 or, worse, a plausible year: 1e11 seconds is the year
 * 5138, 1e11 milliseconds the year 1973, so from there on a number is taken to be
 * milliseconds. And 20261122, 202611 and 2026 would each become a day of 1970. All
 * these are invalid, not corrected: the record then says that there is something to
 * mend, where a guess would have to be right for every row. The midnights of 1970 are
 * none of these numbers. Seconds with a fraction are refused too: spreadsheets write
 * the day and its time so (46348.75), in days.
 */
#include "data/convert.h"

#include "base/timefmt.h"

#define MAX_DIGITS     400
#define MAX_EXPONENT   100000
#define EPOCH_FIRST_MS INT64_C(100000000000)
#define FIRST_YEAR     1900 /* of dates that people write as one number */
#define LAST_YEAR      2100
#define DATE_CHARS     10 /* yyyy-MM-dd */
#define TIME_CHARS     20 /* yyyy-MM-ddTHH:mm:ssZ */

static inline bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(struct slice s, size_t from)
{
	size_t i = from;

	while (i < s.n && digit(s.p[i]))
		i++;
	return i - from;
}

/* [sign] digits [. digits] [e exponent] */
struct number {
	bool minus;
	struct slice whole, fraction; /* one of them has a digit */
	bool point;
	bool exponent;
	long shift; /* places that the point moves to the right */
};

static bool parse_exponent(struct slice s, size_t i, struct number *out)
{
	bool minus = false;
	size_t n;

	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		minus = s.p[i++] == '-';
	n = digits(s, i);
	if (n == 0 || i + n != s.n)
		return false;
	for (; n > 0; n--, i++) {
		out->shift = out->shift * 10 + (s.p[i] - '0');
		if (out->shift > MAX_EXPONENT)
			out->shift = MAX_EXPONENT;
	}
	if (minus)
		out->shift = -out->shift;
	out->exponent = true;
	return true;
}

static bool parse_number(struct slice s, struct number *out)
{
	size_t i = 0, n;

	*out = (struct number){0};
	if (s.n > 0 && (s.p[0] == '+' || s.p[0] == '-'))
		out->minus = s.p[i++] == '-';
	n = digits(s, i);
	out->whole = slice_of(s.p + i, n);
	i += n;
	if (i < s.n && s.p[i] == '.') {
		out->point = true;
		i++;
		n = digits(s, i);
		out->fraction = slice_of(s.p + i, n);
		i += n;
	}
	if (out->whole.n + out->fraction.n == 0)
		return false;
	if (i == s.n)
		return true;
	if (s.p[i] != 'e' && s.p[i] != 'E')
		return false;
	return parse_exponent(s, i + 1, out);
}

/* Digits of whole and fraction as one run. */
static char digit_at(const struct number *v, long i)
{
	size_t k = (size_t)i;

	return k < v->whole.n ? v->whole.p[k] : v->fraction.p[k - v->whole.n];
}

/* Moves the point. Digits are numbered from 0; those outside 0..all are zeros. */
static int expand(const struct number *v, struct buf *tmp, struct slice *out)
{
	long all = (long)(v->whole.n + v->fraction.n), zeros = 0;
	long point, first, i;
	int r;

	if (v->whole.n + v->fraction.n > MAX_DIGITS)
		return CONVERT_INVALID;
	while (zeros < all && digit_at(v, zeros) == '0')
		zeros++;
	point = (long)v->whole.n + v->shift;
	if (zeros == all && point > all)
		point = all; /* zero, however often multiplied by ten */
	/* no leading zeros, but one digit before the point */
	first = zeros < point ? zeros : point - 1;
	if ((all > point ? all : point) - first > MAX_DIGITS)
		return CONVERT_INVALID;
	r = buf_reserve(tmp, CONVERT_ROOM);
	if (r < 0)
		return r;
	if (v->minus)
		tmp->p[tmp->n++] = '-';
	for (i = first; i < all || i < point; i++) {
		if (i == point)
			tmp->p[tmp->n++] = '.';
		tmp->p[tmp->n++] = i >= 0 && i < all ? digit_at(v, i) : '0';
	}
	*out = buf_slice(tmp);
	return 0;
}

static int decimal(struct slice in, struct buf *tmp, struct slice *out)
{
	struct number v;
	int r;

	if (!parse_number(in, &v))
		return CONVERT_INVALID;
	if (v.exponent)
		return expand(&v, tmp, out);
	if (in.p[0] == '+')
		in = slice_of(in.p + 1, in.n - 1);
	if (v.point && v.fraction.n == 0)
		in.n--;
	*out = in;
	if (v.whole.n > 0)
		return 0;
	r = buf_reserve(tmp, in.n + 1);
	if (r == 0 && v.minus)
		r = buf_addc(tmp, '-');
	if (r == 0)
		r = buf_add(tmp, "0.", 2);
	if (r == 0)
		r = buf_add(tmp, v.fraction.p, v.fraction.n);
	*out = buf_slice(tmp);
	return r;
}

/* Digits only; false beyond 64 bits. */
static bool parse_u64(struct slice s, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

/* 123, -123, 123.0: a whole number whose absolute value fits 64 bits. */
static bool parse_whole(struct slice in, bool *minus, uint64_t *out)
{
	struct number v;

	if (!parse_number(in, &v) || v.exponent || v.whole.n == 0)
		return false;
	for (size_t i = 0; i < v.fraction.n; i++) {
		if (v.fraction.p[i] != '0')
			return false;
	}
	*minus = v.minus;
	return parse_u64(v.whole, out);
}

static int whole(struct slice in, uint64_t most, struct buf *tmp, struct slice *out)
{
	char text[24];
	size_t i = sizeof(text);
	bool minus;
	uint64_t v;
	int r;

	if (!parse_whole(in, &minus, &v) || v > most + (minus ? 1 : 0))
		return CONVERT_INVALID;
	if (v == 0)
		minus = false;
	do {
		text[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	if (minus)
		text[--i] = '-';
	r = buf_add(tmp, text + i, sizeof(text) - i);
	*out = buf_slice(tmp);
	return r;
}

/* Exactly n digits at *i, which moves on. */
static bool take(struct slice s, size_t *i, size_t n, int *out)
{
	int v = 0;

	if (s.n - *i < n)
		return false;
	for (; n > 0; n--, (*i)++) {
		if (!digit(s.p[*i]))
			return false;
		v = v * 10 + (s.p[*i] - '0');
	}
	*out = v;
	return true;
}

static bool skip(struct slice s, size_t *i, char c)
{
	if (*i == s.n || s.p[*i] != c)
		return false;
	(*i)++;
	return true;
}

/* Z, +HH:MM, +HHMM or +HH up to the end of s. */
static bool parse_offset(struct slice s, size_t i, int *seconds)
{
	int hours, minutes = 0, sign = 1;

	*seconds = 0;
	if (skip(s, &i, 'Z') || skip(s, &i, 'z'))
		return i == s.n;
	if (skip(s, &i, '-'))
		sign = -1;
	else if (!skip(s, &i, '+'))
		return false;
	if (!take(s, &i, 2, &hours))
		return false;
	if (i < s.n) {
		(void)skip(s, &i, ':'); /* may be there or not */
		if (!take(s, &i, 2, &minutes))
			return false;
	}
	*seconds = sign * (hours * 3600 + minutes * 60);
	return i == s.n && hours < 24 && minutes < 60;
}

/* yyyy-MM-dd or, basic, yyyyMMdd */
static bool parse_date(struct slice s, size_t *i, struct timefmt_civil *c, bool *basic)
{
	if (!take(s, i, 4, &c->year))
		return false;
	*basic = !skip(s, i, '-');
	return take(s, i, 2, &c->month) && (*basic || skip(s, i, '-')) &&
	       take(s, i, 2, &c->day);
}

/* HH:mm, HH:mm:ss, HHmm or HHmmss; a fraction of the second is dropped. */
static bool parse_clock(struct slice s, size_t *i, struct timefmt_civil *c, bool basic)
{
	size_t n;

	if (!take(s, i, 2, &c->hour) || (!basic && !skip(s, i, ':')) ||
	    !take(s, i, 2, &c->minute))
		return false;
	if (basic ? digits(s, *i) == 0 : !skip(s, i, ':'))
		return true;
	if (!take(s, i, 2, &c->second))
		return false;
	if (!skip(s, i, '.') && !skip(s, i, ','))
		return true;
	n = digits(s, *i);
	*i += n;
	return n > 0;
}

/* A date alone has no zone: the same day in a DATE and in a TIMESTAMP column. */
static bool parse_civil(struct slice s, const struct tz *tz, int64_t *epoch)
{
	struct timefmt_civil c = {0};
	bool local = false, basic;
	int offset = 0;
	size_t i = 0;

	if (!parse_date(s, &i, &c, &basic))
		return false;
	if (i == s.n) {
		if (basic)
			return false; /* a number as well */
	} else {
		if (!skip(s, &i, 'T') && !skip(s, &i, 't') && !skip(s, &i, ' '))
			return false;
		if (!parse_clock(s, &i, &c, basic))
			return false;
		local = i == s.n;
		if (!local && !parse_offset(s, i, &offset))
			return false;
	}
	if (timefmt_to_epoch(&c, epoch) < 0)
		return false;
	*epoch = local ? tz_to_utc(tz, *epoch) : *epoch - offset;
	return true;
}

/* A year, a month or a day without its dashes. */
static bool reads_as_date(uint64_t v)
{
	struct timefmt_civil c = {.month = 1, .day = 1};
	int64_t unused;

	if (v >= 100000000)
		return false;
	if (v >= 10000000) {
		c.day = (int)(v % 100);
		v /= 100;
	}
	if (v >= 100000) {
		c.month = (int)(v % 100);
		v /= 100;
	}
	c.year = (int)v;
	return v >= FIRST_YEAR && v <= LAST_YEAR && timefmt_to_epoch(&c, &unused) == 0;
}

static bool parse_epoch(struct slice s, int64_t *epoch)
{
	bool minus;
	uint64_t v;

	if (!parse_whole(s, &minus, &v) || v >= (uint64_t)EPOCH_FIRST_MS)
		return false;
	if (!minus && reads_as_date(v))
		return false;
	*epoch = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static int point_in_time(enum schema_type type, struct slice in, const struct tz *tz,
			 struct buf *tmp, struct slice *out)
{
	char text[TIMEFMT_RFC3339];
	struct timefmt_civil c;
	int64_t epoch;
	int r;

	if (!parse_civil(in, tz, &epoch) && !parse_epoch(in, &epoch))
		return CONVERT_INVALID;
	if (timefmt_from_epoch(epoch, &c) < 0) /* an offset can leave the calendar */
		return CONVERT_INVALID;
	r = buf_add(tmp, timefmt_rfc3339(epoch, text),
		    type == SCHEMA_DATE ? DATE_CHARS : TIME_CHARS);
	*out = buf_slice(tmp);
	return r;
}

int convert_value(enum schema_type type, struct slice in, const struct tz *tz,
		  struct buf *tmp, struct slice *out)
{
	switch (type) {
	case SCHEMA_DECIMAL:
		return decimal(in, tmp, out);
	case SCHEMA_INTEGER:
		return whole(in, INT32_MAX, tmp, out);
	case SCHEMA_LONG:
		return whole(in, INT64_MAX, tmp, out);
	case SCHEMA_TIMESTAMP:
	case SCHEMA_DATE:
		return point_in_time(type, in, tz, tmp, out);
	case SCHEMA_STRING:
		break;
	}
	*out = in;
	return 0;
}
