/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rowmap_rules - map.COLUMN and const.COLUMN, seen from the data set's columns
 *
 * A rule that can have no effect, or two that contradict each other, are refused:
 * somebody relies on them, and a column that stays empty for a typing error is
 * noticed weeks later.
 */
#include "data/rowmap_priv.h"
#include "data/text.h"

enum { RULE_NONE = -1, RULE_UNCLEAR = -2 };

/* The column that a rule means: exactly, or else the only one but for case. */
static int find_column(const struct schema *s, const char *name)
{
	int found = RULE_NONE;

	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->col[i].name, name) == 0)
			return (int)i;
		if (slice_eq_nocase(slice_str(s->col[i].name), slice_str(name)))
			found = found == RULE_NONE ? (int)i : RULE_UNCLEAR;
	}
	return found;
}

static int refuse(const struct rowmap_opts *o, const char *key, const char *name,
		  int found, struct problem *p)
{
	if (found == RULE_NONE)
		return problem_set(p, -ERR_BAD_MAPPING,
				   "%s.%.255s names no column of the data set; see its "
				   "definition.json for their names",
				   key, name);
	if (found == RULE_UNCLEAR)
		return problem_set(p, -ERR_BAD_MAPPING,
				   "%s.%.255s fits several columns of the data set that "
				   "differ in case alone; write the name exactly",
				   key, name);
	return problem_set(p, -ERR_BAD_MAPPING,
			   "%s.%.255s names the column \"%s\", which AMC fills itself; "
			   "remove that line",
			   key, name, o->schema->col[found].name);
}

static int read_rules(const struct rowmap_opts *o, const char *key,
		      const struct rowmap_rule *rules, size_t n, const char **by_column,
		      struct problem *p)
{
	const struct schema *s = o->schema;

	for (size_t i = 0; i < n; i++) {
		int found = find_column(s, rules[i].column);

		if (found < 0 || s->col[found].amc_fills)
			return refuse(o, key, rules[i].column, found, p);
		if (by_column[found])
			return problem_set(p, -ERR_BAD_MAPPING,
					   "two lines set %s.%s; remove one of them", key,
					   s->col[found].name);
		by_column[found] = rules[i].text;
	}
	return 0;
}

int rowmap_rules_read(const struct rowmap_opts *o, struct rowmap_rules *out,
		      struct problem *p)
{
	const struct schema *s = o->schema;
	int r;

	memset(out, 0, sizeof(*out));
	r = read_rules(o, "map", o->maps, o->n_maps, out->map, p);
	if (r == 0)
		r = read_rules(o, "const", o->consts, o->n_consts, out->constant, p);
	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const char *text = out->constant[i];

		if (text && out->map[i])
			return problem_set(
				p, -ERR_BAD_MAPPING,
				"both map.%s and const.%s are set; remove one of them",
				s->col[i].name, s->col[i].name);
		if (text && !text_valid(text, strlen(text)))
			return problem_set(p, -ERR_BAD_MAPPING,
					   "the value of const.%s is not valid UTF-8; if "
					   "it holds ${file}, rename the file",
					   s->col[i].name);
	}
	return r;
}

bool rowmap_rules_from_input(const struct rowmap_opts *o,
			     const struct rowmap_rules *rules, size_t column)
{
	return !o->schema->col[column].amc_fills && !rules->constant[column];
}
