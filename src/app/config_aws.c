/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and defaults are those of AWS's own tools. What is not read here has no
 * effect: there is no AWS_REGION, as the bucket's region is the configuration's, and
 * no AWS_STS_REGIONAL_ENDPOINTS, as the regional endpoint is always asked.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Environment variables".
 */
#include "app/config_aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config_fields.h"
#include "app/config_secret.h"
#include "app/config_value.h"
#include "base/scope.h"

#define KEY_ID		"AWS_ACCESS_KEY_ID"
#define KEY_SECRET	"AWS_SECRET_ACCESS_KEY"
#define KEY_TOKEN	"AWS_SESSION_TOKEN"
#define CONTAINER_TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define METADATA_URL	"AWS_EC2_METADATA_SERVICE_ENDPOINT"

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

/* Absolute, as a mount leaves the working directory; "" without a value. */
static int path_of(const char *name, char **out)
{
	_cleanup_free_ char *cwd = NULL;
	const char *v = env(name);
	char *path;

	if (!*v || *v == '/')
		return config_fields_set_text(out, v);
	cwd = getcwd(NULL, 0);
	if (asprintf(&path, "%s/%s", cwd ? cwd : "", v) < 0)
		return -ENOMEM;
	free(*out);
	*out = path;
	return 0;
}

/* The variable, else below HOME; "" without either. */
static int file_of(const char *name, const char *below, char **out)
{
	const char *home = env("HOME");
	char *path;

	if (*env(name) || *home != '/')
		return path_of(name, out);
	if (asprintf(&path, "%s/.aws/%s", home, below) < 0)
		return -ENOMEM;
	free(*out);
	*out = path;
	return 0;
}

static int load_files(struct settings_aws *aws)
{
	const char *profile = env("AWS_PROFILE");
	int r;

	if (!*profile)
		profile = env("AWS_DEFAULT_PROFILE");
	r = config_fields_set_text(&aws->profile, profile);
	if (r == 0)
		r = file_of("AWS_CONFIG_FILE", "config", &aws->config_file);
	if (r == 0)
		r = file_of("AWS_SHARED_CREDENTIALS_FILE", "credentials",
			    &aws->credentials_file);
	if (r == 0)
		r = path_of("AWS_WEB_IDENTITY_TOKEN_FILE", &aws->web_identity_token_file);
	if (r == 0)
		r = config_fields_set_text(&aws->role_arn, env("AWS_ROLE_ARN"));
	if (r == 0)
		r = config_fields_set_text(&aws->role_session_name,
					   env("AWS_ROLE_SESSION_NAME"));
	return r;
}

static int set_secret(struct secret *out, const char *name, struct config_at at,
		      struct problem *p)
{
	const char *v = env(name);

	if (!*v)
		return 0;
	if (!config_value_is_word(v, CONFIG_SECRET_MAX))
		return config_at_fail(at, p,
				      "the environment variable %s holds more than one "
				      "line of visible ASCII characters",
				      name);
	return secret_set(out, v, strlen(v));
}

/* "Basic abc" is a scheme and a token: one blank is fine here. */
static int set_container_token(struct settings_aws *aws, struct config_at at,
			       struct problem *p)
{
	const char *v = env(CONTAINER_TOKEN);
	int r;

	for (const char *c = v; *c; c++)
		if (*c < ' ' || *c > '~')
			return config_at_fail(
				at, p,
				"the environment variable " CONTAINER_TOKEN
				" holds more than one line of visible ASCII "
				"characters");
	if (!*v)
		return 0;
	r = secret_set(&aws->container_token, v, strlen(v));
	if (r == -ERR_TOO_LARGE)
		return config_at_fail(at, p,
				      "the environment variable " CONTAINER_TOKEN
				      " is longer than %d bytes",
				      CONFIG_SECRET_MAX);
	config_secret_forget_env(CONTAINER_TOKEN);
	return r;
}

static int load_container(struct settings_aws *aws, struct config_at at,
			  struct problem *p)
{
	const char *relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	char *url;
	int r;

	if (*relative && *relative != '/')
		return config_at_fail(at, p,
				      "the environment variable "
				      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not "
				      "begin with /; correct it or unset it");
	if (*relative) {
		if (asprintf(&url, "http://169.254.170.2%s", relative) < 0)
			return -ENOMEM;
		free(aws->container_url);
		aws->container_url = url;
	} else {
		r = config_fields_set_text(&aws->container_url, full);
		if (r < 0)
			return r;
	}
	r = path_of("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &aws->container_token_file);
	if (r < 0 || !*aws->container_url)
		return r;
	return set_container_token(aws, at, p);
}

/* Keys come from there, so nobody on the way may be able to give others. */
static int load_metadata(struct settings_aws *aws, struct config_at at, struct problem *p)
{
	const char *url = env(METADATA_URL);
	struct url *u = &aws->metadata_endpoint;
	struct problem why = {0};

	aws->metadata_disabled =
		strcasecmp(env("AWS_EC2_METADATA_DISABLED"), "true") == 0;
	if (!*url &&
	    strcasecmp(env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "ipv6") == 0)
		url = "http://[fd00:ec2::254]";
	if (!*url)
		return 0;
	if (url_parse(url, u, &why) < 0)
		return config_at_fail(at, p,
				      "the environment variable " METADATA_URL ": %s",
				      problem_text(&why));
	if (!u->https && !url_is_loopback(u) && strcmp(u->host, "169.254.169.254") != 0 &&
	    strcmp(u->host, "fd00:ec2::254") != 0)
		return config_at_fail(at, p,
				      "the environment variable " METADATA_URL
				      " names another host by plain http, which is for "
				      "loopback and EC2's own address only; use https");
	return 0;
}

int config_aws_load(struct settings_aws *aws, struct config_at at, struct problem *p)
{
	int r = load_files(aws);

	if (r == 0)
		r = config_fields_set_text(&aws->access_key_id, "");
	if (r == 0)
		r = load_container(aws, at, p);
	return r < 0 ? r : load_metadata(aws, at, p);
}

int config_aws_load_keys(struct settings_aws *aws, struct config_at at, struct problem *p)
{
	const char *id = env(KEY_ID);
	int r;

	if (!*id || !*env(KEY_SECRET))
		return 0;
	if (!config_value_is_word(id, 128))
		return config_at_fail(at, p,
				      "the environment variable " KEY_ID
				      " is not an access key id");
	r = config_fields_set_text(&aws->access_key_id, id);
	if (r == 0)
		r = set_secret(&aws->secret_access_key, KEY_SECRET, at, p);
	if (r == 0)
		r = set_secret(&aws->session_token, KEY_TOKEN, at, p);
	return r;
}

void config_aws_forget_keys(void)
{
	config_secret_forget_env(KEY_SECRET);
	config_secret_forget_env(KEY_TOKEN);
}

void config_aws_fini(struct settings_aws *aws)
{
	free(aws->profile);
	free(aws->config_file);
	free(aws->credentials_file);
	free(aws->web_identity_token_file);
	free(aws->role_arn);
	free(aws->role_session_name);
	free(aws->container_url);
	free(aws->container_token_file);
	free(aws->access_key_id);
	secret_fini(&aws->container_token);
	secret_fini(&aws->secret_access_key);
	secret_fini(&aws->session_token);
	*aws = (struct settings_aws){0};
}
