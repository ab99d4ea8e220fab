/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_check - does the configuration hold, and does everything answer
 *
 * Layer    app
 */
#pragma once

#include "app/cli.h"

extern const struct cli_verb cmd_check_verb;
