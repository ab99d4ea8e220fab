/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_hash - the pipeline with no network: CSV in, the bytes to be staged out
 *
 * Layer    app
 */
#pragma once

#include "app/cli.h"

extern const struct cli_verb cmd_hash_verb;
