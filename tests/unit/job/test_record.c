/* SPDX-License-Identifier: Apache-2.0 */
#include "job/record.h"

#include "sample.h"

static void check_public(const struct job *j, const char *want)
{
	struct json *pub = NULL;
	char text[4096];

	CHECK_INT(record_public(j, &pub), 0);
	sample_text(pub, text, sizeof(text));
	CHECK_STR(text, want);
	json_free(pub);
}

/* Members and their order are a promise. */
TEST(public_full)
{
	struct job j = sample_full_job();

	check_public(
		&j,
		"{\"id\":\"" SAMPLE_ID(
			"0") "\",\"file\":\"north/q\\\"1\u00e9.csv\","
			     "\"operation\":\"upload\",\"instance\":\"amc1\",\"dataset\":\"customers\","
			     "\"state\":\"running\",\"strategy\":\"OVERLAP_KEEP\",\"folder\":\"upload\",\"country\":\"DE\","
			     "\"uid\":1000,\"created_at\":\"2026-01-01T00:00:00Z\","
			     "\"updated_at\":\"2026-01-01T00:00:01Z\","
			     "\"finished_at\":\"2026-01-01T00:01:02Z\",\"bytes_in\":123,\"rows_in\":10,"
			     "\"rows_out\":9,\"rows_skipped\":1,\"line_breaks\":4,\"skipped\":[{\"column\":\"t\","
			     "\"reason\":\"null\",\"count\":1,\"lines\":[7]}],"
			     "\"invalid_values\":[{\"column\":\"phone\",\"count\":2}],"
			     "\"ignored_columns\":[\"notes\"],\"staged\":[{\"bucket\":\"b\","
			     "\"key\":\"prefix/k.csv.gz\",\"bytes\":456,\"rows\":9}],"
			     "\"manifest\":null,\"amc\":{\"id\":\"u-77\",\"status\":\"IN_PROGRESS\","
			     "\"message\":\"soon\",\"metrics\":{\"OutputRowCount\":9}},\"attempts\":3,"
			     "\"next_attempt_at\":\"2026-01-01T00:01:40Z\","
			     "\"error\":{\"code\":\"amc-failed\",\"message\":\"AMC says no.\"}}");
	job_fini(&j);
}

/* upload/STRATEGY/ is a folder of its own, also where the default is the same. */
TEST(public_folder)
{
	struct job j = sample_job(SAMPLE_ID("1"), JOB_RECEIVING);
	struct json *o = NULL;

	j.default_folder = false;
	j.strategy = STRATEGY_FULL_REPLACE;
	CHECK_INT(record_public(&j, &o), 0);
	CHECK_STR(json_str(o, "folder"), "upload/FULL_REPLACE");
	json_free(o);
	job_fini(&j);
}

TEST(public_new)
{
	struct job j = sample_job(SAMPLE_ID("1"), JOB_RECEIVING);

	check_public(
		&j,
		"{\"id\":\"" SAMPLE_ID(
			"1") "\",\"file\":\"customers.csv\","
			     "\"operation\":\"upload\",\"instance\":\"amc1\",\"dataset\":\"customers\","
			     "\"state\":\"receiving\",\"strategy\":\"ADDITIVE\",\"folder\":\"upload/ADDITIVE\",\"country\":null,"
			     "\"uid\":1000,\"created_at\":\"2026-01-01T00:00:00Z\",\"updated_at\":null,"
			     "\"finished_at\":null,\"bytes_in\":0,\"rows_in\":0,\"rows_out\":0,"
			     "\"rows_skipped\":0,\"line_breaks\":0,\"skipped\":[],\"invalid_values\":[],"
			     "\"ignored_columns\":[],\"staged\":[],\"manifest\":null,\"amc\":{\"id\":null,"
			     "\"status\":null,\"message\":null,\"metrics\":{}},\"attempts\":0,"
			     "\"next_attempt_at\":null,\"error\":null}");
	job_fini(&j);
}

/* An object is shown from the moment S3 knows of it until it is removed. */
TEST(staged_when_s3_has_it)
{
	struct job j = sample_job(SAMPLE_ID("1"), JOB_RECEIVING);
	struct json *pub = NULL;

	CHECK_INT(job_set(&j.object.bucket, "b"), 0);
	CHECK_INT(job_set(&j.object.key, "k"), 0);
	CHECK_INT(record_public(&j, &pub), 0);
	CHECK_INT(json_count(json_get(pub, "staged")), 0);
	json_free(pub);
	CHECK_INT(job_set(&j.object.upload_id, "u"), 0);
	CHECK_INT(record_public(&j, &pub), 0);
	CHECK_INT(json_count(json_get(pub, "staged")), 1);
	json_free(pub);
	CHECK_INT(job_set(&j.object.upload_id, NULL), 0);
	j.object.present = true;
	CHECK_INT(record_public(&j, &pub), 0);
	CHECK_INT(json_count(json_get(pub, "staged")), 1);
	json_free(pub);
	job_fini(&j);
}

TEST(a_count_beyond_json_stays_a_number)
{
	struct job j = sample_job(SAMPLE_ID("1"), JOB_RECEIVING);
	struct json *pub = NULL;

	j.bytes_in = UINT64_MAX;
	CHECK_INT(record_public(&j, &pub), 0);
	CHECK_INT(json_int(pub, "bytes_in", -1), INT64_MAX);
	json_free(pub);
	job_fini(&j);
}

/* Both halves make the same job again: the halves of the copy are the same text. */
static void check_round_trip(const struct job *j)
{
	struct json *pub = NULL, *priv = NULL, *pub2 = NULL, *priv2 = NULL;
	struct job back = {0};
	char a[4096], b[4096];

	CHECK_INT(record_public(j, &pub), 0);
	CHECK_INT(record_private(j, &priv), 0);
	CHECK_INT(record_parse(pub, priv, &back, NULL), 0);
	CHECK_INT(record_public(&back, &pub2), 0);
	CHECK_INT(record_private(&back, &priv2), 0);
	sample_text(pub, a, sizeof(a));
	sample_text(pub2, b, sizeof(b));
	CHECK_STR(b, a);
	sample_text(priv, a, sizeof(a));
	sample_text(priv2, b, sizeof(b));
	CHECK_STR(b, a);
	job_fini(&back);
	json_free(pub);
	json_free(priv);
	json_free(pub2);
	json_free(priv2);
}

TEST(round_trip)
{
	struct job full = sample_full_job();
	struct job empty = sample_job(SAMPLE_ID("2"), JOB_SETTLING);

	check_round_trip(&full);
	check_round_trip(&empty);
	for (int s = 0; s < JOB_STATE_COUNT; s++) {
		empty.state = (enum job_state)s;
		check_round_trip(&empty);
	}
	for (int s = 0; s < STRATEGY_COUNT; s++) {
		empty.strategy = (enum settings_strategy)s;
		check_round_trip(&empty);
	}
	job_fini(&full);
	job_fini(&empty);
}

/* The members that the texts above might both have lost. */
TEST(private_keeps_what_a_restart_needs)
{
	struct job j = sample_full_job(), back = {0};
	struct json *pub = NULL, *priv = NULL;

	CHECK_INT(record_public(&j, &pub), 0);
	CHECK_INT(record_private(&j, &priv), 0);
	CHECK_INT(record_parse(pub, priv, &back, NULL), 0);
	CHECK_INT(back.state, JOB_RUNNING);
	CHECK_INT(back.strategy, STRATEGY_OVERLAP_KEEP);
	CHECK_INT(back.default_folder, 1);
	CHECK_INT(back.created_ms, 1767225600123);
	CHECK_INT(back.updated_ms, 1767225601456);
	CHECK_INT(back.finished_ms, 1767225662789);
	CHECK_INT(back.next_attempt_ms, 1767225700001);
	CHECK_INT(back.uid, 1000);
	CHECK_STR(back.object.upload_id, "up-1");
	CHECK_INT(back.object.n_parts, 2);
	CHECK_INT(back.object.parts[0].bytes, 5242880);
	CHECK_STR(back.object.parts[0].etag, "\"a1\"");
	CHECK_INT(back.object.present, 1);
	CHECK_INT(back.gzip, 1);
	CHECK_INT(back.error, ERR_AMC_FAILED);
	CHECK_INT(back.last_close, 1);
	CHECK_INT(back.verdict, -ERR_NO_ROWS);
	CHECK_STR(back.verdict_note, "no rows yet");
	CHECK_INT(back.order, 42);
	CHECK_INT(back.sent_ms, 1767225602000);
	CHECK_INT(back.hold_until_ms, 1767229200000);
	CHECK_INT(back.clean, 1);
	job_fini(&back);
	job_fini(&j);
	json_free(pub);
	json_free(priv);
}

static const char *const good_pub = "{\"id\":\"" SAMPLE_ID(
	"0") "\",\"file\":\"f\",\"instance\":\"i\","
	     "\"dataset\":\"d\",\"strategy\":\"ADDITIVE\",\"uid\":0}";

static int parse_texts(const char *pub_text, const char *priv_text)
{
	struct json *pub = sample_json(pub_text), *priv = sample_json(priv_text);
	struct problem p = {0};
	struct job j = {0};
	int r = record_parse(pub, priv, &j, &p);

	if (r < 0)
		CHECK(j.file == NULL && p.err == r);
	job_fini(&j);
	json_free(pub);
	json_free(priv);
	return r;
}

TEST(nonsense_is_refused)
{
	static const char *const pubs[] = {
		"{}",
		"[]",
		"{\"id\":\"short\",\"file\":\"f\",\"instance\":\"i\",\"dataset\":\"d\","
		"\"strategy\":\"ADDITIVE\",\"uid\":0}",
		"{\"id\":\"" SAMPLE_ID("0") "\",\"instance\":\"i\",\"dataset\":\"d\","
					    "\"strategy\":\"ADDITIVE\",\"uid\":0}",
		"{\"id\":\"" SAMPLE_ID(
			"0") "\",\"file\":\"f\",\"instance\":\"i\","
			     "\"dataset\":\"d\",\"strategy\":\"EVERYTHING\",\"uid\":0}",
		"{\"id\":\"" SAMPLE_ID(
			"0") "\",\"file\":\"f\",\"instance\":\"i\","
			     "\"dataset\":\"d\",\"strategy\":\"ADDITIVE\"}",
		"{\"id\":\"" SAMPLE_ID(
			"0") "\",\"file\":\"f\",\"instance\":\"i\","
			     "\"dataset\":\"d\",\"strategy\":\"ADDITIVE\",\"uid\":4294967296}",
		"{\"id\":\"" SAMPLE_ID(
			"0") "\",\"file\":\"f\",\"instance\":\"i\","
			     "\"dataset\":\"d\",\"strategy\":\"ADDITIVE\",\"uid\":0,\"country\":\"USA\"}",
	};
	static const char *const privs[] = {
		"{}",
		"{\"state\":\"queued\"}",
		"{\"state\":\"READY\",\"object\":{\"parts\":[{\"number\":0,\"etag\":\"e\"}]}}",
		("{\"state\":\"READY\",\"object\":{\"parts\":[{\"number\":10001,"
		 "\"etag\":\"e\"}]}}"),
		"{\"state\":\"READY\",\"object\":{\"parts\":[7]}}",
	};

	CHECK_INT(parse_texts(good_pub, "{\"state\":\"READY\"}"), 0);
	for (size_t i = 0; i < sizeof(pubs) / sizeof(pubs[0]); i++)
		CHECK_INT(parse_texts(pubs[i], "{\"state\":\"READY\"}"), -ERR_STORE);
	for (size_t i = 0; i < sizeof(privs) / sizeof(privs[0]); i++)
		CHECK_INT(parse_texts(good_pub, privs[i]), -ERR_STORE);
}

TEST(an_etag_too_long_is_refused)
{
	char priv[512], etag[S3_ETAG_CHARS + 1];

	memset(etag, 'e', sizeof(etag));
	etag[S3_ETAG_CHARS - 1] = '\0'; /* the longest that fits */
	(void)snprintf(priv, sizeof(priv),
		       "{\"state\":\"READY\",\"object\":{\"parts\":[{\"number\":1,"
		       "\"etag\":\"%s\"}]}}",
		       etag);
	CHECK_INT(parse_texts(good_pub, priv), 0);
	etag[S3_ETAG_CHARS - 1] = 'e';
	etag[S3_ETAG_CHARS] = '\0';
	(void)snprintf(priv, sizeof(priv),
		       "{\"state\":\"READY\",\"object\":{\"parts\":[{\"number\":1,"
		       "\"etag\":\"%s\"}]}}",
		       etag);
	CHECK_INT(parse_texts(good_pub, priv), -ERR_STORE);
}

static void add(struct schema *s, const char *name)
{
	struct schema_column c = {.nullable = true};

	(void)snprintf(c.name, sizeof(c.name), "%s", name);
	CHECK_INT(schema_add(s, &c, NULL), 0);
}

TEST(counts_from_a_report)
{
	static struct report r;
	static const char *const ignored[] = {"notes", "a \"b\""};
	struct job j = sample_job(SAMPLE_ID("0"), JOB_RECEIVING);
	struct schema *s = NULL;
	char text[512];

	CHECK_INT(schema_new(&s), 0);
	add(s, "email");
	add(s, "amount");
	memset(&r, 0, sizeof(r));
	r.rows_in = 20;
	r.rows_out = 16;
	r.rows_skipped = 4;
	r.line_breaks = 5;
	r.invalid[0] = 4;
	r.n_skips = 3;
	r.skips[0] = (struct report_skip){1, REPORT_INVALID, 2, 2, {3, 9}};
	r.skips[1] = (struct report_skip){REPORT_NO_COLUMN, REPORT_FIELDS, 1, 1, {12}};
	r.skips[2] = (struct report_skip){REPORT_NO_COLUMN, REPORT_JSON, 1, 1, {13}};
	j.skipped = sample_json("[1]"); /* replaced, not added to */
	CHECK_INT(record_count(&j, &r, s, ignored, 2), 0);
	CHECK_INT(j.rows_in, 20);
	CHECK_INT(j.rows_out, 16);
	CHECK_INT(j.rows_skipped, 4);
	CHECK_INT(j.line_breaks, 5);
	sample_text(j.skipped, text, sizeof(text));
	CHECK_STR(text,
		  "[{\"column\":\"amount\",\"reason\":\"invalid\",\"count\":2,"
		  "\"lines\":[3,9]},{\"column\":null,\"reason\":\"fields\",\"count\":1,"
		  "\"lines\":[12]},{\"column\":null,\"reason\":\"json\",\"count\":1,"
		  "\"lines\":[13]}]");
	sample_text(j.invalid_values, text, sizeof(text));
	CHECK_STR(text, "[{\"column\":\"email\",\"count\":4}]");
	sample_text(j.ignored_columns, text, sizeof(text));
	CHECK_STR(text, "[\"notes\",\"a \\\"b\\\"\"]");
	schema_free(s);
	job_fini(&j);
}

int main(void)
{
	RUN(public_full);
	RUN(public_folder);
	RUN(public_new);
	RUN(staged_when_s3_has_it);
	RUN(a_count_beyond_json_stays_a_number);
	RUN(round_trip);
	RUN(private_keeps_what_a_restart_needs);
	RUN(nonsense_is_refused);
	RUN(an_etag_too_long_is_refused);
	RUN(counts_from_a_report);
	return CHECK_DONE();
}
