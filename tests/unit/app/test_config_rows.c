/* SPDX-License-Identifier: Apache-2.0 */
/* How rows are read: keys that need each other, rules for columns, -o of hash. */
#include "config_files.h"

static const struct settings_dataset *dataset(const struct config *c)
{
	const struct settings_dataset *ds = settings_dataset_for(&c->settings, "a", "b");

	CHECK(ds != NULL);
	return ds;
}

static void rule_is(const struct settings_rules *rules, size_t i, const char *column,
		    const char *text)
{
	CHECK(i < rules->n);
	CHECK_STR(rules->list[i].column, column);
	CHECK_STR(rules->list[i].text, text);
}

static void refuse(const char *after_good, const char *expected)
{
	const struct config_opts o = {0};
	char text[2048];

	(void)snprintf(text, sizeof(text), GOOD "%s", after_good);
	files_put("c.ini", text, 0644);
	files_refuse(&o, expected);
}

TEST(every_key_lands)
{
	struct config *c = files_good(GOOD "[upload]\n"
					   "encoding = Windows-1252\n"
					   "header = no\n"
					   "columns = a, b ,,c\n"
					   "timezone = Europe/Berlin\n"
					   "[instance a]\n"
					   "encoding = utf-16\n"
					   "[dataset a/b]\n"
					   "encoding = iso-8859-1\n"
					   "timezone =\n");
	const struct settings *s = &c->settings;

	CHECK_INT(s->upload.encoding, DECODE_WINDOWS_1252);
	CHECK(!s->upload.header);
	CHECK_STR(s->upload.columns, "a, b ,,c");
	CHECK_INT(s->instances[0].upload.encoding, DECODE_UTF16);
	CHECK_INT(dataset(c)->upload.encoding, DECODE_ISO_8859_1);
	CHECK(!dataset(c)->upload.header);
	CHECK_STR(dataset(c)->upload.columns, "a, b ,,c");
	CHECK_STR(dataset(c)->upload.timezone, "UTC");
	CHECK_INT(s->n_zones, 1);
	CHECK_STR(s->zones[0].name, "Europe/Berlin");
	CHECK(settings_tz(s, "Europe/Berlin") == s->zones[0].tz);
	CHECK(settings_tz(s, "UTC") == NULL);
	/* 2024-07-01T12:00:00 in Berlin is 10:00 in UTC */
	CHECK_INT(tz_to_utc(settings_tz(s, "Europe/Berlin"), 1719835200), 1719828000);
	config_free(c);
}

TEST(time_zones)
{
	struct config *c = files_good(GOOD "[upload]\n"
					   "timezone = utc\n"
					   "[instance a]\n"
					   "timezone = Asia/Tokyo\n"
					   "[dataset a/b]\n"
					   "[dataset a/c]\n"
					   "timezone = America/New_York\n"
					   "[dataset a/d]\n"
					   "timezone = -0530\n");

	CHECK_INT(c->settings.n_zones, 3);
	CHECK(settings_tz(&c->settings, c->settings.upload.timezone) == NULL);
	CHECK_STR(dataset(c)->upload.timezone, "Asia/Tokyo");
	CHECK_INT(tz_to_utc(settings_tz(&c->settings, "Asia/Tokyo"), 32400), 0);
	CHECK_INT(tz_to_utc(settings_tz(&c->settings, "America/New_York"), 0), 18000);
	CHECK_INT(tz_to_utc(settings_tz(&c->settings, "-0530"), 0), 19800);
	config_free(c);
	refuse("[instance a]\ntimezone = Europe/Nowhere\n[dataset a/b]\n",
	       "c.ini:10: [instance a] timezone: there is no time zone "
	       "\"Europe/Nowhere\"; write a name like Europe/Berlin (see timedatectl "
	       "list-timezones), UTC or +02:00");
	refuse("[upload]\ntimezone = +25\n",
	       "c.ini:10: [upload] timezone: \"+25\" is no offset from UTC; write it like "
	       "+02:00");
}

TEST(header_and_columns)
{
	struct config *c;

	refuse("[upload]\nheader = no\n",
	       "c.ini:10: [upload] header: files without a header need columns = "
	       "NAME,NAME,...: the names of their columns, in their order");
	refuse("[upload]\ncolumns = a,b\n",
	       "c.ini:10: [upload] columns: is for files without a header; set header = "
	       "no as well, or remove it");
	refuse("[upload]\nheader = no\ncolumns = a,b\n[dataset a/b]\ncolumns =\n",
	       "c.ini:10: [upload] header: files without a header need columns = "
	       "NAME,NAME,...: the names of their columns, in their order");
	refuse("[upload]\nheader = no\ncolumns = a,b\n[dataset a/b]\nheader = yes\n"
	       "columns = c\n",
	       "c.ini:14: [dataset a/b] columns: is for files without a header; set "
	       "header = no as well, or remove it");
	refuse("[instance a]\nheader = no\n",
	       "c.ini:10: [instance a] header: files without a header need columns = "
	       "NAME,NAME,...: the names of their columns, in their order");
	refuse("[upload]\nheader = no\ncolumns = a,b c, a\n",
	       "c.ini:11: [upload] columns: \"a\" stands there twice");
	refuse("[upload]\nheader = no\ncolumns = , ,\n",
	       "c.ini:11: [upload] columns: names no column");
	/* each from another section */
	c = files_good(GOOD "[upload]\nheader = no\ncolumns = x\n"
			    "[dataset a/b]\ncolumns = y\n");
	CHECK_STR(dataset(c)->upload.columns, "y");
	CHECK(!dataset(c)->upload.header);
	config_free(c);
	/* an inner header ends the outer columns */
	c = files_good(GOOD "[upload]\nheader = no\ncolumns = x\n"
			    "[instance a]\nheader = yes\n[dataset a/b]\n");
	CHECK(dataset(c)->upload.header);
	CHECK_STR(dataset(c)->upload.columns, "");
	CHECK_STR(c->settings.instances[0].upload.columns, "");
	CHECK_STR(c->settings.upload.columns, "x");
	config_free(c);
}

TEST(rules)
{
	struct config *c = files_good(GOOD "[dataset a/b]\n"
					   "map.email = E-Mail Address\n"
					   "map.First Name = Vorname.1\n"
					   "map.unused =\n"
					   "const.unused = x\n"
					   "const.Source = crm ${file}/${now} $5 {x} \n"
					   "const.job = ${job}\n"
					   "[dataset a/c]\n");
	const struct settings_dataset *ds = dataset(c);

	CHECK_INT(ds->maps.n, 2);
	rule_is(&ds->maps, 0, "email", "E-Mail Address");
	rule_is(&ds->maps, 1, "First Name", "Vorname.1");
	CHECK_INT(ds->consts.n, 3);
	rule_is(&ds->consts, 0, "unused", "x");
	rule_is(&ds->consts, 1, "Source", "crm ${file}/${now} $5 {x}");
	rule_is(&ds->consts, 2, "job", "${job}");
	ds = settings_dataset_for(&c->settings, "a", "c");
	CHECK(ds && ds->maps.n == 0 && ds->consts.n == 0);
	config_free(c);
}

TEST(rules_that_cannot_be)
{
	refuse("[upload]\nmap.email = x\n",
	       "c.ini:10: [upload] map.email: this key belongs in [dataset]");
	refuse("[dataset a/b]\nmap.email = x\nmap.E-mail = y\nmap.EMAIL = z\n",
	       "c.ini:12: [dataset a/b] map.EMAIL: map.email at line 10 is for the same "
	       "column; keep one of them");
	refuse("[dataset a/b]\nmap.email = x\nmap.email =\n",
	       "c.ini:11: [dataset a/b] map.email: this key stands at line 10 already");
	refuse("[dataset a/b]\nconst.email = x\nmap.Email = y\n",
	       "c.ini:11: [dataset a/b] map.Email: const.email at line 10 is for the same "
	       "column; keep one of them");
	refuse("[dataset a/b]\nconst.x = a ${date} b\n",
	       "c.ini:10: [dataset a/b] const.x: \"${date}\" means nothing; allowed: "
	       "${now}, ${file}, ${job}");
	refuse("[dataset a/b]\nconst.x = ${now\n",
	       "c.ini:10: [dataset a/b] const.x: \"${now\" means nothing; allowed: "
	       "${now}, ${file}, ${job}");
	refuse("[dataset a/b]\nconst.x = ${File}\n",
	       "c.ini:10: [dataset a/b] const.x: \"${File}\" means nothing; allowed: "
	       "${now}, ${file}, ${job}");
	refuse("[dataset a/b]\nconst.x = a\tb\n",
	       "c.ini:10: [dataset a/b] const.x: this value cannot be; allowed: UTF-8 text "
	       "without control characters");
	refuse("[dataset a/b]\nconst.x = \xff\n",
	       "c.ini:10: [dataset a/b] const.x: this value cannot be; allowed: UTF-8 text "
	       "without control characters");
	refuse("[dataset a/b]\nmap. x = y\n",
	       "c.ini:10: [dataset a/b] map. x: write map.COLUMN with a column of the data "
	       "set, at most 255 bytes");
	refuse("[dataset a/b]\nconst. = y\n",
	       "c.ini:10: [dataset a/b] const.: unknown key; did you mean const.*?");
}

/* --- amcfs hash ----------------------------------------------------------- */

static struct config *rows(const char *path, const char *const *overrides, size_t n)
{
	const struct config_opts o = {
		.path = path, .rows_of = "a/b", .overrides = overrides, .n_overrides = n};
	struct config *c = NULL;
	struct problem p = {0};
	int r = config_load(&c, &o, &p);

	CHECK_STR(r < 0 ? problem_text(&p) : "", "");
	CHECK_INT(r, 0);
	return c;
}

TEST(options_alone)
{
	static const char *const given[] = {
		"delimiter=tab",     "encoding=utf-16", "header=no",
		"columns=a,b",	     "null=NULL",	"timezone=Asia/Tokyo",
		"max_row=2M",	     "max_skipped=7",	"country=uk",
		"map.email=E-Mail",  "const.x=${job}",	"map.email=Mail",
		"const.unused=text", "const.unused=",
	};
	struct config *c = rows(NULL, given, sizeof(given) / sizeof(*given));
	const struct settings_dataset *ds = dataset(c);

	CHECK_INT(ds->upload.delim, '\t');
	CHECK_INT(ds->upload.encoding, DECODE_UTF16);
	CHECK(!ds->upload.header);
	CHECK_STR(ds->upload.columns, "a,b");
	CHECK_STR(ds->upload.null_text, "NULL");
	CHECK(settings_tz(&c->settings, ds->upload.timezone) != NULL);
	CHECK_INT(ds->upload.max_row_bytes, 2 << 20);
	CHECK_INT(ds->upload.max_skipped_rows, 7);
	CHECK_STR(ds->upload.country, "GB");
	CHECK_INT(ds->maps.n, 1);
	rule_is(&ds->maps, 0, "email", "Mail");
	CHECK_INT(ds->consts.n, 1);
	rule_is(&ds->consts, 0, "x", "${job}");
	config_free(c);
}

TEST(options_over_a_file)
{
	static const char *const given[] = {"max_skipped=", "const.email=none",
					    "map.name=", "null=-"};
	struct config *c;

	/* no secret of it is there */
	files_put("c.ini",
		  "[amc]\nclient_secret_file = /nowhere\n[upload]\ncountry = DE\n"
		  "null = x\nmax_skipped = 5%\n[dataset a/b]\nmap.email = Mail\n"
		  "map.name = Name\nmap.city = Ort\n[dataset a/c]\nnull = y\n",
		  0644);
	c = rows("c.ini", given, sizeof(given) / sizeof(*given));
	CHECK_INT(c->settings.n_instances, 1);
	CHECK_INT(c->settings.instances[0].n_datasets, 2);
	CHECK_STR(dataset(c)->upload.default_country, "DE");
	CHECK_STR(dataset(c)->upload.null_text, "-");
	CHECK_INT(dataset(c)->upload.max_skipped_share, 100);
	CHECK_INT(dataset(c)->maps.n, 1);
	rule_is(&dataset(c)->maps, 0, "city", "Ort");
	CHECK_INT(dataset(c)->consts.n, 1);
	rule_is(&dataset(c)->consts, 0, "email", "none");
	config_free(c);
	/* a data set that has no section takes what the outer ones say */
	files_put("c.ini", "[upload]\nnull = x\n", 0644);
	c = rows("c.ini", NULL, 0);
	CHECK_STR(dataset(c)->upload.null_text, "x");
	config_free(c);
}

static void option(const char *text, const char *expected)
{
	const struct config_opts o = {
		.rows_of = "a/b", .overrides = &text, .n_overrides = 1};
	struct config *c = NULL;
	struct problem p = {0};

	CHECK_INT(config_load(&c, &o, &p), -EINVAL);
	CHECK_STR(p.note, expected);
	CHECK_INT(p.err, -EINVAL);
	CHECK(c == NULL);
}

#define ALL_KEYS                                                                       \
	"max_skipped, max_row, delimiter, encoding, header, columns, null, timezone, " \
	"country, map.*, const.*"

TEST(options_that_cannot_be)
{
	option("bucket=x", "-o bucket: this is no key about rows; allowed: " ALL_KEYS);
	option("clean=yes", "-o clean: this is no key about rows; allowed: " ALL_KEYS);
	option("delimeter=,",
	       "-o delimeter: this is no key about rows; allowed: " ALL_KEYS);
	option("header", "-o header: needs a value: -o header=VALUE");
	option("header=perhaps", "-o header: \"perhaps\" cannot be; allowed: yes or no");
	option("encoding=ebcdic",
	       "-o encoding: \"ebcdic\" cannot be; allowed: one of utf-8, windows-1252, "
	       "iso-8859-1, utf-16");
	option("header=no",
	       "-o header: files without a header need columns = NAME,NAME,...: the names "
	       "of their columns, in their order");
	option("const.x=${y}", "-o const.x: \"${y}\" means nothing; allowed: ${now}, "
			       "${file}, ${job}");
}

TEST(a_file_that_cannot_be)
{
	const struct config_opts o = {.path = "c.ini", .rows_of = "a/b"};
	struct config *c = NULL;
	struct problem p = {0};

	files_put("c.ini", "[upload]\nheader = no\n", 0644);
	CHECK_INT(config_load(&c, &o, &p), -ERR_CONFIG);
	CHECK_STR(p.note,
		  "c.ini:2: [upload] header: files without a header need columns = "
		  "NAME,NAME,...: the names of their columns, in their order");
	problem_clear(&p);
	files_put("c.ini", "[instance x]\n", 0644);
	CHECK_INT(config_load(&c, &o, &p), -ERR_CONFIG);
	CHECK_STR(p.note, "c.ini:1: there is no [instance a], so it would not be shown; "
			  "add that section or remove this one");
	CHECK(c == NULL);
}

int main(void)
{
	files_begin();
	RUN(every_key_lands);
	RUN(time_zones);
	RUN(header_and_columns);
	RUN(rules);
	RUN(rules_that_cannot_be);
	RUN(options_alone);
	RUN(options_over_a_file);
	RUN(options_that_cannot_be);
	RUN(a_file_that_cannot_be);
	files_end();
	return CHECK_DONE();
}
