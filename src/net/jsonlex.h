/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonlex - is a text made of JSON's tokens and nothing else?
 *
 * Layer    net (pure)
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/* UTF-8 without NUL. */
bool jsonlex_utf8(struct slice text);

/* Each token is one of RFC 8259's; whether they stand in an order that means
 * something is for the parser. */
bool jsonlex_valid(struct slice text);
