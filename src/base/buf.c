/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf - a growing run of bytes, born with a maximum
 *
 * One byte more than cap is always allocated, so that buf_str() and vsnprintf()
 * have a place for their NUL even in a buf that is full to its maximum.
 */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

#define FIRST_CAP 64

void buf_init(struct buf *b, size_t max)
{
	*b = BUF_INIT(max);
}

void buf_fini(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = 0;
	b->cap = 0;
}

void buf_wipe(struct buf *b)
{
	if (b->p)
		crypto_wipe(b->p, b->cap + 1);
	buf_fini(b);
}

static int grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;
	char *p;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap > b->max)
		cap = b->max;
	if (cap == SIZE_MAX)
		return -ENOMEM;
	p = realloc(b->p, cap + 1);
	if (!p)
		return -ENOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

int buf_reserve(struct buf *b, size_t n)
{
	if (n > b->max || b->n > b->max - n)
		return -ERR_TOO_LARGE;
	if (b->p && n <= b->cap - b->n)
		return 0;
	return grow(b, b->n + n);
}

int buf_add(struct buf *b, const void *p, size_t n)
{
	int r = buf_reserve(b, n);

	if (r < 0)
		return r;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

int buf_addc(struct buf *b, char c)
{
	int r = buf_reserve(b, 1);

	if (r < 0)
		return r;
	b->p[b->n++] = c;
	return 0;
}

int buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

static int PRINTF_LIKE(2, 0) add_formatted(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int r, n;

	r = buf_reserve(b, 0);
	if (r < 0)
		return r;
	va_copy(again, ap);
	n = vsnprintf(b->p + b->n, b->cap - b->n + 1, fmt, again);
	va_end(again);
	if (n < 0)
		return -EINVAL;
	if ((size_t)n > b->cap - b->n) {
		r = buf_reserve(b, (size_t)n);
		if (r < 0)
			return r;
		(void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	}
	b->n += (size_t)n;
	return 0;
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = add_formatted(b, fmt, ap);
	va_end(ap);
	return r;
}

const char *buf_str(struct buf *b)
{
	if (!b->p && grow(b, 0) < 0)
		return NULL;
	b->p[b->n] = '\0';
	return b->p;
}
