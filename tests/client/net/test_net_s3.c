/* SPDX-License-Identifier: Apache-2.0 */
#include "emunet.h"

#include <pthread.h>

#define PART (5u << 20)

static struct s3_place place(struct emunet *e, const char *key)
{
	return (struct s3_place){.bucket = e->bucket, .key = key, .cancel = &e->cancel};
}

static char *noise(size_t n, unsigned seed)
{
	char *p = malloc(n ? n : 1);
	uint32_t x = seed * 2654435761u + 1;

	CHECK(p != NULL);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (char)(x >> 24);
	}
	return p;
}

static void holds(struct emunet *e, const char *key, const void *want, size_t n)
{
	struct s3_place at = place(e, key);
	_cleanup_buf_ struct buf got = BUF_INIT(32u << 20);
	struct s3_result res;
	struct problem p = {0};
	uint64_t bytes = 0;

	CHECK_INT(s3_head(e->s3, &at, &bytes, &res, &p), 0);
	CHECK_INT(bytes, n);
	CHECK_INT(s3_get(e->s3, &at, &got, &res, &p), 0);
	CHECK_INT(got.n, n);
	CHECK(n == 0 || memcmp(got.p, want, n) == 0);
}

static void absent(struct emunet *e, const char *key)
{
	struct s3_place at = place(e, key);
	struct s3_result res;
	struct problem p = {0};
	uint64_t bytes = 77;

	CHECK_INT(s3_head(e->s3, &at, &bytes, &res, &p), -ERR_NOT_FOUND);
	CHECK_INT(res.status, 404);
	CHECK_INT(bytes, 77);
}

TEST(put_head_get_delete)
{
	/* characters that a signature gets wrong first */
	static const char *const keys[] = {
		"plain.csv",	 "a b+c=d&e/f%20?g#h.gz", "\xc3\xa9/\xe2\x82\xac",
		"dots/../up",	 "double//slash",	  "~tilde-(x)*'!",
		"semi;colon,:@$"};
	struct emunet e;

	emunet_init(&e);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct s3_place at = place(&e, keys[i]);
		struct problem p = {0};
		struct s3_result res;
		char etag[S3_ETAG_CHARS];

		check_state.test = keys[i];
		absent(&e, keys[i]);
		CHECK_INT(s3_put(e.s3, &at, keys[i], strlen(keys[i]), NULL, etag, &res,
				 &p),
			  0);
		CHECK_INT(res.class, RETRY_DONE);
		CHECK(etag[0] == '"');
		holds(&e, keys[i], keys[i], strlen(keys[i]));
		CHECK_INT(s3_delete(e.s3, &at, &res, &p), 0);
		CHECK_INT(s3_delete(e.s3, &at, &res, &p), 0);
		absent(&e, keys[i]);
	}
	emunet_fini(&e);
}

TEST(put_of_nothing)
{
	struct emunet e;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};
	char etag[S3_ETAG_CHARS];

	emunet_init(&e);
	at = place(&e, "empty");
	CHECK_INT(s3_put(e.s3, &at, NULL, 0, NULL, etag, &res, &p), 0);
	holds(&e, "empty", "", 0);
	emunet_fini(&e);
}

static void begin(struct emunet *e, const char *key, char id[S3_UPLOAD_ID_CHARS])
{
	struct s3_place at = place(e, key);
	struct s3_result res;
	struct problem p = {0};

	CHECK_INT(s3_begin(e->s3, &at, "instanceId=amcdemo1", id, &res, &p), 0);
	CHECK(id[0] != 0);
}

TEST(multipart_with_tags)
{
	size_t n = 2 * (size_t)PART + 12345;
	char *body = noise(n, 7);
	char id[S3_UPLOAD_ID_CHARS];
	struct s3_part parts[3] = {{1, ""}, {2, ""}, {3, ""}};
	struct emunet e;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};
	struct json *j;
	bool tagged = false;

	emunet_init(&e);
	at = place(&e, "multi/part.gz");
	begin(&e, "multi/part.gz", id);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(s3_put_part(e.s3, &at, id, parts[i].number, body + i * PART,
				      i < 2 ? PART : 12345, parts[i].etag, &res, &p),
			  0);
	absent(&e, "multi/part.gz");
	CHECK_INT(s3_complete(e.s3, &at, id, parts, 3, &res, &p), 0);
	holds(&e, "multi/part.gz", body, n);
	j = emunet_control(&e, "GET", "/objects", NULL);
	for (size_t i = 0; i < json_count(json_get(j, "objects")); i++) {
		struct json *o = json_at(json_get(j, "objects"), i);

		if (strcmp(json_str(o, "key"), "multi/part.gz") == 0)
			tagged = strcmp(json_str(json_get(o, "tags"), "instanceId"),
					"amcdemo1") == 0;
	}
	CHECK(tagged);
	json_free(j);
	free(body);
	emunet_fini(&e);
}

TEST(abort_is_repeatable_and_final)
{
	char id[S3_UPLOAD_ID_CHARS], etag[S3_ETAG_CHARS];
	struct s3_part part = {1, "\"x\""};
	struct emunet e;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};

	emunet_init(&e);
	at = place(&e, "aborted");
	begin(&e, "aborted", id);
	CHECK_INT(s3_abort(e.s3, &at, id, &res, &p), 0);
	CHECK_INT(res.class, RETRY_DONE);
	CHECK_INT(s3_abort(e.s3, &at, id, &res, &p), 0);
	CHECK_INT(res.class, RETRY_DONE);
	CHECK_STR(p.note, "");
	CHECK_INT(s3_put_part(e.s3, &at, id, 1, "x", 1, etag, &res, &p), -ERR_NOT_FOUND);
	CHECK_STR(res.code, "NoSuchUpload");
	problem_clear(&p);
	CHECK_INT(s3_complete(e.s3, &at, id, &part, 1, &res, &p), -ERR_NOT_FOUND);
	emunet_fini(&e);
}

static void put_fails(struct emunet *e, const char *bucket, int err,
		      enum retry_class class, const char *const *words)
{
	struct s3_place at = {.bucket = bucket, .key = "k"};
	struct s3_result res;
	struct problem p = {0};
	char etag[S3_ETAG_CHARS];

	CHECK_INT(s3_put(e->s3, &at, "x", 1, NULL, etag, &res, &p), -err);
	CHECK_INT(res.class, class);
	for (size_t i = 0; words[i]; i++)
		if (!strstr(p.note, words[i]))
			CHECK_STR(p.note, words[i]);
	CHECK(strstr(p.note, emunet_env("EMU_SECRET_ACCESS_KEY")) == NULL);
}

TEST(refusals_name_bucket_and_remedy)
{
	struct emunet e;

	emunet_init(&e);
	emunet_new_s3(&e, emunet_env("EMU_ACCESS_KEY_ID"), "wrong",
		      emunet_env("EMU_REGION"));
	put_fails(&e, e.bucket, ERR_AUTH, RETRY_PERMANENT,
		  (const char *[]){"SignatureDoesNotMatch", e.bucket, "secret_access_key",
				   NULL});
	emunet_new_s3(&e, "AKIDUNKNOWN", "wrong", emunet_env("EMU_REGION"));
	put_fails(&e, e.bucket, ERR_AUTH, RETRY_PERMANENT,
		  (const char *[]){"InvalidAccessKeyId", e.bucket, "access_key_id",
				   NULL});
	emunet_new_s3(&e, emunet_env("EMU_ACCESS_KEY_ID"),
		      emunet_env("EMU_SECRET_ACCESS_KEY"), "eu-west-3");
	put_fails(&e, e.bucket, ERR_REFUSED, RETRY_PERMANENT,
		  (const char *[]){"AuthorizationHeaderMalformed", "eu-west-3",
				   emunet_env("EMU_REGION"), "correct region", NULL});
	emunet_new_s3(&e, emunet_env("EMU_ACCESS_KEY_ID"),
		      emunet_env("EMU_SECRET_ACCESS_KEY"), emunet_env("EMU_REGION"));
	put_fails(&e, "no-such-bucket", ERR_REFUSED, RETRY_PERMANENT,
		  (const char *[]){"NoSuchBucket", "no-such-bucket", "create the bucket",
				   NULL});
	emunet_config(&e, "{\"s3_skew_s\":3600}");
	put_fails(&e, e.bucket, ERR_REFUSED, RETRY_TEMPORARY,
		  (const char *[]){"RequestTimeTooSkewed", "clock", NULL});
	emunet_config(&e, "{\"s3_skew_s\":0}");
	emunet_fault(&e,
		     "{\"service\":\"s3\",\"status\":503,\"headers\":{\"Retry-After\":"
		     "\"3\"},\"body\":\"<Error><Code>SlowDown</Code></Error>\"}");
	put_fails(&e, e.bucket, ERR_THROTTLED, RETRY_TEMPORARY,
		  (const char *[]){"SlowDown", "later", NULL});
	emunet_fault(&e, "{\"service\":\"s3\",\"status\":502,\"html\":true}");
	put_fails(&e, e.bucket, ERR_REMOTE, RETRY_TEMPORARY,
		  (const char *[]){"502", e.bucket, NULL});
	emunet_fini(&e);
}

static const struct json *object_named(const struct json *state, const char *key)
{
	const struct json *all = json_get(state, "objects");

	for (size_t i = 0; i < json_count(all); i++)
		if (strcmp(json_str(json_at(all, i), "key"), key) == 0)
			return json_at(all, i);
	return NULL;
}

static void renew(struct emunet *e, const struct s3_opts *o)
{
	struct problem p = {0};

	s3_free(e->s3);
	e->s3 = NULL;
	CHECK_INT(s3_new(&e->s3, o, &p), 0);
}

static void put_ok(struct emunet *e, const char *key)
{
	struct s3_place at = place(e, key);
	struct s3_result res;
	struct problem p = {0};
	char etag[S3_ETAG_CHARS];
	int r = s3_put(e->s3, &at, "x", 1, NULL, etag, &res, &p);

	CHECK_STR(p.note, "");
	CHECK_INT(r, 0);
}

TEST(kms_session_and_virtual_hosts)
{
	struct secret secret = {0}, token = {0}, none = {0};
	struct s3_opts o = {.clock = &clock_real,
			    .region = emunet_env("EMU_REGION"),
			    .access_key_id = emunet_env("EMU_ACCESS_KEY_ID"),
			    .secret_access_key = &secret,
			    .session_token = &none,
			    .kms_key_id = "arn:aws:kms:us-east-1:111122223333:key/k-1"};
	struct emunet e;
	struct json *state;
	_cleanup_buf_ struct buf text = BUF_INIT(65536);

	emunet_init(&e);
	emunet_secret(&secret, emunet_env("EMU_SECRET_ACCESS_KEY"));
	o.http = e.http;
	o.endpoint = emunet_url("EMU_S3");
	/* bucket.localhost, which needs no name server */
	(void)snprintf(o.endpoint.host, sizeof(o.endpoint.host), "localhost");
	renew(&e, &o);
	put_ok(&e, "encrypted/virtual");
	state = emunet_control(&e, "GET", "/objects", NULL);
	CHECK_INT(json_write(json_get(object_named(state, "encrypted/virtual"), "sse"),
			     false, &text),
		  0);
	CHECK(strstr(buf_str(&text), "aws:kms") != NULL);
	CHECK(strstr(buf_str(&text), o.kms_key_id) != NULL);
	json_free(state);

	/* temporary keys work with their token only */
	json_free(emunet_control(&e, "POST", "/seed",
				 "{\"keys\":[{\"access_key_id\":\"ASIATEMP\","
				 "\"secret_access_key\":\"temporary\","
				 "\"session_token\":\"tok/en+=\"}]}"));
	emunet_secret(&secret, "temporary");
	emunet_secret(&token, "tok/en+=");
	o.access_key_id = "ASIATEMP";
	o.session_token = &token;
	o.kms_key_id = "";
	o.endpoint = emunet_url("EMU_S3");
	o.path_style = true;
	renew(&e, &o);
	put_ok(&e, "temporary");
	o.session_token = &none;
	renew(&e, &o);
	put_fails(&e, e.bucket, ERR_AUTH, RETRY_AUTH,
		  (const char *[]){e.bucket, "temporary keys", NULL});
	secret_fini(&secret);
	secret_fini(&token);
	emunet_fini(&e);
}

TEST(configuration_that_cannot_work)
{
	struct emunet e;
	struct s3_place at = {.bucket = "x/../y", .key = "k"};
	struct s3_result res;
	struct problem p = {0};
	char etag[S3_ETAG_CHARS];

	emunet_init(&e);
	CHECK_INT(s3_put(e.s3, &at, "x", 1, NULL, etag, &res, &p), -ERR_CONFIG);
	CHECK_INT(res.class, RETRY_PERMANENT);
	CHECK_INT(emunet_requests(&e, "service=s3"), 0);
	emunet_fini(&e);
}

/* S3 says 200 before it knows. */
TEST(complete_reads_the_body)
{
	static const struct {
		const char *body;
		int err;
	} rows[] = {
		{"<Error><Code>InternalError</Code></Error>", ERR_REMOTE},
		{"\\n  <?xml version='1.0'?><Error><Code>NoSuchUpload</Code></Error>",
		 ERR_NOT_FOUND},
		{"", ERR_BAD_REPLY},
		{"<html>hello</html>", ERR_BAD_REPLY},
	};
	struct emunet e;

	emunet_init(&e);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct s3_place at = place(&e, "late");
		struct s3_part part = {1, ""};
		_cleanup_buf_ struct buf rule = BUF_INIT(1024);
		char id[S3_UPLOAD_ID_CHARS];
		struct s3_result res;
		struct problem p = {0};

		begin(&e, "late", id);
		CHECK_INT(s3_put_part(e.s3, &at, id, 1, "x", 1, part.etag, &res, &p), 0);
		CHECK_INT(buf_addf(&rule,
				   "{\"service\":\"s3\",\"method\":\"POST\",\"path\":"
				   "\"uploadId=\",\"status\":200,\"body\":\"%s\"}",
				   rows[i].body),
			  0);
		emunet_fault(&e, buf_str(&rule));
		CHECK_INT(s3_complete(e.s3, &at, id, &part, 1, &res, &p), -rows[i].err);
		CHECK(res.class != RETRY_DONE);
		CHECK_INT(s3_complete(e.s3, &at, id, &part, 1, &res, &p), 0);
	}
	emunet_fini(&e);
}

TEST(complete_whose_answer_is_lost)
{
	struct s3_part part = {1, ""};
	char id[S3_UPLOAD_ID_CHARS];
	struct emunet e;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};

	emunet_init(&e);
	at = place(&e, "lost");
	begin(&e, "lost", id);
	CHECK_INT(s3_put_part(e.s3, &at, id, 1, "whole", 5, part.etag, &res, &p), 0);
	/* for ever: the client repeats by itself what died on a kept connection */
	emunet_fault(&e, "{\"service\":\"s3\",\"method\":\"POST\",\"path\":\"uploadId=\","
			 "\"cut\":\"after\",\"count\":0}");
	CHECK_INT(s3_complete(e.s3, &at, id, &part, 1, &res, &p), -ERR_LOST_ANSWER);
	CHECK_INT(res.class, RETRY_TEMPORARY);
	holds(&e, "lost", "whole", 5);
	emunet_fini(&e);
}

TEST(a_part_cut_in_the_middle_goes_again)
{
	char *body = noise(PART, 3);
	struct s3_part part = {1, ""};
	char id[S3_UPLOAD_ID_CHARS];
	struct emunet e;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};

	emunet_init(&e);
	at = place(&e, "cut");
	begin(&e, "cut", id);
	emunet_fault(&e, "{\"service\":\"s3\",\"method\":\"PUT\",\"cut\":\"body\","
			 "\"cut_bytes\":1000000,\"reset\":true,\"count\":9}");
	CHECK_INT(s3_put_part(e.s3, &at, id, 1, body, PART, part.etag, &res, &p),
		  -ERR_LOST_ANSWER);
	CHECK_INT(res.class, RETRY_TEMPORARY);
	CHECK_STR(part.etag, "");
	json_free(emunet_control(&e, "DELETE", "/faults", NULL));
	problem_clear(&p);
	CHECK_INT(s3_put_part(e.s3, &at, id, 1, body, PART, part.etag, &res, &p), 0);
	CHECK_INT(s3_complete(e.s3, &at, id, &part, 1, &res, &p), 0);
	holds(&e, "cut", body, PART);
	free(body);
	emunet_fini(&e);
}

/* Refused before the body is read: the answer counts, not the broken pipe. */
TEST(early_refusal_is_heard)
{
	char *body = noise(16u << 20, 4);
	struct emunet e;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};
	char etag[S3_ETAG_CHARS];
	int r;

	emunet_init(&e);
	at = place(&e, "early");
	emunet_fault(
		&e,
		"{\"service\":\"s3\",\"method\":\"PUT\",\"early\":true,\"status\":403,"
		"\"body\":\"<Error><Code>AccessDenied</Code></Error>\"}");
	r = s3_put(e.s3, &at, body, 16u << 20, NULL, etag, &res, &p);
	/* a reset can overtake the answer: then it is a lost one, to be repeated */
	CHECK(r == -ERR_REFUSED || r == -ERR_LOST_ANSWER);
	CHECK_INT(res.class, r == -ERR_REFUSED ? RETRY_PERMANENT : RETRY_TEMPORARY);
	free(body);
	emunet_fini(&e);
}

struct cancelled {
	struct emunet *e;
	int result;
	struct s3_result res;
	struct problem p;
};

static void *put_in_thread(void *arg)
{
	struct cancelled *c = arg;
	struct s3_place at = place(c->e, "stalled");
	char etag[S3_ETAG_CHARS];
	char *body = noise(PART, 5);

	c->result = s3_put(c->e->s3, &at, body, PART, NULL, etag, &c->res, &c->p);
	free(body);
	return NULL;
}

TEST(cancel_ends_a_stalled_put)
{
	struct emunet e;
	struct cancelled c = {.e = &e};
	struct json *rules;
	int64_t seen = 0;
	pthread_t t;

	emunet_init(&e);
	emunet_fault(&e, "{\"service\":\"s3\",\"method\":\"PUT\",\"stall_ms\":600000,"
			 "\"cut_bytes\":1000}");
	CHECK_INT(pthread_create(&t, NULL, put_in_thread, &c), 0);
	while (seen == 0) { /* until the server has it in hand */
		rules = emunet_control(&e, "GET", "/faults", NULL);
		seen = json_int(json_at(json_get(rules, "faults"), 0), "fired", -1);
		CHECK(seen >= 0);
		json_free(rules);
	}
	atomic_store(&e.cancel, true);
	CHECK_INT(pthread_join(t, NULL), 0);
	CHECK_INT(c.result, -ERR_STOPPING);
	emunet_fini(&e);
}

TEST(deadline_ends_a_call)
{
	struct emunet e;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};
	uint64_t n;
	int64_t start;

	emunet_init(&e);
	at = place(&e, "slow");
	at.deadline_ms = 2000;
	emunet_fault(&e, "{\"service\":\"s3\",\"hold\":true}");
	start = clock_mono_ms(&clock_real);
	CHECK_INT(s3_head(e.s3, &at, &n, &res, &p), -ERR_LOST_ANSWER);
	CHECK(clock_mono_ms(&clock_real) - start >= 2000);
	emunet_fini(&e);
}

TEST(get_is_bounded)
{
	char *body = noise(600000, 6);
	struct emunet e;
	struct s3_place at;
	struct s3_result res;
	struct problem p = {0};
	char etag[S3_ETAG_CHARS];
	_cleanup_buf_ struct buf got = BUF_INIT(500000);

	emunet_init(&e);
	at = place(&e, "big");
	CHECK_INT(s3_put(e.s3, &at, body, 600000, NULL, etag, &res, &p), 0);
	CHECK_INT(s3_get(e.s3, &at, &got, &res, &p), -ERR_TOO_LARGE);
	CHECK_INT(got.n, 0);
	free(body);
	emunet_fini(&e);
}

int main(void)
{
	CHECK_INT(http_global_init(), 0);
	RUN(put_head_get_delete);
	RUN(put_of_nothing);
	RUN(multipart_with_tags);
	RUN(abort_is_repeatable_and_final);
	RUN(refusals_name_bucket_and_remedy);
	RUN(kms_session_and_virtual_hosts);
	RUN(configuration_that_cannot_work);
	RUN(complete_reads_the_body);
	RUN(complete_whose_answer_is_lost);
	RUN(a_part_cut_in_the_middle_goes_again);
	RUN(early_refusal_is_heard);
	RUN(cancel_ends_a_stalled_put);
	RUN(deadline_ends_a_call);
	RUN(get_is_bounded);
	http_global_fini();
	return CHECK_DONE();
}
