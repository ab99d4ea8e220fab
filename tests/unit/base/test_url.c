/* SPDX-License-Identifier: Apache-2.0 */
/* What is allowed comes out in parts; everything doubtful is refused, and a
 * refusal never repeats what may be a password. */
#include "base/url.h"

#include "base/scope.h"
#include "tool/check.h"

TEST(parts)
{
	static const struct {
		const char *in;
		struct url out;
		const char *authority;
	} cases[] = {
		{"https://advertising-api.amazon.com",
		 {true, "advertising-api.amazon.com", false, 443, ""},
		 "advertising-api.amazon.com"},
		{"http://127.0.0.1:8080/",
		 {false, "127.0.0.1", false, 8080, ""},
		 "127.0.0.1:8080"},
		{"HTTPS://API.Amazon.COM/Auth/O2/",
		 {true, "api.amazon.com", false, 443, "/Auth/O2"},
		 "api.amazon.com"},
		{"https://host:443///", {true, "host", false, 443, ""}, "host"},
		{"https://host:80", {true, "host", false, 80, ""}, "host:80"},
		{"http://host:80", {false, "host", false, 80, ""}, "host"},
		{"http://host", {false, "host", false, 80, ""}, "host"},
		{"http://host:65535/a%20b/c.d~e",
		 {false, "host", false, 65535, "/a%20b/c.d~e"},
		 "host:65535"},
		{"https://[::1]", {true, "::1", true, 443, ""}, "[::1]"},
		{"https://[2001:DB8::1]:8443/x",
		 {true, "2001:db8::1", true, 8443, "/x"},
		 "[2001:db8::1]:8443"},
		{"https://a_b.c-d.e1", {true, "a_b.c-d.e1", false, 443, ""}, "a_b.c-d.e1"},
		{"https://host/...", {true, "host", false, 443, "/..."}, "host"},
		{"https://host/.a/..b", {true, "host", false, 443, "/.a/..b"}, "host"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(400);
		struct problem p = {0};
		struct url u = {0};

		CHECK_INT(url_parse(cases[i].in, &u, &p), 0);
		CHECK_INT(p.err, 0);
		CHECK_INT(u.https, cases[i].out.https);
		CHECK_STR(u.host, cases[i].out.host);
		CHECK_INT(u.host_ipv6, cases[i].out.host_ipv6);
		CHECK_INT(u.port, cases[i].out.port);
		CHECK_STR(u.path, cases[i].out.path);
		CHECK_INT(url_authority(&u, &b), 0);
		CHECK_STR(buf_str(&b), cases[i].authority);
	}
}

struct refusal {
	const char *in;
	const char *why; /* part of the sentence */
};

static void refused(const struct refusal *r)
{
	struct problem p = {0};
	struct url u = {.port = 77};

	CHECK_INT(url_parse(r->in, &u, &p), -EINVAL);
	CHECK_INT(u.port, 77); /* untouched */
	CHECK_INT(p.err, -EINVAL);
	if (!strstr(p.note, r->why))
		CHECK_STR(p.note, r->why);
}

TEST(refusals)
{
	static const struct refusal cases[] = {
		{"", "the URL must start with https://"},
		{"host", "\"host\" must start with https://"},
		{"//host", "must start with https://"},
		{"https:host", "must start with https://"},
		{"https:/host", "must start with https://"},
		{"://host", "must start with https://"},
		{"ftp://host", "must start with https://"},
		{"file:///etc/passwd", "must start with https://"},
		{"httpss://host", "must start with https://"},
		{" https://host", "holds a space"},
		{"https://host ", "holds a space"},
		{"https://ho\tst", "holds a space"},
		{"https://host/a\r\nX: y", "holds a space"},
		{"https://host/\x7f", "control character"},
		{"https://b\xc3\xbc"
		 "cher.example",
		 "beyond ASCII"},
		{"https://", "has no host"},
		{"https:///path", "has no host"},
		{"https://:443", "no valid host"},
		{"https://host?x=1", "query or a fragment"},
		{"https://host/p?x=1", "query or a fragment"},
		{"https://host/p?", "query or a fragment"},
		{"https://host#f", "query or a fragment"},
		{"https://user@host", "user name or password"},
		{"https://user:pw@host", "user name or password"},
		{"https://@host", "user name or password"},
		{"https://127.0.0.1@evil.example", "user name or password"},
		{"https://host\\@evil.example", "user name or password"},
		{"https://host\\evil", "no valid host"},
		{"https://host:", "no valid port"},
		{"https://host:0", "no valid port"},
		{"https://host:080", "no valid port"},
		{"https://host:65536", "no valid port"},
		{"https://host:123456", "no valid port"},
		{"https://host:99999999999999999999", "no valid port"},
		{"https://host:-1", "no valid port"},
		{"https://host:+80", "no valid port"},
		{"https://host:8a", "no valid port"},
		{"https://host:80:80", "no valid port"},
		{"https://-host", "no valid host"},
		{"https://host-", "no valid host"},
		{"https://a..b", "no valid host"},
		{"https://.a", "no valid host"},
		{"https://a.", "no valid host"},
		{"https://a%62c", "no valid host"},
		{"https://a,b", "no valid host"},
		{"https://127.1", "no valid host"},
		{"https://2130706433", "no valid host"},
		{"https://0x7f000001", "no valid host"},
		{"https://0x7f.0.0.0x1", "no valid host"},
		{"https://0177.0.0.1", "no valid host"},
		{"https://1.2.3.4.5", "no valid host"},
		{"https://256.0.0.1", "no valid host"},
		{"https://[]", "no valid host"},
		{"https://[::1", "closing bracket"},
		{"https://::1", "no valid host"},
		{"https://[::1]x", "no valid host"},
		{"https://[127.0.0.1]", "no valid host"},
		{"https://[fe80::1%25eth0]", "no valid host"},
		{"https://[::1]:", "no valid port"},
		{"https://host/a/../b", "\"..\""},
		{"https://host/..", "\"..\""},
		{"https://host/./", "\"..\""},
		{"https://host/%", "percent-encoded"},
		{"https://host/%4", "percent-encoded"},
		{"https://host/%4/", "percent-encoded"},
		{"https://host/%zz", "percent-encoded"},
		{"https://host/a\\b", "percent-encoded"},
		{"https://host/<x>", "percent-encoded"},
		{"https://host/\"", "percent-encoded"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refused(&cases[i]);
}

TEST(refusals_keep_secrets)
{
	static const char *const cases[] = {
		"https://user:hunter2@host",
		"https://host/?sig=hunter2",
		"ftp://user:hunter2@host",
		"https://user:hunter2@host/ x",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct problem p = {0};
		struct url u;

		CHECK_INT(url_parse(cases[i], &u, &p), -EINVAL);
		CHECK(p.note[0]);
		CHECK(!strstr(p.note, "hunter2"));
	}
}

TEST(lengths)
{
	char in[1000];
	struct url u;

	memcpy(in, "https://h/", 11);
	memset(in + 10, 'p', 510);
	in[520] = '\0';
	CHECK_INT(url_parse(in, &u, NULL), 0);
	CHECK_INT(strlen(u.path), 511);
	in[520] = 'p';
	in[521] = '\0';
	refused(&(struct refusal){in, "too long a path"});

	/* 63 in a label, 253 in all */
	memcpy(in, "https://", 8);
	for (int i = 0; i < 4; i++) {
		memset(in + 8 + i * 64, 'h', 63);
		in[8 + i * 64 + 63] = '.';
	}
	in[8 + 253] = '\0';
	CHECK_INT(url_parse(in, &u, NULL), 0);
	CHECK_INT(strlen(u.host), 253);
	in[8 + 253] = 'h';
	in[8 + 254] = '\0';
	refused(&(struct refusal){in, "no valid host"});
	memset(in + 8, 'h', 64);
	in[8 + 64] = '\0';
	refused(&(struct refusal){in, "no valid host"});
	memset(in + 8, 'h', 900);
	in[8 + 900] = '\0';
	refused(&(struct refusal){in, "no valid host"});
}

static bool loopback(const char *s)
{
	struct url u;

	CHECK_INT(url_parse(s, &u, NULL), 0);
	return url_is_loopback(&u);
}

TEST(loopback_and_its_impostors)
{
	CHECK(loopback("http://127.0.0.1"));
	CHECK(loopback("http://127.255.255.254:99/x"));
	CHECK(loopback("http://LocalHost:8080"));
	CHECK(loopback("http://[::1]:1"));
	CHECK(loopback("http://[0:0:0:0:0:0:0:1]"));
	CHECK(!loopback("http://127.0.0.1.evil.com"));
	CHECK(!loopback("http://localhost.evil.com"));
	CHECK(!loopback("http://evil-localhost"));
	CHECK(!loopback("http://localhost1"));
	CHECK(!loopback("http://126.0.0.1"));
	CHECK(!loopback("http://128.0.0.1"));
	CHECK(!loopback("http://0.0.0.0"));
	CHECK(!loopback("http://10.127.0.1"));
	CHECK(!loopback("http://[::]"));
	CHECK(!loopback("http://[::2]"));
	CHECK(!loopback("http://[1::1]"));
	CHECK(!loopback("http://[::ffff:127.0.0.1]"));
	CHECK(!loopback("http://127.0.0.1-x"));
}

static const char *encoded(const char *in, size_t n, bool keep_slash)
{
	static struct buf b = BUF_INIT(2000);

	buf_clear(&b);
	CHECK_INT(url_encode(slice_of(in, n), keep_slash, &b), 0);
	return buf_str(&b);
}

TEST(encode)
{
	char all[256];

	CHECK_STR(encoded("", 0, true), "");
	CHECK_STR(encoded("a b/c+d", 7, true), "a%20b/c%2Bd");
	CHECK_STR(encoded("a b/c+d", 7, false), "a%20b%2Fc%2Bd");
	CHECK_STR(encoded("\0\xc3\xbc", 3, false), "%00%C3%BC");
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	/* 66 unreserved characters stand for themselves, 190 become three */
	CHECK_INT(strlen(encoded(all, 256, false)), 66 + 190 * 3);
	CHECK_STR(encoded("AZaz09-._~", 10, false), "AZaz09-._~");
}

TEST(encode_is_all_or_nothing)
{
	_cleanup_buf_ struct buf b = BUF_INIT(5);

	CHECK_INT(buf_adds(&b, "x"), 0);
	CHECK_INT(url_encode(slice_str("ab "), false, &b), -ERR_TOO_LARGE);
	CHECK_STR(buf_str(&b), "x");
}

int main(void)
{
	RUN(parts);
	RUN(refusals);
	RUN(refusals_keep_secrets);
	RUN(lengths);
	RUN(loopback_and_its_impostors);
	RUN(encode);
	RUN(encode_is_all_or_nothing);
	return CHECK_DONE();
}
