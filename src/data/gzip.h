/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip - compress a stream so that it could end after every byte
 *
 * Input is cut into blocks that are compressed on their own and end on a byte
 * border. The tail (last block, checksum, length) is made from a copy of the
 * state, so a flush can store a complete gzip file and still go on. Always one
 * gzip member, whatever the number of flushes.
 *
 * Source   RFC 1951, RFC 1952; the compressor is ISA-L's
 * Layer    data (pure)
 * Memory   under 1 MiB per stream
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"

struct gzip;

MUST_CHECK int gzip_new(struct gzip **out);
void gzip_free(struct gzip *z); /* wipes what it held; NULL is fine */

/* Appends to out whatever became final. */
MUST_CHECK int gzip_feed(struct gzip *z, const void *p, size_t n, struct buf *out);

/* Appends the bytes that would end the stream here, with `more` (may be empty)
 * as its last input. The stream goes on unchanged, without `more`: call it again
 * after more input, and put its new bytes where the old tail began. */
MUST_CHECK int gzip_tail(const struct gzip *z, struct slice more, struct buf *out);

/* Back to the state of gzip_new(). */
void gzip_reset(struct gzip *z);
