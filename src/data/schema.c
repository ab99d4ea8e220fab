/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are compared exactly here: a data set may hold two columns that differ
 * in case only, and rowmap deals with what that means for an input file.
 */
#include "data/schema.h"

#include <stdlib.h>

static const char *const types[] = {
	[SCHEMA_STRING] = "STRING",	  [SCHEMA_DECIMAL] = "DECIMAL",
	[SCHEMA_INTEGER] = "INTEGER",	  [SCHEMA_LONG] = "LONG",
	[SCHEMA_TIMESTAMP] = "TIMESTAMP", [SCHEMA_DATE] = "DATE",
};

static const char *const piis[] = {
	[SCHEMA_PII_NONE] = "",
	[SCHEMA_PII_EMAIL] = "EMAIL",
	[SCHEMA_PII_PHONE] = "PHONE",
	[SCHEMA_PII_FIRST_NAME] = "FIRST_NAME",
	[SCHEMA_PII_LAST_NAME] = "LAST_NAME",
	[SCHEMA_PII_ADDRESS] = "ADDRESS",
	[SCHEMA_PII_CITY] = "CITY",
	[SCHEMA_PII_STATE] = "STATE",
	[SCHEMA_PII_ZIP] = "ZIP",
	[SCHEMA_PII_COUNTRY_CODE] = "COUNTRY_CODE",
};

static const char *const consents[] = {
	[SCHEMA_CONSENT_NONE] = "",
	[SCHEMA_CONSENT_TCF] = "TCF",
	[SCHEMA_CONSENT_GPP] = "GPP",
	[SCHEMA_CONSENT_AMZN_USER_DATA] = "AMZN_USER_DATA",
	[SCHEMA_CONSENT_AMZN_AD_STORAGE] = "AMZN_AD_STORAGE",
};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static int look_up(const char *s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i][0] && slice_eq_nocase(slice_str(s), slice_str(names[i])))
			return (int)i;
	}
	return -EINVAL;
}

int schema_new(struct schema **out)
{
	struct schema *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*out = s;
	return 0;
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	free(s->col);
	free(s);
}

int schema_copy(const struct schema *s, struct schema **out)
{
	struct schema *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *s;
	copy->cap = s->n;
	copy->col = calloc(s->n ? s->n : 1, sizeof(*copy->col));
	if (!copy->col) {
		free(copy);
		return -ENOMEM;
	}
	if (s->n > 0)
		memcpy(copy->col, s->col, s->n * sizeof(*copy->col));
	*out = copy;
	return 0;
}

static int grow(struct schema *s)
{
	size_t cap = s->cap ? s->cap * 2 : 8;
	struct schema_column *more;

	if (s->n < s->cap)
		return 0;
	more = realloc(s->col, cap * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->col = more;
	s->cap = cap;
	return 0;
}

int schema_type_parse(const char *s, enum schema_type *out)
{
	int i = look_up(s, types, N_OF(types));

	if (i < 0)
		return i;
	*out = (enum schema_type)i;
	return 0;
}

int schema_pii_parse(const char *s, enum schema_pii *out)
{
	int i = look_up(s, piis, N_OF(piis));

	if (i < 0)
		return i;
	*out = (enum schema_pii)i;
	return 0;
}

int schema_consent_parse(const char *s, enum schema_consent *out)
{
	int i = look_up(s, consents, N_OF(consents));

	if (i < 0)
		return i;
	*out = (enum schema_consent)i;
	return 0;
}

const char *schema_type_name(enum schema_type t)
{
	return (size_t)t < N_OF(types) ? types[t] : "";
}

const char *schema_pii_name(enum schema_pii t)
{
	return (size_t)t < N_OF(piis) ? piis[t] : "";
}

static int check_event_time(const struct schema *s, const struct schema_column *c,
			    struct problem *p)
{
	if (s->fact)
		return problem_set(
			p, -ERR_BAD_SCHEMA,
			"column \"%s\" is a second main event time; a data set "
			"has one",
			c->name);
	if (c->type != SCHEMA_TIMESTAMP && c->type != SCHEMA_DATE)
		return problem_set(
			p, -ERR_BAD_SCHEMA,
			"the main event time column \"%s\" has type %s; it must "
			"be TIMESTAMP or DATE",
			c->name, schema_type_name(c->type));
	return 0;
}

int schema_add(struct schema *s, const struct schema_column *c, struct problem *p)
{
	size_t n = strnlen(c->name, sizeof(c->name));

	if (s->n == SCHEMA_MAX_COLUMNS)
		return problem_set(p, -ERR_BAD_SCHEMA,
				   "the data set has more than %d columns",
				   SCHEMA_MAX_COLUMNS);
	if (n == 0)
		return problem_set(p, -ERR_BAD_SCHEMA, "column %zu has no name",
				   s->n + 1);
	if (n > SCHEMA_MAX_NAME)
		return problem_set(p, -ERR_BAD_SCHEMA,
				   "the name of column %zu is longer than %d bytes",
				   s->n + 1, SCHEMA_MAX_NAME);
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->col[i].name, c->name) == 0)
			return problem_set(p, -ERR_BAD_SCHEMA,
					   "two columns have the name \"%s\"", c->name);
	}
	if (c->main_event_time) {
		int r = check_event_time(s, c, p);

		if (r < 0)
			return r;
	}
	if (grow(s) < 0)
		return problem_set(p, -ENOMEM, "out of memory");
	s->fact = s->fact || c->main_event_time;
	s->col[s->n++] = *c;
	return 0;
}
