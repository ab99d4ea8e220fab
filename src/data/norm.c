/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kind that is hashed has a function here. One without would make nulls:
 * plain text must not leave in any form.
 */
#include "data/norm.h"

#include "data/text.h"
#include "data/unicode.h"

_Static_assert(NORM_ROOM(1) >= UNICODE_NFC_ROOM(1) && NORM_ROOM(0) >= UNICODE_NFC_ROOM(0),
	       "a value is composed in the room of its normal form");

norm_fn *norm_of(enum schema_pii kind)
{
	static norm_fn *const table[] = {
		[SCHEMA_PII_EMAIL] = norm_email,
		[SCHEMA_PII_FIRST_NAME] = norm_name,
		[SCHEMA_PII_LAST_NAME] = norm_name,
		[SCHEMA_PII_ADDRESS] = norm_address,
		[SCHEMA_PII_CITY] = norm_name_city,
		[SCHEMA_PII_STATE] = norm_region_state,
		[SCHEMA_PII_ZIP] = norm_region_zip,
		[SCHEMA_PII_PHONE] = norm_phone,
		[SCHEMA_PII_COUNTRY_CODE] = NULL,
	};

	return (size_t)kind < sizeof(table) / sizeof(table[0]) ? table[kind] : NULL;
}

bool norm_country(struct slice in, char out[3])
{
	char c[2];

	in = text_trim(in);
	if (in.n != 2)
		return false;
	for (int i = 0; i < 2; i++) {
		c[i] = in.p[i];
		if (c[i] >= 'a' && c[i] <= 'z')
			c[i] = (char)(c[i] - 'a' + 'A');
		if (c[i] < 'A' || c[i] > 'Z')
			return false;
	}
	if (c[0] == 'U' && c[1] == 'K') {
		c[0] = 'G';
		c[1] = 'B';
	}
	out[0] = c[0];
	out[1] = c[1];
	out[2] = '\0';
	return true;
}
