/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the bytes: cut in any portions, with questions about the end in
 * between, the rows and the error are those of feeding all at once; lines only
 * grow; every cell is text without line ends.
 *
 * The input's first byte chooses delimiter and max_row, the second seeds the
 * portions.
 */
#include "data/csv.h"
#include "data/text.h"

#include "base/crypto.h"
#include "portions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Everything that was seen, in a few bytes. */
struct seen {
	struct csv *csv;
	struct problem p;
	uint64_t line, rows;
	uint8_t mark[CRYPTO_SHA256_BYTES];
};

static void mark(struct seen *s, const void *p, size_t n)
{
	uint8_t both[2 * CRYPTO_SHA256_BYTES];

	memcpy(both, s->mark, CRYPTO_SHA256_BYTES);
	crypto_sha256(p, n, both + CRYPTO_SHA256_BYTES);
	crypto_sha256(both, sizeof(both), s->mark);
}

static int on_row(void *ctx, const struct row *row)
{
	struct seen *s = ctx;
	uint64_t figures[3] = {row->line, row->breaks, row->n};

	ENSURE(row->n > 0);
	ENSURE(row->line > s->line);
	s->line = row->line + row->breaks;
	s->rows++;
	mark(s, figures, sizeof(figures));
	for (size_t i = 0; i < row->n && i < ROW_MAX_CELLS; i++) {
		struct slice c = row->cells[i];

		ENSURE(text_valid(c.p, c.n));
		ENSURE(c.n == 0 || (!memchr(c.p, '\n', c.n) && !memchr(c.p, '\r', c.n)));
		mark(s, c.p, c.n);
	}
	return 0;
}

static int feed_exact(struct csv *c, const uint8_t *p, size_t n, struct problem *prob)
{
	uint8_t *exact = malloc(n);
	int r;

	ENSURE(exact);
	memcpy(exact, p, n);
	r = csv_feed(c, exact, n, prob);
	free(exact);
	return r;
}

static void peek(struct seen *s)
{
	struct seen before = *s;

	ENSURE(csv_peek_end(s->csv, NULL) <= 0); /* and no trace of it */
	*s = before;
}

static int run(struct seen *s, const struct csv_opts *o, const uint8_t *p, size_t n,
	       struct portions *portions)
{
	int r = 0;

	ENSURE(csv_new(&s->csv, o, on_row, s) == 0);
	while (n > 0 && r == 0) {
		size_t k = portions ? portions_len(portions, n) : n;

		r = feed_exact(s->csv, p, k, &s->p);
		p += k;
		n -= k;
		if (portions && portions_next(portions) % 8 == 0)
			peek(s);
	}
	if (r == 0) {
		peek(s);
		r = csv_end(s->csv, &s->p);
	}
	csv_free(s->csv);
	ENSURE(s->p.err == r);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char delims[] = {0, ',', ';', '\t', '|'};
	static const size_t max_rows[] = {4096, 1, 7, 40};
	struct seen whole = {0}, cut = {0};
	struct portions portions;
	struct csv_opts o = {0};

	if (n < 2)
		return 0;
	o.delim = delims[data[0] % sizeof(delims)];
	o.max_row = max_rows[data[0] / sizeof(delims) % 4];
	portions.state = data[1];
	ENSURE(run(&whole, &o, data + 2, n - 2, NULL) ==
	       run(&cut, &o, data + 2, n - 2, &portions));
	ENSURE(whole.rows == cut.rows);
	ENSURE(whole.p.line == cut.p.line);
	ENSURE(memcmp(whole.mark, cut.mark, sizeof(cut.mark)) == 0);
	return 0;
}
