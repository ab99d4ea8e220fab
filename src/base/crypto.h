/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto - SHA-256, HMAC, random bytes, wiping: the only user of OpenSSL
 *
 * Layer    base
 * Threads  any (contexts are per thread or per caller)
 * Errors   the library failing is a broken machine: crypto_sha256() and the
 *          HMAC abort the program rather than hand out a wrong digest
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/errcode.h"

#define CRYPTO_SHA256_BYTES 32
#define CRYPTO_SHA256_HEX   64

/* One-shot, the hot path: no allocation, no provider fetch per call. */
void crypto_sha256(const void *p, size_t n, uint8_t out[CRYPTO_SHA256_BYTES]);

void crypto_hmac_sha256(const void *key, size_t key_n, const void *p, size_t n,
			uint8_t out[CRYPTO_SHA256_BYTES]);

/* Lower-case, not terminated: out has room for 2 * n. */
void crypto_hex(const uint8_t *p, size_t n, char *out);

/* From the kernel's generator. */
MUST_CHECK int crypto_random(void *p, size_t n);

/* Not optimised away. */
void crypto_wipe(void *p, size_t n);
