/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rowmap_priv - shared by the files of rowmap alone
 *
 * Layer    data (pure)
 */
#pragma once

#include "data/rowmap.h"

/* The rules' texts by column of the schema: NULL = none, all lent. */
struct rowmap_rules {
	const char *map[SCHEMA_MAX_COLUMNS]; /* name of the input column */
	const char *constant[SCHEMA_MAX_COLUMNS];
};

/* -ERR_BAD_MAPPING with the sentence; what could be read stands in out. */
MUST_CHECK int rowmap_rules_read(const struct rowmap_opts *o, struct rowmap_rules *out,
				 struct problem *p);

/* Amounts to a column's name, but for AMC's own and those with a constant. */
bool rowmap_rules_from_input(const struct rowmap_opts *o,
			     const struct rowmap_rules *rules, size_t column);

/* The sentences. columns are the schema's, n > 0 of them. */
int rowmap_refuse_all(const struct rowmap_opts *o, const struct rowmap_rules *rules,
		      struct problem *p);
int rowmap_refuse_missing(const struct rowmap_opts *o, const struct rowmap_rules *rules,
			  const size_t *columns, size_t n, struct problem *p);
int rowmap_refuse_twice(const struct rowmap_opts *o, const char *name, struct problem *p);
int rowmap_refuse_map_twice(const struct rowmap_opts *o, size_t column, const char *input,
			    struct problem *p);
int rowmap_refuse_repeated(const struct rowmap_opts *o, struct slice name,
			   struct problem *p);

static inline bool rowmap_required(const struct schema_column *c)
{
	return !c->nullable || c->main_event_time;
}
