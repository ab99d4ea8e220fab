/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Within one profile the order is that of AWS's command line: a role, then keys
 * (those of the credentials file before those of the config file), then
 * credential_process. A role's profile names who may assume it, by another profile
 * and so on, to a depth that no honest file needs; a circle ends there too.
 *
 * A profile may name itself as its source: then its own keys are meant.
 */
#include "net/creds_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/scope.h"
#include "net/awsfile.h"
#include "net/credproc.h"
#include "net/imds.h"

#define MAX_FILE  (1u << 20)
#define MAX_VALUE 2049 /* AWS: an ARN has at most 2048 characters */
#define MAX_DEPTH 8
#define MINUTE_MS 60000

struct files {
	struct buf config, credentials;
};

struct search {
	const struct creds_opts *o;
	const struct sts *sts;
	struct files files;
	struct awskeys_result *res;
	struct problem *p;
};

static int wrong(struct search *s, const char *profile, const char *what)
{
	s->res->class = RETRY_PERMANENT;
	return problem_set(s->p, -ERR_CONFIG,
			   "the profile \"%.100s\" of the AWS files %s", profile, what);
}

/* --- the files -------------------------------------------------------------------- */

/* Somebody else's home is no place where a service's keys are meant to be. */
static int read_one(const struct creds_opts *o, const char *path, struct buf *b,
		    struct problem *p)
{
	struct problem why = {0};
	int r = *path ? fileio_read_no_pipe(path, b, &why) : -ENOENT;

	if (r == -ENOENT || r == -ENOTDIR || (r == -EACCES && !*o->profile))
		return 0;
	return r < 0 ? problem_set(p, r, "%s", problem_text(&why)) : 0;
}

static struct slice value(const struct search *s, const char *profile, const char *key)
{
	struct slice v = awsfile_get(buf_slice(&s->files.credentials),
				     AWSFILE_CREDENTIALS, profile, key);

	if (v.n == 0)
		v = awsfile_get(buf_slice(&s->files.config), AWSFILE_CONFIG, profile,
				key);
	return v;
}

static bool known(const struct search *s, const char *profile)
{
	return awsfile_has(buf_slice(&s->files.credentials), AWSFILE_CREDENTIALS,
			   profile) ||
	       awsfile_has(buf_slice(&s->files.config), AWSFILE_CONFIG, profile);
}

/* The value as a string; "" when there is none. */
static int text(struct search *s, const char *profile, const char *key,
		char out[MAX_VALUE])
{
	struct slice v = value(s, profile, key);
	char what[96];

	out[0] = '\0';
	if (v.n == 0)
		return 0;
	if (v.n >= MAX_VALUE || memchr(v.p, '\0', v.n)) {
		(void)snprintf(what, sizeof(what), "has a %s that cannot be", key);
		return wrong(s, profile, what);
	}
	memcpy(out, v.p, v.n);
	out[v.n] = '\0';
	return 0;
}

/* --- keys that stand there --------------------------------------------------------- */

/* All three of one file, or a token would go with foreign keys. */
static int keys_of_file(struct search *s, struct slice file, enum awsfile_kind kind,
			const char *profile, struct awskeys *out)
{
	struct slice id = awsfile_get(file, kind, profile, "aws_access_key_id");
	struct slice secret = awsfile_get(file, kind, profile, "aws_secret_access_key");
	struct slice token = awsfile_get(file, kind, profile, "aws_session_token");
	int r;

	if (id.n == 0 && secret.n == 0)
		return -ENOENT;
	if (id.n == 0 || secret.n == 0)
		return wrong(s, profile,
			     "has only one of aws_access_key_id and "
			     "aws_secret_access_key; set both");
	r = awskeys_set(out, id, secret, token);
	return r == -EINVAL ? wrong(s, profile, "has keys that cannot be; correct them")
			    : r;
}

static int keys_that_stand(struct search *s, const char *profile, struct awskeys *out)
{
	int r = keys_of_file(s, buf_slice(&s->files.credentials), AWSFILE_CREDENTIALS,
			     profile, out);

	if (r == -ENOENT)
		r = keys_of_file(s, buf_slice(&s->files.config), AWSFILE_CONFIG, profile,
				 out);
	return r;
}

static int keys_of_process(struct search *s, const char *profile, struct awskeys *out)
{
	struct slice command = value(s, profile, "credential_process");
	struct credproc_opts po = {s->o->process_timeout_ms, s->o->cancel};

	if (command.n == 0)
		return -ENOENT;
	if (po.timeout_ms <= 0)
		po.timeout_ms = MINUTE_MS;
	return credproc_keys(command, &po, out, s->res, s->p);
}

static int keys_of_own(struct search *s, const char *profile, struct awskeys *out)
{
	int r = keys_that_stand(s, profile, out);

	return r == -ENOENT ? keys_of_process(s, profile, out) : r;
}

/* --- roles ------------------------------------------------------------------------- */

static int keys_of_source(struct search *s, const char *profile, const char *source,
			  struct awskeys *out)
{
	const struct awskeys *env = s->o->environment;

	if (strcmp(source, "Ec2InstanceMetadata") == 0)
		return creds_instance(s->o, out, s->res, s->p);
	if (strcmp(source, "EcsContainer") == 0)
		return creds_container(s->o, out, s->res, s->p);
	if (strcmp(source, "Environment") != 0)
		return wrong(s, profile,
			     "has a credential_source that cannot be; allowed: "
			     "Environment, Ec2InstanceMetadata, EcsContainer");
	if (!env || !*env->id)
		return wrong(s, profile,
			     "takes its keys from the environment, where there are none; "
			     "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
	return awskeys_copy(out, env);
}

struct role_text {
	char arn[MAX_VALUE], external_id[MAX_VALUE], session_name[MAX_VALUE];
	char source_profile[MAX_VALUE], credential_source[MAX_VALUE];
	char web_identity[MAX_VALUE], seconds[MAX_VALUE];
};

static int read_role(struct search *s, const char *profile, struct role_text *t,
		     struct sts_role *role)
{
	const struct {
		const char *key;
		char *to;
	} keys[] = {{"role_arn", t->arn},
		    {"external_id", t->external_id},
		    {"role_session_name", t->session_name},
		    {"source_profile", t->source_profile},
		    {"credential_source", t->credential_source},
		    {"web_identity_token_file", t->web_identity},
		    {"duration_seconds", t->seconds}};
	long long n = 0;
	int end = 0, r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(keys) / sizeof(*keys); i++)
		r = text(s, profile, keys[i].key, keys[i].to);
	if (r < 0)
		return r;
	if (value(s, profile, "mfa_serial").n > 0)
		return wrong(s, profile,
			     "wants a code for each session (mfa_serial), which nobody "
			     "is there to type; use a role without it");
	if (*t->seconds &&
	    (strspn(t->seconds, "0123456789") != strlen(t->seconds) ||
	     strlen(t->seconds) > 6 || sscanf(t->seconds, "%lld%n", &n, &end) != 1 ||
	     n < STS_MIN_DURATION_S || n > STS_MAX_DURATION_S))
		return wrong(s, profile,
			     "has a duration_seconds that cannot be; allowed: 900 to "
			     "43200");
	*role = (struct sts_role){t->arn, t->external_id, t->session_name, n};
	return 0;
}

/* The profiles on the way; the last one's keys are who assumes the first role. */
struct chain {
	struct role_text *roles; /* MAX_DEPTH of them */
	struct sts_role role[MAX_DEPTH];
	size_t n;
};

/* Goes on to the profile that stands behind this one: *next, or "" when *out holds
 * keys already. */
static int follow(struct search *s, const char *profile, struct chain *c,
		  const char **next, struct awskeys *out)
{
	struct role_text *t = &c->roles[c->n];
	struct sts_role *role = &c->role[c->n];
	int r = read_role(s, profile, t, role);

	*next = "";
	if (r < 0)
		return r;
	if (*t->web_identity && !*t->source_profile && !*t->credential_source)
		return sts_web_identity(s->sts, role, t->web_identity, out, s->res, s->p);
	c->n++;
	if (*t->source_profile && *t->credential_source)
		return wrong(s, profile,
			     "has both source_profile and credential_source; keep one");
	if (*t->credential_source)
		return keys_of_source(s, profile, t->credential_source, out);
	if (!*t->source_profile)
		return wrong(s, profile,
			     "has a role_arn and neither source_profile nor "
			     "credential_source, which say who assumes it; add one");
	if (!known(s, t->source_profile))
		return wrong(s, profile,
			     "names a source_profile that the files do not have; "
			     "correct it");
	*next = t->source_profile;
	return 0;
}

static int keys_missing(struct search *s, const char *profile, bool first)
{
	if (value(s, profile, "sso_start_url").n > 0 ||
	    value(s, profile, "sso_session").n > 0)
		return wrong(s, profile,
			     "logs in with IAM Identity Center, which amcfs cannot; add "
			     "credential_process = aws configure export-credentials "
			     "--profile NAME to a profile of its own and name that");
	if (first)
		return -ENOENT;
	return wrong(s, profile, "is a source_profile and has no keys; add them");
}

static int keys_at_root(struct search *s, const char *profile, struct chain *c,
			struct awskeys *out)
{
	const char *at = profile, *next = profile;
	int r = 0;

	while (value(s, at, "role_arn").n > 0) {
		if (c->n == MAX_DEPTH)
			return wrong(s, profile,
				     "goes through too many profiles, or in a circle; "
				     "correct source_profile");
		r = follow(s, at, c, &next, out);
		if (r < 0 || !*next)
			return r;
		if (strcmp(next, at) == 0)
			break;
		at = next;
	}
	r = keys_of_own(s, next, out);
	return r == -ENOENT ? keys_missing(s, next, c->n == 0) : r;
}

static int assume_all(struct search *s, struct chain *c, struct awskeys *keys)
{
	int r = 0;

	while (r == 0 && c->n > 0) {
		struct awskeys next = {0};

		c->n--;
		r = sts_assume_role(s->sts, &c->role[c->n], keys, &next, s->res, s->p);
		if (r == 0)
			r = awskeys_copy(keys, &next);
		awskeys_fini(&next);
	}
	return r;
}

int creds_profile_keys(const struct creds_opts *o, const struct sts *sts,
		       struct awskeys *out, struct awskeys_result *res, struct problem *p)
{
	const char *profile = *o->profile ? o->profile : "default";
	struct search s = {o, sts, {BUF_INIT(MAX_FILE), BUF_INIT(MAX_FILE)}, res, p};
	struct chain c = {.roles = calloc(MAX_DEPTH, sizeof(*c.roles))};
	int r = c.roles ? 0 : -ENOMEM;

	*res = (struct awskeys_result){RETRY_PERMANENT, -1};
	if (r == 0)
		r = read_one(o, o->credentials_file, &s.files.credentials, p);
	if (r == 0)
		r = read_one(o, o->config_file, &s.files.config, p);
	if (r == 0)
		r = keys_at_root(&s, profile, &c, out);
	if (r == 0)
		r = assume_all(&s, &c, out);
	if (r < 0)
		awskeys_fini(out);
	else
		res->class = RETRY_DONE;
	buf_wipe(&s.files.config);
	buf_wipe(&s.files.credentials);
	free(c.roles);
	return r;
}

/* --- where the machine's own come from ---------------------------------------------- */

int creds_container(const struct creds_opts *o, struct awskeys *out,
		    struct awskeys_result *res, struct problem *p)
{
	struct imds_container c = {.http = o->http_local,
				   .url = o->container.url,
				   .token = o->container.token,
				   .token_file = o->container.token_file,
				   .cancel = o->cancel};

	*res = (struct awskeys_result){RETRY_PERMANENT, -1};
	if (!*c.url)
		return problem_set(p, -ERR_CONFIG,
				   "there is no container's source of keys: "
				   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "
				   "AWS_CONTAINER_CREDENTIALS_FULL_URI are not set");
	return imds_container_keys(&c, out, res, p);
}

int creds_instance(const struct creds_opts *o, struct awskeys *out,
		   struct awskeys_result *res, struct problem *p)
{
	struct imds m = {.http = o->http_local,
			 .endpoint = o->instance.endpoint,
			 .cancel = o->cancel};

	*res = (struct awskeys_result){RETRY_PERMANENT, -1};
	if (o->instance.disabled)
		return problem_set(p, -ERR_CONFIG,
				   "the instance metadata service is switched off by "
				   "AWS_EC2_METADATA_DISABLED; unset it, or give the "
				   "keys in another way");
	return imds_keys(&m, out, res, p);
}
