/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring - the AWS keys of all buckets; who is set up alike shares them
 *
 * Layer    job
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/problem.h"
#include "job/settings.h"
#include "net/creds.h"
#include "net/http.h"

struct keyring;

struct keyring_opts {
	const struct settings *settings; /* all lent */
	struct http_client *http;
	const struct clock *clock;
	const atomic_bool *cancel;
	const char *user_agent;
};

MUST_CHECK int keyring_new(struct keyring **out, const struct keyring_opts *o);
void keyring_free(struct keyring *k); /* NULL is fine */

/* s3 stays as it is for as long as the keyring lives; *out is lent. Before there are
 * threads only. */
MUST_CHECK int keyring_for(struct keyring *k, const struct settings_s3 *s3,
			   struct creds **out, struct problem *p);

/* Do both name the same keys? */
bool keyring_same(const struct settings_s3 *a, const struct settings_s3 *b);
