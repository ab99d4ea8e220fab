/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normal - calls a normaliser as transform does, with no byte of room to spare
 */
#pragma once

#include <stdlib.h>

#include "data/norm.h"
#include "data/text.h"

#include "tool/check.h"

/* The result in *out, which is to be released; 0 or NORM_UNUSABLE. */
static inline int normal_of(norm_fn *fn, struct slice in, const char *country,
			    struct buf *out)
{
	int r;

	buf_init(out, NORM_ROOM(in.n));
	out->p = malloc(NORM_ROOM(in.n));
	CHECK(out->p != NULL);
	out->cap = NORM_ROOM(in.n);
	r = fn(in, country, out);
	CHECK(out->n <= NORM_ROOM(in.n));
	CHECK_INT(out->cap, NORM_ROOM(in.n)); /* did not grow */
	return r;
}

/* want NULL: no usable value. A normal form is its own normal form. */
__attribute__((unused)) static void normal_is(norm_fn *fn, const char *country,
					      const char *in, const char *want)
{
	struct slice s = text_trim(slice_str(in));
	struct buf b;
	int r = normal_of(fn, s, country, &b);

	CHECK_INT(r, want ? 0 : NORM_UNUSABLE);
	if (want)
		CHECK_MEM(b.p, b.n, want, strlen(want));
	buf_fini(&b);
}
