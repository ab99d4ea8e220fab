/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two input columns for one data set column cannot both be right, and the same
 * name twice is a mistake even where neither is wanted: both are refused rather
 * than guessed at. An exact match beats those that differ in case, though.
 *
 * A file without a header has people's data in its first row. So nothing of
 * that row is repeated before at least one cell proved to be a column name.
 */
#include "data/rowmap.h"

#include <stdlib.h>

#include "base/scope.h"
#include "data/text.h"

#define NONE SIZE_MAX

/* Room for names in a sentence; the rest are counted. */
#define LIST_BYTES 480

static bool from_input(const struct schema_column *c)
{
	return !c->amc_fills;
}

static bool required(const struct schema_column *c)
{
	return !c->nullable || c->main_event_time;
}

static enum rowmap_treatment treatment(const struct schema_column *c)
{
	if (c->country_code || c->pii == SCHEMA_PII_COUNTRY_CODE)
		return ROWMAP_COUNTRY;
	if (c->pii != SCHEMA_PII_NONE)
		return ROWMAP_HASH;
	if (c->external_id || c->type == SCHEMA_STRING)
		return ROWMAP_KEEP;
	return ROWMAP_CONVERT;
}

uint64_t rowmap_score(const struct schema *s, const struct slice *cells, size_t n)
{
	uint64_t named = 0;

	for (size_t i = 0; i < n && i < 4 * SCHEMA_MAX_COLUMNS; i++) {
		struct slice name = text_trim(cells[i]);

		for (size_t k = 0; k < s->n; k++) {
			if (slice_eq_nocase(name, slice_str(s->col[k].name))) {
				named++;
				break;
			}
		}
	}
	return named << 32 | n;
}

/* "a", "b" and 3 more */
static int list(struct buf *b, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r;

		if (b->n + strlen(names[i]) + 4 > LIST_BYTES)
			return buf_addf(b, " and %zu more", n - i);
		r = buf_addf(b, "%s\"%s\"", i ? ", " : "", names[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int refuse_all(const struct schema *s, struct problem *p)
{
	_cleanup_buf_ struct buf b = BUF_INIT(2 * LIST_BYTES);
	const char *names[SCHEMA_MAX_COLUMNS];
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (from_input(&s->col[i]) && required(&s->col[i]))
			names[n++] = s->col[i].name;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (from_input(&s->col[i]) && !required(&s->col[i]))
			names[n++] = s->col[i].name;
	}
	if (list(&b, names, n) < 0 || !buf_str(&b))
		return -ENOMEM;
	return problem_set(p, -ERR_MISSING_COLUMN,
			   "the first row names no column of the data set; it must be a "
			   "header with some of %s, separated by , ; tab or |",
			   n ? b.p : "its columns");
}

static int check_missing(const struct schema *s, const size_t *input, struct problem *p)
{
	_cleanup_buf_ struct buf b = BUF_INIT(2 * LIST_BYTES);
	const char *names[SCHEMA_MAX_COLUMNS];
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct schema_column *c = &s->col[i];

		if (input[i] == NONE && from_input(c) && required(c))
			names[n++] = c->name;
	}
	if (n == 0)
		return 0;
	if (list(&b, names, n) < 0 || !buf_str(&b))
		return -ENOMEM;
	return problem_set(p, -ERR_MISSING_COLUMN,
			   "the header lacks %s, which the data set requires; add %s to "
			   "the file",
			   b.p, n == 1 ? "it" : "them");
}

static int refuse_twice(const char *name, struct problem *p)
{
	return problem_set(p, -ERR_DUPLICATE_COLUMN,
			   "two columns of the header name the data set's column \"%s\"; "
			   "leave one of them out",
			   name);
}

/* The cell with exactly this name. */
static int match_exact(const struct slice *cells, size_t n, const char *name, size_t *out,
		       struct problem *p)
{
	struct slice wanted = slice_str(name);

	for (size_t i = 0; i < n; i++) {
		if (!slice_eq(cells[i], wanted))
			continue;
		if (*out != NONE)
			return refuse_twice(name, p);
		*out = i;
	}
	return 0;
}

/* True when another column of the data set could claim that cell. */
static bool contested(const struct schema *s, size_t column, struct slice cell)
{
	for (size_t i = 0; i < s->n; i++) {
		if (i != column && slice_eq_nocase(cell, slice_str(s->col[i].name)))
			return true;
	}
	return false;
}

static int match_nocase(const struct schema *s, size_t column, const struct slice *cells,
			size_t n, size_t *out, struct problem *p)
{
	const char *name = s->col[column].name;
	struct slice wanted = slice_str(name);

	for (size_t i = 0; i < n; i++) {
		if (!slice_eq_nocase(cells[i], wanted) || contested(s, column, cells[i]))
			continue;
		if (*out != NONE)
			return refuse_twice(name, p);
		*out = i;
	}
	return 0;
}

static int match(const struct schema *s, const struct slice *cells, size_t n,
		 size_t *input, struct problem *p)
{
	for (size_t i = 0; i < s->n; i++) {
		int r;

		input[i] = NONE;
		if (!from_input(&s->col[i]))
			continue;
		r = match_exact(cells, n, s->col[i].name, &input[i], p);
		if (r == 0 && input[i] == NONE)
			r = match_nocase(s, i, cells, n, &input[i], p);
		if (r < 0)
			return r;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return x->n ? memcmp(x->p, y->p, x->n) : 0;
}

static int check_repeated(const struct slice *cells, size_t n, struct problem *p)
{
	_cleanup_free_ struct slice *sorted = reallocarray(NULL, n, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, cells, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 1; i < n; i++) {
		if (sorted[i].n > 0 && slice_eq(sorted[i - 1], sorted[i]))
			return problem_set(
				p, -ERR_DUPLICATE_COLUMN,
				"the name \"%.*s\" stands twice in the header; "
				"rename one of the columns or leave it out",
				sorted[i].n < 200 ? (int)sorted[i].n : 200, sorted[i].p);
	}
	return 0;
}

static void plan(struct rowmap *m, const struct schema *s, const size_t *input)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (input[i] == NONE)
			continue;
		m->columns[m->n_columns++] = (struct rowmap_column){
			.input = input[i],
			.schema = (uint16_t)i,
			.required = required(&s->col[i]),
			.treatment = treatment(&s->col[i]),
		};
	}
	for (i = 0; i < s->n; i++) {
		if (input[i] != NONE && s->col[i].country_code)
			m->countries[m->n_countries++] = input[i];
	}
	for (i = 0; i < s->n; i++) {
		if (input[i] != NONE && !s->col[i].country_code &&
		    s->col[i].pii == SCHEMA_PII_COUNTRY_CODE)
			m->countries[m->n_countries++] = input[i];
	}
}

static bool feeds(const struct rowmap *m, size_t cell)
{
	for (size_t i = 0; i < m->n_columns; i++) {
		if (m->columns[i].input == cell)
			return true;
	}
	return false;
}

static int keep_ignored(struct rowmap *m, const struct slice *cells, size_t n)
{
	m->ignored = calloc(n, sizeof(*m->ignored));
	if (!m->ignored)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (feeds(m, i))
			continue;
		m->ignored[m->n_ignored] = strndup(cells[i].p, cells[i].n);
		if (!m->ignored[m->n_ignored])
			return -ENOMEM;
		m->n_ignored++;
	}
	return 0;
}

static int build(struct rowmap *m, const struct schema *s, const struct slice *cells,
		 size_t n, struct problem *p)
{
	size_t input[SCHEMA_MAX_COLUMNS];
	int r;

	r = match(s, cells, n, input, p);
	if (r < 0)
		return r;
	plan(m, s, input);
	if (m->n_columns == 0)
		return refuse_all(s, p);
	r = check_repeated(cells, n, p);
	if (r < 0)
		return r;
	r = check_missing(s, input, p);
	if (r < 0)
		return r;
	m->n_input = n;
	return keep_ignored(m, cells, n);
}

int rowmap_new(struct rowmap **out, const struct schema *s, const struct slice *cells,
	       size_t n, struct problem *p)
{
	_cleanup_free_ struct slice *names = NULL;
	struct rowmap *m;
	int r;

	if (n == 0)
		return refuse_all(s, p);
	names = reallocarray(NULL, n, sizeof(*names));
	m = calloc(1, sizeof(*m));
	if (!names || !m) {
		free(m);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		names[i] = text_trim(cells[i]);
	r = build(m, s, names, n, p);
	if (r < 0) {
		rowmap_free(m);
		return r;
	}
	*out = m;
	return 0;
}

void rowmap_free(struct rowmap *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_ignored; i++)
		free(m->ignored[i]);
	free(m->ignored);
	free(m);
}
