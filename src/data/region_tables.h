/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region_tables - English names of states and the codes that Amazon knows
 *
 * Source   scripts/tables/states.json, through scripts/make-tables
 * Layer    data (pure)
 */
#pragma once

#include <stdint.h>

#define REGION_KEY_MAX 26 /* two letters for the country, the rest for the name */

struct region_state {
	uint8_t n;
	char key[REGION_KEY_MAX]; /* the country, then the name, a-z; not terminated */
	char code[3];		  /* lower case */
};

/* region_slots is a hash table (wordhash of the key, next slot when taken); each
 * holds 0 or one more than the index of a state. */
extern const struct region_state region_tables[];
extern const uint16_t region_slots[];
extern const uint32_t region_mask;
