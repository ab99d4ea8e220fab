/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timefmt - UTC calendar arithmetic without locale or time zone files; pure
 *
 * Proleptic Gregorian calendar, years 0001 to 9999, no leap seconds.
 *
 * Layer    base
 */
#pragma once

#include <stdint.h>

#include "base/errcode.h"

struct timefmt_civil {
	int year, month, day;	  /* month and day from 1 */
	int hour, minute, second; /* second 0..59 */
};

/* -EINVAL when the date does not exist. */
MUST_CHECK int timefmt_to_epoch(const struct timefmt_civil *c, int64_t *out_s);
/* -ERANGE outside years 1..9999. */
MUST_CHECK int timefmt_from_epoch(int64_t s, struct timefmt_civil *out);

/* "2026-11-22T18:00:00Z"; out of range gives "0000-00-00T00:00:00Z". */
#define TIMEFMT_RFC3339 21
const char *timefmt_rfc3339(int64_t s, char out[TIMEFMT_RFC3339]);

/* "20261122T180000Z", for x-amz-date. */
#define TIMEFMT_BASIC 17
const char *timefmt_basic(int64_t s, char out[TIMEFMT_BASIC]);

/* "yyyy-MM-ddTHH:mm:ssZ", a fraction and a numeric offset tolerated.
 * -EINVAL for anything else. */
MUST_CHECK int timefmt_parse_rfc3339(const char *s, int64_t *out_s);
