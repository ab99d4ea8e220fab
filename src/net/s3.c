/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every verb fills a struct s3call and hands it to s3call_run(), which signs, sends
 * and judges. All verbs may be repeated: a second put or part replaces the first,
 * a second complete finds no upload any more (-ERR_NOT_FOUND, then s3_head tells),
 * a second begin leaves an unfinished upload behind, which is what a bucket's
 * lifecycle rule is for.
 */
#include "net/s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "net/s3call.h"
#include "net/s3xml.h"

#define MAX_COMPLETE (4u << 20) /* 10000 parts with long ETags */

static int default_endpoint(const char *region, struct url *out, struct problem *p)
{
	char text[128];
	const char *suffix = strncmp(region, "cn-", 3) == 0 ? ".cn" : "";

	(void)snprintf(text, sizeof(text), "https://s3.%.40s.amazonaws.com%s", region,
		       suffix);
	return url_parse(text, out, p);
}

static int copy_keys(struct s3 *s, const struct s3_opts *o, struct problem *p)
{
	struct slice token = slice_of(NULL, 0);
	int r;

	if (o->session_token)
		token = slice_of(o->session_token->bytes, o->session_token->n);
	r = awskeys_set(&s->fixed, slice_str(o->access_key_id),
			slice_of(o->secret_access_key->bytes, o->secret_access_key->n),
			token);
	if (r == -EINVAL)
		return problem_set(p, -ERR_CONFIG,
				   "the keys for S3 are longer than AWS's or hold other "
				   "characters; correct access_key_id, secret_access_key "
				   "and session_token in [s3]");
	return r;
}

static int copy_settings(struct s3 *s, const struct s3_opts *o, struct problem *p)
{
	int r;

	s->http = o->http;
	s->clock = o->clock;
	s->path_style = o->path_style;
	s->endpoint = o->endpoint;
	s->creds = o->creds;
	s->region = strdup(o->region);
	s->kms_key_id = strdup(o->kms_key_id ? o->kms_key_id : "");
	if (!s->region || !s->kms_key_id)
		return -ENOMEM;
	r = o->creds ? 0 : copy_keys(s, o, p);
	if (r == 0 && !*s->endpoint.host)
		r = default_endpoint(s->region, &s->endpoint, p);
	return r;
}

int s3_new(struct s3 **out, const struct s3_opts *o, struct problem *p)
{
	struct s3 *s;
	int r;

	/* it becomes a part of a host name */
	if (!s3call_plain_word(o->region, "-") || strlen(o->region) > 40)
		return problem_set(p, -ERR_CONFIG,
				   "\"%.40s\" is no AWS region; set region in [s3], for "
				   "example to us-east-1",
				   o->region);
	if (!o->creds && (!*o->access_key_id || secret_empty(o->secret_access_key)))
		return problem_set(p, -ERR_CONFIG,
				   "there are no keys for S3; set access_key_id and "
				   "secret_access_key_file in [s3]");
	s = calloc(1, sizeof(*s));
	if (!s)
		return problem_set(p, -ENOMEM, "not enough memory for an S3 client");
	r = copy_settings(s, o, p);
	if (r < 0) {
		s3_free(s);
		return problem_set(p, r, "the S3 client cannot be set up");
	}
	*out = s;
	return 0;
}

void s3_free(struct s3 *s)
{
	if (!s)
		return;
	awskeys_fini(&s->fixed);
	free(s->region);
	free(s->kms_key_id);
	free(s);
}

/* --- what calls have in common ----------------------------------------------------- */

static void add_extra(struct s3call *c, const char *name, const char *value)
{
	c->extra[c->n_extra++] = (struct sigv4_pair){name, value};
}

static void add_query(struct s3call *c, const char *name, const char *value)
{
	c->query[c->n_query++] = (struct sigv4_pair){name, value};
}

/* What a new object gets; parts inherit it from the begin request. */
static void add_object_headers(const struct s3 *s, const char *tagging, struct s3call *c)
{
	if (tagging && *tagging)
		add_extra(c, "x-amz-tagging", tagging);
	if (!*s->kms_key_id)
		return;
	add_extra(c, "x-amz-server-side-encryption", "aws:kms");
	add_extra(c, "x-amz-server-side-encryption-aws-kms-key-id", s->kms_key_id);
}

static int bad_reply(const struct s3call *c, const char *what, struct s3_result *res,
		     struct problem *p)
{
	res->class = RETRY_TEMPORARY;
	return problem_set(
		p, -ERR_BAD_REPLY,
		"the answer to %s bucket %s holds no %s; check that endpoint in "
		"[s3] is an S3 service",
		c->verb, c->at->bucket, what);
}

static int take_etag(const struct s3call *c, const struct http_response *r,
		     char etag[S3_ETAG_CHARS], struct s3_result *res, struct problem *p)
{
	if (!http_response_header(r, "etag", etag, S3_ETAG_CHARS) || !*etag)
		return bad_reply(c, "ETag", res, p);
	return 0;
}

/* --- verbs ------------------------------------------------------------------------ */

int s3_put(struct s3 *s, const struct s3_place *at, const void *body, size_t n,
	   const char *tagging, char etag[S3_ETAG_CHARS], struct s3_result *res,
	   struct problem *p)
{
	struct s3call c = {.method = "PUT",
			   .at = at,
			   .verb = "the upload to",
			   .right = tagging ? "s3:PutObject and s3:PutObjectTagging"
					    : "s3:PutObject",
			   .body = body,
			   .n = n};
	struct http_response r;
	int err;

	http_response_init(&r);
	add_object_headers(s, tagging, &c);
	err = s3call_run(s, &c, &r, res, p);
	if (err == 0)
		err = take_etag(&c, &r, etag, res, p);
	http_response_fini(&r);
	return err;
}

int s3_begin(struct s3 *s, const struct s3_place *at, const char *tagging,
	     char upload_id[S3_UPLOAD_ID_CHARS], struct s3_result *res, struct problem *p)
{
	struct s3call c = {.method = "POST",
			   .at = at,
			   .verb = "the start of an upload to",
			   .right = tagging ? "s3:PutObject and s3:PutObjectTagging"
					    : "s3:PutObject"};
	struct http_response r;
	int err;

	http_response_init(&r);
	add_query(&c, "uploads", "");
	add_object_headers(s, tagging, &c);
	err = s3call_run(s, &c, &r, res, p);
	if (err == 0 && (!s3xml_field(buf_slice(&r.body), "UploadId", upload_id,
				      S3_UPLOAD_ID_CHARS) ||
			 !*upload_id))
		err = bad_reply(&c, "UploadId", res, p);
	http_response_fini(&r);
	return err;
}

int s3_put_part(struct s3 *s, const struct s3_place *at, const char *upload_id,
		unsigned number, const void *body, size_t n, char etag[S3_ETAG_CHARS],
		struct s3_result *res, struct problem *p)
{
	struct s3call c = {.method = "PUT",
			   .at = at,
			   .verb = "a part of the upload to",
			   .right = "s3:PutObject",
			   .body = body,
			   .n = n};
	struct http_response r;
	char num[16];
	int err;

	http_response_init(&r);
	(void)snprintf(num, sizeof(num), "%u", number);
	add_query(&c, "partNumber", num);
	add_query(&c, "uploadId", upload_id);
	err = s3call_run(s, &c, &r, res, p);
	if (err == 0)
		err = take_etag(&c, &r, etag, res, p);
	http_response_fini(&r);
	return err;
}

/* S3 sends the status line before it knows the result, and blanks to keep the
 * connection alive; only the body tells. */
static int complete_judge(const struct s3 *s, const struct s3call *c,
			  const struct http_response *r, struct s3_result *res,
			  struct problem *p)
{
	struct slice body = buf_slice(&r->body);

	if (s3xml_root(body, "CompleteMultipartUploadResult") && !r->truncated)
		return 0;
	if (s3xml_root(body, "Error"))
		return s3call_refused(s, c, r, res, p);
	return bad_reply(c, "CompleteMultipartUploadResult", res, p);
}

int s3_complete(struct s3 *s, const struct s3_place *at, const char *upload_id,
		const struct s3_part *parts, size_t n, struct s3_result *res,
		struct problem *p)
{
	_cleanup_buf_ struct buf body = BUF_INIT(MAX_COMPLETE);
	struct s3call c = {.method = "POST",
			   .at = at,
			   .verb = "the end of the upload to",
			   .right = "s3:PutObject"};
	struct http_response r;
	int err = s3xml_complete(parts, n, &body);

	*res = (struct s3_result){.class = RETRY_PERMANENT, .retry_after_ms = -1};
	if (err < 0)
		return problem_set(p, err,
				   "the list of %zu parts for bucket %s is too long", n,
				   at->bucket);
	http_response_init(&r);
	c.body = body.p;
	c.n = body.n;
	add_query(&c, "uploadId", upload_id);
	add_extra(&c, "content-type", "application/xml");
	err = s3call_run(s, &c, &r, res, p);
	if (err == 0)
		err = complete_judge(s, &c, &r, res, p);
	http_response_fini(&r);
	return err;
}

/* For removals: what is not there needs no removing. */
static int remove_run(struct s3 *s, const struct s3call *c, struct s3_result *res,
		      struct problem *p)
{
	struct problem mine = {0};
	struct http_response r;
	int err;

	http_response_init(&r);
	err = s3call_run(s, c, &r, res, &mine);
	http_response_fini(&r);
	if (err == -ERR_NOT_FOUND) {
		res->class = RETRY_DONE;
		return 0;
	}
	return err < 0 ? problem_set(p, err, "%s", mine.note) : 0;
}

int s3_abort(struct s3 *s, const struct s3_place *at, const char *upload_id,
	     struct s3_result *res, struct problem *p)
{
	struct s3call c = {.method = "DELETE",
			   .at = at,
			   .verb = "the removal of an unfinished upload from",
			   .right = "s3:AbortMultipartUpload"};

	add_query(&c, "uploadId", upload_id);
	return remove_run(s, &c, res, p);
}

int s3_delete(struct s3 *s, const struct s3_place *at, struct s3_result *res,
	      struct problem *p)
{
	struct s3call c = {.method = "DELETE",
			   .at = at,
			   .verb = "the removal of an object from",
			   .right = "s3:DeleteObject"};

	return remove_run(s, &c, res, p);
}

int s3_head(struct s3 *s, const struct s3_place *at, uint64_t *bytes,
	    struct s3_result *res, struct problem *p)
{
	struct s3call c = {.method = "HEAD",
			   .at = at,
			   .verb = "a look at an object in",
			   .right = "s3:GetObject and s3:ListBucket"};
	struct http_response r;
	unsigned long long n = 0;
	char length[24];
	int err, end = 0;

	http_response_init(&r);
	err = s3call_run(s, &c, &r, res, p);
	if (err == 0 &&
	    (!http_response_header(&r, "content-length", length, sizeof(length)) ||
	     strspn(length, "0123456789") != strlen(length) || strlen(length) > 18 ||
	     sscanf(length, "%llu%n", &n, &end) != 1))
		err = bad_reply(&c, "Content-Length", res, p);
	if (err == 0)
		*bytes = n;
	http_response_fini(&r);
	return err;
}

int s3_get(struct s3 *s, const struct s3_place *at, struct buf *body,
	   struct s3_result *res, struct problem *p)
{
	struct s3call c = {.method = "GET",
			   .at = at,
			   .verb = "the reading of an object in",
			   .right = "s3:GetObject",
			   .max_reply = body->max > S3CALL_MAX_REPLY ? body->max
								     : S3CALL_MAX_REPLY};
	struct http_response r;
	int err;

	http_response_init(&r);
	err = s3call_run(s, &c, &r, res, p);
	if (err == 0)
		err = r.truncated ? -ERR_TOO_LARGE : buf_add(body, r.body.p, r.body.n);
	if (err == -ERR_TOO_LARGE || err == -ENOMEM) {
		res->class = RETRY_PERMANENT;
		err = problem_set(p, err,
				  "the object in bucket %s is larger than expected",
				  at->bucket);
	}
	http_response_fini(&r);
	return err;
}
