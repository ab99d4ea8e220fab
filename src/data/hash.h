/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash - a normal form's SHA-256 as AMC wants it, or one that is there already
 *
 * Layer    data (pure)
 * Memory   none
 * Threads  any
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

#define HASH_HEX 64

/* If s is 64 hexadecimal digits of any case, writes them in lower case, not
 * terminated, and says true. out is written only then. */
bool hash_recognise(struct slice s, char out[HASH_HEX]);

/* 64 lower-case hexadecimal digits, not terminated. */
void hash_hex(struct slice normal, char out[HASH_HEX]);
