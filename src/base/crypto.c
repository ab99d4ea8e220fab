/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto - SHA-256, HMAC, random bytes, wiping: the only user of OpenSSL
 *
 * Nearly every cell of a customer file passes through crypto_sha256(), ten to
 * sixty bytes at a time, so what surrounds the compression function counts.
 * Measured with OpenSSL 3.0 on a processor with SHA instructions, values of 10
 * to 55 bytes, the bare compression of one block being 1.0:
 *
 *	1.2  padding by hand, one SHA256_Transform()		<- for one block
 *	1.3  SHA256_Init(), _Update(), _Final()			<- for more
 *	1.9  EVP with a fetched digest and a context per thread
 *	2.7  EVP_Digest() with a fetched digest
 *	7.3  SHA256(), or EVP_Digest() with EVP_sha256(): fetches at each call
 *
 * A tenth of all of hashing's time is worth the fifteen lines of padding, which the
 * tests try with every length. OpenSSL 3 calls the chosen functions deprecated in
 * favour of EVP, which is why the warning is off in this file; they are in every
 * release so far.
 *
 * HMAC is built on the same functions, as RFC 2104 has it: it is ten lines, and
 * EVP_MAC would have to be fetched and could fail.
 */
#include "base/crypto.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#define BLOCK 64

/* A digest that cannot be trusted must not reach anybody. */
static void need(int ok)
{
	if (ok != 1)
		abort();
}

/* n bytes, a one bit, zeros, and how many bits there were: all in one block. */
static void sha256_one_block(const void *p, size_t n, uint8_t out[CRYPTO_SHA256_BYTES])
{
	uint8_t block[BLOCK] = {0};
	SHA256_CTX c;

	if (n > 0)
		memcpy(block, p, n);
	block[n] = 0x80;
	block[BLOCK - 2] = (uint8_t)(n >> 5);
	block[BLOCK - 1] = (uint8_t)(n << 3);
	need(SHA256_Init(&c));
	SHA256_Transform(&c, block);
	for (size_t i = 0; i < CRYPTO_SHA256_BYTES / 4; i++) {
		uint32_t word = htobe32(c.h[i]);

		memcpy(out + 4 * i, &word, sizeof(word));
	}
	memset(block, 0, sizeof(block)); /* somebody's name */
	__asm__ volatile("" : : "r"(block) : "memory");
}

void crypto_sha256(const void *p, size_t n, uint8_t out[CRYPTO_SHA256_BYTES])
{
	SHA256_CTX c;

	if (n <= BLOCK - 9) {
		sha256_one_block(p, n, out);
		return;
	}
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
		pad[i] ^= 0x36 ^ 0x5c; /* from the inner to the outer pad */
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
