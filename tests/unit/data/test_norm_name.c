/* SPDX-License-Identifier: Apache-2.0 */
#include "data/norm.h"

#include "normal.h"

#define NAME(in, want) normal_is(norm_name, "", in, want)
#define CITY(in, want) normal_is(norm_name_city, "", in, want)

TEST(keeps_letters_and_digits)
{
	NAME("Faulkner", "faulkner");
	NAME("O'Brien", "obrien");
	NAME("AZaz09", "azaz09");
	NAME("@[`{/:", NULL);
	NAME("  Anna Maria ", "annamaria");
	CITY("New York", "newyork");
	CITY("St. John's 2", "stjohns2");
	CITY("-", NULL);
}

TEST(spells_german_and_nordic_letters_out_in_names_only)
{
	NAME("J\303\266rg M\303\274ller", "joergmueller");
	NAME("\303\204\303\226\303\234\303\237\341\272\236", "aeoeuessss");
	NAME("S\303\270ren \303\206\303\246 \303\230", "sorenaeaeo");
	CITY("M\303\274nchen", "mnchen");
	CITY("Gro\303\237stadt \303\226\303\230\303\246", "grostadt");
}

TEST(drops_other_letters)
{
	NAME("Jos\303\251", "jos");
	NAME("Pe\303\261a", "pea");
	NAME("\345\261\261\347\224\260", NULL);
	NAME("\320\230\320\262\320\260\320\275", NULL);
	NAME("\357\274\241", NULL); /* full-width A */
	NAME("\331\243", NULL);	    /* an Arabic digit */
	CITY("\346\235\261\344\272\254", NULL);
	NAME("\304\260zmir", "izmir"); /* i and a dot that goes */
	NAME("\304\261", NULL);
}

TEST(takes_decomposed_letters_for_composed_ones)
{
	NAME("Jose\314\201", "jos");
	NAME("Mu\314\210ller", "mueller");
	NAME("u\314\210\314\243", NULL);     /* composes with the dot below first */
	NAME("q\314\210", "q");		     /* composes with nothing */
	NAME("\342\204\252elvin", "kelvin"); /* its sign */
	CITY("Mu\314\210nchen", "mnchen");
	NAME("\314\210u", "u");
}

int main(void)
{
	RUN(keeps_letters_and_digits);
	RUN(spells_german_and_nordic_letters_out_in_names_only);
	RUN(drops_other_letters);
	RUN(takes_decomposed_letters_for_composed_ones);
	return CHECK_DONE();
}
