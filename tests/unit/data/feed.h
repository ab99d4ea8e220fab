/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed - the same bytes in every possible portion
 *
 * Each portion lies in a block of exactly its size, so that the sanitizer sees
 * a look beyond it.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

typedef int feed_fn(void *ctx, const char *p, size_t n);

/* Portions of step bytes; one of `first` bytes before them if first > 0. */
struct feed_cut {
	size_t first, step;
};

__attribute__((unused)) static int feed_portions(const char *p, size_t n,
						 struct feed_cut cut, feed_fn *fn,
						 void *ctx)
{
	size_t at = 0;

	while (at < n) {
		size_t k = at == 0 && cut.first ? cut.first : cut.step;
		char *block;
		int r;

		if (k > n - at)
			k = n - at;
		block = malloc(k);
		if (!block)
			abort();
		memcpy(block, p + at, k);
		r = fn(ctx, block, k);
		memset(block, '#', k); /* nothing of it may be kept */
		free(block);
		if (r < 0)
			return r;
		at += k;
	}
	return 0;
}
