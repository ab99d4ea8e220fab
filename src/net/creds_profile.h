/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds_profile - the keys of a profile in the shared AWS files
 *
 * Only creds_find.c includes this.
 *
 * Layer    net
 */
#pragma once

#include "net/creds.h"
#include "net/sts.h"

/* -ENOENT, without a sentence, when the files have no such profile or it says nothing
 * of keys: not of a profile that another one names, which must be there. */
MUST_CHECK int creds_profile_keys(const struct creds_opts *o, const struct sts *sts,
				  struct awskeys *out, struct awskeys_result *res,
				  struct problem *p);

/* Container or instance: what credential_source and auth may name. */
MUST_CHECK int creds_container(const struct creds_opts *o, struct awskeys *out,
			       struct awskeys_result *res, struct problem *p);
MUST_CHECK int creds_instance(const struct creds_opts *o, struct awskeys *out,
			      struct awskeys_result *res, struct problem *p);
