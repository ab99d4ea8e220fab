/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches descriptor 2, caught in a packet pipe: there each read(2) gives
 * back exactly one write(2). The journal is a socket of our own. */
#include "base/log.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tool/check.h"

static int pipe_read_end = -1;
static int real_stderr = -1;

static void catch (void)
{
	int fds[2];

	real_stderr = fcntl(2, F_DUPFD_CLOEXEC, 3);
	CHECK(real_stderr >= 0);
	CHECK_INT(pipe2(fds, O_CLOEXEC | O_DIRECT | O_NONBLOCK), 0);
	pipe_read_end = fds[0];
	CHECK_INT(dup2(fds[1], 2), 2);
	CHECK_INT(close(fds[1]), 0);
}

/* The next write, "" if there was none; descriptor 2 is whole again, so that a
 * failing check can be seen. */
static const char *caught(void)
{
	static char got[PIPE_BUF + 1];
	ssize_t n = read(pipe_read_end, got, PIPE_BUF);
	int more = (int)read(pipe_read_end, got + (n > 0 ? n : 0), 1);

	(void)dup2(real_stderr, 2);
	CHECK_INT(close(pipe_read_end) | close(real_stderr), 0);
	CHECK_INT(more, n > 0 ? -1 : 0); /* one write, or a pipe at its end */
	got[n > 0 ? n : 0] = '\0';
	return got;
}

static void open_as(enum log_format format, enum log_level level)
{
	const struct log_opts o = {.level = level, .format = format};

	log_open(&o);
}

TEST(before_it_is_opened)
{
	catch ();
	log_warn("fs", "early");
	CHECK_STR(caught(), "amcfs: warning fs: early\n");
}

int main(void)
{
	RUN(before_it_is_opened);
	open_as(LOG_FMT_TEXT, LOG_LVL_DEBUG);
	return CHECK_DONE();
}
