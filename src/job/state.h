/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - the whole life of a job in one table; pure
 *
 * (state, event) -> (state, action). A transition is stored before its action
 * is carried out, so a crash between the two repeats the action and never
 * forgets it; each action is safe to repeat, but for the create request, whose
 * repetition is guarded by LOOKING.
 *
 * Layer    job
 */
#pragma once

#include <stdbool.h>

#include "base/errcode.h"

/*	name		shown as	meaning */
#define JOB_STATES(X)                                                                  \
	X(RECEIVING, "receiving") /* a writer has it open */                           \
	X(HELD, "held")		  /* complete, under a temporary name */               \
	X(SETTLING, "held")	  /* complete, waiting for second thoughts */          \
	X(COMPLETING, "queued")	  /* ended; the object must be put together */         \
	X(READY, "queued")	  /* object there; create request may be sent */       \
	X(SENDING, "queued")	  /* create request is about to be or has been sent */ \
	X(LOOKING, "queued")	  /* its answer was lost: look for it in AMC's list */ \
	X(RUNNING, "running")	  /* AMC has it */                                     \
	X(SWEEPING_DONE, "succeeded") /* clean = yes: object to be removed */          \
	X(SWEEPING_FAILED, "failed")  /* what was staged is to be removed */           \
	X(SWEEPING_REJECTED, "rejected")                                               \
	X(SWEEPING_GONE, "held") /* withdrawn: staged and record to be removed */      \
	X(SUCCEEDED, "succeeded")                                                      \
	X(FAILED, "failed")                                                            \
	X(REJECTED, "rejected")                                                        \
	X(GONE, "held") /* the record is deleted */

enum job_state {
#define JOB_STATE_ENUM(name, shown) JOB_##name,
	JOB_STATES(JOB_STATE_ENUM)
#undef JOB_STATE_ENUM
		JOB_STATE_COUNT
};

#define JOB_EVENTS(X)                                                             \
	X(CLOSED)      /* last descriptor closed, verdict good, final name */     \
	X(CLOSED_TEMP) /* last descriptor closed, verdict good, temporary name */ \
	X(REOPENED)    /* written on before it settled */                         \
	X(NAMED)       /* renamed from a temporary to a final name */             \
	X(UNNAMED)     /* renamed from a final to a temporary name */             \
	X(SETTLED)     /* nobody came back in time */                             \
	X(EXPIRED)     /* held too long */                                        \
	X(WITHDRAWN)   /* unlinked, replaced or truncated before it was queued */ \
	X(BAD_INPUT)   /* the input's own fault */                                \
	X(BROKEN)      /* writer died, or S3 took nothing in time */              \
	X(DONE)	       /* the action succeeded */                                 \
	X(LATER)       /* the action failed for now */                            \
	X(UNSURE)      /* the create request's answer was lost */                 \
	X(REFUSED)     /* the action failed for good */                           \
	X(ABSENT)      /* LOOKING: AMC's list does not have it */                 \
	X(AMC_DONE)    /* RUNNING: AMC finished it */                             \
	X(AMC_FAIL)    /* RUNNING: AMC gave up */                                 \
	X(RESTARTED)   /* the daemon starts; RECEIVING: no last close was seen */

enum job_event {
#define JOB_EVENT_ENUM(name) JOB_EV_##name,
	JOB_EVENTS(JOB_EVENT_ENUM)
#undef JOB_EVENT_ENUM
		JOB_EVENT_COUNT
};

enum job_action {
	JOB_ACT_NONE,
	JOB_ACT_WAIT,	  /* nothing until time or a person acts */
	JOB_ACT_COMPLETE, /* put the staged object together */
	JOB_ACT_ADMIT,	  /* wait for its turn, then event DONE -> SENDING */
	JOB_ACT_CREATE,	  /* send the create request */
	JOB_ACT_LOOK,	  /* find it in AMC's list */
	JOB_ACT_POLL,	  /* ask how it is getting on */
	JOB_ACT_SWEEP,	  /* remove what is staged */
	JOB_ACT_FORGET,	  /* delete the record */
};

/* -EINVAL for a pair that cannot happen: nothing is written then. clean: the
 * job's own setting. */
MUST_CHECK int state_next(enum job_state s, enum job_event e, bool clean,
			  enum job_state *to);

/* What has to be done in a state: the same after a step and after a restart. */
enum job_action state_action(enum job_state s);

bool state_terminal(enum job_state s);	   /* nothing more happens to the record */
bool state_ended(enum job_state s);	   /* shown as queued or later */
bool state_hidden(enum job_state s);	   /* not listed any more */
const char *state_shown(enum job_state s); /* "receiving" … "rejected" */
const char *state_name(enum job_state s);  /* "RECEIVING" …, for store and log */
MUST_CHECK int state_parse(const char *name, enum job_state *out);
