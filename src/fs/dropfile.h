/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dropfile - one written file: its open handles, what is received, its job
 *
 * Layer    fs
 * Threads  any; each call takes the file's lock. A writer may hold it while S3
 *          is slow, so everything but write, flush and release waits for it two
 *          seconds at most and then says -EBUSY.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/ulid.h"
#include "fs/tree.h"

struct dropfile;

/* An open write handle. */
struct dropfile_handle {
	struct dropfile *file;
	struct node *node;   /* pinned */
	unsigned generation; /* of the file's content when it was opened */
	bool append, wrote;
	bool closed;  /* its latest flush left no descriptor */
	int err;      /* sticky */
	pid_t opener; /* process; 0 = unknown */
};

/* For a node that is being made or loaded; job "" = none. */
MUST_CHECK int dropfile_new(struct dropfile **out, struct tree *t, uint64_t size,
			    const char *job);
void dropfile_free(struct dropfile *f); /* a receiving job stays as it is on disk */

struct dropfile_open {
	bool truncate, append;
	pid_t opener;
	uid_t uid;
};
/* The node must be pinned by the caller; release takes the pin back. */
MUST_CHECK int dropfile_open(struct node *n, const struct dropfile_open *o,
			     struct dropfile_handle *h);
MUST_CHECK int dropfile_write(struct dropfile_handle *h, uint64_t off, const void *p,
			      size_t n, bool (*interrupted)(void *ctx), void *ctx);
/* A descriptor is closed; tid: the caller's thread, 0 = unknown. */
MUST_CHECK int dropfile_flush(struct dropfile_handle *h, pid_t tid);
/* fsync: durable; says nothing of the end. */
MUST_CHECK int dropfile_sync(struct dropfile_handle *h);
void dropfile_release(struct dropfile_handle *h);

/* The mount is gone. A file whose last close was seen ends here, since its
 * release may never have been delivered; any other stays as a crash leaves it. For
 * node_each(). */
void dropfile_unmounted(void *ctx, struct node *n);

/* h NULL: by path. 0, the present size, and sizes above it (announced). */
MUST_CHECK int dropfile_truncate(struct node *n, struct dropfile_handle *h,
				 uint64_t size);

/* Before the name goes: withdraws what is not yet AMC's. -EBUSY while AMC has
 * it; with replace that is fine, the listing alone changes hands. */
MUST_CHECK int dropfile_withdraw(struct dropfile *f, bool replace);
/* The name could not be removed after all: it is as a finished one. */
void dropfile_keep(struct dropfile *f);
/* Around a change of the name: in between nobody writes, flushes or ends the file. */
MUST_CHECK int dropfile_hold(struct dropfile *f);
void dropfile_let_go(struct dropfile *f);
/* Held, before the name changes: -ERR_BAD_MAPPING with a sentence when what has been
 * written says another name. */
MUST_CHECK int dropfile_may_rename(const struct node *n, const char *path,
				   struct problem *p);
/* Held, after the name has changed: path below the drop folder. */
MUST_CHECK int dropfile_renamed(struct node *n, const char *path);

/* Snapshots: never wait. */
uint64_t dropfile_size(const struct dropfile *f);
void dropfile_job(const struct dropfile *f, char id[ULID_CHARS + 1]);
/* Still being received, settling or held: an open for reading is let through. */
bool dropfile_unfinished(const struct dropfile *f);
