/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convert - a cell into the spelling that AMC takes for the column's type
 *
 *	DECIMAL		12.50  .5 -> 0.5  5. -> 5  +1.5e3 -> 1500
 *	INTEGER, LONG	+7 -> 7  123.0 -> 123
 *	DATE		2026-11-22		from either form below
 *	TIMESTAMP	2026-11-22T18:00:00Z	from a date, a time to the minute or
 *			finer (T or a blank between) with an offset, Z or neither, or
 *			epoch seconds
 *
 * No float is ever involved, and no locale.
 *
 * Layer    data (pure)
 * Memory   none
 * Threads  any
 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"
#include "data/schema.h"
#include "data/tz.h"

#define CONVERT_INVALID 1 /* no value of that type */

/* in: trimmed, not empty. tz: what a time without an offset is in, lent; NULL = UTC.
 * *out is in itself, or a piece of it, or in tmp, which is empty and gets at most
 * in.n + CONVERT_ROOM bytes. 0, CONVERT_INVALID or a negative code. */
#define CONVERT_ROOM 512
MUST_CHECK int convert_value(enum schema_type type, struct slice in, const struct tz *tz,
			     struct buf *tmp, struct slice *out);
