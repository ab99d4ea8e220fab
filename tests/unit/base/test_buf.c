/* SPDX-License-Identifier: Apache-2.0 */
/* A buf holds what was put in, and never more than its maximum. */
#include "base/buf.h"

#include <stdint.h>

#include "base/scope.h"
#include "tool/check.h"

TEST(adds_in_order)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1000);

	CHECK_INT(buf_add(&b, "ab\0c", 4), 0);
	CHECK_INT(buf_addc(&b, 'd'), 0);
	CHECK_INT(buf_adds(&b, "ef"), 0);
	CHECK_INT(buf_addf(&b, "-%d-%s", 42, "x"), 0);
	CHECK_MEM(b.p, b.n, "ab\0cdef-42-x", 12);
	CHECK(slice_eq(buf_slice(&b), slice_of("ab\0cdef-42-x", 12)));
	buf_clear(&b);
	CHECK_INT(b.n, 0);
	CHECK_STR(buf_str(&b), "");
}

TEST(maximum_is_exact)
{
	_cleanup_buf_ struct buf b = BUF_INIT(5);

	CHECK_INT(buf_adds(&b, "12345"), 0);
	CHECK_INT(b.cap, 5);
	CHECK_INT(buf_addc(&b, '6'), -ERR_TOO_LARGE);
	CHECK_INT(buf_adds(&b, "6"), -ERR_TOO_LARGE);
	CHECK_INT(buf_addf(&b, "%d", 6), -ERR_TOO_LARGE);
	CHECK_INT(buf_reserve(&b, 1), -ERR_TOO_LARGE);
	CHECK_INT(buf_reserve(&b, SIZE_MAX), -ERR_TOO_LARGE);
	CHECK_INT(buf_add(&b, NULL, 0), 0);
	CHECK_STR(buf_str(&b), "12345"); /* room for the NUL though full */
}

TEST(maximum_of_zero)
{
	_cleanup_buf_ struct buf b = BUF_INIT(0);

	CHECK_INT(buf_addc(&b, 'x'), -ERR_TOO_LARGE);
	CHECK_INT(buf_addf(&b, "%s", ""), 0);
	CHECK_STR(buf_str(&b), "");
}

TEST(grows)
{
	_cleanup_buf_ struct buf b = BUF_INIT(100000);

	for (int i = 0; i < 100000; i++)
		CHECK_INT(buf_addc(&b, (char)('a' + i % 26)), 0);
	for (int i = 0; i < 100000; i++)
		CHECK_INT(b.p[i], 'a' + i % 26);
	CHECK_INT(b.cap, 100000);
	CHECK_INT(buf_addc(&b, 'x'), -ERR_TOO_LARGE);
}

TEST(reserve_gives_room)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4096);

	CHECK_INT(buf_adds(&b, "ab"), 0);
	CHECK_INT(buf_reserve(&b, 3000), 0);
	CHECK(b.cap - b.n >= 3000);
	memset(b.p + b.n, 'z', 3000);
	b.n += 3000;
	CHECK_MEM(b.p, 3, "abz", 3);
}

/* Formatted text that just fits, and that misses by one. */
TEST(format_at_the_border)
{
	for (int n = 0; n < 200; n++) {
		_cleanup_buf_ struct buf b = BUF_INIT(100);

		CHECK_INT(buf_addf(&b, "%*s", n, ""), n <= 100 ? 0 : -ERR_TOO_LARGE);
		CHECK_INT(b.n, n <= 100 ? n : 0);
	}
}

TEST(fini_and_wipe_start_anew)
{
	struct buf b = {0};

	buf_fini(&b);
	buf_wipe(&b);
	buf_init(&b, 10);
	CHECK_INT(buf_adds(&b, "secret"), 0);
	buf_wipe(&b);
	CHECK(!b.p);
	CHECK_INT(b.n + b.cap, 0);
	CHECK_INT(b.max, 10);
	CHECK_INT(buf_adds(&b, "again"), 0);
	CHECK_STR(buf_str(&b), "again");
	buf_fini(&b);
	CHECK(!b.p);
}

TEST(absurd_size_is_no_memory)
{
	_cleanup_buf_ struct buf b = BUF_INIT(SIZE_MAX);

	CHECK_INT(buf_reserve(&b, SIZE_MAX), -ENOMEM);
	CHECK_INT(buf_adds(&b, "fine"), 0);
	CHECK_STR(buf_str(&b), "fine");
}

int main(void)
{
	RUN(adds_in_order);
	RUN(maximum_is_exact);
	RUN(maximum_of_zero);
	RUN(grows);
	RUN(reserve_gives_room);
	RUN(format_at_the_border);
	RUN(fini_and_wipe_start_anew);
	RUN(absurd_size_is_no_memory);
	return CHECK_DONE();
}
