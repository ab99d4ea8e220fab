/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer that is not understood is never taken for an empty one: after a lost
 * answer, "AMC's list does not hold the upload" is what allows a second request.
 */
#include "net/amccall.h"

#include <string.h>

#include "base/crypto.h"
#include "base/scope.h"
#include "net/webapi.h"

#define MAX_REPLY   (8u << 20)
#define MAX_PATH    8192
#define MAX_PAGES   1000
#define DEADLINE_MS 300000 /* an answer that drips in must end too */

static void header(struct http_request *q, const char *name, const char *value)
{
	if (value && *value)
		q->headers[q->n_headers++] = (struct http_header){name, value};
}

static int build_headers(const struct amc *a, const struct amccall *c,
			 const struct secret *token, struct buf *bearer,
			 struct http_request *q)
{
	int r = buf_reserve(bearer, token->n + 16);

	if (r == 0)
		r = buf_adds(bearer, "Bearer ");
	if (r == 0)
		r = buf_add(bearer, token->bytes, token->n);
	if (r < 0)
		return r;
	header(q, "Authorization", buf_str(bearer));
	header(q, "Amazon-Advertising-API-ClientId", a->client_id);
	if (c->as) {
		header(q, "Amazon-Advertising-API-AdvertiserId", c->as->account_id);
		header(q, "Amazon-Advertising-API-MarketplaceId", c->as->marketplace_id);
	}
	header(q, "Amazon-Ads-AccountId", a->ads_account_id);
	if (strcmp(c->method, "POST") == 0)
		header(q, "Content-Type", "application/json");
	return 0;
}

static int send_with(struct amc *a, const struct amccall *c, const struct secret *token,
		     struct http_response *r, struct problem *p)
{
	_cleanup_(buf_wipe) struct buf bearer = BUF_INIT(16384);
	_cleanup_buf_ struct buf url = BUF_INIT(MAX_PATH + 1024);
	struct http_request q = {.method = c->method,
				 .body = c->body,
				 .body_n = c->body_n,
				 .max_reply = MAX_REPLY,
				 .cancel = a->cancel,
				 .deadline_ms = DEADLINE_MS,
				 .once = c->once};
	int err = build_headers(a, c, token, &bearer, &q);

	if (err == 0)
		err = webapi_address(&a->endpoint, &url);
	if (err == 0)
		err = buf_adds(&url, c->path);
	if (err == 0)
		q.url = buf_str(&url);
	if (!q.url)
		return problem_set(p, err < 0 ? err : -ENOMEM,
				   "the request for %s cannot be put together", c->what);
	return http_do(a->http, &q, r, p);
}

/* Nothing was asked of AMC yet, so whatever the token's trouble is, it leaves no
 * doubt about the request. */
static int get_token(struct amc *a, struct secret *token, struct amc_result *res,
		     struct problem *p)
{
	struct lwa_result lr;
	int err = lwa_token(a->lwa, token, &lr, p);

	res->class = err < 0 ? lr.class : RETRY_DONE;
	res->retry_after_ms = lr.retry_after_ms;
	return err;
}

static int exchange(struct amc *a, const struct amccall *c, struct http_response *r,
		    struct amc_result *res, struct problem *p)
{
	struct secret token = {0};
	int err = 0;

	for (int attempt = 0; attempt < 2; attempt++) {
		err = get_token(a, &token, res, p);
		if (err < 0)
			break;
		err = send_with(a, c, &token, r, p);
		res->class = retry_classify(err, r->status, !c->once);
		if (err < 0 || r->status != 401)
			break;
		lwa_forget(a->lwa, &token);
	}
	secret_fini(&token);
	return err;
}

static const char *remedy(int status)
{
	switch (status) {
	case 401:
		return "; check that this login has accepted Amazon's terms and may use "
		       "the account";
	case 403:
		return "; check account_id, marketplace_id and ads_account_id, and that "
		       "this login may use the instance";
	case 404:
		return "; check that the name is right and was not deleted";
	case 429:
		return "; it asks for fewer requests";
	default:
		return status >= 500 ? "; it is worth trying again later" : "";
	}
}

static int refusal_code(int status)
{
	switch (status) {
	case 401:
		return -ERR_AUTH;
	case 404:
		return -ERR_NOT_FOUND;
	case 408:
	case 425:
		return -ERR_REMOTE;
	case 429:
		return -ERR_THROTTLED;
	default:
		return status >= 500 ? -ERR_REMOTE : -ERR_AMC_REFUSED;
	}
}

static int refused(const struct amccall *c, const struct http_response *r,
		   struct amc_result *res, struct problem *p)
{
	char text[300];
	int code = refusal_code(r->status);

	/* it had its second try with a fresh token */
	if (res->class == RETRY_AUTH)
		res->class = RETRY_PERMANENT;
	/* a create has nothing to be found: it was refused */
	if (c->once && code == -ERR_NOT_FOUND)
		code = -ERR_AMC_REFUSED;
	webapi_error(buf_slice(&r->body), text, sizeof(text));
	if (!*text)
		return problem_set(p, code, "AMC refused %s with HTTP status %d%s",
				   c->what, r->status, remedy(r->status));
	return problem_set(p, code, "AMC refused %s: %s (HTTP status %d)%s", c->what,
			   text, r->status, remedy(r->status));
}

int amccall_bad_reply(const struct amccall *c, const char *why, struct amc_result *res,
		      struct problem *p)
{
	res->class = retry_classify(-ERR_BAD_REPLY, 0, !c->once);
	return problem_set(
		p, -ERR_BAD_REPLY,
		"AMC's answer for %s makes no sense: %s; check endpoint in [amc] "
		"if it goes on",
		c->what, why);
}

static void fill_result(const struct amc *a, const struct http_response *r,
			struct amc_result *res)
{
	char after[64];

	res->status = r->status;
	if (!http_response_header(r, "x-amz-rid", res->request_id,
				  sizeof(res->request_id)) &&
	    !http_response_header(r, "x-amz-request-id", res->request_id,
				  sizeof(res->request_id)) &&
	    !http_response_header(r, "x-amzn-requestid", res->request_id,
				  sizeof(res->request_id)))
		res->request_id[0] = 0;
	if (http_response_header(r, "retry-after", after, sizeof(after)))
		res->retry_after_ms = retry_after_ms(after, clock_wall_ms(a->clock));
}

static int read_answer(const struct amccall *c, const struct http_response *r,
		       struct json **out, struct amc_result *res, struct problem *p)
{
	struct json *j = NULL;

	if (r->truncated)
		return amccall_bad_reply(c, "it is too long", res, p);
	if (json_parse(buf_slice(&r->body), &j, NULL) < 0)
		return amccall_bad_reply(c, "it is not JSON", res, p);
	if (!json_is_object(j)) {
		json_free(j);
		return amccall_bad_reply(c, "it is not a JSON object", res, p);
	}
	*out = j;
	return 0;
}

int amccall_run(struct amc *a, const struct amccall *c, struct json **out,
		struct amc_result *res, struct problem *p)
{
	struct http_response r;
	int err;

	*res = (struct amc_result){.class = RETRY_PERMANENT, .retry_after_ms = -1};
	http_response_init(&r);
	err = exchange(a, c, &r, res, p);
	if (err == 0) {
		fill_result(a, &r, res);
		if (r.status < 200 || r.status > 299)
			err = refused(c, &r, res, p);
		else
			err = read_answer(c, &r, out, res, p);
	}
	http_response_fini(&r);
	return err;
}

/* --- lists ------------------------------------------------------------------------ */

struct pages {
	struct buf token; /* of the next page; empty = the first, or none follows */
	uint64_t seen[MAX_PAGES];
	size_t n;
};

/* True when the token came before: the list would go round for ever. */
static bool pages_repeat(struct pages *g)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	uint64_t mark;

	crypto_sha256(g->token.p, g->token.n, digest);
	memcpy(&mark, digest, sizeof(mark));
	for (size_t i = 0; i < g->n; i++)
		if (g->seen[i] == mark)
			return true;
	g->seen[g->n++] = mark;
	return false;
}

static int page_fetch(struct amc *a, const struct amccall *c, const struct pages *g,
		      struct json **out, struct amc_result *res, struct problem *p)
{
	_cleanup_buf_ struct buf path = BUF_INIT(MAX_PATH);
	struct amccall one = *c;
	int r = buf_adds(&path, c->path);

	if (r == 0 && g->token.n > 0)
		r = buf_adds(&path, strchr(c->path, '?') ? "&nextToken=" : "?nextToken=");
	if (r == 0)
		r = url_encode(buf_slice(&g->token), false, &path);
	one.path = r == 0 ? buf_str(&path) : NULL;
	if (!one.path) {
		*res = (struct amc_result){.class = RETRY_PERMANENT,
					   .retry_after_ms = -1};
		return problem_set(p, r < 0 ? r : -ENOMEM,
				   "the request for %s is too long", c->what);
	}
	return amccall_run(a, &one, out, res, p);
}

/* The items go to the caller, the next page's token to g. */
static int page_read(const struct amccall *c, const struct amccall_list *l,
		     const struct json *page, struct pages *g, struct amc_result *res,
		     struct problem *p)
{
	const struct json *items = json_get(page, l->key);
	const char *token = json_str(page, "nextToken");
	int r = 0;

	if (json_has(page, "nextToken") && !json_is_string(json_get(page, "nextToken")))
		return amccall_bad_reply(c, "its nextToken is no text", res, p);
	/* with a token, a page may be empty in every sense */
	if (!json_is_array(items) && (items || (l->key_needed && !*token)))
		return amccall_bad_reply(c, "it holds no list", res, p);
	for (size_t i = 0; i < json_count(items) && r == 0; i++)
		if (json_is_object(json_at(items, i)))
			r = l->fn(l->ctx, json_at(items, i));
	if (r != 0)
		return r;
	buf_clear(&g->token);
	return buf_adds(&g->token, token);
}

static int list_pages(struct amc *a, const struct amccall *c,
		      const struct amccall_list *l, struct pages *g,
		      struct amc_result *res, struct problem *p)
{
	do {
		struct json *page = NULL;
		int r = page_fetch(a, c, g, &page, res, p);

		if (r == 0)
			r = page_read(c, l, page, g, res, p);
		json_free(page);
		if (r != 0)
			return r;
		if (g->token.n > 0 && (g->n == MAX_PAGES || pages_repeat(g)))
			return amccall_bad_reply(c, "its pages have no end", res, p);
	} while (g->token.n > 0);
	return 0;
}

int amccall_list(struct amc *a, const struct amccall *c, const struct amccall_list *l,
		 struct amc_result *res, struct problem *p)
{
	struct pages g = {.token = BUF_INIT(MAX_PATH)};
	int r = list_pages(a, c, l, &g, res, p);

	buf_fini(&g.token);
	return r;
}
