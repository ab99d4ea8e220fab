/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule: upper case; cut into words; 12-B is two words, # always one; the words
 * in the country's list become what Amazon writes for them; joined without
 * blanks, in lower case. What stands in a list with its dots (C.SO) is looked
 * up before dots cut it.
 *
 * No word is kept anywhere: each is looked up by a short upper-case key and
 * then written from the input, so nothing is allocated. The lists hold their
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

struct work {
	const struct address_list *list;
	char *o; /* where the next byte goes */
	bool sigma;
};

static const struct address_list *list_of(const char *country)
{
	const struct address_list *l = address_tables;

	while (l->country[0] && strcmp(l->country, country) != 0)
		l++;
	return l;
}

/* The word in upper case, or no byte when it is too long for any list. */
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
			key[n++] = (char)(c - 'a' < 26 ? c & ~0x20u : c);
			continue;
		}
		ups = unicode_to_upper(c, up);
		for (size_t j = 0; j < ups; j++)
			n += unicode_encode(up[j], key + n);
	}
	return n;
}

static const struct address_word *look_up(const struct address_list *l, struct slice w)
{
	char key[ADDRESS_WORD_MAX + 12];
	size_t n = w.n <= 2 * ADDRESS_WORD_MAX ? make_key(w, key) : 0;
	uint32_t hash = 2166136261u; /* FNV-1a, as scripts/make-tables has it */

	if (n == 0 || n > ADDRESS_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)key[i]) * 16777619u;
	for (uint32_t at = hash & l->mask; l->slots[at]; at = (at + 1) & l->mask) {
		const struct address_word *word = &l->words[l->slots[at] - 1];

		if (word->n == n && memcmp(word->word, key, n) == 0)
			return word;
	}
	return NULL;
}

static void put_lower(struct work *w, uint32_t c)
{
	uint32_t up[3], low[3];
	size_t ups;

	if (c < 0x80) {
		*w->o++ = (char)(c - 'A' < 26 ? c | 0x20 : c);
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

static const bool separators[128] = {
	['\t'] = true, ['\n'] = true, ['\v'] = true, ['\f'] = true, ['\r'] = true,
	[' '] = true,  ['!'] = true,  ['('] = true,  [')'] = true,  [','] = true,
	['['] = true,  [']'] = true,  ['{'] = true,  ['}'] = true,
};

/* Bytes of the separator at p, 0 when it is none. */
static inline size_t separator(const char *p, size_t n)
{
	unsigned char first = (unsigned char)*p;
	uint32_t c;
	size_t k;

	if (first < 0x80)
		return separators[first];
	k = utf8_decode(p, n, &c);
	return k > 0 && text_space(c) ? k : 0;
}

/* Outside ASCII all counts as letters but Latin-1's signs, accents, general
 * punctuation and white space. */
static bool in_word(uint32_t c)
{
	if (c < 0x80)
		return c - '0' < 10 || c == '_' || (c | 0x20) - 'a' < 26;
	return c >= 0xc0 && c - 0x2000 >= 0x70 && !text_space(c) && unicode_class(c) == 0;
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

int norm_address(struct slice in, const char *country, struct buf *out)
{
	char *o = out->p + out->n; /* there is room: see norm_fn */
	struct work w = {list_of(country), o, false};
	size_t start = 0, i = 0;

	if (!unicode_is_ascii(in) && unicode_needs_nfc(in)) {
		size_t n = unicode_nfc(in, o);
		char *end = o + NORM_ROOM(in.n) - n; /* out of the result's way */

		memmove(end, o, n);
		in = slice_of(end, n);
	}
	while (i < in.n) {
		size_t k = care_of(in, start, i) ? 3 : separator(in.p + i, in.n - i);

		if (k > 0) {
			put_dotted(&w, slice_of(in.p + start, i - start));
			start = i + k;
		}
		i += k ? k : 1;
	}
	put_dotted(&w, slice_of(in.p + start, in.n - start));
	if (w.o == o)
		return NORM_UNUSABLE;
	if (w.sigma)
		unicode_end_sigmas(o, (size_t)(w.o - o));
	out->n += (size_t)(w.o - o);
	return 0;
}
