/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_apply - give the collected lines their meaning: defaults, values,
 * inheritance
 *
 * Layer    app
 */
#pragma once

#include "app/config_raw.h"

/* Fills a zeroed c, which config_free() copes with also after a failure. */
MUST_CHECK int config_apply(struct config *c, const struct config_raw *r,
			    struct problem *p);
