/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8 - one character off the front of a run of bytes, strictly
 *
 * Layer    base (pure)
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Length of the character at p (1..4) and its number in *cp; 0 when the bytes
 * are no UTF-8: stray or missing continuation, overlong, surrogate, above
 * U+10FFFF, or n == 0. */
static inline size_t utf8_decode(const char *p, size_t n, uint32_t *cp)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)p;
	size_t len;
	uint32_t c;

	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	c = s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*cp = c;
	return len;
}

/* Characters that move the cursor, end the line or turn the reading direction:
 * they have no business in a message, where they could forge another one. */
static inline int utf8_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}
