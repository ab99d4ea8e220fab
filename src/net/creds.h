/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds - where AWS keys come from and when they expire
 *
 * Keys are kept and renewed ahead of their end: five minutes, or a tenth of their
 * life if that is less. Until then a renewal that fails does no harm.
 *
 * Layer    net
 * Threads  any; one of them renews, the others go on with keys that still hold or
 *          wait for it
 */
#pragma once

#include "base/clock.h"
#include "base/url.h"
#include "net/awskeys.h"
#include "net/http.h"

struct creds;

enum creds_source {
	CREDS_AUTO,	    /* the first that there is: fixed keys, web identity,
			     * profile, container, instance; then role_arn, if given */
	CREDS_FIXED,	    /* keys, as they are */
	CREDS_PROFILE,	    /* the shared AWS files */
	CREDS_ROLE,	    /* role_arn, by the keys that AUTO would find */
	CREDS_WEB_IDENTITY, /* role_arn or web_identity.role_arn, by a token in a file */
	CREDS_INSTANCE,	    /* the container's source when there is one, else EC2's */
};

/* Strings are never NULL, unset is "". Everything is lent and stays as it is for
 * as long as the creds live. */
struct creds_opts {
	enum creds_source source;
	struct http_client *http;	/* for STS */
	struct http_client *http_local; /* see net/imds.h */
	const struct clock *clock;
	const atomic_bool *cancel; /* may be NULL */

	const struct awskeys *fixed; /* NULL or without an id: none */
	const char *region;
	const char *profile; /* "" = default */
	bool profile_named;  /* on purpose: AUTO takes it before what else there is,
			      * but for fixed keys */
	const char *config_file, *credentials_file;

	const char *role_arn, *external_id, *role_session_name;
	int64_t role_duration_s;
	struct url sts_endpoint; /* host "" = AWS's for the region */

	struct {
		const char *token_file, *role_arn, *session_name;
	} web_identity;
	struct {
		const char *url, *token_file;
		const struct secret *token;
	} container;
	struct {
		struct url endpoint; /* host "" = the usual */
		bool disabled;
	} instance;
	const struct awskeys *environment; /* for credential_source = Environment */
	int64_t process_timeout_ms;	   /* of credential_process; 0 = a minute */
};

MUST_CHECK int creds_new(struct creds **out, const struct creds_opts *o);
void creds_free(struct creds *c);

/* Copies keys that hold for now into *out (zeroed, or from an earlier call), and
 * what creds_forget() wants into *serial. On failure one clear sentence, and nobody
 * is asked again before res->retry_after_ms are over. */
MUST_CHECK int creds_get(struct creds *c, struct awskeys *out, uint64_t *serial,
			 struct awskeys_result *res, struct problem *p);

/* The server calls these keys expired. False when there can be no others. */
bool creds_forget(struct creds *c, uint64_t serial);
