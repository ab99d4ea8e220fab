/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - cut a byte stream into rows of cells
 *
 * Bytes are pushed in chunks of any size, since that is how the kernel gives
 * them to us; the rows must not depend on where the cuts fall. RFC 4180 quotes;
 * LF, CRLF or a lone CR end a row; a UTF-8 byte order mark at the start is
 * dropped; blank lines are passed over and counted as lines. A quote inside an
 * unquoted cell is an ordinary character; text after a closing quote belongs
 * to the cell. Every byte is checked to be UTF-8.
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

struct csv;

struct csv_opts {
	size_t max_row; /* bytes; 0 = 1 MiB */
	char delim;	/* ',' ';' '\t' '|'; 0 = found out from the first row */
};

/* One row. line is the physical line on which it starts, the first being 1.
 * The cells are lent: they die when the call returns. A negative result stops
 * the parser and becomes the result of csv_feed(). */
typedef int csv_row_fn(void *ctx, uint64_t line, const struct slice *cells, size_t n);

/* On success *out is the caller's, to be given to csv_free(). */
MUST_CHECK int csv_new(struct csv **out, const struct csv_opts *opts, csv_row_fn *fn,
		       void *ctx);

/* Lent bytes; nothing of them is kept by pointer. -ERR_BAD_ENCODING,
 * -ERR_ROW_TOO_LONG with the line in p; or what fn returned. */
MUST_CHECK int csv_feed(struct csv *c, const void *p, size_t n, struct problem *prob);

/* End of input: delivers a last row that lacks its newline.
 * -ERR_OPEN_QUOTE if a quoted cell never ended. */
MUST_CHECK int csv_end(struct csv *c, struct problem *prob);

/* What csv_end() would deliver and return if the input ended here, without
 * ending it: more may be fed afterwards. */
MUST_CHECK int csv_peek_end(struct csv *c, struct problem *prob);

/* True when bytes of an unfinished row are held. */
bool csv_mid_row(const struct csv *c);

/* Wipes the row buffer. NULL is fine. */
void csv_free(struct csv *c);
