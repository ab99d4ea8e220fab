/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transform - one row in; one row out, or one skipped
 *
 * Follows the plan of rowmap: converts, normalises, hashes, writes the row in
 * the data set's order. A cell is null when it is empty, when it is the null
 * text, or (but for columns kept as they are) when only white space is in it.
 *
 *	null, or no usable normal form
 *		in a required column	row skipped, "null"
 *		elsewhere		null
 *	cannot be converted, no consent	row skipped, "invalid"
 *	a required column's cell lacks	row skipped, "fields"
 *	too many cells, not all empty	row skipped, "fields"
 *	a key that came too late	row skipped, "fields"
 *	not one JSON object		row skipped, "json"
 *
 * Cells that lack at the end of a row are empty. A value without a usable
 * normal form is counted in report.invalid too. The columns are looked at in the
 * data set's order up to the first that skips the row, and that one names the
 * reason.
 *
 * Layer    data (pure)
 * Memory   one scratch buffer, wiped at the end
 */
#pragma once

#include "base/buf.h"
#include "base/problem.h"
#include "data/report.h"
#include "data/row.h"
#include "data/rowmap.h"
#include "data/schema.h"
#include "data/tz.h"

struct transform;

/* All lent for the transform's life. */
struct transform_opts {
	const struct schema *schema;
	const char *null_text; /* NULL or "" = only empty */
	const char *country;   /* when the row has none; NULL or "" = none */
	const struct tz *tz;   /* of times without an offset; NULL = UTC */
};

MUST_CHECK int transform_new(struct transform **out, const struct transform_opts *o);
void transform_free(struct transform *t); /* wipes; NULL is fine */

/* Do the constants of the plan make values? -ERR_BAD_MAPPING with the sentence
 * for the first that does not, -ENOMEM. A value that the row's country may
 * make usable is left to the rows when they have one. */
MUST_CHECK int transform_constants(struct transform *t, const struct rowmap *m,
				   struct problem *p);

/* Appends the row to out, or nothing, and counts in report (all but rows_in).
 * -ENOMEM, -ERR_TOO_LARGE. */
MUST_CHECK int transform_row(struct transform *t, const struct rowmap *m,
			     const struct row *row, struct buf *out,
			     struct report *report);
