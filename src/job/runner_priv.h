/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner_priv - what the two halves of runner share: runner.c (whose turn it is,
 * workers, start and stop) and runner_change.c (second thoughts from the tree)
 *
 * Layer    job
 */
#pragma once

#include <pthread.h>

#include "job/engine.h"
#include "job/runner.h"
#include "job/steps.h"

#define RUNNER_WORKERS 4

struct task {
	struct task *next;
	struct step step;      /* the job and what its steps remember */
	struct ingest *ingest; /* beside a settling or held job */
	int64_t free_ms;       /* monotonic: its ingest goes then */
	int64_t due_ms;	       /* monotonic */
	enum job_state state;  /* as of the latest step: readable while busy */
	bool busy;
};

struct runner {
	struct engine *e;
	pthread_t threads[RUNNER_WORKERS];
	int n_threads;

	pthread_mutex_t lock;
	pthread_cond_t changed; /* on the monotonic clock */
	struct {
		struct task *tasks;
		bool stopping; /* settle at once, take nothing new */
		bool stop;     /* workers end */
	} locked;
};

int64_t runner_now(const struct runner *r); /* monotonic */

/* All with the lock. */
void runner_unlink(struct runner *r, struct task *t);
void runner_set_rest(struct runner *r, struct task *t); /* when a rest is over */
bool runner_resting(const struct task *t); /* settling or held, and nobody works on it */

void runner_task_free(struct task *t); /* without the lock: frees its ingest too */
