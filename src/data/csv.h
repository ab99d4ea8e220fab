/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - cut a byte stream into rows of cells
 *
 * Bytes are pushed in chunks of any size, since that is how the kernel gives
 * them to us; the rows must not depend on where the cuts fall. RFC 4180 quotes;
 * LF, CRLF or a lone CR end a row; a UTF-8 byte order mark at the start is
 * dropped; blank lines are passed over and counted as lines. A quote inside an
 * unquoted cell is an ordinary character; text after a closing quote belongs
 * to the cell; each line break inside quotes becomes one space. Every byte is
 * checked to be UTF-8, and NUL is not text.
 *
 * Ctrl-Z bytes alone on the last line, as DOS ends its text files, are no row.
 *
 * A blank line has no bytes at all. In a file of one column that makes it no
 * row either: a null is written as two quotes there.
 *
 * Layer    data (pure)
 * Memory   one row buffer per parser, never above csv_opts.max_row
 * Threads  one caller at a time
 * Errors   stick: after the first, every call returns the same code
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/slice.h"
#include "data/row.h"

struct csv;

/* How well the first row looks when cut into these cells; the delimiter with
 * the highest figure wins, and of equals the first of , ; tab |. */
typedef uint64_t csv_score_fn(void *ctx, const struct slice *cells, size_t n);

struct csv_opts {
	size_t max_row;	     /* bytes without line end; 0 = 1 MiB; at most 1 GiB */
	char delim;	     /* ',' ';' '\t' '|'; 0 = found out from the first row */
	csv_score_fn *score; /* NULL = the number of cells */
};

/* On success *out is the caller's, to be given to csv_free(). */
MUST_CHECK int csv_new(struct csv **out, const struct csv_opts *opts, row_fn *fn,
		       void *ctx);

/* Lent bytes; nothing of them is kept by pointer. -ERR_BAD_ENCODING,
 * -ERR_ROW_TOO_LONG with the row's line in prob; or what fn returned. */
MUST_CHECK int csv_feed(struct csv *c, const void *p, size_t n, struct problem *prob);

/* End of input: delivers a last row that lacks its newline.
 * -ERR_OPEN_QUOTE if a quoted cell never ended. */
MUST_CHECK int csv_end(struct csv *c, struct problem *prob);

/* What csv_end() would deliver and return if the input ended here, without
 * ending it: more may be fed afterwards. */
MUST_CHECK int csv_peek_end(struct csv *c, struct problem *prob);

/* The line on which the unfinished row starts, or the next one would. */
uint64_t csv_line(const struct csv *c);

/* True when bytes of an unfinished row are held. */
bool csv_mid_row(const struct csv *c);

/* Wipes the row buffer. NULL is fine. */
void csv_free(struct csv *c);
