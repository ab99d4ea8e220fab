/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The row is written while it is judged and taken back when it is skipped: most
 * rows are good. Nothing but what may be staged ever gets into out, not even
 * for a moment: plain text of hashed columns stays in scratch.
 */
#include "data/transform.h"

#include <stdint.h>
#include <stdlib.h>

#include "data/convert.h"
#include "data/csvout.h"
#include "data/hash.h"
#include "data/norm.h"
#include "data/text.h"

enum { CELL_OUT, CELL_SKIPS_ROW };

struct transform {
	const struct schema *schema;
	struct slice null_text;
	const char *country;
	struct buf scratch; /* the present cell's normal form or conversion */
};

/* What one row's cells have in common. */
struct work {
	struct transform *t;
	const struct row *row;
	const char *country;
	struct csvout line;
	struct report *report;
	struct problem *p;
};

int transform_new(struct transform **out, const struct transform_opts *o)
{
	struct transform *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->schema = o->schema;
	t->null_text = slice_str(o->null_text ? o->null_text : "");
	t->country = o->country ? o->country : "";
	buf_init(&t->scratch, SIZE_MAX / 2);
	*out = t;
	return 0;
}

void transform_free(struct transform *t)
{
	if (!t)
		return;
	buf_wipe(&t->scratch);
	free(t);
}

/* Empties scratch and makes room. Growing in place would leave a copy of the
 * last plain text in freed memory. */
static int clear_scratch(struct transform *t, size_t room)
{
	buf_clear(&t->scratch);
	if (t->scratch.p && room <= t->scratch.cap)
		return 0;
	buf_wipe(&t->scratch);
	return buf_reserve(&t->scratch, room);
}

static bool is_null(const struct transform *t, struct slice s)
{
	return s.n == 0 || slice_eq(s, t->null_text);
}

/* The row's own country, if one of its columns has a usable one. */
static const char *row_country(const struct transform *t, const struct rowmap *m,
			       const struct row *row, char out[3])
{
	for (size_t i = 0; i < m->n_countries; i++) {
		struct slice s = row->cells[m->countries[i]];

		if (!is_null(t, s) && norm_country(s, out))
			return out;
	}
	return t->country;
}

static int put_null(struct work *w, const struct rowmap_column *c)
{
	if (c->required) {
		report_skip(w->report, c->schema, REPORT_NULL, w->row->line);
		return CELL_SKIPS_ROW;
	}
	return csvout_bare(&w->line, NULL, 0);
}

static int put_unusable(struct work *w, const struct rowmap_column *c)
{
	w->report->invalid[c->schema]++;
	return put_null(w, c);
}

static int put_converted(struct work *w, const struct rowmap_column *c, struct slice in)
{
	struct transform *t = w->t;
	struct slice out;
	int r;

	r = clear_scratch(t, in.n + CONVERT_ROOM);
	if (r < 0)
		return r;
	r = convert_value(t->schema->col[c->schema].type, in, NULL, &t->scratch, &out);
	if (r < 0)
		return r;
	if (r == CONVERT_INVALID) {
		report_skip(w->report, c->schema, REPORT_INVALID, w->row->line);
		return CELL_SKIPS_ROW;
	}
	return csvout_bare(&w->line, out.p, out.n);
}

static int put_country(struct work *w, const struct rowmap_column *c, struct slice in)
{
	char code[3];

	if (!norm_country(in, code))
		return put_unusable(w, c);
	return csvout_bare(&w->line, code, 2);
}

static int refuse_kind(struct work *w, const struct schema_column *col)
{
	if (w->p && w->p->err == 0)
		w->p->line = w->row->line;
	return problem_set(
		w->p, -ERR_UNSUPPORTED_TYPE,
		"line %llu: column \"%s\" holds a plain value, and this version "
		"cannot normalise %s; give its SHA-256 digests, or leave the "
		"column out",
		(unsigned long long)w->row->line, col->name, schema_pii_name(col->pii));
}

static int put_hashed(struct work *w, const struct rowmap_column *c, struct slice in)
{
	struct transform *t = w->t;
	const struct schema_column *col = &t->schema->col[c->schema];
	char hex[HASH_HEX];
	norm_fn *norm;
	int r;

	if (hash_recognise(in, hex))
		return csvout_bare(&w->line, hex, sizeof(hex));
	norm = norm_of(col->pii);
	if (!norm)
		return refuse_kind(w, col);
	r = clear_scratch(t, NORM_ROOM(in.n));
	if (r == 0)
		r = norm(in, w->country, &t->scratch);
	if (r < 0)
		return r;
	if (r == NORM_UNUSABLE || t->scratch.n == 0)
		return put_unusable(w, c);
	hash_hex(buf_slice(&t->scratch), hex);
	return csvout_bare(&w->line, hex, sizeof(hex));
}

static int put_cell(struct work *w, const struct rowmap_column *c)
{
	struct slice in = w->row->cells[c->input];

	if (is_null(w->t, in))
		return put_null(w, c);
	if (c->treatment == ROWMAP_KEEP)
		return csvout_cell(&w->line, in);
	in = text_trim(in);
	if (is_null(w->t, in))
		return put_null(w, c);
	switch (c->treatment) {
	case ROWMAP_HASH:
		return put_hashed(w, c, in);
	case ROWMAP_COUNTRY:
		return put_country(w, c, in);
	case ROWMAP_CONVERT:
	case ROWMAP_KEEP:
		break;
	}
	return put_converted(w, c, in);
}

int transform_row(struct transform *t, const struct rowmap *m, const struct row *row,
		  struct buf *out, struct report *report, struct problem *p)
{
	struct work w = {t, row, "", csvout_begin(out), report, p};
	char country[3];
	int r = CELL_OUT;

	if (row->n != m->n_input) {
		report_skip(report, REPORT_NO_COLUMN, REPORT_FIELDS, row->line);
		return 0;
	}
	w.country = row_country(t, m, row, country);
	for (size_t i = 0; i < m->n_columns && r == CELL_OUT; i++)
		r = put_cell(&w, &m->columns[i]);
	if (r == CELL_OUT)
		r = csvout_end(&w.line);
	if (r != CELL_OUT) {
		csvout_undo(&w.line);
		return r < 0 ? r : 0;
	}
	report->rows_out++;
	report->line_breaks += row->breaks;
	return 0;
}
