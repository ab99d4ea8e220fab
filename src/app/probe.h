/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe - may this login write, read back and delete in the bucket
 *
 * Layer    app
 */
#pragma once

#include "base/clock.h"
#include "job/settings.h"
#include "net/s3.h"

/* Leaves nothing behind, as far as S3 lets it. instance "" = no tag. The
 * sentence says which of the three failed. */
MUST_CHECK int probe_bucket(struct s3 *s3, const struct settings_s3 *s,
			    const char *instance, const struct clock *clock,
			    struct problem *p);
