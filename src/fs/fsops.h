/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsops - the FUSE callbacks: find the node, call one function, map the error
 *
 * Layer    fs (with app/mount.c the only user of libfuse)
 */
#pragma once

#include "fs/tree.h"

struct fuse_lowlevel_ops;

/* For fuse_session_new(); userdata is a struct tree. */
const struct fuse_lowlevel_ops *fsops_table(void);
