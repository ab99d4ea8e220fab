/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Second thoughts: until a file has settled, or while it is held under a
 * temporary name, it can be written on, renamed and withdrawn. Later than that
 * the job is AMC's, and only its own steps move it.
 */
#include "job/runner.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "job/constant.h"
#include "job/ingest.h"
#include "job/runner_priv.h"

static struct task *find_task(struct runner *r, const char *id)
{
	struct task *t = r->locked.tasks;

	while (t && strcmp(t->step.job.id, id) != 0)
		t = t->next;
	return t;
}
bool runner_resting(const struct task *t)
{
	return !t->busy && !t->step.unsaved &&
	       (t->state == JOB_SETTLING || t->state == JOB_HELD);
}

struct ingest *runner_reclaim(struct runner *r, const char *id)
{
	struct ingest *in = NULL;
	struct problem p = {0};
	struct task *t;

	pthread_mutex_lock(&r->lock);
	t = find_task(r, id);
	if (!t || !runner_resting(t) || !t->ingest ||
	    step_event(&t->step, JOB_EV_REOPENED, &p) < 0) {
		pthread_mutex_unlock(&r->lock);
		return NULL;
	}
	runner_unlink(r, t);
	pthread_mutex_unlock(&r->lock);
	in = take_ptr(t->ingest);
	ingest_resume(in, &t->step.job);
	runner_task_free(t);
	return in;
}

int runner_withdraw(struct runner *r, const char *id)
{
	struct problem p = {0};
	struct task *t;
	int err = 0;

	SCOPE_LOCK(&r->lock);
	t = find_task(r, id);
	if (!t || t->state > JOB_RUNNING) /* over, though perhaps being swept */
		return 0;
	if (!runner_resting(t))
		return -EBUSY;
	err = step_event(&t->step, JOB_EV_WITHDRAWN, &p);
	t->state = t->step.job.state;
	t->due_ms = runner_now(r);
	pthread_cond_broadcast(&r->changed);
	return err;
}

static void swap_name(char **a, char **b)
{
	char *was = *a;

	*a = *b;
	*b = was;
}

/* The transition that a new name means; the job has the name already. */
static int take_name(struct runner *r, struct task *t, bool temporary, bool partial_mark,
		     struct problem *p)
{
	struct problem why = {0};
	int err;

	if (partial_mark && !temporary) {
		problem_set(
			&why, -ERR_INTERRUPTED,
			"rsync marked the file as partial (a modification time of 0); "
			"run rsync again");
		return step_fail(&t->step, &why);
	}
	if (temporary) {
		t->step.job.hold_until_ms =
			clock_wall_ms(r->e->clock) + r->e->settings->mount.hold_ms;
		return t->state == JOB_HELD ? step_save(&t->step, p)
					    : step_event(&t->step, JOB_EV_UNNAMED, p);
	}
	err = store_next_order(r->e->store, &t->step.job.order, p);
	return err < 0 ? err : step_event(&t->step, JOB_EV_NAMED, p);
}

int runner_may_rename(struct runner *r, const char *id, const char *file,
		      struct problem *p)
{
	const struct settings_dataset *ds;
	const struct job *j;
	struct task *t;

	SCOPE_LOCK(&r->lock);
	t = find_task(r, id);
	if (!t || !runner_resting(t))
		return 0;
	j = &t->step.job;
	ds = settings_dataset_for(r->e->settings, j->instance, j->dataset);
	return ds ? constant_rename(&ds->consts, ds->upload.ignore, j->file, file, p) : 0;
}

int runner_rename(struct runner *r, const char *id, const char *file, bool temporary,
		  bool partial_mark)
{
	struct problem p = {0};
	struct task *t;
	char *name;
	int err;

	SCOPE_LOCK(&r->lock);
	t = find_task(r, id);
	if (!t || !runner_resting(t))
		return 0;
	name = strdup(file);
	if (!name)
		return -ENOMEM;
	swap_name(&t->step.job.file, &name);
	err = take_name(r, t, temporary, partial_mark, &p);
	if (err < 0) /* not stored: the name is what it was */
		swap_name(&t->step.job.file, &name);
	free(name);
	t->state = t->step.job.state;
	runner_set_rest(r, t);
	pthread_cond_broadcast(&r->changed);
	return err;
}
