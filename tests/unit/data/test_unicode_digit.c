/* SPDX-License-Identifier: Apache-2.0 */
#include "data/unicode.h"

#include "tool/check.h"

TEST(knows_the_digits_of_all_scripts)
{
	for (int i = 0; i < 10; i++) {
		CHECK_INT(unicode_digit(0x30 + (uint32_t)i), i);
		CHECK_INT(unicode_digit(0x660 + (uint32_t)i), i);
		CHECK_INT(unicode_digit(0x6f0 + (uint32_t)i), i);
		CHECK_INT(unicode_digit(0x966 + (uint32_t)i), i);
		CHECK_INT(unicode_digit(0xff10 + (uint32_t)i), i);
		CHECK_INT(unicode_digit(0x11da0 + (uint32_t)i), i);
		CHECK_INT(unicode_digit(0x1d7ce + (uint32_t)i), i);
		CHECK_INT(unicode_digit(0x1d7f6 + (uint32_t)i), i);
		CHECK_INT(unicode_digit(0x1fbf0 + (uint32_t)i), i);
	}
}

TEST(takes_nothing_else_for_a_digit)
{
	static const uint32_t no[] = {0,       0x2f,	0x3a,	 0x65f,	  0x66a,
				      0xb2,    0xbd,	0x2460,	 0x3007,  0x4e00,
				      0xff0f,  0xff1a,	0x2160,	 0x1d7cd, 0x1d800,
				      0x1fbef, 0x1fbfa, 0x10ffff};

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		CHECK_INT(unicode_digit(no[i]), -1);
}

/* 66 scripts and styles have digits in Unicode 14, which all our tables follow. */
TEST(counts_as_many_as_unicode_has)
{
	int n = 0;

	for (uint32_t c = 0; c < 0x110000; c++)
		n += unicode_digit(c) >= 0;
	CHECK_INT(n, 660);
}

int main(void)
{
	RUN(knows_the_digits_of_all_scripts);
	RUN(takes_nothing_else_for_a_digit);
	RUN(counts_as_many_as_unicode_has);
	return CHECK_DONE();
}
