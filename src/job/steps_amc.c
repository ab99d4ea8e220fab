/* SPDX-License-Identifier: Apache-2.0 */
/* What a job's steps ask of AMC: take the upload, say whether it has it, say how
 * it is getting on. Only the first must never be repeated blindly. */
#include "job/steps_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define POLL_GROWTH_MAX 10     /* the interval grows to so many times poll_interval */
#define ABSENCES_NEEDED 2      /* its list may lag: believe it the second time */
#define NEWBORN_MS	300000 /* a fresh upload may be unknown for so long */

/* Who owns the instance is the catalog's knowledge; without it we wait. */
static bool find_owner(struct step *s, struct amc_as *as,
		       const struct catalog_view **view, struct step_outcome *out)
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
	out->wait_ms = step_later_ms(s, -1);
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

/* Login with Amazon refused us, not AMC: a person mends that, and the job waits. */
static bool no_token(int r, const struct amc_result *res)
{
	return r == -ERR_AUTH && res->status == 0;
}

static void tell_health(struct step *s, int r, const struct amc_result *res,
			const struct problem *p)
{
	if (r == 0)
		health_good(s->e->health, HEALTH_AMC);
	else
		health_bad(s->e->health, no_token(r, res) ? HEALTH_LOGIN : HEALTH_AMC, p);
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

static struct step_outcome accepted(struct step *s, const struct amc_status *st)
{
	struct step_outcome out = {.ev = JOB_EV_DONE};

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

struct step_outcome step_create(struct step *s)
{
	struct step_outcome out = {.ev = JOB_EV_LATER};
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
	tell_health(s, r, &res, &out.why);
	if (r == 0) {
		out = accepted(s, &st);
	} else if (res.class == RETRY_UNSURE) {
		out.ev = JOB_EV_UNSURE;
		out.wait_ms = step_later_ms(s, -1);
	} else if (!no_token(r, &res) &&
		   (res.class == RETRY_PERMANENT || res.class == RETRY_AUTH)) {
		out.ev = JOB_EV_REFUSED;
		out.why.err = -ERR_AMC_REFUSED;
	} else {
		out.wait_ms = step_later_ms(s, res.retry_after_ms);
	}
	amc_status_fini(&st);
	return out;
}

struct step_outcome step_look(struct step *s)
{
	struct step_outcome out = {.ev = JOB_EV_LATER};
	const struct catalog_view *view = NULL;
	struct amc_upload up = upload_of(s);
	struct amc_status st = {0};
	struct amc_result res = {0};
	struct amc_as as;
	int r;

	if (!find_owner(s, &as, &view, &out))
		return out;
	r = amc_upload_find(s->e->amc, &as, &up, s->job.sent_ms / 1000, &st, &res,
			    &out.why);
	catalog_put(view);
	if (r != -ERR_NOT_FOUND)
		tell_health(s, r, &res, &out.why);
	if (r == 0) {
		out = accepted(s, &st);
	} else if (r != -ERR_NOT_FOUND) {
		out.wait_ms = step_later_ms(s, res.retry_after_ms);
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

static struct step_outcome polled(struct step *s, const struct amc_status *st)
{
	struct step_outcome out = {.ev = JOB_EV_LATER, .wait_ms = poll_wait(s)};

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

struct step_outcome step_poll(struct step *s)
{
	struct step_outcome out = {.ev = JOB_EV_LATER};
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
	tell_health(s, r, &res, &out.why);
	if (s->accepted_ms == 0) /* after a restart it may be as young */
		s->accepted_ms = clock_wall_ms(s->e->clock);
	newborn = clock_wall_ms(s->e->clock) - s->accepted_ms < NEWBORN_MS;
	if (r == 0) {
		out = polled(s, &st);
	} else if (!no_token(r, &res) && res.class == RETRY_PERMANENT &&
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
		out.wait_ms = step_later_ms(s, res.retry_after_ms);
	}
	amc_status_fini(&st);
	return out;
}
