/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps_priv - what the parts of steps share: steps.c (one step and its
 * transition), steps_s3.c and steps_amc.c (the actions)
 *
 * Layer    job
 */
#pragma once

#include "job/engine.h"
#include "job/steps.h"

/* What an action came to: the event, how long to wait, and why. */
struct step_outcome {
	enum job_event ev;
	int64_t wait_ms;
	struct problem why;
};

/* How long to wait after one more failure of the present action; after_ms: what
 * the server asked for, -1 = nothing. */
int64_t step_later_ms(struct step *s, int64_t after_ms);

struct step_outcome step_complete(struct step *s);
struct step_outcome step_sweep(struct step *s);
struct step_outcome step_create(struct step *s);
struct step_outcome step_look(struct step *s);
struct step_outcome step_poll(struct step *s);
