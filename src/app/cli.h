/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli - the command line: verbs, --help, --version, exit codes
 *
 * Layer    app
 */
#pragma once

#include "app/config.h"
#include "app/options.h"

/* The program's exit codes; scripts rely on them. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_CONFIG = 3,
	CLI_TIMEOUT = 124,
};

/* What one verb looks like from outside. --help prints it. */
struct cli_verb {
	const char *name;     /* "" = no word: mounting */
	const char *synopsis; /* what follows the name */
	const char *help;     /* lines of at most 76 columns, each ends in \n */
	const struct options_spec *options;
	size_t n_options;
	int min_operands, max_operands; /* max -1 = any number */
	/* argv starts behind the verb. Gives an exit code. */
	int (*run)(int argc, char **argv);
};

#define CLI_GO (-1)

/* Parses argv by the verb's table. CLI_GO: *n_operands operands stand at the
 * front of argv. Otherwise it printed help or what is wrong with the usage, and
 * the result is the exit code. */
MUST_CHECK int cli_parse(const struct cli_verb *v, int argc, char **argv, options_fn *fn,
			 void *ctx, int *n_operands);

/* Prints "amcfs: <sentence>" to standard error and returns code. */
int cli_fail(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);
int cli_fail_problem(int code, const struct problem *p);

/* Loads the configuration, warnings go to standard error. CLI_GO, or the exit
 * code after the sentence was printed. */
MUST_CHECK int cli_config(struct config **out, struct config_opts *o);

int cli_main(int argc, char **argv);
