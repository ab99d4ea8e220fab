/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_check - what only the whole of the configuration can tell
 *
 * Layer    app
 */
#pragma once

#include "app/config_raw.h"

/* Fills in what depends on more than one key or on the environment (endpoints
 * of the region, AWS keys, state_dir, owner), then refuses what is missing. */
MUST_CHECK int config_check(struct config *c, const struct config_raw *r,
			    struct problem *p);
