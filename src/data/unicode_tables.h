/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unicode_tables - what is known of single characters outside ASCII
 *
 * Sorted by the character's number, but for unicode_whole.
 *
 * Source   Unicode, through scripts/make-tables
 * Layer    data (pure)
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* c decomposes canonically into a, or into a, then b; a may decompose, too. */
struct unicode_single {
	uint32_t c, a;
};

struct unicode_pair {
	uint32_t c, a, b;
};

/* From first to last, each step-th becomes the one by shift further on. */
struct unicode_shift {
	uint32_t first, last, step;
	int32_t shift;
};

struct unicode_expansion {
	uint32_t c, to[3]; /* 0 = no more */
};

struct unicode_range {
	uint32_t first, last, value;
};

extern const struct unicode_single unicode_singles[];
extern const size_t unicode_singles_n;
extern const struct unicode_pair unicode_pairs[];
extern const size_t unicode_pairs_n;
extern const uint16_t unicode_whole[]; /* those pairs that compose, by (a, b) */
extern const size_t unicode_whole_n;

extern const struct unicode_shift unicode_upper[];
extern const size_t unicode_upper_n;
extern const struct unicode_expansion unicode_upper_more[];
extern const size_t unicode_upper_more_n;
extern const struct unicode_shift unicode_lower[];
extern const size_t unicode_lower_n;
extern const struct unicode_expansion unicode_lower_more[];
extern const size_t unicode_lower_more_n;
extern const uint32_t unicode_zeros[]; /* nine more digits follow each */
extern const size_t unicode_zeros_n;

extern const struct unicode_range unicode_classes[]; /* combining classes */
extern const size_t unicode_classes_n;
/* To a sigma that may end a word: 1 a letter, 2 to be looked past. */
extern const struct unicode_range unicode_sigma[];
extern const size_t unicode_sigma_n;
