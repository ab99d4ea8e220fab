/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonl_object - one line of JSON into the members of its objects
 *
 * Strictly RFC 8259, and beyond it: no name twice in an object (after escapes are
 * resolved), no NUL, no half of a surrogate pair, at most JSONL_OBJECT_DEPTH
 * containers in one another and ROW_MAX_CELLS members. The verdict is that of the
 * first place where the line cannot be used.
 *
 * Layer    data (pure)
 * Memory   twice the longest line, and of the most members; the text is wiped
 * Threads  one caller at a time
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "data/jsonl_names.h"
#include "data/jsonl_string.h"

#define JSONL_OBJECT_DEPTH 64

struct jsonl_member {
	struct slice name;
	struct slice value; /* as a cell: see jsonl.h */
	uint32_t breaks;    /* line breaks in value, made spaces */
	uint8_t depth;	    /* 1 = of the line's own object, 2 = of one in it */
	uint8_t kind;	    /* enum row_kind */
	bool null;
};

struct jsonl_object {
	/* of the latest line, valid until the next call; an object's members
	 * follow it. Those of objects inside arrays are not among them. */
	struct jsonl_member *members;
	size_t n;

	/* private */
	size_t room;
	struct jsonl_names names;
	const char *p, *end;
	unsigned depth, arrays; /* containers that are open */
	struct buf plain;	/* strings without their escapes */
	struct buf compact;	/* containers without white space */
	size_t plain_most, compact_most;
};

/* No line will be longer than max_bytes. */
MUST_CHECK int jsonl_object_init(struct jsonl_object *o, size_t max_bytes);
void jsonl_object_fini(struct jsonl_object *o); /* wipes; zeroed is fine */

/* Lent bytes, known to be UTF-8. An enum jsonl_verdict or -ENOMEM; CUT only when
 * an object has begun. The members are valid when it is GOOD. */
MUST_CHECK int jsonl_object_read(struct jsonl_object *o, const char *p, size_t n);
