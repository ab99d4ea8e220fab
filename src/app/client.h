/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client - what status and wait share: whose path is this, and what does its
 * status.json say
 *
 * Layer    app
 */
#pragma once

#include <stdbool.h>

#include "base/errcode.h"
#include "base/problem.h"
#include "net/json.h"

/* Where a path lies in a mount's tree. Strings are never NULL once found; ""
 * where the path is not that deep. */
struct client_place {
	char *path;	       /* as the user named it */
	char *status;	       /* the status.json that tells of it */
	char *instance;	       /* of "instances/<instance>/…" */
	char *dataset;	       /* of "…/datasets/<dataset>/…" */
	const char *operation; /* "upload", "delete", "audience", or "" */
	char *strategy;	       /* "" in the default drop folder */
	char *file;	       /* path below the drop folder */
};
void client_place_fini(struct client_place *pl); /* zeroed is fine */

/* path need not exist, only the mount. -ERR_NOT_FOUND when it is in no amcfs
 * mount. */
MUST_CHECK int client_find(const char *path, struct client_place *out, struct problem *p);

/* The pure half: inner is the path below the mount ("" = the root), mount the
 * path of the mount. */
MUST_CHECK int client_parse(const char *mount, const char *inner,
			    struct client_place *out);

/* The {"jobs": […]} of place; given. */
MUST_CHECK int client_jobs(const struct client_place *pl, struct json **out,
			   struct problem *p);

/* Is this record about the place: its file, or anything in the folder? */
bool client_matches(const struct client_place *pl, const struct json *record);
