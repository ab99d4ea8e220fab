/* SPDX-License-Identifier: Apache-2.0 */
#include "jobrig.h"

static const struct ingest_end final = {0};

/* So many requests of the kind have been answered. */
static void wait_requests(struct rig *r, const char *query, int count)
{
	_cleanup_buf_ struct buf where = BUF_INIT(1024);

	CHECK_INT(buf_addf(&where, "/wait?for=requests&count=%d&%s", count, query), 0);
	json_free(emunet_control(&r->net, "GET", buf_str(&where), NULL));
}

#define CREATES "service=amc&method=POST&path=/uploads/"
#define POLLS	"service=amc&method=GET&path=/uploads/"

static size_t creates(struct rig *r)
{
	_cleanup_buf_ struct buf q = BUF_INIT(256);

	CHECK_INT(buf_addf(&q, CREATES "%s", r->dataset), 0);
	return emunet_requests(&r->net, buf_str(&q));
}

/* --- whose turn it is ----------------------------------- */

/* The first's object takes three tries to put together; those behind it wait,
 * though theirs are ready. */
TEST(in_the_order_in_which_files_ended)
{
	const size_t n = 5u << 20;
	char *text = malloc(n);
	struct ingest *in;
	struct rig r;
	char id[5][ULID_CHARS + 1];

	CHECK(text != NULL);
	memset(text, 'x', n);
	rig_open(&r, "in_order");
	r.s.upload.gzip = false;
	r.s.upload.max_row_bytes = 16u << 20;
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"s3\",\"method\":\"POST\","
			     "\"path\":\"uploadId\",\"status\":503}");
	in = rig_ingest(&r, "large.csv", STRATEGY_ADDITIVE);
	rig_text(in, "email,note\na@example.com,");
	rig_write(in, text, n);
	rig_text(in, "\n");
	memcpy(id[0], ingest_id(in), sizeof(id[0]));
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &final);
	for (int i = 1; i < 5; i++)
		rig_send(&r, "small.csv", STRATEGY_ADDITIVE, id[i]);
	for (int i = 0; i < 5; i++)
		rig_ends(&r, id[i], "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 5);
	for (size_t i = 0; i < 5; i++)
		rig_nth_upload_is(&r, i, id[i]);
	CHECK_INT(rig_rows(&r), 5);
	free(text);
	rig_close(&r);
}

/* What settles comes before what ended later, even where that settles sooner. */
TEST(what_settles_keeps_its_place)
{
	struct ingest *in;
	struct rig r;
	char id[2][ULID_CHARS + 1];

	rig_open(&r, "settling_first");
	r.s.mount.settle_ms = 300;
	rig_start(&r);
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id[0]);
	in = rig_ingest(&r, "b.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id[1], ingest_id(in), sizeof(id[1]));
	ingest_close(in, &(const struct ingest_end){.at_once = true});
	rig_ends(&r, id[1], "succeeded", "");
	rig_ends(&r, id[0], "succeeded", "");
	rig_nth_upload_is(&r, 0, id[0]);
	rig_nth_upload_is(&r, 1, id[1]);
	rig_close(&r);
}

/* AMC says nothing about the order of uploads that run side by side: what replaces
 * rows waits until those before it are over, and those behind it for its end. */
TEST(what_replaces_runs_alone)
{
	static const enum settings_strategy order[] = {
		STRATEGY_ADDITIVE, STRATEGY_ADDITIVE, STRATEGY_FULL_REPLACE,
		STRATEGY_ADDITIVE, STRATEGY_FULL_REPLACE};
	struct rig r;
	struct job j;
	char id[5][ULID_CHARS + 1];

	rig_open(&r, "alone");
	rig_start(&r);
	emunet_config(&r.net, "{\"hold_uploads\":true}");
	for (int i = 0; i < 5; i++)
		rig_send(&r, "a.csv", order[i], id[i]);
	for (int i = 0; i < 2; i++) { /* those that add run side by side */
		j = rig_wait(&r, id[i], false);
		CHECK_INT(j.state, JOB_RUNNING);
		job_fini(&j);
	}
	wait_requests(&r, POLLS, 4); /* they run on */
	CHECK_INT(rig_n_uploads(&r), 2);
	rig_wait_state(&r, id[2], JOB_READY);
	emunet_config(&r.net, "{\"hold_uploads\":false}");
	for (int i = 0; i < 5; i++) {
		rig_ends(&r, id[i], "succeeded", "");
		rig_nth_upload_is(&r, (size_t)i, id[i]);
		CHECK(i < 2 || rig_n_uploads(&r) >= (size_t)i + 1);
	}
	CHECK_INT(rig_n_uploads(&r), 5);
	CHECK_INT(rig_rows(&r), 1); /* the last one's */
	rig_close(&r);
}

/* --- answers of AMC --------------------------------------------- */

TEST(a_lost_answer_is_looked_up)
{
	struct rig r;
	char id[ULID_CHARS + 1];

	rig_open(&r, "lost");
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"POST\","
			     "\"path\":\"/uploads/lost\",\"cut\":\"after\"}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	rig_ends(&r, id, "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(rig_rows(&r), 1);
	CHECK_INT(creates(&r), 1);
	rig_close(&r);
}

/* The request itself was lost: AMC's list does not have it, asked twice. */
TEST(what_amc_does_not_have_is_sent_again)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "absent");
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"POST\","
			     "\"path\":\"/uploads/absent\",\"cut\":\"before\"}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	j = rig_wait(&r, id, true);
	CHECK_INT(j.state, JOB_SUCCEEDED);
	CHECK_INT(j.attempts, 2);
	job_fini(&j);
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(rig_rows(&r), 1);
	rig_close(&r);
}

/* A list that lags behind: not there at the first look. */
TEST(an_absence_is_not_believed_at_once)
{
	struct rig r;
	char id[ULID_CHARS + 1];

	rig_open(&r, "lagging");
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"POST\","
			     "\"path\":\"/uploads/lagging\",\"cut\":\"after\"}");
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"POST\","
			     "\"path\":\"/uploads/list\",\"status\":200,"
			     "\"body_json\":{\"uploads\":[],\"nextToken\":null}}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	rig_ends(&r, id, "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(emunet_requests(&r.net, "service=amc&path=/uploads/list"), 2);
	CHECK_INT(creates(&r), 1);
	CHECK_INT(rig_rows(&r), 1);
	rig_close(&r);
}

/* It did not do it, and says so: again, after what it asks for. A failure of its
 * own says nothing of that: looked up first. */
TEST(throttled_and_failing)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "throttled");
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"POST\","
			     "\"path\":\"/uploads/throttled\",\"status\":429,\"count\":2,"
			     "\"headers\":{\"Retry-After\":\"0\"}}");
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"POST\",\"nth\":3,"
			     "\"path\":\"/uploads/throttled\",\"status\":500,"
			     "\"after\":true}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	j = rig_wait(&r, id, true);
	CHECK_INT(j.state, JOB_SUCCEEDED);
	CHECK(!j.error_code);
	CHECK_INT(j.next_attempt_ms, 0);
	job_fini(&j);
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(rig_rows(&r), 1);
	rig_close(&r);
}

TEST(refused)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "refused");
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"POST\","
			     "\"path\":\"/uploads/refused\",\"status\":400,"
			     "\"body_json\":{\"message\":\"no such strategy here\"}}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	rig_ends(&r, id, "failed", "amc-refused");
	rig_error_says(&r, id, "no such strategy here");
	j = rig_stored(&r, id);
	CHECK(j.finished_ms > 0);
	CHECK(rig_object_there(&r, j.object.key)); /* clean = no */
	job_fini(&j);
	CHECK_INT(rig_n_uploads(&r), 0);
	CHECK_INT(creates(&r), 1);
	/* the next is not held up by it */
	rig_send(&r, "b.csv", STRATEGY_ADDITIVE, id);
	rig_ends(&r, id, "succeeded", "");
	rig_close(&r);
}

TEST(amc_fails)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "amc_fails");
	rig_start(&r);
	emunet_config(&r.net, "{\"fail_uploads\":1,\"fail_message\":\"out of paper\"}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	rig_ends(&r, id, "failed", "amc-failed");
	rig_error_says(&r, id, "out of paper");
	j = rig_stored(&r, id);
	CHECK_STR(j.amc_status, "FAILED");
	CHECK_STR(j.amc_message, "out of paper");
	job_fini(&j);
	rig_close(&r);
}

/* How it is getting on is asked until it is over, whatever comes between. */
TEST(asked_until_it_is_over)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "polled");
	rig_start(&r);
	emunet_config(&r.net, "{\"hold_uploads\":true}");
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"GET\","
			     "\"path\":\"/uploads/polled/\",\"status\":404}");
	emunet_fault(&r.net, "{\"service\":\"amc\",\"method\":\"GET\",\"nth\":2,"
			     "\"path\":\"/uploads/polled/\",\"status\":500}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	j = rig_wait(&r, id, false);
	CHECK_INT(j.state, JOB_RUNNING);
	CHECK(j.amc_id[0] != '\0');
	job_fini(&j);
	wait_requests(&r, POLLS "polled/&status=200", 2);
	CHECK_INT(rig_state(&r, id), JOB_RUNNING);
	emunet_config(&r.net, "{\"hold_uploads\":false}");
	rig_ends(&r, id, "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 1);
	rig_close(&r);
}

TEST(cleaned_when_it_is_over)
{
	struct rig r;
	struct job j;
	char id[2][ULID_CHARS + 1];

	rig_open(&r, "cleaned");
	r.s.upload.clean = true;
	rig_start(&r);
	emunet_config(&r.net, "{\"fail_uploads\":1}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id[0]);
	rig_wait_state(&r, id[0], JOB_FAILED);
	rig_send(&r, "b.csv", STRATEGY_ADDITIVE, id[1]);
	/* a passing failure of the sweep is tried again, and changes no outcome */
	emunet_fault(&r.net, "{\"service\":\"s3\",\"method\":\"DELETE\","
			     "\"status\":503}");
	rig_wait_state(&r, id[1], JOB_SUCCEEDED);
	for (int i = 0; i < 2; i++) {
		j = rig_stored(&r, id[i]);
		CHECK(!rig_object_there(&r, j.object.key));
		CHECK_STR(j.error_code ? j.error_code : "", i ? "" : "amc-failed");
		job_fini(&j);
	}
	rig_close(&r);
}

/* --- putting the object together ----------------------------------- */

static void send_large(struct rig *r, const char *file, char *id)
{
	const size_t n = 5u << 20;
	char *text = malloc(n);
	struct ingest *in = rig_ingest(r, file, STRATEGY_ADDITIVE);

	CHECK(text != NULL);
	memset(text, 'x', n);
	rig_text(in, "email,note\na@example.com,");
	rig_write(in, text, n);
	rig_text(in, "\n");
	memcpy(id, ingest_id(in), ULID_CHARS + 1);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &final);
	free(text);
}

static void open_for_large(struct rig *r, const char *dataset)
{
	rig_open(r, dataset);
	r->s.upload.gzip = false;
	r->s.upload.max_row_bytes = 16u << 20;
}

/* S3 had done it and the answer was lost: the second try finds no such upload, and
 * the object, which is as long as it should be, settles it. */
TEST(completing_whose_answer_was_lost)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	open_for_large(&r, "completed");
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"s3\",\"method\":\"POST\","
			     "\"path\":\"uploadId\",\"count\":2,\"cut\":\"after\"}");
	send_large(&r, "a.csv", id);
	rig_ends(&r, id, "succeeded", "");
	j = rig_stored(&r, id);
	CHECK_INT(j.attempts, 1);
	CHECK_INT(rig_n_multipart(&r, j.object.key), 0);
	job_fini(&j);
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(rig_rows(&r), 1);
	rig_close(&r);
}

/* Somebody removed the parts: AMC is not told of an object that is not there. */
TEST(parts_that_have_gone)
{
	struct rig r;
	char id[ULID_CHARS + 1];

	open_for_large(&r, "parts_gone");
	rig_start(&r);
	emunet_fault(&r.net,
		     "{\"service\":\"s3\",\"method\":\"POST\",\"path\":\"uploadId\","
		     "\"count\":0,\"status\":404,\"content_type\":\"application/xml\","
		     "\"body\":\"<Error><Code>NoSuchUpload</Code></Error>\"}");
	send_large(&r, "a.csv", id);
	rig_ends(&r, id, "failed", "staging-failed");
	rig_error_says(&r, id, "copy the file again");
	CHECK_INT(rig_n_uploads(&r), 0);
	CHECK_INT(creates(&r), 0);
	rig_close(&r);
}

int main(void)
{
	RUN(in_the_order_in_which_files_ended);
	RUN(what_settles_keeps_its_place);
	RUN(what_replaces_runs_alone);
	RUN(a_lost_answer_is_looked_up);
	RUN(what_amc_does_not_have_is_sent_again);
	RUN(an_absence_is_not_believed_at_once);
	RUN(throttled_and_failing);
	RUN(refused);
	RUN(amc_fails);
	RUN(asked_until_it_is_over);
	RUN(cleaned_when_it_is_over);
	RUN(completing_whose_answer_was_lost);
	RUN(parts_that_have_gone);
	return CHECK_DONE();
}
