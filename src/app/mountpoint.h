/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountpoint - is this a directory to mount on
 *
 * Layer    app
 */
#pragma once

#include "base/errcode.h"
#include "base/problem.h"

/* Gives the absolute path without links. What an amcfs that died has left
 * mounted there is unmounted; a living one, a file, or nothing at all are
 * refused with a sentence. */
MUST_CHECK int mountpoint_check(const char *path, char **real, struct problem *p);
