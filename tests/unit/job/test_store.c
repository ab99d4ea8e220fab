/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs, entries, notes and ranks in and out; test_store_disk has what happens to
 * the files. */
#include "job/store.h"

#include <sqlite3.h>

#include "base/buf.h"
#include "sample.h"

static struct store *open_store(const char *dir)
{
	struct store *s = NULL;
	struct problem p = {0};
	bool damaged = true;
	int r = store_open(&s, dir, 0, &damaged, &p);

	CHECK_STR(p.note, "");
	CHECK_INT(r, 0);
	CHECK_INT(damaged, false);
	return s;
}

static void put_job(struct store *s, const char *id, enum job_state state,
		    const char *instance, const char *dataset, int64_t updated)
{
	struct job j = sample_job(id, state);

	CHECK_INT(job_set(&j.instance, instance), 0);
	CHECK_INT(job_set(&j.dataset, dataset), 0);
	j.updated_ms = updated;
	CHECK_INT(store_put(s, &j, NULL), 0);
	job_fini(&j);
}

/* Runs SQL on a connection of its own. */
static void sql(const char *dir, const char *text)
{
	char path[128];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof(path), "%s/amcfs.db", dir);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

TEST(a_job_comes_back_whole)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct job j = sample_full_job(), back = {0};
	struct buf text = BUF_INIT(4096);

	CHECK_INT(store_put(s, &j, NULL), 0);
	CHECK_INT(store_get(s, j.id, &back, NULL), 0);
	CHECK_STR(back.file, j.file);
	CHECK_STR(back.object.parts[1].etag, "\"b2\"");
	CHECK_INT(back.updated_ms, j.updated_ms);
	CHECK_INT(back.state, JOB_RUNNING);
	job_fini(&back);

	j.state = JOB_SUCCEEDED;
	CHECK_INT(store_put(s, &j, NULL), 0);
	CHECK_INT(store_get(s, j.id, &back, NULL), 0);
	CHECK_INT(back.state, JOB_SUCCEEDED);
	job_fini(&back);

	CHECK_INT(store_record(s, j.id, &text, NULL), 0);
	CHECK(memmem(text.p, text.n, "\"state\":\"succeeded\"", 19) != NULL);
	CHECK_INT(store_delete(s, j.id, NULL), 0);
	CHECK_INT(store_delete(s, j.id, NULL), 0);
	CHECK_INT(store_get(s, j.id, &back, NULL), -ERR_NOT_FOUND);
	buf_clear(&text);
	CHECK_INT(store_record(s, j.id, &text, NULL), -ERR_NOT_FOUND);
	CHECK_INT(text.n, 0);
	buf_fini(&text);
	job_fini(&j);
	store_close(s);
}

struct seen {
	char ids[8];
	size_t n, stop_at;
};

static void see(struct seen *seen, const char *id)
{
	CHECK(seen->n + 1 < sizeof(seen->ids));
	seen->ids[seen->n++] = id[ULID_CHARS - 1];
	seen->ids[seen->n] = '\0';
}

static int see_job(void *ctx, const struct job *j)
{
	see(ctx, j->id);
	return 0;
}

static int see_record(void *ctx, const char *id, struct slice record)
{
	struct seen *seen = ctx;
	struct json *j = NULL;

	CHECK_INT(json_parse(record, &j, NULL), 0);
	CHECK_STR(json_str(j, "id"), id);
	json_free(j);
	see(seen, id);
	return seen->stop_at != 0 && seen->n == seen->stop_at;
}

static int refuse_job(void *ctx, const struct job *j)
{
	see(ctx, j->id);
	return -ENOMEM;
}

TEST(unfinished_are_found_oldest_first)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct seen seen = {0};

	put_job(s, SAMPLE_ID("3"), JOB_HELD, "i", "d", 1);
	put_job(s, SAMPLE_ID("1"), JOB_SENDING, "i", "d", 1);
	put_job(s, SAMPLE_ID("2"), JOB_SUCCEEDED, "i", "d", 1);
	put_job(s, SAMPLE_ID("4"), JOB_SWEEPING_GONE, "i", "d", 1);
	put_job(s, SAMPLE_ID("5"), JOB_REJECTED, "i", "d", 1);
	put_job(s, SAMPLE_ID("6"), JOB_RECEIVING, "i", "d", 1);
	CHECK_INT(store_unfinished(s, see_job, &seen, NULL), 0);
	CHECK_STR(seen.ids, "1346");
	seen = (struct seen){0};
	CHECK_INT(store_unfinished(s, refuse_job, &seen, NULL), -ENOMEM);
	CHECK_STR(seen.ids, "1");
	store_close(s);
}

/* GONE is the deletion of the record. */
TEST(gone_is_not_stored)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct seen seen = {0};
	struct job back = {0};

	put_job(s, SAMPLE_ID("1"), JOB_SWEEPING_GONE, "i", "d", 1);
	put_job(s, SAMPLE_ID("1"), JOB_GONE, "i", "d", 2);
	put_job(s, SAMPLE_ID("2"), JOB_GONE, "i", "d", 1);
	CHECK_INT(store_unfinished(s, see_job, &seen, NULL), 0);
	CHECK_INT(seen.n, 0);
	CHECK_INT(store_get(s, SAMPLE_ID("1"), &back, NULL), -ERR_NOT_FOUND);
	store_close(s);
}

/* One record that nobody can read does not keep the others from going on. */
TEST(a_senseless_record_is_passed_over)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct seen seen = {0};
	struct problem p = {0};
	struct job back = {0};
	struct sample_log log;
	char said[1024];

	put_job(s, SAMPLE_ID("1"), JOB_READY, "i", "d", 1);
	put_job(s, SAMPLE_ID("2"), JOB_READY, "i", "d", 1);
	put_job(s, SAMPLE_ID("3"), JOB_READY, "i", "d", 1);
	sql(dir, "UPDATE jobs SET private = '{\"state\":7}' WHERE id LIKE '%1';"
		 "UPDATE jobs SET public = 'x' WHERE id LIKE '%2'");
	log = sample_log_catch();
	CHECK_INT(store_unfinished(s, see_job, &seen, NULL), 0);
	sample_log_end(&log, said, sizeof(said));
	CHECK(strstr(said, SAMPLE_ID("1")) && strstr(said, SAMPLE_ID("2")));
	CHECK_STR(seen.ids, "3");
	CHECK_INT(store_get(s, SAMPLE_ID("1"), &back, &p), -ERR_STORE);
	CHECK(strstr(p.note, SAMPLE_ID("1")) != NULL);
	store_close(s);
}

static void check_records(struct store *s, const char *instance, const char *dataset,
			  size_t limit, const char *want)
{
	struct seen seen = {0};

	CHECK_INT(store_records(s, instance, dataset, (uid_t)-1, limit, see_record, &seen,
				NULL),
		  0);
	CHECK_STR(seen.ids, want);
}

TEST(records_by_place_newest_first)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct seen seen = {.stop_at = 2};
	struct buf text = BUF_INIT(4096);

	put_job(s, SAMPLE_ID("1"), JOB_SUCCEEDED, "amc1", "a", 9);
	put_job(s, SAMPLE_ID("2"), JOB_RUNNING, "amc1", "b", 8);
	put_job(s, SAMPLE_ID("3"), JOB_FAILED, "amc2", "a", 7);
	put_job(s, SAMPLE_ID("4"), JOB_SWEEPING_GONE, "amc1", "a", 6);
	put_job(s, SAMPLE_ID("5"), JOB_HELD, "amc1", "a", 5);
	check_records(s, NULL, NULL, 0, "5321");
	check_records(s, NULL, NULL, 3, "532");
	check_records(s, "amc1", NULL, 0, "521");
	check_records(s, "amc1", "a", 0, "51");
	check_records(s, "amc1", "a", 1, "5");
	check_records(s, NULL, "a", 0, "531");
	check_records(s, "amc3", NULL, 0, "");
	check_records(s, "amc1' OR 1 --", "a", 0, "");
	CHECK_INT(store_records(s, NULL, NULL, (uid_t)-1, 0, see_record, &seen, NULL), 0);
	CHECK_STR(seen.ids, "53");
	CHECK_INT(store_record(s, SAMPLE_ID("4"), &text, NULL), -ERR_NOT_FOUND);
	buf_fini(&text);
	store_close(s);
}

TEST(counts_by_state)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	uint64_t n[JOB_STATE_COUNT], sum = 0;

	put_job(s, SAMPLE_ID("1"), JOB_HELD, "i", "d", 1);
	put_job(s, SAMPLE_ID("2"), JOB_HELD, "i", "d", 1);
	put_job(s, SAMPLE_ID("3"), JOB_SUCCEEDED, "i", "d", 1);
	put_job(s, SAMPLE_ID("3"), JOB_FAILED, "i", "d", 1);
	memset(n, 0xff, sizeof(n));
	CHECK_INT(store_counts(s, n, NULL), 0);
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		sum += n[i];
	CHECK_INT(sum, 3);
	CHECK_INT(n[JOB_HELD], 2);
	CHECK_INT(n[JOB_FAILED], 1);
	store_close(s);
}

TEST(ranks_grow_and_are_never_given_twice)
{
	SAMPLE_DIR(dir);
	uint64_t last = 0, order;

	for (int run = 0; run < 3; run++) {
		struct store *s = open_store(dir);

		for (int i = 0; i < 300; i++) {
			CHECK_INT(store_next_order(s, &order, NULL), 0);
			CHECK(order > last); /* from 1: 0 means not ended */
			last = order;
		}
		store_close(s);
	}
}

/* --- entries ------------------------------------------------------------ */

struct entries {
	char text[1024];
};

static int see_entry(void *ctx, const struct store_entry *e)
{
	struct entries *all = ctx;
	size_t n = strlen(all->text);

	(void)snprintf(all->text + n, sizeof(all->text) - n,
		       "%s:%s:%d:%llu:%lld:%o:%u:%u:%s\n", e->folder, e->path, e->dir,
		       (unsigned long long)e->size, (long long)e->mtime_ns,
		       (unsigned)e->mode, (unsigned)e->uid, (unsigned)e->gid, e->job);
	return 0;
}

static void check_entries(struct store *s, const char *want)
{
	struct entries all = {""};

	CHECK_INT(store_entries(s, see_entry, &all, NULL), 0);
	CHECK_STR(all.text, want);
}

static struct store_entry entry(const char *path, const char *job)
{
	return (struct store_entry){.folder = "i/d/upload",
				    .path = path,
				    .size = 1,
				    .mtime_ns = -1500000000,
				    .mode = 0220,
				    .uid = 1000,
				    .gid = 4294967294,
				    .job = job};
}

#define LINE(path, job) \
	"i/d/upload:" path ":0:1:-1500000000:220:1000:4294967294:" job "\n"

TEST(entries_are_listed_moved_and_deleted)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct store_entry e = entry("b.csv", SAMPLE_ID("1"));

	CHECK_INT(store_entry_put(s, &e, NULL), 0);
	e = entry("a\xff.csv", ""); /* a name that is no UTF-8 */
	CHECK_INT(store_entry_put(s, &e, NULL), 0);
	check_entries(s, LINE("a\xff.csv", "") LINE("b.csv", SAMPLE_ID("1")));

	e = entry("c.csv", SAMPLE_ID("1"));
	CHECK_INT(store_entry_move(s, "i/d/upload", "b.csv", &e, NULL), 0);
	check_entries(s, LINE("a\xff.csv", "") LINE("c.csv", SAMPLE_ID("1")));

	e.path = "a\xff.csv"; /* over another */
	CHECK_INT(store_entry_move(s, "i/d/upload", "c.csv", &e, NULL), 0);
	check_entries(s, LINE("a\xff.csv", SAMPLE_ID("1")));

	CHECK_INT(store_entry_delete(s, "i/d", "a\xff.csv", NULL), 0);
	check_entries(s, LINE("a\xff.csv", SAMPLE_ID("1")));
	CHECK_INT(store_entry_delete(s, "i/d/upload", "a\xff.csv", NULL), 0);
	check_entries(s, "");
	store_close(s);
}

/* Job and entry go in together or not at all; so do both halves of a move. */
TEST(two_rows_one_fate)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct store_entry e = entry("x", SAMPLE_ID("0")), bad = entry("bad", "");
	struct job j = sample_full_job(), back = {0};
	struct problem p = {0};

	sql(dir, "CREATE TRIGGER t BEFORE INSERT ON entries WHEN NEW.path = 'bad'"
		 " BEGIN SELECT RAISE(ABORT, 'no'); END");
	CHECK_INT(store_put_both(s, &j, &bad, &p), -ERR_STORE);
	CHECK(strstr(p.note, "amcfs.db") != NULL);
	CHECK_INT(store_get(s, j.id, &back, NULL), -ERR_NOT_FOUND);
	CHECK_INT(store_put_both(s, &j, &e, NULL), 0);
	CHECK_INT(store_get(s, j.id, &back, NULL), 0);
	check_entries(s, LINE("x", SAMPLE_ID("0")));
	CHECK_INT(store_entry_move(s, "i/d/upload", "x", &bad, NULL), -ERR_STORE);
	check_entries(s, LINE("x", SAMPLE_ID("0")));
	job_fini(&back);
	job_fini(&j);
	store_close(s);
}

TEST(old_things_are_forgotten)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct store_entry dirs = entry("sub", "");
	struct store_entry e;

	put_job(s, SAMPLE_ID("1"), JOB_SUCCEEDED, "i", "d", 100);
	put_job(s, SAMPLE_ID("2"), JOB_SUCCEEDED, "i", "d", 200);
	put_job(s, SAMPLE_ID("3"), JOB_RUNNING, "i", "d", 100);
	e = entry("old", SAMPLE_ID("1"));
	CHECK_INT(store_entry_put(s, &e, NULL), 0);
	e = entry("running", SAMPLE_ID("3"));
	CHECK_INT(store_entry_put(s, &e, NULL), 0);
	dirs.dir = true;
	CHECK_INT(store_entry_put(s, &dirs, NULL), 0);
	dirs.path = "sub/empty";
	CHECK_INT(store_entry_put(s, &dirs, NULL), 0);
	dirs.path = "kept";
	CHECK_INT(store_entry_put(s, &dirs, NULL), 0);
	e = entry("kept/new", "");
	CHECK_INT(store_entry_put(s, &e, NULL), 0);
	dirs.path = "kept0"; /* not inside kept, though it sorts behind it */
	CHECK_INT(store_entry_put(s, &dirs, NULL), 0);
	sql(dir, "UPDATE entries SET written_ms = 100 WHERE path <> 'kept/new'");

	CHECK_INT(store_expire(s, 150, NULL), 0);
	check_records(s, NULL, NULL, 0, "32");
	check_entries(s, "i/d/upload:kept:1:1:-1500000000:220:1000:4294967294:\n" LINE(
				 "kept/new", "") LINE("running", SAMPLE_ID("3")));
	store_close(s);
}

TEST(notes_are_kept)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct buf b = BUF_INIT(8);

	CHECK_INT(store_note_get(s, "n", &b, NULL), -ERR_NOT_FOUND);
	CHECK_INT(store_note_put(s, "n", slice_str("one"), NULL), 0);
	CHECK_INT(store_note_put(s, "n", slice_str("second"), NULL), 0);
	CHECK_INT(store_note_put(s, "m", slice_of(NULL, 0), NULL), 0);
	store_close(s);
	s = open_store(dir);
	CHECK_INT(store_note_get(s, "n", &b, NULL), 0);
	CHECK_MEM(b.p, b.n, "second", 6);
	CHECK_INT(store_note_get(s, "n", &b, NULL), -ERR_TOO_LARGE);
	buf_clear(&b);
	CHECK_INT(store_note_get(s, "m", &b, NULL), 0);
	CHECK_INT(b.n, 0);
	buf_fini(&b);
	store_close(s);
}

/* A writer that is busy, here another connection, holds up no reader. */
TEST(readers_do_not_wait_for_writers)
{
	SAMPLE_DIR(dir);
	struct store *s = open_store(dir);
	struct job back = {0};
	char path[128];
	sqlite3 *db = NULL;

	put_job(s, SAMPLE_ID("1"), JOB_READY, "i", "d", 1);
	(void)snprintf(path, sizeof(path), "%s/amcfs.db", dir);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM jobs", NULL, NULL, NULL),
		  SQLITE_OK);
	CHECK_INT(store_get(s, SAMPLE_ID("1"), &back, NULL), 0);
	CHECK_STR(back.id, SAMPLE_ID("1"));
	CHECK_INT(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	job_fini(&back);
	store_close(s);
}

int main(void)
{
	RUN(a_job_comes_back_whole);
	RUN(unfinished_are_found_oldest_first);
	RUN(gone_is_not_stored);
	RUN(a_senseless_record_is_passed_over);
	RUN(records_by_place_newest_first);
	RUN(counts_by_state);
	RUN(ranks_grow_and_are_never_given_twice);
	RUN(entries_are_listed_moved_and_deleted);
	RUN(two_rows_one_fate);
	RUN(old_things_are_forgotten);
	RUN(notes_are_kept);
	RUN(readers_do_not_wait_for_writers);
	return CHECK_DONE();
}
