/* SPDX-License-Identifier: Apache-2.0 */
/* KEY, KEY_file and KEY_env, the keys of AWS, and who may read what. */
#include "app/config.h"

#include "config_files.h"

#define PLAIN                                      \
	"[amc]\n"                                  \
	"client_id_env = CONFIG_TEST_ID\n"         \
	"client_secret_env = CONFIG_TEST_SECRET\n" \
	"refresh_token_file = token\n"             \
	"[s3]\n"                                   \
	"bucket = staging\n"

static void refuse(const char *text, const char *expected)
{
	const struct config_opts o = {0};

	files_put("c.ini", text, 0644);
	files_refuse(&o, expected);
}

static void set(const char *name, const char *value)
{
	CHECK_INT(setenv(name, value, 1), 0);
}

static void set_amc(void)
{
	set("CONFIG_TEST_ID", "id-of-env");
	set("CONFIG_TEST_SECRET", "secret-of-env");
}

static void set_aws(void)
{
	set("AWS_ACCESS_KEY_ID", "AKIAENV");
	set("AWS_SECRET_ACCESS_KEY", "env/key");
	set("AWS_SESSION_TOKEN", "env/token");
}

static void clear_aws(void)
{
	CHECK_INT(unsetenv("AWS_ACCESS_KEY_ID"), 0);
	CHECK_INT(unsetenv("AWS_SECRET_ACCESS_KEY"), 0);
	CHECK_INT(unsetenv("AWS_SESSION_TOKEN"), 0);
}

TEST(variables_are_wiped)
{
	const char *bytes, *aws;
	struct config *c;

	set_amc();
	set_aws();
	bytes = getenv("CONFIG_TEST_SECRET");
	aws = getenv("AWS_SECRET_ACCESS_KEY");
	c = files_good(PLAIN);
	CHECK_STR(c->settings.amc.client_id, "id-of-env");
	CHECK_STR(c->settings.amc.client_secret.bytes, "secret-of-env");
	CHECK_STR(c->settings.s3.access_key_id, "AKIAENV");
	CHECK_STR(c->settings.s3.secret_access_key.bytes, "env/key");
	CHECK_STR(c->settings.s3.session_token.bytes, "env/token");
	CHECK_STR(getenv("CONFIG_TEST_ID"), NULL);
	CHECK_STR(getenv("CONFIG_TEST_SECRET"), NULL);
	CHECK_STR(getenv("AWS_SECRET_ACCESS_KEY"), NULL);
	CHECK_STR(getenv("AWS_SESSION_TOKEN"), NULL);
	CHECK_STR(getenv("AWS_ACCESS_KEY_ID"), "AKIAENV");
	/* the memory that /proc/PID/environ would show */
	CHECK_MEM(bytes, 13, "\0\0\0\0\0\0\0\0\0\0\0\0\0", 13);
	CHECK_MEM(aws, 7, "\0\0\0\0\0\0\0", 7);
	config_free(c);
	clear_aws();
}

TEST(variables_are_wiped_after_an_error)
{
	set_amc();
	refuse(PLAIN "part_size = 1\n",
	       "c.ini:7: [s3] part_size: \"1\" cannot be; allowed: a size from 5M to "
	       "512M (bytes, or with K, M or G)");
	CHECK_STR(getenv("CONFIG_TEST_SECRET"), NULL);
}

TEST(one_variable_for_several_instances)
{
	struct config *c;

	set_amc();
	set("CONFIG_TEST_KEY", "shared/key");
	c = files_good(PLAIN "[instance a]\n"
			     "access_key_id = A1\n"
			     "secret_access_key_env = CONFIG_TEST_KEY\n"
			     "[instance b]\n"
			     "access_key_id = B1\n"
			     "secret_access_key_env = CONFIG_TEST_KEY\n");
	CHECK_STR(c->settings.instances[0].s3.access_key_id, "A1");
	CHECK_STR(c->settings.instances[0].s3.secret_access_key.bytes, "shared/key");
	CHECK_STR(c->settings.instances[1].s3.access_key_id, "B1");
	CHECK_STR(c->settings.instances[1].s3.secret_access_key.bytes, "shared/key");
	CHECK_STR(getenv("CONFIG_TEST_KEY"), NULL);
	config_free(c);
}

TEST(auth_says_where_keys_come_from)
{
	struct config *c;

	set_aws();
	c = files_good(GOOD);
	CHECK_STR(c->settings.s3.access_key_id, "AKIAEXAMPLE");
	CHECK_STR(c->settings.s3.secret_access_key.bytes, "aws/key");
	CHECK(secret_empty(&c->settings.s3.session_token));
	CHECK_STR(getenv("AWS_SECRET_ACCESS_KEY"), "env/key");
	config_free(c);
	c = files_good(GOOD "auth = env\n[instance a]\nauth = static\n[instance b]\n");
	CHECK_STR(c->settings.instances[0].s3.access_key_id, "AKIAEXAMPLE");
	CHECK_STR(c->settings.instances[0].s3.secret_access_key.bytes, "aws/key");
	CHECK_STR(c->settings.instances[1].s3.access_key_id, "AKIAENV");
	CHECK_STR(c->settings.instances[1].s3.secret_access_key.bytes, "env/key");
	CHECK_STR(c->settings.instances[1].s3.session_token.bytes, "env/token");
	config_free(c);
	clear_aws();
	refuse(GOOD "auth = env\n",
	       "c.ini:5: [s3] auth: no AWS keys: set AWS_ACCESS_KEY_ID and "
	       "AWS_SECRET_ACCESS_KEY in the environment");
}

TEST(keys_of_aws_go_together)
{
	struct config *c;

	set_amc();
	refuse(PLAIN, "c.ini:5: [s3] auth: no AWS keys: set AWS_ACCESS_KEY_ID and "
		      "AWS_SECRET_ACCESS_KEY in the environment, or access_key_id and "
		      "secret_access_key here");
	set_amc();
	refuse(PLAIN "access_key_id = A\n",
	       "c.ini:5: [s3] secret_access_key: access_key_id and secret_access_key go "
	       "together; set this one too");
	set_amc();
	refuse(PLAIN "auth = static\n",
	       "c.ini:5: [s3] access_key_id: access_key_id and secret_access_key go "
	       "together; set this one too");
	/* an instance with keys of its own takes none of [s3]'s */
	refuse(GOOD "session_token_file = token\n[instance a]\naccess_key_id = B\n",
	       "c.ini:10: [instance a] secret_access_key: access_key_id and "
	       "secret_access_key go together; set this one too");
	c = files_good(GOOD
		       "session_token_file = token\n[instance a]\naccess_key_id = B\n"
		       "secret_access_key_file = secret\n[instance b]\n");
	CHECK_STR(c->settings.instances[0].s3.access_key_id, "B");
	CHECK_STR(c->settings.instances[0].s3.secret_access_key.bytes, "client-secret");
	CHECK(secret_empty(&c->settings.instances[0].s3.session_token));
	CHECK_STR(c->settings.instances[1].s3.session_token.bytes, "Atzr|token");
	config_free(c);
}

TEST(one_of_three)
{
	struct config *c;

	refuse(GOOD "secret_access_key_env = X\n",
	       "c.ini:9: [s3] secret_access_key_env: secret_access_key_file at line 8 "
	       "says it already; keep one of secret_access_key, secret_access_key_file "
	       "and secret_access_key_env");
	/* empty ones say nothing */
	c = files_good(GOOD "secret_access_key =\nsecret_access_key_env =\n");
	CHECK_STR(c->settings.s3.secret_access_key.bytes, "aws/key");
	config_free(c);
}

TEST(variables_that_fail)
{
	set("CONFIG_TEST_ID", "id");
	refuse(PLAIN, "c.ini:3: [amc] client_secret_env: the environment variable "
		      "CONFIG_TEST_SECRET is not set; set it, or use client_secret_file");
	set_amc();
	set("CONFIG_TEST_SECRET", "two\nlines");
	refuse(PLAIN,
	       "c.ini:3: [amc] client_secret_env: what it gives is empty or not one "
	       "line of visible ASCII characters without blanks");
	set_amc();
	set("CONFIG_TEST_SECRET", "");
	refuse(PLAIN,
	       "c.ini:3: [amc] client_secret_env: what it gives is empty or not one "
	       "line of visible ASCII characters without blanks");
	refuse("[amc]\nclient_secret_env = A=B\n",
	       "c.ini:2: [amc] client_secret_env: allowed: the name of an environment "
	       "variable (letters, digits and _)");
}

TEST(files_that_fail)
{
	char expected[512];
	char big[9000];

	files_put("secret", "a\nb\n", 0600);
	refuse(GOOD,
	       "c.ini:3: [amc] client_secret_file: what it gives is empty or not one "
	       "line of visible ASCII characters without blanks");
	files_put("secret", "\n", 0600);
	refuse(GOOD,
	       "c.ini:3: [amc] client_secret_file: what it gives is empty or not one "
	       "line of visible ASCII characters without blanks");
	files_put_bytes("secret", "a\0b", 3, 0600);
	refuse(GOOD,
	       "c.ini:3: [amc] client_secret_file: what it gives is empty or not one "
	       "line of visible ASCII characters without blanks");
	memset(big, 'x', sizeof(big));
	files_put_bytes("secret", big, sizeof(big), 0600);
	(void)snprintf(expected, sizeof(expected),
		       "c.ini:3: [amc] client_secret_file: %s/secret is larger than 8192 "
		       "bytes",
		       files_dir);
	refuse(GOOD, expected);
	files_put_bytes("secret", big, 8193, 0600);
	refuse(GOOD,
	       "c.ini:3: [amc] client_secret_file: what it gives is empty or not one "
	       "line of visible ASCII characters without blanks");
	files_put_bytes("secret", big, 8192, 0600);
	config_free(files_good(GOOD));
	files_put("secret", "client-secret\n", 0600);
}

TEST(files_that_others_may_read)
{
	char expected[512];

	files_put("secret", "client-secret\n", 0640);
	(void)snprintf(
		expected, sizeof(expected),
		"c.ini:3: [amc] client_secret_file: %s/secret holds a secret and may "
		"be used by others than its owner (mode 640); run: chmod 600 "
		"%s/secret",
		files_dir, files_dir);
	refuse(GOOD, expected);
	files_put("secret", "client-secret\n", 0400);
	config_free(files_good(GOOD));
	CHECK_INT(chmod("secret", 0600), 0);
	/* an id is no secret */
	files_put("other", "id-of-file\n", 0644);
	config_free(files_good("[amc]\nclient_id_file = other\n"
			       "client_secret_file = secret\n"
			       "refresh_token_file = token\n[s3]\nbucket = staging\n"
			       "access_key_id_file = other\n"
			       "secret_access_key_file = key\n"));
}

TEST(secrets_in_the_file_itself)
{
	static const char text[] = "[amc]\nclient_id = a\nclient_secret = hunter2\n"
				   "refresh_token_file = token\n[s3]\nbucket = staging\n"
				   "access_key_id = A\nsecret_access_key_file = key\n";
	const struct config_opts o = {0};
	struct config_opts good = {0};
	struct config *c;

	files_put("c.ini", text, 0644);
	files_refuse(&o,
		     "c.ini:3: [amc] client_secret: the file holds a secret and may be "
		     "used by others than its owner (mode 644); run: chmod 600 c.ini");
	files_put("c.ini", text, 0640);
	files_refuse(&o,
		     "c.ini:3: [amc] client_secret: the file holds a secret and may be "
		     "used by others than its owner (mode 640); run: chmod 600 c.ini");
	files_put("c.ini", text, 0600);
	c = files_load(&good);
	CHECK_STR(c->settings.amc.client_secret.bytes, "hunter2");
	config_free(c);
}

TEST(absent_files)
{
	struct files_warnings w = {0};
	struct config_opts o = {.offline = true, .warn = files_warn, .warn_ctx = &w};
	const struct config_opts strict = {0};
	char expected[512];
	struct config *c;

	CHECK_INT(unlink("key"), 0);
	(void)snprintf(
		expected, sizeof(expected),
		"c.ini:8: [s3] secret_access_key_file: cannot open %s/key: No such "
		"file or directory; create it or correct the path",
		files_dir);
	files_put("c.ini", GOOD, 0644);
	files_refuse(&strict, expected);
	c = files_load(&o);
	CHECK_INT(w.n, 1);
	CHECK_STR(w.last, expected);
	CHECK(secret_empty(&c->settings.s3.secret_access_key));
	config_free(c);
	files_put("key", "aws/key", 0600);
}

TEST(absent_variables)
{
	struct files_warnings w = {0};
	struct config_opts o = {.offline = true, .warn = files_warn, .warn_ctx = &w};
	struct config *c;

	files_put("c.ini", PLAIN "[dataset a/b]\n[dataset c/d]\n", 0644);
	c = files_load(&o);
	CHECK_INT(w.n, 3); /* two variables, and once for AWS's */
	CHECK_STR(w.last,
		  "c.ini:5: [s3] auth: no AWS keys yet; set AWS_ACCESS_KEY_ID and "
		  "AWS_SECRET_ACCESS_KEY in the environment");
	config_free(c);
}

TEST(before_the_first_login)
{
	struct config_opts o = {.login = true};
	const struct config_opts strict = {.login = true};
	struct config *c;
	char want[256];

	files_put("c.ini",
		  "[amc]\nclient_id = a\nclient_secret_file = secret\n"
		  "refresh_token_file = not/yet\n",
		  0644);
	c = files_load(&o);
	(void)snprintf(want, sizeof(want), "%s/not/yet", files_dir);
	CHECK_STR(c->settings.amc.refresh_token_file, want);
	CHECK(secret_empty(&c->settings.amc.refresh_token));
	config_free(c);
	set("CONFIG_TEST_TOKEN", "token");
	files_put("c.ini",
		  "[amc]\nclient_id = a\nclient_secret_file = secret\n"
		  "refresh_token_env = CONFIG_TEST_TOKEN\n",
		  0644);
	files_refuse(&strict, "c.ini:4: [amc] refresh_token_env: a login needs "
			      "refresh_token_file to store the token in");
}

TEST(a_file_that_everybody_may_change)
{
	struct files_warnings w = {0};
	struct config_opts o = {.warn = files_warn, .warn_ctx = &w};

	files_put("c.ini", GOOD, 0646);
	config_free(files_load(&o));
	CHECK_INT(w.n, 1);
	CHECK_STR(w.last,
		  "c.ini:1: everybody may change this file; run: chmod o-w c.ini");
}

int main(void)
{
	files_begin();
	RUN(variables_are_wiped);
	RUN(variables_are_wiped_after_an_error);
	RUN(one_variable_for_several_instances);
	RUN(auth_says_where_keys_come_from);
	RUN(keys_of_aws_go_together);
	RUN(one_of_three);
	RUN(variables_that_fail);
	RUN(files_that_fail);
	RUN(files_that_others_may_read);
	RUN(secrets_in_the_file_itself);
	RUN(absent_files);
	RUN(absent_variables);
	RUN(before_the_first_login);
	RUN(a_file_that_everybody_may_change);
	files_end();
	return CHECK_DONE();
}
