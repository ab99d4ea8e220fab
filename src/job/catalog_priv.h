/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog_priv - what the catalog's own files share
 *
 * A reading is JSON, so that what AMC says now and what was kept from an earlier
 * run take the same way, and the same checks, into the view:
 *
 *	{"read_ms": n, "instances": [{"accountId": "", "marketplaceId": "",
 *	  "instance": {as AMC sent it}, "dataSets": [{as AMC sent it}]}]}
 *
 * Layer    job
 */
#pragma once

#include <stdatomic.h>

#include "job/catalog.h"

/* A view with its reading; counted. view is first: catalog_put() gets that. */
struct catalog_reading {
	struct catalog_view view;
	struct json *json;
	_Atomic unsigned refs;
};

/* Takes json on success. What cannot be a name of a folder is left out; quiet:
 * without telling the log. The reading has one reference. */
MUST_CHECK int catalog_view_new(struct json *json, bool quiet,
				struct catalog_reading **out);

/* [A-Za-z0-9._-]{1,255}, and neither "." nor "..". */
bool catalog_view_name_ok(const char *id);

struct catalog_asked {
	struct problem problem; /* the first one */
	int64_t retry_after_ms; /* -1 = not said */
	bool over;		/* AMC does not answer, or the login does not */
};

/* Asks AMC for everything. 0: all of it was heard; otherwise the first failure,
 * and what could not be heard is as in last (may be NULL). *out is given in both
 * cases, or NULL when nothing new was heard at all. */
MUST_CHECK int catalog_read(const struct catalog_opts *o, const struct json *last,
			    struct json **out, struct catalog_asked *asked);
