/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - one event, one line, key=value, to a sink chosen once
 *
 * A line never exceeds PIPE_BUF, so its one write(2) is atomic on a pipe too
 * and threads cannot mix theirs. What is longer is cut and ends in "...".
 *
 * A message is cleaned as a whole, after formatting. Quotes are escaped in JSON
 * only: in text they may be the message's own, as in file="a b". A backslash is
 * doubled in both, so that an escape cannot be faked.
 *
 * The journal is spoken to in its native protocol, a datagram of KEY=value
 * lines, because that is twenty lines here and another library otherwise. It is
 * addressed at each line, not connected to, so that its restart goes unnoticed.
 * Source: systemd, "Native Journal Protocol".
 */
#include "base/log.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timefmt.h"
#include "base/utf8.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_WAIT_S 2 /* a stuck journal must not stop the mount */
#define RAW_MAX	       2048
#define ESCAPE_MAX     8 /* bytes that one character may become, at most */
#define TAIL_MAX       8 /* room for "...", the end of the JSON, the newline */
#define JOURNAL_HEAD   128

#ifdef PIPE_BUF
#define LINE_BYTES PIPE_BUF
#else
#define LINE_BYTES 512
#endif

static const struct level {
	const char *name;
	int priority; /* syslog's */
} levels[] = {
	[LOG_LVL_ERROR] = {"error", LOG_ERR},
	[LOG_LVL_WARNING] = {"warning", LOG_WARNING},
	[LOG_LVL_INFO] = {"info", LOG_INFO},
	[LOG_LVL_DEBUG] = {"debug", LOG_DEBUG},
};

/* Written by log_open() alone, before there are threads. */
static struct {
	struct log_opts opts;
	int journal; /* socket; -1 = not in use */
} state = {{LOG_LVL_WARNING, LOG_SINK_STDERR, LOG_FMT_TEXT, NULL}, -1};

struct line {
	char p[LINE_BYTES];
	size_t n;
};

static void add(struct line *l, const char *s, size_t n)
{
	if (n > sizeof(l->p) - l->n)
		n = sizeof(l->p) - l->n;
	memcpy(l->p + l->n, s, n);
	l->n += n;
}

static void adds(struct line *l, const char *s)
{
	add(l, s, strlen(s));
}

/* What stands for one character that cannot stand for itself; 0 = it can. */
static size_t escape(char out[ESCAPE_MAX + 1], const char *s, size_t len, uint32_t c,
		     bool json)
{
	int n = 0;

	if (len == 0)
		n = snprintf(out, ESCAPE_MAX + 1, "%s\\x%02x", json ? "\\" : "",
			     (unsigned char)*s);
	else if (c == '\n')
		n = snprintf(out, ESCAPE_MAX + 1, "\\n");
	else if (c == '\t')
		n = snprintf(out, ESCAPE_MAX + 1, "\\t");
	else if (utf8_is_control(c))
		n = snprintf(out, ESCAPE_MAX + 1, "\\u%04x", (unsigned int)c);
	else if (c == '\\' || (json && c == '"'))
		n = snprintf(out, ESCAPE_MAX + 1, "\\%c", (char)c);
	return (size_t)n;
}

static void add_clean(struct line *l, const char *s, size_t n, bool json)
{
	size_t limit = sizeof(l->p) - TAIL_MAX - ESCAPE_MAX;

	for (size_t i = 0; i < n;) {
		char esc[ESCAPE_MAX + 1];
		uint32_t c = 0;
		size_t len = utf8_decode(s + i, n - i, &c);
		size_t esc_n = escape(esc, s + i, len, c, json);

		if (l->n > limit) {
			adds(l, "...");
			return;
		}
		if (esc_n > 0)
			add(l, esc, esc_n);
		else
			add(l, s + i, len);
		i += len ? len : 1;
	}
}

static void add_time(struct line *l)
{
	int64_t now = clock_wall_ms(&clock_real);
	char when[TIMEFMT_RFC3339];
	char ms[8];

	(void)snprintf(ms, sizeof(ms), ".%03dZ", (int)(now % 1000));
	add(l, timefmt_rfc3339(now / 1000, when), TIMEFMT_RFC3339 - 2);
	adds(l, ms);
}

/* The line as people or programs read it, without its newline. */
static void compose(struct line *l, enum log_level level, const char *area,
		    const char *raw, size_t n)
{
	if (state.opts.format == LOG_FMT_JSON) {
		adds(l, "{\"time\":\"");
		add_time(l);
		adds(l, "\",\"level\":\"");
		adds(l, levels[level].name);
		adds(l, "\",\"area\":\"");
		adds(l, area);
		adds(l, "\",\"msg\":\"");
		add_clean(l, raw, n, true);
		adds(l, "\"}");
		return;
	}
	adds(l, levels[level].name);
	adds(l, " ");
	adds(l, area);
	adds(l, ": ");
	add_clean(l, raw, n, false);
}

static void to_stderr(struct line *l)
{
	ssize_t put;

	add(l, "\n", 1);
	do
		put = write(STDERR_FILENO, l->p, l->n);
	while (put < 0 && errno == EINTR);
	/* Nobody is left to be told when that fails. */
}

static void to_syslog(enum log_level level, const struct line *l)
{
	syslog(levels[level].priority, "%.*s", (int)l->n, l->p);
}

static int to_journal(enum log_level level, const char *area, const struct line *l)
{
	const char *path = state.opts.journal_socket;
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char head[JOURNAL_HEAD];
	struct iovec io[3];
	struct msghdr msg = {&to, sizeof(to), io, 3, NULL, 0, 0};
	int n;

	n = snprintf(head, sizeof(head),
		     "PRIORITY=%d\nSYSLOG_IDENTIFIER=amcfs\nAMCFS_AREA=%.32s\nMESSAGE=",
		     levels[level].priority, area);
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s",
		       path ? path : JOURNAL_SOCKET);
	io[0] = (struct iovec){head, (size_t)n};
	io[1] = (struct iovec){(char *)(uintptr_t)l->p, l->n};
	io[2] = (struct iovec){(char *)(uintptr_t) "\n", 1};
	return sendmsg(state.journal, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void log_open(const struct log_opts *o)
{
	const struct timeval wait = {JOURNAL_WAIT_S, 0};

	if (state.journal >= 0)
		(void)close(state.journal); /* a socket for sending: nothing is lost */
	state.journal = -1;
	state.opts = *o;
	if (o->sink == LOG_SINK_STDERR)
		return;
	openlog("amcfs", LOG_PID, LOG_DAEMON); /* the journal's substitute as well */
	if (o->sink != LOG_SINK_JOURNAL)
		return;
	state.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (state.journal >= 0)
		(void)setsockopt(state.journal, SOL_SOCKET, SO_SNDTIMEO, &wait,
				 sizeof(wait)); /* without it we only wait longer */
}

static void deliver(enum log_level level, const char *area, const char *raw, size_t n)
{
	struct line l = {.n = 0};

	if (state.opts.sink == LOG_SINK_STDERR) {
		if (state.opts.format == LOG_FMT_TEXT)
			adds(&l, "amcfs: ");
		compose(&l, level, area, raw, n);
		to_stderr(&l);
		return;
	}
	compose(&l, level, area, raw, n);
	if (state.journal < 0 || to_journal(level, area, &l) < 0)
		to_syslog(level, &l);
}

/* Shortens a full raw to whole characters and "..."; its new length. */
static int cut(char raw[RAW_MAX])
{
	size_t n = RAW_MAX - sizeof("...");

	while (n > 0 && ((unsigned char)raw[n] & 0xc0) == 0x80)
		n--;
	memcpy(raw + n, "...", sizeof("..."));
	return (int)(n + 3);
}

void log_write(enum log_level level, const char *area, const char *fmt, ...)
{
	int saved = errno;
	char raw[RAW_MAX];
	va_list ap;
	int n;

	if (level > state.opts.level)
		return;
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(raw))
		n = cut(raw);
	if (n >= 0)
		deliver(level, area, raw, (size_t)n);
	errno = saved;
}
