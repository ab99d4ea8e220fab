/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A struct json is a json-c object under another name; json-c has no object for
 * null, so that a null value and an absent one are both a NULL pointer.
 *
 * Out of memory must not turn into a null that goes on the wire. A constructor
 * that fails therefore gives the address of `broken`, an object that reads as
 * absent; putting it somewhere, like any putter that fails, marks the container,
 * and json_write() refuses a tree with a mark in it. The mark is json-c's user
 * data pointer, which nothing else uses on arrays and objects.
 *
 * Text is written here and not by json-c: json_object_to_json_string() keeps its
 * result inside the object, so that two readers of one object would race.
 *
 * The file is long because it is the only one that may know json-c.
 */
#include "net/json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* json-c has types of these names; renaming them here spares every caller */
#define json_bool   jsonc_bool
#define json_object jsonc_value
#include <json-c/json.h>
#undef json_bool
#undef json_object

#include "base/scope.h"
#include "base/utf8.h"
#include "net/jsonlex.h"

#define MAX_DEPTH 32

struct json {
	char unused;
};

static const struct json broken;

static struct json *out_of(struct jsonc_value *o)
{
	return (struct json *)o;
}

static struct json *broken_value(void)
{
	return (struct json *)(uintptr_t)&broken;
}

/* NULL for null, absent and broken alike. */
static struct jsonc_value *into(const struct json *j)
{
	return j == &broken ? NULL : (struct jsonc_value *)(uintptr_t)j;
}

static void mark(struct jsonc_value *o)
{
	json_object_set_userdata(o, broken_value(), NULL);
}

/* --- parsing ------------------------------------------------------------------- */

static bool only_blanks(struct slice t, size_t from)
{
	for (size_t i = from; i < t.n; i++)
		if (!memchr(" \t\r\n", t.p[i], 4))
			return false;
	return true;
}

static int parse_with(struct json_tokener *tok, struct slice t, struct jsonc_value **out,
		      struct problem *p)
{
	struct jsonc_value *o;
	enum json_tokener_error e;
	size_t used;

	json_tokener_set_flags(tok,
			       JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	o = json_tokener_parse_ex(tok, t.p, (int)t.n);
	e = json_tokener_get_error(tok);
	used = json_tokener_get_parse_end(tok);
	/* a bare number ends only where something else begins */
	if (e == json_tokener_continue) {
		o = json_tokener_parse_ex(tok, "", 1);
		e = json_tokener_get_error(tok);
		used = t.n;
	}
	if (e != json_tokener_success)
		return problem_set(p, -ERR_BAD_REPLY, "the text is not valid JSON: %s",
				   json_tokener_error_desc(e));
	if (!only_blanks(t, used)) {
		json_object_put(o);
		return problem_set(p, -ERR_BAD_REPLY,
				   "the text is not valid JSON: something follows the "
				   "first value");
	}
	*out = o;
	return 0;
}

int json_parse(struct slice text, struct json **out, struct problem *p)
{
	struct json_tokener *tok;
	struct jsonc_value *o = NULL;
	int r;

	if (only_blanks(text, 0))
		return problem_set(p, -ERR_BAD_REPLY, "the text is empty, not JSON");
	if (text.n >= INT_MAX || !jsonlex_valid(text))
		return problem_set(p, -ERR_BAD_REPLY, "the text is not JSON in UTF-8");
	tok = json_tokener_new_ex(MAX_DEPTH);
	if (!tok)
		return problem_set(p, -ENOMEM, "not enough memory to read JSON");
	r = parse_with(tok, text, &o, p);
	json_tokener_free(tok);
	if (r == 0)
		*out = out_of(o);
	return r;
}

void json_free(struct json *j)
{
	json_object_put(into(j));
}

/* --- reading -------------------------------------------------------------------- */

struct json *json_get(const struct json *obj, const char *name)
{
	struct jsonc_value *v = NULL;

	if (!json_is_object(obj) || !json_object_object_get_ex(into(obj), name, &v))
		return NULL;
	return out_of(v);
}

bool json_has(const struct json *obj, const char *name)
{
	return json_get(obj, name) != NULL;
}

size_t json_count(const struct json *arr)
{
	return json_is_array(arr) ? json_object_array_length(into(arr)) : 0;
}

struct json *json_at(const struct json *arr, size_t i)
{
	return i < json_count(arr) ? out_of(json_object_array_get_idx(into(arr), i))
				   : NULL;
}

const char *json_text(const struct json *value)
{
	return json_is_string(value) ? json_object_get_string(into(value)) : "";
}

const char *json_str(const struct json *obj, const char *name)
{
	return json_text(json_get(obj, name));
}

int64_t json_int(const struct json *obj, const char *name, int64_t otherwise)
{
	struct jsonc_value *v = into(json_get(obj, name));
	double d;

	if (json_object_is_type(v, json_type_int))
		return json_object_get_int64(v); /* clamps what is larger */
	if (!json_object_is_type(v, json_type_double))
		return otherwise;
	d = json_object_get_double(v);
	if (d >= 0x1p63)
		return INT64_MAX;
	if (d <= -0x1p63)
		return INT64_MIN;
	return d == d ? (int64_t)d : otherwise; /* NaN differs from itself */
}

bool json_bool(const struct json *obj, const char *name, bool otherwise)
{
	struct jsonc_value *v = into(json_get(obj, name));

	if (!json_object_is_type(v, json_type_boolean))
		return otherwise;
	return json_object_get_boolean(v);
}

bool json_is_object(const struct json *j)
{
	return into(j) && json_object_is_type(into(j), json_type_object);
}

bool json_is_array(const struct json *j)
{
	return into(j) && json_object_is_type(into(j), json_type_array);
}

bool json_is_string(const struct json *j)
{
	return into(j) && json_object_is_type(into(j), json_type_string);
}

int json_each(const struct json *obj,
	      int (*fn)(void *ctx, const char *name, struct json *v), void *ctx)
{
	struct json_object_iterator i, end;

	if (!json_is_object(obj))
		return 0;
	end = json_object_iter_end(into(obj));
	for (i = json_object_iter_begin(into(obj)); !json_object_iter_equal(&i, &end);
	     json_object_iter_next(&i)) {
		int r = fn(ctx, json_object_iter_peek_name(&i),
			   out_of(json_object_iter_peek_value(&i)));

		if (r != 0)
			return r;
	}
	return 0;
}

/* --- building ------------------------------------------------------------------- */

static struct json *made(struct jsonc_value *o)
{
	return o ? out_of(o) : broken_value();
}

struct json *json_object(void)
{
	return made(json_object_new_object());
}

struct json *json_array(void)
{
	return made(json_object_new_array());
}

/* U+FFFD for each byte that is part of no character. */
static int repair(const char *s, size_t n, struct buf *out)
{
	size_t i = 0;
	int r = 0;

	while (i < n && r == 0) {
		uint32_t cp;
		size_t len = utf8_decode(s + i, n - i, &cp);

		if (len > 0)
			r = buf_add(out, s + i, len);
		else
			r = buf_adds(out, "\xef\xbf\xbd");
		i += len > 0 ? len : 1;
	}
	return r;
}

struct json *json_string(const char *s)
{
	_cleanup_buf_ struct buf b = BUF_INIT(INT_MAX);
	size_t n;

	if (!s)
		return NULL;
	n = strlen(s);
	if (jsonlex_utf8(slice_of(s, n)) && n < INT_MAX)
		return made(json_object_new_string_len(s, (int)n));
	if (repair(s, n, &b) < 0)
		return broken_value();
	return made(json_object_new_string_len(b.p, (int)b.n));
}

struct json *json_number(int64_t n)
{
	return made(json_object_new_int64(n));
}

void json_put(struct json *obj, const char *name, struct json *taken)
{
	if (!json_is_object(obj)) {
		json_free(taken);
		return;
	}
	if (taken == &broken ||
	    json_object_object_add(into(obj), name, into(taken)) < 0) {
		json_free(taken);
		mark(into(obj));
	}
}

void json_put_str(struct json *obj, const char *name, const char *s)
{
	json_put(obj, name, json_string(s));
}

void json_put_int(struct json *obj, const char *name, int64_t n)
{
	json_put(obj, name, json_number(n));
}

void json_put_bool(struct json *obj, const char *name, bool b)
{
	json_put(obj, name, made(json_object_new_boolean(b)));
}

void json_push(struct json *arr, struct json *taken)
{
	if (!json_is_array(arr)) {
		json_free(taken);
		return;
	}
	if (taken == &broken || json_object_array_add(into(arr), into(taken)) < 0) {
		json_free(taken);
		mark(into(arr));
	}
}

/* Not json_object_deep_copy(): that knows nothing of our marks. */
static int copy_member(void *ctx, const char *name, struct json *v)
{
	json_put(ctx, name, json_copy(v));
	return 0;
}

static struct json *copy_container(const struct json *j, struct json *to)
{
	if (json_object_get_userdata(into(j)) == &broken && into(to))
		mark(into(to));
	if (json_is_object(j))
		(void)json_each(j, copy_member, to); /* never stops */
	for (size_t i = 0; i < json_count(j); i++)
		json_push(to, json_copy(json_at(j, i)));
	return to;
}

struct json *json_copy(const struct json *j)
{
	struct jsonc_value *to = NULL;

	if (!j || j == &broken)
		return (struct json *)(uintptr_t)j;
	if (json_is_object(j))
		return copy_container(j, json_object());
	if (json_is_array(j))
		return copy_container(j, json_array());
	/* a failure leaves `to` as it was: broken */
	(void)json_object_deep_copy(into(j), &to, NULL);
	return made(to);
}

/* --- writing -------------------------------------------------------------------- */

struct writer {
	struct buf *out;
	bool pretty;
	int depth;
	size_t nth; /* member of the object that is being written */
};

static int write_value(struct writer *w, const struct json *j);

static int write_string(struct buf *out, const char *s, size_t n)
{
	static const char plain[] = "\b\f\n\r\t\"\\";
	static const char letter[] = "bfnrt\"\\";
	int r = buf_addc(out, '"');

	for (size_t i = 0; i < n && r == 0; i++) {
		const char *c = s[i] ? strchr(plain, s[i]) : NULL;

		if (c)
			r = buf_addf(out, "\\%c", letter[c - plain]);
		else if ((unsigned char)s[i] < 0x20)
			r = buf_addf(out, "\\u%04x", s[i]);
		else
			r = buf_addc(out, s[i]);
	}
	return r < 0 ? r : buf_addc(out, '"');
}

static int write_indent(struct writer *w)
{
	int r;

	if (!w->pretty)
		return 0;
	r = buf_addc(w->out, '\n');
	for (int i = 0; i < w->depth && r == 0; i++)
		r = buf_adds(w->out, "  ");
	return r;
}

static int write_separator(struct writer *w, size_t nth)
{
	int r = nth > 0 ? buf_addc(w->out, ',') : 0;

	return r < 0 ? r : write_indent(w);
}

static int write_member(void *ctx, const char *name, struct json *v)
{
	struct writer *w = ctx;
	int r = write_separator(w, w->nth++);

	if (r == 0)
		r = write_string(w->out, name, strlen(name));
	if (r == 0)
		r = buf_adds(w->out, w->pretty ? ": " : ":");
	return r < 0 ? r : write_value(w, v);
}

static int write_container(struct writer *w, const struct json *j)
{
	bool object = json_is_object(j);
	size_t n = object ? (size_t)json_object_object_length(into(j)) : json_count(j);
	size_t outer = w->nth;
	int r;

	if (json_object_get_userdata(into(j)) == &broken)
		return -ENOMEM;
	/* our own trees are flat; this one would be a mistake or an attack */
	if (w->depth > 2 * MAX_DEPTH)
		return -EINVAL;
	r = buf_addc(w->out, object ? '{' : '[');
	w->depth++;
	w->nth = 0;
	if (r == 0 && object)
		r = json_each(j, write_member, w);
	for (size_t i = 0; i < n && r == 0 && !object; i++) {
		r = write_separator(w, i);
		if (r == 0)
			r = write_value(w, json_at(j, i));
	}
	w->depth--;
	w->nth = outer;
	if (r == 0 && n > 0)
		r = write_indent(w);
	return r < 0 ? r : buf_addc(w->out, object ? '}' : ']');
}

/* json-c keeps the digits of a number it has parsed as its user data, and we
 * make no such numbers ourselves. */
static int write_double(struct buf *out, struct jsonc_value *o)
{
	const char *digits = json_object_get_userdata(o);

	return buf_adds(out, digits ? digits : "null");
}

static int write_value(struct writer *w, const struct json *j)
{
	struct jsonc_value *o = into(j);

	if (j == &broken)
		return -ENOMEM;
	switch (json_object_get_type(o)) {
	case json_type_boolean:
		return buf_adds(w->out, json_object_get_boolean(o) ? "true" : "false");
	case json_type_int:
		if (json_object_get_int64(o) == INT64_MAX)
			return buf_addf(w->out, "%llu",
					(unsigned long long)json_object_get_uint64(o));
		return buf_addf(w->out, "%lld", (long long)json_object_get_int64(o));
	case json_type_double:
		return write_double(w->out, o);
	case json_type_string:
		return write_string(w->out, json_object_get_string(o),
				    (size_t)json_object_get_string_len(o));
	case json_type_object:
	case json_type_array:
		return write_container(w, j);
	case json_type_null:
	default:
		return buf_adds(w->out, "null");
	}
}

int json_write(const struct json *j, bool pretty, struct buf *out)
{
	struct writer w = {.out = out, .pretty = pretty};
	size_t start = out->n;
	int r = write_value(&w, j);

	if (r == 0 && pretty)
		r = buf_addc(out, '\n');
	if (r < 0)
		out->n = start;
	return r;
}
