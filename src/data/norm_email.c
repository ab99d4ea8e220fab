/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule: the Amazon Ads API specification's. ASCII letters in lower case; only
 * a-z 0-9 . @ - stay, so underscores, plus signs (but not the text after them),
 * blanks and letters outside ASCII go; exactly one @ with something on both
 * sides. AWS's uploader keeps underscores and other letters, against the
 * specification, and so is not followed.
 *
 * An e and an acute behind it are the letter that is written as one elsewhere, and
 * which goes; so a letter goes when what follows makes it another (Unicode NFC). Of
 * that only as much is here as can touch ASCII letters: the marks U+0300..036F, any
 * other being taken for an end of the letter, and the Kelvin sign, which is a K.
 * Source: Unicode 15, UnicodeData.txt.
 */
#include "data/norm.h"

#include "base/utf8.h"

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

#define MARK_FIRST 0x300
#define MARK_LAST  0x36f
#define KELVIN	   0x212a

/* Where each mark sits (its combining class): above, below, cedilla, horn, other;
 * '-' is no mark. Of those in one place only the first can join the letter. */
static const char mark_place[MARK_LAST - MARK_FIRST + 2] =
	"aaaaaaaaaaaaaaaaaaaaaobbbbohbbbbbccbbbbccbbbbbbbbbbboooo"
	"obbbbaaaaaaaaoabbbaaabb-aaabbbbaobbaoooooooaaaaaaaaaaaaa";

static const struct {
	uint16_t mark;
	const char *letters; /* that it makes another letter of */
} joins[] = {
	{0x300, "aeinouwyAEINOUWY"},
	{0x301, "acegiklmnoprsuwyzACEGIKLMNOPRSUWYZ"},
	{0x302, "aceghijosuwyzACEGHIJOSUWYZ"},
	{0x303, "aeinouvyAEINOUVY"},
	{0x304, "aegiouyAEGIOUY"},
	{0x306, "aegiouAEGIOU"},
	{0x307, "abcdefghmnoprstwxyzABCDEFGHIMNOPRSTWXYZ"},
	{0x308, "aehiotuwxyAEHIOUWXY"},
	{0x309, "aeiouyAEIOUY"},
	{0x30a, "auwyAU"},
	{0x30b, "ouOU"},
	{0x30c, "acdeghijklnorstuzACDEGHIKLNORSTUZ"},
	{0x30f, "aeioruAEIORU"},
	{0x311, "aeioruAEIORU"},
	{0x31b, "ouOU"},
	{0x323, "abdehiklmnorstuvwyzABDEHIKLMNORSTUVWYZ"},
	{0x324, "uU"},
	{0x325, "aA"},
	{0x326, "stST"},
	{0x327, "cdeghklnrstCDEGHKLNRST"},
	{0x328, "aeiouAEIOU"},
	{0x32d, "delntuDELNTU"},
	{0x32e, "hH"},
	{0x330, "eiuEIU"},
	{0x331, "bdhklnrtzBDKLNRTZ"},
	{0x340, "aeinouwyAEINOUWY"},
	{0x341, "acegiklmnoprsuwyzACEGIKLMNOPRSUWYZ"},
	{0x344, "aehiotuwxyAEHIOUWXY"},
};

static bool joined(uint32_t mark, char letter)
{
	for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
		if (joins[i].mark == mark)
			return strchr(joins[i].letters, letter) != NULL;
	}
	return false;
}

/* What follows makes another letter of c. */
static bool is_eaten(char c, const char *p, size_t n)
{
	unsigned taken = 0;
	uint32_t mark = 0;
	size_t len;

	while ((len = utf8_decode(p, n, &mark)) > 0) {
		unsigned place;

		if (mark < MARK_FIRST || mark > MARK_LAST ||
		    mark_place[mark - MARK_FIRST] == '-')
			return false;
		place = 1u << (mark_place[mark - MARK_FIRST] - 'a');
		if (!(taken & place) && joined(mark, c))
			return true;
		taken |= place;
		p += len;
		n -= len;
	}
	return false;
}

/* Lead bytes of the marks, and of much else. */
static bool may_compose(struct slice in)
{
	return memchr(in.p, 0xcc, in.n) || memchr(in.p, 0xcd, in.n) ||
	       memmem(in.p, in.n, "\xe2\x84\xaa", 3);
}

/* The slow and complete way, for the few that need it. */
static size_t keep_uneaten(struct slice in, char *o)
{
	size_t to = 0, len;

	for (size_t i = 0; i < in.n; i += len) {
		uint32_t cp = 0;
		char c;

		len = utf8_decode(in.p + i, in.n - i, &cp);
		if (len == 0)
			break; /* never: the text is valid */
		cp = cp == KELVIN ? 'K' : cp;
		c = cp < 0x80 ? keep[cp] : 0;
		if (c && !is_eaten((char)cp, in.p + i + len, in.n - i - len))
			o[to++] = c;
	}
	return to;
}

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
	size_t n = in.n, at = 0;
	char *o = out->p + out->n; /* there is room: see norm_fn */
	bool gaps = false;

	for (size_t i = 0; i < n; i++) {
		char c = keep[(unsigned char)in.p[i]];

		o[i] = c;
		gaps |= c == 0;
		at += c == '@';
	}
	if (at != 1)
		return NORM_UNUSABLE;
	if (gaps) /* seldom, so the loop above need not care */
		n = may_compose(in) ? keep_uneaten(in, o) : squeeze(o, n);
	if (n == 0)
		return NORM_UNUSABLE;
	if (o[0] == '@' || o[n - 1] == '@') /* nothing on one side */
		return NORM_UNUSABLE;
	out->n += n;
	return 0;
}
