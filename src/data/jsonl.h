/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonl - JSON Lines as rows of cells: one object a line, keys as columns
 *
 * Source   jsonlines.org; RFC 8259
 *
 * A file has no header, and any line may leave keys out. So the first lines
 * (JSONL_WINDOW_LINES or JSONL_WINDOW_BYTES, whichever comes first, though not
 * before an object when the lines are but long) are held until all their keys are
 * known; then comes a header row of those keys, then the held rows, then each line
 * as it comes. A key that first appears later has no column any more: when the data
 * set wants it and its value is not null, the row is flawed (ROW_LATE_KEY);
 * otherwise it is ignored.
 *
 * Cells: a string without its escapes, its line breaks made spaces; a number as
 * it is spelled; true, false; null and a missing key are empty; an object or an
 * array is its compact JSON. Of a nested object a member is a column
 * "outer.inner" when the data set wants that name; an outer object of which that
 * is so and that is not wanted itself is no column. A line that is not one JSON
 * object, or has a key twice, is flawed (ROW_NOT_JSON); so is one of more than
 * ROW_MAX_CELLS members. Blank lines are passed over, and so is the Ctrl-Z with
 * which DOS ends a text. The header row has the line
 * of the first object; flawed lines before that one come after it.
 *
 * Layer    data (pure)
 * Memory   the window, three times max_row, some MiB of keys and members
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

#define JSONL_WINDOW_LINES 1000
#define JSONL_WINDOW_BYTES (256u << 10) /* of lines, without line ends */
#define JSONL_MAX_KEYS	   4096

struct jsonl;

struct jsonl_opts {
	size_t max_row; /* bytes of a line, without CRLF; 0 = 1 MiB; at most 1 GiB */
	row_fn *fn;
	/* Does the data set want a column of that name? Asked often, also for one
	 * name; the answer must not change. NULL = it wants none. */
	bool (*wanted)(void *ctx, struct slice name);
	/* An unwanted key that was in no line of the window, told once, before its
	 * row; what jsonl_peek_end() tells does not count. NULL = nobody asks. */
	int (*ignored)(void *ctx, struct slice name);
	void *ctx;
};

MUST_CHECK int jsonl_new(struct jsonl **out, const struct jsonl_opts *o);

/* Lent bytes. -ERR_BAD_ENCODING, -ERR_ROW_TOO_LONG with the line in prob;
 * -ERR_BAD_JSON when the file is something else, like one array, or has more than
 * JSONL_MAX_KEYS keys; or what a function returned. */
MUST_CHECK int jsonl_feed(struct jsonl *j, const void *p, size_t n, struct problem *prob);

/* End of input: delivers what is held and a last line without its newline.
 * -ERR_OPEN_QUOTE when the input ends inside that line's object. */
MUST_CHECK int jsonl_end(struct jsonl *j, struct problem *prob);

/* What jsonl_end() would deliver and return if the input ended here, without
 * ending it. Within the window that includes the header row. */
MUST_CHECK int jsonl_peek_end(struct jsonl *j, struct problem *prob);

/* The number of the unfinished or next line. */
uint64_t jsonl_line(const struct jsonl *j);

void jsonl_free(struct jsonl *j); /* wipes; NULL is fine */
