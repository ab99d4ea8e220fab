/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonref - JSON Lines once more, as slowly and simply as possible
 *
 * Byte by byte and with a list for everything, so that it shares no idea with the
 * reader that it is compared with. Expects valid UTF-8.
 */
#pragma once

#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "data/jsonl_object.h"
#include "data/row.h"
#include "portions.h"

#define REF_MOST 1024

struct ref_pair {
	struct buf key, cell;
	uint8_t kind;
	uint64_t breaks;
};

struct ref_pairs {
	struct ref_pair at[REF_MOST];
	size_t n;
};

struct ref {
	const char *p, *end;
};

static inline void ref_put(struct buf *b, char c)
{
	ENSURE(buf_addc(b, c) == 0);
}

static inline void ref_free(struct ref_pairs *all)
{
	for (size_t i = 0; i < all->n; i++) {
		buf_fini(&all->at[i].key);
		buf_fini(&all->at[i].cell);
	}
	free(all);
}

static inline struct ref_pair *ref_find(struct ref_pairs *all, const struct buf *key)
{
	for (size_t i = 0; i < all->n; i++) {
		if (slice_eq(buf_slice(&all->at[i].key), buf_slice(key)))
			return &all->at[i];
	}
	return NULL;
}

static inline char ref_next(struct ref *r)
{
	return r->p < r->end ? *r->p++ : '\0'; /* no text holds a NUL */
}

static inline char ref_space(struct ref *r)
{
	while (r->p < r->end && strchr(" \t\r\n", *r->p))
		r->p++;
	return r->p < r->end ? *r->p : '\0';
}

static inline bool ref_unit(struct ref *r, struct buf *raw, uint32_t *unit)
{
	char hex[5] = "";
	char *stop;

	for (int i = 0; i < 4; i++) {
		hex[i] = ref_next(r);
		if (!hex[i] || !strchr("0123456789abcdefABCDEF", hex[i]))
			return false;
		ref_put(raw, hex[i]);
	}
	*unit = (uint32_t)strtoul(hex, &stop, 16);
	return *stop == '\0';
}

static inline void ref_char(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		ref_put(b, (char)c);
	} else if (c < 0x800) {
		ref_put(b, (char)(0xc0 + c / 64));
		ref_put(b, (char)(0x80 + c % 64));
	} else if (c < 0x10000) {
		ref_put(b, (char)(0xe0 + c / 4096));
		ref_put(b, (char)(0x80 + c / 64 % 64));
		ref_put(b, (char)(0x80 + c % 64));
	} else {
		ref_put(b, (char)(0xf0 + c / 262144));
		ref_put(b, (char)(0x80 + c / 4096 % 64));
		ref_put(b, (char)(0x80 + c / 64 % 64));
		ref_put(b, (char)(0x80 + c % 64));
	}
}

static inline bool ref_escape(struct ref *r, struct buf *raw, uint32_t *c)
{
	static const char names[] = "\"\\/bfnrt", chars[] = "\"\\/\b\f\n\r\t";
	char x = ref_next(r);
	uint32_t low;

	if (!x)
		return false;
	ref_put(raw, x);
	if (x != 'u') {
		const char *at = strchr(names, x);

		*c = at ? (unsigned char)chars[at - names] : 0;
		return at != NULL;
	}
	if (!ref_unit(r, raw, c))
		return false;
	if (*c < 0xd800 || *c > 0xdfff)
		return *c != 0;
	if (*c > 0xdbff || ref_next(r) != '\\' || ref_next(r) != 'u')
		return false;
	ref_put(raw, '\\');
	ref_put(raw, 'u');
	if (!ref_unit(r, raw, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*c = 0x10000 + (*c % 0x400) * 0x400 + low % 0x400;
	return true;
}

/* raw gets it as spelled, plain without escapes and with its breaks as they are. */
static inline bool ref_quoted(struct ref *r, struct buf *raw, struct buf *plain)
{
	if (ref_next(r) != '"')
		return false;
	ref_put(raw, '"');
	for (;;) {
		char x = ref_next(r);
		uint32_t c;

		if ((unsigned char)x < 0x20)
			return false;
		ref_put(raw, x);
		if (x == '"')
			return true;
		if (x != '\\') {
			ref_put(plain, x);
			continue;
		}
		if (!ref_escape(r, raw, &c))
			return false;
		ref_char(plain, c);
	}
}

static inline uint64_t ref_breaks(struct buf *b)
{
	uint64_t breaks = 0;
	size_t to = 0;

	for (size_t i = 0; i < b->n; i++) {
		bool crlf = b->p[i] == '\r' && i + 1 < b->n && b->p[i + 1] == '\n';
		bool any = b->p[i] == '\r' || b->p[i] == '\n';

		b->p[to++] = any ? ' ' : b->p[i];
		breaks += any;
		i += crlf;
	}
	b->n = to;
	return breaks;
}

/* A number or a word: everything up to what may follow one. */
static inline bool ref_bare(struct ref *r, struct buf *raw)
{
	const char *s, *from;
	size_t digits;

	while (r->p < r->end && !strchr(" \t\r\n,]}", *r->p))
		ref_put(raw, *r->p++);
	s = buf_str(raw);
	if (!strcmp(s, "true") || !strcmp(s, "false") || !strcmp(s, "null"))
		return true;
	s += *s == '-';
	digits = strspn(s, "0123456789");
	if (digits == 0 || (digits > 1 && *s == '0'))
		return false;
	s += digits;
	if (*s == '.') {
		digits = strspn(++s, "0123456789");
		if (digits == 0)
			return false;
		s += digits;
	}
	if (*s != 'e' && *s != 'E')
		return *s == '\0';
	s++;
	s += *s == '+' || *s == '-';
	from = s;
	s += strspn(s, "0123456789");
	return s > from && *s == '\0';
}

static inline bool ref_value(struct ref *r, struct buf *raw, struct ref_pair *v,
			     int depth);

static inline bool ref_member(struct ref *r, struct buf *raw, struct ref_pairs *all,
			      int depth)
{
	struct ref_pair *v = &all->at[all->n];
	struct buf key = BUF_INIT(SIZE_MAX / 4);
	bool good;

	ENSURE(all->n < REF_MOST);
	good = ref_space(r) && ref_quoted(r, raw, &key);
	ref_breaks(&key);
	good = good && !ref_find(all, &key) && ref_space(r) == ':';
	if (!good) {
		buf_fini(&key);
		return false;
	}
	*v = (struct ref_pair){.key = key, .cell = BUF_INIT(SIZE_MAX / 4)};
	all->n++;
	ref_put(raw, ref_next(r));
	return ref_value(r, raw, v, depth);
}

/* all is NULL for an array. The text is added to raw. */
static inline bool ref_list(struct ref *r, struct buf *raw, struct ref_pairs *all,
			    int depth)
{
	const char close = all ? '}' : ']';

	if (depth > JSONL_OBJECT_DEPTH)
		return false;
	ref_put(raw, ref_next(r));
	while (ref_space(r) != close || raw->p[raw->n - 1] == ',') {
		struct ref_pair element = {.cell = BUF_INIT(SIZE_MAX / 4)};
		bool good = all ? ref_member(r, raw, all, depth)
				: ref_value(r, raw, &element, depth);

		buf_fini(&element.cell);
		if (!good)
			return false;
		if (ref_space(r) == close)
			break;
		if (ref_space(r) != ',')
			return false;
		ref_put(raw, ref_next(r));
	}
	ref_put(raw, ref_next(r));
	return true;
}

static inline bool ref_value(struct ref *r, struct buf *raw, struct ref_pair *v,
			     int depth)
{
	struct buf own = BUF_INIT(SIZE_MAX / 4);
	char first = ref_space(r);
	bool good;

	if (first == '"') {
		good = ref_quoted(r, &own, &v->cell);
		v->breaks = ref_breaks(&v->cell);
	} else if (first == '{' || first == '[') {
		struct ref_pairs *inner = calloc(1, sizeof(*inner));

		ENSURE(inner);
		good = ref_list(r, &own, first == '{' ? inner : NULL, depth + 1);
		ref_free(inner);
		v->kind = ROW_NESTED;
	} else {
		good = ref_bare(r, &own);
		v->kind = first == 't' || first == 'f' ? ROW_BOOL : ROW_TEXT;
	}
	if (own.n > 0)
		ENSURE(buf_add(raw, own.p, own.n) == 0);
	if (first != '"' && first != 'n' && own.n > 0)
		ENSURE(buf_add(&v->cell, own.p, own.n) == 0);
	buf_fini(&own);
	return good;
}

/* The line's members; NULL when it is not one object. */
static inline struct ref_pairs *ref_line(const char *p, const char *end)
{
	struct ref_pairs *all = calloc(1, sizeof(*all));
	struct buf raw = BUF_INIT(SIZE_MAX / 4);
	struct ref r = {p, end};
	bool good;

	ENSURE(all);
	good = ref_space(&r) == '{' && ref_list(&r, &raw, all, 1) && !ref_space(&r);
	buf_fini(&raw);
	if (good)
		return all;
	ref_free(all);
	return NULL;
}
