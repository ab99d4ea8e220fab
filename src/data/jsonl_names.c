/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judged when the object ends. In nearly all objects every pair can be compared
 * by fingerprint; more names are sorted first. A hash table would be faster only
 * until somebody sends names that collide in it.
 */
#include "data/jsonl_names.h"

#include <stdint.h>
#include <stdlib.h>

#include "data/row.h"

#define FIRST_ROOM 64
#define FEW	   32 /* every pair is compared */

struct jsonl_names_entry {
	struct slice text;
	uint64_t print; /* differs where texts nearly always do */
};

void jsonl_names_fini(struct jsonl_names *s)
{
	free(s->entries);
	*s = (struct jsonl_names){0};
}

static inline uint64_t load(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* Short texts go into it whole, of longer ones both ends and the length. */
static inline uint64_t print_of(struct slice s)
{
	uint64_t head = 0, tail = 0;

	if (s.n >= 8) {
		head = load(s.p, 8);
		tail = load(s.p + s.n - 8, 8);
	} else if (s.n >= 4) {
		head = load(s.p, 4);
		tail = load(s.p + s.n - 4, 4);
	} else if (s.n > 0) {
		head = (unsigned char)s.p[0];
		tail = load(s.p + s.n / 2, 1) | load(s.p + s.n - 1, 1) << 8;
	}
	return head ^ (tail << 24 | tail >> 40) ^ (uint64_t)s.n << 56;
}

static int more_room(struct jsonl_names *s)
{
	size_t room = s->room ? 2 * s->room : FIRST_ROOM;
	void *entries;

	if (s->n == ROW_MAX_CELLS)
		return -ERR_TOO_LARGE;
	entries = reallocarray(s->entries, room, sizeof(*s->entries));
	if (!entries)
		return -ENOMEM;
	s->entries = entries;
	s->room = room;
	return 0;
}

int jsonl_names_add(struct jsonl_names *s, struct slice text)
{
	int r;

	if (s->n == s->room) {
		r = more_room(s);
		if (r < 0)
			return r;
	}
	s->entries[s->n++] = (struct jsonl_names_entry){text, print_of(text)};
	return 0;
}

static int compare(const void *va, const void *vb)
{
	const struct jsonl_names_entry *a = va, *b = vb;

	if (a->print != b->print)
		return a->print < b->print ? -1 : 1;
	if (a->text.n != b->text.n)
		return a->text.n < b->text.n ? -1 : 1;
	return memcmp(a->text.p, b->text.p, a->text.n);
}

static inline bool same(const struct jsonl_names_entry *a,
			const struct jsonl_names_entry *b)
{
	return a->print == b->print && slice_eq(a->text, b->text);
}

static bool twice_sorted(struct jsonl_names_entry *e, size_t n)
{
	qsort(e, n, sizeof(*e), compare);
	for (size_t i = 1; i < n; i++) {
		if (same(&e[i - 1], &e[i]))
			return true;
	}
	return false;
}

static bool twice(const struct jsonl_names_entry *e, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (same(&e[i], &e[j]))
				return true;
		}
	}
	return false;
}

bool jsonl_names_end(struct jsonl_names *s, size_t n)
{
	size_t own = s->n - n;

	s->n = n;
	if (own < 2)
		return true;
	if (own > FEW)
		return !twice_sorted(s->entries + n, own);
	return !twice(s->entries + n, own);
}
