/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop - what people may change in a drop folder: names, folders, attributes
 *
 * Layer    fs
 * Threads  any
 */
#pragma once

#include "fs/dropfile.h"
#include "fs/tree.h"

/* A new file, opened for writing unless h is NULL (mknod). Adds a kernel
 * reference. -EPERM outside drop folders, -EEXIST. */
MUST_CHECK int drop_create(struct tree *t, uint64_t parent, const char *name, mode_t mode,
			   const struct access_who *who, const struct dropfile_open *o,
			   struct dropfile_handle *h, struct tree_attr *out);
/* -EACCES for a finished file, whoever asks. */
MUST_CHECK int drop_open_read(struct tree *t, uint64_t ino, const struct access_who *who);
MUST_CHECK int drop_open_write(struct tree *t, uint64_t ino, const struct access_who *who,
			       const struct dropfile_open *o, struct dropfile_handle *h);
void drop_release(struct tree *t, struct dropfile_handle *h);

MUST_CHECK int drop_mkdir(struct tree *t, uint64_t parent, const char *name, mode_t mode,
			  const struct access_who *who, struct tree_attr *out);
MUST_CHECK int drop_unlink(struct tree *t, uint64_t parent, const char *name,
			   const struct access_who *who);
MUST_CHECK int drop_rmdir(struct tree *t, uint64_t parent, const char *name,
			  const struct access_who *who);
MUST_CHECK int drop_rename(struct tree *t, uint64_t from, const char *name, uint64_t to,
			   const char *new_name, bool no_replace,
			   const struct access_who *who);

struct drop_change {
	bool mode_set, mtime_set, owner_set, size_set;
	mode_t mode;
	int64_t mtime_ns;
	uint64_t size;
	struct dropfile_handle *h; /* the handle it came through, or NULL */
};
MUST_CHECK int drop_setattr(struct tree *t, uint64_t ino, const struct drop_change *c,
			    const struct access_who *who, struct tree_attr *out);
