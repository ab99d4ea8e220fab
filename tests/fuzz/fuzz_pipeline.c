/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the bytes: the output does not depend on the portions; it is CSV of
 * the data set's columns that reads back as exactly rows_out rows; what stands
 * in a column of personal data is a digest or nothing, in a typed one a value
 * of the type; every row that came in is accounted for. The output, as a file of
 * the same data set, makes itself again: a digest is not hashed twice, and what was
 * converted stays.
 *
 * The input's first and third byte choose options, the second seeds the portions.
 */
#include "data/csv.h"
#include "data/pipeline.h"

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
	{"f", .pii = SCHEMA_PII_FIRST_NAME, .nullable = true},
	{"z", .pii = SCHEMA_PII_ZIP, .nullable = true},
	{"g", .consent = SCHEMA_CONSENT_AMZN_USER_DATA, .nullable = true},
	{"o", SCHEMA_DATE, .consent = SCHEMA_CONSENT_TCF, .nullable = true},
};

static const struct rowmap_rule maps[] = {{"e", "E-Mail"}, {"f", "n"}, {"x", "o"}};
static const struct rowmap_rule consts[] = {
	{"s", "crm, \"\n"}, {"c", " uk"}, {"r", "A@b.CD"}, {"p", "+49 30 23125115"}};

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
	if (c->consent == SCHEMA_CONSENT_AMZN_USER_DATA)
		return slice_eq_str(s, "GRANTED") || slice_eq_str(s, "DENIED");
	if (c->consent)
		return true;
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

	if (r->n_skips > 0)
		ENSURE(report_worst(r)->count > 0);
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

/* The output's own header names its columns, whatever fed them. */
static void check_again(const struct schema *s, const struct result *first)
{
	static struct result again;
	struct pipeline_opts o = {
		.schema = s,
		.max_row = 1 << 16,
		.max_skipped_share = -1,
		.max_skipped_rows = -1,
	};

	if (first->report.rows_out == 0)
		return;
	again = (struct result){0};
	run(&again, &o, (const uint8_t *)first->out.p, first->out.n, NULL);
	ENSURE(again.err == 0);
	ENSURE(again.report.rows_in == first->report.rows_out);
	ENSURE(slice_eq(buf_slice(&again.out), buf_slice(&first->out)));
	buf_fini(&again.out);
}

static void choose(struct pipeline_opts *o, uint8_t a, uint8_t b)
{
	static const enum decode_encoding encodings[] = {DECODE_UTF8, DECODE_WINDOWS_1252,
							 DECODE_ISO_8859_1, DECODE_UTF16};

	if (a & 2)
		o->max_skipped_share = 5000;
	if (a & 4)
		o->null_text = "NA";
	o->max_row = a & 8 ? 40 : 4096; /* a whole MiB would be slow */
	if (a & 16)
		o->country = "DE";
	if (b & 1) {
		o->maps = maps;
		o->n_maps = sizeof(maps) / sizeof(maps[0]);
	}
	if (b & 2) {
		o->consts = consts;
		o->n_consts = a & 1 ? 2 : 4; /* r is not in every schema */
	}
	if (b & 4) {
		o->no_header = true;
		o->columns = b & 32 ? "e, t,,r,n" : "r,s";
	}
	o->encoding = encodings[b >> 3 & 3];
	if (b & 64)
		o->delim = ';';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct result whole, cut; /* too large for the stack */
	struct pipeline_opts o = {.max_skipped_share = -1, .max_skipped_rows = -1};
	struct portions portions;
	struct schema *s;

	if (n < 3)
		return 0;
	s = make_schema(data[0]);
	o.schema = s;
	choose(&o, data[0], data[2]);
	portions.state = data[1];
	whole = cut = (struct result){0};
	run(&whole, &o, data + 3, n - 3, NULL);
	run(&cut, &o, data + 3, n - 3, &portions);
	ENSURE(whole.err == cut.err);
	ENSURE(strcmp(whole.p.note, cut.p.note) == 0);
	ENSURE(whole.p.line == cut.p.line);
	ENSURE(slice_eq(buf_slice(&whole.out), buf_slice(&cut.out)));
	ENSURE(memcmp(&whole.report, &cut.report, sizeof(cut.report)) == 0);
	check_counts(&whole.report);
	check_output(&whole);
	check_again(s, &whole);
	buf_fini(&whole.out);
	buf_fini(&cut.out);
	schema_free(s);
	return 0;
}
