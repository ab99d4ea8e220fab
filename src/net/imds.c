/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version 1 of the metadata service, which answers a bare GET, is never asked, not
 * even when version 2 fails: whoever can make this machine send a request could
 * read the keys through it, and every machine with version 1 has version 2 too. A
 * container behind a hop limit of 1 gets no answer at all, and the sentence says so.
 *
 * The session token is asked for anew each time. It is one exchange more in hours,
 * and nothing needs to be kept.
 */
#include "net/imds.h"

#include <string.h>

#include "base/fileio.h"
#include "base/scope.h"
#include "net/httpmsg.h"
#include "net/json.h"
#include "net/webapi.h"

#define DEADLINE_MS   5000
#define MAX_REPLY     (32u << 10)
#define MAX_TOKEN     1024
#define MAX_ROLE_NAME 128
#define MAX_AUTH      8000
#define ROLES	      "/latest/meta-data/iam/security-credentials/"

static bool visible(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

/* The first line, if it is one word that is not too long. */
static int first_word(const struct buf *b, size_t max, struct buf *out)
{
	const char *nl = b->n > 0 ? memchr(b->p, '\n', b->n) : NULL;
	struct slice s = slice_of(b->p, nl ? (size_t)(nl - b->p) : b->n);

	while (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	if (!visible(s) || s.n > max)
		return -ERR_BAD_REPLY;
	return buf_add(out, s.p, s.n);
}

/* --- the instance ----------------------------------------------------------------- */

static int ask(const struct imds *m, const char *method, const char *path,
	       const struct http_header *h, struct http_response *r, struct problem *p)
{
	_cleanup_buf_ struct buf url = BUF_INIT(2048);
	struct http_request q = {.method = method,
				 .headers = {*h},
				 .n_headers = 1,
				 .max_reply = MAX_REPLY,
				 .cancel = m->cancel,
				 .deadline_ms = DEADLINE_MS};
	struct url u = m->endpoint;
	int err = 0;

	if (!*u.host)
		err = url_parse(IMDS_ENDPOINT, &u, p);
	if (err == 0)
		err = webapi_address(&u, &url);
	if (err == 0)
		err = buf_adds(&url, path);
	q.url = err == 0 ? buf_str(&url) : NULL;
	if (!q.url)
		return problem_set(p, -ENOMEM, "not enough memory to ask for keys");
	return http_do(m->http, &q, r, p);
}

static int lost(int err, const struct problem *why, struct awskeys_result *res,
		struct problem *p)
{
	res->class = RETRY_TEMPORARY;
	if (err == -ERR_STOPPING || err == -ENOMEM)
		return problem_set(p, err, "%s", problem_text(why));
	return problem_set(
		p, -ERR_UNREACHABLE,
		"the instance metadata service does not answer (%.300s); it is "
		"there on EC2 only, and in a container there only with a hop "
		"limit of 2",
		problem_text(why));
}

static int refused(int status, const char *what, struct awskeys_result *res,
		   struct problem *p)
{
	res->class = retry_classify(0, status, true);
	if (res->class == RETRY_TEMPORARY)
		return problem_set(p, -ERR_REMOTE,
				   "the instance metadata service cannot give the %s now "
				   "(HTTP status %d); it will be asked again",
				   what, status);
	res->class = RETRY_PERMANENT;
	if (status == 404)
		return problem_set(p, -ERR_AUTH,
				   "the instance metadata service has no %s: attach an "
				   "IAM role to this machine",
				   what);
	return problem_set(
		p, -ERR_AUTH,
		"the instance metadata service refused the %s with HTTP status "
		"%d; see that its version 2 is switched on for this machine",
		what, status);
}

/* One exchange whose 200 is wanted. */
static int fetch(const struct imds *m, const char *path, const char *token,
		 const char *what, struct http_response *r, struct awskeys_result *res,
		 struct problem *p)
{
	const struct http_header put = {"X-aws-ec2-metadata-token-ttl-seconds", "60"};
	const struct http_header get = {"X-aws-ec2-metadata-token", token};
	struct problem why = {0};
	int err = ask(m, token ? "GET" : "PUT", path, token ? &get : &put, r, &why);

	if (err < 0)
		return lost(err, &why, res, p);
	return r->status == 200 && !r->truncated ? 0 : refused(r->status, what, res, p);
}

static int bad_reply(const char *what, struct awskeys_result *res, struct problem *p)
{
	res->class = RETRY_TEMPORARY;
	return problem_set(p, -ERR_BAD_REPLY,
			   "the instance metadata service gave no usable %s", what);
}

/* A word that the service gives: the session's token, the role's name. */
static int fetch_word(const struct imds *m, const char *path, const char *token,
		      const char *what, size_t max, struct buf *out,
		      struct awskeys_result *res, struct problem *p)
{
	struct http_response r;
	int err;

	http_response_init(&r);
	err = fetch(m, path, token, what, &r, res, p);
	if (err == 0 && first_word(&r.body, max, out) < 0)
		err = bad_reply(what, res, p);
	http_response_fini(&r);
	return err;
}

/* A service that knows the role and cannot get its keys says so with a 200. */
static int accept_role(const struct http_response *r, struct awskeys *out,
		       struct awskeys_result *res, struct problem *p)
{
	struct json *j = NULL;
	char code[64] = "";

	res->class = RETRY_TEMPORARY;
	if (json_parse(buf_slice(&r->body), &j, NULL) == 0)
		webapi_clean(slice_str(json_str(j, "Code")), code, sizeof(code));
	json_free(j);
	if (*code && strcmp(code, "Success") != 0)
		return problem_set(p, -ERR_AUTH,
				   "the instance metadata service has no keys for this "
				   "machine's role: %s; check the role's trust policy",
				   code);
	return awskeys_from_json(buf_slice(&r->body), "Token",
				 "the instance metadata service gave", out, p);
}

int imds_keys(const struct imds *m, struct awskeys *out, struct awskeys_result *res,
	      struct problem *p)
{
	_cleanup_(buf_wipe) struct buf token = BUF_INIT(MAX_TOKEN + 1);
	_cleanup_buf_ struct buf path = BUF_INIT(512), role = BUF_INIT(MAX_ROLE_NAME + 1);
	struct http_response r;
	int err;

	*res = (struct awskeys_result){RETRY_PERMANENT, -1};
	err = fetch_word(m, "/latest/api/token", NULL, "session token", MAX_TOKEN, &token,
			 res, p);
	if (err == 0 && !buf_str(&token))
		err = -ENOMEM;
	if (err == 0)
		err = fetch_word(m, ROLES, token.p, "role", MAX_ROLE_NAME, &role, res, p);
	if (err == 0)
		err = buf_adds(&path, ROLES);
	if (err == 0)
		err = url_encode(buf_slice(&role), false, &path);
	if (err < 0 || !buf_str(&path))
		return problem_set(p, err < 0 ? err : -ENOMEM, "not enough memory");
	http_response_init(&r);
	err = fetch(m, path.p, token.p, "keys of the role", &r, res, p);
	if (err == 0)
		err = accept_role(&r, out, res, p);
	if (err == 0)
		res->class = RETRY_DONE;
	http_response_fini(&r);
	return err;
}

/* --- the container ---------------------------------------------------------------- */

/* As AWS's own libraries have it: ECS, EKS, EKS over IPv6. */
static int check_url(const char *url, struct problem *p)
{
	static const char *const hosts[] = {"169.254.170.2", "169.254.170.23",
					    "fd00:ec2::23"};
	struct httpmsg_target t;

	if (httpmsg_target(url, &t) < 0 ||
	    (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
		return problem_set(
			p, -ERR_CONFIG,
			"AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL; correct "
			"it or unset it");
	if (url[4] == 's' || t.loopback)
		return 0;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		if (strcmp(t.host, hosts[i]) == 0)
			return 0;
	return problem_set(
		p, -ERR_CONFIG,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI names %.200s by plain http, "
		"which is for loopback and AWS's containers only; use https",
		t.host);
}

static int authorization(const struct imds_container *c, struct buf *out,
			 struct problem *p)
{
	struct problem why = {0};
	int r;

	if (!*c->token_file)
		return buf_add(out, c->token->bytes, c->token->n);
	r = fileio_read_no_pipe(c->token_file, out, &why);
	if (r < 0)
		return problem_set(p, -ERR_AUTH, "the container's token: %s",
				   problem_text(&why));
	while (out->n > 0 && strchr(" \t\r\n", out->p[out->n - 1]))
		out->n--;
	if (!visible(buf_slice(out)))
		return problem_set(
			p, -ERR_CONFIG,
			"%.200s (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) holds "
			"no token",
			c->token_file);
	return 0;
}

static int container_judge(const struct http_response *r, struct awskeys *out,
			   struct awskeys_result *res, struct problem *p)
{
	if (r->status == 200 && !r->truncated) {
		res->class = RETRY_TEMPORARY;
		return awskeys_from_json(buf_slice(&r->body), "Token",
					 "the container's source of keys gave", out, p);
	}
	res->class = retry_classify(0, r->status, true);
	if (res->class == RETRY_TEMPORARY)
		return problem_set(p, -ERR_REMOTE,
				   "the container's source of keys cannot answer now "
				   "(HTTP status %d); it will be asked again",
				   r->status);
	res->class = RETRY_PERMANENT;
	return problem_set(p, -ERR_AUTH,
			   "the container's source of keys refused the request with HTTP "
			   "status %d; check the task's role and the "
			   "AWS_CONTAINER_ variables",
			   r->status);
}

int imds_container_keys(const struct imds_container *c, struct awskeys *out,
			struct awskeys_result *res, struct problem *p)
{
	_cleanup_(buf_wipe) struct buf auth = BUF_INIT(MAX_AUTH);
	struct http_request q = {.method = "GET",
				 .url = c->url,
				 .headers = {{"Accept", "application/json"}},
				 .n_headers = 1,
				 .max_reply = MAX_REPLY,
				 .cancel = c->cancel,
				 .deadline_ms = DEADLINE_MS};
	struct http_response r;
	int err;

	*res = (struct awskeys_result){RETRY_PERMANENT, -1};
	err = check_url(c->url, p);
	if (err == 0)
		err = authorization(c, &auth, p);
	if (err < 0)
		return problem_set(p, err, "not enough memory");
	if (auth.n > 0) {
		q.headers[1] = (struct http_header){"Authorization", buf_str(&auth)};
		q.n_headers = 2;
		if (!q.headers[1].value)
			return problem_set(p, -ENOMEM, "not enough memory");
	}
	http_response_init(&r);
	err = http_do(c->http, &q, &r, p);
	if (err < 0)
		res->class = retry_classify(err, 0, true);
	else
		err = container_judge(&r, out, res, p);
	if (err == 0)
		res->class = RETRY_DONE;
	http_response_fini(&r);
	return err;
}
