/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources: AWS's Signature Version 4 test suite (the names of the cases are its
 * own) and the examples in Amazon S3's API reference, "Authenticating requests:
 * using the Authorization header".
 */
#include "net/sigv4.h"

#include "base/crypto.h"
#include "base/scope.h"
#include "base/url.h"
#include "check.h"

#define EMPTY	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ALPHABET "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define STS_TOKEN                                                                       \
	"AQoDYXdzEPT//////////"                                                         \
	"wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIY" \
	"RqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0" \
	"KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0" \
	"iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/" \
	"oLxBA=="

struct vector {
	const char *name, *method, *path;
	struct sigv4_pair query[3];
	struct sigv4_pair headers[4];
	const char *body, *token;
	const char *signed_names, *signature;
};

static const struct vector suite[] = {
	{"get-vanilla", "GET", "/",
	 .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"post-vanilla", "POST", "/",
	 .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{"get-vanilla-empty-query-key",
	 "GET",
	 "/",
	 {{"Param1", "value1"}},
	 .signature = "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
	{"get-vanilla-query-order-key-case",
	 "GET",
	 "/",
	 {{"Param2", "value2"}, {"Param1", "value1"}},
	 .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	{"get-vanilla-query-unreserved",
	 "GET",
	 "/",
	 {{ALPHABET, ALPHABET}},
	 .signature = "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
	{"get-vanilla-utf8-query",
	 "GET",
	 "/",
	 {{"\u1234", "bar"}},
	 .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{"get-utf8", "GET", "/\u1234",
	 .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
	{"get-unreserved", "GET", "/" ALPHABET,
	 .signature = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{"get-space", "GET", "/example space/",
	 .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
	{"get-relative", "GET", "/example/..",
	 .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-relative-relative", "GET", "/example1/example2/../..",
	 .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash", "GET", "//",
	 .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash-dot-slash", "GET", "/./",
	 .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slash-pointless-dot", "GET", "/./example",
	 .signature = "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
	{"get-slashes", "GET", "//example//",
	 .signature = "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	{"get-header-key-duplicate", "GET", "/",
	 .headers = {{"My-Header1", "value2"},
		     {"My-Header1", "value2"},
		     {"My-Header1", "value1"}},
	 .signed_names = "host;my-header1;x-amz-date",
	 .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	{"get-header-value-order", "GET", "/",
	 .headers = {{"My-Header1", "value4"},
		     {"My-Header1", "value1"},
		     {"My-Header1", "value3"},
		     {"My-Header1", "value2"}},
	 .signed_names = "host;my-header1;x-amz-date",
	 .signature = "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
	{"get-header-value-trim", "GET", "/",
	 .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
	 .signed_names = "host;my-header1;my-header2;x-amz-date",
	 .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{"post-header-key-sort", "POST", "/", .headers = {{"My-Header1", "value1"}},
	 .signed_names = "host;my-header1;x-amz-date",
	 .signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
	{"post-header-value-case", "POST", "/", .headers = {{"My-Header1", "VALUE1"}},
	 .signed_names = "host;my-header1;x-amz-date",
	 .signature = "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
	{"post-vanilla-query",
	 "POST",
	 "/",
	 {{"Param1", "value1"}},
	 .signature = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
	{"post-x-www-form-urlencoded", "POST", "/",
	 .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
	 .body = "Param1=value1", .signed_names = "content-type;host;x-amz-date",
	 .signature = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	{"post-x-www-form-urlencoded-parameters", "POST", "/",
	 .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf8"}},
	 .body = "Param1=value1", .signed_names = "content-type;host;x-amz-date",
	 .signature = "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
	{"post-sts-header-before", "POST", "/", .token = STS_TOKEN,
	 .signed_names = "host;x-amz-date;x-amz-security-token",
	 .signature = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
};

struct result {
	struct buf auth, query;
	char date[17];
};

static void result_init(struct result *r)
{
	*r = (struct result){.auth = BUF_INIT(8192), .query = BUF_INIT(8192)};
}

static void result_fini(struct result *r)
{
	buf_fini(&r->auth);
	buf_fini(&r->query);
}

static void sign(struct sigv4_request *q, const char *id, const char *secret,
		 const char *token, struct result *r)
{
	struct secret s = {0}, t = {0};
	struct sigv4_keys k = {id, &s, &t};

	CHECK_INT(secret_set(&s, secret, strlen(secret)), 0);
	if (token)
		CHECK_INT(secret_set(&t, token, strlen(token)), 0);
	CHECK_INT(sigv4_sign(q, &k, &r->auth, r->date, &r->query), 0);
	secret_fini(&s);
	secret_fini(&t);
}

static void check_auth(struct result *r, const char *scope, const char *names,
		       const char *signature)
{
	_cleanup_buf_ struct buf want = BUF_INIT(8192);

	CHECK_INT(buf_addf(&want,
			   "AWS4-HMAC-SHA256 Credential=%s/aws4_request, "
			   "SignedHeaders=%s, Signature=%s",
			   scope, names, signature),
		  0);
	CHECK_MEM(r->auth.p, r->auth.n, want.p, want.n);
}

static void run_vector(const struct vector *v)
{
	struct sigv4_request q = {.method = v->method,
				  .path = v->path,
				  .headers = {{"Host", "example.amazonaws.com"}},
				  .n_headers = 1,
				  .region = "us-east-1",
				  .service = "service",
				  .time_s = 1440938160};
	uint8_t digest[CRYPTO_SHA256_BYTES];
	char hex[CRYPTO_SHA256_HEX + 1] = "";
	const char *body = v->body ? v->body : "";
	struct result r;

	check_state.test = v->name;
	crypto_sha256(body, strlen(body), digest);
	crypto_hex(digest, sizeof(digest), hex);
	q.payload_sha256 = hex;
	while (q.n_query < 3 && v->query[q.n_query].name) {
		q.query[q.n_query] = v->query[q.n_query];
		q.n_query++;
	}
	for (size_t i = 0; i < 4 && v->headers[i].name; i++)
		q.headers[q.n_headers++] = v->headers[i];
	result_init(&r);
	sign(&q, "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", v->token, &r);
	CHECK_STR(r.date, "20150830T123600Z");
	check_auth(&r, "AKIDEXAMPLE/20150830/us-east-1/service",
		   v->signed_names ? v->signed_names : "host;x-amz-date", v->signature);
	result_fini(&r);
}

TEST(published_suite)
{
	for (size_t i = 0; i < sizeof(suite) / sizeof(*suite); i++)
		run_vector(&suite[i]);
}

static struct sigv4_request s3_request(const char *method, const char *path,
				       const char *hash)
{
	return (struct sigv4_request){
		.method = method,
		.path = path,
		.s3 = true,
		.headers = {{"host", "examplebucket.s3.amazonaws.com"},
			    {"x-amz-content-sha256", hash}},
		.n_headers = 2,
		.payload_sha256 = hash,
		.region = "us-east-1",
		.service = "s3",
		.time_s = 1369353600};
}

static void s3_check(struct sigv4_request *q, const char *names, const char *query,
		     const char *signature)
{
	struct result r;

	result_init(&r);
	sign(q, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL,
	     &r);
	CHECK_STR(r.date, "20130524T000000Z");
	CHECK_MEM(r.query.p, r.query.n, query, strlen(query));
	check_auth(&r, "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3", names, signature);
	result_fini(&r);
}

TEST(s3_get_object_with_range)
{
	struct sigv4_request q = s3_request("GET", "/test.txt", EMPTY);

	q.headers[q.n_headers++] = (struct sigv4_pair){"Range", "bytes=0-9"};
	s3_check(&q, "host;range;x-amz-content-sha256;x-amz-date", "",
		 "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(s3_put_object)
{
	struct sigv4_request q = s3_request(
		"PUT", "/test$file.text",
		"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");

	q.headers[q.n_headers++] =
		(struct sigv4_pair){"Date", "Fri, 24 May 2013 00:00:00 GMT"};
	q.headers[q.n_headers++] =
		(struct sigv4_pair){"x-amz-storage-class", "REDUCED_REDUNDANCY"};
	s3_check(&q, "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class", "",
		 "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(s3_get_lifecycle)
{
	struct sigv4_request q = s3_request("GET", "/", EMPTY);

	q.query[q.n_query++] = (struct sigv4_pair){"lifecycle", ""};
	s3_check(&q, "host;x-amz-content-sha256;x-amz-date", "lifecycle=",
		 "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(s3_list_with_prefix)
{
	struct sigv4_request q = s3_request("GET", "/", EMPTY);

	q.query[q.n_query++] = (struct sigv4_pair){"prefix", "J"};
	q.query[q.n_query++] = (struct sigv4_pair){"max-keys", "2"};
	s3_check(&q, "host;x-amz-content-sha256;x-amz-date", "max-keys=2&prefix=J",
		 "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

/* What the URL carries is what was signed. */
TEST(the_query_is_encoded_and_sorted_by_code)
{
	struct sigv4_request q = s3_request("GET", "/", EMPTY);
	struct result r;

	q.query[q.n_query++] = (struct sigv4_pair){"b", "2"};
	q.query[q.n_query++] = (struct sigv4_pair){"a b", "+/="};
	q.query[q.n_query++] = (struct sigv4_pair){"a", "z"};
	q.query[q.n_query++] = (struct sigv4_pair){"a", "\xc3\xa9"};
	q.query[q.n_query++] = (struct sigv4_pair){"B", ""};
	result_init(&r);
	sign(&q, "id", "secret", NULL, &r);
	CHECK_STR(buf_str(&r.query), "B=&a=%C3%A9&a=z&a%20b=%2B%2F%3D&b=2");
	/* again into the same buffers: nothing of the first run is left */
	sign(&q, "id", "secret", NULL, &r);
	CHECK_STR(buf_str(&r.query), "B=&a=%C3%A9&a=z&a%20b=%2B%2F%3D&b=2");
	result_fini(&r);
}

/* S3 keys are names, not paths: dots and slashes in them count. */
TEST(s3_paths_are_left_alone)
{
	static const char *const pairs[][2] = {
		{"/a/../b", "/b"}, {"/a//b", "/a/b"}, {"/./a", "/a"}, {"/a/", "/a"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct sigv4_request q = s3_request("GET", pairs[i][0], EMPTY);
		struct sigv4_request other = s3_request("GET", pairs[i][1], EMPTY);
		struct result r, s;

		result_init(&r);
		result_init(&s);
		sign(&q, "id", "secret", NULL, &r);
		sign(&other, "id", "secret", NULL, &s);
		CHECK_INT(r.auth.n, s.auth.n);
		CHECK(memcmp(r.auth.p, s.auth.p, r.auth.n) != 0);
		result_fini(&r);
		result_fini(&s);
	}
}

TEST(limits)
{
	struct sigv4_request q = s3_request("GET", "/", EMPTY);
	struct secret secret = {0}, none = {0};
	struct sigv4_keys k = {"id", &secret, &none};
	struct result r;
	char long_secret[600];

	memset(long_secret, 'x', sizeof(long_secret));
	result_init(&r);
	CHECK_INT(secret_set(&secret, long_secret, sizeof(long_secret)), 0);
	CHECK_INT(sigv4_sign(&q, &k, &r.auth, r.date, &r.query), -ERR_TOO_LARGE);
	q.n_query = SIGV4_MAX_HEADERS + 1;
	CHECK_INT(sigv4_sign(&q, &k, &r.auth, r.date, &r.query), -ERR_TOO_LARGE);
	q.n_query = 0;
	q.n_headers = SIGV4_MAX_HEADERS + 1;
	CHECK_INT(sigv4_sign(&q, &k, &r.auth, r.date, &r.query), -ERR_TOO_LARGE);
	secret_fini(&secret);
	result_fini(&r);
}

int main(void)
{
	RUN(published_suite);
	RUN(s3_get_object_with_range);
	RUN(s3_put_object);
	RUN(s3_get_lifecycle);
	RUN(s3_list_with_prefix);
	RUN(the_query_is_encoded_and_sorted_by_code);
	RUN(s3_paths_are_left_alone);
	RUN(limits);
	return CHECK_DONE();
}
