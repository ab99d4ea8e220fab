/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csvout - one row of CSV, cell by cell, into a buf
 *
 * Comma, LF, RFC 4180 quotes around the cells that need them and no others. A
 * row is begun, gets its cells, and is then kept or taken back.
 *
 * Layer    data (pure)
 * Memory   the caller's buf
 * Errors   -ENOMEM, -ERR_TOO_LARGE: the row must be taken back
 */
#pragma once

#include "base/buf.h"

struct csvout {
	struct buf *out;
	size_t start; /* where the row begins in out */
	size_t cells;
};

static inline struct csvout csvout_begin(struct buf *out)
{
	return (struct csvout){out, out->n, 0};
}

/* Any text. An empty one is an empty field: a null. */
MUST_CHECK int csvout_cell(struct csvout *o, struct slice s);

/* Text known to need no quotes: digests, dates, numbers. */
MUST_CHECK int csvout_bare(struct csvout *o, const char *p, size_t n);

/* Ends the row. A row of one null becomes "" in quotes, since readers pass
 * over an empty line. */
MUST_CHECK int csvout_end(struct csvout *o);

/* As if the row had never begun. */
void csvout_undo(struct csvout *o);
