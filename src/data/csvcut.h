/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csvcut - one row of bytes into cells: the inner loop of csv
 *
 * Cells are views of the bytes themselves; only those that must lose something
 * (doubled quotes, line breaks) are rewritten, in memory of the cutter.
 *
 * Layer    data (pure)
 * Memory   at most max_bytes of rewritten cells, ROW_MAX_CELLS slices; wiped
 * Threads  one caller at a time
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "data/csv.h"

struct csvcut {
	/* of the latest row, valid until the next call */
	struct slice *cells;
	size_t n;	 /* counted on beyond ROW_MAX_CELLS, kept up to it */
	uint64_t breaks; /* line ends inside quotes */
	const char *end; /* of the row's bytes: its line end, or where they end */
	bool open;	 /* inside quotes at the end, for all one can tell */

	/* private */
	size_t room;
	struct buf plain;
	size_t plain_most;
};

/* Where in a row some bytes end. */
enum csvcut_place {
	CSVCUT_AT_CELL,	  /* a quote here opens a quoted cell */
	CSVCUT_IN_CELL,	  /* a quote here is a character */
	CSVCUT_IN_QUOTES, /* line ends and delimiters are characters */
	CSVCUT_AT_QUOTE,  /* the last byte closed the quotes or was half of "" */
};

/* What may separate cells. */
extern const char csvcut_delims[4];

enum { CSVCUT_MORE, CSVCUT_ROW };

/* No row will be longer than max_bytes. */
void csvcut_init(struct csvcut *c, size_t max_bytes);
void csvcut_fini(struct csvcut *c); /* wipes; zeroed is fine */

/* Cuts the row that begins at p: CSVCUT_ROW, CSVCUT_MORE or -ENOMEM. Without
 * last, a row that reaches end may go on: MORE. With it, end ends the row, and
 * MORE means that its quotes are still open. */
MUST_CHECK int csvcut_row(struct csvcut *c, char delim, const char *p, const char *end,
			  bool last);

/* The line end that ends a row whose earlier bytes led to *place; end when it is
 * not in p..end. *place moves on. With delim 0 a cell may begin behind any of
 * csvcut_delims. */
const char *csvcut_find_end(char delim, enum csvcut_place *place, const char *p,
			    const char *end);
