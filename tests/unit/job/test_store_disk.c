/* SPDX-License-Identifier: Apache-2.0 */
/* What the store promises about its files: who may read them, who holds them, what
 * survives a crash, what becomes of a damaged one. */
#include "job/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fileio.h"
#include "sample.h"

static int open_store(struct store **out, const char *dir, struct problem *p)
{
	bool damaged = true;
	int r;

	*p = (struct problem){0};
	*out = NULL;
	r = store_open(out, dir, 0, &damaged, p);
	if (r == 0)
		CHECK_INT(damaged, false);
	return r;
}

static struct store *must_open(const char *dir)
{
	struct problem p;
	struct store *s;

	CHECK_INT(open_store(&s, dir, &p), 0);
	return s;
}

static void must_put(struct store *s, const char *id)
{
	struct job j = sample_job(id, JOB_READY);

	CHECK_INT(store_put(s, &j, NULL), 0);
	job_fini(&j);
}

static bool has(struct store *s, const char *id)
{
	struct job back = {0};
	int r = store_get(s, id, &back, NULL);

	CHECK(r == 0 || r == -ERR_NOT_FOUND);
	job_fini(&back);
	return r == 0;
}

static unsigned mode_of(const char *dir, const char *name)
{
	char path[128];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	CHECK_INT(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void write_file(const char *dir, const char *name, long at, const void *p,
		       size_t n)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_INT(pwrite(fd, p, n, at), (ssize_t)n);
	CHECK_INT(close(fd), 0);
}

static void copy_file(const char *from, const char *to, const char *name)
{
	struct buf b = BUF_INIT(64 << 20);
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", from, name);
	CHECK_INT(fileio_read(path, false, &b, NULL), 0);
	CHECK(b.n > 0);
	write_file(to, name, 0, b.p, b.n);
	buf_fini(&b);
}

/* --- privacy ------------------------------------------------------------ */

TEST(everything_is_private)
{
	SAMPLE_DIR(top);
	char dir[128];
	struct store *s;
	mode_t old = umask(0);

	(void)snprintf(dir, sizeof(dir), "%s/a/b", top);
	s = must_open(dir);
	must_put(s, SAMPLE_ID("1"));
	CHECK_INT(mode_of(top, "a"), 0700);
	CHECK_INT(mode_of(top, "a/b"), 0700);
	CHECK_INT(mode_of(dir, "amcfs.db"), 0600);
	CHECK_INT(mode_of(dir, "amcfs.db-wal"), 0600);
	CHECK_INT(mode_of(dir, "amcfs.db-shm"), 0600);
	CHECK_INT(mode_of(dir, "lock"), 0600);
	store_close(s);
	CHECK_INT(chmod(dir, 0755), 0);
	(void)snprintf(dir, sizeof(dir), "%s/a/b/amcfs.db", top);
	CHECK_INT(chmod(dir, 0644), 0);
	(void)snprintf(dir, sizeof(dir), "%s/a/b", top);
	s = must_open(dir);
	CHECK_INT(mode_of(top, "a/b"), 0700);
	CHECK_INT(mode_of(dir, "amcfs.db"), 0600);
	store_close(s);
	(void)umask(old);
}

static void must_refuse(const char *dir, int err, const char *says)
{
	struct problem p;
	struct store *s;
	int r = open_store(&s, dir, &p);

	CHECK_INT(r, err);
	CHECK(s == NULL);
	if (!strstr(p.note, says))
		CHECK_STR(p.note, says);
}

TEST(a_link_in_place_of_the_database_is_refused)
{
	SAMPLE_DIR(dir);
	char path[128], target[128];

	(void)snprintf(path, sizeof(path), "%s/amcfs.db", dir);
	(void)snprintf(target, sizeof(target), "%s/elsewhere", dir);
	CHECK_INT(symlink(target, path), 0);
	must_refuse(dir, -ELOOP, dir);
	CHECK_INT(access(target, F_OK), -1);
}

TEST(a_file_in_place_of_the_folder_is_refused)
{
	SAMPLE_DIR(dir);
	char path[128];

	write_file(dir, "plain", 0, "x", 1);
	(void)snprintf(path, sizeof(path), "%s/plain", dir);
	must_refuse(path, -ENOTDIR, path);
}

static void sql(const char *dir, const char *text)
{
	char path[128];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof(path), "%s/amcfs.db", dir);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

TEST(what_is_not_ours_is_left_alone)
{
	SAMPLE_DIR(dir);
	SAMPLE_DIR(newer);

	sql(dir, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
	must_refuse(dir, -ERR_STORE, "is a database of another program");
	sql(dir, "INSERT INTO precious VALUES (2)"); /* it is still there */

	store_close(must_open(newer));
	sql(newer, "PRAGMA user_version = 99");
	must_refuse(newer, -ERR_STORE, "was written by a newer amcfs (version 99");
}

/* --- the lock ----------------------------------------------------------- */

TEST(one_process_at_a_time)
{
	SAMPLE_DIR(dir);
	struct store *s = must_open(dir);
	char says[64];

	(void)snprintf(says, sizeof(says), "is in use by process %ld;", (long)getpid());
	must_refuse(dir, -EBUSY, says);
	store_close(s);
	store_close(must_open(dir));
}

/* A helper process that holds the store until told to let go. */
struct holder {
	pid_t pid;
	int go, ready;
};

static struct holder hold(const char *dir, const char *id)
{
	struct holder h;
	int go[2], ready[2];
	char c;

	CHECK_INT(pipe(go) | pipe(ready), 0);
	h.pid = fork();
	CHECK(h.pid >= 0);
	if (h.pid == 0) {
		struct store *s = must_open(dir);

		must_put(s, id);
		(void)close(go[1]);
		if (write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) < 0)
			_exit(1);
		store_close(s);
		_exit(0);
	}
	(void)close(go[0]);
	(void)close(ready[1]);
	h.go = go[1];
	h.ready = ready[0];
	CHECK_INT(read(h.ready, &c, 1), 1); /* store_put() has returned there */
	return h;
}

static int ended(struct holder *h)
{
	int status;

	(void)close(h->go);
	(void)close(h->ready);
	CHECK_INT(waitpid(h->pid, &status, 0), h->pid);
	return status;
}

TEST(a_successor_waits_for_its_predecessor)
{
	SAMPLE_DIR(dir);
	struct holder h = hold(dir, SAMPLE_ID("1"));
	struct store *s = NULL;
	bool damaged;
	char says[64];

	(void)snprintf(says, sizeof(says), "is in use by process %ld;", (long)h.pid);
	must_refuse(dir, -EBUSY, says);
	(void)close(h.go); /* it closes its store now, or soon */
	h.go = -1;
	CHECK_INT(store_open(&s, dir, 60000, &damaged, NULL), 0);
	CHECK(has(s, SAMPLE_ID("1")));
	store_close(s);
	CHECK_INT(ended(&h), 0);
}

/* --- crashes ------------------------------------------------------------ */

TEST(what_was_put_survives_a_kill)
{
	SAMPLE_DIR(dir);
	struct store *s;

	for (int i = 0; i < 3; i++) {
		char id[ULID_CHARS + 1] = SAMPLE_ID("0");
		struct holder h;
		int status;

		id[ULID_CHARS - 1] = (char)('0' + i);
		h = hold(dir, id);
		CHECK_INT(kill(h.pid, SIGKILL), 0);
		status = ended(&h);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	s = must_open(dir);
	CHECK(has(s, SAMPLE_ID("0")) && has(s, SAMPLE_ID("1")) && has(s, SAMPLE_ID("2")));
	store_close(s);
}

/* The files as they lie on the disk while the store is open: what a power cut at
 * that moment would leave, given that all of it was synced. */
TEST(the_files_alone_hold_it)
{
	SAMPLE_DIR(dir);
	SAMPLE_DIR(after);
	struct store *s = must_open(dir);

	must_put(s, SAMPLE_ID("1"));
	copy_file(dir, after, "amcfs.db");
	copy_file(dir, after, "amcfs.db-wal");
	store_close(s);
	s = must_open(after);
	CHECK(has(s, SAMPLE_ID("1")));
	store_close(s);
}

/* A log that was cut anywhere gives what was put before the cut, never half of a
 * job and never a refusal. */
TEST(a_log_cut_anywhere_is_no_damage)
{
	SAMPLE_DIR(dir);
	struct store *s = must_open(dir);
	struct stat st;
	char path[128];
	int found = 0;

	for (int i = 0; i < 5; i++) {
		char id[ULID_CHARS + 1] = SAMPLE_ID("0");

		id[ULID_CHARS - 1] = (char)('0' + i);
		must_put(s, id);
	}
	(void)snprintf(path, sizeof(path), "%s/amcfs.db-wal", dir);
	CHECK_INT(stat(path, &st), 0);
	CHECK(st.st_size > 4096);
	for (long cut = st.st_size; cut > 0; cut -= 3001) {
		SAMPLE_DIR(after);
		struct store *t;
		int n = 0;

		copy_file(dir, after, "amcfs.db");
		copy_file(dir, after, "amcfs.db-wal");
		(void)snprintf(path, sizeof(path), "%s/amcfs.db-wal", after);
		CHECK_INT(truncate(path, cut), 0);
		t = must_open(after);
		for (int i = 0; i < 5; i++) {
			char id[ULID_CHARS + 1] = SAMPLE_ID("0");

			id[ULID_CHARS - 1] = (char)('0' + i);
			if (has(t, id)) {
				CHECK_INT(n, i); /* no earlier one is missing */
				n++;
			}
		}
		if (cut == st.st_size)
			CHECK_INT(n, 5);
		else
			CHECK(n <= found);
		found = n;
		store_close(t);
	}
	CHECK_INT(found, 0);
	store_close(s);
}

/* --- damage ------------------------------------------------------------- */

/* Puts a job, ruins the file, and expects a new store beside the old file. */
static void check_damage(long at, const char *bytes, size_t n)
{
	SAMPLE_DIR(dir);
	struct store *s = must_open(dir);
	struct sample_log log;
	struct problem p = {0};
	bool damaged = false;
	char said[1024], *name, aside[160];

	must_put(s, SAMPLE_ID("1"));
	store_close(s);
	write_file(dir, "amcfs.db", at, bytes, n);
	log = sample_log_catch();
	CHECK_INT(store_open(&s, dir, 0, &damaged, &p), 0);
	sample_log_end(&log, said, sizeof(said));
	CHECK_INT(damaged, true);
	CHECK(!has(s, SAMPLE_ID("1")));
	must_put(s, SAMPLE_ID("2"));
	name = strstr(said, "amcfs.db.damaged-");
	CHECK(name != NULL);
	name[strcspn(name, ",")] = '\0';
	(void)snprintf(aside, sizeof(aside), "%s/%s", dir, name);
	CHECK_INT(access(aside, F_OK), 0);
	store_close(s);
	s = must_open(dir);
	CHECK(has(s, SAMPLE_ID("2")));
	store_close(s);
}

TEST(a_damaged_database_is_set_aside)
{
	static char noise[4096];

	memset(noise, 0xa5, sizeof(noise));
	check_damage(0, noise, 100);	 /* the header */
	check_damage(100, noise, 3000);	 /* the first page */
	check_damage(4096, noise, 4096); /* a table's root */
	check_damage(0, "not SQL", 7);
}

TEST(a_cut_database_is_set_aside)
{
	SAMPLE_DIR(dir);
	struct store *s = must_open(dir);
	struct sample_log log;
	bool damaged = false;
	char path[128], said[1024];

	must_put(s, SAMPLE_ID("1"));
	store_close(s);
	(void)snprintf(path, sizeof(path), "%s/amcfs.db", dir);
	CHECK_INT(truncate(path, 5000), 0);
	log = sample_log_catch();
	CHECK_INT(store_open(&s, dir, 0, &damaged, NULL), 0);
	sample_log_end(&log, said, sizeof(said));
	CHECK_INT(damaged, true);
	CHECK(strstr(said, "amcfs.db.damaged-") != NULL);
	store_close(s);
}

/* An empty file is what a crash in the very first moment leaves. */
TEST(an_empty_file_is_no_damage)
{
	SAMPLE_DIR(dir);
	struct store *s;

	write_file(dir, "amcfs.db", 0, "", 0);
	s = must_open(dir);
	must_put(s, SAMPLE_ID("1"));
	store_close(s);
}

/* --- forks -------------------------------------------------------------- */

static int child_result(struct store *s)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		struct job j = sample_job(SAMPLE_ID("7"), JOB_READY);
		struct problem p = {0};
		int r = store_put(s, &j, &p);

		job_fini(&j);
		if (r < 0)
			_exit(r == -ERR_STORE ? 2 : 3);
		store_close(s);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(a_detached_store_may_be_forked)
{
	SAMPLE_DIR(dir);
	struct store *s = must_open(dir);

	must_put(s, SAMPLE_ID("1"));
	store_detach(s);
	CHECK_INT(child_result(s), 0);
	/* the child has closed it; the lock is held by this process all the same */
	must_refuse(dir, -EBUSY, "is in use");
	CHECK(has(s, SAMPLE_ID("1")) && has(s, SAMPLE_ID("7")));
	store_close(s);
}

TEST(an_attached_store_refuses_to_be_forked)
{
	SAMPLE_DIR(dir);
	struct store *s = must_open(dir);

	must_put(s, SAMPLE_ID("1"));
	CHECK_INT(child_result(s), 2);
	CHECK(!has(s, SAMPLE_ID("7")));
	store_close(s);
}

int main(void)
{
	RUN(everything_is_private);
	RUN(a_link_in_place_of_the_database_is_refused);
	RUN(a_file_in_place_of_the_folder_is_refused);
	RUN(what_is_not_ours_is_left_alone);
	RUN(one_process_at_a_time);
	RUN(a_successor_waits_for_its_predecessor);
	RUN(what_was_put_survives_a_kill);
	RUN(the_files_alone_hold_it);
	RUN(a_log_cut_anywhere_is_no_damage);
	RUN(a_damaged_database_is_set_aside);
	RUN(a_cut_database_is_set_aside);
	RUN(an_empty_file_is_no_damage);
	RUN(a_detached_store_may_be_forked);
	RUN(an_attached_store_refuses_to_be_forked);
	return CHECK_DONE();
}
