/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_priv - what store.c, store_jobs.c and store_entries.c share
 *
 * Layer    job
 */
#pragma once

#include "job/store.h"
#include "job/store_db.h"
#include "job/store_dir.h"

/* The statements; their text stands in store.c. */
enum store_sql {
	STORE_JOB_PUT,
	STORE_JOB_DELETE,
	STORE_JOB_GET,
	STORE_JOBS_OPEN,
	STORE_RECORD,
	STORE_RECORDS,
	STORE_RECORDS_INSTANCE,
	STORE_RECORDS_DATASET,
	STORE_RECORDS_BOTH,
	STORE_COUNTS,
	STORE_ENTRY_PUT,
	STORE_ENTRY_DELETE,
	STORE_ENTRIES,
	STORE_NOTE_PUT,
	STORE_NOTE_GET,
	STORE_ORDER,
	STORE_EXPIRE_JOBS,
	STORE_EXPIRE_FILES,
	STORE_EXPIRE_DIRS,
	STORE_SQL_COUNT
};

struct store {
	struct store_dir dir;
	struct store_db *db;

	/* under the writer's lock: ranks that are reserved and not yet given */
	uint64_t order_next, order_end;
};

/* Lock a side and find a statement in it; unlocked again on failure. */
MUST_CHECK int store_read(struct store *s, enum store_sql n, struct store_stmt **st,
			  struct problem *p);
MUST_CHECK int store_write(struct store *s, enum store_sql n, struct store_stmt **st,
			   struct problem *p);
void store_read_end(struct store *s);
void store_write_end(struct store *s);

/* Inside a write: runs one more statement's worth of an entry. */
MUST_CHECK int store_entry_write(struct store *s, const struct store_entry *e,
				 struct problem *p);
