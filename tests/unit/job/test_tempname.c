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

int main(void)
{
	RUN(names_of_tools_are_temporary);
	RUN(ordinary_names_are_final);
	RUN(any_component_may_make_it_temporary);
	RUN(ignore_adds_patterns);
	RUN(blanks_and_empty_patterns_do_no_harm);
	RUN(long_names_and_patterns);
	return CHECK_DONE();
}
