/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most strings hold neither escape nor end for many bytes: next_special() passes
 * over eight of them at once. Escapes are judged once, where the string's end is
 * looked for, so that jsonl_string_plain() has nothing to doubt.
 */
#include "data/jsonl_string.h"

#include "data/bytes8.h"
#include "data/unicode.h"

/* The character behind a backslash, and what the two stand for. */
static const char escape_names[] = "\"\\/bfnrt";
static const char escape_chars[] = "\"\\/\b\f\n\r\t";

/* The first quote, backslash or control character; end when there is none. */
static inline const char *next_special(const char *p, const char *end)
{
	for (; end - p >= 8; p += 8) {
		uint64_t v = bytes8_load(p);
		uint64_t hit = bytes8_zero(v ^ bytes8_all('"')) |
			       bytes8_zero(v ^ bytes8_all('\\')) |
			       bytes8_less(v, bytes8_all(' '));

		if (hit)
			return p + bytes8_first(hit);
	}
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= ' ')
		p++;
	return p;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int pass_hex4(const char **pp, const char *end, uint32_t *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++) {
		int digit;

		if (*pp == end)
			return JSONL_CUT;
		digit = hex_digit(**pp);
		if (digit < 0)
			return JSONL_BAD;
		*unit = *unit << 4 | (uint32_t)digit;
		++*pp;
	}
	return JSONL_GOOD;
}

static bool is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* *pp is behind \u. */
static int pass_unicode(const char **pp, const char *end)
{
	uint32_t unit;
	int r;

	r = pass_hex4(pp, end, &unit);
	if (r != JSONL_GOOD)
		return r;
	if (unit == 0 || is_low(unit))
		return JSONL_BAD_CHARACTER;
	if (!is_high(unit))
		return JSONL_GOOD;
	for (const char *want = "\\u"; *want; want++) {
		if (*pp == end)
			return JSONL_CUT;
		if (**pp != *want)
			return JSONL_BAD_CHARACTER;
		++*pp;
	}
	r = pass_hex4(pp, end, &unit);
	if (r != JSONL_GOOD)
		return r;
	return is_low(unit) ? JSONL_GOOD : JSONL_BAD_CHARACTER;
}

/* *pp is behind a backslash. */
static int pass_escape(const char **pp, const char *end)
{
	char c;

	if (*pp == end)
		return JSONL_CUT;
	c = *(*pp)++;
	if (c == 'u')
		return pass_unicode(pp, end);
	return memchr(escape_names, c, sizeof(escape_names) - 1) ? JSONL_GOOD : JSONL_BAD;
}

int jsonl_string_pass(const char **pp, const char *end, bool *escaped)
{
	const char *p = *pp;
	int r;

	*escaped = false;
	for (;;) {
		p = next_special(p, end);
		if (p == end)
			return JSONL_CUT;
		if (*p == '"')
			break;
		if (*p != '\\')
			return JSONL_BAD;
		p++;
		*escaped = true;
		r = pass_escape(&p, end);
		if (r != JSONL_GOOD)
			return r;
	}
	*pp = p + 1;
	return JSONL_GOOD;
}

static uint32_t hex4(const char *p)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++)
		unit = unit << 4 | (uint32_t)hex_digit(p[i]);
	return unit;
}

/* The character of the escape at *pp, which moves behind it. */
static uint32_t take_escape(const char **pp)
{
	const char *p = *pp + 1;
	uint32_t c;

	if (*p != 'u') {
		const char *name = memchr(escape_names, *p, sizeof(escape_names) - 1);

		*pp = p + 1;
		return (unsigned char)escape_chars[name - escape_names];
	}
	c = hex4(p + 1);
	*pp = p + 5;
	if (is_high(c)) {
		c = 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 7) - 0xdc00);
		*pp = p + 11;
	}
	return c;
}

size_t jsonl_string_plain(char *out, struct slice s, uint32_t *breaks)
{
	const char *p = s.p, *end = s.p + s.n;
	const char *behind_cr = NULL; /* where an LF would belong to a CR */
	char *w = out;

	while (p < end) {
		const char *q = memchr(p, '\\', (size_t)(end - p));
		size_t n = (size_t)((q ? q : end) - p);
		uint32_t c;

		memcpy(w, p, n);
		w += n;
		if (!q)
			break;
		p = q;
		c = take_escape(&p);
		if (c == '\n' && w == behind_cr) {
			behind_cr = NULL;
		} else if (c == '\n' || c == '\r') {
			*w++ = ' ';
			++*breaks;
			behind_cr = c == '\r' ? w : NULL;
		} else {
			w += unicode_encode(c, w);
		}
	}
	return (size_t)(w - out);
}
