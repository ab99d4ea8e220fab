/* SPDX-License-Identifier: Apache-2.0 */
#include "job/board.h"

#include <pthread.h>
#include <sqlite3.h>

#include "sample.h"
#include "testclock.h"

#define T0 1767225600000

struct desk {
	struct testclock tc;
	struct clock clock;
	struct store *store;
	struct board *b;
};

static void desk_open(struct desk *d, const char *dir)
{
	bool damaged;

	d->tc = (struct testclock)TESTCLOCK_INIT(T0);
	d->clock = testclock_clock(&d->tc);
	CHECK_INT(store_open(&d->store, dir, 0, &damaged, NULL), 0);
	CHECK_INT(board_new(&d->b, d->store, &d->clock), 0);
}

static void desk_close(struct desk *d)
{
	board_free(d->b);
	store_close(d->store);
}

static void put_job(struct desk *d, const char *id, enum job_state state,
		    const char *dataset, uid_t uid)
{
	struct job j = sample_job(id, state);

	CHECK_INT(job_set(&j.dataset, dataset), 0);
	j.uid = uid;
	CHECK_INT(board_put(d->b, &j, NULL), 0);
	job_fini(&j);
}

static void check_record(struct desk *d, const char *id, const char *state,
			 int64_t bytes_in)
{
	struct json *r = NULL;

	CHECK_INT(board_record(d->b, id, &r, NULL), 0);
	CHECK_STR(json_str(r, "id"), id);
	CHECK_STR(json_str(r, "state"), state);
	CHECK_INT(json_int(r, "bytes_in", -1), bytes_in);
	json_free(r);
}

static void check_list(struct desk *d, const char *dataset, uid_t uid, size_t limit,
		       const char *want)
{
	struct json *list = NULL;
	char ids[16] = "";
	size_t n;

	CHECK_INT(board_list(d->b, "amc1", dataset, uid, limit, &list, NULL), 0);
	n = json_count(list);
	CHECK(n < sizeof(ids));
	for (size_t i = 0; i < n; i++)
		ids[i] = json_str(json_at(list, i), "id")[ULID_CHARS - 1];
	CHECK_STR(ids, want);
	json_free(list);
}

TEST(put_is_durable_and_dated)
{
	SAMPLE_DIR(dir);
	struct desk d;
	struct job j = sample_job(SAMPLE_ID("1"), JOB_RECEIVING), back = {0};

	desk_open(&d, dir);
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	CHECK_INT(j.updated_ms, T0);
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	CHECK_INT(j.updated_ms, T0 + 1); /* grows within a millisecond */
	testclock_set_wall(&d.tc, T0 - 5000);
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	CHECK_INT(j.updated_ms, T0 + 2); /* and when the clock steps back */
	CHECK_INT(store_get(d.store, j.id, &back, NULL), 0);
	CHECK_INT(back.updated_ms, T0 + 2);
	job_fini(&back);
	job_fini(&j);
	desk_close(&d);
}

TEST(a_failed_put_changes_nothing)
{
	SAMPLE_DIR(dir);
	struct desk d;
	struct job j = sample_job(SAMPLE_ID("1"), JOB_RECEIVING);
	struct json *r = NULL;
	struct problem p = {0};

	desk_open(&d, dir);
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	/* NOT NULL in the table: the store refuses */
	CHECK_INT(job_set(&j.dataset, NULL), 0);
	j.state = JOB_HELD;
	testclock_advance(&d.tc, 1000);
	CHECK_INT(board_put(d.b, &j, &p), -ERR_STORE);
	CHECK_INT(p.err, -ERR_STORE);
	CHECK_INT(j.updated_ms, T0);
	CHECK_INT(board_record(d.b, j.id, &r, NULL), 0);
	CHECK_STR(json_str(r, "state"), "receiving");
	json_free(r);
	job_fini(&j);
	desk_close(&d);
}

TEST(a_picture_is_shown_until_the_next_put)
{
	SAMPLE_DIR(dir);
	struct desk d;
	struct job j = sample_job(SAMPLE_ID("1"), JOB_RECEIVING), stored = {0};

	desk_open(&d, dir);
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	j.bytes_in = 500;
	board_show(d.b, &j);
	check_record(&d, j.id, "receiving", 500);
	check_list(&d, NULL, (uid_t)-1, 0, "1");
	CHECK_INT(store_get(d.store, j.id, &stored, NULL), 0);
	CHECK_INT(stored.bytes_in, 0); /* shown, not stored */
	job_fini(&stored);

	j.bytes_in = 900;
	j.state = JOB_SETTLING;
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	check_record(&d, j.id, "held", 900);
	job_fini(&j);
	desk_close(&d);
}

/* Whoever comes late with an old picture does not hide what is stored. */
TEST(a_late_picture_is_ignored)
{
	SAMPLE_DIR(dir);
	struct desk d;
	struct job j = sample_job(SAMPLE_ID("1"), JOB_RECEIVING), old = {0};

	desk_open(&d, dir);
	board_show(d.b, &j); /* never stored */
	check_list(&d, NULL, (uid_t)-1, 0, "");
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	CHECK_INT(job_copy(&old, &j), 0);
	old.bytes_in = 5;
	j.bytes_in = 9;
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	board_show(d.b, &old);
	check_record(&d, j.id, "receiving", 9);

	j.state = JOB_FAILED;
	CHECK_INT(board_put(d.b, &j, NULL), 0);
	old.updated_ms = j.updated_ms;
	board_show(d.b, &old); /* over */
	check_record(&d, j.id, "failed", 9);
	CHECK_INT(board_remove(d.b, j.id, NULL), 0);
	board_show(d.b, &old); /* removed */
	check_list(&d, NULL, (uid_t)-1, 0, "");
	job_fini(&j);
	job_fini(&old);
	desk_close(&d);
}

TEST(lists_by_place_and_person)
{
	SAMPLE_DIR(dir);
	struct desk d;
	struct json *r = NULL;
	uint64_t n[JOB_STATE_COUNT];

	desk_open(&d, dir);
	put_job(&d, SAMPLE_ID("1"), JOB_SUCCEEDED, "a", 7);
	put_job(&d, SAMPLE_ID("2"), JOB_RUNNING, "b", 8);
	put_job(&d, SAMPLE_ID("3"), JOB_HELD, "a", 8);
	put_job(&d, SAMPLE_ID("4"), JOB_SWEEPING_GONE, "a", 7);
	put_job(&d, SAMPLE_ID("5"), JOB_FAILED, "a", 7);
	check_list(&d, NULL, (uid_t)-1, 0, "5321");
	check_list(&d, "a", (uid_t)-1, 0, "531");
	check_list(&d, "a", (uid_t)-1, 2, "53");
	check_list(&d, NULL, 8, 0, "32");
	check_list(&d, NULL, 7, 1, "5");
	check_list(&d, NULL, 8, 1, "3"); /* others do not use up the limit */
	check_list(&d, NULL, 9, 0, "");
	CHECK_INT(board_record(d.b, SAMPLE_ID("4"), &r, NULL), -ERR_NOT_FOUND);
	CHECK_INT(board_record(d.b, SAMPLE_ID("9"), &r, NULL), -ERR_NOT_FOUND);
	CHECK(r == NULL);
	CHECK_INT(board_counts(d.b, n, NULL), 0);
	CHECK_INT(n[JOB_HELD], 1);
	CHECK_INT(n[JOB_SWEEPING_GONE], 1);
	CHECK_INT(n[JOB_READY], 0);
	desk_close(&d);
}

TEST(a_record_that_cannot_be_read_hides_no_other)
{
	SAMPLE_DIR(dir);
	struct desk d;
	char path[128];
	sqlite3 *db = NULL;

	desk_open(&d, dir);
	put_job(&d, SAMPLE_ID("1"), JOB_SUCCEEDED, "a", 7);
	put_job(&d, SAMPLE_ID("2"), JOB_SUCCEEDED, "a", 7);
	(void)snprintf(path, sizeof(path), "%s/amcfs.db", dir);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "UPDATE jobs SET public = '{' WHERE id LIKE '%2'",
			       NULL, NULL, NULL),
		  SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	check_list(&d, NULL, (uid_t)-1, 0, "1");
	desk_close(&d);
}

static int see_entry(void *ctx, const struct store_entry *e)
{
	CHECK_STR(e->folder, "f");
	CHECK_STR(e->path, "p");
	CHECK_STR(e->job, SAMPLE_ID("1"));
	(*(int *)ctx)++;
	return 0;
}

TEST(put_both_brings_the_entry)
{
	int entries = 0;
	SAMPLE_DIR(dir);
	struct desk d;
	struct job j = sample_job(SAMPLE_ID("1"), JOB_SETTLING);
	struct store_entry e = {.folder = "f", .path = "p", .job = j.id};

	desk_open(&d, dir);
	CHECK_INT(board_put_both(d.b, &j, &e, NULL), 0);
	CHECK_INT(store_entries(d.store, see_entry, &entries, NULL), 0);
	CHECK_INT(entries, 1);
	check_record(&d, j.id, "held", 0);
	job_fini(&j);
	desk_close(&d);
}

/* --- waiting ------------------------------------------------------------ */

static int wait_now(struct desk *d, const char *id, bool finished)
{
	struct job j = {0};
	int r = board_wait(d->b, id, finished, 0, &j);

	if (r == 0)
		CHECK_STR(j.id, id);
	job_fini(&j);
	return r;
}

TEST(what_ends_a_wait)
{
	static const struct {
		enum job_state state;
		int accepted, finished;
	} table[] = {
		{JOB_RECEIVING, -ETIMEDOUT, -ETIMEDOUT},
		{JOB_HELD, -ETIMEDOUT, -ETIMEDOUT},
		{JOB_SETTLING, -ETIMEDOUT, -ETIMEDOUT},
		{JOB_COMPLETING, -ETIMEDOUT, -ETIMEDOUT},
		{JOB_READY, -ETIMEDOUT, -ETIMEDOUT},
		{JOB_SENDING, -ETIMEDOUT, -ETIMEDOUT},
		{JOB_LOOKING, -ETIMEDOUT, -ETIMEDOUT},
		{JOB_RUNNING, 0, -ETIMEDOUT},
		{JOB_SWEEPING_DONE, 0, 0},
		{JOB_SWEEPING_FAILED, 0, 0},
		{JOB_SWEEPING_REJECTED, 0, 0},
		{JOB_SWEEPING_GONE, -ERR_NOT_FOUND, -ERR_NOT_FOUND},
		{JOB_SUCCEEDED, 0, 0},
		{JOB_FAILED, 0, 0},
		{JOB_REJECTED, 0, 0},
		{JOB_GONE, -ERR_NOT_FOUND, -ERR_NOT_FOUND},
	};
	SAMPLE_DIR(dir);
	struct desk d;

	CHECK_INT(sizeof(table) / sizeof(table[0]), JOB_STATE_COUNT);
	desk_open(&d, dir);
	for (int i = 0; i < JOB_STATE_COUNT; i++) {
		CHECK_INT(table[i].state, i);
		put_job(&d, SAMPLE_ID("1"), table[i].state, "a", 0);
		CHECK_INT(wait_now(&d, SAMPLE_ID("1"), false), table[i].accepted);
		CHECK_INT(wait_now(&d, SAMPLE_ID("1"), true), table[i].finished);
	}
	CHECK_INT(wait_now(&d, SAMPLE_ID("2"), false), -ERR_NOT_FOUND);
	/* a job of an earlier run is known from the store alone */
	put_job(&d, SAMPLE_ID("3"), JOB_RUNNING, "a", 0);
	board_free(d.b);
	CHECK_INT(board_new(&d.b, d.store, &d.clock), 0);
	CHECK_INT(wait_now(&d, SAMPLE_ID("3"), false), 0);
	CHECK_INT(wait_now(&d, SAMPLE_ID("3"), true), -ETIMEDOUT);
	desk_close(&d);
}

struct waiter {
	struct desk *d;
	const char *id;
	int result;
	enum job_state state;
};

static void *wait_finished(void *arg)
{
	struct waiter *w = arg;
	struct job j = {0};

	w->result = board_wait(w->d->b, w->id, true, -1, &j);
	w->state = j.state;
	job_fini(&j);
	return NULL;
}

/* Whether the waiter has gone to sleep or not yet: it must notice. Many rounds,
 * since the two orders cannot be forced. */
TEST(a_wait_ends_when_the_job_does)
{
	SAMPLE_DIR(dir);
	struct desk d;

	desk_open(&d, dir);
	for (int i = 0; i < 20; i++) {
		char id[ULID_CHARS + 1] = SAMPLE_ID("A");
		struct waiter w = {.d = &d, .id = id, .result = 1};
		pthread_t t;

		id[ULID_CHARS - 1] = "0123456789ABCDEFGHJK"[i];
		put_job(&d, id, JOB_RUNNING, "a", 0);
		CHECK_INT(pthread_create(&t, NULL, wait_finished, &w), 0);
		put_job(&d, SAMPLE_ID("Z"), JOB_READY, "a", 0); /* another's news */
		if (i % 2 == 0)
			put_job(&d, id, JOB_FAILED, "a", 0);
		else
			CHECK_INT(board_remove(d.b, id, NULL), 0);
		CHECK_INT(pthread_join(t, NULL), 0);
		CHECK_INT(w.result, i % 2 == 0 ? 0 : -ERR_NOT_FOUND);
		if (i % 2 == 0)
			CHECK_INT(w.state, JOB_FAILED);
	}
	desk_close(&d);
}

int main(void)
{
	RUN(put_is_durable_and_dated);
	RUN(a_failed_put_changes_nothing);
	RUN(a_picture_is_shown_until_the_next_put);
	RUN(a_late_picture_is_ignored);
	RUN(lists_by_place_and_person);
	RUN(a_record_that_cannot_be_read_hides_no_other);
	RUN(put_both_brings_the_entry);
	RUN(what_ends_a_wait);
	RUN(a_wait_ends_when_the_job_does);
	return CHECK_DONE();
}
