/* SPDX-License-Identifier: Apache-2.0 */
/* What a scope holds is gone behind it, what was taken out is not. Also the
 * small helpers of slice.h. */
#include "base/scope.h"

#include <fcntl.h>

#include "base/slice.h"
#include "tool/check.h"

static char *taken(void)
{
	_cleanup_free_ char *s = strdup("mine");

	CHECK(s);
	return take_ptr(s);
}

TEST(taken_pointer_survives)
{
	char *s = taken();

	CHECK_STR(s, "mine");
	free(s);
}

TEST(descriptor_is_closed)
{
	int copy;

	{
		_cleanup_close_ int none = -1;
		_cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		CHECK(fd >= 0);
		CHECK_INT(none, -1);
		copy = fd;
	}
	CHECK_INT(fcntl(copy, F_GETFD), -1);
	CHECK_INT(errno, EBADF);
}

TEST(lock_is_held_and_given_back)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

	{
		SCOPE_LOCK(&m);
		CHECK_INT(pthread_mutex_trylock(&m), EBUSY);
	}
	CHECK_INT(pthread_mutex_trylock(&m), 0);
	CHECK_INT(pthread_mutex_unlock(&m), 0);
}

TEST(slices_compare)
{
	struct slice none = {NULL, 0};

	CHECK(slice_eq(none, slice_str("")));
	CHECK(slice_eq_str(slice_of("abc", 2), "ab"));
	CHECK(!slice_eq_str(slice_of("abc", 3), "ab"));
	CHECK(!slice_eq_str(slice_of("a\0b", 3), "a"));
	CHECK(slice_eq_nocase(slice_str("Content-AZaz"), slice_str("cONTENT-azAZ")));
	CHECK(!slice_eq_nocase(slice_str("@"), slice_str("`"))); /* next to A and a */
	CHECK(!slice_eq_nocase(slice_str("["), slice_str("{"))); /* next to Z and z */
	CHECK(!slice_eq_nocase(slice_str("\xc3\x9c"), slice_str("\xc3\xbc")));
}

int main(void)
{
	RUN(taken_pointer_survives);
	RUN(descriptor_is_closed);
	RUN(lock_is_held_and_given_back);
	RUN(slices_compare);
	return CHECK_DONE();
}
