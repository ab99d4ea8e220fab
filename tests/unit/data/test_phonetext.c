/* SPDX-License-Identifier: Apache-2.0 */
#include "data/phonetext.h"

#include "tool/check.h"

/* want: the digits, after a + if there was one; NULL: no number. */
static void reads(const char *in, const char *want)
{
	struct phonetext t;
	char got[PHONETEXT_MAX + 1];
	size_t n = 0;

	CHECK_INT(phonetext_read(slice_str(in), &t), want != NULL);
	if (!want)
		return;
	if (t.plus)
		got[n++] = '+';
	memcpy(got + n, t.d, t.n);
	n += t.n;
	CHECK_MEM(got, n, want, strlen(want));
}

TEST(keeps_the_digits)
{
	reads("4155552671", "4155552671");
	reads("(415) 555-2671", "4155552671");
	reads("+1 415.555.2671", "+14155552671");
	reads("\xef\xbc\x8b\xef\xbc\x91 415 555 2671", "+14155552671");
	reads("\xd9\xa4\xd9\xa1\xd9\xa5 555", "415555");
	reads("030\xe2\x80\x93"
	      "12 34 56",
	      "030123456");
	reads("0 xx 21 5555 1234", "02155551234");
	reads("15", "15");
	reads("415_555_2671", "4155552671");
	reads("93\xc2\xb7"
	      "123\xe3\x83\xbb"
	      "4567",
	      "931234567");
}

TEST(drops_what_stands_around)
{
	reads("Tel: 030 123456", "030123456");
	reads("tel:+49-30-123456", "+4930123456");
	reads("(+49) 30 123456 (h)", "+4930123456");
	reads("'4155552671;", "4155552671");
	reads("\xe2\x98\x8e 4155552671 \xe2\x98\x8e", "4155552671");
	reads("+4930123456;isub=1/2", "+4930123456");
	reads("(530) 583-6985 x302/x2303", "5305836985");
	reads("4155552671 home", "4155552671");
	reads("030 123456 (b\xc3\xbcro)", "030123456");
	reads("4155552671 \xe4\xb8\xad", "4155552671");
	reads("4155552671 ext", "4155552671");
	reads("4155552671 #", "4155552671");
	reads("1-800-FLOWERS", "1800"); /* no keypad letters: no number is that short */
}

TEST(takes_extensions_off)
{
	static const char *const after[] = {
		"x12",
		" x12",
		" ext. 12",
		";ext=12",
		" EXT 12",
		" ext:12",
		",12",
		", 12",
		",,12",
		";12",
		" #12",
		"#12#",
		" xtn 12",
		" extension 12",
		" extensio 12",
		" extensi\xc3\xb3n 12",
		" anexo 12",
		" int 12",
		" \xd0\xb4\xd0\xbe\xd0\xb1. 12",
		" - 12#",
		"~12",
		" \xef\xbd\x98"
		"12",
		" extensio\xcc\x81n 12",
		" \xef\xbc\x83"
		"12",
		"x123456789",
		" \xef\xbd\x85\xef\xbd\x98\xef\xbd\x94"
		"12",
		" ext 12345678901234567890",
		",,123456789012345",
	};

	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
		char in[100];

		snprintf(in, sizeof(in), "4155552671%s", after[i]);
		reads(in, "4155552671");
	}
	reads("4155552671 x1234567890", "41555526711234567890"); /* too long for one */
	reads("4155552671 ext 123456789012345678901", NULL);
	reads("x12", "12"); /* nothing before it */
}

TEST(refuses_what_is_no_number)
{
	char big[PHONETEXT_MAX + 2];

	reads("", NULL);
	reads("none", NULL);
	reads("+", NULL);
	reads("5", NULL);
	reads("1-2", NULL);
	reads("jane@example.com", NULL);
	reads("415+5552671", NULL);
	reads("415\xc2\xb2"
	      "5552671",
	      NULL);
	reads("415 \xe4\xb8\xad 5552671", NULL);
	reads("030 123456 Zimmer 5", NULL); /* an extension by another name? */
	reads("4155552671 and 4155552672", NULL);
	reads("555-1234;phone-context=+1-415", NULL);
	memset(big, '5', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	reads(big, NULL);
	reads(big + 1, big + 1);
}

TEST(refuses_what_a_spreadsheet_made)
{
	reads("4.155e9", NULL);
	reads("4,155E+09", NULL);
	reads("4155552671E0", NULL);
	reads("4155552671.0", NULL);
	reads("4155552671.00", NULL);
	reads("4155552671,0", NULL);
	reads("+14155552671.0", NULL);
	reads("-4155552671.0", NULL);
	reads("415555.2671", "4155552671");
	reads("4155552671.", "4155552671");
	reads("415.555.0", "4155550");
}

int main(void)
{
	RUN(keeps_the_digits);
	RUN(drops_what_stands_around);
	RUN(takes_extensions_off);
	RUN(refuses_what_is_no_number);
	RUN(refuses_what_a_spreadsheet_made);
	return CHECK_DONE();
}
