/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_check - what only the whole of the configuration can tell
 *
 * [s3] itself is checked only when it is used: with [instance] sections no
 * other instances are shown, so each of them may bring its own bucket and keys.
 */
#include "app/config_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config_fields.h"
#include "app/config_secret.h"
#include "app/config_value.h"
#include "base/secret.h"

#define ENV_ID	   "AWS_ACCESS_KEY_ID"
#define ENV_SECRET "AWS_SECRET_ACCESS_KEY"
#define ENV_TOKEN  "AWS_SESSION_TOKEN"

/* Amazon Ads API, "API endpoints" and Login with Amazon, "token endpoints". */
static const struct {
	const char *endpoint, *token_endpoint;
} hosts[] = {
	[REGION_NA] = {"https://advertising-api.amazon.com",
		       "https://api.amazon.com/auth/o2/token"},
	[REGION_EU] = {"https://advertising-api-eu.amazon.com",
		       "https://api.amazon.co.uk/auth/o2/token"},
	[REGION_FE] = {"https://advertising-api-fe.amazon.com",
		       "https://api.amazon.co.jp/auth/o2/token"},
};

static int fill_endpoints(struct settings_amc *amc, struct problem *p)
{
	int r = 0;

	if (amc->endpoint.host[0] == '\0')
		r = url_parse(hosts[amc->region].endpoint, &amc->endpoint, p);
	if (r == 0 && amc->token_endpoint.host[0] == '\0')
		r = url_parse(hosts[amc->region].token_endpoint, &amc->token_endpoint, p);
	return r;
}

static int check_amc(const struct config_raw *r, struct problem *p)
{
	const struct config_section *s = config_raw_find(r, CONFIG_AMC, "", "");
	static const struct {
		const char *key, *remedy;
	} needed[] = {
		{"client_id", "set it to the id of the Login with Amazon client"},
		{"client_secret", "set client_secret_file or client_secret_env"},
		{"refresh_token", "set refresh_token_file or refresh_token_env"},
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (!config_raw_given(s, needed[i].key))
			return config_at_fail(config_at_absent(r, s, needed[i].key), p,
					      "[amc] needs %s; %s", needed[i].key,
					      needed[i].remedy);
	}
	return 0;
}

/* To log in there must be a file that the token can be stored in. */
static int check_login(const struct config_raw *r, struct problem *p)
{
	const struct config_section *s = config_raw_find(r, CONFIG_AMC, "", "");
	const struct config_entry *e = config_raw_given(s, "refresh_token");

	if (e && e->source != CONFIG_BY_FILE)
		return config_at_fail(config_at_entry(r, s, e), p,
				      "a login needs refresh_token_file to store the "
				      "token in");
	return 0;
}

static int check_readable(const struct config_raw *r, const struct config_section *s,
			  const char *path, struct problem *p)
{
	const struct config_entry *e = config_raw_given(s, "ca_bundle");

	if (!e || access(path, R_OK) == 0)
		return 0;
	if (r->opts->offline) {
		config_at_warn(config_at_entry(r, s, e), "cannot read %s: %s", path,
			       errcode_text(errno));
		return 0;
	}
	return config_at_fail(config_at_entry(r, s, e), p, "cannot read %s: %s", path,
			      errcode_text(errno));
}

/* What has been done with the AWS variables so far. */
struct env_use {
	bool used;
	bool warned;
};

/* One place of [s3] keys: [s3] itself, or an [instance] over it. */
struct place {
	const struct config_raw *raw;
	const struct config_section *own; /* NULL = none */
	const struct config_section *s3;  /* NULL = none */
	struct settings_s3 *s3_settings;
	struct env_use *env;
};

/* Where a message about a key that is missing points to. */
static struct config_at missing(const struct place *at, const char *key)
{
	return config_at_absent(at->raw, at->own ? at->own : at->s3, key);
}

static bool given(const struct place *at, const char *key)
{
	return config_raw_given(at->own, key) || config_raw_given(at->s3, key);
}

static int copy_env(const struct place *at, const char *name, const char *value,
		    struct secret *out, struct problem *p)
{
	if (!value || value[0] == '\0')
		return 0;
	if (!config_value_is_word(value, CONFIG_SECRET_MAX))
		return config_at_fail(missing(at, "auth"), p,
				      "the environment variable %s holds more than one "
				      "line of visible ASCII characters",
				      name);
	return secret_set(out, value, strlen(value));
}

/* No keys anywhere; an offline check does not know the service's environment. */
static int no_keys(const struct place *at, struct problem *p)
{
	static const char set[] = "set " ENV_ID " and " ENV_SECRET " in the environment";
	bool env = at->s3_settings->auth == AUTH_ENV;

	if (at->raw->opts->offline) {
		if (!at->env->warned)
			config_at_warn(missing(at, "auth"), "no AWS keys yet; %s", set);
		at->env->warned = true;
		return 0;
	}
	return config_at_fail(missing(at, "auth"), p, "no AWS keys: %s%s", set,
			      env ? "" : ", or access_key_id and secret_access_key here");
}

static int keys_of_env(const struct place *at, struct problem *p)
{
	struct settings_s3 *s3 = at->s3_settings;
	const char *id = getenv(ENV_ID), *secret = getenv(ENV_SECRET);
	int r;

	secret_fini(&s3->secret_access_key);
	secret_fini(&s3->session_token);
	r = config_fields_set_text(&s3->access_key_id, "");
	if (r < 0)
		return r;
	if (!id || !secret || id[0] == '\0' || secret[0] == '\0')
		return no_keys(at, p);
	if (!config_value_is_word(id, 256))
		return config_at_fail(missing(at, "auth"), p,
				      "the environment variable " ENV_ID
				      " is not an access key id");
	at->env->used = true;
	r = config_fields_set_text(&s3->access_key_id, id);
	if (r == 0)
		r = copy_env(at, ENV_SECRET, secret, &s3->secret_access_key, p);
	if (r == 0)
		r = copy_env(at, ENV_TOKEN, getenv(ENV_TOKEN), &s3->session_token, p);
	return r;
}

/* An entry that is there and yet gave nothing (offline) has had its warning. */
static int keys_of_file(const struct place *at, struct problem *p)
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

static int check_s3(const struct place *at, struct problem *p)
{
	bool any = given(at, "access_key_id") || given(at, "secret_access_key") ||
		   given(at, "session_token");
	enum settings_auth auth = at->s3_settings->auth;

	if (at->s3_settings->bucket[0] == '\0')
		return config_at_fail(
			missing(at, "bucket"), p,
			"a bucket is needed; set bucket in [s3], or in each "
			"[instance ID]");
	if (auth == AUTH_ENV || (auth == AUTH_AUTO && !any))
		return keys_of_env(at, p);
	return keys_of_file(at, p);
}

static int check_all_s3(struct config *c, const struct config_raw *r, struct env_use *env,
			struct problem *p)
{
	struct settings *s = &c->settings;
	struct place at = {r, NULL, config_raw_find(r, CONFIG_S3, "", ""), &s->s3, env};
	int err = 0;

	if (!s->only_listed)
		err = check_s3(&at, p);
	for (size_t i = 0; err == 0 && i < s->n_instances; i++) {
		struct settings_instance *in = &s->instances[i];

		at.own = config_raw_find(r, CONFIG_INSTANCE, in->id, "");
		at.s3_settings = &in->s3;
		err = check_s3(&at, p);
	}
	if (err == 0)
		err = check_readable(r, at.s3, s->s3.ca_bundle, p);
	return err;
}

static int fill_state_dir(struct config *c, const struct config_raw *r, struct problem *p)
{
	struct settings_mount *m = &c->settings.mount;
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	const struct config_section *s = config_raw_find(r, CONFIG_MOUNT, "", "");
	char *path;
	int n;

	if (m->state_dir[0] != '\0')
		return 0;
	if (geteuid() == 0)
		return config_fields_set_text(&m->state_dir, "/var/lib/amcfs");
	if (xdg && xdg[0] == '/') /* others are to be ignored (XDG) */
		n = asprintf(&path, "%s/amcfs", xdg);
	else if (home && home[0] == '/')
		n = asprintf(&path, "%s/.local/state/amcfs", home);
	else
		return config_at_fail(config_at_absent(r, s, "state_dir"), p,
				      "there is no default without XDG_STATE_HOME or "
				      "HOME in the environment; set it");
	if (n < 0)
		return -ENOMEM;
	free(m->state_dir);
	m->state_dir = path;
	return 0;
}

static void fill_owner(struct settings_mount *m)
{
	if (m->uid == (uid_t)-1)
		m->uid = geteuid();
	if (m->gid == (gid_t)-1)
		m->gid = getegid();
}

int config_check(struct config *c, const struct config_raw *r, struct problem *p)
{
	struct settings *s = &c->settings;
	struct env_use env = {false, false};
	int err;

	err = fill_endpoints(&s->amc, p);
	if (err == 0)
		err = check_amc(r, p);
	if (err == 0)
		err = check_readable(r, config_raw_find(r, CONFIG_AMC, "", ""),
				     s->amc.ca_bundle, p);
	if (err == 0 && r->opts->login)
		err = check_login(r, p);
	if (err == 0 && !r->opts->login)
		err = check_all_s3(c, r, &env, p);
	if (env.used) {
		config_secret_forget_env(ENV_SECRET);
		config_secret_forget_env(ENV_TOKEN);
	}
	if (err == 0)
		err = fill_state_dir(c, r, p);
	fill_owner(&s->mount);
	return err;
}
