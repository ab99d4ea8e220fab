/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes8 - eight bytes looked at at once, in plain C so that every machine has it
 *
 * Layer    data (pure)
 */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES8_ONES  UINT64_C(0x0101010101010101)
#define BYTES8_HIGHS UINT64_C(0x8080808080808080)

/* The first byte is the lowest. */
static inline uint64_t bytes8_load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* c in each byte. */
static inline uint64_t bytes8_all(char c)
{
	return BYTES8_ONES * (unsigned char)c;
}

/* High bits where a byte is less than that of `than`, which is 1 to 128 in each. The
 * lowest hit is always a true one: borrows go upwards. */
static inline uint64_t bytes8_less(uint64_t v, uint64_t than)
{
	return (v - than) & ~v & BYTES8_HIGHS;
}

static inline uint64_t bytes8_zero(uint64_t v)
{
	return bytes8_less(v, BYTES8_ONES);
}

/* Which byte the lowest hit is; hits are not 0. */
static inline size_t bytes8_first(uint64_t hits)
{
	return (size_t)__builtin_ctzll(hits) / 8;
}
