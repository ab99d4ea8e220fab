/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem - what went wrong, told where it was understood
 *
 * Owned by the caller, filled by the function that fails, carried up without
 * allocation to the job record, the log line or the terminal. The note is a
 * whole sentence that names the thing and the remedy. It may hold column names,
 * file names and server messages, never cell values or secrets.
 *
 * Layer    base
 * Memory   fixed size, no pointers: copy it by assignment
 */
#pragma once

#include <stdint.h>

#include "base/errcode.h"

struct problem {
	int err;	 /* negative code; 0 = nothing went wrong */
	uint64_t line;	 /* physical line of the input, 1 = first; 0 = none */
	char note[3072]; /* sentence; empty = errcode_text(err) */
};

/* Fills p (NULL is fine) unless it already holds an earlier problem, and
 * returns err, so that it can stand in a return statement. Control characters
 * in the text become '?'; the text is cut at a UTF-8 border. */
int problem_set(struct problem *p, int err, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The sentence for people; never NULL, never empty. */
const char *problem_text(const struct problem *p);

void problem_clear(struct problem *p);
