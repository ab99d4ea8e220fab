/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health - how the connections are doing, as status shows it
 *
 * Layer    job
 * Threads  any
 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/problem.h"

enum health_peer { HEALTH_LOGIN, HEALTH_AMC, HEALTH_S3, HEALTH_STORE, HEALTH_PEERS };

struct health_state {
	uint64_t good, bad;	 /* exchanges */
	int64_t good_ms, bad_ms; /* wall clock of the latest; 0 = never */
	char error[640];	 /* sentence of the latest failure, "" while good */
};

struct health;

MUST_CHECK int health_new(struct health **out, const struct clock *clock);
void health_free(struct health *h);
void health_good(struct health *h, enum health_peer who);
void health_bad(struct health *h, enum health_peer who, const struct problem *p);
void health_read(struct health *h, enum health_peer who, struct health_state *out);
const char *health_name(enum health_peer who); /* "login" "amc" "s3" "store" */
void health_add_staged(struct health *h, uint64_t bytes);
uint64_t health_staged(struct health *h); /* bytes taken by S3 since start */
int64_t health_started_ms(const struct health *h);
