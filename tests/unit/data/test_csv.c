/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every input is fed whole, cut in two at every place, and byte by byte, and
 * must each time give the same rows and the same error.
 */
#include "data/csv.h"

#include <stdio.h>

#include "base/buf.h"
#include "feed.h"
#include "tool/check.h"

/* What came out, as text: line[+breaks] and each cell in <>. */
struct seen {
	struct csv *csv;
	struct buf text;
	struct problem p;
	int stop_at; /* the row that makes the row function fail; 0 = none */
	int rows;
};

static int on_row(void *ctx, const struct row *row)
{
	struct seen *s = ctx;

	CHECK_INT(buf_addf(&s->text, "%d", (int)row->line), 0);
	if (row->breaks)
		CHECK_INT(buf_addf(&s->text, "+%d", (int)row->breaks), 0);
	for (size_t i = 0; i < row->n && i < ROW_MAX_CELLS; i++)
		CHECK_INT(buf_addf(&s->text, "<%.*s>", (int)row->cells[i].n,
				   row->cells[i].p),
			  0);
	CHECK_INT(buf_addc(&s->text, '\n'), 0);
	return ++s->rows == s->stop_at ? -ENOSPC : 0;
}

static int feed(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	return csv_feed(s->csv, p, n, &s->p);
}

static void begin(struct seen *s, const struct csv_opts *o, int stop_at)
{
	*s = (struct seen){.text = BUF_INIT(1 << 20), .stop_at = stop_at};
	CHECK_INT(csv_new(&s->csv, o, on_row, s), 0);
}

static void finish(struct seen *s)
{
	csv_free(s->csv);
	buf_fini(&s->text);
}

struct want {
	const char *text;
	int err;
	uint64_t line;
};

static void check_one(struct csv_opts o, const char *in, size_t n, struct feed_cut cut,
		      int stop_at, const struct want *want)
{
	struct seen s;
	int r;

	begin(&s, &o, stop_at);
	r = feed_portions(in, n, cut, feed, &s);
	if (r == 0)
		r = csv_end(s.csv, &s.p);
	CHECK_MEM(s.text.p, s.text.n, want->text, strlen(want->text));
	CHECK_INT(r, want->err);
	CHECK_INT(s.p.line, want->line);
	if (r < 0) { /* sticks */
		size_t before = s.text.n;

		CHECK_INT(csv_feed(s.csv, "a,b\n", 4, NULL), want->err);
		CHECK_INT(csv_end(s.csv, NULL), want->err);
		CHECK_INT(csv_peek_end(s.csv, NULL), want->err);
		CHECK_INT(s.text.n, before);
	}
	finish(&s);
}

static void check_all(struct csv_opts o, const char *in, size_t n, int stop_at,
		      struct want want)
{
	check_one(o, in, n, (struct feed_cut){0, n + 1}, stop_at, &want);
	check_one(o, in, n, (struct feed_cut){0, 1}, stop_at, &want);
	check_one(o, in, n, (struct feed_cut){0, 2}, stop_at, &want);
	check_one(o, in, n, (struct feed_cut){0, 3}, stop_at, &want);
	for (size_t i = 1; i < n; i++)
		check_one(o, in, n, (struct feed_cut){i, n}, stop_at, &want);
}

#define CSV(delim, in, ...)                                                 \
	check_all((struct csv_opts){0, delim, NULL}, in, sizeof(in) - 1, 0, \
		  (struct want){__VA_ARGS__})
#define ROWS(in, want) CSV(',', in, want, 0, 0)

TEST(cuts_rows_and_cells)
{
	ROWS("", "");
	ROWS("a", "1<a>\n");
	ROWS("a,b\n", "1<a><b>\n");
	ROWS("a,b\nc,d", "1<a><b>\n2<c><d>\n");
	ROWS(",\n,,\n", "1<><>\n2<><><>\n");
	ROWS("a,\n", "1<a><>\n");
	ROWS("longer than eight,and again longer\nx,y\n",
	     "1<longer than eight><and again longer>\n2<x><y>\n");
	ROWS("a;b|c\td\n", "1<a;b|c\td>\n");
	ROWS(" a , b \n", "1< a >< b >\n");
}

TEST(knows_three_line_ends)
{
	ROWS("a\r\nb\r\n", "1<a>\n2<b>\n");
	ROWS("a\rb\rc", "1<a>\n2<b>\n3<c>\n");
	ROWS("a\n\rb\r\n\nc", "1<a>\n3<b>\n5<c>\n");
	ROWS("a,\r\nb\r", "1<a><>\n2<b>\n");
}

TEST(knows_how_dos_ends_a_text)
{
	ROWS("a\r\nb\r\n\x1a", "1<a>\n2<b>\n");
	ROWS("a\n\x1a\x1a\x1a", "1<a>\n");
	ROWS("\x1a", "");
	ROWS("a\n\x1a\nb", "1<a>\n2<\x1a>\n3<b>\n");
	ROWS("a\nb\x1a", "1<a>\n2<b\x1a>\n");
	ROWS("a\n\"\x1a\"", "1<a>\n2<\x1a>\n");
	ROWS("a,b\n,\x1a", "1<a><b>\n2<><\x1a>\n");
}

TEST(passes_over_blank_lines)
{
	ROWS("\n\na\n\n\r\nb\n\n", "3<a>\n6<b>\n");
	ROWS("\r\r\na\n", "3<a>\n");
	ROWS(" \n", "1< >\n");
	ROWS("\n\n", "");
	CSV(0, "\n\r\n\ra;b\n", "4<a><b>\n", 0, 0);
}

TEST(understands_quotes)
{
	ROWS("\"a\",\"b\"\n", "1<a><b>\n");
	ROWS("\"a,b\",c\n", "1<a,b><c>\n");
	ROWS("\"a\"\"b\",\"\"\"\"\n", "1<a\"b><\">\n");
	ROWS("\"\",\"\"\n", "1<><>\n");
	ROWS("\"\"\n", "1<>\n");
	ROWS("\"\"\"\",x", "1<\"><x>\n");
	ROWS("\"a\"", "1<a>\n");
	ROWS("\"\"", "1<>\n");
	ROWS("\"\"\"a\"\"\"", "1<\"a\">\n");
}

TEST(takes_stray_quotes_as_they_are)
{
	ROWS("a\"b,c\"\n", "1<a\"b><c\">\n");
	ROWS("\"a\"b,c\n", "1<ab><c>\n");
	ROWS("\"a\" ,c\n", "1<a ><c>\n");
	ROWS("\"a\"b\"c\",d\n", "1<ab\"c\"><d>\n");
	ROWS("\"a\"\"b\"c\"\"d,e\n", "1<a\"bc\"\"d><e>\n");
	ROWS(" \"a,b\"\n", "1< \"a><b\">\n");
	ROWS("6\" pipe,5'11\"\n", "1<6\" pipe><5'11\">\n");
}

TEST(makes_line_breaks_spaces)
{
	ROWS("\"a\nb\",c\nd\n", "1+1<a b><c>\n3<d>\n");
	ROWS("\"a\r\nb\"\r\nc\r\n", "1+1<a b>\n3<c>\n");
	ROWS("\"a\rb\"\nc\n", "1+1<a b>\n3<c>\n");
	ROWS("\"\n\r\n\n\",x\ny", "1+3<   ><x>\n5<y>\n");
	ROWS("\"a\r\"\nb", "1+1<a >\n3<b>\n");
	ROWS("\"a\n\"\"b\",\"c\n\"d,\"e\"\nf\n", "1+2<a \"b><c d><e>\n4<f>\n");
}

TEST(drops_the_byte_order_mark)
{
	ROWS("\xef\xbb\xbf"
	     "a,b\n",
	     "1<a><b>\n");
	ROWS("\xef\xbb\xbf\"a,\",b\n", "1<a,><b>\n");
	ROWS("\xef\xbb\xbf", "");
	ROWS("\xef\xbb\xbf\n\xef\xbb\xbf"
	     "a",
	     "2<\xef\xbb\xbf"
	     "a>\n"); /* a character further on */
	CSV(0, "\xef\xbb\xbf\"a\";b\n", "1<a><b>\n", 0, 0);
	ROWS("\xef\xbc\xa1\n", "1<\xef\xbc\xa1>\n"); /* only begins like it */
}

TEST(refuses_what_is_no_text)
{
	CSV(',', "a\nb\xff\nc\n", "1<a>\n", -ERR_BAD_ENCODING, 2);
	CSV(',', "a\nb\n\"x\n\xe9\"\n", "1<a>\n2<b>\n", -ERR_BAD_ENCODING, 3);
	CSV(',', "a\nb\0c\n", "1<a>\n", -ERR_BAD_ENCODING, 2);
	CSV(',', "\xef\xbb", "", -ERR_BAD_ENCODING, 1);
	CSV(',', "\xef\xbb\n", "", -ERR_BAD_ENCODING, 1);
	CSV(',',
	    "\xff\xfe"
	    "a\0,\0b\0\n\0",
	    "", -ERR_BAD_ENCODING, 1);
	CSV(0, "\xe9;b\n", "", -ERR_BAD_ENCODING, 1);
	CSV(',', "a\n\xc3", "1<a>\n", -ERR_BAD_ENCODING, 2);
	ROWS("\xc3\xa9,\xe2\x82\xac,\xf0\x9f\x98\x80\n",
	     "1<\xc3\xa9><\xe2\x82\xac><\xf0\x9f\x98\x80>\n");
}

/* The feed that brings byte `at` fails, wherever the cut before it is. */
static void check_fails_at(char delim, const char *in, size_t at, uint64_t line)
{
	struct csv_opts o = {.max_row = 64, .delim = delim};

	for (size_t cut = 0; cut <= at; cut++) {
		struct seen s;
		int r;

		begin(&s, &o, 0);
		for (size_t i = cut; i < at; i++) {
			r = csv_feed(s.csv, in, cut, &s.p);
			if (r == 0)
				r = csv_feed(s.csv, in + cut, i - cut, &s.p);
			CHECK_INT(r, 0);
			csv_free(s.csv);
			CHECK_INT(csv_new(&s.csv, &o, on_row, &s), 0);
		}
		r = csv_feed(s.csv, in, cut, &s.p);
		CHECK_INT(r, 0);
		r = csv_feed(s.csv, in + cut, at + 1 - cut, &s.p);
		CHECK_INT(r, -ERR_BAD_ENCODING);
		CHECK_INT(s.p.err, -ERR_BAD_ENCODING);
		CHECK_INT(s.p.line, line);
		finish(&s);
	}
}

TEST(refuses_bad_bytes_with_the_feed_that_brings_them)
{
	check_fails_at(',', "a\nb\xff", 3, 2);
	check_fails_at(',', "a\nb,c\0d", 5, 2);
	check_fails_at(',', "a\n\xc3\xa9\xe2\x82x", 6, 2);
	check_fails_at(',', "a\n\xe0\x9f\xbf", 3, 2);
	check_fails_at(',', "a\n\xed\xa0", 3, 2);
	check_fails_at(',', "a\n\xf4\x8f\xbf\xbf\xf4\x90", 7, 2);
	check_fails_at(',', "\"a\nb\n\xe9,", 6, 1); /* which needs two more */
	check_fails_at(',', "a\n\"\xe9\n", 4, 2);
	check_fails_at(',', "\xef\xbbx", 2, 1);
	check_fails_at(0, "na\xefve;", 3, 1);
	check_fails_at(0, "a;\"b\xff", 4, 1);
	check_fails_at(0, "a;b\nc\xff", 5, 2);
}

/* Which line the byte is on shows only with the delimiter. */
TEST(waits_with_a_bad_byte_for_the_delimiter)
{
	struct csv_opts o = {0};
	static const char in[] = "x;y,\"d\nz\xffz";
	struct seen s;

	begin(&s, &o, 0);
	CHECK_INT(csv_feed(s.csv, in, sizeof(in) - 1, &s.p), 0);
	CHECK_INT(csv_feed(s.csv, "\"\n", 2, &s.p), -ERR_BAD_ENCODING);
	finish(&s);
	CSV(0, "x;y,\"d\nz\xffz\"\n", "", -ERR_BAD_ENCODING, 1);
	CSV(0, "x;y;z,\"d\nz\xffz\"\n", "1<x><y><z,\"d>\n", -ERR_BAD_ENCODING, 2);
	CSV(0, "x;y;z,\"d\nz\xffz", "", -ERR_OPEN_QUOTE, 1);
}

TEST(refuses_an_open_quote)
{
	CSV(',', "a\n\"b\n", "1<a>\n", -ERR_OPEN_QUOTE, 2);
	CSV(',', "a\nb,\"c\"\"", "1<a>\n", -ERR_OPEN_QUOTE, 2);
	CSV(',', "\"", "", -ERR_OPEN_QUOTE, 1);
	CSV(0, "a;\"b\nc\n", "", -ERR_OPEN_QUOTE, 1);
	CSV(',', "a\n\"b\xc3", "1<a>\n", -ERR_OPEN_QUOTE, 2); /* cut in a letter */
}

TEST(says_what_is_wrong)
{
	static const struct {
		const char *in, *note;
	} cases[] = {
		{"a\nb\xff\n", "line 2 is not valid UTF-8; save the file as UTF-8, or "
			       "set encoding to what it was saved in, and write it "
			       "again"},
		{"a\n\"x", "the file ends inside the quotes of the row that starts on "
			   "line 2; it was not written to its end"},
		{"a\n123456789\n", "the row that starts on line 2 is longer than 8 "
				   "bytes; look for a quote that is never closed, or "
				   "raise max_row"},
	};
	struct csv_opts o = {.max_row = 8, .delim = ','};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen s;
		int r;

		begin(&s, &o, 0);
		r = csv_feed(s.csv, cases[i].in, strlen(cases[i].in), &s.p);
		if (r == 0)
			r = csv_end(s.csv, &s.p);
		CHECK(r < 0);
		CHECK_INT(s.p.err, r);
		CHECK_STR(s.p.note, cases[i].note);
		finish(&s);
	}
}

TEST(limits_a_row)
{
	struct csv_opts o = {.max_row = 8, .delim = ','};

#define MAX8(in, ...) check_all(o, in, sizeof(in) - 1, 0, (struct want){__VA_ARGS__})
	MAX8("12345678\n1234,678\r\n\"23456\"8", "1<12345678>\n2<1234><678>\n3<234568>\n",
	     0, 0);
	MAX8("1\n123456789\n2\n", "1<1>\n", -ERR_ROW_TOO_LONG, 2);
	MAX8("1\n123456789", "1<1>\n", -ERR_ROW_TOO_LONG, 2);
	MAX8("1\n\"2345678\n0\n", "1<1>\n", -ERR_ROW_TOO_LONG, 2);
	MAX8("\"234567\"\n\"23456\"\"\"\n", "1<234567>\n", -ERR_ROW_TOO_LONG, 2);
	MAX8("1\n1234\xff 789\n", "1<1>\n", -ERR_BAD_ENCODING, 2);
	MAX8("1\n1234567\xc3\xa9\n", "1<1>\n", -ERR_ROW_TOO_LONG, 2);
	MAX8("1\n123456\xff"
	     "8\n",
	     "1<1>\n", -ERR_BAD_ENCODING, 2);
	MAX8("1\n123456\xff"
	     "89\n",
	     "1<1>\n", -ERR_BAD_ENCODING, 2);
	MAX8("1\n12345678\xff\n", "1<1>\n", -ERR_BAD_ENCODING, 2);
	MAX8("1\n12345678\xc3\n", "1<1>\n", -ERR_ROW_TOO_LONG, 2);
	MAX8("1\n123456789\xff\n", "1<1>\n", -ERR_ROW_TOO_LONG, 2);
	o.delim = 0;
	MAX8("1234;678\n1234;678\n", "1<1234><678>\n2<1234><678>\n", 0, 0);
	MAX8("1234;6789\n", "", -ERR_ROW_TOO_LONG, 1);
#undef MAX8
}

TEST(finds_the_delimiter)
{
	CSV(0, "a,b\nc;d,e\n", "1<a><b>\n2<c;d><e>\n", 0, 0);
	CSV(0, "a;b\nc;d,e\n", "1<a><b>\n2<c><d,e>\n", 0, 0);
	CSV(0, "a\tb\nc\td,e", "1<a><b>\n2<c><d,e>\n", 0, 0);
	CSV(0, "a|b", "1<a><b>\n", 0, 0);
	CSV(0, "a\nb;c\n", "1<a>\n2<b;c>\n", 0, 0); /* nothing tells: comma */
	CSV(0, "a,b;c\n", "1<a><b;c>\n", 0, 0);	    /* equals: the comma */
	CSV(0, "a,b;c;d\n", "1<a,b><c><d>\n", 0, 0);
	CSV(0, "\"a;b\nc;d\",e\nf;g\n", "1+1<a;b c;d><e>\n3<f;g>\n", 0, 0);
	CSV(0, "a;\"b\n,,c\";d\ne;f;g\n", "1+1<a><b ,,c><d>\n3<e><f><g>\n", 0, 0);
	CSV(0, "a;b\r\nc;d\r\n", "1<a><b>\n2<c><d>\n", 0, 0);
	CSV(0, "a;b\rc;d\r", "1<a><b>\n2<c><d>\n", 0, 0);
	CSV(0, "", "", 0, 0);
	/* a quote behind the wrong candidate opened nothing after all */
	CSV(0, "a;b;c,\"d\ne;f;g\"\n", "1<a><b><c,\"d>\n2<e><f><g\">\n", 0, 0);
}

static uint64_t like_pipes(void *ctx, const struct slice *cells, size_t n)
{
	return n == 2 && slice_eq_str(cells[1], "b,c,d") ? 100 : n;
}

TEST(asks_the_caller_for_the_best)
{
	struct csv_opts o = {.score = like_pipes};
	static const char in[] = "a|b,c,d\n1|2\n";

	check_all(o, in, sizeof(in) - 1, 0,
		  (struct want){"1<a><b,c,d>\n2<1><2>\n", 0, 0});
}

TEST(hands_the_row_functions_error_on)
{
	struct csv_opts o = {.delim = ','};
	static const char in[] = "a\nb\nc\n";

	check_all(o, in, sizeof(in) - 1, 2, (struct want){"1<a>\n2<b>\n", -ENOSPC, 0});
}

/* Asked anywhere, the answer is that of a parser whose input ends there, and
 * the asking changes nothing. */
static void check_peeks(struct csv_opts o, const char *in, size_t n)
{
	struct seen all, plain;

	begin(&all, &o, 0);
	begin(&plain, &o, 0);
	for (size_t i = 0; i <= n; i++) {
		struct seen ended;
		struct problem p = {0};
		size_t before = all.text.n;
		int r;

		begin(&ended, &o, 0);
		r = i ? csv_feed(ended.csv, in, i, &ended.p) : 0;
		if (r == 0) {
			CHECK_INT(csv_mid_row(ended.csv), csv_mid_row(all.csv));
			r = csv_end(ended.csv, &ended.p);
		}
		CHECK_INT(csv_peek_end(all.csv, &p), r);
		CHECK_INT(p.line, ended.p.line);
		CHECK_STR(p.note, ended.p.note);
		CHECK_MEM(all.text.p, all.text.n, ended.text.p, ended.text.n);
		all.text.n = before;
		finish(&ended);
		if (i == n)
			break;
		r = csv_feed(plain.csv, in + i, 1, &plain.p);
		CHECK_INT(csv_feed(all.csv, in + i, 1, &all.p), r);
		CHECK_MEM(all.text.p, all.text.n, plain.text.p, plain.text.n);
	}
	finish(&all);
	finish(&plain);
}

TEST(peeks_without_a_trace)
{
	static const char *const in[] = {
		"a,b\n\"c\nd\",e\r\n\r\nf\r\"g\"\"\",h",
		("\xef\xbb\xbf"
		 "a;\"b\"\n1;2\n"),
		"\n\na|b\nc|\xc3\xa9\n\"x",
		"a\nb\xff\nc",
		"a;b;c,\"d\ne;f;\"g\n",
		"\xef\xbb",
	};

	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		check_peeks((struct csv_opts){0}, in[i], strlen(in[i]));
		check_peeks((struct csv_opts){.delim = ','}, in[i], strlen(in[i]));
		check_peeks((struct csv_opts){.max_row = 6}, in[i], strlen(in[i]));
	}
}

TEST(counts_more_cells_than_it_keeps)
{
	struct csv_opts o = {.delim = ','};
	size_t n = ROW_MAX_CELLS + 10;
	char *in = malloc(n);
	struct seen s;

	memset(in, ',', n);
	begin(&s, &o, 0);
	s.text.max = 1 << 20;
	CHECK_INT(csv_feed(s.csv, in, n, &s.p), 0);
	CHECK_INT(csv_end(s.csv, &s.p), 0);
	CHECK_INT(s.rows, 1);
	CHECK_INT(s.text.n, 2 + 2 * ROW_MAX_CELLS);
	finish(&s);
	free(in);
}

TEST(refuses_bad_options)
{
	struct csv *c;

	CHECK_INT(csv_new(&c, &(struct csv_opts){.delim = 'x'}, on_row, NULL), -EINVAL);
	CHECK_INT(csv_new(&c, &(struct csv_opts){.max_row = SIZE_MAX}, on_row, NULL),
		  -EINVAL);
	csv_free(NULL);
}

int main(void)
{
	RUN(cuts_rows_and_cells);
	RUN(knows_three_line_ends);
	RUN(knows_how_dos_ends_a_text);
	RUN(passes_over_blank_lines);
	RUN(understands_quotes);
	RUN(takes_stray_quotes_as_they_are);
	RUN(makes_line_breaks_spaces);
	RUN(drops_the_byte_order_mark);
	RUN(refuses_what_is_no_text);
	RUN(refuses_bad_bytes_with_the_feed_that_brings_them);
	RUN(waits_with_a_bad_byte_for_the_delimiter);
	RUN(refuses_an_open_quote);
	RUN(says_what_is_wrong);
	RUN(limits_a_row);
	RUN(finds_the_delimiter);
	RUN(asks_the_caller_for_the_best);
	RUN(hands_the_row_functions_error_on);
	RUN(peeks_without_a_trace);
	RUN(counts_more_cells_than_it_keeps);
	RUN(refuses_bad_options);
	return CHECK_DONE();
}
