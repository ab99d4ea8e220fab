/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ulid - 26 characters that sort by time of birth and never meet twice
 *
 * Source   https://github.com/ulid/spec
 * Layer    base
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/errcode.h"

#define ULID_CHARS 26

/* Terminated. Two ids of one process sort in the order they were made, also
 * within one millisecond and when the clock steps back. -ERANGE for a time before
 * 1970 or beyond 48 bits. */
MUST_CHECK int ulid_new(int64_t wall_ms, char out[ULID_CHARS + 1]);

/* Upper-case only, as made above. */
bool ulid_valid(const char *s);
