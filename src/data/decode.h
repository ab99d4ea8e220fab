/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode - a byte stream in a legacy encoding, as UTF-8
 *
 * UTF-8 passes through as it is: whoever reads the text checks it. In UTF-16 a
 * byte order mark decides the order; without one the first two bytes do, since
 * hardly a file begins with a character that has neither byte zero (if it does,
 * it is taken for little-endian, as Windows writes it). The mark itself is handed
 * on, as UTF-8's.
 *
 * Layer    data (pure)
 * Memory   some 64 KiB, iconv's share included
 * Threads  one caller at a time
 * Errors   stick
 */
#pragma once

#include <stddef.h>

#include "base/errcode.h"

enum decode_encoding {
	DECODE_UTF8,
	DECODE_WINDOWS_1252,
	DECODE_ISO_8859_1,
	DECODE_UTF16,
};

struct decode;

/* Lent bytes. A negative result stops and becomes that of decode_feed(). */
typedef int decode_fn(void *ctx, const char *p, size_t n);

/* -EINVAL when this system's iconv(3) does not know the encoding. */
MUST_CHECK int decode_new(struct decode **out, enum decode_encoding e, decode_fn *fn,
			  void *ctx);

/* -ERR_BAD_ENCODING at a byte that the encoding does not have: everything before
 * it has been handed to fn. */
MUST_CHECK int decode_feed(struct decode *d, const void *p, size_t n);

/* What the end of input here would be: 0, or -ERR_BAD_ENCODING when it cuts a
 * character in two. Changes nothing. */
MUST_CHECK int decode_end(const struct decode *d);

void decode_free(struct decode *d); /* wipes; NULL is fine */

/* "windows-1252" etc., as the configuration spells it. */
const char *decode_name(enum decode_encoding e);
