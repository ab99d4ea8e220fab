/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps - what is done in each state of a job, one step at a time
 *
 * Layer    job (the runner's hands; nobody else calls it)
 * Threads  one at a time for each step
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "job/job.h"

struct engine;

struct step {
	struct engine *e;
	struct job job;
	bool unsaved;	   /* the job is ahead of the store: save before acting */
	unsigned failures; /* of the present state's action, in a row */
	unsigned polls;
	unsigned absences;   /* LOOKING: how often the list did not have it */
	int64_t accepted_ms; /* wall clock; for AMC's slow lists */
};

void step_fini(struct step *s);

/* One action and its transition. Returns how long to wait before the next. */
int64_t step_run(struct step *s);

/* A transition that comes from outside; stored before it returns 0. On failure
 * the job is as before. */
MUST_CHECK int step_event(struct step *s, enum job_event ev, struct problem *p);

/* The job was changed from outside (its name): stored before it returns 0. */
MUST_CHECK int step_save(struct step *s, struct problem *p);

/* BAD_INPUT or BROKEN with its reason. */
MUST_CHECK int step_fail(struct step *s, const struct problem *why);

/* What a job found unfinished at a start becomes; stored. */
MUST_CHECK int step_restart(struct engine *e, struct job *j, struct problem *p);
