/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonl_refuse - why a file is not taken as JSON Lines, in sentences
 *
 * All fill *prob and return its code.
 *
 * Layer    data (pure)
 * Memory   none
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"

struct jsonl_why {
	uint64_t line;
	int verdict; /* enum jsonl_verdict */
};

/* p..n has a byte that is no text. */
MUST_CHECK int jsonl_refuse_encoding(struct problem *prob, uint64_t line, const char *p,
				     size_t n);
MUST_CHECK int jsonl_refuse_length(struct problem *prob, uint64_t line, size_t max_row);
/* The file ends in the object on that line. */
MUST_CHECK int jsonl_refuse_open(struct problem *prob, uint64_t line);
/* The file's first character, on that line, begins no object. */
MUST_CHECK int jsonl_refuse_first(struct problem *prob, uint64_t line, char first);
/* None of the lines first..last is an object. */
MUST_CHECK int jsonl_refuse_all(struct problem *prob, uint64_t first, uint64_t last,
				const struct jsonl_why *why);
MUST_CHECK int jsonl_refuse_keys(struct problem *prob, uint64_t line);
