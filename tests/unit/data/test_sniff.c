/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Laws of all inputs; which file is called what is in test_input.c.
 */
#include "data/sniff.h"

#include <string.h>

#include "tool/check.h"

static const struct {
	const char *p;
	size_t n;
	enum sniff_kind kind;
} files[] = {
#define FILE_OF(s, kind)               \
	{                              \
		s, sizeof(s) - 1, kind \
	}
	FILE_OF("email,phone\n1,2\n", SNIFF_TEXT),
	FILE_OF("\xef\xbb\xbfname\n", SNIFF_TEXT_UTF8),
	FILE_OF("\xff\xfe"
		"a\0b\0",
		SNIFF_UTF16),
	FILE_OF("a\0b\0c\0", SNIFF_UTF16),
	FILE_OF("\0a\0b\0c", SNIFF_UTF16),
	FILE_OF("\x1f\x8b\x08\0\0\0", SNIFF_GZIP),
	FILE_OF("PK\3\4\x14\0\6\0", SNIFF_FOREIGN),
	FILE_OF("BZh11AY&SY\0\0", SNIFF_FOREIGN),
	FILE_OF("BZh11AY&S,b,c\n", SNIFF_TEXT),
	FILE_OF("\0\0\0\0", SNIFF_TEXT), /* which is for the reader to refuse */
};

#define N_FILES (sizeof(files) / sizeof(files[0]))

/* Once given, an answer stays whatever follows; until then nobody guesses. */
TEST(answers_once_and_in_time)
{
	for (size_t i = 0; i < N_FILES; i++) {
		const struct sniff *first = NULL;

		CHECK(!sniff_bytes(files[i].p, 0, false));
		CHECK_INT(sniff_bytes(files[i].p, 0, true)->kind, SNIFF_TEXT);
		for (size_t n = 1; n <= files[i].n; n++) {
			const struct sniff *s = sniff_bytes(files[i].p, n, false);

			CHECK(!first || s == first);
			if (s)
				CHECK(s == sniff_bytes(files[i].p, n, true));
			else
				CHECK(sniff_bytes(files[i].p, n, true));
			first = s;
		}
		CHECK(first);
		CHECK_INT(first->kind, files[i].kind);
	}
}

TEST(names_only_what_is_foreign)
{
	for (size_t i = 0; i < N_FILES; i++) {
		const struct sniff *s = sniff_bytes(files[i].p, files[i].n, false);

		CHECK_INT(s->name != NULL, s->kind == SNIFF_FOREIGN);
		CHECK_INT(s->remedy != NULL, s->kind == SNIFF_FOREIGN);
	}
}

#define LOOK(s, last) sniff_text(s, sizeof(s) - 1, last, &from)

TEST(tells_the_format)
{
	size_t from;

	CHECK_INT(LOOK("", false), SNIFF_OPEN);
	CHECK_INT(LOOK("", true), SNIFF_CSV);
	CHECK_INT(LOOK("a", false), SNIFF_CSV);
	CHECK_INT(LOOK("{", false), SNIFF_JSONL);
	CHECK_INT(LOOK(" \t\r\n{", false), SNIFF_JSONL);
	CHECK_INT(from, 0);
	CHECK_INT(LOOK("\"{", false), SNIFF_CSV);
	CHECK_INT(LOOK("[", false), SNIFF_OPEN);
	CHECK_INT(LOOK("[ \n", false), SNIFF_OPEN);
	CHECK_INT(LOOK("[ \n", true), SNIFF_CSV);
	CHECK_INT(LOOK("[ {", false), SNIFF_ARRAY);
	CHECK_INT(LOOK("[a", false), SNIFF_CSV);
	CHECK_INT(LOOK("[1", false), SNIFF_CSV);
}

TEST(passes_over_the_mark)
{
	size_t from;

	CHECK_INT(LOOK("\xef", false), SNIFF_OPEN);
	CHECK_INT(LOOK("\xef\xbb", false), SNIFF_OPEN);
	CHECK_INT(LOOK("\xef\xbb", true), SNIFF_CSV);
	CHECK_INT(LOOK("\xef\xbb\xbf", false), SNIFF_OPEN);
	CHECK_INT(LOOK("\xef\xbb\xbf{", false), SNIFF_JSONL);
	CHECK_INT(from, 3);
	CHECK_INT(LOOK("\xef\xbb\xbf\xef\xbb\xbf{", false), SNIFF_CSV);
	CHECK_INT(LOOK("\xef\xbc", false), SNIFF_CSV);
}

TEST(does_not_wait_for_ever)
{
	char blank[SNIFF_TEXT_MOST];
	size_t from;

	memset(blank, ' ', sizeof(blank));
	CHECK_INT(sniff_text(blank, sizeof(blank) - 1, false, &from), SNIFF_OPEN);
	CHECK_INT(sniff_text(blank, sizeof(blank), false, &from), SNIFF_CSV);
}

int main(void)
{
	RUN(answers_once_and_in_time);
	RUN(names_only_what_is_foreign);
	RUN(tells_the_format);
	RUN(passes_over_the_mark);
	RUN(does_not_wait_for_ever);
	return CHECK_DONE();
}
