/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address_tables - words of street lines and what Amazon writes for them
 *
 * Source   scripts/tables/address.json, through scripts/make-tables
 * Layer    data (pure)
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ADDRESS_WORD_MAX 16

struct address_word {
	uint8_t n, to_n;
	char word[ADDRESS_WORD_MAX]; /* upper case, but ASCII lower; not terminated */
	char to[ADDRESS_WORD_MAX];   /* lower case */
};

/* slots is a hash table (wordhash of the word, next slot when taken); each holds
 * 0 or one more than the index of a word. */
struct address_list {
	char country[3]; /* "" = all others, the last */
	uint32_t mask;
	const uint16_t *slots;
	const struct address_word *words;
};

extern const struct address_list address_tables[];
extern const size_t address_tables_n;
