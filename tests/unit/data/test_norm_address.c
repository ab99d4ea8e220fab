/* SPDX-License-Identifier: Apache-2.0 */
#include "data/norm.h"

#include "normal.h"

#define ADDRESS(country, in, want) normal_is(norm_address, country, in, want)

TEST(writes_what_amazon_writes)
{
	ADDRESS("US", "123 Main St. Apt #5", "123mainstaptnumber5");
	ADDRESS("US", "8 Bluestem Terrace", "8bluestemter");
	ADDRESS("US", "1600 Pennsylvania Avenue NW", "1600pennsylvaniaavenw");
	ADDRESS("US", "10 North First Street, Suite 200", "10nfirststste200");
	ADDRESS("GB", "10 Downing Street, Flat 2", "10downingstflat2");
	ADDRESS("US", "39 West Street", "39wst");
}

TEST(uses_the_countrys_words)
{
	ADDRESS("US", "1 Garden Terrace", "1gdnter");
	ADDRESS("GB", "1 Garden Terrace", "1gardenterrace");
	ADDRESS("GB", "1 Acme Ltd. Sq", "1acmeltdsquare");
	ADDRESS("FR", "5 All\303\251e des Tilleuls", "5all\303\251edestilleuls");
	ADDRESS("FR", "5 allee des Tilleuls", "5all\303\251edestilleuls");
	ADDRESS("FR", "2 avenue X", "2avex"); /* the later list wins */
	ADDRESS("ES", "Paseo del Prado 8", "passeigdelprado8");
	ADDRESS("ES", "C/ Mayor n\303\272m 3", "callemayornumber3");
	ADDRESS("IT", "Pzza Navona", "piazzanavona");
	ADDRESS("DE", "Haupt Str 5", "hauptst5");
	ADDRESS("", "Park Lane", "parkln");
	ADDRESS("XX", "Park Lane", "parkln");
	ADDRESS("US", "MDW KEY", "mdwskey"); /* the later entry wins */
}

TEST(reads_boulevard_where_the_lists_are_damaged)
{
	ADDRESS("US", "1 Boulevard", "1blvd");
	ADDRESS("GB", "1 Boulevard", "1blvd");
	ADDRESS("DE", "1 Boulevard", "1blvd");
	ADDRESS("FR", "1 Boulevard", "1boulevard");
	ADDRESS("FR", "1 Blvd", "1boulevard");
	ADDRESS("ES", "Bulev. Sur", "bulevarsur");
	ADDRESS("ES", "Bule Sur", "bulevarsur");
	ADDRESS("ES", "Bulevar Sur", "bulevarsur");
}

TEST(looks_dotted_words_up_before_it_cuts_them)
{
	ADDRESS("IT", "C.so Buenos Aires, 3", "corsobuenosaires3");
	ADDRESS("IT", "P.zza Navona", "piazzanavona");
	ADDRESS("IT", "S.Marco", "smarco");
	ADDRESS("ES", "Av. Diagonal", "avenidadiagonal");
	ADDRESS("ES", "(Avda. Sur), 3", "avenidasur3");
	ADDRESS("ES", "Av.Diagonal", "avdiagonal"); /* not a word of the list */
	ADDRESS("IT", "V.le Verdi 12-B", "vialeverdi12b");
	ADDRESS("IT", "V. Roma 1", "viaroma1");
	ADDRESS("FR", "C.so Roma", "csroma"); /* not Italy: C, and SO for south */
	ADDRESS("US", "Park Av.", "parkave");
	ADDRESS("US", "N.W. 5", "nw5");
}

TEST(cuts_words)
{
	ADDRESS("US", "1,Main!Street[a](b){c}", "1mainstabc");
	ADDRESS("US", "A\tB\302\240C\343\200\200Street", "abcst");
	ADDRESS("US", "Jane Doe C/O Acme", "janedoeacme");
	ADDRESS("US", "c/o Acme", "acme");
	ADDRESS("US", "abc/o Acme", "abc/oacme");
	ADDRESS("US", "c/ob", "c/ob");
	ADDRESS("US", "c/o\303\251", "c/o\303\251");
	ADDRESS("US", "c/o: b", ":b");
	ADDRESS("US", "c/o\302\262", "c/o\302\262"); /* a small two */
	ADDRESS("US", "\302\267c/o\360\237\217\240", "\302\267\360\237\217\240");
	ADDRESS("US", "C/O/C/O", "/");
	ADDRESS("US", "a C/O b.c-1 12-b/c", "abc-112b/c");
	ADDRESS("US", "12-B", "12b");
	ADDRESS("US", "12-Street", "12st");
	ADDRESS("US", "12-14", "12-14");
	ADDRESS("US", "12-", "12-");
	ADDRESS("US", "B-12", "b-12");
	ADDRESS("US", "1-2-B", "1-2-b");
	ADDRESS("US", "12#B", "12numberb");
	ADDRESS("US", "##", "numbernumber");
	ADDRESS("US", "a#b#", "anumberbnumber");
	ADDRESS("US", "12-#B", "12numberb");
	ADDRESS("US", "#Street", "numberst");
	ADDRESS("US", ",.!", NULL);
	ADDRESS("US", "C/O", NULL);
	ADDRESS("US", "O'Neil/Half", "o'neil/half");
}

TEST(keeps_other_letters_in_lower_case)
{
	ADDRESS("DE", "Hauptstra\303\237e 1", "hauptstrasse1");
	ADDRESS("DE", "K\303\226NIGSALLEE", "k\303\266nigsallee");
	ADDRESS("DE", "Ko\314\210nig", "k\303\266nig");
	ADDRESS("JP", "\345\215\203\344\273\243\347\224\260 1-1",
		"\345\215\203\344\273\243\347\224\2601-1");
	/* sigma: inside, and at the end of all */
	ADDRESS("", "\316\237\316\224\316\237\316\243 \316\221",
		"\316\277\316\264\316\277\317\203\316\261");
	ADDRESS("", "\316\237\316\224\316\237\316\243 1",
		"\316\277\316\264\316\277\317\2021");
}

/* As much as one byte of input can grow, with no room to spare. */
TEST(has_room_for_the_worst)
{
	char in[2048];
	struct buf b;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = i % 2 ? 'P' : '#';
	CHECK_INT(normal_of(norm_address, slice_of(in, sizeof(in)), "ES", &b), 0);
	CHECK_INT(b.n, sizeof(in) / 2 * strlen("numberpasseig"));
	buf_fini(&b);
	for (size_t i = 0; i < sizeof(in); i += 2)
		memcpy(in + i, "\316\220", 2); /* three characters in upper case */
	CHECK_INT(normal_of(norm_address, slice_of(in, sizeof(in)), "", &b), 0);
	CHECK_INT(b.n, sizeof(in) * 3);
	buf_fini(&b);
	for (size_t i = 0; i < sizeof(in); i += 4)
		memcpy(in + i, "\360\235\205\240", 4); /* a note, in three parts */
	CHECK_INT(normal_of(norm_address, slice_of(in, sizeof(in)), "", &b), 0);
	CHECK_INT(b.n, sizeof(in) * 3);
	buf_fini(&b);
	memcpy(in, "a", 1);
	for (size_t i = 1; i + 1 < sizeof(in); i += 2) /* marks out of order */
		memcpy(in + i, i % 4 == 1 ? "\315\204" : "\314\243", 2);
	CHECK_INT(normal_of(norm_address, slice_of(in, sizeof(in) - 1), "", &b), 0);
	CHECK(b.n > sizeof(in));
	buf_fini(&b);
}

int main(void)
{
	RUN(writes_what_amazon_writes);
	RUN(uses_the_countrys_words);
	RUN(reads_boulevard_where_the_lists_are_damaged);
	RUN(looks_dotted_words_up_before_it_cuts_them);
	RUN(cuts_words);
	RUN(keeps_other_letters_in_lower_case);
	RUN(has_room_for_the_worst);
	return CHECK_DONE();
}
