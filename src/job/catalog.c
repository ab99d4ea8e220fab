/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog - the thread that reads, and the view that is shown meanwhile
 *
 * Readings are numbered: a miss asks for one that begins after the miss, since
 * one under way may have passed the place already; all misses that come before
 * it begins share it.
 *
 * The view is exchanged as a whole under the lock, and counted, so that nobody
 * who holds one is held up or surprised.
 */
#include "job/catalog.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/scope.h"
#include "job/catalog_priv.h"
#include "net/retry.h"

#define NOTE	      "catalog"
#define NOTE_MAX      (64u << 20)
#define MISS_PAUSE_MS 2000

struct catalog {
	struct catalog_opts o;

	pthread_mutex_t lock;
	pthread_cond_t changed; /* on CLOCK_MONOTONIC */
	struct {
		struct catalog_reading *now;
		bool running, stop, wanted;
		uint64_t begun, done; /* readings */
		int64_t begun_ms;     /* the latest, on the catalog's own clock */
		struct catalog_asked asked;
	} locked;

	/* the reading thread's own */
	struct buf text; /* of the latest reading, without its time */
	unsigned failures;

	/* catalog_start() and catalog_stop() */
	pthread_t thread;
	bool started;
};

/* The condition knows the kernel's clock only, whatever the catalog's is. */
static int64_t mono_ms(void)
{
	return clock_mono_ms(&clock_real);
}

static int wait_until(struct catalog *c, int64_t until_ms)
{
	const struct timespec ts = {until_ms / 1000, until_ms % 1000 * 1000000};

	return pthread_cond_timedwait(&c->changed, &c->lock, &ts);
}

/* --- the stored reading ------------------------------------------------- */

static struct json *empty_reading(void)
{
	struct json *j = json_object();

	json_put(j, "instances", json_array());
	return j;
}

/* The time of a reading is no news: two are compared without it. */
static int timeless(const struct json *reading, struct buf *out)
{
	struct json *j = json_object();
	int r;

	json_put(j, "instances", json_copy(json_get(reading, "instances")));
	r = json_write(j, false, out);
	json_free(j);
	return r;
}

/* What is kept is worth a tree, never a failure to start. */
static struct json *load(struct catalog *c)
{
	_cleanup_buf_ struct buf text = BUF_INIT(NOTE_MAX);
	struct problem p = {0};
	struct json *j = NULL;
	int r = store_note_get(c->o.store, NOTE, &text, &p);

	if (r == 0)
		r = json_parse(buf_slice(&text), &j, &p);
	if (r == 0)
		r = timeless(j, &c->text);
	if (r == 0)
		return j;
	json_free(j);
	if (r != -ERR_NOT_FOUND)
		log_warn("job", "the last known tree cannot be used: %s",
			 p.err ? problem_text(&p) : errcode_text(r));
	return empty_reading();
}

static int store_reading(struct catalog *c, const struct json *reading, struct problem *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT(NOTE_MAX);
	int r = json_write(reading, false, &text);

	return r < 0 ? problem_set(p, r, "the tree cannot be written: %s",
				   errcode_text(r))
		     : store_note_put(c->o.store, NOTE, buf_slice(&text), p);
}

/* Stores the reading when it says something new; true when it does. */
static bool save(struct catalog *c, const struct json *reading)
{
	struct buf text = BUF_INIT(NOTE_MAX);
	struct problem p = {0};
	int r = timeless(reading, &text);

	if (r == 0 && slice_eq(buf_slice(&text), buf_slice(&c->text))) {
		buf_fini(&text);
		return false;
	}
	if (r == 0)
		r = store_reading(c, reading, &p);
	if (r < 0)
		log_warn("job", "the tree cannot be kept for the next start: %s",
			 p.err ? problem_text(&p) : errcode_text(r));
	buf_fini(&c->text);
	c->text = text;
	return true;
}

/* --- reading ------------------------------------------------------------ */

static void tell_missing(struct catalog *c, const struct catalog_view *v)
{
	const struct settings *s = c->o.settings;

	for (size_t i = 0; s->only_listed && i < s->n_instances; i++) {
		if (!catalog_instance(v, s->instances[i].id))
			log_warn("amc",
				 "instance=%s has a section in the configuration and is "
				 "not among those that AMC names",
				 s->instances[i].id);
	}
}

/* Takes reading. NULL when memory is out: the former view stays. */
static struct catalog_reading *make_view(struct catalog *c, struct json *reading)
{
	bool news = save(c, reading);
	struct catalog_reading *v = NULL;

	if (catalog_view_new(reading, !news, &v) < 0) {
		json_free(reading);
		log_error("job", "no memory for AMC's tree");
		return NULL;
	}
	if (news) {
		log_info("amc", "instances=%zu the tree has changed",
			 v->view.n_instances);
		tell_missing(c, &v->view);
	}
	return v;
}

static void tell(struct catalog *c, const struct catalog_asked *asked)
{
	if (asked->problem.err < 0 && c->failures == 1)
		log_warn("amc", "AMC's tree cannot be read, the last known one stays: %s",
			 problem_text(&asked->problem));
	else if (asked->problem.err == 0 && c->failures > 0)
		log_info("amc", "AMC's tree can be read again");
}

/* One round; returns how long to rest. Called without the lock. */
static int64_t read_once(struct catalog *c, const struct json *last, uint64_t number)
{
	const int64_t refresh = c->o.settings->mount.refresh_ms;
	const struct retry_policy pol = {2000, refresh > 2000 ? refresh : 2000};
	struct catalog_reading *v = NULL, *before = NULL;
	struct catalog_asked asked;
	struct json *reading;
	uint32_t chance = 0;
	int r = catalog_read(&c->o, last, &reading, &asked);

	if (r < 0 && r != -ERR_STOPPING)
		c->failures++;
	if (r != -ERR_STOPPING)
		tell(c, &asked);
	if (r == 0)
		c->failures = 0;
	if (reading)
		v = make_view(c, reading);
	pthread_mutex_lock(&c->lock);
	if (v) {
		before = c->locked.now;
		c->locked.now = v;
	}
	c->locked.asked = asked;
	c->locked.done = number;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	catalog_put(before ? &before->view : NULL);
	if (r == 0)
		return refresh;
	if (crypto_random(&chance, sizeof(chance)) < 0)
		chance = 0; /* without chance: no spread */
	return retry_wait_ms(&pol, c->failures, asked.retry_after_ms, chance);
}

static void *reader(void *arg)
{
	struct catalog *c = arg;
	int64_t due = mono_ms();

	pthread_mutex_lock(&c->lock);
	while (!c->locked.stop) {
		const struct catalog_view *held;
		uint64_t number;

		if (!c->locked.wanted && mono_ms() < due) {
			(void)wait_until(c, due);
			continue;
		}
		c->locked.wanted = false;
		c->locked.begun_ms = clock_mono_ms(c->o.clock);
		number = ++c->locked.begun;
		held = &c->locked.now->view;
		c->locked.now->refs++;
		pthread_mutex_unlock(&c->lock);
		due = mono_ms() +
		      read_once(c, ((const struct catalog_reading *)held)->json, number);
		catalog_put(held);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* --- life --------------------------------------------------------------- */

int catalog_new(struct catalog **out, const struct catalog_opts *o, struct problem *p)
{
	struct catalog *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;
	struct json *stored;

	if (!c)
		return problem_set(p, -ENOMEM, "out of memory");
	c->o = *o;
	buf_init(&c->text, NOTE_MAX);
	stored = load(c);
	if (catalog_view_new(stored, false, &c->locked.now) < 0) {
		json_free(stored);
		buf_fini(&c->text);
		free(c);
		return problem_set(p, -ENOMEM, "out of memory");
	}
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attr);
	pthread_condattr_destroy(&attr);
	*out = c;
	return 0;
}

void catalog_free(struct catalog *c)
{
	if (!c)
		return;
	catalog_stop(c);
	catalog_put(&c->locked.now->view);
	buf_fini(&c->text);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* Until reading number n is done, the catalog stops, or time is over. */
static bool wait_done(struct catalog *c, uint64_t n, int64_t wait_ms)
{
	int64_t until = mono_ms() + wait_ms;
	int timed = 0;

	while (c->locked.done < n && !c->locked.stop && timed == 0)
		timed = wait_until(c, until);
	return c->locked.done >= n;
}

int catalog_start(struct catalog *c, int64_t wait_ms, struct problem *p)
{
	uint64_t first;
	int r;

	c->locked.stop = false; /* there is no thread yet */
	c->locked.running = true;
	first = c->locked.begun + 1;
	r = pthread_create(&c->thread, NULL, reader, c);
	if (r != 0) {
		c->locked.running = false;
		return problem_set(p, -r, "no thread can be started");
	}
	c->started = true;
	SCOPE_LOCK(&c->lock);
	if (!wait_done(c, first, wait_ms))
		return problem_set(
			p, -ETIMEDOUT,
			"AMC has not answered yet; the tree is shown as it was "
			"last known");
	r = c->locked.asked.problem.err;
	return r < 0 ? problem_set(p, r, "%s", problem_text(&c->locked.asked.problem))
		     : 0;
}

void catalog_stop(struct catalog *c)
{
	if (!c->started)
		return;
	pthread_mutex_lock(&c->lock);
	c->locked.stop = true;
	c->locked.running = false;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	c->started = false;
}

const struct catalog_view *catalog_get(struct catalog *c)
{
	SCOPE_LOCK(&c->lock);

	c->locked.now->refs++;
	return &c->locked.now->view;
}

void catalog_miss(struct catalog *c, int64_t wait_ms)
{
	SCOPE_LOCK(&c->lock);
	uint64_t enough = c->locked.begun;

	if (!c->locked.running || c->locked.stop || c->locked.asked.over)
		return;
	if (c->locked.wanted ||
	    clock_mono_ms(c->o.clock) - c->locked.begun_ms >= MISS_PAUSE_MS) {
		c->locked.wanted = true;
		enough++;
		pthread_cond_broadcast(&c->changed);
	}
	(void)wait_done(c, enough, wait_ms); /* late: the tree is as it was */
}
