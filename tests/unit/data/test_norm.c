/* SPDX-License-Identifier: Apache-2.0 */
#include "data/norm.h"

#include "normal.h"

static void email(const char *in, const char *want)
{
	normal_is(norm_email, "", in, want);
}

TEST(normalises_email)
{
	email("abc@example.com", "abc@example.com");
	email("John.Doe@Example.COM", "john.doe@example.com");
	email("AZaz09.-@X", "azaz09.-@x");
	email("first_last+tag@ex ample.com", "firstlasttag@example.com");
	email("j\xc3\xbcrgen@ex.de", "jrgen@ex.de");
	email("jose\314\201@ex.com", "jos@ex.com"); /* as the composed one */
	email("<jane@ex.com>", "jane@ex.com");
	email("a,b;c@d", "abc@d");
	email("a@b", "a@b");
}

TEST(refuses_what_is_no_email)
{
	email("", NULL);
	email("jane", NULL);
	email("@ex.com", NULL);
	email("jane@", NULL);
	email("@", NULL);
	email("a@b@c", NULL);
	email("a@@c", NULL);
	email("\xc3\xbc@ex.com", NULL); /* nothing left before the @ */
	email("jane@\xe4\xbe\x8b", NULL);
	email("jane@_", NULL);
}

static void country(const char *in, const char *want)
{
	char out[3] = "##";

	CHECK_INT(norm_country(slice_str(in), out), want != NULL);
	CHECK_STR(out, want ? want : "##");
}

TEST(normalises_country)
{
	country("US", "US");
	country(" de\t", "DE");
	country("uk", "GB");
	country("UK", "GB");
	country("gb", "GB");
	country("", NULL);
	country("U", NULL);
	country("USA", NULL);
	country("U1", NULL);
	country("[A", NULL);
	country("\xc3\xa4", NULL);
}

TEST(has_a_function_for_what_is_hashed)
{
	CHECK(norm_of(SCHEMA_PII_EMAIL) == norm_email);
	CHECK(norm_of(SCHEMA_PII_FIRST_NAME) == norm_name);
	CHECK(norm_of(SCHEMA_PII_LAST_NAME) == norm_name);
	CHECK(norm_of(SCHEMA_PII_ADDRESS) == norm_address);
	CHECK(norm_of(SCHEMA_PII_CITY) == norm_name_city);
	CHECK(norm_of(SCHEMA_PII_STATE) == norm_region_state);
	CHECK(norm_of(SCHEMA_PII_ZIP) == norm_region_zip);
	CHECK(norm_of(SCHEMA_PII_PHONE) == norm_phone);
	CHECK(norm_of(SCHEMA_PII_NONE) == NULL);
	CHECK(norm_of(SCHEMA_PII_COUNTRY_CODE) == NULL);
}

int main(void)
{
	RUN(normalises_email);
	RUN(refuses_what_is_no_email);
	RUN(normalises_country);
	RUN(has_a_function_for_what_is_hashed);
	return CHECK_DONE();
}
