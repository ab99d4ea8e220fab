/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sniff - what a file is, from its first bytes
 *
 * Asked again with each further byte until the answer is certain, so that it
 * does not depend on how many there are at first.
 *
 * Layer    data (pure)
 * Memory   none
 * Threads  any
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum sniff_kind {
	SNIFF_TEXT,
	SNIFF_TEXT_UTF8, /* its byte order mark says so */
	SNIFF_UTF16,
	SNIFF_GZIP,
	SNIFF_FOREIGN, /* what nobody here can read */
};

struct sniff {
	const char *bytes;
	size_t n;
	enum sniff_kind kind;
	const char *name, *remedy; /* of SNIFF_FOREIGN: "the file is NAME; REMEDY" */
};

/* The answer comes at the latest with that many bytes. */
#define SNIFF_BYTES_MOST 16

/* NULL when it takes more bytes; never with last, which says that none follow. */
const struct sniff *sniff_bytes(const char *p, size_t n, bool last);

enum sniff_format {
	SNIFF_OPEN, /* it takes more characters */
	SNIFF_CSV,
	SNIFF_JSONL, /* begins with { */
	SNIFF_ARRAY, /* of JSON */
};

/* The same; much white space at the beginning makes it CSV. */
#define SNIFF_TEXT_MOST 512

/* Of text in UTF-8. *from = where it begins, behind a byte order mark. */
enum sniff_format sniff_text(const char *p, size_t n, bool last, size_t *from);
