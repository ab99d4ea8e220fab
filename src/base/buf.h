/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf - a growing run of bytes, born with a maximum
 *
 * Layer    base
 * Memory   p is the buf's own, freed by buf_fini(); capacity never exceeds max
 * Errors   -ENOMEM; -ERR_TOO_LARGE when max would be passed (nothing added)
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/errcode.h"
#include "base/slice.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max;
};

#define BUF_INIT(limit) ((struct buf){NULL, 0, 0, (limit)})

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b); /* zeroed is fine; may be used again after */
void buf_wipe(struct buf *b); /* overwrites the whole capacity, then fini */

/* Room for n more bytes behind b->n; the caller writes there and adds to n. */
MUST_CHECK int buf_reserve(struct buf *b, size_t n);
MUST_CHECK int buf_add(struct buf *b, const void *p, size_t n);
MUST_CHECK int buf_addc(struct buf *b, char c);
MUST_CHECK int buf_adds(struct buf *b, const char *s);
MUST_CHECK int buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* NUL-terminated view (the NUL is not counted in n); NULL on -ENOMEM. */
MUST_CHECK const char *buf_str(struct buf *b);

static inline void buf_clear(struct buf *b)
{
	b->n = 0;
}

static inline struct slice buf_slice(const struct buf *b)
{
	return slice_of(b->p, b->n);
}
