/* SPDX-License-Identifier: Apache-2.0 */
#include "data/rowmap.h"

#include <stdio.h>

#include "columns.h"
#include "tool/check.h"

static size_t split(char *text, struct slice *cells)
{
	size_t n = 0;

	for (char *p = text;; p = NULL) {
		char *at = strsep(&text, "|");

		if (!at)
			return n;
		(void)p;
		cells[n++] = slice_str(at);
	}
}

/* Rules as they would stand in a configuration, with | between. */
struct rules {
	char text[512];
	struct rowmap_rule maps[8], consts[8];
};

static void read_rules(struct rules *r, const char *text, struct rowmap_opts *o)
{
	struct slice lines[16];
	size_t n;

	(void)snprintf(r->text, sizeof(r->text), "%s", text);
	n = text[0] ? split(r->text, lines) : 0;
	o->maps = r->maps;
	o->consts = r->consts;
	for (size_t i = 0; i < n; i++) {
		char *line = r->text + (lines[i].p - r->text);
		char *value = strchr(line, '=');
		char *name = strchr(line, '.') + 1;

		*value++ = '\0';
		if (line[0] == 'm')
			r->maps[o->n_maps++] = (struct rowmap_rule){name, value};
		else
			r->consts[o->n_consts++] = (struct rowmap_rule){name, value};
	}
}

static size_t show(const struct rowmap_column *c, const char *name, char *to, size_t room)
{
	static const char *const how[] = {"keep", "convert", "hash", "country",
					  "consent"};
	char from[64];

	if (c->input == ROWMAP_CONST)
		(void)snprintf(from, sizeof(from), "'%s'", c->text);
	else
		(void)snprintf(from, sizeof(from), "%zu", c->input);
	CHECK(c->input != ROWMAP_CONST || c->text_n == strlen(c->text));
	return (size_t)snprintf(to, room, "%s=%s %s%s; ", name, from, how[c->treatment],
				c->required ? "!" : "");
}

/* The header's cells are given with | between. The plan as text: name=input and
 * what is done with it; then what is ignored. */
static void plan_by(const char *rules, const char *schema, const char *header,
		    const char *want)
{
	struct schema *s = columns(schema);
	struct rowmap_opts o = {.schema = s};
	char text[512], got[512] = "";
	struct slice cells[64];
	struct rules r;
	struct rowmap *m;
	size_t n, at = 0;

	read_rules(&r, rules, &o);
	(void)snprintf(text, sizeof(text), "%s", header);
	n = split(text, cells);
	CHECK_INT(rowmap_new(&m, &o, cells, n, NULL), 0);
	CHECK_INT(m->n_input, n);
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct rowmap_column *c = &m->columns[i];

		at += show(c, s->col[c->schema].name, got + at, sizeof(got) - at);
	}
	for (size_t i = 0; i < m->n_ignored; i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "-%s", m->ignored[i]);
	CHECK_STR(got, want);
	rowmap_free(m);
	schema_free(s);
}

static void plan(const char *schema, const char *header, const char *want)
{
	plan_by("", schema, header, want);
}

struct refusal {
	const char *rules;
	enum rowmap_names names;
	const char *schema, *header;
	int err;
	const char *note;
};

static void check_refusal(const struct refusal *f)
{
	struct schema *s = columns(f->schema);
	struct rowmap_opts o = {.schema = s, .names = f->names};
	struct problem p = {0};
	struct slice cells[64];
	struct rules r;
	struct rowmap *m = NULL;
	char text[512];
	size_t n;

	read_rules(&r, f->rules, &o);
	(void)snprintf(text, sizeof(text), "%s", f->header);
	n = split(text, cells);
	CHECK_INT(rowmap_new(&m, &o, cells, n, &p), f->err);
	CHECK(!m);
	CHECK_INT(p.err, f->err);
	CHECK_STR(problem_text(&p), f->note);
	schema_free(s);
}

static void refuses(const char *schema, const char *header, int err, const char *note)
{
	struct refusal f = {"", ROWMAP_HEADER, schema, header, err, note};

	check_refusal(&f);
}

/* The rules, for a data set "email Name:! name when:DATE user_id:-" and a header
 * with a column x. */
static void refuses_rules(const char *rules, const char *note)
{
	struct refusal f = {
		rules, ROWMAP_HEADER,	 "email Name:! name when:DATE user_id:-",
		"x",   -ERR_BAD_MAPPING, note};

	check_refusal(&f);
}

TEST(plans_in_the_data_sets_order)
{
	plan("a b:LONG c:EMAIL", "c|x|b|a|y", "a=3 keep; b=2 convert; c=0 hash; -x-y");
	plan("a b", "b", "b=0 keep; ");
	plan("a", "a|", "a=0 keep; "); /* no name, no column */
	plan("a", "|a| ", "a=1 keep; ");
	plan("a:DECIMAL! t:DATE*", "t|a", "a=1 convert!; t=0 convert!; ");
}

TEST(knows_every_treatment)
{
	plan("a:ADDRESS p:PHONE c:COUNTRY_CODE k:@ i:x j:LONGx d:DATE s",
	     "a|p|c|k|i|j|d|s",
	     "a=0 hash; p=1 hash; c=2 country; k=3 country; i=4 keep; j=5 keep; "
	     "d=6 convert; s=7 keep; ");
	plan("t:TCF g:GPP u:AMZN_USER_DATA s:AMZN_AD_STORAGE!", "t|g|u|s",
	     "t=0 keep; g=1 keep; u=2 consent; s=3 consent!; ");
}

TEST(prefers_exact_names)
{
	plan("email", "EMAIL|email", "email=1 keep; -EMAIL");
	plan("email", "Email", "email=0 keep; ");
	plan("email Email", "Email", "Email=0 keep; ");
	plan("email Email x", "EMAIL|x", "x=1 keep; -EMAIL"); /* whose? */
	plan("email Email", "email|Email", "email=0 keep; Email=1 keep; ");
	plan("email x", "\xc3\x89mail|x", "x=1 keep; -\xc3\x89mail");
	plan("\xc3\xa9 x", "\xc3\x89|x", "x=1 keep; -\xc3\x89"); /* ASCII only */
}

TEST(trims_names)
{
	plan("a b",
	     " a |\xc2\xa0"
	     "b\t",
	     "a=0 keep; b=1 keep; ");
	plan("a", "a| c ", "a=0 keep; -c");
}

TEST(never_takes_what_amc_fills)
{
	plan("a user_id:LONG!- user_type:-", "user_id|USER_TYPE|a",
	     "a=2 keep; -user_id-USER_TYPE");
}

TEST(lists_every_missing_column)
{
	refuses("a b:! c:! t:TIMESTAMP* d", "a|C", -ERR_MISSING_COLUMN,
		"the header lacks \"b\", \"t\", which the data set requires; add them "
		"to the file");
	refuses("a b:!", "a", -ERR_MISSING_COLUMN,
		"the header lacks \"b\", which the data set requires; add it to the "
		"file");
}

TEST(does_not_repeat_what_may_be_data)
{
	refuses("email phone:! user_id:-", "jane@example.com|+15551234567|jane",
		-ERR_MISSING_COLUMN,
		"the first row names no column of the data set; it must be a header "
		"with some of \"phone\", \"email\", separated by , ; tab or |");
	refuses("email", "jane|jane", -ERR_MISSING_COLUMN,
		"the first row names no column of the data set; it must be a header "
		"with some of \"email\", separated by , ; tab or |");
	refuses("user_id:-", "user_id", -ERR_MISSING_COLUMN,
		"the first row names no column of the data set; it must be a header "
		"with some of its columns, separated by , ; tab or |");
}

TEST(refuses_duplicates)
{
	static const char twice[] = "two columns of the header name the data set's "
				    "column \"email\"; leave one of them out";

	refuses("email x", "email|x|email", -ERR_DUPLICATE_COLUMN, twice);
	refuses("email x", "Email|x|EMAIL", -ERR_DUPLICATE_COLUMN, twice);
	refuses("email x:!", " email |email", -ERR_DUPLICATE_COLUMN, twice);
	refuses("x", "x|note|note", -ERR_DUPLICATE_COLUMN,
		"the name \"note\" stands twice in the header; rename one of the "
		"columns or leave it out");
	plan("x", "x||", "x=0 keep; ");
	plan("x", "x|note|Note", "x=0 keep; -note-Note");
}

TEST(counts_the_names_that_do_not_fit)
{
	char words[2000] = "z";
	struct schema *s;
	struct problem p = {0};
	struct slice cell = slice_str("z");
	struct rowmap_opts o = {0};
	struct rowmap *m;
	const char *tail;

	for (int i = 0; i < 30; i++)
		(void)snprintf(words + strlen(words), sizeof(words) - strlen(words),
			       " a_rather_long_column_name_%02d:!", i);
	s = columns(words);
	o.schema = s;
	CHECK_INT(rowmap_new(&m, &o, &cell, 1, &p), -ERR_MISSING_COLUMN);
	tail = strstr(p.note, "name_13\", \"a_rather_long_column_name_14\" and 15 more, "
			      "which the data set requires; add them to the file");
	CHECK(tail != NULL);
	schema_free(s);
}

TEST(finds_the_rows_country)
{
	struct schema *s = columns("cc:COUNTRY_CODE e:EMAIL row:@");
	struct slice cells[] = {slice_str("e"), slice_str("cc"), slice_str("row")};
	struct rowmap_opts o = {.schema = s};
	struct rowmap *m;

	CHECK_INT(rowmap_new(&m, &o, cells, 3, NULL), 0);
	CHECK_INT(m->n_countries, 2);
	CHECK_INT(m->countries[0], 2); /* columns of the plan */
	CHECK_INT(m->countries[1], 0);
	rowmap_free(m);
	schema_free(s);
}

TEST(rates_headers)
{
	struct schema *s = columns("a b");
	struct rowmap_rule map = {"a", "Long Name"};
	struct rowmap_opts o = {.schema = s, .maps = &map};
	struct slice none[] = {slice_str("x"), slice_str("y")};
	struct slice one[] = {slice_str(" A ")};
	struct slice both[] = {slice_str("b"), slice_str("a")};
	struct slice mapped[] = {slice_str("long name "), slice_str("B")};

	CHECK(rowmap_score(&o, none, 1) > 0);
	CHECK(rowmap_score(&o, none, 2) > rowmap_score(&o, none, 1));
	CHECK(rowmap_score(&o, one, 1) > rowmap_score(&o, none, 2));
	CHECK(rowmap_score(&o, both, 2) > rowmap_score(&o, one, 1));
	CHECK(rowmap_score(&o, mapped, 2) < rowmap_score(&o, both, 2));
	o.n_maps = 1;
	CHECK_INT(rowmap_score(&o, mapped, 2), rowmap_score(&o, both, 2));
	schema_free(s);
}

TEST(maps_what_no_name_matches)
{
	plan_by("map.email=E-Mail", "email:EMAIL x", "E-Mail|x",
		"email=0 hash; x=1 keep; ");
	plan_by("map.email=e-mail", "email:EMAIL x", "E-Mail|x",
		"email=0 hash; x=1 keep; ");
	plan_by("map.email=e-mail", "email", "E-Mail|e-mail", "email=1 keep; -E-Mail");
	plan_by("map.email= mail ", "email", " mail|x", "email=0 keep; -x");
	plan_by("map.email=mail", "email", "mail|EMAIL", "email=1 keep; -mail");
	plan_by("map.EMAIL=mail", "email", "mail", "email=0 keep; ");
	plan_by("map.a=x|map.b=X", "a b c", "x|c", "a=0 keep; b=0 keep; c=1 keep; ");
	plan_by("map.a=b", "a b", "b", "a=0 keep; b=0 keep; ");
	plan_by("map.a=nowhere", "a b", "b", "b=0 keep; ");
	plan_by("map.a=", "a b", "b||", "b=0 keep; "); /* unset */
	plan_by("map.Name=n|map.name=m", "name Name", "m|n",
		"name=0 keep; Name=1 keep; ");
}

TEST(prefers_constants)
{
	plan_by("const.source=crm", "email source", "email",
		"email=0 keep; source='crm' keep; ");
	plan_by("const.Source=crm", "email source", "Source|email",
		"email=1 keep; source='crm' keep; -Source");
	plan_by("const.when=2026-01-01", "when:DATE* email", "email",
		"when='2026-01-01' convert!; email=0 keep; ");
	plan_by("const.a=1\r\n2\r3\n\n4", "a b", "b", "a='1 2 3  4' keep; b=0 keep; ");
	plan_by("const.a=", "a b", "b", "a='' keep; b=0 keep; ");
}

TEST(finds_the_cells_that_must_be_there)
{
	struct schema *s = columns("a b:! t:DATE* d e:!");
	struct slice cells[] = {slice_str("a"), slice_str("t"), slice_str("b"),
				slice_str("d"), slice_str("y")};
	struct rowmap_rule e = {"e", "1"};
	struct rowmap_opts o = {.schema = s, .consts = &e, .n_consts = 1};
	struct rowmap *m;

	CHECK_INT(rowmap_new(&m, &o, cells, 5, NULL), 0);
	CHECK_INT(m->n_input, 5);
	CHECK_INT(m->n_needed, 3);
	rowmap_free(m);
	schema_free(s);
}

TEST(refuses_rules_without_sense)
{
	refuses_rules("const.source=crm",
		      "const.source names no column of the data set; see its "
		      "definition.json for their names");
	refuses_rules("map.source=crm",
		      "map.source names no column of the data set; see its "
		      "definition.json for their names");
	refuses_rules("map.NAME=x", "map.NAME fits several columns of the data set that "
				    "differ in case alone; write the name exactly");
	refuses_rules("map.User_ID=x", "map.User_ID names the column \"user_id\", which "
				       "AMC fills itself; remove that line");
	refuses_rules("const.user_id=x", "const.user_id names the column \"user_id\", "
					 "which AMC fills itself; remove that line");
	refuses_rules("map.email=x|map.Email=y",
		      "two lines set map.email; remove one of them");
	refuses_rules("const.email=x|map.Email=y",
		      "both map.email and const.email are set; remove one of them");
	refuses_rules("const.email=\xff",
		      "the value of const.email is not valid UTF-8; if "
		      "it holds ${file}, rename the file");
}

TEST(says_what_was_looked_for)
{
	const struct refusal refusals[] = {
		{"map.b=Bee|const.c=1", ROWMAP_HEADER, "a b:! c:! d:!", "a|c",
		 -ERR_MISSING_COLUMN,
		 "the header lacks \"b\" (\"Bee\" by map.b), \"d\", which the data set "
		 "requires; add them to the file"},
		{"map.b=Bee|const.c=1", ROWMAP_HEADER, "a b:! c:!", "jane|c",
		 -ERR_MISSING_COLUMN,
		 "the first row names no column of the data set; it must be a header "
		 "with some of \"b\" (\"Bee\" by map.b), \"a\", separated by , ; tab or "
		 "|"},
		{"map.b=Bee", ROWMAP_HEADER, "a b", "a|BEE|bEE", -ERR_DUPLICATE_COLUMN,
		 "map.b means \"Bee\", and several columns of the file have that name "
		 "but for case; write it exactly"},
		{"", ROWMAP_COLUMNS, "a b:!", "a|c", -ERR_MISSING_COLUMN,
		 "columns lacks \"b\", which the data set requires; add it where the file "
		 "has it"},
		{"", ROWMAP_COLUMNS, "a b:!", "c|", -ERR_MISSING_COLUMN,
		 "columns names no column of the data set; it must name those of the "
		 "file in their order, with some of \"b\", \"a\""},
		{"", ROWMAP_COLUMNS, "a b", "A|b|A", -ERR_DUPLICATE_COLUMN,
		 "two names in columns mean the data set's column \"a\"; leave the place "
		 "of the one to be ignored empty"},
		{"", ROWMAP_COLUMNS, "a b", "a|x|x", -ERR_DUPLICATE_COLUMN,
		 "columns has the name \"x\" twice; leave the place of a column to be "
		 "ignored empty"},
		{"", ROWMAP_KEYS, "a b:!", "a|c", -ERR_MISSING_COLUMN,
		 "the first lines lack \"b\", which the data set requires; add it to the "
		 "file"},
		{"", ROWMAP_KEYS, "a b:!", "c", -ERR_MISSING_COLUMN,
		 "no key of the first lines is a column of the data set; the objects "
		 "must have some of \"b\", \"a\""},
		{"", ROWMAP_KEYS, "abc b:!", "b|ABc|Abc", -ERR_DUPLICATE_COLUMN,
		 "two keys name the data set's column \"abc\"; leave one of them out"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		check_refusal(&refusals[i]);
}

TEST(knows_what_it_wants)
{
	struct schema *s = columns("email name Name c user_id:-");
	struct rowmap_rule map = {"c", " Long Name"}, constant = {"email", "x"};
	struct rowmap_opts o = {.schema = s, .maps = &map, .consts = &constant};

	CHECK(rowmap_wants(&o, slice_str("email")));
	CHECK(rowmap_wants(&o, slice_str("EMAIL")));
	CHECK(rowmap_wants(&o, slice_str("Name")));
	CHECK(!rowmap_wants(&o, slice_str("NAME")));
	CHECK(rowmap_wants(&o, slice_str(" Name\t")));
	CHECK(!rowmap_wants(&o, slice_str("user_id")));
	CHECK(!rowmap_wants(&o, slice_str("Long Name")));
	CHECK(!rowmap_wants(&o, slice_str("")));
	o.n_maps = 1;
	CHECK(rowmap_wants(&o, slice_str("long name")));
	CHECK(rowmap_wants(&o, slice_str("long name ")));
	CHECK(rowmap_wants(&o, slice_str("C")));
	CHECK(!rowmap_wants(&o, slice_str("c.long name")));
	o.n_consts = 1;
	CHECK(!rowmap_wants(&o, slice_str("email")));
	CHECK(!rowmap_wants(&o, slice_str("EMAIL")));
	CHECK(rowmap_wants(&o, slice_str("Name")));
	schema_free(s);
}

TEST(keeps_ignored_names)
{
	struct schema *s = columns("a");
	struct slice cell = slice_str("a");
	struct rowmap_opts o = {.schema = s};
	struct rowmap *m;

	CHECK_INT(rowmap_new(&m, &o, &cell, 1, NULL), 0);
	CHECK_INT(m->n_ignored, 0);
	for (int i = 0; i < 50; i++)
		CHECK_INT(rowmap_ignore(m, slice_of("number", (size_t)i % 7)), 0);
	CHECK_INT(m->n_ignored, 50);
	CHECK_STR(m->ignored[20], "number");
	rowmap_ignore_only(m, 3);
	CHECK_INT(m->n_ignored, 3);
	CHECK_STR(m->ignored[2], "nu");
	rowmap_ignore_only(m, 9);
	CHECK_INT(m->n_ignored, 3);
	rowmap_free(m);
	schema_free(s);
}

int main(void)
{
	RUN(plans_in_the_data_sets_order);
	RUN(knows_every_treatment);
	RUN(prefers_exact_names);
	RUN(trims_names);
	RUN(never_takes_what_amc_fills);
	RUN(lists_every_missing_column);
	RUN(does_not_repeat_what_may_be_data);
	RUN(refuses_duplicates);
	RUN(counts_the_names_that_do_not_fit);
	RUN(finds_the_rows_country);
	RUN(rates_headers);
	RUN(maps_what_no_name_matches);
	RUN(prefers_constants);
	RUN(finds_the_cells_that_must_be_there);
	RUN(refuses_rules_without_sense);
	RUN(says_what_was_looked_for);
	RUN(knows_what_it_wants);
	RUN(keeps_ignored_names);
	return CHECK_DONE();
}
