/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testclock - a clock that stands still until the test moves it
 *
 *	struct testclock tc = TESTCLOCK_INIT(1767225600000);
 *	struct clock clock = testclock_clock(&tc);
 *	testclock_advance(&tc, 500);
 *
 * Wall and monotonic time are atomics, since code under test may ask from its
 * own threads.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"

struct testclock {
	_Atomic int64_t wall_ms;
	_Atomic int64_t mono_ms;
};

/* The two start apart, so that code which mixes them up shows it. */
#define TESTCLOCK_INIT(wall)    \
	{                       \
		(wall), 1000000 \
	}

__attribute__((unused)) static int64_t testclock_wall(void *ctx)
{
	return atomic_load(&((struct testclock *)ctx)->wall_ms);
}

__attribute__((unused)) static int64_t testclock_mono(void *ctx)
{
	return atomic_load(&((struct testclock *)ctx)->mono_ms);
}

/* tc is borrowed and must outlive the clock. */
__attribute__((unused)) static struct clock testclock_clock(struct testclock *tc)
{
	return (struct clock){testclock_wall, testclock_mono, tc};
}

/* Time passes: both go on. */
__attribute__((unused)) static void testclock_advance(struct testclock *tc, int64_t ms)
{
	atomic_fetch_add(&tc->wall_ms, ms);
	atomic_fetch_add(&tc->mono_ms, ms);
}

/* Somebody sets the clock: only the wall time jumps. */
__attribute__((unused)) static void testclock_set_wall(struct testclock *tc, int64_t wall)
{
	atomic_store(&tc->wall_ms, wall);
}
