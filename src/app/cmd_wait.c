/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Polls the status files, at first often and then less so: a mount on another
 * kernel's page cache, a bind mount or a container makes no difference to that,
 * and the daemon answers from memory.
 *
 * A job is born with a file's first byte. A file that exists without a job may
 * still be waiting for that byte, or nobody will ever write it, and nothing but
 * time tells the two apart. A finished one, which cannot be opened for reading,
 * needs no such patience; neither does a name that is not there.
 */
#include "app/cmd_wait.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/client.h"
#include "base/clock.h"
#include "base/scope.h"

#define POLL_LEAST_MS 200
#define POLL_MOST_MS  2000

/* How long a file may be without a job: nobody there, and perhaps a writer. */
#define JOBLESS_MS     600
#define JOBLESS_NEW_MS 5000

enum { OPT_TIMEOUT };

static const struct options_spec options[] = {
	[OPT_TIMEOUT] = {"timeout", 0, "S", "give up after S seconds (or 90s, 10m, 1h)"},
};

enum wait_state { WAIT_PENDING, WAIT_GOOD, WAIT_BAD };

struct target {
	struct client_place place;
	enum wait_state state;
	int64_t jobless_ms; /* since when, on the monotonic clock; 0 = it has a job */
	char shown[32];	    /* the job's state, for progress */
};

struct waiting {
	struct target *target;
	size_t n;
	long long timeout_ms; /* -1 = none */
	bool terminal;
	bool line_open; /* a progress line is on the terminal */
};

static int take(void *ctx, size_t which, const char *value, struct problem *p)
{
	struct waiting *w = ctx;

	if (options_duration(value, &w->timeout_ms) < 0)
		return problem_set(p, -EINVAL,
				   "--timeout needs a number of seconds, or one with ms, "
				   "s, m, h or d");
	return 0;
}

static void end_line(struct waiting *w)
{
	if (w->line_open)
		fputs("\r\033[K", stderr);
	w->line_open = false;
}

static void end_bad(struct waiting *w, struct target *t, const char *state,
		    const char *why)
{
	end_line(w);
	t->state = WAIT_BAD;
	(void)cli_fail(CLI_FAILED, "%s: %s: %s", t->place.path, state, why);
}

static void end_good(struct waiting *w, struct target *t, const struct json *record)
{
	t->state = WAIT_GOOD;
	if (!w->terminal)
		return;
	end_line(w);
	fprintf(stderr, "%s: succeeded, %lld rows\n", t->place.path,
		(long long)json_int(record, "rows_out", 0));
}

/* Newest first, so the first that matches is the one. */
static const struct json *newest(const struct target *t, const struct json *all)
{
	const struct json *jobs = json_get(all, "jobs");

	for (size_t i = 0; i < json_count(jobs); i++) {
		const struct json *record = json_at(jobs, i);

		if (client_matches(&t->place, record))
			return record;
	}
	return NULL;
}

static bool maybe_open(const struct target *t)
{
	int fd = open(t->place.path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return false;
	(void)close(fd); /* nothing was written */
	return true;
}

static void judge_jobless(struct waiting *w, struct target *t)
{
	int64_t now = clock_mono_ms(&clock_real);
	struct stat st;

	if (t->jobless_ms == 0)
		t->jobless_ms = now;
	if (now - t->jobless_ms < (maybe_open(t) ? JOBLESS_NEW_MS : JOBLESS_MS))
		return;
	end_bad(w, t, "never became a job",
		lstat(t->place.path, &st) == 0
			? "nothing was written to it, or its writer saw an error"
			: "there is no such file in the mount");
}

static void judge(struct waiting *w, struct target *t, const struct json *all)
{
	const struct json *record = newest(t, all);
	const char *state = json_str(record, "state");

	(void)snprintf(t->shown, sizeof(t->shown), "%s", *state ? state : "no job yet");
	if (!record) {
		judge_jobless(w, t);
		return;
	}
	t->jobless_ms = 0;
	if (strcmp(state, "succeeded") == 0) {
		end_good(w, t, record);
	} else if (strcmp(state, "failed") == 0 || strcmp(state, "rejected") == 0) {
		const char *why = json_str(json_get(record, "error"), "message");

		end_bad(w, t, state, *why ? why : "the job record gives no reason");
	}
}

/* One question for all that share a status file. A mount that does not answer
 * ends the wait for its files: nobody can tell any more. */
static void poll_all(struct waiting *w)
{
	struct json *all = NULL;
	const char *read_from = "";

	for (size_t i = 0; i < w->n; i++) {
		struct target *t = &w->target[i];
		struct problem p = {0};
		int r = 0;

		if (t->state != WAIT_PENDING)
			continue;
		if (strcmp(read_from, t->place.status) != 0) {
			json_free(all);
			all = NULL;
			r = client_jobs(&t->place, &all, &p);
			read_from = r < 0 ? "" : t->place.status;
		}
		if (r < 0)
			end_bad(w, t, "its job cannot be asked about", problem_text(&p));
		else
			judge(w, t, all);
	}
	json_free(all);
}

static size_t pending(const struct waiting *w, const struct target **first)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (w->target[i].state != WAIT_PENDING)
			continue;
		if (n++ == 0)
			*first = &w->target[i];
	}
	return n;
}

static void show_progress(struct waiting *w, size_t left, const struct target *first)
{
	if (!w->terminal)
		return;
	end_line(w);
	fprintf(stderr, "%zu of %zu: %.40s: %s", w->n - left + 1, w->n,
		*first->place.file ? first->place.file : "?", first->shown);
	(void)fflush(stderr);
	w->line_open = true;
}

static void pause_ms(int64_t ms)
{
	const struct timespec ts = {ms / 1000, (ms % 1000) * 1000000};

	(void)nanosleep(&ts, NULL); /* shorter is fine */
}

static int time_out(struct waiting *w)
{
	end_line(w);
	for (size_t i = 0; i < w->n; i++) {
		const struct target *t = &w->target[i];

		if (t->state == WAIT_PENDING)
			(void)cli_fail(CLI_TIMEOUT,
				       "%s: %s: still not ended at the timeout",
				       t->place.path, t->shown);
	}
	return CLI_TIMEOUT;
}

static int wait_all(struct waiting *w)
{
	const int64_t start = clock_mono_ms(&clock_real);
	int64_t step = POLL_LEAST_MS;

	for (;;) {
		const struct target *first = NULL;
		int64_t left_ms = step;
		size_t left;

		poll_all(w);
		left = pending(w, &first);
		if (left == 0)
			break;
		if (w->timeout_ms >= 0)
			left_ms = start + w->timeout_ms - clock_mono_ms(&clock_real);
		if (left_ms <= 0)
			return time_out(w);
		show_progress(w, left, first);
		pause_ms(left_ms < step ? left_ms : step);
		step = step * 5 / 4 < POLL_MOST_MS ? step * 5 / 4 : POLL_MOST_MS;
	}
	for (size_t i = 0; i < w->n; i++) {
		if (w->target[i].state == WAIT_BAD)
			return CLI_FAILED;
	}
	return CLI_OK;
}

static int find_target(struct waiting *w, struct target *t, const char *path)
{
	struct problem p = {0};
	struct stat st;
	int r = client_find(path, &t->place, &p);

	if (r < 0) {
		problem_set(&p, r, "%s: %s", path, errcode_text(r));
		t->state = WAIT_BAD;
		(void)cli_fail_problem(CLI_FAILED, &p);
		return CLI_GO;
	}
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return cli_fail(
			CLI_USAGE,
			"%s is a directory; name the files that were written in it",
			path);
	if (!*t->place.file) {
		t->state = WAIT_BAD;
		(void)cli_fail(CLI_FAILED,
			       "%s: never became a job: it is in no drop folder", path);
	}
	return CLI_GO;
}

static int run(int argc, char **argv)
{
	struct waiting w = {.timeout_ms = -1, .terminal = isatty(STDERR_FILENO)};
	int n = 0, code;

	code = cli_parse(&cmd_wait_verb, argc, argv, take, &w, &n);
	if (code != CLI_GO)
		return code;
	w.target = calloc((size_t)n, sizeof(*w.target));
	if (!w.target)
		return cli_fail(CLI_FAILED, "out of memory");
	for (; w.n < (size_t)n && code == CLI_GO; w.n++)
		code = find_target(&w, &w.target[w.n], argv[w.n]);
	if (code == CLI_GO)
		code = wait_all(&w);
	end_line(&w);
	for (size_t i = 0; i < w.n; i++)
		client_place_fini(&w.target[i].place);
	free(w.target);
	return code;
}

const struct cli_verb cmd_wait_verb = {
	.name = "wait",
	.synopsis = "[--timeout S] PATH...",
	.help = "Waits until the jobs of files written in a mount have ended. Exit code 0\n"
		"when all succeeded; 1 when one failed, was rejected or never became a job\n"
		"(and says which and why); 124 on timeout.\n",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_operands = 1,
	.max_operands = -1,
	.run = run,
};
