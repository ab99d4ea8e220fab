/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value of 64 hexadecimal digits cannot be told from a digest, and no e-mail
 * address, name or postcode looks like one.
 */
#include "data/hash.h"

#include "base/crypto.h"

_Static_assert(HASH_HEX == CRYPTO_SHA256_HEX, "one digest, one length");

bool hash_recognise(struct slice s, char out[HASH_HEX])
{
	char low[HASH_HEX];

	if (s.n != HASH_HEX)
		return false;
	for (size_t i = 0; i < HASH_HEX; i++) {
		unsigned c = (unsigned char)s.p[i];

		if (c - 'A' < 6u)
			c |= 0x20;
		if (c - '0' >= 10u && c - 'a' >= 6u)
			return false;
		low[i] = (char)c;
	}
	memcpy(out, low, HASH_HEX);
	return true;
}

/* A form that the compiler turns into a few vector instructions: one digit at a
 * time out of a table would cost a quarter of what SHA-256 itself does. */
static void hex(const uint8_t digest[CRYPTO_SHA256_BYTES], char out[HASH_HEX])
{
	for (size_t i = 0; i < CRYPTO_SHA256_BYTES; i++) {
		uint8_t high = digest[i] >> 4, low = digest[i] & 15;

		high = (uint8_t)(high + (high > 9 ? 'a' - 10 : '0'));
		low = (uint8_t)(low + (low > 9 ? 'a' - 10 : '0'));
		out[2 * i] = (char)high;
		out[2 * i + 1] = (char)low;
	}
}

void hash_hex(struct slice normal, char out[HASH_HEX])
{
	uint8_t digest[CRYPTO_SHA256_BYTES];

	crypto_sha256(normal.p, normal.n, digest);
	hex(digest, out);
}
