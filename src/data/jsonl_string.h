/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonl_string - what stands between two quotes in JSON
 *
 * Source   RFC 8259 section 7
 * Layer    data (pure)
 * Memory   none
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum jsonl_verdict {
	JSONL_GOOD,
	JSONL_BAD, /* no JSON, whatever follows */
	JSONL_CUT, /* all right so far, but the text ends here */
	/* JSON, but not to be used: */
	JSONL_BAD_CHARACTER, /* a NUL, or half of a surrogate pair */
	JSONL_BAD_TWICE,     /* a name twice in an object */
	JSONL_BAD_LIMIT,     /* too many in one another, or too many members */
};

/* *pp is behind the opening quote and moves behind the closing one. *escaped
 * tells whether there is an escape between them. A character that is no text
 * (NUL, half a surrogate pair) is BAD_CHARACTER. The bytes are known to be UTF-8. */
int jsonl_string_pass(const char **pp, const char *end, bool *escaped);

/* Without its escapes, each line break (LF, CR, CRLF) made one space and counted
 * into *breaks. s has passed the function above. Writes at most s.n bytes;
 * returns their number. */
size_t jsonl_string_plain(char *out, struct slice s, uint32_t *breaks);
