/* SPDX-License-Identifier: Apache-2.0 */
/* What of the ways to AWS keys can be known without a network. */
#include "config_files.h"

/* Without keys. */
#define BARE                            \
	"[amc]\n"                       \
	"client_id = amzn1.client\n"    \
	"client_secret_file = secret\n" \
	"refresh_token_file = token\n"  \
	"[s3]\n"                        \
	"bucket = staging\n"
#define ROLE "arn:aws:iam::123456789012:role/staging"

static void set(const char *name, const char *value)
{
	CHECK_INT(setenv(name, value, 1), 0);
}

static void unset(const char *name)
{
	CHECK_INT(unsetenv(name), 0);
}

static void refuse(const char *text, const char *expected)
{
	const struct config_opts o = {0};

	files_put("c.ini", text, 0644);
	files_refuse(&o, expected);
}

TEST(a_role_with_all_its_keys)
{
	struct config *c = files_good(GOOD "auth = role\nrole_arn = " ROLE "\n"
					   "external_id = x-1\nrole_session_name = me\n"
					   "role_duration = 900\n"
					   "sts_endpoint = https://sts.example\n"
					   "[instance a]\nrole_arn = " ROLE "2\n");
	const struct settings_s3 *s3 = &c->settings.s3;

	CHECK_INT(s3->auth, AUTH_ROLE);
	CHECK_STR(s3->access_key_id, "AKIAEXAMPLE");
	CHECK_STR(s3->role_arn, ROLE);
	CHECK_STR(s3->external_id, "x-1");
	CHECK_STR(s3->role_session_name, "me");
	CHECK_INT(s3->role_duration_ms, 900000);
	CHECK_STR(s3->sts_endpoint.host, "sts.example");
	CHECK_STR(c->settings.instances[0].s3.role_arn, ROLE "2");
	CHECK_STR(c->settings.instances[0].s3.external_id, "x-1");
	config_free(c);
}

TEST(roles_that_would_be_passed_over)
{
	refuse(GOOD "auth = role\n",
	       "c.ini:5: [s3] role_arn: auth = role needs a role; set this");
	refuse(GOOD "auth = static\nrole_arn = " ROLE "\n",
	       "c.ini:10: [s3] role_arn: no role is assumed with this auth; set auth = "
	       "role, or remove this");
	/* inherited, it is for those who want it */
	config_free(files_good(GOOD "auth = role\nrole_arn = " ROLE "\n"
				    "[instance a]\nauth = static\n"));
}

TEST(profiles)
{
	char path[64];
	struct config *c;

	refuse(BARE "auth = profile\n",
	       "c.ini:5: [s3] profile: neither of the shared AWS files "
	       "(~/.aws/credentials, ~/.aws/config) can be read; create one, or set "
	       "AWS_SHARED_CREDENTIALS_FILE in the environment");
	files_put("other", "[x]\n", 0600);
	set("AWS_SHARED_CREDENTIALS_FILE", "other");
	set("AWS_PROFILE", "of-env");
	set("AWS_ACCESS_KEY_ID", "AKIAENV");
	set("AWS_SECRET_ACCESS_KEY", "env/key");
	c = files_good(BARE "profile = x\n");
	CHECK_INT(c->settings.s3.auth, AUTH_AUTO);
	CHECK_STR(c->settings.s3.profile, "x");
	/* a profile that is named wins over keys in the environment, which it may use */
	CHECK_STR(c->settings.s3.access_key_id, "");
	CHECK_STR(c->settings.aws.access_key_id, "AKIAENV");
	CHECK_STR(c->settings.aws.secret_access_key.bytes, "env/key");
	CHECK_STR(c->settings.aws.profile, "of-env");
	(void)snprintf(path, sizeof(path), "%s/other", files_dir);
	CHECK_STR(c->settings.aws.credentials_file, path);
	CHECK_STR(c->settings.aws.config_file, "/nonexistent/config");
	CHECK_STR(getenv("AWS_SECRET_ACCESS_KEY"), NULL);
	config_free(c);
	unset("AWS_ACCESS_KEY_ID");
	unset("AWS_PROFILE");
	/* without any name the files are enough */
	c = files_good(BARE);
	CHECK_STR(c->settings.s3.access_key_id, "");
	config_free(c);
	unset("AWS_SHARED_CREDENTIALS_FILE");
	set("HOME", "/nonexistent/home");
	c = files_good(GOOD);
	CHECK_STR(c->settings.aws.credentials_file, "/nonexistent/home/.aws/credentials");
	config_free(c);
	set("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
}

TEST(web_identities)
{
	struct config *c;

	refuse(BARE "auth = web_identity\n",
	       "c.ini:5: [s3] auth: auth = web_identity needs a token: set "
	       "AWS_WEB_IDENTITY_TOKEN_FILE in the environment");
	set("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/token");
	refuse(BARE "auth = web_identity\n",
	       "c.ini:5: [s3] role_arn: auth = web_identity needs a role; set this, or "
	       "AWS_ROLE_ARN in the environment");
	set("AWS_ROLE_ARN", ROLE);
	set("AWS_ROLE_SESSION_NAME", "pod");
	c = files_good(BARE "auth = web_identity\n");
	CHECK_STR(c->settings.aws.web_identity_token_file, "/run/token");
	CHECK_STR(c->settings.aws.role_arn, ROLE);
	CHECK_STR(c->settings.aws.role_session_name, "pod");
	config_free(c);
	unset("AWS_WEB_IDENTITY_TOKEN_FILE");
	unset("AWS_ROLE_ARN");
	unset("AWS_ROLE_SESSION_NAME");
}

TEST(machines_and_containers)
{
	struct files_warnings w = {0};
	struct config_opts warned = {.warn = files_warn, .warn_ctx = &w};
	struct config *c;

	refuse(BARE "auth = instance\n",
	       "c.ini:5: [s3] auth: the instance metadata service is switched off by "
	       "AWS_EC2_METADATA_DISABLED; unset it, or choose another auth");
	set("AWS_EC2_METADATA_DISABLED", "false");
	set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://metadata.example");
	refuse(BARE,
	       "c.ini:5: [s3] auth: the environment variable "
	       "AWS_EC2_METADATA_SERVICE_ENDPOINT names another host by plain http, "
	       "which is for loopback and EC2's own address only; use https");
	set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254:80/");
	files_put("c.ini", BARE "[instance a]\n[instance b]\n", 0644);
	c = files_load(&warned);
	CHECK_STR(c->settings.aws.metadata_endpoint.host, "169.254.169.254");
	CHECK(!c->settings.aws.metadata_disabled);
	CHECK_INT(w.n, 1);
	CHECK_STR(
		w.last,
		"c.ini:7: [instance a] auth: no AWS keys here, in the environment or in "
		"profile files; the instance metadata service will be asked (auth = "
		"instance says that this is meant)");
	config_free(c);
	unset("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
	c = files_good(BARE "auth = instance\n");
	CHECK_STR(c->settings.aws.metadata_endpoint.host, "fd00:ec2::254");
	config_free(c);
	unset("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
	set("AWS_EC2_METADATA_DISABLED", "True");
	set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "v2/x");
	refuse(BARE, "c.ini:5: [s3] auth: the environment variable "
		     "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with /; "
		     "correct it or unset it");
	set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x?y=1");
	set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer abc");
	c = files_good(BARE);
	CHECK_STR(c->settings.aws.container_url, "http://169.254.170.2/v2/x?y=1");
	CHECK_STR(c->settings.aws.container_token.bytes, "Bearer abc");
	CHECK_STR(getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN"), NULL);
	config_free(c);
	unset("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	set("AWS_EC2_METADATA_DISABLED", "true");
}

int main(void)
{
	files_begin();
	RUN(a_role_with_all_its_keys);
	RUN(roles_that_would_be_passed_over);
	RUN(profiles);
	RUN(web_identities);
	RUN(machines_and_containers);
	files_end();
	return 0;
}
