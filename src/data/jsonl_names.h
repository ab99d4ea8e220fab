/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonl_names - does an object have a name twice?
 *
 * A stack: the names of all objects that are open, those of the innermost last.
 *
 * Layer    data (pure)
 * Memory   one entry a name, at most ROW_MAX_CELLS; the texts are lent
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/errcode.h"
#include "base/slice.h"

struct jsonl_names {
	size_t n;

	/* private */
	struct jsonl_names_entry *entries;
	size_t room;
};

void jsonl_names_fini(struct jsonl_names *s); /* zeroed is fine */

/* -ERR_TOO_LARGE when there are too many, or -ENOMEM. */
MUST_CHECK int jsonl_names_add(struct jsonl_names *s, struct slice text);

/* An object ends: takes its names away, down to the n that were there when it
 * began. False when one of them stood twice. */
MUST_CHECK bool jsonl_names_end(struct jsonl_names *s, size_t n);
