/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timefmt - UTC calendar arithmetic without locale or time zone files
 *
 * The civil calendar is counted from 1 March, so that the leap day is the last
 * day of the year, and in eras of 400 years, which all have the same number of
 * days. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 * gmtime_r() would do, but timegm() quietly mends dates that do not exist.
 */
#include "base/timefmt.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY_S	       86400
#define ERA_DAYS       146097		     /* days in 400 years */
#define ERA_OFFSET     719468		     /* days from 0000-03-01 to 1970-01-01 */
#define EPOCH_LEAST    INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define EPOCH_GREATEST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static int days_in_month(int year, int month)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool exists(const struct timefmt_civil *c)
{
	return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 &&
	       c->day >= 1 && c->day <= days_in_month(c->year, c->month) &&
	       c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59 &&
	       c->second >= 0 && c->second <= 59;
}

int timefmt_to_epoch(const struct timefmt_civil *c, int64_t *out_s)
{
	int64_t year, era, year_of_era, day_of_year, days;

	if (!exists(c))
		return -EINVAL;
	year = c->month > 2 ? c->year : c->year - 1; /* years from 1 March; >= 0 */
	era = year / 400;
	year_of_era = year % 400;
	day_of_year = (153 * ((c->month + 9) % 12) + 2) / 5 + c->day - 1;
	days = era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - ERA_OFFSET;
	*out_s = days * DAY_S + c->hour * 3600 + c->minute * 60 + c->second;
	return 0;
}

int timefmt_from_epoch(int64_t s, struct timefmt_civil *out)
{
	int64_t days, rest, era, day_of_era, year_of_era, day_of_year, month;

	if (s < EPOCH_LEAST || s > EPOCH_GREATEST)
		return -ERANGE;
	/* Counted from 0000-03-01 everything is positive. */
	s += (int64_t)ERA_OFFSET * DAY_S;
	days = s / DAY_S;
	rest = s % DAY_S;
	era = days / ERA_DAYS;
	day_of_era = days % ERA_DAYS;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
		       day_of_era / (ERA_DAYS - 1)) /
		      365;
	day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153; /* 0 = March */
	out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	out->month = (int)(month < 10 ? month + 3 : month - 9);
	out->year = (int)(era * 400 + year_of_era + (out->month <= 2));
	out->hour = (int)(rest / 3600);
	out->minute = (int)(rest / 60 % 60);
	out->second = (int)(rest % 60);
	return 0;
}

static void put(char *to, int value, int digits)
{
	while (digits-- > 0) {
		to[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

const char *timefmt_rfc3339(int64_t s, char out[TIMEFMT_RFC3339])
{
	struct timefmt_civil c;

	memcpy(out, "0000-00-00T00:00:00Z", TIMEFMT_RFC3339);
	if (timefmt_from_epoch(s, &c) < 0)
		return out;
	put(out, c.year, 4);
	put(out + 5, c.month, 2);
	put(out + 8, c.day, 2);
	put(out + 11, c.hour, 2);
	put(out + 14, c.minute, 2);
	put(out + 17, c.second, 2);
	return out;
}

const char *timefmt_basic(int64_t s, char out[TIMEFMT_BASIC])
{
	struct timefmt_civil c;

	memcpy(out, "00000000T000000Z", TIMEFMT_BASIC);
	if (timefmt_from_epoch(s, &c) < 0)
		return out;
	put(out, c.year, 4);
	put(out + 4, c.month, 2);
	put(out + 6, c.day, 2);
	put(out + 9, c.hour, 2);
	put(out + 11, c.minute, 2);
	put(out + 13, c.second, 2);
	return out;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly that many digits, then *s behind them. */
static bool take_number(const char **s, int digits, int *out)
{
	int value = 0;

	for (int i = 0; i < digits; i++) {
		if (!is_digit((*s)[i]))
			return false;
		value = value * 10 + ((*s)[i] - '0');
	}
	*s += digits;
	*out = value;
	return true;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool take_civil(const char **s, struct timefmt_civil *c)
{
	return take_number(s, 4, &c->year) && take_char(s, '-') &&
	       take_number(s, 2, &c->month) && take_char(s, '-') &&
	       take_number(s, 2, &c->day) && take_char(s, 'T') &&
	       take_number(s, 2, &c->hour) && take_char(s, ':') &&
	       take_number(s, 2, &c->minute) && take_char(s, ':') &&
	       take_number(s, 2, &c->second);
}

/* "Z", "+01:00" or "+0100". */
static bool take_offset(const char **s, int *out_s)
{
	int sign, hours, minutes;

	*out_s = 0;
	if (take_char(s, 'Z'))
		return true;
	sign = **s == '-' ? -1 : 1;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_number(s, 2, &hours))
		return false;
	(void)take_char(s, ':'); /* there or not */
	if (!take_number(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*out_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

int timefmt_parse_rfc3339(const char *s, int64_t *out_s)
{
	struct timefmt_civil c = {0};
	int64_t local;
	int offset;
	int r;

	if (!take_civil(&s, &c))
		return -EINVAL;
	if (take_char(&s, '.')) {
		if (!is_digit(*s))
			return -EINVAL;
		while (is_digit(*s))
			s++;
	}
	if (!take_offset(&s, &offset) || *s != '\0')
		return -EINVAL;
	r = timefmt_to_epoch(&c, &local);
	if (r < 0)
		return r;
	local -= offset;
	if (local < EPOCH_LEAST || local > EPOCH_GREATEST)
		return -EINVAL;
	*out_s = local;
	return 0;
}
