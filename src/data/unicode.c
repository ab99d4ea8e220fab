/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NFC: decompose into an array of characters, order the marks, compose, encode.
 * The array lies in the caller's room: no character takes more than 6 times its
 * UTF-8 there, nor 8 times together with the copy that ordering makes of the
 * longest run of marks. Ordering counts instead of comparing, so that a cell of
 * a million marks costs no more than another one.
 */
#include "data/unicode.h"

#include <string.h>

#include "base/utf8.h"
#include "data/unicode_tables.h"

/* Hangul syllables are composed by arithmetic (Unicode, section 3.12). */
enum {
	S_BASE = 0xac00,
	L_BASE = 0x1100,
	V_BASE = 0x1161,
	T_BASE = 0x11a7,
	L_COUNT = 19,
	V_COUNT = 21,
	T_COUNT = 28,
	S_COUNT = L_COUNT * V_COUNT * T_COUNT,
};

size_t unicode_encode(uint32_t c, char *p)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* The last of n sorted entries, each beginning with a character, that begins
 * with c or one before it; NULL when all begin after it. */
static const void *last_upto(const void *table, size_t n, size_t size, uint32_t c)
{
	const char *t = table;
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;
		uint32_t first;

		memcpy(&first, t + mid * size, sizeof(first));
		if (first <= c)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo ? t + (lo - 1) * size : NULL;
}

#define LAST_UPTO(table, c) last_upto(table, table##_n, sizeof(table[0]), c)

static uint32_t shifted(const struct unicode_shift *s, uint32_t c)
{
	if (!s || c > s->last || (c - s->first) % s->step != 0)
		return c;
	return (uint32_t)((int32_t)c + s->shift);
}

static size_t expanded(const struct unicode_expansion *e, uint32_t c, uint32_t out[3])
{
	size_t n = 0;

	if (!e || e->c != c)
		return 0;
	for (; n < 3 && e->to[n]; n++)
		out[n] = e->to[n];
	return n;
}

size_t unicode_to_upper(uint32_t c, uint32_t out[3])
{
	size_t n;

	if (c < 0x80) {
		out[0] = c - 'a' < 26 ? c - 'a' + 'A' : c;
		return 1;
	}
	if (c < 0xff && c != 0xb5 && c != 0xdf && c != 0xf7) { /* Latin-1 is frequent */
		out[0] = c < 0xe0 ? c : c - 0x20;
		return 1;
	}
	n = expanded(LAST_UPTO(unicode_upper_more, c), c, out);
	if (n > 0)
		return n;
	out[0] = shifted(LAST_UPTO(unicode_upper, c), c);
	return 1;
}

size_t unicode_to_lower(uint32_t c, uint32_t out[3])
{
	size_t n;

	if (c < 0x80) {
		out[0] = c - 'A' < 26 ? c - 'A' + 'a' : c;
		return 1;
	}
	if (c < 0x100) {
		out[0] = c - 0xc0 < 31 && c != 0xd7 ? c + 0x20 : c;
		return 1;
	}
	n = expanded(LAST_UPTO(unicode_lower_more, c), c, out);
	if (n > 0)
		return n;
	out[0] = shifted(LAST_UPTO(unicode_lower, c), c);
	return 1;
}

static uint32_t range_value(const struct unicode_range *r, uint32_t c)
{
	return r && c <= r->last ? r->value : 0;
}

enum { SIGMA_END, SIGMA_LETTER, SIGMA_PAST };

static uint32_t sigma_class(uint32_t c)
{
	if (c >= 0x80)
		return range_value(LAST_UPTO(unicode_sigma, c), c);
	if ((c | 0x20) - 'a' < 26)
		return SIGMA_LETTER;
	return c < 0x80 && c && strchr("'.:^`", (int)c) ? SIGMA_PAST : SIGMA_END;
}

void unicode_end_sigmas(char *p, size_t n)
{
	char *sigma = NULL; /* after a letter, and no letter after it yet */
	bool letter = false;
	uint32_t c;

	for (size_t i = 0, k; i < n; i += k) {
		uint32_t class;

		k = utf8_decode(p + i, n - i, &c);
		if (k == 0)
			return;
		class = sigma_class(c);
		if (class == SIGMA_PAST)
			continue;
		if (class == SIGMA_END && sigma)
			unicode_encode(0x3c2, sigma);
		sigma = class == SIGMA_LETTER && c == 0x3c3 && letter ? p + i : NULL;
		letter = class == SIGMA_LETTER;
	}
	if (sigma)
		unicode_encode(0x3c2, sigma);
}

int unicode_digit(uint32_t c)
{
	const uint32_t *zero;

	if (c < 0x80)
		return c - '0' < 10 ? (int)(c - '0') : -1;
	zero = LAST_UPTO(unicode_zeros, c);
	return zero && c - *zero < 10 ? (int)(c - *zero) : -1;
}

/* Neither a mark nor something that decomposes differently, and nothing that
 * joins the letter before it: Latin, kana, Chinese characters. */
static inline bool settled(uint32_t c)
{
	return c < 0x300 || (c >= 0x3030 && c <= 0x9fff && c != 0x3099 && c != 0x309a);
}

bool unicode_needs_nfc(struct slice s)
{
	unsigned char far = 0; /* no early end, as in unicode_is_ascii() */
	size_t i = 0;

	for (size_t j = 0; j < s.n; j++)
		far |= (unsigned char)s.p[j] >= 0xcc;
	if (!far) /* U+02FF is the last that begins with a byte before that */
		return false;
	while (i < s.n) {
		uint32_t c;
		size_t k = utf8_decode(s.p + i, s.n - i, &c);

		if (k == 0)
			return false;
		if (!settled(c))
			return true;
		i += k;
	}
	return false;
}

uint32_t unicode_class(uint32_t c)
{
	return c < 0x300 ? 0 : range_value(LAST_UPTO(unicode_classes, c), c);
}

static size_t decompose_hangul(uint32_t s, uint32_t *out)
{
	out[0] = L_BASE + s / (V_COUNT * T_COUNT);
	out[1] = V_BASE + s / T_COUNT % V_COUNT;
	out[2] = T_BASE + s % T_COUNT;
	return s % T_COUNT ? 3 : 2;
}

static uint32_t single(uint32_t c)
{
	const struct unicode_single *s = LAST_UPTO(unicode_singles, c);

	return s && s->c == c ? s->a : c;
}

static size_t decompose(uint32_t c, uint32_t *out)
{
	uint32_t rest[4]; /* no letter has more marks */
	size_t n = 0, k = 0;

	if (c < 0xc0) {
		out[0] = c;
		return 1;
	}
	if (c - S_BASE < S_COUNT)
		return decompose_hangul(c - S_BASE, out);
	c = single(c);
	while (k < 4) {
		const struct unicode_pair *p = LAST_UPTO(unicode_pairs, c);

		if (!p || p->c != c)
			break;
		c = p->a;
		rest[k++] = p->b;
	}
	out[n++] = c;
	while (k > 0)
		out[n++] = rest[--k];
	return n;
}

/* Sorts n marks by class, keeping the order within a class. */
static void order_marks(uint32_t *a, size_t n, uint32_t *copy)
{
	size_t at[256] = {0}, sum = 0;

	for (size_t i = 0; i < n; i++)
		at[unicode_class(a[i])]++;
	for (size_t i = 0; i < 256; i++) {
		size_t k = at[i];

		at[i] = sum;
		sum += k;
	}
	memcpy(copy, a, n * sizeof(*a));
	for (size_t i = 0; i < n; i++)
		a[at[unicode_class(copy[i])]++] = copy[i];
}

static void order(uint32_t *a, size_t n)
{
	size_t start = 0;
	uint32_t last = 0;
	bool sorted = true;

	for (size_t i = 0; i <= n; i++) {
		uint32_t class = i < n ? unicode_class(a[i]) : 0;

		if (class == 0) {
			if (!sorted)
				order_marks(a + start, i - start, a + n);
			start = i + 1;
			sorted = true;
		} else if (class < last) {
			sorted = false;
		}
		last = class;
	}
}

/* The character that a and b make, 0 when they make none. */
static uint32_t pair(uint32_t a, uint32_t b)
{
	size_t lo = 0, hi = unicode_whole_n;

	if (a - L_BASE < L_COUNT && b - V_BASE < V_COUNT)
		return S_BASE + ((a - L_BASE) * V_COUNT + b - V_BASE) * T_COUNT;
	if (a - S_BASE < S_COUNT && (a - S_BASE) % T_COUNT == 0 &&
	    b - T_BASE - 1 < T_COUNT - 1)
		return a + b - T_BASE;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct unicode_pair *p = &unicode_pairs[unicode_whole[mid]];

		if (p->a == a && p->b == b)
			return p->c;
		if (p->a < a || (p->a == a && p->b < b))
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

static size_t compose(uint32_t *a, size_t n)
{
	size_t to = 0, starter = n; /* n = none yet */
	uint32_t last = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t class = unicode_class(a[i]), made = 0;

		if (starter < n && (to == starter + 1 || last < class))
			made = pair(a[starter], a[i]);
		if (made) {
			a[starter] = made;
			continue;
		}
		if (class == 0)
			starter = to;
		last = class;
		a[to++] = a[i];
	}
	return to;
}

size_t unicode_nfc(struct slice s, char *room)
{
	uint32_t *a = (uint32_t *)(void *)room;
	size_t n = 0, out = 0, k;
	uint32_t c;

	for (size_t i = 0; i < s.n; i += k) {
		k = utf8_decode(s.p + i, s.n - i, &c);
		if (k == 0)
			break;
		n += decompose(c, a + n);
	}
	order(a, n);
	n = compose(a, n);
	for (size_t i = 0; i < n; i++) /* never catches up with i */
		out += unicode_encode(a[i], room + out);
	return out;
}
