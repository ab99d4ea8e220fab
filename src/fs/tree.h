/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - the names of the mount and what stands behind each; no FUSE type
 *
 * Here is everything that only reads: lookup, attributes, listings, texts.
 * Changing drop folders is fs/drop, receiving a file fs/dropfile.
 *
 * Layer    fs
 * Threads  any. lock guards nodes and is never held across a wait for the
 *          network or a writer; a dropfile's own lock is taken before it.
 * Errors   negative errno or ERR_*; fsops maps
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "fs/access.h"
#include "fs/node.h"
#include "job/engine.h"

/* Open write handles: each may keep a thread waiting for S3 or AMC, so that there
 * must be more threads than these; further opens are told -ENFILE. */
#define TREE_WRITERS_MAX 448

struct tree {
	struct engine *engine;
	char *mountpoint;
	int64_t born_ns; /* mtime of what has none */
	atomic_bool stopping;
	atomic_int writers; /* open write handles */

	pthread_mutex_t lock;
	struct node_table *nodes; /* guarded */
};

struct tree_opts {
	struct engine *engine;
	const char *mountpoint; /* absolute */
};

/* Loads the listings from the store. */
MUST_CHECK int tree_new(struct tree **out, const struct tree_opts *o, struct problem *p);

/* Orderly stop: no new writers from now on; waits at most wait_ms for the open
 * ones to close. Returns how many are left. */
int tree_drain(struct tree *t, int64_t wait_ms);
/* Now and then: what is older than retain_days goes, from the store and from the
 * listings. */
void tree_tidy(struct tree *t);

/* After the last request: ends the files whose release was lost with the mount. */
void tree_unmounted(struct tree *t);
/* Files still open stay on disk as a crash would leave them. */
void tree_free(struct tree *t);

struct tree_attr {
	uint64_t ino;
	mode_t mode; /* with type */
	uid_t uid;
	gid_t gid;
	uint64_t size;
	int64_t mtime_ns;
};

/* Adds one to the node's kernel references on success. */
MUST_CHECK int tree_lookup(struct tree *t, uint64_t parent, const char *name,
			   const struct access_who *who, struct tree_attr *out);
void tree_forget(struct tree *t, uint64_t ino, uint64_t n);
MUST_CHECK int tree_getattr(struct tree *t, uint64_t ino, struct tree_attr *out);
MUST_CHECK int tree_access(struct tree *t, uint64_t ino, const struct access_who *who,
			   int want);

/* A listing as it is now: n names, each with its type, NUL-terminated in text. */
struct tree_list {
	struct buf text; /* type character ('d' or 'f') and name and NUL, each */
	size_t n;
};
MUST_CHECK int tree_list(struct tree *t, uint64_t ino, const struct access_who *who,
			 struct tree_list *out);

/* The content of a read-only file. -EISDIR, -EACCES. */
MUST_CHECK int tree_text(struct tree *t, uint64_t ino, const struct access_who *who,
			 struct buf *out);

/* --- for fs/drop and fs/dropfile; the lock must be held ------------------ */

void tree_attr_of(struct tree *t, const struct node *n, struct tree_attr *out);
/* mode and owner of a node, for access_ok(). */
bool tree_may(struct tree *t, const struct node *n, const struct access_who *who,
	      int want);
/* Instance, data set and folder of a node in a drop folder; folder is cleared
 * first: "<instance>/<dataset>/upload[/STRATEGY]". */
const char *tree_instance(struct node *n);
const char *tree_dataset(struct node *n);
MUST_CHECK int tree_folder(struct node *n, struct buf *out);
/* Frees a node that nobody needs any more. */
void tree_reap(struct tree *t, struct node *n);

/* A node's line for the store; strings live in the struct's own buffers. */
struct tree_entry {
	struct store_entry e;
	struct buf folder, path;
	char job[ULID_CHARS + 1];
};
MUST_CHECK int tree_entry(struct tree *t, struct node *n, struct tree_entry *out);
void tree_entry_fini(struct tree_entry *e);
