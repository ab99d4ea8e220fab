/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - jobs and listings on disk: the only user of SQLite
 *
 * One database in state_dir (WAL, synchronous = FULL): when a function returns
 * 0, a power cut loses nothing of it. Holds a lock on state_dir for its life.
 *
 * Layer    job
 * Threads  any; writers queue on one lock, readers on another and never wait
 *          for a writer's disk
 * Errors   -ERR_STORE with a sentence that names the file; -ENOSPC full disk
 */
#pragma once

#include <sys/types.h>

#include "base/clock.h"
#include "job/job.h"

struct store;

/* Makes dir (0700) and the database when missing. Another process holding dir:
 * waits up to lock_wait_ms, then -EBUSY naming its pid. A damaged database:
 * moved aside to amcfs.db.damaged-<time>, a new one is made, *damaged is set. */
MUST_CHECK int store_open(struct store **out, const char *dir, int64_t lock_wait_ms,
			  bool *damaged, struct problem *p);
void store_close(struct store *s); /* NULL is fine */

/* Gives the database back and keeps the lock; the next call opens it anew. Must
 * be called before a fork after which the child is to use the store. */
void store_detach(struct store *s);

/* Inserts or replaces by id. A job that is GONE is deleted. */
MUST_CHECK int store_put(struct store *s, const struct job *j, struct problem *p);
MUST_CHECK int store_delete(struct store *s, const char *id, struct problem *p);
/* -ERR_NOT_FOUND. */
MUST_CHECK int store_get(struct store *s, const char *id, struct job *out,
			 struct problem *p);

/* The functions handed to the readers below run under the readers' lock: they may
 * write to the store, but not read it. A positive result ends the reading, a
 * negative one is returned too. */

/* Jobs that are not in a terminal state, oldest first. fn's job is lent. A record
 * that makes no sense is logged and passed over. */
typedef int store_job_fn(void *ctx, const struct job *j);
MUST_CHECK int store_unfinished(struct store *s, store_job_fn *fn, void *ctx,
				struct problem *p);

/* Public records as JSON text, newest first, without hidden jobs; NULL = any
 * instance or data set; (uid_t)-1 = any user; limit 0 = all. */
typedef int store_text_fn(void *ctx, const char *id, struct slice record);
MUST_CHECK int store_records(struct store *s, const char *instance, const char *dataset,
			     uid_t uid, size_t limit, store_text_fn *fn, void *ctx,
			     struct problem *p);
MUST_CHECK int store_record(struct store *s, const char *id, struct buf *out,
			    struct problem *p); /* -ERR_NOT_FOUND */

/* Number of jobs by state. */
MUST_CHECK int store_counts(struct store *s, uint64_t by_state[JOB_STATE_COUNT],
			    struct problem *p);

/* The next rank of an ended job; never given twice, also across restarts. */
MUST_CHECK int store_next_order(struct store *s, uint64_t *out, struct problem *p);

/* What a drop folder lists. folder: "<instance>/<dataset>/<upload folder>". */
struct store_entry {
	const char *folder; /* "amc1/customers/upload" or "…/upload/ADDITIVE" */
	const char *path;   /* below it */
	bool dir;
	uint64_t size;
	int64_t mtime_ns;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const char *job; /* id, or "" for a file that never became one */
};
MUST_CHECK int store_entry_put(struct store *s, const struct store_entry *e,
			       struct problem *p);
MUST_CHECK int store_entry_delete(struct store *s, const char *folder, const char *path,
				  struct problem *p);
/* One transaction: from vanishes, to appears (replacing what was there). */
MUST_CHECK int store_entry_move(struct store *s, const char *folder, const char *from,
				const struct store_entry *to, struct problem *p);
/* Job and entry in one transaction. */
MUST_CHECK int store_put_both(struct store *s, const struct job *j,
			      const struct store_entry *e, struct problem *p);
typedef int store_entry_fn(void *ctx, const struct store_entry *e);
MUST_CHECK int store_entries(struct store *s, store_entry_fn *fn, void *ctx,
			     struct problem *p);

/* Small texts that survive a restart (the last known tree). */
MUST_CHECK int store_note_put(struct store *s, const char *name, struct slice text,
			      struct problem *p);
MUST_CHECK int store_note_get(struct store *s, const char *name, struct buf *out,
			      struct problem *p); /* -ERR_NOT_FOUND */

/* Terminal jobs updated before wall_ms and entries last written before it go. */
MUST_CHECK int store_expire(struct store *s, int64_t before_wall_ms, struct problem *p);
