/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node - inode numbers, names and parents; a data structure, no policy
 *
 * Numbers start at a random point for each mount, so that a number seen in a
 * process's /proc/PID/fdinfo can only be ours, and are never used twice. The
 * root is 1, as FUSE wants it.
 *
 * Layer    fs
 * Threads  the owner of the table locks
 * Memory   a node lives while it is linked, looked up by the kernel, or pinned
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct dropfile;

enum node_kind {
	NODE_ROOT,
	NODE_README,
	NODE_STATUS,
	NODE_STATUS_JSON,
	NODE_INSTANCES,
	NODE_INSTANCE,
	NODE_INSTANCE_JSON,
	NODE_DATASETS,
	NODE_DATASET,
	NODE_DEFINITION,
	NODE_DS_STATUS,
	NODE_DS_STATUS_JSON,
	NODE_JOBS,
	NODE_JOB,
	NODE_DROP,   /* upload/, upload/STRATEGY/ */
	NODE_SUBDIR, /* made by people in a drop folder */
	NODE_FILE,   /* written by people */
};

struct node {
	uint64_t ino;
	enum node_kind kind;
	char *name;
	struct node *parent;
	uint64_t nlookup;	  /* the kernel's references */
	unsigned pins;		  /* open handles and calls under way */
	bool linked;		  /* reachable by name */
	struct node *chain;	  /* same hash slot */
	struct node *same_number; /* same slot of the numbers */
	struct node *child, *sibling;

	/* NODE_SUBDIR and NODE_FILE */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	int64_t mtime_ns;
	bool stored;	       /* the store has an entry */
	bool unsaved;	       /* attributes changed since */
	unsigned changes;      /* of the attributes: tells whether a snapshot is old */
	bool renamed;	       /* got its present name by a rename */
	bool seen;	       /* by the present tidying */
	struct dropfile *file; /* NODE_FILE */
};

struct node_table;

MUST_CHECK int node_table_new(struct node_table **out);
/* free_file is called for each remaining dropfile. */
void node_table_free(struct node_table *t, void (*free_file)(struct dropfile *f));

struct node *node_root(struct node_table *t);
struct node *node_by_ino(struct node_table *t, uint64_t ino); /* NULL: no such */
struct node *node_child(struct node_table *t, const struct node *parent,
			const char *name);

/* Linked below parent; the name must be free. */
MUST_CHECK int node_add(struct node_table *t, struct node *parent, const char *name,
			enum node_kind kind, struct node **out);
/* Its name is free; the node stays until node_reap(), and pins its parent. */
void node_unlink(struct node_table *t, struct node *n);
/* The name must be free. -ENOMEM: unchanged. */
MUST_CHECK int node_move(struct node_table *t, struct node *n, struct node *parent,
			 const char *name);

/* Every node but the root, in no order. fn may unlink and
 * reap the node it is given, and no other. */
void node_each(struct node_table *t, void (*fn)(void *ctx, struct node *n), void *ctx);

/* Frees the node if nothing needs it any more, which lets go of its parent; gives
 * its dropfile (or NULL), which the caller frees. *gone tells. */
struct dropfile *node_reap(struct node_table *t, struct node *n, bool *gone);

/* The drop folder a node is in or is, or NULL. */
struct node *node_drop(struct node *n);
/* The nearest ancestor (or n itself) of a kind, or NULL. */
struct node *node_up(struct node *n, enum node_kind kind);
/* "sub/name" below its drop folder; out is cleared first. */
MUST_CHECK int node_path(const struct node *n, struct buf *out);
