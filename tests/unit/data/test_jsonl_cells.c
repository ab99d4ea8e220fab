/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What values become, and which names are columns.
 */
#include "data/jsonl.h"

#include "data/jsonl_keys.h"
#include "data/jsonl_object.h"
#include "jsonlrows.h"

/* A value in a second line, and what its cell is. */
#define VALUE(text, cell) ROWS("{\"a\":0}\n{\"a\":" text "}\n", "1<a>\n1<0>\n2" cell "\n")
#define NO_VALUE(text)	  VALUE(text, "!json")

TEST(keeps_numbers_as_they_are_spelled)
{
	VALUE("0", "<0>");
	VALUE("-0", "<-0>");
	VALUE("12345678901234567890123", "<12345678901234567890123>");
	VALUE("1.10", "<1.10>");
	VALUE("-1.5E+07", "<-1.5E+07>");
	VALUE("1e-9", "<1e-9>");
	NO_VALUE("01");
	NO_VALUE("-");
	NO_VALUE("+1");
	NO_VALUE(".5");
	NO_VALUE("5.");
	NO_VALUE("1e");
	NO_VALUE("1e+");
	NO_VALUE("1.e3");
	NO_VALUE("0x10");
	NO_VALUE("NaN");
	NO_VALUE("Infinity");
	NO_VALUE("1 2");
	NO_VALUE("--1");
}

TEST(knows_three_words)
{
	VALUE("true", "<b:true>");
	VALUE("false", "<b:false>");
	VALUE("null", "<>");
	VALUE("\"true\"", "<true>");
	NO_VALUE("True");
	NO_VALUE("truth");
	NO_VALUE("nul");
	NO_VALUE("nulll");
	NO_VALUE("");
	NO_VALUE("'a'");
}

TEST(resolves_escapes)
{
	VALUE("\"\"", "<>");
	VALUE("\"plain, longer than eight\"", "<plain, longer than eight>");
	VALUE("\"\\\"\\\\\\/\\b\\f\\t\"", "<\"\\/\b\f\t>");
	VALUE("\"\\u0041\\u00e9\\u20AC\"", "<A\xc3\xa9\xe2\x82\xac>");
	VALUE("\"\\ud83d\\ude00\\uDBFF\\uDFFF\"", "<\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf>");
	VALUE("\"\\u0001\x7f\"", "<\x01\x7f>");
	VALUE("\"12345678\\\"1234567\\\\\"", "<12345678\"1234567\\>");
	NO_VALUE("\"\\u0000\"");
	NO_VALUE("\"\\ud83d\"");
	NO_VALUE("\"\\ud83dx\"");
	NO_VALUE("\"\\ud83d\\n\"");
	NO_VALUE("\"\\ud83d\\u0041\"");
	NO_VALUE("\"\\ud83d\\ud83d\"");
	NO_VALUE("\"\\ude00\"");
	NO_VALUE("[\"\\ude00\"]");
	NO_VALUE("\"\\u00g0\"");
	NO_VALUE("\"\\u00:0\"");
	NO_VALUE("\"\\x41\"");
	NO_VALUE("\"\\'\"");
	NO_VALUE("\"a\tb\"");
	NO_VALUE("\"123456789\x1f\"");
	NO_VALUE("\"123\x1f 5678901234567890\"");
	NO_VALUE("\"open");
	NO_VALUE("\"open\\\"");
}

TEST(makes_line_breaks_spaces)
{
	VALUE("\"a\\nb\"", "+1<a b>");
	VALUE("\"a\\rb\"", "+1<a b>");
	VALUE("\"a\\r\\nb\"", "+1<a b>");
	VALUE("\"\\u000d\\u000A\"", "+1< >");
	VALUE("\"\\n\\r\\r\\n\\n\"", "+4<    >");
	VALUE("\"\\rx\\n\"", "+2< x >");
	VALUE("[\"a\\nb\"]", "<n:[\"a\\nb\"]>");
	ROWS("{\"a\\nb\":\"\\n\"}", "1<a b>\n1+1< >\n");
	ROWS("{\"a\":\"\\n\",\"b\":\"\\n\",\"\":\"\\n\",\"\":1}\n{\"a\":0}",
	     "2<a>\n1!json\n2<0>\n");
}

TEST(makes_containers_compact)
{
	VALUE("[]", "<n:[]>");
	VALUE("{ }", "<n:{}>");
	VALUE(" [ 1 , -2.50 ,\t\"x y\" , null, true,{ \"b c\" : [ ] , \"d\":\"\\u0041\\n\"}\r] ",
	      "<n:[1,-2.50,\"x y\",null,true,{\"b c\":[],\"d\":\"\\u0041\\n\"}]>");
	VALUE("{\"\\u0062\": {\"c\" : 1 }}", "<n:{\"\\u0062\":{\"c\":1}}>");
	NO_VALUE("[1,]");
	NO_VALUE("[,1]");
	NO_VALUE("[1 2]");
	NO_VALUE("[1}");
	NO_VALUE("{\"b\":1]");
	NO_VALUE("{\"b\":1,}");
	NO_VALUE("{\"b\" 1}");
	NO_VALUE("{\"b\"}");
	NO_VALUE("{b:1}");
	NO_VALUE("{1:1}");
	NO_VALUE("[");
	NO_VALUE("]");
}

/* "a" is `depth` containers in one another, inside of the line's own. */
static void check_depth(int depth, const char *open, const char *close, const char *flaw)
{
	struct buf in = BUF_INIT(4096);
	struct seen s;

	CHECK_INT(buf_adds(&in, "{\"a\":1}\n{\"a\":"), 0);
	for (int i = 0; i < depth; i++)
		CHECK_INT(buf_adds(&in, open), 0);
	for (int i = 0; i < depth; i++)
		CHECK_INT(buf_adds(&in, close + (i == 0)), 0);
	CHECK_INT(buf_adds(&in, "}\n"), 0);
	seen_begin(&s, NULL, 0, 0);
	CHECK_INT(jsonl_feed(s.j, in.p, in.n, &s.p), 0);
	CHECK_INT(jsonl_end(s.j, &s.p), 0);
	CHECK_MEM(s.text.p + 10, strlen(flaw), flaw, strlen(flaw));
	CHECK(memchr(s.text.p + 10, '\n', s.text.n - 10) == s.text.p + s.text.n - 1);
	seen_end(&s);
	buf_fini(&in);
}

TEST(limits_the_depth)
{
	check_depth(JSONL_OBJECT_DEPTH - 1, "[", " ]", "2<n:[[[");
	check_depth(JSONL_OBJECT_DEPTH, "[", " ]", "2!json\n");
	check_depth(JSONL_OBJECT_DEPTH - 1, "{\"x\":", "1}", "2!json\n");
}

TEST(makes_columns_of_wanted_inner_members)
{
	static const char line[] =
		"{\"a\":{\"b\":1,\"c\":{\"d\":\"x\\n\"}},\"e\":true}\n";

	ROWS_CASE("q", 0, "{\"a\":{\"b\":1}}", "1<a>\n1<n:{\"b\":1}>\n", 0, 0);
	rows_all(&(struct rows_case){.wanted = "a.b",
				     .in = line,
				     .n = sizeof(line) - 1,
				     .want = {"1<a.b><e>\n1<1><b:true>\n", 0, 0}});
	rows_all(&(struct rows_case){.wanted = "a.c.d e",
				     .in = line,
				     .n = sizeof(line) - 1,
				     .want = {"1<a.c.d><e>\n1+1<x ><b:true>\n", 0, 0}});
	rows_all(&(struct rows_case){
		.wanted = "a a.c a.c.d",
		.in = line,
		.n = sizeof(line) - 1,
		.want = {"1<a><a.c><a.c.d><e>\n1+1<n:{\"b\":1,\"c\":{\"d\":\"x\\n\"}}>"
			 "<n:{\"d\":\"x\\n\"}><x ><b:true>\n",
			 0, 0}});
	WANTED("a.b", "{\"a\":{}}\n{\"a\":{\"b\":1}}\n{\"a\":7}\n{}\n",
	       "1<a.b>\n1<>\n2<1>\n3<>\n4<>\n");
	WANTED("a.b", "{\"a\":{\"b\":1,\"x\":2},\"c\":{\"b\":3}}",
	       "1<a.b><c>\n1<1><n:{\"b\":3}>\n");
	WANTED("a.b", "{\"a\":[{\"b\":1}]}", "1<a>\n1<n:[{\"b\":1}]>\n");
	WANTED("a. .b .", "{\"a\":{\"\":1},\"\":{\"b\":2,\"\":3}}",
	       "1<a.><.b><.>\n1<1><2><3>\n");
	WANTED("a.b.c", "{\"a\":{\"x\":{\"c\":1},\"b\":{\"c\":2}},\"b\":{\"c\":3}}",
	       "1<a.b.c><b>\n1<2><n:{\"c\":3}>\n");
}

TEST(takes_a_name_with_a_dot_for_the_same_column)
{
	WANTED("a.b", "{\"a.b\":1}\n{\"a\":{\"b\":2}}\n{\"a\":{\"b\":3},\"a.b\":4}\n",
	       "1<a.b>\n1<1>\n2<2>\n3!json\n");
	WANTED("a.b", "{\"a.b\":1}\n{\"a\":{\"b\":2},\"a.b\":null}\n",
	       "1<a.b>\n1<1>\n2!json\n");
	ROWS("{\"a.b\":1}\n{\"a\":{\"b\":3},\"a.b\":4}\n",
	     "1<a.b><a>\n1<1><>\n2<4><n:{\"b\":3}>\n");
}

/* {"xxx":{"b":1}} with n of x, whose inner member is wanted. */
static bool is_column(size_t n)
{
	struct buf in = BUF_INIT(1 << 16), path = BUF_INIT(1 << 16);
	struct seen s;
	bool yes;

	for (size_t i = 0; i < n; i++)
		CHECK_INT(buf_addc(&path, 'x'), 0);
	CHECK_INT(buf_addf(&in, "{\"%s\":{\"b\":{\"c\":{}}}}\n", buf_str(&path)), 0);
	CHECK_INT(buf_adds(&path, ".b"), 0);
	seen_begin(&s, buf_str(&path), 0, 0);
	CHECK_INT(jsonl_feed(s.j, in.p, in.n, &s.p), 0);
	CHECK_INT(jsonl_end(s.j, &s.p), 0);
	yes = s.text.p[2 + n] == '.';
	CHECK_INT(s.text.p[2 + n], yes ? '.' : '>');
	seen_end(&s);
	buf_fini(&in);
	buf_fini(&path);
	return yes;
}

TEST(limits_the_names_of_inner_members)
{
	CHECK(is_column(1));
	CHECK(is_column(JSONL_KEYS_PATH - 2));
	CHECK(!is_column(JSONL_KEYS_PATH - 1));
	CHECK(!is_column(JSONL_KEYS_PATH));
	CHECK(!is_column(JSONL_KEYS_PATH + 1));
	CHECK(!is_column(2 * JSONL_KEYS_PATH));
}

int main(void)
{
	RUN(keeps_numbers_as_they_are_spelled);
	RUN(knows_three_words);
	RUN(resolves_escapes);
	RUN(makes_line_breaks_spaces);
	RUN(makes_containers_compact);
	RUN(limits_the_depth);
	RUN(makes_columns_of_wanted_inner_members);
	RUN(takes_a_name_with_a_dot_for_the_same_column);
	RUN(limits_the_names_of_inner_members);
	return CHECK_DONE();
}
