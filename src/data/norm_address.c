/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule: upper case; cut into words; 12-B is two words, # always one; the words
 * in the country's list become what Amazon writes for them; joined without
 * blanks, in lower case. What stands in a list with its dots (C.SO) is looked
 * up before dots cut it.
 *
 * No word is kept anywhere: each is looked up by a short key and then
 * written from the input, so nothing is allocated. The lists hold their
 * replacements in lower case already. Lower case is made of the upper one and
 * not directly, since that is how Amazon's side treats letters such as a sharp s.
 *
 * No character makes more than 6.5 times its bytes: "#P" in Spain.
 */
#include "data/norm.h"

#include "base/utf8.h"
#include "data/address_tables.h"
#include "data/text.h"
#include "data/unicode.h"
#include "data/wordhash.h"

struct work {
	const struct address_list *list;
	char *o;    /* where the next byte goes */
	bool ascii; /* the present word is nothing else */
	bool sigma;
};

static const struct address_list *list_of(const char *country)
{
	const struct address_list *l = address_tables;

	while (l->country[0] &&
	       (l->country[0] != country[0] || l->country[1] != country[1]))
		l++;
	return l;
}

static inline char ascii_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* The word in upper case, but ASCII letters in lower, as the lists have it; or no
 * byte when it is too long for any list. */
static size_t make_key(struct slice w, char *key)
{
	size_t n = 0, k;

	for (size_t i = 0; i < w.n; i += k) {
		uint32_t c, up[3];
		size_t ups;

		k = utf8_decode(w.p + i, w.n - i, &c);
		if (k == 0 || n >= ADDRESS_WORD_MAX)
			return 0;
		if (c < 0x80) {
			key[n++] = ascii_lower((char)c);
			continue;
		}
		ups = unicode_to_upper(c, up);
		for (size_t j = 0; j < ups; j++)
			n += unicode_encode(up[j] - 'A' < 26 ? up[j] | 0x20 : up[j],
					    key + n);
	}
	return n;
}

static inline const struct address_word *find(const struct address_list *l,
					      const char *key, size_t n, uint32_t hash)
{
	for (uint32_t at = wordhash_end(hash) & l->mask; l->slots[at];
	     at = (at + 1) & l->mask) {
		const struct address_word *word = &l->words[l->slots[at] - 1];

		if (word->n == n && word->word[0] == key[0] &&
		    memcmp(word->word, key, n) == 0)
			return word;
	}
	return NULL;
}

static const struct address_word *look_up(const struct address_list *l, struct slice w)
{
	char key[ADDRESS_WORD_MAX + 12];
	size_t n = w.n <= 2 * ADDRESS_WORD_MAX ? make_key(w, key) : 0;
	uint32_t hash = 0;

	if (n == 0 || n > ADDRESS_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++)
		hash = wordhash_step(hash, key[i]);
	return find(l, key, n, hash);
}

/* A word of ASCII characters: in lower case it is what is looked up, too. */
static void put_ascii(struct work *w, struct slice s)
{
	const struct address_word *found = NULL;
	char *o = w->o;
	uint32_t hash = 0;

	for (size_t i = 0; i < s.n; i++) {
		o[i] = ascii_lower(s.p[i]);
		hash = wordhash_step(hash, o[i]);
	}
	w->o = o + s.n;
	if (s.n == 0 || s.n > ADDRESS_WORD_MAX || (o[0] >= '0' && o[0] <= '9'))
		return; /* no list has such a word */
	found = find(w->list, o, s.n, hash);
	if (!found)
		return;
	memcpy(o, found->to, found->to_n);
	w->o = o + found->to_n;
}

static void put_lower(struct work *w, uint32_t c)
{
	uint32_t up[3], low[3];
	size_t ups;

	if (c < 0x80) {
		*w->o++ = ascii_lower((char)c);
		return;
	}
	ups = unicode_to_upper(c, up);
	for (size_t i = 0; i < ups; i++) {
		size_t lows = unicode_to_lower(up[i], low);

		for (size_t j = 0; j < lows; j++)
			w->o += unicode_encode(low[j], w->o);
		w->sigma |= low[0] == 0x3c3;
	}
}

static bool put_listed(struct work *w, struct slice word)
{
	const struct address_word *found = look_up(w->list, word);

	if (!found)
		return false;
	memcpy(w->o, found->to, found->to_n);
	w->o += found->to_n;
	return true;
}

static void put_word(struct work *w, struct slice word)
{
	size_t k;
	uint32_t c;

	if (w->ascii) {
		put_ascii(w, word);
		return;
	}
	if (word.n == 0 || put_listed(w, word))
		return;
	for (size_t i = 0; i < word.n; i += k) {
		k = utf8_decode(word.p + i, word.n - i, &c);
		if (k == 0)
			return;
		put_lower(w, c);
	}
}

/* Calls put for what stands between the signs, and with the sign where it
 * counts as a word. */
static void split_at(struct work *w, struct slice s, char sign, bool is_word,
		     void put(struct work *w, struct slice part))
{
	for (;;) {
		const char *at = s.n ? memchr(s.p, sign, s.n) : NULL;
		size_t n = at ? (size_t)(at - s.p) : s.n;

		put(w, slice_of(s.p, n));
		if (!at)
			return;
		if (is_word)
			put(w, slice_of(at, 1));
		s = slice_of(at + 1, s.n - n - 1);
	}
}

static void put_numbered(struct work *w, struct slice s)
{
	split_at(w, s, '#', true, put_word);
}

static bool all_digits(struct slice s)
{
	size_t k;
	uint32_t c;

	for (size_t i = 0; i < s.n; i += k) {
		k = utf8_decode(s.p + i, s.n - i, &c);
		if (k == 0 || unicode_digit(c) < 0)
			return false;
	}
	return s.n > 0;
}

/* 12-B is two words; 12-14, B-12, 1-2-B and 12- are one. */
static void put_dashed(struct work *w, struct slice s)
{
	const char *dash = s.n ? memrchr(s.p, '-', s.n) : NULL;
	struct slice head, tail;

	if (!dash) {
		put_numbered(w, s);
		return;
	}
	head = slice_of(s.p, (size_t)(dash - s.p));
	tail = slice_of(dash + 1, s.n - head.n - 1);
	if (tail.n == 0 || all_digits(tail) || !all_digits(head)) {
		put_numbered(w, s);
		return;
	}
	put_numbered(w, head);
	put_numbered(w, tail);
}

/* What has no separator but dots in it. */
static void put_dotted(struct work *w, struct slice s)
{
	if (s.n == 0)
		return;
	if (!memchr(s.p, '.', s.n))
		put_dashed(w, s);
	else if (!put_listed(w, s))
		split_at(w, s, '.', false, put_dashed);
}

/* What a byte means where words are cut: bits, to be gathered over a word. */
enum { SEPARATOR = 1, SLASH = 2, MARK = 4, BEYOND = 8 };

static const unsigned char meanings[128] = {
	['\t'] = SEPARATOR, ['\n'] = SEPARATOR, ['\v'] = SEPARATOR, ['\f'] = SEPARATOR,
	['\r'] = SEPARATOR, [' '] = SEPARATOR,	['!'] = SEPARATOR,  ['('] = SEPARATOR,
	[')'] = SEPARATOR,  [','] = SEPARATOR,	['['] = SEPARATOR,  [']'] = SEPARATOR,
	['{'] = SEPARATOR,  ['}'] = SEPARATOR,	['/'] = SLASH,	    ['.'] = MARK,
	['-'] = MARK,	    ['#'] = MARK,
};

/* Bytes of the white space outside ASCII at p, 0 when it is none. */
static size_t far_space(const char *p, size_t n)
{
	uint32_t c;
	size_t k = utf8_decode(p, n, &c);

	return k > 0 && text_space(c) ? k : 0;
}

/* Outside ASCII all counts as letters and numbers but accents, white space, and
 * what is only signs. */
static bool in_word(uint32_t c)
{
	static const uint32_t signs[][2] = {
		{0x80, 0xa9},	  {0xab, 0xb1},	    {0xb4, 0xb4},     {0xb6, 0xb8},
		{0xbb, 0xbb},	  {0xbf, 0xbf},	    {0xd7, 0xd7},     {0xf7, 0xf7},
		{0x2000, 0x206f}, {0x2190, 0x245f}, {0x2500, 0x2775}, {0x2794, 0x2bff},
		{0x3000, 0x3004}, {0x3008, 0x3020}, {0xff01, 0xff0f}, {0x1f000, 0x1faff},
	};

	if (c < 0x80)
		return c - '0' < 10 || c == '_' || (c | 0x20) - 'a' < 26;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (c >= signs[i][0] && c <= signs[i][1])
			return false;
	}
	return !text_space(c) && unicode_class(c) == 0;
}

static bool starts_in_word(const char *p, size_t n)
{
	uint32_t c;

	return utf8_decode(p, n, &c) > 0 && in_word(c);
}

static bool ends_in_word(const char *p, size_t n)
{
	size_t k = 1;

	while (k < n && k < 4 && ((unsigned char)p[n - k] & 0xc0) == 0x80)
		k++;
	return starts_in_word(p + n - k, k);
}

/* Is the word C/O at i, in what begins at start? It may lean on other signs,
 * but not on letters and digits. */
static bool care_of(struct slice s, size_t start, size_t i)
{
	const char *p = s.p + i;

	if (s.n - i < 3 || p[1] != '/' || (p[0] | 0x20) != 'c' || (p[2] | 0x20) != 'o')
		return false;
	if (i > start && ends_in_word(s.p + start, i - start))
		return false;
	return !starts_in_word(p + 3, s.n - i - 3);
}

static void put_cut(struct work *w, struct slice word, unsigned int seen)
{
	w->ascii = !(seen & BEYOND);
	if (seen & MARK)
		put_dotted(w, word);
	else
		put_word(w, word);
}

/* Where the next byte stands that means something; the end if none does. */
static inline size_t plain_until(struct slice in, size_t i)
{
	while (i < in.n && !((unsigned char)in.p[i] & 0x80) &&
	       !meanings[(unsigned char)in.p[i] & 0x7f])
		i++;
	return i;
}

static void put_words(struct work *w, struct slice in)
{
	size_t start = 0, i = plain_until(in, 0);
	unsigned int seen = 0;

	while (i < in.n) {
		unsigned char c = (unsigned char)in.p[i];
		unsigned int means = c < 0x80 ? meanings[c] : BEYOND;
		size_t end = i, k = 0;

		if (means == SEPARATOR) {
			k = 1;
		} else if (means == BEYOND) {
			k = far_space(in.p + i, in.n - i);
		} else if (means == SLASH && i > start && care_of(in, start, i - 1)) {
			end = i - 1;
			k = 2;
		}
		if (k == 0) {
			seen |= means;
			i = plain_until(in, i + 1);
			continue;
		}
		put_cut(w, slice_of(in.p + start, end - start), seen);
		seen = 0;
		start = i + k;
		i = plain_until(in, start);
	}
	put_cut(w, slice_of(in.p + start, in.n - start), seen);
}

int norm_address(struct slice in, const char *country, struct buf *out)
{
	char *o = out->p + out->n; /* there is room: see norm_fn */
	struct work w = {list_of(country), o, false, false};

	if (!unicode_is_ascii(in) && unicode_needs_nfc(in)) {
		size_t n = unicode_nfc(in, o);
		char *end = o + NORM_ROOM(in.n) - n; /* out of the result's way */

		memmove(end, o, n);
		in = slice_of(end, n);
	}
	put_words(&w, in);
	if (w.o == o)
		return NORM_UNUSABLE;
	if (w.sigma)
		unicode_end_sigmas(o, (size_t)(w.o - o));
	out->n += (size_t)(w.o - o);
	return 0;
}
