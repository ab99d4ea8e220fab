/* SPDX-License-Identifier: Apache-2.0 */
#include "job/job.h"

#include "sample.h"

TEST(empty_is_valid)
{
	struct job a = {0}, b = {0};

	CHECK_INT(job_copy(&b, &a), 0);
	CHECK_MEM(&b, sizeof(b), &a, sizeof(a));
	job_fini(&a);
	job_fini(&b);
	job_fini(&b);
	CHECK(b.file == NULL);
}

/* The copy must share nothing and lack nothing. */
TEST(copy_is_whole_and_apart)
{
	struct job a = sample_full_job(), b;
	char text[512];

	CHECK_INT(job_copy(&b, &a), 0);
#define SAME(f)                      \
	do {                         \
		CHECK_STR(b.f, a.f); \
		CHECK(b.f != a.f);   \
	} while (0)
	SAME(file);
	SAME(instance);
	SAME(dataset);
	SAME(object.bucket);
	SAME(object.key);
	SAME(object.upload_id);
	SAME(amc_id);
	SAME(amc_status);
	SAME(amc_message);
	SAME(error_code);
	SAME(error_message);
	SAME(verdict_note);
#undef SAME
	CHECK(b.object.parts != a.object.parts);
	CHECK(b.skipped != a.skipped && b.invalid_values != a.invalid_values);
	CHECK(b.ignored_columns != a.ignored_columns && b.amc_metrics != a.amc_metrics);
	job_fini(&a);
	CHECK_STR(b.id, SAMPLE_ID("0"));
	CHECK_STR(b.file, "north/q\"1\u00e9.csv");
	CHECK_INT(b.object.n_parts, 2);
	CHECK_INT(b.object.parts[1].number, 2);
	CHECK_INT(b.object.parts[1].bytes, 77);
	CHECK_STR(b.object.parts[1].etag, "\"b2\"");
	sample_text(b.skipped, text, sizeof(text));
	CHECK_STR(text,
		  "[{\"column\":\"t\",\"reason\":\"null\",\"count\":1,\"lines\":[7]}]");
	sample_text(b.invalid_values, text, sizeof(text));
	CHECK_STR(text, "[{\"column\":\"phone\",\"count\":2}]");
	sample_text(b.ignored_columns, text, sizeof(text));
	CHECK_STR(text, "[\"notes\"]");
	sample_text(b.amc_metrics, text, sizeof(text));
	CHECK_STR(text, "{\"OutputRowCount\":9}");
	CHECK_INT(b.order, 42);
	CHECK_INT(b.clean, true);
	job_fini(&b);
}

TEST(set_replaces)
{
	char *s = NULL;

	CHECK_INT(job_set(&s, "one"), 0);
	CHECK_STR(s, "one");
	CHECK_INT(job_set(&s, s + 1), 0); /* also by a part of itself */
	CHECK_STR(s, "ne");
	CHECK_INT(job_set(&s, NULL), 0);
	CHECK(s == NULL);
}

TEST(fail_tells_code_and_sentence)
{
	struct job j = {0};
	struct problem p = {0};

	(void)problem_set(&p, -ERR_MISSING_COLUMN, "column \"email\" is missing");
	CHECK_INT(job_fail(&j, &p), 0);
	CHECK_INT(j.error, ERR_MISSING_COLUMN);
	CHECK_STR(j.error_code, "missing-column");
	CHECK_STR(j.error_message, "column \"email\" is missing");
	problem_clear(&p);
	p.err = -ERR_NO_ROWS;
	CHECK_INT(job_fail(&j, &p), 0);
	CHECK_STR(j.error_code, "no-rows");
	CHECK_STR(j.error_message, "the file has a header and no rows");
	job_clear_error(&j);
	CHECK_INT(j.error, 0);
	CHECK(j.error_code == NULL && j.error_message == NULL);
	job_fini(&j);
}

int main(void)
{
	RUN(empty_is_valid);
	RUN(copy_is_whole_and_apart);
	RUN(set_replaces);
	RUN(fail_tells_code_and_sentence);
	return CHECK_DONE();
}
