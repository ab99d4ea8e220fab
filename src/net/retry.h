/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retry - what a failure means and how long to wait, and nothing else; pure
 *
 * Time and chance come in as arguments.
 *
 * Layer    net
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum retry_class {
	RETRY_DONE,	 /* success */
	RETRY_TEMPORARY, /* the server did not do it; ask again later */
	RETRY_UNSURE,	 /* the server may have done it: look before asking again */
	RETRY_PERMANENT, /* asking again gives the same answer */
	RETRY_AUTH,	 /* get a fresh token, then ask once more */
};

/* err: what http_do() returned; status: the response's, 0 if none.
 * idempotent: doing it twice is harmless, so UNSURE becomes TEMPORARY. */
enum retry_class retry_classify(int err, int status, bool idempotent);

struct retry_policy {
	int64_t first_ms, max_ms; /* wait doubles from first to max */
};

/* attempt counts from 1. after_ms: the server's Retry-After, < 0 if none.
 * chance: a random number; the wait is spread over 50%..100%. */
int64_t retry_wait_ms(const struct retry_policy *pol, unsigned attempt, int64_t after_ms,
		      uint32_t chance);

/* "120" or an HTTP date -> milliseconds from now (bounded to a day), -1 if
 * neither. */
int64_t retry_after_ms(const char *value, int64_t now_wall_ms);
