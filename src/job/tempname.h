/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tempname - names under which tools write before they rename; pure
 *
 * Layer    job
 */
#pragma once

#include <stdbool.h>

#include "base/errcode.h"

/* path: below the drop folder; any of its components may make it temporary.
 * ignore: more glob patterns, comma separated, matched against each component. */
bool tempname_is(const char *path, const char *ignore);

/* The name that the file will have: path itself when it is not temporary, else
 * what the tools that write so rename it to. Into out, which holds at least
 * strlen(path) + 1; false when the path does not tell. */
MUST_CHECK bool tempname_final(const char *path, const char *ignore, char *out);
