/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board - what is stored, overlaid with what is happening now
 *
 * The store is the truth; memory holds two things more. For each job that was
 * put here and is not over: a copy, so that a waiter need not ask the disk at
 * every turn. And where board_show() brought a newer picture than the stored
 * one: that picture, until the next board_put().
 *
 * updated_ms doubles as the version of a job: board_put() makes it grow with
 * each put, so a picture taken from an older version is recognised and ignored,
 * whichever thread comes late with it. A picture of a job that is not live is
 * ignored too: it is over, was removed, or was never stored.
 *
 * The store is never called with the board's lock held.
 */
#include "job/board.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "job/record.h"

#define BUCKETS	   1024
#define RECORD_MAX (16u << 20)

struct live {
	struct live *next;
	struct job job;
	int64_t version; /* updated_ms of the put that the copy stems from */
	bool shown;	 /* newer than what is stored */
};

struct board {
	struct store *store;
	const struct clock *clock;

	pthread_mutex_t lock;
	pthread_cond_t changed; /* on CLOCK_MONOTONIC */
	struct {
		struct live *bucket[BUCKETS];
		uint64_t puts;
	} locked;
};

int board_new(struct board **out, struct store *store, const struct clock *clock)
{
	struct board *b = calloc(1, sizeof(*b));
	pthread_condattr_t attr;

	if (!b)
		return -ENOMEM;
	b->store = store;
	b->clock = clock;
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&b->changed, &attr);
	pthread_condattr_destroy(&attr);
	*out = b;
	return 0;
}

static void live_free(struct live *l)
{
	if (!l)
		return;
	job_fini(&l->job);
	free(l);
}

void board_free(struct board *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (b->locked.bucket[i]) {
			struct live *l = b->locked.bucket[i];

			b->locked.bucket[i] = l->next;
			live_free(l);
		}
	}
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* --- the live jobs; the lock is held ------------------------------------ */

/* Where the job's pointer is, or would be. An id's tail is random. */
static struct live **find(struct board *b, const char *id)
{
	uint32_t h = 2166136261u;
	struct live **at;

	for (const char *c = id; *c; c++)
		h = (h ^ (unsigned char)*c) * 16777619u;
	at = &b->locked.bucket[h % BUCKETS];
	while (*at && strcmp((*at)->job.id, id) != 0)
		at = &(*at)->next;
	return at;
}

static void drop(struct board *b, const char *id)
{
	struct live **at = find(b, id);
	struct live *l = *at;

	if (!l)
		return;
	*at = l->next;
	live_free(l);
}

/* Takes l. */
static void keep(struct board *b, struct live *l)
{
	struct live **at;

	drop(b, l->job.id);
	at = find(b, l->job.id);
	l->next = NULL;
	*at = l;
}

static int live_new(struct live **out, const struct job *j)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l || job_copy(&l->job, j) < 0) {
		free(l);
		return -ENOMEM;
	}
	l->version = j->updated_ms;
	*out = l;
	return 0;
}

/* --- writing ------------------------------------------------------------ */

/* Grows with every put, also within a millisecond or when the clock steps back. */
static int64_t next_version(struct board *b, const struct job *j)
{
	int64_t now = clock_wall_ms(b->clock);

	return now > j->updated_ms ? now : j->updated_ms + 1;
}

static int put(struct board *b, struct job *j, const struct store_entry *e,
	       struct problem *p)
{
	int64_t before = j->updated_ms;
	struct live *l = NULL;
	int r = 0;

	j->updated_ms = next_version(b, j);
	if (!state_terminal(j->state))
		r = live_new(&l, j);
	if (r < 0)
		r = problem_set(p, r, "out of memory");
	if (r == 0)
		r = e ? store_put_both(b->store, j, e, p) : store_put(b->store, j, p);
	if (r < 0) {
		live_free(l);
		j->updated_ms = before;
		return r;
	}
	SCOPE_LOCK(&b->lock);
	if (l)
		keep(b, l);
	else
		drop(b, j->id);
	b->locked.puts++;
	pthread_cond_broadcast(&b->changed);
	return 0;
}

int board_put(struct board *b, struct job *j, struct problem *p)
{
	return put(b, j, NULL, p);
}

int board_put_both(struct board *b, struct job *j, const struct store_entry *e,
		   struct problem *p)
{
	return put(b, j, e, p);
}

void board_show(struct board *b, const struct job *j)
{
	struct live *l = NULL, *now;

	if (live_new(&l, j) < 0)
		return; /* no memory: the older picture stays */
	l->shown = true;
	l->job.updated_ms = next_version(b, j);
	SCOPE_LOCK(&b->lock);
	now = *find(b, j->id);
	if (!now || now->version > l->version)
		live_free(l);
	else
		keep(b, l);
}

int board_remove(struct board *b, const char *id, struct problem *p)
{
	int r = store_delete(b->store, id, p);

	if (r < 0)
		return r;
	SCOPE_LOCK(&b->lock);
	drop(b, id);
	b->locked.puts++;
	pthread_cond_broadcast(&b->changed);
	return 0;
}

/* --- reading ------------------------------------------------------------ */

/* The live picture of id where it is newer than what is stored: -ERR_NOT_FOUND
 * when it is not. */
static int overlay(struct board *b, const char *id, struct json **out)
{
	SCOPE_LOCK(&b->lock);
	const struct live *l = *find(b, id);

	return l && l->shown ? record_public(&l->job, out) : -ERR_NOT_FOUND;
}

struct listing {
	struct board *b;
	struct json *out;
};

static int list_stored(void *ctx, const char *id, struct slice text)
{
	struct listing *li = ctx;
	struct json *record = NULL;
	int r = overlay(li->b, id, &record);

	if (r == -ERR_NOT_FOUND)
		r = json_parse(text, &record, NULL);
	if (r == 0)
		json_push(li->out, record);
	/* one record that cannot be read does not hide the others */
	return r == -ENOMEM ? r : 0;
}

int board_list(struct board *b, const char *instance, const char *dataset, uid_t uid,
	       size_t limit, struct json **out, struct problem *p)
{
	struct listing li = {b, json_array()};
	int r = store_records(b->store, instance, dataset, uid, limit, list_stored, &li,
			      p);

	if (r < 0) {
		json_free(li.out);
		return problem_set(p, r, "the jobs cannot be listed: %s",
				   errcode_text(r));
	}
	*out = li.out;
	return 0;
}

int board_record(struct board *b, const char *id, struct json **out, struct problem *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT(RECORD_MAX);
	int r = overlay(b, id, out);

	if (r != -ERR_NOT_FOUND)
		return r;
	r = store_record(b->store, id, &text, p);
	return r < 0 ? r : json_parse(buf_slice(&text), out, p);
}

int board_counts(struct board *b, uint64_t by_state[JOB_STATE_COUNT], struct problem *p)
{
	return store_counts(b->store, by_state, p); /* a picture changes no state */
}

/* --- waiting ------------------------------------------------------------ */

/* A sweep does not change what came of the job, so nobody waits for it. */
static bool reached(enum job_state s, bool finished)
{
	if (state_terminal(s) || state_hidden(s))
		return true;
	switch (s) {
	case JOB_SWEEPING_DONE:
	case JOB_SWEEPING_FAILED:
	case JOB_SWEEPING_REJECTED:
		return true;
	case JOB_RUNNING:
		return !finished;
	default:
		return false;
	}
}

/* 1: reached, copy given; 0: not yet; negative: failed. *puts is the board's
 * count of changes before the look. */
static int look(struct board *b, const char *id, bool finished, struct job *out,
		uint64_t *puts)
{
	struct job stored = {0};
	int r;

	pthread_mutex_lock(&b->lock);
	const struct live *l = *find(b, id);
	bool live = l != NULL;

	*puts = b->locked.puts;
	r = live && reached(l->job.state, finished) ? job_copy(&stored, &l->job) : 0;
	pthread_mutex_unlock(&b->lock);
	if (!live)
		r = store_get(b->store, id, &stored, NULL);
	if (r < 0)
		return r;
	if (!stored.id[0] || !reached(stored.state, finished)) {
		job_fini(&stored);
		return 0;
	}
	if (state_hidden(stored.state)) {
		job_fini(&stored);
		return -ERR_NOT_FOUND; /* withdrawn: nothing will come of it */
	}
	*out = stored;
	return 1;
}

int board_wait(struct board *b, const char *id, bool finished, int64_t timeout_ms,
	       struct job *out)
{
	const int64_t longest = INT64_C(366) * 86400 * 1000;
	int64_t wait_ms = timeout_ms < 0 || timeout_ms > longest ? longest : timeout_ms;
	/* the kernel's clock, whatever the board's is: the condition knows no other */
	int64_t until = clock_mono_ms(&clock_real) + wait_ms;
	const struct timespec ts = {until / 1000, until % 1000 * 1000000};
	uint64_t puts;
	int r;

	for (;;) {
		int timed = 0;

		r = look(b, id, finished, out, &puts);
		if (r != 0)
			return r < 0 ? r : 0;
		SCOPE_LOCK(&b->lock);
		while (b->locked.puts == puts && timed == 0)
			timed = pthread_cond_timedwait(&b->changed, &b->lock, &ts);
		if (b->locked.puts == puts)
			return -ETIMEDOUT;
	}
}
