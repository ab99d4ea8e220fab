/* SPDX-License-Identifier: Apache-2.0 */
/* The real clock agrees with the system's; the one for tests stands still. */
#include "base/clock.h"

#include <time.h>

#include "tool/check.h"
#include "tool/testclock.h"

static int64_t system_ms(clockid_t id)
{
	struct timespec ts;

	CHECK_INT(clock_gettime(id, &ts), 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

TEST(real_lies_between_two_readings)
{
	int64_t before = system_ms(CLOCK_MONOTONIC);
	int64_t now = clock_mono_ms(&clock_real);

	CHECK(before <= now);
	CHECK(now <= system_ms(CLOCK_MONOTONIC));
	/* 2020: milliseconds, neither seconds nor nanoseconds */
	CHECK(clock_wall_ms(&clock_real) > INT64_C(1577836800000));
	CHECK(clock_wall_ms(&clock_real) < INT64_C(1577836800000) * 100);
}

TEST(test_clock_moves_when_told)
{
	struct testclock tc = TESTCLOCK_INIT(5000);
	struct clock c = testclock_clock(&tc);
	int64_t mono = clock_mono_ms(&c);

	CHECK_INT(clock_wall_ms(&c), 5000);
	testclock_advance(&tc, 250);
	CHECK_INT(clock_wall_ms(&c), 5250);
	CHECK_INT(clock_mono_ms(&c), mono + 250);
	testclock_set_wall(&tc, 10);
	CHECK_INT(clock_wall_ms(&c), 10);
	CHECK_INT(clock_mono_ms(&c), mono + 250);
}

int main(void)
{
	RUN(real_lies_between_two_readings);
	RUN(test_clock_moves_when_told);
	return CHECK_DONE();
}
