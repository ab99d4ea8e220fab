/* SPDX-License-Identifier: Apache-2.0 */
#include "data/pipeline.h"

#include <stdio.h>

#include "pipelines.h"

TEST(takes_short_rows_whose_rest_may_be_null)
{
	struct schema *s = columns("a:! b c:LONG");
	struct pipeline_opts o = lenient(s);

	ALL(&o, "a,b,c\n1\n2,x\n3,x,3\n4,,,\n5,,,5\n6\n",
	    "a,b,c\n1,,\n2,x,\n3,x,3\n4,,\n6,,\n", 0, 0, 6, 1);
	ALL(&o, "b,c,a\n1\n2,3\n4,5,6\n", "a,b,c\n6,4,5\n", 0, 0, 3, 2);
	ALL(&o, "a,b,c,\n1,,,\n2\n3,,,x\n", "a,b,c\n1,,\n2,,\n3,,\n", 0, 0, 3, 0);
	schema_free(s);
}

TEST(names_the_columns_of_a_file_without_a_header)
{
	struct schema *s = columns("email:EMAIL n:LONG t:DATE!");
	struct pipeline_opts o = lenient(s);

	o.no_header = true;
	o.columns = " t , EMAIL ,,n";
	ALL(&o, "2026-01-01,jane@example.com,x,1\nx,,,\n\n2026-01-02,,,2\n2026-01-03\n",
	    "email,n,t\n" JANE ",1,2026-01-01\n,2,2026-01-02\n,,2026-01-03\n", 0, 0, 4,
	    1);
	ALL(&o, "2026-01-01", "email,n,t\n,,2026-01-01\n", 0, 0, 1, 0);
	ALL(&o, "t,email,x,n\n", "email,n,t\n", -ERR_NO_ROWS, 0, 1, 1);
	ALL(&o, "{\"t\":1}\n2026-01-02,,,\n", "email,n,t\n,,2026-01-02\n", 0, 0, 2, 1);
	ALL(&o, "", "", -ERR_NO_ROWS, 0, 0, 0);
	ALL(&o, "\n", "", -ERR_NO_ROWS, 0, 0, 0);
	schema_free(s);
}

TEST(finds_the_delimiter_by_the_number_of_names)
{
	struct schema *s = columns("a b c");
	struct pipeline_opts o = lenient(s);

	o.no_header = true;
	o.columns = "a,b,c";
	ALL(&o, "1,5;2,5;3,5\n", "a,b,c\n\"1,5\",\"2,5\",\"3,5\"\n", 0, 0, 1, 0);
	ALL(&o, "1,2,3,4|5;6\n", "a,b,c\n", -ERR_NO_ROWS, 0, 1, 1);
	ALL(&o, "1;2;3;4;;\n", "a,b,c\n", -ERR_NO_ROWS, 0, 1, 1);
	ALL(&o, "1\t2\t3\t\n", "a,b,c\n1,2,3\n", 0, 0, 1, 0);
	ALL(&o, "1,2,3,4,5,6\n", "a,b,c\n", -ERR_NO_ROWS, 0, 1, 1);
	ALL(&o, "1;2;3;;;\n", "a,b,c\n1,2,3\n", 0, 0, 1, 0);
	ALL(&o, "1|2;3;4;5\n", "a,b,c\n", -ERR_NO_ROWS, 0, 1, 1);
	o.delim = ';';
	ALL(&o, "1,2;3\n", "a,b,c\n\"1,2\",3,\n", 0, 0, 1, 0);
	schema_free(s);
}

TEST(refuses_columns_at_the_first_row)
{
	struct schema *s = columns("a b:!");
	struct pipeline_opts o = lenient(s);
	struct run *run;

	o.no_header = true;
	o.columns = "a,x";
	run = begin(&o);
	CHECK_INT(feed_text(run, "1,2"), 0);
	CHECK_INT(feed_text(run, "\n"), -ERR_MISSING_COLUMN);
	CHECK_STR(run->p.note, "columns lacks \"b\", which the data set requires; add it "
			       "where the file has it");
	CHECK_INT(run->p.line, 0);
	CHECK_INT(pipeline_report(run->pl)->rows_in, 0);
	finish(run);
	o.columns = "a,x,b,x";
	ALL(&o, "1,2\n", "", -ERR_DUPLICATE_COLUMN, 0, 0, 0);
	o.columns = "";
	ALL(&o, "1,2\n", "", -ERR_MISSING_COLUMN, 0, 0, 0);
	o.columns = NULL;
	ALL(&o, "1,2\n", "", -ERR_MISSING_COLUMN, 0, 0, 0);
	schema_free(s);
}

TEST(maps_and_adds_columns)
{
	struct schema *s = columns("email:EMAIL source:! when:DATE*");
	struct rowmap_rule map = {"email", "E-Mail"};
	struct rowmap_rule consts[] = {{"source", "crm"}, {"when", "2026-01-02"}};
	struct pipeline_opts o = lenient(s);

	o.maps = &map;
	o.n_maps = 1;
	o.consts = consts;
	o.n_consts = 2;
	ALL(&o, "e-mail;source\njane@example.com;x\n;y\n",
	    "email,source,when\n" JANE ",crm,2026-01-02\n,crm,2026-01-02\n", 0, 0, 2, 0);
	consts[1].text = "2026-02-30";
	ALL(&o, "\nemail\njane@example.com\n", "", -ERR_BAD_MAPPING, 0, 0, 0);
	consts[1] = (struct rowmap_rule){"whence", "x"};
	ALL(&o, "\nemail\njane@example.com\n", "", -ERR_BAD_MAPPING, 0, 0, 0);
	schema_free(s);
}

/* Of a fact data set the file must have the event time; what AMC fills and what
 * is nobody's personal data are not its business. */
TEST(keeps_the_rules_of_the_data_set)
{
	struct schema *s = columns("t:TIMESTAMP* maid:x lr:LONGx user_id:-");
	struct pipeline_opts o = lenient(s);

	ALL(&o, "maid\nx\n", "", -ERR_MISSING_COLUMN, 1, 0, 0);
	ALL(&o, "T,MAID,LR,USER_ID\n0,AbC-1, jane@example.com ,7\n,x,y,z\n",
	    "t,maid,lr\n1970-01-01T00:00:00Z,AbC-1, jane@example.com \n", 0, 0, 2, 1);
	schema_free(s);
}

/* Every eleventh row lacks what it needs: the others come out as they went in. */
TEST(keeps_the_order_of_rows)
{
	struct schema *s = columns("n:LONG! x");
	struct pipeline_opts o = lenient(s);
	struct run *run = begin(&o);
	struct buf want = BUF_INIT(1 << 20);

	CHECK_INT(feed_text(run, "x,n\n"), 0);
	CHECK_INT(buf_adds(&want, "n,x\n"), 0);
	for (int i = 1; i <= 5000; i++) {
		char row[32];

		memcpy(row, "r,\n", 4);
		if (i % 11) {
			(void)snprintf(row, sizeof(row), "r,%d\n", i);
			CHECK_INT(buf_addf(&want, "%d,r\n", i), 0);
		}
		CHECK_INT(feed_text(run, row), 0);
	}
	CHECK_INT(pipeline_end(run->pl, &run->out, &run->p), 0);
	CHECK_MEM(run->out.p, run->out.n, want.p, want.n);
	CHECK_INT(pipeline_report(run->pl)->rows_in, 5000);
	CHECK_INT(pipeline_report(run->pl)->rows_skipped, 454);
	buf_fini(&want);
	finish(run);
	schema_free(s);
}

int main(void)
{
	RUN(takes_short_rows_whose_rest_may_be_null);
	RUN(names_the_columns_of_a_file_without_a_header);
	RUN(finds_the_delimiter_by_the_number_of_names);
	RUN(refuses_columns_at_the_first_row);
	RUN(maps_and_adds_columns);
	RUN(keeps_the_rules_of_the_data_set);
	RUN(keeps_the_order_of_rows);
	return CHECK_DONE();
}
