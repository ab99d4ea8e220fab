/* SPDX-License-Identifier: Apache-2.0 */
#include "emunet.h"

#include <pthread.h>

static size_t tokens_asked(struct emunet *e)
{
	return emunet_requests(e, "service=lwa");
}

static int token_of(struct emunet *e, struct lwa_result *res, struct problem *p)
{
	struct secret t = {0};
	int r = lwa_token(e->lwa, &t, res, p);

	if (r == 0)
		CHECK(t.n > 0);
	secret_fini(&t);
	return r;
}

TEST(token_is_cached_and_forgotten)
{
	struct emunet e;
	struct lwa_result res;
	struct problem p = {0};
	struct secret first = {0}, other = {0};

	emunet_init(&e);
	CHECK_INT(lwa_token(e.lwa, &first, &res, &p), 0);
	CHECK_INT(res.class, RETRY_DONE);
	CHECK_INT(token_of(&e, &res, &p), 0);
	CHECK_INT(tokens_asked(&e), 1);
	emunet_secret(&other, "Atza|another");
	lwa_forget(e.lwa, &other); /* a newer one is cached: nothing happens */
	CHECK_INT(token_of(&e, &res, &p), 0);
	CHECK_INT(tokens_asked(&e), 1);
	lwa_forget(e.lwa, &first);
	CHECK_INT(token_of(&e, &res, &p), 0);
	CHECK_INT(tokens_asked(&e), 2);
	secret_fini(&first);
	secret_fini(&other);
	emunet_fini(&e);
}

static void *ask_token(void *arg)
{
	struct emunet *e = arg;
	struct lwa_result res;
	struct problem p = {0};
	struct secret t = {0};
	int r = lwa_token(e->lwa, &t, &res, &p);

	if (r == 0 && secret_empty(&t))
		r = 1;
	secret_fini(&t);
	return (void *)(intptr_t)r;
}

static void crowd(struct emunet *e, int err, size_t requests)
{
	pthread_t t[8];

	for (size_t i = 0; i < 8; i++)
		CHECK_INT(pthread_create(&t[i], NULL, ask_token, e), 0);
	for (size_t i = 0; i < 8; i++) {
		void *r;

		CHECK_INT(pthread_join(t[i], &r), 0);
		CHECK_INT((intptr_t)r, err);
	}
	CHECK(tokens_asked(e) <= requests);
}

TEST(a_crowd_asks_once)
{
	struct emunet e;

	emunet_init(&e);
	emunet_fault(&e, "{\"service\":\"lwa\",\"delay_ms\":500}");
	crowd(&e, 0, 1);
	emunet_fini(&e);
}

static void login_fails(struct emunet *e, int err, enum retry_class class,
			const char *word)
{
	struct lwa_result res;
	struct problem p = {0};

	CHECK_INT(token_of(e, &res, &p), -err);
	CHECK_INT(res.class, class);
	if (!strstr(p.note, word))
		CHECK_STR(p.note, word);
	CHECK(strstr(p.note, emunet_env("EMU_CLIENT_SECRET")) == NULL);
	CHECK(strstr(p.note, emunet_env("EMU_REFRESH_TOKEN")) == NULL);
}

TEST(logins_that_cannot_work)
{
	struct emunet e;

	emunet_init(&e);
	emunet_new_lwa(&e, emunet_env("EMU_CLIENT_ID"), "wrong&secret=%",
		       emunet_env("EMU_REFRESH_TOKEN"));
	login_fails(&e, ERR_AUTH, RETRY_PERMANENT, "check client_id and client_secret");
	emunet_new_lwa(&e, emunet_env("EMU_CLIENT_ID"), emunet_env("EMU_CLIENT_SECRET"),
		       "Atzr|wrong");
	login_fails(&e, ERR_AUTH, RETRY_PERMANENT, "amcfs login");
	emunet_new_lwa(&e, emunet_env("EMU_CLIENT_ID"), emunet_env("EMU_CLIENT_SECRET"),
		       emunet_env("EMU_REFRESH_TOKEN"));
	emunet_fault(&e,
		     "{\"service\":\"lwa\",\"status\":400,\"body_json\":"
		     "{\"error\":\"unauthorized_client\",\"error_description\":\"no\"}}");
	login_fails(&e, ERR_AUTH, RETRY_PERMANENT, "security profile");
	emunet_fault(&e, "{\"service\":\"lwa\",\"status\":404,\"html\":true}");
	login_fails(&e, ERR_REFUSED, RETRY_PERMANENT, "check token_endpoint");
	emunet_fini(&e);
}

TEST(logins_that_work_later)
{
	struct emunet e;
	struct lwa_result res;
	struct problem p = {0};

	emunet_init(&e);
	emunet_fault(&e, "{\"service\":\"lwa\",\"status\":429,\"headers\":"
			 "{\"Retry-After\":\"9\"},\"body\":\"\"}");
	CHECK_INT(token_of(&e, &res, &p), -ERR_THROTTLED);
	CHECK_INT(res.class, RETRY_TEMPORARY);
	CHECK_INT(res.retry_after_ms, 9000);
	emunet_fault(&e, "{\"service\":\"lwa\",\"status\":503,\"html\":true}");
	login_fails(&e, ERR_REMOTE, RETRY_TEMPORARY, "503");
	emunet_fault(&e, "{\"service\":\"lwa\",\"cut\":\"before\",\"count\":9}");
	login_fails(&e, ERR_UNREACHABLE, RETRY_TEMPORARY, "broke");
	json_free(emunet_control(&e, "DELETE", "/faults", NULL));
	emunet_fault(&e, "{\"service\":\"lwa\",\"status\":200,\"body\":\"{}\"}");
	login_fails(&e, ERR_BAD_REPLY, RETRY_TEMPORARY, "no access token");
	emunet_fault(&e, "{\"service\":\"lwa\",\"status\":200,\"body_json\":"
			 "{\"access_token\":\"a\\r\\nb\",\"expires_in\":3600}}");
	login_fails(&e, ERR_BAD_REPLY, RETRY_TEMPORARY, "no access token");
	login_fails(&e, 0, RETRY_DONE, "");
	emunet_fini(&e);
}

int main(void)
{
	CHECK_INT(http_global_init(), 0);
	RUN(token_is_cached_and_forgotten);
	RUN(a_crowd_asks_once);
	RUN(logins_that_cannot_work);
	RUN(logins_that_work_later);
	http_global_fini();
	return CHECK_DONE();
}
