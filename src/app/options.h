/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options - the words behind a program's name, and the words behind -o
 *
 * Layer    app (pure)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/errcode.h"
#include "base/problem.h"

/* One option of a verb: the parser, --help and the manual's test read it. */
struct options_spec {
	const char *name; /* long form without dashes, NULL = none */
	char letter;	  /* short form, 0 = none */
	const char *arg;  /* what its value is called; NULL = takes none */
	const char *help;
};

/* which: index into the table; value: lent, NULL where the option takes none.
 * A negative result stops the parser and becomes its result. */
typedef int options_fn(void *ctx, size_t which, const char *value, struct problem *p);

enum options_result { OPTIONS_GO = 0, OPTIONS_HELP = 1, OPTIONS_VERSION = 2 };

/* Options and operands in any order, "--" ends the options, "-" is an operand.
 * argv starts behind the program's and the verb's name; the operands are moved
 * to its front and counted in *n_operands. Gives OPTIONS_HELP or
 * OPTIONS_VERSION as soon as one of these is met, -EINVAL with a sentence for
 * wrong usage. */
MUST_CHECK int options_parse(const struct options_spec *spec, size_t n, int argc,
			     char **argv, options_fn *fn, void *ctx, int *n_operands,
			     struct problem *p);

/* What -o said. */
struct options_mount {
	bool allow_other, allow_root, read_only, no_exec;
	bool sloppy;	  /* set by the caller: unknown options are passed over */
	char **overrides; /* "key=value" for the configuration */
	size_t n_overrides;
};

/* Adds one -o argument: options separated by commas, "\," being a comma inside
 * one. is_key says whether a name is a key of the configuration's [mount].
 * -EINVAL with a sentence for an option nobody knows. */
MUST_CHECK int options_mount_add(struct options_mount *m, const char *text,
				 bool (*is_key)(const char *name), struct problem *p);
void options_mount_fini(struct options_mount *m); /* zeroed is fine */

/* "90", "90s", "2m", "1h", "250ms" as milliseconds, at most 100 years. -EINVAL. */
MUST_CHECK int options_duration(const char *text, long long *out_ms);
