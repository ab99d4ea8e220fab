/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_db - the only user of SQLite, which is why it is longer than most files
 *
 * Two connections, since in WAL mode a reader goes on while a writer waits for
 * the disk; each has its own lock and its own prepared statements.
 *
 * A connection must not cross a fork: the child would believe in file locks that
 * only its parent has, and another process could then take the log away from
 * under it. So connections are opened where they are used, remember their
 * process, and refuse to work in another one.
 */
#include "job/store_db.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

/* "amcf", in the header of every database that is ours */
#define APPLICATION_ID 0x616d6366

#define BUSY_MS 10000

struct store_stmt {
	sqlite3_stmt *s;
	const struct store_db *db;
	int bind_rc; /* first failure of a bind */
};

struct connection {
	pthread_mutex_t lock;
	struct {
		sqlite3 *db;
		pid_t pid;
		struct store_stmt *stmts; /* n_sql; prepared when first used */
	} locked;
};

struct store_db {
	struct store_db_opts o;
	char *path;
	struct connection side[2];
};

/* --- errors ------------------------------------------------------------- */

static int fail(const struct store_db *d, sqlite3 *db, int rc, struct problem *p)
{
	int os = db ? sqlite3_system_errno(db) : 0;

	if (rc == SQLITE_NOMEM)
		return problem_set(p, -ENOMEM, "out of memory");
	if (rc == SQLITE_FULL || os == ENOSPC || os == EDQUOT)
		return problem_set(p, -ENOSPC,
				   "%s cannot grow: the disk is full; make room there",
				   d->path);
	if (rc == SQLITE_READONLY)
		return problem_set(
			p, -ERR_STORE,
			"%s cannot be written: the file or its file system is "
			"read-only; make it writable, or set another state_dir",
			d->path);
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB)
		return problem_set(
			p, -ERR_STORE,
			"%s is damaged (%s); start amcfs again and it is moved "
			"aside",
			d->path, sqlite3_errstr(rc));
	return problem_set(p, -ERR_STORE, "%s cannot be used: %s%s%s", d->path,
			   db ? sqlite3_errmsg(db) : sqlite3_errstr(rc), os ? ": " : "",
			   os ? strerror(os) : "");
}

static bool is_damage(int rc)
{
	rc &= 0xff;
	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
}

/* --- connections -------------------------------------------------------- */

static int exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) & 0xff;
}

/* First column of the first row. */
static int ask(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*out = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_CORRUPT; /* every question asked here has an answer */
	}
	sqlite3_finalize(st);
	return rc & 0xff;
}

/* The file may have been edited by anybody: its schema is not trusted to call
 * functions, and nothing may bend its pages through SQL. */
static int set_up(sqlite3 *db, enum store_db_side side)
{
	int rc = sqlite3_busy_timeout(db, BUSY_MS);

	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (rc == SQLITE_OK)
		rc = exec(db, "PRAGMA cell_size_check = ON");
	if (rc != SQLITE_OK)
		return rc & 0xff;
	if (side == STORE_DB_READER)
		return exec(db, "PRAGMA query_only = ON");
	rc = exec(db, "PRAGMA journal_mode = WAL");
	return rc == SQLITE_OK ? exec(db, "PRAGMA synchronous = FULL") : rc;
}

static void hang_up(struct store_db *d, enum store_db_side side)
{
	struct connection *c = &d->side[side];

	for (size_t i = 0; c->locked.stmts && i < d->o.n_sql; i++)
		sqlite3_finalize(c->locked.stmts[i].s);
	free(c->locked.stmts);
	c->locked.stmts = NULL;
	(void)sqlite3_close(c->locked.db); /* nothing is open in it any more */
	c->locked.db = NULL;
}

/* SQLite's result code; the lock is held. */
static int connect_side(struct store_db *d, enum store_db_side side)
{
	struct connection *c = &d->side[side];
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	int rc;

	c->locked.pid = getpid();
	c->locked.stmts = calloc(d->o.n_sql, sizeof(*c->locked.stmts));
	if (!c->locked.stmts)
		return SQLITE_NOMEM;
	rc = sqlite3_open_v2(d->path, &c->locked.db, flags, NULL) & 0xff;
	return rc == SQLITE_OK ? set_up(c->locked.db, side) : rc;
}

int store_db_lock(struct store_db *d, enum store_db_side side, struct problem *p)
{
	struct connection *c = &d->side[side];
	int rc, err;

	pthread_mutex_lock(&c->lock);
	if (c->locked.db && c->locked.pid != getpid()) {
		pthread_mutex_unlock(&c->lock);
		return problem_set(
			p, -ERR_STORE,
			"%s was opened by another process (a mistake in amcfs)", d->path);
	}
	if (c->locked.db)
		return 0;
	rc = connect_side(d, side);
	if (rc == SQLITE_OK)
		return 0;
	err = fail(d, c->locked.db, rc, p);
	hang_up(d, side);
	pthread_mutex_unlock(&c->lock);
	return err;
}

void store_db_unlock(struct store_db *d, enum store_db_side side)
{
	pthread_mutex_unlock(&d->side[side].lock);
}

/* --- opening ------------------------------------------------------------ */

/* Tables of this version; 0 in *version for an empty file. */
static int read_version(struct store_db *d, sqlite3 *db, int64_t *version)
{
	int64_t app = 0, tables = 0;
	int rc = ask(db, "SELECT count(*) FROM sqlite_schema", &tables);

	if (rc == SQLITE_OK)
		rc = ask(db, "PRAGMA user_version", version);
	if (rc == SQLITE_OK)
		rc = ask(db, "PRAGMA application_id", &app);
	if (rc != SQLITE_OK)
		return rc;
	if (tables == 0)
		*version = 0;
	else if (app != APPLICATION_ID)
		*version = -1;
	return SQLITE_OK;
}

static int create_tables(struct store_db *d, sqlite3 *db)
{
	char mark[128];
	int rc;

	(void)sqlite3_snprintf(sizeof(mark), mark,
			       "PRAGMA application_id = %d; PRAGMA user_version = %d",
			       APPLICATION_ID, d->o.version);
	/* one transaction: a crash leaves an empty file, never half the tables */
	rc = exec(db, "BEGIN IMMEDIATE");
	if (rc == SQLITE_OK)
		rc = exec(db, d->o.create);
	if (rc == SQLITE_OK)
		rc = exec(db, mark);
	if (rc == SQLITE_OK)
		rc = exec(db, "COMMIT");
	if (rc != SQLITE_OK)
		(void)exec(db, "ROLLBACK"); /* the first failure is the one to tell */
	return rc;
}

/* 0 when whole; damage is a result code like any other here. */
static int check_pages(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		const char *says = (const char *)sqlite3_column_text(st, 0);

		rc = says && strcmp(says, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
	}
	sqlite3_finalize(st);
	return rc & 0xff;
}

/* Statements that do not fit the tables mean tables that are not ours. */
static int prepare_all(struct store_db *d, sqlite3 *db)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < d->o.n_sql; i++) {
		sqlite3_stmt *st = NULL;

		rc = sqlite3_prepare_v2(db, d->o.sql[i], -1, &st, NULL) & 0xff;
		sqlite3_finalize(st);
	}
	return rc == SQLITE_ERROR ? SQLITE_CORRUPT : rc;
}

static int check_file(struct store_db *d, struct problem *p)
{
	sqlite3 *db = d->side[STORE_DB_WRITER].locked.db;
	int64_t version = 0;
	int rc = check_pages(db);

	if (rc == SQLITE_OK)
		rc = read_version(d, db, &version);
	if (rc == SQLITE_OK && version < 0)
		return problem_set(p, -ERR_STORE,
				   "%s is a database of another program; move it away or "
				   "set another state_dir",
				   d->path);
	if (rc == SQLITE_OK && version > d->o.version)
		return problem_set(p, -ERR_STORE,
				   "%s was written by a newer amcfs (version %d of the "
				   "tables, this one knows %d); install that one or set "
				   "another state_dir",
				   d->path, (int)version, d->o.version);
	if (rc == SQLITE_OK && version == 0)
		rc = create_tables(d, db);
	if (rc == SQLITE_OK)
		rc = prepare_all(d, db);
	if (rc == SQLITE_OK)
		return 0;
	if (!is_damage(rc))
		return fail(d, db, rc, p);
	(void)problem_set(p, -ERR_STORE, "%s is damaged (%s)", d->path,
			  sqlite3_errstr(rc));
	return STORE_DB_DAMAGED;
}

static int first_look(struct store_db *d, struct problem *p)
{
	struct connection *c = &d->side[STORE_DB_WRITER];
	int rc = connect_side(d, STORE_DB_WRITER);
	int r;

	if (rc == SQLITE_OK) {
		r = check_file(d, p);
	} else if (is_damage(rc)) {
		r = STORE_DB_DAMAGED;
		(void)problem_set(p, -ERR_STORE, "%s is no database (%s)", d->path,
				  sqlite3_errstr(rc));
	} else {
		r = fail(d, c->locked.db, rc, p);
	}
	if (r != 0)
		hang_up(d, STORE_DB_WRITER);
	return r;
}

int store_db_open(struct store_db **out, const struct store_db_opts *o, struct problem *p)
{
	struct store_db *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return problem_set(p, -ENOMEM, "out of memory");
	d->o = *o;
	d->path = strdup(o->path);
	for (int i = 0; i < 2; i++)
		pthread_mutex_init(&d->side[i].lock, NULL);
	r = d->path ? 0 : problem_set(p, -ENOMEM, "out of memory");
	if (r == 0)
		r = first_look(d, p);
	if (r != 0) {
		store_db_close(d);
		return r;
	}
	*out = d;
	return 0;
}

void store_db_detach(struct store_db *d)
{
	/* the writer last: it is the one that folds the log into the file */
	for (int i = 0; i < 2; i++) {
		SCOPE_LOCK(&d->side[i].lock);
		hang_up(d, (enum store_db_side)i);
	}
}

void store_db_close(struct store_db *d)
{
	if (!d)
		return;
	store_db_detach(d);
	for (int i = 0; i < 2; i++)
		pthread_mutex_destroy(&d->side[i].lock);
	free(d->path);
	free(d);
}

/* --- transactions and statements ---------------------------------------- */

static int exec_writer(struct store_db *d, const char *sql, struct problem *p)
{
	sqlite3 *db = d->side[STORE_DB_WRITER].locked.db;
	int rc = exec(db, sql);

	return rc == SQLITE_OK ? 0 : fail(d, db, rc, p);
}

int store_db_begin(struct store_db *d, struct problem *p)
{
	return exec_writer(d, "BEGIN IMMEDIATE", p);
}

int store_db_commit(struct store_db *d, struct problem *p)
{
	return exec_writer(d, "COMMIT", p);
}

void store_db_rollback(struct store_db *d)
{
	sqlite3 *db = d->side[STORE_DB_WRITER].locked.db;

	/* a full disk may have rolled it back already */
	if (!sqlite3_get_autocommit(db))
		(void)exec(db, "ROLLBACK"); /* the failure that led here is told */
}

int store_db_stmt(struct store_db *d, enum store_db_side side, size_t n,
		  struct store_stmt **out, struct problem *p)
{
	struct connection *c = &d->side[side];
	struct store_stmt *st = &c->locked.stmts[n];
	int rc;

	if (!st->s) {
		rc = sqlite3_prepare_v3(c->locked.db, d->o.sql[n], -1,
					SQLITE_PREPARE_PERSISTENT, &st->s, NULL);
		if (rc != SQLITE_OK)
			return fail(d, c->locked.db, rc & 0xff, p);
		st->db = d;
	}
	(void)sqlite3_reset(st->s); /* repeats the last step's failure */
	(void)sqlite3_clear_bindings(st->s);
	st->bind_rc = SQLITE_OK;
	*out = st;
	return 0;
}

static void note_bind(struct store_stmt *st, int rc)
{
	if (st->bind_rc == SQLITE_OK)
		st->bind_rc = rc & 0xff;
}

void store_db_bind_int(struct store_stmt *st, int at, int64_t v)
{
	note_bind(st, sqlite3_bind_int64(st->s, at, v));
}

void store_db_bind_text(struct store_stmt *st, int at, const char *s)
{
	if (s)
		store_db_bind_slice(st, at, slice_str(s));
	else
		note_bind(st, sqlite3_bind_null(st->s, at));
}

void store_db_bind_slice(struct store_stmt *st, int at, struct slice s)
{
	note_bind(st, sqlite3_bind_text64(st->s, at, s.p ? s.p : "", s.n, SQLITE_STATIC,
					  SQLITE_UTF8));
}

int store_db_step(struct store_stmt *st, struct problem *p)
{
	sqlite3 *db = sqlite3_db_handle(st->s);
	int rc = st->bind_rc != SQLITE_OK ? st->bind_rc : sqlite3_step(st->s) & 0xff;
	int err;

	if (rc == SQLITE_ROW)
		return 1;
	err = rc == SQLITE_DONE ? 0 : fail(st->db, db, rc, p);
	store_db_reset(st);
	return err;
}

int store_db_run(struct store_stmt *st, int64_t *changed, struct problem *p)
{
	int r = store_db_step(st, p);

	if (r < 0)
		return r;
	if (changed)
		*changed = sqlite3_changes64(sqlite3_db_handle(st->s));
	store_db_reset(st);
	return 0;
}

void store_db_reset(struct store_stmt *st)
{
	(void)sqlite3_reset(st->s); /* repeats the step's failure, told before */
}

int64_t store_db_int(const struct store_stmt *st, int column)
{
	return sqlite3_column_int64(st->s, column);
}

struct slice store_db_text(const struct store_stmt *st, int column)
{
	const char *s = (const char *)sqlite3_column_text(st->s, column);
	int n = sqlite3_column_bytes(st->s, column);

	return s ? slice_of(s, (size_t)n) : slice_of("", 0);
}
