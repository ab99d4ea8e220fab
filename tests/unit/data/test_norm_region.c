/* SPDX-License-Identifier: Apache-2.0 */
#include "data/norm.h"

#include "normal.h"

#define STATE(country, in, want) normal_is(norm_region_state, country, in, want)
#define ZIP(country, in, want)	 normal_is(norm_region_zip, country, in, want)

TEST(knows_english_names)
{
	STATE("US", "Texas", "tx");
	STATE("US", "new york", "ny");
	STATE("US", "WEST-VIRGINIA", "wv");
	STATE("US", "Puerto Rico", "pr");
	STATE("CA", "Quebec", "qc");
	STATE("CA", "Newfoundland and Labrador", "nl");
	STATE("DE", "Bavaria", "by");
	STATE("FR", "Brittany", "bt");
	STATE("IT", "Agrigento", "ag");
	STATE("ES", "Alicante", "a");
	STATE("ES", "A Coruna", "c");
	STATE("ES", "Lugo", "lu");
}

TEST(takes_two_letters_of_all_else)
{
	STATE("US", "TX", "tx");
	STATE("US", "t.x.", "tx");
	STATE("DE", "Bayern", "ba");
	STATE("", "Texas", "te");
	STATE("GB", "Texas", "te");
	STATE("US", "Texa", "te");
	STATE("US", "Texass", "te");
	STATE("US", "District of Columbia", "di");
	STATE("US", "X", "x");
	STATE("US", "x 1", "x");
	STATE("US", "12", NULL);
	STATE("JP", "\346\235\261\344\272\254", NULL);
	STATE("DE", "\303\237", "ss");
	STATE("DE", "\303\237\303\237", "ssss"); /* not longer than two */
	STATE("DE", "\303\237\303\237\303\237", "ss");
	STATE("FR", "\303\216le", "le");
	STATE("FR", "I\314\202le", "le");
	STATE("FR", "I\314\202l", "l");
}

TEST(shapes_postcodes)
{
	ZIP("US", "75236-9599", "75236");
	ZIP("US", "2216", NULL);
	ZIP("", "D-80331", "80331");
	ZIP("DE", "80331", "80331");
	ZIP("FR", "75 001 CEDEX", "75001");
	ZIP("XX", "1234567", "12345");
	ZIP("JP", "100-0001", "1000001");
	ZIP("JP", "\343\200\222\357\274\221\357\274\220\357\274\220-0001", "1000001");
	ZIP("JP", "100-001", NULL);
	ZIP("IN", "110 001", "110001");
	ZIP("IN", "11001", NULL);
	ZIP("EG", "\331\241\331\241\331\245\331\241\331\241", "11511");
	ZIP("US", "abcde", NULL);
}

TEST(shapes_postcodes_with_letters)
{
	ZIP("CA", "k1a 0b1", "K1A0B1");
	ZIP("CA", "K1A 0B1 9", "K1A0B1");
	ZIP("CA", "K1A 0B", NULL);
	ZIP("CA", "KIA 0B1", NULL);
	ZIP("CA", "\342\204\2521A 0B1", "K1A0B1"); /* the sign of Kelvin is a K */
	ZIP("CA", "K\314\2011A 0B1", NULL);
	ZIP("GB", "SW1A 1AA", "SW1A1AA");
	ZIP("GB", "m1 1ae", "M11AE");
	ZIP("GB", "M60 1NW", "M601NW");
	ZIP("GB", "CR2 6XH", "CR26XH");
	ZIP("GB", "DN55 1PT", "DN551PT");
	ZIP("GB", "W1A 0AX", "W1A0AX");
	ZIP("GB", "AA11AA6", NULL);
	ZIP("GB", "WF9", NULL);
	ZIP("GB", "SW1A 1AAB", "SW1A1AA");
	ZIP("NL", "1012 ab", "1012AB");
	ZIP("NL", "1012", NULL);
}

TEST(knows_the_other_countries_lengths)
{
	ZIP("AE", "12345", NULL);
	ZIP("AU", "2000", "2000");
	ZIP("AU", "200", NULL);
	ZIP("BE", "B-1000", "1000");
	ZIP("BR", "01310-100", "01310100");
	ZIP("BR", "01310", NULL);
	ZIP("MX", "06000", "06000");
	ZIP("PL", "00-950", "00950");
	ZIP("SA", "11564-1234", "11564");
	ZIP("SE", "111 22", "11122");
	ZIP("SG", "018956", "018956");
	ZIP("TR", "34000", "34000");
}

int main(void)
{
	RUN(knows_english_names);
	RUN(takes_two_letters_of_all_else);
	RUN(shapes_postcodes);
	RUN(shapes_postcodes_with_letters);
	RUN(knows_the_other_countries_lengths);
	return CHECK_DONE();
}
