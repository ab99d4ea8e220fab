/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes out is decoded by zlib, which shares no code with the compressor.
 */
#include "data/gzip.h"

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

#include "feed.h"
#include "tool/check.h"

#define BLOCK (256u * 1024)

static void add(struct buf *b, const void *p, size_t n)
{
	CHECK_INT(buf_add(b, p, n), 0);
}

/* One gzip member, nothing behind it, and exactly that content. */
static void decodes_to(const struct buf *zip, const char *want, size_t n)
{
	z_stream z = {.next_in = (Bytef *)zip->p, .avail_in = (uInt)zip->n};
	char *got = malloc(n + 1);

	CHECK_INT(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_out = (Bytef *)got;
	z.avail_out = (uInt)n + 1;
	CHECK_INT(inflate(&z, Z_FINISH), Z_STREAM_END);
	CHECK_INT(z.avail_in, 0);
	CHECK_INT(z.total_out, n);
	CHECK(memcmp(got, want, n) == 0);
	CHECK_INT(inflateEnd(&z), Z_OK);
	free(got);
}

/* Digests in CSV, or noise that cannot be packed. */
static char *sample(size_t n, bool noise)
{
	char *p = malloc(n + 1);
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = noise ? (char)(x >> 32) : "0123456789abcdef"[x >> 60];
		if (!noise && i % 65 == 64)
			p[i] = i % 130 == 64 ? ',' : '\n';
	}
	return p;
}

static void round_trip(const char *in, size_t n, struct slice more)
{
	struct buf out = BUF_INIT(1 << 24), all = BUF_INIT(1 << 24);
	struct gzip *z;

	CHECK_INT(gzip_new(&z), 0);
	CHECK_INT(gzip_feed(z, in, n, &out), 0);
	CHECK_INT(gzip_tail(z, more, &out), 0);
	add(&all, in, n);
	add(&all, more.p, more.n);
	decodes_to(&out, all.p, all.n);
	gzip_free(z);
	buf_fini(&out);
	buf_fini(&all);
}

TEST(packs_any_length)
{
	static const size_t lengths[] = {
		0,	   1,	  2,	     100,	65535,	       65536,
		BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1, 1000000,
	};
	struct slice none = {NULL, 0};

	for (int noise = 0; noise < 2; noise++) {
		char *in = sample(1000000, noise);

		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			round_trip(in, lengths[i], none);
			round_trip(in, 100, slice_of(in, lengths[i]));
			round_trip(in, 0, slice_of(in, lengths[i]));
		}
		free(in);
	}
}

TEST(packs_digests_well)
{
	char *in = sample(1000000, false);
	struct buf out = BUF_INIT(1 << 24);
	struct gzip *z;

	CHECK_INT(gzip_new(&z), 0);
	CHECK_INT(gzip_feed(z, in, 1000000, &out), 0);
	CHECK_INT(gzip_tail(z, slice_of(NULL, 0), &out), 0);
	CHECK(out.n > 480000); /* four bits a digit: less would be a miracle */
	CHECK(out.n < 560000);
	gzip_free(z);
	buf_fini(&out);
	free(in);
}

TEST(is_the_same_stream_for_the_same_bytes)
{
	static const uint8_t begin[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff};
	struct buf out = BUF_INIT(4096);
	struct gzip *z;

	CHECK_INT(gzip_new(&z), 0);
	CHECK_INT(gzip_tail(z, slice_of(NULL, 0), &out), 0);
	CHECK(out.n >= 20);
	CHECK_MEM(out.p, 10, begin, 10);
	gzip_free(z);
	buf_fini(&out);
}

struct taken {
	struct gzip *z;
	struct buf out;
};

static int feed(void *ctx, const char *p, size_t n)
{
	struct taken *t = ctx;

	return gzip_feed(t->z, p, n, &t->out);
}

TEST(does_not_depend_on_the_cuts)
{
	static const size_t steps[] = {1, 7, 4096, 65536, BLOCK, BLOCK + 1, 700000};
	size_t n = 2 * BLOCK + 500;
	char *in = sample(n, false);
	struct taken first = {.out = BUF_INIT(1 << 24)};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct taken t = {.out = BUF_INIT(1 << 24)};

		CHECK_INT(gzip_new(&t.z), 0);
		CHECK_INT(feed_portions(in, n, (struct feed_cut){0, steps[i]}, feed, &t),
			  0);
		CHECK_INT(gzip_tail(t.z, slice_of(NULL, 0), &t.out), 0);
		gzip_free(t.z);
		if (i == 0) {
			first = t;
			continue;
		}
		CHECK_MEM(t.out.p, t.out.n, first.out.p, first.out.n);
		buf_fini(&t.out);
	}
	decodes_to(&first.out, in, n);
	buf_fini(&first.out);
	free(in);
}

/* A flush after every portion stores a whole file, and the next ones go on. */
TEST(can_end_after_every_byte)
{
	size_t n = 600, step = 1;
	char *in = sample(3 * BLOCK, false);

	for (int round = 0; round < 2; round++) {
		struct buf out = BUF_INIT(1 << 24);
		struct gzip *z;

		CHECK_INT(gzip_new(&z), 0);
		for (size_t at = 0; at < n; at += step) {
			size_t before, k = step < n - at ? step : n - at;

			CHECK_INT(gzip_feed(z, in + at, k, &out), 0);
			before = out.n;
			CHECK_INT(gzip_tail(z, slice_of(NULL, 0), &out), 0);
			decodes_to(&out, in, at + k);
			out.n = before;
			CHECK_INT(gzip_tail(z, slice_str("the last row\n"), &out), 0);
			CHECK_INT(out.n > before, 1);
			out.n = before;
		}
		CHECK_INT(gzip_tail(z, slice_of(NULL, 0), &out), 0);
		decodes_to(&out, in, n);
		gzip_free(z);
		buf_fini(&out);
		n = 3 * BLOCK; /* and across the borders of pieces */
		step = 50021;
	}
	free(in);
}

TEST(begins_again_after_reset)
{
	struct buf out = BUF_INIT(1 << 24);
	char *in = sample(BLOCK + 100, false);
	struct gzip *z;

	CHECK_INT(gzip_new(&z), 0);
	CHECK_INT(gzip_feed(z, in, BLOCK + 100, &out), 0);
	CHECK(out.n > 0);
	gzip_reset(z);
	buf_clear(&out);
	CHECK_INT(gzip_feed(z, "anew", 4, &out), 0);
	CHECK_INT(gzip_tail(z, slice_of(NULL, 0), &out), 0);
	decodes_to(&out, "anew", 4);
	gzip_free(z);
	gzip_free(NULL);
	buf_fini(&out);
	free(in);
}

TEST(adds_nothing_without_room)
{
	struct buf out = BUF_INIT(64);
	struct gzip *z;

	CHECK_INT(gzip_new(&z), 0);
	CHECK_INT(gzip_feed(z, "x", 1, &out), 0);
	CHECK_INT(gzip_tail(z, slice_of(NULL, 0), &out), -ERR_TOO_LARGE);
	CHECK_INT(out.n, 0);
	gzip_free(z);
	buf_fini(&out);
}

int main(void)
{
	RUN(packs_any_length);
	RUN(packs_digests_well);
	RUN(is_the_same_stream_for_the_same_bytes);
	RUN(does_not_depend_on_the_cuts);
	RUN(can_end_after_every_byte);
	RUN(begins_again_after_reset);
	RUN(adds_nothing_without_room);
	return CHECK_DONE();
}
