/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records come from the mount's status.json; what is asked about decides
 * which of them are shown. The table is the one of the status files.
 */
#include "app/cmd_status.h"

#include <stdio.h>
#include <sys/stat.h>

#include "app/client.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "fs/render.h"

#define MAX_TEXT (512u << 20)

enum { OPT_JSON };

static const struct options_spec options[] = {
	[OPT_JSON] = {"json", 0, NULL, "the records, for programs: {\"jobs\": [...]}"},
};

static int take(void *ctx, size_t which, const char *value, struct problem *p)
{
	*(bool *)ctx = true;
	return 0;
}

/* Every job of a folder's data set; of a file only its own. */
static void widen(struct client_place *pl)
{
	struct stat st;

	if (*pl->file && lstat(pl->path, &st) == 0 && S_ISDIR(st.st_mode))
		*pl->file = '\0';
	if (!*pl->file) {
		*pl->strategy = '\0';
		pl->operation = "";
	}
}

static int select_jobs(const struct client_place *pl, struct json **out,
		       struct problem *p)
{
	struct json *all = NULL, *found;
	const struct json *jobs;
	int r;

	r = client_jobs(pl, &all, p);
	if (r < 0)
		return r;
	found = json_array();
	jobs = json_get(all, "jobs");
	for (size_t i = 0; i < json_count(jobs); i++) {
		if (client_matches(pl, json_at(jobs, i)))
			json_push(found, json_copy(json_at(jobs, i)));
	}
	json_free(all);
	*out = found;
	return found ? 0 : -ENOMEM;
}

static int show(struct json *jobs, bool as_json, struct problem *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT(MAX_TEXT);
	struct json *root;
	int r;

	if (as_json) {
		root = json_object();
		json_put(root, "jobs", json_copy(jobs));
		r = json_write(root, true, &text);
		json_free(root);
	} else {
		r = render_table(jobs, clock_wall_ms(&clock_real), &text);
	}
	if (r < 0)
		return problem_set(p, r, "%s", errcode_text(r));
	if (fwrite(text.p ? text.p : "", 1, text.n, stdout) != text.n ||
	    fflush(stdout) != 0)
		return problem_set(p, -EIO, "standard output cannot be written");
	return 0;
}

static int run(int argc, char **argv)
{
	_cleanup_(client_place_fini) struct client_place pl = {0};
	struct problem p = {0};
	struct json *jobs = NULL;
	bool as_json = false;
	int n = 0, r;

	r = cli_parse(&cmd_status_verb, argc, argv, take, &as_json, &n);
	if (r != CLI_GO)
		return r;
	r = client_find(argv[0], &pl, &p);
	if (r == 0) {
		widen(&pl);
		r = select_jobs(&pl, &jobs, &p);
	}
	if (r == 0)
		r = show(jobs, as_json, &p);
	json_free(jobs);
	if (r == 0)
		return CLI_OK;
	problem_set(&p, r, "%s", errcode_text(r));
	return cli_fail_problem(CLI_FAILED, &p);
}

const struct cli_verb cmd_status_verb = {
	.name = "status",
	.synopsis = "MOUNTPOINT-or-PATH [--json]",
	.help = "Shows jobs, newest first: all of a mount, those of a data set for a path in\n"
		"it, those of one file for a file in a drop folder.\n",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
