/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows libphonenumber: what stands before the first digit or plus goes; so does
 * an extension in any of the spellings that the library knows; the rest must be
 * digits and the signs that people put between them.
 *
 * It differs where the library would guess. Letters are keypad letters to it once
 * there are three (1-800-FLOWERS); in a customer file they are a remark, so what
 * stands behind the last digit goes, whatever it is. A word between digits makes the
 * cell unusable: two numbers, or an extension by a name that nobody knows, put
 * together would be somebody else's number. Underscores and middle dots are between
 * digits what dashes are. And what a spreadsheet made of a number (4.155e9,
 * 4155552671.0) has lost digits, or may have.
 *
 * Each character becomes one byte first: ASCII, letters in lower case, stands for
 * itself; of the others only what the rules name is told apart.
 *
 * Long, since the library knows many ways to write an extension, and they depend on
 * each other.
 */
#include "data/phonetext.h"

#include "base/utf8.h"
#include "data/unicode.h"

enum {
	NBSP = 0x80,
	PUNCT, /* dashes, brackets and the like: allowed between digits */
	WIDE_DOT,
	WIDE_TILDE,
	WIDE_HASH,
	OTHER, /* not allowed between digits */
	ACUTE, /* U+0301 */
	O_ACUTE,
	CYR_D,
	CYR_O,
	CYR_B,
	WIDE = 0x80, /* added to e i n t x for the wide letters of extensions */
};

struct text {
	unsigned char c[PHONETEXT_MAX];
	size_t n;
};

static unsigned char fold_named(uint32_t cp)
{
	switch (cp) {
	case 0xa0:
		return NBSP;
	case '_':
	case 0xad:
	case 0xb7:
	case 0x2022:
	case 0x30fb:
	case 0xff65:
	case 0x200b:
	case 0x2060:
	case 0x3000:
	case 0x30fc:
	case 0x2053:
	case 0x2212:
	case 0x223c:
	case 0xff08:
	case 0xff09:
	case 0xff0d:
	case 0xff0f:
	case 0xff3b:
	case 0xff3d:
		return PUNCT;
	case 0x301:
		return ACUTE;
	case 0xf3:
	case 0xd3:
		return O_ACUTE;
	case 0x414:
	case 0x434:
		return CYR_D;
	case 0x41e:
	case 0x43e:
		return CYR_O;
	case 0x411:
	case 0x431:
		return CYR_B;
	case 0xff03:
		return WIDE_HASH;
	case 0xff0b:
		return '+';
	case 0xff0e:
		return WIDE_DOT;
	case 0xff5e:
		return WIDE_TILDE;
	default:
		return 0;
	}
}

static unsigned char fold(uint32_t cp)
{
	int digit = unicode_digit(cp);
	unsigned char c;

	if (digit >= 0)
		return (unsigned char)('0' + digit);
	if (cp < 0x80 && cp != '_')
		return (unsigned char)(cp >= 'A' && cp <= 'Z' ? cp | 0x20 : cp);
	c = fold_named(cp);
	if (c)
		return c;
	if (cp >= 0x2010 && cp <= 0x2015)
		return PUNCT;
	if (cp >= 0xff21 && cp <= 0xff3a)
		cp += 0x20;
	if (cp >= 0xff41 && cp <= 0xff5a && strchr("eintx", (int)(cp - 0xff41 + 'a')))
		return (unsigned char)((cp - 0xff41 + 'a') | WIDE);
	return OTHER;
}

static bool fold_all(struct slice in, struct text *t)
{
	t->n = 0;
	while (in.n > 0) {
		uint32_t cp;
		size_t len = utf8_decode(in.p, in.n, &cp);

		if (len == 0 || t->n == PHONETEXT_MAX)
			return false;
		t->c[t->n++] = fold(cp);
		in.p += len;
		in.n -= len;
	}
	return true;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_punct(unsigned char c)
{
	static const bool is[0x80] = {
		['-'] = true, ['x'] = true, [' '] = true, ['('] = true,
		[')'] = true, ['['] = true, [']'] = true, ['.'] = true,
		['/'] = true, ['~'] = true, ['*'] = true,
	};

	return c < 0x80 ? is[c] : c <= WIDE_TILDE;
}

/* --- an extension --- */

static size_t skip_set(const struct text *t, size_t i, const char *set, bool nbsp)
{
	while (i < t->n && ((t->c[i] != 0 && t->c[i] < 0x80 && strchr(set, t->c[i])) ||
			    (nbsp && t->c[i] == NBSP)))
		i++;
	return i;
}

static size_t skip_digits(const struct text *t, size_t i)
{
	while (i < t->n && is_digit(t->c[i]))
		i++;
	return i;
}

static size_t skip_word(const struct text *t, size_t i, const char *word)
{
	size_t n = strlen(word);

	return n <= t->n - i && memcmp(t->c + i, word, n) == 0 ? i + n : i;
}

/* e?xt(ensio?n?)? in its spellings; 0 when none stands there. */
static size_t label_ext(const struct text *t, size_t i)
{
	size_t start, end;

	start = skip_word(t, i, "e");
	end = skip_word(t, start, "xt");
	if (end == start)
		return 0;
	start = end;
	end = skip_word(t, start, "ensi");
	if (end == start)
		return skip_word(t, end, "n");
	if (end < t->n && t->c[end] == O_ACUTE)
		end++;
	else if (skip_word(t, end, "o") > end)
		end = skip_word(t, end + 1, (const char[]){(char)ACUTE, 0});
	else
		return 0;
	return skip_word(t, end, "n");
}

static size_t label_wide(const struct text *t, size_t i)
{
	size_t start = skip_word(t, i, "\xe5"), end = skip_word(t, start, "\xf8\xf4");

	return end > start ? skip_word(t, end, "\xee") : 0;
}

/* Labels that leave no doubt. */
static size_t label_sure(const struct text *t, size_t i)
{
	static const char dob[] = {(char)CYR_D, (char)CYR_O, (char)CYR_B, 0};
	size_t end = label_ext(t, i);

	if (end == 0)
		end = label_wide(t, i);
	if (end == 0 && skip_word(t, i, dob) > i)
		end = skip_word(t, i, dob);
	if (end == 0 && skip_word(t, i, "anexo") > i)
		end = skip_word(t, i, "anexo");
	return end;
}

static size_t label_unsure(const struct text *t, size_t i)
{
	unsigned char c = i < t->n ? t->c[i] : 0;

	if (c == 'x' || c == '#' || c == '~' || c == (WIDE | 'x') || c == WIDE_HASH ||
	    c == WIDE_TILDE)
		return i + 1;
	if (skip_word(t, i, "int") > i)
		return i + 3;
	return skip_word(t, i, "\xe9\xee\xf4") > i ? i + 3 : 0;
}

/* Do the extension's own digits, at most max, end the text from here? */
static bool ends_so(const struct text *t, size_t i, size_t max)
{
	size_t end;

	if (i < t->n && (t->c[i] == ':' || t->c[i] == '.' || t->c[i] == WIDE_DOT))
		i++;
	i = skip_set(t, i, " \t,-", true);
	end = skip_digits(t, i);
	if (end == i || end - i > max)
		return false;
	return end == t->n || (end + 1 == t->n && t->c[end] == '#');
}

/* Is all that follows an extension? */
static bool is_extension(const struct text *t, size_t i)
{
	size_t at, end;

	if (is_digit(t->c[i]))
		return false;
	at = skip_word(t, i, ";ext=");
	if (at > i) {
		end = skip_digits(t, at);
		if (end == t->n && end > at && end - at <= 20)
			return true;
	}
	at = skip_set(t, i, " \t,", true);
	end = label_sure(t, at);
	if (end > 0 && ends_so(t, end, 20))
		return true;
	end = label_unsure(t, at);
	if (end > 0 && ends_so(t, end, 9))
		return true;
	at = skip_set(t, i, "- ", false);
	end = skip_digits(t, at);
	if (at > i && end > at && end - at <= 6 && end + 1 == t->n && t->c[end] == '#')
		return true;
	at = skip_set(t, i, " \t", true);
	if (skip_word(t, at, ",,") > at && ends_so(t, at + 2, 15))
		return true;
	if (skip_word(t, at, ";") > at && ends_so(t, at + 1, 15))
		return true;
	return skip_word(t, at, ",") > at && ends_so(t, skip_set(t, at, ",", false), 9);
}

/* --- the number before it --- */

/* Could the first n characters be a number, with or without an extension? */
static bool is_viable(const struct text *whole, size_t n)
{
	struct text t = *whole;
	size_t i = 0, digits = 0;

	t.n = n;
	if (n < 2)
		return false;
	if (is_digit(t.c[0]) && is_digit(t.c[1]) && (n == 2 || is_extension(&t, 2)))
		return true;
	while (i < n && t.c[i] == '+')
		i++;
	for (; i < n && digits < 3; i++) {
		if (is_digit(t.c[i]))
			digits++;
		else if (!is_punct(t.c[i]))
			return false;
	}
	if (digits < 3)
		return false;
	for (; i < n; i++) {
		if (is_extension(&t, i))
			return true;
		if (!is_punct(t.c[i]) && !is_digit(t.c[i]) && !is_letter(t.c[i]))
			return false;
	}
	return true;
}

/* 4.155e9, 4155552671.0, 4155552671.00 and their kin. */
static bool is_computed(const struct text *t)
{
	size_t i = t->n > 0 && (t->c[0] == '+' || t->c[0] == '-'), end, point;

	end = skip_digits(t, i);
	if (end == i)
		return false;
	point = end;
	if (end < t->n && (t->c[end] == '.' || t->c[end] == ','))
		end = skip_digits(t, end + 1);
	if (end == t->n) {
		for (i = point + 1; i < end && t->c[i] == '0'; i++)
			;
		return i == end && end > point + 1 && end <= point + 3;
	}
	if (t->c[end] != 'e')
		return false;
	i = end + 1;
	i += i < t->n && (t->c[i] == '+' || t->c[i] == '-');
	end = skip_digits(t, i);
	return end > i && end == t->n;
}

/* Drops what stands around the number; false when nothing is left. */
static bool crop(struct text *t)
{
	size_t i = 0;

	while (i < t->n && !is_digit(t->c[i]) && t->c[i] != '+')
		i++;
	t->n -= i;
	memmove(t->c, t->c + i, t->n);
	while (t->n > 0 && !is_digit(t->c[t->n - 1]) &&
	       !(t->c[t->n - 1] == '#' && t->n > 1 && is_digit(t->c[t->n - 2])))
		t->n--;
	for (i = 0; i < t->n; i++) { /* a second number: 583-6985 x302/x2303 */
		if ((t->c[i] == '/' || t->c[i] == '\\') &&
		    skip_word(t, skip_set(t, i + 1, " ", false), "x") >
			    skip_set(t, i + 1, " ", false))
			t->n = i;
	}
	for (i = 1; i < t->n; i++) {
		if (skip_word(t, i, ";isub=") > i)
			t->n = i;
	}
	return t->n > 0;
}

/* The short way for what nearly all numbers are: digits, the signs that no rule
 * but is_punct() knows, and pluses before them. False: take the long one. */
static bool read_plain(struct slice in, struct phonetext *out)
{
	static const unsigned char sign[256] = {
		['-'] = 1, [' '] = 1, ['('] = 1, [')'] = 1, ['.'] = 1, ['/'] = 1,
	};
	size_t n = 0, i = 0;

	if (in.n > PHONETEXT_MAX)
		return false;
	while (i < in.n && sign[(unsigned char)in.p[i]])
		i++;
	out->plus = i < in.n && in.p[i] == '+';
	while (i < in.n && in.p[i] == '+')
		i++;
	for (; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		out->d[n] = (char)c;
		if (is_digit(c))
			n++;
		else if (!sign[c])
			return false;
	}
	out->n = n;
	/* few digits, or .0 and .00 at the end: there is more to look at */
	return n > 2 && in.p[in.n - 2] != '.' && in.p[in.n - 3] != '.';
}

bool phonetext_read(struct slice in, struct phonetext *out)
{
	struct text t;
	size_t letters = 0;

	if (read_plain(in, out))
		return true;
	if (!fold_all(in, &t) || is_computed(&t) || !crop(&t) || !is_viable(&t, t.n))
		return false;
	for (size_t i = 0; i < t.n; i++) {
		if (!is_extension(&t, i))
			continue;
		if (is_viable(&t, i))
			t.n = i;
		break;
	}
	out->plus = t.c[0] == '+';
	out->n = 0;
	for (size_t i = 0; i < t.n; i++) {
		if (is_digit(t.c[i]))
			out->d[out->n++] = (char)t.c[i];
		letters += is_letter(t.c[i]);
	}
	return letters < 3;
}
