/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - names and nodes of the mount; no FUSE type
 *
 * Layer    fs
 * Threads  any
 */
#pragma once

#include <stdbool.h>

#include "job/engine.h"

struct tree;

struct tree_opts {
	struct engine *engine;
	const char *mountpoint; /* absolute */
	bool read_only;
};

/* Loads the listings from the store. */
MUST_CHECK int tree_new(struct tree **out, const struct tree_opts *o, struct problem *p);

/* Orderly stop: no new opens from now on; open files are closed as a crash
 * would close them. */
void tree_stop(struct tree *t);
void tree_free(struct tree *t);
