/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_priv - pieces that the texts share; private to render*.c
 *
 * Layer    fs
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

#define RENDER_JOBS 10000 /* the newest; older ones have their jobs/<id>.json */

/* What came from a person or a server: control characters, characters that turn
 * the reading direction, and bytes that are no UTF-8 become '?'. */
MUST_CHECK int render_clean(struct buf *out, const char *s);

/* Code points: near enough to what a terminal shows. */
size_t render_width(const char *s);

/* Cleaned, then blanks up to the width and one more. */
MUST_CHECK int render_padded(struct buf *out, const char *s, size_t to);

/* "12s", "5m", "36h", "4d". */
MUST_CHECK int render_age(struct buf *out, int64_t ms);
