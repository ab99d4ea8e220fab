/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3call - one signed exchange with S3
 *
 * Only s3.c includes this.
 *
 * Layer    net
 */
#pragma once

#include "net/s3.h"
#include "net/sigv4.h"

#define S3CALL_MAX_REPLY (256u << 10) /* everything but an object's content */
#define S3CALL_MAX_EXTRA 4

struct s3 {
	struct http_client *http;
	const struct clock *clock;
	struct url endpoint;
	bool path_style;
	char *region, *kms_key_id;
	struct creds *creds;  /* NULL = fixed */
	struct awskeys fixed; /* without creds */
};

struct s3call {
	const char *method;
	const struct s3_place *at;
	const char *verb, *right; /* for the sentence, see s3err.h */
	struct sigv4_pair query[2];
	size_t n_query;
	struct sigv4_pair extra[S3CALL_MAX_EXTRA];
	size_t n_extra;
	const void *body;
	size_t n;
	size_t max_reply; /* 0 = S3CALL_MAX_REPLY */
};

/* What may stand in a host name: lower-case letters, digits and, in between, the
 * characters of also. */
bool s3call_plain_word(const char *s, const char *also);

/* 0 for a 2xx. r must be initialised, is filled in any case and stays the
 * caller's to release. */
MUST_CHECK int s3call_run(const struct s3 *s, const struct s3call *c,
			  struct http_response *r, struct s3_result *res,
			  struct problem *p);

/* Fills res and p from an <Error> body or a bare status. */
int s3call_refused(const struct s3 *s, const struct s3call *c,
		   const struct http_response *r, struct s3_result *res,
		   struct problem *p);
