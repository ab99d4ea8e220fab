/* SPDX-License-Identifier: Apache-2.0 */
#include "jobrig.h"

#include <pthread.h>

static const struct ingest_end final = {0};

/* What the board shows of it, member by member. */
static void shows(struct rig *r, const char *id, const char *state, int64_t bytes_in,
		  int64_t rows_out)
{
	struct json *rec = NULL;

	CHECK_INT(board_record(r->e.board, id, &rec, NULL), 0);
	CHECK_STR(json_str(rec, "state"), state);
	CHECK_STR(json_str(rec, "id"), id);
	CHECK_STR(json_str(rec, "instance"), r->net.instance);
	CHECK_STR(json_str(rec, "dataset"), r->dataset);
	CHECK_INT(json_int(rec, "uid", -1), 1000);
	CHECK_INT(json_int(rec, "bytes_in", -1), bytes_in);
	CHECK_INT(json_int(rec, "rows_out", -1), rows_out);
	json_free(rec);
}

static void object_says(struct rig *r, const char *id, const char *want)
{
	_cleanup_buf_ struct buf got = BUF_INIT(1 << 20);
	_cleanup_free_ char *key = rig_key(r, id);

	rig_unpacked(r, key, &got);
	CHECK_MEM(got.p, got.n, want, strlen(want));
}

/* --- the ordinary way ----------------------------------- */

TEST(written_flushed_closed)
{
	_cleanup_buf_ struct buf want = BUF_INIT(4096);
	struct rig r;
	struct ingest *in;
	char id[ULID_CHARS + 1];

	rig_open(&r, "ordinary");
	rig_start(&r);
	in = rig_ingest(&r, "north/a.csv", STRATEGY_FULL_REPLACE);
	CHECK(!ingest_has_job(in));
	CHECK_STR(ingest_id(in), "");
	rig_text(in, "note,Email,other\n");
	CHECK(ingest_has_job(in));
	CHECK_INT(ingest_size(in), 17);
	memcpy(id, ingest_id(in), sizeof(id));
	shows(&r, id, "receiving", 17, 0);
	rig_text(in, "x,a@example.com,1\ny,B@Example.com ,2");
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	shows(&r, id, "receiving", 53, 2);
	CHECK_INT(buf_adds(&want, "email,note\n"), 0);
	rig_expect_row(&want, "a@example.com", "x");
	rig_expect_row(&want, "b@example.com", "y");
	object_says(&r, id, buf_str(&want)); /* durable before the end */
	CHECK_INT(rig_n_uploads(&r), 0);
	ingest_close(in, &final);
	rig_ends(&r, id, "succeeded", "");
	shows(&r, id, "succeeded", 53, 2);
	object_says(&r, id, buf_str(&want));
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(rig_rows(&r), 2);
	rig_close(&r);
}

TEST(the_request_is_as_the_file_was)
{
	struct rig r;
	struct json *u, *q;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "request");
	rig_start(&r);
	rig_send(&r, "a.csv", STRATEGY_FULL_REPLACE, id);
	j = rig_wait(&r, id, true);
	u = rig_uploads(&r);
	CHECK_INT(json_count(u), 1);
	CHECK_STR(json_str(json_at(u, 0), "uploadId"), j.amc_id);
	q = json_get(json_at(u, 0), "request");
	CHECK_STR(json_str(q, "updateStrategy"), "FULL_REPLACE");
	CHECK_STR(json_str(json_get(q, "dataSource"), "sourceS3Bucket"), r.net.bucket);
	CHECK_STR(json_str(json_get(q, "dataSource"), "sourceFileS3Key"), j.object.key);
	CHECK_INT(j.attempts, 1);
	CHECK_STR(j.amc_status, "SUCCESS");
	CHECK_INT(json_int(j.amc_metrics, "OutputRowCount", -1), 1);
	json_free(u);
	job_fini(&j);
	rig_close(&r);
}

TEST(no_byte_no_job)
{
	struct rig r;
	struct ingest *in;
	struct json *list = NULL;

	rig_open(&r, "nothing");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	CHECK_INT(ingest_write(in, 0, "", 0, NULL, NULL), 0);
	CHECK_INT(ingest_flush(in, &rig_more, NULL), 0);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	CHECK(!ingest_has_job(in));
	ingest_close(in, &final);
	CHECK_INT(board_list(r.e.board, NULL, NULL, (uid_t)-1, 0, &list, NULL), 0);
	CHECK_INT(json_count(list), 0);
	json_free(list);
	CHECK_INT(emunet_requests(&r.net, "service=s3"), 0);
	rig_close(&r);
}

/* A shell flushes between any two echoes: what is there is right each time. */
TEST(many_flushes_one_object)
{
	_cleanup_buf_ struct buf want = BUF_INIT(65536), line = BUF_INIT(4096);
	struct rig r;
	struct ingest *in;
	char id[ULID_CHARS + 1];

	rig_open(&r, "flushes");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	CHECK_INT(ingest_flush(in, &rig_more, NULL), 0);
	rig_text(in, "email,note\n");
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(buf_adds(&want, "email,note\n"), 0);
	for (int i = 0; i < 20; i++) {
		char mail[32], note[8];

		(void)snprintf(mail, sizeof(mail), "p%d@example.com", i);
		(void)snprintf(note, sizeof(note), "%d", i);
		buf_clear(&line);
		CHECK_INT(buf_addf(&line, "%s,%s", mail, note), 0);
		rig_text(in, buf_str(&line)); /* as if the file ended here */
		CHECK_INT(ingest_flush(in, i % 2 ? &rig_more : &rig_last, NULL), 0);
		rig_expect_row(&want, mail, note);
		object_says(&r, id, buf_str(&want));
		rig_text(in, i % 3 ? "\n" : "\r\n");
	}
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	object_says(&r, id, buf_str(&want));
	ingest_close(in, &final);
	rig_ends(&r, id, "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(rig_rows(&r), 20);
	rig_close(&r);
}

/* The same file, cut and flushed anywhere, is the same object. */
TEST(cut_anywhere)
{
	static const char text[] = "\xef\xbb\xbfNote;email;else\r\n"
				   "\"a;b\";x@example.com;1\r\n"
				   "\"say \"\"hi\"\"\r\nthere\";\"Y@Example.com\";2\r\n"
				   "\r\n"
				   "\xc3\xa9t\xc3\xa9;z@example.com;3";
	const size_t n = sizeof(text) - 1;
	_cleanup_buf_ struct buf want = BUF_INIT(4096);
	struct rig r;

	CHECK_INT(buf_adds(&want, "email,note\n"), 0);
	rig_expect_row(&want, "x@example.com", "a;b");
	rig_expect_row(&want, "y@example.com", "\"say \"\"hi\"\" there\"");
	rig_expect_row(&want, "z@example.com", "\xc3\xa9t\xc3\xa9");
	rig_open(&r, "cuts");
	r.s.mount.settle_ms = 3600 * 1000; /* AMC is not asked */
	rig_start(&r);
	for (size_t cut = 1; cut < n; cut++) {
		struct ingest *in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);

		rig_write(in, text, cut);
		CHECK_INT(ingest_flush(in, cut % 2 ? &rig_more : &rig_last, NULL), 0);
		for (size_t at = cut; at < n; at += cut)
			rig_write(in, text + at, cut < n - at ? cut : n - at);
		CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
		object_says(&r, ingest_id(in), buf_str(&want));
		ingest_withdraw(in);
		ingest_close(in, &final);
	}
	rig_close(&r);
}

/* --- second thoughts ----------------------------------- */

TEST(appended_before_it_settled)
{
	struct rig r;
	struct ingest *in, *again;
	char id[ULID_CHARS + 1];

	rig_open(&r, "append");
	r.s.mount.settle_ms = 3600 * 1000;
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, "email,note\na@example.com,1\n");
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &final);
	shows(&r, id, "held", 27, 1);
	CHECK_INT(rig_state(&r, id), JOB_SETTLING);
	again = runner_reclaim(r.e.runner, id);
	CHECK(again == in);
	CHECK(runner_reclaim(r.e.runner, id) == NULL); /* once */
	CHECK_INT(rig_state(&r, id), JOB_RECEIVING);
	CHECK_STR(ingest_id(again), id);
	CHECK_INT(ingest_size(again), 27);
	rig_text(again, "b@example.com,2\n");
	ingest_close(again, &final); /* the flush it lacks is made up for */
	shows(&r, id, "held", 43, 2);
	rig_stop(&r, 20000); /* settles at once, hands over to AMC */
	json_free(emunet_control(&r.net, "GET", "/wait?for=uploads", NULL));
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(rig_rows(&r), 2);
	rig_start(&r);
	rig_ends(&r, id, "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 1);
	rig_close(&r);
}

/* Reopened and closed without a byte: as if nothing had been. */
TEST(reopened_for_nothing)
{
	struct rig r;
	struct ingest *in;
	char id[ULID_CHARS + 1];

	rig_open(&r, "reopened");
	r.s.mount.settle_ms = 3600 * 1000;
	rig_start(&r);
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	in = runner_reclaim(r.e.runner, id);
	CHECK(in != NULL);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &(const struct ingest_end){.at_once = true});
	rig_ends(&r, id, "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(emunet_requests(&r.net, "service=s3&method=PUT"), 1);
	rig_close(&r);
}

TEST(withdrawn_while_it_is_received)
{
	struct rig r;
	struct ingest *in;
	struct json *list = NULL;
	_cleanup_free_ char *key = NULL;
	char id[ULID_CHARS + 1];

	rig_open(&r, "withdrawn");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &rig_more, NULL), 0);
	key = rig_key(&r, id);
	CHECK(rig_object_there(&r, key));
	ingest_withdraw(in);
	CHECK_INT(ingest_error(in), -ERR_INTERRUPTED);
	CHECK_INT(ingest_write(in, ingest_size(in), "x", 1, NULL, NULL),
		  -ERR_INTERRUPTED);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), -ERR_INTERRUPTED);
	ingest_close(in, &final);
	rig_wait_state(&r, id, JOB_GONE);
	CHECK(!rig_object_there(&r, key));
	CHECK_INT(board_list(r.e.board, NULL, NULL, (uid_t)-1, 0, &list, NULL), 0);
	CHECK_INT(json_count(list), 0);
	json_free(list);
	CHECK_INT(rig_n_uploads(&r), 0);
	rig_close(&r);
}

TEST(held_until_it_is_named)
{
	struct rig r;
	struct ingest *in;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "held");
	rig_start(&r);
	in = rig_ingest(&r, ".a.csv.Xy12Zz", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &(const struct ingest_end){.temporary = true});
	shows(&r, id, "held", 27, 1);
	CHECK_INT(rig_state(&r, id), JOB_HELD);
	CHECK_INT(rig_n_uploads(&r), 0);
	CHECK_INT(runner_rename(r.e.runner, id, "a.csv", false, false), 0);
	j = rig_wait(&r, id, true);
	CHECK_INT(j.state, JOB_SUCCEEDED);
	CHECK_STR(j.file, "a.csv");
	job_fini(&j);
	rig_close(&r);
}

/* Renamed while still open. */
TEST(named_before_it_is_closed)
{
	struct rig r;
	struct ingest *in;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "named");
	rig_start(&r);
	in = rig_ingest(&r, ".a.csv.Xy12Zz", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_rename(in, "a.csv"), 0);
	ingest_close(in, &final);
	j = rig_wait(&r, id, true);
	CHECK_INT(j.state, JOB_SUCCEEDED);
	CHECK_STR(j.file, "a.csv");
	job_fini(&j);
	rig_close(&r);
}

/* --- when S3 does not answer ----------------------------------- */

static bool always(void *ctx)
{
	++*(int *)ctx;
	return true;
}

/* No room, and a signal: nothing of that write is taken, and it can be made again. */
TEST(an_interrupted_write_takes_nothing)
{
	const size_t n = 5u << 20;
	char *text = malloc(n);
	struct rig r;
	struct ingest *in;
	int asked = 0;
	uint64_t size;

	CHECK(text != NULL);
	memset(text, 'x', n);
	rig_open(&r, "interrupted");
	r.s.upload.gzip = false;
	r.s.upload.max_row_bytes = 16u << 20;
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"s3\",\"method\":\"PUT\",\"count\":0,"
			     "\"status\":503,\"headers\":{\"Retry-After\":\"60\"}}");
	r.s.mount.staging_ms = 3600 * 1000;
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, "email,note\n");
	for (int i = 0; i < 2; i++) { /* a part each: both threads are busy */
		rig_text(in, "a@example.com,");
		rig_write(in, text, n);
		rig_text(in, "\n");
	}
	size = ingest_size(in);
	CHECK_INT(ingest_write(in, size, "b@example.com,2\n", 16, always, &asked),
		  -EINTR);
	CHECK_INT(asked, 1);
	CHECK_INT(ingest_size(in), size);
	CHECK_INT(ingest_error(in), 0);
	CHECK_INT(ingest_write(in, size, "b@example.com,2\n", 16, always, &asked),
		  -EINTR);
	ingest_withdraw(in);
	ingest_close(in, &final);
	free(text);
	rig_close(&r);
}

/* --- crashes ----------------------------------- */

struct flusher {
	struct ingest *in;
	int result;
};

static void *flush_last(void *arg)
{
	struct flusher *f = arg;

	f->result = ingest_flush(f->in, &rig_last, NULL);
	return NULL;
}

/* A flush that has not come back promises nothing: what is on disk meanwhile must
 * not say that the file had its last close, since the rows before it would be sent
 * as if they were all. */
TEST(an_unfinished_flush_is_no_last_close)
{
	const size_t n = 5u << 20;
	char *text = malloc(n);
	struct rig r;
	struct ingest *in;
	struct flusher f = {0};
	struct job j;
	pthread_t t;

	CHECK(text != NULL);
	memset(text, 'x', n);
	rig_open(&r, "unfinished");
	r.s.upload.gzip = false;
	r.s.upload.max_row_bytes = 16u << 20;
	r.s.mount.staging_ms = 3600 * 1000;
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	j = rig_stored(&r, ingest_id(in));
	CHECK(j.last_close);
	job_fini(&j);
	/* the upload is opened while the flush waits; parts are never taken */
	emunet_fault(&r.net, "{\"service\":\"s3\",\"path\":\"partNumber\",\"count\":0,"
			     "\"status\":503}");
	emunet_fault(&r.net, "{\"service\":\"s3\",\"path\":\"uploads\",\"count\":1,"
			     "\"delay_ms\":400}");
	emunet_fault(&r.net, "{\"service\":\"s3\",\"path\":\"partNumber\",\"count\":0,"
			     "\"status\":403}"); /* once the one before has gone */
	rig_text(in, "b@example.com,");
	rig_write(in, text, n);
	rig_text(in, "\n");
	j = rig_stored(&r, ingest_id(in));
	CHECK(!j.last_close);
	job_fini(&j);
	f.in = in;
	CHECK_INT(pthread_create(&t, NULL, flush_last, &f), 0);
	json_free(emunet_control(&r.net, "GET",
				 "/wait?for=requests&path=partNumber&status=503", NULL));
	j = rig_stored(&r, ingest_id(in)); /* stored when the upload was opened */
	CHECK(j.object.upload_id && j.object.upload_id[0]);
	CHECK(!j.last_close);
	job_fini(&j);
	emunet_clear_first_fault(&r.net); /* refused from now on */
	CHECK_INT(pthread_join(t, NULL), 0);
	CHECK_INT(f.result, -ERR_STAGING);
	ingest_close(in, &final);
	free(text);
	rig_close(&r);
}

/* The daemon is gone in the middle of a file: interrupted, and nothing is left. */
TEST(left_in_the_middle)
{
	struct rig r;
	struct ingest *in;
	_cleanup_free_ char *key = NULL;
	char id[ULID_CHARS + 1];

	rig_open(&r, "middle");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	rig_text(in, "b@example.com,2\n"); /* written on: no last close any more */
	key = rig_key(&r, id);
	ingest_free(in);
	rig_stop(&r, 0);
	rig_start(&r);
	rig_ends(&r, id, "failed", "interrupted");
	rig_wait_state(&r, id, JOB_FAILED);
	CHECK(!rig_object_there(&r, key));
	CHECK_INT(rig_n_uploads(&r), 0);
	rig_close(&r);
}

TEST(left_after_the_last_close)
{
	struct rig r;
	struct ingest *in;
	char id[ULID_CHARS + 1];

	rig_open(&r, "after_close");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_free(in); /* its release never came */
	rig_stop(&r, 0);
	rig_start(&r);
	rig_ends(&r, id, "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 1);
	CHECK_INT(rig_rows(&r), 1);
	rig_close(&r);
}

int main(void)
{
	RUN(written_flushed_closed);
	RUN(the_request_is_as_the_file_was);
	RUN(no_byte_no_job);
	RUN(many_flushes_one_object);
	RUN(cut_anywhere);
	RUN(appended_before_it_settled);
	RUN(reopened_for_nothing);
	RUN(withdrawn_while_it_is_received);
	RUN(held_until_it_is_named);
	RUN(named_before_it_is_closed);
	RUN(an_interrupted_write_takes_nothing);
	RUN(an_unfinished_flush_is_no_last_close);
	RUN(left_in_the_middle);
	RUN(left_after_the_last_close);
	return CHECK_DONE();
}
