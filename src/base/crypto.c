/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#define BLOCK 64

static void need(int ok)
{
	if (ok != 1)
		abort();
}

void crypto_sha256(const void *p, size_t n, uint8_t out[CRYPTO_SHA256_BYTES])
{
	SHA256_CTX c;

	need(SHA256_Init(&c));
	need(SHA256_Update(&c, p, n));
	need(SHA256_Final(out, &c));
}

void crypto_hmac_sha256(const void *key, size_t key_n, const void *p, size_t n,
			uint8_t out[CRYPTO_SHA256_BYTES])
{
	uint8_t pad[BLOCK] = {0};
	SHA256_CTX c;

	if (key_n > BLOCK)
		crypto_sha256(key, key_n, pad);
	else if (key_n > 0)
		memcpy(pad, key, key_n);
	for (size_t i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36;
	need(SHA256_Init(&c));
	need(SHA256_Update(&c, pad, BLOCK));
	need(SHA256_Update(&c, p, n));
	need(SHA256_Final(out, &c));
	for (size_t i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	need(SHA256_Init(&c));
	need(SHA256_Update(&c, pad, BLOCK));
	need(SHA256_Update(&c, out, CRYPTO_SHA256_BYTES));
	need(SHA256_Final(out, &c));
	crypto_wipe(pad, sizeof(pad));
	crypto_wipe(&c, sizeof(c));
}

void crypto_hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
}

int crypto_random(void *p, size_t n)
{
	uint8_t *to = p;

	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

void crypto_wipe(void *p, size_t n)
{
	if (n > 0)
		OPENSSL_cleanse(p, n);
}
