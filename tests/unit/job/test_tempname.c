/* SPDX-License-Identifier: Apache-2.0 */
#include "job/tempname.h"

#include "check.h"

#define LONG_255                                                           \
	"0123456789012345678901234567890123456789012345678901234567890123" \
	"0123456789012345678901234567890123456789012345678901234567890123" \
	"0123456789012345678901234567890123456789012345678901234567890123" \
	"012345678901234567890123456789012345678901234567890123456789012"

TEST(names_of_tools_are_temporary)
{
	static const char *const names[] = {
		/* rsync, with and without --delay-updates and --partial-dir */
		".customers.csv.Xa3f9Q",
		".~tmp~/customers.csv",
		".rsync-partial/customers.csv",
		/* editors */
		".customers.csv.swp",
		"customers.csv.swp",
		"customers.csv~",
		".goutputstream-K3XY91",
		"~$customers.csv",
		/* downloads and uploads */
		"customers.csv.tmp",
		"customers.csv.part",
		"customers.csv.partial",
		"customers.csv.filepart",
		"customers.csv.crdownload",
		/* python's tempfile, sed -i, zip */
		"tmpab12cd34",
		"sedAb3dE6",
		"ziAb3dE6",
		/* one character is enough */
		".",
		"~",
		".tmp",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		check_state.test = names[i];
		CHECK(tempname_is(names[i], ""));
	}
}

TEST(ordinary_names_are_final)
{
	static const char *const names[] = {
		"customers.csv",
		"a",
		"part",
		"tmp",
		"tmp.csv",	/* tmp and 4 */
		"tmpab12cd3",	/* one short of python's */
		"tmpab12cd345", /* one too many */
		"TMPab12cd34",	/* the case counts */
		"sedAb3dE",
		"sedAb3dE67",
		"ziAb3dE",
		"ziAb3dE67",
		"customers.TMP",
		"customers.tmp.csv",
		"customers.part.gz",
		"~customers.csv",
		"$~customers.csv",
		"customers~.csv",
		"\xc3\xa9t\xc3\xa9.csv",
		"",
		"/",
		"a//b",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		check_state.test = names[i];
		CHECK(!tempname_is(names[i], ""));
	}
}

TEST(any_component_may_make_it_temporary)
{
	CHECK(tempname_is(".git/a.csv", ""));
	CHECK(tempname_is("north/.~tmp~/a.csv", ""));
	CHECK(tempname_is("north/a.tmp/b/c.csv", ""));
	CHECK(tempname_is("north/a.csv.part", ""));
	CHECK(!tempname_is("north/south/a.csv", ""));
	/* a pattern does not reach over a slash: tmp and eight, but two names */
	CHECK(!tempname_is("tmp1234/567", ""));
	CHECK(!tempname_is("north/sed12/345", ""));
}

TEST(ignore_adds_patterns)
{
	CHECK(tempname_is("draft-1.csv", "draft-*"));
	CHECK(!tempname_is("draft-1.csv", ""));
	CHECK(!tempname_is("my-draft-1.csv", "draft-*"));
	CHECK(tempname_is("a.bak", "*.old,*.bak"));
	CHECK(tempname_is("a.old", "*.old,*.bak"));
	CHECK(!tempname_is("a.new", "*.old,*.bak"));
	CHECK(tempname_is("in/draft/a.csv", "draft"));
	CHECK(!tempname_is("in/works/a.csv", "work"));
	CHECK(tempname_is("a7.csv", "a[0-9].csv"));
	CHECK(!tempname_is("ab.csv", "a[0-9].csv"));
	CHECK(tempname_is("a.tmp", "*.old")); /* the built-in ones stay */
}

TEST(blanks_and_empty_patterns_do_no_harm)
{
	CHECK(tempname_is("a.bak", " *.old ,\t*.bak\t"));
	CHECK(tempname_is("a.old", " *.old ,\t*.bak\t"));
	CHECK(tempname_is("a b.csv", "a b*"));
	CHECK(tempname_is("a.bak", ",,*.bak,"));
	/* an empty pattern would fit an empty name only */
	CHECK(!tempname_is("a.csv", ","));
	CHECK(!tempname_is("a.csv", " , ,"));
	CHECK(!tempname_is("a.csv", ", "));
}

TEST(long_names_and_patterns)
{
	/* 255 is what a name can have; nothing longer comes from the kernel */
	CHECK_INT(strlen(LONG_255), 255);
	CHECK(!tempname_is(LONG_255, ""));
	CHECK(tempname_is(LONG_255 "/a.tmp", ""));
	CHECK(tempname_is(LONG_255, LONG_255));
	CHECK(!tempname_is("a.csv", LONG_255 "x"));
	CHECK(tempname_is("a.bak", LONG_255 "x,*.bak"));
}

static const char * final(const char *path)
{
	static char out[600];

	CHECK(strlen(path) < sizeof(out));
	return tempname_final(path, "*.bak", out) ? out : NULL;
}

TEST(some_names_tell_the_final_one)
{
	CHECK_STR(final("a.csv"), "a.csv");
	CHECK_STR(final("d/e/a.csv"), "d/e/a.csv");
	/* rsync: in place, with --delay-updates */
	CHECK_STR(final(".a.csv.Xa3f9Q"), "a.csv");
	CHECK_STR(final("d/e/.a.csv.Xa3f9Q"), "d/e/a.csv");
	CHECK_STR(final(".a.000000"), "a");
	CHECK_STR(final(".~tmp~/a.csv"), "a.csv");
	CHECK_STR(final("d/.~tmp~/a.csv"), "d/a.csv");
	CHECK_STR(final("d/.~tmp~/.a.csv.Xa3f9Q"), "d/a.csv");
	/* downloads and editors */
	CHECK_STR(final("a.csv.part"), "a.csv");
	CHECK_STR(final("d/a.csv.partial"), "d/a.csv");
	CHECK_STR(final("a.csv.filepart"), "a.csv");
	CHECK_STR(final("a.csv.tmp"), "a.csv");
	CHECK_STR(final("a.csv.crdownload"), "a.csv");
	CHECK_STR(final("a.csv~"), "a.csv");
}

TEST(others_do_not_tell)
{
	static const char *const names[] = {
		".a.csv",	 ".a.csv.Xa3f9",  ".a.csv.Xa3f9QQ",
		".a.csv.Xa3-9Q", "..Xa3f9Q",	  "..a.Xa3f9Q",
		".a.csv.swp",	 "a.csv.swp",	  "tmpab12cd34",
		"sedAb3dE6",	 "~$a.csv",	  ".goutputstream-K3XY91",
		".hidden/a.csv", "x~tmp~/.a.csv", ".~tmp~/.b",
		"a.~tmp~/.b",	 ".part",	  "~",
		"a.tmp.part",	 "a.csv.bak",	  ".d/a.csv.part",
		".a.bak.Xa3f9Q",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		check_state.test = names[i];
		CHECK_STR(final(names[i]), NULL);
	}
	CHECK_STR(final(""), "");
}

int main(void)
{
	RUN(names_of_tools_are_temporary);
	RUN(ordinary_names_are_final);
	RUN(any_component_may_make_it_temporary);
	RUN(ignore_adds_patterns);
	RUN(blanks_and_empty_patterns_do_no_harm);
	RUN(long_names_and_patterns);
	RUN(some_names_tell_the_final_one);
	RUN(others_do_not_tell);
	return CHECK_DONE();
}
