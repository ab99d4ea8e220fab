/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a start finds on disk, state by state: each job is put into the store as a
 * crash would leave it, with S3 and AMC as they would be then, and the engine is
 * started. Whatever the state, AMC ends up with the upload exactly once.
 */
#include "jobrig.h"

#define OBJECT \
	"email,note\n9eceb13483d7f187ec014fd6d4854d1420cfc634328af85f51d0323ba8622e21,x\n"

/* An id in order of n. */
static void make_id(int n, char *id)
{
	(void)snprintf(id, ULID_CHARS + 1, "01JDAAAAAAAAAAAAAAAAAAAA%02d", n);
}

/* As it is when the file has ended and one PUT made the object. */
static struct job made(struct rig *r, int n, enum job_state state)
{
	struct s3_place at = {.bucket = r->net.bucket};
	struct job j = {0};
	struct s3_result res;
	struct problem p = {0};
	char key[64], etag[S3_ETAG_CHARS];

	make_id(n, j.id);
	(void)snprintf(key, sizeof(key), "%s/%s.csv", r->dataset, j.id);
	at.key = key;
	CHECK_INT(s3_put(r->net.s3, &at, OBJECT, strlen(OBJECT), "instanceId=amcdemo1",
			 etag, &res, &p),
		  0);
	CHECK_INT(job_set(&j.file, "a.csv"), 0);
	CHECK_INT(job_set(&j.instance, r->net.instance), 0);
	CHECK_INT(job_set(&j.dataset, r->dataset), 0);
	CHECK_INT(job_set(&j.object.bucket, r->net.bucket), 0);
	CHECK_INT(job_set(&j.object.key, key), 0);
	CHECK_INT(job_set(&j.object.upload_id, ""), 0);
	CHECK_INT(job_set(&j.verdict_note, ""), 0);
	j.object.bytes = strlen(OBJECT);
	j.object.rows = 1;
	j.object.present = true;
	j.rows_in = j.rows_out = 1;
	j.state = state;
	j.last_close = true;
	j.order = (uint64_t)n + 1;
	j.created_ms = j.updated_ms = clock_wall_ms(&clock_real) - 1000;
	return j;
}

/* AMC has it already. */
static void accepted(struct rig *r, struct job *j, bool told)
{
	const struct amc_upload u = {.instance = r->net.instance,
				     .dataset = r->dataset,
				     .strategy = "ADDITIVE",
				     .country = "",
				     .bucket = r->net.bucket,
				     .key = j->object.key};
	struct amc_status st = {0};
	struct amc_result res;
	struct problem p = {0};

	j->sent_ms = clock_wall_ms(&clock_real);
	j->attempts = 1;
	CHECK_INT(amc_upload_create(r->net.amc, &r->net.as, &u, &st, &res, &p), 0);
	if (told)
		CHECK_INT(job_set(&j->amc_id, st.id), 0);
	amc_status_fini(&st);
}

static void store(struct rig *r, struct job *j)
{
	struct store *s = NULL;
	struct problem p = {0};
	bool damaged = false;

	CHECK_INT(store_open(&s, r->dir, 0, &damaged, &p), 0);
	CHECK_INT(store_put(s, j, &p), 0);
	store_close(s);
	job_fini(j);
}

static void succeeds_once(struct rig *r, int n, int64_t rows)
{
	char id[ULID_CHARS + 1];

	make_id(n, id);
	rig_ends(r, id, "succeeded", "");
	CHECK_INT(rig_n_uploads(r), 1);
	CHECK_INT(rig_rows(r), rows);
	rig_close(r);
}

TEST(before_amc_was_asked)
{
	static const enum job_state states[] = {JOB_RECEIVING, JOB_SETTLING,
						JOB_COMPLETING, JOB_READY};

	for (size_t i = 0; i < 4; i++) {
		char dataset[32];
		struct rig r;
		struct job j;

		check_state.test = state_name(states[i]);
		(void)snprintf(dataset, sizeof(dataset), "before_%zu", i);
		rig_open(&r, dataset);
		r.s.mount.settle_ms = i == 0 ? 20 : 3600 * 1000;
		j = made(&r, 1, states[i]);
		store(&r, &j);
		rig_start(&r);
		succeeds_once(&r, 1, 1);
	}
}

TEST(while_amc_was_asked)
{
	static const enum job_state states[] = {JOB_SENDING, JOB_LOOKING};

	for (size_t i = 0; i < 4; i++) { /* it had arrived, or not */
		char dataset[32];
		struct rig r;
		struct job j;

		check_state.test = state_name(states[i / 2]);
		(void)snprintf(dataset, sizeof(dataset), "while_%zu", i);
		rig_open(&r, dataset);
		j = made(&r, 1, states[i / 2]);
		j.sent_ms = clock_wall_ms(&clock_real);
		j.attempts = 1;
		if (i % 2)
			accepted(&r, &j, false);
		store(&r, &j);
		rig_start(&r);
		succeeds_once(&r, 1, 1);
	}
}

/* Just accepted, and AMC's right hand does not know it yet. */
TEST(after_amc_took_it)
{
	for (int young = 0; young < 2; young++) {
		struct rig r;
		struct job j;

		rig_open(&r, young ? "running_young" : "running");
		j = made(&r, 1, JOB_RUNNING);
		accepted(&r, &j, true);
		store(&r, &j);
		if (young)
			emunet_fault(&r.net,
				     "{\"service\":\"amc\",\"method\":\"GET\","
				     "\"path\":\"/uploads/running\",\"status\":404}");
		rig_start(&r);
		succeeds_once(&r, 1, 1);
	}
}

/* Order is kept over the start: it stands in the records, not in their ids. */
TEST(the_order_is_kept)
{
	struct rig r;
	struct json *u;
	char id[4][ULID_CHARS + 1];

	rig_open(&r, "kept_order");
	for (int i = 0; i < 4; i++) {
		struct job j = made(&r, i, i % 2 ? JOB_READY : JOB_COMPLETING);

		j.order = (uint64_t)(10 - i);
		make_id(i, id[i]);
		store(&r, &j);
	}
	rig_start(&r);
	for (int i = 0; i < 4; i++)
		rig_ends(&r, id[i], "succeeded", "");
	u = rig_uploads(&r);
	CHECK_INT(json_count(u), 4);
	for (size_t i = 0; i < 4; i++)
		CHECK(strstr(json_str(json_get(json_get(json_at(u, i), "request"),
					       "dataSource"),
				      "sourceFileS3Key"),
			     id[3 - i]) != NULL);
	json_free(u);
	rig_close(&r);
}

static void ends_badly(struct rig *r, int n, const char *shown, const char *code,
		       enum job_state state)
{
	struct job j;
	char id[ULID_CHARS + 1];

	make_id(n, id);
	rig_ends(r, id, shown, code);
	rig_wait_state(r, id, state);
	j = rig_stored(r, id);
	CHECK(!rig_object_there(r, j.object.key));
	job_fini(&j);
	CHECK_INT(rig_n_uploads(r), 0);
	rig_close(r);
}

TEST(a_file_in_mid_air)
{
	struct rig r;
	struct job j;

	rig_open(&r, "mid_air");
	j = made(&r, 1, JOB_RECEIVING);
	j.last_close = false;
	store(&r, &j);
	rig_start(&r);
	ends_badly(&r, 1, "failed", "interrupted", JOB_FAILED);
}

/* The object was put, and the crash came before the record said so. */
TEST(an_object_that_the_record_does_not_know)
{
	struct rig r;
	struct job j;

	rig_open(&r, "unknown_object");
	j = made(&r, 1, JOB_RECEIVING);
	j.last_close = false;
	j.object.present = false;
	j.rows_in = j.rows_out = 0;
	store(&r, &j);
	rig_start(&r);
	ends_badly(&r, 1, "failed", "interrupted", JOB_FAILED);
}

TEST(a_bad_verdict_is_taken_at_the_start)
{
	static const enum job_state states[] = {JOB_RECEIVING, JOB_SETTLING};

	for (size_t i = 0; i < 2; i++) {
		struct rig r;
		struct job j;

		rig_open(&r, i ? "verdict_settling" : "verdict_receiving");
		j = made(&r, 1, states[i]);
		j.verdict = -ERR_TOO_MANY_SKIPPED;
		CHECK_INT(job_set(&j.verdict_note, "9 of 10 rows were skipped."), 0);
		store(&r, &j);
		rig_start(&r);
		ends_badly(&r, 1, "rejected", "too-many-skipped", JOB_REJECTED);
	}
}

TEST(sweeps_go_on)
{
	static const struct {
		enum job_state from, to;
	} cases[] = {
		{JOB_SWEEPING_DONE, JOB_SUCCEEDED},
		{JOB_SWEEPING_FAILED, JOB_FAILED},
		{JOB_SWEEPING_REJECTED, JOB_REJECTED},
		{JOB_SWEEPING_GONE, JOB_GONE},
	};

	for (size_t i = 0; i < 4; i++) {
		char dataset[32], key[128], id[ULID_CHARS + 1];
		struct rig r;
		struct job j;

		check_state.test = state_name(cases[i].from);
		(void)snprintf(dataset, sizeof(dataset), "sweep_%zu", i);
		rig_open(&r, dataset);
		j = made(&r, 1, cases[i].from);
		(void)snprintf(key, sizeof(key), "%s", j.object.key);
		store(&r, &j);
		CHECK(rig_object_there(&r, key));
		rig_start(&r);
		make_id(1, id);
		rig_wait_state(&r, id, cases[i].to);
		CHECK(!rig_object_there(&r, key));
		CHECK_INT(rig_n_uploads(&r), 0);
		rig_close(&r);
	}
}

/* Parts that were never put together go, too. */
TEST(parts_are_swept)
{
	struct rig r;
	struct job j;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};
	char upload[S3_UPLOAD_ID_CHARS], etag[S3_ETAG_CHARS], key[128];
	char id[ULID_CHARS + 1];

	rig_open(&r, "sweep_parts");
	j = made(&r, 1, JOB_RECEIVING);
	j.last_close = false;
	(void)snprintf(key, sizeof(key), "%s", j.object.key);
	at = (struct s3_place){.bucket = r.net.bucket, .key = key};
	CHECK_INT(s3_begin(r.net.s3, &at, NULL, upload, &res, &p), 0);
	CHECK_INT(s3_put_part(r.net.s3, &at, upload, 1, "abc", 3, etag, &res, &p), 0);
	CHECK_INT(job_set(&j.object.upload_id, upload), 0);
	store(&r, &j);
	CHECK_INT(rig_n_multipart(&r, key), 1);
	rig_start(&r);
	make_id(1, id);
	rig_wait_state(&r, id, JOB_FAILED);
	CHECK_INT(rig_n_multipart(&r, key), 0);
	CHECK(!rig_object_there(&r, key));
	rig_close(&r);
}

/* The crash came after S3 had put the parts together and before that was stored. */
TEST(put_together_and_not_stored)
{
	for (int done = 0; done < 2; done++) {
		struct rig r;
		struct job j;
		struct s3_place at;
		struct s3_result res;
		struct s3_part part = {.number = 1};
		struct problem p = {0};
		char upload[S3_UPLOAD_ID_CHARS];

		rig_open(&r, done ? "together" : "apart");
		j = made(&r, 1, JOB_COMPLETING);
		at = (struct s3_place){.bucket = r.net.bucket, .key = j.object.key};
		CHECK_INT(s3_delete(r.net.s3, &at, &res, &p), 0);
		CHECK_INT(s3_begin(r.net.s3, &at, "instanceId=amcdemo1", upload, &res,
				   &p),
			  0);
		CHECK_INT(s3_put_part(r.net.s3, &at, upload, 1, OBJECT, strlen(OBJECT),
				      part.etag, &res, &p),
			  0);
		if (done)
			CHECK_INT(s3_complete(r.net.s3, &at, upload, &part, 1, &res, &p),
				  0);
		CHECK_INT(job_set(&j.object.upload_id, upload), 0);
		j.object.parts = calloc(1, sizeof(*j.object.parts));
		CHECK(j.object.parts != NULL);
		j.object.parts[0] = (struct job_part){1, strlen(OBJECT), ""};
		memcpy(j.object.parts[0].etag, part.etag, sizeof(part.etag));
		j.object.n_parts = 1;
		j.object.present = false;
		store(&r, &j);
		rig_start(&r);
		succeeds_once(&r, 1, 1);
	}
}

/* A held file stays held; its time goes on where it was. */
TEST(held_files)
{
	struct rig r;
	struct job j;
	char id[3][ULID_CHARS + 1];

	rig_open(&r, "held_files");
	for (int i = 0; i < 3; i++)
		make_id(i, id[i]);
	j = made(&r, 0, JOB_HELD);
	j.hold_until_ms = clock_wall_ms(&clock_real) + 3600 * 1000;
	CHECK_INT(job_set(&j.file, ".a.csv.Xx11Yy"), 0);
	store(&r, &j);
	j = made(&r, 1, JOB_HELD);
	j.hold_until_ms = clock_wall_ms(&clock_real) - 1;
	CHECK_INT(job_set(&j.file, ".b.csv.Xx11Yy"), 0);
	store(&r, &j);
	j = made(&r, 2, JOB_RECEIVING); /* its last close was under such a name */
	CHECK_INT(job_set(&j.file, ".c.csv.Xx11Yy"), 0);
	store(&r, &j);
	rig_start(&r);
	rig_ends(&r, id[1], "failed", "interrupted");
	CHECK_INT(rig_state(&r, id[0]), JOB_HELD);
	CHECK_INT(rig_state(&r, id[2]), JOB_HELD);
	CHECK(runner_reclaim(r.e.runner, id[0]) == NULL); /* its end is past */
	CHECK_INT(rig_n_uploads(&r), 0);
	CHECK_INT(runner_rename(r.e.runner, id[0], "a.csv", false, false), 0);
	CHECK_INT(runner_rename(r.e.runner, id[2], "c.csv", false, false), 0);
	rig_ends(&r, id[0], "succeeded", "");
	rig_ends(&r, id[2], "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 2);
	rig_close(&r);
}

/* Stopped for good while AMC's answer is awaited: cut, and looked up at the start,
 * whether AMC had taken it or not. */
TEST(stopped_in_the_middle_of_the_request)
{
	for (int arrived = 0; arrived < 2; arrived++) {
		struct rig r;
		char id[ULID_CHARS + 1];

		rig_open(&r, arrived ? "stopped_after" : "stopped_before");
		rig_start(&r);
		emunet_fault(&r.net, arrived ? "{\"service\":\"amc\",\"method\":\"POST\","
					       "\"path\":\"/uploads/stopped\","
					       "\"delay_after_ms\":600000}"
					     : "{\"service\":\"amc\",\"method\":\"POST\","
					       "\"path\":\"/uploads/stopped\","
					       "\"hold\":true,\"cut\":\"before\"}");
		rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
		rig_wait_state(&r, id, JOB_SENDING);
		for (int i = 0; arrived && rig_n_uploads(&r) == 0; i++)
			CHECK(i < 5000);
		rig_stop(&r, 0);
		rig_start(&r);
		rig_ends(&r, id, "succeeded", "");
		CHECK_INT(rig_n_uploads(&r), 1);
		CHECK_INT(rig_rows(&r), 1);
		rig_close(&r);
	}
}

/* Stopped again and again, at whatever point: never twice, never lost. */
TEST(stopped_at_any_point)
{
	struct rig r;
	char id[12][ULID_CHARS + 1];

	rig_open(&r, "any_point");
	for (int i = 0; i < 12; i++) {
		rig_start(&r);
		rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id[i]);
		rig_stop(&r, i % 4 * 2);
	}
	rig_start(&r);
	for (int i = 0; i < 12; i++)
		rig_ends(&r, id[i], "succeeded", "");
	CHECK_INT(rig_n_uploads(&r), 12);
	CHECK_INT(rig_rows(&r), 12);
	rig_close(&r);
}

int main(void)
{
	RUN(before_amc_was_asked);
	RUN(while_amc_was_asked);
	RUN(after_amc_took_it);
	RUN(the_order_is_kept);
	RUN(a_file_in_mid_air);
	RUN(an_object_that_the_record_does_not_know);
	RUN(a_bad_verdict_is_taken_at_the_start);
	RUN(sweeps_go_on);
	RUN(parts_are_swept);
	RUN(put_together_and_not_stored);
	RUN(held_files);
	RUN(stopped_in_the_middle_of_the_request);
	RUN(stopped_at_any_point);
	return CHECK_DONE();
}
