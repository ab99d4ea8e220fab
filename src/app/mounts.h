/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts - which mount a path belongs to, out of /proc/self/mountinfo
 *
 * Layer    app (all but mounts_read() is pure)
 */
#pragma once

#include "base/buf.h"
#include "base/problem.h"
#include "base/slice.h"

#define MOUNTS_TYPE "fuse.amcfs"

struct mounts_entry {
	char *point;	 /* absolute, unescaped; "/" for the root */
	char *root;	 /* the folder of the file system that is shown there */
	char *type;	 /* "fuse.amcfs" */
	char device[24]; /* "major:minor" */
};
void mounts_entry_fini(struct mounts_entry *e); /* zeroed is fine */

MUST_CHECK int mounts_read(struct buf *out, struct problem *p);

/* The mount that shows path (absolute, no links in it). Given; -ERR_NOT_FOUND
 * when none does. */
MUST_CHECK int mounts_of(struct slice text, const char *path, struct mounts_entry *out);

/* The topmost mount exactly at path. -ERR_NOT_FOUND. */
MUST_CHECK int mounts_at(struct slice text, const char *path, struct mounts_entry *out);

/* A place where the whole file system of that device is shown, and is not
 * covered by another mount at the same point. -ERR_NOT_FOUND. */
MUST_CHECK int mounts_whole(struct slice text, const char *device,
			    struct mounts_entry *out);
