/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds_find - go through the sources of keys once
 *
 * Only creds.c includes this.
 *
 * Layer    net
 */
#pragma once

#include "net/creds.h"

/* worked: a search has found keys before, so that silence of the instance metadata
 * service is a disturbance and not a machine that has none. */
MUST_CHECK int creds_find(const struct creds_opts *o, bool worked, struct awskeys *out,
			  struct awskeys_result *res, struct problem *p);
