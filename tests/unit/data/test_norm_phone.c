/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By hand what people should be able to rely on; then phone.tsv, lines of country,
 * number and normal form (empty: unusable), made with Google's own library.
 */
#include "data/norm.h"
#include "data/text.h"

#include "tool/check.h"

static void is(const char *country, const char *in, const char *want)
{
	struct buf b = BUF_INIT(1 << 16);
	struct slice text = text_trim(slice_str(in));
	int r = NORM_UNUSABLE;

	CHECK_INT(buf_reserve(&b, NORM_ROOM(text.n)), 0);
	if (text.n > 0)
		r = norm_phone(text, country, &b);
	if (r == 0)
		CHECK_MEM(b.p, b.n, want, strlen(want));
	else
		CHECK_STR("", want);
	buf_fini(&b);
}

TEST(reads_national_numbers)
{
	is("US", "(415) 555-2671", "14155552671");
	is("US", "1 415 555 2671", "14155552671");
	is("CA", "416-555-0123", "14165550123");
	is("GB", "020 7946 0018", "442079460018");
	is("DE", "030 123456", "4930123456");
	is("FR", "01 23 45 67 89", "33123456789");
	is("IT", "06 1234 5678", "390612345678"); /* Italy keeps its 0 */
	is("ES", "612 34 56 78", "34612345678");
	is("JP", "03-1234-5678", "81312345678");
	is("IN", "098765 43210", "919876543210");
	is("BR", "(11) 96123-4567", "5511961234567");
	is("BR", "0 15 11 96123-4567", "5511961234567"); /* with a carrier */
	is("MX", "044 55 1234 5678", "525512345678");
	is("AE", "050 123 4567", "971501234567");
	is("AR", "011 15-2345-6789", "5491123456789"); /* a rule puts the 9 in */
	is("CH", "044 668 18 00", "41446681800");
}

TEST(reads_international_numbers)
{
	is("US", "+1 415 555 2671", "14155552671");
	is("DE", "+49 (0)30 123456", "4930123456");
	is("DE", "0049 30 123456", "4930123456");
	is("US", "011 44 20 7946 0018", "442079460018");
	is("JP", "010 1 415 555 2671", "14155552671");
	is("FR", "+49 30 123456", "4930123456"); /* not one of France */
	is("", "+33 1 23 45 67 89", "33123456789");
	is("XX", "+39 06 1234 5678", "390612345678");
	is("DE", "+800 1234 5678", "80012345678");  /* the code of no country */
	is("IN", "91 98765 43210", "919876543210"); /* its own code, no plus */
}

TEST(needs_a_country_or_a_plus)
{
	is("", "4155552671", "");
	is("XX", "0033 1 23 45 67 89", "");
	is("", "14155552671", "");
}

TEST(judges_by_the_general_pattern)
{
	is("US", "115 555 2671", "");
	is("US", "555 2671", "");
	is("US", "415 555 26710", "");
	is("US", "555 555 5555", "15555555555"); /* assigned to nobody, but general */
	is("FR", "831 480 8951", "");
	is("CA", "905 555 0123", "19055550123");
	is("CA", "787 555 1234", "17875551234");
	is("GB", "1333 905152", "441333905152");
	is("GB", "+44 351 190 6301", ""); /* with its code it has to be valid */
	is("GB", "351 190 6301", "443511906301");
}

TEST(judges_foreign_numbers_by_their_length)
{
	is("US", "+33 123 456 78", "");
	is("US", "+33 123 456 789", "33123456789");
	is("DE", "+1 555 2671", ""); /* an area's own length */
	is("US", "+999 1234567", "");
	is("US", "+49", "");
	is("US", "+0", "");
}

static int sample(const char *path)
{
	char line[4096];
	FILE *f = fopen(path, "r");
	int n = 0;

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		char *number = strchr(line, '\t'), *want;

		CHECK(number != NULL);
		*number++ = '\0';
		want = strchr(number, '\t');
		CHECK(want != NULL);
		*want++ = '\0';
		want[strcspn(want, "\n")] = '\0';
		is(line, number, want);
		n++;
	}
	CHECK_INT(fclose(f), 0);
	return n;
}

int main(int argc, char **argv)
{
	CHECK_INT(argc, 2);
	RUN(reads_national_numbers);
	RUN(reads_international_numbers);
	RUN(needs_a_country_or_a_plus);
	RUN(judges_by_the_general_pattern);
	RUN(judges_foreign_numbers_by_their_length);
	check_state.test = argv[1];
	CHECK(sample(argv[1]) >= 4000);
	return CHECK_DONE();
}
