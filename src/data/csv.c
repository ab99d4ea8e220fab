/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row that lies whole in the fed bytes is cut where it lies, without copying.
 * What is left at the end of a feed is held, and csvcut_find_end(), which goes
 * on from a remembered place, looks only at new bytes until the row is whole; so
 * a row that comes byte by byte costs two scans, not one per byte.
 *
 * A byte that can never be part of text is refused with the feed that brings it,
 * though its row has not ended: whoever writes it learns so from that write, and
 * not from a later one, or from the end. Held bytes are judged as they come, and
 * a character of which only the beginning is there waits for its rest.
 *
 * The result must not depend on the cuts. Therefore bytes are judged before
 * lengths, and of a row longer than max_row exactly max_row + 1 bytes; a CR ends
 * a row at once and the LF behind it, fed now or later, is swallowed; and
 * csv_peek_end() ends a copy of the parser.
 *
 * While the delimiter is unknown, the first row ends at the first line end that
 * is outside quotes if a quote may stand behind any of the four candidates.
 * Each candidate then cuts that text, and the one with the best score wins. A
 * bad byte behind a line end that may or may not be quoted has to wait for that,
 * since its line depends on it.
 */
#include "data/csv.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "data/csvcut.h"
#include "data/text.h"

#define DEFAULT_MAX_ROW (1u << 20)
#define LARGEST_MAX_ROW (1u << 30)

static const char bom[3] = {'\xef', '\xbb', '\xbf'};

struct csv {
	row_fn *fn;
	csv_score_fn *score;
	void *ctx;
	size_t max_row;
	char delim;		 /* 0 = not known yet */
	unsigned n_bom;		 /* bytes of the mark seen; 3 = past it, or none there */
	bool skip_lf;		 /* the last row ended in CR */
	enum csvcut_place place; /* at the end of the held bytes */
	uint64_t line;		 /* on which the next or held row starts */
	struct buf held;	 /* the unfinished row */
	size_t held_most;	 /* bytes ever used, to be wiped */
	size_t good;		 /* held bytes that are whole characters of text */
	bool bad_later;		 /* what follows them waits for the delimiter */
	struct csvcut cut;	 /* the present row's cells */
	int err;
	struct problem prob;
};

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
			   "line %llu is not valid UTF-8; save the file as UTF-8, or "
			   "set encoding to what it was saved in, and write it again",
			   (unsigned long long)c->line);
}

/* Can these bytes still become text? *good of them are known to be, and more
 * afterwards. */
static bool text_so_far(const char *p, size_t n, size_t *good)
{
	*good += text_valid_len(p + *good, n - *good);
	return *good == n || text_unfinished(p + *good, n - *good);
}

/* p holds the first max_row + 1 bytes of the row. A file that is no text has
 * rows without end, and is better told so. */
static int refuse_length(struct csv *c, const char *p)
{
	size_t n = c->max_row + 1, good = 0;

	if (!text_so_far(p, n, &good))
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

/* Hands out the row that has just been cut, whose first good bytes are text. */
static int deliver(struct csv *c, const char *p, size_t good)
{
	struct row row = {.line = c->line,
			  .breaks = c->cut.breaks,
			  .cells = c->cut.cells,
			  .n = c->cut.n};
	size_t n = (size_t)(c->cut.end - p);

	if (n == 0)
		return 0; /* a blank line */
	if (!text_valid(p + good, n - good))
		return refuse_encoding(c, p, n);
	c->line += c->cut.breaks;
	return c->fn(c->ctx, &row);
}

/* Past the line end at p. */
static const char *pass_line_end(struct csv *c, const char *p)
{
	c->line++;
	c->skip_lf = *p == '\r';
	return p + 1;
}

static bool has_line_end(const char *p, size_t n)
{
	return memchr(p, '\n', n) || memchr(p, '\r', n);
}

static int check_held(struct csv *c)
{
	if (c->bad_later || text_so_far(c->held.p, c->held.n, &c->good))
		return 0;
	if (!c->delim && has_line_end(c->held.p, c->good)) {
		c->bad_later = true;
		return 0;
	}
	return refuse_encoding(c, c->held.p, c->held.n);
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
	r = check_held(c);
	if (r < 0)
		return r;
	return c->held.n > c->max_row ? refuse_length(c, c->held.p) : 0;
}

static int cut_held(struct csv *c)
{
	const char *end = c->held.p + c->held.n;

	return csvcut_row(&c->cut, c->delim, c->held.p, end, true);
}

/* Rates the held bytes cut with each candidate. One that would leave quotes
 * open has no say; when all would, it is a comma. */
static int choose_delim(struct csv *c)
{
	uint64_t best = 0;
	char choice = ',';

	for (size_t i = 0; i < sizeof(csvcut_delims); i++) {
		uint64_t score;
		int r;

		c->delim = csvcut_delims[i];
		r = cut_held(c);
		if (r < 0)
			return r;
		if (r == CSVCUT_MORE)
			continue;
		score = c->score ? c->score(c->ctx, c->cut.cells, c->cut.n) : c->cut.n;
		if (score > best) {
			best = score;
			choice = csvcut_delims[i];
		}
	}
	c->delim = choice;
	return 0;
}

static int take_whole(struct csv *c, const char **pp, const char *end)
{
	const char *p = *pp, *limit = end;
	int r;

	/* one byte beyond the longest row shows whether it has ended */
	if ((size_t)(end - p) > c->max_row + 1)
		limit = p + c->max_row + 1;
	r = csvcut_row(&c->cut, c->delim, p, limit, false);
	if (r < 0)
		return r;
	if (r == CSVCUT_ROW) {
		r = deliver(c, p, 0);
		*pp = pass_line_end(c, c->cut.end);
		return r;
	}
	if ((size_t)(limit - p) > c->max_row)
		return refuse_length(c, p);
	c->place = CSVCUT_AT_CELL;
	(void)csvcut_find_end(c->delim, &c->place, p,
			      end); /* for the state it leaves: there is no end */
	*pp = end;
	return hold(c, p, end);
}

/* The held row is whole: cuts it and hands it out. */
static int take_held(struct csv *c)
{
	int r;

	r = cut_held(c);
	if (r < 0)
		return r;
	if (r == CSVCUT_MORE)
		return refuse_open(c);
	r = deliver(c, c->held.p, c->good);
	c->held.n = 0;
	c->good = 0;
	c->place = CSVCUT_AT_CELL;
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
	c->good = 0;
	c->bad_later = false;
	c->place = CSVCUT_AT_CELL;
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
	const char *p = *pp, *stop;
	int r;

	stop = csvcut_find_end(c->delim, &c->place, p, end);
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
	buf_fini(&c->held);
	csvcut_fini(&c->cut);
}

static int fail(struct csv *c, int err, struct problem *prob)
{
	c->err = err;
	if (prob && prob->err == 0 && c->prob.err != 0)
		*prob = c->prob;
	return err;
}

int csv_new(struct csv **out, const struct csv_opts *opts, row_fn *fn, void *ctx)
{
	size_t max_row = opts->max_row ? opts->max_row : DEFAULT_MAX_ROW;
	struct csv *c;
	int r;

	if (max_row > LARGEST_MAX_ROW)
		return -EINVAL;
	if (opts->delim && !memchr(csvcut_delims, opts->delim, sizeof(csvcut_delims)))
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
	csvcut_init(&c->cut, max_row + 2);
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

/* Ctrl-Z, which ends text files of CP/M and DOS, one or a block full. */
static bool is_dos_end(const struct buf *held)
{
	size_t i = 0;

	while (i < held->n && held->p[i] == 0x1a)
		i++;
	return i > 0 && i == held->n;
}

int csv_end(struct csv *c, struct problem *prob)
{
	int r = c->err;

	if (r == 0 && c->n_bom < sizeof(bom)) {
		r = consume(c, bom, bom + c->n_bom); /* no whole mark: data */
		c->n_bom = sizeof(bom);
	}
	if (r == 0 && is_dos_end(&c->held))
		c->held.n = 0;
	if (r == 0 && !c->delim && c->held.n > 0)
		r = c->place == CSVCUT_IN_QUOTES ? refuse_open(c) : begin_again(c);
	if (r == 0 && c->held.n > 0)
		r = take_held(c);
	return r < 0 ? fail(c, r, prob) : 0;
}

int csv_peek_end(struct csv *c, struct problem *prob)
{
	struct csv copy = *c;
	int r;

	buf_init(&copy.held, c->held.max + sizeof(bom));
	csvcut_init(&copy.cut, c->max_row + 2);
	copy.held_most = c->held.n;
	r = buf_reserve(&copy.held, c->held.n + sizeof(bom));
	if (r == 0)
		r = buf_add(&copy.held, c->held.p, c->held.n);
	if (r == 0)
		r = csv_end(&copy, prob);
	fini(&copy);
	return r;
}

uint64_t csv_line(const struct csv *c)
{
	return c->line;
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
