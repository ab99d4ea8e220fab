/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url - endpoints taken apart strictly, and percent-encoding
 *
 * Layer    base (pure)
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/problem.h"
#include "base/slice.h"

struct url {
	bool https;
	char host[256]; /* lower-case; IPv6 without brackets */
	bool host_ipv6;
	int port;	/* always set: 80 or 443 by default */
	char path[512]; /* starts with '/' or is empty; no trailing '/' */
};

/* http or https, no user info, no query, no fragment. -EINVAL with a sentence
 * that says what is allowed. */
MUST_CHECK int url_parse(const char *s, struct url *out, struct problem *p);

/* 127.0.0.0/8, ::1, localhost: the only hosts that plain http may go to. */
bool url_is_loopback(const struct url *u);

/* "host" or "host:port" (port only when not the scheme's own), as a Host
 * header has it. */
MUST_CHECK int url_authority(const struct url *u, struct buf *out);

/* RFC 3986: all but unreserved become %XX; '/' stays when keep_slash. */
MUST_CHECK int url_encode(struct slice in, bool keep_slash, struct buf *out);
