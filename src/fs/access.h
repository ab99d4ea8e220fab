/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access - may this user do that, as the kernel would decide it; pure
 *
 * The kernel does not check for us (no default_permissions): a file that is
 * still being received can be opened for reading whatever its mode says, and a
 * finished one by nobody, not even root.
 *
 * Layer    fs
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ACCESS_GROUPS 256

struct access_who {
	uid_t uid;
	gid_t gid;
	size_t n_groups;
	gid_t groups[ACCESS_GROUPS]; /* supplementary */
};

/* want: R_OK, W_OK and X_OK joined. */
bool access_ok(const struct access_who *who, mode_t mode, uid_t uid, gid_t gid, int want);

/* Attribute changes: the owner and root. */
bool access_owner(const struct access_who *who, uid_t uid);
