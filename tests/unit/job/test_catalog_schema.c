/* SPDX-License-Identifier: Apache-2.0 */
#include "job/catalog.h"

#include "sample.h"

static int schema_of(const char *text, struct schema **out, struct problem *p)
{
	struct json *def = sample_json(text);
	int r;

	*p = (struct problem){0};
	*out = NULL;
	r = catalog_schema(def, out, p);
	json_free(def);
	return r;
}

/* AMC's own example, wrapped and bare. */
#define ORDERS                                                                      \
	"{\"dataSetId\":\"store_orders\",\"description\":\"d\",\"period\":\"P1D\"," \
	"\"countryCode\":\"US\",\"columns\":["                                      \
	"{\"name\":\"email\",\"columnType\":\"DIMENSION\",\"dataType\":\"STRING\"," \
	"\"nullable\":true,\"externalUserIdType\":{\"hashedPii\":\"EMAIL\"}},"      \
	"{\"name\":\"ordered_at\",\"dataType\":\"TIMESTAMP\",\"nullable\":false,"   \
	"\"isMainEventTime\":true},"                                                \
	"{\"name\":\"maid\",\"dataType\":\"STRING\",\"externalUserIdType\":"        \
	"{\"hashedPii\":null,\"externalIdentity\":\"MAID\"}},"                      \
	"{\"name\":\"land\",\"dataType\":\"string\",\"isCountryCode\":true},"       \
	"{\"name\":\"amount\",\"columnType\":\"METRIC\",\"dataType\":\"DECIMAL\","  \
	"\"externalUserIdType\":null},"                                             \
	"{\"name\":\"n\",\"dataType\":\"INTEGER\",\"isNullable\":false},"           \
	"{\"name\":\"user_id\",\"dataType\":\"STRING\",\"isMainUserId\":true},"     \
	"{\"name\":\"user_type\",\"dataType\":\"LONG\",\"isMainUserIdType\":true}," \
	"{\"name\":\"d\",\"dataType\":\"DATE\",\"consentType\":\"TCF\"}]}"

static void check_orders(const char *text)
{
	static const struct schema_column want[] = {
		{"email", SCHEMA_STRING, SCHEMA_PII_EMAIL, .nullable = true},
		{"ordered_at", SCHEMA_TIMESTAMP, .main_event_time = true},
		{"maid", SCHEMA_STRING, .nullable = true, .external_id = true},
		{"land", SCHEMA_STRING, .nullable = true, .country_code = true},
		{"amount", SCHEMA_DECIMAL, .nullable = true},
		{"n", SCHEMA_INTEGER},
		{"user_id", SCHEMA_STRING, .nullable = true, .amc_fills = true},
		{"user_type", SCHEMA_LONG, .nullable = true, .amc_fills = true},
		{"d", SCHEMA_DATE, .nullable = true, .consent = SCHEMA_CONSENT_TCF},
	};
	struct problem p;
	struct schema *s;

	CHECK_INT(schema_of(text, &s, &p), 0);
	CHECK_INT(s->n, 9);
	CHECK_INT(s->fact, 1);
	CHECK_STR(s->country, "US");
	for (size_t i = 0; i < 9; i++) {
		const struct schema_column *c = &s->col[i], *w = &want[i];

		CHECK_STR(c->name, w->name);
		CHECK_INT(c->type, w->type);
		CHECK_INT(c->pii, w->pii);
		CHECK_INT(c->nullable, w->nullable);
		CHECK_INT(c->main_event_time, w->main_event_time);
		CHECK_INT(c->country_code, w->country_code);
		CHECK_INT(c->amc_fills, w->amc_fills);
		CHECK_INT(c->external_id, w->external_id);
		CHECK_INT(c->consent, w->consent);
	}
	schema_free(s);
}

TEST(wrapped_and_bare)
{
	check_orders(ORDERS);
	check_orders("{\"dataSet\":" ORDERS "}");
}

TEST(every_kind_of_pii)
{
	static const char *const kinds[] = {"EMAIL",	 "PHONE",   "FIRST_NAME",
					    "LAST_NAME", "ADDRESS", "CITY",
					    "STATE",	 "ZIP",	    "COUNTRY_CODE"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char text[256];
		struct problem p;
		struct schema *s;

		(void)snprintf(text, sizeof(text),
			       "{\"columns\":[{\"name\":\"c\",\"dataType\":\"STRING\","
			       "\"externalUserIdType\":{\"hashedPii\":\"%s\"}}]}",
			       kinds[i]);
		CHECK_INT(schema_of(text, &s, &p), 0);
		CHECK_STR(schema_pii_name(s->col[0].pii), kinds[i]);
		schema_free(s);
	}
}

#define STRING_COLUMN(name, rest) \
	"{\"name\":\"" name "\",\"dataType\":\"STRING\"" rest "}"
#define EMAIL_COLUMN \
	STRING_COLUMN("e", ",\"externalUserIdType\":{\"hashedPii\":\"EMAIL\"}")

static bool amc_fills_second(const char *text)
{
	struct problem p;
	struct schema *s;
	bool fills;

	CHECK_INT(schema_of(text, &s, &p), 0);
	fills = s->col[1].amc_fills;
	CHECK(!s->col[0].amc_fills);
	schema_free(s);
	return fills;
}

TEST(user_ids_that_nothing_marks_are_reserved)
{
#define BESIDE(first, second) "{\"columns\":[" first "," second "]}"
	CHECK(amc_fills_second(BESIDE(EMAIL_COLUMN, STRING_COLUMN("user_id", ""))));
	CHECK(amc_fills_second(BESIDE(EMAIL_COLUMN, STRING_COLUMN("user_id_type", ""))));
	CHECK(amc_fills_second(BESIDE(EMAIL_COLUMN, STRING_COLUMN("user_type", ""))));
	CHECK(!amc_fills_second(BESIDE(EMAIL_COLUMN, STRING_COLUMN("user", ""))));
	/* no identities: an ordinary column */
	CHECK(!amc_fills_second(
		BESIDE(STRING_COLUMN("e", ""), STRING_COLUMN("user_id", ""))));
	/* another one is AMC's */
	CHECK(!amc_fills_second(
		BESIDE(EMAIL_COLUMN, STRING_COLUMN("user_id", "") "," STRING_COLUMN(
					     "id", ",\"isMainUserId\":true"))));
	/* it is somebody's identity itself */
	CHECK(!amc_fills_second(
		BESIDE(EMAIL_COLUMN,
		       STRING_COLUMN("user_id", ",\"externalUserIdType\":"
						"{\"externalIdentity\":\"MAID\"}"))));
#undef BESIDE
}

static void refused(const char *text, const char *says)
{
	struct problem p;
	struct schema *s;

	CHECK_INT(schema_of(text, &s, &p), -ERR_BAD_SCHEMA);
	CHECK(s == NULL);
	if (!strstr(problem_text(&p), says))
		CHECK_STR(problem_text(&p), says);
}

#define COLUMN(rest) \
	"{\"columns\":[{\"name\":\"secret\",\"dataType\":\"STRING\"" rest "}]}"

/* A kind of identity that is not understood must not become plain text. */
TEST(unknown_identities_are_refused)
{
	static const char *const texts[] = {
		COLUMN(",\"externalUserIdType\":{\"hashedPii\":\"IRIS_SCAN\"}"),
		COLUMN(",\"externalUserIdType\":{\"hashedPii\":{\"x\":1}}"),
		COLUMN(",\"externalUserIdType\":{\"hashedPii\":7}"),
		COLUMN(",\"externalUserIdType\":\"EMAIL\""),
		COLUMN(",\"externalUserIdType\":[\"EMAIL\"]"),
		COLUMN(",\"externalUserIdType\":{\"hashedExternalIdentity\":"
		       "{\"identifierType\":\"EMAIL\"}}"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(texts[i], "column \"secret\" holds a kind of identity");
}

TEST(hostile_definitions_are_refused)
{
	char text[1024], name[300];

	refused("{}", "has no columns");
	refused("[]", "has no columns");
	refused("7", "has no columns");
	refused("{\"columns\":{}}", "has no columns");
	refused("{\"columns\":[],\"dataSetId\":\"e\"}", "\"e\" has no columns");
	refused("{\"columns\":[7]}", "column 1 of the data set has no name");
	refused("{\"columns\":[{\"dataType\":\"STRING\"}]}", "has no name");
	refused("{\"columns\":[{\"name\":7,\"dataType\":\"STRING\"}]}", "has no name");
	refused("{\"columns\":[{\"name\":\"c\"}]}", "column \"c\": dataType");
	refused("{\"columns\":[{\"name\":\"c\",\"dataType\":\"BLOB\"}]}", "\"BLOB\"");
	refused("{\"columns\":[{\"name\":\"c\",\"dataType\":\"STRING\"},"
		"{\"name\":\"c\",\"dataType\":\"STRING\"}]}",
		"c");
	memset(name, 'n', sizeof(name));
	name[SCHEMA_MAX_NAME + 1] = '\0';
	(void)snprintf(text, sizeof(text),
		       "{\"columns\":[{\"name\":\"%s\",\"dataType\":\"STRING\"}]}", name);
	refused(text, "has no name, or one of more than 255 bytes");
}

TEST(too_many_columns_are_refused)
{
	struct json *def = json_object(), *columns = json_array();
	struct problem p = {0};
	struct schema *s = NULL;

	for (int i = 0; i <= SCHEMA_MAX_COLUMNS; i++) {
		struct json *c = json_object();
		char name[16];

		(void)snprintf(name, sizeof(name), "c%d", i);
		json_put_str(c, "name", name);
		json_put_str(c, "dataType", "STRING");
		json_push(columns, c);
	}
	json_put(def, "columns", columns);
	CHECK_INT(catalog_schema(def, &s, &p), -ERR_BAD_SCHEMA);
	CHECK(s == NULL);
	json_free(def);
}

TEST(every_kind_of_consent)
{
	static const struct {
		const char *text;
		enum schema_consent want;
	} kinds[] = {
		{"\"TCF\"", SCHEMA_CONSENT_TCF},
		{"\"gpp\"", SCHEMA_CONSENT_GPP},
		{"\"AMZN_USER_DATA\"", SCHEMA_CONSENT_AMZN_USER_DATA},
		{"\"amzn_ad_storage\"", SCHEMA_CONSENT_AMZN_AD_STORAGE},
		{"\"ACS\"", SCHEMA_CONSENT_NONE},
		{"\"\"", SCHEMA_CONSENT_NONE},
		{"null", SCHEMA_CONSENT_NONE},
		{"{\"TCF\":1}", SCHEMA_CONSENT_NONE},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char text[256];
		struct problem p;
		struct schema *s;

		(void)snprintf(text, sizeof(text),
			       "{\"columns\":[{\"name\":\"c\",\"dataType\":\"STRING\","
			       "\"consentType\":%s}]}",
			       kinds[i].text);
		CHECK_INT(schema_of(text, &s, &p), 0);
		CHECK_INT(s->col[0].consent, kinds[i].want);
		schema_free(s);
	}
}

/* What does not change the treatment of a value is no reason to refuse it. */
TEST(odd_but_harmless)
{
	struct problem p;
	struct schema *s;

	CHECK_INT(schema_of(COLUMN(",\"nullable\":\"no\",\"isCountryCode\":1,"
				   "\"externalUserIdType\":{}"),
			    &s, &p),
		  0);
	CHECK_INT(s->col[0].nullable, 1);
	CHECK_INT(s->col[0].country_code, 0);
	CHECK_INT(s->col[0].pii, SCHEMA_PII_NONE);
	CHECK_STR(s->country, "");
	schema_free(s);
	CHECK_INT(schema_of("{\"countryCode\":\"usa\",\"columns\":[{\"name\":\"c\","
			    "\"dataType\":\"STRING\"}]}",
			    &s, &p),
		  0);
	CHECK_STR(s->country, "");
	schema_free(s);
}

int main(void)
{
	RUN(wrapped_and_bare);
	RUN(every_kind_of_pii);
	RUN(every_kind_of_consent);
	RUN(user_ids_that_nothing_marks_are_reserved);
	RUN(unknown_identities_are_refused);
	RUN(hostile_definitions_are_refused);
	RUN(too_many_columns_are_refused);
	RUN(odd_but_harmless);
	return CHECK_DONE();
}
