/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_value - the words of the configuration: text in, number or verdict out
 *
 * Layer    app (pure)
 * Memory   none kept
 * Errors   -EINVAL: not such a value; -ERANGE: too large for any key
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errcode.h"

/* "500", "64K", "16M", "4G": multiples of 1024, either case. */
MUST_CHECK int config_value_size(const char *s, int64_t *out);
/* "250ms", "2s", "10m", "1h", "30d"; a bare number is seconds. */
MUST_CHECK int config_value_time(const char *s, int64_t *out_ms);
/* yes, no and what people write for them. */
MUST_CHECK int config_value_bool(const char *s, int64_t *out);
/* "0220" or "220": octal permission bits, at most 0777. */
MUST_CHECK int config_value_mode(const char *s, int64_t *out);
/* A character or its name; 0 = auto. */
MUST_CHECK int config_value_delimiter(const char *s, int64_t *out);
/* "1%" or "0.25%" gives the share per 10000 and rows = -1; "100" the reverse. */
MUST_CHECK int config_value_share(const char *s, int32_t *share, int64_t *rows);
/* Two letters, upper-cased; UK becomes GB. Terminated. */
MUST_CHECK int config_value_country(const char *s, char out[3]);

bool config_value_is_text(const char *s); /* UTF-8 without control characters */
bool config_value_is_word(const char *s,
			  size_t max); /* 1 to max visible ASCII, no blanks */
bool config_value_is_id(const char *s, size_t max); /* 1 to max of A-Za-z0-9_- */
bool config_value_is_bucket(const char *s);
bool config_value_is_region(const char *s);
bool config_value_is_prefix(const char *s);	 /* of S3 keys, "" is one */
bool config_value_is_file_prefix(const char *s); /* of a key's last part */
bool config_value_is_globs(const char *s);	 /* comma separated, no '/' */

/* The shortest spelling that config_value_size() and _time() read back. */
#define CONFIG_VALUE_SHOW 24
const char *config_value_show_size(int64_t n, char out[CONFIG_VALUE_SHOW]);
const char *config_value_show_time(int64_t ms, char out[CONFIG_VALUE_SHOW]);
