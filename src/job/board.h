/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board - the jobs as everybody sees them: what is stored, overlaid with what
 * is happening now
 *
 * Those who work on a job put snapshots here; those who show jobs read here and
 * wait for nobody's work.
 *
 * Layer    job
 * Threads  any
 */
#pragma once

#include "base/clock.h"
#include "job/job.h"
#include "job/store.h"

struct board;

MUST_CHECK int board_new(struct board **out, struct store *store,
			 const struct clock *clock);
void board_free(struct board *b);

/* Durable first (store_put), then visible, then waiters are woken. Sets
 * updated_ms, which grows with every put; on failure j is as before. */
MUST_CHECK int board_put(struct board *b, struct job *j, struct problem *p);
MUST_CHECK int board_put_both(struct board *b, struct job *j, const struct store_entry *e,
			      struct problem *p);
/* Visible only: progress of a running copy, not worth an fsync. A picture
 * older than what was put last, or of a job that is over, is ignored. */
void board_show(struct board *b, const struct job *j);
MUST_CHECK int board_remove(struct board *b, const char *id, struct problem *p);

/* Public records, newest first, as one JSON array; NULL = any. uid: only that
 * user's, (uid_t)-1 = all; limit 0 = no limit. Withdrawn jobs are not listed. */
MUST_CHECK int board_list(struct board *b, const char *instance, const char *dataset,
			  uid_t uid, size_t limit, struct json **out, struct problem *p);
MUST_CHECK int board_record(struct board *b, const char *id, struct json **out,
			    struct problem *p); /* -ERR_NOT_FOUND */
MUST_CHECK int board_counts(struct board *b, uint64_t by_state[JOB_STATE_COUNT],
			    struct problem *p);

/* Waits until the job is at least ended-and-accepted (RUNNING or over) or, with
 * finished, over (terminal, or only its sweep is left); or timeout_ms is over
 * (-ETIMEDOUT; negative: a year). Gives a copy. -ERR_NOT_FOUND when there is no
 * such job or it was withdrawn. */
MUST_CHECK int board_wait(struct board *b, const char *id, bool finished,
			  int64_t timeout_ms, struct job *out);
