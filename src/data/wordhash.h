/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wordhash - where a word stands in the tables of scripts/make-tables
 *
 * A turn and a step for each byte, and one multiplication in the end: most words of
 * most cells are looked up and not found.
 *
 * Layer    data (pure)
 */
#pragma once

#include <stdint.h>

static inline uint32_t wordhash_step(uint32_t hash, char c)
{
	return (hash << 5 | hash >> 27) ^ (unsigned char)c;
}

/* Sixteen bits. */
static inline uint32_t wordhash_end(uint32_t hash)
{
	return hash * 0x9e3779b1u >> 16;
}
