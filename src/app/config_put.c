/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_put - one line of the file into its field, or a sentence why not
 *
 * What a value is checked for is in config_type and config_value; here is what
 * needs more than the value: the variants of secrets, the rule about plain http,
 * paths that are relative to the file, and what this version lacks.
 */
#include "app/config_put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config_fields.h"
#include "app/config_rule.h"
#include "app/config_secret.h"
#include "app/config_type.h"
#include "app/config_value.h"
#include "base/scope.h"
#include "base/secret.h"

static int refuse_later(struct config_at at, const struct config_entry *e,
			struct problem *p)
{
	char show[CONFIG_TYPE_TEXT];

	if (e->key->preset[0] == '\0')
		return config_at_fail(at, p,
				      "not available in this version of amcfs; "
				      "remove it");
	return config_at_fail(at, p,
			      "not available in this version of amcfs; remove it or set "
			      "it to %s",
			      config_type_show_preset(e->key, show));
}

/* A secret pasted under the wrong key must not reach a log, so the value is
 * repeated only where the type leaves no room for one. */
static int refuse_value(struct config_at at, const struct config_entry *e, int err,
			struct problem *p)
{
	char allowed[CONFIG_TYPE_TEXT];

	(void)config_type_allowed(e->key, allowed);
	if (err == -ENOMEM)
		return err;
	if (err == -ENOTSUP)
		return config_at_fail(at, p,
				      "\"%.40s\" is not available in this version of "
				      "amcfs; allowed: %s",
				      e->value, allowed);
	if (config_type_is_integer(e->key) || e->key->type == CONFIG_SHARE ||
	    e->key->type == CONFIG_COUNTRY)
		return config_at_fail(at, p, "\"%.40s\" cannot be; allowed: %s", e->value,
				      allowed);
	return config_at_fail(at, p, "this value cannot be; allowed: %s", allowed);
}

static int put_url(struct config_at at, const struct config_entry *e, struct url *out,
		   struct problem *p)
{
	struct problem why = {0};
	struct url u;

	if (url_parse(e->value, &u, &why) < 0)
		return config_at_fail(at, p, "%s", problem_text(&why));
	if (!u.https && !url_is_loopback(&u))
		return config_at_fail(at, p,
				      "plain http is for loopback only; use https");
	*out = u;
	return 0;
}

/* The text as the rest of the program wants it: *out is the caller's. */
static int canonical(const struct config_raw *r, const struct config_entry *e, char **out)
{
	size_t n = strlen(e->value);
	bool open = n > 0 && e->value[n - 1] != '/';
	char country[3];

	if (e->key->type == CONFIG_PATH)
		*out = config_secret_path(r, e);
	else if (e->key->type == CONFIG_COUNTRY &&
		 config_value_country(e->value, country) == 0)
		*out = strdup(country);
	else if (e->key->type == CONFIG_PREFIX &&
		 asprintf(out, "%s%s", e->value, open ? "/" : "") < 0)
		*out = NULL;
	else if (e->key->type != CONFIG_PREFIX)
		*out = strdup(e->value);
	return *out ? 0 : -ENOMEM;
}

static int put_text(struct config_at at, const struct config_entry *e, void *base,
		    struct problem *p)
{
	_cleanup_free_ char *text = NULL;
	struct problem why = {0};
	struct url u;
	int r;

	if (!config_type_text_ok(e->key, e->value))
		return refuse_value(at, e, -EINVAL, p);
	if (e->key->type == CONFIG_PROXY && url_parse(e->value, &u, &why) < 0)
		return config_at_fail(at, p, "%s", problem_text(&why));
	r = canonical(at.raw, e, &text);
	if (r < 0)
		return r;
	return config_fields_put(e->key, base, text);
}

/* KEY, KEY_file or KEY_env: text or a secret. */
static int put_variant(struct config_at at, const struct config_entry *e, void *base,
		       struct problem *p)
{
	_cleanup_(buf_wipe) struct buf b = BUF_INIT(CONFIG_SECRET_MAX + 3);
	bool absent;
	int r;

	if (at.raw->opts->rows_of)
		return 0; /* who hashes need not be allowed to read secrets */
	r = config_secret_read(at.raw, at.section, e, &b, &absent, p);
	if (r < 0 || absent)
		return r;
	if (e->key->type == CONFIG_SECRET)
		return secret_set(config_fields_secret(e->key, base), b.p, b.n);
	return config_fields_put(e->key, base, b.p);
}

/* Of KEY, KEY_file and KEY_env only one may say something. */
static int check_single(struct config_at at, const struct config_entry *e,
			struct problem *p)
{
	const struct config_section *s = at.section;

	for (const struct config_entry *o = s->entries; o < e; o++) {
		if (o->key == e->key && o->value[0] != '\0')
			return config_at_fail(
				at, p,
				"%s at line %d says it already; keep one of "
				"%s, %s_file and %s_env",
				o->name, o->line, e->key->name, e->key->name,
				e->key->name);
	}
	return 0;
}

int config_put(struct config_at at, const struct config_entry *e, void *base,
	       struct problem *p)
{
	const struct config_key *k = e->key;
	int r;

	if ((k->flags & CONFIG_LATER) != 0 && !config_type_is_preset(k, e->value))
		return refuse_later(at, e, p);
	if ((k->flags & CONFIG_VARIANTS) != 0) {
		r = check_single(at, e, p);
		return r < 0 ? r : put_variant(at, e, base, p);
	}
	if (k->type == CONFIG_MAP || k->type == CONFIG_CONST)
		return config_rule_put(at, e, base, p);
	if (k->type == CONFIG_URL)
		return put_url(at, e, config_fields_url(k, base), p);
	if (config_type_is_text(k))
		return put_text(at, e, base, p);
	r = config_fields_put(k, base, e->value);
	return r < 0 ? refuse_value(at, e, r, p) : 0;
}

int config_put_unset(const struct config_section *s, const struct config_entry *e,
		     void *base)
{
	struct settings_upload *up = base;

	if (e->key->type == CONFIG_MAP || e->key->type == CONFIG_CONST) {
		config_rule_drop(e, base);
		return 0;
	}
	/* "client_secret =" beside client_secret_file says nothing */
	if (config_raw_given(s, e->key->name))
		return 0;
	/* a data set without a country has none of an outer section either */
	if (e->key->type == CONFIG_COUNTRY && s->where == CONFIG_DATASET &&
	    config_fields_set_text(&up->default_country, "") < 0)
		return -ENOMEM;
	return config_fields_unset(e->key, base);
}
