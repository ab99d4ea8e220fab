/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_fields - the fields of a settings struct, reached through the table
 *
 * Everything that is done to each field (default, store, inherit, release) goes
 * over the table's rows, so a new key cannot be forgotten in one of the four.
 * The price is storing through offsets; it is paid in this file only.
 */
#include "app/config_fields.h"

#include <stdlib.h>
#include <string.h>

#include "app/config_type.h"
#include "app/config_value.h"
#include "base/secret.h"
#include "base/url.h"
#include "job/constant.h"
#include "job/settings.h"

static void *field(const struct config_key *k, void *base)
{
	return (char *)base + k->offset;
}

char **config_fields_text(const struct config_key *k, void *base)
{
	return field(k, base);
}

struct settings_rules *config_fields_rules(const struct config_key *k, void *base)
{
	return field(k, base);
}

struct secret *config_fields_secret(const struct config_key *k, void *base)
{
	return field(k, base);
}

struct url *config_fields_url(const struct config_key *k, void *base)
{
	return field(k, base);
}

int config_fields_set_text(char **to, const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

/* The table's ranges fit the fields; a uid of -1 means that none is set. */
static void set_integer(const struct config_key *k, void *base, int64_t v)
{
	void *at = field(k, base);
	uint32_t v32 = (uint32_t)v;
	uint8_t v8 = (uint8_t)v;

	if (k->size == sizeof(v))
		memcpy(at, &v, sizeof(v));
	else if (k->size == sizeof(v32))
		memcpy(at, &v32, sizeof(v32));
	else if (k->size == sizeof(v8))
		memcpy(at, &v8, sizeof(v8));
	else
		abort(); /* a row of the table is wrong */
}

int config_fields_put(const struct config_key *k, void *base, const char *value)
{
	struct settings_upload *up = base;
	int64_t v;
	int r;

	if (config_type_is_text(k))
		return config_fields_set_text(config_fields_text(k, base), value);
	if (k->type == CONFIG_SHARE)
		return config_value_share(value, &up->max_skipped_share,
					  &up->max_skipped_rows);
	if (!config_type_is_integer(k))
		return -EINVAL;
	r = config_type_integer(k, value, &v);
	if (r == 0)
		set_integer(k, base, v);
	return r;
}

static bool is_rules(const struct config_key *k)
{
	return k->type == CONFIG_MAP || k->type == CONFIG_CONST;
}

int config_fields_unset(const struct config_key *k, void *base)
{
	if (k->into == CONFIG_INTO_NOTHING)
		return 0;
	if (k->type == CONFIG_URL) {
		*config_fields_url(k, base) = (struct url){0};
		return 0;
	}
	if (k->type == CONFIG_SECRET) {
		secret_fini(config_fields_secret(k, base));
		return 0;
	}
	if (is_rules(k)) {
		constant_fini(config_fields_rules(k, base));
		return 0;
	}
	if (config_type_is_integer(k) && k->preset[0] == '\0') {
		set_integer(k, base, -1);
		return 0;
	}
	if (config_type_is_text(k) && (k->flags & CONFIG_NEVER_EMPTY) == 0)
		return config_fields_set_text(config_fields_text(k, base), "");
	return config_fields_put(k, base, k->preset);
}

int config_fields_init(enum config_into into, void *base)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < config_keys_n; i++) {
		const struct config_key *k = &config_keys_table[i];

		if (k->into != into)
			continue;
		if (config_type_is_text(k))
			r = config_fields_set_text(config_fields_text(k, base),
						   k->preset);
		else
			r = config_fields_unset(k, base);
	}
	return r;
}

static int copy_field(const struct config_key *k, void *to, const void *from)
{
	const void *src = (const char *)from + k->offset;

	if (config_type_is_text(k))
		return config_fields_set_text(config_fields_text(k, to),
					      *(char *const *)src);
	if (k->type == CONFIG_SECRET)
		return secret_copy(config_fields_secret(k, to), src);
	if (is_rules(k))
		return 0;
	memcpy(field(k, to), src, k->size);
	if (k->type == CONFIG_SHARE)
		((struct settings_upload *)to)->max_skipped_rows =
			((const struct settings_upload *)from)->max_skipped_rows;
	return 0;
}

int config_fields_copy(enum config_into into, void *to, const void *from)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < config_keys_n; i++) {
		if (config_keys_table[i].into == into)
			r = copy_field(&config_keys_table[i], to, from);
	}
	return r;
}

void config_fields_fini(enum config_into into, void *base)
{
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys_table[i];

		if (k->into != into)
			continue;
		if (config_type_is_text(k)) {
			free(*config_fields_text(k, base));
			*config_fields_text(k, base) = NULL;
		}
		if (k->type == CONFIG_SECRET)
			secret_fini(config_fields_secret(k, base));
		if (is_rules(k))
			constant_fini(config_fields_rules(k, base));
	}
}
