/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each task waits at a gate until the test lets it go, so the test decides the
 * order of everything and never has to hope for it.
 */
#include "job/uploader.h"

#include <pthread.h>

#include "check.h"

#define MANY 64

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int running, most, ended;
	const void *order[MANY]; /* tasks as they began */
	int n_order;
	int asked; /* how often a writer in uploader_room() was asked */
	bool interrupted;
};

struct job {
	struct uploader_task task;
	struct gate *g;
	int runs;
	bool go, ended;
};

static void gate_init(struct gate *g)
{
	memset(g, 0, sizeof(*g));
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->changed, NULL);
}

static void gate_fini(struct gate *g)
{
	pthread_cond_destroy(&g->changed);
	pthread_mutex_destroy(&g->lock);
}

static void run(struct uploader_task *t)
{
	struct job *j = (struct job *)t;
	struct gate *g = j->g;

	pthread_mutex_lock(&g->lock);
	j->runs++;
	if (g->n_order == MANY)
		abort(); /* CHECK() is for one thread */
	g->order[g->n_order++] = j;
	if (++g->running > g->most)
		g->most = g->running;
	pthread_cond_broadcast(&g->changed);
	while (!j->go)
		pthread_cond_wait(&g->changed, &g->lock);
	g->running--;
	g->ended++;
	j->ended = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static void submit(struct uploader *u, struct gate *g, struct job *j, const void *lane)
{
	*j = (struct job){.task = {.run = run, .lane = lane}, .g = g};
	uploader_submit(u, &j->task);
}

static void let_go(struct job *j)
{
	struct gate *g = j->g;

	pthread_mutex_lock(&g->lock);
	j->go = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static void wait_begun(struct gate *g, int n)
{
	pthread_mutex_lock(&g->lock);
	while (g->n_order < n)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void wait_ended(struct job *j)
{
	struct gate *g = j->g;

	pthread_mutex_lock(&g->lock);
	while (!j->ended)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

/* Who began as the n-th, from 0. */
static const struct job *nth(struct gate *g, int n)
{
	const void *p;

	wait_begun(g, n + 1);
	pthread_mutex_lock(&g->lock);
	p = g->order[n];
	pthread_mutex_unlock(&g->lock);
	return p;
}

TEST(no_more_at_once_than_threads)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job j[9];
	int lanes[3];

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 3), 0);
	for (int i = 0; i < 9; i++)
		submit(u, &g, &j[i], &lanes[i % 3]);
	for (int i = 0; i < 9; i++) {
		wait_begun(&g, i + 3 < 9 ? i + 3 : 9);
		let_go(&j[i]);
		wait_ended(&j[i]);
	}
	uploader_free(u);
	CHECK_INT(g.most, 3);
	CHECK_INT(g.ended, 9);
	for (int i = 0; i < 9; i++)
		CHECK_INT(j[i].runs, 1);
	gate_fini(&g);
}

TEST(free_waits_for_the_last_task)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job j[5];

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 2), 0);
	for (int i = 0; i < 5; i++)
		submit(u, &g, &j[i], &g);
	for (int i = 0; i < 5; i++)
		let_go(&j[i]);
	uploader_free(u);
	CHECK_INT(g.ended, 5);
	uploader_free(NULL);
	gate_fini(&g);
}

TEST(one_lane_keeps_its_order)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job j[6];

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 1), 0);
	for (int i = 0; i < 6; i++)
		submit(u, &g, &j[i], &g);
	for (int i = 0; i < 6; i++) {
		CHECK(nth(&g, i) == &j[i]);
		let_go(&j[i]);
	}
	uploader_free(u);
	gate_fini(&g);
}

/* A large file has both threads and more parts waiting when a small one comes:
 * the first thread that is free serves the small one. */
TEST(a_lane_without_a_thread_comes_first)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job large[4], small;
	int a, b;

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 2), 0);
	for (int i = 0; i < 4; i++)
		submit(u, &g, &large[i], &a);
	wait_begun(&g, 2);
	submit(u, &g, &small, &b);
	let_go(&large[0]);
	CHECK(nth(&g, 2) == &small);
	let_go(&large[1]);
	CHECK(nth(&g, 3) == &large[2]); /* in its own order again */
	let_go(&small);
	CHECK(nth(&g, 4) == &large[3]);
	let_go(&large[2]);
	let_go(&large[3]);
	uploader_free(u);
	CHECK_INT(g.ended, 5);
	gate_fini(&g);
}

/* Threads are shared out: of three, two lanes that both have plenty waiting get
 * one more than half at most. */
TEST(lanes_share_the_threads)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job a[4], b[4];
	int lane_a, lane_b;

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 3), 0);
	for (int i = 0; i < 3; i++)
		submit(u, &g, &a[i], &lane_a);
	wait_begun(&g, 3);
	submit(u, &g, &a[3], &lane_a);
	for (int i = 0; i < 4; i++)
		submit(u, &g, &b[i], &lane_b);
	let_go(&a[0]); /* a 2, b 0 */
	CHECK(nth(&g, 3) == &b[0]);
	let_go(&a[1]); /* a 1, b 1: who came first */
	CHECK(nth(&g, 4) == &a[3]);
	let_go(&a[2]); /* a 1, b 1, and a has nothing left */
	CHECK(nth(&g, 5) == &b[1]);
	let_go(&b[0]); /* a 1, b 1 */
	CHECK(nth(&g, 6) == &b[2]);
	let_go(&a[3]);
	let_go(&b[1]);
	let_go(&b[2]);
	let_go(&b[3]);
	uploader_free(u);
	CHECK_INT(g.ended, 8);
	gate_fini(&g);
}

TEST(what_waits_can_be_withdrawn)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job j[5];

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 1), 0);
	submit(u, &g, &j[0], &g);
	wait_begun(&g, 1);
	for (int i = 1; i < 4; i++)
		submit(u, &g, &j[i], &g);
	CHECK(!uploader_withdraw(u, &j[0].task)); /* runs */
	CHECK(uploader_withdraw(u, &j[1].task));  /* the first */
	CHECK(!uploader_withdraw(u, &j[1].task)); /* once only */
	CHECK(uploader_withdraw(u, &j[3].task));  /* the last: its place is filled */
	submit(u, &g, &j[4], &g);
	for (int i = 0; i < 5; i++)
		let_go(&j[i]);
	CHECK(nth(&g, 1) == &j[2]);
	CHECK(nth(&g, 2) == &j[4]);
	wait_ended(&j[4]);
	CHECK(!uploader_withdraw(u, &j[4].task)); /* over */
	uploader_free(u);
	CHECK_INT(g.ended, 3);
	CHECK_INT(j[1].runs + j[3].runs, 0);
	gate_fini(&g);
}

/* --- room ------------------------------------------------------------------ */

static bool asked(void *ctx)
{
	struct gate *g = ctx;
	bool now;

	pthread_mutex_lock(&g->lock);
	g->asked++;
	now = g->interrupted;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
	return now;
}

struct waiter {
	struct uploader *u;
	struct gate *g;
	int64_t timeout_ms;
	int result;
};

static void *wait_room(void *arg)
{
	struct waiter *w = arg;

	w->result = uploader_room(w->u, w->timeout_ms, asked, w->g);
	return NULL;
}

static void wait_asked(struct gate *g, int n)
{
	pthread_mutex_lock(&g->lock);
	while (g->asked < n)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

TEST(room_counts_what_waits_and_what_runs)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job j[3];

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 2), 0);
	CHECK_INT(uploader_room(u, 0, asked, &g), 0);
	submit(u, &g, &j[0], &g);
	wait_begun(&g, 1);
	CHECK_INT(uploader_room(u, 0, asked, &g), 0);
	CHECK_INT(g.asked, 0); /* nobody is asked who need not wait */
	submit(u, &g, &j[1], &g);
	CHECK_INT(uploader_room(u, 0, asked, &g), -ETIMEDOUT);
	CHECK_INT(uploader_room(u, 5, NULL, NULL), -ETIMEDOUT);
	wait_begun(&g, 2);
	submit(u, &g, &j[2], &g); /* overshoots: submitting never waits */
	CHECK_INT(uploader_room(u, 0, asked, &g), -ETIMEDOUT);
	CHECK(uploader_withdraw(u, &j[2].task));
	CHECK_INT(uploader_room(u, 0, asked, &g), -ETIMEDOUT);
	let_go(&j[0]);
	CHECK_INT(uploader_room(u, 60000, NULL, NULL), 0);
	let_go(&j[1]);
	uploader_free(u);
	CHECK_INT(g.ended, 2);
	gate_fini(&g);
}

TEST(room_comes_when_a_task_ends)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job j;
	struct waiter w = {.g = &g, .timeout_ms = 60000, .result = 1};
	pthread_t t;

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 1), 0);
	w.u = u;
	submit(u, &g, &j, &g);
	CHECK_INT(pthread_create(&t, NULL, wait_room, &w), 0);
	wait_asked(&g, 1); /* it waits */
	let_go(&j);
	CHECK_INT(pthread_join(t, NULL), 0);
	CHECK_INT(w.result, 0);
	uploader_free(u);
	gate_fini(&g);
}

TEST(a_signal_ends_the_wait)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job j;
	struct waiter w = {.g = &g, .timeout_ms = 60000, .result = 1};
	pthread_t t;

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 1), 0);
	w.u = u;
	submit(u, &g, &j, &g);
	CHECK_INT(pthread_create(&t, NULL, wait_room, &w), 0);
	wait_asked(&g, 1);
	uploader_poke(u); /* for somebody else: it goes on waiting */
	wait_asked(&g, 2);
	pthread_mutex_lock(&g.lock);
	g.interrupted = true;
	pthread_mutex_unlock(&g.lock);
	uploader_poke(u);
	CHECK_INT(pthread_join(t, NULL), 0);
	CHECK_INT(w.result, -EINTR);
	/* one that came before the wait is not lost */
	CHECK_INT(uploader_room(u, 60000, asked, &g), -EINTR);
	let_go(&j);
	uploader_free(u);
	gate_fini(&g);
}

/* Bytes held by all files: past the budget there is room only when no task's end
 * could give some back, so that nobody waits for himself. */
TEST(room_within_a_budget)
{
	struct uploader *u = NULL;
	struct gate g;
	struct job j;

	gate_init(&g);
	CHECK_INT(uploader_new(&u, 2), 0);
	uploader_hold(u, SIZE_MAX / 2);
	CHECK(!uploader_tight(u)); /* no budget, no limit */
	uploader_let_go(u, SIZE_MAX / 2);
	uploader_set_budget(u, 100);
	uploader_hold(u, 100);
	CHECK(!uploader_tight(u));
	uploader_hold(u, 1);
	CHECK(uploader_tight(u));
	CHECK_INT(uploader_room(u, 0, asked, &g), 0);
	submit(u, &g, &j, &g);
	wait_begun(&g, 1);
	CHECK_INT(uploader_room(u, 0, asked, &g), -ETIMEDOUT);
	uploader_let_go(u, 1);
	CHECK_INT(uploader_room(u, 0, asked, &g), 0);
	uploader_hold(u, 1);
	let_go(&j);
	CHECK_INT(uploader_room(u, 60000, NULL, NULL), 0);
	uploader_free(u);
	gate_fini(&g);
}

int main(void)
{
	RUN(no_more_at_once_than_threads);
	RUN(free_waits_for_the_last_task);
	RUN(one_lane_keeps_its_order);
	RUN(a_lane_without_a_thread_comes_first);
	RUN(lanes_share_the_threads);
	RUN(what_waits_can_be_withdrawn);
	RUN(room_counts_what_waits_and_what_runs);
	RUN(room_comes_when_a_task_ends);
	RUN(a_signal_ends_the_wait);
	RUN(room_within_a_budget);
	return CHECK_DONE();
}
