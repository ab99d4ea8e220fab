/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts are numbered as they fill. The part being filled belongs to the caller's
 * thread; once full it is handed to a task and belongs to that. What the two
 * sides share stands in `locked`.
 *
 * A sync sends the unfinished part with its tail under the number that the full
 * part will have later: S3 lets a later part replace an earlier one of the same
 * number. While no part has been full yet, a sync is one PUT of the object; if
 * the file grows into a multipart upload after that, completing it replaces the
 * object, and a crash in between leaves what the last sync promised.
 *
 * When many files are written at once a part is full as soon as S3 takes it for
 * one: parts of 16 MiB in the hands of each writer would be too much memory.
 */
#include "job/staging.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "job/staging_priv.h"

int staging_new(struct staging **out, const struct staging_opts *o)
{
	struct staging *st = calloc(1, sizeof(*st));
	pthread_condattr_t mono;

	if (!st)
		return -ENOMEM;
	st->o = *o;
	st->bucket = strdup(o->bucket);
	st->key = strdup(o->key);
	st->tagging = o->tagging ? strdup(o->tagging) : NULL;
	buf_init(&st->part, o->part_bytes + STAGING_TAIL_MAX);
	st->next_number = 1;
	pthread_mutex_init(&st->begin_lock, NULL);
	pthread_mutex_init(&st->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&st->changed, &mono);
	pthread_condattr_destroy(&mono);
	if (!st->bucket || !st->key || (o->tagging && !st->tagging)) {
		staging_free(st);
		return -ENOMEM;
	}
	*out = st;
	return 0;
}

static int failed(struct staging *st, struct problem *p)
{
	SCOPE_LOCK(&st->lock);

	if (st->locked.failed.err != 0 && p && p->err == 0)
		*p = st->locked.failed;
	return st->locked.failed.err;
}

int staging_room(struct staging *st, bool (*interrupted)(void *ctx), void *ctx,
		 struct problem *p)
{
	for (;;) {
		int r = failed(st, p);

		if (r < 0)
			return r;
		/* tasks end by themselves within patience_ms of a standstill */
		r = uploader_room(st->o.uploader, st->o.patience_ms, interrupted, ctx);
		if (r != -ETIMEDOUT)
			return r < 0 ? r : failed(st, p);
	}
}

/* Hands the bytes to the uploader; unless they are only lent, they are its own
 * when this returns 0. */
static int submit(struct staging *st, unsigned number, const struct buf *body, bool lent,
		  struct problem *p)
{
	struct carry *c;

	if (number > S3_MAX_PARTS)
		return problem_set(
			p, -ERR_STAGING,
			"the object would need more than %d parts; raise part_size",
			S3_MAX_PARTS);
	c = calloc(1, sizeof(*c));
	if (!c)
		return problem_set(p, -ENOMEM, "out of memory");
	c->task.run = staging_carry;
	c->task.lane = st;
	c->st = st;
	c->number = number;
	c->body = *body;
	c->lent = lent;
	pthread_mutex_lock(&st->lock);
	c->next = st->locked.tasks;
	st->locked.tasks = c;
	pthread_mutex_unlock(&st->lock);
	uploader_submit(st->o.uploader, &c->task);
	return 0;
}

static int submit_part(struct staging *st, struct problem *p)
{
	int r = submit(st, st->next_number++, &st->part, false, p);

	if (r == 0)
		buf_init(&st->part, st->o.part_bytes + STAGING_TAIL_MAX);
	return r;
}

/* Small parts may use up half of the numbers only, so that a large object still
 * gets as large as anybody needs it. */
static size_t full_size(const struct staging *st)
{
	if (st->o.part_bytes <= S3_MIN_PART_BYTES || st->next_number > S3_MAX_PARTS / 2 ||
	    !uploader_tight(st->o.uploader))
		return st->o.part_bytes;
	return S3_MIN_PART_BYTES;
}

int staging_add(struct staging *st, const void *p, size_t n, struct problem *prob)
{
	const char *at = p;
	int r = failed(st, prob);

	while (r == 0 && n > 0) {
		size_t full = full_size(st);
		size_t take = full > st->part.n ? full - st->part.n : 0;

		take = n < take ? n : take;
		r = buf_add(&st->part, at, take);
		if (r < 0)
			return problem_set(prob, r,
					   "out of memory for a part of %zu bytes",
					   st->o.part_bytes);
		at += take;
		n -= take;
		st->added += take;
		uploader_hold(st->o.uploader, take);
		if (st->part.n >= full)
			r = submit_part(st, prob);
	}
	return r;
}

static int wait_idle(struct staging *st, struct problem *p)
{
	pthread_mutex_lock(&st->lock);
	/* one failure is enough: each task on its own would have as much patience */
	while (st->locked.tasks && st->locked.failed.err == 0)
		pthread_cond_wait(&st->changed, &st->lock);
	pthread_mutex_unlock(&st->lock);
	return failed(st, p);
}

/* n: how many parts the object has now. An earlier, longer tail may have left
 * one more in S3, which completing then leaves out. */
static int describe(struct staging *st, size_t n, uint64_t bytes, struct job_object *o)
{
	SCOPE_LOCK(&st->lock);
	struct job_part *parts = NULL;
	int r = job_set(&o->bucket, st->bucket);

	if (r == 0)
		r = job_set(&o->key, st->key);
	if (r == 0)
		r = job_set(&o->upload_id, st->locked.upload_id);
	if (r == 0 && n > 0) {
		parts = malloc(n * sizeof(*parts));
		if (!parts)
			return -ENOMEM;
		memcpy(parts, st->locked.parts, n * sizeof(*parts));
	}
	if (r < 0)
		return r;
	free(o->parts);
	o->parts = parts;
	o->n_parts = n;
	o->bytes = bytes;
	o->present = st->locked.put;
	return 0;
}

/* The body of a sync: the part so far and the tail, sent from where the part is,
 * as many writers that flush at once could not all have a copy. Until the tasks
 * have ended nothing is added; after a failure nothing ever is. */
static int send_tail(struct staging *st, unsigned number, const void *tail, size_t n,
		     struct problem *p)
{
	size_t before = st->part.n;
	int r = buf_add(&st->part, tail, n);

	if (r < 0)
		return problem_set(p, r, "out of memory for the last part");
	r = submit(st, number, &st->part, true, p);
	if (r == 0)
		r = wait_idle(st, p);
	st->part.n = before;
	return r;
}

int staging_sync(struct staging *st, const void *tail, size_t n, struct job_object *o,
		 struct problem *p)
{
	bool whole = st->next_number == 1;
	bool rest = st->part.n + n > 0;
	int r = failed(st, p);

	if (r == 0 && (whole || rest))
		r = send_tail(st, whole ? 0 : st->next_number, tail, n, p);
	if (r == 0)
		r = wait_idle(st, p);
	if (r == 0)
		r = describe(st, st->next_number - 1 + (!whole && rest), st->added + n,
			     o);
	return r;
}

uint64_t staging_bytes(const struct staging *st)
{
	return st->added;
}

void staging_free(struct staging *st)
{
	if (!st)
		return;
	atomic_store(&st->cancel, true);
	pthread_mutex_lock(&st->lock);
	pthread_cond_broadcast(&st->changed);
	for (struct carry *c = st->locked.tasks, *next; c; c = next) {
		next = c->next;
		if (uploader_withdraw(st->o.uploader, &c->task))
			staging_carried(st, c);
	}
	while (st->locked.tasks)
		pthread_cond_wait(&st->changed, &st->lock);
	pthread_mutex_unlock(&st->lock);
	pthread_cond_destroy(&st->changed);
	pthread_mutex_destroy(&st->lock);
	pthread_mutex_destroy(&st->begin_lock);
	uploader_let_go(st->o.uploader, st->part.n);
	buf_fini(&st->part);
	free(st->locked.parts);
	free(st->tagging);
	free(st->key);
	free(st->bucket);
	free(st);
}
