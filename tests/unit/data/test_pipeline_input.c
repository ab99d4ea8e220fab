/* SPDX-License-Identifier: Apache-2.0 */
#include "data/pipeline.h"

#include <stdio.h>

#include "pipelines.h"

/* The window's keys are the header; what comes behind it is told until there is
 * too much of it. */
TEST(tells_of_late_keys)
{
	struct schema *s = columns("a b:LONG");
	struct pipeline_opts o = lenient(s);
	struct run *run = begin(&o);
	const char *const *ignored;
	char line[64];
	size_t n;

	for (int i = 0; i < 1000; i++) {
		CHECK_INT(feed_text(run, "{\"a\":1,\"x\":2}\n"), 0);
		if (i > 1)
			continue;
		/* what only an end here would make a header */
		CHECK_INT(pipeline_peek_end(run->pl, &run->out, NULL, NULL), 0);
		buf_clear(&run->out);
		(void)pipeline_ignored(run->pl, &n);
		CHECK_INT(n, 0);
		ignored = pipeline_peek_ignored(run->pl, &n);
		CHECK_INT(n, 1);
		CHECK_STR(ignored[0], "x");
	}
	ignored = pipeline_peek_ignored(run->pl, &n);
	CHECK_INT(n, 1);
	ignored = pipeline_ignored(run->pl, &n);
	CHECK_INT(n, 1);
	CHECK_STR(ignored[0], "x");
	CHECK_INT(feed_text(run, "{\"a\":1,\"y\":2}"), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(pipeline_peek_end(run->pl, &run->out, NULL, NULL), 0);
		(void)pipeline_ignored(run->pl, &n);
		CHECK_INT(n, 1);
		ignored = pipeline_peek_ignored(run->pl, &n);
		CHECK_INT(n, 2);
		CHECK_STR(ignored[1], "y");
	}
	CHECK_INT(feed_text(run, " "), 0);
	(void)pipeline_peek_ignored(run->pl, &n);
	CHECK_INT(n, 1);
	CHECK_INT(feed_text(run, "\n{\"b\":1}\n{\"b\":null}\n[]\n"), 0);
	ignored = pipeline_ignored(run->pl, &n);
	CHECK_INT(n, 2);
	CHECK_STR(ignored[1], "y");
	CHECK_INT(pipeline_report(run->pl)->rows_in, 1004);
	CHECK_INT(pipeline_report(run->pl)->n_skips, 2);
	CHECK_INT(pipeline_report(run->pl)->skips[0].reason, REPORT_FIELDS);
	CHECK_INT(pipeline_report(run->pl)->skips[0].lines[0], 1002);
	CHECK_INT(pipeline_report(run->pl)->skips[1].reason, REPORT_JSON);
	CHECK_INT(pipeline_report(run->pl)->skips[1].lines[0], 1004);
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(line, sizeof(line), "{\"k%d\":1}\n", i);
		CHECK_INT(feed_text(run, line), 0);
	}
	(void)pipeline_ignored(run->pl, &n);
	CHECK(n > 500 && n < 1100);
	finish(run);
	schema_free(s);
}

/* A name means the same column early and late, whatever blanks it has around it. */
TEST(takes_a_late_key_with_blanks_for_its_column)
{
	struct schema *s = columns("a b");
	struct pipeline_opts o = lenient(s);
	struct run *run = begin(&o);

	for (int i = 0; i < 1000; i++)
		CHECK_INT(feed_text(run, "{\"a\":1}\n"), 0);
	CHECK_INT(feed_text(run, "{\"a\":1,\" b\\t\":2}\n{\"a\":1,\" b\":null}\n"), 0);
	CHECK_INT(pipeline_report(run->pl)->rows_out, 1001);
	CHECK_INT(pipeline_report(run->pl)->skips[0].reason, REPORT_FIELDS);
	CHECK_INT(pipeline_report(run->pl)->skips[0].lines[0], 1001);
	finish(run);
	schema_free(s);
}

TEST(reads_json_lines)
{
	struct schema *s = columns("email:EMAIL! n:LONG city.name");
	struct pipeline_opts o = lenient(s);
	struct run *run;

	ALL(&o,
	    "\n{\"N\":1,\"Email\":\"jane@example.com\"}\r\n"
	    "{\"Email\":true}\n{\"N\":{\"a\":1},\"Email\":\"jane@example.com\"}\n{]\n"
	    "{\"city\":{\"name\":\"a\\nb\"},\"Email\":\" JANE@example.com\"}",
	    "email,n,city.name\n" JANE ",1,\n" JANE ",,a b\n", 0, 0, 5, 3);
	ALL(&o, "{\"n\":1}\n", "", -ERR_MISSING_COLUMN, 1, 0, 0);
	ALL(&o, "[{\"n\":1}]\n", "", -ERR_BAD_JSON, 0, 0, 0);
	run = begin(&o);
	CHECK_INT(feed_text(run, "{\"x\":\"jane\"}"), 0);
	CHECK_INT(pipeline_end(run->pl, &run->out, &run->p), -ERR_MISSING_COLUMN);
	CHECK_STR(run->p.note, "no key of the first lines is a column of the data set; "
			       "the objects must have some of \"email\", \"n\", "
			       "\"city.name\"");
	finish(run);
	o.max_skipped_rows = 0;
	run = begin(&o);
	CHECK_INT(feed_text(run, "{\"email\":\"a@b.cd\"}\nx\n"), 0);
	CHECK_INT(pipeline_end(run->pl, &run->out, &run->p), -ERR_TOO_MANY_SKIPPED);
	CHECK_STR(
		run->p.note,
		"1 of 2 rows cannot be used, more than max_skipped allows; most often "
		"because of lines that are no usable JSON object (json, first on line 2)");
	finish(run);
	schema_free(s);
}

TEST(decodes_as_told)
{
	struct schema *s = columns("a b");
	struct pipeline_opts o = lenient(s);

	o.encoding = DECODE_WINDOWS_1252;
	ALL(&o, "a,b\n\x80,\xe9\n", "a,b\n\xe2\x82\xac,\xc3\xa9\n", 0, 0, 1, 0);
	o.encoding = DECODE_UTF16;
	ALL(&o, "a\0\n\0x\0\n\0", "a\nx\n", 0, 0, 1, 0);
	schema_free(s);
}

struct drain {
	size_t calls, bytes, most;
	int err;
};

static int drain(void *ctx, struct buf *out, struct problem *p)
{
	struct drain *d = ctx;

	d->calls++;
	d->bytes += out->n;
	d->most = out->n > d->most ? out->n : d->most;
	buf_clear(out);
	return d->err ? problem_set(p, d->err, "the disk is full") : 0;
}

TEST(empties_what_has_become_full)
{
	struct schema *s = columns("a");
	struct drain d = {0};
	struct pipeline_opts o = lenient(s);
	size_t n = 5 << 20;
	char *in = malloc(n);
	struct run *run;

	CHECK(in != NULL);
	memset(in, 'x', n);
	for (size_t i = 1; i < n; i += 1000)
		in[i] = '\n';
	in[0] = 'a';
	o.full = drain;
	o.ctx = &d;
	run = begin(&o);
	CHECK_INT(feed(run, in, n), 0);
	CHECK_INT(d.calls, 4);
	CHECK(d.most < PIPELINE_FULL + 1001);
	CHECK_INT(d.bytes + run->out.n, 2 + (n - 2) / 1000 * 1000);
	finish(run);
	d = (struct drain){0};
	run = begin(&o);
	CHECK_INT(feed(run, in, 2 + 1000 * 1048 + 700), 0);
	CHECK_INT(pipeline_peek_end(run->pl, &run->out, NULL, NULL), 0);
	CHECK(run->out.n > PIPELINE_FULL);
	CHECK_INT(d.calls, 0);
	finish(run);
	d = (struct drain){.err = -ENOSPC};
	run = begin(&o);
	CHECK_INT(feed(run, in, n), -ENOSPC);
	CHECK_STR(run->p.note, "the disk is full");
	CHECK_INT(pipeline_end(run->pl, &run->out, NULL), -ENOSPC);
	CHECK_INT(d.calls, 1);
	finish(run);
	free(in);
	schema_free(s);
}

int main(void)
{
	RUN(tells_of_late_keys);
	RUN(takes_a_late_key_with_blanks_for_its_column);
	RUN(reads_json_lines);
	RUN(decodes_as_told);
	RUN(empties_what_has_become_full);
	return CHECK_DONE();
}
