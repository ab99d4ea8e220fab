/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_dir - state_dir: made, ours alone, held by one process; private to
 * store*.c
 *
 * Layer    job
 * Threads  one caller at a time
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/problem.h"

struct store_dir {
	char *path; /* absolute, without symbolic links */
	int fd;	    /* -1 = not open */
	int lock_fd;
	pid_t holder; /* whose pid stands in the lock file */
};

/* See store_open(). On failure nothing is held. */
MUST_CHECK int store_dir_open(struct store_dir *d, const char *path, int64_t lock_wait_ms,
			      struct problem *p);
/* Lets go of the lock, unless a child that was forked meanwhile holds it too. */
void store_dir_close(struct store_dir *d);

/* Writes this process into the lock file, if it is another one than before. */
void store_dir_sign(struct store_dir *d);

/* An empty file of mode 0600 unless there is one; an open one is tightened. */
MUST_CHECK int store_dir_file(struct store_dir *d, const char *name, struct problem *p);

/* name, name-wal and name-shm become name.damaged-<time> and so on. The new name
 * of the first is copied to to. */
MUST_CHECK int store_dir_set_aside(struct store_dir *d, const char *name, char to[96],
				   struct problem *p);
