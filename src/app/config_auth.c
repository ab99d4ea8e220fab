/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that are simply there, in the file or in the environment, are resolved here.
 * For the others (net/creds.h) only that is refused which this machine can know to
 * be wrong; whether AWS agrees is for "amcfs check" to tell.
 */
#include "app/config_auth.h"

#include <string.h>
#include <unistd.h>

#include "app/config_aws.h"
#include "app/config_fields.h"
#include "base/secret.h"

#define ENV_BOTH "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

/* Where a message about a key that is missing points to. */
static struct config_at missing(const struct config_auth *at, const char *key)
{
	return config_at_absent(at->raw, at->own ? at->own : at->s3, key);
}

static bool given(const struct config_auth *at, const char *key)
{
	return config_raw_given(at->own, key) || config_raw_given(at->s3, key);
}

/* An offline check does not know the service's environment: it warns, once. */
static int lacks(const struct config_auth *at, const char *key, const char *offline,
		 const char *text, struct problem *p)
{
	if (!at->raw->opts->offline)
		return config_at_fail(missing(at, key), p, "%s", text);
	if (!at->env->warned)
		config_at_warn(missing(at, key), "%s", offline);
	at->env->warned = true;
	return 0;
}

/* --- keys that are there -------------------------------------------------- */

static int no_keys(const struct config_auth *at, struct problem *p)
{
	return lacks(at, "auth", "no AWS keys yet; set " ENV_BOTH " in the environment",
		     at->to->auth == AUTH_ENV
			     ? "no AWS keys: set " ENV_BOTH " in the environment"
			     : "no AWS keys: set " ENV_BOTH
			       " in the environment, or access_key_id and "
			       "secret_access_key here",
		     p);
}

static int find_env(const struct config_auth *at, struct problem *p)
{
	int r = 0;

	if (!at->env->used)
		r = config_aws_load_keys(at->aws, missing(at, "auth"), p);
	at->env->used = at->env->used || at->aws->access_key_id[0] != '\0';
	return r;
}

/* 1 when there are any. */
static int keys_of_env(const struct config_auth *at, struct problem *p)
{
	struct settings_s3 *s3 = at->to;
	int r = find_env(at, p);

	if (r == 0)
		r = config_fields_set_text(&s3->access_key_id, at->aws->access_key_id);
	if (r == 0)
		r = secret_copy(&s3->secret_access_key, &at->aws->secret_access_key);
	if (r == 0)
		r = secret_copy(&s3->session_token, &at->aws->session_token);
	return r < 0 ? r : s3->access_key_id[0] != '\0';
}

/* An entry that is there and yet gave nothing (offline) has had its warning. */
static int keys_of_file(const struct config_auth *at, struct problem *p)
{
	static const char *const keys[] = {"access_key_id", "secret_access_key"};
	bool own = config_raw_given(at->own, keys[0]) ||
		   config_raw_given(at->own, keys[1]) ||
		   config_raw_given(at->own, "session_token");

	for (size_t i = 0; i < 2; i++) {
		bool have = own ? config_raw_given(at->own, keys[i]) != NULL
				: config_raw_given(at->s3, keys[i]) != NULL;

		if (!have)
			return config_at_fail(missing(at, keys[i]), p,
					      "access_key_id and secret_access_key go "
					      "together; set this one too");
	}
	return 0;
}

/* --- keys that are to be found -------------------------------------------- */

static bool files_there(const struct config_auth *at)
{
	return access(at->aws->credentials_file, R_OK) == 0 ||
	       access(at->aws->config_file, R_OK) == 0;
}

static int need_files(const struct config_auth *at, struct problem *p)
{
	static const char text[] = "neither of the shared AWS files (~/.aws/credentials, "
				   "~/.aws/config) can be read; create one, or set "
				   "AWS_SHARED_CREDENTIALS_FILE in the environment";
	int r = find_env(at, p); /* a profile may ask for them */

	if (r < 0 || files_there(at))
		return r;
	return lacks(at, "profile", text, text, p);
}

static int need_web_identity(const struct config_auth *at, struct problem *p)
{
	static const char token[] = "auth = web_identity needs a token: set "
				    "AWS_WEB_IDENTITY_TOKEN_FILE in the environment";

	if (!*at->aws->web_identity_token_file)
		return lacks(at, "auth", token, token, p);
	if (*at->to->role_arn || *at->aws->role_arn)
		return 0;
	return config_at_fail(missing(at, "role_arn"), p,
			      "auth = web_identity needs a role; set this, or "
			      "AWS_ROLE_ARN in the environment");
}

static int need_machine(const struct config_auth *at, struct problem *p)
{
	static const char text[] = "the instance metadata service is switched off by "
				   "AWS_EC2_METADATA_DISABLED; unset it, or choose "
				   "another auth";

	if (*at->aws->container_url || !at->aws->metadata_disabled)
		return 0;
	return lacks(at, "auth", text, text, p);
}

/* In the order in which net/creds.h looks for them. */
static int find_any(const struct config_auth *at, struct problem *p)
{
	const struct settings_aws *aws = at->aws;
	int r;

	if (given(at, "access_key_id") || given(at, "secret_access_key") ||
	    given(at, "session_token"))
		return keys_of_file(at, p);
	if (*at->to->profile)
		return need_files(at, p);
	r = keys_of_env(at, p);
	if (r != 0)
		return r < 0 ? r : 0;
	if (*aws->web_identity_token_file || *aws->container_url || files_there(at))
		return 0;
	if (aws->metadata_disabled || at->raw->opts->offline)
		return no_keys(at, p);
	if (!at->env->warned)
		config_at_warn(
			missing(at, "auth"),
			"no AWS keys here, in the environment or in profile files; "
			"the instance metadata service will be asked (auth = "
			"instance says that this is meant)");
	at->env->warned = true;
	return 0;
}

/* A role that is named beside an auth that assumes none would be passed over. */
static int check_role(const struct config_auth *at, struct problem *p)
{
	enum settings_auth auth = at->to->auth;
	const struct config_section *s = at->own ? at->own : at->s3;
	const struct config_entry *e = config_raw_given(s, "role_arn");

	if (auth == AUTH_ROLE && !*at->to->role_arn)
		return config_at_fail(missing(at, "role_arn"), p,
				      "auth = role needs a role; set this");
	if (!e || auth == AUTH_AUTO || auth == AUTH_ROLE || auth == AUTH_WEB_IDENTITY)
		return 0;
	return config_at_fail(config_at_entry(at->raw, s, e), p,
			      "no role is assumed with this auth; set auth = role, or "
			      "remove this");
}

int config_auth_check(const struct config_auth *at, struct problem *p)
{
	int r = check_role(at, p);

	if (r < 0)
		return r;
	switch (at->to->auth) {
	case AUTH_STATIC:
		return keys_of_file(at, p);
	case AUTH_ENV:
		r = keys_of_env(at, p);
		return r == 0 ? no_keys(at, p) : r < 0 ? r : 0;
	case AUTH_PROFILE:
		return need_files(at, p);
	case AUTH_WEB_IDENTITY:
		return need_web_identity(at, p);
	case AUTH_INSTANCE:
		return need_machine(at, p);
	case AUTH_AUTO:
	case AUTH_ROLE:
	default:
		return find_any(at, p);
	}
}
