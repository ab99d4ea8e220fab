/* SPDX-License-Identifier: Apache-2.0 */
#include "data/text.h"

#include "tool/check.h"

#define LEN(s) text_valid_len(s, sizeof(s) - 1)

TEST(accepts_every_length)
{
	CHECK_INT(LEN(""), 0);
	CHECK_INT(LEN("plain"), 5);
	CHECK_INT(LEN("\x01\x7f"), 2);
	CHECK_INT(LEN("\xc2\x80\xdf\xbf"), 4);
	CHECK_INT(LEN("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), 12);
	CHECK_INT(LEN("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), 8);
}

TEST(refuses_what_is_no_text)
{
	CHECK_INT(LEN("a\0b"), 1);
	CHECK_INT(LEN("a\x80"), 1);
	CHECK_INT(LEN("ab\xc0\xaf"), 2);
	CHECK_INT(LEN("\xc1\xbf"), 0);
	CHECK_INT(LEN("\xe0\x9f\xbf"), 0);
	CHECK_INT(LEN("\xed\xa0\x80"), 0);
	CHECK_INT(LEN("\xf0\x8f\xbf\xbf"), 0);
	CHECK_INT(LEN("\xf4\x90\x80\x80"), 0);
	CHECK_INT(LEN("\xf5\x80\x80\x80"), 0);
	CHECK_INT(LEN("x\xc3"), 1);
	CHECK_INT(LEN("x\xe2\x82"), 1);
	CHECK_INT(LEN("x\xf0\x9f\x98"), 1);
	CHECK_INT(LEN("x\xe2\x28\xa1"), 1);
}

#define UNFINISHED(s) text_unfinished(s, sizeof(s) - 1)

TEST(knows_the_beginning_of_a_character)
{
	CHECK(UNFINISHED("\xc3"));
	CHECK(UNFINISHED("\xe0"));
	CHECK(UNFINISHED("\xe0\xa0"));
	CHECK(UNFINISHED("\xed\x9f"));
	CHECK(UNFINISHED("\xed"));
	CHECK(UNFINISHED("\xf0"));
	CHECK(UNFINISHED("\xf0\x90\x80"));
	CHECK(UNFINISHED("\xf4"));
	CHECK(UNFINISHED("\xf4\x8f\xbf"));
	CHECK(!UNFINISHED(""));
	CHECK(!UNFINISHED("\0"));
	CHECK(!UNFINISHED("\x80"));
	CHECK(!UNFINISHED("\xc1"));
	CHECK(!UNFINISHED("\xc3\xc3"));
	CHECK(!UNFINISHED("\xe0\x9f"));
	CHECK(!UNFINISHED("\xed\xa0"));
	CHECK(!UNFINISHED("\xe2\x28"));
	CHECK(!UNFINISHED("\xf0\x8f\xbf"));
	CHECK(!UNFINISHED("\xf4\x90"));
	CHECK(!UNFINISHED("\xf5"));
	CHECK(!UNFINISHED("\xff\xfe\xfd\xfc"));
}

/* The eight bytes at once must see what one at a time sees. */
TEST(finds_one_bad_byte_anywhere)
{
	char s[40];

	for (size_t n = 1; n <= sizeof(s); n++) {
		for (size_t i = 0; i < n; i++) {
			memset(s, 'x', sizeof(s));
			s[i] = '\0';
			CHECK_INT(text_valid_len(s, n), i);
			s[i] = '\xff';
			CHECK_INT(text_valid_len(s, n), i);
			s[i] = '\x7f';
			CHECK_INT(text_valid_len(s, n), n);
		}
	}
}

static void trims(const char *in, const char *want)
{
	struct slice s = text_trim(slice_str(in));

	CHECK_MEM(s.p, s.n, want, strlen(want));
}

TEST(trims_white_space_at_both_ends)
{
	trims("", "");
	trims("a", "a");
	trims("  a b\t", "a b");
	trims(" \t\n\v\f\r ", "");
	trims("\xc2\xa0"
	      "a"
	      "\xc2\x85",
	      "a");
	trims("\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x8a"
	      "a"
	      "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\x9f\xe3\x80\x80",
	      "a");
	trims("\xe3\x80\x80", "");
}

TEST(keeps_what_only_looks_blank)
{
	trims("\xe2\x80\x8b"
	      "a",
	      "\xe2\x80\x8b"
	      "a"); /* zero width space */
	trims("\xef\xbb\xbf", "\xef\xbb\xbf");
	trims("\x1f"
	      "a",
	      "\x1f"
	      "a");
	trims("\xc3\xa9 ", "\xc3\xa9");
	trims(" \xc3\xa0", "\xc3\xa0"); /* its last byte is that of U+00A0 */
	trims("\xf0\x9f\x98\x80 ", "\xf0\x9f\x98\x80");
}

int main(void)
{
	RUN(accepts_every_length);
	RUN(refuses_what_is_no_text);
	RUN(knows_the_beginning_of_a_character);
	RUN(finds_one_bad_byte_anywhere);
	RUN(trims_white_space_at_both_ends);
	RUN(keeps_what_only_looks_blank);
	return CHECK_DONE();
}
