/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rowmap_refuse - why there is no plan, in the words of where the names stood
 */
#include "base/scope.h"
#include "data/rowmap_priv.h"

/* Room for names in a sentence; the rest are counted. */
#define LIST_BYTES 480

/* "a", "b" ("B" by map.b) and 3 more */
static int list(struct buf *b, const struct rowmap_opts *o,
		const struct rowmap_rules *rules, const size_t *columns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = o->schema->col[columns[i]].name;
		const char *map = rules->map[columns[i]];
		size_t more = strlen(name) + 4;
		int r;

		if (map)
			more += strlen(map) + strlen(name) + 14;
		if (b->n + more > LIST_BYTES && i > 0)
			return buf_addf(b, " and %zu more", n - i);
		r = buf_addf(b, "%s\"%s\"", i ? ", " : "", name);
		if (r == 0 && map)
			r = buf_addf(b, " (\"%.255s\" by map.%s)", map, name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What stands before and behind a name, or the names. */
struct around {
	const char *before, *behind;
};

static int list_columns(struct buf *b, const struct rowmap_opts *o,
			const struct rowmap_rules *rules)
{
	const struct schema *s = o->schema;
	size_t columns[SCHEMA_MAX_COLUMNS], n = 0;

	for (int required = 1; required >= 0; required--) {
		for (size_t i = 0; i < s->n; i++) {
			if (rowmap_rules_from_input(o, rules, i) &&
			    rowmap_required(&s->col[i]) == (required == 1))
				columns[n++] = i;
		}
	}
	return n ? list(b, o, rules, columns, n) : buf_adds(b, "its columns");
}

int rowmap_refuse_all(const struct rowmap_opts *o, const struct rowmap_rules *rules,
		      struct problem *p)
{
	static const struct around all[] = {
		[ROWMAP_HEADER] = {"the first row names no column of the data set; it "
				   "must be a header with some of ",
				   ", separated by , ; tab or |"},
		[ROWMAP_COLUMNS] = {"columns names no column of the data set; it must "
				    "name those of the file in their order, with some "
				    "of ",
				    ""},
		[ROWMAP_KEYS] = {"no key of the first lines is a column of the data "
				 "set; the objects must have some of ",
				 ""},
	};
	_cleanup_buf_ struct buf b = BUF_INIT(4 * LIST_BYTES);

	if (list_columns(&b, o, rules) < 0 || !buf_str(&b))
		return -ENOMEM;
	return problem_set(p, -ERR_MISSING_COLUMN, "%s%s%s", all[o->names].before, b.p,
			   all[o->names].behind);
}

int rowmap_refuse_missing(const struct rowmap_opts *o, const struct rowmap_rules *rules,
			  const size_t *columns, size_t n, struct problem *p)
{
	static const struct around missing[] = {
		[ROWMAP_HEADER] = {"the header lacks", "to the file"},
		[ROWMAP_COLUMNS] = {"columns lacks", "where the file has it"},
		[ROWMAP_KEYS] = {"the first lines lack", "to the file"},
	};
	const struct around *words = &missing[o->names];
	_cleanup_buf_ struct buf b = BUF_INIT(4 * LIST_BYTES);

	if (list(&b, o, rules, columns, n) < 0 || !buf_str(&b))
		return -ENOMEM;
	return problem_set(p, -ERR_MISSING_COLUMN,
			   "%s %s, which the data set requires; add %s %s", words->before,
			   b.p, n == 1 ? "it" : "them", words->behind);
}

int rowmap_refuse_twice(const struct rowmap_opts *o, const char *name, struct problem *p)
{
	static const struct around twice[] = {
		[ROWMAP_HEADER] = {"two columns of the header name",
				   "leave one of them out"},
		[ROWMAP_COLUMNS] = {"two names in columns mean",
				    "leave the place of the one to be ignored empty"},
		[ROWMAP_KEYS] = {"two keys name", "leave one of them out"},
	};
	const struct around *words = &twice[o->names];

	return problem_set(p, -ERR_DUPLICATE_COLUMN,
			   "%s the data set's column \"%s\"; %s", words->before, name,
			   words->behind);
}

int rowmap_refuse_map_twice(const struct rowmap_opts *o, size_t column, const char *input,
			    struct problem *p)
{
	return problem_set(
		p, -ERR_DUPLICATE_COLUMN,
		"map.%s means \"%.255s\", and several columns of the file have "
		"that name but for case; write it exactly",
		o->schema->col[column].name, input);
}

int rowmap_refuse_repeated(const struct rowmap_opts *o, struct slice name,
			   struct problem *p)
{
	int n = name.n < 200 ? (int)name.n : 200;

	if (o->names == ROWMAP_COLUMNS)
		return problem_set(p, -ERR_DUPLICATE_COLUMN,
				   "columns has the name \"%.*s\" twice; leave the place "
				   "of a column to be ignored empty",
				   n, name.p);
	return problem_set(p, -ERR_DUPLICATE_COLUMN,
			   "the name \"%.*s\" stands twice in the header; "
			   "rename one of the columns or leave it out",
			   n, name.p);
}
