/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipelines - a file through a pipeline, in every possible portion
 *
 * As for csv, the bytes, the counts and the error must always be the same.
 */
#pragma once

#include "columns.h"
#include "data/pipeline.h"
#include "feed.h"
#include "tool/check.h"

#define JANE "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"

struct run {
	struct pipeline *pl;
	struct buf out;
	struct problem p;
};

struct want {
	const char *out;
	int err;
	uint64_t line;
	uint64_t in, skipped; /* rows */
};

__attribute__((unused)) static int feed(void *ctx, const char *p, size_t n)
{
	struct run *run = ctx;

	return pipeline_feed(run->pl, p, n, &run->out, &run->p);
}

__attribute__((unused)) static int feed_text(struct run *run, const char *text)
{
	return feed(run, text, strlen(text));
}

__attribute__((unused)) static struct run *begin(const struct pipeline_opts *o)
{
	struct run *run = calloc(1, sizeof(*run));

	buf_init(&run->out, 1 << 24);
	CHECK_INT(pipeline_new(&run->pl, o), 0);
	return run;
}

__attribute__((unused)) static void finish(struct run *run)
{
	pipeline_free(run->pl);
	buf_fini(&run->out);
	free(run);
}

__attribute__((unused)) static void check_one(const struct pipeline_opts *o,
					      const char *in, size_t n,
					      struct feed_cut cut,
					      const struct want *want)
{
	struct run *run = begin(o);
	const struct report *rep = pipeline_report(run->pl);
	int r;

	r = feed_portions(in, n, cut, feed, run);
	if (r == 0)
		r = pipeline_end(run->pl, &run->out, &run->p);
	CHECK_MEM(run->out.p, run->out.n, want->out, strlen(want->out));
	CHECK_INT(r, want->err);
	CHECK_INT(run->p.err, want->err);
	CHECK_INT(run->p.line, want->line);
	CHECK_INT(rep->rows_in, want->in);
	CHECK_INT(rep->rows_skipped, want->skipped);
	CHECK_INT(rep->rows_in, rep->rows_out + rep->rows_skipped);
	if (r < 0) { /* sticks, with its sentence */
		struct problem again = {0};
		size_t before = run->out.n;

		CHECK_INT(pipeline_feed(run->pl, "x\n", 2, &run->out, &again), r);
		CHECK_STR(again.note, run->p.note);
		CHECK_INT(pipeline_end(run->pl, &run->out, NULL), r);
		CHECK_INT(pipeline_peek_end(run->pl, &run->out, NULL, NULL), r);
		CHECK_INT(run->out.n, before);
	}
	finish(run);
}

__attribute__((unused)) static void check_all(const struct pipeline_opts *o,
					      const char *in, size_t n, struct want want)
{
	check_one(o, in, n, (struct feed_cut){0, n + 1}, &want);
	for (size_t step = 1; step < 9; step++)
		check_one(o, in, n, (struct feed_cut){0, step}, &want);
	for (size_t i = 1; i < n; i++)
		check_one(o, in, n, (struct feed_cut){i, n}, &want);
}

#define ALL(o, in, ...) check_all(o, in, sizeof(in) - 1, (struct want){__VA_ARGS__})

__attribute__((unused)) static struct pipeline_opts lenient(const struct schema *s)
{
	return (struct pipeline_opts){
		.schema = s, .max_skipped_share = -1, .max_skipped_rows = -1};
}
