/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - opening, the tables, and every statement
 *
 * store_jobs.c and store_entries.c run the statements; store_db.c is the only
 * user of SQLite and knows no table. A job is one row: both halves of its record
 * as JSON, and beside them the few columns that are searched, so that a field
 * added to the job changes no table.
 */
#include "job/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "job/store_priv.h"

#define DB_NAME	   "amcfs.db"
#define DB_VERSION 1

static const char tables[] =
	"CREATE TABLE jobs ("
	"  id TEXT PRIMARY KEY NOT NULL,"
	"  instance TEXT NOT NULL, dataset TEXT NOT NULL,"
	"  state TEXT NOT NULL,"
	"  done INTEGER NOT NULL,"   /* state_terminal() */
	"  hidden INTEGER NOT NULL," /* state_hidden() */
	"  updated_ms INTEGER NOT NULL, uid INTEGER NOT NULL,"
	"  public TEXT NOT NULL, private TEXT NOT NULL) STRICT;"
	"CREATE INDEX jobs_place ON jobs (instance, dataset, id);"
	"CREATE INDEX jobs_state ON jobs (state);"
	"CREATE INDEX jobs_open ON jobs (id) WHERE done = 0;"
	"CREATE INDEX jobs_old ON jobs (updated_ms) WHERE done = 1;"
	"CREATE TABLE entries ("
	"  folder TEXT NOT NULL, path TEXT NOT NULL, dir INTEGER NOT NULL,"
	"  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, mode INTEGER NOT NULL,"
	"  uid INTEGER NOT NULL, gid INTEGER NOT NULL, job TEXT NOT NULL,"
	"  written_ms INTEGER NOT NULL,"
	"  PRIMARY KEY (folder, path)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE notes (name TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL) STRICT;"
	"CREATE TABLE counters ("
	"  name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) STRICT;"
	"INSERT INTO counters VALUES ('order', 0);";

/* every variant has the same parameters; -1 = any user */
#define RECORDS(where)                                                           \
	"SELECT id, public FROM jobs WHERE hidden = 0 AND ?1 IS ?1 AND ?2 IS ?2" \
	" AND (?3 = -1 OR uid = ?3) " where " ORDER BY id DESC LIMIT ?4"

static const char *const sql[STORE_SQL_COUNT] = {
	[STORE_JOB_PUT] =
		"INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
		" ON CONFLICT (id) DO UPDATE SET instance = ?2, dataset = ?3,"
		" state = ?4, done = ?5, hidden = ?6, updated_ms = ?7,"
		" uid = ?8, public = ?9, private = ?10",
	[STORE_JOB_DELETE] = "DELETE FROM jobs WHERE id = ?1",
	[STORE_JOB_GET] = "SELECT public, private FROM jobs WHERE id = ?1",
	[STORE_JOBS_OPEN] = "SELECT id, public, private FROM jobs WHERE done = 0"
			    " ORDER BY id",
	[STORE_RECORD] = "SELECT public FROM jobs WHERE id = ?1 AND hidden = 0",
	[STORE_RECORDS] = RECORDS(""),
	[STORE_RECORDS_INSTANCE] = RECORDS("AND instance = ?1"),
	[STORE_RECORDS_DATASET] = RECORDS("AND dataset = ?2"),
	[STORE_RECORDS_BOTH] = RECORDS("AND instance = ?1 AND dataset = ?2"),
	[STORE_COUNTS] = "SELECT state, count(*) FROM jobs GROUP BY state",
	[STORE_ENTRY_PUT] = "INSERT OR REPLACE INTO entries"
			    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[STORE_ENTRY_DELETE] = "DELETE FROM entries WHERE folder = ?1 AND path = ?2",
	[STORE_ENTRIES] = "SELECT folder, path, dir, size, mtime_ns, mode, uid, gid, job"
			  " FROM entries ORDER BY folder, path",
	[STORE_NOTE_PUT] = "INSERT OR REPLACE INTO notes VALUES (?1, ?2)",
	[STORE_NOTE_GET] = "SELECT text FROM notes WHERE name = ?1",
	[STORE_ORDER] = "UPDATE counters SET value = value + ?1 WHERE name = 'order'"
			" RETURNING value",
	[STORE_EXPIRE_JOBS] = "DELETE FROM jobs WHERE done = 1 AND updated_ms < ?1",
	[STORE_EXPIRE_FILES] = "DELETE FROM entries WHERE dir = 0 AND written_ms < ?1"
			       " AND NOT EXISTS (SELECT 1 FROM jobs"
			       " WHERE jobs.id = entries.job AND jobs.done = 0)",
	/* a folder goes when nothing lies in it; '0' is the character after '/' */
	[STORE_EXPIRE_DIRS] = "DELETE FROM entries AS d WHERE d.dir = 1"
			      " AND d.written_ms < ?1 AND NOT EXISTS (SELECT 1"
			      " FROM entries AS e WHERE e.folder = d.folder"
			      " AND e.path > d.path || '/' AND e.path < d.path || '0')",
};

/* --- opening ------------------------------------------------------------ */

static int open_db(struct store *s, struct problem *p)
{
	char path[4096];
	const struct store_db_opts o = {
		.path = path,
		.version = DB_VERSION,
		.create = tables,
		.sql = sql,
		.n_sql = STORE_SQL_COUNT,
	};
	int n = snprintf(path, sizeof(path), "%s/%s", s->dir.path, DB_NAME);
	int r;

	if (n < 0 || (size_t)n >= sizeof(path))
		return problem_set(p, -ENAMETOOLONG, "state_dir %s: the path is too long",
				   s->dir.path);
	r = store_dir_file(&s->dir, DB_NAME, p);
	return r < 0 ? r : store_db_open(&s->db, &o, p);
}

static int open_or_replace(struct store *s, bool *damaged, struct problem *p)
{
	struct problem why = {0};
	char aside[96];
	int r = open_db(s, &why);

	*damaged = false;
	if (r == STORE_DB_DAMAGED) {
		r = store_dir_set_aside(&s->dir, DB_NAME, aside, p);
		if (r < 0)
			return r;
		log_error("job", "%s; kept as %s, a new one is made", problem_text(&why),
			  aside);
		*damaged = true;
		problem_clear(&why);
		r = open_db(s, &why);
	}
	if (r > 0)
		r = -ERR_STORE; /* a new one is damaged too: the disk is broken */
	return r < 0 ? problem_set(p, r, "%s", problem_text(&why)) : 0;
}

int store_open(struct store **out, const char *dir, int64_t lock_wait_ms, bool *damaged,
	       struct problem *p)
{
	struct store *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return problem_set(p, -ENOMEM, "out of memory");
	r = store_dir_open(&s->dir, dir, lock_wait_ms, p);
	if (r < 0) {
		free(s);
		return r;
	}
	r = open_or_replace(s, damaged, p);
	if (r < 0) {
		store_close(s);
		return r;
	}
	*out = s;
	return 0;
}

void store_detach(struct store *s)
{
	store_db_detach(s->db);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_db_close(s->db);
	store_dir_close(&s->dir);
	free(s);
}

/* --- sides -------------------------------------------------------------- */

static int use(struct store *s, enum store_db_side side, enum store_sql n,
	       struct store_stmt **st, struct problem *p)
{
	int r = store_db_lock(s->db, side, p);

	if (r < 0)
		return r;
	r = store_db_stmt(s->db, side, n, st, p);
	if (r < 0)
		store_db_unlock(s->db, side);
	return r;
}

int store_read(struct store *s, enum store_sql n, struct store_stmt **st,
	       struct problem *p)
{
	return use(s, STORE_DB_READER, n, st, p);
}

int store_write(struct store *s, enum store_sql n, struct store_stmt **st,
		struct problem *p)
{
	int r = use(s, STORE_DB_WRITER, n, st, p);

	if (r == 0)
		store_dir_sign(&s->dir);
	return r;
}

void store_read_end(struct store *s)
{
	store_db_unlock(s->db, STORE_DB_READER);
}

void store_write_end(struct store *s)
{
	store_db_unlock(s->db, STORE_DB_WRITER);
}
