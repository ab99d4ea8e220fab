/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_rows - the keys about rows that need each other, or a file of the system
 *
 * Layer    app
 */
#pragma once

#include "app/config_raw.h"

/* header and columns fit together, in every section after merging; every time zone
 * is loaded. */
MUST_CHECK int config_rows_check(struct config *c, const struct config_raw *r,
				 struct problem *p);
