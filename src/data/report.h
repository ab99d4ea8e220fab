/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - what happened to the rows of one file, in numbers and names
 *
 * Columns are named by their place in the schema and rows by line number;
 * values never enter. A plain struct: copy it to take a snapshot.
 *
 * Layer    data (pure)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "data/schema.h"

#define REPORT_LINES	 10
#define REPORT_SKIPS	 256 /* different (column, reason) pairs kept apart */
#define REPORT_NO_COLUMN 0xffff

enum report_reason {
	REPORT_NULL,	/* "null": a null where none is allowed */
	REPORT_INVALID, /* "invalid": cannot be converted to the type */
	REPORT_FIELDS,	/* "fields": too few or too many fields */
	REPORT_JSON,	/* "json": the line is not one JSON object */
};

struct report_skip {
	uint16_t column; /* in the schema; REPORT_NO_COLUMN: of the whole row */
	uint16_t reason; /* enum report_reason */
	uint16_t n_lines;
	uint64_t count;
	uint64_t lines[REPORT_LINES]; /* the first ones */
};

struct report {
	uint64_t rows_in; /* data rows, without the header */
	uint64_t rows_out;
	uint64_t rows_skipped; /* rows_in = rows_out + rows_skipped, always */
	uint64_t line_breaks;  /* line breaks inside values, made a space */
	uint64_t invalid[SCHEMA_MAX_COLUMNS]; /* values without a normal form */
	size_t n_skips;
	struct report_skip skips[REPORT_SKIPS];
};

/* Counts one skipped row: the first reason found names it. */
void report_skip(struct report *r, uint16_t column, enum report_reason reason,
		 uint64_t line);

/* More than share ten-thousandths of all rows were skipped, or more than this number
 * of rows; negative = no such limit. Both given: the share counts. */
bool report_too_many(const struct report *r, int32_t share, int64_t rows);

/* The most frequent reason, when rows have been skipped; of equals the first. */
const struct report_skip *report_worst(const struct report *r);

const char *report_reason_name(enum report_reason r);
