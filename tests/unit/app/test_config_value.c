/* SPDX-License-Identifier: Apache-2.0 */
#include "app/config_value.h"

#include <string.h>

#include "tool/check.h"

#define GARBAGE 4711

#define GIVES(fn, text, want)                \
	do {                                 \
		int64_t v_ = GARBAGE;        \
		CHECK_INT(fn(text, &v_), 0); \
		CHECK_INT(v_, want);         \
	} while (0)
#define FAILS(fn, text, err)                   \
	do {                                   \
		int64_t v_ = GARBAGE;          \
		CHECK_INT(fn(text, &v_), err); \
		CHECK_INT(v_, GARBAGE);        \
	} while (0)

TEST(sizes)
{
	char show[CONFIG_VALUE_SHOW];

	GIVES(config_value_size, "0", 0);
	GIVES(config_value_size, "500", 500);
	GIVES(config_value_size, "64K", 65536);
	GIVES(config_value_size, "16m", 16 << 20);
	GIVES(config_value_size, "4G", INT64_C(4) << 30);
	GIVES(config_value_size, "007", 7);
	GIVES(config_value_size, "9223372036854775807", INT64_MAX);
	FAILS(config_value_size, "9223372036854775808", -ERANGE);
	FAILS(config_value_size, "8589934592G", -ERANGE);
	FAILS(config_value_size, "99999999999999999999999", -ERANGE);
	FAILS(config_value_size, "", -EINVAL);
	FAILS(config_value_size, "K", -EINVAL);
	FAILS(config_value_size, "-1", -EINVAL);
	FAILS(config_value_size, "+1", -EINVAL);
	FAILS(config_value_size, " 1", -EINVAL);
	FAILS(config_value_size, "1 K", -EINVAL);
	FAILS(config_value_size, "0x10", -EINVAL);
	FAILS(config_value_size, "1.5G", -EINVAL);
	FAILS(config_value_size, "1KB", -EINVAL);
	FAILS(config_value_size, "1s", -EINVAL);
	CHECK_STR(config_value_show_size(0, show), "0");
	CHECK_STR(config_value_show_size(1023, show), "1023");
	CHECK_STR(config_value_show_size(1024, show), "1K");
	CHECK_STR(config_value_show_size(3 << 20, show), "3M");
	CHECK_STR(config_value_show_size(INT64_C(1025) << 20, show), "1025M");
	CHECK_STR(config_value_show_size(INT64_C(2048) << 30, show), "2048G");
}

TEST(times)
{
	char show[CONFIG_VALUE_SHOW];

	GIVES(config_value_time, "0", 0);
	GIVES(config_value_time, "30", 30000);
	GIVES(config_value_time, "250ms", 250);
	GIVES(config_value_time, "2s", 2000);
	GIVES(config_value_time, "10m", 600000);
	GIVES(config_value_time, "1h", 3600000);
	GIVES(config_value_time, "30d", INT64_C(2592000000));
	FAILS(config_value_time, "", -EINVAL);
	FAILS(config_value_time, "ms", -EINVAL);
	FAILS(config_value_time, "1w", -EINVAL);
	FAILS(config_value_time, "1 s", -EINVAL);
	FAILS(config_value_time, "-1s", -EINVAL);
	FAILS(config_value_time, "1.5h", -EINVAL);
	FAILS(config_value_time, "9223372036854775807", -ERANGE);
	CHECK_STR(config_value_show_time(0, show), "0");
	CHECK_STR(config_value_show_time(1, show), "1ms");
	CHECK_STR(config_value_show_time(90000, show), "90s");
	CHECK_STR(config_value_show_time(60000, show), "1m");
	CHECK_STR(config_value_show_time(5400000, show), "90m");
	CHECK_STR(config_value_show_time(172800000, show), "2d");
}

TEST(words_for_yes_and_no)
{
	GIVES(config_value_bool, "yes", 1);
	GIVES(config_value_bool, "No", 0);
	GIVES(config_value_bool, "TRUE", 1);
	GIVES(config_value_bool, "false", 0);
	GIVES(config_value_bool, "on", 1);
	GIVES(config_value_bool, "off", 0);
	GIVES(config_value_bool, "1", 1);
	GIVES(config_value_bool, "0", 0);
	FAILS(config_value_bool, "", -EINVAL);
	FAILS(config_value_bool, "y", -EINVAL);
	FAILS(config_value_bool, "yes ", -EINVAL);
	FAILS(config_value_bool, "2", -EINVAL);
}

TEST(modes)
{
	GIVES(config_value_mode, "0220", 0220);
	GIVES(config_value_mode, "220", 0220);
	GIVES(config_value_mode, "0", 0);
	GIVES(config_value_mode, "0777", 0777);
	FAILS(config_value_mode, "", -EINVAL);
	FAILS(config_value_mode, "0880", -EINVAL);
	FAILS(config_value_mode, "00220", -EINVAL);
	FAILS(config_value_mode, "-220", -EINVAL);
	FAILS(config_value_mode, "1777", -ERANGE);
}

TEST(delimiters)
{
	GIVES(config_value_delimiter, "auto", 0);
	GIVES(config_value_delimiter, "comma", ',');
	GIVES(config_value_delimiter, ",", ',');
	GIVES(config_value_delimiter, "Semicolon", ';');
	GIVES(config_value_delimiter, ";", ';');
	GIVES(config_value_delimiter, "tab", '\t');
	GIVES(config_value_delimiter, "\\t", '\t');
	GIVES(config_value_delimiter, "pipe", '|');
	GIVES(config_value_delimiter, "|", '|');
	FAILS(config_value_delimiter, "", -EINVAL);
	FAILS(config_value_delimiter, ":", -EINVAL);
}

static void share(const char *s, int want_share, int want_rows)
{
	int32_t got = GARBAGE;
	int64_t rows = GARBAGE;

	CHECK_INT(config_value_share(s, &got, &rows), 0);
	CHECK_INT(got, want_share);
	CHECK_INT(rows, want_rows);
}

static void no_share(const char *s, int err)
{
	int32_t got = GARBAGE;
	int64_t rows = GARBAGE;

	CHECK_INT(config_value_share(s, &got, &rows), err);
	CHECK_INT(got, GARBAGE);
	CHECK_INT(rows, GARBAGE);
}

TEST(shares)
{
	share("1%", 100, -1);
	share("0%", 0, -1);
	share("100%", 10000, -1);
	share("100.00%", 10000, -1);
	share("0.2%", 20, -1);
	share("0.25%", 25, -1);
	share("12.05%", 1205, -1);
	share("0", -1, 0);
	share("250", -1, 250);
	share("1K", -1, 1024);
	no_share("", -EINVAL);
	no_share("%", -EINVAL);
	no_share("1.%", -EINVAL);
	no_share("0.125%", -EINVAL);
	no_share("1%%", -EINVAL);
	no_share("1.5", -EINVAL);
	no_share("-1%", -EINVAL);
	no_share("101%", -ERANGE);
	no_share("100.01%", -ERANGE);
	no_share("99999999999999999999%", -ERANGE);
}

TEST(countries)
{
	char c[3] = "??";

	CHECK_INT(config_value_country("us", c), 0);
	CHECK_STR(c, "US");
	CHECK_INT(config_value_country("Uk", c), 0);
	CHECK_STR(c, "GB");
	CHECK_INT(config_value_country("", c), -EINVAL);
	CHECK_INT(config_value_country("U", c), -EINVAL);
	CHECK_INT(config_value_country("USA", c), -EINVAL);
	CHECK_INT(config_value_country("U1", c), -EINVAL);
	CHECK_INT(config_value_country("\xc3\xa4", c), -EINVAL);
}

TEST(text)
{
	CHECK(config_value_is_text(""));
	CHECK(config_value_is_text("Stra\xc3\x9f"
				   "e\t1"));
	CHECK(!config_value_is_text("a\nb"));
	CHECK(!config_value_is_text("a\x7f"));
	CHECK(!config_value_is_text("a\x1b[0m"));
	CHECK(!config_value_is_text("Stra\xdf"
				    "e"));
	CHECK(!config_value_is_text("\xc3"));
	CHECK(config_value_is_word("Atzr|x!~", 8));
	CHECK(!config_value_is_word("Atzr|x!~", 7));
	CHECK(!config_value_is_word("", 8));
	CHECK(!config_value_is_word("a b", 8));
	CHECK(!config_value_is_word("\xc3\xa4", 8));
	CHECK(config_value_is_globs("*.bak,core.??"));
	CHECK(!config_value_is_globs("dir/*"));
}

TEST(names)
{
	CHECK(config_value_is_id("amc-1_A", 7));
	CHECK(!config_value_is_id("amc-1_A", 6));
	CHECK(!config_value_is_id("", 6));
	CHECK(!config_value_is_id("a.b", 6));
	CHECK(!config_value_is_id("a/b", 6));
	CHECK(config_value_is_region("eu-central-1"));
	CHECK(!config_value_is_region("EU"));
	CHECK(!config_value_is_region(""));
	CHECK(!config_value_is_region("us-east-1.example"));
	CHECK(config_value_is_bucket("my-staging.2"));
	CHECK(config_value_is_bucket("abc"));
	CHECK(!config_value_is_bucket("ab"));
	CHECK(!config_value_is_bucket("Abc"));
	CHECK(!config_value_is_bucket("-abc"));
	CHECK(!config_value_is_bucket("abc-"));
	CHECK(!config_value_is_bucket("a..c"));
	CHECK(!config_value_is_bucket("a/c"));
	CHECK(!config_value_is_bucket("a123456789012345678901234567890123456789012345678"
				      "901234567890123"));
}

TEST(prefixes)
{
	CHECK(config_value_is_prefix(""));
	CHECK(config_value_is_prefix("amc/"));
	CHECK(config_value_is_prefix("a/b.c/day=1"));
	CHECK(!config_value_is_prefix("/a"));
	CHECK(!config_value_is_prefix("/"));
	CHECK(!config_value_is_prefix("a//b"));
	CHECK(!config_value_is_prefix("a/../b"));
	CHECK(!config_value_is_prefix(".."));
	CHECK(!config_value_is_prefix("a/./b"));
	CHECK(!config_value_is_prefix("a b"));
	CHECK(!config_value_is_prefix("a\\b"));
	CHECK(config_value_is_file_prefix(""));
	CHECK(config_value_is_file_prefix("crm-"));
	CHECK(!config_value_is_file_prefix("a/b"));
	CHECK(!config_value_is_file_prefix("_crm"));
	CHECK(!config_value_is_file_prefix(".crm"));
}

int main(void)
{
	RUN(sizes);
	RUN(times);
	RUN(words_for_yes_and_no);
	RUN(modes);
	RUN(delimiters);
	RUN(shares);
	RUN(countries);
	RUN(text);
	RUN(names);
	RUN(prefixes);
	return CHECK_DONE();
}
