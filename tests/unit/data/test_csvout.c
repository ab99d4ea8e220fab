/* SPDX-License-Identifier: Apache-2.0 */
#include "data/csvout.h"

#include "tool/check.h"

static void row(const char *const *cells, size_t n, const char *want)
{
	struct buf b = BUF_INIT(1024);
	struct csvout o = csvout_begin(&b);

	for (size_t i = 0; i < n; i++)
		CHECK_INT(csvout_cell(&o, slice_str(cells[i])), 0);
	CHECK_INT(csvout_end(&o), 0);
	CHECK_MEM(b.p, b.n, want, strlen(want));
	buf_fini(&b);
}

#define ROW(want, ...)                          \
	row((const char *const[]){__VA_ARGS__}, \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), want)

TEST(quotes_only_what_needs_it)
{
	ROW("a,b\n", "a", "b");
	ROW("\"a,b\",c\n", "a,b", "c");
	ROW("\"a\"\"b\",\"\"\"\"\n", "a\"b", "\"");
	ROW("\"a\nb\",\"\r\"\n", "a\nb", "\r");
	ROW(" a ,\\,'x',#,;\t|\n", " a ", "\\", "'x'", "#", ";\t|");
	ROW("\xc3\xa9\n", "\xc3\xa9");
}

TEST(writes_nulls)
{
	ROW(",\n", "", "");
	ROW("a,,\n", "a", "", "");
	ROW("\"\"\n", "");
}

TEST(takes_a_row_back)
{
	struct buf b = BUF_INIT(1024);
	struct csvout o = csvout_begin(&b);

	CHECK_INT(csvout_bare(&o, "x", 1), 0);
	CHECK_INT(csvout_end(&o), 0);
	o = csvout_begin(&b);
	CHECK_INT(csvout_bare(&o, "a", 1), 0);
	CHECK_INT(csvout_cell(&o, slice_str("b,c")), 0);
	csvout_undo(&o);
	CHECK_MEM(b.p, b.n, "x\n", 2);
	CHECK_INT(csvout_bare(&o, NULL, 0), 0);
	CHECK_INT(csvout_end(&o), 0);
	CHECK_MEM(b.p, b.n, "x\n\"\"\n", 5);
	buf_fini(&b);
}

TEST(tells_when_there_is_no_room)
{
	struct buf b = BUF_INIT(4);
	struct csvout o = csvout_begin(&b);

	CHECK_INT(csvout_bare(&o, "abc", 3), 0);
	CHECK_INT(csvout_cell(&o, slice_str("d")), -ERR_TOO_LARGE);
	csvout_undo(&o);
	CHECK_INT(b.n, 0);
	buf_fini(&b);
}

int main(void)
{
	RUN(quotes_only_what_needs_it);
	RUN(writes_nulls);
	RUN(takes_a_row_back);
	RUN(tells_when_there_is_no_room);
	return CHECK_DONE();
}
