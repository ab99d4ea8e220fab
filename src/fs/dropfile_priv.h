/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dropfile_priv - what the two halves of dropfile share: dropfile.c (open, bytes,
 * size, name) and dropfile_end.c (flush, release)
 *
 * Layer    fs
 */
#pragma once

#include <pthread.h>

#include "fs/dropfile.h"
#include "job/ingest.h"

struct dropfile {
	struct tree *tree;
	pthread_mutex_t lock; /* the file's own: may be held while a write waits */

	/* under the lock */
	struct ingest *ingest; /* while somebody writes */
	unsigned writers;      /* handles of this generation */
	unsigned busy;	       /* those of them that are not closed */
	unsigned generation;
	bool gone; /* unlinked or replaced: later writes fail */
	uint64_t declared;

	atomic_uint_least64_t size; /* as listed */
	pthread_mutex_t job_lock;   /* job alone: never held for long */
	char job[ULID_CHARS + 1];
	atomic_bool unfinished;
};

/* Notes whether a handle of this generation is as good as released. Locked. */
void dropfile_set_closed(struct dropfile_handle *h, bool closed);
/* The listing's line, as it is now, into the store; a failure is logged. With the
 * tree's lock: the name must not go in between. */
void dropfile_save(struct tree *t, struct node *n);
/* Path below the drop folder, copied under the tree's lock. */
MUST_CHECK int dropfile_path_of(struct tree *t, struct node *n, struct buf *out);
/* The configuration's own patterns of temporary names. */
const char *dropfile_ignore_of(struct tree *t, struct node *n);
