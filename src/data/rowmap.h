/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rowmap - names, schema and rules make a plan: what feeds which column
 *
 * A data set column takes its constant, if there is one. Otherwise it takes the
 * input column of exactly its name; failing that, the only one whose name
 * differs in the case of ASCII letters alone, if no other column of the data
 * set would take it too; failing that, the one that a map names, compared in
 * the same two ways.
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
#include "data/norm.h"
#include "data/schema.h"

enum rowmap_treatment {
	ROWMAP_KEEP,	/* as it is: text, external ids, consent strings */
	ROWMAP_CONVERT, /* to the column's type */
	ROWMAP_HASH,	/* normalise and hash */
	ROWMAP_COUNTRY, /* two upper-case letters */
	ROWMAP_CONSENT, /* GRANTED, DENIED or null */
};

#define ROWMAP_CONST SIZE_MAX /* fed by no cell */

struct rowmap_column {
	size_t input; /* cell of the row, or ROWMAP_CONST: it is text */
	char *text;   /* a constant, without line breaks; or NULL */
	size_t text_n;
	uint16_t schema; /* column of the schema */
	bool required;	 /* a null skips the row */
	enum rowmap_treatment treatment;
	norm_fn *norm; /* for ROWMAP_HASH */
};

struct rowmap {
	size_t n_input;	  /* cells of a row */
	size_t n_needed;  /* fewer than that lack one of a required column */
	size_t n_columns; /* of the output, in the schema's order */
	struct rowmap_column columns[SCHEMA_MAX_COLUMNS];
	size_t n_countries; /* columns that may name the row's country, best first */
	size_t countries[SCHEMA_MAX_COLUMNS];
	size_t n_ignored;
	char **ignored; /* names of the input columns that feed nothing */
	size_t room;	/* of ignored */
};

/* map.COLUMN = text or const.COLUMN = text */
struct rowmap_rule {
	const char *column, *text;
};

/* Where the input columns' names come from: sentences say so. */
enum rowmap_names {
	ROWMAP_HEADER,	/* the first row */
	ROWMAP_COLUMNS, /* the configuration's columns */
	ROWMAP_KEYS,	/* JSON */
};

/* All lent. */
struct rowmap_opts {
	const struct schema *schema;
	const struct rowmap_rule *maps, *consts; /* the texts of consts are final */
	size_t n_maps, n_consts;
	enum rowmap_names names;
};

/* -ERR_BAD_MAPPING, -ERR_MISSING_COLUMN, -ERR_DUPLICATE_COLUMN with the
 * sentence, or -ENOMEM. Cell texts stand in it only when the row is surely a
 * header. */
MUST_CHECK int rowmap_new(struct rowmap **out, const struct rowmap_opts *o,
			  const struct slice *cells, size_t n, struct problem *p);
void rowmap_free(struct rowmap *m); /* NULL is fine */

/* One more input column that feeds nothing. */
MUST_CHECK int rowmap_ignore(struct rowmap *m, struct slice name);

/* Forgets the ignored columns from the n-th on. */
void rowmap_ignore_only(struct rowmap *m, size_t n);

/* How much of a header these cells are: the more name an input column that is
 * wanted the better, then the more there are. Never 0. */
uint64_t rowmap_score(const struct rowmap_opts *o, const struct slice *cells, size_t n);

/* Would an input column of that name, alone, feed a column of the data set? */
bool rowmap_wants(const struct rowmap_opts *o, struct slice name);
