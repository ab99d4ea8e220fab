/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything here works on text that a server or a configuration wrote: bounded,
 * without recursion, and nothing of it is trusted further than its length.
 */
#include "net/httpmsg.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/url.h"

#define MAX_URL		16384
#define MAX_HEADER_LINE 8184 /* what http.c has room for, name, ": " and value */

static bool printable(const char *s, bool blanks)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (blanks && (c == ' ' || c == '\t'))
			continue;
		if (c <= ' ' || c == 0x7f)
			return false;
	}
	return true;
}

/* A line break in a header would be a second request. */
bool httpmsg_valid(const struct http_request *q)
{
	if (!*q->method || !printable(q->method, false) || strlen(q->url) > MAX_URL ||
	    !printable(q->url, false) || q->n_headers > HTTP_MAX_HEADERS ||
	    (q->body_n > 0 && !q->body) || q->body_n > (size_t)LLONG_MAX)
		return false;
	for (size_t i = 0; i < q->n_headers; i++) {
		const struct http_header *h = &q->headers[i];

		if (!*h->name || strpbrk(h->name, ":;") || !printable(h->name, false) ||
		    !printable(h->value, true) ||
		    strlen(h->name) + strlen(h->value) + 2 > MAX_HEADER_LINE)
			return false;
	}
	return true;
}

/* A bucket at localhost is named "bucket.localhost", which libcurl resolves to this
 * machine without asking anybody (RFC 6761, section 6.3). */
static bool below_localhost(const char *host)
{
	static const char suffix[] = ".localhost";
	size_t n = strlen(host), s = sizeof(suffix) - 1;

	return n > s && strcmp(host + n - s, suffix) == 0;
}

int httpmsg_target(const char *url, struct httpmsg_target *out)
{
	const char *p = strstr(url, "://");
	struct url u = {0};
	size_t n;

	if (!p)
		return -EINVAL;
	p += 3;
	n = strcspn(p, "/?#");
	if (memchr(p, '@', n))
		return -EINVAL;
	out->path = slice_of(p + n, strcspn(p + n, "?#"));
	u.host_ipv6 = *p == '[';
	if (u.host_ipv6)
		p++;
	n = strcspn(p, u.host_ipv6 ? "]" : ":/?#");
	if (n == 0 || n >= sizeof(u.host))
		return -EINVAL;
	memcpy(u.host, p, n);
	memcpy(out->host, u.host, sizeof(out->host));
	out->loopback = url_is_loopback(&u) || below_localhost(u.host);
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

int httpmsg_keep_line(struct buf *head, const char *p, size_t n)
{
	const char *colon, *v;
	int r = 0;

	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
		buf_clear(head);
		return 0;
	}
	while (n > 0 && strchr(" \t\r\n", p[n - 1]))
		n--;
	colon = memchr(p, ':', n);
	if (!colon)
		return 0;
	for (const char *c = p; c < colon && r == 0; c++)
		r = buf_addc(head, lower(*c));
	for (v = colon + 1; v < p + n && (*v == ' ' || *v == '\t'); v++)
		;
	if (r == 0)
		r = buf_adds(head, ": ");
	if (r == 0)
		r = buf_add(head, v, (size_t)(p + n - v));
	return r < 0 ? r : buf_addc(head, '\n');
}

bool httpmsg_find(struct slice head, const char *name, char *out, size_t out_n)
{
	const char *p = head.p;
	const char *end = head.p + head.n;
	size_t name_n = strlen(name);

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = eol ? eol : end;
		size_t n = (size_t)(line_end - p);

		if (n >= name_n + 2 && p[name_n] == ':' &&
		    slice_eq_nocase(slice_of(p, name_n), slice_of(name, name_n))) {
			n -= name_n + 2;
			if (n >= out_n)
				return false;
			memcpy(out, p + name_n + 2, n);
			out[n] = 0;
			return true;
		}
		p = line_end + 1;
	}
	return false;
}

/* Words before the host's name and after it. A failure that can happen on both
 * sides of the moment when the request leaves has two rows. */
struct sentence {
	int err;
	const char *before, *after;
};

static const struct sentence unsent[HTTPMSG_FAILURES] = {
	[HTTPMSG_CANCELLED] = {-ERR_STOPPING, "the request to ",
			       " was given up because the work was withdrawn or "
			       "amcfs is stopping"},
	[HTTPMSG_NO_MEMORY] = {-ENOMEM, "there is not enough memory to talk to ", ""},
	[HTTPMSG_BAD_URL] = {-EINVAL, "the address of ",
			     " is not valid; check the endpoint"},
	[HTTPMSG_NO_HOST] = {-ERR_UNREACHABLE, "the host name ",
			     " cannot be resolved; check the endpoint and the network"},
	[HTTPMSG_NO_PROXY] = {-ERR_UNREACHABLE, "the name of the proxy on the way to ",
			      " cannot be resolved; check proxy in the configuration "
			      "and the proxy variables of the environment"},
	[HTTPMSG_BAD_CERT] = {-ERR_UNREACHABLE, "the TLS certificate of ",
			      " was not accepted; check ca_bundle and the endpoint"},
	[HTTPMSG_BAD_CA_FILE] = {-ERR_UNREACHABLE, "the certificates to check ",
				 " with cannot be read; make ca_bundle a readable PEM "
				 "file"},
	[HTTPMSG_STALL] = {-ERR_UNREACHABLE, "no connection to ",
			   " came about within timeout; check the network, the proxy "
			   "and the endpoint"},
	[HTTPMSG_DEADLINE] = {-ERR_UNREACHABLE, "no connection to ",
			      " came about in time; check the network, the proxy and "
			      "the endpoint"},
	[HTTPMSG_HEAD_TOO_BIG] = {-ERR_UNREACHABLE, "the proxy's answer on the way to ",
				  " is too large to be true; check the proxy"},
	[HTTPMSG_BROKEN] = {-ERR_UNREACHABLE, "no connection to ",
			    " came about; check the network, the proxy and the "
			    "endpoint"},
};

static const struct sentence lost[HTTPMSG_FAILURES] = {
	[HTTPMSG_NO_MEMORY] = {-ERR_LOST_ANSWER,
			       "there is not enough memory for the answer of ", ""},
	[HTTPMSG_STALL] = {-ERR_LOST_ANSWER, "",
			   " took the request, then nothing moved for the time of "
			   "timeout; raise it if the line is that slow"},
	[HTTPMSG_DEADLINE] = {-ERR_LOST_ANSWER, "", " did not finish its answer in time"},
	[HTTPMSG_HEAD_TOO_BIG] = {-ERR_LOST_ANSWER, "the header of the answer of ",
				  " is too large to be true; check the endpoint"},
	[HTTPMSG_BROKEN] = {-ERR_LOST_ANSWER, "the connection to ",
			    " broke before the answer was complete"},
};

int httpmsg_fail(enum httpmsg_failure f, bool sent, const char *host, const char *why,
		 struct problem *p)
{
	const struct sentence *s = sent && f != HTTPMSG_CANCELLED ? &lost[f] : &unsent[f];

	if (!s->err) /* only before sending, and yet sent: do not trust it */
		s = &lost[HTTPMSG_BROKEN];
	if (!*why)
		return problem_set(p, s->err, "%s%s%s", s->before, host, s->after);
	return problem_set(p, s->err, "%s%s%s (%.200s)", s->before, host, s->after, why);
}
