/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner - carries ended jobs to AMC: queue, workers, timers
 *
 * Every step is: read the state, do its action, tell state_next() what came of
 * it, store, go on. A restart puts the unfinished jobs in and does the same.
 * Jobs of one data set are submitted in the order in which they ended; a job
 * that replaces rows runs alone in its data set.
 *
 * Layer    job
 * Threads  any may call; workers are its own
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "job/job.h"

struct engine;
struct ingest;
struct runner;

MUST_CHECK int runner_new(struct runner **out, struct engine *e);
void runner_free(struct runner *r);

/* Takes up what the store holds unfinished, then starts the workers. */
MUST_CHECK int runner_start(struct runner *r, struct problem *p);

/* Settles at once what settles, waits up to stop_ms for queued jobs to be
 * accepted by AMC, stops the workers. Returns how many jobs remain. */
size_t runner_stop(struct runner *r, int64_t stop_ms);

/* A job in SETTLING, HELD, COMPLETING or a SWEEPING state, already on the board;
 * the struct's content is taken (j is emptied). in: kept beside a settling or
 * held job so that writing can go on, freed when it has settled; may be NULL. */
MUST_CHECK int runner_add(struct runner *r, struct job *j, struct ingest *in);

/* Writing goes on: gives the ingest back, the job is RECEIVING again. NULL when
 * it is too late. */
struct ingest *runner_reclaim(struct runner *r, const char *id);

/* Unlinked or replaced. 0; -EBUSY when queued or running. Unknown ids (finished
 * or never a job) are 0: there is nothing left to withdraw. */
MUST_CHECK int runner_withdraw(struct runner *r, const char *id);

/* As ingest_may_rename(), for a job that is settling or held. */
MUST_CHECK int runner_may_rename(struct runner *r, const char *id, const char *file,
				 struct problem *p);
/* The name changed while settling or held: a final name ends the hold; an epoch
 * mtime (rsync --partial's mark) breaks the job. No effect on other jobs. */
MUST_CHECK int runner_rename(struct runner *r, const char *id, const char *file,
			     bool temporary, bool partial_mark);

/* Wakes the workers: settings or the network may have changed. */
void runner_kick(struct runner *r);
