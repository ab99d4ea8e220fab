/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline - a file's bytes in, the staged CSV's bytes out
 *
 * Composes input (unpacked, decoded, as cells), rowmap (which input column feeds
 * which output column), transform (convert, normalise, hash) and csvout (quoting).
 * The result does not depend on how the input is cut. The first error sticks.
 *
 * Layer    data (pure)
 * Memory   bounded by max_row and the schema, whatever the file's size; what is
 *	    appended to out, by full()
 * Threads  one caller at a time
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "data/decode.h"
#include "data/report.h"
#include "data/rowmap.h"
#include "data/schema.h"
#include "data/tz.h"

struct pipeline;

#define PIPELINE_FULL (1u << 20)

struct pipeline_opts {
	const struct schema *schema; /* lent for the pipeline's life */
	size_t max_row;		     /* bytes; 0 = 1 MiB */
	char delim;		     /* 0 = found out from the first row */
	enum decode_encoding encoding;
	bool no_header;	     /* the first row is data, and columns names the columns */
	const char *columns; /* comma separated; an empty name is a column to ignore */
	const struct rowmap_rule *maps, *consts; /* lent for its life */
	size_t n_maps, n_consts;
	const struct tz *tz;	     /* of times without an offset; NULL = UTC; lent */
	const char *null_text;	     /* this text is null too; NULL or "" = only empty */
	const char *country;	     /* of the upload, "" = none */
	const char *default_country; /* used when row, upload and data set have none */
	/* At most this share (per 10000) or this number of rows may be skipped;
	 * a negative number = no such limit. Both set: the share counts. */
	int32_t max_skipped_share;
	int64_t max_skipped_rows;
	/* In the midst of a feed or the end, between two rows, when PIPELINE_FULL
	 * bytes stand in out: takes them away. Little gzip data can be many rows.
	 * What it returns, if negative, sticks. NULL = let out grow. */
	int (*full)(void *ctx, struct buf *out, struct problem *p);
	void *ctx;
};

MUST_CHECK int pipeline_new(struct pipeline **out, const struct pipeline_opts *o);
void pipeline_free(struct pipeline *pl); /* wipes; NULL is fine */

/* Appends finished rows (the header line first) to out. Feed at most 64 KiB at
 * a time to keep out small. Errors are the input's fault:
 *	-ERR_MISSING_COLUMN, -ERR_DUPLICATE_COLUMN,
 *	-ERR_BAD_MAPPING				at the header, or the first
 *							row where there is none
 *	-ERR_BAD_ENCODING, -ERR_ROW_TOO_LONG		with the line
 *	-ERR_BAD_GZIP, -ERR_BAD_JSON
 *	-ERR_TOO_MANY_SKIPPED				once 1000 rows are in
 * and the problem is a whole sentence for the record. Not the input's fault:
 * -ERR_CONFIG, an encoding that the C library lacks; -ENOMEM; what full() said. */
MUST_CHECK int pipeline_feed(struct pipeline *pl, const void *p, size_t n,
			     struct buf *out, struct problem *prob);

/* Delivers the last row, then judges: also -ERR_OPEN_QUOTE, -ERR_NO_ROWS (none
 * came in, or none is left), -ERR_TOO_MANY_SKIPPED, -ERR_MISSING_COLUMN (no
 * header at all). */
MUST_CHECK int pipeline_end(struct pipeline *pl, struct buf *out, struct problem *prob);

/* What pipeline_end() would append, report and return here, without ending: the
 * pipeline goes on as if it had not been asked. *report gets the counts as they
 * would be (NULL is fine). */
MUST_CHECK int pipeline_peek_end(struct pipeline *pl, struct buf *out,
				 struct report *report, struct problem *prob);

/* Lent, valid for the pipeline's life; changes with every feed. */
const struct report *pipeline_report(const struct pipeline *pl);

/* Names of input columns that feed nothing: lent, until the next feed; n = 0 before
 * the header. Of the keys that JSON Lines has later, the first ones. */
const char *const *pipeline_ignored(const struct pipeline *pl, size_t *n);

/* The same as the latest pipeline_peek_end() saw it: the header, or a late key, may
 * have been among what the end would deliver. Lent until the next feed or peek. */
const char *const *pipeline_peek_ignored(const struct pipeline *pl, size_t *n);
