/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window in which the columns are found, and the keys that come later.
 */
#include "data/jsonl.h"

#include "data/jsonl_keys.h"
#include "jsonlrows.h"

/* A window full of lines {"a":1}, then in. Of what comes out the end is
 * compared, asked in all portions. */
static void check_late(const char *wanted, const char *in, const char *want)
{
	static const char header[] = "{\"w\":{}}\n", one[] = "{\"a\":1}\n";
	struct buf text = BUF_INIT(1 << 20), rows = BUF_INIT(1 << 20);

	CHECK_INT(buf_adds(&text, header), 0);
	CHECK_INT(buf_adds(&rows, "1<w><a>\n1<n:{}><>\n"), 0);
	for (int i = 2; i <= JSONL_WINDOW_LINES; i++) {
		CHECK_INT(buf_adds(&text, one), 0);
		CHECK_INT(buf_addf(&rows, "%d<><1>\n", i), 0);
	}
	CHECK_INT(buf_adds(&text, in), 0);
	CHECK_INT(buf_adds(&rows, want), 0);
	for (size_t step = 1; step < text.n; step = step * 3 + 1)
		rows_one(&(struct rows_case){.wanted = wanted,
					     .in = text.p,
					     .n = text.n,
					     .want = {buf_str(&rows), 0, 0}},
			 (struct feed_cut){0, step});
	buf_fini(&text);
	buf_fini(&rows);
}

TEST(knows_late_keys)
{
	check_late(NULL, "{\"a\":2,\"b\":3}\n{\"b\":4,\"c\":5}\n{\"b\":1}",
		   "?b\n1001<><2>\n?c\n1002<><>\n1003<><>\n");
	check_late("b", "{\"b\":3}\n{\"b\":null,\"a\":2}\n{\"b\":\"\"}\n{\"a\":3}",
		   "1001!late\n1002<><2>\n1003!late\n1004<><3>\n");
	check_late("b", "{\"a\":\"\\n\",\"b\":3}\n{\"a\":\"\\n\"}\n",
		   "1001!late\n1002+1<>< >\n");
	check_late("b.c", "{\"b\":{\"c\":1}}\n{\"b\":{\"d\":1}}\n{\"b\":{\"c\":null}}\n",
		   "1001!late\n?b\n1002<><>\n1003<><>\n");
	check_late("w.x", "{\"w\":{\"x\":1}}\n{\"w\":{\"y\":1}}\n",
		   "1001!late\n1002<n:{\"y\":1}><>\n");
	check_late("b", "{\"c\":1,\"b\":2,\"d\":3}\n{\"c\":1}\n",
		   "?c\n?d\n1001!late\n1002<><>\n");
	check_late("b", "{\"c\":1,\"c\":2}\n{\"b\":1,\"c\":}\n{\"c\":1}\n",
		   "1001!json\n1002!json\n?c\n1003<><>\n");
}

TEST(hands_rows_out_when_the_window_is_full)
{
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	for (int i = 0; i < JSONL_WINDOW_LINES; i++) {
		CHECK_INT(s.calls, 0);
		CHECK_INT(jsonl_feed(s.j, "{\"a\":1}\n\n", 9, &s.p), 0);
	}
	CHECK_INT(s.calls, 1 + JSONL_WINDOW_LINES);
	CHECK_INT(jsonl_feed(s.j, "{\"a\":1}", 7, &s.p), 0);
	CHECK_INT(s.calls, 1 + JSONL_WINDOW_LINES);
	CHECK_INT(jsonl_feed(s.j, "\n", 1, &s.p), 0);
	CHECK_INT(s.calls, 2 + JSONL_WINDOW_LINES);
	seen_end(&s);
}

/* A line of n bytes without its end. */
static void feed_line(struct seen *s, size_t n)
{
	char *line = malloc(n + 1);

	CHECK(line);
	memset(line, ' ', n);
	memcpy(line, "{\"a\":1}", 7);
	line[n] = '\n';
	CHECK_INT(jsonl_feed(s->j, line, n + 1, &s->p), 0);
	free(line);
}

TEST(limits_the_bytes_of_the_window)
{
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	feed_line(&s, JSONL_WINDOW_BYTES / 2);
	feed_line(&s, JSONL_WINDOW_BYTES / 2 - 8);
	feed_line(&s, 7);
	CHECK_INT(s.calls, 0);
	feed_line(&s, 7);
	CHECK_INT(s.calls, 5);
	seen_end(&s);
	seen_begin(&s, NULL, 0, 0);
	feed_line(&s, 1 << 20);
	CHECK_INT(s.calls, 2);
	CHECK_MEM(s.text.p, s.text.n, "1<a>\n1<1>\n", 10);
	seen_end(&s);
}

TEST(refuses_a_window_without_an_object)
{
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	for (int i = 0; i < JSONL_WINDOW_LINES - 1; i++)
		CHECK_INT(jsonl_feed(s.j, "{\n", 2, &s.p), 0);
	CHECK_INT(jsonl_feed(s.j, "{\n", 2, &s.p), -ERR_BAD_JSON);
	CHECK_INT(s.p.line, 1);
	CHECK_INT(s.calls, 0);
	seen_end(&s);
}

/* A line of n bytes that is no object, n > 0. */
static void add_broken(struct buf *in, size_t n)
{
	CHECK_INT(buf_reserve(in, n + 1), 0);
	memset(in->p + in->n, ' ', n);
	in->p[in->n] = '{';
	in->n += n;
	CHECK_INT(buf_addc(in, '\n'), 0);
}

TEST(waits_longer_when_the_first_lines_are_long_and_broken)
{
	struct buf in = BUF_INIT(2 << 20);
	struct seen s;

	add_broken(&in, JSONL_WINDOW_BYTES + 7);
	add_broken(&in, 5);
	add_broken(&in, JSONL_WINDOW_BYTES);
	CHECK_INT(buf_adds(&in, "{\"a\":1}\n{\"b\":2}\n"), 0);
	for (size_t step = 1009; step < in.n; step = step * 3 + 1)
		rows_one(&(struct rows_case){.in = in.p,
					     .n = in.n,
					     .want = {"4<a><b>\n1!json\n2!json\n"
						      "3!json\n4<1><>\n5<><2>\n",
						      0, 0}},
			 (struct feed_cut){0, step});
	seen_begin(&s, NULL, 0, 0);
	for (size_t i = 0; i < in.n; i++) {
		CHECK_INT(jsonl_feed(s.j, in.p + i, 1, &s.p), 0);
		if (i == JSONL_WINDOW_BYTES + 7 || i == in.n - 17) {
			CHECK_INT(jsonl_peek_end(s.j, NULL), -ERR_BAD_JSON);
			CHECK_INT(s.calls, 0);
		}
	}
	CHECK_INT(jsonl_peek_end(s.j, &s.p), 0);
	CHECK_INT(s.calls, 6);
	s.text.n = 0;
	CHECK_INT(jsonl_end(s.j, &s.p), 0);
	CHECK_MEM(s.text.p, s.text.n, "4<a><b>\n1!json\n2!json\n3!json\n4<1><>\n5<><2>\n",
		  43);
	seen_end(&s);
	buf_fini(&in);
}

/* The CR of CRLF does not count once lines are taken where they lie, either. */
TEST(limits_lines_behind_the_window)
{
	struct seen s;

	seen_begin(&s, NULL, 9, 0);
	for (int i = 0; i < JSONL_WINDOW_LINES; i++)
		CHECK_INT(jsonl_feed(s.j, "{\"a\":1}\n", 8, &s.p), 0);
	s.text.n = 0;
	CHECK_INT(jsonl_feed(s.j, "{\"a\":123}\r\n{\"a\":456}\n", 21, &s.p), 0);
	CHECK_MEM(s.text.p, s.text.n, "1001<123>\n1002<456>\n", 20);
	CHECK_INT(jsonl_feed(s.j, "{\"a\":1234}\n", 11, &s.p), -ERR_ROW_TOO_LONG);
	CHECK_INT(s.p.line, 1003);
	seen_end(&s);
}

static int feed_keys(struct seen *s, int from, int to)
{
	struct buf in = BUF_INIT(1 << 20);
	int r;

	CHECK_INT(buf_addc(&in, '{'), 0);
	for (int i = from; i < to; i++)
		CHECK_INT(buf_addf(&in, "%s\"k%d\":%d", i > from ? "," : "", i, i), 0);
	CHECK_INT(buf_adds(&in, "}\n"), 0);
	r = jsonl_feed(s->j, in.p, in.n, &s->p);
	buf_fini(&in);
	return r;
}

TEST(limits_the_number_of_keys)
{
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	CHECK_INT(feed_keys(&s, 0, JSONL_MAX_KEYS), 0);
	CHECK_INT(feed_keys(&s, 0, JSONL_MAX_KEYS), 0);
	CHECK_INT(jsonl_end(s.j, &s.p), 0);
	CHECK_INT(s.calls, 3);
	CHECK(strstr(buf_str(&s.text), "<k4095>\n1<0><1>"));
	seen_end(&s);
	seen_begin(&s, NULL, 0, 0);
	CHECK_INT(feed_keys(&s, 0, JSONL_MAX_KEYS), 0);
	CHECK_INT(feed_keys(&s, 1, JSONL_MAX_KEYS + 1), 0);
	CHECK_INT(jsonl_end(s.j, &s.p), -ERR_BAD_JSON);
	CHECK_INT(s.p.line, 2);
	CHECK_STR(s.p.note, "with line 2 the objects have more than 4096 different keys, "
			    "or too long ones; keys must be names of columns, not data");
	CHECK_INT(s.calls, 0);
	seen_end(&s);
}

/* {"x":1} with n of x. */
static void long_key(struct buf *in, size_t n, char x)
{
	CHECK_INT(buf_adds(in, "{\""), 0);
	CHECK_INT(buf_reserve(in, n), 0);
	memset(in->p + in->n, x, n);
	in->n += n;
	CHECK_INT(buf_adds(in, "\":1}\n"), 0);
}

TEST(limits_the_bytes_of_keys)
{
	struct buf in = BUF_INIT(2 << 20);
	struct seen s;

	long_key(&in, JSONL_KEYS_BYTES - 100, 'x');
	seen_begin(&s, NULL, 2 << 20, 0);
	CHECK_INT(jsonl_feed(s.j, in.p, in.n, &s.p), 0);
	CHECK_INT(s.calls, 2);
	in.n = 0;
	long_key(&in, 100, 'y');
	CHECK_INT(jsonl_feed(s.j, in.p, in.n, &s.p), 0);
	CHECK_INT(s.calls, 4);
	CHECK_INT(jsonl_feed(s.j, "{\"z\":1}\n", 8, &s.p), -ERR_BAD_JSON);
	CHECK_INT(s.p.line, 3);
	seen_end(&s);
	buf_fini(&in);
}

TEST(asks_as_often_as_one_likes)
{
	struct buf in = BUF_INIT(1 << 20);
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	feed_line(&s, JSONL_WINDOW_BYTES);
	long_key(&in, JSONL_KEYS_BYTES / 8, 'x');
	CHECK_INT(jsonl_feed(s.j, in.p, in.n - 1, &s.p), 0);
	for (int i = 0; i < 20; i++) {
		s.text.n = 0;
		CHECK_INT(jsonl_peek_end(s.j, &s.p), 0);
	}
	seen_end(&s);
	buf_fini(&in);
}

TEST(limits_the_number_of_late_keys)
{
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	feed_line(&s, JSONL_WINDOW_BYTES);
	CHECK_INT(feed_keys(&s, 0, JSONL_MAX_KEYS - 1), 0);
	CHECK_INT(feed_keys(&s, 0, JSONL_MAX_KEYS - 1), 0);
	CHECK_INT(s.calls, 2 + JSONL_MAX_KEYS - 1 + 2);
	CHECK_INT(jsonl_feed(s.j, "{\"q\":1}", 7, &s.p), 0);
	CHECK_INT(jsonl_peek_end(s.j, NULL), -ERR_BAD_JSON);
	CHECK_INT(jsonl_peek_end(s.j, &s.p), -ERR_BAD_JSON);
	CHECK_INT(s.p.line, 4);
	s.p = (struct problem){0};
	CHECK_INT(jsonl_feed(s.j, " x\n", 3, &s.p), 0); /* a flaw after all */
	CHECK_INT(jsonl_feed(s.j, "{\"q\":1}\n", 8, &s.p), -ERR_BAD_JSON);
	CHECK_INT(s.p.line, 5);
	seen_end(&s);
}

TEST(tells_again_what_a_peek_told)
{
	struct seen s;

	seen_begin(&s, NULL, 0, 0);
	feed_line(&s, JSONL_WINDOW_BYTES);
	s.text.n = 0;
	CHECK_INT(jsonl_feed(s.j, "{\"b\":1,\"c\":2}", 13, &s.p), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(jsonl_peek_end(s.j, &s.p), 0);
		CHECK_MEM(s.text.p, s.text.n, "?b\n?c\n2<>\n", 10);
		s.text.n = 0;
	}
	CHECK_INT(jsonl_feed(s.j, "\n{\"c\":1,\"d\":3,\"a\":4}\n", 21, &s.p), 0);
	CHECK_MEM(s.text.p, s.text.n, "?b\n?c\n2<>\n?d\n3<4>\n", 18);
	seen_end(&s);
}

int main(void)
{
	RUN(knows_late_keys);
	RUN(hands_rows_out_when_the_window_is_full);
	RUN(limits_the_bytes_of_the_window);
	RUN(refuses_a_window_without_an_object);
	RUN(waits_longer_when_the_first_lines_are_long_and_broken);
	RUN(limits_lines_behind_the_window);
	RUN(limits_the_number_of_keys);
	RUN(limits_the_bytes_of_keys);
	RUN(asks_as_often_as_one_likes);
	RUN(limits_the_number_of_late_keys);
	RUN(tells_again_what_a_peek_told);
	return CHECK_DONE();
}
