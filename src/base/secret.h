/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret - a string that wipes itself and that no printf can reach
 *
 * Layer    base
 * Memory   own heap block, overwritten before it is freed; at most 8 KiB
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/errcode.h"

struct secret {
	char *bytes; /* NUL-terminated; read it only to send or to sign */
	size_t n;
};

/* Copies; replaces (and wipes) what was there. -ERR_TOO_LARGE above 8 KiB. */
MUST_CHECK int secret_set(struct secret *s, const void *p, size_t n);
MUST_CHECK int secret_copy(struct secret *to, const struct secret *from);
void secret_fini(struct secret *s); /* zeroed is fine */

static inline bool secret_empty(const struct secret *s)
{
	return s->n == 0;
}
