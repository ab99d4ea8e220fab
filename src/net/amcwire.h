/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amcwire - AMC's paths, bodies and fields
 *
 * Layer    net (pure)
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "net/amc.h"
#include "net/json.h"

/* Appends "/amc/advertiserData/<instance>/<kind>" and, where not NULL, "/<x>/<y>",
 * encoded. -EINVAL for an id that is empty or made of dots: it would be taken for
 * a directory. */
MUST_CHECK int amcwire_path(struct buf *out, const char *instance, const char *kind,
			    const char *x, const char *y);

/* The member of dataSource that holds u->key. */
const char *amcwire_key_member(const struct amc_upload *u);

/* Appends the body of a create request. */
MUST_CHECK int amcwire_upload_body(const struct amc_upload *u, struct buf *out);

/* fallback_id: for an answer that does not repeat it. False without a usable id. */
bool amcwire_read_status(const struct json *j, const char *fallback_id,
			 struct amc_status *out);
