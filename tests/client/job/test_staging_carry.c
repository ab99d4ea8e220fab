/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "stagingrig.h"

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

/* --- memory and room ----------------------------------- */

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
			     "\"hold\":true}");
	open_staging(&r, "freed", PART, 3600000);
	add(&r, p, 5 * PART); /* more than there are threads */
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	staging_free(r.st);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(b.tv_sec - a.tv_sec < EMUNET_TIMEOUT_MS / 1000);
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
	RUN(a_passing_failure_is_tried_again);
	RUN(a_refusal_sticks);
	RUN(patience_has_an_end);
	RUN(a_slow_network_slows_the_writer);
	RUN(free_does_not_wait_for_the_network);
	return CHECK_DONE();
}
