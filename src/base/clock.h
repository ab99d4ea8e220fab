/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - what time it is, asked of an object so that tests can set it
 *
 * Layer    base
 * Threads  any
 */
#pragma once

#include <stdint.h>
#include <time.h>

struct clock {
	/* seconds and milliseconds since 1970 UTC; may jump */
	int64_t (*wall_ms)(void *ctx);
	/* milliseconds that only grow, for deadlines */
	int64_t (*mono_ms)(void *ctx);
	void *ctx;
};

extern const struct clock clock_real;

/* CLOCK_MONOTONIC now plus ms, for timed waits; ms < 0 counts as 0. */
struct timespec clock_deadline(int64_t ms);

static inline int64_t clock_wall_ms(const struct clock *c)
{
	return c->wall_ms(c->ctx);
}

static inline int64_t clock_mono_ms(const struct clock *c)
{
	return c->mono_ms(c->ctx);
}
