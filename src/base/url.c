/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url - endpoints taken apart strictly, and percent-encoding
 *
 * Credentials travel to what is parsed here, so a URL that two programs could
 * read differently is refused, not guessed at: user info ("http://a@b"), dot
 * segments, backslashes, and hosts like "127.1" or "0x7f000001", which resolvers
 * take for addresses. For the same reason only literal loopback addresses in
 * their full form, and the very name localhost, count as loopback.
 *
 * A refused URL is quoted in the sentence only when it has no '@', '?' or '#',
 * as behind and before these stand passwords and signatures.
 */
#include "base/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX  63  /* RFC 1035, 2.3.4 */
#define NAME_LIMIT 253 /* the same, as text */
#define PORT_MAX   65535

static int refuse(struct problem *p, const char *s, const char *why)
{
	if (s[0] == '\0' || strpbrk(s, "@?#"))
		return problem_set(p, -EINVAL, "the URL %s", why);
	return problem_set(p, -EINVAL, "the URL \"%.200s\" %s", s, why);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_alnum(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool is_hex(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

/* Length of the scheme with its "://", 0 if it is none of ours. */
static size_t parse_scheme(const char *s, bool *https)
{
	size_t n = strcspn(s, ":");

	if (strncmp(s + n, "://", 3) != 0)
		return 0;
	if (slice_eq_nocase(slice_of(s, n), slice_str("https")))
		*https = true;
	else if (slice_eq_nocase(slice_of(s, n), slice_str("http")))
		*https = false;
	else
		return 0;
	return n + 3;
}

static bool label_ok(struct slice l)
{
	if (l.n == 0 || l.n > LABEL_MAX || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++) {
		if (!is_alnum(l.p[i]) && l.p[i] != '-' && l.p[i] != '_')
			return false;
	}
	return true;
}

/* A last label that is a number makes resolvers read the whole as an address. */
static bool label_is_number(const char *l)
{
	if (l[0] == '0' && l[1] == 'x')
		return l[2 + strspn(l + 2, "0123456789abcdef")] == '\0';
	return l[strspn(l, "0123456789")] == '\0';
}

static bool name_ok(const char *host)
{
	struct in_addr addr;
	const char *l = host;

	if (strlen(host) > NAME_LIMIT)
		return false;
	for (;;) {
		size_t n = strcspn(l, ".");

		if (!label_ok(slice_of(l, n)))
			return false;
		if (l[n] == '\0')
			break;
		l += n + 1;
	}
	return !label_is_number(l) || inet_pton(AF_INET, host, &addr) == 1;
}

static bool parse_host(struct slice in, struct url *u)
{
	struct in6_addr addr;

	if (in.n >= 2 && in.p[0] == '[' && in.p[in.n - 1] == ']') {
		u->host_ipv6 = true;
		in = slice_of(in.p + 1, in.n - 2);
	}
	if (in.n == 0 || in.n >= sizeof(u->host))
		return false;
	for (size_t i = 0; i < in.n; i++)
		u->host[i] = lower(in.p[i]);
	u->host[in.n] = '\0';
	if (u->host_ipv6)
		return inet_pton(AF_INET6, u->host, &addr) == 1;
	return name_ok(u->host);
}

static bool parse_port(struct slice in, int *port)
{
	int value = 0;

	if (in.n == 0 || in.n > 5 || in.p[0] == '0')
		return false;
	for (size_t i = 0; i < in.n; i++) {
		if (!is_digit(in.p[i]))
			return false;
		value = value * 10 + (in.p[i] - '0');
	}
	*port = value;
	return value <= PORT_MAX;
}

static bool path_char_ok(const char *s)
{
	if (*s == '%')
		return is_hex(s[1]) && is_hex(s[2]);
	return is_alnum(*s) || strchr("/-._~!$&'()*+,;=:@", *s);
}

/* 0, or what is wrong with it. */
static const char *parse_path(const char *s, struct url *u)
{
	size_t n = strlen(s);

	while (n > 0 && s[n - 1] == '/')
		n--;
	if (n >= sizeof(u->path))
		return "has too long a path";
	for (size_t i = 0; i < n; i++) {
		if (!path_char_ok(s + i))
			return "has a character in its path that must be "
			       "percent-encoded";
	}
	for (size_t i = 0; i < n; i++) {
		size_t seg = strcspn(s + i + 1, "/");

		if (s[i] != '/')
			continue;
		if (seg > n - i - 1)
			seg = n - i - 1;
		if ((seg == 1 && s[i + 1] == '.') ||
		    (seg == 2 && s[i + 1] == '.' && s[i + 2] == '.'))
			return "may not have \".\" or \"..\" in its path";
	}
	memcpy(u->path, s, n);
	u->path[n] = '\0';
	return NULL;
}

static const char *parse_authority(struct slice in, struct url *u)
{
	const char *end = in.p + in.n;
	const char *host_end, *colon;

	if (in.n == 0)
		return "has no host; write it like https://host";
	if (memchr(in.p, '@', in.n))
		return "may not hold a user name or password";
	host_end = in.p[0] == '[' ? memchr(in.p, ']', in.n) : in.p;
	if (!host_end)
		return "has an address without its closing bracket";
	colon = memchr(host_end, ':', (size_t)(end - host_end));
	if (!parse_host(slice_of(in.p, (size_t)((colon ? colon : end) - in.p)), u))
		return "has no valid host name or address; write it like "
		       "https://host, https://192.0.2.1 or https://[2001:db8::1]";
	u->port = u->https ? 443 : 80;
	if (colon &&
	    !parse_port(slice_of(colon + 1, (size_t)(end - colon - 1)), &u->port))
		return "has no valid port; allowed is a number from 1 to 65535";
	return NULL;
}

int url_parse(const char *s, struct url *out, struct problem *p)
{
	struct url u = {0};
	const char *wrong, *rest;
	size_t n;

	for (const char *c = s; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f) /* char may be signed: <= has them */
			return refuse(p, s,
				      "holds a space, a control character or "
				      "a character beyond ASCII");
	}
	n = parse_scheme(s, &u.https);
	if (n == 0)
		return refuse(p, s,
			      "must start with https:// (or http:// for this "
			      "machine)");
	if (strpbrk(s, "?#"))
		return refuse(p, s, "may not have a query or a fragment (\"?\", \"#\")");
	rest = s + n;
	n = strcspn(rest, "/");
	wrong = parse_authority(slice_of(rest, n), &u);
	if (!wrong)
		wrong = parse_path(rest + n, &u);
	if (wrong)
		return refuse(p, s, wrong);
	*out = u;
	return 0;
}

bool url_is_loopback(const struct url *u)
{
	struct in6_addr six;
	struct in_addr four;

	if (u->host_ipv6)
		return inet_pton(AF_INET6, u->host, &six) == 1 &&
		       IN6_IS_ADDR_LOOPBACK(&six);
	if (strcmp(u->host, "localhost") == 0)
		return true;
	return inet_pton(AF_INET, u->host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

int url_authority(const struct url *u, struct buf *out)
{
	const char *open = u->host_ipv6 ? "[" : "";
	const char *close = u->host_ipv6 ? "]" : "";

	if (u->port == (u->https ? 443 : 80))
		return buf_addf(out, "%s%s%s", open, u->host, close);
	return buf_addf(out, "%s%s%s:%d", open, u->host, close, u->port);
}

static bool is_unreserved(char c)
{
	return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int url_encode(struct slice in, bool keep_slash, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t before = out->n;

	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];
		char hex[3] = {'%', digits[c >> 4], digits[c & 15]};
		bool plain = is_unreserved(in.p[i]) || (keep_slash && c == '/');
		int r = plain ? buf_addc(out, in.p[i]) : buf_add(out, hex, 3);

		if (r < 0) {
			out->n = before;
			return r;
		}
	}
	return 0;
}
