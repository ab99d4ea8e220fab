/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the bytes: cut in any portions, with questions about the end in
 * between, the rows and the error are those of feeding all at once; a question at
 * the end is answered as the end is; lines only grow; what fails says why.
 *
 * The input's first byte chooses encoding, delimiter, max_row and whether there
 * is a header; the second seeds the portions, and packs the rest with gzip if it
 * is odd.
 */
#include "data/gzip.h"
#include "data/input.h"
#include "data/text.h"

#include "base/crypto.h"
#include "portions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Everything that was seen, in a few bytes. */
struct seen {
	struct input *in;
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
	uint64_t figures[4] = {row->line, row->breaks, row->n, row->flaw};

	if (s->rows > 0) { /* no header: that of JSON comes from several lines */
		ENSURE(row->line > s->line);
		s->line = row->line;
	}
	ENSURE(row->flaw == ROW_GOOD || row->n == 0);
	s->rows++;
	mark(s, figures, sizeof(figures));
	for (size_t i = 0; i < row->n && i < ROW_MAX_CELLS; i++) {
		struct slice c = row->cells[i];

		ENSURE(text_valid(c.p, c.n));
		ENSURE(c.n == 0 || (!memchr(c.p, '\n', c.n) && !memchr(c.p, '\r', c.n)));
		if (row->kinds)
			ENSURE(row->kinds[i] <= ROW_NESTED);
		mark(s, c.p, c.n);
	}
	return 0;
}

/* Some names and not others, by nothing but the name. */
static bool wanted(void *ctx, struct slice name)
{
	return name.n > 0 && name.p[0] < 'k';
}

static int ignored(void *ctx, struct slice name)
{
	struct seen *s = ctx;

	ENSURE(text_valid(name.p, name.n));
	mark(s, name.p, name.n);
	return 0;
}

static int feed_exact(struct input *in, const uint8_t *p, size_t n, struct problem *prob)
{
	uint8_t *exact = malloc(n);
	int r;

	ENSURE(exact);
	memcpy(exact, p, n);
	r = input_feed(in, exact, n, prob);
	free(exact);
	return r;
}

/* *then gets what the end would bring. */
static int peek(struct seen *s, struct seen *then)
{
	struct seen before = *s;
	int r;

	r = input_peek_end(s->in, &s->p);
	ENSURE(r <= 0 && s->p.err == r);
	*then = *s;
	*s = before; /* and no trace of it */
	return r;
}

static void alike(const struct seen *a, const struct seen *b)
{
	ENSURE(a->p.err == b->p.err);
	ENSURE(a->p.line == b->p.line);
	ENSURE(strcmp(a->p.note, b->p.note) == 0);
	ENSURE(a->rows == b->rows);
	ENSURE(memcmp(a->mark, b->mark, sizeof(a->mark)) == 0);
}

static void run(struct seen *s, struct input_opts o, const uint8_t *p, size_t n,
		struct portions *portions)
{
	struct seen then;
	int r = 0;

	o.ctx = s;
	ENSURE(input_new(&s->in, &o) == 0);
	while (n > 0 && r == 0) {
		size_t k = portions ? portions_len(portions, n) : n;

		r = feed_exact(s->in, p, k, &s->p);
		p += k;
		n -= k;
		if (r == 0 && portions && portions_next(portions) % 8 == 0)
			(void)peek(s, &then); /* for its traces */
	}
	if (r == 0) {
		int would = peek(s, &then);

		r = input_end(s->in, &s->p);
		ENSURE(r == would);
		alike(s, &then);
	}
	input_free(s->in);
	ENSURE(s->p.err == r);
	ENSURE(r == 0 || s->p.note[0]);
}

static void check(const struct input_opts *o, const uint8_t *p, size_t n, uint8_t seed)
{
	struct seen whole = {0}, cut = {0};
	struct portions portions = {seed};

	run(&whole, *o, p, n, NULL);
	run(&cut, *o, p, n, &portions);
	alike(&whole, &cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t max_rows[] = {4096, 40};
	struct input_opts o = {.fn = on_row, .wanted = wanted, .ignored = ignored};
	struct buf zip = BUF_INIT(1 << 24);
	struct gzip *z;

	if (n < 2)
		return 0;
	o.encoding = data[0] % 4;
	o.max_row = max_rows[data[0] / 4 % 2];
	o.only_csv = data[0] & 8;
	o.delim = data[0] & 16 ? ',' : 0;
	if (data[1] % 2 == 0) {
		check(&o, data + 2, n - 2, data[1]);
		return 0;
	}
	ENSURE(gzip_new(&z) == 0);
	ENSURE(gzip_feed(z, data + 2, n - 2, &zip) == 0);
	ENSURE(gzip_tail(z, slice_of(NULL, 0), &zip) == 0);
	gzip_free(z);
	check(&o, (const uint8_t *)zip.p, zip.n, data[1]);
	buf_fini(&zip);
	return 0;
}
