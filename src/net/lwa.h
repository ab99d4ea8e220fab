/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwa - Login with Amazon: refresh token -> access token, cached
 *
 * Layer    net
 * Threads  any; one refresh at a time, the others wait for it
 */
#pragma once

#include "base/clock.h"
#include "base/problem.h"
#include "base/secret.h"
#include "base/url.h"
#include "net/http.h"
#include "net/retry.h"

struct lwa;

struct lwa_opts {
	struct http_client *http; /* lent */
	const struct clock *clock;
	struct url token_endpoint;
	const char *client_id;
	const struct secret *client_secret;
	const struct secret *refresh_token;
	const atomic_bool *cancel; /* may be NULL; becomes true: give up waiting */
};

MUST_CHECK int lwa_new(struct lwa **out, const struct lwa_opts *o);
void lwa_free(struct lwa *l);

struct lwa_result {
	enum retry_class class; /* TEMPORARY or PERMANENT on failure */
	int64_t retry_after_ms;
};

/* Copies the token into *token: cached until 60 s before it expires (or half its life, if
 * that is shorter). -ERR_AUTH when Amazon refuses the client or the refresh
 * token (permanent: the sentence says to log in again or which key to mend). */
MUST_CHECK int lwa_token(struct lwa *l, struct secret *token, struct lwa_result *res,
			 struct problem *p);

/* The server called this token bad: forget it, unless a newer one is cached. */
void lwa_forget(struct lwa *l, const struct secret *token);
