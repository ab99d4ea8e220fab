/* SPDX-License-Identifier: Apache-2.0 */
#include "net/awsfile.h"

#include "tool/check.h"

static const char config[] = "[default]\n"
			     "key = of default\n"
			     "[ profile   two words ]\n"
			     "key=quoted\n"
			     "[profile \"q\"]\n"
			     "  key = indented\n"
			     "KEY =  a#b ;c  # comment\r\n"
			     "nested =\n"
			     "  inner = 1\n"
			     "empty =\n"
			     "credential_process = run 'a ; b' # c\n"
			     "no equals sign\n"
			     "# key = comment\n"
			     "; key = comment\n"
			     "[plain]\n"
			     "key = no profile\n"
			     "[profile q]\n"
			     "late = yes\n"
			     "late = later\n"
			     "[broken\n"
			     "key = of nobody\n";

static void value_is(const char *text, enum awsfile_kind kind, const char *profile,
		     const char *key, const char *expected)
{
	struct slice v = awsfile_get(slice_str(text), kind, profile, key);

	CHECK_MEM(v.p, v.n, expected, strlen(expected));
}

TEST(values_of_the_config_file)
{
	value_is(config, AWSFILE_CONFIG, "default", "key", "of default");
	value_is(config, AWSFILE_CONFIG, "two words", "key", "quoted");
	value_is(config, AWSFILE_CONFIG, "q", "key", "a#b");
	value_is(config, AWSFILE_CONFIG, "q", "inner", "");
	value_is(config, AWSFILE_CONFIG, "q", "nested", "");
	value_is(config, AWSFILE_CONFIG, "q", "empty", "");
	value_is(config, AWSFILE_CONFIG, "q", "late", "later");
	value_is(config, AWSFILE_CONFIG, "q", "credential_process", "run 'a ; b' # c");
	value_is(config, AWSFILE_CONFIG, "plain", "key", "");
	value_is(config, AWSFILE_CONFIG, "broken", "key", "");
	value_is(config, AWSFILE_CONFIG, "", "key", "");
	CHECK(awsfile_has(slice_str(config), AWSFILE_CONFIG, "q"));
	CHECK(!awsfile_has(slice_str(config), AWSFILE_CONFIG, "plain"));
	CHECK(!awsfile_has(slice_str(""), AWSFILE_CONFIG, "default"));
}

TEST(values_of_the_credentials_file)
{
	value_is(config, AWSFILE_CREDENTIALS, "plain", "key", "no profile");
	value_is(config, AWSFILE_CREDENTIALS, "q", "key", "");
	value_is(config, AWSFILE_CREDENTIALS, "default", "key", "of default");
	value_is("[a]\nkey = last line", AWSFILE_CREDENTIALS, "a", "key", "last line");
}

TEST(the_longer_name_of_default_wins)
{
	value_is("[profile default]\nkey = long\n[default]\nkey = short\n",
		 AWSFILE_CONFIG, "default", "key", "long");
	value_is("[default]\nkey = short\n[profile default]\nother = long\n",
		 AWSFILE_CONFIG, "default", "key", "");
}

int main(void)
{
	RUN(values_of_the_config_file);
	RUN(values_of_the_credentials_file);
	RUN(the_longer_name_of_default_wins);
	return 0;
}
