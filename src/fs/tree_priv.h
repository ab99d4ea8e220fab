/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_priv - what the three parts of tree share: tree.c (what exists, lookups,
 * attributes), tree_show.c (listings and texts), tree_load.c (life, the store's
 * lines)
 *
 * Layer    fs
 */
#pragma once

#include "fs/tree.h"

/* What has a fixed name below each kind of folder. */
struct tree_fixed {
	enum node_kind parent, kind;
	const char *name;
};
#define TREE_FIXED 11
extern const struct tree_fixed tree_fixed[TREE_FIXED];

bool tree_is_dir(enum node_kind k);
/* AMC's definition can be used: the data set can be written. */
bool tree_usable(const struct catalog_dataset *ds);
bool tree_strategy_folder(const char *name, bool fact);

/* Does AMC, or this program, have something of that name? With the lock. */
bool tree_exists(struct tree *t, struct node *parent, const char *name,
		 enum node_kind *kind);

/* A node that stays while the caller uses it: found with the lock, used without. */
struct node *tree_pin(struct tree *t, uint64_t ino);
void tree_unpin(struct tree *t, struct node *n);

/* The text of a read-only file. Without the lock: n is pinned, and the names of
 * AMC's things never change. */
MUST_CHECK int tree_text_of(struct tree *t, struct node *n, uid_t uid, struct buf *out);
