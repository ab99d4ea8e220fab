/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - build a body, pick fields out of an answer: the only user of json-c
 *
 * Answers are hostile: depth is bounded (32) and size is bounded by the caller;
 * every getter tolerates missing members and wrong types.
 *
 * Layer    net
 * Memory   json_parse() and json_object() give; json_free() releases; children
 *          are lent by their parent; adding a child takes it
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "base/slice.h"

struct json; /* one value */

/* Exactly one value, white space around it allowed; invalid UTF-8 refused. */
MUST_CHECK int json_parse(struct slice text, struct json **out, struct problem *p);
void json_free(struct json *j); /* NULL is fine */

/* Reading. A NULL value is fine everywhere and reads as absent. */
struct json *json_get(const struct json *obj, const char *name); /* lent or NULL */
bool json_has(const struct json *obj, const char *name); /* present and not null */
size_t json_count(const struct json *arr);		 /* 0 when no array */
struct json *json_at(const struct json *arr, size_t i);
const char *json_str(const struct json *obj, const char *name); /* "" if absent */
const char *json_text(const struct json *value); /* a string's text, else "" */
int64_t json_int(const struct json *obj, const char *name, int64_t otherwise);
bool json_bool(const struct json *obj, const char *name, bool otherwise);
bool json_is_object(const struct json *j);
bool json_is_array(const struct json *j);
bool json_is_string(const struct json *j);
/* Calls fn for each member in order; stops at a non-zero result and returns it. */
int json_each(const struct json *obj,
	      int (*fn)(void *ctx, const char *name, struct json *v), void *ctx);

/* Building. A constructor never returns NULL for lack of memory: it gives a value
 * that reads as absent, which the putters carry on, so that only json_write()
 * needs a check. Strings must be UTF-8: bytes that are not become U+FFFD. */
struct json *json_object(void);
struct json *json_array(void);
struct json *json_string(const char *s); /* NULL = null */
struct json *json_number(int64_t n);
void json_put(struct json *obj, const char *name, struct json *taken); /* NULL = null */
void json_put_str(struct json *obj, const char *name, const char *s);  /* NULL = null */
void json_put_int(struct json *obj, const char *name, int64_t n);
void json_put_bool(struct json *obj, const char *name, bool b);
void json_push(struct json *arr, struct json *taken);
struct json *json_copy(const struct json *j); /* deep; given */

/* Appends the text; pretty: two-space indent and a final newline. '/' is not
 * escaped. -ENOMEM also when memory was lacking while j was built; nothing is
 * appended on failure. Safe for several readers of one value. */
MUST_CHECK int json_write(const struct json *j, bool pretty, struct buf *out);
