/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule: the Amazon Ads API specification's. ASCII letters in lower case; only
 * a-z 0-9 . @ - stay, so underscores, plus signs (but not the text after them),
 * blanks and letters outside ASCII go; exactly one @ with something on both
 * sides. AWS's uploader keeps underscores and other letters, against the
 * specification, and so is not followed.
 *
 * Nothing outside ASCII survives; but a letter goes together with an accent that
 * is written as a character of its own, as the composed letter does.
 */
#include "data/norm.h"

#include "data/unicode.h"

#define LOW(c) [(c)] = (c), [(c) - 'a' + 'A'] = (c)

/* What a byte becomes; 0 = dropped. */
static const char keep[256] = {
	LOW('a'),    LOW('b'),	  LOW('c'),    LOW('d'),    LOW('e'),	 LOW('f'),
	LOW('g'),    LOW('h'),	  LOW('i'),    LOW('j'),    LOW('k'),	 LOW('l'),
	LOW('m'),    LOW('n'),	  LOW('o'),    LOW('p'),    LOW('q'),	 LOW('r'),
	LOW('s'),    LOW('t'),	  LOW('u'),    LOW('v'),    LOW('w'),	 LOW('x'),
	LOW('y'),    LOW('z'),	  ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3',
	['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
	['.'] = '.', ['@'] = '@', ['-'] = '-',
};

/* Closes the gaps that dropped bytes left. */
static size_t squeeze(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		p[to] = p[i];
		to += p[i] != 0;
	}
	return to;
}

int norm_email(struct slice in, const char *country, struct buf *out)
{
	char *o = out->p + out->n; /* there is room: see norm_fn */
	size_t n, at = 0;
	bool gaps = false;

	if (!unicode_is_ascii(in) && unicode_needs_nfc(in))
		in = slice_of(o, unicode_nfc(in, o));
	n = in.n;
	for (size_t i = 0; i < n; i++) {
		char c = keep[(unsigned char)in.p[i]];

		o[i] = c;
		gaps |= c == 0;
		at += c == '@';
	}
	if (at != 1)
		return NORM_UNUSABLE;
	if (gaps) /* seldom, so the loop above need not care */
		n = squeeze(o, n);
	if (o[0] == '@' || o[n - 1] == '@') /* nothing on one side */
		return NORM_UNUSABLE;
	out->n += n;
	return 0;
}
