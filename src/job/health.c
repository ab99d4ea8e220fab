/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health - a handful of counters under one lock
 *
 * Every exchange with a server passes here, some thousands a second at most:
 * one mutex is enough.
 */
#include "job/health.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

struct health {
	const struct clock *clock;
	int64_t started_ms;

	pthread_mutex_t lock;
	struct {
		struct health_state peer[HEALTH_PEERS];
		uint64_t staged;
	} locked;
};

int health_new(struct health **out, const struct clock *clock)
{
	struct health *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->clock = clock;
	h->started_ms = clock_wall_ms(clock);
	pthread_mutex_init(&h->lock, NULL);
	*out = h;
	return 0;
}

void health_free(struct health *h)
{
	if (!h)
		return;
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void health_good(struct health *h, enum health_peer who)
{
	int64_t now = clock_wall_ms(h->clock);
	SCOPE_LOCK(&h->lock);
	struct health_state *s = &h->locked.peer[who];

	s->good++;
	s->good_ms = now;
	s->error[0] = '\0';
}

void health_bad(struct health *h, enum health_peer who, const struct problem *p)
{
	int64_t now = clock_wall_ms(h->clock);
	SCOPE_LOCK(&h->lock);
	struct health_state *s = &h->locked.peer[who];

	s->bad++;
	s->bad_ms = now;
	(void)snprintf(s->error, sizeof(s->error), "%s", problem_text(p));
}

void health_read(struct health *h, enum health_peer who, struct health_state *out)
{
	SCOPE_LOCK(&h->lock);

	*out = h->locked.peer[who];
}

const char *health_name(enum health_peer who)
{
	static const char *const names[HEALTH_PEERS] = {
		[HEALTH_LOGIN] = "login",
		[HEALTH_AMC] = "amc",
		[HEALTH_S3] = "s3",
		[HEALTH_STORE] = "store",
	};

	return (unsigned)who < HEALTH_PEERS ? names[who] : "";
}

void health_add_staged(struct health *h, uint64_t bytes)
{
	SCOPE_LOCK(&h->lock);

	h->locked.staged += bytes;
}

uint64_t health_staged(struct health *h)
{
	SCOPE_LOCK(&h->lock);

	return h->locked.staged;
}

int64_t health_started_ms(const struct health *h)
{
	return h->started_ms;
}
