/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The temporary neighbour carries a leading dot, so that a pattern like *.csv
 * does not catch it while it grows. An existing file keeps its mode; a new one
 * gets what the umask leaves, as with any other program.
 */
#include "app/outfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"

/* The descriptor that a path is another name of, or -1. Opening it anew would
 * begin at its start, and renaming over it would replace what it leads to. */
static int descriptor_of(const char *path)
{
	long long n;

	if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	if (strncmp(path, "/dev/fd/", 8) != 0 || strlen(path) > 12)
		return -1;
	n = strtoll(path + 8, NULL, 10);
	return n > 0 ? (int)n : -1;
}

static int open_direct(struct outfile *f, const char *path, int same, struct problem *p)
{
	f->fd = same < 0 ? open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
			 : fcntl(same, F_DUPFD_CLOEXEC, 3);
	if (f->fd < 0)
		return problem_set(p, -errno, "%s: cannot be written: %s", f->name,
				   strerror(errno));
	return 0;
}

static mode_t mode_for_new(void)
{
	mode_t mask = umask(0); /* there is no other way to ask */

	umask(mask);
	return 0666 & ~mask;
}

static int open_temporary(struct outfile *f, mode_t mode, struct problem *p)
{
	const char *slash = strrchr(f->name, '/');
	int dir_n = slash ? (int)(slash - f->name) + 1 : 0;
	int r;

	if (asprintf(&f->temporary, "%.*s.%s.XXXXXX", dir_n, f->name, f->name + dir_n) <
	    0) {
		f->temporary = NULL;
		return -ENOMEM;
	}
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd >= 0 && fchmod(f->fd, mode) == 0)
		return 0;
	r = -errno;
	if (f->fd < 0) {
		free(f->temporary);
		f->temporary = NULL;
	}
	return problem_set(p, r, "%s: cannot be made: %s", f->name, strerror(-r));
}

static bool look(const char *path, struct stat *st)
{
	int fd = descriptor_of(path);

	return (fd < 0 ? stat(path, st) : fstat(fd, st)) == 0;
}

/* Where a file of that name would come to be; the caller's to free. */
static char *place_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = NULL, *real = NULL;
	char *place;

	dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	real = dir ? realpath(dir, NULL) : NULL;
	if (!real || asprintf(&place, "%s/%s", real, slash ? slash + 1 : path) < 0)
		return NULL;
	return place;
}

bool outfile_same(const char *a, const char *b)
{
	_cleanup_free_ char *place_a = NULL, *place_b = NULL;
	struct stat sa, sb;
	bool there = look(a, &sa);

	if (there != look(b, &sb))
		return false;
	if (there) /* devices and pipes may well be the same */
		return S_ISREG(sa.st_mode) && sa.st_dev == sb.st_dev &&
		       sa.st_ino == sb.st_ino;
	place_a = place_of(a);
	place_b = place_of(b);
	return place_a && place_b && strcmp(place_a, place_b) == 0;
}

int outfile_open(struct outfile *f, const char *path, struct problem *p)
{
	int same = descriptor_of(path);
	struct stat st;
	int r;

	*f = OUTFILE_INIT;
	if (same >= 0) {
		f->name = strdup(same == STDOUT_FILENO ? "standard output" : path);
		r = f->name ? open_direct(f, path, same, p) : -ENOMEM;
		if (r < 0)
			outfile_abort(f);
		return r;
	}
	if (stat(path, &st) == 0) {
		/* the link stays, what it points to is replaced */
		f->name = S_ISREG(st.st_mode) ? realpath(path, NULL) : strdup(path);
	} else {
		f->name = strdup(path);
		st.st_mode = S_IFREG | mode_for_new();
	}
	if (!f->name)
		return -errno;
	if (S_ISREG(st.st_mode))
		r = open_temporary(f, st.st_mode & 0777, p);
	else
		r = open_direct(f, path, -1, p);
	if (r < 0)
		outfile_abort(f);
	return r;
}

int outfile_write(struct outfile *f, const void *data, size_t n, struct problem *p)
{
	const char *at = data;

	while (n > 0) {
		ssize_t w = write(f->fd, at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return problem_set(p, -errno, "%s: cannot be written: %s",
					   f->name, strerror(errno));
		at += w;
		n -= (size_t)w;
	}
	return 0;
}

static void forget(struct outfile *f)
{
	free(f->name);
	free(f->temporary);
	*f = OUTFILE_INIT;
}

int outfile_commit(struct outfile *f, struct problem *p)
{
	int r = close(f->fd) == 0 ? 0 : -errno;

	f->fd = -1;
	if (r == 0 && f->temporary && rename(f->temporary, f->name) < 0)
		r = -errno;
	if (r < 0) {
		problem_set(p, r, "%s: cannot be written: %s", f->name, strerror(-r));
		outfile_abort(f);
		return r;
	}
	forget(f);
	return 0;
}

void outfile_abort(struct outfile *f)
{
	if (f->fd >= 0)
		(void)close(f->fd); /* nobody will read it */
	if (f->temporary)
		(void)unlink(f->temporary);
	forget(f);
}
