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
#include "job/engine.h"
#include "job/ingest.h"
#include "job/tempname.h"

#define SAVE_RETRY_MS	2000
#define POLL_GROWTH_MAX 10     /* the interval grows to so many times poll_interval */
#define SKEW_S		900    /* AMC's clock against ours, when looking in its list */
#define ABSENCES_NEEDED 2      /* its list may lag: believe it the second time */
#define NEWBORN_MS	300000 /* a fresh upload may be unknown for so long */

static const struct retry_policy policy = {.first_ms = 1000, .max_ms = 300000};

void step_fini(struct step *s)
{
	job_fini(&s->job);
}

/* What an action came to: the event, how long to wait, and why. */
struct outcome {
	enum job_event ev;
	int64_t wait_ms;
	struct problem why;
};

static int64_t later_ms(struct step *s, int64_t after_ms)
{
	uint32_t chance = 0;

	(void)crypto_random(&chance, sizeof(chance)); /* 0 will do */
	return retry_wait_ms(&policy, ++s->failures, after_ms, chance);
}

static struct s3_place place(const struct step *s)
{
	return (struct s3_place){.bucket = s->job.object.bucket,
				 .key = s->job.object.key};
}

/* --- S3 ---------------------------------------------------------------- */

/* NoSuchUpload: the parts were put together by a request whose answer was lost,
 * or somebody aborted the upload. The object's size tells which. */
static struct outcome completed_before(struct step *s, struct s3 *s3)
{
	struct outcome out = {.ev = JOB_EV_DONE};
	struct s3_place at = place(s);
	struct s3_result res = {0};
	uint64_t bytes = 0;
	int r = s3_head(s3, &at, &bytes, &res, &out.why);

	if (r == 0 && bytes == s->job.object.bytes)
		return out;
	if (r < 0 && r != -ERR_NOT_FOUND && res.class != RETRY_PERMANENT) {
		out.ev = JOB_EV_LATER;
		out.wait_ms = later_ms(s, res.retry_after_ms);
		return out;
	}
	problem_clear(&out.why);
	problem_set(&out.why, -ERR_STAGING,
		    "the staged parts in bucket %s were removed before AMC had them "
		    "(a lifecycle rule?); copy the file again",
		    s->job.object.bucket);
	out.ev = JOB_EV_REFUSED;
	return out;
}

static struct outcome do_complete(struct step *s)
{
	struct outcome out = {.ev = JOB_EV_DONE};
	struct job_object *o = &s->job.object;
	struct s3 *s3 = engine_s3(s->e, s->job.instance);
	struct s3_place at = place(s);
	struct s3_result res = {0};
	struct s3_part *parts;
	int r;

	if (!o->upload_id[0] || o->n_parts == 0)
		return out; /* one PUT made it whole */
	parts = calloc(o->n_parts, sizeof(*parts));
	if (!parts) {
		out.ev = JOB_EV_LATER;
		out.wait_ms = later_ms(s, -1);
		problem_set(&out.why, -ENOMEM, "out of memory");
		return out;
	}
	for (size_t i = 0; i < o->n_parts; i++) {
		parts[i].number = o->parts[i].number;
		memcpy(parts[i].etag, o->parts[i].etag, sizeof(parts[i].etag));
	}
	r = s3_complete(s3, &at, o->upload_id, parts, o->n_parts, &res, &out.why);
	free(parts);
	if (r == -ERR_NOT_FOUND) {
		problem_clear(&out.why);
		out = completed_before(s, s3);
	} else if (r < 0) {
		health_bad(s->e->health, HEALTH_S3, &out.why);
		out.ev = res.class == RETRY_PERMANENT ? JOB_EV_REFUSED : JOB_EV_LATER;
		out.wait_ms = later_ms(s, res.retry_after_ms);
	}
	if (out.ev == JOB_EV_DONE) {
		o->present = true;
		o->upload_id[0] = '\0';
	} else if (out.ev == JOB_EV_REFUSED) {
		out.why.err = -ERR_STAGING;
	}
	return out;
}

static struct outcome do_sweep(struct step *s)
{
	struct outcome out = {.ev = JOB_EV_DONE};
	struct job_object *o = &s->job.object;
	struct s3 *s3 = engine_s3(s->e, s->job.instance);
	struct s3_place at = place(s);
	struct s3_result res = {0};
	int r = 0;

	if (o->upload_id && o->upload_id[0])
		r = s3_abort(s3, &at, o->upload_id, &res, &out.why);
	/* rows counted: a PUT may have been made though its answer was lost */
	if (r == 0 && (o->present || s->job.rows_out > 0))
		r = s3_delete(s3, &at, &res, &out.why);
	if (r == 0) {
		o->present = false;
		return out;
	}
	if (res.class == RETRY_PERMANENT || res.class == RETRY_AUTH) {
		log_warn("job",
			 "job=%s staged data stays in bucket=%s key=%s reason=\"%s\"",
			 s->job.id, o->bucket, o->key, problem_text(&out.why));
		out.ev = JOB_EV_REFUSED;
	} else {
		out.ev = JOB_EV_LATER;
	}
	out.wait_ms = later_ms(s, res.retry_after_ms);
	return out;
}

/* --- AMC --------------------------------------------------------------- */

/* Who owns the instance is the catalog's knowledge; without it we wait. */
static bool find_owner(struct step *s, struct amc_as *as,
		       const struct catalog_view **view, struct outcome *out)
{
	const struct catalog_instance *in;

	*view = catalog_get(s->e->catalog);
	in = catalog_instance(*view, s->job.instance);
	if (in) {
		*as = (struct amc_as){in->account_id, in->marketplace_id};
		return true;
	}
	catalog_put(*view);
	problem_set(
		&out->why, -ERR_NOT_FOUND,
		"the AMC account of instance %s is not known yet: AMC could not be asked, "
		"or the account no longer has the instance",
		s->job.instance);
	out->ev = JOB_EV_LATER;
	out->wait_ms = later_ms(s, -1);
	return false;
}

static struct amc_upload upload_of(const struct step *s)
{
	return (struct amc_upload){
		.instance = s->job.instance,
		.dataset = s->job.dataset,
		.strategy = settings_strategy_name(s->job.strategy),
		.country = s->job.country,
		.gzip = s->job.gzip,
		.bucket = s->job.object.bucket,
		.key = s->job.object.key,
	};
}

static void tell_health(struct step *s, int r, const struct problem *p)
{
	if (r == 0)
		health_good(s->e->health, HEALTH_AMC);
	else
		health_bad(s->e->health, r == -ERR_AUTH ? HEALTH_LOGIN : HEALTH_AMC, p);
}

static int note_status(struct step *s, const struct amc_status *st)
{
	struct job *j = &s->job;
	int r = 0;

	if (st->id[0])
		r = job_set(&j->amc_id, st->id);
	if (r == 0)
		r = job_set(&j->amc_status, st->status);
	if (r == 0 && st->message[0])
		r = job_set(&j->amc_message, st->message);
	if (r == 0 && st->metrics) {
		json_free(j->amc_metrics);
		j->amc_metrics = json_copy(st->metrics);
	}
	return r;
}

static struct outcome accepted(struct step *s, const struct amc_status *st)
{
	struct outcome out = {.ev = JOB_EV_DONE};

	/* Out of memory here would lose the id of what AMC accepted: look for it
	 * again instead. */
	if (note_status(s, st) < 0)
		out.ev = JOB_EV_UNSURE;
	s->accepted_ms = clock_wall_ms(s->e->clock);
	s->polls = 0;
	out.wait_ms = s->e->settings->mount.poll_ms;
	log_info("amc", "accepted job=%s upload=%s", s->job.id, st->id);
	return out;
}

static struct outcome do_create(struct step *s)
{
	struct outcome out = {.ev = JOB_EV_LATER};
	const struct catalog_view *view = NULL;
	struct amc_upload up = upload_of(s);
	struct amc_status st = {0};
	struct amc_result res = {0};
	struct amc_as as;
	int r;

	if (!find_owner(s, &as, &view, &out))
		return out;
	r = amc_upload_create(s->e->amc, &as, &up, &st, &res, &out.why);
	catalog_put(view);
	tell_health(s, r, &out.why);
	if (r == 0) {
		out = accepted(s, &st);
	} else if (res.class == RETRY_UNSURE) {
		out.ev = JOB_EV_UNSURE;
		out.wait_ms = later_ms(s, -1);
	} else if (res.class == RETRY_PERMANENT && r != -ERR_AUTH) {
		out.ev = JOB_EV_REFUSED;
		out.why.err = -ERR_AMC_REFUSED;
	} else { /* refused credentials are mended by a person: the job waits */
		out.wait_ms = later_ms(s, res.retry_after_ms);
	}
	amc_status_fini(&st);
	return out;
}

static struct outcome do_look(struct step *s)
{
	struct outcome out = {.ev = JOB_EV_LATER};
	const struct catalog_view *view = NULL;
	struct amc_upload up = upload_of(s);
	struct amc_status st = {0};
	struct amc_result res = {0};
	struct amc_as as;
	int r;

	if (!find_owner(s, &as, &view, &out))
		return out;
	r = amc_upload_find(s->e->amc, &as, &up, s->job.sent_ms / 1000 - SKEW_S, &st,
			    &res, &out.why);
	catalog_put(view);
	if (r != -ERR_NOT_FOUND)
		tell_health(s, r, &out.why);
	if (r == 0) {
		out = accepted(s, &st);
	} else if (r != -ERR_NOT_FOUND) {
		out.wait_ms = later_ms(s, res.retry_after_ms);
	} else if (++s->absences < ABSENCES_NEEDED) {
		problem_clear(&out.why);
		out.wait_ms = s->e->settings->mount.poll_ms;
	} else {
		problem_clear(&out.why);
		out.ev = JOB_EV_ABSENT;
		log_info("amc",
			 "job=%s is not in AMC's list: the lost request did not arrive",
			 s->job.id);
	}
	amc_status_fini(&st);
	return out;
}

static int64_t poll_wait(struct step *s)
{
	int64_t base = s->e->settings->mount.poll_ms;
	int64_t wait = base;

	for (unsigned i = 0; i < s->polls && wait < base * POLL_GROWTH_MAX; i++)
		wait += wait / 2 + 1;
	s->polls++;
	return wait < base * POLL_GROWTH_MAX ? wait : base * POLL_GROWTH_MAX;
}

static struct outcome polled(struct step *s, const struct amc_status *st)
{
	struct outcome out = {.ev = JOB_EV_LATER, .wait_ms = poll_wait(s)};

	if (note_status(s, st) < 0) {
		problem_set(&out.why, -ENOMEM, "out of memory");
		return out;
	}
	s->failures = 0;
	if (st->phase == AMC_SUCCEEDED)
		out.ev = JOB_EV_AMC_DONE;
	if (st->phase == AMC_FAILED) {
		out.ev = JOB_EV_AMC_FAIL;
		problem_set(&out.why, -ERR_AMC_FAILED, "AMC could not load the rows: %s",
			    st->message[0] ? st->message : "it gave no reason");
	}
	return out;
}

static struct outcome do_poll(struct step *s)
{
	struct outcome out = {.ev = JOB_EV_LATER};
	const struct catalog_view *view = NULL;
	struct amc_status st = {0};
	struct amc_result res = {0};
	struct amc_as as;
	bool newborn;
	int r;

	if (!find_owner(s, &as, &view, &out))
		return out;
	r = amc_upload_get(s->e->amc, &as, s->job.instance, s->job.dataset, s->job.amc_id,
			   &st, &res, &out.why);
	catalog_put(view);
	tell_health(s, r, &out.why);
	newborn = clock_wall_ms(s->e->clock) - s->accepted_ms < NEWBORN_MS;
	if (r == 0) {
		out = polled(s, &st);
	} else if (res.class == RETRY_PERMANENT && r != -ERR_AUTH &&
		   !(res.status == 404 && newborn)) {
		char why[sizeof(out.why.note)];

		(void)snprintf(why, sizeof(why), "%s", problem_text(&out.why));
		problem_clear(&out.why);
		problem_set(
			&out.why, -ERR_AMC_FAILED,
			"AMC accepted upload %s, but its outcome cannot be read; look it "
			"up in AMC before you copy the file again: %s",
			s->job.amc_id, why);
		out.ev = JOB_EV_REFUSED;
	} else {
		out.wait_ms = later_ms(s, res.retry_after_ms);
	}
	amc_status_fini(&st);
	return out;
}

/* --- the step ------------------------------------------------------------ */

static struct outcome do_admit(struct step *s)
{
	s->job.attempts++;
	if (s->job.sent_ms == 0)
		s->job.sent_ms = clock_wall_ms(s->e->clock);
	s->absences = 0;
	return (struct outcome){.ev = JOB_EV_DONE};
}

static struct outcome do_rest(struct step *s)
{
	struct outcome out = {.ev = JOB_EV_SETTLED};

	if (s->job.state == JOB_HELD) {
		out.ev = JOB_EV_EXPIRED;
		problem_set(
			&out.why, -ERR_INTERRUPTED,
			"the file kept its temporary name for longer than hold_timeout; "
			"copy it again under its final name");
	}
	return out;
}

static struct outcome act(struct step *s)
{
	switch (state_action(s->job.state)) {
	case JOB_ACT_WAIT:
		return do_rest(s);
	case JOB_ACT_COMPLETE:
		return do_complete(s);
	case JOB_ACT_ADMIT:
		return do_admit(s);
	case JOB_ACT_CREATE:
		return do_create(s);
	case JOB_ACT_LOOK:
		return do_look(s);
	case JOB_ACT_POLL:
		return do_poll(s);
	case JOB_ACT_SWEEP:
		return do_sweep(s);
	case JOB_ACT_FORGET:
	case JOB_ACT_NONE:
		break;
	}
	return (struct outcome){.ev = JOB_EV_DONE};
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
	       ev == JOB_EV_AMC_FAIL || ev == JOB_EV_EXPIRED;
}

static bool sweeping(enum job_state s)
{
	return state_action(s) == JOB_ACT_SWEEP;
}

/* The error of a job that goes on is the latest obstacle; that of one that has
 * failed or been rejected is the reason, and sweeping does not change it. */
static int note_outcome(struct step *s, enum job_state from, const struct outcome *out)
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
			const struct outcome *out)
{
	const struct job *j = &s->job;

	if (out->ev == JOB_EV_LATER && out->why.err != 0)
		log_info("job", "later job=%s state=%s wait_ms=%" PRId64 " reason=\"%s\"",
			 j->id, state_name(from), out->wait_ms, problem_text(&out->why));
	else if (from != j->state &&
		 (j->state == JOB_FAILED || j->state == JOB_SWEEPING_FAILED))
		log_warn("job", "failed job=%s file=\"%s\" reason=\"%s\"", j->id, j->file,
			 problem_text(&out->why));
	else if (from != j->state)
		log_info("job", "job=%s from=%s to=%s", j->id, state_name(from),
			 state_name(j->state));
}

/* Applies an outcome in memory; what it means for the store is the caller's. */
static int apply(struct step *s, const struct outcome *out)
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
	struct outcome out;

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
	struct outcome out = {.ev = ev};
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

	if (j->state != JOB_RECEIVING) {
		r = step_event(&s, JOB_EV_RESTARTED, p);
	} else if (!j->last_close) {
		problem_set(
			&why, -ERR_INTERRUPTED,
			"amcfs ended while the file was being written; copy it again");
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
