/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The uploader's side of staging: tasks retry by themselves until nothing at all
 * was taken for patience_ms. The first of them opens the multipart upload; the
 * others wait for it.
 */
#include "job/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/scope.h"
#include "job/staging_priv.h"
#include "net/retry.h"

static const struct retry_policy part_policy = {.first_ms = 250, .max_ms = 15000};

/* True when the wait was cut short by the end of the staging. */
static bool nap(struct staging *st, int64_t ms)
{
	struct timespec until;

	until = clock_deadline(ms);
	SCOPE_LOCK(&st->lock);
	while (!atomic_load(&st->cancel)) {
		if (pthread_cond_timedwait(&st->changed, &st->lock, &until) == ETIMEDOUT)
			return false;
	}
	return true;
}

static int64_t stalled_ms(struct staging *st, int64_t since)
{
	int64_t now = clock_mono_ms(st->o.clock);

	SCOPE_LOCK(&st->lock);
	if (st->locked.progress_ms > since)
		since = st->locked.progress_ms;
	return now - since;
}

static void progress(struct staging *st, uint64_t bytes)
{
	SCOPE_LOCK(&st->lock);

	st->locked.progress_ms = clock_mono_ms(st->o.clock);
	health_good(st->o.health, HEALTH_S3);
	health_add_staged(st->o.health, bytes);
}

static int refuse_stopped(struct problem *p)
{
	return problem_set(p, -ERR_STOPPING,
			   "amcfs was stopped before S3 had the whole file; copy it "
			   "again");
}

/* Calls fn until it succeeds, fails for good, or patience is over. */
static int persist(struct staging *st, struct carry *c,
		   int (*fn)(struct staging *, struct carry *, struct s3_result *,
			     struct problem *),
		   struct problem *p)
{
	int64_t since = clock_mono_ms(st->o.clock);

	for (unsigned attempt = 1;; attempt++) {
		struct s3_result res = {0};
		struct problem now = {0};
		uint32_t chance = 0;
		int64_t wait;
		int r = fn(st, c, &res, &now);

		if (r == 0)
			return 0;
		if (r == -ERR_STOPPING || atomic_load(&st->cancel))
			return refuse_stopped(p);
		health_bad(st->o.health, HEALTH_S3, &now);
		if (res.class == RETRY_PERMANENT || res.class == RETRY_AUTH)
			return problem_set(p, -ERR_STAGING, "%s", problem_text(&now));
		errcode_ignore(crypto_random(&chance, sizeof(chance))); /* 0 will do */
		wait = retry_wait_ms(&part_policy, attempt, res.retry_after_ms, chance);
		if (stalled_ms(st, since) + wait > st->o.patience_ms)
			return problem_set(
				p, -ERR_STAGING,
				"S3 took nothing for %lld s (staging_timeout): %s",
				(long long)(st->o.patience_ms / 1000),
				problem_text(&now));
		log_info("s3",
			 "retry key=%s part=%u attempt=%u wait_ms=%lld reason=\"%s\"",
			 st->key, c->number, attempt, (long long)wait,
			 problem_text(&now));
		if (nap(st, wait))
			return refuse_stopped(p);
	}
}

static struct s3_place place(struct staging *st)
{
	return (struct s3_place){
		.bucket = st->bucket, .key = st->key, .cancel = &st->cancel};
}

static int try_begin(struct staging *st, struct carry *c, struct s3_result *res,
		     struct problem *p)
{
	struct s3_place at = place(st);
	char id[S3_UPLOAD_ID_CHARS];
	int r;

	(void)c; /* the same for every part */
	r = s3_begin(st->o.s3, &at, st->tagging, id, res, p);
	if (r < 0)
		return r;
	r = st->o.begun(st->o.ctx, id, p);
	if (r < 0) {
		res->class = RETRY_PERMANENT;
		return r;
	}
	SCOPE_LOCK(&st->lock);
	memcpy(st->locked.upload_id, id, sizeof(id));
	return 0;
}

static bool begun(struct staging *st)
{
	SCOPE_LOCK(&st->lock);

	return st->locked.upload_id[0] != '\0';
}

static int ensure_begun(struct staging *st, struct carry *c, struct problem *p)
{
	SCOPE_LOCK(&st->begin_lock);

	return begun(st) ? 0 : persist(st, c, try_begin, p);
}

static int note_part(struct staging *st, unsigned number, uint64_t bytes,
		     const char *etag)
{
	SCOPE_LOCK(&st->lock);

	if (number > st->locked.cap_parts) {
		size_t cap = st->locked.cap_parts ? st->locked.cap_parts * 2 : 16;
		struct job_part *more;

		while (cap < number)
			cap *= 2;
		more = realloc(st->locked.parts, cap * sizeof(*more));
		if (!more)
			return -ENOMEM;
		memset(more + st->locked.cap_parts, 0,
		       (cap - st->locked.cap_parts) * sizeof(*more));
		st->locked.parts = more;
		st->locked.cap_parts = cap;
	}
	st->locked.parts[number - 1].number = number;
	st->locked.parts[number - 1].bytes = bytes;
	(void)snprintf(st->locked.parts[number - 1].etag, S3_ETAG_CHARS, "%s", etag);
	return 0;
}

static int try_part(struct staging *st, struct carry *c, struct s3_result *res,
		    struct problem *p)
{
	struct s3_place at = place(st);
	char etag[S3_ETAG_CHARS];
	int r;

	if (c->number == 0) {
		r = s3_put(st->o.s3, &at, c->body.p, c->body.n, st->tagging, etag, res,
			   p);
		if (r < 0)
			return r;
		SCOPE_LOCK(&st->lock);
		st->locked.put = true;
		return 0;
	}
	r = s3_put_part(st->o.s3, &at, st->locked.upload_id, c->number, c->body.p,
			c->body.n, etag, res, p);
	if (r < 0)
		return r;
	r = note_part(st, c->number, c->body.n, etag);
	if (r < 0)
		res->class = RETRY_PERMANENT;
	return r;
}

void staging_carried(struct staging *st, struct carry *c)
{
	struct carry **at = &st->locked.tasks;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (!c->lent) {
		uploader_let_go(st->o.uploader, c->body.n);
		buf_fini(&c->body);
	}
	free(c);
	pthread_cond_broadcast(&st->changed);
}

void staging_carry(struct uploader_task *t)
{
	struct carry *c = (struct carry *)t; /* first member */
	struct staging *st = c->st;
	struct problem p = {0};
	uint64_t bytes = c->body.n;
	int r = 0;

	if (c->number > 0)
		r = ensure_begun(st, c, &p);
	if (r == 0)
		r = persist(st, c, try_part, &p);
	if (r == 0)
		progress(st, bytes);
	SCOPE_LOCK(&st->lock);
	if (r < 0 && st->locked.failed.err == 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		st->locked.failed = p;
	}
	staging_carried(st, c);
}
