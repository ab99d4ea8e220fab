/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_aws - what the usual AWS_* variables say about keys
 *
 * Layer    app
 * Threads  changes the environment: before any thread
 */
#pragma once

#include "app/config_raw.h"
#include "job/settings.h"

/* All but the keys themselves; at is where a message points to. The container's
 * token, being a secret, is wiped from the environment. */
MUST_CHECK int config_aws_load(struct settings_aws *aws, struct config_at at,
			       struct problem *p);

/* AWS_ACCESS_KEY_ID and its companions; nothing when one of the two is not set. */
MUST_CHECK int config_aws_load_keys(struct settings_aws *aws, struct config_at at,
				    struct problem *p);
/* After load_keys() found some. */
void config_aws_forget_keys(void);

void config_aws_fini(struct settings_aws *aws); /* zeroed is fine */
