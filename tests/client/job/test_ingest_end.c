/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are refused: at a write, at a flush, or by what only their end shows. */
#include "jobrig.h"

static const struct ingest_end final = {0};

/* --- what is refused at a write ----------------------------------- */

/* The error of the write, then of everything; the job ends so, and S3 and AMC have
 * nothing. */
static void refused(struct rig *r, struct ingest *in, int err, const char *shown,
		    const char *code, const char *says)
{
	_cleanup_free_ char *key = NULL;
	char id[ULID_CHARS + 1];

	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_error(in), err);
	CHECK_INT(ingest_write(in, ingest_size(in), "x\n", 2, NULL, NULL), err);
	CHECK_INT(ingest_flush(in, &rig_more, NULL), err);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), err);
	ingest_close(in, &final);
	rig_ends(r, id, shown, code);
	rig_error_says(r, id, says);
	key = rig_key(r, id);
	rig_wait_state(r, id, strcmp(shown, "failed") == 0 ? JOB_FAILED : JOB_REJECTED);
	CHECK(!rig_object_there(r, key));
	CHECK_INT(rig_n_multipart(r, key), 0);
	CHECK_INT(rig_n_uploads(r), 0);
}

static int write_at(struct ingest *in, uint64_t off, const char *text)
{
	return ingest_write(in, off, text, strlen(text), NULL, NULL);
}

TEST(a_header_that_cannot_work)
{
	struct rig r;
	struct ingest *in;

	rig_open(&r, "header");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 0, "mail,note"), 0); /* not known yet */
	CHECK_INT(write_at(in, 9, "\n"), -ERR_MISSING_COLUMN);
	refused(&r, in, -ERR_MISSING_COLUMN, "rejected", "missing-column", "email");
	in = rig_ingest(&r, "b.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 0, "email,note,note\n"), -ERR_DUPLICATE_COLUMN);
	refused(&r, in, -ERR_DUPLICATE_COLUMN, "rejected", "duplicate-column", "note");
	CHECK_INT(emunet_requests(&r.net, "service=s3&method=PUT"), 0);
	rig_close(&r);
}

TEST(bytes_that_are_no_text)
{
	struct rig r;
	struct ingest *in;

	rig_open(&r, "encoding");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 0, RIG_ONE_MAIL), 0);
	CHECK_INT(ingest_flush(in, &rig_more, NULL), 0); /* staged: to be swept */
	CHECK_INT(write_at(in, ingest_size(in), "b@example.com,\xff\n"),
		  -ERR_BAD_ENCODING);
	refused(&r, in, -ERR_BAD_ENCODING, "rejected", "bad-encoding", "3");
	rig_close(&r);
}

TEST(bytes_out_of_order)
{
	struct rig r;
	struct ingest *in;

	rig_open(&r, "order");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 0, RIG_ONE_MAIL), 0);
	CHECK_INT(write_at(in, 28, "x"), -ERR_OUT_OF_ORDER);
	refused(&r, in, -ERR_OUT_OF_ORDER, "rejected", "hole", "position 28 while 27");
	in = rig_ingest(&r, "b.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 0, RIG_ONE_MAIL), 0);
	CHECK_INT(write_at(in, 26, "x"), -ERR_OUT_OF_ORDER);
	refused(&r, in, -ERR_OUT_OF_ORDER, "rejected", "hole", "position 26 while 27");
	in = rig_ingest(&r, "c.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 1, "x"), -ERR_OUT_OF_ORDER);
	refused(&r, in, -ERR_OUT_OF_ORDER, "rejected", "hole", "position 1 while 0");
	rig_close(&r);
}

TEST(the_size_has_a_limit)
{
	struct rig r;
	struct ingest *in;
	char id[ULID_CHARS + 1];

	rig_open(&r, "size");
	r.s.mount.max_file_bytes = 27;
	rig_start(&r);
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id); /* 27 bytes: just right */
	rig_ends(&r, id, "succeeded", "");
	rig_close(&r);
	rig_open(&r, "size_over");
	r.s.mount.max_file_bytes = 27;
	rig_start(&r);
	in = rig_ingest(&r, "b.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 0, RIG_ONE_MAIL), 0);
	CHECK_INT(write_at(in, 27, "\n"), -ERR_FILE_TOO_BIG);
	refused(&r, in, -ERR_FILE_TOO_BIG, "rejected", "file-too-big", "(27 bytes)");
	in = rig_ingest(&r, "c.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 0, RIG_ONE_MAIL "\n"), -ERR_FILE_TOO_BIG);
	refused(&r, in, -ERR_FILE_TOO_BIG, "rejected", "file-too-big", "(27 bytes)");
	rig_close(&r);
}

TEST(a_strategy_that_does_not_fit)
{
	struct rig r;
	struct ingest *in;

	rig_open(&r, "strategy");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_OVERLAP_REPLACE);
	CHECK_INT(write_at(in, 0, RIG_ONE_MAIL), -ERR_BAD_STRATEGY);
	refused(&r, in, -ERR_BAD_STRATEGY, "rejected", "bad-strategy",
		"OVERLAP_REPLACE works for fact data sets only");
	rig_close(&r);
}

/* --- what only the end can tell ----------------------------------- */

struct verdict {
	const char *text, *shown, *code, *says;
};

static void ends_with(struct rig *r, const struct verdict *v)
{
	struct ingest *in = rig_ingest(r, "a.csv", STRATEGY_ADDITIVE);
	_cleanup_free_ char *key = NULL;
	char id[ULID_CHARS + 1];

	rig_text(in, v->text);
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0); /* more could follow */
	key = rig_key(r, id);
	ingest_close(in, &final);
	rig_ends(r, id, v->shown, v->code);
	rig_error_says(r, id, v->says);
	rig_wait_state(r, id,
		       strcmp(v->shown, "failed") == 0 ? JOB_FAILED : JOB_REJECTED);
	CHECK(!rig_object_there(r, key));
	CHECK_INT(rig_n_uploads(r), 0);
}

TEST(verdicts_of_the_end)
{
	static const struct verdict verdicts[] = {
		{"email,note\n", "rejected", "no-rows", "no rows"},
		{"email,note", "rejected", "no-rows", "no rows"},
		{"email,note\na@example.com,x\n,y\n", "rejected", "too-many-skipped",
		 "1 of 2"},
		{"email,note\n,y\n", "rejected", "too-many-skipped", "1 of 1"},
		{RIG_ONE_MAIL "b@example.com,\"open", "failed", "interrupted", "quote"},
	};

	for (int settles = 0; settles < 2; settles++) {
		struct rig r;

		rig_open(&r, settles ? "verdicts_settled" : "verdicts");
		r.s.mount.settle_ms = settles ? 30 : 0;
		rig_start(&r);
		for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
			check_state.test = verdicts[i].text;
			ends_with(&r, &verdicts[i]);
		}
		rig_close(&r);
	}
}

TEST(a_verdict_can_be_mended)
{
	struct rig r;
	struct ingest *in;
	char id[ULID_CHARS + 1];

	rig_open(&r, "mended");
	r.s.mount.settle_ms = 3600 * 1000;
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, "email,note\n"); /* echo HEADER > a.csv */
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &final);
	CHECK_INT(rig_state(&r, id), JOB_SETTLING);
	in = runner_reclaim(r.e.runner, id); /* cat rows >> a.csv */
	CHECK(in != NULL);
	rig_text(in, "a@example.com,1\n");
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &(const struct ingest_end){.at_once = true});
	rig_ends(&r, id, "succeeded", "");
	CHECK_INT(rig_rows(&r), 1);
	rig_close(&r);
}

static const struct ingest_caller dying = {
	.died = true, .last_close = true, .how = "killed by signal 9"};

TEST(a_writer_that_died)
{
	struct rig r;
	struct ingest *in;
	_cleanup_free_ char *key = NULL;
	char id[ULID_CHARS + 1];

	rig_open(&r, "died");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &dying, NULL), 0);
	ingest_close(in, &final);
	rig_ends(&r, id, "failed", "interrupted");
	rig_error_says(&r, id, "was killed by signal 9 before it had finished");
	rig_wait_state(&r, id, JOB_FAILED);
	key = rig_key(&r, id);
	CHECK(!rig_object_there(&r, key));
	CHECK_INT(rig_n_uploads(&r), 0);
	rig_close(&r);
}

/* The last flush with data counts: { head big; cat small; } is well when head was
 * killed by SIGPIPE's like and cat wrote on; and a death without data is nobody's. */
TEST(only_the_last_data_counts)
{
	struct rig r;
	struct ingest *in;
	char id[2][ULID_CHARS + 1];

	rig_open(&r, "last_data");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id[0], ingest_id(in), sizeof(id[0]));
	CHECK_INT(ingest_flush(in, &dying, NULL), 0);
	rig_text(in, "b@example.com,2\n");
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &final);
	rig_ends(&r, id[0], "succeeded", "");
	CHECK_INT(rig_rows(&r), 2);
	in = rig_ingest(&r, "b.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id[1], ingest_id(in), sizeof(id[1]));
	CHECK_INT(ingest_flush(in, &rig_more, NULL), 0);
	CHECK_INT(ingest_flush(in, &dying, NULL), 0);
	ingest_close(in, &final);
	rig_ends(&r, id[1], "succeeded", "");
	rig_close(&r);
}

TEST(a_declared_size)
{
	struct rig r;
	struct ingest *in;
	char id[ULID_CHARS + 1];

	rig_open(&r, "declared");
	rig_start(&r);
	for (int flushed = 0; flushed < 2; flushed++) {
		in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
		ingest_declare(in, 28);
		rig_text(in, RIG_ONE_MAIL);
		memcpy(id, ingest_id(in), sizeof(id));
		if (flushed)
			CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
		ingest_close(in, &final);
		rig_ends(&r, id, "failed", "interrupted");
		rig_error_says(&r, id, "28 bytes were announced and only 27 arrived");
	}
	CHECK_INT(rig_n_uploads(&r), 0);
	in = rig_ingest(&r, "b.csv", STRATEGY_ADDITIVE);
	ingest_declare(in, 27);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), sizeof(id));
	ingest_close(in, &final);
	rig_ends(&r, id, "succeeded", "");
	rig_close(&r);
}

TEST(the_mark_of_rsync_partial)
{
	struct rig r;
	struct ingest *in;
	char id[ULID_CHARS + 1];

	rig_open(&r, "partial");
	rig_start(&r);
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), sizeof(id));
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &(const struct ingest_end){.partial_mark = true});
	rig_ends(&r, id, "failed", "interrupted");
	rig_error_says(&r, id, "rsync marked the file as partial");
	CHECK_INT(rig_n_uploads(&r), 0);
	rig_close(&r);
}

TEST(staging_that_fails_is_told_at_the_flush)
{
	struct rig r;
	struct ingest *in;

	rig_open(&r, "s3_refuses");
	rig_start(&r);
	emunet_fault(&r.net, "{\"service\":\"s3\",\"method\":\"PUT\",\"status\":403}");
	in = rig_ingest(&r, "a.csv", STRATEGY_ADDITIVE);
	CHECK_INT(write_at(in, 0, RIG_ONE_MAIL), 0);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), -ERR_STAGING);
	refused(&r, in, -ERR_STAGING, "failed", "staging-failed", "S3");
	rig_close(&r);
}

int main(void)
{
	RUN(a_header_that_cannot_work);
	RUN(bytes_that_are_no_text);
	RUN(bytes_out_of_order);
	RUN(the_size_has_a_limit);
	RUN(a_strategy_that_does_not_fit);
	RUN(verdicts_of_the_end);
	RUN(a_verdict_can_be_mended);
	RUN(a_writer_that_died);
	RUN(only_the_last_data_counts);
	RUN(a_declared_size);
	RUN(the_mark_of_rsync_partial);
	RUN(staging_that_fails_is_told_at_the_flush);
	return CHECK_DONE();
}
