/* SPDX-License-Identifier: Apache-2.0 */
#include "job/health.h"

#include "check.h"
#include "testclock.h"

#define T0 1767225600000

TEST(good_and_bad_are_counted_and_dated)
{
	struct testclock tc = TESTCLOCK_INIT(T0);
	struct clock clock = testclock_clock(&tc);
	struct health_state s;
	struct problem p = {0};
	struct health *h;

	CHECK_INT(health_new(&h, &clock), 0);
	health_read(h, HEALTH_AMC, &s);
	CHECK_INT(s.good + s.bad, 0);
	CHECK_INT(s.good_ms + s.bad_ms, 0);
	CHECK_STR(s.error, "");

	testclock_advance(&tc, 1000);
	(void)problem_set(&p, -ERR_UNREACHABLE, "no route to amc");
	health_bad(h, HEALTH_AMC, &p);
	health_bad(h, HEALTH_AMC, &p);
	health_read(h, HEALTH_AMC, &s);
	CHECK_INT(s.bad, 2);
	CHECK_INT(s.bad_ms, T0 + 1000);
	CHECK_STR(s.error, "no route to amc");

	testclock_advance(&tc, 500);
	health_good(h, HEALTH_AMC);
	health_read(h, HEALTH_AMC, &s);
	CHECK_INT(s.good, 1);
	CHECK_INT(s.bad, 2);
	CHECK_INT(s.good_ms, T0 + 1500);
	CHECK_INT(s.bad_ms, T0 + 1000);
	CHECK_STR(s.error, "");

	health_read(h, HEALTH_S3, &s); /* the others are untouched */
	CHECK_INT(s.good + s.bad, 0);
	CHECK_INT(health_started_ms(h), T0);
	health_free(h);
	health_free(NULL);
}

TEST(staged_bytes_add_up)
{
	struct testclock tc = TESTCLOCK_INIT(T0);
	struct clock clock = testclock_clock(&tc);
	struct health *h;

	CHECK_INT(health_new(&h, &clock), 0);
	health_add_staged(h, 7);
	health_add_staged(h, 1ull << 40);
	CHECK_INT(health_staged(h), (1ll << 40) + 7);
	health_free(h);
}

TEST(names)
{
	CHECK_STR(health_name(HEALTH_LOGIN), "login");
	CHECK_STR(health_name(HEALTH_AMC), "amc");
	CHECK_STR(health_name(HEALTH_S3), "s3");
	CHECK_STR(health_name(HEALTH_STORE), "store");
	CHECK_STR(health_name(HEALTH_PEERS), "");
}

int main(void)
{
	RUN(good_and_bad_are_counted_and_dated);
	RUN(staged_bytes_add_up);
	RUN(names);
	return CHECK_DONE();
}
