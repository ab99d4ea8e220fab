/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every 256 KiB of input become one piece of deflate that needs nothing of the
 * pieces before it and ends on a byte border (a "full flush"). The tail packs
 * what is pending as the final piece, so it can be made at any time from state
 * that it does not change.
 *
 * ISA-L at level 1 packs our hashes several times as fast as zlib at level 1
 * and smaller; digests leave little to find for a slower search. Its "stateless"
 * call is used, since the other one cannot be asked for an ending twice.
 *
 * Pieces are cut by the count of bytes alone, so the result does not depend on
 * how the input arrived.
 */
#include "data/gzip.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <isa-l.h>

#include "base/crypto.h"

#define BLOCK	   (256u * 1024)
#define LEVEL	   1
#define LEVEL_BUF  ISAL_DEF_LVL1_DEFAULT
#define TAIL_BYTES 8

/* What ISA-L may need beyond the input's size: stored blocks have 5 bytes each
 * per 65535, and its bit writer wants some slack. */
#define SLACK 1024

/* No name, no time, so that the same rows give the same object. */
static const uint8_t header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff};

/* What ISA-L works in: nothing of it lasts from call to call. */
struct workshop {
	struct isal_zstream stream;
	uint8_t level_buf[LEVEL_BUF];
};

struct gzip {
	bool begun;   /* the header is out */
	uint32_t crc; /* of everything fed */
	uint32_t total;
	size_t n; /* pending */
	uint8_t block[BLOCK];
	struct workshop *shop;
};

int gzip_new(struct gzip **out)
{
	struct gzip *z = calloc(1, sizeof(*z));

	if (!z)
		return -ENOMEM;
	z->shop = calloc(1, sizeof(*z->shop));
	if (!z->shop) {
		free(z);
		return -ENOMEM;
	}
	*out = z;
	return 0;
}

void gzip_free(struct gzip *z)
{
	if (!z)
		return;
	crypto_wipe(z->shop, sizeof(*z->shop));
	free(z->shop);
	crypto_wipe(z->block, sizeof(z->block));
	free(z);
}

void gzip_reset(struct gzip *z)
{
	z->begun = false;
	z->crc = 0;
	z->total = 0;
	z->n = 0;
}

/* One piece; n is at most BLOCK. */
static int pack(const struct gzip *z, const void *p, size_t n, bool final,
		struct buf *out)
{
	struct isal_zstream *s = &z->shop->stream;
	int r;

	r = buf_reserve(out, n + SLACK);
	if (r < 0)
		return r;
	isal_deflate_stateless_init(s);
	s->level = LEVEL;
	s->level_buf = z->shop->level_buf;
	s->level_buf_size = sizeof(z->shop->level_buf);
	s->gzip_flag = IGZIP_DEFLATE;
	s->flush = final ? NO_FLUSH : FULL_FLUSH;
	s->end_of_stream = final;
	s->next_in = (uint8_t *)p; /* only read, whatever its type says */
	s->avail_in = (uint32_t)n;
	s->next_out = (uint8_t *)out->p + out->n;
	s->avail_out = (uint32_t)(n + SLACK);
	r = isal_deflate_stateless(s);
	if (r != COMP_OK || s->avail_in != 0)
		return -EIO; /* there was room: cannot happen */
	out->n = (size_t)((char *)s->next_out - out->p);
	return 0;
}

/* The header, at most once. */
static int begin(const struct gzip *z, struct buf *out)
{
	return z->begun ? 0 : buf_add(out, header, sizeof(header));
}

static int pack_block(struct gzip *z, struct buf *out)
{
	size_t before = out->n;
	int r;

	r = begin(z, out);
	if (r == 0)
		r = pack(z, z->block, z->n, false, out);
	if (r < 0) {
		out->n = before;
		return r;
	}
	z->begun = true;
	z->n = 0;
	return 0;
}

int gzip_feed(struct gzip *z, const void *data, size_t n, struct buf *out)
{
	const uint8_t *p = data;

	while (n > 0) {
		size_t k = BLOCK - z->n;
		int r;

		if (k > n)
			k = n;
		memcpy(z->block + z->n, p, k);
		z->n += k;
		z->total += (uint32_t)k; /* modulo 2^32, as RFC 1952 has it */
		z->crc = crc32_gzip_refl(z->crc, p, k);
		p += k;
		n -= k;
		if (z->n < BLOCK)
			break;
		r = pack_block(z, out);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Pending input and then more, in as many pieces as it takes. */
static int pack_rest(const struct gzip *z, struct slice more, struct buf *out)
{
	int r = 0;

	if (more.n == 0)
		return pack(z, z->block, z->n, true, out);
	if (z->n > 0)
		r = pack(z, z->block, z->n, false, out);
	while (r == 0 && more.n > 0) {
		size_t k = more.n < BLOCK ? more.n : BLOCK;

		r = pack(z, more.p, k, k == more.n, out);
		more = slice_of(more.p + k, more.n - k);
	}
	return r;
}

int gzip_tail(const struct gzip *z, struct slice more, struct buf *out)
{
	const uint8_t *p = (const uint8_t *)more.p;
	uint32_t crc = more.n ? crc32_gzip_refl(z->crc, p, more.n) : z->crc;
	uint32_t end[2] = {htole32(crc), htole32(z->total + (uint32_t)more.n)};
	size_t before = out->n;
	int r;

	r = begin(z, out);
	if (r == 0)
		r = pack_rest(z, more, out);
	if (r == 0)
		r = buf_add(out, end, TAIL_BYTES);
	if (r < 0)
		out->n = before;
	return r;
}
