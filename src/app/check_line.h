/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_line - one line of `amcfs check`: ok, WARN or FAIL, and what it is about
 *
 * Layer    app
 */
#pragma once

#include <stddef.h>

#include "base/errcode.h"

void check_line_ok(const char *fmt, ...) PRINTF_LIKE(1, 2);
void check_line_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Counts one more in *failures. */
void check_line_fail(size_t *failures, const char *fmt, ...) PRINTF_LIKE(2, 3);
