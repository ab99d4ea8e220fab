/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recursive descent that goes over the line once. Views of the line serve as
 * cells wherever nothing must be left out; the rest is copied into two buffers
 * of which neither needs more room than the line itself, since escapes are longer
 * than what they stand for and compact text is no longer than spelled-out text.
 * They never move, since cells point into them.
 *
 * Inside a container that is a value, each token is copied as it is passed; so
 * each inner container is a part of the outer one's copy, and an object in an
 * object in an object costs no more than one.
 */
#include "data/jsonl_object.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "data/row.h"

#define FIRST_ROOM 64
#define NOT_LISTED SIZE_MAX

int jsonl_object_init(struct jsonl_object *o, size_t max_bytes)
{
	int r;

	*o = (struct jsonl_object){0};
	buf_init(&o->plain, max_bytes);
	buf_init(&o->compact, max_bytes);
	r = buf_reserve(&o->plain, max_bytes);
	if (r == 0)
		r = buf_reserve(&o->compact, max_bytes);
	return r;
}

static void wipe(struct buf *b, size_t most)
{
	if (b->p)
		crypto_wipe(b->p, most);
	buf_fini(b);
}

void jsonl_object_fini(struct jsonl_object *o)
{
	wipe(&o->plain, o->plain_most);
	wipe(&o->compact, o->compact_most);
	free(o->members);
	jsonl_names_fini(&o->names);
	*o = (struct jsonl_object){0};
}

/* Passes JSON's white space. CUT when nothing follows it. */
static int pass_space(struct jsonl_object *o)
{
	while (o->p < o->end &&
	       (*o->p == ' ' || *o->p == '\t' || *o->p == '\r' || *o->p == '\n'))
		o->p++;
	return o->p == o->end ? JSONL_CUT : JSONL_GOOD;
}

/* What was passed since `from` belongs to the text of an outer container. */
static inline void copy(struct jsonl_object *o, const char *from)
{
	size_t n = (size_t)(o->p - from);

	if (o->depth < 2)
		return;
	memcpy(o->compact.p + o->compact.n, from, n);
	o->compact.n += n;
}

static inline void pass_mark(struct jsonl_object *o)
{
	o->p++;
	copy(o, o->p - 1);
}

/* A string in place of the next token: *text is without escapes. */
static int pass_string(struct jsonl_object *o, struct slice *text, uint32_t *breaks)
{
	const char *from = o->p++;
	bool escaped;
	int r;

	r = jsonl_string_pass(&o->p, o->end, &escaped);
	if (r != JSONL_GOOD)
		return r;
	copy(o, from);
	*text = slice_of(from + 1, (size_t)(o->p - from) - 2);
	if (escaped) {
		char *out = o->plain.p + o->plain.n;

		text->n = jsonl_string_plain(out, *text, breaks);
		text->p = out;
		o->plain.n += text->n;
	}
	return JSONL_GOOD;
}

static int pass_digits(struct jsonl_object *o)
{
	const char *from = o->p;

	while (o->p < o->end && *o->p >= '0' && *o->p <= '9')
		o->p++;
	if (o->p > from)
		return JSONL_GOOD;
	return o->p == o->end ? JSONL_CUT : JSONL_BAD;
}

static int pass_exponent(struct jsonl_object *o)
{
	o->p++;
	if (o->p < o->end && (*o->p == '+' || *o->p == '-'))
		o->p++;
	return pass_digits(o);
}

/* What may follow a number is its container's to judge. */
static int pass_number(struct jsonl_object *o)
{
	int r = JSONL_GOOD;

	if (*o->p == '-')
		o->p++;
	if (o->p < o->end && *o->p == '0')
		o->p++;
	else
		r = pass_digits(o);
	if (r == JSONL_GOOD && o->p < o->end && *o->p == '.') {
		o->p++;
		r = pass_digits(o);
	}
	if (r == JSONL_GOOD && o->p < o->end && (*o->p == 'e' || *o->p == 'E'))
		r = pass_exponent(o);
	return r;
}

static int pass_word(struct jsonl_object *o, const char *word)
{
	for (; *word; word++, o->p++) {
		if (o->p == o->end)
			return JSONL_CUT;
		if (*o->p != *word)
			return JSONL_BAD;
	}
	return JSONL_GOOD;
}

static int enter(struct jsonl_object *o)
{
	if (o->depth == JSONL_OBJECT_DEPTH)
		return JSONL_BAD_LIMIT;
	o->depth++;
	pass_mark(o);
	return pass_space(o);
}

static int leave(struct jsonl_object *o)
{
	pass_mark(o);
	o->depth--;
	return JSONL_GOOD;
}

static int more_room(struct jsonl_object *o)
{
	size_t room = o->room ? 2 * o->room : FIRST_ROOM;
	void *members = reallocarray(o->members, room, sizeof(*o->members));

	if (!members)
		return -ENOMEM;
	o->members = members;
	o->room = room;
	return 0;
}

/* *at is its place among the members, if it is listed there. */
static int add_member(struct jsonl_object *o, struct slice name, size_t *at)
{
	int r;

	*at = NOT_LISTED;
	r = jsonl_names_add(&o->names, name);
	if (r == -ERR_TOO_LARGE || o->n == ROW_MAX_CELLS)
		return JSONL_BAD_LIMIT;
	if (r == 0 && o->arrays == 0 && o->n == o->room)
		r = more_room(o);
	if (r < 0 || o->arrays > 0)
		return r;
	*at = o->n++;
	o->members[*at] = (struct jsonl_member){.name = name, .depth = (uint8_t)o->depth};
	return JSONL_GOOD;
}

static int pass_value(struct jsonl_object *o, size_t at);

static int pass_member(struct jsonl_object *o)
{
	struct slice name;
	uint32_t breaks = 0; /* in a name nobody counts them */
	size_t at;
	int r;

	if (*o->p != '"')
		return JSONL_BAD;
	r = pass_string(o, &name, &breaks);
	if (r == JSONL_GOOD)
		r = add_member(o, name, &at);
	if (r == JSONL_GOOD)
		r = pass_space(o);
	if (r != JSONL_GOOD)
		return r;
	if (*o->p != ':')
		return JSONL_BAD;
	pass_mark(o);
	r = pass_space(o);
	return r == JSONL_GOOD ? pass_value(o, at) : r;
}

static int pass_element(struct jsonl_object *o)
{
	return pass_value(o, NOT_LISTED);
}

/* Whatever stands between commas, up to the closing mark, which is not passed. */
static int pass_list(struct jsonl_object *o, char close,
		     int (*pass_one)(struct jsonl_object *))
{
	int r;

	r = enter(o);
	if (r != JSONL_GOOD || *o->p == close)
		return r;
	for (;;) {
		r = pass_one(o);
		if (r == JSONL_GOOD)
			r = pass_space(o);
		if (r != JSONL_GOOD || *o->p == close)
			return r;
		if (*o->p != ',')
			return JSONL_BAD;
		pass_mark(o);
		r = pass_space(o);
		if (r != JSONL_GOOD)
			return r;
	}
}

static int pass_object(struct jsonl_object *o)
{
	size_t outer = o->names.n;
	int r;

	r = pass_list(o, '}', pass_member);
	if (r != JSONL_GOOD)
		return r;
	if (!jsonl_names_end(&o->names, outer))
		return JSONL_BAD_TWICE;
	return leave(o);
}

static int pass_array(struct jsonl_object *o)
{
	int r;

	o->arrays++;
	r = pass_list(o, ']', pass_element);
	o->arrays--;
	return r == JSONL_GOOD ? leave(o) : r;
}

/* A container's text is its copy: made from here on, if it is the outermost. */
static int pass_container(struct jsonl_object *o, size_t at)
{
	size_t from = o->compact.n;
	int r;

	r = *o->p == '{' ? pass_object(o) : pass_array(o);
	if (r == JSONL_GOOD && at != NOT_LISTED) {
		o->members[at].value = slice_of(o->compact.p + from, o->compact.n - from);
		o->members[at].kind = ROW_NESTED;
	}
	return r;
}

static int pass_text(struct jsonl_object *o, size_t at)
{
	struct slice text;
	uint32_t breaks = 0;
	int r;

	r = pass_string(o, &text, &breaks);
	if (r == JSONL_GOOD && at != NOT_LISTED) {
		o->members[at].value = text;
		o->members[at].breaks = breaks;
	}
	return r;
}

static int pass_value(struct jsonl_object *o, size_t at)
{
	struct jsonl_member m = {.kind = ROW_TEXT};
	const char *from = o->p;
	int r;

	switch (*from) {
	case '"':
		return pass_text(o, at);
	case '{':
	case '[':
		return pass_container(o, at);
	case 't':
	case 'f':
		m.kind = ROW_BOOL;
		r = pass_word(o, *from == 't' ? "true" : "false");
		break;
	case 'n':
		m.null = true;
		r = pass_word(o, "null");
		break;
	default:
		r = pass_number(o);
	}
	if (r != JSONL_GOOD)
		return r;
	copy(o, from);
	if (at != NOT_LISTED) {
		o->members[at].value = slice_of(from, m.null ? 0 : (size_t)(o->p - from));
		o->members[at].kind = m.kind;
		o->members[at].null = m.null;
	}
	return JSONL_GOOD;
}

/* Returns r. */
static int note_most(struct jsonl_object *o, int r)
{
	if (o->plain.n > o->plain_most)
		o->plain_most = o->plain.n;
	if (o->compact.n > o->compact_most)
		o->compact_most = o->compact.n;
	return r;
}

int jsonl_object_read(struct jsonl_object *o, const char *p, size_t n)
{
	int r;

	o->n = o->names.n = 0;
	o->depth = o->arrays = 0;
	o->plain.n = o->compact.n = 0;
	o->p = p;
	o->end = p + n;
	r = pass_space(o);
	if (r != JSONL_GOOD || *o->p != '{')
		return JSONL_BAD;
	r = note_most(o, pass_object(o));
	if (r != JSONL_GOOD)
		return r;
	return pass_space(o) == JSONL_CUT ? JSONL_GOOD : JSONL_BAD;
}
