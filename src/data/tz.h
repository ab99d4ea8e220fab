/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tz - a time zone's rules: local time into UTC
 *
 * Source   RFC 8536 (TZif) and the POSIX TZ rule in its footer
 *
 * Where the clocks went back an hour happened twice: the first one is meant.
 * Where they went forward an hour did not happen: it is read with the offset
 * from before, as Java, Python and PostgreSQL do.
 *
 * Layer    data (pure)
 * Memory   the zone's own, some KiB; read-only once made
 * Threads  any, once made
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/errcode.h"

struct tz;

/* Of a TZif file's bytes. Given; -EINVAL when they are none. */
MUST_CHECK int tz_new(struct tz **out, const void *tzif, size_t n);
/* A clock that is always so many seconds ahead of UTC. Given; -EINVAL from a whole
 * day on. */
MUST_CHECK int tz_new_fixed(struct tz **out, int32_t ahead_s);
void tz_free(struct tz *tz); /* NULL is fine */

/* Seconds since 1970 of a wall clock that shows local (the same count, made as
 * if the clock showed UTC). tz NULL = UTC. */
int64_t tz_to_utc(const struct tz *tz, int64_t local);
