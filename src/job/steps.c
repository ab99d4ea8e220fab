/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each action asks the network one thing and returns an event; step_run() turns
 * it into the next state and stores that before anything else is done. When the
 * store fails, the job is ahead of it (`unsaved`) and nothing is done until it
 * has caught up: an accepted upload is never forgotten while we run, and after
 * a crash the state before the request (SENDING) makes us look, not send.
 */
#include "job/steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "job/ingest.h"
#include "job/steps_priv.h"
#include "job/tempname.h"

#define SAVE_RETRY_MS 2000

static const struct retry_policy policy = {.first_ms = 1000, .max_ms = 300000};

void step_fini(struct step *s)
{
	job_fini(&s->job);
}

int64_t step_later_ms(struct step *s, int64_t after_ms)
{
	uint32_t chance = 0;

	errcode_ignore(crypto_random(&chance, sizeof(chance))); /* 0 will do */
	return retry_wait_ms(&policy, ++s->failures, after_ms, chance);
}

/* --- the step ------------------------------------------------------------ */

static struct step_outcome do_admit(struct step *s)
{
	s->job.attempts++;
	if (s->job.sent_ms == 0)
		s->job.sent_ms = clock_wall_ms(s->e->clock);
	s->absences = 0;
	return (struct step_outcome){.ev = JOB_EV_DONE};
}

/* A rest is over. The verdict of the file's end counts only now: until here,
 * writing on could have changed it. */
static struct step_outcome do_rest(struct step *s)
{
	struct step_outcome out = {.ev = JOB_EV_SETTLED};
	const struct job *j = &s->job;

	if (j->state == JOB_HELD) {
		out.ev = JOB_EV_EXPIRED;
		problem_set(
			&out.why, -ERR_INTERRUPTED,
			"the file kept its temporary name for longer than hold_timeout; "
			"copy it again under its final name");
	} else if (j->verdict < 0) {
		out.ev = ingest_failure_event(j->verdict);
		problem_set(&out.why, j->verdict, "%s", j->verdict_note);
	}
	return out;
}

static struct step_outcome act(struct step *s)
{
	switch (state_action(s->job.state)) {
	case JOB_ACT_WAIT:
		return do_rest(s);
	case JOB_ACT_COMPLETE:
		return step_complete(s);
	case JOB_ACT_ADMIT:
		return do_admit(s);
	case JOB_ACT_CREATE:
		return step_create(s);
	case JOB_ACT_LOOK:
		return step_look(s);
	case JOB_ACT_POLL:
		return step_poll(s);
	case JOB_ACT_SWEEP:
		return step_sweep(s);
	case JOB_ACT_FORGET:
	case JOB_ACT_NONE:
		break;
	}
	return (struct step_outcome){.ev = JOB_EV_DONE};
}

static int save(struct step *s, struct problem *p)
{
	struct job *j = &s->job;
	int r;

	if (j->state == JOB_GONE)
		r = board_remove(s->e->board, j->id, p);
	else
		r = board_put(s->e->board, j, p);
	s->unsaved = r < 0;
	if (r < 0)
		health_bad(s->e->health, HEALTH_STORE, p);
	else
		health_good(s->e->health, HEALTH_STORE);
	return r;
}

static bool keeps_error(enum job_event ev)
{
	return ev == JOB_EV_LATER || ev == JOB_EV_UNSURE || ev == JOB_EV_REFUSED ||
	       ev == JOB_EV_AMC_FAIL || ev == JOB_EV_EXPIRED || ev == JOB_EV_BAD_INPUT ||
	       ev == JOB_EV_BROKEN;
}

static bool sweeping(enum job_state s)
{
	return state_action(s) == JOB_ACT_SWEEP;
}

/* The error of a job that goes on is the latest obstacle; that of one that has
 * failed or been rejected is the reason, and sweeping does not change it. */
static int note_outcome(struct step *s, enum job_state from,
			const struct step_outcome *out)
{
	struct job *j = &s->job;

	j->next_attempt_ms = 0;
	if (out->ev == JOB_EV_LATER && !state_terminal(from))
		j->next_attempt_ms = clock_wall_ms(s->e->clock) + out->wait_ms;
	if (sweeping(from))
		return 0;
	if (keeps_error(out->ev))
		return out->why.err != 0 ? job_fail(j, &out->why) : 0;
	job_clear_error(j);
	return 0;
}

static void log_outcome(const struct step *s, enum job_state from,
			const struct step_outcome *out)
{
	const struct job *j = &s->job;

	if (out->ev == JOB_EV_LATER && out->why.err != 0)
		log_info("job", "later job=%s state=%s wait_ms=%" PRId64 " reason=\"%s\"",
			 j->id, state_name(from), out->wait_ms, problem_text(&out->why));
	else if (from != j->state && out->why.err != 0)
		log_warn("job", "%s job=%s file=\"%s\" reason=\"%s\"",
			 state_shown(j->state), j->id, j->file, problem_text(&out->why));
	else if (from != j->state)
		log_info("job", "job=%s from=%s to=%s", j->id, state_name(from),
			 state_name(j->state));
}

/* Applies an outcome in memory; what it means for the store is the caller's. */
static int apply(struct step *s, const struct step_outcome *out)
{
	enum job_state from = s->job.state, to;
	int r = state_next(from, out->ev, s->job.clean, &to);

	if (r == 0)
		r = note_outcome(s, from, out);
	if (r < 0)
		return r;
	s->job.state = to;
	if (to != from)
		s->failures = 0;
	if (state_terminal(to) && s->job.finished_ms == 0)
		s->job.finished_ms = clock_wall_ms(s->e->clock);
	log_outcome(s, from, out);
	return 0;
}

int64_t step_run(struct step *s)
{
	struct problem p = {0};
	struct step_outcome out;

	if (s->unsaved)
		return save(s, &p) < 0 ? SAVE_RETRY_MS : 0;
	out = act(s);
	if (apply(s, &out) < 0) {
		log_error("job", "job=%s state=%s cannot take its next step", s->job.id,
			  state_name(s->job.state));
		return SAVE_RETRY_MS;
	}
	if (save(s, &p) < 0) {
		log_error("job", "job=%s is not stored yet: %s", s->job.id,
			  problem_text(&p));
		return SAVE_RETRY_MS;
	}
	return out.wait_ms;
}

int step_save(struct step *s, struct problem *p)
{
	int r = save(s, p);

	s->unsaved = false; /* the caller is told: nothing to catch up */
	return r;
}

int step_event(struct step *s, enum job_event ev, struct problem *p)
{
	struct step_outcome out = {.ev = ev};
	enum job_state from = s->job.state;
	int r = apply(s, &out);

	if (r == 0)
		r = step_save(s, p);
	if (r < 0)
		s->job.state = from;
	return r;
}

int step_fail(struct step *s, const struct problem *why)
{
	struct problem p = {0};
	int r = job_fail(&s->job, why);
	enum job_state from = s->job.state;

	if (r == 0)
		r = state_next(from, ingest_failure_event(why->err), s->job.clean,
			       &s->job.state);
	if (r == 0)
		r = step_save(s, &p);
	if (r < 0)
		s->job.state = from;
	else
		log_warn("job", "%s job=%s file=\"%s\" reason=\"%s\"",
			 state_shown(s->job.state), s->job.id, s->job.file,
			 problem_text(why));
	return r;
}

int step_restart(struct engine *e, struct job *j, struct problem *p)
{
	struct step s = {.e = e, .job = *j};
	struct problem why = {0};
	const struct settings_upload *up =
		settings_upload_for(e->settings, j->instance, j->dataset);
	bool temporary = tempname_is(j->file, up->ignore);
	int r = 0;

	if (j->state != JOB_RECEIVING && !(j->state == JOB_SETTLING && j->verdict < 0)) {
		r = step_event(&s, JOB_EV_RESTARTED, p);
	} else if (j->state == JOB_RECEIVING && !j->last_close) {
		problem_set(
			&why, -ERR_INTERRUPTED,
			"amcfs ended while the file was being written; copy it again");
		s.job.object.present = true; /* perhaps, by a flush cut short */
		r = step_fail(&s, &why);
	} else if (j->verdict < 0) {
		problem_set(&why, j->verdict, "%s", j->verdict_note);
		r = step_fail(&s, &why);
	} else {
		if (temporary)
			s.job.hold_until_ms =
				clock_wall_ms(e->clock) + e->settings->mount.hold_ms;
		else
			r = store_next_order(e->store, &s.job.order, p);
		if (r == 0)
			r = step_event(&s, temporary ? JOB_EV_CLOSED_TEMP : JOB_EV_CLOSED,
				       p);
	}
	*j = s.job;
	return r;
}
