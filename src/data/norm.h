/* SPDX-License-Identifier: Apache-2.0 */
/*
 * norm - the one spelling of a value that Amazon's side hashes too
 *
 * The hash of a customer's e-mail address is worth something only if Amazon
 * made the same text out of its own copy. One function per kind of value, in
 * norm_<group>.c; norm.c holds the table. A country that a rule does not know,
 * and none, get the rule's default.
 *
 * Source   Amazon's Ads API specification (e-mail); the rest was rebuilt from
 *          what Amazon's uploader and reference digests show
 * Layer    data (pure)
 * Memory   the caller's buf, reused from value to value
 * Threads  any
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "data/schema.h"

#define NORM_UNUSABLE 1 /* nothing of use in it: a null, counted */

/* in: UTF-8 text, trimmed, not empty. country: two upper-case letters or "".
 * Appends to out, which is empty and has NORM_ROOM(in.n) bytes reserved, all of
 * which may be written on the way. 0, or
 * NORM_UNUSABLE (what out holds then means nothing), or a negative code. */
typedef int norm_fn(struct slice in, const char *country, struct buf *out);

/* No kind's normal form is longer than this. */
#define NORM_ROOM(n) (8 * (n) + 64)

/* The kind's function; NULL for the kinds that are not hashed. */
norm_fn *norm_of(enum schema_pii kind);

norm_fn norm_email;
norm_fn norm_name, norm_name_city;
norm_fn norm_region_state, norm_region_zip;
norm_fn norm_address; /* the street line only */
norm_fn norm_phone;

/* Country codes are not hashed: two letters, upper case, UK is GB. False when
 * it is none. */
bool norm_country(struct slice in, char out[3]);
