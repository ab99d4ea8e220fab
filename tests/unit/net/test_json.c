/* SPDX-License-Identifier: Apache-2.0 */
#include "net/json.h"

#include <stdint.h>

#include "base/scope.h"
#include "check.h"

static struct json *parsed(const char *text)
{
	struct json *j = NULL;
	struct problem p = {0};
	int r = json_parse(slice_str(text), &j, &p);

	CHECK_STR(r < 0 ? p.note : "", "");
	return j;
}

static void refused(const char *text, size_t n)
{
	struct json *untouched = (struct json *)(uintptr_t)&check_state;
	struct json *j = untouched;
	struct problem p = {0};

	CHECK_INT(json_parse(slice_of(text, n), &j, &p), -ERR_BAD_REPLY);
	CHECK(j == untouched);
	CHECK(p.note[0] != 0);
}

static void written(const struct json *j, bool pretty, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1u << 20);

	CHECK_INT(json_write(j, pretty, &b), 0);
	CHECK_MEM(b.p, b.n, want, strlen(want));
}

TEST(reads_every_kind)
{
	struct json *j =
		parsed(" {\"s\":\"x\\u00e9\",\"n\":-7,\"d\":2.9,\"t\":true,\"z\":null,"
		       "\"a\":[1,\"b\",{}],\"o\":{\"in\":\"side\"}}\r\n\t ");

	CHECK_STR(json_str(j, "s"), "x\xc3\xa9");
	CHECK_INT(json_int(j, "n", 1), -7);
	CHECK_INT(json_int(j, "d", 1), 2);
	CHECK(json_bool(j, "t", false));
	CHECK(!json_has(j, "z"));
	CHECK(json_has(j, "o"));
	CHECK(!json_has(j, "absent"));
	CHECK_INT(json_count(json_get(j, "a")), 3);
	CHECK_STR(json_text(json_at(json_get(j, "a"), 1)), "b");
	CHECK(json_is_object(json_at(json_get(j, "a"), 2)));
	CHECK(json_at(json_get(j, "a"), 3) == NULL);
	CHECK_STR(json_str(json_get(j, "o"), "in"), "side");
	json_free(j);
}

TEST(tolerates_wrong_kinds_and_nothing)
{
	struct json *j = parsed("{\"s\":5,\"n\":\"5\",\"t\":1,\"a\":{}}");

	CHECK_STR(json_str(j, "s"), "");
	CHECK_INT(json_int(j, "n", 42), 42);
	CHECK(json_bool(j, "t", false) == false);
	CHECK(json_bool(j, "t", true) == true);
	CHECK_INT(json_count(json_get(j, "a")), 0);
	CHECK(json_get(json_get(j, "s"), "x") == NULL);
	CHECK(json_at(j, 0) == NULL);
	json_free(j);
	CHECK(json_get(NULL, "x") == NULL);
	CHECK_STR(json_str(NULL, "x"), "");
	CHECK_STR(json_text(NULL), "");
	CHECK_INT(json_int(NULL, "x", 3), 3);
	CHECK_INT(json_count(NULL), 0);
	CHECK(!json_is_object(NULL) && !json_is_array(NULL) && !json_is_string(NULL));
	json_free(NULL);
}

TEST(top_level_values)
{
	struct json *j = parsed("17");

	written(j, false, "17");
	json_free(j);
	j = parsed("\"x\"");
	CHECK_STR(json_text(j), "x");
	json_free(j);
	CHECK(parsed("null") == NULL);
	j = parsed("-0.50e1");
	written(j, false, "-0.50e1");
	json_free(j);
}

TEST(refuses_what_is_no_json)
{
	static const char *const bad[] = {
		"",	      "  \n",	     "{",      "}",	     "{\"a\":1",
		"{\"a\":1}x", "{\"a\":1}{}", "[1,]",   "{\"a\":1,}", "{a:1}",
		"{'a':1}",    "\"abc",	     "tru",    "TRUE",	     "01",
		"1 2",	      "[1]//x",	     "/*x*/1", "\"\x01\"",   "\"a\nb\"",
		"NaN",	      "-Infinity",   "[nan]",  "1.",	     "-",
		"-01",	      "00",	     "1e",     "1e+",	     "+1",
		".5",	      "{\"a\" 1}",   "[1 2]",  "\"\\x41\"",  "\"\\u00\"",
		"\"a\\\"",    "\"a\tb\"",    "nUll",   "nulll",	     "<html></html>"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		check_state.test = bad[i];
		refused(bad[i], strlen(bad[i]));
	}
}

TEST(refuses_bad_bytes)
{
	static const char *const bad[] = {"\"\xff\"",	      "\"\xc3\"",
					  "\"\xc0\xaf\"",     "\"\xe0\x80\xaf\"",
					  "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
					  "\xef\xbb\xbf{}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused(bad[i], strlen(bad[i]));
	refused("{}\0", 3);
	refused("\"a\0b\"", 5);
}

TEST(depth_is_bounded)
{
	for (int depth = 1; depth < 64; depth++) {
		_cleanup_buf_ struct buf b = BUF_INIT(4096);
		struct json *j = NULL;
		int r = 0;

		for (int i = 0; i < depth; i++)
			r |= buf_addc(&b, '[');
		for (int i = 0; i < depth; i++)
			r |= buf_addc(&b, ']');
		CHECK_INT(r, 0);
		CHECK_INT(json_parse(buf_slice(&b), &j, NULL),
			  depth <= 32 ? 0 : -ERR_BAD_REPLY);
		json_free(j);
	}
}

TEST(duplicates_are_tolerated)
{
	struct json *j = parsed("{\"a\":1,\"b\":2,\"a\":3}");

	CHECK_INT(json_int(j, "a", 0), 3);
	written(j, false, "{\"a\":3,\"b\":2}");
	json_free(j);
}

TEST(huge_numbers_are_clamped)
{
	struct json *j = parsed("{\"a\":9223372036854775807,\"b\":9223372036854775808,"
				"\"c\":-9223372036854775809,\"d\":1e400,\"e\":-1e30,"
				"\"f\":123456789012345678901234567890,\"g\":1e18}");

	CHECK_INT(json_int(j, "a", 0), INT64_MAX);
	CHECK_INT(json_int(j, "b", 0), INT64_MAX);
	CHECK_INT(json_int(j, "c", 0), INT64_MIN);
	CHECK_INT(json_int(j, "d", 0), INT64_MAX);
	CHECK_INT(json_int(j, "e", 0), INT64_MIN);
	CHECK_INT(json_int(j, "f", 0), INT64_MAX);
	CHECK_INT(json_int(j, "g", 0), 1000000000000000000);
	json_free(j);
}

TEST(numbers_keep_their_digits)
{
	static const char text[] = "{\"OutputRowCount\":1200.0,\"x\":0.10,\"y\":1E2,"
				   "\"z\":18446744073709551615}";
	struct json *j = parsed(text);
	struct json *copy = json_copy(j);

	written(j, false, text);
	json_free(j);
	written(copy, false, text);
	json_free(copy);
}

TEST(writes_what_was_built)
{
	struct json *o = json_object();
	struct json *a = json_array();

	json_put_str(o, "s", "a\"b\\c\n\t\x01/\xc3\xa9");
	json_put_str(o, "none", NULL);
	json_put_int(o, "n", INT64_MIN);
	json_put_bool(o, "b", false);
	json_push(a, json_number(1));
	json_push(a, NULL);
	json_push(a, json_object());
	json_push(a, json_array());
	json_put(o, "a", a);
	written(o, false,
		"{\"s\":\"a\\\"b\\\\c\\n\\t\\u0001/\xc3\xa9\",\"none\":null,"
		"\"n\":-9223372036854775808,\"b\":false,\"a\":[1,null,{},[]]}");
	written(o, true,
		"{\n  \"s\": \"a\\\"b\\\\c\\n\\t\\u0001/\xc3\xa9\",\n  \"none\": null,\n"
		"  \"n\": -9223372036854775808,\n  \"b\": false,\n"
		"  \"a\": [\n    1,\n    null,\n    {},\n    []\n  ]\n}\n");
	json_free(o);
	written(NULL, false, "null");
	written(NULL, true, "null\n");
}

TEST(putting_again_replaces)
{
	struct json *o = json_object();

	json_put_int(o, "a", 1);
	json_put_int(o, "b", 2);
	json_put_str(o, "a", "x");
	written(o, false, "{\"a\":\"x\",\"b\":2}");
	json_free(o);
}

TEST(broken_strings_are_repaired)
{
	struct json *o = json_object();

	json_put_str(o, "s", "a\xff\xc3(b\xed\xa0\x80");
	written(o, false,
		"{\"s\":\"a\xef\xbf\xbd\xef\xbf\xbd(b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}");
	json_free(o);
}

TEST(putting_into_the_wrong_kind_is_harmless)
{
	struct json *a = json_array();

	json_put(a, "x", json_string("lost"));
	json_push(NULL, json_string("lost"));
	json_put(NULL, "x", json_object());
	written(a, false, "[]");
	json_free(a);
}

TEST(copy_is_deep)
{
	struct json *j = parsed("{\"a\":[{\"b\":null,\"c\":[true,\"x\"]}]}");
	struct json *copy = json_copy(j);

	json_put_int(json_at(json_get(j, "a"), 0), "b", 9);
	written(j, false, "{\"a\":[{\"b\":9,\"c\":[true,\"x\"]}]}");
	json_free(j);
	written(copy, false, "{\"a\":[{\"b\":null,\"c\":[true,\"x\"]}]}");
	json_free(copy);
	CHECK(json_copy(NULL) == NULL);
}

struct names {
	char text[64];
	int stop_at;
	int seen;
};

static int collect(void *ctx, const char *name, struct json *v)
{
	struct names *n = ctx;
	size_t used = strlen(n->text);

	(void)snprintf(n->text + used, sizeof(n->text) - used, "%s%s ", name,
		       v ? "" : "!");
	return ++n->seen == n->stop_at ? 5 : 0;
}

TEST(each_goes_in_order_and_stops)
{
	struct json *j = parsed("{\"z\":1,\"a\":null,\"m\":{}}");
	struct names all = {.text = ""}, some = {.text = "", .stop_at = 2};

	CHECK_INT(json_each(j, collect, &all), 0);
	CHECK_STR(all.text, "z a! m ");
	CHECK_INT(json_each(j, collect, &some), 5);
	CHECK_STR(some.text, "z a! ");
	CHECK_INT(json_each(NULL, collect, &some), 0);
	json_free(j);
}

TEST(a_full_buffer_is_left_as_it_was)
{
	struct json *j = parsed("[\"aaaaaaaaaaaaaaaaaaaaaaaa\"]");
	_cleanup_buf_ struct buf b = BUF_INIT(10);

	CHECK_INT(buf_adds(&b, "keep"), 0);
	CHECK_INT(json_write(j, false, &b), -ERR_TOO_LARGE);
	CHECK_MEM(b.p, b.n, "keep", 4);
	json_free(j);
}

int main(void)
{
	RUN(reads_every_kind);
	RUN(tolerates_wrong_kinds_and_nothing);
	RUN(top_level_values);
	RUN(refuses_what_is_no_json);
	RUN(refuses_bad_bytes);
	RUN(depth_is_bounded);
	RUN(duplicates_are_tolerated);
	RUN(huge_numbers_are_clamped);
	RUN(numbers_keep_their_digits);
	RUN(writes_what_was_built);
	RUN(putting_again_replaces);
	RUN(broken_strings_are_repaired);
	RUN(putting_into_the_wrong_kind_is_harmless);
	RUN(copy_is_deep);
	RUN(each_goes_in_order_and_stops);
	RUN(a_full_buffer_is_left_as_it_was);
	return CHECK_DONE();
}
