/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3 - one function per verb; one call, one exchange
 *
 * Payloads are signed (x-amz-content-sha256), so that S3 refuses a body that
 * was damaged on the way. The results carry what a retry policy needs; nothing
 * is retried here, but for keys that S3 calls expired: then once with new ones.
 *
 * Layer    net
 * Threads  a client may be shared; each call blocks its own thread
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/problem.h"
#include "base/secret.h"
#include "base/url.h"
#include "net/creds.h"
#include "net/http.h"
#include "net/retry.h"

/* S3's own rules: every part but the last has at least 5 MiB, at most 10000
 * parts. Source: Amazon S3 user guide, "multipart upload limits". */
#define S3_MIN_PART_BYTES (5u << 20)
#define S3_MAX_PARTS	  10000
#define S3_MAX_PART_BYTES (5ull << 30)

#define S3_ETAG_CHARS	   128
#define S3_UPLOAD_ID_CHARS 1024

struct s3;

struct s3_opts {
	struct http_client *http; /* lent */
	const struct clock *clock;
	const char *region;
	struct url endpoint; /* host "" = AWS's for the region */
	bool path_style;     /* endpoint/bucket/key instead of bucket.endpoint/key */
	struct creds *creds; /* lent; asked at each call. NULL: the next three */
	const char *access_key_id;
	const struct secret *secret_access_key;
	const struct secret *session_token;
	const char *kms_key_id; /* "" = bucket default */
};

/* Copies everything but http, clock and creds. */
MUST_CHECK int s3_new(struct s3 **out, const struct s3_opts *o, struct problem *p);
void s3_free(struct s3 *s);

struct s3_result {
	enum retry_class class;
	int status;
	int64_t retry_after_ms; /* -1 = not said */
	char code[64];		/* S3's error code, "" if none */
	char request_id[128];
};

struct s3_place {
	const char *bucket;
	const char *key;
	const atomic_bool *cancel; /* may be NULL */
	int64_t deadline_ms;	   /* 0 = the client's timeout */
};

/* All return 0 or a negative code with a sentence in p, and always fill res.
 * tagging: "instanceId=amc…" as x-amz-tagging, NULL = none. */
MUST_CHECK int s3_put(struct s3 *s, const struct s3_place *at, const void *body, size_t n,
		      const char *tagging, char etag[S3_ETAG_CHARS],
		      struct s3_result *res, struct problem *p);
MUST_CHECK int s3_begin(struct s3 *s, const struct s3_place *at, const char *tagging,
			char upload_id[S3_UPLOAD_ID_CHARS], struct s3_result *res,
			struct problem *p);
MUST_CHECK int s3_put_part(struct s3 *s, const struct s3_place *at, const char *upload_id,
			   unsigned number, const void *body, size_t n,
			   char etag[S3_ETAG_CHARS], struct s3_result *res,
			   struct problem *p);

struct s3_part {
	unsigned number; /* from 1 */
	char etag[S3_ETAG_CHARS];
};
/* A 200 whose body is an <Error> is a failure. 404 NoSuchUpload: -ERR_NOT_FOUND
 * (perhaps completed before; ask s3_head). */
MUST_CHECK int s3_complete(struct s3 *s, const struct s3_place *at, const char *upload_id,
			   const struct s3_part *parts, size_t n, struct s3_result *res,
			   struct problem *p);
/* Already gone is success, for both. */
MUST_CHECK int s3_abort(struct s3 *s, const struct s3_place *at, const char *upload_id,
			struct s3_result *res, struct problem *p);
MUST_CHECK int s3_delete(struct s3 *s, const struct s3_place *at, struct s3_result *res,
			 struct problem *p);
/* -ERR_NOT_FOUND when absent. */
MUST_CHECK int s3_head(struct s3 *s, const struct s3_place *at, uint64_t *bytes,
		       struct s3_result *res, struct problem *p);
MUST_CHECK int s3_get(struct s3 *s, const struct s3_place *at, struct buf *body,
		      struct s3_result *res, struct problem *p);
