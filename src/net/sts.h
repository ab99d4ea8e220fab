/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts - keys of a role from the AWS Security Token Service
 *
 * Source   AWS STS API reference, AssumeRole and AssumeRoleWithWebIdentity
 * Layer    net
 * Threads  any; one call, one exchange; nothing is kept
 */
#pragma once

#include <stdatomic.h>

#include "base/clock.h"
#include "base/url.h"
#include "net/awskeys.h"
#include "net/http.h"

#define STS_MIN_DURATION_S 900
#define STS_MAX_DURATION_S 43200

struct sts {
	struct http_client *http;
	const struct clock *clock;
	const char *region;
	struct url endpoint;	   /* host "" = AWS's for the region */
	const atomic_bool *cancel; /* may be NULL */
};

struct sts_role {
	const char *arn;
	const char *external_id;  /* "" = none */
	const char *session_name; /* "" = amcfs */
	int64_t duration_s;	  /* 0 = STS's own, an hour */
};

/* Signed by the keys of somebody who may assume the role. */
MUST_CHECK int sts_assume_role(const struct sts *s, const struct sts_role *role,
			       const struct awskeys *by, struct awskeys *out,
			       struct awskeys_result *res, struct problem *p);

/* Unsigned: the token in the file, which its owner renews, is the proof. */
MUST_CHECK int sts_web_identity(const struct sts *s, const struct sts_role *role,
				const char *token_file, struct awskeys *out,
				struct awskeys_result *res, struct problem *p);
