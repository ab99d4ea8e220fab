/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row - one row of cells, as a reader (csv, jsonl) hands it out
 *
 * The header row comes first, then the data. All of it is lent and dies when
 * the row function returns.
 *
 * Layer    data (pure)
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/errcode.h"
#include "base/slice.h"

#define ROW_MAX_CELLS 65536

/* What a cell was in JSON; in CSV everything is text. */
enum row_kind {
	ROW_TEXT, /* a string or a number, as it was spelled */
	ROW_BOOL,
	ROW_NESTED, /* an object or array, as compact JSON */
};

enum row_flaw {
	ROW_GOOD,
	ROW_NOT_JSON, /* the line is not one JSON object */
	ROW_LATE_KEY, /* has a value for a key that no line named in time */
};

struct row {
	uint64_t line;	 /* the physical one on which it starts; the first is 1 */
	uint64_t breaks; /* line breaks in its cells, made spaces */
	const struct slice *cells;
	size_t n;	      /* beyond ROW_MAX_CELLS counted, but not to be read */
	const uint8_t *kinds; /* enum row_kind of each cell; NULL = all text */
	enum row_flaw flaw;   /* other than ROW_GOOD: not to be used, n is 0 */
};

/* A negative result stops the reader and becomes the result of its feed. */
typedef int row_fn(void *ctx, const struct row *row);
