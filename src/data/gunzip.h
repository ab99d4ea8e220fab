/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gunzip - a gzip stream (RFC 1952) unpacked as it comes
 *
 * Any number of members, one behind the other, as gzip(1), pigz and bgzip write
 * them; zeros behind the last one (tapes, block devices) are no error, anything
 * else is. Checksum and length of every member are checked.
 *
 * Layer    data (pure)
 * Memory   some 80 KiB, whatever the data claims
 * Threads  one caller at a time
 * Errors   stick
 */
#pragma once

#include <stddef.h>

#include "base/errcode.h"

struct gunzip;

/* Lent bytes. A negative result stops and becomes that of gunzip_feed(). */
typedef int gunzip_fn(void *ctx, const char *p, size_t n);

MUST_CHECK int gunzip_new(struct gunzip **out, gunzip_fn *fn, void *ctx);

/* -ERR_BAD_GZIP when it is no gzip data or is damaged. */
MUST_CHECK int gunzip_feed(struct gunzip *g, const void *p, size_t n);

/* What the end of input here would be: 0, or -ERR_BAD_GZIP in the midst of a
 * member. Changes nothing. */
MUST_CHECK int gunzip_end(const struct gunzip *g);

void gunzip_free(struct gunzip *g); /* wipes; NULL is fine */
