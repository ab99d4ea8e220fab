/* SPDX-License-Identifier: Apache-2.0 */
/* Known instants, every day from year 1 to 9999 against a plain calendar that
 * is turned day by day, and strings that are no time. */
#include "base/timefmt.h"

#include "tool/check.h"

static int64_t epoch(int year, int month, int day, int hour, int minute, int second)
{
	struct timefmt_civil c = {year, month, day, hour, minute, second};
	int64_t s = 0;

	CHECK_INT(timefmt_to_epoch(&c, &s), 0);
	return s;
}

static int refusal(int year, int month, int day, int hour, int minute, int second)
{
	struct timefmt_civil c = {year, month, day, hour, minute, second};
	int64_t s = 77;
	int r = timefmt_to_epoch(&c, &s);

	CHECK_INT(s, 77);
	return r;
}

TEST(known_instants)
{
	CHECK_INT(epoch(1970, 1, 1, 0, 0, 0), 0);
	CHECK_INT(epoch(1969, 12, 31, 23, 59, 59), -1);
	CHECK_INT(epoch(2000, 2, 29, 12, 0, 0), 951825600);
	CHECK_INT(epoch(2001, 9, 9, 1, 46, 40), 1000000000);
	CHECK_INT(epoch(2038, 1, 19, 3, 14, 8), INT64_C(2147483648));
	CHECK_INT(epoch(2026, 11, 22, 18, 0, 0), 1795370400);
	CHECK_INT(epoch(1, 1, 1, 0, 0, 0), INT64_C(-62135596800));
	CHECK_INT(epoch(9999, 12, 31, 23, 59, 59), INT64_C(253402300799));
}

TEST(dates_that_do_not_exist)
{
	CHECK_INT(refusal(0, 12, 31, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(10000, 1, 1, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 0, 1, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 13, 1, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 1, 0, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 1, 32, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 4, 31, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 2, 29, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(1900, 2, 29, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(2000, 2, 30, 0, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 1, 1, 24, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 1, 1, -1, 0, 0), -EINVAL);
	CHECK_INT(refusal(2026, 1, 1, 0, 60, 0), -EINVAL);
	CHECK_INT(refusal(2026, 1, 1, 0, -1, 0), -EINVAL);
	CHECK_INT(refusal(2026, 1, 1, 0, 0, 60), -EINVAL);
	CHECK_INT(refusal(2026, 1, 1, 0, 0, -1), -EINVAL);
}

TEST(every_day_there_and_back)
{
	static const int usual[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t s = INT64_C(-62135596800) + 86399;
	struct timefmt_civil c;

	for (int year = 1; year <= 9999; year++) {
		int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		for (int month = 1; month <= 12; month++) {
			int days = usual[month - 1] + (month == 2 && leap);

			for (int day = 1; day <= days; day++, s += 86400) {
				CHECK_INT(epoch(year, month, day, 23, 59, 59), s);
				CHECK_INT(timefmt_from_epoch(s, &c), 0);
				CHECK_INT(c.year, year);
				CHECK_INT(c.month, month);
				CHECK_INT(c.day, day);
			}
		}
	}
	CHECK_INT(s, INT64_C(253402300799) + 86400);
}

TEST(every_second_of_a_day)
{
	struct timefmt_civil c;

	for (int s = 0; s < 86400; s++) {
		CHECK_INT(timefmt_from_epoch(s - 86400, &c), 0);
		CHECK_INT((c.hour * 60 + c.minute) * 60 + c.second, s);
		CHECK(c.minute < 60 && c.second < 60);
		CHECK_INT(c.day, 31);
	}
}

TEST(limits_of_from_epoch)
{
	struct timefmt_civil c;

	CHECK_INT(timefmt_from_epoch(INT64_C(-62135596801), &c), -ERANGE);
	CHECK_INT(timefmt_from_epoch(INT64_C(253402300800), &c), -ERANGE);
	CHECK_INT(timefmt_from_epoch(INT64_MIN, &c), -ERANGE);
	CHECK_INT(timefmt_from_epoch(INT64_MAX, &c), -ERANGE);
}

TEST(written)
{
	char a[TIMEFMT_RFC3339], b[TIMEFMT_BASIC];

	CHECK_STR(timefmt_rfc3339(1795370400, a), "2026-11-22T18:00:00Z");
	CHECK_STR(timefmt_rfc3339(951782399, a), "2000-02-28T23:59:59Z");
	CHECK_STR(timefmt_rfc3339(INT64_C(-62135596800), a), "0001-01-01T00:00:00Z");
	CHECK_STR(timefmt_rfc3339(INT64_C(253402300799), a), "9999-12-31T23:59:59Z");
	CHECK_STR(timefmt_rfc3339(INT64_MAX, a), "0000-00-00T00:00:00Z");
	CHECK_STR(timefmt_basic(1795370400, b), "20261122T180000Z");
	CHECK_STR(timefmt_basic(1440938160, b), "20150830T123600Z");
	CHECK_STR(timefmt_basic(INT64_MIN, b), "00000000T000000Z");
}

TEST(read)
{
	static const struct {
		const char *in;
		int64_t s;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-22T18:00:00Z", 1795370400},
		{"2026-11-22T18:00:00.5Z", 1795370400},
		{"2026-11-22T18:00:00.123456789Z", 1795370400},
		{"2026-11-22T19:30:00+01:30", 1795370400},
		{"2026-11-22T10:00:00-08:00", 1795370400},
		{"2026-11-22T10:00:00.000-0800", 1795370400},
		{"2026-11-23T17:59:00+23:59", 1795370400},
		{"0001-01-01T00:00:00Z", INT64_C(-62135596800)},
		{"9999-12-31T23:59:59Z", INT64_C(253402300799)},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t s = 77;

		CHECK_INT(timefmt_parse_rfc3339(cases[i].in, &s), 0);
		CHECK_INT(s, cases[i].s);
	}
}

TEST(read_refusals)
{
	static const char *const bad[] = {
		"",
		"2026",
		"2026-11-22",
		"2026-11-22T18:00:00",
		"2026-11-22T18:00:00ZZ",
		"2026-11-22T18:00:00Z ",
		" 2026-11-22T18:00:00Z",
		"2026-11-22 18:00:00Z",
		"2026-11-22t18:00:00z",
		"2026-11-22T18:00Z",
		"2026-11-22T18:00:00.Z",
		"2026-11-22T18:00:00,5Z",
		"2026-11-22T18:00:60Z",
		"2026-11-22T24:00:00Z",
		"2026-02-29T00:00:00Z",
		"2026-11-22T18:00:00+1:00",
		"2026-11-22T18:00:00+01",
		"2026-11-22T18:00:00+24:00",
		"2026-11-22T18:00:00+01:60",
		"2026-11-22T18:00:00+01:00Z",
		"2026-11-22T18:00:00 01:00",
		"-026-11-22T18:00:00Z",
		"+2026-11-22T18:00:00Z",
		"0000-12-31T23:59:59Z",
		"0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t s = 77;

		CHECK_INT(timefmt_parse_rfc3339(bad[i], &s), -EINVAL);
		CHECK_INT(s, 77);
	}
}

int main(void)
{
	RUN(known_instants);
	RUN(dates_that_do_not_exist);
	RUN(every_day_there_and_back);
	RUN(every_second_of_a_day);
	RUN(limits_of_from_epoch);
	RUN(written);
	RUN(read);
	RUN(read_refusals);
	return CHECK_DONE();
}
