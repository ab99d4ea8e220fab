/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_dir - the folder that holds the database
 *
 * It is 0700 and so are its files to others: the listings in it say which files
 * people brought. The lock is flock(2) on a file of its own, because it survives
 * the fork into the background, ends with the last process that has it however
 * that process ends, and leaves nothing stale behind.
 */
#include "job/store_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/timefmt.h"

#define LOCK_NAME    "lock"
#define LOCK_POLL_MS 20

static int os_problem(struct problem *p, int err, const char *what, const char *path)
{
	return problem_set(p, -err, "state_dir %s: %s: %s", path, what, strerror(err));
}

/* Root may use a folder of its own only, like everybody: a folder that belongs
 * to somebody else could be exchanged under us. */
static int make_private(struct store_dir *d, struct problem *p)
{
	struct stat st;

	if (fstat(d->fd, &st) < 0)
		return os_problem(p, errno, "cannot be examined", d->path);
	if (st.st_uid != geteuid())
		return problem_set(
			p, -EPERM,
			"state_dir %s belongs to user %u and amcfs runs as user "
			"%u; change its owner or set another state_dir",
			d->path, (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & 07777) == 0700)
		return 0;
	if (fchmod(d->fd, 0700) < 0)
		return os_problem(p, errno, "cannot be made private", d->path);
	log_info("job", "state_dir=%s mode=%o made 0700", d->path,
		 (unsigned)st.st_mode & 07777);
	return 0;
}

static long holder_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

static int take_lock(struct store_dir *d, int64_t wait_ms, struct problem *p)
{
	int64_t until = clock_mono_ms(&clock_real) + wait_ms;
	const struct timespec nap = {.tv_nsec = LOCK_POLL_MS * 1000000L};

	d->lock_fd =
		openat(d->fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->lock_fd < 0)
		return os_problem(p, errno, "its lock file cannot be opened", d->path);
	while (flock(d->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return os_problem(p, errno, "cannot be locked", d->path);
		if (clock_mono_ms(&clock_real) >= until)
			return problem_set(p, -EBUSY,
					   "state_dir %s is in use by process %ld; stop "
					   "that amcfs or set another state_dir",
					   d->path, holder_pid(d->lock_fd));
		(void)nanosleep(&nap, NULL); /* woken early: asks earlier */
	}
	store_dir_sign(d);
	return 0;
}

void store_dir_sign(struct store_dir *d)
{
	char text[32];
	int n;

	if (d->holder == getpid())
		return;
	d->holder = getpid();
	n = snprintf(text, sizeof(text), "%ld\n", (long)d->holder);
	/* for people only: the lock holds without it */
	if (ftruncate(d->lock_fd, 0) < 0 || pwrite(d->lock_fd, text, (size_t)n, 0) != n)
		log_warn("job", "state_dir=%s the pid cannot be written to its lock file",
			 d->path);
}

int store_dir_open(struct store_dir *d, const char *path, int64_t lock_wait_ms,
		   struct problem *p)
{
	int r = fileio_mkdirs(path, 0700, p);

	*d = (struct store_dir){.fd = -1, .lock_fd = -1};
	if (r < 0)
		return r;
	d->path = realpath(path, NULL);
	if (!d->path)
		return os_problem(p, errno, "cannot be found", path);
	d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0)
		r = os_problem(p, errno, "cannot be opened", path);
	if (r == 0)
		r = make_private(d, p);
	if (r == 0)
		r = take_lock(d, lock_wait_ms, p);
	if (r < 0)
		store_dir_close(d);
	return r;
}

void store_dir_close(struct store_dir *d)
{
	scope_close(&d->lock_fd); /* closed, not unlocked: see the header */
	scope_close(&d->fd);
	free(d->path);
	*d = (struct store_dir){.fd = -1, .lock_fd = -1};
}

int store_dir_file(struct store_dir *d, const char *name, struct problem *p)
{
	_cleanup_close_ int fd =
		openat(d->fd, name,
		       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return os_problem(p, errno, "its database cannot be opened", d->path);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return problem_set(p, -EPERM,
				   "%s/%s is not a file of the user that amcfs runs as; "
				   "move it away",
				   d->path, name);
	if ((st.st_mode & 07777) != 0600 && fchmod(fd, 0600) < 0)
		return os_problem(p, errno, "its database cannot be made private",
				  d->path);
	/* the name must outlive a power cut as what is written in it will */
	if (fsync(fd) < 0 || fsync(d->fd) < 0)
		return os_problem(p, errno, "cannot be synced", d->path);
	return 0;
}

static int free_name(struct store_dir *d, const char *name, char to[96])
{
	char stamp[TIMEFMT_BASIC];
	struct stat st;

	(void)timefmt_basic(clock_wall_ms(&clock_real) / 1000, stamp);
	for (int i = 0; i < 100; i++) {
		int n = i == 0 ? snprintf(to, 96, "%s.damaged-%s", name, stamp)
			       : snprintf(to, 96, "%s.damaged-%s.%d", name, stamp, i);

		if (n < 0 || n >= 96 - 4)
			return -ENAMETOOLONG;
		if (fstatat(d->fd, to, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
			return 0;
	}
	return -EEXIST;
}

int store_dir_set_aside(struct store_dir *d, const char *name, char to[96],
			struct problem *p)
{
	static const char *const tails[] = {"-wal", "-shm", ""};
	int r = free_name(d, name, to);

	if (r < 0)
		return os_problem(p, -r, "no name for the damaged database", d->path);
	/* the database last: a crash in between finds it again */
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		char from_name[128], to_name[128];

		(void)snprintf(from_name, sizeof(from_name), "%s%s", name, tails[i]);
		(void)snprintf(to_name, sizeof(to_name), "%s%s", to, tails[i]);
		if (renameat(d->fd, from_name, d->fd, to_name) < 0 && errno != ENOENT)
			return os_problem(p, errno,
					  "the damaged database cannot be moved aside",
					  d->path);
	}
	if (fsync(d->fd) < 0)
		return os_problem(p, errno, "cannot be synced", d->path);
	return 0;
}
