/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule: calling code and national number, digits only. It reproduces what Amazon's
 * own tool makes of its published and synthetic people: a number is read the way
 * libphonenumber reads it, and one with the calling code of the row's country is
 * accepted when it matches the country's general pattern. That is looser than the
 * library's verdict "valid" and stricter than its verdict "possible", by which one
 * with another country's calling code is judged. (Amazon's tool puts the row's
 * calling code before such a number; that is somebody else's, so we do not.)
 *
 * The patterns are automata over digits, the prefixes lists of alternatives; both
 * come from libphonenumber's metadata: see scripts/make-phone-tables. The order of
 * the steps below, and that some happen twice, is the library's.
 */
#include "data/norm.h"

#include "data/phonetext.h"

struct phone_region {
	char iso[2];	   /* "00" for the codes of no country */
	uint16_t code;	   /* calling code */
	bool main;	   /* the one that stands for the code */
	uint16_t general;  /* state to begin in for the general pattern */
	uint16_t abroad;   /* international prefixes */
	uint32_t possible; /* bit n: a number may have n digits */
	uint32_t local;	   /* ... but these only within its area */
	uint16_t trunk;	   /* national prefixes */
};

#include "data/norm_phone_tables.inc"

enum {
	SHORTEST = 2,
	LONGEST = 17, /* 15 by E.164, but Germany has longer ones */
	CODE_DIGITS = 3,
	ROOM = PHONETEXT_MAX + 16, /* a prefix may be replaced, by 4 digits at most */
	REPLACED_MAX = 4,
};

struct number {
	char d[ROOM];
	size_t n;
};

struct prefix {
	size_t n;	     /* digits it takes off */
	size_t keep, keep_n; /* digits of these that stay */
	uint16_t insert;     /* digits that come before them, +1 each, four bits each */
};

static bool is_accepted(uint16_t state, const struct number *x)
{
	unsigned int s = (unsigned int)state << 1;

	for (size_t i = 0; i < x->n; i++)
		s = states[s >> 1][x->d[i] - '0'];
	return x->n > 0 && (s & 1);
}

/* Only as much as there is: the room is many times that. */
static void copy(struct number *to, const struct number *x)
{
	memcpy(to->d, x->d, x->n);
	to->n = x->n;
}

static void cut(struct number *x, size_t n)
{
	x->n -= n;
	memmove(x->d, x->d + n, x->n);
}

/* prefixes[at]: how many alternatives; each is its length (0x80: nothing may follow),
 * where what stays of it starts and ends (255: nothing stays), what is inserted, and
 * a set of digits for each place. The first that fits counts. */
static bool prefix_find(uint16_t at, const struct number *x, struct prefix *out)
{
	const uint16_t *p = &prefixes[at];

	for (unsigned int left = *p++; left > 0; left--) {
		size_t n = p[0] & 0x7f, i = 0;

		if (n <= x->n && (!(p[0] & 0x80) || n == x->n)) {
			while (i < n && (p[4 + i] >> (x->d[i] - '0') & 1))
				i++;
			if (i == n) {
				bool keeps = p[1] != 255;

				*out = (struct prefix){n, keeps ? p[1] : n,
						       keeps ? p[2] - p[1] : 0, p[3]};
				return true;
			}
		}
		p += 4 + n;
	}
	return false;
}

/* The number without its trunk prefix, or as it should have been dialled. */
static void strip_trunk(const struct phone_region *r, struct number *x)
{
	struct number out;
	struct prefix p;

	if (x->n == 0 || !prefix_find(r->trunk, x, &p))
		return;
	out.n = 0;
	for (unsigned int i = 0; i < REPLACED_MAX; i++) {
		unsigned int c = p.insert >> 4 * i & 15;

		if (c)
			out.d[out.n++] = (char)('0' + c - 1);
	}
	memcpy(out.d + out.n, x->d + p.keep, p.keep_n);
	out.n += p.keep_n;
	if (out.n + x->n - p.n > PHONETEXT_MAX)
		return; /* far too long anyway */
	memcpy(out.d + out.n, x->d + p.n, x->n - p.n);
	out.n += x->n - p.n;
	if (is_accepted(r->general, x) && !is_accepted(r->general, &out))
		return;
	copy(x, &out);
}

static bool strip_abroad(const struct phone_region *r, struct number *x)
{
	struct prefix p;

	if (!prefix_find(r->abroad, x, &p) || (p.n < x->n && x->d[p.n] == '0'))
		return false; /* no calling code begins with 0 */
	cut(x, p.n);
	return true;
}

static const struct phone_region *region_of(const char *country)
{
	unsigned int a = (unsigned char)country[0] - 'A', b, at;

	if (a >= 26)
		return NULL;
	b = (unsigned char)country[1] - 'A';
	at = b < 26 ? region_at[a * 26 + b] : 0;
	return at ? &regions[at - 1] : NULL;
}

static const struct phone_region *region_of_code(unsigned int code)
{
	unsigned int at = code < sizeof(main_at) ? main_at[code] : 0;

	return at ? &regions[at - 1] : NULL;
}

/* No calling code is the beginning of another one. */
static const struct phone_region *take_code(struct number *x)
{
	unsigned int code = 0;

	for (size_t i = 0; i < CODE_DIGITS && i < x->n; i++) {
		const struct phone_region *r;

		code = code * 10 + (unsigned int)(x->d[i] - '0');
		r = code > 0 && x->d[0] != '0' ? region_of_code(code) : NULL;
		if (r) {
			cut(x, i + 1);
			return r;
		}
	}
	return NULL;
}

/* International, with what tells so already off. */
static const struct phone_region *read_abroad(struct number *x)
{
	return x->n > SHORTEST ? take_code(x) : NULL;
}

enum length { FITS, TOO_LONG, UNFIT };

static enum length length_of(const struct phone_region *r, size_t n)
{
	if (n > LONGEST)
		return TOO_LONG;
	if (r->local >> n & 1)
		return UNFIT;
	if (r->possible >> n & 1)
		return FITS;
	return r->possible >> n == 0 ? TOO_LONG : UNFIT;
}

/* The calling code of the row's own country without a plus: off when the number is
 * none with it and one without. */
static bool strip_own_code(const struct phone_region *own, struct number *x)
{
	struct number shorter;
	unsigned int code = own->code;
	size_t n = 1 + (code > 9) + (code > 99);

	for (size_t i = n; i > 0; i--, code /= 10) {
		if (n > x->n || x->d[i - 1] != (char)('0' + code % 10))
			return false;
	}
	shorter.n = x->n - n;
	memcpy(shorter.d, x->d + n, shorter.n);
	strip_trunk(own, &shorter);
	if (length_of(own, x->n) != TOO_LONG &&
	    (is_accepted(own->general, x) || !is_accepted(own->general, &shorter)))
		return false;
	copy(x, &shorter);
	return true;
}

/* Whose number it is, x being left as the national number; NULL for nobody's. */
static const struct phone_region *whose(const struct phone_region *own, bool plus,
					struct number *x, bool *came_with_code)
{
	const struct phone_region *r;

	*came_with_code = true;
	if (plus) {
		r = read_abroad(x);
		if (r || !own || x->n <= SHORTEST)
			return r;
		/* +00 44 ... */
		return strip_abroad(own, x) ? read_abroad(x) : NULL;
	}
	if (!own)
		return NULL;
	if (strip_abroad(own, x))
		return read_abroad(x);
	if (strip_own_code(own, x))
		return region_of_code(own->code);
	*came_with_code = false;
	return own;
}

static bool is_wanted(const struct phone_region *own, const struct phone_region *r,
		      const struct number *x, bool came_with_code)
{
	if (!own || own->code != r->code)
		return length_of(r, x->n) == FITS;
	if (memcmp(own->iso, "GB", 2) == 0 && came_with_code)
		return is_accepted(VALID_44, x);
	if (is_accepted(own->general, x))
		return true;
	/* Those who share a calling code share the plan. Canada's fellows are many. */
	if (memcmp(own->iso, "CA", 2) == 0)
		return is_accepted(VALID_1, x);
	return !own->main && is_accepted(region_of_code(own->code)->general, x);
}

int norm_phone(struct slice in, const char *country, struct buf *out)
{
	const struct phone_region *own = region_of(country), *r;
	struct phonetext text;
	struct number x, shorter;
	bool came_with_code;
	char *o = out->p + out->n; /* there is room: see norm_fn */
	size_t n = 0;

	if (!phonetext_read(in, &text))
		return NORM_UNUSABLE;
	memcpy(x.d, text.d, text.n);
	x.n = text.n;
	r = whose(own, text.plus, &x, &came_with_code);
	if (!r || x.n < SHORTEST)
		return NORM_UNUSABLE;
	copy(&shorter, &x);
	strip_trunk(r, &shorter);
	if (length_of(r, shorter.n) != UNFIT)
		copy(&x, &shorter);
	if (x.n < SHORTEST || x.n > LONGEST || !is_wanted(own, r, &x, came_with_code))
		return NORM_UNUSABLE;
	if (r->code > 99)
		o[n++] = (char)('0' + r->code / 100);
	if (r->code > 9)
		o[n++] = (char)('0' + r->code / 10 % 10);
	o[n++] = (char)('0' + r->code % 10);
	memcpy(o + n, x.d, x.n);
	out->n += n + x.n;
	return 0;
}
