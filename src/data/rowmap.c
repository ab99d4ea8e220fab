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
#include "data/rowmap_priv.h"
#include "data/text.h"

#define NONE (SIZE_MAX - 1)

static enum rowmap_treatment treatment(const struct schema_column *c)
{
	if (c->country_code || c->pii == SCHEMA_PII_COUNTRY_CODE)
		return ROWMAP_COUNTRY;
	if (c->pii != SCHEMA_PII_NONE)
		return ROWMAP_HASH;
	if (c->consent == SCHEMA_CONSENT_AMZN_USER_DATA ||
	    c->consent == SCHEMA_CONSENT_AMZN_AD_STORAGE)
		return ROWMAP_CONSENT;
	if (c->external_id || c->consent || c->type == SCHEMA_STRING)
		return ROWMAP_KEEP;
	return ROWMAP_CONVERT;
}

static bool named_by_map(const struct rowmap_opts *o, struct slice name)
{
	for (size_t i = 0; i < o->n_maps; i++) {
		if (slice_eq_nocase(name, text_trim(slice_str(o->maps[i].text))))
			return true;
	}
	return false;
}

static bool named_by_schema(const struct schema *s, struct slice name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (slice_eq_nocase(name, slice_str(s->col[i].name)))
			return true;
	}
	return false;
}

uint64_t rowmap_score(const struct rowmap_opts *o, const struct slice *cells, size_t n)
{
	uint64_t named = 0;

	for (size_t i = 0; i < n && i < 4 * SCHEMA_MAX_COLUMNS; i++) {
		struct slice name = text_trim(cells[i]);

		named += named_by_schema(o->schema, name) || named_by_map(o, name);
	}
	return named << 32 | n;
}

/* The only cell with exactly this name. */
static bool match_exact(const struct slice *cells, size_t n, struct slice wanted,
			size_t *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!slice_eq(cells[i], wanted))
			continue;
		if (*out != NONE)
			return false;
		*out = i;
	}
	return true;
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

static bool match_nocase(const struct schema *s, size_t column, const struct slice *cells,
			 size_t n, size_t *out)
{
	struct slice wanted = slice_str(s->col[column].name);

	for (size_t i = 0; i < n; i++) {
		if (!slice_eq_nocase(cells[i], wanted) || contested(s, column, cells[i]))
			continue;
		if (*out != NONE)
			return false;
		*out = i;
	}
	return true;
}

static bool match_map(const struct slice *cells, size_t n, struct slice wanted,
		      size_t *out)
{
	if (!match_exact(cells, n, wanted, out))
		return false;
	if (*out != NONE)
		return true;
	for (size_t i = 0; i < n; i++) {
		if (!slice_eq_nocase(cells[i], wanted))
			continue;
		if (*out != NONE)
			return false;
		*out = i;
	}
	return true;
}

/* The names of one input and what they are matched to. */
struct match {
	const struct rowmap_opts *o;
	struct rowmap_rules rules;
	const struct slice *cells;
	size_t n;
	size_t input[SCHEMA_MAX_COLUMNS]; /* cell, NONE or ROWMAP_CONST */
};

static int match_column(struct match *m, size_t column, struct problem *p)
{
	const struct schema *s = m->o->schema;
	const char *name = s->col[column].name, *map = m->rules.map[column];
	size_t *input = &m->input[column];

	if (!match_exact(m->cells, m->n, slice_str(name), input))
		return rowmap_refuse_twice(m->o, name, p);
	if (*input == NONE && !match_nocase(s, column, m->cells, m->n, input))
		return rowmap_refuse_twice(m->o, name, p);
	if (*input == NONE && map && map[0] &&
	    !match_map(m->cells, m->n, text_trim(slice_str(map)), input))
		return rowmap_refuse_map_twice(m->o, column, map, p);
	return 0;
}

static int match(struct match *m, struct problem *p)
{
	const struct schema *s = m->o->schema;

	for (size_t i = 0; i < s->n; i++) {
		int r = 0;

		m->input[i] = NONE;
		if (m->rules.constant[i])
			m->input[i] = ROWMAP_CONST;
		else if (!s->col[i].amc_fills)
			r = match_column(m, i, p);
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

static int check_repeated(const struct match *m, struct problem *p)
{
	_cleanup_free_ struct slice *sorted = reallocarray(NULL, m->n, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, m->cells, m->n * sizeof(*sorted));
	qsort(sorted, m->n, sizeof(*sorted), by_name);
	for (size_t i = 1; i < m->n; i++) {
		if (sorted[i].n > 0 && slice_eq(sorted[i - 1], sorted[i]))
			return rowmap_refuse_repeated(m->o, sorted[i], p);
	}
	return 0;
}

static int check_missing(const struct match *m, struct problem *p)
{
	const struct schema *s = m->o->schema;
	size_t missing[SCHEMA_MAX_COLUMNS], n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (m->input[i] == NONE && !s->col[i].amc_fills &&
		    rowmap_required(&s->col[i]))
			missing[n++] = i;
	}
	return n ? rowmap_refuse_missing(m->o, &m->rules, missing, n, p) : 0;
}

bool rowmap_wants(const struct rowmap_opts *o, struct slice name)
{
	const struct schema *s = o->schema;
	struct rowmap_rules rules;

	name = text_trim(name); /* as rowmap_new() takes them */
	if (named_by_map(o, name))
		return true;
	if (!named_by_schema(s, name)) /* nearly always: it is asked member by member */
		return false;
	errcode_ignore(rowmap_rules_read(o, &rules, NULL)); /* told at the header */
	for (size_t i = 0; i < s->n; i++) {
		struct slice own = slice_str(s->col[i].name);

		if (!rowmap_rules_from_input(o, &rules, i))
			continue;
		if (slice_eq(name, own) ||
		    (slice_eq_nocase(name, own) && !contested(s, i, name)))
			return true;
	}
	return false;
}

/* A copy of a constant with each line break made a space, as in a cell. */
static char *one_line(const char *text)
{
	char *copy = strdup(text);
	size_t n = 0;

	for (const char *p = text; copy && *p; p++) {
		if (p[0] == '\r' && p[1] == '\n')
			p++;
		copy[n++] = *p == '\r' || *p == '\n' ? ' ' : *p;
	}
	if (copy)
		copy[n] = '\0';
	return copy;
}

static int plan_column(struct rowmap *plan, const struct match *m, size_t i)
{
	const struct schema_column *col = &m->o->schema->col[i];
	struct rowmap_column *c = &plan->columns[plan->n_columns];

	*c = (struct rowmap_column){
		.input = m->input[i],
		.schema = (uint16_t)i,
		.required = rowmap_required(col),
		.treatment = treatment(col),
		.norm = norm_of(col->pii),
	};
	if (c->input == ROWMAP_CONST) {
		c->text = one_line(m->rules.constant[i]);
		if (!c->text)
			return -ENOMEM;
		c->text_n = strlen(c->text);
	} else if (c->required && c->input >= plan->n_needed) {
		plan->n_needed = c->input + 1;
	}
	plan->n_columns++;
	return 0;
}

/* isCountryCode says more than a COUNTRY_CODE among the personal data. */
static void plan_countries(struct rowmap *plan, const struct schema *s)
{
	for (int first = 1; first >= 0; first--) {
		for (size_t i = 0; i < plan->n_columns; i++) {
			const struct rowmap_column *c = &plan->columns[i];

			if (c->treatment == ROWMAP_COUNTRY &&
			    s->col[c->schema].country_code == (first == 1))
				plan->countries[plan->n_countries++] = i;
		}
	}
}

static int plan(struct rowmap *plan, const struct match *m, struct problem *p)
{
	size_t constants = 0;
	int r = 0;

	plan->n_input = m->n;
	for (size_t i = 0; r == 0 && i < m->o->schema->n; i++) {
		if (m->input[i] != NONE)
			r = plan_column(plan, m, i);
		constants += m->input[i] == ROWMAP_CONST;
	}
	if (r == 0 && plan->n_columns == constants)
		return rowmap_refuse_all(m->o, &m->rules, p);
	plan_countries(plan, m->o->schema);
	return r;
}

static bool feeds(const struct rowmap *m, size_t cell)
{
	for (size_t i = 0; i < m->n_columns; i++) {
		if (m->columns[i].input == cell)
			return true;
	}
	return false;
}

int rowmap_ignore(struct rowmap *m, struct slice name)
{
	char *copy;

	if (m->n_ignored == m->room) {
		size_t room = m->room ? 2 * m->room : 16;
		char **more = reallocarray(m->ignored, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		m->ignored = more;
		m->room = room;
	}
	copy = strndup(name.p, name.n);
	if (!copy)
		return -ENOMEM;
	m->ignored[m->n_ignored++] = copy;
	return 0;
}

static int keep_ignored(struct rowmap *m, const struct slice *cells, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (cells[i].n > 0 && !feeds(m, i)) /* no name: a trailing delimiter */
			r = rowmap_ignore(m, cells[i]);
	}
	return r;
}

static int build(struct rowmap *m, const struct rowmap_opts *o, const struct slice *cells,
		 size_t n, struct problem *p)
{
	struct match how = {.o = o, .cells = cells, .n = n};
	int r;

	r = rowmap_rules_read(o, &how.rules, p);
	if (r < 0)
		return r;
	if (n == 0)
		return rowmap_refuse_all(o, &how.rules, p);
	r = match(&how, p);
	if (r == 0)
		r = plan(m, &how, p);
	if (r == 0)
		r = check_repeated(&how, p);
	if (r == 0)
		r = check_missing(&how, p);
	return r < 0 ? r : keep_ignored(m, cells, n);
}

int rowmap_new(struct rowmap **out, const struct rowmap_opts *o,
	       const struct slice *cells, size_t n, struct problem *p)
{
	_cleanup_free_ struct slice *names = calloc(n + 1, sizeof(*names));
	struct rowmap *m = calloc(1, sizeof(*m));
	int r;

	if (!names || !m) {
		free(m);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		names[i] = text_trim(cells[i]);
	r = build(m, o, names, n, p);
	if (r < 0) {
		rowmap_free(m);
		return r;
	}
	*out = m;
	return 0;
}

void rowmap_ignore_only(struct rowmap *m, size_t n)
{
	while (m->n_ignored > n)
		free(m->ignored[--m->n_ignored]);
}

void rowmap_free(struct rowmap *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_columns; i++)
		free(m->columns[i].text);
	rowmap_ignore_only(m, 0);
	free(m->ignored);
	free(m);
}
