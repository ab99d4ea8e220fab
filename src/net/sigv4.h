/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigv4 - AWS Signature Version 4 for one request; pure, time passed in
 *
 * Source   IAM user guide, "Create a signed AWS API request", and S3's API reference,
 *          "Authenticating requests: using the Authorization header";
 *          and AWS's published test suite (tests/unit/net)
 * Layer    net
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/slice.h"

#define SIGV4_MAX_HEADERS 24

struct sigv4_pair {
	const char *name; /* headers: any case; query: decoded */
	const char *value;
};

struct sigv4_request {
	const char *method;
	/* s3: decoded; encoded once, not normalised, and url_encode() of it
	 * goes on the wire. Otherwise: as it stands on the wire; it is
	 * normalised and encoded once more. */
	const char *path;
	bool s3;
	struct sigv4_pair query[SIGV4_MAX_HEADERS];
	size_t n_query;
	/* All headers to be signed, host among them; x-amz-date and
	 * x-amz-security-token are the signer's to add and must not be here. */
	struct sigv4_pair headers[SIGV4_MAX_HEADERS];
	size_t n_headers;
	const char *payload_sha256; /* 64 hex digits, or "UNSIGNED-PAYLOAD" */
	const char *region, *service;
	int64_t time_s;
};

struct sigv4_keys {
	const char *access_key_id;
	const struct secret *secret_access_key;
	const struct secret *session_token; /* empty = none */
};

/* Writes the Authorization value to auth, the x-amz-date value to date, and
 * the canonical query string (without '?', to be used in the URL as it is) to
 * query. Buffers are cleared first. */
MUST_CHECK int sigv4_sign(const struct sigv4_request *q, const struct sigv4_keys *k,
			  struct buf *auth, char date[17], struct buf *query);
