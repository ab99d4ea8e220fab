/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount - daemonise, prepare, start, signals, stop
 *
 * Layer    app (with fs/fsops.c the only user of libfuse)
 */
#pragma once

#include <stdbool.h>

#include "app/config.h"
#include "app/options.h"

struct mount_opts {
	struct config *config; /* lent */
	const char *point;     /* absolute, checked */
	const struct options_mount *mount;
	bool foreground, debug, single;
};

/* Gives an exit code. In the background: as soon as the mount answers, or has
 * failed with a sentence on standard error; the mount itself lives in a child,
 * in which this returns at the mount's end. */
int mount_run(const struct mount_opts *o);
