/* SPDX-License-Identifier: Apache-2.0 */
#include "jobrig.h"

TEST(withdrawn_while_it_settles)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1], key[256];

	rig_open(&r, "withdrawn_settling");
	r.s.mount.settle_ms = 3600 * 1000;
	rig_start(&r);
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	j = rig_stored(&r, id);
	(void)snprintf(key, sizeof(key), "%s", j.object.key);
	job_fini(&j);
	CHECK(rig_object_there(&r, key));
	CHECK_INT(runner_withdraw(r.e.runner, id), 0);
	CHECK(runner_reclaim(r.e.runner, id) == NULL); /* too late */
	rig_wait_state(&r, id, JOB_GONE);
	CHECK(!rig_object_there(&r, key));
	CHECK_INT(runner_withdraw(r.e.runner, id), 0); /* nothing is left of it */
	CHECK_INT(rig_n_uploads(&r), 0);
	rig_close(&r);
}

TEST(too_late_to_withdraw)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "withdrawn_late");
	rig_start(&r);
	emunet_config(&r.net, "{\"hold_uploads\":true}");
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	j = rig_wait(&r, id, false);
	job_fini(&j);
	CHECK_INT(runner_withdraw(r.e.runner, id), -EBUSY);
	CHECK(runner_reclaim(r.e.runner, id) == NULL);
	CHECK_INT(runner_rename(r.e.runner, id, "b.csv", false, false), 0);
	emunet_config(&r.net, "{\"hold_uploads\":false}");
	rig_wait_state(&r, id, JOB_SUCCEEDED);
	j = rig_stored(&r, id);
	CHECK_STR(j.file, "a.csv"); /* AMC's: no effect */
	job_fini(&j);
	CHECK_INT(runner_withdraw(r.e.runner, "01JDAAAAAAAAAAAAAAAAAAAAAA"), 0);
	rig_close(&r);
}

static void send_temporary(struct rig *r, const char *file, char *id)
{
	struct ingest *in = rig_ingest(r, file, STRATEGY_ADDITIVE);

	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), ULID_CHARS + 1);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &(const struct ingest_end){.temporary = true});
}

/* The place in the row is taken at the name that ends it. */
TEST(named_in_another_order)
{
	struct rig r;
	char id[2][ULID_CHARS + 1];

	rig_open(&r, "names");
	rig_start(&r);
	send_temporary(&r, ".a.csv.Aa12Bb", id[0]);
	send_temporary(&r, ".b.csv.Aa12Bb", id[1]);
	CHECK_INT(runner_rename(r.e.runner, id[1], "b.csv", false, false), 0);
	CHECK_INT(runner_rename(r.e.runner, id[0], "a.csv", false, false), 0);
	rig_ends(&r, id[0], "succeeded", "");
	rig_ends(&r, id[1], "succeeded", "");
	rig_nth_upload_is(&r, 0, id[1]);
	rig_nth_upload_is(&r, 1, id[0]);
	rig_close(&r);
}

TEST(renamed_to_and_fro)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "to_and_fro");
	r.s.mount.settle_ms = 3600 * 1000;
	rig_start(&r);
	rig_send(&r, "a.csv", STRATEGY_ADDITIVE, id);
	CHECK_INT(runner_rename(r.e.runner, id, "a.csv~", true, false), 0);
	CHECK_INT(rig_state(&r, id), JOB_HELD);
	CHECK_INT(runner_rename(r.e.runner, id, "b.csv~", true, false), 0);
	CHECK_INT(rig_state(&r, id), JOB_HELD);
	CHECK_INT(runner_rename(r.e.runner, id, "c.csv", false, false), 0);
	CHECK_INT(rig_state(&r, id), JOB_SETTLING);
	CHECK_INT(runner_rename(r.e.runner, id, "d.csv", false, false), 0);
	j = rig_stored(&r, id);
	CHECK_INT(j.state, JOB_SETTLING);
	CHECK_STR(j.file, "d.csv");
	job_fini(&j);
	/* rsync --partial keeps what it has under the final name, dated 1970 */
	CHECK_INT(runner_rename(r.e.runner, id, "e.csv", false, true), 0);
	rig_ends(&r, id, "failed", "interrupted");
	rig_error_says(&r, id, "rsync marked the file as partial");
	CHECK_INT(rig_n_uploads(&r), 0);
	rig_close(&r);
}

TEST(held_for_too_long)
{
	struct rig r;
	struct job j;
	char id[ULID_CHARS + 1];

	rig_open(&r, "hold_over");
	r.s.mount.hold_ms = 50;
	rig_start(&r);
	send_temporary(&r, "a.csv.part", id);
	rig_wait_state(&r, id, JOB_FAILED);
	rig_ends(&r, id, "failed", "interrupted");
	rig_error_says(&r, id, "longer than hold_timeout");
	j = rig_stored(&r, id);
	CHECK(!rig_object_there(&r, j.object.key));
	job_fini(&j);
	CHECK_INT(rig_n_uploads(&r), 0);
	rig_close(&r);
}

int main(void)
{
	RUN(withdrawn_while_it_settles);
	RUN(too_late_to_withdraw);
	RUN(named_in_another_order);
	RUN(renamed_to_and_fro);
	RUN(held_for_too_long);
	return CHECK_DONE();
}
