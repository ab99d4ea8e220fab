/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emunet - the network layer wired to the emulator that emu.py has started
 *
 * Each test begins with emunet_init(), which also clears faults and switches
 * left by the one before, and ends with emunet_fini().
 */
#pragma once

#include "base/scope.h"
#include "check.h"
#include "net/amc.h"
#include "net/s3.h"

#define EMUNET_TIMEOUT_MS 120000 /* no answer here is lost for being late */

struct emunet {
	struct http_client *http;
	struct lwa *lwa;
	struct amc *amc;
	struct s3 *s3;
	atomic_bool cancel;
	struct amc_as as;
	const char *bucket, *instance;
};

__attribute__((unused)) static const char *emunet_env(const char *name)
{
	const char *v = getenv(name);

	CHECK(v != NULL);
	return v;
}

__attribute__((unused)) static struct url emunet_url(const char *name)
{
	struct url u;

	CHECK_INT(url_parse(emunet_env(name), &u, NULL), 0);
	return u;
}

__attribute__((unused)) static void emunet_secret(struct secret *s, const char *text)
{
	CHECK_INT(secret_set(s, text, strlen(text)), 0);
}

/* The answer's JSON, given. body NULL: GET. */
__attribute__((unused)) static struct json *emunet_control(struct emunet *e,
							   const char *method,
							   const char *where,
							   const char *body)
{
	_cleanup_buf_ struct buf url = BUF_INIT(4096);
	struct http_request q = {.method = method, .body = body, .max_reply = 32u << 20};
	struct http_response r;
	struct json *j = NULL;
	struct problem p = {0};

	http_response_init(&r);
	CHECK_INT(buf_addf(&url, "%s%s", emunet_env("EMU_CONTROL"), where), 0);
	q.url = buf_str(&url);
	q.body_n = body ? strlen(body) : 0;
	CHECK_INT(http_do(e->http, &q, &r, &p), 0);
	if (r.status != 200)
		CHECK_MEM(r.body.p, r.body.n, "an answer 200", 13);
	CHECK_INT(json_parse(buf_slice(&r.body), &j, &p), 0);
	http_response_fini(&r);
	return j;
}

__attribute__((unused)) static void emunet_fault(struct emunet *e, const char *rule)
{
	json_free(emunet_control(e, "POST", "/faults", rule));
}

/* Removes the rule that was added first. */
__attribute__((unused)) static void emunet_clear_first_fault(struct emunet *e)
{
	_cleanup_buf_ struct buf where = BUF_INIT(64);
	struct json *rules = emunet_control(e, "GET", "/faults", NULL);
	const struct json *first = json_at(json_get(rules, "faults"), 0);

	CHECK_INT(buf_addf(&where, "/faults?number=%lld",
			   (long long)json_int(first, "number", -1)),
		  0);
	json_free(rules);
	json_free(emunet_control(e, "DELETE", buf_str(&where), NULL));
}

__attribute__((unused)) static void emunet_config(struct emunet *e, const char *switches)
{
	json_free(emunet_control(e, "POST", "/config", switches));
}

/* How many finished requests match; query as in "service=s3&method=PUT". */
__attribute__((unused)) static size_t emunet_requests(struct emunet *e, const char *query)
{
	_cleanup_buf_ struct buf where = BUF_INIT(1024);
	struct json *j;
	size_t n;

	CHECK_INT(buf_addf(&where, "/requests?%s", query), 0);
	j = emunet_control(e, "GET", buf_str(&where), NULL);
	CHECK(json_is_array(json_get(j, "requests")));
	n = json_count(json_get(j, "requests"));
	json_free(j);
	return n;
}

__attribute__((unused)) static void emunet_new_lwa(struct emunet *e, const char *id,
						   const char *client_secret,
						   const char *refresh_token)
{
	struct secret s = {0}, t = {0};
	struct lwa_opts o = {.http = e->http,
			     .clock = &clock_real,
			     .token_endpoint = emunet_url("EMU_TOKEN_ENDPOINT"),
			     .client_id = id,
			     .client_secret = &s,
			     .refresh_token = &t};

	emunet_secret(&s, client_secret);
	emunet_secret(&t, refresh_token);
	lwa_free(e->lwa);
	CHECK_INT(lwa_new(&e->lwa, &o), 0);
	secret_fini(&s);
	secret_fini(&t);
}

__attribute__((unused)) static void emunet_new_s3(struct emunet *e, const char *id,
						  const char *secret, const char *region)
{
	struct secret s = {0}, none = {0};
	struct s3_opts o = {.http = e->http,
			    .clock = &clock_real,
			    .region = region,
			    .endpoint = emunet_url("EMU_S3"),
			    .path_style = true,
			    .access_key_id = id,
			    .secret_access_key = &s,
			    .session_token = &none,
			    .kms_key_id = ""};
	struct problem p = {0};

	emunet_secret(&s, secret);
	s3_free(e->s3);
	CHECK_INT(s3_new(&e->s3, &o, &p), 0);
	secret_fini(&s);
}

__attribute__((unused)) static void emunet_new_amc(struct emunet *e)
{
	struct amc_opts o = {.http = e->http,
			     .lwa = e->lwa,
			     .clock = &clock_real,
			     .endpoint = emunet_url("EMU_AMC"),
			     .client_id = emunet_env("EMU_CLIENT_ID"),
			     .ads_account_id = "",
			     .cancel = &e->cancel};

	amc_free(e->amc);
	CHECK_INT(amc_new(&e->amc, &o), 0);
}

__attribute__((unused)) static void emunet_init(struct emunet *e)
{
	struct http_opts o = {EMUNET_TIMEOUT_MS, "", "", "amcfs-test", 4};

	*e = (struct emunet){.as = {emunet_env("EMU_ACCOUNT_ID"),
				    emunet_env("EMU_MARKETPLACE_ID")},
			     .bucket = emunet_env("EMU_BUCKET"),
			     .instance = emunet_env("EMU_INSTANCE")};
	CHECK_INT(http_client_new(&e->http, &o), 0);
	json_free(emunet_control(e, "DELETE", "/faults", NULL));
	json_free(emunet_control(e, "DELETE", "/requests", NULL));
	emunet_new_lwa(e, emunet_env("EMU_CLIENT_ID"), emunet_env("EMU_CLIENT_SECRET"),
		       emunet_env("EMU_REFRESH_TOKEN"));
	emunet_new_amc(e);
	emunet_new_s3(e, emunet_env("EMU_ACCESS_KEY_ID"),
		      emunet_env("EMU_SECRET_ACCESS_KEY"), emunet_env("EMU_REGION"));
}

__attribute__((unused)) static void emunet_fini(struct emunet *e)
{
	amc_free(e->amc);
	lwa_free(e->lwa);
	s3_free(e->s3);
	http_client_free(e->http);
}
