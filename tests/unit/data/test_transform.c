/* SPDX-License-Identifier: Apache-2.0 */
#include "data/transform.h"

#include "columns.h"
#include "tool/check.h"

#define JANE "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"
#define ABC  "9eceb13483d7f187ec014fd6d4854d1420cfc634328af85f51d0323ba8622e21"

/* One transform over rows whose cells stand in the order of the schema. */
struct rig {
	struct schema *schema;
	struct rowmap *map;
	struct transform *t;
	struct report report;
	struct buf out;
	size_t n;
};

/* With at most one constant; the cells are those of the columns without. */
static struct rig *rig_with(const char *words, struct transform_opts o, const char *name,
			    const char *value)
{
	struct rig *g = calloc(1, sizeof(*g));
	struct slice names[SCHEMA_MAX_COLUMNS];
	struct rowmap_rule rule = {name, value};
	struct rowmap_opts plan = {.consts = &rule, .n_consts = name != NULL};

	g->schema = columns(words);
	for (size_t i = 0; i < g->schema->n; i++) {
		if (!name || strcmp(g->schema->col[i].name, name) != 0)
			names[g->n++] = slice_str(g->schema->col[i].name);
	}
	plan.schema = g->schema;
	CHECK_INT(rowmap_new(&g->map, &plan, names, g->n, NULL), 0);
	o.schema = g->schema;
	CHECK_INT(transform_new(&g->t, &o), 0);
	buf_init(&g->out, 1 << 20);
	return g;
}

static struct rig *rig_new(const char *words, const char *null_text)
{
	return rig_with(words, (struct transform_opts){.null_text = null_text}, NULL,
			NULL);
}

static void rig_free(struct rig *g)
{
	transform_free(g->t);
	rowmap_free(g->map);
	schema_free(g->schema);
	buf_fini(&g->out);
	free(g);
}

static int give(struct rig *g, const uint8_t *kinds, const char *const *cells, size_t n)
{
	struct slice s[8];
	struct row row = {.line = 7, .cells = s, .n = n, .kinds = kinds};

	for (size_t i = 0; i < n; i++)
		s[i] = slice_str(cells[i]);
	buf_clear(&g->out);
	return transform_row(g->t, g->map, &row, &g->out, &g->report);
}

#define GIVE(g, ...)                                      \
	give(g, NULL, (const char *const[]){__VA_ARGS__}, \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define GIVES(g, want, ...)                                            \
	do {                                                           \
		CHECK_INT(GIVE(g, __VA_ARGS__), 0);                    \
		CHECK_MEM((g)->out.p, (g)->out.n, want, strlen(want)); \
	} while (0)

TEST(keeps_plain_columns)
{
	struct rig *g = rig_new("a id:x b", NULL);

	GIVES(g, " a ,A-b_C,\"x,\"\"y\"\"\"\n", " a ", "A-b_C", "x,\"y\"");
	GIVES(g, ",,\n", "", "", "");
	GIVES(g, " ,NULL,nan\n", " ", "NULL", "nan");
	CHECK_INT(g->report.rows_out, 3);
	CHECK_INT(g->report.rows_skipped, 0);
	CHECK_INT(g->report.rows_in, 0); /* the caller's to count */
	rig_free(g);
}

TEST(hashes_email)
{
	struct rig *g = rig_new("e:EMAIL b", NULL);

	GIVES(g, JANE ",x\n", "jane@example.com", "x");
	GIVES(g, JANE ",x\n", "\xc2\xa0 Jane@Example.COM ", "x");
	GIVES(g, ABC ",x\n",
	      " 9ECEB13483D7F187EC014FD6D4854D1420CFC634328AF85F51D0323BA8622E21 ", "x");
	GIVES(g, ",x\n", "", "x");
	GIVES(g, ",x\n", " \xe3\x80\x80 ", "x");
	CHECK_INT(g->report.invalid[0], 0);
	GIVES(g, ",x\n", "not an address", "x");
	GIVES(g, ",x\n", "\xe4\xbe\x8b@\xe4\xbe\x8b", "x");
	CHECK_INT(g->report.invalid[0], 2);
	CHECK_INT(g->report.rows_out, 7);
	CHECK_INT(g->report.rows_skipped, 0);
	rig_free(g);
}

TEST(skips_nulls_where_none_is_allowed)
{
	struct rig *g = rig_new("e:EMAIL! t:DATE* s:!", "NA");

	GIVES(g, "", "", "2026-01-01", "x");
	GIVES(g, "", "jane", "2026-01-01", "x");
	GIVES(g, "", ABC, "", "x");
	GIVES(g, "", ABC, "  ", "x");
	GIVES(g, "", ABC, " NA ", "x");
	GIVES(g, "", ABC, "2026-01-01", "");
	GIVES(g, "", ABC, "2026-01-01", "NA");
	GIVES(g, ABC ",2026-01-01, NA \n", ABC, "2026-01-01", " NA ");
	CHECK_INT(g->report.rows_skipped, 7);
	CHECK_INT(g->report.rows_out, 1);
	CHECK_INT(g->report.n_skips, 3);
	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(g->report.skips[i].column, i);
		CHECK_INT(g->report.skips[i].reason, REPORT_NULL);
		CHECK_INT(g->report.skips[i].lines[0], 7);
	}
	CHECK_INT(g->report.skips[0].count, 2);
	CHECK_INT(g->report.skips[1].count, 3);
	CHECK_INT(g->report.skips[2].count, 2);
	CHECK_INT(g->report.invalid[0], 1);
	rig_free(g);
}

TEST(takes_the_null_text_for_null)
{
	struct rig *g = rig_new("a e:EMAIL n:LONG", "null");

	GIVES(g, ",,\n", "null", "null", "null");
	GIVES(g, "Null,,\n", "Null", " null ", " null");
	CHECK_INT(g->report.invalid[1], 0);
	rig_free(g);
}

TEST(skips_what_cannot_be_converted)
{
	struct rig *g = rig_new("n:INTEGER d:DECIMAL t:TIMESTAMP", NULL);

	GIVES(g, "1,2.50,2026-01-02T00:00:00Z\n", " +1 ", "\t2.50", "2026-01-02 ");
	GIVES(g, "", "x", "1", "0");
	GIVES(g, "", "2147483648", "1", "0");
	GIVES(g, "", "1", "1,5", "0");
	GIVES(g, "", "1", "1", "1718454645000");
	GIVES(g, ",,\n", "", " ", "");
	CHECK_INT(g->report.rows_skipped, 4);
	CHECK_INT(g->report.n_skips, 3);
	CHECK_INT(g->report.skips[0].column, 0);
	CHECK_INT(g->report.skips[0].reason, REPORT_INVALID);
	CHECK_INT(g->report.skips[0].count, 2);
	CHECK_INT(g->report.skips[2].column, 2);
	CHECK_INT(g->report.invalid[0], 0);
	rig_free(g);
}

TEST(skips_ragged_rows)
{
	struct rig *g = rig_new("a b:! c:LONG d:EMAIL", NULL);

	GIVES(g, "", "1");
	GIVES(g, "1,2,,\n", "1", "2");
	GIVES(g, "1,2,3,\n", "1", "2", "3");
	GIVES(g, "1,2,3,\n", "1", "2", "3", "");
	GIVES(g, "1,2,3,\n", "1", "2", "3", "", "");
	GIVES(g, "1,2,3,\n", "1", "2", "3", "", "", "", "");
	GIVES(g, "", "1", "2", "3", "", "x");
	GIVES(g, "", "1", "2", "3", "", " ");
	GIVES(g, "", "1", "2", "3", "", "", "x", "");
	CHECK_INT(g->report.rows_out, 5);
	CHECK_INT(g->report.rows_skipped, 4);
	CHECK_INT(g->report.n_skips, 1);
	CHECK_INT(g->report.skips[0].column, REPORT_NO_COLUMN);
	CHECK_INT(g->report.skips[0].reason, REPORT_FIELDS);
	rig_free(g);
}

/* Cells beyond the most that are kept are counted, but not there to be read. */
TEST(skips_rows_without_end)
{
	struct rig *g = rig_new("a", NULL);
	struct slice *cells = calloc(ROW_MAX_CELLS, sizeof(*cells));
	struct row row = {.line = 7, .cells = cells, .n = ROW_MAX_CELLS};

	cells[0] = slice_str("x");
	CHECK_INT(transform_row(g->t, g->map, &row, &g->out, &g->report), 0);
	CHECK_INT(g->report.rows_out, 1);
	row.n++;
	CHECK_INT(transform_row(g->t, g->map, &row, &g->out, &g->report), 0);
	CHECK_INT(g->report.rows_out, 1);
	CHECK_INT(g->report.skips[0].reason, REPORT_FIELDS);
	free(cells);
	rig_free(g);
}

TEST(skips_flawed_rows)
{
	struct rig *g = rig_new("a", NULL);
	struct row row = {.line = 7, .flaw = ROW_NOT_JSON};

	CHECK_INT(transform_row(g->t, g->map, &row, &g->out, &g->report), 0);
	row.flaw = ROW_LATE_KEY;
	CHECK_INT(transform_row(g->t, g->map, &row, &g->out, &g->report), 0);
	CHECK_INT(g->out.n, 0);
	CHECK_INT(g->report.rows_skipped, 2);
	CHECK_INT(g->report.n_skips, 2);
	CHECK_INT(g->report.skips[0].column, REPORT_NO_COLUMN);
	CHECK_INT(g->report.skips[0].reason, REPORT_JSON);
	CHECK_INT(g->report.skips[0].lines[0], 7);
	CHECK_INT(g->report.skips[1].column, REPORT_NO_COLUMN);
	CHECK_INT(g->report.skips[1].reason, REPORT_FIELDS);
	rig_free(g);
}

TEST(hashes_only_text)
{
	static const uint8_t text[4] = {ROW_TEXT, ROW_TEXT, ROW_TEXT, ROW_TEXT};
	static const uint8_t no_text[4] = {ROW_BOOL, ROW_NESTED, ROW_BOOL, ROW_NESTED};
	const char *const cells[] = {"true", "{\"a\":1}", "true", "[\"de\"]"};
	struct rig *g = rig_new("n:FIRST_NAME e:CITY s k:@", NULL);

	CHECK_INT(give(g, text, cells, 4), 0);
	CHECK_INT(g->out.n, 64 + 1 + 64 + 1 + 4 + 1 + 0 + 1);
	CHECK_INT(g->report.invalid[0] + g->report.invalid[1], 0);
	CHECK_INT(give(g, no_text, cells, 4), 0);
	CHECK_MEM(g->out.p, g->out.n, ",,true,\n", 8);
	CHECK_INT(g->report.invalid[0], 1);
	CHECK_INT(g->report.invalid[1], 1);
	CHECK_INT(g->report.invalid[2], 0);
	CHECK_INT(g->report.invalid[3], 2);
	rig_free(g);
}

TEST(converts_only_text)
{
	static const uint8_t kinds[2] = {ROW_TEXT, ROW_BOOL};
	static const uint8_t nested[2] = {ROW_TEXT, ROW_NESTED};
	struct rig *g = rig_new("s n:LONG", NULL);

	CHECK_INT(give(g, kinds, (const char *const[]){"a", "true"}, 2), 0);
	CHECK_INT(give(g, nested, (const char *const[]){"a", "[1]"}, 2), 0);
	CHECK_INT(g->out.n, 0);
	CHECK_INT(g->report.skips[0].column, 1);
	CHECK_INT(g->report.skips[0].reason, REPORT_INVALID);
	CHECK_INT(g->report.skips[0].count, 2);
	rig_free(g);
}

TEST(takes_consent_at_its_word)
{
	struct rig *g = rig_new("t:TCF g:GPP u:AMZN_USER_DATA s:AMZN_AD_STORAGE!", "-");

	GIVES(g, " CP x ,DBAA~1,GRANTED,DENIED\n", " CP x ", "DBAA~1", "GRANTED",
	      "DENIED");
	GIVES(g, ",,,GRANTED\n", "", "-", " ", "GRANTED");
	GIVES(g, ",,,GRANTED\n", "", "", "-", "GRANTED");
	GIVES(g, "", "", "", "granted", "GRANTED");
	GIVES(g, "", "", "", " GRANTED", "GRANTED");
	GIVES(g, "", "", "", "GRANTED", "true");
	GIVES(g, "", "", "", "GRANTED", "");
	CHECK_INT(g->report.n_skips, 3);
	CHECK_INT(g->report.skips[0].column, 2);
	CHECK_INT(g->report.skips[0].reason, REPORT_INVALID);
	CHECK_INT(g->report.skips[0].count, 2);
	CHECK_INT(g->report.skips[1].column, 3);
	CHECK_INT(g->report.skips[1].reason, REPORT_INVALID);
	CHECK_INT(g->report.skips[2].column, 3);
	CHECK_INT(g->report.skips[2].reason, REPORT_NULL);
	rig_free(g);
}

/* The constant's column first, x behind it. */
static void constant(const char *words, const char *value, const char *want)
{
	struct transform_opts o = {.null_text = "NA"};
	struct rig *g = rig_with(words, o, "c", value);

	CHECK_INT(transform_constants(g->t, g->map, NULL), 0);
	GIVES(g, want, "x");
	CHECK_INT(g->report.rows_out, 1);
	rig_free(g);
}

TEST(treats_constants_as_input)
{
	constant("c x", "crm, \"1\"", "\"crm, \"\"1\"\"\",x\n");
	constant("c x", " a\nb ", " a b ,x\n");
	constant("c x", "NA", ",x\n");
	constant("c:EMAIL x", " Jane@Example.COM ", JANE ",x\n");
	constant("c:EMAIL x", ABC, ABC ",x\n");
	constant("c:EMAIL x", " ", ",x\n");
	constant("c:TIMESTAMP!* x", "2026-01-02", "2026-01-02T00:00:00Z,x\n");
	constant("c:@ x", "uk", "GB,x\n");
	constant("c:AMZN_USER_DATA! x", "DENIED", "DENIED,x\n");
	constant("c:DECIMAL x", ".5", "0.5,x\n");
}

static void no_constant(const char *words, const char *value, const char *note)
{
	struct transform_opts o = {.null_text = "NA"};
	struct rig *g = rig_with(words, o, "c", value);
	struct problem p = {0};

	CHECK_INT(transform_constants(g->t, g->map, &p), -ERR_BAD_MAPPING);
	CHECK_INT(p.err, -ERR_BAD_MAPPING);
	CHECK_STR(problem_text(&p), note);
	CHECK_INT(g->report.rows_skipped, 0);
	rig_free(g);
}

TEST(refuses_constants_that_make_no_value)
{
	static const char null[] = "the value of const.c is a null, and the data set "
				   "requires one that is not";

	no_constant("c:! x", "", null);
	no_constant("c:! x", "NA", null);
	no_constant("c:DATE* x", " ", null);
	no_constant("c:LONG x", "1.5", "the value of const.c is no LONG; correct it");
	no_constant("c:AMZN_USER_DATA x", "yes",
		    "the value of const.c is no GRANTED or DENIED; correct it");
	no_constant(
		"c:EMAIL x", "jane",
		"the value of const.c has no usable normal form as EMAIL; correct it");
	no_constant(
		"c:EMAIL! x", "jane",
		"the value of const.c has no usable normal form as EMAIL; correct it");
	no_constant("c:@ x", "Germany",
		    "the value of const.c has no usable normal form as a country; "
		    "correct it");
}

/* A national number is read in the country of a cell, of a constant, or else of
 * the file; and what a row may know the constant alone does not refuse. */
TEST(knows_the_country_of_constants)
{
	static const char number[] = "030 23125115";
	struct transform_opts o = {.country = "US"};
	struct rig *g = rig_new("p:PHONE k:@", NULL);
	char want[70] = "";

	CHECK_INT(GIVE(g, number, "DE"), 0);
	CHECK_INT(g->out.n, 68);
	memcpy(want, g->out.p, g->out.n);
	rig_free(g);
	g = rig_with("p:PHONE k:@", o, "k", "DE");
	CHECK_INT(transform_constants(g->t, g->map, NULL), 0);
	GIVES(g, want, number);
	rig_free(g);
	g = rig_with("p:PHONE k:@", o, "p", number);
	CHECK_INT(transform_constants(g->t, g->map, NULL), 0);
	GIVES(g, want, "DE");
	GIVES(g, ",US\n", "US");
	CHECK_INT(g->report.invalid[0], 1);
	rig_free(g);
	g = rig_with("p:PHONE x", o, "p", number);
	CHECK_INT(transform_constants(g->t, g->map, NULL), -ERR_BAD_MAPPING);
	rig_free(g);
}

/* What is no e-mail address in one country is none in any. */
TEST(refuses_constants_that_no_country_makes_usable)
{
	static const struct {
		const char *words;
		int r;
	} cases[] = {
		{"c:EMAIL k:@", -ERR_BAD_MAPPING},
		{"c:FIRST_NAME k:@", -ERR_BAD_MAPPING},
		{"c:LAST_NAME k:@", -ERR_BAD_MAPPING},
		{"c:CITY k:@", -ERR_BAD_MAPPING},
		{"c:PHONE k:@", 0},
		{"c:ADDRESS k:@", 0},
		{"c:STATE k:@", 0},
		{"c:ZIP k:@", 0},
	};
	struct transform_opts o = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig *g = rig_with(cases[i].words, o, "c", "--");

		CHECK_INT(transform_constants(g->t, g->map, NULL), cases[i].r);
		rig_free(g);
	}
}

TEST(writes_countries_plain)
{
	struct rig *g = rig_new("c:COUNTRY_CODE k:@", NULL);

	GIVES(g, "GB,US\n", " uk ", "us");
	GIVES(g, ",DE\n", "", "de");
	CHECK_INT(g->report.invalid[0], 0);
	GIVES(g, ",\n", "USA", ABC);
	CHECK_INT(g->report.invalid[0], 1);
	CHECK_INT(g->report.invalid[1], 1);
	rig_free(g);
}

TEST(writes_a_lone_null_in_quotes)
{
	struct rig *g = rig_new("e:EMAIL", NULL);

	GIVES(g, "\"\"\n", "");
	GIVES(g, "\"\"\n", "jane");
	rig_free(g);
}

TEST(never_passes_plain_text_on)
{
	static const char *const kinds[] = {"PHONE", "FIRST_NAME", "LAST_NAME", "ADDRESS",
					    "CITY",  "STATE",	   "ZIP",	"EMAIL"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char words[32] = "p:";
		struct rig *g;

		memcpy(words + 2, kinds[i], strlen(kinds[i]) + 1);
		g = rig_new(words, NULL);
		GIVES(g, ABC "\n", ABC);
		GIVES(g, "\"\"\n", "");
		CHECK_INT(GIVE(g, "jane@90210"), 0);
		CHECK(g->out.n == 65 || g->out.n == 3); /* a digest or a null */
		CHECK(!memmem(g->out.p, g->out.n, "90210", 5));
		rig_free(g);
	}
}

TEST(takes_a_row_back_when_there_is_no_room)
{
	struct rig *g = rig_new("a e:EMAIL", NULL);

	g->out.max = 20;
	CHECK_INT(GIVE(g, "0123456789", "jane@example.com"), -ERR_TOO_LARGE);
	CHECK_INT(g->out.n, 0);
	CHECK_INT(g->report.rows_out, 0);
	rig_free(g);
}

/* A zone of one hour, as the system's files have them, in both their versions. */
#define ZONE                                                            \
	"TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                           \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4" /* counts */ \
	"\0\0\x0e\x10\0\0"                                              \
	"CET\0"

TEST(reads_times_in_the_zone)
{
	static const char tzif[] = ZONE ZONE "\nCET-1\n";
	struct transform_opts o = {0};
	struct tz *tz = NULL;
	struct rig *g;

	CHECK_INT(tz_new(&tz, tzif, sizeof(tzif) - 1), 0);
	o.tz = tz;
	g = rig_with("t:TIMESTAMP d:DATE c:TIMESTAMP", o, "c", "2026-01-02 00:30:00");
	GIVES(g, "2026-01-01T23:00:00Z,2026-01-02,2026-01-01T23:30:00Z\n",
	      "2026-01-02 00:00:00", "2026-01-02");
	GIVES(g, "2026-01-02T00:00:00Z,,2026-01-01T23:30:00Z\n", "2026-01-02T00:00:00Z",
	      "");
	rig_free(g);
	tz_free(tz);
}

int main(void)
{
	RUN(keeps_plain_columns);
	RUN(hashes_email);
	RUN(skips_nulls_where_none_is_allowed);
	RUN(takes_the_null_text_for_null);
	RUN(skips_what_cannot_be_converted);
	RUN(skips_ragged_rows);
	RUN(skips_rows_without_end);
	RUN(skips_flawed_rows);
	RUN(hashes_only_text);
	RUN(converts_only_text);
	RUN(takes_consent_at_its_word);
	RUN(treats_constants_as_input);
	RUN(refuses_constants_that_make_no_value);
	RUN(knows_the_country_of_constants);
	RUN(refuses_constants_that_no_country_makes_usable);
	RUN(reads_times_in_the_zone);
	RUN(writes_countries_plain);
	RUN(writes_a_lone_null_in_quotes);
	RUN(never_passes_plain_text_on);
	RUN(takes_a_row_back_when_there_is_no_room);
	return CHECK_DONE();
}
