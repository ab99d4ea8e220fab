/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - is it text, and where does its white space end
 *
 * Source   Unicode 15: well-formed UTF-8, property White_Space
 * Layer    data (pure)
 * Memory   none
 * Threads  any
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* How many bytes at the start are whole, well-formed UTF-8 characters other
 * than NUL; n when all are. */
size_t text_valid_len(const char *p, size_t n);

static inline bool text_valid(const char *p, size_t n)
{
	return text_valid_len(p, n) == n;
}

/* Do these bytes, at which text_valid_len() stopped, begin a character of which
 * more bytes may still come? */
bool text_unfinished(const char *p, size_t n);

bool text_space(uint32_t c); /* White_Space */

/* Without the Unicode white space at both ends. Expects valid text. */
struct slice text_trim(struct slice s);
