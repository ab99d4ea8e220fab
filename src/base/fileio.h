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

/* Reads path into b (bounded by b->max). With private set, refuses with
 * -EPERM a file that is no regular file, or that group or others may read or
 * write, or that is owned by neither root nor us. The problem names the path
 * and the remedy. */
MUST_CHECK int fileio_read(const char *path, bool private, struct buf *b,
			   struct problem *p);

/* Writes a temporary neighbour, fsyncs it, renames it over path, fsyncs the
 * directory. Old content or new content, never half. */
MUST_CHECK int fileio_publish(const char *path, const void *data, size_t n, mode_t mode,
			      struct problem *p);

/* Makes path and its missing parents; a new one gets mode. */
MUST_CHECK int fileio_mkdirs(const char *path, mode_t mode, struct problem *p);
