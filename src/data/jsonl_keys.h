/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonl_keys - the names of the members, and the columns that they are
 *
 * First it learns from objects, then the columns are fixed, then it makes cells
 * of objects.
 *
 * Layer    data (pure)
 * Memory   some 350 KiB, and at most JSONL_KEYS_BYTES of names
 * Threads  one caller at a time
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "base/slice.h"
#include "data/jsonl.h"
#include "data/jsonl_object.h"

#define JSONL_KEYS_BYTES (1u << 20)
#define JSONL_KEYS_PATH	 1024 /* no column has a longer name "outer.inner" */

struct jsonl_keys;

/* The options are lent for its life. */
MUST_CHECK int jsonl_keys_new(struct jsonl_keys **out, const struct jsonl_opts *opts);
void jsonl_keys_free(struct jsonl_keys *k); /* wipes; NULL is fine */

/* The object on that line may have new names. -ERR_BAD_JSON when there are too
 * many. */
MUST_CHECK int jsonl_keys_learn(struct jsonl_keys *k, const struct jsonl_object *o,
				uint64_t line, struct problem *prob);

/* Ends the learning: row gets the names of the columns as cells, lent until the
 * next call. */
void jsonl_keys_fix(struct jsonl_keys *k, struct row *row);

/* Fills row, of which the line is set and the rest zero; lent until the next
 * call. Tells names that are new and unwanted.
 * -ERR_BAD_JSON when there are too many, or what ignored() returned. */
MUST_CHECK int jsonl_keys_row(struct jsonl_keys *k, const struct jsonl_object *o,
			      struct row *row, struct problem *prob);

/* How many names are known; and back to that number. */
size_t jsonl_keys_count(const struct jsonl_keys *k);
void jsonl_keys_forget(struct jsonl_keys *k, size_t count);
