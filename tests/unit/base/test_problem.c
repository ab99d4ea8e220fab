/* SPDX-License-Identifier: Apache-2.0 */
/* The first problem stays, clean and whole characters only. */
#include "base/problem.h"

#include "tool/check.h"

TEST(first_one_wins)
{
	struct problem p = {0};

	CHECK_INT(problem_set(&p, -EINVAL, "key %s: %d", "port", 7), -EINVAL);
	CHECK_INT(p.err, -EINVAL);
	CHECK_STR(p.note, "key port: 7");
	CHECK_INT(problem_set(&p, -EIO, "later"), -EIO);
	CHECK_INT(p.err, -EINVAL);
	CHECK_STR(problem_text(&p), "key port: 7");
	p.line = 9;
	problem_clear(&p);
	CHECK_INT(p.err, 0);
	CHECK_INT(p.line, 0);
	CHECK_STR(p.note, "");
	CHECK_INT(problem_set(&p, -EIO, "later"), -EIO);
	CHECK_STR(p.note, "later");
}

TEST(line_survives)
{
	struct problem p = {.line = 12};

	CHECK_INT(problem_set(&p, -ERR_BAD_ENCODING, "x"), -ERR_BAD_ENCODING);
	CHECK_INT(p.line, 12);
}

TEST(nobody_to_tell)
{
	CHECK_INT(problem_set(NULL, -EIO, "x"), -EIO);
}

TEST(success_and_positive_codes)
{
	struct problem p = {0};

	CHECK_INT(problem_set(&p, 0, "x"), 0);
	CHECK_STR(p.note, "");
	CHECK_INT(problem_set(&p, ERR_AUTH, "x"), ERR_AUTH);
	CHECK_INT(p.err, -ERR_AUTH);
}

TEST(text_is_never_empty)
{
	struct problem p = {0};

	CHECK(problem_text(&p)[0]);
	CHECK_INT(problem_set(&p, -ERR_NO_ROWS, "%s", ""), -ERR_NO_ROWS);
	CHECK_STR(problem_text(&p), "the file has a header and no rows");
}

TEST(unclean_text)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"a\nb\tc\rd\x1b[1m\x7f", "a?b?c?d?[1m?"},
		{"J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x98\x80",
		 "J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\x80 \xc3( \xff", "? ?( ?"},
		{"a\xc2\x9b"
		 "31m",
		 "a?31m"},			       /* CSI in one character */
		{"x\xe2\x80\xaetxt.exe", "x?txt.exe"}, /* right-to-left override */
		{"end \xc3", "end ?"},		       /* broken, not cut */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct problem p = {0};

		(void)problem_set(&p, -EIO, "%s", cases[i].in);
		CHECK_STR(p.note, cases[i].out);
	}
}

/* Filled with characters of two, three, four bytes at every phase: the cut
 * never leaves half of one, and drops no more than that one. */
TEST(cut_at_a_border)
{
	static const char *const chars[] = {"\xc3\xbc", "\xe2\x82\xac",
					    "\xf0\x9f\x98\x80"};

	for (size_t k = 0; k < 3; k++) {
		size_t len = strlen(chars[k]);

		for (size_t lead = 0; lead < len; lead++) {
			struct problem p = {0};
			char in[2 * sizeof(p.note)] = "";
			size_t room = sizeof(p.note) - 1 - lead;

			memset(in, 'a', lead);
			for (size_t n = lead; n + len < sizeof(in); n += len)
				memcpy(in + n, chars[k], len);
			(void)problem_set(&p, -EIO, "%s", in);
			CHECK_MEM(p.note, strlen(p.note), in, lead + room / len * len);
		}
	}
}

TEST(longest_note)
{
	struct problem p = {0};
	char in[sizeof(p.note) + 1];
	const size_t most = sizeof(p.note) - 1;

	memset(in, 'x', sizeof(in));
	in[most] = '\0';
	(void)problem_set(&p, -EIO, "%s", in);
	CHECK_STR(p.note, in);
	problem_clear(&p);
	in[most] = 'x';
	in[most + 1] = '\0';
	(void)problem_set(&p, -EIO, "%s", in);
	CHECK_MEM(p.note, strlen(p.note), in, most);
}

int main(void)
{
	RUN(first_one_wins);
	RUN(line_survives);
	RUN(nobody_to_tell);
	RUN(success_and_positive_codes);
	RUN(text_is_never_empty);
	RUN(unclean_text);
	RUN(cut_at_a_border);
	RUN(longest_note);
	return CHECK_DONE();
}
