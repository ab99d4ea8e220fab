/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json-c, even when told to be strict, takes 'a', NaN, 1., 00 and raw control
 * characters; the digits of a number are later written as they came, so a text
 * that is not JSON could be passed on. Grammar: RFC 8259, sections 2, 6 and 7.
 */
#include "net/jsonlex.h"

#include "base/utf8.h"

bool jsonlex_utf8(struct slice t)
{
	size_t i = 0;

	while (i < t.n) {
		uint32_t cp = 0;
		size_t n = utf8_decode(t.p + i, t.n - i, &cp);

		if (n == 0 || cp == 0)
			return false;
		i += n;
	}
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The following take the rest of the text and give a token's length, 0 = none. */

static size_t digits(struct slice t, size_t from)
{
	size_t i = from;

	while (i < t.n && is_digit(t.p[i]))
		i++;
	return i - from;
}

static size_t number(struct slice t)
{
	size_t i = t.p[0] == '-';
	size_t n = digits(t, i);

	if (n == 0 || (n > 1 && t.p[i] == '0'))
		return 0;
	i += n;
	if (i < t.n && t.p[i] == '.') {
		n = digits(t, i + 1);
		if (n == 0)
			return 0;
		i += 1 + n;
	}
	if (i < t.n && (t.p[i] | 0x20) == 'e') {
		i++;
		i += i < t.n && (t.p[i] == '+' || t.p[i] == '-');
		n = digits(t, i);
		if (n == 0)
			return 0;
		i += n;
	}
	return i;
}

/* Escapes are the parser's to understand; here they only must not end the string. */
static size_t string(struct slice t)
{
	for (size_t i = 1; i < t.n; i++) {
		if (t.p[i] == '"')
			return i + 1;
		if ((unsigned char)t.p[i] < 0x20)
			return 0;
		i += t.p[i] == '\\';
	}
	return 0;
}

static size_t word(struct slice t)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if (t.n >= n && memcmp(t.p, words[i], n) == 0)
			return n;
	}
	return 0;
}

static size_t token(struct slice t)
{
	if (memchr("{}[],: \t\r\n", t.p[0], 10))
		return 1;
	if (t.p[0] == '"')
		return string(t);
	if (t.p[0] == '-' || is_digit(t.p[0]))
		return number(t);
	return word(t);
}

bool jsonlex_valid(struct slice t)
{
	if (!jsonlex_utf8(t))
		return false;
	while (t.n > 0) {
		size_t n = token(t);

		if (n == 0 || n > t.n)
			return false;
		t = slice_of(t.p + n, t.n - n);
	}
	return true;
}
