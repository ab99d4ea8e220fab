/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every input is decoded whole, cut in two at every place, and byte by byte, and
 * must each time give the same text and the same answer at the end.
 */
#include "data/decode.h"

#include <stdint.h>

#include "base/buf.h"
#include "feed.h"
#include "tool/check.h"

struct seen {
	struct decode *d;
	struct buf text;
	size_t most; /* bytes after which the function fails; 0 = never */
};

static int on_text(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	CHECK(n > 0);
	CHECK_INT(buf_add(&s->text, p, n), 0);
	return s->most && s->text.n >= s->most ? -ENOSPC : 0;
}

static int feed(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	return decode_feed(s->d, p, n);
}

static void check_one(enum decode_encoding e, const char *in, size_t n,
		      struct feed_cut cut, const char *want, int err, int end)
{
	struct seen s = {.text = BUF_INIT(1 << 20)};

	CHECK_INT(decode_new(&s.d, e, on_text, &s), 0);
	CHECK_INT(feed_portions(in, n, cut, feed, &s), err);
	CHECK_MEM(s.text.p, s.text.n, want, strlen(want));
	CHECK_INT(decode_end(s.d), end);
	if (err < 0) { /* sticks */
		CHECK_INT(decode_feed(s.d, "ab", 2), err);
		CHECK_INT(s.text.n, strlen(want));
	}
	decode_free(s.d);
	buf_fini(&s.text);
}

static void check_all(enum decode_encoding e, const char *in, size_t n, const char *want,
		      int err, int end)
{
	for (size_t step = 1; step <= 5; step++)
		check_one(e, in, n, (struct feed_cut){0, step}, want, err, end);
	for (size_t i = 0; i < n; i++)
		check_one(e, in, n, (struct feed_cut){i, n + 1}, want, err, end);
}

#define DECODES(e, in, want) check_all(DECODE_##e, in, sizeof(in) - 1, want, 0, 0)
#define FAILS(e, in, want)                                                 \
	check_all(DECODE_##e, in, sizeof(in) - 1, want, -ERR_BAD_ENCODING, \
		  -ERR_BAD_ENCODING)
#define CUT_SHORT(e, in, want) \
	check_all(DECODE_##e, in, sizeof(in) - 1, want, 0, -ERR_BAD_ENCODING)

TEST(passes_utf8_through)
{
	DECODES(UTF8, "", "");
	DECODES(UTF8, "a\xc3\xa9\n", "a\xc3\xa9\n");
	DECODES(UTF8, "\xff\xfe\x80", "\xff\xfe\x80"); /* for others to judge */
}

TEST(hands_utf8_on_where_it_lies)
{
	struct seen s = {.text = BUF_INIT(64)};

	CHECK_INT(decode_new(&s.d, DECODE_UTF8, on_text, &s), 0);
	CHECK_INT(decode_feed(s.d, "a\0b", 3), 0);
	CHECK_MEM(s.text.p, s.text.n, "a\0b", 3);
	decode_free(s.d);
	buf_fini(&s.text);
}

TEST(decodes_windows_1252)
{
	DECODES(WINDOWS_1252, "", "");
	DECODES(WINDOWS_1252, "M\xfcller;\x80 \x93x\x94\r\n",
		"M\xc3\xbcller;\xe2\x82\xac \xe2\x80\x9cx\xe2\x80\x9d\r\n");
	DECODES(WINDOWS_1252, "\x8a\x8e\x9f\xa0\xff",
		"\xc5\xa0\xc5\xbd\xc5\xb8\xc2\xa0\xc3\xbf");
}

TEST(refuses_bytes_that_windows_1252_lacks)
{
	FAILS(WINDOWS_1252, "a\x81z", "a");
	FAILS(WINDOWS_1252, "ab\n\xe9\x8dz", "ab\n\xc3\xa9");
	FAILS(WINDOWS_1252, "\x8f", "");
	FAILS(WINDOWS_1252, "\x90", "");
	FAILS(WINDOWS_1252, "\x9d", "");
}

TEST(decodes_iso_8859_1)
{
	DECODES(ISO_8859_1, "M\xfcller\n", "M\xc3\xbcller\n");
	DECODES(ISO_8859_1, "\x80\x81\x9f\xff", "\xc2\x80\xc2\x81\xc2\x9f\xc3\xbf");
}

TEST(decodes_utf16_by_its_mark)
{
	DECODES(UTF16,
		"\xff\xfe"
		"a\0\xe9\0\xac\x20\n\0",
		"\xef\xbb\xbf"
		"a\xc3\xa9\xe2\x82\xac\n");
	DECODES(UTF16, "\xfe\xff\0a\0\xe9\x20\xac\0\n",
		"\xef\xbb\xbf"
		"a\xc3\xa9\xe2\x82\xac\n");
	DECODES(UTF16,
		"\xff\xfe"
		"\x3d\xd8\x00\xde"
		"b\0", /* a pair of surrogates */
		"\xef\xbb\xbf\xf0\x9f\x98\x80"
		"b");
	DECODES(UTF16,
		"\xfe\xff"
		"\xd8\x3d\xde\x00\0b",
		"\xef\xbb\xbf\xf0\x9f\x98\x80"
		"b");
	DECODES(UTF16,
		"\xff\xfe"
		"\x04\x30\x04\x30", /* and by nothing else */
		"\xef\xbb\xbf\xe3\x80\x84\xe3\x80\x84");
}

TEST(decodes_utf16_without_a_mark)
{
	DECODES(UTF16, "", "");
	DECODES(UTF16, "a\0,\0b\0\n\0", "a,b\n");
	DECODES(UTF16, "\0a\0,\0b\0\n", "a,b\n");
	DECODES(UTF16,
		"\x18\x04"
		"b\0",
		"\xd0\x98"
		"b");					/* as Windows writes it */
	DECODES(UTF16, "a\0\xff\xfe", "a\xef\xbb\xbf"); /* a character further on */
}

TEST(refuses_lone_surrogates)
{
	FAILS(UTF16,
	      "\xff\xfe"
	      "a\0\x00\xdc"
	      "b\0",
	      "\xef\xbb\xbf"
	      "a");
	FAILS(UTF16,
	      "a\0\x3d\xd8"
	      "b\0c\0",
	      "a");
	FAILS(UTF16, "\0a\xd8\x3d\xd8\x3d", "a");
}

TEST(knows_a_character_that_is_cut)
{
	CUT_SHORT(UTF16, "a", "");
	CUT_SHORT(UTF16, "\xff", "");
	CUT_SHORT(UTF16,
		  "\xff\xfe"
		  "a\0b",
		  "\xef\xbb\xbf"
		  "a");
	CUT_SHORT(UTF16, "a\0\x3d\xd8", "a");
	CUT_SHORT(UTF16, "a\0\x3d\xd8\x00", "a");
}

/* More than one buffer full, with a fault at the end; odd cuts included. */
TEST(decodes_what_is_long)
{
	const size_t n = 50000;
	char *in = malloc(2 * n + 2);
	struct buf want = BUF_INIT(1 << 20);

	for (size_t i = 0; i < n; i++) {
		in[2 * i] = (char)(i % 7 ? 'a' + i % 26 : 0xe9);
		in[2 * i + 1] = '\0';
		CHECK_INT(i % 7 ? buf_addc(&want, in[2 * i])
				: buf_adds(&want, "\xc3\xa9"),
			  0);
	}
	memcpy(in + 2 * n, "\x00\xdc", 2);
	CHECK(buf_str(&want));
	for (size_t step = 1; step < 3 * n; step = step * 3 + 1)
		check_one(DECODE_UTF16, in, 2 * n, (struct feed_cut){0, step}, want.p, 0,
			  0);
	for (size_t step = 1; step < 3 * n; step = step * 3 + 1)
		check_one(DECODE_UTF16, in, 2 * n + 2, (struct feed_cut){0, step}, want.p,
			  -ERR_BAD_ENCODING, -ERR_BAD_ENCODING);
	for (size_t i = 0; i < n; i++)
		in[i] = in[2 * i];
	in[n] = '\x81';
	check_one(DECODE_WINDOWS_1252, in, n, (struct feed_cut){0, n}, want.p, 0, 0);
	check_one(DECODE_WINDOWS_1252, in, n + 1, (struct feed_cut){0, n + 1}, want.p,
		  -ERR_BAD_ENCODING, -ERR_BAD_ENCODING);
	check_one(DECODE_WINDOWS_1252, in, n + 1, (struct feed_cut){0, 17000}, want.p,
		  -ERR_BAD_ENCODING, -ERR_BAD_ENCODING);
	free(in);
	buf_fini(&want);
}

TEST(hands_the_functions_error_on)
{
	static const enum decode_encoding each[] = {DECODE_UTF8, DECODE_WINDOWS_1252};

	for (size_t i = 0; i < 2; i++) {
		struct seen s = {.text = BUF_INIT(64), .most = 3};

		CHECK_INT(decode_new(&s.d, each[i], on_text, &s), 0);
		CHECK_INT(decode_feed(s.d, "ab", 2), 0);
		CHECK_INT(decode_feed(s.d, "cd", 2), -ENOSPC);
		CHECK_INT(decode_feed(s.d, "ef", 2), -ENOSPC);
		CHECK_INT(decode_end(s.d), -ENOSPC);
		CHECK_MEM(s.text.p, s.text.n, "abcd", 4);
		decode_free(s.d);
		buf_fini(&s.text);
	}
}

TEST(names_them_as_the_configuration_does)
{
	CHECK_STR(decode_name(DECODE_UTF8), "utf-8");
	CHECK_STR(decode_name(DECODE_WINDOWS_1252), "windows-1252");
	CHECK_STR(decode_name(DECODE_ISO_8859_1), "iso-8859-1");
	CHECK_STR(decode_name(DECODE_UTF16), "utf-16");
	decode_free(NULL);
}

int main(void)
{
	RUN(passes_utf8_through);
	RUN(hands_utf8_on_where_it_lies);
	RUN(decodes_windows_1252);
	RUN(refuses_bytes_that_windows_1252_lacks);
	RUN(decodes_iso_8859_1);
	RUN(decodes_utf16_by_its_mark);
	RUN(decodes_utf16_without_a_mark);
	RUN(refuses_lone_surrogates);
	RUN(knows_a_character_that_is_cut);
	RUN(decodes_what_is_long);
	RUN(hands_the_functions_error_on);
	RUN(names_them_as_the_configuration_does);
	return CHECK_DONE();
}
