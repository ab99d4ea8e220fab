/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are found by binary search, and nearly always without it: objects have
 * their members in the same order, so each key remembers which one came behind it
 * last time. The table is small and its order cannot be attacked as a hash could.
 *
 * All names of the line's own object are keys, since even those that nobody wants
 * are told once. Of nested ones only those are, as "outer.inner", that the data
 * set wants: their number is not the input's to choose, and asking again costs
 * less than remembering.
 *
 * Names are added at the end only, so jsonl_keys_forget() can take the latest away.
 */
#include "data/jsonl_keys.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "data/jsonl_refuse.h"

#define NONE SIZE_MAX

/* The cell of a member that the line does not have, told by its address. */
static const char missing[1] = "";

struct key {
	struct slice name;
	size_t column; /* NONE = is none */
	size_t next;   /* came behind this one last time */
	bool top;      /* a name of the line's own object */
	bool wanted;
	bool split; /* columns are made of its members instead */
};

struct jsonl_keys {
	const struct jsonl_opts *opts;
	struct buf text; /* of the names; never moves */
	size_t n;
	struct key keys[JSONL_MAX_KEYS]; /* in the order of their appearance */
	size_t sorted[JSONL_MAX_KEYS];
	size_t first; /* as key.next, of the start */
	size_t n_columns;
	struct slice cells[JSONL_MAX_KEYS];
	uint8_t kinds[JSONL_MAX_KEYS];
	size_t filled[JSONL_MAX_KEYS]; /* columns whose cells are not missing */
	size_t n_filled;	       /* few, where lines have few of many keys */
	char path[JSONL_KEYS_PATH];
	size_t path_n[JSONL_OBJECT_DEPTH + 1]; /* by depth; NONE = too long */
};

int jsonl_keys_new(struct jsonl_keys **out, const struct jsonl_opts *opts)
{
	struct jsonl_keys *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->opts = opts;
	buf_init(&k->text, JSONL_KEYS_BYTES);
	r = buf_reserve(&k->text, JSONL_KEYS_BYTES);
	if (r < 0) {
		free(k);
		return r;
	}
	*out = k;
	return 0;
}

void jsonl_keys_free(struct jsonl_keys *k)
{
	if (!k)
		return;
	crypto_wipe(k->text.p, k->text.n);
	crypto_wipe(k->path, sizeof(k->path));
	buf_fini(&k->text);
	free(k);
}

static bool wanted(const struct jsonl_keys *k, struct slice name)
{
	return k->opts->wanted && k->opts->wanted(k->opts->ctx, name);
}

static int compare(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return memcmp(a.p, b.p, a.n);
}

/* The place in sorted where name is, or else belongs. */
static size_t place_of(const struct jsonl_keys *k, struct slice name)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(k->keys[k->sorted[mid]].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* *hint is where the number that is returned was last time; NONE = no key. */
static size_t find(struct jsonl_keys *k, struct slice name, size_t *hint)
{
	size_t place, at = *hint;

	if (at < k->n && slice_eq(k->keys[at].name, name))
		return at;
	place = place_of(k, name);
	if (place == k->n)
		return NONE;
	at = k->sorted[place];
	if (!slice_eq(k->keys[at].name, name))
		return NONE;
	*hint = at;
	return at;
}

/* A name that is not known yet. */
static int add(struct jsonl_keys *k, struct slice name, uint64_t line,
	       struct problem *prob)
{
	size_t place;

	if (k->n == JSONL_MAX_KEYS || name.n > JSONL_KEYS_BYTES - k->text.n)
		return jsonl_refuse_keys(prob, line);
	place = place_of(k, name);
	memmove(k->sorted + place + 1, k->sorted + place,
		(k->n - place) * sizeof(*k->sorted));
	k->sorted[place] = k->n;
	memcpy(k->text.p + k->text.n, name.p, name.n);
	k->keys[k->n] = (struct key){
		.name = slice_of(k->text.p + k->text.n, name.n),
		.column = NONE,
		.next = k->n + 1,
		.wanted = wanted(k, name),
	};
	k->text.n += name.n;
	k->n++;
	return 0;
}

/* The member's name behind those of the objects that it is in, all of which this
 * has seen before. False when it is too long for a column. */
static bool make_path(struct jsonl_keys *k, const struct jsonl_member *m,
		      struct slice *path)
{
	size_t n = m->depth > 1 ? k->path_n[m->depth - 1] : 0;

	k->path_n[m->depth] = NONE;
	if (n == NONE || m->name.n >= sizeof(k->path) - n)
		return false;
	if (m->depth > 1)
		k->path[n++] = '.';
	memcpy(k->path + n, m->name.p, m->name.n);
	n += m->name.n;
	k->path_n[m->depth] = n;
	*path = slice_of(k->path, n);
	return true;
}

/* Behind the member and those of the objects in it. */
static size_t behind(const struct jsonl_object *o, size_t at)
{
	do
		at++;
	while (at < o->n && o->members[at].depth > 1);
	return at;
}

static bool begin_paths(struct jsonl_keys *k, const struct jsonl_member *m)
{
	struct slice path;

	return make_path(k, m, &path);
}

/* A name as a key, which is made if it is none yet. */
static int learn(struct jsonl_keys *k, struct slice name, uint64_t line, size_t *at,
		 struct problem *prob)
{
	size_t hint = NONE;

	*at = find(k, name, &hint);
	if (*at != NONE)
		return 0;
	*at = k->n;
	return add(k, name, line, prob);
}

/* The members from..to of the objects in one of the line's own members. */
static int learn_nested(struct jsonl_keys *k, const struct jsonl_member *from,
			const struct jsonl_member *to, uint64_t line,
			struct problem *prob)
{
	struct key *outer;
	size_t at = NONE, hint = NONE;

	outer = &k->keys[find(k, from->name, &hint)];
	if (!begin_paths(k, from))
		return 0;
	while (++from < to) {
		struct slice path;
		int r;

		if (!make_path(k, from, &path) || !wanted(k, path))
			continue;
		outer->split = true;
		r = learn(k, path, line, &at, prob);
		if (r < 0)
			return r;
	}
	return 0;
}

int jsonl_keys_learn(struct jsonl_keys *k, const struct jsonl_object *o, uint64_t line,
		     struct problem *prob)
{
	for (size_t i = 0; i < o->n;) {
		size_t to = behind(o, i), at;
		int r;

		r = learn(k, o->members[i].name, line, &at, prob);
		if (r < 0)
			return r;
		k->keys[at].top = true;
		r = learn_nested(k, o->members + i, o->members + to, line, prob);
		if (r < 0)
			return r;
		i = to;
	}
	return 0;
}

void jsonl_keys_fix(struct jsonl_keys *k, struct row *row)
{
	for (size_t i = 0; i < k->n; i++) {
		struct key *key = &k->keys[i];

		if (!key->wanted && (!key->top || key->split))
			continue;
		k->kinds[k->n_columns] = ROW_TEXT;
		k->cells[k->n_columns] = key->name;
		k->filled[k->n_filled++] = k->n_columns;
		key->column = k->n_columns++;
	}
	row->cells = k->cells;
	row->kinds = k->kinds;
	row->n = k->n_columns;
}

static void empty_cells(struct jsonl_keys *k)
{
	while (k->n_filled > 0) {
		size_t column = k->filled[--k->n_filled];

		k->cells[column] = slice_of(missing, 0);
		k->kinds[column] = ROW_TEXT;
	}
}

/* Two members are one column only when a name has the dot in it. */
static void put(struct jsonl_keys *k, size_t column, const struct jsonl_member *m,
		struct row *row)
{
	if (k->cells[column].p != missing)
		row->flaw = ROW_NOT_JSON;
	else
		k->filled[k->n_filled++] = column;
	k->cells[column] = m->value;
	k->kinds[column] = m->kind;
	row->breaks += m->breaks;
}

/* It has no column, though it should. */
static void miss(const struct jsonl_member *m, struct row *row)
{
	if (!m->null && row->flaw == ROW_GOOD)
		row->flaw = ROW_LATE_KEY;
}

/* True when one of the names is wanted. *hint moves on to the last key found. */
static bool row_nested(struct jsonl_keys *k, const struct jsonl_member *from,
		       const struct jsonl_member *to, size_t **hint, struct row *row)
{
	bool any = false;

	if (from + 1 == to || !begin_paths(k, from))
		return false;
	while (++from < to) {
		struct slice path;
		size_t at;

		if (!make_path(k, from, &path))
			continue;
		at = find(k, path, *hint);
		if (at != NONE && k->keys[at].column != NONE && k->keys[at].wanted) {
			*hint = &k->keys[at].next;
			put(k, k->keys[at].column, from, row);
			any = true;
		} else if (wanted(k, path)) {
			miss(from, row);
			any = true;
		}
	}
	return any;
}

static int tell(struct jsonl_keys *k, struct slice name, uint64_t line,
		struct problem *prob)
{
	int r = add(k, name, line, prob);

	if (r < 0 || !k->opts->ignored)
		return r;
	return k->opts->ignored(k->opts->ctx, name);
}

int jsonl_keys_row(struct jsonl_keys *k, const struct jsonl_object *o, struct row *row,
		   struct problem *prob)
{
	size_t *hint = &k->first;
	int r = 0;

	empty_cells(k);
	for (size_t i = 0; i < o->n && r == 0;) {
		const struct jsonl_member *m = &o->members[i];
		size_t to = behind(o, i), at = find(k, m->name, hint);
		bool split;

		if (at != NONE)
			hint = &k->keys[at].next;
		split = row_nested(k, m, o->members + to, &hint, row);
		if (at != NONE && k->keys[at].column != NONE)
			put(k, k->keys[at].column, m, row);
		else if (at != NONE ? k->keys[at].wanted : wanted(k, m->name))
			miss(m, row);
		else if (at == NONE && !split)
			r = tell(k, m->name, row->line, prob);
		i = to;
	}
	row->cells = k->cells;
	row->kinds = k->kinds;
	row->n = k->n_columns;
	if (row->flaw != ROW_GOOD)
		row->n = row->breaks = 0;
	return r;
}

size_t jsonl_keys_count(const struct jsonl_keys *k)
{
	return k->n;
}

void jsonl_keys_forget(struct jsonl_keys *k, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (k->sorted[i] < count)
			k->sorted[n++] = k->sorted[i];
	}
	while (k->n > count) {
		size_t len = k->keys[--k->n].name.n;

		k->text.n -= len;
		crypto_wipe(k->text.p + k->text.n, len); /* the end wipes up to text.n */
	}
}
