/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule (names): lower case; German and Nordic letters are spelt out; only a-z
 * and 0-9 stay. Other accents are not folded, their letters go: Amazon's side
 * does so, and the digests must agree. Cities: the same, but nothing is spelt
 * out.
 *
 * No character gives more bytes than it had, so that text may be read from
 * where the result is written.
 */
#include "data/norm.h"

#include "base/utf8.h"
#include "data/unicode.h"

#define LETTER(c) [(c)] = (c), [(c) - 'a' + 'A'] = (c)

/* What an ASCII character becomes; 0 = dropped. */
static const char kept[128] = {
	LETTER('a'), LETTER('b'), LETTER('c'), LETTER('d'), LETTER('e'), LETTER('f'),
	LETTER('g'), LETTER('h'), LETTER('i'), LETTER('j'), LETTER('k'), LETTER('l'),
	LETTER('m'), LETTER('n'), LETTER('o'), LETTER('p'), LETTER('q'), LETTER('r'),
	LETTER('s'), LETTER('t'), LETTER('u'), LETTER('v'), LETTER('w'), LETTER('x'),
	LETTER('y'), LETTER('z'), ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3',
	['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
};

static const char *spelling(uint32_t c)
{
	switch (c) {
	case 0xdf: /* sharp s */
		return "ss";
	case 0xe4: /* a umlaut */
	case 0xe6: /* ae */
		return "ae";
	case 0xf6: /* o umlaut */
		return "oe";
	case 0xf8: /* o with stroke */
		return "o";
	case 0xfc: /* u umlaut */
		return "ue";
	default:
		return "";
	}
}

static size_t put_lower(uint32_t c, bool spell, char *o)
{
	const char *s;
	size_t n = 0;

	if (c < 0x80) {
		o[0] = kept[c];
		return o[0] != 0;
	}
	for (s = spell ? spelling(c) : ""; *s; s++)
		o[n++] = *s;
	return n;
}

/* As name(), for what is not all ASCII. */
static size_t name_of_any(struct slice in, bool spell, char *o)
{
	size_t n = 0, k;

	if (unicode_needs_nfc(in))
		in = slice_of(o, unicode_nfc(in, o));
	for (size_t i = 0; i < in.n; i += k) {
		uint32_t c = (unsigned char)in.p[i], low[3];
		size_t lows;

		if (c < 0x80) {
			k = 1;
			o[n] = kept[c];
			n += o[n] != 0;
			continue;
		}
		k = utf8_decode(in.p + i, in.n - i, &c);
		if (k == 0)
			break;
		lows = unicode_to_lower(c, low);
		for (size_t j = 0; j < lows; j++)
			n += put_lower(low[j], spell, o + n);
	}
	return n;
}

static int name(struct slice in, bool spell, struct buf *out)
{
	char *o = out->p + out->n; /* there is room: see norm_fn */
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] & (char)0x80) {
			n = name_of_any(in, spell, o);
			break;
		}
		o[n] = kept[(unsigned char)in.p[i]];
		n += o[n] != 0;
	}
	if (n == 0)
		return NORM_UNUSABLE;
	out->n += n;
	return 0;
}

int norm_name(struct slice in, const char *country, struct buf *out)
{
	(void)country;
	return name(in, true, out);
}

int norm_name_city(struct slice in, const char *country, struct buf *out)
{
	(void)country;
	return name(in, false, out);
}
