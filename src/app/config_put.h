/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_put - one line of the file into its field, or a sentence why not
 *
 * base is the struct that e->key->into names.
 *
 * Layer    app
 */
#pragma once

#include "app/config_raw.h"

/* For a value that is not empty. */
MUST_CHECK int config_put(struct config_at at, const struct config_entry *e, void *base,
			  struct problem *p);
/* For an empty one. */
MUST_CHECK int config_put_unset(const struct config_section *s,
				const struct config_entry *e, void *base);
