/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog_schema - AMC's JSON of a data set -> the columns the pipeline knows
 *
 * Strict where a misreading would send a person's data in the clear: a kind of
 * identity that is not known is no reason to treat the column as plain text.
 * Lenient about everything that does not change the treatment.
 */
#include "job/catalog.h"

#include <string.h>

/* externalUserIdType holds one of these; a later version of AMC may add some. */
static int add_identity(void *ctx, const char *name, struct json *v)
{
	struct schema_column *c = ctx;

	if (!v || (json_is_string(v) && json_text(v)[0] == '\0'))
		return 0;
	if (strcmp(name, "externalIdentity") == 0 && json_is_string(v)) {
		c->external_id = true;
		return 0;
	}
	if (strcmp(name, "hashedPii") != 0 || !json_is_string(v))
		return -ERR_UNSUPPORTED_TYPE;
	return schema_pii_parse(json_text(v), &c->pii);
}

static int parse_identity(const struct json *col, struct schema_column *c,
			  struct problem *p)
{
	const struct json *type = json_get(col, "externalUserIdType");

	if (!json_has(col, "externalUserIdType"))
		return 0;
	if (json_is_object(type) && json_each(type, add_identity, c) == 0)
		return 0;
	return problem_set(
		p, -ERR_BAD_SCHEMA,
		"column \"%s\" holds a kind of identity that this version does "
		"not know; a newer amcfs may",
		c->name);
}

/* A consent that is not known is text like any other: nothing would be hashed. */
static enum schema_consent consent(const struct json *col)
{
	enum schema_consent c = SCHEMA_CONSENT_NONE;

	errcode_ignore(schema_consent_parse(json_str(col, "consentType"), &c));
	return c;
}

static int parse_column(const struct json *col, struct schema *s, struct problem *p)
{
	const char *name = json_str(col, "name");
	size_t n = strlen(name);
	struct schema_column c = {0};
	int r;

	if (!json_is_object(col) || n == 0 || n > SCHEMA_MAX_NAME)
		return problem_set(
			p, -ERR_BAD_SCHEMA,
			"column %zu of the data set has no name, or one of more "
			"than %d bytes",
			s->n + 1, SCHEMA_MAX_NAME);
	memcpy(c.name, name, n + 1);
	if (schema_type_parse(json_str(col, "dataType"), &c.type) < 0)
		return problem_set(p, -ERR_BAD_SCHEMA,
				   "column \"%s\": dataType \"%.40s\" is none of STRING, "
				   "DECIMAL, INTEGER, LONG, TIMESTAMP, DATE",
				   name, json_str(col, "dataType"));
	/* isNullable is the name that earlier versions of the service used */
	c.nullable = json_bool(col, "nullable", json_bool(col, "isNullable", true));
	c.main_event_time = json_bool(col, "isMainEventTime", false);
	c.country_code = json_bool(col, "isCountryCode", false);
	c.amc_fills = json_bool(col, "isMainUserId", false) ||
		      json_bool(col, "isMainUserIdType", false);
	c.consent = consent(col);
	r = parse_identity(col, &c, p);
	return r < 0 ? r : schema_add(s, &c, p);
}

static void parse_country(const struct json *def, struct schema *s)
{
	const char *c = json_str(def, "countryCode");

	if (strlen(c) == 2 && c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z')
		memcpy(s->country, c, 3);
}

static bool is_reserved(const char *name)
{
	static const char *const names[] = {"user_id", "user_id_type", "user_type"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* AMC adds these to a data set with identities that declares no user id of its own,
 * and not every answer of it says that they are AMC's. */
static void reserve_user_ids(struct schema *s)
{
	bool identities = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct schema_column *c = &s->col[i];

		if (c->amc_fills)
			return;
		identities |= c->pii != SCHEMA_PII_NONE || c->external_id;
	}
	for (size_t i = 0; identities && i < s->n; i++) {
		struct schema_column *c = &s->col[i];

		if (c->pii == SCHEMA_PII_NONE && !c->external_id && !c->country_code)
			c->amc_fills = is_reserved(c->name);
	}
}

int catalog_schema(const struct json *def, struct schema **out, struct problem *p)
{
	const struct json *inner = json_get(def, "dataSet");
	const struct json *columns;
	struct schema *s;
	int r;

	if (json_is_object(inner))
		def = inner;
	columns = json_get(def, "columns");
	if (json_count(columns) == 0)
		return problem_set(p, -ERR_BAD_SCHEMA,
				   "the definition of data set \"%.255s\" has no columns",
				   json_str(def, "dataSetId"));
	r = schema_new(&s);
	if (r < 0)
		return problem_set(p, r, "out of memory");
	parse_country(def, s);
	for (size_t i = 0; r == 0 && i < json_count(columns); i++)
		r = parse_column(json_at(columns, i), s, p);
	if (r < 0) {
		schema_free(s);
		return r;
	}
	reserve_user_ids(s);
	*out = s;
	return 0;
}
