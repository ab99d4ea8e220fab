/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the bytes: the output does not depend on the portions; it is CSV of
 * the data set's columns that reads back as exactly rows_out rows; what stands
 * in a column of personal data is a digest or nothing, in a typed one a value
 * of the type; every row that came in is accounted for.
 *
 * The input's first byte chooses options, the second seeds the portions.
 */
#include "data/csv.h"
#include "data/pipeline.h"
#include "data/text.h"

#include "portions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct schema_column columns[] = {
	{"e", .pii = SCHEMA_PII_EMAIL, .nullable = true},
	{"p", .pii = SCHEMA_PII_PHONE, .nullable = true},
	{"t", SCHEMA_TIMESTAMP, .nullable = true, .main_event_time = true},
	{"d", SCHEMA_DATE, .nullable = true},
	{"n", SCHEMA_DECIMAL, .nullable = true},
	{"i", SCHEMA_INTEGER, .nullable = true},
	{"l", SCHEMA_LONG, .nullable = true},
	{"s", SCHEMA_STRING, .nullable = true},
	{"r", SCHEMA_STRING},
	{"c", .country_code = true, .nullable = true},
	{"x", .external_id = true, .nullable = true},
	{"u", .amc_fills = true},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct result {
	struct buf out;
	struct report report;
	struct problem p;
	int err;
};

/* What the output's own header says, and the rows below it. */
struct reader {
	const struct schema_column *column[N_COLUMNS];
	size_t n;
	uint64_t rows;
};

static bool is_digest(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!memchr("0123456789abcdef", s.p[i], 16))
			return false;
	}
	return s.n == 64;
}

static bool is_number(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!memchr("0123456789.-", s.p[i], 12))
			return false;
	}
	return s.p[s.n - 1] >= '0' && s.p[s.n - 1] <= '9' && s.p[0] != '.';
}

static bool fits(const struct schema_column *c, struct slice s)
{
	if (c->amc_fills)
		return false;
	if (s.n == 0)
		return c->nullable && !c->main_event_time;
	if (c->pii != SCHEMA_PII_NONE)
		return is_digest(s);
	if (c->country_code)
		return s.n == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z';
	switch (c->type) {
	case SCHEMA_TIMESTAMP:
		return s.n == 20 && s.p[10] == 'T' && s.p[19] == 'Z';
	case SCHEMA_DATE:
		return s.n == 10 && s.p[4] == '-' && s.p[7] == '-';
	case SCHEMA_DECIMAL:
		return is_number(s);
	case SCHEMA_INTEGER:
	case SCHEMA_LONG:
		return is_number(s) && !memchr(s.p, '.', s.n);
	case SCHEMA_STRING:
		break;
	}
	return true;
}

static void read_header(struct reader *r, const struct row *row)
{
	size_t k = 0;

	for (size_t i = 0; i < row->n; i++, k++) {
		while (k < N_COLUMNS && !slice_eq_str(row->cells[i], columns[k].name))
			k++;
		ENSURE(k < N_COLUMNS); /* known, and in this order */
		r->column[r->n++] = &columns[k];
	}
}

static int on_row(void *ctx, const struct row *row)
{
	struct reader *r = ctx;

	ENSURE(row->breaks == 0);
	if (r->n == 0) {
		read_header(r, row);
		return 0;
	}
	ENSURE(row->n == r->n);
	for (size_t i = 0; i < row->n; i++)
		ENSURE(fits(r->column[i], row->cells[i]));
	r->rows++;
	return 0;
}

static void check_output(const struct result *res)
{
	struct csv_opts o = {.max_row = 1 << 16, .delim = ','};
	struct reader reader = {0};
	struct csv *c;

	ENSURE(res->out.n == 0 || res->out.p[res->out.n - 1] == '\n');
	ENSURE(csv_new(&c, &o, on_row, &reader) == 0);
	ENSURE(csv_feed(c, res->out.p, res->out.n, NULL) == 0);
	ENSURE(csv_end(c, NULL) == 0);
	csv_free(c);
	ENSURE(reader.rows == res->report.rows_out);
}

static void check_counts(const struct report *r)
{
	uint64_t skipped = 0;

	for (size_t i = 0; i < r->n_skips; i++)
		skipped += r->skips[i].count;
	ENSURE(skipped == r->rows_skipped);
	ENSURE(r->rows_in == r->rows_out + r->rows_skipped);
}

static void peek(struct pipeline *pl, struct result *res)
{
	size_t before = res->out.n;

	ENSURE(pipeline_peek_end(pl, &res->out, NULL, NULL) <= 0); /* no trace */
	res->out.n = before;
}

static void run(struct result *res, const struct pipeline_opts *o, const uint8_t *p,
		size_t n, struct portions *portions)
{
	struct pipeline *pl;
	int r = 0;

	buf_init(&res->out, 1 << 24);
	ENSURE(pipeline_new(&pl, o) == 0);
	while (n > 0 && r == 0) {
		size_t k = portions ? portions_len(portions, n) : n;

		r = pipeline_feed(pl, p, k, &res->out, &res->p);
		p += k;
		n -= k;
		if (portions && portions_next(portions) % 8 == 0)
			peek(pl, res);
	}
	if (r == 0)
		r = pipeline_end(pl, &res->out, &res->p);
	res->err = r;
	res->report = *pipeline_report(pl);
	pipeline_free(pl);
	ENSURE(res->p.err == r);
	ENSURE(r == 0 || res->p.note[0]);
}

static struct schema *make_schema(uint8_t which)
{
	struct schema *s;

	ENSURE(schema_new(&s) == 0);
	for (size_t i = 0; i < N_COLUMNS; i++) {
		/* without the columns that every row must have, or with them */
		if (which & 1 && (columns[i].main_event_time || !columns[i].nullable))
			continue;
		ENSURE(schema_add(s, &columns[i], NULL) == 0);
	}
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct result whole, cut; /* too large for the stack */
	struct pipeline_opts o = {.max_skipped_share = -1, .max_skipped_rows = -1};
	struct portions portions;
	struct schema *s;

	if (n < 2)
		return 0;
	s = make_schema(data[0]);
	o.schema = s;
	if (data[0] & 2)
		o.max_skipped_share = 5000;
	if (data[0] & 4)
		o.null_text = "NA";
	o.max_row = data[0] & 8 ? 40 : 4096; /* a whole MiB would be slow */
	portions.state = data[1];
	whole = cut = (struct result){0};
	run(&whole, &o, data + 2, n - 2, NULL);
	run(&cut, &o, data + 2, n - 2, &portions);
	ENSURE(whole.err == cut.err);
	ENSURE(strcmp(whole.p.note, cut.p.note) == 0);
	ENSURE(whole.p.line == cut.p.line);
	ENSURE(slice_eq(buf_slice(&whole.out), buf_slice(&cut.out)));
	ENSURE(memcmp(&whole.report, &cut.report, sizeof(cut.report)) == 0);
	check_counts(&whole.report);
	check_output(&whole);
	buf_fini(&whole.out);
	buf_fini(&cut.out);
	schema_free(s);
	return 0;
}
