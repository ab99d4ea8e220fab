/* SPDX-License-Identifier: Apache-2.0 */
/*
 * awskeys - one set of AWS keys, and the JSON in which others hand them out
 *
 * Layer    net (pure)
 * Memory   a struct owns its secrets; awskeys_fini() wipes them
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/secret.h"
#include "base/slice.h"
#include "net/retry.h"

#define AWSKEYS_ID_CHARS 129 /* AWS: 16 to 128 characters */

struct awskeys {
	char id[AWSKEYS_ID_CHARS]; /* "" = no keys */
	struct secret secret;
	struct secret token; /* empty = keys that are not of a session */
	int64_t expires_ms;  /* wall time; 0 = not said */
};

/* How a source of keys failed, beside its code and its sentence. */
struct awskeys_result {
	enum retry_class class; /* TEMPORARY or PERMANENT on failure */
	int64_t retry_after_ms; /* -1 = not said */
};

void awskeys_fini(struct awskeys *k); /* zeroed is fine */
/* to is released first; it holds nothing after a failure. */
MUST_CHECK int awskeys_copy(struct awskeys *to, const struct awskeys *from);

/* -EINVAL for what is empty (a token may be), too long, or not one run of visible
 * ASCII characters; nothing is set then. */
MUST_CHECK int awskeys_set(struct awskeys *k, struct slice id, struct slice secret,
			   struct slice token);

/* "2026-11-22T18:00:00Z" -> expires_ms. -EINVAL when it is no time. */
MUST_CHECK int awskeys_set_expiration(struct awskeys *k, const char *text);

/* {"AccessKeyId", "SecretAccessKey", token_member, "Expiration"?}. source begins the
 * sentence: "the instance metadata service gave". -ERR_BAD_REPLY. */
MUST_CHECK int awskeys_from_json(struct slice text, const char *token_member,
				 const char *source, struct awskeys *out,
				 struct problem *p);
