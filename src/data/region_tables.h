/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region_tables - English names of states and the codes that Amazon knows
 *
 * Source   scripts/tables/states.json, through scripts/make-tables
 * Layer    data (pure)
 */
#pragma once

#include <stddef.h>

/* Sorted by country, then name. */
struct region_state {
	char country[3];
	const char *name; /* upper case without blanks */
	char code[3];
};

extern const struct region_state region_tables[];
extern const size_t region_tables_n;
