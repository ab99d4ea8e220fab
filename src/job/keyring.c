/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instances mostly have one way to their keys in common, so one search for keys,
 * and one failure of it, serves all of them.
 */
#include "job/keyring.h"

#include <stdlib.h>
#include <string.h>

/* Whoever hands out keys to a machine is near. */
#define LOCAL_TIMEOUT_MS 2000

struct ring {
	struct ring *next;
	const struct settings_s3 *of;
	struct awskeys fixed;
	struct creds *creds;
};

struct keyring {
	struct keyring_opts o;
	struct http_client *local;
	struct awskeys environment;
	struct ring *rings;
};

static int set_keys(struct awskeys *k, const char *id, const struct secret *secret,
		    const struct secret *token)
{
	if (!id || !*id)
		return 0;
	return awskeys_set(k, slice_str(id), slice_of(secret->bytes, secret->n),
			   slice_of(token->bytes, token->n));
}

int keyring_new(struct keyring **out, const struct keyring_opts *o)
{
	const struct settings_aws *aws = &o->settings->aws;
	const struct http_opts ho = {.timeout_ms = LOCAL_TIMEOUT_MS,
				     .ca_bundle = o->settings->s3.ca_bundle,
				     .user_agent = o->user_agent,
				     .max_idle = 1,
				     .no_proxy = true};
	struct keyring *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->o = *o;
	r = set_keys(&k->environment, aws->access_key_id, &aws->secret_access_key,
		     &aws->session_token);
	if (r == 0)
		r = http_client_new(&k->local, &ho);
	if (r < 0) {
		keyring_free(k);
		return r;
	}
	*out = k;
	return 0;
}

void keyring_free(struct keyring *k)
{
	if (!k)
		return;
	while (k->rings) {
		struct ring *r = k->rings;

		k->rings = r->next;
		creds_free(r->creds);
		awskeys_fini(&r->fixed);
		free(r);
	}
	http_client_free(k->local);
	awskeys_fini(&k->environment);
	free(k);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool same_secret(const struct secret *a, const struct secret *b)
{
	return slice_eq(slice_of(a->bytes, a->n), slice_of(b->bytes, b->n));
}

static bool same_url(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port &&
	       same_text(a->host, b->host) && same_text(a->path, b->path);
}

bool keyring_same(const struct settings_s3 *a, const struct settings_s3 *b)
{
	return a->auth == b->auth && same_text(a->access_key_id, b->access_key_id) &&
	       same_secret(&a->secret_access_key, &b->secret_access_key) &&
	       same_secret(&a->session_token, &b->session_token) &&
	       same_text(a->profile, b->profile) && same_text(a->role_arn, b->role_arn) &&
	       same_text(a->external_id, b->external_id) &&
	       same_text(a->role_session_name, b->role_session_name) &&
	       a->role_duration_ms == b->role_duration_ms &&
	       same_text(a->region, b->region) &&
	       same_url(&a->sts_endpoint, &b->sts_endpoint);
}

static enum creds_source source(const struct settings_s3 *s3)
{
	switch (s3->auth) {
	case AUTH_STATIC:
	case AUTH_ENV:
		return CREDS_FIXED;
	case AUTH_PROFILE:
		return CREDS_PROFILE;
	case AUTH_ROLE:
		return CREDS_ROLE;
	case AUTH_WEB_IDENTITY:
		return CREDS_WEB_IDENTITY;
	case AUTH_INSTANCE:
		return CREDS_INSTANCE;
	case AUTH_AUTO:
	default:
		/* nothing can change for keys that are simply there */
		return *s3->access_key_id && !*s3->role_arn ? CREDS_FIXED : CREDS_AUTO;
	}
}

static struct creds_opts options(const struct keyring *k, const struct ring *ring)
{
	const struct settings_aws *aws = &k->o.settings->aws;
	const struct settings_s3 *s3 = ring->of;

	return (struct creds_opts){
		.source = source(s3),
		.http = k->o.http,
		.http_local = k->local,
		.clock = k->o.clock,
		.cancel = k->o.cancel,
		.fixed = &ring->fixed,
		.region = s3->region,
		.profile = *s3->profile ? s3->profile : aws->profile,
		.profile_named = *s3->profile != '\0',
		.config_file = aws->config_file,
		.credentials_file = aws->credentials_file,
		.role_arn = s3->role_arn,
		.external_id = s3->external_id,
		.role_session_name = s3->role_session_name,
		.role_duration_s = s3->role_duration_ms / 1000,
		.sts_endpoint = s3->sts_endpoint,
		.web_identity = {aws->web_identity_token_file, aws->role_arn,
				 aws->role_session_name},
		.container = {aws->container_url, aws->container_token_file,
			      &aws->container_token},
		.instance = {aws->metadata_endpoint, aws->metadata_disabled},
		.environment = &k->environment,
	};
}

int keyring_for(struct keyring *k, const struct settings_s3 *s3, struct creds **out,
		struct problem *p)
{
	struct creds_opts co;
	struct ring *ring;
	int r;

	for (ring = k->rings; ring; ring = ring->next) {
		if (!keyring_same(ring->of, s3))
			continue;
		*out = ring->creds;
		return 0;
	}
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return problem_set(p, -ENOMEM, "out of memory");
	ring->next = k->rings;
	k->rings = ring;
	ring->of = s3;
	r = set_keys(&ring->fixed, s3->access_key_id, &s3->secret_access_key,
		     &s3->session_token);
	if (r == -EINVAL)
		return problem_set(p, -ERR_CONFIG,
				   "the keys for S3 are longer than AWS's or hold other "
				   "characters; correct access_key_id, secret_access_key "
				   "and session_token in [s3]");
	co = options(k, ring);
	if (r == 0)
		r = creds_new(&ring->creds, &co);
	*out = ring->creds;
	return r < 0 ? problem_set(p, r, "out of memory") : 0;
}
