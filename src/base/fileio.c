/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fileio - small files, read whole or published whole
 *
 * Every question about a file is asked of its open descriptor, never of its
 * name, so that what was checked is what is read. Secrets are often symbolic
 * links (into a run-time directory, by a configuration manager), hence links
 * are followed and the target judged.
 *
 * Publishing needs both syncs: without that of the file, a crash may leave an
 * empty one under the new name; without that of the directory, the old one.
 */
#include "base/fileio.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/scope.h"

#define READ_LEAST 4096

/* -errno, with "cannot DO PATH: REASON; REMEDY" in the problem. */
static int fail(struct problem *p, const char *doing, const char *path)
{
	int err = errno;
	const char *remedy = "";

	if (err == ENOENT)
		remedy = "; create it or correct the path";
	else if (err == EACCES)
		remedy = "; let the user that amcfs runs as read it";
	return problem_set(p, -err, "cannot %s %s: %s%s", doing, path, errcode_text(err),
			   remedy);
}

static int check_private(const struct stat *st, const char *path, struct problem *p)
{
	uid_t me = geteuid();

	if (!S_ISREG(st->st_mode))
		return problem_set(p, -EPERM,
				   "%s must be a regular file, since it holds a secret",
				   path);
	if (st->st_mode & 077)
		return problem_set(p, -EPERM,
				   "%s holds a secret and may be used by others than its "
				   "owner (mode %03o); run: chmod 600 %s",
				   path, (unsigned int)st->st_mode & 0777, path);
	if (st->st_uid != 0 && st->st_uid != me)
		return problem_set(p, -EPERM,
				   "%s holds a secret and belongs to user %" PRIuMAX
				   "; run: chown %" PRIuMAX " %s",
				   path, (uintmax_t)st->st_uid, (uintmax_t)me, path);
	return 0;
}

/* Which files will do. */
enum demand { ANY, NO_PIPE, PRIVATE };

static int check_readable(const struct stat *st, enum demand d, const char *path,
			  struct problem *p)
{
	if (S_ISDIR(st->st_mode))
		return problem_set(p, d == PRIVATE ? -EPERM : -EISDIR,
				   "%s is a directory; name a file", path);
	if (d == NO_PIPE && S_ISFIFO(st->st_mode))
		return problem_set(p, -EPERM, "%s is a pipe; name a file", path);
	return d == PRIVATE ? check_private(st, path, p) : 0;
}

/* One byte beyond the maximum tells a full buffer from a file that goes on. */
static int read_end(int fd, const char *path, struct problem *p)
{
	char more;
	ssize_t got;

	do
		got = read(fd, &more, 1);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(p, "read", path);
	return got == 0 ? 0 : -ERR_TOO_LARGE;
}

static int read_all(int fd, const char *path, struct buf *b, struct problem *p)
{
	for (;;) {
		size_t room = b->cap - b->n;
		ssize_t got;
		int r;

		if (b->n == b->max)
			return read_end(fd, path, p);
		if (room == 0) {
			r = buf_reserve(b, 1);
			if (r < 0)
				return r;
			continue;
		}
		got = read(fd, b->p + b->n, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(p, "read", path);
		if (got == 0)
			return 0;
		b->n += (size_t)got;
	}
}

/* The size as announced is asked for at once: growing would leave copies of a
 * secret behind in the heap. */
static int reserve_for(const struct stat *st, struct buf *b)
{
	uintmax_t size =
		S_ISREG(st->st_mode) && st->st_size > 0 ? (uintmax_t)st->st_size : 0;
	uintmax_t want = size > 0 ? size + 1 : READ_LEAST; /* + 1 to see the end */

	if (size > b->max)
		return -ERR_TOO_LARGE;
	return buf_reserve(b, want < b->max ? (size_t)want : b->max);
}

static int read_as(enum demand d, const char *path, struct buf *b, struct problem *p)
{
	/* A pipe that is to be refused must not be waited for. */
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (d != ANY ? O_NONBLOCK : 0);
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	buf_clear(b);
	fd = open(path, flags);
	if (fd < 0)
		return fail(p, "open", path);
	if (fstat(fd, &st) < 0)
		return fail(p, "examine", path);
	r = check_readable(&st, d, path, p);
	if (r < 0)
		return r;
	r = reserve_for(&st, b);
	if (r == 0)
		r = read_all(fd, path, b, p);
	if (r == 0)
		return 0;
	if (d != ANY)
		buf_wipe(b);
	buf_clear(b);
	if (r == -ERR_TOO_LARGE)
		return problem_set(p, r, "%s is larger than the %zu bytes allowed", path,
				   b->max);
	return problem_set(p, r, "cannot read %s: %s", path, errcode_text(r));
}

int fileio_read(const char *path, bool private, struct buf *b, struct problem *p)
{
	return read_as(private ? PRIVATE : ANY, path, b, p);
}

int fileio_read_no_pipe(const char *path, struct buf *b, struct problem *p)
{
	return read_as(NO_PIPE, path, b, p);
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, data, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		data += put;
		n -= (size_t)put;
	}
	return 0;
}

/* All that can fail before the name is touched. */
static int fill(int fd, const void *data, size_t n, mode_t mode)
{
	int r;

	if (fchmod(fd, mode) < 0) /* the umask has no say */
		return -errno;
	r = write_all(fd, data, n);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

static int temp_name(const char *base, char out[NAME_MAX + 1])
{
	uint8_t chance[8];
	char hex[sizeof(chance) * 2];
	int r;

	r = crypto_random(chance, sizeof(chance));
	if (r < 0)
		return r;
	crypto_hex(chance, sizeof(chance), hex);
	(void)snprintf(out, NAME_MAX + 1, ".%.200s.%.*s.tmp", base, (int)sizeof(hex),
		       hex);
	return 0;
}

static int publish_in(int dir, const char *base, const void *data, size_t n, mode_t mode)
{
	char temp[NAME_MAX + 1];
	int fd, r;

	r = temp_name(base, temp);
	if (r < 0)
		return r;
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	r = fill(fd, data, n, mode);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(dir, temp, dir, base) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir, temp, 0); /* the cause is reported already */
		return r;
	}
	return fsync(dir) < 0 ? -errno : 0;
}

/* The directory part of path, opened; *base points at the rest. */
static int open_parent(const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	size_t n;
	int fd;

	*base = slash ? slash + 1 : path;
	if (**base == '\0')
		return -EISDIR;
	n = slash ? (size_t)(slash - path) : 0;
	if (n >= sizeof(dir) || strlen(*base) > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(dir, path, n);
	dir[n] = '\0';
	fd = open(n > 0 ? dir : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int fileio_publish(const char *path, const void *data, size_t n, mode_t mode,
		   struct problem *p)
{
	_cleanup_close_ int dir = -1;
	const char *base;
	int r;

	dir = open_parent(path, &base);
	r = dir < 0 ? dir : publish_in(dir, base, data, n, mode);
	if (r < 0)
		return problem_set(p, r, "cannot write %s: %s", path, errcode_text(r));
	return 0;
}

static int make_one(const char *dir, mode_t mode)
{
	struct stat st;

	if (stat(dir, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	if (errno != ENOENT)
		return -errno;
	if (mkdir(dir, mode) == 0)
		return chmod(dir, mode) < 0 ? -errno : 0; /* the umask has no say */
	/* Somebody else was faster: fine, if that is a directory. */
	if (errno == EEXIST && stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return -errno;
}

int fileio_mkdirs(const char *path, mode_t mode, struct problem *p)
{
	char dir[PATH_MAX];
	size_t n = strlen(path);
	int r;

	if (n == 0 || n >= sizeof(dir)) {
		r = n == 0 ? -ENOENT : -ENAMETOOLONG;
		return problem_set(p, r, "cannot make the directory \"%s\": %s", path,
				   errcode_text(r));
	}
	memcpy(dir, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (dir[i] != '/' && dir[i] != '\0')
			continue;
		dir[i] = '\0';
		r = make_one(dir, mode);
		if (r < 0)
			return problem_set(p, r, "cannot make the directory %s: %s", dir,
					   errcode_text(r));
		if (i < n)
			dir[i] = '/';
	}
	return 0;
}
