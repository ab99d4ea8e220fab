/* SPDX-License-Identifier: Apache-2.0 */
#include "data/pipeline.h"

#include "pipelines.h"

TEST(turns_a_file_into_rows)
{
	struct schema *s = columns("email:EMAIL t:TIMESTAMP!* sku:! amount:DECIMAL");
	struct pipeline_opts o = lenient(s);

	ALL(&o,
	    "\xef\xbb\xbf"
	    "T;Email;note;SKU\r\n"
	    "2026-01-02;Jane@Example.com;x;\"a;b,\r\nc\"\r\n"
	    "\r\n"
	    ";jane@example.com;;s\r\n"
	    "1718454645;no;\"\"\"\";s\r\n"
	    "2026-01-02;;s\r\n"
	    "2026-13-02;;;s\r\n"
	    "2026-01-02;;;last",
	    "email,t,sku\n" JANE ",2026-01-02T00:00:00Z,\"a;b, c\"\n"
	    ",2024-06-15T12:30:45Z,s\n"
	    ",2026-01-02T00:00:00Z,last\n",
	    0, 0, 6, 3);
	schema_free(s);
}

TEST(reports_what_happened)
{
	static const char in[] = "t,email,note,sku,\n"
				 ",,,s,\n"
				 "2026-01-02,no,,\"a\nb\",\n"
				 "2026-01-02,no,,s\n"
				 "2026-01-02,no,,s,,x\n"
				 "x,,,s,\n";
	struct schema *s = columns("email:EMAIL t:DATE* sku");
	struct pipeline_opts o = lenient(s);
	struct run *run = begin(&o);
	const struct report *rep = pipeline_report(run->pl);
	const char *const *ignored;
	size_t n = 99;

	ignored = pipeline_ignored(run->pl, &n);
	CHECK_INT(n, 0);
	CHECK_INT(feed(run, in, sizeof(in) - 1), 0);
	CHECK_INT(pipeline_end(run->pl, &run->out, &run->p), 0);
	CHECK_INT(rep->rows_in, 5);
	CHECK_INT(rep->rows_out, 2);
	CHECK_INT(rep->line_breaks, 1);
	CHECK_INT(rep->invalid[0], 2);
	CHECK_INT(rep->n_skips, 3);
	CHECK_INT(rep->skips[0].column, 1);
	CHECK_INT(rep->skips[0].reason, REPORT_NULL);
	CHECK_INT(rep->skips[0].lines[0], 2);
	CHECK_INT(rep->skips[1].reason, REPORT_FIELDS);
	CHECK_INT(rep->skips[1].lines[0], 6);
	CHECK_INT(rep->skips[2].reason, REPORT_INVALID);
	CHECK_INT(rep->skips[2].lines[0], 7);
	ignored = pipeline_ignored(run->pl, &n);
	CHECK_INT(n, 1); /* the trailing delimiter is no column */
	CHECK_STR(ignored[0], "note");
	finish(run);
	schema_free(s);
}

TEST(refuses_a_header_at_once)
{
	struct schema *s = columns("a b:! c:!");
	struct pipeline_opts o = lenient(s);
	struct run *run = begin(&o);

	CHECK_INT(feed_text(run, "a,x"), 0);
	CHECK_INT(feed_text(run, "\n"), -ERR_MISSING_COLUMN);
	CHECK_STR(run->p.note, "the header lacks \"b\", \"c\", which the data set "
			       "requires; add them to the file");
	CHECK_INT(run->p.line, 1);
	finish(run);
	ALL(&o, "\na,x\n1,2\n", "", -ERR_MISSING_COLUMN, 2, 0, 0);
	ALL(&o, "x,y\n1,2\n", "", -ERR_MISSING_COLUMN, 1, 0, 0);
	ALL(&o, "b,c,b\n1,2\n", "", -ERR_DUPLICATE_COLUMN, 1, 0, 0);
	ALL(&o, "b,c,x,x\n", "", -ERR_DUPLICATE_COLUMN, 1, 0, 0);
	schema_free(s);
}

TEST(refuses_bad_files)
{
	struct schema *s = columns("a b");
	struct pipeline_opts o = lenient(s);

	ALL(&o, "", "", -ERR_MISSING_COLUMN, 0, 0, 0);
	ALL(&o, "\n\r\n", "", -ERR_MISSING_COLUMN, 0, 0, 0);
	ALL(&o, "a,b", "a,b\n", -ERR_NO_ROWS, 0, 0, 0);
	ALL(&o, "a,b\n\n", "a,b\n", -ERR_NO_ROWS, 0, 0, 0);
	ALL(&o, "a,b\n1,2,3\n", "a,b\n", -ERR_NO_ROWS, 0, 1, 1); /* nothing left */
	ALL(&o, "a,b\n1,2\n\xff,3\n", "a,b\n1,2\n", -ERR_BAD_ENCODING, 3, 1, 0);
	ALL(&o, "a,b\n1,2\n3,\"4\n", "a,b\n1,2\n", -ERR_OPEN_QUOTE, 3, 1, 0);
	o.max_row = 5;
	ALL(&o, "a,b\n1,2\n1,3456\n", "a,b\n1,2\n", -ERR_ROW_TOO_LONG, 3, 1, 0);
	schema_free(s);
}

TEST(finds_the_delimiter_by_the_columns)
{
	struct schema *s = columns("a b:DECIMAL");
	struct pipeline_opts o = lenient(s);

	ALL(&o, "a\tb\tx,y,z,w\n1\t2\t3\n", "a,b\n1,2\n", 0, 0, 1, 0);
	ALL(&o, "\"x, y\";\"z, w\";b\n1;2;3\n", "b\n3\n", 0, 0, 1, 0);
	o.delim = '|';
	ALL(&o, "a,b|b\n1|2\n", "b\n2\n", 0, 0, 1, 0);
	schema_free(s);
}

TEST(keeps_one_column_files_readable)
{
	struct schema *s = columns("a");
	struct pipeline_opts o = lenient(s);

	ALL(&o, "a\nx\n\n\"\"\ny\n", "a\nx\n\"\"\ny\n", 0, 0, 3, 0);
	schema_free(s);
}

TEST(knows_null_text)
{
	struct schema *s = columns("a b");
	struct pipeline_opts o = lenient(s);

	o.null_text = "\\N";
	ALL(&o, "a,b\n\\N,x\n,\\n\n", "a,b\n,x\n,\\n\n", 0, 0, 2, 0);
	schema_free(s);
}

/* n rows, of which those at k, 2k, 3k … lack their field. */
static void feed_rows(struct run *run, int n, int k, int want_at)
{
	CHECK_INT(feed_text(run, "a,b\n"), 0);
	for (int i = 1; i <= n; i++) {
		const char *row = i % k == 0 ? ",x\n" : "1,x\n";
		int r = feed(run, row, strlen(row));

		CHECK_INT(r, i == want_at ? -ERR_TOO_MANY_SKIPPED : 0);
		if (r < 0)
			return;
	}
}

static void skipping(struct pipeline_opts o, int n, int k, int want_at, int want_end)
{
	struct run *run = begin(&o);
	const struct report *rep = pipeline_report(run->pl);

	feed_rows(run, n, k, want_at);
	if (want_at == 0)
		CHECK_INT(pipeline_end(run->pl, &run->out, &run->p), want_end);
	CHECK_INT(rep->rows_in, want_at ? want_at : n);
	if (want_at)
		CHECK_INT(run->p.line, want_at + 1);
	finish(run);
}

TEST(judges_skipped_rows)
{
	struct schema *s = columns("a:! b");
	struct pipeline_opts o = lenient(s);
	const int many = -ERR_TOO_MANY_SKIPPED;

	o.max_skipped_share = 100; /* 1% */
	skipping(o, 100, 100, 0, 0);
	skipping(o, 99, 99, 0, many);
	skipping(o, 999, 50, 0, many);	/* not before the end */
	skipping(o, 1200, 99, 1089, 0); /* 10 of 1000 are not too many */
	skipping(o, 2000, 100, 0, 0);	/* exactly 1% all along */
	skipping(o, 1500, 50, 1000, 0);
	o.max_skipped_share = 0;
	skipping(o, 10, 11, 0, 0);
	skipping(o, 10, 10, 0, many);
	o.max_skipped_share = -1;
	o.max_skipped_rows = 3;
	skipping(o, 40, 10, 0, many);
	skipping(o, 39, 10, 0, 0);
	skipping(o, 3000, 500, 2000, 0);
	o.max_skipped_rows = 0;
	skipping(o, 5, 6, 0, 0);
	skipping(o, 5, 5, 0, many);
	o.max_skipped_share = 10000; /* both set: the share counts */
	skipping(o, 5, 2, 0, 0);
	schema_free(s);
}

TEST(says_what_was_skipped)
{
	struct schema *s = columns("a:! b:LONG");
	struct pipeline_opts o = lenient(s);
	struct run *run;

	o.max_skipped_rows = 1;
	run = begin(&o);
	CHECK_INT(feed_text(run, "a,b\n,1\nx,y\nx,z\nx,1"), 0);
	CHECK_INT(pipeline_end(run->pl, &run->out, &run->p), -ERR_TOO_MANY_SKIPPED);
	CHECK_STR(run->p.note, "3 of 4 rows cannot be used, more than max_skipped "
			       "allows; most often because of column \"b\" (invalid, "
			       "first on line 3)");
	finish(run);
	schema_free(s);
}

/* Asked anywhere, the answer is that of a file which ends there, and the asking
 * changes nothing. */
static void check_peeks(const struct pipeline_opts *o, const char *in, size_t n)
{
	struct run *all = begin(o), *plain = begin(o);
	struct report *rep = calloc(1, sizeof(*rep));

	for (size_t i = 0; i <= n; i++) {
		struct run *ended = begin(o);
		struct problem p = {0};
		size_t before = all->out.n, ignored[2];
		int r = i ? feed(ended, in, i) : 0;

		if (r == 0)
			r = pipeline_end(ended->pl, &ended->out, &ended->p);
		(void)pipeline_ignored(all->pl, &ignored[0]);
		CHECK_INT(pipeline_peek_end(all->pl, &all->out, rep, &p), r);
		(void)pipeline_ignored(all->pl, &ignored[1]);
		CHECK_INT(ignored[0], ignored[1]);
		CHECK_STR(p.note, ended->p.note);
		CHECK_INT(p.line, ended->p.line);
		CHECK_MEM(all->out.p, all->out.n, ended->out.p, ended->out.n);
		CHECK(memcmp(rep, pipeline_report(ended->pl), sizeof(*rep)) == 0);
		CHECK(memcmp(pipeline_report(all->pl), pipeline_report(plain->pl),
			     sizeof(*rep)) == 0);
		all->out.n = before;
		finish(ended);
		if (i == n)
			break;
		r = feed(plain, in + i, 1);
		CHECK_INT(feed(all, in + i, 1), r);
		CHECK_MEM(all->out.p, all->out.n, plain->out.p, plain->out.n);
	}
	finish(all);
	finish(plain);
	free(rep);
}

TEST(peeks_without_a_trace)
{
	static const char *const in[] = {
		"x;A;b\r\n1;jane@example.com;\"2\n3\"\r\n;;\r\nno;4;5\r;z\r\n\n1;2;3",
		"a,b,a\n1,2,3\n",
		"\n\nb\n1\n\xff\n",
		"x,1,2\n3\n\n4,5,6,\"7\n8\"\n",
		"\n{\"x\":\"jane@example.com\",\"b\":null}\n{\"b\":1}\n{]\n{\"n\":true}\n",
		"{\"y\":1}\n{\"z\":1}",
	};
	struct schema *s = columns("a:EMAIL b n:LONG");
	struct pipeline_opts o = lenient(s);
	struct rowmap_rule map = {"a", "x"}, constant = {"n", "1"};

	o.maps = &map;
	o.n_maps = 1;
	o.consts = &constant;

	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		check_peeks(&o, in[i], strlen(in[i]));
		o.max_skipped_share = 5000;
		o.n_consts = 1;
		check_peeks(&o, in[i], strlen(in[i]));
		o.no_header = true;
		o.columns = "b,,a";
		check_peeks(&o, in[i], strlen(in[i]));
		o.no_header = false;
		o.n_consts = 0;
	}
	schema_free(s);
}

TEST(gives_an_error_to_who_has_no_room)
{
	struct schema *s = columns("a");
	struct pipeline_opts o = lenient(s);
	struct run *run = begin(&o);

	run->out.max = 3;
	CHECK_INT(feed_text(run, "a\nxyz\n"), -ERR_TOO_LARGE);
	CHECK_INT(run->p.err, -ERR_TOO_LARGE);
	CHECK_MEM(run->out.p, run->out.n, "a\n", 2);
	finish(run);
	pipeline_free(NULL);
	schema_free(s);
}

int main(void)
{
	RUN(turns_a_file_into_rows);
	RUN(reports_what_happened);
	RUN(refuses_a_header_at_once);
	RUN(refuses_bad_files);
	RUN(finds_the_delimiter_by_the_columns);
	RUN(keeps_one_column_files_readable);
	RUN(knows_null_text);
	RUN(judges_skipped_rows);
	RUN(says_what_was_skipped);
	RUN(peeks_without_a_trace);
	RUN(gives_an_error_to_who_has_no_room);
	return CHECK_DONE();
}
