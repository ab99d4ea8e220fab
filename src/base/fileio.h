/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fileio - small files, read whole or published whole
 *
 * Layer    base
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/problem.h"

/* Reads path into b (bounded by b->max) in place of what b held; b is empty
 * after a failure. With private set, refuses with -EPERM a file that is no
 * regular file, or that group or others may use (mode & 077), or that is owned
 * by neither root nor us; symbolic links are followed, their target is judged.
 * The problem names the path and the remedy. */
MUST_CHECK int fileio_read(const char *path, bool private, struct buf *b,
			   struct problem *p);

/* Whoever the file belongs to and may use it; but a pipe is refused with -EPERM, as
 * its writer may never come, and a device that has nothing is not waited for. */
MUST_CHECK int fileio_read_no_pipe(const char *path, struct buf *b, struct problem *p);

/* Writes a temporary neighbour, fsyncs it, renames it over path, fsyncs the
 * directory. Old content or new content, never half. The file gets exactly mode,
 * whatever the umask; a symbolic link is replaced, not followed. */
MUST_CHECK int fileio_publish(const char *path, const void *data, size_t n, mode_t mode,
			      struct problem *p);

/* Makes path and its missing parents; a new one gets exactly mode. */
MUST_CHECK int fileio_mkdirs(const char *path, mode_t mode, struct problem *p);
