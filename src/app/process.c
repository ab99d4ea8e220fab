/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fork comes before the database, its lock and every thread, since none of
 * them survives one. Until it is ready the child has the terminal's standard
 * error, so that it says itself what goes wrong, and its exit code is passed on
 * by the parent.
 */
#include "app/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MMAP_THRESHOLD (1 << 20)
#define MAX_ARENAS     4

void process_harden(void)
{
	const struct rlimit none = {0, 0};

	/* best effort: a failure leaves the system's defaults */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* inherited by whom an ignorant parent started: no child's end would be told */
	(void)signal(SIGCHLD, SIG_DFL);
}

void process_prepare(void)
{
	(void)umask(077);
	(void)close_range(3, ~0u, 0);
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	(void)mallopt(M_ARENA_MAX, MAX_ARENAS);
#endif
}

static int exit_code_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_FAILURE;
	}
	/* ready was not said, so 0 would be a lie */
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return WEXITSTATUS(status);
	return EXIT_FAILURE;
}

static bool heard_ready(int fd)
{
	char byte;
	ssize_t got;

	do
		got = read(fd, &byte, 1);
	while (got < 0 && errno == EINTR);
	return got == 1;
}

int process_fork(struct process_child *child, bool *is_child, int *code)
{
	int ends[2];
	pid_t pid;

	child->ready_fd = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int r = -errno;

		(void)close(ends[0]);
		(void)close(ends[1]);
		return r;
	}
	*is_child = pid == 0;
	if (pid == 0) {
		(void)close(ends[0]);
		child->ready_fd = ends[1];
		return 0;
	}
	(void)close(ends[1]);
	*code = heard_ready(ends[0]) ? EXIT_SUCCESS : exit_code_of(pid);
	(void)close(ends[0]);
	return 0;
}

void process_ready(struct process_child *child)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid();
	if (null >= 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		(void)close(null);
	}
	/* a parent that was killed meanwhile is nobody's loss */
	if (write(child->ready_fd, "", 1) < 0)
		errno = 0;
	(void)close(child->ready_fd);
	child->ready_fd = -1;
}
