/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Always the region's own endpoint: AWS's global one is kept for old clients, and
 * its keys do not work in all regions.
 *
 * Both calls may be repeated: a session that nobody uses costs nothing.
 */
#include "net/sts.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/fileio.h"
#include "base/scope.h"
#include "net/s3xml.h"
#include "net/sigv4.h"
#include "net/webapi.h"

#define DEADLINE_MS 30000
#define MAX_REPLY   (64u << 10)
#define MAX_FORM    (96u << 10)
#define MAX_TOKEN   (20u << 10) /* AWS: 20000 characters */
#define FORM_TYPE   "application/x-www-form-urlencoded; charset=utf-8"

struct call {
	const char *action;
	const struct sts_role *role;
	const struct awskeys *by; /* NULL = unsigned */
	struct url endpoint;
	struct buf form;
};

/* --- the request ------------------------------------------------------------------ */

static int find_endpoint(const struct sts *s, struct url *out, struct problem *p)
{
	char text[128];

	*out = s->endpoint;
	if (*out->host)
		return 0;
	(void)snprintf(text, sizeof(text), "https://sts.%.40s.amazonaws.com%s", s->region,
		       strncmp(s->region, "cn-", 3) == 0 ? ".cn" : "");
	return url_parse(text, out, p);
}

static int add_field(struct buf *form, const char *name, struct slice value)
{
	int r = buf_addf(form, "&%s=", name);

	return r < 0 ? r : url_encode(value, false, form);
}

static int build_form(struct call *c, struct slice token)
{
	const struct sts_role *role = c->role;
	const char *session = *role->session_name ? role->session_name : "amcfs";
	char seconds[24];
	int r;

	/* room first: growing would leave copies of the token behind */
	r = buf_reserve(&c->form, 3 * (token.n + strlen(role->arn) + 4096));
	if (r == 0)
		r = buf_addf(&c->form, "Action=%s&Version=2011-06-15", c->action);
	if (r == 0)
		r = add_field(&c->form, "RoleArn", slice_str(role->arn));
	if (r == 0)
		r = add_field(&c->form, "RoleSessionName", slice_str(session));
	if (r == 0 && role->duration_s > 0) {
		(void)snprintf(seconds, sizeof(seconds), "%lld",
			       (long long)role->duration_s);
		r = add_field(&c->form, "DurationSeconds", slice_str(seconds));
	}
	if (r == 0 && *role->external_id)
		r = add_field(&c->form, "ExternalId", slice_str(role->external_id));
	if (r == 0 && token.n > 0)
		r = add_field(&c->form, "WebIdentityToken", token);
	return r;
}

static int sign(const struct sts *s, const struct call *c, struct buf *host,
		struct buf *auth, char date[17])
{
	_cleanup_buf_ struct buf query = BUF_INIT(64);
	struct sigv4_keys keys = {c->by->id, &c->by->secret, &c->by->token};
	char payload[CRYPTO_SHA256_HEX + 1] = "";
	uint8_t digest[CRYPTO_SHA256_BYTES];
	struct sigv4_request q = {.method = "POST",
				  .path = *c->endpoint.path ? c->endpoint.path : "/",
				  .headers = {{"content-type", FORM_TYPE}},
				  .n_headers = 2,
				  .payload_sha256 = payload,
				  .region = s->region,
				  .service = "sts",
				  .time_s = clock_wall_ms(s->clock) / 1000};
	int r = url_authority(&c->endpoint, host);

	crypto_sha256(c->form.p, c->form.n, digest);
	crypto_hex(digest, sizeof(digest), payload);
	q.headers[1] = (struct sigv4_pair){"host", r == 0 ? buf_str(host) : NULL};
	return q.headers[1].value ? sigv4_sign(&q, &keys, auth, date, &query) : -ENOMEM;
}

static void header(struct http_request *q, const char *name, const char *value)
{
	q->headers[q->n_headers++] = (struct http_header){name, value};
}

static int post(const struct sts *s, struct call *c, struct http_response *r,
		struct problem *p)
{
	_cleanup_buf_ struct buf url = BUF_INIT(2048), host = BUF_INIT(512);
	_cleanup_buf_ struct buf auth = BUF_INIT(4096);
	struct http_request q = {.method = "POST",
				 .body = c->form.p,
				 .body_n = c->form.n,
				 .max_reply = MAX_REPLY,
				 .cancel = s->cancel,
				 .deadline_ms = DEADLINE_MS};
	char date[17];
	int err = webapi_address(&c->endpoint, &url);

	if (err == 0 && !*c->endpoint.path)
		err = buf_addc(&url, '/');
	if (err == 0 && c->by)
		err = sign(s, c, &host, &auth, date);
	q.url = err == 0 ? buf_str(&url) : NULL;
	header(&q, "Content-Type", FORM_TYPE);
	if (c->by && q.url) {
		header(&q, "Authorization", buf_str(&auth));
		header(&q, "x-amz-date", date);
		if (!secret_empty(&c->by->token))
			header(&q, "x-amz-security-token", c->by->token.bytes);
	}
	if (!q.url || (c->by && !q.headers[1].value))
		return problem_set(p, -ENOMEM, "not enough memory for a request to STS");
	return http_do(s->http, &q, r, p);
}

/* --- the answer ------------------------------------------------------------------- */

static const struct {
	const char *code;
	int err;
	enum retry_class class;
	const char *remedy;
} refusals[] = {
	{"AccessDenied", ERR_AUTH, RETRY_PERMANENT,
	 "check that role_arn is right, that the keys have the right to sts:AssumeRole on "
	 "it, and that its trust policy names them and the external_id"},
	{"ValidationError", ERR_CONFIG, RETRY_PERMANENT,
	 "check role_arn, role_session_name, external_id and role_duration"},
	{"InvalidClientTokenId", ERR_AUTH, RETRY_PERMANENT,
	 "the keys that the role is to be assumed with are not valid: check them"},
	{"SignatureDoesNotMatch", ERR_AUTH, RETRY_PERMANENT,
	 "the secret of the keys that the role is to be assumed with is not right, or "
	 "this machine's clock is wrong"},
	{"RegionDisabledException", ERR_CONFIG, RETRY_PERMANENT,
	 "let the account use STS in that region, or set sts_endpoint"},
	{"ExpiredToken", ERR_AUTH, RETRY_PERMANENT,
	 "renew the session keys that the role is to be assumed with"},
	{"ExpiredTokenException", ERR_AUTH, RETRY_PERMANENT,
	 "the web identity token has expired: see that its file is renewed"},
	{"InvalidIdentityToken", ERR_AUTH, RETRY_PERMANENT,
	 "check the web identity token's issuer and audience against the identity "
	 "provider in IAM"},
	{"IDPRejectedClaim", ERR_AUTH, RETRY_PERMANENT,
	 "the identity provider does not accept the token: check the role's trust "
	 "policy"},
	{"IDPCommunicationError", ERR_REMOTE, RETRY_TEMPORARY,
	 "it is worth trying again"},
	{"Throttling", ERR_THROTTLED, RETRY_TEMPORARY, "it is worth trying again"},
};

static int refused(const struct call *c, const struct http_response *r,
		   struct awskeys_result *res, struct problem *p)
{
	const char *remedy = "check sts_endpoint, role_arn and the keys";
	int err = ERR_REFUSED;
	char code[64], message[256], after[64];

	if (!s3xml_field(buf_slice(&r->body), "Code", code, sizeof(code)))
		(void)snprintf(code, sizeof(code), "HTTP status %d", r->status);
	if (!s3xml_field(buf_slice(&r->body), "Message", message, sizeof(message)))
		(void)snprintf(message, sizeof(message), "no explanation");
	res->class = retry_classify(0, r->status, true);
	if (res->class == RETRY_TEMPORARY) {
		err = r->status == 429 ? ERR_THROTTLED : ERR_REMOTE;
		remedy = "it is worth trying again";
		if (http_response_header(r, "retry-after", after, sizeof(after)))
			res->retry_after_ms = retry_after_ms(after, 0);
	} else {
		res->class = RETRY_PERMANENT;
	}
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		if (strcmp(refusals[i].code, code) != 0)
			continue;
		err = refusals[i].err;
		res->class = refusals[i].class;
		remedy = refusals[i].remedy;
	}
	return problem_set(p, -err, "STS at %s refused the role %.200s: %s (%.200s); %s",
			   c->endpoint.host, c->role->arn, code, message, remedy);
}

/* The keys' names repeat nowhere in the answer, so no path to them is needed. */
static int accept_keys(const struct http_response *r, struct awskeys *out)
{
	struct slice body = buf_slice(&r->body);
	char id[AWSKEYS_ID_CHARS], secret[256], token[8000], expires[64];
	int err = -ERR_BAD_REPLY;

	if (!r->truncated && s3xml_field(body, "AccessKeyId", id, sizeof(id)) &&
	    s3xml_field(body, "SecretAccessKey", secret, sizeof(secret)) &&
	    s3xml_field(body, "SessionToken", token, sizeof(token)) && *token &&
	    s3xml_field(body, "Expiration", expires, sizeof(expires)))
		err = awskeys_set(out, slice_str(id), slice_str(secret),
				  slice_str(token));
	crypto_wipe(secret, sizeof(secret));
	crypto_wipe(token, sizeof(token));
	if (err == 0)
		err = awskeys_set_expiration(out, expires);
	if (err == -EINVAL)
		err = -ERR_BAD_REPLY;
	if (err < 0)
		awskeys_fini(out);
	return err;
}

static int judge(const struct call *c, const struct http_response *r, struct awskeys *out,
		 struct awskeys_result *res, struct problem *p)
{
	int err;

	if (r->status < 200 || r->status > 299)
		return refused(c, r, res, p);
	err = accept_keys(r, out);
	res->class = err == 0 ? RETRY_DONE : RETRY_TEMPORARY;
	if (err == -ERR_BAD_REPLY)
		return problem_set(p, err,
				   "the answer of STS at %s holds no keys; check that "
				   "sts_endpoint is the Security Token Service",
				   c->endpoint.host);
	return err < 0 ? problem_set(p, err, "not enough memory for keys") : 0;
}

static int run(const struct sts *s, struct call *c, struct slice token,
	       struct awskeys *out, struct awskeys_result *res, struct problem *p)
{
	struct http_response r;
	int err;

	*res = (struct awskeys_result){RETRY_PERMANENT, -1};
	c->form = BUF_INIT(MAX_FORM);
	err = find_endpoint(s, &c->endpoint, p);
	if (err < 0)
		return err;
	err = build_form(c, token);
	if (err < 0) {
		buf_wipe(&c->form);
		return problem_set(p, err, "the request to STS is too long");
	}
	http_response_init(&r);
	err = post(s, c, &r, p);
	if (err < 0)
		res->class = retry_classify(err, 0, true);
	else
		err = judge(c, &r, out, res, p);
	http_response_fini(&r);
	buf_wipe(&c->form);
	return err;
}

int sts_assume_role(const struct sts *s, const struct sts_role *role,
		    const struct awskeys *by, struct awskeys *out,
		    struct awskeys_result *res, struct problem *p)
{
	struct call c = {.action = "AssumeRole", .role = role, .by = by};

	return run(s, &c, slice_of(NULL, 0), out, res, p);
}

int sts_web_identity(const struct sts *s, const struct sts_role *role,
		     const char *token_file, struct awskeys *out,
		     struct awskeys_result *res, struct problem *p)
{
	_cleanup_(buf_wipe) struct buf token = BUF_INIT(MAX_TOKEN);
	struct sts_role bare = *role;
	struct call c = {.action = "AssumeRoleWithWebIdentity", .role = &bare};
	struct problem why = {0};
	int r;

	/* whoever is to wait for a token that is being replaced tries again */
	*res = (struct awskeys_result){RETRY_TEMPORARY, -1};
	bare.external_id = ""; /* the call knows none */
	r = fileio_read_no_pipe(token_file, &token, &why);
	if (r < 0)
		return problem_set(p, -ERR_AUTH, "the web identity's token: %s",
				   problem_text(&why));
	while (token.n > 0 && strchr(" \t\r\n", token.p[token.n - 1]))
		token.n--;
	if (token.n == 0)
		return problem_set(p, -ERR_CONFIG,
				   "the web identity token file %.200s is empty",
				   token_file);
	return run(s, &c, buf_slice(&token), out, res, p);
}
