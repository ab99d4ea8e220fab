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
 * Tasks retry by themselves, until nothing at all was taken for patience_ms.
 */
#include "job/staging.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/scope.h"
#include "net/retry.h"

/* A tail is the last gzip block and perhaps one row: far below this. */
#define TAIL_MAX (64u << 20)

struct carry {
	struct uploader_task task;
	struct staging *st;
	struct buf body;
	unsigned number; /* 0 = PUT of the whole object */
	struct carry *next;
};

struct staging {
	struct staging_opts o;
	char *bucket, *key, *tagging;
	atomic_bool cancel;

	/* the caller's thread alone */
	struct buf part;
	unsigned next_number;
	uint64_t added;

	pthread_mutex_t begin_lock; /* one thread opens the multipart upload */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct {
		char upload_id[S3_UPLOAD_ID_CHARS]; /* "" = not begun */
		struct job_part *parts;		    /* by number - 1 */
		size_t cap_parts;
		bool put;	     /* the object lies there whole */
		struct carry *tasks; /* submitted, not ended */
		int64_t progress_ms; /* monotonic time of the last success */
		struct problem failed;
	} locked;
};

static const struct retry_policy part_policy = {.first_ms = 250, .max_ms = 15000};

/* True when the wait was cut short by the end of the staging. */
static bool nap(struct staging *st, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
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
		if (atomic_load(&st->cancel))
			return problem_set(p, -ERR_STOPPING, "staging was ended");
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
			return problem_set(p, -ERR_STOPPING, "staging was ended");
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

static void end_carry(struct staging *st, struct carry *c)
{
	struct carry **at = &st->locked.tasks;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	buf_fini(&c->body);
	free(c);
	pthread_cond_broadcast(&st->changed);
}

static void run_carry(struct uploader_task *t)
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
	end_carry(st, c);
}

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
	buf_init(&st->part, o->part_bytes + TAIL_MAX);
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

/* Hands the buffer to the uploader; body is emptied. */
static int submit(struct staging *st, unsigned number, struct buf *body,
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
	c->task.run = run_carry;
	c->task.lane = st;
	c->st = st;
	c->number = number;
	c->body = *body;
	buf_init(body, st->o.part_bytes + TAIL_MAX);
	pthread_mutex_lock(&st->lock);
	c->next = st->locked.tasks;
	st->locked.tasks = c;
	pthread_mutex_unlock(&st->lock);
	uploader_submit(st->o.uploader, &c->task);
	return 0;
}

int staging_add(struct staging *st, const void *p, size_t n, struct problem *prob)
{
	const char *at = p;
	int r = failed(st, prob);

	while (r == 0 && n > 0) {
		size_t take = st->o.part_bytes - st->part.n;

		take = n < take ? n : take;
		r = buf_add(&st->part, at, take);
		if (r < 0)
			return problem_set(prob, r,
					   "out of memory for a part of %zu bytes",
					   st->o.part_bytes);
		at += take;
		n -= take;
		st->added += take;
		if (st->part.n == st->o.part_bytes)
			r = submit(st, st->next_number++, &st->part, prob);
	}
	return r;
}

static int wait_idle(struct staging *st, struct problem *p)
{
	pthread_mutex_lock(&st->lock);
	while (st->locked.tasks)
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

/* The body of a sync: the part so far and the tail. The part itself is moved
 * and copied back rather than kept twice. */
static int send_tail(struct staging *st, unsigned number, const void *tail, size_t n,
		     struct problem *p)
{
	_cleanup_buf_ struct buf body = BUF_INIT(st->o.part_bytes + TAIL_MAX);
	int r = buf_reserve(&body, st->part.n + n);

	if (r == 0)
		r = buf_add(&body, st->part.p, st->part.n);
	if (r == 0)
		r = buf_add(&body, tail, n);
	if (r < 0)
		return problem_set(p, r, "out of memory for the last part");
	return submit(st, number, &body, p);
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
			end_carry(st, c);
	}
	while (st->locked.tasks)
		pthread_cond_wait(&st->changed, &st->lock);
	pthread_mutex_unlock(&st->lock);
	pthread_cond_destroy(&st->changed);
	pthread_mutex_destroy(&st->lock);
	pthread_mutex_destroy(&st->begin_lock);
	buf_fini(&st->part);
	free(st->locked.parts);
	free(st->tagging);
	free(st->key);
	free(st->bucket);
	free(st);
}
