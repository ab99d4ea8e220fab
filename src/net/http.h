/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - one request, one response: the only user of libcurl
 *
 * Never follows redirects, never decides on a content type, never logs bodies.
 * TLS 1.2 or later with verification; HTTP/1.1.
 *
 * Layer    net
 * Threads  a client is shared by any number of threads; each call blocks its own
 * Memory   a response body is bounded by the request's max_reply
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct http_client;

struct http_opts {
	int64_t timeout_ms;    /* whole exchange without progress; see http_do */
	const char *ca_bundle; /* "" = the system's */
	const char *proxy;     /* "" = from the environment */
	const char *user_agent;
	unsigned max_idle; /* kept connections */
	bool no_proxy;	   /* whatever proxy and the environment say */
};

/* Call http_global_init() once, after any fork and before any thread. */
MUST_CHECK int http_global_init(void);
void http_global_fini(void);

MUST_CHECK int http_client_new(struct http_client **out, const struct http_opts *o);
void http_client_free(struct http_client *c);

#define HTTP_MAX_HEADERS 24

struct http_header {
	const char *name;
	const char *value;
};

struct http_request {
	const char *method;
	const char *url;
	struct http_header headers[HTTP_MAX_HEADERS];
	size_t n_headers;
	const void *body; /* lent; NULL with body_n 0 sends Content-Length: 0
			   * for POST and PUT */
	size_t body_n;
	size_t max_reply;	   /* 0 = 1 MiB */
	const atomic_bool *cancel; /* becomes true: the call ends soon */
	int64_t deadline_ms;	   /* whole exchange at most; 0 = only timeout_ms */
	/* Never put on the wire a second time: a request that is not idempotent.
	 * Others are sent again, once, when a kept connection turns out dead. */
	bool once;
};

struct http_response {
	int status;	 /* 0 = no answer */
	struct buf body; /* may be cut at max_reply: then truncated is set */
	bool truncated;
	bool sent;	 /* the request may have reached the server */
	struct buf head; /* all header lines, "name: value\n", names lower-case */
};

void http_response_init(struct http_response *r);
void http_response_fini(struct http_response *r);
/* The header's value copied to out, NUL-terminated; false when absent. */
bool http_response_header(const struct http_response *r, const char *name, char *out,
			  size_t out_n);

/* 0 whenever a complete response came, whatever its status. Otherwise
 * -ERR_UNREACHABLE (r->sent false: the server cannot have seen it),
 * -ERR_LOST_ANSWER (it may have), -ERR_STOPPING when cancelled, -EINVAL for a
 * request that cannot be one (a line break in a header), -ENOMEM. timeout_ms
 * counts connection time and time without a byte moving. A reply whose body is
 * cut at max_reply is complete in this sense. */
MUST_CHECK int http_do(struct http_client *c, const struct http_request *q,
		       struct http_response *r, struct problem *p);
