/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - the table, and nothing else
 *
 * Three rules shaped it:
 *
 * Until a job has ended, everything can still be taken back; from COMPLETING on
 * nothing but its own steps moves it.
 *
 * SENDING is the one state whose action must not be repeated blindly. A restart
 * finds it with the request perhaps sent, so it goes to LOOKING; only AMC's own
 * word (LATER: it did not do it, ABSENT: it does not have it) leads back.
 *
 * What AMC has, or may have, is not swept until AMC has said that it is done:
 * REFUSED in LOOKING and RUNNING keeps the object even with clean = yes, since
 * AMC may be reading it.
 */
#include "job/state.h"

#include <stdint.h>
#include <string.h>

/* A cell is 0 (cannot happen) or the next state + 1; SWEPT() marks an end that
 * passes through the sweep when the job is clean. */
#define TO(s)	 (JOB_##s + 1)
#define CLEANED	 0x80
#define SWEPT(s) (TO(s) | CLEANED)

static const uint8_t table[JOB_STATE_COUNT][JOB_EVENT_COUNT] = {
	[JOB_RECEIVING] =
		{
			[JOB_EV_CLOSED] = TO(SETTLING),
			[JOB_EV_CLOSED_TEMP] = TO(HELD),
			[JOB_EV_WITHDRAWN] = TO(SWEEPING_GONE),
			[JOB_EV_BAD_INPUT] = TO(SWEEPING_REJECTED),
			[JOB_EV_BROKEN] = TO(SWEEPING_FAILED),
			[JOB_EV_RESTARTED] = TO(SWEEPING_FAILED),
		},
	[JOB_HELD] =
		{
			[JOB_EV_CLOSED_TEMP] = TO(HELD),
			[JOB_EV_REOPENED] = TO(RECEIVING),
			[JOB_EV_NAMED] = TO(SETTLING),
			[JOB_EV_UNNAMED] = TO(HELD),
			/* failed, not gone: nothing vanishes unseen */
			[JOB_EV_EXPIRED] = TO(SWEEPING_FAILED),
			[JOB_EV_WITHDRAWN] = TO(SWEEPING_GONE),
			[JOB_EV_BAD_INPUT] = TO(SWEEPING_REJECTED),
			[JOB_EV_BROKEN] = TO(SWEEPING_FAILED),
			[JOB_EV_RESTARTED] = TO(HELD),
		},
	[JOB_SETTLING] =
		{
			[JOB_EV_REOPENED] = TO(RECEIVING),
			[JOB_EV_NAMED] = TO(SETTLING),
			[JOB_EV_UNNAMED] = TO(HELD),
			[JOB_EV_SETTLED] = TO(COMPLETING),
			[JOB_EV_WITHDRAWN] = TO(SWEEPING_GONE),
			[JOB_EV_BAD_INPUT] = TO(SWEEPING_REJECTED),
			[JOB_EV_BROKEN] = TO(SWEEPING_FAILED),
			/* its close() was answered: it has settled */
			[JOB_EV_RESTARTED] = TO(COMPLETING),
		},
	[JOB_COMPLETING] =
		{
			[JOB_EV_DONE] = TO(READY),
			[JOB_EV_LATER] = TO(COMPLETING),
			[JOB_EV_REFUSED] = TO(SWEEPING_FAILED),
			[JOB_EV_RESTARTED] = TO(COMPLETING),
		},
	[JOB_READY] =
		{
			[JOB_EV_DONE] = TO(SENDING),
			[JOB_EV_LATER] = TO(READY),
			[JOB_EV_REFUSED] = SWEPT(FAILED),
			[JOB_EV_RESTARTED] = TO(READY),
		},
	[JOB_SENDING] =
		{
			[JOB_EV_DONE] = TO(RUNNING),
			[JOB_EV_LATER] = TO(READY),
			[JOB_EV_UNSURE] = TO(LOOKING),
			[JOB_EV_REFUSED] = SWEPT(FAILED),
			[JOB_EV_RESTARTED] = TO(LOOKING),
		},
	[JOB_LOOKING] =
		{
			[JOB_EV_DONE] = TO(RUNNING),
			[JOB_EV_LATER] = TO(LOOKING),
			[JOB_EV_REFUSED] = TO(FAILED),
			[JOB_EV_ABSENT] = TO(READY),
			[JOB_EV_RESTARTED] = TO(LOOKING),
		},
	[JOB_RUNNING] =
		{
			[JOB_EV_LATER] = TO(RUNNING),
			[JOB_EV_REFUSED] = TO(FAILED),
			[JOB_EV_AMC_DONE] = SWEPT(SUCCEEDED),
			[JOB_EV_AMC_FAIL] = SWEPT(FAILED),
			[JOB_EV_RESTARTED] = TO(RUNNING),
		},
	/* A sweep that is refused is given up: the outcome stands without it. */
	[JOB_SWEEPING_DONE] =
		{
			[JOB_EV_DONE] = TO(SUCCEEDED),
			[JOB_EV_LATER] = TO(SWEEPING_DONE),
			[JOB_EV_REFUSED] = TO(SUCCEEDED),
			[JOB_EV_RESTARTED] = TO(SWEEPING_DONE),
		},
	[JOB_SWEEPING_FAILED] =
		{
			[JOB_EV_DONE] = TO(FAILED),
			[JOB_EV_LATER] = TO(SWEEPING_FAILED),
			[JOB_EV_REFUSED] = TO(FAILED),
			[JOB_EV_RESTARTED] = TO(SWEEPING_FAILED),
		},
	[JOB_SWEEPING_REJECTED] =
		{
			[JOB_EV_DONE] = TO(REJECTED),
			[JOB_EV_LATER] = TO(SWEEPING_REJECTED),
			[JOB_EV_REFUSED] = TO(REJECTED),
			[JOB_EV_RESTARTED] = TO(SWEEPING_REJECTED),
		},
	[JOB_SWEEPING_GONE] =
		{
			[JOB_EV_DONE] = TO(GONE),
			[JOB_EV_LATER] = TO(SWEEPING_GONE),
			[JOB_EV_REFUSED] = TO(GONE),
			[JOB_EV_RESTARTED] = TO(SWEEPING_GONE),
		},
	/* forgetting may be tried again and found done */
	[JOB_GONE] =
		{
			[JOB_EV_DONE] = TO(GONE),
			[JOB_EV_LATER] = TO(GONE),
			[JOB_EV_RESTARTED] = TO(GONE),
		},
};

static const struct {
	const char *name, *shown;
} names[JOB_STATE_COUNT] = {
#define JOB_STATE_NAME(n, s) [JOB_##n] = {#n, s},
	JOB_STATES(JOB_STATE_NAME)
#undef JOB_STATE_NAME
};

int state_next(enum job_state s, enum job_event e, bool clean, enum job_state *to)
{
	enum job_state next;
	uint8_t cell;

	if ((unsigned)s >= JOB_STATE_COUNT || (unsigned)e >= JOB_EVENT_COUNT)
		return -EINVAL;
	cell = table[s][e];
	if (cell == 0)
		return -EINVAL;
	next = (enum job_state)((cell & ~CLEANED) - 1);
	if ((cell & CLEANED) && clean)
		next = next == JOB_SUCCEEDED ? JOB_SWEEPING_DONE : JOB_SWEEPING_FAILED;
	*to = next;
	return 0;
}

enum job_action state_action(enum job_state s)
{
	static const uint8_t actions[JOB_STATE_COUNT] = {
		[JOB_HELD] = JOB_ACT_WAIT,
		[JOB_SETTLING] = JOB_ACT_WAIT,
		[JOB_COMPLETING] = JOB_ACT_COMPLETE,
		[JOB_READY] = JOB_ACT_ADMIT,
		[JOB_SENDING] = JOB_ACT_CREATE,
		[JOB_LOOKING] = JOB_ACT_LOOK,
		[JOB_RUNNING] = JOB_ACT_POLL,
		[JOB_SWEEPING_DONE] = JOB_ACT_SWEEP,
		[JOB_SWEEPING_FAILED] = JOB_ACT_SWEEP,
		[JOB_SWEEPING_REJECTED] = JOB_ACT_SWEEP,
		[JOB_SWEEPING_GONE] = JOB_ACT_SWEEP,
		[JOB_GONE] = JOB_ACT_FORGET,
	};

	return (unsigned)s < JOB_STATE_COUNT ? (enum job_action)actions[s] : JOB_ACT_NONE;
}

bool state_terminal(enum job_state s)
{
	return s == JOB_SUCCEEDED || s == JOB_FAILED || s == JOB_REJECTED ||
	       s == JOB_GONE;
}

bool state_ended(enum job_state s)
{
	return s != JOB_RECEIVING && s != JOB_HELD && s != JOB_SETTLING &&
	       !state_hidden(s);
}

bool state_hidden(enum job_state s)
{
	return s == JOB_SWEEPING_GONE || s == JOB_GONE;
}

const char *state_shown(enum job_state s)
{
	return (unsigned)s < JOB_STATE_COUNT ? names[s].shown : "";
}

const char *state_name(enum job_state s)
{
	return (unsigned)s < JOB_STATE_COUNT ? names[s].name : "";
}

int state_parse(const char *name, enum job_state *out)
{
	for (int s = 0; s < JOB_STATE_COUNT; s++) {
		if (strcmp(names[s].name, name) == 0) {
			*out = (enum job_state)s;
			return 0;
		}
	}
	return -EINVAL;
}
