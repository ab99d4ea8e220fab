/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpmsg - what can be said of a request or an answer without the network
 *
 * The half of http that needs no libcurl, apart so that it can be tested with
 * hostile input.
 *
 * Layer    net (pure)
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/problem.h"
#include "base/slice.h"
#include "net/http.h"

/* Of a URL, what decisions and messages need. */
struct httpmsg_target {
	char host[256];	   /* IPv6 without brackets */
	struct slice path; /* lent from the URL; without the query */
	bool loopback;
};

/* No character that could end a header line, no header that is too long. */
bool httpmsg_valid(const struct http_request *q);

/* For messages only. -EINVAL without a host or with user info. */
MUST_CHECK int httpmsg_target(const char *url, struct httpmsg_target *out);

/* One header line as it came -> "name: value\n" with the name in lower case. A
 * status line starts anew, since an interim answer came before it. */
MUST_CHECK int httpmsg_keep_line(struct buf *head, const char *p, size_t n);

/* False when absent or when it does not fit. */
bool httpmsg_find(struct slice head, const char *name, char *out, size_t out_n);

enum httpmsg_failure {
	HTTPMSG_CANCELLED,
	HTTPMSG_NO_MEMORY,
	HTTPMSG_BAD_URL,
	HTTPMSG_NO_HOST,
	HTTPMSG_NO_PROXY,
	HTTPMSG_BAD_CERT,
	HTTPMSG_BAD_CA_FILE,
	HTTPMSG_STALL,
	HTTPMSG_DEADLINE,
	HTTPMSG_HEAD_TOO_BIG,
	HTTPMSG_BROKEN,
	HTTPMSG_FAILURES
};

/* What http_do() returns for it, with the sentence. sent: the server may have
 * seen the request. why: the library's own words. */
int httpmsg_fail(enum httpmsg_failure f, bool sent, const char *host, const char *why,
		 struct problem *p);
