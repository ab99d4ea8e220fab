/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row that lies whole in the fed bytes is cut where it lies, without copying.
 * What is left at the end of a feed is held, and find_end(), which remembers
 * its state, then looks only at new bytes until the row is whole; so a row that
 * comes byte by byte costs two scans, not one per byte.
 *
 * The result must not depend on the cuts. Therefore a row's bytes are judged
 * (length, then encoding) only when the row has ended or has passed max_row; a
 * CR ends a row at once and the LF behind it, fed now or later, is swallowed;
 * and csv_peek_end() ends a copy of the parser.
 *
 * While the delimiter is unknown, the first row ends at the first line end that
 * is outside quotes if a quote may stand behind any of the four candidates.
 * Each candidate then cuts that text, and the one with the best score wins.
 */
#include "data/csv.h"

#include <endian.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "data/text.h"

#define DEFAULT_MAX_ROW (1u << 20)
#define LARGEST_MAX_ROW (1u << 30)
#define FIRST_CELLS	64

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

static const char bom[3] = {'\xef', '\xbb', '\xbf'};
static const char delims[4] = {',', ';', '\t', '|'};

/* Where in a row the held bytes end. */
enum place {
	AT_CELL,   /* a quote here opens a quoted cell */
	IN_CELL,   /* a quote here is a character */
	IN_QUOTES, /* line ends and delimiters are characters */
	AT_QUOTE,  /* the last byte closed the quotes or was half of "" */
};

enum { CUT_MORE, CUT_ROW };

struct csv {
	csv_row_fn *fn;
	csv_score_fn *score;
	void *ctx;
	size_t max_row;
	char delim;	  /* 0 = not known yet */
	unsigned n_bom;	  /* bytes of the mark seen; 3 = past it, or none there */
	bool skip_lf;	  /* the last row ended in CR */
	enum place place; /* at the end of the held bytes */
	uint64_t line;	  /* on which the next or held row starts */
	struct buf held;  /* the unfinished row */
	size_t held_most; /* bytes ever used, to be wiped */
	struct buf plain; /* cells of the present row, freed of their quotes */
	size_t plain_most;
	struct slice *cells;
	size_t n_cells; /* counted on beyond CSV_MAX_CELLS, kept up to it */
	size_t room;
	int err;
	struct problem prob;
};

struct cut {
	const char *end; /* of its bytes: the line end, or where the input ends */
	uint64_t breaks; /* line ends inside quotes */
	bool open;	 /* ended inside quotes, for all one can tell */
};

static inline uint64_t zero_bytes(uint64_t v)
{
	return (v - ONES) & ~v & HIGHS;
}

/* The first x, CR or LF; end when there is none. The lowest hit of zero_bytes()
 * is always a true one. */
static inline const char *next_special(const char *p, const char *end, char x)
{
	const uint64_t each = ONES * (unsigned char)x;

	for (; end - p >= 8; p += 8) {
		uint64_t v, hit;

		memcpy(&v, p, 8);
		v = le64toh(v);
		hit = zero_bytes(v ^ each) | zero_bytes(v ^ (ONES * '\n')) |
		      zero_bytes(v ^ (ONES * '\r'));
		if (hit)
			return p + (__builtin_ctzll(hit) >> 3);
	}
	while (p < end && *p != x && *p != '\n' && *p != '\r')
		p++;
	return p;
}

static int more_room(struct csv *c)
{
	size_t room = c->room ? 2 * c->room : FIRST_CELLS;
	struct slice *cells = reallocarray(c->cells, room, sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	c->cells = cells;
	c->room = room;
	return 0;
}

static inline int add_cell(struct csv *c, const char *p, const char *end)
{
	if (c->n_cells >= c->room && c->n_cells < CSV_MAX_CELLS) {
		int r = more_room(c);

		if (r < 0)
			return r;
	}
	if (c->n_cells < CSV_MAX_CELLS)
		c->cells[c->n_cells] = slice_of(p, (size_t)(end - p));
	c->n_cells++;
	return 0;
}

/* The cell without its quotes: p..close is what they enclose, close + 1..end
 * what follows them. plain never moves, since its cells are lent. */
static int add_rewritten(struct csv *c, const char *p, const char *close, const char *end)
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
static int cut_quoted(struct csv *c, const char **pp, const char *end, bool last,
		      struct cut *cut)
{
	const char *p = *pp, *q = p, *after;
	bool rewrite = false;

	for (;; rewrite = true) {
		q = next_special(q, end, '"');
		if (q == end) {
			cut->open = true;
			return CUT_MORE;
		}
		if (*q != '"') {
			cut->breaks++;
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
		cut->open = true;
		return CUT_MORE;
	}
	after = next_special(q + 1, end, c->delim);
	*pp = after;
	if (rewrite || after != q + 1)
		return add_rewritten(c, p, q, after);
	return add_cell(c, p, q);
}

/* Cuts the row that begins at p. Without last, one that reaches end may go on:
 * CUT_MORE; with it, CUT_MORE means that its quotes are open. */
static int cut_row(struct csv *c, const char *p, const char *end, bool last,
		   struct cut *cut)
{
	int r;

	c->n_cells = 0;
	c->plain.n = 0;
	*cut = (struct cut){0};
	for (;; p++) {
		if (p < end && *p == '"') {
			p++;
			r = cut_quoted(c, &p, end, last, cut);
			if (cut->open)
				return CUT_MORE;
		} else {
			const char *from = p;

			p = next_special(p, end, c->delim);
			r = add_cell(c, from, p);
		}
		if (r < 0)
			return r;
		if (p == end && !last)
			return CUT_MORE;
		if (p == end || *p != c->delim)
			break;
	}
	cut->end = p;
	return CUT_ROW;
}

static int refuse_encoding(struct csv *c, const char *p, size_t n)
{
	size_t good = text_valid_len(p, n);

	c->prob.line = c->line;
	if (good < n && p[good] == '\0')
		return problem_set(&c->prob, -ERR_BAD_ENCODING,
				   "line %llu holds a NUL byte, which no text file has; "
				   "save the file as UTF-8 and write it again",
				   (unsigned long long)c->line);
	return problem_set(&c->prob, -ERR_BAD_ENCODING,
			   "line %llu is not valid UTF-8; save the file as UTF-8 and "
			   "write it again",
			   (unsigned long long)c->line);
}

/* p holds the first max_row + 1 bytes of the row. A file that is no text has
 * rows without end, and is better told so. */
static int refuse_length(struct csv *c, const char *p)
{
	size_t n = c->max_row + 1;

	if (text_valid_len(p, n) + 4 <= n) /* not just a character cut in two */
		return refuse_encoding(c, p, n);
	c->prob.line = c->line;
	return problem_set(&c->prob, -ERR_ROW_TOO_LONG,
			   "the row that starts on line %llu is longer than %zu bytes; "
			   "look for a quote that is never closed, or raise max_row",
			   (unsigned long long)c->line, c->max_row);
}

static int refuse_open(struct csv *c)
{
	c->prob.line = c->line;
	return problem_set(&c->prob, -ERR_OPEN_QUOTE,
			   "the file ends inside the quotes of the row that starts on "
			   "line %llu; it was not written to its end",
			   (unsigned long long)c->line);
}

/* Hands out the row that has just been cut. */
static int deliver(struct csv *c, const char *p, const struct cut *cut)
{
	struct csv_row row = {c->line, cut->breaks, c->cells, c->n_cells};
	size_t n = (size_t)(cut->end - p);

	if (n == 0)
		return 0; /* a blank line */
	if (!text_valid(p, n))
		return refuse_encoding(c, p, n);
	c->line += cut->breaks;
	return c->fn(c->ctx, &row);
}

/* Past the line end at p. */
static const char *pass_line_end(struct csv *c, const char *p)
{
	c->line++;
	c->skip_lf = *p == '\r';
	return p + 1;
}

/* Where the held row ends if p follows it; end when it does not end there. */
static const char *find_end(struct csv *c, const char *p, const char *end)
{
	for (; p < end; p++) {
		bool delim = c->delim ? *p == c->delim
				      : memchr(delims, *p, sizeof(delims)) != NULL;

		switch (c->place) {
		case AT_QUOTE:
			if (*p == '"') {
				c->place = IN_QUOTES;
				continue;
			}
			break;
		case AT_CELL:
			if (*p == '"') {
				c->place = IN_QUOTES;
				continue;
			}
			break;
		case IN_QUOTES:
			p = memchr(p, '"', (size_t)(end - p));
			if (!p)
				return end;
			c->place = AT_QUOTE;
			continue;
		case IN_CELL:
			break;
		}
		if (*p == '\n' || *p == '\r')
			return p;
		c->place = delim ? AT_CELL : IN_CELL;
	}
	return end;
}

static int hold(struct csv *c, const char *p, const char *end)
{
	size_t most = c->max_row + 1 - c->held.n;
	size_t n = (size_t)(end - p);
	int r;

	r = buf_add(&c->held, p, n < most ? n : most);
	if (r < 0)
		return r;
	if (c->held.n > c->held_most)
		c->held_most = c->held.n;
	return c->held.n > c->max_row ? refuse_length(c, c->held.p) : 0;
}

/* Rates the held bytes cut with each candidate. One that would leave quotes
 * open has no say; when all would, it is a comma. */
static int choose_delim(struct csv *c)
{
	uint64_t best = 0;
	char choice = ',';

	for (size_t i = 0; i < sizeof(delims); i++) {
		struct cut cut;
		uint64_t score;
		int r;

		c->delim = delims[i];
		r = cut_row(c, c->held.p, c->held.p + c->held.n, true, &cut);
		if (r < 0)
			return r;
		if (r == CUT_MORE)
			continue;
		score = c->score ? c->score(c->ctx, c->cells, c->n_cells) : c->n_cells;
		if (score > best) {
			best = score;
			choice = delims[i];
		}
	}
	c->delim = choice;
	return 0;
}

static int take_whole(struct csv *c, const char **pp, const char *end)
{
	const char *p = *pp, *limit = end;
	struct cut cut;
	int r;

	/* one byte beyond the longest row shows whether it has ended */
	if ((size_t)(end - p) > c->max_row + 1)
		limit = p + c->max_row + 1;
	r = cut_row(c, p, limit, false, &cut);
	if (r < 0)
		return r;
	if (r == CUT_ROW) {
		r = deliver(c, p, &cut);
		*pp = pass_line_end(c, cut.end);
		return r;
	}
	if ((size_t)(limit - p) > c->max_row)
		return refuse_length(c, p);
	c->place = AT_CELL;
	(void)find_end(c, p, end); /* for the state it leaves: there is no end */
	*pp = end;
	return hold(c, p, end);
}

/* The held row is whole: cuts it and hands it out. */
static int take_held(struct csv *c)
{
	struct cut cut;
	int r;

	r = cut_row(c, c->held.p, c->held.p + c->held.n, true, &cut);
	if (r < 0)
		return r;
	if (r == CUT_MORE)
		return refuse_open(c);
	r = deliver(c, c->held.p, &cut);
	c->held.n = 0;
	c->place = AT_CELL;
	return r;
}

static int consume(struct csv *c, const char *p, const char *end);

/* The first row is held whole, with its line end if it has one: finds the
 * delimiter out and begins again with what is held. */
static int begin_again(struct csv *c)
{
	struct buf first;
	int r;

	r = choose_delim(c);
	if (r < 0)
		return r;
	first = c->held;
	buf_init(&c->held, first.max);
	c->place = AT_CELL;
	r = buf_reserve(&c->held, c->held.max);
	if (r == 0)
		r = consume(c, first.p, first.p + first.n);
	crypto_wipe(first.p, first.n); /* nothing longer has been held yet */
	buf_fini(&first);
	return r;
}

/* Bytes behind held ones, or of the first row. */
static int take_more(struct csv *c, const char **pp, const char *end)
{
	const char *p = *pp, *stop = find_end(c, p, end);
	int r;

	*pp = stop;
	r = hold(c, p, stop);
	if (r < 0 || stop == end)
		return r;
	if (c->delim) {
		r = take_held(c);
		*pp = pass_line_end(c, stop);
		return r;
	}
	if (c->held.n == 0) { /* blank lines before the header */
		*pp = pass_line_end(c, stop);
		return 0;
	}
	*pp = stop + 1;
	c->held.p[c->held.n++] = *stop; /* hold() left room for it */
	return begin_again(c);
}

static int consume(struct csv *c, const char *p, const char *end)
{
	int r = 0;

	while (p < end && r == 0) {
		if (c->skip_lf) {
			c->skip_lf = false;
			if (*p == '\n') {
				p++;
				continue;
			}
		}
		if (c->delim && c->held.n == 0)
			r = take_whole(c, &p, end);
		else
			r = take_more(c, &p, end);
	}
	return r;
}

/* Drops the mark at the start. Returns the bytes of p that were used up. */
static int pass_bom(struct csv *c, const char *p, size_t n, size_t *used)
{
	size_t i = 0;
	unsigned had;

	while (i < n && c->n_bom < sizeof(bom) && p[i] == bom[c->n_bom]) {
		c->n_bom++;
		i++;
	}
	*used = i;
	if (i == n || c->n_bom == sizeof(bom))
		return 0;
	had = c->n_bom; /* it only looked like one: those bytes are data */
	c->n_bom = sizeof(bom);
	return consume(c, bom, bom + had);
}

static void fini(struct csv *c)
{
	if (c->held.p)
		crypto_wipe(c->held.p, c->held_most);
	if (c->plain.p)
		crypto_wipe(c->plain.p, c->plain_most);
	buf_fini(&c->held);
	buf_fini(&c->plain);
	free(c->cells);
}

static int fail(struct csv *c, int err, struct problem *prob)
{
	c->err = err;
	if (prob && prob->err == 0 && c->prob.err != 0)
		*prob = c->prob;
	return err;
}

int csv_new(struct csv **out, const struct csv_opts *opts, csv_row_fn *fn, void *ctx)
{
	size_t max_row = opts->max_row ? opts->max_row : DEFAULT_MAX_ROW;
	struct csv *c;
	int r;

	if (max_row > LARGEST_MAX_ROW)
		return -EINVAL;
	if (opts->delim && !memchr(delims, opts->delim, sizeof(delims)))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->fn = fn;
	c->score = opts->score;
	c->ctx = ctx;
	c->max_row = max_row;
	c->delim = opts->delim;
	c->line = 1;
	/* Reserved whole: growing would leave copies that nobody wipes. Pages
	 * that are never touched cost nothing. */
	buf_init(&c->held, max_row + 2);
	buf_init(&c->plain, max_row + 2);
	r = buf_reserve(&c->held, c->held.max);
	if (r < 0) {
		csv_free(c);
		return r;
	}
	*out = c;
	return 0;
}

int csv_feed(struct csv *c, const void *data, size_t n, struct problem *prob)
{
	const char *p = data;
	size_t used = 0;
	int r = c->err;

	if (r == 0 && c->n_bom < sizeof(bom))
		r = pass_bom(c, p, n, &used);
	if (r == 0)
		r = consume(c, p + used, p + n);
	return r < 0 ? fail(c, r, prob) : 0;
}

int csv_end(struct csv *c, struct problem *prob)
{
	int r = c->err;

	if (r == 0 && c->n_bom < sizeof(bom)) {
		r = consume(c, bom, bom + c->n_bom); /* no whole mark: data */
		c->n_bom = sizeof(bom);
	}
	if (r == 0 && !c->delim && c->held.n > 0)
		r = c->place == IN_QUOTES ? refuse_open(c) : begin_again(c);
	if (r == 0 && c->held.n > 0)
		r = take_held(c);
	return r < 0 ? fail(c, r, prob) : 0;
}

int csv_peek_end(struct csv *c, struct problem *prob)
{
	struct csv copy = *c;
	int r;

	buf_init(&copy.held, c->held.max + sizeof(bom));
	buf_init(&copy.plain, c->plain.max);
	copy.held_most = c->held.n;
	copy.plain_most = 0;
	copy.cells = NULL;
	copy.room = 0;
	r = buf_reserve(&copy.held, c->held.n + sizeof(bom));
	if (r == 0)
		r = buf_add(&copy.held, c->held.p, c->held.n);
	if (r == 0)
		r = csv_end(&copy, prob);
	fini(&copy);
	return r;
}

bool csv_mid_row(const struct csv *c)
{
	return c->held.n > 0 || (c->n_bom > 0 && c->n_bom < sizeof(bom));
}

void csv_free(struct csv *c)
{
	if (!c)
		return;
	fini(c);
	free(c);
}
