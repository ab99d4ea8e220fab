/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What zlib and our own packer have packed is unpacked whole, cut in two at every
 * place, and byte by byte, and must each time give the same text and answer.
 */
#include "data/gunzip.h"

#include <stdint.h>
#include <zlib.h>

#include "base/buf.h"
#include "data/gzip.h"
#include "feed.h"
#include "tool/check.h"

struct seen {
	struct gunzip *g;
	struct buf text;
	size_t stop; /* bytes after which the function fails; 0 = never */
};

static int on_text(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	CHECK(n > 0 && n <= 65536);
	CHECK_INT(buf_add(&s->text, p, n), 0);
	return s->stop && s->text.n >= s->stop ? -ENOSPC : 0;
}

static int feed(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	return gunzip_feed(s->g, p, n);
}

static void check_one(struct slice in, struct feed_cut cut, struct slice want, int err,
		      int end)
{
	struct seen s = {.text = BUF_INIT(1 << 24)};

	CHECK_INT(gunzip_new(&s.g, on_text, &s), 0);
	CHECK_INT(feed_portions(in.p, in.n, cut, feed, &s), err);
	CHECK_INT(s.text.n, want.n);
	CHECK(want.n == 0 || memcmp(s.text.p, want.p, want.n) == 0);
	CHECK_INT(gunzip_end(s.g), end);
	if (err < 0) /* sticks */
		CHECK_INT(gunzip_feed(s.g, "\x1f", 1), err);
	gunzip_free(s.g);
	buf_fini(&s.text);
}

static void check_all(struct slice in, const char *want, int err, int end)
{
	struct slice w = slice_str(want);

	for (size_t step = 1; step <= 3; step++)
		check_one(in, (struct feed_cut){0, step}, w, err, end);
	for (size_t i = 0; i < in.n; i++)
		check_one(in, (struct feed_cut){i, in.n + 1}, w, err, end);
}

/* One member behind what out holds, with a name and a header checksum. */
static void pack(struct buf *out, const char *p, size_t n)
{
	gz_header head = {.name = (Bytef *)"rows.csv", .hcrc = 1, .time = 1};
	z_stream z = {0};

	CHECK_INT(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	CHECK_INT(deflateSetHeader(&z, &head), Z_OK);
	CHECK_INT(buf_reserve(out, deflateBound(&z, (uLong)n) + 64), 0);
	z.next_in = (Bytef *)p;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)out->p + out->n;
	z.avail_out = (uInt)(out->cap - out->n);
	CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += z.total_out;
	CHECK_INT(deflateEnd(&z), Z_OK);
}

static struct buf packed(const char *text)
{
	struct buf out = BUF_INIT(1 << 20);

	pack(&out, text, strlen(text));
	return out;
}

static void add(struct buf *b, const char *p, size_t n)
{
	CHECK_INT(buf_add(b, p, n), 0);
}

TEST(unpacks_a_member)
{
	struct buf z = packed("a,b\n1,2\n");

	check_all(buf_slice(&z), "a,b\n1,2\n", 0, 0);
	buf_clear(&z);
	pack(&z, "", 0);
	check_all(buf_slice(&z), "", 0, 0);
	buf_fini(&z);
}

TEST(unpacks_several_members)
{
	struct buf z = packed("a,b\n");

	pack(&z, "", 0);
	pack(&z, "1,2\n", 4);
	check_all(buf_slice(&z), "a,b\n1,2\n", 0, 0);
	buf_fini(&z);
}

TEST(passes_over_zeros_at_the_end)
{
	struct buf z = packed("a,b\n");

	add(&z, "\0", 1);
	check_all(buf_slice(&z), "a,b\n", 0, 0);
	add(&z, "\0\0\0\0", 4);
	check_all(buf_slice(&z), "a,b\n", 0, 0);
	add(&z, "\x1f", 1); /* no member follows them */
	check_all(buf_slice(&z), "a,b\n", -ERR_BAD_GZIP, -ERR_BAD_GZIP);
	buf_fini(&z);
}

TEST(refuses_anything_else_behind_it)
{
	struct buf z = packed("a,b\n");

	add(&z, "x,y\n", 4);
	check_all(buf_slice(&z), "a,b\n", -ERR_BAD_GZIP, -ERR_BAD_GZIP);
	buf_fini(&z);
}

TEST(refuses_what_is_no_gzip)
{
	struct buf z = packed("a,b\n");

	check_all(slice_str("a,b\n1,2\n"), "", -ERR_BAD_GZIP, -ERR_BAD_GZIP);
	check_all(slice_of("\0\0", 2), "", -ERR_BAD_GZIP, -ERR_BAD_GZIP);
	check_all(slice_of("\x78\x9c\x4b\x04\x00\x00\x62\x00\x62", 9), "", -ERR_BAD_GZIP,
		  -ERR_BAD_GZIP); /* zlib's own format */
	z.p[2] = 7;		  /* not deflate */
	check_all(buf_slice(&z), "", -ERR_BAD_GZIP, -ERR_BAD_GZIP);
	buf_fini(&z);
}

/* Any byte's loss is seen, and what came before it is handed out. */
TEST(knows_that_the_end_is_missing)
{
	static const char text[] = "a,b\n1,2\n3,4\n";
	struct buf z = packed(text);

	for (size_t n = 0; n < z.n; n++) {
		struct seen s = {.text = BUF_INIT(64)};

		CHECK_INT(gunzip_new(&s.g, on_text, &s), 0);
		CHECK_INT(gunzip_feed(s.g, z.p, n), 0);
		CHECK_INT(gunzip_end(s.g), -ERR_BAD_GZIP);
		CHECK(s.text.n == 0 || memcmp(s.text.p, text, s.text.n) == 0);
		CHECK_INT(gunzip_feed(s.g, z.p + n, z.n - n), 0); /* as if unasked */
		CHECK_MEM(s.text.p, s.text.n, text, strlen(text));
		CHECK_INT(gunzip_end(s.g), 0);
		gunzip_free(s.g);
		buf_fini(&s.text);
	}
	buf_fini(&z);
}

/* Each bit turned: never another content that is called good, and the portions
 * leave no trace. A few bits mean nothing, those that fill up the last byte. */
TEST(knows_damage)
{
	static const char text[] = "email,phone\nann@example.com,+1 201 555 0123\n";
	struct buf z = packed(text);
	struct slice in = buf_slice(&z);
	size_t unseen = 0;

	for (size_t bit = 0; bit < 8 * z.n; bit++) {
		struct seen s = {.text = BUF_INIT(1 << 20)};
		int r, end;

		z.p[bit / 8] ^= (char)(1u << bit % 8);
		CHECK_INT(gunzip_new(&s.g, on_text, &s), 0);
		r = gunzip_feed(s.g, in.p, in.n);
		end = gunzip_end(s.g);
		if (end == 0) {
			CHECK_MEM(s.text.p, s.text.n, text, strlen(text));
			unseen++;
		} else {
			CHECK_INT(end, -ERR_BAD_GZIP);
		}
		check_one(in, (struct feed_cut){0, 1}, buf_slice(&s.text), r, end);
		gunzip_free(s.g);
		buf_fini(&s.text);
		z.p[bit / 8] ^= (char)(1u << bit % 8);
	}
	CHECK(unseen < 8);
	buf_fini(&z);
}

/* More than the window and many pieces; nearly nothing when packed. */
TEST(unpacks_what_is_long)
{
	const size_t n = 3u << 20;
	char *text = malloc(n);
	struct buf z = BUF_INIT(1 << 23);
	struct slice want = slice_of(text, n);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)(i < n / 2 ? 'a' : (i * i >> 3) % 251);
	pack(&z, text, n / 2);
	pack(&z, text + n / 2, n - n / 2);
	check_one(buf_slice(&z), (struct feed_cut){0, z.n}, want, 0, 0);
	check_one(buf_slice(&z), (struct feed_cut){0, 1}, want, 0, 0);
	check_one(buf_slice(&z), (struct feed_cut){7, 4096}, want, 0, 0);
	buf_fini(&z);
	free(text);
}

TEST(unpacks_our_own)
{
	struct buf z = BUF_INIT(1 << 20);
	struct gzip *own;

	CHECK_INT(gzip_new(&own), 0);
	CHECK_INT(gzip_feed(own, "a,b\n", 4, &z), 0);
	CHECK_INT(gzip_tail(own, slice_str("1,2\n"), &z), 0);
	gzip_free(own);
	check_all(buf_slice(&z), "a,b\n1,2\n", 0, 0);
	buf_fini(&z);
}

TEST(hands_the_functions_error_on)
{
	struct buf z = packed("a,b\n");
	struct seen s = {.text = BUF_INIT(64), .stop = 6};

	pack(&z, "1,2\n", 4);
	pack(&z, "3,4\n", 4);
	CHECK_INT(gunzip_new(&s.g, on_text, &s), 0);
	CHECK_INT(gunzip_feed(s.g, z.p, z.n), -ENOSPC);
	CHECK_INT(gunzip_feed(s.g, z.p, z.n), -ENOSPC);
	CHECK_INT(gunzip_end(s.g), -ENOSPC);
	CHECK_MEM(s.text.p, s.text.n, "a,b\n1,2\n", 8);
	gunzip_free(s.g);
	gunzip_free(NULL);
	buf_fini(&s.text);
	buf_fini(&z);
}

int main(void)
{
	RUN(unpacks_a_member);
	RUN(unpacks_several_members);
	RUN(passes_over_zeros_at_the_end);
	RUN(refuses_anything_else_behind_it);
	RUN(refuses_what_is_no_gzip);
	RUN(knows_that_the_end_is_missing);
	RUN(knows_damage);
	RUN(unpacks_what_is_long);
	RUN(unpacks_our_own);
	RUN(hands_the_functions_error_on);
	return CHECK_DONE();
}
