/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list of jobs under one lock; a few workers take whatever is due. A worker
 * owns a job while its `busy` is set and works on it without the lock. What an
 * action does stands in steps.c; here is only who does what when. The file is long
 * because whatever takes the lock stands here.
 */
#include "job/runner.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/scope.h"
#include "job/ingest.h"
#include "job/runner_priv.h"

#define WORKERS	      4
#define SAVE_RETRY_MS 2000

int runner_new(struct runner **out, struct engine *e)
{
	struct runner *r = calloc(1, sizeof(*r));
	pthread_condattr_t mono;

	if (!r)
		return -ENOMEM;
	r->e = e;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&r->changed, &mono);
	pthread_condattr_destroy(&mono);
	*out = r;
	return 0;
}

void runner_task_free(struct task *t)
{
	ingest_free(t->ingest);
	step_fini(&t->step);
	free(t);
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	for (struct task *t = r->locked.tasks, *next; t; t = next) {
		next = t->next;
		runner_task_free(t);
	}
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

int64_t runner_now(const struct runner *r)
{
	return clock_mono_ms(r->e->clock);
}

void runner_unlink(struct runner *r, struct task *t)
{
	struct task **at = &r->locked.tasks;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
}

/* When a resting state is over. */
void runner_set_rest(struct runner *r, struct task *t)
{
	const struct settings_mount *m = &r->e->settings->mount;
	int64_t now = runner_now(r);

	if (t->state == JOB_SETTLING) {
		t->due_ms = r->locked.stopping ? now : now + m->settle_ms;
	} else if (t->state == JOB_HELD) {
		int64_t left = t->step.job.hold_until_ms - clock_wall_ms(r->e->clock);

		t->due_ms = now + (left > 0 ? left : 0);
	} else {
		t->due_ms = now;
	}
	t->free_ms = now + m->settle_ms;
}

int runner_add(struct runner *r, struct job *j, struct ingest *in)
{
	struct task *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->step.e = r->e;
	t->step.job = *j;
	memset(j, 0, sizeof(*j));
	t->state = t->step.job.state;
	t->ingest = in;
	SCOPE_LOCK(&r->lock);
	runner_set_rest(r, t);
	t->next = r->locked.tasks;
	r->locked.tasks = t;
	pthread_cond_broadcast(&r->changed);
	return 0;
}

/* --- whose turn it is -------------------------------------------------- */

static bool same_dataset(const struct job *a, const struct job *b)
{
	return strcmp(a->instance, b->instance) == 0 &&
	       strcmp(a->dataset, b->dataset) == 0;
}

static bool before_amc(enum job_state s)
{
	return s == JOB_SETTLING || s == JOB_COMPLETING || s == JOB_READY ||
	       s == JOB_SENDING || s == JOB_LOOKING;
}

/* In the order in which the files ended; and what replaces rows runs alone, since
 * nothing says how AMC orders uploads that run side by side. */
static bool may_send(struct runner *r, const struct task *me)
{
	const struct job *j = &me->step.job;

	for (const struct task *t = r->locked.tasks; t; t = t->next) {
		const struct job *o = &t->step.job;

		if (t == me || !same_dataset(o, j))
			continue;
		if (before_amc(t->state) && o->order < j->order)
			return false;
		if (t->state == JOB_RUNNING && (j->strategy != STRATEGY_ADDITIVE ||
						o->strategy != STRATEGY_ADDITIVE))
			return false;
	}
	return true;
}

static bool is_due(struct runner *r, const struct task *t, int64_t now)
{
	if (t->busy || t->due_ms > now)
		return false;
	return t->step.unsaved || state_action(t->state) != JOB_ACT_ADMIT ||
	       may_send(r, t);
}

/* The next task to work on, or NULL with how long to wait. */
static struct task *next_task(struct runner *r, int64_t *wait_ms)
{
	int64_t now = runner_now(r);
	struct task *best = NULL;

	*wait_ms = 60000;
	for (struct task *t = r->locked.tasks; t; t = t->next) {
		if (is_due(r, t, now)) {
			if (!best || t->due_ms < best->due_ms)
				best = t;
		} else if (!t->busy && t->due_ms > now && t->due_ms - now < *wait_ms) {
			*wait_ms = t->due_ms - now;
		}
		if (!t->busy && t->ingest && t->free_ms > now &&
		    t->free_ms - now < *wait_ms)
			*wait_ms = t->free_ms - now;
	}
	return best;
}

/* --- workers ----------------------------------------------------------- */

/* A held file keeps its name for long, its memory only while appending is
 * likely. Called with the lock held; gives the ingest to be freed without it. */
static struct ingest *stale_ingest(struct runner *r)
{
	int64_t now = runner_now(r);

	for (struct task *t = r->locked.tasks; t; t = t->next) {
		if (!t->busy && t->ingest && t->free_ms <= now)
			return take_ptr(t->ingest);
	}
	return NULL;
}

static void work_on(struct runner *r, struct task *t)
{
	struct ingest *in = take_ptr(t->ingest);
	int64_t wait;

	t->busy = true;
	pthread_mutex_unlock(&r->lock);
	ingest_free(in);
	wait = step_run(&t->step);
	pthread_mutex_lock(&r->lock);
	t->busy = false;
	t->state = t->step.job.state;
	t->due_ms = runner_now(r) + wait;
	if (!t->step.unsaved && state_terminal(t->state)) {
		runner_unlink(r, t);
		runner_task_free(t);
	}
	pthread_cond_broadcast(&r->changed);
}

static void wait_changed(struct runner *r, int64_t ms)
{
	struct timespec until;

	until = clock_deadline(ms);
	(void)pthread_cond_timedwait(&r->changed, &r->lock, &until);
}

static void *worker(void *arg)
{
	struct runner *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->locked.stop) {
		int64_t wait_ms = 0;
		struct ingest *stale = stale_ingest(r);
		struct task *t = stale ? NULL : next_task(r, &wait_ms);

		if (stale) {
			pthread_mutex_unlock(&r->lock);
			ingest_free(stale);
			pthread_mutex_lock(&r->lock);
		} else if (t) {
			work_on(r, t);
		} else {
			wait_changed(r, wait_ms);
		}
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* --- start and stop ---------------------------------------------------- */

/* What the last run left: a file whose latest flush was a last close has ended,
 * with the verdict stored then; any other file in mid-air is interrupted. */
static int take_up(void *ctx, const struct job *stored)
{
	struct runner *r = ctx;
	struct job j = {0};
	struct problem p = {0};
	int err = job_copy(&j, stored);

	if (err == 0)
		err = step_restart(r->e, &j, &p);
	if (err == 0 && state_terminal(j.state)) {
		job_fini(&j);
		return 0;
	}
	if (err == 0)
		err = runner_add(r, &j, NULL);
	if (err < 0) {
		log_error("job", "job=%s cannot be carried on: %s", stored->id,
			  p.err ? problem_text(&p) : errcode_text(err));
		job_fini(&j);
	}
	/* a store that fails would fail for all: better not to start at all */
	return err == -ERR_STORE || err == -ENOSPC || err == -ENOMEM ? err : 0;
}

int runner_start(struct runner *r, struct problem *p)
{
	int err = store_unfinished(r->e->store, take_up, r, p);

	if (err < 0)
		return problem_set(p, err, "unfinished jobs cannot be read: %s",
				   errcode_text(err));
	for (int i = 0; i < RUNNER_WORKERS; i++) {
		err = pthread_create(&r->threads[i], NULL, worker, r);
		if (err != 0)
			return problem_set(p, -err, "no thread can be started");
		r->n_threads = i + 1;
	}
	return 0;
}

static size_t remaining(const struct runner *r, bool on_the_way_only)
{
	size_t n = 0;

	for (const struct task *t = r->locked.tasks; t; t = t->next) {
		enum job_state s = t->state;

		if (!on_the_way_only || (s != JOB_HELD && s != JOB_RUNNING) || t->busy)
			n++;
	}
	return n;
}

size_t runner_stop(struct runner *r, int64_t stop_ms)
{
	int64_t until = runner_now(r) + stop_ms;
	size_t left;

	pthread_mutex_lock(&r->lock);
	r->locked.stopping = true;
	for (struct task *t = r->locked.tasks; t; t = t->next) {
		if (t->state == JOB_SETTLING)
			t->due_ms = 0;
	}
	pthread_cond_broadcast(&r->changed);
	while (remaining(r, true) > 0 && runner_now(r) < until)
		wait_changed(r, until - runner_now(r));
	r->locked.stop = true;
	atomic_store(&r->e->cancel, true); /* a cut create request is looked for later */
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	for (int i = 0; i < r->n_threads; i++)
		pthread_join(r->threads[i], NULL);
	r->n_threads = 0;
	pthread_mutex_lock(&r->lock);
	left = remaining(r, false);
	pthread_mutex_unlock(&r->lock);
	return left;
}

void runner_kick(struct runner *r)
{
	SCOPE_LOCK(&r->lock);

	for (struct task *t = r->locked.tasks; t; t = t->next) {
		if (!t->busy && !runner_resting(t))
			t->due_ms = 0;
	}
	pthread_cond_broadcast(&r->changed);
}
