/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portions - lengths that look random but come from a seed in the input
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct portions {
	uint32_t state;
};

static inline uint32_t portions_next(struct portions *p)
{
	p->state = p->state * 1664525u + 1013904223u;
	return p->state >> 8;
}

/* 1 to 64, mostly small, at most n. */
static inline size_t portions_len(struct portions *p, size_t n)
{
	uint32_t x = portions_next(p);
	size_t k = 1 + (x & 1 ? (x >> 1) % 4 : (x >> 1) % 64);

	return k < n ? k : n;
}

#define ENSURE(cond)             \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)
