/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tempname - names under which tools write before they rename; pure
 *
 * Layer    job
 */
#pragma once

#include <stdbool.h>

/* path: below the drop folder; any of its components may make it temporary.
 * ignore: more glob patterns, comma separated, matched against each component. */
bool tempname_is(const char *path, const char *ignore);
