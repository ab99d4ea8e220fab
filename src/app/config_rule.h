/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_rule - map.COLUMN and const.COLUMN: which column gets what
 *
 * Layer    app
 */
#pragma once

#include "app/config_raw.h"

/* The data set's column, a part of e->name. */
const char *config_rule_column(const struct config_entry *e);

/* For a value that is not empty. What -o says takes the place of what the file
 * says about the column. */
MUST_CHECK int config_rule_put(struct config_at at, const struct config_entry *e,
			       struct settings_dataset *ds, struct problem *p);
/* For an empty one: no rule for the column. */
void config_rule_drop(const struct config_entry *e, struct settings_dataset *ds);
