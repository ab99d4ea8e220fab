/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_auth - is there a way to AWS keys, as far as this machine can tell?
 *
 * Layer    app
 */
#pragma once

#include "app/config_raw.h"
#include "job/settings.h"

/* What has been done with the AWS variables so far. */
struct config_auth_env {
	bool used; /* keys were taken: they are to be wiped */
	bool warned;
};

/* One place of [s3] keys: [s3] itself, or an [instance] over it. */
struct config_auth {
	const struct config_raw *raw;
	const struct config_section *own; /* NULL = none */
	const struct config_section *s3;  /* NULL = none */
	struct settings_s3 *to;
	struct settings_aws *aws;
	struct config_auth_env *env;
};

/* Resolves keys of the environment into to; refuses what cannot work. */
MUST_CHECK int config_auth_check(const struct config_auth *at, struct problem *p);
