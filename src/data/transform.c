/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The row is written while it is judged and taken back when it is skipped: most
 * rows are good. Nothing but what may be staged ever gets into out, not even
 * for a moment: plain text of hashed columns stays in scratch.
 */
#include "data/transform.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/scope.h"
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
	const struct tz *tz;
	struct buf scratch; /* the present cell's normal form or conversion */
};

/* What one row's cells have in common. */
struct work {
	struct transform *t;
	const struct row *row;
	const char *country;
	struct csvout line;
	struct report *report;
};

int transform_new(struct transform **out, const struct transform_opts *o)
{
	struct transform *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->schema = o->schema;
	t->null_text = slice_str(o->null_text ? o->null_text : "");
	t->country = o->country ? o->country : "";
	t->tz = o->tz;
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

/* Its cell, or what stands in its place. */
static struct slice input_of(const struct rowmap_column *c, const struct row *row)
{
	if (c->input < row->n)
		return row->cells[c->input];
	return slice_of(c->text, c->text_n); /* a constant, or a cell that lacks */
}

/* The row's own country, if one of its columns has a usable one. */
static const char *row_country(const struct transform *t, const struct rowmap *m,
			       const struct row *row, char out[3])
{
	for (size_t i = 0; i < m->n_countries; i++) {
		struct slice s = input_of(&m->columns[m->countries[i]], row);

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

static int put_invalid(struct work *w, const struct rowmap_column *c)
{
	report_skip(w->report, c->schema, REPORT_INVALID, w->row->line);
	return CELL_SKIPS_ROW;
}

static int put_converted(struct work *w, const struct rowmap_column *c, struct slice in)
{
	struct transform *t = w->t;
	struct slice out;
	int r;

	r = clear_scratch(t, in.n + CONVERT_ROOM);
	if (r < 0)
		return r;
	r = convert_value(t->schema->col[c->schema].type, in, t->tz, &t->scratch, &out);
	if (r < 0)
		return r;
	return r == CONVERT_INVALID ? put_invalid(w, c)
				    : csvout_bare(&w->line, out.p, out.n);
}

/* A consent in other words may mean anything, so it is not guessed at. */
static int put_consent(struct work *w, const struct rowmap_column *c, struct slice in)
{
	if (!slice_eq_str(in, "GRANTED") && !slice_eq_str(in, "DENIED"))
		return put_invalid(w, c);
	return csvout_bare(&w->line, in.p, in.n);
}

static int put_country(struct work *w, const struct rowmap_column *c, struct slice in)
{
	char code[3];

	if (!norm_country(in, code))
		return put_unusable(w, c);
	return csvout_bare(&w->line, code, 2);
}

/* JSON's true is nobody's name, and an object is not its text. */
static bool is_text(const struct rowmap_column *c, const struct row *row)
{
	return !row->kinds || c->input >= row->n || row->kinds[c->input] == ROW_TEXT;
}

static int put_hashed(struct work *w, const struct rowmap_column *c, struct slice in)
{
	struct transform *t = w->t;
	char hex[HASH_HEX];
	int r;

	if (!c->norm || !is_text(c, w->row))
		return put_unusable(w, c);
	if (hash_recognise(in, hex))
		return csvout_bare(&w->line, hex, sizeof(hex));
	r = clear_scratch(t, NORM_ROOM(in.n));
	if (r == 0)
		r = c->norm(in, w->country, &t->scratch);
	if (r < 0)
		return r;
	if (r == NORM_UNUSABLE || t->scratch.n == 0)
		return put_unusable(w, c);
	hash_hex(buf_slice(&t->scratch), hex);
	return csvout_bare(&w->line, hex, sizeof(hex));
}

static int put_cell(struct work *w, const struct rowmap_column *c)
{
	struct slice in = input_of(c, w->row), trimmed;

	if (is_null(w->t, in))
		return put_null(w, c);
	if (c->treatment == ROWMAP_KEEP)
		return csvout_cell(&w->line, in);
	trimmed = text_trim(in);
	if (is_null(w->t, trimmed))
		return put_null(w, c);
	switch (c->treatment) {
	case ROWMAP_HASH:
		return put_hashed(w, c, trimmed);
	case ROWMAP_COUNTRY:
		return put_country(w, c, trimmed);
	case ROWMAP_CONSENT:
		return put_consent(w, c, in); /* exactly, blanks and all */
	case ROWMAP_CONVERT:
	case ROWMAP_KEEP:
		break;
	}
	return put_converted(w, c, trimmed);
}

/* Trailing delimiters may lack, or be too many: what counts is that no value was
 * lost or has strayed into another column. */
static bool has_its_cells(const struct rowmap *m, const struct row *row)
{
	if (row->n <= m->n_input)
		return row->n >= m->n_needed;
	if (row->n > ROW_MAX_CELLS)
		return false;
	for (size_t i = m->n_input; i < row->n; i++) {
		if (row->cells[i].n > 0)
			return false;
	}
	return true;
}

int transform_row(struct transform *t, const struct rowmap *m, const struct row *row,
		  struct buf *out, struct report *report)
{
	struct work w = {t, row, "", csvout_begin(out), report};
	char country[3];
	int r = CELL_OUT;

	if (row->flaw != ROW_GOOD || !has_its_cells(m, row)) {
		report_skip(report, REPORT_NO_COLUMN,
			    row->flaw == ROW_NOT_JSON ? REPORT_JSON : REPORT_FIELDS,
			    row->line);
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

/* Does some cell of each row say its country? */
static bool rows_have_countries(const struct rowmap *m)
{
	for (size_t i = 0; i < m->n_countries; i++) {
		if (m->columns[m->countries[i]].input != ROWMAP_CONST)
			return true;
	}
	return false;
}

/* Can a row's country make a usable value of one that is none without? */
static bool may_be_usable(const struct rowmap *m, const struct rowmap_column *c,
			  enum schema_pii kind)
{
	switch (kind) {
	case SCHEMA_PII_PHONE:
	case SCHEMA_PII_ADDRESS:
	case SCHEMA_PII_STATE:
	case SCHEMA_PII_ZIP:
		return c->treatment == ROWMAP_HASH && rows_have_countries(m);
	default:
		return false;
	}
}

/* What became of a constant that was put into an otherwise empty row. */
static int judge_constant(const struct work *w, const struct rowmap *m,
			  const struct rowmap_column *c, int r, struct problem *p)
{
	const struct schema_column *col = &w->t->schema->col[c->schema];

	if (r < 0)
		return r;
	if (w->report->invalid[c->schema] > 0) {
		if (may_be_usable(m, c, col->pii))
			return 0;
		return problem_set(p, -ERR_BAD_MAPPING,
				   "the value of const.%s has no usable normal form as "
				   "%s; correct it",
				   col->name,
				   col->pii ? schema_pii_name(col->pii) : "a country");
	}
	if (r == CELL_OUT)
		return 0;
	if (w->report->skips[0].reason == REPORT_NULL)
		return problem_set(p, -ERR_BAD_MAPPING,
				   "the value of const.%s is a null, and the data set "
				   "requires one that is not",
				   col->name);
	return problem_set(p, -ERR_BAD_MAPPING,
			   "the value of const.%s is no %s; correct it", col->name,
			   c->treatment == ROWMAP_CONSENT ? "GRANTED or DENIED"
							  : schema_type_name(col->type));
}

int transform_constants(struct transform *t, const struct rowmap *m, struct problem *p)
{
	_cleanup_free_ struct report *report = calloc(1, sizeof(*report));
	_cleanup_buf_ struct buf out = BUF_INIT(SIZE_MAX / 2);
	const struct row none = {0};
	struct work w = {t, &none, "", csvout_begin(&out), report};
	char country[3];
	int r = report ? 0 : -ENOMEM;

	w.country = row_country(t, m, &none, country);
	for (size_t i = 0; r == 0 && i < m->n_columns; i++) {
		const struct rowmap_column *c = &m->columns[i];

		if (c->input == ROWMAP_CONST)
			r = judge_constant(&w, m, c, put_cell(&w, c), p);
	}
	return r;
}
