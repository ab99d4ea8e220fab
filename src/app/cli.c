/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of verbs; each verb brings its own table of options. --help is made
 * of the tables and nothing else, so it cannot forget an option.
 */
#include "app/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/cmd_check.h"
#include "app/cmd_hash.h"
#include "app/cmd_mount.h"
#include "app/cmd_status.h"
#include "app/cmd_wait.h"
#include "app/config_help.h"
#include "app/process.h"

#ifndef AMCFS_VERSION
#error "the build defines AMCFS_VERSION"
#endif

static const struct cli_verb *const verbs[] = {
	&cmd_mount_verb,  &cmd_check_verb, &cmd_hash_verb,
	&cmd_status_verb, &cmd_wait_verb,
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char mount_options[] =
	"\nMount options (-o, separated by commas; \"\\,\" is a comma in a value):\n"
	"  allow_other          other users may use the mount\n"
	"  allow_root           root may use an ordinary user's mount\n"
	"  ro, rw               nothing can be written; the default is rw\n"
	"  noexec, exec         as with every mount\n"
	"  KEY=VALUE            any key of [mount], as uid=1000 or settle=0; it wins\n"
	"                       over the file\n"
	"Those that mount(8) hands to every file system are accepted too.\n";

static const char exit_codes[] = "Exit codes:\n"
				 "  0    done\n"
				 "  1    failed\n"
				 "  2    wrong usage\n"
				 "  3    the configuration is wrong\n"
				 "  124  timeout\n";

int cli_fail_problem(int code, const struct problem *p)
{
	fprintf(stderr, "amcfs: %s\n", problem_text(p));
	return code;
}

int cli_fail(int code, const char *fmt, ...)
{
	struct problem p = {0};
	char text[sizeof(p.note)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	va_end(ap);
	/* through problem, for it makes control characters harmless */
	problem_set(&p, -EIO, "%s", text);
	return cli_fail_problem(code, &p);
}

static void print_option(const struct options_spec *o)
{
	char left[64];
	int n = 0;

	if (o->letter)
		n = snprintf(left, sizeof(left), "-%c%s%s", o->letter, o->arg ? " " : "",
			     o->arg ? o->arg : "");
	if (o->name)
		(void)snprintf(left + n, sizeof(left) - (size_t)n, "%s--%s%s%s",
			       n ? ", " : "", o->name, o->arg ? " " : "",
			       o->arg ? o->arg : "");
	printf("  %-20s %s\n", left, o->help);
}

static void print_synopsis(const char *lead, const struct cli_verb *v)
{
	printf("%s amcfs%s%s %s\n", lead, *v->name ? " " : "", v->name, v->synopsis);
}

static void print_verb(const struct cli_verb *v)
{
	fputs(v->help, stdout);
	for (size_t i = 0; i < v->n_options; i++)
		print_option(&v->options[i]);
}

static void print_all(void)
{
	for (size_t i = 0; i < N_VERBS; i++)
		print_synopsis(i ? "      " : "Usage:", verbs[i]);
	for (size_t i = 0; i < N_VERBS; i++) {
		printf("\n%s:\n", *verbs[i]->name ? verbs[i]->name : "mount");
		print_verb(verbs[i]);
	}
	fputs(mount_options, stdout);
	fputs("\nEverywhere:\n"
	      "  -h, --help           this text, or that of one command\n"
	      "  -V, --version        the version\n"
	      "  --help-config        the keys of the configuration file\n\n",
	      stdout);
	fputs(exit_codes, stdout);
}

static int finish_output(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return cli_fail(CLI_FAILED, "standard output cannot be written: %s",
				strerror(errno));
	return CLI_OK;
}

static int print_version(void)
{
	puts("amcfs " AMCFS_VERSION);
	return finish_output();
}

static int wrong_usage(const struct cli_verb *v, const struct problem *p)
{
	fprintf(stderr, "amcfs: %s\n", problem_text(p));
	fprintf(stderr, "Usage: amcfs%s%s %s\n", *v->name ? " " : "", v->name,
		v->synopsis);
	return CLI_USAGE;
}

int cli_parse(const struct cli_verb *v, int argc, char **argv, options_fn *fn, void *ctx,
	      int *n_operands)
{
	struct problem p = {0};
	int r;

	r = options_parse(v->options, v->n_options, argc, argv, fn, ctx, n_operands, &p);
	if (r == OPTIONS_VERSION)
		return print_version();
	if (r == OPTIONS_HELP) {
		print_synopsis("Usage:", v);
		print_verb(v);
		return finish_output();
	}
	if (r == -ENOMEM)
		return cli_fail(CLI_FAILED, "out of memory");
	if (r < 0)
		return wrong_usage(v, &p);
	if (*n_operands < v->min_operands) {
		problem_set(&p, -EINVAL, "something is missing behind amcfs%s%s",
			    *v->name ? " " : "", v->name);
		return wrong_usage(v, &p);
	}
	if (v->max_operands >= 0 && *n_operands > v->max_operands) {
		problem_set(&p, -EINVAL, "%s is one word too many",
			    argv[v->max_operands]);
		return wrong_usage(v, &p);
	}
	return CLI_GO;
}

static void print_warning(void *ctx, const char *text)
{
	fprintf(stderr, "amcfs: warning: %s\n", text);
}

int cli_config(struct config **out, struct config_opts *o)
{
	struct problem p = {0};
	int r;

	if (!o->warn)
		o->warn = print_warning;
	r = config_load(out, o, &p);
	if (r == 0)
		return CLI_GO;
	problem_set(&p, r, "%s", errcode_text(r));
	if (r == -EINVAL)
		return cli_fail_problem(CLI_USAGE, &p);
	return cli_fail_problem(r == -ERR_CONFIG ? CLI_CONFIG : CLI_FAILED, &p);
}

/* mount(8) calls mount.amcfs with its own meaning of the letters. */
static bool called_as_helper(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return strcmp(slash ? slash + 1 : argv0, "mount.amcfs") == 0;
}

int cli_main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	process_harden();
	if (argc > 0 && called_as_helper(argv[0]))
		return cmd_mount_helper_verb.run(argc - 1, argv + 1);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		print_all();
		return finish_output();
	}
	if (strcmp(word, "--help-config") == 0) {
		config_help_print(stdout);
		return finish_output();
	}
	for (size_t i = 0; i < N_VERBS; i++) {
		if (*verbs[i]->name && strcmp(word, verbs[i]->name) == 0)
			return verbs[i]->run(argc - 2, argv + 2);
	}
	return cmd_mount_verb.run(argc > 0 ? argc - 1 : 0, argv + (argc > 0));
}
