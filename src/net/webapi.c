/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amazon's failures come as several shapes of JSON, as HTML from whatever stands
 * in front of the service, and as nothing at all. The content type is no guide.
 */
#include "net/webapi.h"

#include <string.h>

#include "base/utf8.h"
#include "net/json.h"

#define LOOK_AT 4096 /* bytes of a body that is not JSON */

int webapi_address(const struct url *endpoint, struct buf *out)
{
	int r = buf_adds(out, endpoint->https ? "https://" : "http://");

	if (r == 0)
		r = url_authority(endpoint, out);
	return r < 0 ? r : buf_adds(out, endpoint->path);
}

void webapi_clean(struct slice t, char *out, size_t out_n)
{
	size_t n = 0;
	bool gap = false;

	for (size_t i = 0; i < t.n;) {
		uint32_t cp = 0;
		size_t len = utf8_decode(t.p + i, t.n - i, &cp);

		if (len > 0 && (cp == ' ' || utf8_is_control(cp))) {
			gap = n > 0;
			i += len;
			continue;
		}
		if (n + gap + (len ? len : 1) >= out_n)
			break;
		if (gap)
			out[n++] = ' ';
		gap = false;
		if (len > 0)
			memcpy(out + n, t.p + i, len);
		else
			out[n] = '?';
		n += len ? len : 1;
		i += len ? len : 1;
	}
	out[n] = 0;
}

/* A string itself, or an object's own text. */
static const char *text_of(const struct json *v)
{
	static const char *const names[] = {"details", "message", "error_description"};

	if (json_is_string(v))
		return json_text(v);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (*json_str(v, names[i]))
			return json_str(v, names[i]);
	return "";
}

static const char *find_text(const struct json *body)
{
	const struct json *errors = json_get(body, "errors");

	for (size_t i = 0; i < json_count(errors); i++)
		if (*text_of(json_at(errors, i)))
			return text_of(json_at(errors, i));
	return text_of(body);
}

static bool starts_with_tag(struct slice body)
{
	for (size_t i = 0; i < body.n; i++)
		if (!strchr(" \t\r\n", body.p[i]))
			return body.p[i] == '<';
	return false;
}

/* Tags become blanks, so that "<h1>503</h1><p>Try later" reads "503 Try later". */
static void raw_text(struct slice body, char *out, size_t out_n)
{
	char plain[LOOK_AT];
	size_t n = body.n < LOOK_AT ? body.n : LOOK_AT;
	bool html = starts_with_tag(body);
	bool in_tag = false;

	for (size_t i = 0; i < n; i++) {
		if (html && body.p[i] == '<')
			in_tag = true;
		plain[i] = in_tag ? ' ' : body.p[i];
		if (body.p[i] == '>')
			in_tag = false;
	}
	webapi_clean(slice_of(plain, n), out, out_n);
}

void webapi_error(struct slice body, char *out, size_t out_n)
{
	struct json *j = NULL;
	const char *text = "";

	*out = 0;
	if (json_parse(body, &j, NULL) == 0)
		text = find_text(j);
	if (*text)
		webapi_clean(slice_str(text), out, out_n);
	json_free(j);
	if (!*out)
		raw_text(body, out, out_n);
}

void webapi_code(struct slice body, char *out, size_t out_n)
{
	struct json *j = NULL;
	const char *text = "";

	*out = 0;
	if (json_parse(body, &j, NULL) == 0) {
		text = json_str(j, "error");
		if (!*text)
			text = json_str(j, "code");
	}
	webapi_clean(slice_str(text), out, out_n);
	json_free(j);
}
