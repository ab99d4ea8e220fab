/* SPDX-License-Identifier: Apache-2.0 */
#include "net/retry.h"

#include "base/errcode.h"
#include "check.h"

static enum retry_class expected_status(int status, bool idempotent)
{
	enum retry_class unsure = idempotent ? RETRY_TEMPORARY : RETRY_UNSURE;

	if (status >= 200 && status <= 299)
		return RETRY_DONE;
	if (status == 401)
		return RETRY_AUTH;
	if (status == 408 || status == 425 || status == 429)
		return RETRY_TEMPORARY;
	if (status == 501 || status == 505)
		return RETRY_PERMANENT;
	if (status >= 300 && status <= 499)
		return RETRY_PERMANENT;
	return unsure; /* 0, 1xx, 5xx and what is no status */
}

TEST(every_status)
{
	for (int status = 0; status <= 999; status++) {
		CHECK_INT(retry_classify(0, status, true), expected_status(status, true));
		CHECK_INT(retry_classify(0, status, false),
			  expected_status(status, false));
	}
}

TEST(every_error)
{
	static const struct {
		int err;
		enum retry_class twice_harmless, once;
	} rows[] = {
		{ERR_UNREACHABLE, RETRY_TEMPORARY, RETRY_TEMPORARY},
		{ERR_THROTTLED, RETRY_TEMPORARY, RETRY_TEMPORARY},
		{ERR_LOST_ANSWER, RETRY_TEMPORARY, RETRY_UNSURE},
		{ERR_BAD_REPLY, RETRY_TEMPORARY, RETRY_UNSURE},
		{ERR_REMOTE, RETRY_TEMPORARY, RETRY_UNSURE},
		{ERR_STOPPING, RETRY_TEMPORARY, RETRY_UNSURE},
		{ENOMEM, RETRY_TEMPORARY, RETRY_UNSURE},
	};

	for (int e = 1; e < ERR_END; e++) {
		enum retry_class a = RETRY_PERMANENT, b = RETRY_PERMANENT;

		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			if (rows[i].err == e) {
				a = rows[i].twice_harmless;
				b = rows[i].once;
			}
		}
		/* the status is not looked at when there is an error */
		CHECK_INT(retry_classify(-e, 200, true), a);
		CHECK_INT(retry_classify(-e, 200, false), b);
		CHECK_INT(retry_classify(-e, 0, false), b);
	}
}

TEST(wait_doubles_up_to_the_limit)
{
	static const int64_t full[] = {1000, 2000, 4000, 8000, 10000, 10000, 10000};
	struct retry_policy pol = {1000, 10000};

	for (unsigned i = 0; i < sizeof(full) / sizeof(*full); i++) {
		int64_t low = retry_wait_ms(&pol, i + 1, -1, 0);
		int64_t high = retry_wait_ms(&pol, i + 1, -1, UINT32_MAX);
		int64_t middle = retry_wait_ms(&pol, i + 1, -1, UINT32_MAX / 2 + 1);

		CHECK_INT(low, full[i] / 2);
		CHECK(high > full[i] * 99 / 100 && high <= full[i]);
		CHECK_INT(middle, full[i] * 3 / 4);
	}
	CHECK_INT(retry_wait_ms(&pol, 0, -1, 0), 500);
	CHECK_INT(retry_wait_ms(&pol, UINT32_MAX, -1, 0), 5000);
}

TEST(wait_survives_odd_policies)
{
	struct retry_policy huge = {INT64_MAX / 2, INT64_MAX};
	struct retry_policy none = {0, 0};
	struct retry_policy upside_down = {1000, 10};
	int64_t w = retry_wait_ms(&huge, 9, -1, UINT32_MAX);

	CHECK(w > INT64_MAX / 2 + INT64_MAX / 4);
	CHECK(retry_wait_ms(&none, 3, -1, 77) >= 0);
	CHECK(retry_wait_ms(&none, 3, -1, 77) <= 1);
	CHECK(retry_wait_ms(&upside_down, 1, -1, UINT32_MAX) <= 10);
}

TEST(the_server_may_ask_for_more)
{
	struct retry_policy pol = {1000, 10000};

	CHECK_INT(retry_wait_ms(&pol, 1, 60000, 0), 60000);
	CHECK_INT(retry_wait_ms(&pol, 1, 0, 0), 500);
	CHECK_INT(retry_wait_ms(&pol, 1, 600, 0), 600);
}

TEST(after_in_seconds)
{
	CHECK_INT(retry_after_ms("120", 0), 120000);
	CHECK_INT(retry_after_ms(" 7 \t", 0), 7000);
	CHECK_INT(retry_after_ms("0", 0), 0);
	CHECK_INT(retry_after_ms("86400", 0), 86400000);
	CHECK_INT(retry_after_ms("86401", 0), 86400000);
	CHECK_INT(retry_after_ms("99999999999999999999999999999999", 0), 86400000);
}

TEST(after_as_a_date)
{
	int64_t t = 784111777000; /* Sun, 06 Nov 1994 08:49:37 GMT */

	CHECK_INT(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", t - 30000), 30000);
	CHECK_INT(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", t), 0);
	CHECK_INT(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", t + 5), 0);
	CHECK_INT(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", 0), 86400000);
	CHECK_INT(retry_after_ms("Mon, 01 Jan 2035 00:00:00 GMT", 2051222399000), 1000);
}

TEST(after_that_is_nothing)
{
	static const char *const bad[] = {"",
					  " ",
					  "-1",
					  "+5",
					  "1.5",
					  "12s",
					  "soon",
					  "Sun, 06 Nov 1994 08:49:37",
					  "Sun, 06 Nov 1994 08:49:37 CET",
					  "Sun, 06 Foo 1994 08:49:37 GMT",
					  "Sun, 06 anF 1994 08:49:37 GMT",
					  "Sun, 31 Feb 1994 08:49:37 GMT",
					  "Sun, 06 Nov 1994 24:49:37 GMT",
					  "Sunday, 06-Nov-94 08:49:37 GMT"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(retry_after_ms(bad[i], 0), -1);
}

int main(void)
{
	RUN(every_status);
	RUN(every_error);
	RUN(wait_doubles_up_to_the_limit);
	RUN(wait_survives_odd_policies);
	RUN(the_server_may_ask_for_more);
	RUN(after_in_seconds);
	RUN(after_as_a_date);
	RUN(after_that_is_nothing);
	return CHECK_DONE();
}
