/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unicode - letters in upper and lower case, composed letters, digits
 *
 * The same letter can be written in two ways, and each would have a digest of
 * its own: NFC settles on one. All texts are expected to be valid UTF-8.
 *
 * Source   Unicode 14
 * Layer    data (pure)
 * Memory   the caller's
 * Threads  any
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Writes c as UTF-8; returns the bytes, 1 to 4. */
size_t unicode_encode(uint32_t c, char *p);

/* Full mappings: write 1 to 3 characters, return how many. Sigma becomes the
 * one that stands inside of words. */
size_t unicode_to_upper(uint32_t c, uint32_t out[3]);
size_t unicode_to_lower(uint32_t c, uint32_t out[3]);

/* Turns each lower-case sigma that ends a word into a final one, in place. */
void unicode_end_sigmas(char *p, size_t n);

/* 0 to 9, for the decimal digits of any script; -1 for all else. */
int unicode_digit(uint32_t c);

/* The canonical combining class: 0 for letters and most else, not for accents. */
uint32_t unicode_class(uint32_t c);

static inline bool unicode_is_ascii(struct slice s)
{
	unsigned char all = 0; /* no early end: the compiler takes many at once */

	for (size_t i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all < 0x80;
}

/* False when s is surely in NFC. */
bool unicode_needs_nfc(struct slice s);

#define UNICODE_NFC_ROOM(n) (8 * (n) + 64)

/* Writes the NFC of s at room, which is aligned as malloc does it, does not
 * overlap s and has UNICODE_NFC_ROOM(s.n) bytes, all of which may be used on
 * the way; returns the result's bytes, at most 3 * s.n. */
size_t unicode_nfc(struct slice s, char *room);
