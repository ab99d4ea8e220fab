/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - a job as JSON: the public record, and the private half for the store
 *
 * The public half is what jobs/<id>.json shows; a column name or file name may
 * stand in it, a cell value never.
 *
 * Layer    job
 */
#pragma once

#include "data/pipeline.h"
#include "job/job.h"

/* Memory that was lacking is told by json_write(). */
MUST_CHECK int record_public(const struct job *j, struct json **out);  /* given */
MUST_CHECK int record_private(const struct job *j, struct json **out); /* given */

/* Both halves back into a job (out: empty). -ERR_STORE when they make no sense. */
MUST_CHECK int record_parse(const struct json *pub, const struct json *priv,
			    struct job *out, struct problem *p);

/* Counts, skipped, invalid_values and ignored_columns of j from a pipeline's
 * report. */
MUST_CHECK int record_count(struct job *j, const struct report *r, const struct schema *s,
			    const char *const *ignored, size_t n_ignored);
