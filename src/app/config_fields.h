/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_fields - the fields of a settings struct, reached through the table
 *
 * base is always the struct that the enum config_into names. A struct is zeroed
 * before config_fields_init() and may be given to config_fields_fini() at any
 * time after that.
 *
 * Layer    app
 */
#pragma once

#include <stdint.h>

#include "app/config_keys.h"
#include "base/errcode.h"
#include "job/settings.h"

/* Every key's default. */
MUST_CHECK int config_fields_init(enum config_into into, void *base);
/* The default of one key; of text keys: "". Of rules: none at all. */
MUST_CHECK int config_fields_unset(const struct config_key *k, void *base);
/* The value must be one (config_type); -EINVAL, -ERANGE or -ENOTSUP if not. For
 * integers, texts and shares. */
MUST_CHECK int config_fields_put(const struct config_key *k, void *base,
				 const char *value);
/* A deep copy into a zeroed struct; what is not in the table is not copied, nor are
 * rules, which nothing inherits. */
MUST_CHECK int config_fields_copy(enum config_into into, void *to, const void *from);
/* Frees text and wipes secrets. */
void config_fields_fini(enum config_into into, void *base);

/* Lent; the field must be of that kind. */
struct settings_rules *config_fields_rules(const struct config_key *k, void *base);
char **config_fields_text(const struct config_key *k, void *base);
struct secret *config_fields_secret(const struct config_key *k, void *base);
struct url *config_fields_url(const struct config_key *k, void *base);

/* Replaces *field by a copy of s. */
MUST_CHECK int config_fields_set_text(char **field, const char *s);
