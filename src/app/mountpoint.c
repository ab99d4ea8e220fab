/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A daemon that was killed leaves its mount behind, and every access to it says
 * ENOTCONN; mounting again would fail until somebody unmounts. Only what
 * mountinfo calls ours is touched, and lazily, for processes may still stand in
 * it.
 */
#include "app/mountpoint.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/mounts.h"
#include "base/scope.h"

#define MAX_STALE 8 /* mounts on top of each other */

extern char **environ;

/* The last component cannot be looked at, so only its folder is resolved. */
static char *resolve_parent(const char *path)
{
	_cleanup_free_ char *dir = strdup(path), *real = NULL;
	size_t n = strlen(path);
	char *slash, *out;

	if (!dir)
		return NULL;
	while (n > 1 && dir[n - 1] == '/')
		dir[--n] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	real = realpath(!slash ? "." : slash == dir ? "/" : dir, NULL);
	if (!real)
		return NULL;
	if (asprintf(&out, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
		     slash ? slash + 1 : dir) < 0)
		return NULL;
	return out;
}

static bool is_ours(const char *real)
{
	_cleanup_(mounts_entry_fini) struct mounts_entry e = {0};
	_cleanup_buf_ struct buf text = {0};

	return mounts_read(&text, NULL) == 0 &&
	       mounts_at(buf_slice(&text), real, &e) == 0 &&
	       strcmp(e.type, MOUNTS_TYPE) == 0;
}

/* Ordinary users unmount through the set-user-ID helper, as they mounted. */
static int unmount_by_helper(const char *real)
{
	const char *const argv[] = {"fusermount3", "-u", "-z", "--", real, NULL};
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ) != 0)
		return -ENOENT;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

static int unmount_stale(const char *path, struct problem *p)
{
	_cleanup_free_ char *real = resolve_parent(path);

	if (!real || !is_ours(real))
		return problem_set(
			p, -ENOTCONN,
			"%s: a dead file system that is not amcfs's is mounted "
			"there; unmount it first",
			path);
	if (umount2(real, MNT_DETACH | UMOUNT_NOFOLLOW) == 0 ||
	    unmount_by_helper(real) == 0)
		return 0;
	return problem_set(p, -ENOTCONN,
			   "%s: an amcfs that died is mounted there and cannot be "
			   "unmounted; run: fusermount3 -u -z %s",
			   path, path);
}

int mountpoint_check(const char *path, char **real, struct problem *p)
{
	struct stat st;
	int r = stat(path, &st) < 0 ? -errno : 0;

	for (int i = 0; i < MAX_STALE && (r == -ENOTCONN || r == -ECONNABORTED); i++) {
		r = unmount_stale(path, p);
		if (r < 0)
			return r;
		r = stat(path, &st) < 0 ? -errno : 0;
	}
	if (r == -ENOENT)
		return problem_set(p, r, "%s: there is no such directory; make it first",
				   path);
	if (r < 0)
		return problem_set(p, r, "%s: %s", path, strerror(-r));
	if (!S_ISDIR(st.st_mode))
		return problem_set(p, -ENOTDIR, "%s is no directory", path);
	*real = realpath(path, NULL);
	if (!*real)
		return problem_set(p, -errno, "%s: %s", path, strerror(errno));
	if (is_ours(*real)) {
		free(*real);
		*real = NULL;
		return problem_set(p, -EBUSY,
				   "%s: amcfs is mounted there already; unmount it first "
				   "(umount or fusermount3 -u)",
				   path);
	}
	return 0;
}
