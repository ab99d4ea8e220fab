/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_wait - until the jobs of files written in a mount have ended
 *
 * Layer    app
 */
#pragma once

#include "app/cli.h"

extern const struct cli_verb cmd_wait_verb;
