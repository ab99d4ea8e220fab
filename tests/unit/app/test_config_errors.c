/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused, with exactly which sentence. */
#include "app/config.h"

#include "config_files.h"

/* What is wrong stands in the text after the eight lines of GOOD. */
static void refuse(const char *text, const char *expected)
{
	const struct config_opts o = {0};

	files_put("c.ini", text, 0644);
	files_refuse(&o, expected);
}

#define AFTER_GOOD(text, expected) refuse(GOOD text, expected)

TEST(the_file_itself)
{
	const struct config_opts o = {0};

	files_refuse(&o,
		     "the configuration cannot be used: cannot open c.ini: No such file "
		     "or directory; create it or correct the path");
	files_put_bytes("c.ini", GOOD "prefix = a\0b\n",
			sizeof(GOOD "prefix = a\0b\n") - 1, 0644);
	files_refuse(&o, "c.ini:9: [s3]: a NUL byte; amcfs reads UTF-8 text");
	refuse("",
	       "c.ini:1: client_id: [amc] needs client_id; set it to the id of the Login "
	       "with Amazon client");
}

TEST(lines)
{
	char text[20000] = GOOD "kms_key_id = ";
	size_t n = strlen(text);

	refuse("x = 1\n", "c.ini:1: x: a key must stand below a [section]");
	AFTER_GOOD("\nbucket\n",
		   "c.ini:10: [s3]: neither KEY = VALUE nor [section] nor a comment");
	AFTER_GOOD("prefix ; = x",
		   "c.ini:9: [s3]: neither KEY = VALUE nor [section] nor a comment");
	AFTER_GOOD("= 1\n",
		   "c.ini:9: [s3]: neither KEY = VALUE nor [section] nor a comment");
	memset(text + n, 'x', 17000);
	refuse(text, "c.ini:9: [s3]: the line is longer than 16382 bytes");
}

TEST(headings)
{
	AFTER_GOOD("[mount\n", "c.ini:9: a section's heading ends with ]");
	AFTER_GOOD("[mount] settle = 2\n",
		   "c.ini:9: only a comment may follow a section's heading");
	AFTER_GOOD("[mounts]\n",
		   "c.ini:9: [mounts]: unknown section; allowed: [amc], [s3], [upload], "
		   "[mount], [instance ID], [dataset ID/DATASET], [group NAME]");
	AFTER_GOOD(
		"[]\n",
		"c.ini:9: []: unknown section; allowed: [amc], [s3], [upload], [mount], "
		"[instance ID], [dataset ID/DATASET], [group NAME]");
	AFTER_GOOD("[mount x]\n",
		   "c.ini:9: [mount x]: this section has no name; write [mount]");
	AFTER_GOOD("[instance]\n",
		   "c.ini:9: [instance]: write [instance ID], with 1 to 64 "
		   "letters, digits, - or _");
	AFTER_GOOD("[instance a/b]\n",
		   "c.ini:9: [instance a/b]: write [instance ID], with 1 "
		   "to 64 letters, digits, - or _");
	AFTER_GOOD("[dataset ../b]\n",
		   "c.ini:9: [dataset ../b]: write [dataset ID/DATASET], "
		   "with 1 to 64 letters, digits, - or _");
	AFTER_GOOD(
		"[dataset amc1]\n",
		"c.ini:9: [dataset amc1]: write [dataset ID/DATASET]; a data set's name "
		"has 1 to 128 letters, digits, - or _");
	AFTER_GOOD(
		"[instance a]\n[instance  a]\n",
		"c.ini:10: [instance a]: this section stands at line 9 already; join the "
		"two");
	AFTER_GOOD("[amc]\n",
		   "c.ini:9: [amc]: this section stands at line 1 already; join the two");
}

TEST(unknown_keys)
{
	AFTER_GOOD("buckett = x\n",
		   "c.ini:9: [s3] buckett: unknown key; did you mean bucket?");
	AFTER_GOOD("[instance a]\nproxy = x\n",
		   "c.ini:10: [instance a] proxy: this key belongs in [amc] or [s3]");
	AFTER_GOOD("state_dir = x\n",
		   "c.ini:9: [s3] state_dir: this key belongs in [mount]");
	AFTER_GOOD("max_row = 1M\n",
		   "c.ini:9: [s3] max_row: this key belongs in [upload] or "
		   "[instance] or [dataset]");
	refuse("[amc]\nthing = 1\n",
	       "c.ini:2: [amc] thing: unknown key; allowed: region, endpoint, "
	       "token_endpoint, client_id, client_secret, refresh_token, account_id, "
	       "marketplace_id, ads_account_id, advertiser_id, timeout, ca_bundle, "
	       "proxy");
	AFTER_GOOD(
		"[instance a]\nthing = 1\n",
		"c.ini:10: [instance a] thing: unknown key; amcfs.conf(5) lists what is "
		"allowed");
	AFTER_GOOD(
		"bucket_file = x\n",
		"c.ini:9: [s3] bucket_file: unknown key; allowed: bucket, region, "
		"endpoint, addressing, prefix, file_prefix, auth, access_key_id, "
		"secret_access_key, session_token, profile, role_arn, external_id, "
		"role_session_name, role_duration, sts_endpoint, kms_key_id, part_size, "
		"parallel_parts, timeout, ca_bundle, proxy");
	AFTER_GOOD("bucket = other\n",
		   "c.ini:9: [s3] bucket: this key stands at line 6 already");
}

TEST(bad_values)
{
	AFTER_GOOD(
		"part_size = 1M\n",
		"c.ini:9: [s3] part_size: \"1M\" cannot be; allowed: a size from 5M to "
		"512M (bytes, or with K, M or G)");
	AFTER_GOOD("parallel_parts = many\n",
		   "c.ini:9: [s3] parallel_parts: \"many\" cannot be; allowed: a number "
		   "from 1 to 64");
	AFTER_GOOD("addressing = both\n",
		   "c.ini:9: [s3] addressing: \"both\" cannot be; allowed: one of auto, "
		   "path, virtual");
	AFTER_GOOD("region = us east\n", "c.ini:9: [s3] region: this value cannot be; "
					 "allowed: an AWS region, such as us-east-1");
	AFTER_GOOD(
		"prefix = /amc\n",
		"c.ini:9: [s3] prefix: this value cannot be; allowed: letters, digits "
		"and !-_.*'()=/ with no '/' first, no empty part, and no part . or ..");
	AFTER_GOOD("file_prefix = _x\n",
		   "c.ini:9: [s3] file_prefix: this value cannot be; allowed: at most 64 "
		   "letters, digits and !-_.*'()= with no '.' or '_' first");
	AFTER_GOOD(
		"kms_key_id = a b\n",
		"c.ini:9: [s3] kms_key_id: this value cannot be; allowed: visible ASCII "
		"characters without blanks");
	AFTER_GOOD(
		"[instance a]\nbucket = B\n",
		"c.ini:10: [instance a] bucket: this value cannot be; allowed: 3 to 63 "
		"of a-z, 0-9, '-' and '.', no '-' or '.' at an end");
	AFTER_GOOD("[upload]\nmax_skipped = 101%\n",
		   "c.ini:10: [upload] max_skipped: \"101%\" cannot be; allowed: a share "
		   "from 0% to 100%, or a number of rows");
	AFTER_GOOD("[upload]\nclean = maybe\n",
		   "c.ini:10: [upload] clean: \"maybe\" cannot be; allowed: yes or no");
	AFTER_GOOD("[upload]\ncountry = USA\n",
		   "c.ini:10: [upload] country: \"USA\" cannot "
		   "be; allowed: two letters, such as US");
	AFTER_GOOD("[upload]\ndelimiter = :\n",
		   "c.ini:10: [upload] delimiter: \":\" cannot be; allowed: one of auto, "
		   "comma, semicolon, tab, pipe");
	AFTER_GOOD(
		"[upload]\ndelimiter = ;\n",
		"c.ini:10: [upload] delimiter: a ; after a blank begins a comment; write "
		"semicolon");
	AFTER_GOOD("[upload]\nnull = \x1b[0m\n",
		   "c.ini:10: [upload] null: this value cannot be; allowed: UTF-8 text "
		   "without control characters");
	AFTER_GOOD(
		"[upload]\nignore = a/b\n",
		"c.ini:10: [upload] ignore: this value cannot be; allowed: glob patterns "
		"without '/', comma separated");
	AFTER_GOOD(
		"[mount]\nsettle = 2x\n",
		"c.ini:10: [mount] settle: \"2x\" cannot be; allowed: a time from 0 to "
		"1h (ms, s, m, h or d; a bare number is seconds)");
	AFTER_GOOD("[mount]\nretain_days = 0\n",
		   "c.ini:10: [mount] retain_days: \"0\" cannot be; allowed: a number of "
		   "days from 1 to 3650");
	AFTER_GOOD(
		"[mount]\nfile_mode = 0999\n",
		"c.ini:10: [mount] file_mode: \"0999\" cannot be; allowed: permissions "
		"in octal, at most 0777");
	AFTER_GOOD("[mount]\nuid = -1\n",
		   "c.ini:10: [mount] uid: \"-1\" cannot be; allowed: a number from 0 to "
		   "4294967294");
}

TEST(urls)
{
	AFTER_GOOD("endpoint = http://s3.example.com\n",
		   "c.ini:9: [s3] endpoint: plain http is for loopback only; use https");
	AFTER_GOOD("endpoint = http://127.0.0.1.example.com\n",
		   "c.ini:9: [s3] endpoint: plain http is for loopback only; use https");
	refuse("[amc]\ntoken_endpoint = http://10.0.0.1/x\n",
	       "c.ini:2: [amc] token_endpoint: plain http is for loopback only; use "
	       "https");
	config_free(files_good(GOOD "endpoint = http://localhost:1\n"));
	config_free(files_good(GOOD "endpoint = http://[::1]:1\n"));
}

static void bad_url(const char *line, const char *begins)
{
	struct config_opts o = {.path = "c.ini"};
	struct config *c = NULL;
	struct problem p = {0};
	char text[1024];

	(void)snprintf(text, sizeof(text), GOOD "%s\n", line);
	files_put("c.ini", text, 0644);
	CHECK_INT(config_load(&c, &o, &p), -ERR_CONFIG);
	CHECK_MEM(p.note, strnlen(p.note, strlen(begins)), begins, strlen(begins));
	CHECK(strstr(p.note, "hunter2") == NULL);
}

TEST(urls_that_are_none)
{
	bad_url("endpoint = ftp://x", "c.ini:9: [s3] endpoint: the URL \"ftp://x\" ");
	bad_url("proxy = proxy:3128", "c.ini:9: [s3] proxy: the URL \"proxy:3128\" ");
	bad_url("proxy = http://u:hunter2@p:1", "c.ini:9: [s3] proxy: the URL ");
}

TEST(not_in_this_version)
{
	AFTER_GOOD(
		"[mount]\nvisibility = own\n",
		"c.ini:10: [mount] visibility: \"own\" is not available in this version "
		"of amcfs; allowed: all");
	AFTER_GOOD(
		"[instance a]\nads_account_id = x\n",
		"c.ini:10: [instance a] ads_account_id: not available in this version of "
		"amcfs; remove it");
	AFTER_GOOD("[dataset a/b]\ndefinition = d.json\n",
		   "c.ini:10: [dataset a/b] definition: not available in this version of "
		   "amcfs; remove it");
	AFTER_GOOD("[group all-eu]\ninstances = a, b\n",
		   "c.ini:9: [group all-eu]: groups are not available in this version of "
		   "amcfs; remove the section");
	/* the same, saying what the default says */
	config_free(files_good(GOOD
			       "auth = Auto\n"
			       "[upload]\nencoding = UTF-8\nheader = true\ncolumns =\n"
			       "timezone = utc\n[dataset a/b]\ndefinition =\n"
			       "map.email =\n"));
}

TEST(missing)
{
	char expected[256];

	refuse("[amc]\nclient_id = a\n\n[s3]\n",
	       "c.ini:1: [amc] client_secret: [amc] needs client_secret; set "
	       "client_secret_file or client_secret_env");
	refuse("[s3]\n[amc]\nclient_id = a\nclient_secret_file = secret\n",
	       "c.ini:2: [amc] refresh_token: [amc] needs refresh_token; set "
	       "refresh_token_file or refresh_token_env");
	refuse("[amc]\nclient_id = a\nclient_secret_file = secret\n"
	       "refresh_token_file = token\n# end\n",
	       "c.ini:5: bucket: a bucket is needed; set bucket in [s3], or in each "
	       "[instance ID]");
	AFTER_GOOD(
		"[instance a]\n[instance b]\nbucket =\n",
		"c.ini:10: [instance b] bucket: a bucket is needed; set bucket in [s3], "
		"or in each [instance ID]");
	AFTER_GOOD(
		"[instance a]\n[dataset b/c]\n",
		"c.ini:10: [dataset b/c]: there is no [instance b], so it would not be "
		"shown; add that section or remove this one");
	(void)snprintf(expected, sizeof(expected),
		       "c.ini:9: [s3] ca_bundle: cannot read %s/absent: No such file or "
		       "directory",
		       files_dir);
	AFTER_GOOD("ca_bundle = absent\n", expected);
}

TEST(options)
{
	static const struct {
		const char *option, *expected;
	} cases[] = {
		{"settle", "-o settle: needs a value: -o settle=VALUE"},
		{"settel=1", "-o settel: unknown key; did you mean settle?"},
		{"bucket=x", "-o bucket: this key belongs in [s3] or [instance]"},
		{"settle=2h", "-o settle: \"2h\" cannot be; allowed: a time from 0 to 1h "
			      "(ms, s, m, h or d; a bare number is seconds)"},
	};

	files_put("c.ini", GOOD, 0644);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct config_opts o = {.overrides = &cases[i].option, .n_overrides = 1};

		files_refuse(&o, cases[i].expected);
	}
}

int main(void)
{
	files_begin();
	RUN(the_file_itself);
	RUN(lines);
	RUN(headings);
	RUN(unknown_keys);
	RUN(bad_values);
	RUN(urls);
	RUN(urls_that_are_none);
	RUN(not_in_this_version);
	RUN(missing);
	RUN(options);
	files_end();
	return CHECK_DONE();
}
