/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webapi - what Login with Amazon and AMC have in common: addresses and the
 * text of a failure
 *
 * Layer    net (pure)
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/url.h"

/* "https://host[:port]" and the endpoint's path. */
MUST_CHECK int webapi_address(const struct url *endpoint, struct buf *out);

/* One clean line: blanks and control characters become one space, bytes that are
 * not UTF-8 a '?', cut at a character's border. Always terminated. */
void webapi_clean(struct slice text, char *out, size_t out_n);

/* What a failed answer says for people: the first text in errors[], details,
 * message, error_description, else the beginning of the body without HTML tags.
 * "" for an empty body. */
void webapi_error(struct slice body, char *out, size_t out_n);

/* The member "error" or "code", "" if the body has none. */
void webapi_code(struct slice body, char *out, size_t out_n);
