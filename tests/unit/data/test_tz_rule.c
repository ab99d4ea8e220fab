/* SPDX-License-Identifier: Apache-2.0 */
#include "data/tz_rule.h"

#include "base/timefmt.h"
#include "tool/check.h"

static struct tz_rule parsed(const char *text)
{
	struct tz_rule r;
	size_t n = strlen(text);
	char *exact = malloc(n); /* no NUL behind it to lean on */

	memcpy(exact, text, n);
	CHECK_INT(tz_rule_parse(&r, exact, n), 0);
	free(exact);
	return r;
}

/* A clock with that rule shows local, "2026-11-22T18:00:00Z" without meaning the Z. */
static void ahead(const char *text, const char *local, int32_t want)
{
	struct tz_rule r = parsed(text);
	int64_t s;

	CHECK_INT(timefmt_parse_rfc3339(local, &s), 0);
	CHECK_INT(tz_rule_ahead(&r, s), want);
}

#define HOURS(n) ((n)*3600)

TEST(reads_offsets)
{
	struct tz_rule r = parsed("UTC0");

	CHECK_INT(r.standard_s, 0);
	CHECK(!r.has_summer);
	CHECK_INT(parsed("EST5").standard_s, -HOURS(5));
	CHECK_INT(parsed("EST+5").standard_s, -HOURS(5));
	CHECK_INT(parsed("JST-9").standard_s, HOURS(9));
	CHECK_INT(parsed("<+0530>-5:30").standard_s, HOURS(5) + 1800);
	CHECK_INT(parsed("<-03>3").standard_s, -HOURS(3));
	CHECK_INT(parsed("LMT-0:53:28").standard_s, 53 * 60 + 28);
	CHECK_INT(parsed("AAA24:59:59").standard_s, -(HOURS(24) + 59 * 60 + 59));
	ahead("JST-9", "2026-07-01T00:00:00Z", HOURS(9));
}

TEST(reads_days_and_times)
{
	struct tz_rule r = parsed("CET-1CEST,M3.5.0,M10.5.0/3");

	CHECK(r.has_summer);
	CHECK_INT(r.standard_s, HOURS(1));
	CHECK_INT(r.summer_s, HOURS(2));
	CHECK_INT(r.begin.kind, TZ_RULE_WEEKDAY);
	CHECK_INT(r.begin.month, 3);
	CHECK_INT(r.begin.week, 5);
	CHECK_INT(r.begin.day, 0);
	CHECK_INT(r.begin.time_s, HOURS(2));
	CHECK_INT(r.end.month, 10);
	CHECK_INT(r.end.time_s, HOURS(3));
	r = parsed("<-02>2<-01>,J60/-167:59:59,365/+167");
	CHECK_INT(r.summer_s, -HOURS(1));
	CHECK_INT(r.begin.kind, TZ_RULE_JULIAN);
	CHECK_INT(r.begin.day, 60);
	CHECK_INT(r.begin.time_s, -(HOURS(167) + 59 * 60 + 59));
	CHECK_INT(r.end.kind, TZ_RULE_DAY);
	CHECK_INT(r.end.day, 365);
	CHECK_INT(r.end.time_s, HOURS(167));
	r = parsed("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
	CHECK_INT(r.summer_s, HOURS(11));
}

TEST(refuses_what_is_no_rule)
{
	static const char *const wrong[] = {
		"",
		"C",
		"CE-1",
		"CET",
		"CET-",
		"CET+-1",
		"CET-25",
		"CET-0001",
		"CET-1:60",
		"CET-1:",
		"CET-1:00:60",
		"CET-1 ",
		"CET-1CEST",
		"CET-1CE,M3.5.0,M10.5.0",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M3.5.0,",
		"CET-1CEST,M3.5.0,M10.5.0,",
		"CET-1CEST,M3.5.0,M10.5.0/",
		"CET-1CEST,M3.5.0,M10.5.0/168",
		"CET-1CEST,M3.5.0,M10.5.0/-168",
		"CET-1CEST,M0.5.0,M10.5.0",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5,M10.5.0",
		"CET-1CEST,J0,J365",
		"CET-1CEST,J1,J366",
		"CET-1CEST,0,366",
		"CET-1CEST,-1,365",
		"<+05-5",
		"<>-5",
		"<a>-5",
		"<a b>-5",
		":Europe/Berlin",
	};
	struct tz_rule r;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_INT(tz_rule_parse(&r, wrong[i], strlen(wrong[i])), -EINVAL);
	CHECK_INT(tz_rule_parse(&r, "CET\0-1", 6), -EINVAL);
}

TEST(reads_gaps_and_overlaps_with_the_offset_before)
{
	const char *berlin = "CET-1CEST,M3.5.0,M10.5.0/3";

	ahead(berlin, "2026-01-01T00:00:00Z", HOURS(1));
	ahead(berlin, "2026-03-29T01:59:59Z", HOURS(1));
	ahead(berlin, "2026-03-29T02:30:00Z", HOURS(1)); /* did not happen */
	ahead(berlin, "2026-03-29T02:59:59Z", HOURS(1));
	ahead(berlin, "2026-03-29T03:00:00Z", HOURS(2));
	ahead(berlin, "2026-10-25T01:59:59Z", HOURS(2));
	ahead(berlin, "2026-10-25T02:00:00Z", HOURS(2)); /* twice: the first */
	ahead(berlin, "2026-10-25T02:59:59Z", HOURS(2));
	ahead(berlin, "2026-10-25T03:00:00Z", HOURS(1));
	ahead(berlin, "2026-12-31T23:59:59Z", HOURS(1));
}

TEST(knows_the_southern_summer)
{
	const char *sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";

	ahead(sydney, "2026-01-01T00:00:00Z", HOURS(11));
	ahead(sydney, "2026-04-05T02:59:59Z", HOURS(11));
	ahead(sydney, "2026-04-05T03:00:00Z", HOURS(10));
	ahead(sydney, "2026-10-04T02:59:59Z", HOURS(10));
	ahead(sydney, "2026-10-04T03:00:00Z", HOURS(11));
	ahead(sydney, "2026-12-31T23:59:59Z", HOURS(11));
}

/* In Ireland winter is the exception, by law and in the rule. */
TEST(knows_a_summer_that_is_behind)
{
	const char *dublin = "IST-1GMT0,M10.5.0,M3.5.0/1";

	ahead(dublin, "2026-03-29T00:59:59Z", 0);
	ahead(dublin, "2026-03-29T01:59:59Z", 0); /* did not happen */
	ahead(dublin, "2026-03-29T02:00:00Z", HOURS(1));
	ahead(dublin, "2026-10-25T01:59:59Z", HOURS(1)); /* twice */
	ahead(dublin, "2026-10-25T02:00:00Z", 0);
}

TEST(counts_days)
{
	/* J60 is 1 March, 59 is not always */
	ahead("AAA0BBB,J60/0,J300/0", "2023-02-28T23:59:59Z", 0);
	ahead("AAA0BBB,J60/0,J300/0", "2023-03-01T01:00:00Z", HOURS(1));
	ahead("AAA0BBB,J60/0,J300/0", "2024-02-29T23:59:59Z", 0);
	ahead("AAA0BBB,J60/0,J300/0", "2024-03-01T01:00:00Z", HOURS(1));
	ahead("AAA0BBB,59/0,300/0", "2023-03-01T01:00:00Z", HOURS(1));
	ahead("AAA0BBB,59/0,300/0", "2024-02-29T00:59:59Z", 0);
	ahead("AAA0BBB,59/0,300/0", "2024-02-29T01:00:00Z", HOURS(1));
	/* the first to the last Friday of February 2024, which has four, and of March */
	ahead("AAA0BBB,M2.1.5/0,M12.1.0", "2024-02-02T00:59:59Z", 0);
	ahead("AAA0BBB,M2.1.5/0,M12.1.0", "2024-02-02T01:00:00Z", HOURS(1));
	ahead("AAA0BBB,M2.5.5/0,M12.1.0", "2024-02-23T00:59:59Z", 0);
	ahead("AAA0BBB,M2.5.5/0,M12.1.0", "2024-02-23T01:00:00Z", HOURS(1));
	ahead("AAA0BBB,M3.5.5/0,M12.1.0", "2024-03-29T00:59:59Z", 0);
	ahead("AAA0BBB,M3.5.5/0,M12.1.0", "2024-03-29T01:00:00Z", HOURS(1));
	ahead("AAA0BBB,M3.4.5/0,M12.1.0", "2024-03-22T01:00:00Z", HOURS(1));
}

TEST(lets_hours_leave_the_day)
{
	const char *nuuk = "<-02>2<-01>,M3.5.0/-1,M10.5.0/0";

	ahead(nuuk, "2026-03-28T22:59:59Z", -HOURS(2));
	ahead(nuuk, "2026-03-28T23:59:59Z", -HOURS(2)); /* did not happen */
	ahead(nuuk, "2026-03-29T00:00:00Z", -HOURS(1));
	ahead(nuuk, "2026-10-24T23:59:59Z", -HOURS(1)); /* twice */
	ahead(nuuk, "2026-10-25T00:00:00Z", -HOURS(2));
	/* Thursday before the last Sunday of March at 50:00 = that Saturday, 02:00 */
	ahead("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T01:59:59Z", HOURS(2));
	ahead("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T03:00:00Z", HOURS(3));
}

/* Begins in one year by a day of another. */
TEST(lets_hours_leave_the_year)
{
	const char *early = "AAA0BBB,0/-24,100/0";
	const char *late = "AAA0BBB,J365/48,100/0";

	ahead(early, "2025-12-31T00:59:59Z", 0);
	ahead(early, "2025-12-31T01:00:00Z", HOURS(1));
	ahead(early, "2026-01-01T00:00:00Z", HOURS(1));
	ahead(late, "2026-01-02T00:59:59Z", 0);
	ahead(late, "2026-01-02T01:00:00Z", HOURS(1));
}

/* RFC 8536, 3.3.1: summer time all year */
TEST(knows_an_endless_summer)
{
	const char *all = "EST5EDT,0/0,J365/25";

	ahead(all, "2025-12-31T23:59:59Z", -HOURS(4));
	ahead(all, "2026-01-01T00:30:00Z", -HOURS(4));
	ahead(all, "2026-07-01T00:00:00Z", -HOURS(4));
}

TEST(holds_at_the_calendars_ends)
{
	const char *berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
	struct tz_rule r = parsed(berlin);

	ahead(berlin, "0001-01-01T00:00:00Z", HOURS(1));
	ahead(berlin, "0001-07-01T00:00:00Z", HOURS(2));
	ahead(berlin, "9999-07-01T00:00:00Z", HOURS(2));
	ahead(berlin, "9999-12-31T23:59:59Z", HOURS(1));
	CHECK_INT(tz_rule_ahead(&r, INT64_MAX), HOURS(1));
	CHECK_INT(tz_rule_ahead(&r, INT64_MIN), HOURS(1));
}

int main(void)
{
	RUN(reads_offsets);
	RUN(reads_days_and_times);
	RUN(refuses_what_is_no_rule);
	RUN(reads_gaps_and_overlaps_with_the_offset_before);
	RUN(knows_the_southern_summer);
	RUN(knows_a_summer_that_is_behind);
	RUN(counts_days);
	RUN(lets_hours_leave_the_day);
	RUN(lets_hours_leave_the_year);
	RUN(knows_an_endless_summer);
	RUN(holds_at_the_calendars_ends);
	return CHECK_DONE();
}
