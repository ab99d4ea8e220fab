/* SPDX-License-Identifier: Apache-2.0 */
/* A secret is a copy, bounded, and gone when it is finished. */
#include "base/secret.h"

#include "tool/check.h"

TEST(set_copy_fini)
{
	struct secret a = {0}, b = {0};
	char from[] = "token-1";

	CHECK(secret_empty(&a));
	CHECK_INT(secret_set(&a, from, 7), 0);
	memset(from, 'x', sizeof(from) - 1);
	CHECK_STR(a.bytes, "token-1");
	CHECK_INT(a.n, 7);
	CHECK(!secret_empty(&a));
	CHECK_INT(secret_copy(&b, &a), 0);
	CHECK(b.bytes != a.bytes);
	secret_fini(&a);
	CHECK(!a.bytes);
	CHECK(secret_empty(&a));
	CHECK_STR(b.bytes, "token-1");
	secret_fini(&b);
	secret_fini(&b);
}

TEST(replaced_also_by_its_own_part)
{
	struct secret s = {0};

	CHECK_INT(secret_set(&s, "Bearer abc", 10), 0);
	CHECK_INT(secret_set(&s, s.bytes + 7, 3), 0);
	CHECK_STR(s.bytes, "abc");
	CHECK_INT(secret_copy(&s, &s), 0);
	CHECK_STR(s.bytes, "abc");
	CHECK_INT(secret_set(&s, NULL, 0), 0);
	CHECK_STR(s.bytes, "");
	CHECK(secret_empty(&s));
	secret_fini(&s);
}

TEST(limit)
{
	static char big[8193];
	struct secret s = {0};

	memset(big, 'k', sizeof(big));
	CHECK_INT(secret_set(&s, big, 8192), 0);
	CHECK_INT(s.n, 8192);
	CHECK_INT(secret_set(&s, big, 8193), -ERR_TOO_LARGE);
	CHECK_INT(s.n, 8192); /* the old one stays */
	secret_fini(&s);
}

int main(void)
{
	RUN(set_copy_fini);
	RUN(replaced_also_by_its_own_part);
	RUN(limit);
	return CHECK_DONE();
}
