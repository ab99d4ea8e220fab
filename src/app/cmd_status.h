/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_status - the jobs of a mount as a table or as JSON
 *
 * Layer    app
 */
#pragma once

#include "app/cli.h"

extern const struct cli_verb cmd_status_verb;
