/* SPDX-License-Identifier: Apache-2.0 */
#include "job/constant.h"

#include "tool/check.h"

#define JOB "01JD0000000000000000000000"

static const struct constant_words plain = {
	.now_s = 1732298400, .path = "a/b.csv", .ignore = "*.bak", .job = JOB};

TEST(words_that_are_known)
{
	static const char *const good[] = {"",	     "plain", "$",	"$ {x}",
					   "$$x$",   "{now}", "${now}", "a${file}b${job}",
					   "$${now}"};
	struct problem p = {0};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK_INT(constant_check(good[i], &p), 0);
	CHECK_INT(constant_check("${now}${later}", &p), -EINVAL);
	CHECK_STR(p.note, "\"${later}\" means nothing; allowed: ${now}, ${file}, ${job}");
	problem_clear(&p);
	CHECK_INT(constant_check("${", &p), -EINVAL);
	CHECK_STR(p.note, "\"${\" means nothing; allowed: ${now}, ${file}, ${job}");
	problem_clear(&p);
	CHECK_INT(constant_check("${abcdefghijklmnopqrstuvwxyz}", &p), -EINVAL);
	CHECK_STR(p.note, "\"${abcdefghijklmnopqrstuv\" means nothing; allowed: ${now}, "
			  "${file}, ${job}");
}

/* The value of one constant, or the sentence. */
static void expands(const char *text, const struct constant_words *w, const char *want)
{
	struct rowmap_rule rule = {"Source", text};
	const struct settings_rules rules = {&rule, 1};
	struct settings_rules out = {0};
	struct problem p = {0};
	int r = constant_expand(&rules, w, &out, &p);

	if (r < 0) {
		CHECK_INT(r, -ERR_BAD_MAPPING);
		CHECK_STR(p.note, want);
	} else {
		CHECK_INT(out.n, 1);
		CHECK_STR(out.list[0].column, "Source");
		CHECK_STR(out.list[0].text, want);
	}
	constant_fini(&out);
	CHECK_INT(out.n, 0);
}

TEST(words_become_values)
{
	expands("crm", &plain, "crm");
	expands("${now}", &plain, "2024-11-22T18:00:00Z");
	expands("${job}", &plain, JOB);
	expands("<${file}|${file}>", &plain, "<a/b.csv|a/b.csv>");
	expands("$5 ${job}${now}$", &plain, "$5 " JOB "2024-11-22T18:00:00Z$");
}

TEST(no_constants)
{
	const struct settings_rules none = {0};
	struct settings_rules out = {0};
	struct problem p = {0};
	struct constant_words w = plain;

	w.path = ".hidden";
	CHECK_INT(constant_expand(&none, &w, &out, &p), 0);
	CHECK_INT(out.n, 0);
	constant_fini(&out);
	/* the name counts only for those who ask for it */
	expands("${job}", &w, JOB);
}

TEST(names_that_do_not_last)
{
	struct constant_words w = plain;

	w.path = "a/.b.csv.Ab3xYz";
	expands("${file}", &w, "a/b.csv");
	w.path = "a/b.csv.part";
	expands("${file}", &w, "a/b.csv");
	w.path = "tmpab12cd34";
	expands("${file}", &w,
		"const.Source uses ${file}, and the name \"tmpab12cd34\" is temporary; "
		"write the file under its own name");
	w.path = "x.bak";
	expands("${file}", &w,
		"const.Source uses ${file}, and the name \"x.bak\" is temporary; write "
		"the file under its own name");
	w.path = "caf\xe9.csv";
	expands("${file}", &w,
		"const.Source uses ${file}, and the file's name is not UTF-8 text without "
		"control characters; rename it");
	w.path = "a\nb.csv";
	expands("${file}", &w,
		"const.Source uses ${file}, and the file's name is not UTF-8 text without "
		"control characters; rename it");
}

/* 64 KiB of a value: fifteen of the longest paths fit, seventeen do not. */
TEST(lengths_are_bounded)
{
	static char path[4096], text[17 * 7 + 1], want[15 * 4095 + 1];
	struct constant_words w = plain;

	memset(path, 'x', sizeof(path) - 1);
	memset(want, 'x', sizeof(want) - 1);
	w.path = path;
	for (size_t i = 0; i < 15; i++)
		memcpy(text + 7 * i, "${file}", 8);
	expands(text, &w, want);
	for (size_t i = 15; i < 17; i++)
		memcpy(text + 7 * i, "${file}", 8);
	expands(text, &w, "const.Source becomes longer than 65536 bytes");
}

static int renamed(const char *text, const char *from, const char *to, struct problem *p)
{
	struct rowmap_rule list[] = {{"a", "${job}"}, {"Source", text}};
	const struct settings_rules rules = {list, 2};

	problem_clear(p);
	return constant_rename(&rules, "*.bak", from, to, p);
}

TEST(renames_keep_the_promise)
{
	struct problem p = {0};

	CHECK_INT(renamed("${file}", ".a.csv.Ab3xYz", "a.csv", &p), 0);
	CHECK_INT(renamed("${file}", ".a.csv.Ab3xYz", ".~tmp~/a.csv", &p), 0);
	CHECK_INT(renamed("${file}", ".~tmp~/a.csv", "a.csv", &p), 0);
	CHECK_INT(renamed("${file}", "d/a.csv.tmp", "d/a.csv", &p), 0);
	/* a name that was no promise */
	CHECK_INT(renamed("${file}", "a.csv", "b.csv", &p), 0);
	CHECK_INT(renamed("${file}", "a.csv", "b.csv.tmp", &p), 0);
	/* nobody asked */
	CHECK_INT(renamed("${now}", "a.tmp", "b", &p), 0);
	CHECK_INT(renamed("${file}", ".list.2024q1", "list.csv", &p), -ERR_BAD_MAPPING);
	CHECK_STR(p.note,
		  "const.Source uses ${file}, and the rows say \"list\", as the name "
		  "\".list.2024q1\" promised; rename it to that, or write it under the "
		  "name \"list.csv\" itself");
	CHECK_INT(renamed("${file}", "d/a.tmp", "e/a", &p), -ERR_BAD_MAPPING);
	CHECK_INT(renamed("${file}", "a.tmp", "b.tmp", &p), -ERR_BAD_MAPPING);
	CHECK_INT(renamed("${file}", "a.tmp", "x.bak", &p), -ERR_BAD_MAPPING);
}

int main(void)
{
	RUN(words_that_are_known);
	RUN(words_become_values);
	RUN(no_constants);
	RUN(names_that_do_not_last);
	RUN(lengths_are_bounded);
	RUN(renames_keep_the_promise);
	return CHECK_DONE();
}
