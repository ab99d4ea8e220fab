/* SPDX-License-Identifier: Apache-2.0 */
#include "data/schema.h"

#include <stdio.h>

#include "tool/check.h"

static struct schema_column named(const char *name)
{
	struct schema_column c = {.nullable = true};

	(void)snprintf(c.name, sizeof(c.name), "%s", name);
	return c;
}

static struct schema *fresh(void)
{
	struct schema *s = NULL;

	CHECK_INT(schema_new(&s), 0);
	CHECK_INT(s->n, 0);
	CHECK_STR(s->country, "");
	return s;
}

static void refuses(struct schema *s, const struct schema_column *c, const char *why)
{
	struct problem p = {0};
	size_t n = s->n;

	CHECK_INT(schema_add(s, c, &p), -ERR_BAD_SCHEMA);
	CHECK_INT(p.err, -ERR_BAD_SCHEMA);
	CHECK_STR(problem_text(&p), why);
	CHECK_INT(s->n, n);
}

TEST(keeps_columns_in_order)
{
	struct schema *s = fresh();
	struct schema_column a = named("a"), b = named("A");

	b.pii = SCHEMA_PII_EMAIL;
	CHECK_INT(schema_add(s, &a, NULL), 0);
	CHECK_INT(schema_add(s, &b, NULL), 0);
	CHECK_INT(s->n, 2);
	CHECK_STR(s->col[0].name, "a");
	CHECK_STR(s->col[1].name, "A");
	CHECK_INT(s->col[1].pii, SCHEMA_PII_EMAIL);
	CHECK(!s->fact);
	schema_free(s);
}

TEST(refuses_bad_names)
{
	struct schema *s = fresh();
	struct schema_column c = named("a");

	CHECK_INT(schema_add(s, &c, NULL), 0);
	refuses(s, &c, "two columns have the name \"a\"");
	c = named("");
	refuses(s, &c, "column 2 has no name");
	memset(c.name, 'x', sizeof(c.name));
	refuses(s, &c, "the name of column 2 is longer than 255 bytes");
	c.name[255] = '\0';
	CHECK_INT(schema_add(s, &c, NULL), 0);
	schema_free(s);
}

TEST(knows_one_main_event_time)
{
	struct schema *s = fresh();
	struct schema_column c = named("when");

	c.main_event_time = true;
	refuses(s, &c,
		"the main event time column \"when\" has type STRING; it must be "
		"TIMESTAMP or DATE");
	CHECK(!s->fact);
	c.type = SCHEMA_DATE;
	CHECK_INT(schema_add(s, &c, NULL), 0);
	CHECK(s->fact);
	c = named("then");
	c.type = SCHEMA_TIMESTAMP;
	c.main_event_time = true;
	refuses(s, &c, "column \"then\" is a second main event time; a data set has one");
	schema_free(s);
}

TEST(has_a_last_column)
{
	struct schema *s = fresh();
	struct schema_column c;
	char name[16];

	for (int i = 0; i < SCHEMA_MAX_COLUMNS; i++) {
		(void)snprintf(name, sizeof(name), "c%d", i);
		c = named(name);
		CHECK_INT(schema_add(s, &c, NULL), 0);
	}
	c = named("more");
	refuses(s, &c, "the data set has more than 256 columns");
	schema_free(s);
}

TEST(parses_what_amc_spells)
{
	enum schema_type t;
	enum schema_pii pii;
	enum schema_consent consent;

	for (int i = SCHEMA_STRING; i <= SCHEMA_DATE; i++) {
		CHECK_INT(schema_type_parse(schema_type_name((enum schema_type)i), &t),
			  0);
		CHECK_INT(t, i);
	}
	for (int i = SCHEMA_PII_EMAIL; i <= SCHEMA_PII_COUNTRY_CODE; i++) {
		CHECK_INT(schema_pii_parse(schema_pii_name((enum schema_pii)i), &pii), 0);
		CHECK_INT(pii, i);
	}
	CHECK_INT(schema_consent_parse("TCF", &consent), 0);
	CHECK_INT(consent, SCHEMA_CONSENT_TCF);
	CHECK_INT(schema_consent_parse("gpp", &consent), 0);
	CHECK_INT(consent, SCHEMA_CONSENT_GPP);
	CHECK_INT(schema_consent_parse("amzn_user_data", &consent), 0);
	CHECK_INT(consent, SCHEMA_CONSENT_AMZN_USER_DATA);
	CHECK_INT(schema_consent_parse("Amzn_Ad_Storage", &consent), 0);
	CHECK_INT(consent, SCHEMA_CONSENT_AMZN_AD_STORAGE);
	CHECK_INT(schema_consent_parse("", &consent), -EINVAL);
	CHECK_INT(schema_consent_parse("ACS", &consent), -EINVAL);
	CHECK_INT(schema_type_parse("timestamp", &t), 0);
	CHECK_INT(t, SCHEMA_TIMESTAMP);
	CHECK_INT(schema_pii_parse("First_Name", &pii), 0);
	CHECK_INT(pii, SCHEMA_PII_FIRST_NAME);
	CHECK_STR(schema_pii_name(SCHEMA_PII_NONE), "");
	CHECK_STR(schema_type_name(SCHEMA_LONG), "LONG");
	CHECK_INT(schema_type_parse("BOOLEAN", &t), -EINVAL);
	CHECK_INT(schema_type_parse("", &t), -EINVAL);
	CHECK_INT(schema_pii_parse("", &pii), -EINVAL);
	CHECK_INT(schema_pii_parse("EMAILS", &pii), -EINVAL);
}

int main(void)
{
	RUN(keeps_columns_in_order);
	RUN(refuses_bad_names);
	RUN(knows_one_main_event_time);
	RUN(has_a_last_column);
	RUN(parses_what_amc_spells);
	return CHECK_DONE();
}
