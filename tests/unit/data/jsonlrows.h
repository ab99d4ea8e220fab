/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonlrows - what jsonl makes of an input, as text, whatever the portions
 *
 * A row is its line, +breaks, and each cell in <>; true and false as <b:true>,
 * objects and arrays as <n:[1]>; flaws are !json and !late. The first row is the
 * header. A name that is told as ignored is a line ?name.
 */
#pragma once

#include "data/jsonl.h"

#include "base/buf.h"
#include "feed.h"
#include "tool/check.h"

struct seen {
	struct jsonl *j;
	struct buf text;
	struct problem p;
	const char *wanted; /* " a b c " */
	int stop_at;	    /* the call that fails; 0 = none */
	int calls;
};

struct want {
	const char *text;
	int err;
	uint64_t line;
};

__attribute__((unused)) static int seen_row(void *ctx, const struct row *row)
{
	static const char *const kinds[] = {"", "b:", "n:"};
	static const char *const flaws[] = {"", "!json", "!late"};
	struct seen *s = ctx;

	CHECK_INT(buf_addf(&s->text, "%d", (int)row->line), 0);
	if (row->breaks)
		CHECK_INT(buf_addf(&s->text, "+%d", (int)row->breaks), 0);
	CHECK_INT(buf_adds(&s->text, flaws[row->flaw]), 0);
	CHECK(row->flaw == ROW_GOOD || row->n == 0);
	for (size_t i = 0; i < row->n; i++) {
		CHECK(row->cells[i].p);
		CHECK_INT(buf_addf(&s->text, "<%s", kinds[row->kinds[i]]), 0);
		CHECK_INT(buf_add(&s->text, row->cells[i].p, row->cells[i].n), 0);
		CHECK_INT(buf_addc(&s->text, '>'), 0);
	}
	CHECK_INT(buf_addc(&s->text, '\n'), 0);
	return ++s->calls == s->stop_at ? -ENOSPC : 0;
}

__attribute__((unused)) static bool seen_wanted(void *ctx, struct slice name)
{
	const struct seen *s = ctx;
	const char *p = s->wanted;

	while (p && *p) {
		size_t n = strcspn(p, " ");

		if (slice_eq(slice_of(p, n), name))
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

__attribute__((unused)) static int seen_ignored(void *ctx, struct slice name)
{
	struct seen *s = ctx;

	CHECK_INT(buf_addf(&s->text, "?%.*s\n", (int)name.n, name.p), 0);
	return ++s->calls == s->stop_at ? -ENOSPC : 0;
}

__attribute__((unused)) static void seen_begin(struct seen *s, const char *wanted,
					       size_t max_row, int stop_at)
{
	struct jsonl_opts o = {max_row, seen_row, seen_wanted, seen_ignored, s};

	*s = (struct seen){
		.text = BUF_INIT(16 << 20), .wanted = wanted, .stop_at = stop_at};
	CHECK_INT(jsonl_new(&s->j, &o), 0);
}

__attribute__((unused)) static void seen_end(struct seen *s)
{
	jsonl_free(s->j);
	buf_fini(&s->text);
}

__attribute__((unused)) static int seen_feed(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	return jsonl_feed(s->j, p, n, &s->p);
}

struct rows_case {
	const char *wanted, *in;
	size_t n, max_row;
	int stop_at;
	struct want want;
};

__attribute__((unused)) static void rows_one(const struct rows_case *c,
					     struct feed_cut cut)
{
	struct seen s;
	int r;

	seen_begin(&s, c->wanted, c->max_row, c->stop_at);
	r = feed_portions(c->in, c->n, cut, seen_feed, &s);
	if (r == 0)
		r = jsonl_end(s.j, &s.p);
	CHECK_MEM(s.text.p, s.text.n, c->want.text, strlen(c->want.text));
	CHECK_INT(r, c->want.err);
	CHECK_INT(s.p.line, c->want.line);
	if (r < 0) { /* sticks */
		CHECK_INT(jsonl_feed(s.j, "{}\n", 3, NULL), r);
		CHECK_INT(jsonl_end(s.j, NULL), r);
		CHECK_INT(jsonl_peek_end(s.j, NULL), r);
		CHECK_INT(s.text.n, strlen(c->want.text));
	}
	seen_end(&s);
}

/* Asked behind any byte, the answer is that of a reader whose input ends there,
 * and the asking changes nothing. */
__attribute__((unused)) static void rows_peeks(const struct rows_case *c)
{
	struct seen all, plain;
	int r = 0;

	seen_begin(&all, c->wanted, c->max_row, c->stop_at);
	seen_begin(&plain, c->wanted, c->max_row, c->stop_at);
	for (size_t i = 0; i <= c->n && r == 0; i++) {
		struct seen ended;
		struct problem p = {0};
		size_t before = all.text.n;
		int calls = all.calls, peeked;

		seen_begin(&ended, c->wanted, c->max_row, c->stop_at);
		r = i ? jsonl_feed(ended.j, c->in, i, &ended.p) : 0;
		if (r == 0)
			r = jsonl_end(ended.j, &ended.p);
		peeked = jsonl_peek_end(all.j, &p);
		CHECK_INT(peeked, r);
		CHECK_INT(p.line, ended.p.line);
		CHECK_STR(p.note, ended.p.note);
		CHECK_MEM(all.text.p, all.text.n, ended.text.p, ended.text.n);
		all.text.n = before;
		all.calls = calls;
		seen_end(&ended);
		if (i == c->n)
			break;
		r = jsonl_feed(plain.j, c->in + i, 1, &plain.p);
		CHECK_INT(jsonl_feed(all.j, c->in + i, 1, &all.p), r);
		CHECK_MEM(all.text.p, all.text.n, plain.text.p, plain.text.n);
	}
	seen_end(&all);
	seen_end(&plain);
}

__attribute__((unused)) static void rows_all(const struct rows_case *c)
{
	rows_one(c, (struct feed_cut){0, c->n + 1});
	rows_one(c, (struct feed_cut){0, 1});
	rows_one(c, (struct feed_cut){0, 2});
	rows_one(c, (struct feed_cut){0, 3});
	for (size_t i = 1; i < c->n; i++)
		rows_one(c, (struct feed_cut){i, c->n});
	rows_peeks(c);
}

#define ROWS_CASE(names, max, input, ...)                    \
	rows_all(&(struct rows_case){.wanted = (names),      \
				     .in = "" input,         \
				     .n = sizeof(input) - 1, \
				     .max_row = (max),       \
				     .want = {__VA_ARGS__}})
/* input, rows */
#define ROWS(in, out) ROWS_CASE(NULL, 4096, in, out, 0, 0)
/* wanted names, input, rows */
#define WANTED(names, in, out) ROWS_CASE(names, 4096, in, out, 0, 0)
/* input, rows, error, line */
#define FAILS(in, ...) ROWS_CASE(NULL, 4096, in, __VA_ARGS__)
