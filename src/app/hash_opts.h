/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash_opts - what `amcfs hash` is told, on its command line and in a configuration
 *
 * Layer    app
 */
#pragma once

#include "app/cli.h"
#include "data/pipeline.h"
#include "job/settings.h"

#define HASH_OPTS_N 6
extern const struct options_spec hash_opts_spec[HASH_OPTS_N];

struct hash_opts {
	const char *definition, *report, *in; /* lent; in NULL = standard input */
	const char *config, *dataset;	      /* lent */
	char country[3];
	const char **rows; /* KEY=VALUE of each -o */
	size_t n_rows;
	struct config *loaded;
	struct settings_rules consts; /* with their words replaced */
};

/* An options_fn for cli_parse(), ctx being the struct. */
MUST_CHECK int hash_opts_take(void *ctx, size_t which, const char *value,
			      struct problem *p);

/* CLI_GO, or an exit code after the sentence was printed. Once, when all words have
 * been taken. */
MUST_CHECK int hash_opts_load(struct hash_opts *o);

/* How the rows are to be read, but for the schema. Lent until hash_opts_fini().
 * -ERR_BAD_MAPPING as constant_expand(). */
MUST_CHECK int hash_opts_pipeline(struct hash_opts *o, struct pipeline_opts *out,
				  struct problem *p);

void hash_opts_fini(struct hash_opts *o); /* zeroed is fine */
