/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input - a file as it was saved, as rows: gunzip, decode, then csv or jsonl
 *
 * What the file is shows in its first bytes: gzip data is unpacked; a UTF-8 byte
 * order mark proves UTF-8, whatever encoding says; a file whose first character
 * is { is JSON Lines; everything else is CSV. What cannot be read (Excel and other
 * archives, UTF-16 that is not announced, one JSON array) is refused with a
 * sentence that names it.
 *
 * Layer    data (pure)
 * Memory   bounded by max_row
 * Threads  one caller at a time
 * Errors   stick
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/problem.h"
#include "data/csv.h"
#include "data/decode.h"
#include "data/row.h"

struct input;

struct input_opts {
	size_t max_row; /* as in csv_opts */
	char delim;	/* as in csv_opts */
	bool only_csv;	/* JSON Lines are not looked for: the file has no header */
	enum decode_encoding encoding;
	csv_score_fn *score;
	row_fn *fn;
	bool (*wanted)(void *ctx, struct slice name); /* as in jsonl_opts */
	int (*ignored)(void *ctx, struct slice name); /* as in jsonl_opts */
	void *ctx;
};

MUST_CHECK int input_new(struct input **out, const struct input_opts *o);

/* -ERR_BAD_GZIP, -ERR_BAD_ENCODING, -ERR_BAD_JSON, -ERR_ROW_TOO_LONG, with the line
 * in prob where there is one; -ERR_CONFIG when the C library does not know the
 * encoding; or what fn returned. */
MUST_CHECK int input_feed(struct input *in, const void *p, size_t n,
			  struct problem *prob);

/* End of input: delivers the last row. Also -ERR_OPEN_QUOTE. */
MUST_CHECK int input_end(struct input *in, struct problem *prob);

/* What input_end() would deliver and return here, without ending. */
MUST_CHECK int input_peek_end(struct input *in, struct problem *prob);

void input_free(struct input *in); /* wipes; NULL is fine */
