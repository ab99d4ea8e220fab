/* SPDX-License-Identifier: Apache-2.0 */
/* The whole table, written out a second time, from the meaning of each state. */
#include "job/state.h"

#include "check.h"

struct step {
	enum job_state from;
	enum job_event event;
	enum job_state to, to_clean;
};

#define STEP(from, event, to)                                  \
	{                                                      \
		JOB_##from, JOB_EV_##event, JOB_##to, JOB_##to \
	}
#define ENDS(from, event, to, swept)                              \
	{                                                         \
		JOB_##from, JOB_EV_##event, JOB_##to, JOB_##swept \
	}

/* Every pair that can happen; all others must be refused. */
static const struct step steps[] = {
	STEP(RECEIVING, CLOSED, SETTLING),
	STEP(RECEIVING, CLOSED_TEMP, HELD),
	STEP(RECEIVING, WITHDRAWN, SWEEPING_GONE),
	STEP(RECEIVING, BAD_INPUT, SWEEPING_REJECTED),
	STEP(RECEIVING, BROKEN, SWEEPING_FAILED),
	STEP(RECEIVING, RESTARTED, SWEEPING_FAILED),

	STEP(HELD, CLOSED_TEMP, HELD),
	STEP(HELD, REOPENED, RECEIVING),
	STEP(HELD, NAMED, SETTLING),
	STEP(HELD, UNNAMED, HELD),
	STEP(HELD, EXPIRED, SWEEPING_FAILED),
	STEP(HELD, WITHDRAWN, SWEEPING_GONE),
	STEP(HELD, BAD_INPUT, SWEEPING_REJECTED),
	STEP(HELD, BROKEN, SWEEPING_FAILED),
	STEP(HELD, RESTARTED, HELD),

	STEP(SETTLING, REOPENED, RECEIVING),
	STEP(SETTLING, NAMED, SETTLING),
	STEP(SETTLING, UNNAMED, HELD),
	STEP(SETTLING, SETTLED, COMPLETING),
	STEP(SETTLING, WITHDRAWN, SWEEPING_GONE),
	STEP(SETTLING, BAD_INPUT, SWEEPING_REJECTED),
	STEP(SETTLING, BROKEN, SWEEPING_FAILED),
	STEP(SETTLING, RESTARTED, COMPLETING),

	STEP(COMPLETING, DONE, READY),
	STEP(COMPLETING, LATER, COMPLETING),
	STEP(COMPLETING, REFUSED, SWEEPING_FAILED),
	STEP(COMPLETING, RESTARTED, COMPLETING),

	STEP(READY, DONE, SENDING),
	STEP(READY, LATER, READY),
	ENDS(READY, REFUSED, FAILED, SWEEPING_FAILED),
	STEP(READY, RESTARTED, READY),

	STEP(SENDING, DONE, RUNNING),
	STEP(SENDING, LATER, READY),
	STEP(SENDING, UNSURE, LOOKING),
	ENDS(SENDING, REFUSED, FAILED, SWEEPING_FAILED),
	STEP(SENDING, RESTARTED, LOOKING),

	STEP(LOOKING, DONE, RUNNING),
	STEP(LOOKING, LATER, LOOKING),
	STEP(LOOKING, REFUSED, FAILED), /* AMC may be reading the object */
	STEP(LOOKING, ABSENT, READY),
	STEP(LOOKING, RESTARTED, LOOKING),

	STEP(RUNNING, LATER, RUNNING),
	STEP(RUNNING, REFUSED, FAILED), /* likewise */
	ENDS(RUNNING, AMC_DONE, SUCCEEDED, SWEEPING_DONE),
	ENDS(RUNNING, AMC_FAIL, FAILED, SWEEPING_FAILED),
	STEP(RUNNING, RESTARTED, RUNNING),

	STEP(SWEEPING_DONE, DONE, SUCCEEDED),
	STEP(SWEEPING_DONE, LATER, SWEEPING_DONE),
	STEP(SWEEPING_DONE, REFUSED, SUCCEEDED),
	STEP(SWEEPING_DONE, RESTARTED, SWEEPING_DONE),

	STEP(SWEEPING_FAILED, DONE, FAILED),
	STEP(SWEEPING_FAILED, LATER, SWEEPING_FAILED),
	STEP(SWEEPING_FAILED, REFUSED, FAILED),
	STEP(SWEEPING_FAILED, RESTARTED, SWEEPING_FAILED),

	STEP(SWEEPING_REJECTED, DONE, REJECTED),
	STEP(SWEEPING_REJECTED, LATER, SWEEPING_REJECTED),
	STEP(SWEEPING_REJECTED, REFUSED, REJECTED),
	STEP(SWEEPING_REJECTED, RESTARTED, SWEEPING_REJECTED),

	STEP(SWEEPING_GONE, DONE, GONE),
	STEP(SWEEPING_GONE, LATER, SWEEPING_GONE),
	STEP(SWEEPING_GONE, REFUSED, GONE),
	STEP(SWEEPING_GONE, RESTARTED, SWEEPING_GONE),

	STEP(GONE, DONE, GONE),
	STEP(GONE, LATER, GONE),
	STEP(GONE, RESTARTED, GONE),
};

#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

static const struct step *expected(int s, int e)
{
	const struct step *found = NULL;

	for (size_t i = 0; i < N_STEPS; i++) {
		if ((int)steps[i].from != s || (int)steps[i].event != e)
			continue;
		CHECK(!found); /* listed twice */
		found = &steps[i];
	}
	return found;
}

static void check_pair(int s, int e, bool clean)
{
	const struct step *x = expected(s, e);
	enum job_state to = JOB_STATE_COUNT;
	int r = state_next((enum job_state)s, (enum job_event)e, clean, &to);

	if (!x) {
		CHECK_INT(r, -EINVAL);
		CHECK_INT(to, JOB_STATE_COUNT); /* nothing written */
		return;
	}
	CHECK_INT(r, 0);
	CHECK_STR(state_name(to), state_name(clean ? x->to_clean : x->to));
}

TEST(every_pair)
{
	for (int s = 0; s < JOB_STATE_COUNT; s++) {
		for (int e = 0; e < JOB_EVENT_COUNT; e++) {
			check_pair(s, e, false);
			check_pair(s, e, true);
		}
	}
}

TEST(no_such_state_or_event)
{
	enum job_state to = JOB_GONE;

	CHECK_INT(state_next(JOB_STATE_COUNT, JOB_EV_DONE, false, &to), -EINVAL);
	CHECK_INT(state_next((enum job_state) - 1, JOB_EV_DONE, false, &to), -EINVAL);
	CHECK_INT(state_next(JOB_READY, JOB_EVENT_COUNT, false, &to), -EINVAL);
	CHECK_INT(to, JOB_GONE);
}

struct face {
	enum job_state state;
	const char *name, *shown;
	enum job_action action;
	bool terminal, ended, hidden;
};

static const struct face faces[JOB_STATE_COUNT] = {
	{JOB_RECEIVING, "RECEIVING", "receiving", JOB_ACT_NONE, 0, 0, 0},
	{JOB_HELD, "HELD", "held", JOB_ACT_WAIT, 0, 0, 0},
	{JOB_SETTLING, "SETTLING", "held", JOB_ACT_WAIT, 0, 0, 0},
	{JOB_COMPLETING, "COMPLETING", "queued", JOB_ACT_COMPLETE, 0, 1, 0},
	{JOB_READY, "READY", "queued", JOB_ACT_ADMIT, 0, 1, 0},
	{JOB_SENDING, "SENDING", "queued", JOB_ACT_CREATE, 0, 1, 0},
	{JOB_LOOKING, "LOOKING", "queued", JOB_ACT_LOOK, 0, 1, 0},
	{JOB_RUNNING, "RUNNING", "running", JOB_ACT_POLL, 0, 1, 0},
	{JOB_SWEEPING_DONE, "SWEEPING_DONE", "succeeded", JOB_ACT_SWEEP, 0, 1, 0},
	{JOB_SWEEPING_FAILED, "SWEEPING_FAILED", "failed", JOB_ACT_SWEEP, 0, 1, 0},
	{JOB_SWEEPING_REJECTED, "SWEEPING_REJECTED", "rejected", JOB_ACT_SWEEP, 0, 1, 0},
	{JOB_SWEEPING_GONE, "SWEEPING_GONE", "held", JOB_ACT_SWEEP, 0, 0, 1},
	{JOB_SUCCEEDED, "SUCCEEDED", "succeeded", JOB_ACT_NONE, 1, 1, 0},
	{JOB_FAILED, "FAILED", "failed", JOB_ACT_NONE, 1, 1, 0},
	{JOB_REJECTED, "REJECTED", "rejected", JOB_ACT_NONE, 1, 1, 0},
	{JOB_GONE, "GONE", "held", JOB_ACT_FORGET, 1, 0, 1},
};

TEST(every_face)
{
	for (int s = 0; s < JOB_STATE_COUNT; s++) {
		const struct face *f = &faces[s];
		enum job_state parsed = JOB_STATE_COUNT;

		CHECK_INT(f->state, s);
		CHECK_STR(state_name(f->state), f->name);
		CHECK_STR(state_shown(f->state), f->shown);
		CHECK_INT(state_action(f->state), f->action);
		CHECK_INT(state_terminal(f->state), f->terminal);
		CHECK_INT(state_ended(f->state), f->ended);
		CHECK_INT(state_hidden(f->state), f->hidden);
		CHECK_INT(state_parse(f->name, &parsed), 0);
		CHECK_INT(parsed, s);
	}
}

TEST(names_are_exact)
{
	enum job_state s = JOB_READY;

	CHECK_INT(state_parse("running", &s), -EINVAL);
	CHECK_INT(state_parse("", &s), -EINVAL);
	CHECK_INT(state_parse("READY ", &s), -EINVAL);
	CHECK_INT(s, JOB_READY);
	CHECK_STR(state_name(JOB_STATE_COUNT), "");
	CHECK_STR(state_shown(JOB_STATE_COUNT), "");
	CHECK_INT(state_action(JOB_STATE_COUNT), JOB_ACT_NONE);
}

/* From every state, whatever happens, the end can be reached. */
TEST(every_state_can_end)
{
	bool ends[JOB_STATE_COUNT] = {false};

	for (int s = 0; s < JOB_STATE_COUNT; s++)
		ends[s] = state_terminal((enum job_state)s);
	for (int round = 0; round < JOB_STATE_COUNT; round++) {
		for (size_t i = 0; i < N_STEPS; i++) {
			if (ends[steps[i].to])
				ends[steps[i].from] = true;
		}
	}
	for (int s = 0; s < JOB_STATE_COUNT; s++)
		CHECK(ends[s]);
}

/* The one thing that must not happen twice: from SENDING on, no way leads back to
 * a second create request but AMC's own word. */
TEST(no_second_create_without_amcs_word)
{
	for (size_t i = 0; i < N_STEPS; i++) {
		const struct step *x = &steps[i];

		if (x->to == JOB_SENDING)
			CHECK(x->from == JOB_READY && x->event == JOB_EV_DONE);
		if (x->to == JOB_READY && x->from == JOB_SENDING)
			CHECK_INT(x->event, JOB_EV_LATER);
		if (x->to == JOB_READY && x->from == JOB_LOOKING)
			CHECK_INT(x->event, JOB_EV_ABSENT);
		if (x->from == JOB_RUNNING)
			CHECK(x->to == JOB_RUNNING || state_terminal(x->to));
	}
}

int main(void)
{
	RUN(every_pair);
	RUN(no_such_state_or_event);
	RUN(every_face);
	RUN(names_are_exact);
	RUN(every_state_can_end);
	RUN(no_second_create_without_amcs_word);
	return CHECK_DONE();
}
