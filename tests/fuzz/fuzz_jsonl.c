/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the bytes: cut in any portions, with questions about the end in
 * between, the rows, what is told, and the error are those of feeding all at once;
 * asking about the end gives what ending gives; every cell is text without line
 * ends. While all lines are in the window and nobody wants inner members, the rows
 * are also those of jsonref.h.
 *
 * The input's first byte chooses max_row, whether names are wanted, and whether
 * the window is full before the input begins; the second seeds the portions.
 */
#include "data/jsonl.h"

#include "data/text.h"
#include "jsonref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Everything that was seen. */
struct seen {
	struct jsonl *j;
	struct problem p;
	struct buf text;
	size_t skip; /* rows of before the input */
};

static void see(struct seen *s, const void *p, size_t n)
{
	ENSURE(buf_add(&s->text, &n, sizeof(n)) == 0);
	ENSURE(buf_add(&s->text, p, n) == 0);
}

static void see_figures(struct seen *s, uint64_t line, uint64_t breaks, uint64_t flaw)
{
	uint64_t figures[3] = {line, breaks, flaw};

	see(s, figures, sizeof(figures));
}

static void see_cell(struct seen *s, struct slice cell, uint8_t kind)
{
	ENSURE(text_valid(cell.p, cell.n));
	ENSURE(!memchr(cell.p, '\n', cell.n) && !memchr(cell.p, '\r', cell.n));
	see(s, cell.p, cell.n);
	see(s, &kind, 1);
}

static int on_row(void *ctx, const struct row *row)
{
	struct seen *s = ctx;

	ENSURE(row->line > 0);
	ENSURE(row->flaw == ROW_GOOD || (row->n == 0 && row->breaks == 0));
	if (s->skip > 0) {
		s->skip--;
		return 0;
	}
	see_figures(s, row->line, row->breaks, row->flaw);
	for (size_t i = 0; i < row->n; i++)
		see_cell(s, row->cells[i], row->kinds[i]);
	return 0;
}

static int on_ignored(void *ctx, struct slice name)
{
	see_cell(ctx, name, 99);
	return 0;
}

static bool some(void *ctx, struct slice name)
{
	unsigned sum = 0;

	ENSURE(text_valid(name.p, name.n));
	for (size_t i = 0; i < name.n; i++)
		sum += (unsigned char)name.p[i];
	return sum % 3 == 0;
}

static int feed_exact(struct seen *s, const uint8_t *p, size_t n)
{
	uint8_t *exact = malloc(n);
	int r;

	ENSURE(exact);
	memcpy(exact, p, n);
	r = jsonl_feed(s->j, exact, n, &s->p);
	memset(exact, '#', n); /* nothing of it may be kept */
	free(exact);
	return r;
}

struct how {
	struct jsonl_opts opts;
	bool full; /* the window, before the input */
};

static void begin(struct seen *s, const struct how *how)
{
	struct jsonl_opts o = how->opts;

	*s = (struct seen){.text = BUF_INIT(SIZE_MAX / 4)};
	o.ctx = s;
	ENSURE(jsonl_new(&s->j, &o) == 0);
	if (!how->full)
		return;
	s->skip = 1 + JSONL_WINDOW_LINES;
	ENSURE(jsonl_feed(s->j, "{\"a\":1,\"b\":{}}\n", 15, &s->p) == 0);
	for (size_t i = 1; i < JSONL_WINDOW_LINES; i++)
		ENSURE(jsonl_feed(s->j, "{}\n", 3, &s->p) == 0);
	ENSURE(s->skip == 0);
}

/* Asks about the end, and leaves no trace of it. */
static void peek(struct seen *s)
{
	size_t n = s->text.n;
	struct problem p = {0};

	ENSURE(jsonl_peek_end(s->j, &p) == p.err);
	s->text.n = n;
}

/* Ends it; but asks first, and compares. */
static int end(struct seen *s)
{
	struct buf *text = &s->text;
	size_t from = text->n, peeked;
	struct problem p = {0};
	int r;

	r = jsonl_peek_end(s->j, &p);
	peeked = text->n;
	ENSURE(jsonl_end(s->j, &s->p) == r);
	ENSURE(s->p.line == p.line && strcmp(s->p.note, p.note) == 0);
	ENSURE(text->n - peeked == peeked - from);
	if (peeked > from)
		ENSURE(memcmp(text->p + from, text->p + peeked, peeked - from) == 0);
	text->n = peeked;
	return r;
}

static int run(struct seen *s, const struct how *how, const uint8_t *p, size_t n,
	       struct portions *portions)
{
	int r = 0;

	begin(s, how);
	while (n > 0 && r == 0) {
		size_t k = portions ? portions_len(portions, n) : n;

		r = feed_exact(s, p, k);
		p += k;
		n -= k;
		if (portions && portions_next(portions) % 8 == 0)
			peek(s);
	}
	if (r == 0)
		r = end(s);
	jsonl_free(s->j);
	ENSURE(s->p.err == r);
	return r;
}

/* The columns, each once, as pairs without a value. */
static struct ref_pairs *all_keys(struct ref_pairs *const *lines, size_t n)
{
	struct ref_pairs *keys = calloc(1, sizeof(*keys));

	ENSURE(keys);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; lines[i] && j < lines[i]->n; j++) {
			const struct buf *key = &lines[i]->at[j].key;
			struct ref_pair *new = &keys->at[keys->n];

			if (ref_find(keys, key))
				continue;
			ENSURE(keys->n++ < REF_MOST);
			*new = (struct ref_pair){.key = BUF_INIT(SIZE_MAX / 4)};
			ENSURE(buf_add(&new->key, key->p, key->n) == 0);
		}
	}
	return keys;
}

static void see_line(struct seen *s, uint64_t number, struct ref_pairs *line,
		     const struct ref_pairs *keys)
{
	uint64_t breaks = 0;

	for (size_t i = 0; line && i < line->n; i++)
		breaks += line->at[i].breaks;
	see_figures(s, number, breaks, line ? ROW_GOOD : ROW_NOT_JSON);
	for (size_t i = 0; line && i < keys->n; i++) {
		const struct ref_pair *v = ref_find(line, &keys->at[i].key);

		see_cell(s,
			 v ? slice_of(v->cell.n ? v->cell.p : "", v->cell.n)
			   : slice_of("", 0),
			 v ? v->kind : ROW_TEXT);
	}
}

struct ref_lines {
	struct ref_pairs *at[JSONL_WINDOW_LINES];
	uint64_t numbers[JSONL_WINDOW_LINES];
	size_t n;
};

static bool is_dos_end(const char *p, const char *end)
{
	while (p < end && *p == '\x1a')
		p++;
	return p == end;
}

/* False when there are more than fit into a window. */
static bool split(struct ref_lines *l, const char *p, const char *end_of_p)
{
	for (uint64_t number = 1; p < end_of_p; number++) {
		const char *stop = memchr(p, '\n', (size_t)(end_of_p - p));
		struct ref r = {p, stop ? stop : end_of_p};

		if (l->n == JSONL_WINDOW_LINES)
			return false;
		if (!stop && l->n > 0 && is_dos_end(p, end_of_p))
			return true;
		if (ref_space(&r)) {
			l->at[l->n] = ref_line(p, r.end);
			l->numbers[l->n++] = number;
		}
		p = stop ? stop + 1 : end_of_p;
	}
	return true;
}

/* s->p.err is what reading p gave; the rows have been seen. */
static void compare(const struct seen *s, const char *p, size_t n)
{
	static struct ref_lines lines; /* too large for the stack */
	struct seen want = {.text = BUF_INIT(SIZE_MAX / 4)};
	struct ref_pairs *keys;
	size_t first = 0;

	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		n -= 3;
	}
	lines.n = 0;
	if (split(&lines, p, p + n)) {
		keys = all_keys(lines.at, lines.n);
		while (first < lines.n && !lines.at[first])
			first++;
		if (first < lines.n && s->p.err == 0)
			see_figures(&want, lines.numbers[first], 0, ROW_GOOD);
		for (size_t i = 0; i < keys->n && s->p.err == 0; i++)
			see_cell(&want, buf_slice(&keys->at[i].key), ROW_TEXT);
		for (size_t i = 0; i < lines.n && s->p.err == 0; i++)
			see_line(&want, lines.numbers[i], lines.at[i], keys);
		if (s->p.err == -ERR_OPEN_QUOTE)
			ENSURE(lines.n > 0 && !lines.at[lines.n - 1] && p[n - 1] != '\n');
		if (s->p.err == -ERR_BAD_JSON)
			ENSURE(lines.n > 0 && !lines.at[0]);
		if (s->p.err == 0)
			ENSURE(first < lines.n || lines.n == 0);
		ENSURE(slice_eq(buf_slice(&want.text), buf_slice(&s->text)));
		ref_free(keys);
	}
	for (size_t i = 0; i < lines.n; i++) {
		if (lines.at[i])
			ref_free(lines.at[i]);
	}
	buf_fini(&want.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t max_rows[] = {4096, 16, 30, 60};
	struct how how = {.opts = {.fn = on_row, .ignored = on_ignored}};
	struct seen whole, cut;
	struct portions portions;
	int r;

	if (n < 2 || n > 4096) /* the lists of jsonref.h end somewhere */
		return 0;
	how.opts.max_row = max_rows[data[0] % 4];
	how.opts.wanted = data[0] & 4 ? some : NULL;
	how.full = data[0] & 8;
	portions.state = data[1];
	r = run(&whole, &how, data + 2, n - 2, NULL);
	ENSURE(run(&cut, &how, data + 2, n - 2, &portions) == r);
	ENSURE(whole.p.line == cut.p.line);
	ENSURE(strcmp(whole.p.note, cut.p.note) == 0);
	ENSURE(slice_eq(buf_slice(&whole.text), buf_slice(&cut.text)));
	if (!(data[0] & 12) && text_valid((const char *)data + 2, n - 2))
		compare(&whole, (const char *)data + 2, n - 2);
	buf_fini(&whole.text);
	buf_fini(&cut.text);
	return 0;
}
