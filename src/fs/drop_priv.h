/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop_priv - what drop.c and drop_rename.c share. All with the tree's lock.
 *
 * Layer    fs
 */
#pragma once

#include "fs/drop.h"

#define DROP_NAME_BYTES 255

/* A folder in which who may make and remove names. */
MUST_CHECK int drop_writable_dir(struct tree *t, uint64_t ino,
				 const struct access_who *who, struct node **out);
/* Names that upload/ keeps for its strategy folders, shown or not. */
bool drop_strategy_name(const struct node *dir, const char *name);
