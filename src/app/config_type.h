/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_type - what a key of the table takes: parse it, or say it to people
 *
 * Layer    app (pure)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/config_keys.h"
#include "base/errcode.h"

bool config_type_is_integer(const struct config_key *k);
bool config_type_is_text(const struct config_key *k);

/* The value of an integer type, within the key's range. -EINVAL or -ERANGE;
 * -ENOTSUP for a choice that this version lacks. */
MUST_CHECK int config_type_integer(const struct config_key *k, const char *value,
				   int64_t *out);
/* For the text types: is it one? */
bool config_type_text_ok(const struct config_key *k, const char *value);
/* Says it the same as the default? */
bool config_type_is_preset(const struct config_key *k, const char *value);

#define CONFIG_TYPE_TEXT 256
/* "size 5M..512M", "gzip|none": for the manual and the help. */
const char *config_type_show(const struct config_key *k, char out[CONFIG_TYPE_TEXT]);
/* "a size from 5M to 512M (...)": for messages, without what is for later. */
const char *config_type_allowed(const struct config_key *k, char out[CONFIG_TYPE_TEXT]);
/* The default for people: "16M", or "(the region's)". */
const char *config_type_show_preset(const struct config_key *k,
				    char out[CONFIG_TYPE_TEXT]);
