/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_mount - mount CONFIG on MOUNTPOINT
 *
 * Layer    app
 */
#pragma once

#include "app/cli.h"

extern const struct cli_verb cmd_mount_verb;
extern const struct cli_verb cmd_mount_helper_verb; /* called as mount.amcfs */
