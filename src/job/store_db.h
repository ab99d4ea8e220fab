/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_db - one SQLite file, two connections, statements by number; private to
 * store*.c. store_db.c is the only user of SQLite.
 *
 * Nothing but SQLite's own meaning is known here: what the tables mean stands
 * in store.c and store_entries.c.
 *
 * Layer    job
 * Threads  any; each side (reader, writer) is one lock, held from
 *          store_db_lock() to store_db_unlock()
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "base/slice.h"

struct store_db;
struct store_stmt;

enum store_db_side { STORE_DB_READER, STORE_DB_WRITER };

struct store_db_opts {
	const char *path;	/* absolute; the file exists */
	int version;		/* of the tables */
	const char *create;	/* makes them, in an empty file */
	const char *const *sql; /* the statements, by number */
	size_t n_sql;
};

/* What store_db_open() found that a new file would mend. */
#define STORE_DB_DAMAGED 1

/* Opens, checks every page, makes the tables when there are none. 0, or
 * STORE_DB_DAMAGED with the reason in p and nothing open. */
MUST_CHECK int store_db_open(struct store_db **out, const struct store_db_opts *o,
			     struct problem *p);
/* Gives both connections back; the next store_db_lock() opens them anew. */
void store_db_detach(struct store_db *d);
void store_db_close(struct store_db *d);

MUST_CHECK int store_db_lock(struct store_db *d, enum store_db_side side,
			     struct problem *p);
void store_db_unlock(struct store_db *d, enum store_db_side side);

/* On the writer. A rollback is silent. */
MUST_CHECK int store_db_begin(struct store_db *d, struct problem *p);
MUST_CHECK int store_db_commit(struct store_db *d, struct problem *p);
void store_db_rollback(struct store_db *d);

/* The statement number n, reset and without bindings; lent until the unlock. */
MUST_CHECK int store_db_stmt(struct store_db *d, enum store_db_side side, size_t n,
			     struct store_stmt **out, struct problem *p);

/* Parameters from 1. Lent until the statement is used again; a failure is told
 * by the step. */
void store_db_bind_int(struct store_stmt *st, int at, int64_t v);
void store_db_bind_text(struct store_stmt *st, int at, const char *s); /* NULL = null */
void store_db_bind_slice(struct store_stmt *st, int at, struct slice s);

/* 1: a row is there; 0: done (and reset); negative: failed (and reset). */
MUST_CHECK int store_db_step(struct store_stmt *st, struct problem *p);
/* For a statement without rows: step, and the rows that it changed. */
MUST_CHECK int store_db_run(struct store_stmt *st, int64_t *changed, struct problem *p);
void store_db_reset(struct store_stmt *st);

/* Columns from 0. Lent until the next step; always followed by a NUL. */
int64_t store_db_int(const struct store_stmt *st, int column);
struct slice store_db_text(const struct store_stmt *st, int column);
