/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input calls back row by row; the first row makes the plan, the others are
 * transformed into the buf that the caller of the moment gave. Names that the
 * configuration gives make the plan at the first row too, not before: by then
 * there is a job that can say what is wrong with them.
 *
 * pipeline_peek_end() runs the real ending on a copy of the reader and on the
 * real transform, and puts back what that changed: the counts, and the plan, if the
 * header was the unfinished row; names of late keys go when the next call begins.
 * The scratch memory of the transform carries nothing from row to row.
 *
 * Longer than most, since the peek and what it must put back belong in one place.
 */
#include "data/pipeline.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/scope.h"
#include "data/csvout.h"
#include "data/input.h"
#include "data/norm.h"
#include "data/rowmap.h"
#include "data/transform.h"

/* Fewer rows say nothing about a share: not judged before the end. */
#define JUDGE_FROM_ROWS 1000

/* Keys that come late and feed nothing are told until they need too much memory. */
#define LATE_BYTES (64u << 10)
#define LATE_EACH  64 /* bytes that even a short one needs */

struct pipeline {
	struct pipeline_opts o; /* its texts are gone, but for those of rules */
	char country[3];	/* of rows that have none */
	char *null_text;
	struct input *input;
	struct transform *transform;
	struct rowmap_opts plan;
	char *columns;	       /* names of a file without a header, or NULL */
	size_t n_names;	       /* in columns */
	struct rowmap *map;    /* NULL before the header */
	struct rowmap *peeked; /* the map that the latest peek made for itself, or NULL */
	size_t n_peeked;       /* names in map.ignored that only that peek met */
	size_t late_bytes;
	struct buf *out; /* of the call that runs */
	bool peeking;
	int err;
	struct problem prob;
	struct report report;
	struct report saved; /* while pipeline_peek_end() runs */
};

static int put_header(struct pipeline *pl)
{
	struct csvout line = csvout_begin(pl->out);
	int r = 0;

	for (size_t i = 0; i < pl->map->n_columns && r == 0; i++) {
		const struct rowmap_column *c = &pl->map->columns[i];

		r = csvout_cell(&line, slice_str(pl->o.schema->col[c->schema].name));
	}
	if (r == 0)
		r = csvout_end(&line);
	if (r < 0)
		csvout_undo(&line);
	return r;
}

static int make_map(struct pipeline *pl, const struct slice *names, size_t n)
{
	int r;

	if (n > ROW_MAX_CELLS)
		return problem_set(&pl->prob, -ERR_ROW_TOO_LONG,
				   "the header has %zu columns, more than %d", n,
				   ROW_MAX_CELLS);
	r = rowmap_new(&pl->map, &pl->plan, names, n, &pl->prob);
	if (r == 0)
		r = transform_constants(pl->transform, pl->map, &pl->prob);
	return r < 0 ? r : put_header(pl);
}

static int take_header(struct pipeline *pl, const struct row *row)
{
	int r;

	pl->plan.names = row->kinds ? ROWMAP_KEYS : ROWMAP_HEADER;
	r = make_map(pl, row->cells, row->n);
	if (r < 0 && r != -ERR_BAD_MAPPING) /* the file's fault, at this line */
		pl->prob.line = row->line;
	return r;
}

/* The names in columns as the header that the file does not have. */
static int take_columns(struct pipeline *pl)
{
	_cleanup_free_ struct slice *names = calloc(pl->n_names, sizeof(*names));
	const char *p = pl->columns;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < pl->n_names; i++) {
		size_t n = strcspn(p, ",");

		names[i] = slice_of(p, n);
		p += n + 1; /* not looked at behind the last one */
	}
	return make_map(pl, names, pl->n_names);
}

static bool too_many(const struct pipeline *pl)
{
	return report_too_many(&pl->report, pl->o.max_skipped_share,
			       pl->o.max_skipped_rows);
}

static int refuse_skipped(struct pipeline *pl)
{
	const struct report *r = &pl->report;
	const struct report_skip *w = report_worst(r);
	bool named = w->column != REPORT_NO_COLUMN;
	const char *whole = w->reason == REPORT_JSON
				    ? "lines that are no usable JSON object"
				    : "the number of fields";

	return problem_set(&pl->prob, -ERR_TOO_MANY_SKIPPED,
			   "%" PRIu64 " of %" PRIu64 " rows cannot be used, more than "
			   "max_skipped allows; most often because of %s%s%s (%s, first "
			   "on line %" PRIu64 ")",
			   r->rows_skipped, r->rows_in, named ? "column \"" : whole,
			   named ? pl->o.schema->col[w->column].name : "",
			   named ? "\"" : "",
			   report_reason_name((enum report_reason)w->reason),
			   w->lines[0]);
}

static int on_row(void *ctx, const struct row *row)
{
	struct pipeline *pl = ctx;
	int r = 0;

	if (!pl->map && !pl->columns)
		return take_header(pl, row);
	if (!pl->map)
		r = take_columns(pl);
	if (r == 0)
		r = transform_row(pl->transform, pl->map, row, pl->out, &pl->report);
	if (r < 0)
		return r;
	pl->report.rows_in++;
	if (pl->report.rows_in >= JUDGE_FROM_ROWS && too_many(pl)) {
		pl->prob.line = row->line;
		return refuse_skipped(pl);
	}
	if (pl->o.full && pl->out->n >= PIPELINE_FULL && !pl->peeking)
		return pl->o.full(pl->o.ctx, pl->out, &pl->prob);
	return 0;
}

static bool on_wanted(void *ctx, struct slice name)
{
	const struct pipeline *pl = ctx;

	return rowmap_wants(&pl->plan, name);
}

static int on_ignored(void *ctx, struct slice name)
{
	struct pipeline *pl = ctx;

	if (name.n > LATE_BYTES || pl->late_bytes + name.n > LATE_BYTES)
		return 0;
	pl->late_bytes += name.n + LATE_EACH;
	return rowmap_ignore(pl->map, name);
}

/* Without a header the number of cells must tell. One that leaves a single cell
 * of several does not occur; of equally wrong ones the larger is better. */
static uint64_t score_count(const struct pipeline *pl, const struct slice *cells,
			    size_t n)
{
	size_t want = pl->n_names;

	while (n > want && n <= ROW_MAX_CELLS && cells[n - 1].n == 0)
		n--; /* trailing delimiters */
	if (n == 1)
		return want == 1 ? UINT64_MAX : 1;
	return UINT64_MAX -
	       (n < want ? 2 * (uint64_t)(want - n) + 1 : 2 * (uint64_t)(n - want));
}

static uint64_t score(void *ctx, const struct slice *cells, size_t n)
{
	const struct pipeline *pl = ctx;

	if (pl->columns)
		return score_count(pl, cells, n);
	return rowmap_score(&pl->plan, cells, n < ROW_MAX_CELLS ? n : ROW_MAX_CELLS);
}

/* Upload's, else data set's, else the default; nonsense counts as none. */
static void choose_country(struct pipeline *pl, const struct pipeline_opts *o)
{
	const char *given[3] = {o->country, o->schema->country, o->default_country};

	for (int i = 0; i < 3; i++) {
		if (given[i] && norm_country(slice_str(given[i]), pl->country))
			return;
	}
	pl->country[0] = '\0';
}

static int keep_plan(struct pipeline *pl, const struct pipeline_opts *o)
{
	pl->plan = (struct rowmap_opts){
		.schema = o->schema,
		.maps = o->maps,
		.n_maps = o->n_maps,
		.consts = o->consts,
		.n_consts = o->n_consts,
		.names = o->no_header ? ROWMAP_COLUMNS : ROWMAP_HEADER,
	};
	if (!o->no_header)
		return 0;
	pl->columns = strdup(o->columns ? o->columns : "");
	pl->n_names = 1;
	for (const char *p = pl->columns; p && *p; p++)
		pl->n_names += *p == ',';
	return pl->columns ? 0 : -ENOMEM;
}

static int build(struct pipeline *pl, const struct pipeline_opts *o)
{
	struct input_opts input = {
		.max_row = o->max_row,
		.delim = o->delim,
		.only_csv = o->no_header,
		.encoding = o->encoding,
		.score = score,
		.fn = on_row,
		.wanted = on_wanted,
		.ignored = on_ignored,
		.ctx = pl,
	};
	struct transform_opts transform = {
		.schema = o->schema, .country = pl->country, .tz = o->tz};
	int r;

	choose_country(pl, o);
	r = keep_plan(pl, o);
	if (r < 0)
		return r;
	pl->null_text = strdup(o->null_text ? o->null_text : "");
	if (!pl->null_text)
		return -ENOMEM;
	transform.null_text = pl->null_text;
	r = transform_new(&pl->transform, &transform);
	if (r < 0)
		return r;
	return input_new(&pl->input, &input);
}

int pipeline_new(struct pipeline **out, const struct pipeline_opts *o)
{
	struct pipeline *pl = calloc(1, sizeof(*pl));
	int r;

	if (!pl)
		return -ENOMEM;
	pl->o = *o;
	r = build(pl, o);
	if (r < 0) {
		pipeline_free(pl);
		return r;
	}
	*out = pl;
	return 0;
}

void pipeline_free(struct pipeline *pl)
{
	if (!pl)
		return;
	input_free(pl->input);
	transform_free(pl->transform);
	rowmap_free(pl->map);
	rowmap_free(pl->peeked);
	free(pl->columns);
	free(pl->null_text);
	free(pl);
}

/* An error without a sentence of its own (no memory) has errcode's. */
static void tell(const struct pipeline *pl, int err, struct problem *prob)
{
	if (!prob || prob->err != 0)
		return;
	*prob = pl->prob;
	prob->err = err;
}

static int fail(struct pipeline *pl, int err, struct problem *prob)
{
	pl->err = err;
	tell(pl, err, prob);
	return err;
}

static void forget_peek(struct pipeline *pl)
{
	if (pl->n_peeked > 0)
		rowmap_ignore_only(pl->map, pl->map->n_ignored - pl->n_peeked);
	pl->n_peeked = 0;
}

int pipeline_feed(struct pipeline *pl, const void *p, size_t n, struct buf *out,
		  struct problem *prob)
{
	int r = pl->err;

	forget_peek(pl);
	if (r == 0) {
		pl->out = out;
		r = input_feed(pl->input, p, n, &pl->prob);
	}
	return r < 0 ? fail(pl, r, prob) : 0;
}

/* What the whole file says of itself, once its last row is through. */
static int judge(struct pipeline *pl)
{
	if (!pl->map && pl->columns)
		return problem_set(&pl->prob, -ERR_NO_ROWS,
				   "the file is empty; nothing would be uploaded");
	if (!pl->map)
		return problem_set(&pl->prob, -ERR_MISSING_COLUMN,
				   "the file is empty; it must begin with a header that "
				   "names the data set's columns");
	if (pl->report.rows_in == 0)
		return problem_set(&pl->prob, -ERR_NO_ROWS,
				   "the file has a header and no rows; nothing would be "
				   "uploaded");
	if (too_many(pl))
		return refuse_skipped(pl);
	if (pl->report.rows_out == 0)
		return problem_set(&pl->prob, -ERR_NO_ROWS,
				   "every row of the file was skipped; nothing would be "
				   "uploaded");
	return 0;
}

int pipeline_end(struct pipeline *pl, struct buf *out, struct problem *prob)
{
	int r = pl->err;

	forget_peek(pl);
	if (r == 0) {
		pl->out = out;
		r = input_end(pl->input, &pl->prob);
	}
	if (r == 0)
		r = judge(pl);
	return r < 0 ? fail(pl, r, prob) : 0;
}

int pipeline_peek_end(struct pipeline *pl, struct buf *out, struct report *report,
		      struct problem *prob)
{
	bool had_map = pl->map != NULL;
	size_t late_bytes = pl->late_bytes, ignored;
	struct problem before = pl->prob;
	int r = pl->err;

	forget_peek(pl);
	ignored = had_map ? pl->map->n_ignored : 0;
	pl->saved = pl->report;
	pl->peeking = true;
	if (r == 0) {
		pl->out = out;
		r = input_peek_end(pl->input, &pl->prob);
		if (r == 0)
			r = judge(pl);
	}
	if (r < 0)
		tell(pl, r, prob);
	if (report)
		*report = pl->report;
	pl->peeking = false;
	pl->report = pl->saved;
	pl->prob = before;
	pl->late_bytes = late_bytes;
	if (had_map) {
		pl->n_peeked = pl->map->n_ignored - ignored;
	} else {
		rowmap_free(pl->peeked);
		pl->peeked = pl->map;
		pl->map = NULL;
	}
	return r;
}

const struct report *pipeline_report(const struct pipeline *pl)
{
	return &pl->report;
}

static const char *const *ignored_of(const struct rowmap *map, size_t *n)
{
	*n = map ? map->n_ignored : 0;
	return map ? (const char *const *)map->ignored : NULL;
}

const char *const *pipeline_ignored(const struct pipeline *pl, size_t *n)
{
	const char *const *names = ignored_of(pl->map, n);

	*n -= pl->n_peeked;
	return names;
}

const char *const *pipeline_peek_ignored(const struct pipeline *pl, size_t *n)
{
	return ignored_of(pl->map ? pl->map : pl->peeked, n);
}
