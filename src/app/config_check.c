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

#include "app/config_auth.h"
#include "app/config_aws.h"
#include "app/config_fields.h"

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

static int check_s3(const struct config_auth *at, struct problem *p)
{
	if (at->to->bucket[0] == '\0')
		return config_at_fail(
			config_at_absent(at->raw, at->own ? at->own : at->s3, "bucket"),
			p,
			"a bucket is needed; set bucket in [s3], or in each "
			"[instance ID]");
	return config_auth_check(at, p);
}

static int check_all_s3(struct config *c, const struct config_raw *r, struct problem *p)
{
	struct settings *s = &c->settings;
	struct config_auth_env env = {false, false};
	struct config_auth at = {r,	 NULL,	  config_raw_find(r, CONFIG_S3, "", ""),
				 &s->s3, &s->aws, &env};
	int err = config_aws_load(&s->aws, config_at_absent(r, at.s3, "auth"), p);

	if (err == 0 && !s->only_listed)
		err = check_s3(&at, p);
	for (size_t i = 0; err == 0 && i < s->n_instances; i++) {
		struct settings_instance *in = &s->instances[i];

		at.own = config_raw_find(r, CONFIG_INSTANCE, in->id, "");
		at.to = &in->s3;
		err = check_s3(&at, p);
	}
	if (err == 0)
		err = check_readable(r, at.s3, s->s3.ca_bundle, p);
	if (env.used)
		config_aws_forget_keys();
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
		err = check_all_s3(c, r, p);
	if (err == 0)
		err = fill_state_dir(c, r, p);
	fill_owner(&s->mount);
	return err;
}
