/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zlib unpacks, since the bytes are a stranger's and no other inflate has been
 * attacked for as long. It is told to expect gzip's header and checks each
 * member's checksum and length; what is between the members is ours.
 *
 * Its window is the last 32 KiB of somebody's rows, so its memory is given to it
 * by functions that wipe what it gives back.
 */
#include "data/gunzip.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <zlib.h>

#include "base/crypto.h"

#define PIECE	  (32u << 10)
#define GZIP_ONLY (16 + MAX_WBITS) /* zlib's way to say so */

enum place {
	AT_MEMBER, /* a member must begin: there was none yet */
	IN_MEMBER,
	PAST_MEMBER, /* another one, zeros, or the end */
	IN_ZEROS,
};

struct gunzip {
	gunzip_fn *fn;
	void *ctx;
	enum place place;
	int err;
	z_stream z;
	char piece[PIECE];
};

/* In front of what zlib gets. */
struct block {
	_Alignas(max_align_t) size_t n;
};

static voidpf get_memory(voidpf ctx, uInt items, uInt size)
{
	size_t n = (size_t)items * size; /* of 32 bits each */
	struct block *b;

	if (n > SIZE_MAX - sizeof(*b))
		return NULL;
	b = malloc(sizeof(*b) + n);
	if (!b)
		return NULL;
	b->n = n;
	return b + 1;
}

static void wipe_memory(voidpf ctx, voidpf p)
{
	struct block *b = (struct block *)p - 1;

	crypto_wipe(p, b->n);
	free(b);
}

static int hand_on(struct gunzip *g)
{
	size_t n = PIECE - g->z.avail_out;

	return n > 0 ? g->fn(g->ctx, g->piece, n) : 0;
}

/* What there is of the present member. What was unpacked before damage is
 * handed on: how much that is must not depend on the portions. */
static int inflate_some(struct gunzip *g, const uint8_t **pp, size_t *n)
{
	uInt some = *n < UINT_MAX ? (uInt)*n : UINT_MAX;
	int z, r;

	g->z.next_in = (Bytef *)*pp; /* only read, whatever its type says */
	g->z.avail_in = some;
	do {
		g->z.next_out = (Bytef *)g->piece;
		g->z.avail_out = PIECE;
		z = inflate(&g->z, Z_NO_FLUSH);
		r = hand_on(g);
		if (r < 0)
			return r;
	} while (z == Z_OK && (g->z.avail_in > 0 || g->z.avail_out == 0));
	*pp += some - g->z.avail_in;
	*n -= some - g->z.avail_in;
	if (z == Z_STREAM_END)
		g->place = PAST_MEMBER;
	else if (z == Z_MEM_ERROR)
		return -ENOMEM;
	else if (z != Z_OK && z != Z_BUF_ERROR) /* the latter: wants more bytes */
		return -ERR_BAD_GZIP;
	return 0;
}

/* Between members: passes over zeros, and begins the next one. */
static int pass_border(struct gunzip *g, const uint8_t **pp, size_t *n)
{
	while (g->place != AT_MEMBER && *n > 0 && **pp == 0) {
		g->place = IN_ZEROS;
		++*pp;
		--*n;
	}
	if (*n == 0)
		return 0;
	if (g->place == IN_ZEROS)
		return -ERR_BAD_GZIP;
	if (inflateReset(&g->z) != Z_OK)
		return -EINVAL; /* our mistake */
	g->place = IN_MEMBER;
	return 0;
}

int gunzip_new(struct gunzip **out, gunzip_fn *fn, void *ctx)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->fn = fn;
	g->ctx = ctx;
	g->z.zalloc = get_memory;
	g->z.zfree = wipe_memory;
	if (inflateInit2(&g->z, GZIP_ONLY) != Z_OK) {
		free(g);
		return -ENOMEM;
	}
	*out = g;
	return 0;
}

int gunzip_feed(struct gunzip *g, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n > 0 && g->err == 0) {
		if (g->place == IN_MEMBER)
			g->err = inflate_some(g, &p, &n);
		else
			g->err = pass_border(g, &p, &n);
	}
	return g->err;
}

int gunzip_end(const struct gunzip *g)
{
	if (g->err < 0)
		return g->err;
	return g->place == PAST_MEMBER || g->place == IN_ZEROS ? 0 : -ERR_BAD_GZIP;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	(void)inflateEnd(&g->z); /* fails only for what is no stream */
	crypto_wipe(g->piece, sizeof(g->piece));
	free(g);
}
