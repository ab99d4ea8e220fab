/* SPDX-License-Identifier: Apache-2.0 */
/* Every code point goes through, and nothing that is not one. */
#include "base/utf8.h"

#include "tool/check.h"

static size_t encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

TEST(all_code_points)
{
	for (uint32_t c = 0; c < 0x120000; c++) {
		uint32_t got = 0xffffffff;
		char s[4];
		size_t n = encode(c, s);
		int valid = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);

		CHECK_INT(utf8_decode(s, n, &got), valid ? n : 0);
		if (valid)
			CHECK_INT(got, c);
		CHECK_INT(utf8_decode(s, n - 1, &got), 0);
	}
}

TEST(not_utf8)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xf5\x80\x80\x80",
		"\xfe",
		"\xff",
		"\xc3(",
		"\xe2\x82(",
		"\xe2(\xac",
		"\xf0\x9f\x98(",
		"\xf0(\x98\x80",
	};
	uint32_t c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(utf8_decode(bad[i], strlen(bad[i]), &c), 0);
	CHECK_INT(utf8_decode("", 0, &c), 0);
}

TEST(controls)
{
	static const uint32_t yes[] = {0,      0x1b,   0x1f,   0x7f,   0x80,
				       0x9b,   0x9f,   0x2028, 0x2029, 0x202a,
				       0x202e, 0x2066, 0x2069};
	static const uint32_t no[] = {' ',    '~',    0xa0,   0xfc,
				      0x2027, 0x202f, 0x2065, 0x206a};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		CHECK(utf8_is_control(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		CHECK(!utf8_is_control(no[i]));
}

int main(void)
{
	RUN(all_code_points);
	RUN(not_utf8);
	RUN(controls);
	return CHECK_DONE();
}
