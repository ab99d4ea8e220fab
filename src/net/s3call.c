/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address is put together twice from the same parts, once for the signature
 * and once for the wire; http takes the path as it is, so the two cannot differ.
 * The Host header is libcurl's, which writes it as url_authority() does: with the
 * port only where it is not the scheme's own.
 */
#include "net/s3call.h"

#include <string.h>

#include "base/crypto.h"
#include "net/s3err.h"
#include "net/s3xml.h"

#define MAX_URL (12u << 10)

/* What is to be sent, beside the call itself. */
struct signed_call {
	struct buf authority, path, url, query, auth;
	char date[17];
	char payload[CRYPTO_SHA256_HEX + 1];
};

static void signed_fini(struct signed_call *sc)
{
	buf_fini(&sc->authority);
	buf_fini(&sc->path);
	buf_fini(&sc->url);
	buf_fini(&sc->query);
	buf_fini(&sc->auth);
}

bool s3call_plain_word(const char *s, const char *also)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789");

	while (s[n] && strchr(also, s[n]))
		n += 1 + strspn(s + n + 1, "abcdefghijklmnopqrstuvwxyz0123456789");
	return *s && !s[n];
}

static int address(const struct s3 *s, const struct s3_place *at, struct signed_call *sc)
{
	int r = 0;

	if (!s->path_style)
		r = buf_addf(&sc->authority, "%s.", at->bucket);
	if (r == 0)
		r = url_authority(&s->endpoint, &sc->authority);
	if (r == 0)
		r = buf_adds(&sc->path, s->endpoint.path);
	if (r == 0 && s->path_style)
		r = buf_addf(&sc->path, "/%s", at->bucket);
	if (r == 0)
		r = buf_addf(&sc->path, "/%s", at->key);
	return r;
}

static int sign(const struct s3 *s, const struct s3call *c, const struct awskeys *by,
		struct signed_call *sc)
{
	struct sigv4_request q = {.method = c->method,
				  .s3 = true,
				  .payload_sha256 = sc->payload,
				  .region = s->region,
				  .service = "s3",
				  .time_s = clock_wall_ms(s->clock) / 1000};
	struct sigv4_keys keys = {by->id, &by->secret, &by->token};
	uint8_t digest[CRYPTO_SHA256_BYTES];

	crypto_sha256(c->body, c->n, digest);
	crypto_hex(digest, sizeof(digest), sc->payload);
	sc->payload[CRYPTO_SHA256_HEX] = 0;
	q.path = buf_str(&sc->path);
	q.headers[q.n_headers++] = (struct sigv4_pair){"host", buf_str(&sc->authority)};
	if (!q.path || !q.headers[0].value)
		return -ENOMEM;
	q.headers[q.n_headers++] =
		(struct sigv4_pair){"x-amz-content-sha256", sc->payload};
	for (size_t i = 0; i < c->n_extra; i++)
		q.headers[q.n_headers++] = c->extra[i];
	memcpy(q.query, c->query, sizeof(c->query));
	q.n_query = c->n_query;
	return sigv4_sign(&q, &keys, &sc->auth, sc->date, &sc->query);
}

static int full_url(const struct s3 *s, struct signed_call *sc)
{
	int r = buf_adds(&sc->url, s->endpoint.https ? "https://" : "http://");

	if (r == 0)
		r = buf_add(&sc->url, sc->authority.p, sc->authority.n);
	if (r == 0)
		r = url_encode(buf_slice(&sc->path), true, &sc->url);
	if (r == 0 && sc->query.n > 0)
		r = buf_addc(&sc->url, '?');
	if (r == 0)
		r = buf_add(&sc->url, sc->query.p, sc->query.n);
	return r;
}

static void header(struct http_request *q, const char *name, const char *value)
{
	q->headers[q->n_headers++] = (struct http_header){name, value};
}

static int send_signed(const struct s3 *s, const struct s3call *c,
		       const struct awskeys *by, struct signed_call *sc,
		       struct http_response *r, struct problem *p)
{
	struct http_request q = {.method = c->method,
				 .body = c->body,
				 .body_n = c->n,
				 .max_reply =
					 c->max_reply ? c->max_reply : S3CALL_MAX_REPLY,
				 .cancel = c->at->cancel,
				 .deadline_ms = c->at->deadline_ms};
	const char *auth = buf_str(&sc->auth);

	q.url = buf_str(&sc->url);
	if (!auth || !q.url)
		return problem_set(p, -ENOMEM, "not enough memory for a request to S3");
	header(&q, "Authorization", auth);
	header(&q, "x-amz-date", sc->date);
	header(&q, "x-amz-content-sha256", sc->payload);
	if (!secret_empty(&by->token))
		header(&q, "x-amz-security-token", by->token.bytes);
	for (size_t i = 0; i < c->n_extra; i++)
		header(&q, c->extra[i].name, c->extra[i].value);
	return http_do(s->http, &q, r, p);
}

int s3call_refused(const struct s3 *s, const struct s3call *c,
		   const struct http_response *r, struct s3_result *res,
		   struct problem *p)
{
	char message[256] = "";
	char region[64] = "";
	struct s3err e = {.verb = c->verb,
			  .right = c->right,
			  .bucket = c->at->bucket,
			  .region = s->region,
			  .status = r->status,
			  .code = res->code,
			  .message = message,
			  .right_region = region};

	if (!s3xml_field(buf_slice(&r->body), "Code", res->code, sizeof(res->code)))
		res->code[0] = 0;
	if (!s3xml_field(buf_slice(&r->body), "Message", message, sizeof(message)))
		message[0] = 0;
	if (!http_response_header(r, "x-amz-bucket-region", region, sizeof(region)) &&
	    !s3xml_field(buf_slice(&r->body), "Region", region, sizeof(region)))
		region[0] = 0;
	res->class = s3err_class(r->status, res->code);
	return s3err_problem(&e, p);
}

static void fill_result(const struct s3 *s, const struct http_response *r,
			struct s3_result *res)
{
	char after[64];

	res->status = r->status;
	if (!http_response_header(r, "x-amz-request-id", res->request_id,
				  sizeof(res->request_id)))
		res->request_id[0] = 0;
	if (http_response_header(r, "retry-after", after, sizeof(after)))
		res->retry_after_ms = retry_after_ms(after, clock_wall_ms(s->clock));
}

static int place_check(const struct s3 *s, const struct s3_place *at, struct problem *p)
{
	size_t n = strlen(at->bucket);

	/* with virtual hosts it becomes a part of the host name */
	if (n < 3 || n > 63 || (!s->path_style && !s3call_plain_word(at->bucket, ".-")) ||
	    strpbrk(at->bucket, "/?#@ "))
		return problem_set(p, -ERR_CONFIG,
				   "\"%.63s\" is no name for a bucket; correct bucket in "
				   "[s3]",
				   at->bucket);
	return 0;
}

static int call_prepare(const struct s3 *s, const struct s3call *c,
			const struct awskeys *by, struct signed_call *sc,
			struct problem *p)
{
	int r = place_check(s, c->at, p);

	if (r < 0)
		return r;
	r = address(s, c->at, sc);
	if (r == 0)
		r = sign(s, c, by, sc);
	if (r == 0)
		r = full_url(s, sc);
	if (r < 0)
		return problem_set(p, r,
				   "the request to bucket %s cannot be put together; the "
				   "object's name may be too long",
				   c->at->bucket);
	return 0;
}

static int exchange(const struct s3 *s, const struct s3call *c, const struct awskeys *by,
		    struct http_response *r, struct s3_result *res, struct problem *p)
{
	struct signed_call sc = {.authority = BUF_INIT(MAX_URL),
				 .path = BUF_INIT(MAX_URL),
				 .url = BUF_INIT(4 * MAX_URL),
				 .query = BUF_INIT(MAX_URL),
				 .auth = BUF_INIT(MAX_URL)};
	int err;

	*res = (struct s3_result){.class = RETRY_PERMANENT, .retry_after_ms = -1};
	err = call_prepare(s, c, by, &sc, p);
	if (err == 0) {
		err = send_signed(s, c, by, &sc, r, p);
		res->class = retry_classify(err, r->status, true);
	}
	signed_fini(&sc);
	if (err < 0)
		return err;
	fill_result(s, r, res);
	if (r->status < 200 || r->status > 299)
		return s3call_refused(s, c, r, res, p);
	return 0;
}

static int by_creds(const struct s3 *s, const struct s3call *c, uint64_t *serial,
		    struct http_response *r, struct s3_result *res, struct problem *p)
{
	struct awskeys keys = {0};
	struct awskeys_result kr;
	int err = creds_get(s->creds, &keys, serial, &kr, p);

	if (err == 0)
		err = exchange(s, c, &keys, r, res, p);
	else
		*res = (struct s3_result){.class = kr.class,
					  .retry_after_ms = kr.retry_after_ms};
	awskeys_fini(&keys);
	return err;
}

/* Keys end in mid-upload, and not always when they said: then new ones are asked for,
 * once, and the call is made again, which all of them bear. */
int s3call_run(const struct s3 *s, const struct s3call *c, struct http_response *r,
	       struct s3_result *res, struct problem *p)
{
	struct problem why = {0};
	uint64_t serial = 0;
	int err;

	if (!s->creds)
		return exchange(s, c, &s->fixed, r, res, p);
	err = by_creds(s, c, &serial, r, res, &why);
	if (err < 0 && res->class == RETRY_AUTH && creds_forget(s->creds, serial)) {
		http_response_fini(r);
		http_response_init(r);
		problem_clear(&why);
		err = by_creds(s, c, &serial, r, res, &why);
	}
	return err < 0 ? problem_set(p, err, "%s", problem_text(&why)) : 0;
}
