/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the text: its normal form stays within its room, is valid text with
 * the kind's characters only, and apart from streets, where new words can come
 * to stand together, is its own normal form. NFC done twice is NFC.
 *
 * The first byte chooses the kind, the second the country.
 */
#include "data/norm.h"
#include "data/text.h"
#include "data/unicode.h"

#include "portions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const enum schema_pii kinds[] = {
	SCHEMA_PII_EMAIL, SCHEMA_PII_FIRST_NAME, SCHEMA_PII_CITY,
	SCHEMA_PII_STATE, SCHEMA_PII_ZIP,	 SCHEMA_PII_ADDRESS,
};

static const char countries[][3] = {"",	  "AE", "AU", "BE", "BR", "CA", "DE", "EG",
				    "ES", "FR", "GB", "IN", "IT", "JP", "MX", "NL",
				    "PL", "SA", "SE", "SG", "TR", "US", "XX"};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Exactly as much room as is promised, for the sanitizer to guard. */
static int normal_of(enum schema_pii kind, const char *country, struct slice in,
		     struct buf *out)
{
	int r;

	buf_init(out, NORM_ROOM(in.n));
	out->p = malloc(NORM_ROOM(in.n));
	ENSURE(out->p);
	out->cap = NORM_ROOM(in.n);
	r = norm_of(kind)(in, country, out);
	ENSURE(r == 0 || r == NORM_UNUSABLE);
	ENSURE(out->n <= NORM_ROOM(in.n) && out->cap == NORM_ROOM(in.n));
	return r;
}

static bool fits(enum schema_pii kind, char c)
{
	bool digit = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'z';

	switch (kind) {
	case SCHEMA_PII_EMAIL:
		return lower || digit || c == '.' || c == '@' || c == '-';
	case SCHEMA_PII_STATE:
		return lower;
	case SCHEMA_PII_ZIP:
		return digit || (c >= 'A' && c <= 'Z');
	case SCHEMA_PII_ADDRESS:
		return c != ' ' && c != ',' && c != '#' && !(c >= 'A' && c <= 'Z');
	default:
		return lower || digit;
	}
}

static void check_nfc(struct slice in)
{
	char *one = malloc(UNICODE_NFC_ROOM(in.n)), *two;
	size_t n, m;

	ENSURE(one);
	n = unicode_nfc(in, one);
	ENSURE(n <= 3 * in.n);
	two = malloc(UNICODE_NFC_ROOM(n));
	ENSURE(two);
	m = unicode_nfc(slice_of(one, n), two);
	ENSURE(slice_eq(slice_of(one, n), slice_of(two, m)));
	ENSURE(unicode_needs_nfc(in) || slice_eq(in, slice_of(one, n)));
	free(one);
	free(two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf once, twice;
	enum schema_pii kind;
	const char *country;
	struct slice in;

	if (n < 2)
		return 0;
	kind = kinds[data[0] % N_OF(kinds)];
	country = countries[data[1] % N_OF(countries)];
	in = slice_of((const char *)data + 2, n - 2);
	if (!text_valid(in.p, in.n))
		return 0;
	check_nfc(in);
	in = text_trim(in);
	if (in.n == 0 || normal_of(kind, country, in, &once) != 0) {
		if (in.n > 0)
			buf_fini(&once);
		return 0;
	}
	ENSURE(once.n > 0 && text_valid(once.p, once.n));
	for (size_t i = 0; i < once.n; i++)
		ENSURE(fits(kind, once.p[i]));
	if (kind != SCHEMA_PII_ADDRESS && kind != SCHEMA_PII_STATE) {
		ENSURE(normal_of(kind, country, buf_slice(&once), &twice) == 0);
		ENSURE(slice_eq(buf_slice(&once), buf_slice(&twice)));
		buf_fini(&twice);
	}
	buf_fini(&once);
	return 0;
}
