/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar is tested through csv; here only what csv relies on when it asks
 * for one row at a time.
 */
#include "data/csvcut.h"

#include "tool/check.h"

static int cut(struct csvcut *c, const char *s, bool last)
{
	return csvcut_row(c, ',', s, s + strlen(s), last);
}

TEST(tells_whether_a_row_has_ended)
{
	static const struct {
		const char *in;
		int more, last; /* without and with last */
		bool open;
	} cases[] = {
		{"a\n", CSVCUT_ROW, CSVCUT_ROW, false},
		{"\r", CSVCUT_ROW, CSVCUT_ROW, false},
		{"", CSVCUT_MORE, CSVCUT_ROW, false},
		{"a,b", CSVCUT_MORE, CSVCUT_ROW, false},
		{"a,", CSVCUT_MORE, CSVCUT_ROW, false},
		{"\"a\"", CSVCUT_MORE, CSVCUT_ROW, false},
		{"\"a\"\"", CSVCUT_MORE, CSVCUT_MORE, true},
		{"\"a\n", CSVCUT_MORE, CSVCUT_MORE, true},
		{"\"", CSVCUT_MORE, CSVCUT_MORE, true},
	};
	struct csvcut c;

	csvcut_init(&c, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(cut(&c, cases[i].in, false), cases[i].more);
		CHECK_INT(cut(&c, cases[i].in, true), cases[i].last);
		CHECK_INT(c.open, cases[i].open);
	}
	csvcut_fini(&c);
}

TEST(lends_the_bytes_themselves)
{
	static const char in[] = "ab,\"cd\",\"e\"\"f\",\"g\r\nh\"i\nnext";
	struct csvcut c;

	csvcut_init(&c, 100);
	CHECK_INT(cut(&c, in, false), CSVCUT_ROW);
	CHECK_INT(c.n, 4);
	CHECK_INT(c.breaks, 1);
	CHECK_STR(c.end, "\nnext");
	CHECK(c.cells[0].p == in);
	CHECK(c.cells[1].p == in + 4);
	CHECK_MEM(c.cells[1].p, c.cells[1].n, "cd", 2);
	CHECK_MEM(c.cells[2].p, c.cells[2].n, "e\"f", 3);
	CHECK_MEM(c.cells[3].p, c.cells[3].n, "g hi", 4);
	CHECK_INT(c.plain.n, 7); /* nothing but those two was copied */
	csvcut_fini(&c);
}

TEST(finds_specials_at_every_distance)
{
	struct csvcut c;
	char in[64];

	csvcut_init(&c, 100);
	for (size_t n = 0; n < 40; n++) {
		static const char ends[] = {'\n', '\r'};

		for (size_t k = 0; k < 2; k++) {
			memset(in, '\x80' | '\n', sizeof(in)); /* alike but for one bit */
			in[n] = ',';
			in[n + 3] = ends[k];
			CHECK_INT(csvcut_row(&c, ',', in, in + sizeof(in), false),
				  CSVCUT_ROW);
			CHECK_INT(c.n, 2);
			CHECK_INT(c.cells[0].n, n);
			CHECK_INT(c.cells[1].n, 2);
			CHECK(c.end == in + n + 3);
		}
	}
	csvcut_fini(&c);
}

TEST(finds_a_rows_end_piece_by_piece)
{
	static const char in[] = "a,\"b\n\"\"c\n\"d;\"\n";
	enum csvcut_place place = CSVCUT_AT_CELL;

	for (size_t i = 0; i < sizeof(in) - 2; i++)
		CHECK(csvcut_find_end(',', &place, in + i, in + i + 1) == in + i + 1);
	CHECK(csvcut_find_end(',', &place, in + sizeof(in) - 2, in + sizeof(in) - 1) ==
	      in + sizeof(in) - 2);
	/* with the delimiter unknown, the quote behind ; opens a cell */
	place = CSVCUT_AT_CELL;
	CHECK(csvcut_find_end(0, &place, in, in + sizeof(in) - 1) == in + sizeof(in) - 1);
	CHECK_INT(place, CSVCUT_IN_QUOTES);
}

int main(void)
{
	RUN(tells_whether_a_row_has_ended);
	RUN(lends_the_bytes_themselves);
	RUN(finds_specials_at_every_distance);
	RUN(finds_a_rows_end_piece_by_piece);
	return CHECK_DONE();
}
