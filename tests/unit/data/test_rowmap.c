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

/* The header's cells are given with | between. The plan as text: name=input and
 * what is done with it; then what is ignored. */
static void plan(const char *schema, const char *header, const char *want)
{
	static const char *const how[] = {"keep", "convert", "hash", "country"};
	struct schema *s = columns(schema);
	char text[512], got[512] = "";
	struct slice cells[64];
	struct rowmap *m;
	size_t n, at = 0;

	(void)snprintf(text, sizeof(text), "%s", header);
	n = split(text, cells);
	CHECK_INT(rowmap_new(&m, s, cells, n, NULL), 0);
	CHECK_INT(m->n_input, n);
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct rowmap_column *c = &m->columns[i];

		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s=%zu %s%s; ",
				       s->col[c->schema].name, c->input,
				       how[c->treatment], c->required ? "!" : "");
	}
	for (size_t i = 0; i < m->n_ignored; i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "-%s", m->ignored[i]);
	CHECK_STR(got, want);
	rowmap_free(m);
	schema_free(s);
}

static void refuses(const char *schema, const char *header, int err, const char *note)
{
	struct schema *s = columns(schema);
	struct problem p = {0};
	struct slice cells[64];
	struct rowmap *m = NULL;
	char text[512];
	size_t n;

	(void)snprintf(text, sizeof(text), "%s", header);
	n = split(text, cells);
	CHECK_INT(rowmap_new(&m, s, cells, n, &p), err);
	CHECK(!m);
	CHECK_INT(p.err, err);
	CHECK_STR(problem_text(&p), note);
	schema_free(s);
}

TEST(plans_in_the_data_sets_order)
{
	plan("a b:LONG c:EMAIL", "c|x|b|a|y", "a=3 keep; b=2 convert; c=0 hash; -x-y");
	plan("a b", "b", "b=0 keep; ");
	plan("a", "a|", "a=0 keep; -");
	plan("a:DECIMAL! t:DATE*", "t|a", "a=1 convert!; t=0 convert!; ");
}

TEST(knows_every_treatment)
{
	plan("a:ADDRESS p:PHONE c:COUNTRY_CODE k:@ i:x j:LONGx d:DATE s",
	     "a|p|c|k|i|j|d|s",
	     "a=0 hash; p=1 hash; c=2 country; k=3 country; i=4 keep; j=5 keep; "
	     "d=6 convert; s=7 keep; ");
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
	plan("x", "x||", "x=0 keep; --");
	plan("x", "x|note|Note", "x=0 keep; -note-Note");
}

TEST(counts_the_names_that_do_not_fit)
{
	char words[2000] = "z";
	struct schema *s;
	struct problem p = {0};
	struct slice cell = slice_str("z");
	struct rowmap *m;
	const char *tail;

	for (int i = 0; i < 30; i++)
		(void)snprintf(words + strlen(words), sizeof(words) - strlen(words),
			       " a_rather_long_column_name_%02d:!", i);
	s = columns(words);
	CHECK_INT(rowmap_new(&m, s, &cell, 1, &p), -ERR_MISSING_COLUMN);
	tail = strstr(p.note, "name_13\", \"a_rather_long_column_name_14\" and 15 more, "
			      "which the data set requires; add them to the file");
	CHECK(tail != NULL);
	schema_free(s);
}

TEST(finds_the_rows_country)
{
	struct schema *s = columns("cc:COUNTRY_CODE e:EMAIL row:@");
	struct slice cells[] = {slice_str("e"), slice_str("cc"), slice_str("row")};
	struct rowmap *m;

	CHECK_INT(rowmap_new(&m, s, cells, 3, NULL), 0);
	CHECK_INT(m->n_countries, 2);
	CHECK_INT(m->countries[0], 2);
	CHECK_INT(m->countries[1], 1);
	rowmap_free(m);
	schema_free(s);
}

TEST(rates_headers)
{
	struct schema *s = columns("a b");
	struct slice none[] = {slice_str("x"), slice_str("y")};
	struct slice one[] = {slice_str(" A ")};
	struct slice both[] = {slice_str("b"), slice_str("a")};

	CHECK(rowmap_score(s, none, 1) > 0);
	CHECK(rowmap_score(s, none, 2) > rowmap_score(s, none, 1));
	CHECK(rowmap_score(s, one, 1) > rowmap_score(s, none, 2));
	CHECK(rowmap_score(s, both, 2) > rowmap_score(s, one, 1));
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
	return CHECK_DONE();
}
