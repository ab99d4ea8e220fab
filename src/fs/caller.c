/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A descriptor that is being closed has already left the table when its flush
 * reaches us. fdinfo is read rather than the links in fd/, since it does not
 * call back into the mount and names the inode, which our random numbering
 * makes ours alone.
 *
 * A process that calls execve() closes its O_CLOEXEC descriptors while it holds a
 * lock that reading its stat waits for, in newer kernels: it would wait for our
 * answer and we for it, and neither could be killed. One that exits has given up
 * its memory before it closes anything, so statm, which needs no lock, tells the
 * two apart.
 */
#include "fs/caller.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

#define PF_EXITING 0x4u /* include/linux/sched.h */
#define MAX_FDS	   4096 /* looked at; a process with more counts as still holding it */

static ssize_t read_file(const char *path, char *out, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, size - 1) : -1;

	if (n >= 0)
		out[n] = '\0';
	return n;
}

/* Field number `at` (from 1) of a stat line, counted behind the command's
 * closing parenthesis, which may itself contain blanks and parentheses. */
static bool stat_field(const char *line, int at, unsigned long long *out)
{
	const char *s = strrchr(line, ')');

	for (int field = 2; s && field < at; field++)
		s = strchr(s + 1, ' ');
	return s && sscanf(s + 1, "%llu", out) == 1;
}

static bool has_memory(pid_t tid)
{
	char path[64], text[256];

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)tid);
	return read_file(path, text, sizeof(text)) <= 0 || text[0] != '0';
}

static void look_at_end(pid_t tid, struct ingest_caller *out)
{
	char path[64], line[2048];
	unsigned long long flags, code;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	if (read_file(path, line, sizeof(line)) <= 0 || !stat_field(line, 9, &flags) ||
	    !stat_field(line, 52, &code) || !(flags & PF_EXITING))
		return;
	if (code & 0x7f) {
		out->died = true;
		(void)snprintf(out->how, sizeof(out->how), "killed by signal %llu",
			       code & 0x7f);
	} else if (code >> 8 & 0xff) {
		out->died = true;
		(void)snprintf(out->how, sizeof(out->how), "ended with exit status %llu",
			       code >> 8 & 0xff);
	}
	/* the flag PF_SIGNALED proves nothing: a thread ended by exit_group() has it */
}

static bool fd_is(pid_t pid, const char *fd, uint64_t ino)
{
	char path[320], text[1024];
	const char *at;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, fd);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	at = strstr(text, "\nino:");
	return at && strtoull(at + 5, NULL, 10) == ino;
}

static bool holds(pid_t pid, uint64_t ino)
{
	char path[64];
	struct dirent *d;
	DIR *dir;
	bool found = false;
	int n = 0;

	if (pid <= 0)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		found = ++n > MAX_FDS || fd_is(pid, d->d_name, ino);
	}
	closedir(dir);
	return found;
}

pid_t caller_process(pid_t tid)
{
	char path[64], text[4096];
	const char *at;

	if (tid <= 0)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return 0;
	at = strstr(text, "\nTgid:");
	return at ? (pid_t)strtol(at + 6, NULL, 10) : 0;
}

void caller_look(pid_t tid, pid_t opener, uint64_t ino, struct ingest_caller *out)
{
	pid_t pid = caller_process(tid);

	memset(out, 0, sizeof(*out));
	if (tid > 0 && !has_memory(tid))
		look_at_end(tid, out);
	out->last_close = !holds(pid, ino) && (opener == pid || !holds(opener, ino));
}
