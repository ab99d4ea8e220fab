/* SPDX-License-Identifier: Apache-2.0 */
#include "net/httpmsg.h"

#include "base/scope.h"
#include "check.h"

static bool valid_with(const char *name, const char *value)
{
	struct http_request q = {.method = "GET",
				 .url = "https://host/path",
				 .headers = {{name, value}},
				 .n_headers = 1};

	return httpmsg_valid(&q);
}

TEST(headers_cannot_break_out)
{
	CHECK(valid_with("Authorization", "Bearer a b"));
	CHECK(valid_with("x-empty", ""));
	CHECK(valid_with("x-utf8", "\xc3\xa9"));
	CHECK(!valid_with("x", "a\r\nEvil: 1"));
	CHECK(!valid_with("x", "a\nb"));
	CHECK(!valid_with("x", "a\x7f"));
	CHECK(!valid_with("x\r\ny", "a"));
	CHECK(!valid_with("x y", "a"));
	CHECK(!valid_with("x:", "a"));
	CHECK(!valid_with("x;", "a"));
	CHECK(!valid_with("", "a"));
}

TEST(sizes_are_bounded)
{
	static char big[20000];
	struct http_request q = {.method = "GET", .url = big};

	memset(big, 'a', sizeof(big) - 1);
	CHECK(!httpmsg_valid(&q));
	CHECK(!valid_with("x", big));
	big[8000] = 0;
	CHECK(valid_with("x", big));
	CHECK(httpmsg_valid(&q));
	q.n_headers = HTTP_MAX_HEADERS + 1;
	CHECK(!httpmsg_valid(&q));
	q = (struct http_request){.method = "PUT", .url = "https://h/", .body_n = 1};
	CHECK(!httpmsg_valid(&q));
}

TEST(method_and_url)
{
	struct http_request q = {.method = "GET", .url = "https://h/a b"};

	CHECK(!httpmsg_valid(&q));
	q.url = "https://h/\n";
	CHECK(!httpmsg_valid(&q));
	q.url = "https://h/";
	CHECK(httpmsg_valid(&q));
	q.method = "GET / HTTP/1.1";
	CHECK(!httpmsg_valid(&q));
	q.method = "";
	CHECK(!httpmsg_valid(&q));
}

static void target(const char *url, const char *host, const char *path, bool loopback)
{
	struct httpmsg_target t = {.host = ""};

	CHECK_INT(httpmsg_target(url, &t), 0);
	CHECK_STR(t.host, host);
	CHECK_MEM(t.path.p, t.path.n, path, strlen(path));
	CHECK_INT(t.loopback, loopback);
}

TEST(targets)
{
	struct httpmsg_target t;

	target("https://b.s3.amazonaws.com/k/e?uploadId=secret", "b.s3.amazonaws.com",
	       "/k/e", false);
	target("http://127.0.0.1:80?x", "127.0.0.1", "", true);
	target("http://[::1]:8080/p#f", "::1", "/p", true);
	target("http://localhost/", "localhost", "/", true);
	target("http://bucket.localhost:9/k", "bucket.localhost", "/k", true);
	target("http://notlocalhost/", "notlocalhost", "/", false);
	target("http://localhost.example/", "localhost.example", "/", false);
	target("https://127.0.0.1.example.com/", "127.0.0.1.example.com", "/", false);
	CHECK_INT(httpmsg_target("https:///x", &t), -EINVAL);
	CHECK_INT(httpmsg_target("host/x", &t), -EINVAL);
	CHECK_INT(httpmsg_target("https://user@host/", &t), -EINVAL);
	CHECK_INT(httpmsg_target("http://127.0.0.1:1@evil/", &t), -EINVAL);
}

static void keep(struct buf *b, const char *line)
{
	CHECK_INT(httpmsg_keep_line(b, line, strlen(line)), 0);
}

TEST(header_lines)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4096);
	char out[16] = "";

	keep(&b, "HTTP/1.1 100 Continue\r\n");
	keep(&b, "X-Early: yes\r\n");
	keep(&b, "\r\n");
	keep(&b, "HTTP/1.1 200 OK\r\n");
	keep(&b, "ETag:   \"abc\" \r\n");
	keep(&b, "Empty:\r\n");
	keep(&b, "no colon here\r\n");
	keep(&b, "Retry-After: 7");
	CHECK_STR(buf_str(&b), "etag: \"abc\"\nempty: \nretry-after: 7\n");
	CHECK(httpmsg_find(buf_slice(&b), "ETag", out, sizeof(out)));
	CHECK_STR(out, "\"abc\"");
	CHECK(httpmsg_find(buf_slice(&b), "empty", out, sizeof(out)));
	CHECK_STR(out, "");
	CHECK(httpmsg_find(buf_slice(&b), "retry-after", out, 2));
	CHECK_STR(out, "7");
	CHECK(!httpmsg_find(buf_slice(&b), "retry-after", out, 1));
	CHECK(!httpmsg_find(buf_slice(&b), "retry", out, sizeof(out)));
	CHECK(!httpmsg_find(buf_slice(&b), "x-early", out, sizeof(out)));
	CHECK(!httpmsg_find(slice_of(NULL, 0), "etag", out, sizeof(out)));
}

TEST(failures)
{
	for (int f = 0; f < HTTPMSG_FAILURES; f++) {
		struct problem before = {0}, after = {0};
		int a = httpmsg_fail((enum httpmsg_failure)f, false, "h.example", "why",
				     &before);
		int b = httpmsg_fail((enum httpmsg_failure)f, true, "h.example", "why",
				     &after);

		CHECK(strstr(before.note, "h.example") != NULL);
		CHECK(strstr(after.note, "h.example") != NULL);
		if (f == HTTPMSG_CANCELLED) {
			CHECK_INT(a, -ERR_STOPPING);
			CHECK_INT(b, -ERR_STOPPING);
			continue;
		}
		/* what was sent may have been done, whatever went wrong then */
		CHECK_INT(b, -ERR_LOST_ANSWER);
		if (f == HTTPMSG_NO_MEMORY)
			CHECK_INT(a, -ENOMEM);
		else if (f == HTTPMSG_BAD_URL)
			CHECK_INT(a, -EINVAL);
		else
			CHECK_INT(a, -ERR_UNREACHABLE);
	}
}

TEST(a_sentence)
{
	struct problem p = {0};

	CHECK_INT(httpmsg_fail(HTTPMSG_NO_HOST, false, "h.example", "", &p),
		  -ERR_UNREACHABLE);
	CHECK_STR(p.note,
		  "the host name h.example cannot be resolved; check the endpoint and "
		  "the network");
	problem_clear(&p);
	CHECK_INT(httpmsg_fail(HTTPMSG_BROKEN, true, "h.example", "reset", &p),
		  -ERR_LOST_ANSWER);
	CHECK_STR(p.note,
		  "the connection to h.example broke before the answer was complete "
		  "(reset)");
}

int main(void)
{
	RUN(headers_cannot_break_out);
	RUN(sizes_are_bounded);
	RUN(method_and_url);
	RUN(targets);
	RUN(header_lines);
	RUN(failures);
	RUN(a_sentence);
	return CHECK_DONE();
}
