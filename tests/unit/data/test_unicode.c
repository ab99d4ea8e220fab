/* SPDX-License-Identifier: Apache-2.0 */
#include "data/unicode.h"

#include <stdlib.h>

#include "tool/check.h"

static void nfc(const char *in, const char *want)
{
	size_t n = strlen(in);
	char *room = malloc(UNICODE_NFC_ROOM(n));

	CHECK(room != NULL);
	n = unicode_nfc(slice_of(in, n), room);
	CHECK_MEM(room, n, want, strlen(want));
	if (strcmp(in, want) != 0)
		CHECK(unicode_needs_nfc(slice_str(in)));
	free(room);
}

TEST(composes)
{
	nfc("", "");
	nfc("plain", "plain");
	nfc("e\314\201", "\303\251");
	nfc("\303\251", "\303\251");
	nfc("\342\204\253", "\303\205");		 /* Angstrom */
	nfc("\341\275\261", "\316\254");		 /* oxia is tonos */
	nfc("\357\244\200", "\350\261\210");		 /* CJK compatibility */
	nfc("\340\245\230", "\340\244\225\340\244\274"); /* excluded */
	nfc("\315\204", "\314\210\314\201");
	nfc("\343\201\213\343\202\231", "\343\201\214"); /* ka, voiced */
	nfc("\360\221\202\231\360\221\202\272", "\360\221\202\232");
}

TEST(orders_marks)
{
	nfc("q\314\207\314\243", "q\314\243\314\207");
	nfc("a\314\210\314\243", "\341\272\241\314\210");
	nfc("a\314\201\314\201", "\303\241\314\201"); /* the second is blocked */
	nfc("\341\270\213\314\243", "\341\270\215\314\207");
	nfc("\314\207\314\243x", "\314\243\314\207x"); /* no letter to hold on to */
}

TEST(composes_hangul)
{
	nfc("\341\204\200\341\205\241", "\352\260\200");
	nfc("\341\204\200\341\205\241\341\206\250", "\352\260\201");
	nfc("\352\260\200\341\206\250", "\352\260\201");
	nfc("\352\260\201\341\206\250", "\352\260\201\341\206\250");
	nfc("\352\260\200\341\206\247", "\352\260\200\341\206\247"); /* not a T */
}

static void maps(uint32_t c, uint32_t upper, uint32_t lower)
{
	uint32_t out[3];

	CHECK_INT(unicode_to_upper(c, out), 1);
	CHECK_INT(out[0], upper);
	CHECK_INT(unicode_to_lower(c, out), 1);
	CHECK_INT(out[0], lower);
}

TEST(changes_case)
{
	uint32_t out[3];

	maps('a', 'A', 'a');
	maps('Z', 'Z', 'z');
	maps('@', '@', '@');
	maps('{', '{', '{');
	maps(0xe9, 0xc9, 0xe9);
	maps(0xd7, 0xd7, 0xd7); /* between the letters */
	maps(0x131, 'I', 0x131);
	maps(0x100, 0x100, 0x101);
	maps(0x101, 0x100, 0x101);
	maps(0x1c5, 0x1c4, 0x1c6);
	maps(0x10ffff, 0x10ffff, 0x10ffff);
	CHECK_INT(unicode_to_upper(0xdf, out), 2);
	CHECK(out[0] == 'S' && out[1] == 'S');
	CHECK_INT(unicode_to_upper(0xfb03, out), 3);
	CHECK(out[0] == 'F' && out[1] == 'F' && out[2] == 'I');
	CHECK_INT(unicode_to_lower(0x130, out), 2);
	CHECK(out[0] == 'i' && out[1] == 0x307);
}

static void sigmas(const char *in, const char *want)
{
	char s[64] = "";

	memcpy(s, in, strlen(in) + 1);
	unicode_end_sigmas(s, strlen(s));
	CHECK_STR(s, want);
}

TEST(ends_words_with_the_final_sigma)
{
	sigmas("a\317\203", "a\317\202");
	sigmas("a\317\203b", "a\317\203b");
	sigmas("a'\317\203.", "a'\317\202.");
	sigmas("a\317\203.b", "a\317\203.b");
	sigmas("\317\203", "\317\203");
	sigmas("1\317\203", "1\317\203");
	sigmas("a\317\203\317\203 ", "a\317\203\317\202 ");
	sigmas("a\317\203-a\317\203", "a\317\202-a\317\202");
}

TEST(reads_digits)
{
	CHECK_INT(unicode_digit('0'), 0);
	CHECK_INT(unicode_digit('9'), 9);
	CHECK_INT(unicode_digit('/'), -1);
	CHECK_INT(unicode_digit(':'), -1);
	CHECK_INT(unicode_digit(0xff15), 5);
	CHECK_INT(unicode_digit(0x669), 9);
	CHECK_INT(unicode_digit(0x66a), -1);
	CHECK_INT(unicode_digit(0xb2), -1); /* superscript two */
	CHECK_INT(unicode_digit(0x10ffff), -1);
}

TEST(settles_what_needs_nothing)
{
	CHECK(unicode_is_ascii(slice_str("plain")));
	CHECK(!unicode_is_ascii(slice_str("\303\251")));
	CHECK(!unicode_needs_nfc(slice_str("\303\251\345\261\261\343\201\213")));
	CHECK(unicode_needs_nfc(slice_str("e\314\201")));
}

int main(void)
{
	RUN(composes);
	RUN(orders_marks);
	RUN(composes_hangul);
	RUN(changes_case);
	RUN(ends_words_with_the_final_sigma);
	RUN(reads_digits);
	RUN(settles_what_needs_nothing);
	return CHECK_DONE();
}
