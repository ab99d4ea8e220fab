/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No shell: the command is split, found by PATH and run with its words. It reads
 * nothing, its complaints are thrown away (they may hold what must not reach a
 * log), and it is the head of a process group of its own, so that at the time
 * limit everything it started ends with it.
 *
 * Two things are waited for, the end of its output and its own end, by poll() on
 * the pipe and on a descriptor of the process.
 */
#include "net/credproc.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "net/json.h"

#define MAX_OUTPUT  (64u << 10)
#define MAX_COMMAND 8192
#define TICK_MS	    100

extern char **environ;

/* --- words ------------------------------------------------------------------------ */

struct splitter {
	struct slice rest;
	char *to;
	bool in_word;
};

static char take(struct splitter *s)
{
	char c = *s->rest.p++;

	s->rest.n--;
	return c;
}

/* What stands behind the opening quote, without the closing one. */
static int quoted(struct splitter *s, char quote)
{
	while (s->rest.n > 0) {
		char c = take(s);

		if (c == quote)
			return 0;
		if (c == '\\' && quote == '"' && s->rest.n > 0 &&
		    strchr("\"\\$`", *s->rest.p))
			c = take(s);
		*s->to++ = c;
	}
	return -EINVAL;
}

static int one_char(struct splitter *s)
{
	char c = take(s);

	s->in_word = true;
	if (c == '\'' || c == '"')
		return quoted(s, c);
	if (c == '\\' && s->rest.n == 0)
		return -EINVAL;
	*s->to++ = c == '\\' ? take(s) : c;
	return 0;
}

int credproc_split(struct slice command, struct credproc_words *out)
{
	struct splitter s = {.rest = command};
	size_t n = 0;
	int r = 0;

	*out = (struct credproc_words){NULL};
	if (command.n == 0 || command.n > MAX_COMMAND ||
	    memchr(command.p, '\0', command.n))
		return -EINVAL;
	out->text = malloc(command.n + 1); /* a word and its NUL need no more room */
	if (!out->text)
		return -ENOMEM;
	s.to = out->text;
	while (r == 0 && s.rest.n > 0) {
		bool space = *s.rest.p == ' ' || *s.rest.p == '\t';

		if (!space && !s.in_word) {
			if (n == CREDPROC_MAX_WORDS)
				r = -EINVAL;
			else
				out->argv[n++] = s.to;
		}
		if (r == 0 && !space)
			r = one_char(&s);
		else if (r == 0 && take(&s) && s.in_word) {
			*s.to++ = '\0';
			s.in_word = false;
		}
	}
	*s.to = '\0';
	if (r == 0 && n > 0 && *out->argv[0])
		return 0;
	credproc_words_fini(out);
	return -EINVAL;
}

void credproc_words_fini(struct credproc_words *w)
{
	free(w->text);
	*w = (struct credproc_words){NULL};
}

/* --- running ---------------------------------------------------------------------- */

struct child {
	pid_t pid;
	int pipe, self; /* where its output comes out; the process */
	int status;	/* known after end() */
};

static int spawn(char *const argv[], int out, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, pipe;
	int bad;

	if (posix_spawn_file_actions_init(&fa) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&at) != 0) {
		posix_spawn_file_actions_destroy(&fa);
		return -ENOMEM;
	}
	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	bad = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	bad |= posix_spawn_file_actions_adddup2(&fa, out, 1);
	bad |= posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	/* libraries' sockets among others */
	bad |= posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	bad |= posix_spawnattr_setpgroup(&at, 0);
	bad |= posix_spawnattr_setsigmask(&at, &none);
	bad |= posix_spawnattr_setsigdefault(&at, &pipe);
	bad |= posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP |
						     POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
	bad = bad ? ENOMEM : posix_spawnp(pid, argv[0], &fa, &at, argv, environ);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	return -bad;
}

static int start(char *const argv[], struct child *c)
{
	_cleanup_close_ int out = -1;
	int fds[2];
	int r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	c->pipe = fds[0];
	out = fds[1];
	r = spawn(argv, out, &c->pid);
	if (r < 0)
		return r;
	c->self = pidfd_open(c->pid, 0);
	return c->self < 0 ? -errno : 0;
}

/* With its group, whoever of it is left; then it is no zombie either. Nobody waits
 * for it earlier: until then the number is its own, and no foreign group has it. */
static void end(struct child *c)
{
	if (c->pid > 0) {
		(void)kill(-c->pid, SIGKILL); /* gone is fine */
		while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
			continue;
	}
	if (c->pipe >= 0)
		(void)close(c->pipe); /* read side */
	if (c->self >= 0)
		(void)close(c->self); /* nothing was written */
}

/* 1 at the end of the output. */
static int take_output(struct child *c, struct buf *out)
{
	ssize_t got;
	int r = buf_reserve(out, 1);

	if (r < 0)
		return r;
	got = read(c->pipe, out->p + out->n, out->cap - out->n);
	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	out->n += (size_t)got;
	return got == 0;
}

/* 0 when both ends came. */
static int attend(struct child *c, const struct credproc_opts *o, struct buf *out)
{
	int64_t until = clock_mono_ms(&clock_real) + o->timeout_ms;
	struct pollfd fds[2] = {{c->pipe, POLLIN, 0}, {c->self, POLLIN, 0}};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int r;

		if (o->cancel && atomic_load(o->cancel))
			return -ERR_STOPPING;
		if (clock_mono_ms(&clock_real) >= until)
			return -ETIMEDOUT;
		r = poll(fds, 2, TICK_MS);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		if (fds[1].revents)
			fds[1].fd = -1;
		r = fds[0].revents ? take_output(c, out) : 0;
		if (r < 0)
			return r;
		if (r > 0)
			fds[0].fd = -1;
	}
	return 0;
}

/* --- the answer ------------------------------------------------------------------- */

static int parse(struct slice text, struct awskeys *out, struct problem *p)
{
	struct json *j = NULL;
	int64_t version = 0;

	if (json_parse(text, &j, NULL) == 0)
		version = json_int(j, "Version", 0);
	json_free(j);
	if (version != 1)
		return problem_set(p, -ERR_BAD_REPLY,
				   "the credential_process printed no JSON object with "
				   "\"Version\": 1; run it by hand and look");
	return awskeys_from_json(text, "SessionToken", "the credential_process printed",
				 out, p);
}

static int failed(const char *program, const struct credproc_opts *o, int r,
		  struct awskeys_result *res, struct problem *p)
{
	if (r == -ERR_STOPPING)
		return problem_set(p, r, "amcfs is stopping");
	res->class = RETRY_TEMPORARY;
	if (r == -ETIMEDOUT)
		return problem_set(
			p, -ERR_AUTH,
			"the credential_process %.100s did not end within %lld "
			"s and was killed; run it by hand and look",
			program, (long long)(o->timeout_ms / 1000));
	if (r == -ERR_TOO_LARGE)
		return problem_set(p, -ERR_BAD_REPLY,
				   "the credential_process %.100s printed more than %u "
				   "bytes; run it by hand and look",
				   program, MAX_OUTPUT);
	return problem_set(p, r, "the credential_process %.100s cannot be followed: %s",
			   program, errcode_text(r));
}

static int run(char *const argv[], const struct credproc_opts *o, struct buf *out,
	       struct awskeys_result *res, struct problem *p)
{
	struct child c = {.pipe = -1, .self = -1};
	int r = start(argv, &c);

	if (r < 0) {
		end(&c);
		return problem_set(p, -ERR_CONFIG,
				   "the credential_process %.100s cannot be run: %s; "
				   "correct the profile, or give the whole path",
				   argv[0], errcode_text(r));
	}
	r = attend(&c, o, out);
	end(&c);
	if (r < 0)
		return failed(argv[0], o, r, res, p);
	if (WIFEXITED(c.status) && WEXITSTATUS(c.status) == 0)
		return 0;
	res->class = RETRY_TEMPORARY;
	return problem_set(p, -ERR_AUTH,
			   "the credential_process %.100s failed (%s %d); run it by hand "
			   "and look",
			   argv[0], WIFEXITED(c.status) ? "exit status" : "signal",
			   WIFEXITED(c.status) ? WEXITSTATUS(c.status)
					       : WTERMSIG(c.status));
}

int credproc_keys(struct slice command, const struct credproc_opts *o,
		  struct awskeys *out, struct awskeys_result *res, struct problem *p)
{
	_cleanup_(buf_wipe) struct buf text = BUF_INIT(MAX_OUTPUT);
	struct credproc_words words;
	int r = credproc_split(command, &words);

	*res = (struct awskeys_result){RETRY_PERMANENT, -1};
	if (r < 0)
		return problem_set(
			p, r == -EINVAL ? -ERR_CONFIG : r,
			"credential_process is no command line: a quote stays "
			"open, or it is empty or too long; correct the profile");
	/* all at once: growing would leave copies of the keys behind */
	r = buf_reserve(&text, MAX_OUTPUT);
	if (r == 0)
		r = run(words.argv, o, &text, res, p);
	credproc_words_fini(&words);
	return r < 0 ? r : parse(buf_slice(&text), out, p);
}
