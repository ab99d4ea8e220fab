/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rowmap - header row and schema make a plan: which cell feeds which column
 *
 * A data set column takes the input column of exactly its name; failing that,
 * the only one whose name differs in the case of ASCII letters alone, if no
 * other column of the data set would take it too.
 *
 * Layer    data (pure)
 * Memory   one plan per file, made once
 * Threads  any, once made
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/slice.h"
#include "data/schema.h"

enum rowmap_treatment {
	ROWMAP_KEEP,	/* as it is: text, external ids */
	ROWMAP_CONVERT, /* to the column's type */
	ROWMAP_HASH,	/* normalise and hash */
	ROWMAP_COUNTRY, /* two upper-case letters */
};

struct rowmap_column {
	size_t input;	 /* cell of the row */
	uint16_t schema; /* column of the schema */
	bool required;	 /* a null skips the row */
	enum rowmap_treatment treatment;
};

struct rowmap {
	size_t n_input;	  /* cells that a row must have */
	size_t n_columns; /* of the output, in the schema's order */
	struct rowmap_column columns[SCHEMA_MAX_COLUMNS];
	size_t n_countries; /* cells that may name the row's country, best first */
	size_t countries[SCHEMA_MAX_COLUMNS];
	size_t n_ignored;
	char **ignored; /* names of the input columns that feed nothing */
};

/* map.COLUMN = text or const.COLUMN = text */
struct rowmap_rule {
	const char *column, *text;
};

/* All lent. */
struct rowmap_opts {
	const struct schema *schema;
	const struct rowmap_rule *maps, *consts; /* the texts of consts are final */
	size_t n_maps, n_consts;
};

/* -ERR_MISSING_COLUMN, -ERR_DUPLICATE_COLUMN with the sentence, or -ENOMEM.
 * Cell texts stand in it only when the row is surely a header. */
MUST_CHECK int rowmap_new(struct rowmap **out, const struct schema *s,
			  const struct slice *cells, size_t n, struct problem *p);
void rowmap_free(struct rowmap *m); /* NULL is fine */

/* How much of a header these cells are: the more name a column of the data set
 * the better, then the more there are. Never 0. */
uint64_t rowmap_score(const struct schema *s, const struct slice *cells, size_t n);
