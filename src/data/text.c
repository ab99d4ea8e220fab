/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every byte of every file passes through text_valid_len(), and nearly all of
 * them are ASCII: eight bytes are judged at once, and the decoder is entered
 * only where one of the eight is not plain ASCII.
 *
 * NUL is refused although it is well-formed: in a text file it means UTF-16, a
 * binary file, or a hole that somebody left, and AMC would cut the value there.
 */
#include "data/text.h"

#include "base/utf8.h"
#include "data/bytes8.h"

/* How many of the eight bytes at p are 0x01..0x7f before the first that is not. A
 * NUL borrows and sets a high bit; of what follows it nothing can be said. */
static inline size_t plain8(const char *p)
{
	uint64_t v = bytes8_load(p);

	v = (v | (v - BYTES8_ONES)) & BYTES8_HIGHS;
	return v ? bytes8_first(v) : 8;
}

size_t text_valid_len(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		uint32_t c;
		size_t k;

		if (n - i >= 8) {
			k = plain8(p + i);
			i += k;
			if (k == 8)
				continue;
		}
		k = utf8_decode(p + i, n - i, &c);
		if (k == 0 || c == 0)
			return i;
		i += k;
	}
	return n;
}

/* The second byte's range depends on the first (0xa0.. behind 0xe0, ..0x9f behind
 * 0xed), but each range has one of the two extremes. */
bool text_unfinished(const char *p, size_t n)
{
	static const char rest[2] = {'\x80', '\xbf'};

	for (size_t i = 0; i < sizeof(rest); i++) {
		char whole[4];
		uint32_t c;

		if (n == 0 || n >= sizeof(whole))
			return false;
		memset(whole, rest[i], sizeof(whole));
		memcpy(whole, p, n);
		if (utf8_decode(whole, sizeof(whole), &c) > n)
			return true;
	}
	return false;
}

bool text_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || c - 9u < 5;
	return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Bytes of the white space character at p, 0 when it is none. */
static size_t space_first(const char *p, size_t n)
{
	uint32_t c;
	size_t k = utf8_decode(p, n, &c);

	return k > 0 && text_space(c) ? k : 0;
}

static size_t space_last(const char *p, size_t n)
{
	size_t k = 1;

	while (k < n && k < 4 && ((unsigned char)p[n - k] & 0xc0) == 0x80)
		k++;
	return space_first(p + n - k, k) == k ? k : 0;
}

/* 0x21..0x7f: visible, or as good as. */
static inline bool solid(char c)
{
	return (unsigned char)c - 0x21u < 0x5f;
}

struct slice text_trim(struct slice s)
{
	size_t k;

	if (s.n > 0 && solid(s.p[0]) && solid(s.p[s.n - 1]))
		return s; /* nearly always */
	while (s.n > 0) {
		k = space_first(s.p, s.n);
		if (k == 0)
			break;
		s.p += k;
		s.n -= k;
	}
	while (s.n > 0) {
		k = space_last(s.p, s.n);
		if (k == 0)
			break;
		s.n -= k;
	}
	return s;
}
