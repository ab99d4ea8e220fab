/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line that lies whole in the fed bytes is read where it lies. What is left at
 * the end of a feed, and all lines while the window is open, are held: the
 * window's lines one behind the other, then the unfinished line.
 *
 * The result must not depend on the cuts. So a line is judged byte by byte: the
 * first character of the file's first line, then the encoding, then the length,
 * each as soon as it shows; the window closes behind a whole line; and
 * jsonl_peek_end() ends a copy. That shares the scratch memory of the reader and
 * the text of the held lines. The keys are made only when the window closes, so
 * while it is open the copy makes its own; afterwards it takes away what it added.
 *
 * Longer than most, since all of this is one matter.
 */
#include "data/jsonl.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "data/jsonl_keys.h"
#include "data/jsonl_object.h"
#include "data/jsonl_refuse.h"
#include "data/text.h"

#define DEFAULT_MAX_ROW (1u << 20)
#define LARGEST_MAX_ROW (1u << 30)

static const char bom[3] = {'\xef', '\xbb', '\xbf'};

struct held_line {
	uint64_t line;
	size_t at, n; /* in jsonl.held */
};

struct jsonl {
	struct jsonl_opts opts;
	size_t max_row;
	unsigned n_bom;	 /* bytes of the mark seen; 3 = past it, or none there */
	bool begun;	 /* the first object's { has been seen */
	uint64_t line;	 /* of the unfinished or next line */
	struct buf held; /* the window, then the unfinished line */
	size_t held_most;
	size_t line_at;		  /* in held, where the unfinished line begins */
	size_t good;		  /* its bytes that are whole characters of text */
	struct held_line *window; /* room for all its lines */
	size_t n_window;
	size_t n_passed; /* its first lines: no objects, and not held any more */
	struct jsonl_object *object; /* scratch */
	struct jsonl_keys *keys;     /* NULL while the window is open */
	struct jsonl_why why;	     /* the first line of the window that is no object */
	int err;
	struct problem prob;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t space_len(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_space(p[i]))
		i++;
	return i;
}

/* A line of the data; the window is closed. */
static int deliver(struct jsonl *j, uint64_t line, const char *p, size_t n)
{
	struct row row = {.line = line, .flaw = ROW_GOOD};
	int r;

	r = jsonl_object_read(j->object, p, n);
	if (r < 0)
		return r;
	if (r == JSONL_GOOD)
		r = jsonl_keys_row(j->keys, j->object, &row, &j->prob);
	else
		row.flaw = ROW_NOT_JSON;
	if (r < 0)
		return r;
	return j->opts.fn(j->opts.ctx, &row);
}

/* Learns all keys of the window. *first is the line of the first object; 0 when
 * there is none. */
static int learn_window(struct jsonl *j, uint64_t *first)
{
	*first = 0;
	for (size_t i = j->n_passed; i < j->n_window; i++) {
		const struct held_line *l = &j->window[i];
		int r;

		r = jsonl_object_read(j->object, j->held.p + l->at, l->n);
		if (r < 0)
			return r;
		if (j->why.verdict == JSONL_GOOD && r != JSONL_GOOD)
			j->why = (struct jsonl_why){l->line, r};
		if (r != JSONL_GOOD)
			continue;
		if (*first == 0)
			*first = l->line;
		r = jsonl_keys_learn(j->keys, j->object, l->line, &j->prob);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The lines in front were too long to wait with for the first object. */
static int deliver_window(struct jsonl *j)
{
	int r = 0;

	for (size_t i = 0; i < j->n_window && r == 0; i++) {
		const struct held_line *l = &j->window[i];
		bool passed = i < j->n_passed;

		r = deliver(j, l->line, passed ? "" : j->held.p + l->at,
			    passed ? 0 : l->n);
	}
	return r;
}

/* The window is full, or the input ends. A window that is only full of bytes goes
 * on without them when there is no object among them yet. */
static int close_window(struct jsonl *j, bool last)
{
	struct row header = {.flaw = ROW_GOOD};
	int r;

	r = jsonl_keys_new(&j->keys, &j->opts);
	if (r == 0)
		r = learn_window(j, &header.line);
	if (r < 0)
		return r;
	if (header.line == 0 && (last || j->n_window == JSONL_WINDOW_LINES))
		return jsonl_refuse_all(&j->prob, j->window[0].line,
					j->window[j->n_window - 1].line, &j->why);
	if (header.line == 0) {
		jsonl_keys_free(j->keys);
		j->keys = NULL;
		j->n_passed = j->n_window;
	} else {
		jsonl_keys_fix(j->keys, &header);
		r = j->opts.fn(j->opts.ctx, &header);
		if (r == 0)
			r = deliver_window(j);
	}
	j->held.n = 0;
	j->line_at = 0;
	return r;
}

/* The held line is whole, and text. */
static int take_held(struct jsonl *j)
{
	const char *p = j->held.p + j->line_at;
	size_t n = j->held.n - j->line_at;
	int r = 0;

	j->good = 0;
	if (space_len(p, n) == n) {
		j->held.n = j->line_at;
		return 0;
	}
	if (j->keys) {
		r = deliver(j, j->line, p, n);
		j->held.n = 0;
		return r;
	}
	j->window[j->n_window++] = (struct held_line){j->line, j->line_at, n};
	j->line_at = j->held.n;
	if (j->n_window == JSONL_WINDOW_LINES || j->held.n >= JSONL_WINDOW_BYTES)
		r = close_window(j, false);
	return r;
}

/* A whole line where it was fed; the window is closed. */
static int take_fed(struct jsonl *j, const char *p, size_t n)
{
	if (!text_valid(p, n))
		return jsonl_refuse_encoding(&j->prob, j->line, p, n);
	if (space_len(p, n) == n)
		return 0;
	return deliver(j, j->line, p, n);
}

/* What the file begins with must be an object. p is where the first line has not
 * been judged yet; all before it is white space. A character of which not all is
 * there is left to those who judge encodings. */
static int judge_first(struct jsonl *j, const char *p, size_t n)
{
	size_t i = space_len(p, n);

	if (i < n && p[i] == '{')
		j->begun = true;
	else if (i < n && text_valid_len(p + i, n - i < 4 ? n - i : 4) > 0)
		return jsonl_refuse_first(&j->prob, j->line, p[i]);
	return 0;
}

/* The number of its bytes with which a line is too long. A CR that can be half of
 * the line's end is not counted. */
static size_t too_long_from(const struct jsonl *j, const char *p, size_t n)
{
	return j->max_row + (n > j->max_row && p[j->max_row] == '\r' ? 2 : 1);
}

static int judge_held(struct jsonl *j)
{
	const char *p = j->held.p + j->line_at;
	size_t n = j->held.n - j->line_at;
	size_t most = too_long_from(j, p, n);
	bool ends = n >= most;
	int r;

	if (ends) /* more may be there, or not yet */
		n = most;
	if (!j->begun) {
		r = judge_first(j, p + j->good, n - j->good);
		if (r < 0)
			return r;
	}
	j->good += text_valid_len(p + j->good, n - j->good);
	if (j->good < n && !text_unfinished(p + j->good, n - j->good))
		return jsonl_refuse_encoding(&j->prob, j->line, p, n);
	return ends ? jsonl_refuse_length(&j->prob, j->line, j->max_row) : 0;
}

static int hold(struct jsonl *j, const char *p, size_t n)
{
	int r;

	r = buf_add(&j->held, p, n);
	if (r < 0)
		return r;
	if (j->held.n > j->held_most)
		j->held_most = j->held.n;
	return judge_held(j);
}

/* A line end behind what is held. */
static int end_held(struct jsonl *j)
{
	const char *p = j->held.p + j->line_at;
	size_t n = j->held.n - j->line_at;

	if (j->good < n) /* inside of a character */
		return jsonl_refuse_encoding(&j->prob, j->line, p, n);
	return take_held(j);
}

static int consume(struct jsonl *j, const char *p, const char *end)
{
	int r = 0;

	while (p < end && r == 0) {
		size_t most = j->max_row + 2 - (j->held.n - j->line_at);
		size_t n = (size_t)(end - p) < most ? (size_t)(end - p) : most;
		const char *stop = memchr(p, '\n', n);
		bool whole = stop != NULL;

		if (!whole)
			stop = p + n;
		n = (size_t)(stop - p);
		if (whole && j->keys && j->held.n == 0 && n <= j->max_row) {
			r = take_fed(j, p, n);
		} else {
			r = hold(j, p, n);
			if (r == 0 && whole)
				r = end_held(j);
		}
		p = stop;
		if (whole) {
			p++;
			j->line++;
		}
	}
	return r;
}

/* Drops the mark at the start. *used = the bytes of p that were used up. */
static int pass_bom(struct jsonl *j, const char *p, size_t n, size_t *used)
{
	size_t i = 0;
	unsigned had;

	while (i < n && j->n_bom < sizeof(bom) && p[i] == bom[j->n_bom]) {
		j->n_bom++;
		i++;
	}
	*used = i;
	if (i == n || j->n_bom == sizeof(bom))
		return 0;
	had = j->n_bom; /* it only looked like one: those bytes are data */
	j->n_bom = sizeof(bom);
	return consume(j, bom, bom + had);
}

static int fail(struct jsonl *j, int err, struct problem *prob)
{
	j->err = err;
	if (prob && prob->err == 0 && j->prob.err != 0)
		*prob = j->prob;
	return err;
}

static int prepare(struct jsonl *j)
{
	size_t max_held = j->max_row + 2 + JSONL_WINDOW_BYTES;
	int r;

	j->window = calloc(JSONL_WINDOW_LINES, sizeof(*j->window));
	j->object = calloc(1, sizeof(*j->object));
	if (!j->window || !j->object)
		return -ENOMEM;
	/* Reserved whole: growing would leave copies that nobody wipes. Pages
	 * that are never touched cost nothing. */
	buf_init(&j->held, max_held);
	r = buf_reserve(&j->held, max_held);
	if (r < 0)
		return r;
	return jsonl_object_init(j->object, j->max_row + 1);
}

int jsonl_new(struct jsonl **out, const struct jsonl_opts *o)
{
	size_t max_row = o->max_row ? o->max_row : DEFAULT_MAX_ROW;
	struct jsonl *j;
	int r;

	if (max_row > LARGEST_MAX_ROW)
		return -EINVAL;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->opts = *o;
	j->max_row = max_row;
	j->line = 1;
	r = prepare(j);
	if (r < 0) {
		jsonl_free(j);
		return r;
	}
	*out = j;
	return 0;
}

int jsonl_feed(struct jsonl *j, const void *data, size_t n, struct problem *prob)
{
	const char *p = data;
	size_t used = 0;
	int r = j->err;

	if (r == 0 && j->n_bom < sizeof(bom))
		r = pass_bom(j, p, n, &used);
	if (r == 0)
		r = consume(j, p + used, p + n);
	return r < 0 ? fail(j, r, prob) : 0;
}

/* Ctrl-Z, with which DOS ends a text, is no line; nor are several that pad it. */
static bool is_dos_end(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\x1a')
			return false;
	}
	return true;
}

/* The last line has no line end: it may have been cut, even in a character. */
static int take_last(struct jsonl *j)
{
	const char *p = j->held.p + j->line_at;
	int r;

	if (is_dos_end(p, j->held.n - j->line_at)) {
		j->held.n = j->line_at;
		return 0;
	}
	r = jsonl_object_read(j->object, p, j->good);
	if (r < 0)
		return r;
	return r == JSONL_CUT ? jsonl_refuse_open(&j->prob, j->line) : end_held(j);
}

int jsonl_end(struct jsonl *j, struct problem *prob)
{
	int r = j->err;

	if (r == 0 && j->n_bom < sizeof(bom)) {
		r = consume(j, bom, bom + j->n_bom); /* no whole mark: data */
		j->n_bom = sizeof(bom);
	}
	if (r == 0 && j->held.n > j->line_at)
		r = take_last(j);
	if (r == 0 && !j->keys && j->n_window > 0)
		r = close_window(j, true);
	return r < 0 ? fail(j, r, prob) : 0;
}

int jsonl_peek_end(struct jsonl *j, struct problem *prob)
{
	struct jsonl copy = *j;
	size_t n_keys = j->keys ? jsonl_keys_count(j->keys) : 0;
	int r;

	r = jsonl_end(&copy, prob);
	if (j->keys)
		jsonl_keys_forget(j->keys, n_keys);
	else
		jsonl_keys_free(copy.keys);
	return r;
}

uint64_t jsonl_line(const struct jsonl *j)
{
	return j->line;
}

void jsonl_free(struct jsonl *j)
{
	if (!j)
		return;
	if (j->held.p)
		crypto_wipe(j->held.p, j->held_most);
	buf_fini(&j->held);
	if (j->object)
		jsonl_object_fini(j->object);
	free(j->object);
	free(j->window);
	jsonl_keys_free(j->keys);
	free(j);
}
