/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule (states): upper case, only A-Z stay; a full English name becomes the
 * country's code; of any other text longer than two characters the first two
 * letters are taken, even where a person would not (Bayern: ba), since Amazon's
 * side does; lower case.
 *
 * Rule (postcodes): digits, or digits and letters, cut to the country's length,
 * must have its shape. For AU BE BR EG MX NL PL SA SE SG TR Amazon has published
 * nothing, so their own lengths count; AE has no postcodes.
 */
#include "data/norm.h"

#include "base/utf8.h"
#include "data/region_tables.h"
#include "data/unicode.h"
#include "data/wordhash.h"

#define MAX_ZIP 8

struct zip_rule {
	char country[3];
	uint8_t max;	       /* characters; what follows is cut off */
	bool letters;	       /* count, too */
	const char *shapes[8]; /* 9 = a digit, A = a letter */
};

static const struct zip_rule zip_rules[] = {
	{"AE", 0, false, {NULL}},
	{"AU", 4, false, {"9999"}},
	{"BE", 4, false, {"9999"}},
	{"BR", 8, false, {"99999999"}},
	{"CA", 6, true, {"A9A9A9"}},
	{"GB", 7, true, {"A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"}},
	{"IN", 6, false, {"999999"}},
	{"JP", 7, false, {"9999999"}},
	{"NL", 6, true, {"9999AA"}},
	{"SG", 6, false, {"999999"}},
	{"", 5, false, {"99999"}}, /* all others, also those of five digits named above */
};

static bool same_country(const char *a, const char *b)
{
	return a[0] == b[0] && (!a[0] || a[1] == b[1]);
}

static const struct zip_rule *zip_rule(const char *country)
{
	const struct zip_rule *r = zip_rules;

	while (r->country[0] && !same_country(r->country, country))
		r++;
	return r;
}

static bool has_shape(const char *shape, const char *z, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool digit = z[i] >= '0' && z[i] <= '9';

		if (shape[i] == '\0' || (shape[i] == '9') != digit)
			return false;
	}
	return shape[n] == '\0';
}

/* What c is in a postcode, 0 = nothing. */
static char zip_char(uint32_t c, bool letters)
{
	int d;

	if (c < 0x80) {
		if (c - '0' < 10)
			return (char)c;
		return letters && (c | 0x20) - 'a' < 26 ? (char)(c & ~0x20u) : 0;
	}
	d = unicode_digit(c);
	return (char)(d >= 0 ? '0' + d : 0);
}

/* in, or a copy at room in which letters and their marks are one. */
static struct slice composed(struct slice in, char *room)
{
	if (unicode_is_ascii(in) || !unicode_needs_nfc(in))
		return in;
	return slice_of(room, unicode_nfc(in, room));
}

int norm_region_zip(struct slice in, const char *country, struct buf *out)
{
	const struct zip_rule *rule = zip_rule(country);
	char z[MAX_ZIP], *o = out->p + out->n; /* there is room: see norm_fn */
	size_t n = 0, k;
	uint32_t c;

	if (rule->max == 0)
		return NORM_UNUSABLE;
	in = composed(in, o);
	for (size_t i = 0; i < in.n && n < rule->max; i += k) {
		c = (unsigned char)in.p[i];
		k = c < 0x80 ? 1 : utf8_decode(in.p + i, in.n - i, &c);
		if (k == 0)
			break;
		z[n] = zip_char(c, rule->letters);
		n += z[n] != 0;
	}
	for (size_t i = 0; i < 8 && rule->shapes[i]; i++) {
		if (!has_shape(rule->shapes[i], z, n))
			continue;
		memcpy(o, z, n);
		out->n += n;
		return 0;
	}
	return NORM_UNUSABLE;
}

/* The code, or NULL. */
static const char *state_code(const char *country, struct slice name)
{
	char key[REGION_KEY_MAX];
	uint32_t hash = 0;
	size_t n = name.n + 2;

	if (name.n < 3 || n > sizeof(key) || !country[0])
		return NULL; /* no state has such a name */
	memcpy(key, country, 2);
	memcpy(key + 2, name.p, name.n);
	for (size_t i = 0; i < n; i++)
		hash = wordhash_step(hash, key[i]);
	for (uint32_t at = wordhash_end(hash) & region_mask; region_slots[at];
	     at = (at + 1) & region_mask) {
		const struct region_state *s = &region_tables[region_slots[at] - 1];

		if (s->n == n && memcmp(s->key, key, n) == 0)
			return s->code;
	}
	return NULL;
}

/* Writes in's letters that are A-Z in upper case, as a-z; *chars counts in's
 * characters. No character gives more bytes than it had, so in may lie at o. */
static size_t letters_of(struct slice in, char *o, size_t *chars)
{
	size_t n = 0, k;

	*chars = 0;
	for (size_t i = 0; i < in.n; i += k, (*chars)++) {
		uint32_t c = (unsigned char)in.p[i], up[3];
		size_t ups;

		if (c < 0x80) {
			k = 1;
			o[n] = (char)(c | 0x20);
			n += (c | 0x20) - 'a' < 26;
			continue;
		}
		k = utf8_decode(in.p + i, in.n - i, &c);
		if (k == 0)
			break;
		ups = unicode_to_upper(c, up);
		for (size_t j = 0; j < ups; j++) {
			if (up[j] - 'A' < 26)
				o[n++] = (char)(up[j] | 0x20);
		}
	}
	return n;
}

int norm_region_state(struct slice in, const char *country, struct buf *out)
{
	char *o = out->p + out->n; /* there is room: see norm_fn */
	const char *code;
	size_t n, chars;

	n = letters_of(composed(in, o), o, &chars);
	code = state_code(country, slice_of(o, n));
	if (code) {
		n = strlen(code);
		memcpy(o, code, n);
	} else if (chars > 2 && n > 2) {
		n = 2;
	}
	if (n == 0)
		return NORM_UNUSABLE;
	out->n += n;
	return 0;
}
