/* SPDX-License-Identifier: Apache-2.0 */
#include "emunet.h"

#include <pthread.h>

#include "job/staging.h"
#include "testclock.h"

#define PART  (5u << 20) /* the smallest that S3 puts together */
#define LANES 3

struct rig {
	struct emunet net;
	struct testclock tc;
	struct clock clock; /* stands still: only a retry's wait counts as time */
	struct health *health;
	struct uploader *uploader;
	struct staging *st;
	char key[64];
	/* from begun() */
	char upload_id[S3_UPLOAD_ID_CHARS];
	int begun, begun_fails;
	size_t parts_before; /* requests for parts when begun() was called */
};

static int begun(void *ctx, const char *upload_id, struct problem *p)
{
	struct rig *r = ctx;

	r->begun++;
	(void)snprintf(r->upload_id, sizeof(r->upload_id), "%s", upload_id);
	r->parts_before += emunet_requests(&r->net, "service=s3&path=partNumber");
	if (r->begun_fails)
		return problem_set(p, -ERR_STORE, "the disk is full");
	return 0;
}

static void open_staging(struct rig *r, const char *key, size_t part, int64_t patience)
{
	struct staging_opts o = {
		.s3 = r->net.s3,
		.uploader = r->uploader,
		.health = r->health,
		.clock = &r->clock,
		.bucket = r->net.bucket,
		.key = key,
		.tagging = "instanceId=amcdemo1",
		.part_bytes = part,
		.patience_ms = patience,
		.begun = begun,
		.ctx = r,
	};

	(void)snprintf(r->key, sizeof(r->key), "%s", key);
	r->upload_id[0] = '\0';
	r->begun = 0;
	r->parts_before = 0;
	CHECK_INT(staging_new(&r->st, &o), 0);
}

static void rig_open(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	emunet_init(&r->net);
	r->tc = (struct testclock)TESTCLOCK_INIT(1767225600000);
	r->clock = testclock_clock(&r->tc);
	CHECK_INT(health_new(&r->health, &r->clock), 0);
	CHECK_INT(uploader_new(&r->uploader, LANES), 0);
}

static void rig_close(struct rig *r)
{
	staging_free(r->st);
	uploader_free(r->uploader);
	health_free(r->health);
	emunet_fini(&r->net);
}

static char *noise(size_t n)
{
	char *p = malloc(n + 1);
	uint32_t x = 12345;

	CHECK(p != NULL);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (char)(x >> 24);
	}
	return p;
}

static void add(struct rig *r, const void *p, size_t n)
{
	struct problem why = {0};

	CHECK_INT(staging_add(r->st, p, n, &why), 0);
}

static void sync_it(struct rig *r, const void *tail, size_t n, struct job_object *o)
{
	struct problem why = {0};

	CHECK_INT(staging_sync(r->st, tail, n, o, &why), 0);
}

static void object_fini(struct job_object *o)
{
	free(o->bucket);
	free(o->key);
	free(o->upload_id);
	free(o->parts);
	memset(o, 0, sizeof(*o));
}

/* As the runner does it: from the description alone. */
static void put_together(struct rig *r, const struct job_object *o)
{
	struct s3_place at = {.bucket = o->bucket, .key = o->key};
	struct s3_result res;
	struct problem p = {0};
	struct s3_part *parts;

	if (o->n_parts == 0)
		return;
	parts = calloc(o->n_parts, sizeof(*parts));
	CHECK(parts != NULL);
	for (size_t i = 0; i < o->n_parts; i++) {
		CHECK_INT(o->parts[i].number, i + 1);
		parts[i].number = o->parts[i].number;
		memcpy(parts[i].etag, o->parts[i].etag, sizeof(parts[i].etag));
	}
	CHECK_INT(s3_complete(r->net.s3, &at, o->upload_id, parts, o->n_parts, &res, &p),
		  0);
	free(parts);
}

static void holds(struct rig *r, const void *want, size_t n)
{
	struct s3_place at = {.bucket = r->net.bucket, .key = r->key};
	_cleanup_buf_ struct buf got = BUF_INIT(64u << 20);
	struct s3_result res;
	struct problem p = {0};

	CHECK_INT(s3_get(r->net.s3, &at, &got, &res, &p), 0);
	CHECK_INT(got.n, n);
	CHECK(n == 0 || memcmp(got.p, want, n) == 0);
}

static size_t puts_of(struct rig *r)
{
	return emunet_requests(&r->net, "service=s3&method=PUT");
}

/* --- what comes to lie in S3 ------------------------------------------------ */

TEST(a_small_object_is_one_put)
{
	struct rig r;
	struct job_object o = {0};

	rig_open(&r);
	o.rows = 7;
	open_staging(&r, "small", PART, 10000);
	add(&r, "abc", 3);
	add(&r, "", 0);
	add(&r, "defg", 4);
	CHECK_INT(staging_bytes(r.st), 7);
	CHECK_INT(puts_of(&r), 0);
	sync_it(&r, "-end", 4, &o);
	holds(&r, "abcdefg-end", 11);
	CHECK_INT(emunet_requests(&r.net, "service=s3&method=POST"), 0);
	CHECK_INT(puts_of(&r), 1);
	CHECK_INT(r.begun, 0);
	CHECK_STR(o.bucket, r.net.bucket);
	CHECK_STR(o.key, "small");
	CHECK_STR(o.upload_id, "");
	CHECK_INT(o.n_parts, 0);
	CHECK_INT(o.bytes, 11);
	CHECK(o.present);
	CHECK_INT(o.rows, 7); /* not ours */
	CHECK_INT(staging_bytes(r.st), 7);
	CHECK_INT(health_staged(r.health), 11);
	object_fini(&o);
	rig_close(&r);
}

/* The tag that lets AMC read it goes along, however the object is made. */
TEST(objects_carry_their_tag)
{
	struct rig r;
	char *p = noise(PART + 1);
	struct job_object o = {0};
	struct json *all, *j;
	int tagged = 0;

	rig_open(&r);
	for (size_t i = 0; i < 2; i++) {
		open_staging(&r, i ? "tagged-large" : "tagged-small", PART, 10000);
		add(&r, p, i ? PART + 1 : 1);
		sync_it(&r, "", 0, &o);
		put_together(&r, &o);
		staging_free(r.st);
	}
	r.st = NULL;
	all = emunet_control(&r.net, "GET", "/objects", NULL);
	j = json_get(all, "objects");
	for (size_t i = 0; i < json_count(j); i++) {
		const struct json *one = json_at(j, i);

		if (strncmp(json_str(one, "key"), "tagged-", 7) != 0)
			continue;
		CHECK_STR(json_str(json_get(one, "tags"), "instanceId"), "amcdemo1");
		tagged++;
	}
	CHECK_INT(tagged, 2);
	json_free(all);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

/* The law for small objects: wherever bytes are cut and synced, with whatever
 * tail, what lies there is what was added and the latest tail. */
TEST(cut_anywhere_small)
{
	static const char text[] = "email,zip\na,1\nb,2\nc,3\n";
	const size_t n = sizeof(text) - 1;
	struct rig r;

	rig_open(&r);
	for (size_t cut = 0; cut <= n; cut++) {
		struct job_object o = {0};

		open_staging(&r, "cut", PART, 10000);
		add(&r, text, cut);
		sync_it(&r, "tail that is longer than the rest", cut % 3 * 11, &o);
		add(&r, text + cut, n - cut);
		sync_it(&r, "!", 1, &o);
		CHECK_INT(o.bytes, n + 1);
		holds(&r, "email,zip\na,1\nb,2\nc,3\n!", n + 1);
		sync_it(&r, "", 0, &o); /* and once more, nothing added */
		CHECK_INT(o.bytes, n);
		holds(&r, text, n);
		object_fini(&o);
		staging_free(r.st);
	}
	r.st = NULL;
	rig_close(&r);
}

/* And for large ones: syncs before, at and behind the ends of parts, with tails
 * that stay below, fill and pass the end of the part. */
TEST(cut_anywhere_large)
{
	static const struct {
		size_t cut[3], tail[3];
	} cases[] = {
		{{1, 2, 3}, {0, 1, 2}},
		{{PART - 1, PART, PART + 1}, {1, 0, 1}},
		{{PART - 1, PART - 1, 2 * PART}, {0, 1, 2}},
		{{PART, PART, PART}, {0, 0, 0}},
		{{10, PART + 10, 2 * PART - 1}, {PART, PART, 2}},
		{{2 * PART, 2 * PART + 3, 2 * PART + 4}, {1, 0, 0}},
		{{0, 0, 2 * PART + 4}, {0, 9, 0}},
	};
	const size_t n = 2 * PART + 7;
	char *p = noise(n), *junk = malloc(PART);
	struct rig r;

	CHECK(junk != NULL);
	memset(junk, 'J', PART);
	rig_open(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct job_object o = {0};
		size_t at = 0;

		open_staging(&r, "large", PART, 10000);
		for (size_t k = 0; k < 3; k++) {
			add(&r, p + at, cases[i].cut[k] - at);
			at = cases[i].cut[k];
			sync_it(&r, junk, cases[i].tail[k], &o);
			CHECK_INT(o.bytes, at + cases[i].tail[k]);
		}
		add(&r, p + at, n - at - 2);
		sync_it(&r, p + n - 2, 2, &o); /* the end comes as a tail */
		CHECK_INT(o.bytes, n);
		CHECK_INT(o.n_parts, 3);
		CHECK_STR(o.upload_id, r.upload_id);
		CHECK_INT(r.begun, 1);
		put_together(&r, &o);
		holds(&r, p, n);
		object_fini(&o);
		staging_free(r.st);
	}
	r.st = NULL;
	free(junk);
	free(p);
	rig_close(&r);
}

/* Each sync's description alone makes the object as it was then. */
TEST(every_sync_could_be_the_last)
{
	const size_t n = 2 * PART + 100;
	static const size_t cut[] = {10, PART, PART + 50, 2 * PART, 2 * PART + 100};
	char *p = noise(n);
	struct rig r;

	rig_open(&r);
	for (size_t last = 0; last < 5; last++) {
		struct job_object o = {0};
		size_t at = 0;

		open_staging(&r, "last", PART, 10000);
		for (size_t k = 0; k <= last; at = cut[k], k++) {
			add(&r, p + at, cut[k] - at);
			sync_it(&r, "", 0, &o);
		}
		put_together(&r, &o);
		CHECK_INT(o.bytes, cut[last]);
		holds(&r, p, cut[last]);
		object_fini(&o);
		staging_free(r.st);
	}
	r.st = NULL;
	free(p);
	rig_close(&r);
}

/* A sync's tail made a part that the end no longer needs. */
TEST(a_stale_part_is_left_out)
{
	char *p = noise(PART + 10);
	struct job_object o = {0};
	struct rig r;

	rig_open(&r);
	open_staging(&r, "stale", PART, 10000);
	add(&r, p, PART);
	sync_it(&r, "a tail that will be gone", 24, &o);
	CHECK_INT(o.n_parts, 2);
	CHECK_INT(o.parts[1].bytes, 24);
	sync_it(&r, "", 0, &o);
	CHECK_INT(o.n_parts, 1);
	CHECK_INT(o.bytes, PART);
	CHECK_INT(o.parts[0].bytes, PART);
	put_together(&r, &o);
	holds(&r, p, PART);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

/* While it grows, what an earlier sync promised stays there whole; a sync sends
 * the unfinished part alone again, never those before it. */
TEST(growing_sends_nothing_twice_but_the_last_part)
{
	char *p = noise(2 * PART + 10);
	struct job_object o = {0};
	struct rig r;

	rig_open(&r);
	open_staging(&r, "grow", PART, 10000);
	add(&r, p, 10);
	sync_it(&r, "", 0, &o);
	CHECK(o.present);
	add(&r, p + 10, 2 * PART - 10);
	sync_it(&r, "", 0, &o);
	CHECK(o.present);
	holds(&r, p, 10); /* not put together yet */
	add(&r, p + 2 * PART, 5);
	sync_it(&r, "", 0, &o);
	add(&r, p + 2 * PART + 5, 5);
	sync_it(&r, "", 0, &o);
	CHECK_INT(emunet_requests(&r.net, "method=PUT&path=partNumber%3D1%26"), 1);
	CHECK_INT(emunet_requests(&r.net, "method=PUT&path=partNumber%3D2%26"), 1);
	CHECK_INT(emunet_requests(&r.net, "method=PUT&path=partNumber%3D3%26"), 2);
	CHECK_INT(puts_of(&r), 5);
	put_together(&r, &o);
	holds(&r, p, 2 * PART + 10);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

/* Not one part may be on its way before the upload's id is on disk: a crash would
 * leave parts that nobody knows of. */
TEST(the_id_is_durable_before_any_part)
{
	char *p = noise(3 * PART);
	struct job_object o = {0};
	struct rig r;

	rig_open(&r);
	open_staging(&r, "durable", PART, 10000);
	add(&r, p, 3 * PART); /* three threads at once */
	sync_it(&r, "", 0, &o);
	CHECK_INT(r.begun, 1);
	CHECK_INT(r.parts_before, 0);
	CHECK_INT(emunet_requests(&r.net, "service=s3&path=uploads"), 1);
	CHECK_INT(emunet_requests(&r.net, "service=s3&path=partNumber"), 3);
	CHECK_STR(o.upload_id, r.upload_id);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

TEST(without_a_durable_id_no_part_is_sent)
{
	char *p = noise(PART);
	struct job_object o = {0};
	struct problem why = {0};
	struct rig r;

	rig_open(&r);
	open_staging(&r, "no-disk", PART, 10000);
	r.begun_fails = 1;
	add(&r, p, PART);
	CHECK_INT(staging_sync(r.st, "", 0, &o, &why), -ERR_STAGING);
	CHECK_STR(problem_text(&why), "the disk is full");
	CHECK_INT(r.begun, 1);
	CHECK_INT(emunet_requests(&r.net, "service=s3&path=partNumber"), 0);
	CHECK(o.bucket == NULL); /* nothing is described */
	free(p);
	rig_close(&r);
}

/* --- when S3 has its bad days ------------------------------------------------ */

static const struct {
	const char *rule;
	size_t tries; /* requests for the first part or to open the upload */
	size_t bad;   /* as health is told; a connection that was kept from before and
		       * breaks is the client's own affair */
} passing[] = {
	{"{\"service\":\"s3\",\"path\":\"uploads\",\"status\":500}", 2, 1},
	{"{\"service\":\"s3\",\"path\":\"partNumber=1&\",\"status\":503,\"count\":2}", 3,
	 2},
	{"{\"service\":\"s3\",\"path\":\"partNumber=1&\",\"cut\":\"body\","
	 "\"cut_bytes\":1000}",
	 2, 0},
	{"{\"service\":\"s3\",\"path\":\"partNumber=1&\",\"cut\":\"after\"}", 2, 0},
};

TEST(a_passing_failure_is_tried_again)
{
	char *p = noise(PART + 3);
	struct rig r;

	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++) {
		struct job_object o = {0};
		struct health_state h;

		rig_open(&r);
		check_state.test = passing[i].rule;
		emunet_fault(&r.net, passing[i].rule);
		open_staging(&r, "again", PART, 60000);
		add(&r, p, PART + 3);
		sync_it(&r, "", 0, &o);
		put_together(&r, &o);
		holds(&r, p, PART + 3);
		CHECK_INT(o.n_parts, 2);
		CHECK_INT(r.begun, 1);
		CHECK_INT(emunet_requests(&r.net, i == 0 ? "path=uploads"
							 : "path=partNumber%3D1%26"),
			  passing[i].tries);
		health_read(r.health, HEALTH_S3, &h);
		CHECK(h.bad >= passing[i].bad);
		CHECK_STR(h.error, ""); /* over */
		object_fini(&o);
		rig_close(&r);
	}
	free(p);
}

TEST(a_refusal_sticks)
{
	struct job_object o = {0};
	struct problem p = {0}, again = {0};
	struct health_state h;
	struct rig r;

	rig_open(&r);
	emunet_fault(&r.net, "{\"service\":\"s3\",\"method\":\"PUT\",\"status\":403,"
			     "\"body\":\"<Error><Code>AccessDenied</Code>"
			     "<Message>no</Message></Error>\","
			     "\"content_type\":\"application/xml\"}");
	open_staging(&r, "refused", PART, 60000);
	add(&r, "abc", 3);
	CHECK_INT(staging_sync(r.st, "", 0, &o, &p), -ERR_STAGING);
	CHECK(strstr(problem_text(&p), "AccessDenied") != NULL);
	CHECK_INT(puts_of(&r), 1); /* not tried again */
	/* nor is anything else from here on, though the fault is over */
	CHECK_INT(staging_add(r.st, "d", 1, &again), -ERR_STAGING);
	CHECK_STR(problem_text(&again), problem_text(&p));
	CHECK_INT(staging_room(r.st, NULL, NULL, &again), -ERR_STAGING);
	CHECK_INT(staging_sync(r.st, "", 0, &o, &again), -ERR_STAGING);
	CHECK_INT(puts_of(&r), 1);
	CHECK(o.bucket == NULL);
	CHECK_INT(staging_bytes(r.st), 3);
	health_read(r.health, HEALTH_S3, &h);
	CHECK_INT(h.bad, 1);
	CHECK_INT(h.good, 0);
	CHECK(strstr(h.error, "AccessDenied") != NULL);
	rig_close(&r);
}

/* Patience is counted from the last thing that S3 took. The clock stands still,
 * so what is over is over for the next wait's sake, however slow this machine. */
TEST(patience_has_an_end)
{
	struct job_object o = {0};
	struct problem p = {0};
	struct rig r;

	rig_open(&r);
	emunet_fault(&r.net,
		     "{\"service\":\"s3\",\"method\":\"PUT\",\"status\":503,\"count\":0,"
		     "\"headers\":{\"Retry-After\":\"8\"}}");
	open_staging(&r, "patience", PART, 7000);
	add(&r, "abc", 3);
	CHECK_INT(staging_sync(r.st, "", 0, &o, &p), -ERR_STAGING);
	CHECK(strstr(problem_text(&p), "S3 took nothing for 7 s (staging_timeout): ") ==
	      problem_text(&p));
	CHECK_INT(puts_of(&r), 1);
	rig_close(&r);
}

/* --- memory and room ----------------------------------------------------------- */

struct writer {
	struct rig *r;
	int result;
	atomic_bool interrupted;
	atomic_int asked;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

static bool asked(void *ctx)
{
	struct writer *w = ctx;

	pthread_mutex_lock(&w->lock);
	atomic_fetch_add(&w->asked, 1);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return atomic_load(&w->interrupted);
}

static void *wait_room(void *arg)
{
	struct writer *w = arg;
	struct problem p = {0};

	w->result = staging_room(w->r->st, asked, w, &p);
	return NULL;
}

static void wait_asked(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	while (atomic_load(&w->asked) == 0)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

/* S3 hangs: as many parts as there are threads are taken, then there is no room,
 * for this file and for any other, until a signal comes. */
TEST(a_slow_network_slows_the_writer)
{
	char *p = noise(PART);
	struct writer w = {.lock = PTHREAD_MUTEX_INITIALIZER,
			   .changed = PTHREAD_COND_INITIALIZER,
			   .result = 1};
	struct problem why = {0};
	struct rig r;
	pthread_t t;

	rig_open(&r);
	w.r = &r;
	emunet_fault(&r.net, "{\"service\":\"s3\",\"method\":\"PUT\",\"count\":0,"
			     "\"status\":503,\"headers\":{\"Retry-After\":\"60\"}}");
	open_staging(&r, "slow", PART, 3600000);
	for (int i = 0; i < LANES; i++) {
		CHECK_INT(staging_room(r.st, asked, &w, &why), 0);
		add(&r, p, PART);
	}
	CHECK_INT(atomic_load(&w.asked), 0);
	CHECK_INT(pthread_create(&t, NULL, wait_room, &w), 0);
	wait_asked(&w); /* it waits */
	atomic_store(&w.interrupted, true);
	uploader_poke(r.uploader);
	CHECK_INT(pthread_join(t, NULL), 0);
	CHECK_INT(w.result, -EINTR);
	CHECK_INT(staging_bytes(r.st), LANES * (uint64_t)PART);
	/* an interrupted wait is no failure */
	CHECK_INT(staging_room(r.st, asked, &w, &why), -EINTR);
	CHECK_INT(why.err, 0);
	free(p);
	rig_close(&r); /* at once, though parts wait for a minute */
}

/* Requests under way are cut, waits ended, what waits withdrawn. */
TEST(free_does_not_wait_for_the_network)
{
	char *p = noise(5 * PART);
	struct timespec a, b;
	struct rig r;

	rig_open(&r);
	emunet_fault(&r.net, "{\"service\":\"s3\",\"method\":\"PUT\",\"count\":0,"
			     "\"delay_ms\":30000}");
	open_staging(&r, "freed", PART, 3600000);
	add(&r, p, 5 * PART); /* more than there are threads */
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	staging_free(r.st);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(b.tv_sec - a.tv_sec < 10);
	r.st = NULL;
	/* the threads are free for others at once */
	json_free(emunet_control(&r.net, "DELETE", "/faults", NULL));
	open_staging(&r, "next", PART, 10000);
	{
		struct job_object o = {0};

		add(&r, "abc", 3);
		sync_it(&r, "", 0, &o);
		holds(&r, "abc", 3);
		object_fini(&o);
	}
	free(p);
	rig_close(&r);
	staging_free(NULL);
}

int main(void)
{
	RUN(a_small_object_is_one_put);
	RUN(objects_carry_their_tag);
	RUN(cut_anywhere_small);
	RUN(cut_anywhere_large);
	RUN(every_sync_could_be_the_last);
	RUN(a_stale_part_is_left_out);
	RUN(growing_sends_nothing_twice_but_the_last_part);
	RUN(the_id_is_durable_before_any_part);
	RUN(without_a_durable_id_no_part_is_sent);
	RUN(a_passing_failure_is_tried_again);
	RUN(a_refusal_sticks);
	RUN(patience_has_an_end);
	RUN(a_slow_network_slows_the_writer);
	RUN(free_does_not_wait_for_the_network);
	return CHECK_DONE();
}
