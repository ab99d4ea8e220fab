/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two faces of one thing: `amcfs CONFIG MOUNTPOINT`, whose letters are those of
 * every FUSE program, and mount.amcfs, whose letters are mount(8)'s.
 */
#include "app/cmd_mount.h"

#include <stdlib.h>
#include <string.h>

#include "app/mount.h"
#include "app/mountpoint.h"

enum { OPT_O, OPT_FOREGROUND, OPT_DEBUG, OPT_SINGLE };

static const struct options_spec options[] = {
	[OPT_O] = {NULL, 'o', "OPTIONS", "mount options, see below"},
	[OPT_FOREGROUND] = {NULL, 'f', NULL,
			    "stay in the foreground, log to the terminal"},
	[OPT_DEBUG] = {NULL, 'd', NULL, "as -f, and print every FUSE request"},
	[OPT_SINGLE] = {NULL, 's', NULL, "serve one request at a time"},
};

enum { HELPER_O, HELPER_SLOPPY, HELPER_FAKE, HELPER_IGNORED };

static const struct options_spec helper_options[] = {
	[HELPER_O] = {NULL, 'o', "OPTIONS", "mount options"},
	[HELPER_SLOPPY] = {NULL, 's', NULL, "pass over unknown mount options"},
	[HELPER_FAKE] = {NULL, 'f', NULL, "check the configuration, do not mount"},
	[HELPER_IGNORED] = {NULL, 'n', NULL, "without effect, as are -v, -N and -t"},
	{NULL, 'v', NULL, ""},
	{NULL, 'N', "NAMESPACE", ""},
	{NULL, 't', "TYPE", ""},
};

struct request {
	struct options_mount o;
	char **o_texts; /* parsed after the rest: -s may follow them */
	size_t n_o_texts;
	bool foreground, debug, single, fake;
};

static bool lies_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 &&
	       (path[n] == '/' || path[n] == '\0' || strcmp(dir, "/") == 0);
}

static int mount_config(const struct request *q, const char *config, const char *point)
{
	struct config_opts co = {
		.path = config,
		.overrides = (const char *const *)q->o.overrides,
		.n_overrides = q->o.n_overrides,
	};
	struct mount_opts mo = {
		.mount = &q->o,
		.foreground = q->foreground,
		.debug = q->debug,
		.single = q->single,
	};
	char *real = NULL;
	struct problem p = {0};
	int code = cli_config(&mo.config, &co);

	if (code != CLI_GO)
		return code;
	if (q->fake)
		code = CLI_OK;
	else if (mountpoint_check(point, &real, &p) < 0)
		code = cli_fail_problem(CLI_FAILED, &p);
	else if (lies_in(mo.config->settings.mount.state_dir, real))
		code = cli_fail(
			CLI_CONFIG,
			"%s: [mount] state_dir: %s lies below the mount point %s; "
			"name a directory outside",
			mo.config->path, mo.config->settings.mount.state_dir, real);
	mo.point = real;
	if (code == CLI_GO)
		code = mount_run(&mo);
	free(real);
	config_free(mo.config);
	return code;
}

static int keep_text(struct request *q, const char *text)
{
	char **grown = reallocarray(q->o_texts, q->n_o_texts + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	q->o_texts = grown;
	grown[q->n_o_texts++] = (char *)text;
	return 0;
}

static int take(void *ctx, size_t which, const char *value, struct problem *p)
{
	struct request *q = ctx;

	if (which == OPT_O)
		return keep_text(q, value);
	if (which == OPT_SINGLE)
		q->single = true;
	else
		q->foreground = true;
	if (which == OPT_DEBUG)
		q->debug = true;
	return 0;
}

static int take_helper(void *ctx, size_t which, const char *value, struct problem *p)
{
	struct request *q = ctx;

	if (which == HELPER_O)
		return keep_text(q, value);
	if (which == HELPER_SLOPPY)
		q->o.sloppy = true;
	if (which == HELPER_FAKE)
		q->fake = true;
	return 0;
}

static int parse_and_mount(const struct cli_verb *v, options_fn *fn, int argc,
			   char **argv)
{
	struct request q = {0};
	struct problem p = {0};
	int n = 0, r = 0;
	int code = cli_parse(v, argc, argv, fn, &q, &n);

	for (size_t i = 0; code == CLI_GO && r == 0 && i < q.n_o_texts; i++)
		r = options_mount_add(&q.o, q.o_texts[i], config_is_option, &p);
	if (r < 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		code = cli_fail_problem(CLI_USAGE, &p);
	}
	if (code == CLI_GO)
		code = mount_config(&q, argv[0], argv[1]);
	free(q.o_texts);
	options_mount_fini(&q.o);
	return code;
}

static int run(int argc, char **argv)
{
	return parse_and_mount(&cmd_mount_verb, take, argc, argv);
}

static int run_helper(int argc, char **argv)
{
	return parse_and_mount(&cmd_mount_helper_verb, take_helper, argc, argv);
}

const struct cli_verb cmd_mount_verb = {
	.name = "",
	.synopsis = "CONFIG MOUNTPOINT [-o OPTIONS] [-f] [-d] [-s]",
	.help = "Mounts Amazon Marketing Cloud as CONFIG describes it on the directory\n"
		"MOUNTPOINT. Returns when the mount answers, or fails with a message.\n"
		"Unmount with umount, or fusermount3 -u for an ordinary user's mount.\n",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_operands = 2,
	.max_operands = 2,
	.run = run,
};

const struct cli_verb cmd_mount_helper_verb = {
	.name = "",
	.synopsis = "CONFIG MOUNTPOINT [-o OPTIONS] [-sfnv] [-N NAMESPACE] [-t TYPE]",
	.help = "Mounts as mount(8) asks for it; see amcfs(1).\n",
	.options = helper_options,
	.n_options = sizeof(helper_options) / sizeof(helper_options[0]),
	.min_operands = 2,
	.max_operands = 2,
	.run = run_helper,
};
