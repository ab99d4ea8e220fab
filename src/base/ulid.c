/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ulid - 26 characters that sort by time of birth and never meet twice
 *
 * The last id is remembered for the whole process, in the one mutable static
 * here: order among all ids is the promise, and a state handed around could be
 * made twice. An id that would not sort behind the last one becomes the last
 * one plus one; when that runs over its 80 random bits, it carries into the
 * time, which then is a millisecond ahead.
 */
#include "base/ulid.h"

#include <pthread.h>
#include <string.h>

#include "base/crypto.h"

#define TIME_MAX     ((INT64_C(1) << 48) - 1)
#define TIME_BYTES   6
#define ULID_BYTES   16
#define RANDOM_BYTES (ULID_BYTES - TIME_BYTES)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static struct {
	pthread_mutex_t lock;
	uint8_t last[ULID_BYTES]; /* big-endian: memcmp() is the order */
	bool any;		  /* last holds one */
} made = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* 128 bits in 26 groups of 5, the first of which has two zero bits in front. */
static void encode(const uint8_t in[ULID_BYTES], char out[ULID_CHARS + 1])
{
	unsigned int bits = 0, held = 2;
	size_t from = 0;

	for (size_t i = 0; i < ULID_CHARS; i++) {
		if (held < 5) {
			bits = (bits << 8 | in[from++]) & 0xffff;
			held += 8;
		}
		held -= 5;
		out[i] = alphabet[bits >> held & 31];
	}
	out[ULID_CHARS] = '\0';
}

/* False when all 128 bits were ones. */
static bool add_one(uint8_t id[ULID_BYTES])
{
	for (size_t i = ULID_BYTES; i-- > 0;) {
		if (++id[i] != 0)
			return true;
	}
	return false;
}

int ulid_new(int64_t wall_ms, char out[ULID_CHARS + 1])
{
	uint8_t id[ULID_BYTES];
	int r;

	if (wall_ms < 0 || wall_ms > TIME_MAX)
		return -ERANGE;
	for (int i = 0; i < TIME_BYTES; i++)
		id[i] = (uint8_t)(wall_ms >> (8 * (TIME_BYTES - 1 - i)));
	r = crypto_random(id + TIME_BYTES, RANDOM_BYTES);
	if (r < 0)
		return r;
	pthread_mutex_lock(&made.lock);
	if (made.any && memcmp(id, made.last, TIME_BYTES) <= 0) {
		memcpy(id, made.last, ULID_BYTES);
		r = add_one(id) ? 0 : -ERANGE;
	}
	if (r == 0) {
		memcpy(made.last, id, ULID_BYTES);
		made.any = true;
	}
	pthread_mutex_unlock(&made.lock);
	if (r == 0)
		encode(id, out);
	return r;
}

bool ulid_valid(const char *s)
{
	/* Above '7' the first character would stand for a 129th bit. */
	return strspn(s, alphabet) == ULID_CHARS && s[ULID_CHARS] == '\0' && s[0] <= '7';
}
