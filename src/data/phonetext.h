/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phonetext - what in a cell is the phone number: its digits, and a plus before
 *
 * Layer    data (pure)
 * Memory   the caller's struct
 * Threads  any
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define PHONETEXT_MAX 250 /* characters of a cell, as libphonenumber has it */

struct phonetext {
	bool plus;	       /* one stood before the first digit */
	char d[PHONETEXT_MAX]; /* '0'..'9', without the extension */
	size_t n;
};

/* in: valid UTF-8. False when it does not look like a phone number. */
bool phonetext_read(struct slice in, struct phonetext *out);
