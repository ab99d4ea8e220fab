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

/* What a byte becomes is the lowest byte; the rest is to be added up: how many are
 * an @, and how many stay. One loop over a table is the fastest way for values of
 * this length. */
#define AT	  UINT64_C(0x100)
#define KEPT	  UINT64_C(0x100000000)
#define FEW	  0xffffff /* as many @ cannot be taken for something else */
#define SIGN(c)	  [(c)] = (c) | KEPT
#define LETTER(c) SIGN(c), [(c) - 'a' + 'A'] = (c) | KEPT

static const uint64_t kept[256] = {
	LETTER('a'), LETTER('b'), LETTER('c'),
	LETTER('d'), LETTER('e'), LETTER('f'),
	LETTER('g'), LETTER('h'), LETTER('i'),
	LETTER('j'), LETTER('k'), LETTER('l'),
	LETTER('m'), LETTER('n'), LETTER('o'),
	LETTER('p'), LETTER('q'), LETTER('r'),
	LETTER('s'), LETTER('t'), LETTER('u'),
	LETTER('v'), LETTER('w'), LETTER('x'),
	LETTER('y'), LETTER('z'), SIGN('0'),
	SIGN('1'),   SIGN('2'),	  SIGN('3'),
	SIGN('4'),   SIGN('5'),	  SIGN('6'),
	SIGN('7'),   SIGN('8'),	  SIGN('9'),
	SIGN('.'),   SIGN('-'),	  ['@'] = '@' | AT | KEPT,
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

/* As the loop of norm_email() finds it nearly always: all stay, and one is an @. */
static bool is_plain(uint64_t counts, size_t n)
{
	return n <= FEW && counts == n * KEPT + AT;
}

static bool has_one_at(const char *p, size_t n)
{
	const char *at = n ? memchr(p, '@', n) : NULL;

	return at && !memchr(at + 1, '@', n - (size_t)(at - p) - 1);
}

int norm_email(struct slice in, const char *country, struct buf *out)
{
	char *o = out->p + out->n; /* there is room: see norm_fn */
	uint64_t counts = 0;
	size_t n;

	if (!unicode_is_ascii(in) && unicode_needs_nfc(in))
		in = slice_of(o, unicode_nfc(in, o));
	n = in.n;
	for (size_t i = 0; i < n; i++) {
		uint64_t c = kept[(unsigned char)in.p[i]];

		o[i] = (char)c;
		counts += c & ~UINT64_C(0xff);
	}
	if (!is_plain(counts, n)) {
		n = squeeze(o, n);
		if (!has_one_at(o, n))
			return NORM_UNUSABLE;
	}
	if (o[0] == '@' || o[n - 1] == '@') /* nothing on one side */
		return NORM_UNUSABLE;
	out->n += n;
	return 0;
}
