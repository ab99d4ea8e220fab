/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While one thread asks Amazon, `busy` is set and the others wait on the
 * condition, not on the lock: nothing is locked during the exchange. Those who
 * waited share the outcome, failure included, or a crowd of them would ask the
 * same refused question one after the other.
 *
 * Life is counted on the monotonic clock from before the request was sent, so a
 * token is never thought younger than it is.
 */
#include "net/lwa.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "net/json.h"
#include "net/webapi.h"

#define EARLY_MS    60000
#define DEFAULT_S   300 /* an answer that does not say how long */
#define MAX_S	    86400
#define DEADLINE_MS 60000 /* an answer that drips in must end too */
#define MAX_TOKEN   4096  /* Amazon documents 2048 */

struct outcome {
	int err;
	struct lwa_result res;
	struct problem problem;
};

struct lwa {
	struct http_client *http;
	const struct clock *clock;
	const atomic_bool *cancel;
	struct url endpoint;
	char *client_id;
	struct secret client_secret, refresh_token;

	pthread_mutex_t lock;
	pthread_cond_t done;
	struct {
		struct secret token;
		int64_t renew_at_ms;
		bool busy;
		uint64_t rounds; /* exchanges that have ended */
		struct outcome last;
	} locked;
};

int lwa_new(struct lwa **out, const struct lwa_opts *o)
{
	struct lwa *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->done, NULL);
	l->http = o->http;
	l->clock = o->clock;
	l->cancel = o->cancel;
	l->endpoint = o->token_endpoint;
	l->client_id = strdup(o->client_id);
	r = l->client_id ? 0 : -ENOMEM;
	if (r == 0)
		r = secret_copy(&l->client_secret, o->client_secret);
	if (r == 0)
		r = secret_copy(&l->refresh_token, o->refresh_token);
	if (r < 0) {
		lwa_free(l);
		return r;
	}
	*out = l;
	return 0;
}

void lwa_free(struct lwa *l)
{
	if (!l)
		return;
	pthread_cond_destroy(&l->done);
	pthread_mutex_destroy(&l->lock);
	secret_fini(&l->locked.token);
	secret_fini(&l->client_secret);
	secret_fini(&l->refresh_token);
	free(l->client_id);
	free(l);
}

/* --- the exchange ----------------------------------------------------------------- */

static struct slice secret_slice(const struct secret *s)
{
	return slice_of(s->bytes, s->n);
}

/* Room first: growing would leave copies of the secrets behind. */
static int build_form(const struct lwa *l, struct buf *out)
{
	size_t n = l->refresh_token.n + l->client_secret.n + strlen(l->client_id);
	int r = buf_reserve(out, 3 * n + 128);

	if (r == 0)
		r = buf_adds(out, "grant_type=refresh_token&refresh_token=");
	if (r == 0)
		r = url_encode(secret_slice(&l->refresh_token), false, out);
	if (r == 0)
		r = buf_adds(out, "&client_id=");
	if (r == 0)
		r = url_encode(slice_str(l->client_id), false, out);
	if (r == 0)
		r = buf_adds(out, "&client_secret=");
	if (r == 0)
		r = url_encode(secret_slice(&l->client_secret), false, out);
	return r;
}

static int post(const struct lwa *l, struct http_response *r, struct problem *p)
{
	_cleanup_buf_ struct buf url = BUF_INIT(4096);
	_cleanup_(buf_wipe) struct buf form = BUF_INIT(128u << 10);
	struct http_request q = {
		.method = "POST",
		.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
			    {"Accept", "application/json"}},
		.n_headers = 2,
		.cancel = l->cancel,
		.deadline_ms = DEADLINE_MS};
	int err = webapi_address(&l->endpoint, &url);

	if (err == 0)
		err = build_form(l, &form);
	q.url = err == 0 ? buf_str(&url) : NULL;
	if (!q.url)
		return problem_set(p, -ENOMEM, "not enough memory to ask for a token");
	q.body = form.p;
	q.body_n = form.n;
	return http_do(l->http, &q, r, p);
}

static int refused(const struct lwa *l, const struct http_response *r,
		   struct lwa_result *res, struct problem *p)
{
	static const struct {
		const char *code, *remedy;
	} known[] = {
		{"invalid_grant",
		 "the refresh token is not valid any more or belongs to another client: "
		 "log in again with \"amcfs login\""},
		{"invalid_client", "check client_id and client_secret in [amc]"},
		{"unauthorized_client",
		 "this client may not use a refresh token: check client_id in [amc] and "
		 "the security profile at Amazon"},
	};
	char code[64], text[200];

	webapi_code(buf_slice(&r->body), code, sizeof(code));
	webapi_error(buf_slice(&r->body), text, sizeof(text));
	if (!*text)
		memcpy(text, "no explanation", sizeof("no explanation"));
	res->class = retry_classify(0, r->status, true);
	if (res->class == RETRY_TEMPORARY)
		return problem_set(
			p, r->status == 429 ? -ERR_THROTTLED : -ERR_REMOTE,
			"Login with Amazon at %s cannot answer now (HTTP status "
			"%d, %s); it will be asked again",
			l->endpoint.host, r->status, text);
	res->class = RETRY_PERMANENT;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(code, known[i].code) == 0)
			return problem_set(
				p, -ERR_AUTH,
				"Login with Amazon refused the login: %s (%s); "
				"%s",
				code, text, known[i].remedy);
	return problem_set(p, r->status == 401 ? -ERR_AUTH : -ERR_REFUSED,
			   "Login with Amazon at %s refused the request with HTTP status "
			   "%d (%s); check token_endpoint, client_id and the secrets in "
			   "[amc]",
			   l->endpoint.host, r->status, text);
}

/* What can stand in a header, and no longer than can be true. */
static bool token_valid(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] == 0x7f)
			return false;
	return n > 0 && n <= MAX_TOKEN;
}

static int accept_token(const struct lwa *l, const struct http_response *r,
			struct secret *token, int64_t *life_s, struct problem *p)
{
	struct json *j = NULL;
	const char *text = "";
	int err = -ERR_BAD_REPLY;

	if (!r->truncated && json_parse(buf_slice(&r->body), &j, NULL) == 0)
		text = json_str(j, "access_token");
	if (token_valid(text)) {
		err = secret_set(token, text, strlen(text));
		*life_s = json_int(j, "expires_in", DEFAULT_S);
	}
	json_free(j);
	if (err < 0)
		return problem_set(p, err,
				   "the answer of %s holds no access token; check "
				   "token_endpoint in [amc]",
				   l->endpoint.host);
	if (*life_s <= 0 || *life_s > MAX_S)
		*life_s = *life_s <= 0 ? DEFAULT_S : MAX_S;
	return 0;
}

/* Fills o; the token and its life on success. */
static void refresh(const struct lwa *l, struct secret *token, int64_t *life_s,
		    struct outcome *o)
{
	struct http_response r;
	char after[64];

	http_response_init(&r);
	o->err = post(l, &r, &o->problem);
	o->res.class = retry_classify(o->err, r.status, true);
	if (http_response_header(&r, "retry-after", after, sizeof(after)))
		o->res.retry_after_ms = retry_after_ms(after, clock_wall_ms(l->clock));
	if (o->err == -ERR_LOST_ANSWER) /* nothing was done that could be done twice */
		o->err = o->problem.err = -ERR_UNREACHABLE;
	if (o->err == 0 && o->res.class != RETRY_DONE)
		o->err = refused(l, &r, &o->res, &o->problem);
	else if (o->err == 0)
		o->err = accept_token(l, &r, token, life_s, &o->problem);
	if (o->err == -ERR_BAD_REPLY)
		o->res.class = RETRY_TEMPORARY;
	http_response_fini(&r);
}

/* --- the cache -------------------------------------------------------------------- */

static int report(const struct outcome *o, struct lwa_result *res, struct problem *p)
{
	*res = o->res;
	return problem_set(p, o->err, "%s", problem_text(&o->problem));
}

static bool usable(const struct lwa *l)
{
	return !secret_empty(&l->locked.token) &&
	       clock_mono_ms(l->clock) < l->locked.renew_at_ms;
}

/* With the lock held: 1 when the caller has to ask Amazon, 0 when it got a token,
 * else the failure of the round it waited for. */
static int wait_turn(struct lwa *l, struct secret *token, struct lwa_result *res,
		     struct problem *p)
{
	uint64_t seen = l->locked.rounds;

	for (;;) {
		if (usable(l)) {
			res->class = RETRY_DONE;
			return secret_copy(token, &l->locked.token);
		}
		if (l->locked.rounds != seen && l->locked.last.err < 0)
			return report(&l->locked.last, res, p);
		if (!l->locked.busy)
			break;
		pthread_cond_wait(&l->done, &l->lock);
	}
	l->locked.busy = true;
	return 1;
}

static void publish(struct lwa *l, const struct secret *token, int64_t start_ms,
		    int64_t life_s, struct outcome *o)
{
	int64_t life_ms = life_s * 1000;
	int64_t early = life_ms / 2 < EARLY_MS ? life_ms / 2 : EARLY_MS;

	SCOPE_LOCK(&l->lock);
	if (o->err == 0)
		o->err = secret_copy(&l->locked.token, token);
	if (o->err == 0)
		l->locked.renew_at_ms = start_ms + life_ms - early;
	l->locked.last = *o;
	l->locked.rounds++;
	l->locked.busy = false;
	pthread_cond_broadcast(&l->done);
}

int lwa_token(struct lwa *l, struct secret *token, struct lwa_result *res,
	      struct problem *p)
{
	struct outcome o = {.res = {RETRY_PERMANENT, -1}};
	struct secret fresh = {0};
	int64_t start = clock_mono_ms(l->clock);
	int64_t life_s = 0;
	int r;

	*res = o.res;
	{
		SCOPE_LOCK(&l->lock);
		r = wait_turn(l, token, res, p);
	}
	if (r <= 0)
		return r;
	refresh(l, &fresh, &life_s, &o);
	publish(l, &fresh, start, life_s, &o);
	r = o.err < 0 ? report(&o, res, p) : secret_copy(token, &fresh);
	if (r == 0)
		res->class = RETRY_DONE;
	secret_fini(&fresh);
	return r;
}

void lwa_forget(struct lwa *l, const struct secret *token)
{
	SCOPE_LOCK(&l->lock);
	if (slice_eq(secret_slice(&l->locked.token), secret_slice(token)))
		secret_fini(&l->locked.token);
}
