/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nearly all bytes are neither delimiter nor line end nor quote: next_special()
 * passes over eight of them at once.
 */
#include "data/csvcut.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "data/bytes8.h"

#define FIRST_CELLS 64

const char csvcut_delims[4] = {',', ';', '\t', '|'};

static bool is_delim(char x)
{
	return memchr(csvcut_delims, x, sizeof(csvcut_delims)) != NULL;
}

/* The first x, CR or LF; end when there is none. */
static inline const char *next_special(const char *p, const char *end, char x)
{
	const uint64_t each = bytes8_all(x), lf = bytes8_all('\n'), cr = bytes8_all('\r');

	for (; end - p >= 8; p += 8) {
		uint64_t v = bytes8_load(p);
		uint64_t hit =
			bytes8_zero(v ^ each) | bytes8_zero(v ^ lf) | bytes8_zero(v ^ cr);

		if (hit)
			return p + bytes8_first(hit);
	}
	while (p < end && *p != x && *p != '\n' && *p != '\r')
		p++;
	return p;
}

static int more_room(struct csvcut *c)
{
	size_t room = c->room ? 2 * c->room : FIRST_CELLS;
	struct slice *cells = reallocarray(c->cells, room, sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	c->cells = cells;
	c->room = room;
	return 0;
}

static inline int add_cell(struct csvcut *c, const char *p, const char *end)
{
	if (c->n >= c->room && c->n < ROW_MAX_CELLS) {
		int r = more_room(c);

		if (r < 0)
			return r;
	}
	if (c->n < ROW_MAX_CELLS)
		c->cells[c->n] = slice_of(p, (size_t)(end - p));
	c->n++;
	return 0;
}

/* The cell without its quotes: p..close is what they enclose, close + 1..end
 * what follows them. plain never moves, since its cells are lent. */
static int add_rewritten(struct csvcut *c, const char *p, const char *close,
			 const char *end)
{
	char *from, *w;
	int r = 0;

	if (!c->plain.p)
		r = buf_reserve(&c->plain, c->plain.max);
	if (r < 0)
		return r;
	from = w = c->plain.p + c->plain.n;
	while (p < close) {
		if (*p == '"') {
			p++; /* the first of two */
		} else if (*p == '\n' || *p == '\r') {
			p += p[0] == '\r' && p[1] == '\n' ? 2 : 1;
			*w++ = ' ';
			continue;
		}
		*w++ = *p++;
	}
	memcpy(w, close + 1, (size_t)(end - close - 1));
	w += end - close - 1;
	c->plain.n += (size_t)(w - from);
	if (c->plain.n > c->plain_most)
		c->plain_most = c->plain.n;
	return add_cell(c, from, w);
}

/* *pp is behind the opening quote, and moves to the end of the cell. */
static int cut_quoted(struct csvcut *c, const char **pp, const char *end, char delim,
		      bool last)
{
	const char *p = *pp, *q = p, *after;
	bool rewrite = false;

	for (;; rewrite = true) {
		q = next_special(q, end, '"');
		if (q == end) {
			c->open = true;
			return CSVCUT_MORE;
		}
		if (*q != '"') {
			c->breaks++;
			q += end - q > 1 && q[0] == '\r' && q[1] == '\n' ? 2 : 1;
			continue;
		}
		if (end - q > 1 && q[1] == '"') {
			q += 2;
			continue;
		}
		break;
	}
	if (q + 1 == end && !last) { /* may be the first of two */
		c->open = true;
		return CSVCUT_MORE;
	}
	after = next_special(q + 1, end, delim);
	*pp = after;
	if (rewrite || after != q + 1)
		return add_rewritten(c, p, q, after);
	return add_cell(c, p, q);
}

void csvcut_init(struct csvcut *c, size_t max_bytes)
{
	*c = (struct csvcut){0};
	buf_init(&c->plain, max_bytes);
}

void csvcut_fini(struct csvcut *c)
{
	if (c->plain.p)
		crypto_wipe(c->plain.p, c->plain_most);
	buf_fini(&c->plain);
	free(c->cells);
	c->cells = NULL;
	c->room = 0;
}

int csvcut_row(struct csvcut *c, char delim, const char *p, const char *end, bool last)
{
	int r;

	c->n = 0;
	c->plain.n = 0;
	c->breaks = 0;
	c->open = false;
	for (;; p++) {
		if (p < end && *p == '"') {
			p++;
			r = cut_quoted(c, &p, end, delim, last);
			if (c->open)
				return CSVCUT_MORE;
		} else {
			const char *from = p;

			p = next_special(p, end, delim);
			r = add_cell(c, from, p);
		}
		if (r < 0)
			return r;
		if (p == end && !last)
			return CSVCUT_MORE;
		if (p == end || *p != delim)
			break;
	}
	c->end = p;
	return CSVCUT_ROW;
}

const char *csvcut_find_end(char delim, enum csvcut_place *place, const char *p,
			    const char *end)
{
	for (; p < end; p++) {
		if (*place == CSVCUT_IN_QUOTES) {
			p = memchr(p, '"', (size_t)(end - p));
			if (!p)
				return end;
			*place = CSVCUT_AT_QUOTE;
			continue;
		}
		if (*p == '"' && *place != CSVCUT_IN_CELL) {
			*place = CSVCUT_IN_QUOTES;
			continue;
		}
		if (*p == '\n' || *p == '\r')
			return p;
		if (delim ? *p == delim : is_delim(*p))
			*place = CSVCUT_AT_CELL;
		else
			*place = CSVCUT_IN_CELL;
	}
	return end;
}
