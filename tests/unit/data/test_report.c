/* SPDX-License-Identifier: Apache-2.0 */
#include "data/report.h"

#include "tool/check.h"

static struct report r;

TEST(counts_by_column_and_reason)
{
	r = (struct report){0};
	report_skip(&r, 3, REPORT_NULL, 7);
	report_skip(&r, 3, REPORT_INVALID, 8);
	report_skip(&r, 3, REPORT_NULL, 9);
	report_skip(&r, REPORT_NO_COLUMN, REPORT_FIELDS, 10);
	CHECK_INT(r.rows_skipped, 4);
	CHECK_INT(r.n_skips, 3);
	CHECK_INT(r.skips[0].column, 3);
	CHECK_INT(r.skips[0].reason, REPORT_NULL);
	CHECK_INT(r.skips[0].count, 2);
	CHECK_INT(r.skips[0].n_lines, 2);
	CHECK_INT(r.skips[0].lines[0], 7);
	CHECK_INT(r.skips[0].lines[1], 9);
	CHECK_INT(r.skips[1].reason, REPORT_INVALID);
	CHECK_INT(r.skips[1].count, 1);
	CHECK_INT(r.skips[2].column, REPORT_NO_COLUMN);
	CHECK_INT(r.skips[2].lines[0], 10);
}

TEST(keeps_the_first_ten_lines)
{
	r = (struct report){0};
	for (uint64_t i = 1; i <= 12; i++)
		report_skip(&r, 0, REPORT_NULL, i);
	CHECK_INT(r.skips[0].count, 12);
	CHECK_INT(r.skips[0].n_lines, REPORT_LINES);
	CHECK_INT(r.skips[0].lines[9], 10);
}

TEST(counts_rows_beyond_its_room)
{
	r = (struct report){0};
	for (uint16_t i = 0; i < REPORT_SKIPS + 5; i++)
		report_skip(&r, i, REPORT_NULL, 1);
	CHECK_INT(r.n_skips, REPORT_SKIPS);
	CHECK_INT(r.rows_skipped, REPORT_SKIPS + 5);
	CHECK_INT(r.skips[REPORT_SKIPS - 1].column, REPORT_SKIPS - 1);
}

TEST(names_reasons)
{
	CHECK_STR(report_reason_name(REPORT_NULL), "null");
	CHECK_STR(report_reason_name(REPORT_INVALID), "invalid");
	CHECK_STR(report_reason_name(REPORT_FIELDS), "fields");
	CHECK_STR(report_reason_name(REPORT_JSON), "json");
}

TEST(judges_by_share_or_number)
{
	r = (struct report){.rows_in = 1000, .rows_skipped = 10};
	CHECK(!report_too_many(&r, 100, 0));
	CHECK(report_too_many(&r, 99, 100));
	CHECK(!report_too_many(&r, -1, 10));
	CHECK(report_too_many(&r, -1, 9));
	CHECK(!report_too_many(&r, -1, -1));
}

TEST(finds_the_most_frequent_reason)
{
	r = (struct report){0};
	report_skip(&r, 1, REPORT_NULL, 1);
	CHECK_INT(report_worst(&r)->column, 1);
	report_skip(&r, 2, REPORT_NULL, 2);
	CHECK_INT(report_worst(&r)->column, 1);
	report_skip(&r, 2, REPORT_NULL, 3);
	CHECK_INT(report_worst(&r)->column, 2);
	CHECK_INT(report_worst(&r)->lines[0], 2);
}

int main(void)
{
	RUN(counts_by_column_and_reason);
	RUN(keeps_the_first_ten_lines);
	RUN(counts_rows_beyond_its_room);
	RUN(names_reasons);
	RUN(judges_by_share_or_number);
	RUN(finds_the_most_frequent_reason);
	return CHECK_DONE();
}
