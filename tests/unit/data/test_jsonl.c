/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines, the file's ends, and what is refused. Every input is fed whole, cut in two
 * at every place, in small portions, and asked for its end behind every byte.
 */
#include "data/jsonl.h"

#include "jsonlrows.h"

#define BOM "\xef\xbb\xbf"

TEST(makes_rows_of_lines)
{
	ROWS("", "");
	ROWS("{}", "1\n1\n");
	ROWS("{\"a\":1}", "1<a>\n1<1>\n");
	ROWS("{\"a\":1}\n", "1<a>\n1<1>\n");
	ROWS("{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}",
	     "1<a><b>\n1<1><x>\n2<2><y>\n");
	ROWS("{\"a\":1}\r\n{\"a\":2}\r\n", "1<a>\n1<1>\n2<2>\n");
	ROWS(" \t{ \"a\" :\t1 , \"b\"\r:[ ] }  \r\n", "1<a><b>\n1<1><n:[]>\n");
	ROWS("{\"a\":1}\r{\"a\":2}\n{\"a\":3}", "2<a>\n1!json\n2<3>\n");
}

TEST(passes_over_the_end_of_dos)
{
	ROWS("{\"a\":1}\r\n\x1a", "1<a>\n1<1>\n");
	ROWS("{\"a\":1}\n\x1a\x1a\x1a", "1<a>\n1<1>\n");
	ROWS("{\"a\":1}\n\x1a\n", "1<a>\n1<1>\n2!json\n");
	ROWS("{\"a\":1}\n\x1a ", "1<a>\n1<1>\n2!json\n");
}

TEST(passes_over_blank_lines)
{
	ROWS("\n\n{\"a\":1}\n \t\r\n{\"a\":2}\n\n", "3<a>\n3<1>\n5<2>\n");
	ROWS("\n \n\r\n", "");
	ROWS(" ", "");
	ROWS("{\"a\":1}\n  ", "1<a>\n1<1>\n");
}

TEST(drops_the_byte_order_mark)
{
	ROWS(BOM "{\"a\":1}\n", "1<a>\n1<1>\n");
	ROWS(BOM, "");
	ROWS(BOM "\n{\"a\":1}", "2<a>\n2<1>\n");
	ROWS("{\"a\":1}\n" BOM "{\"a\":2}\n", "1<a>\n1<1>\n2!json\n");
	FAILS(BOM BOM "{\"a\":1}\n", "", -ERR_BAD_JSON, 1);
	FAILS("\xef\xbb", "", -ERR_BAD_ENCODING, 1);
	FAILS("\xef\xbb{}", "", -ERR_BAD_ENCODING, 1);
	FAILS("\xef\xbc\xa1", "", -ERR_BAD_JSON, 1);
}

TEST(collects_keys_before_the_first_row)
{
	ROWS("{\"a\":1}\n{\"b\":2,\"a\":3}\n{\"c\":4}\n",
	     "1<a><b><c>\n1<1><><>\n2<3><2><>\n3<><><4>\n");
	ROWS("{\"b\":1,\"a\":2}\n{\"a\":3,\"b\":4}\n", "1<b><a>\n1<1><2>\n2<4><3>\n");
	ROWS("{}\n{\"a\":1}\n{}", "1<a>\n1<>\n2<1>\n3<>\n");
	ROWS("{\"\":1}\n{\"\":2}", "1<>\n1<1>\n2<2>\n");
	ROWS("{\"\\u0061\":1}\n{\"a\":2}", "1<a>\n1<1>\n2<2>\n");
	ROWS("{\"a\":null}\n{}\n", "1<a>\n1<>\n2<>\n");
}

TEST(flaws_lines_that_are_no_object)
{
	ROWS("{\"a\":1}\nx\n[1]\n\"s\"\n7\nnull\n{\"a\":2}\n",
	     "1<a>\n1<1>\n2!json\n3!json\n4!json\n5!json\n6!json\n7<2>\n");
	ROWS("{\"a\":1}\n{\"a\":2} {\"a\":3}\n{\"a\":4},\n",
	     "1<a>\n1<1>\n2!json\n3!json\n");
	ROWS("{\"a\":1\n{\"b\":2}\n", "2<b>\n1!json\n2<2>\n"); /* not learnt from */
	ROWS("{\n{\"b\":2}\n}", "2<b>\n1!json\n2<2>\n3!json\n");
	ROWS("{\"a\":1}\nfoo", "1<a>\n1<1>\n2!json\n");
}

TEST(flaws_names_that_stand_twice)
{
	ROWS("{\"a\":1}\n{\"a\":1,\"b\":2,\"a\":1}\n", "1<a>\n1<1>\n2!json\n");
	ROWS("{\"a\":1}\n{\"a\":1,\"\\u0061\":1}\n", "1<a>\n1<1>\n2!json\n");
	ROWS("{\"a\":1}\n{\"a\":{\"b\":1,\"b\":1}}\n", "1<a>\n1<1>\n2!json\n");
	ROWS("{\"a\":1}\n{\"a\":[{\"b\":1,\"\":2,\"b\":1}]}\n", "1<a>\n1<1>\n2!json\n");
	ROWS("{\"a\":[{\"b\":1},{\"b\":2}],\"b\":{\"a\":{\"a\":1}}}\n",
	     "1<a><b>\n1<n:[{\"b\":1},{\"b\":2}]><n:{\"a\":{\"a\":1}}>\n");
	ROWS("{\"longer than eight\":1,\"longer than night\":2}",
	     "1<longer than eight><longer than night>\n1<1><2>\n");
	/* both ends and the length are the same */
	ROWS("{\"12345678 a 12345678\":1,\"12345678 b 12345678\":2}",
	     "1<12345678 a 12345678><12345678 b 12345678>\n1<1><2>\n");
}

/* n names beside each other, the last of which is repeated if asked for. */
static void add_names(struct buf *b, int n, bool twice)
{
	CHECK_INT(buf_addc(b, '{'), 0);
	for (int i = 0; i < n; i++)
		CHECK_INT(buf_addf(b, "%s\"k%d\":%d", i ? "," : "", i, i), 0);
	if (twice)
		CHECK_INT(buf_addf(b, ",\"k%d\":0", n / 2), 0);
	CHECK_INT(buf_adds(b, "}\n"), 0);
}

TEST(finds_repetitions_among_many_names)
{
	for (int n = 1; n < 70; n++) {
		struct buf in = BUF_INIT(1 << 16);
		struct seen s;

		add_names(&in, n, true);
		add_names(&in, n, false);
		seen_begin(&s, NULL, 0, 0);
		CHECK_INT(jsonl_feed(s.j, in.p, in.n, &s.p), 0);
		CHECK_INT(jsonl_end(s.j, &s.p), 0);
		CHECK_INT(s.calls, 3);
		CHECK_MEM(s.text.p, 2, "2<", 2);
		CHECK(strstr(buf_str(&s.text), "\n1!json\n2<0>"));
		seen_end(&s);
		buf_fini(&in);
	}
}

TEST(forgets_the_names_of_broken_lines)
{
	static const char lines[] = "{\"a\":{\"b\":1,\"c\":2,\"d\":}}\n{\"a\":1}\n";
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	for (int i = 0; i < ROW_MAX_CELLS / 4 + 1; i++)
		CHECK_INT(jsonl_feed(s.j, lines, sizeof(lines) - 1, &s.p), 0);
	CHECK_INT(jsonl_end(s.j, &s.p), 0);
	CHECK_MEM(s.text.p + s.text.n - 9, 9, "32770<1>\n", 9);
	seen_end(&s);
}

TEST(refuses_what_is_something_else)
{
	FAILS("[{\"a\":1}]", "", -ERR_BAD_JSON, 1);
	FAILS("\n  [\n", "", -ERR_BAD_JSON, 2);
	FAILS("a,b\n1,2\n", "", -ERR_BAD_JSON, 1);
	FAILS("\xc3\xa9", "", -ERR_BAD_JSON, 1);
	FAILS("x\xff", "", -ERR_BAD_JSON, 1);
	FAILS("{\n  \"a\": 1\n}\n", "", -ERR_BAD_JSON, 1);
	FAILS("\n{\n}", "", -ERR_BAD_JSON, 2);
	FAILS("{\"a\":1 }}\n\n{\"a\"}", "", -ERR_BAD_JSON, 1);
}

TEST(refuses_what_is_no_text)
{
	FAILS("{\"a\":1}\n{\"a\":\"\xff\"}\n", "", -ERR_BAD_ENCODING, 2);
	FAILS("{\"a\":1}\n{\"a\":\"\xed\xa0\x80\"}\n", "", -ERR_BAD_ENCODING, 2);
	FAILS("{\"a\":1}\n\n{\"a\":\"\0\"}\n", "", -ERR_BAD_ENCODING, 3);
	FAILS("{\"a\":\"\xc3\n\"}", "", -ERR_BAD_ENCODING, 1);
	FAILS("\xff\xfe{\0", "", -ERR_BAD_ENCODING, 1);
	FAILS("\0", "", -ERR_BAD_ENCODING, 1);
	FAILS("{\"a\":1}\xc3", "", -ERR_BAD_ENCODING, 1);
	ROWS("{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
	     "1<a>\n1<\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>\n");
}

TEST(refuses_bad_bytes_with_the_feed_that_brings_them)
{
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	CHECK_INT(jsonl_feed(s.j, "{\"a\":\"\xe0", 7, &s.p), 0);
	CHECK_INT(jsonl_feed(s.j, "\x80", 1, &s.p), -ERR_BAD_ENCODING);
	seen_end(&s);
	seen_begin(&s, NULL, 0, 0);
	CHECK_INT(jsonl_feed(s.j, " [", 2, &s.p), -ERR_BAD_JSON);
	seen_end(&s);
}

TEST(refuses_a_file_that_ends_in_an_object)
{
	FAILS("{", "", -ERR_OPEN_QUOTE, 1);
	FAILS("{\"a\":1}\n{\"a\":", "", -ERR_OPEN_QUOTE, 2);
	FAILS("{\"a\":1}\n{\"a\":\"\\ud83d", "", -ERR_OPEN_QUOTE, 2);
	FAILS("{\"a\":1}\n{\"a\":\"\\u12", "", -ERR_OPEN_QUOTE, 2);
	FAILS("{\"a\":1}\n{\"a\":\"x\xc3", "", -ERR_OPEN_QUOTE, 2);
	FAILS("{\"a\":1}\n{\"a\":1\xc3", "", -ERR_OPEN_QUOTE, 2);
	FAILS("{\"a\":[{\"b\":-", "", -ERR_OPEN_QUOTE, 1);
	FAILS("{\"a\":tru", "", -ERR_OPEN_QUOTE, 1);
	FAILS("{\"a\":12", "", -ERR_OPEN_QUOTE, 1);
	FAILS("{\"a\":1.", "", -ERR_OPEN_QUOTE, 1);
	FAILS("{\"a\":1e+", "", -ERR_OPEN_QUOTE, 1);
	FAILS("{\"a\":1,", "", -ERR_OPEN_QUOTE, 1);
}

TEST(limits_a_line)
{
#define MAX9(in, ...) ROWS_CASE(NULL, 9, in, __VA_ARGS__)
	MAX9("{\"a\":123}\n{\"a\":45}\r\n{\"a\":678}", "1<a>\n1<123>\n2<45>\n3<678>\n", 0,
	     0);
	MAX9("{\"a\":1}\n{\"a\":1234}\n", "", -ERR_ROW_TOO_LONG, 2);
	MAX9("{\"a\":1}\n{\"a\":12345", "", -ERR_ROW_TOO_LONG, 2);
	MAX9("{\"a\":1}\n{\"a\":123\xff}", "", -ERR_BAD_ENCODING, 2);
	MAX9("{\"a\":1}\n{\"a\":12345\xff}", "", -ERR_ROW_TOO_LONG, 2);
	MAX9("{\"a\":1}\n{\"a\":\"12\xc3\xa9\"}", "", -ERR_ROW_TOO_LONG, 2);
	MAX9("          {}", "", -ERR_ROW_TOO_LONG, 1);
	MAX9("{\"a\":123}\r\n{\"a\":456}\r", "1<a>\n1<123>\n2<456>\n", 0, 0);
	MAX9("{\"a\":123} \r\n", "", -ERR_ROW_TOO_LONG, 1);
	MAX9("{\"a\":123}\r\r\n", "", -ERR_ROW_TOO_LONG, 1);
	MAX9("{\"a\":123}\rx\n", "", -ERR_ROW_TOO_LONG, 1);
	MAX9("{\"a\":123}\r\xff\n", "", -ERR_BAD_ENCODING, 1);
	MAX9("{\"a\":123}\r\xc3\xa9", "", -ERR_ROW_TOO_LONG, 1);
	MAX9("         x", "", -ERR_BAD_JSON, 1);
	MAX9("          x", "", -ERR_ROW_TOO_LONG, 1);
#undef MAX9
}

static void check_note_of(size_t max_row, const char *in, int err, const char *note)
{
	struct seen s;
	int r;

	seen_begin(&s, NULL, max_row, 0);
	r = jsonl_feed(s.j, in, strlen(in), &s.p);
	if (r == 0)
		r = jsonl_end(s.j, &s.p);
	CHECK_INT(r, err);
	CHECK_INT(s.p.err, err);
	CHECK_STR(s.p.note, note);
	seen_end(&s);
}

static void check_note(const char *in, int err, const char *note)
{
	check_note_of(8, in, err, note);
}

TEST(says_what_is_wrong)
{
	check_note("{}\n\xff", -ERR_BAD_ENCODING,
		   "line 2 is not valid UTF-8; save the file as UTF-8, or set "
		   "encoding to what it was saved in, and write it again");
	check_note("{}\n{\"a\"", -ERR_OPEN_QUOTE,
		   "the file ends inside the JSON object on line 2; it was not written "
		   "to its end");
	check_note("{}\n{      }\n{       }\n", -ERR_ROW_TOO_LONG,
		   "line 3 is longer than 8 bytes; write one JSON object a line, or "
		   "raise max_row");
	check_note("[1]", -ERR_BAD_JSON,
		   "the file is one JSON array; write one object a line, for example "
		   "with jq -c '.[]'");
	check_note("\n12", -ERR_BAD_JSON,
		   "line 2 is no JSON object; write one object a line");
	check_note("{\n\n}\n", -ERR_BAD_JSON,
		   "none of the lines up to line 3 is a whole JSON object; write one "
		   "object a line, for example with jq -c .");
}

static void check_why(const char *in, const char *note)
{
	check_note_of(0, in, -ERR_BAD_JSON, note);
}

/* Advice for lines that are no JSON does not help with those that are. */
TEST(says_why_no_object_can_be_used)
{
	static const char deep[] =
		"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[";
	static const char text[] =
		"none of the lines up to line 1 can be used: on line 1 \\u0000 or half of "
		"a surrogate pair stands, which is no text; leave it out";

	check_why("\n{\"a\":1,\"b\":2,\"a\":3}\n{\n",
		  "none of the lines up to line 3 can be used: on line 2 an object has a "
		  "key twice; leave one of the two out");
	check_why("{\"a\":\"\\u0000\"}", text);
	check_why("{\"a\":\"\\udc00\"}", text);
	check_why("{\"a\":\"\\ud800\"}", text);
	check_why("{\"a\":\"\\ud800\\u0041\"}", text);
	check_why(deep, "none of the lines up to line 1 can be used: on line 1 more than "
			"64 objects are in one another, or more than 65536 keys; write "
			"flat objects");
	check_why("{\n{\"a\":1,\"a\":3}\n",
		  "none of the lines up to line 2 is a whole JSON object; write one "
		  "object a line, for example with jq -c .");
}

TEST(hands_errors_of_the_functions_on)
{
	static const char in[] = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n";
	static const char *const want[] = {"1<a>\n", "1<a>\n1<1>\n",
					   "1<a>\n1<1>\n2<2>\n"};

	for (int i = 0; i < 3; i++)
		rows_all(&(struct rows_case){.in = in,
					     .n = sizeof(in) - 1,
					     .stop_at = i + 1,
					     .want = {want[i], -ENOSPC, 0}});
}

TEST(knows_its_line)
{
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	CHECK_INT(jsonl_line(s.j), 1);
	CHECK_INT(jsonl_feed(s.j, "{}\n\n{", 5, &s.p), 0);
	CHECK_INT(jsonl_line(s.j), 3);
	CHECK_INT(jsonl_feed(s.j, "}\n", 2, &s.p), 0);
	CHECK_INT(jsonl_line(s.j), 4);
	seen_end(&s);
}

TEST(refuses_bad_options)
{
	struct jsonl_opts o = {.max_row = SIZE_MAX, .fn = seen_row};
	struct jsonl *j;

	CHECK_INT(jsonl_new(&j, &o), -EINVAL);
	jsonl_free(NULL);
}

int main(void)
{
	RUN(makes_rows_of_lines);
	RUN(passes_over_blank_lines);
	RUN(passes_over_the_end_of_dos);
	RUN(drops_the_byte_order_mark);
	RUN(collects_keys_before_the_first_row);
	RUN(flaws_lines_that_are_no_object);
	RUN(flaws_names_that_stand_twice);
	RUN(finds_repetitions_among_many_names);
	RUN(forgets_the_names_of_broken_lines);
	RUN(refuses_what_is_something_else);
	RUN(refuses_what_is_no_text);
	RUN(refuses_bad_bytes_with_the_feed_that_brings_them);
	RUN(refuses_a_file_that_ends_in_an_object);
	RUN(limits_a_line);
	RUN(says_what_is_wrong);
	RUN(says_why_no_object_can_be_used);
	RUN(hands_errors_of_the_functions_on);
	RUN(knows_its_line);
	RUN(refuses_bad_options);
	return CHECK_DONE();
}
