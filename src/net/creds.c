/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While one thread searches, `busy` is set and nothing is locked; who has keys that
 * still hold uses them, who has none waits on the condition and shares the outcome.
 *
 * Ends are told in wall time, and so is the time of a signature, so the wall clock
 * is asked for both. How long a failure keeps others from asking again is counted
 * on the monotonic clock: a metadata service that is dead must not cost each
 * request its patience.
 *
 * Keys without an end that stand in files are looked up again now and then, since
 * files change: somebody's tool may write new session keys there.
 */
#include "net/creds.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/scope.h"
#include "net/creds_find.h"

#define EARLY_MS     300000
#define MARGIN_MS    10000  /* a request under way must still be in time */
#define RECHECK_MS   300000 /* keys without an end */
#define BACKOFF_MS   1000
#define BACKOFF_MAX  60000
#define PERMANENT_MS 5000 /* somebody may be mending it */

struct outcome {
	int err;
	struct awskeys_result res;
	struct problem problem;
};

struct creds {
	struct creds_opts o;

	pthread_mutex_t lock;
	pthread_cond_t done;
	struct {
		struct awskeys keys;
		uint64_t serial;       /* of keys; counts up */
		int64_t renew_at_ms;   /* wall */
		int64_t not_before_ms; /* monotonic: after a failure */
		unsigned failures;     /* in a row */
		bool busy;
		uint64_t rounds; /* searches that have ended */
		struct outcome last;
	} locked;
};

int creds_new(struct creds **out, const struct creds_opts *o)
{
	struct creds *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->o = *o;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->done, NULL);
	*out = c;
	return 0;
}

void creds_free(struct creds *c)
{
	if (!c)
		return;
	awskeys_fini(&c->locked.keys);
	pthread_cond_destroy(&c->done);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* --- all with the lock ------------------------------------------------------------- */

static bool holds(const struct creds *c, int64_t now)
{
	const struct awskeys *k = &c->locked.keys;

	return *k->id && (k->expires_ms == 0 || now < k->expires_ms - MARGIN_MS);
}

static int64_t rest_ms(const struct creds *c)
{
	return c->locked.not_before_ms - clock_mono_ms(c->o.clock);
}

static int hand_out(const struct creds *c, struct awskeys *out, uint64_t *serial,
		    struct awskeys_result *res)
{
	res->class = RETRY_DONE;
	*serial = c->locked.serial;
	return awskeys_copy(out, &c->locked.keys);
}

static int report(const struct creds *c, struct awskeys_result *res, struct problem *p)
{
	const struct outcome *o = &c->locked.last;

	*res = o->res;
	res->retry_after_ms = rest_ms(c) > 0 ? rest_ms(c) : 0;
	return problem_set(p, o->err, "%s", problem_text(&o->problem));
}

/* 1 when the caller has to search. */
static int wait_turn(struct creds *c, struct awskeys *out, uint64_t *serial,
		     struct awskeys_result *res, struct problem *p)
{
	uint64_t seen = c->locked.rounds;

	for (;;) {
		int64_t now = clock_wall_ms(c->o.clock);
		bool good = holds(c, now);
		bool resting = c->locked.last.err < 0 && rest_ms(c) > 0;
		bool due = !good || now >= c->locked.renew_at_ms;

		if (good && (!due || c->locked.busy || resting))
			return hand_out(c, out, serial, res);
		if (resting || (c->locked.rounds != seen && c->locked.last.err < 0))
			return report(c, res, p);
		if (!c->locked.busy)
			break;
		pthread_cond_wait(&c->done, &c->lock);
	}
	c->locked.busy = true;
	return 1;
}

static void keep(struct creds *c, const struct awskeys *fresh, int64_t now,
		 struct outcome *o)
{
	int64_t life = fresh->expires_ms - now;

	o->err = awskeys_copy(&c->locked.keys, fresh);
	if (o->err < 0)
		return;
	c->locked.serial++;
	c->locked.failures = 0;
	if (fresh->expires_ms == 0)
		c->locked.renew_at_ms = now + RECHECK_MS;
	else
		c->locked.renew_at_ms =
			fresh->expires_ms - (life / 10 < EARLY_MS ? life / 10 : EARLY_MS);
}

static void rest(struct creds *c, const struct outcome *o)
{
	const struct retry_policy pol = {BACKOFF_MS, BACKOFF_MAX};
	int64_t wait = PERMANENT_MS;

	c->locked.failures++;
	if (o->res.class == RETRY_TEMPORARY)
		wait = retry_wait_ms(&pol, c->locked.failures, o->res.retry_after_ms,
				     UINT32_MAX);
	c->locked.not_before_ms = clock_mono_ms(c->o.clock) + wait;
}

/* The outcome for all, and for the one who searched. */
static int publish(struct creds *c, const struct awskeys *fresh, int64_t now,
		   struct outcome *o, struct awskeys *out, uint64_t *serial,
		   struct awskeys_result *res, struct problem *p)
{
	SCOPE_LOCK(&c->lock);
	if (o->err == 0)
		keep(c, fresh, now, o);
	if (o->err < 0)
		rest(c, o);
	c->locked.last = *o;
	c->locked.rounds++;
	c->locked.busy = false;
	pthread_cond_broadcast(&c->done);
	if (!holds(c, now))
		return report(c, res, p);
	if (o->err < 0)
		log_warn("s3", "AWS keys cannot be renewed yet reason=\"%s\"",
			 problem_text(&o->problem));
	return hand_out(c, out, serial, res);
}

/* --- without it --------------------------------------------------------------------- */

/* A clock that is wrong makes fresh keys look old. Returns the time of the end. */
static int64_t search(struct creds *c, bool worked, struct awskeys *fresh,
		      struct outcome *o)
{
	int64_t now;

	o->err = creds_find(&c->o, worked, fresh, &o->res, &o->problem);
	now = clock_wall_ms(c->o.clock);
	if (o->err == -ERR_LOST_ANSWER) /* nothing was done that could be done twice */
		o->err = o->problem.err = -ERR_UNREACHABLE;
	if (o->err < 0 || fresh->expires_ms == 0 || now < fresh->expires_ms - MARGIN_MS)
		return now;
	o->res.class = RETRY_TEMPORARY;
	o->err = problem_set(
		&o->problem, -ERR_AUTH,
		"the AWS keys that were handed out have expired already; check "
		"this machine's clock and whoever hands them out");
	return now;
}

int creds_get(struct creds *c, struct awskeys *out, uint64_t *serial,
	      struct awskeys_result *res, struct problem *p)
{
	struct outcome o = {.res = {RETRY_PERMANENT, -1}};
	struct awskeys fresh = {0};
	int64_t now;
	bool worked;
	int r;

	*res = o.res;
	{
		SCOPE_LOCK(&c->lock);
		r = wait_turn(c, out, serial, res, p);
		worked = c->locked.serial > 0;
	}
	if (r <= 0)
		return r;
	now = search(c, worked, &fresh, &o);
	r = publish(c, &fresh, now, &o, out, serial, res, p);
	awskeys_fini(&fresh);
	return r;
}

bool creds_forget(struct creds *c, uint64_t serial)
{
	if (c->o.source == CREDS_FIXED)
		return false;
	SCOPE_LOCK(&c->lock);
	if (serial == c->locked.serial)
		awskeys_fini(&c->locked.keys);
	return true;
}
