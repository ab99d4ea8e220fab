/* SPDX-License-Identifier: Apache-2.0 */
/* Ids sort as they were born, also when the clock stands or steps back, and
 * from several threads. */
#include "base/ulid.h"

#include <pthread.h>

#include "tool/check.h"

#define THREADS 4
#define EACH	5000

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The first test, so that nothing was made before: 1469918176385 is the
 * specification's own example, "01ARYZ6S41...". */
TEST(time_part)
{
	char id[ULID_CHARS + 1];

	CHECK_INT(ulid_new(0, id), 0);
	CHECK_MEM(id, 10, "0000000000", 10);
	CHECK(strcmp(id + 10, "0000000000000000") != 0);
	CHECK_INT(ulid_new(INT64_C(1469918176385), id), 0);
	CHECK_MEM(id, 10, "01ARYZ6S41", 10);
	CHECK_INT(strlen(id), ULID_CHARS);
	CHECK(ulid_valid(id));
}

TEST(sorted_within_a_millisecond)
{
	char before[ULID_CHARS + 1], id[ULID_CHARS + 1];

	CHECK_INT(ulid_new(INT64_C(1500000000000), before), 0);
	for (int i = 0; i < 10000; i++) {
		CHECK_INT(ulid_new(INT64_C(1500000000000), id), 0);
		CHECK(strcmp(before, id) < 0);
		CHECK(ulid_valid(id));
		memcpy(before, id, sizeof(id));
	}
}

TEST(sorted_when_the_clock_steps_back)
{
	char before[ULID_CHARS + 1], id[ULID_CHARS + 1];

	CHECK_INT(ulid_new(INT64_C(1600000000000), before), 0);
	CHECK_INT(ulid_new(INT64_C(1500000000000), id), 0);
	CHECK(strcmp(before, id) < 0);
	CHECK_INT(ulid_new(INT64_C(1600000000001), before), 0);
	CHECK(strcmp(id, before) < 0);
}

static char ids[THREADS * EACH][ULID_CHARS + 1];

static void *make_many(void *arg)
{
	char(*mine)[ULID_CHARS + 1] = arg;

	for (int i = 0; i < EACH; i++) {
		if (ulid_new(INT64_C(1700000000000), mine[i]) < 0)
			return arg;
	}
	return NULL;
}

TEST(unique_among_threads)
{
	pthread_t t[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&t[i], NULL, make_many, ids[i * EACH]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed = &t;

		CHECK_INT(pthread_join(t[i], &failed), 0);
		CHECK(!failed);
		for (size_t k = 1; k < EACH; k++)
			CHECK(strcmp(ids[i * EACH + k - 1], ids[i * EACH + k]) < 0);
	}
	qsort(ids, THREADS * EACH, sizeof(ids[0]), compare);
	for (size_t i = 1; i < THREADS * EACH; i++)
		CHECK(strcmp(ids[i - 1], ids[i]) < 0);
}

TEST(valid)
{
	CHECK(ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
	CHECK(ulid_valid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
	CHECK(!ulid_valid("8ZZZZZZZZZZZZZZZZZZZZZZZZZ")); /* 129 bits */
	CHECK(!ulid_valid(""));
	CHECK(!ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5FA"));
	CHECK(!ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5FAVV"));
	CHECK(!ulid_valid("01arz3ndektsv4rrffq69g5fav"));
	CHECK(!ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5FAI"));
	CHECK(!ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5FAL"));
	CHECK(!ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5FAO"));
	CHECK(!ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5FAU"));
	CHECK(!ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5F/."));
}

/* Last, since later ids would all have to sort behind it. */
TEST(range)
{
	char id[ULID_CHARS + 1];

	CHECK_INT(ulid_new(-1, id), -ERANGE);
	CHECK_INT(ulid_new(INT64_C(1) << 48, id), -ERANGE);
	CHECK_INT(ulid_new(INT64_MAX, id), -ERANGE);
	CHECK_INT(ulid_new((INT64_C(1) << 48) - 1, id), 0);
	CHECK_MEM(id, 10, "7ZZZZZZZZZ", 10);
	CHECK(ulid_valid(id));
}

int main(void)
{
	RUN(time_part);
	RUN(sorted_within_a_millisecond);
	RUN(sorted_when_the_clock_steps_back);
	RUN(unique_among_threads);
	RUN(valid);
	RUN(range);
	return CHECK_DONE();
}
