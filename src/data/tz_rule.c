/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change's day may lie in one year and, by its hours, its instant in another, and
 * summer time may last all year: then it ends in the instant in which it begins anew.
 * So the changes of the neighbouring years are looked at too, as instants, and of two
 * at once the beginning counts.
 */
#include "data/tz_rule.h"

#include "base/slice.h"
#include "base/timefmt.h"

#define DAY_S	     86400
#define HOUR_S	     3600
#define RULE_TIME_S  (2 * HOUR_S) /* when the text does not say */
#define OFFSET_HOURS 24
#define RULE_HOURS   167
#define EPOCH_DAYS   719162 /* from 0001-01-01 to 1970-01-01 */

struct reader {
	const char *p, *end;
};

static bool skip(struct reader *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One to three digits. */
static bool number(struct reader *t, int least, int most, int *out)
{
	const char *from = t->p;
	int v = 0;

	while (t->p < t->end && t->p - from < 3 && digit(*t->p))
		v = v * 10 + (*t->p++ - '0');
	*out = v;
	return t->p > from && v >= least && v <= most;
}

/* CET or <+0530> */
static bool name(struct reader *t)
{
	const char *from = t->p;

	if (!skip(t, '<')) {
		while (t->p < t->end && letter(*t->p))
			t->p++;
		return t->p - from >= 3;
	}
	while (t->p < t->end &&
	       (letter(*t->p) || digit(*t->p) || *t->p == '+' || *t->p == '-'))
		t->p++;
	return skip(t, '>') && t->p - from >= 5; /* the brackets too */
}

/* [sign] hours [:minutes [:seconds]] */
static bool clock_time(struct reader *t, int hours, int32_t *out)
{
	int h, m = 0, s = 0, sign = 1;

	if (skip(t, '-'))
		sign = -1;
	else
		(void)skip(t, '+'); /* there or not */
	if (!number(t, 0, hours, &h))
		return false;
	if (skip(t, ':')) {
		if (!number(t, 0, 59, &m))
			return false;
		if (skip(t, ':') && !number(t, 0, 59, &s))
			return false;
	}
	*out = sign * (h * HOUR_S + m * 60 + s);
	return true;
}

static bool when(struct reader *t, struct tz_rule_when *w)
{
	bool ok;

	*w = (struct tz_rule_when){.time_s = RULE_TIME_S};
	if (!skip(t, ','))
		return false;
	if (skip(t, 'J')) {
		w->kind = TZ_RULE_JULIAN;
		ok = number(t, 1, 365, &w->day);
	} else if (skip(t, 'M')) {
		w->kind = TZ_RULE_WEEKDAY;
		ok = number(t, 1, 12, &w->month) && skip(t, '.') &&
		     number(t, 1, 5, &w->week) && skip(t, '.') &&
		     number(t, 0, 6, &w->day);
	} else {
		w->kind = TZ_RULE_DAY;
		ok = number(t, 0, 365, &w->day);
	}
	if (ok && skip(t, '/'))
		ok = clock_time(t, RULE_HOURS, &w->time_s);
	return ok;
}

int tz_rule_parse(struct tz_rule *out, const char *text, size_t n)
{
	struct reader t = {text, text + n};
	struct tz_rule r = {0};
	int32_t behind;

	if (!name(&t) || !clock_time(&t, OFFSET_HOURS, &behind))
		return -EINVAL;
	r.standard_s = -behind;
	r.summer_s = r.standard_s + HOUR_S;
	if (t.p < t.end) {
		r.has_summer = true;
		if (!name(&t))
			return -EINVAL;
		if (t.p < t.end && *t.p != ',') {
			if (!clock_time(&t, OFFSET_HOURS, &behind))
				return -EINVAL;
			r.summer_s = -behind;
		}
		if (!when(&t, &r.begin) || !when(&t, &r.end))
			return -EINVAL;
	}
	if (t.p < t.end)
		return -EINVAL;
	*out = r;
	return 0;
}

static bool leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to the year's first. */
static int64_t year_begins(int year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - EPOCH_DAYS;
}

/* The month's first day as a day of the year, from 0; month 13 = the next year's. */
static int month_begins(int year, int month)
{
	static const int days[] = {0,	31,  59,  90,  120, 151, 181,
				   212, 243, 273, 304, 334, 365};

	return days[month - 1] + (month > 2 && leap(year));
}

static int day_of_year(const struct tz_rule_when *w, int year)
{
	int first, day, weekday;

	if (w->kind == TZ_RULE_DAY)
		return w->day;
	if (w->kind == TZ_RULE_JULIAN)
		return w->day - 1 + (w->day >= 60 && leap(year));
	first = month_begins(year, w->month);
	/* 0001-01-01 was a Monday */
	weekday = (int)((year_begins(year) + EPOCH_DAYS + first + 1) % 7);
	day = first + (w->day - weekday + 7) % 7 + 7 * (w->week - 1);
	while (day >= month_begins(year, w->month + 1))
		day -= 7;
	return day;
}

/* What the clock shows at the change: of its two times the later one, which is behind
 * the gap or the end of the overlap. */
static int64_t change(const struct tz_rule *r, const struct tz_rule_when *w, int year)
{
	int32_t until = w == &r->begin ? r->standard_s : r->summer_s;
	int32_t later = r->standard_s > r->summer_s ? r->standard_s : r->summer_s;
	int64_t shows = (year_begins(year) + day_of_year(w, year)) * DAY_S + w->time_s;

	return shows - until + later;
}

int32_t tz_rule_ahead(const struct tz_rule *r, int64_t local)
{
	int64_t last = INT64_MIN;
	bool summer = false;
	struct timefmt_civil c;

	if (!r->has_summer || timefmt_from_epoch(local, &c) < 0)
		return r->standard_s;
	for (int year = c.year > 1 ? c.year - 1 : 1; year <= c.year + 1; year++) {
		int64_t end = change(r, &r->end, year);
		int64_t begin = change(r, &r->begin, year);

		if (end <= local && end > last) {
			last = end;
			summer = false;
		}
		if (begin <= local && begin >= last) {
			last = begin;
			summer = true;
		}
	}
	return summer ? r->summer_s : r->standard_s;
}
