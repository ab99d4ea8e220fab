/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One queue, in order of arrival; a free thread takes the first task of the
 * lane that has fewest tasks under way, so that one large file cannot keep a
 * small one waiting. The queue itself needs no bound: writers ask for room
 * before they produce more, and each can overshoot by one part at most.
 *
 * The parts being filled are what grows with the number of writers, and nobody
 * waits for those. So the bytes of all parts have a budget; past it writers wait
 * while tasks end, and staging sends parts that are smaller than usual.
 */
#include "job/uploader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/scope.h"

struct uploader {
	int n; /* threads; never changes */
	pthread_t *threads;
	size_t budget; /* 0 = none; never changes once there are tasks */
	atomic_size_t held;

	pthread_mutex_t lock;
	pthread_cond_t work; /* a task came, or the end */
	pthread_cond_t room; /* a task ended, or somebody poked */
	struct {
		struct uploader_task *first, **last;
		const void **running; /* the lane each thread serves, or NULL */
		int pending;	      /* waiting or running */
		bool stop;
	} locked;
};

static int lane_load(const struct uploader *u, const void *lane)
{
	int load = 0;

	for (int i = 0; i < u->n; i++)
		load += u->locked.running[i] == lane;
	return load;
}

static struct uploader_task *unlink_task(struct uploader *u, struct uploader_task **at)
{
	struct uploader_task *t = *at;

	*at = t->next;
	if (!*at)
		u->locked.last = at;
	t->next = NULL;
	return t;
}

static struct uploader_task *take(struct uploader *u)
{
	struct uploader_task **best = NULL;
	int best_load = 0;

	for (struct uploader_task **at = &u->locked.first; *at; at = &(*at)->next) {
		int load = lane_load(u, (*at)->lane);

		if (!best || load < best_load) {
			best = at;
			best_load = load;
		}
		if (load == 0)
			break;
	}
	return best ? unlink_task(u, best) : NULL;
}

struct worker_arg {
	struct uploader *u;
	int slot;
};

static void *worker(void *p)
{
	struct worker_arg arg = *(struct worker_arg *)p;
	struct uploader *u = arg.u;

	free(p);
	pthread_mutex_lock(&u->lock);
	for (;;) {
		struct uploader_task *t = take(u);

		if (!t && u->locked.stop)
			break;
		if (!t) {
			pthread_cond_wait(&u->work, &u->lock);
			continue;
		}
		u->locked.running[arg.slot] = t->lane;
		pthread_mutex_unlock(&u->lock);
		t->run(t); /* t may be gone after this */
		pthread_mutex_lock(&u->lock);
		u->locked.running[arg.slot] = NULL;
		u->locked.pending--;
		pthread_cond_broadcast(&u->room);
	}
	pthread_mutex_unlock(&u->lock);
	return NULL;
}

static int start_worker(struct uploader *u, int slot)
{
	struct worker_arg *arg = malloc(sizeof(*arg));
	int r;

	if (!arg)
		return -ENOMEM;
	*arg = (struct worker_arg){u, slot};
	r = pthread_create(&u->threads[slot], NULL, worker, arg);
	if (r != 0) {
		free(arg);
		return -r;
	}
	return 0;
}

int uploader_new(struct uploader **out, int threads)
{
	struct uploader *u = calloc(1, sizeof(*u));
	pthread_condattr_t mono;

	if (!u)
		return -ENOMEM;
	pthread_mutex_init(&u->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&u->work, NULL);
	pthread_cond_init(&u->room, &mono);
	pthread_condattr_destroy(&mono);
	u->locked.last = &u->locked.first;
	u->threads = calloc((size_t)threads, sizeof(*u->threads));
	u->locked.running = calloc((size_t)threads, sizeof(*u->locked.running));
	if (!u->threads || !u->locked.running) {
		uploader_free(u);
		return -ENOMEM;
	}
	for (int i = 0; i < threads; i++) {
		int r = start_worker(u, i);

		if (r < 0) {
			uploader_free(u);
			return r;
		}
		u->n = i + 1;
	}
	*out = u;
	return 0;
}

void uploader_free(struct uploader *u)
{
	if (!u)
		return;
	pthread_mutex_lock(&u->lock);
	u->locked.stop = true;
	pthread_cond_broadcast(&u->work);
	pthread_mutex_unlock(&u->lock);
	for (int i = 0; i < u->n; i++)
		pthread_join(u->threads[i], NULL);
	pthread_cond_destroy(&u->room);
	pthread_cond_destroy(&u->work);
	pthread_mutex_destroy(&u->lock);
	free(u->locked.running);
	free(u->threads);
	free(u);
}

void uploader_submit(struct uploader *u, struct uploader_task *t)
{
	SCOPE_LOCK(&u->lock);

	t->next = NULL;
	*u->locked.last = t;
	u->locked.last = &t->next;
	u->locked.pending++;
	pthread_cond_signal(&u->work);
}

bool uploader_withdraw(struct uploader *u, struct uploader_task *t)
{
	SCOPE_LOCK(&u->lock);

	for (struct uploader_task **at = &u->locked.first; *at; at = &(*at)->next) {
		if (*at != t)
			continue;
		(void)unlink_task(u, at);
		u->locked.pending--;
		pthread_cond_broadcast(&u->room);
		return true;
	}
	return false;
}

void uploader_set_budget(struct uploader *u, size_t bytes)
{
	u->budget = bytes;
}

void uploader_hold(struct uploader *u, size_t bytes)
{
	atomic_fetch_add(&u->held, bytes);
}

void uploader_let_go(struct uploader *u, size_t bytes)
{
	atomic_fetch_sub(&u->held, bytes);
}

bool uploader_tight(const struct uploader *u)
{
	return u->budget > 0 && atomic_load(&u->held) > u->budget;
}

/* With the lock. Each task that ends wakes those who wait. */
static bool is_full(const struct uploader *u)
{
	return u->locked.pending >= u->n || (u->locked.pending > 0 && uploader_tight(u));
}

int uploader_room(struct uploader *u, int64_t timeout_ms, bool (*interrupted)(void *ctx),
		  void *ctx)
{
	struct timespec until;

	SCOPE_LOCK(&u->lock);
	if (!is_full(u))
		return 0;
	until = clock_deadline(timeout_ms);
	while (is_full(u)) {
		if (interrupted && interrupted(ctx))
			return -EINTR;
		if (pthread_cond_timedwait(&u->room, &u->lock, &until) == ETIMEDOUT)
			return -ETIMEDOUT;
	}
	return 0;
}

void uploader_poke(struct uploader *u)
{
	SCOPE_LOCK(&u->lock);

	pthread_cond_broadcast(&u->room);
}
