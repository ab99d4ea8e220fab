/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for the worst case is reserved once per cell, so that the copying loops
 * need no checks. A backslash needs no quotes: the upload declares the quote
 * character as its own escape.
 */
#include "data/csvout.h"

#include <stdbool.h>
#include <stdint.h>

static int separate(struct csvout *o, size_t room)
{
	struct buf *b = o->out;
	int r = 0;

	if (!b->p || b->cap - b->n <= room)
		r = buf_reserve(b, room + 1);
	if (r < 0)
		return r;
	if (o->cells++ > 0)
		o->out->p[o->out->n++] = ',';
	return 0;
}

static bool needs_quotes(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == ',' || c == '"' || c == '\n' || c == '\r')
			return true;
	}
	return false;
}

int csvout_bare(struct csvout *o, const char *p, size_t n)
{
	int r = separate(o, n);

	if (r < 0)
		return r;
	if (n > 0)
		memcpy(o->out->p + o->out->n, p, n);
	o->out->n += n;
	return 0;
}

int csvout_cell(struct csvout *o, struct slice s)
{
	char *w;
	int r;

	if (!needs_quotes(s))
		return csvout_bare(o, s.p, s.n);
	if (s.n > SIZE_MAX / 4)
		return -ERR_TOO_LARGE;
	r = separate(o, 2 * s.n + 2);
	if (r < 0)
		return r;
	w = o->out->p + o->out->n;
	*w++ = '"';
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			*w++ = '"';
		*w++ = s.p[i];
	}
	*w++ = '"';
	o->out->n = (size_t)(w - o->out->p);
	return 0;
}

int csvout_end(struct csvout *o)
{
	if (o->cells == 1 && o->out->n == o->start)
		return buf_add(o->out, "\"\"\n", 3);
	return buf_addc(o->out, '\n');
}

void csvout_undo(struct csvout *o)
{
	o->out->n = o->start;
	o->cells = 0;
}
