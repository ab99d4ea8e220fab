/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amc - Amazon Marketing Cloud's calls: request structs in, answer structs out
 *
 * Liberal in what is accepted (both spellings of a status, null, absent or ""
 * as the last page), strict in what is sent. A 401 refreshes the token and asks
 * once more; nothing else is retried here.
 *
 * Source   Amazon's "Advertiser Data Upload" 3.0 and "AMC Administration" 3.0
 * Layer    net
 * Threads  a client may be shared
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/problem.h"
#include "base/url.h"
#include "net/http.h"
#include "net/json.h"
#include "net/lwa.h"
#include "net/retry.h"

struct amc;

struct amc_opts {
	struct http_client *http; /* lent */
	struct lwa *lwa;	  /* lent */
	const struct clock *clock;
	struct url endpoint;
	const char *client_id;
	const char *ads_account_id; /* "" = not sent */
	const atomic_bool *cancel;  /* may be NULL; becomes true: calls end soon */
};

MUST_CHECK int amc_new(struct amc **out, const struct amc_opts *o);
void amc_free(struct amc *a);

/* Who asks: goes into the headers. */
struct amc_as {
	const char *account_id;
	const char *marketplace_id;
};

struct amc_result {
	enum retry_class class;
	int status;
	int64_t retry_after_ms; /* -1 = not said */
	char request_id[128];
};

/* Each list call fetches all pages (at most 1000, a token that repeats ends it
 * with -ERR_BAD_REPLY) and gives one array of the objects as AMC sent them. */
MUST_CHECK int amc_accounts(struct amc *a, struct json **out, struct amc_result *res,
			    struct problem *p);
MUST_CHECK int amc_instances(struct amc *a, const struct amc_as *as, struct json **out,
			     struct amc_result *res, struct problem *p);
MUST_CHECK int amc_datasets(struct amc *a, const struct amc_as *as, const char *instance,
			    struct json **out, struct amc_result *res, struct problem *p);
/* The {"dataSet": …} object's inside, given. */
MUST_CHECK int amc_dataset(struct amc *a, const struct amc_as *as, const char *instance,
			   const char *dataset, struct json **out, struct amc_result *res,
			   struct problem *p);

struct amc_upload {
	const char *instance, *dataset;
	const char *strategy;
	const char *country; /* "" = left out */
	bool gzip;	     /* GZIP, else NONE */
	const char *bucket;
	const char *key;
	bool manifest; /* key names a manifest, not a file */
};

#define AMC_ID_CHARS 256

enum amc_phase { AMC_WORKING, AMC_SUCCEEDED, AMC_FAILED };

struct amc_status {
	char id[AMC_ID_CHARS];
	char status[64];      /* as AMC spelled it */
	enum amc_phase phase; /* SUCCESS, COMPLETED, SUCCEEDED; FAILED; the rest */
	char message[512];    /* "" = none */
	struct json *metrics; /* object or NULL; given, amc_status_fini() */
};
void amc_status_fini(struct amc_status *s);

/* Not idempotent: on RETRY_UNSURE look with amc_upload_find() first. */
MUST_CHECK int amc_upload_create(struct amc *a, const struct amc_as *as,
				 const struct amc_upload *u, struct amc_status *out,
				 struct amc_result *res, struct problem *p);
MUST_CHECK int amc_upload_get(struct amc *a, const struct amc_as *as,
			      const char *instance, const char *dataset,
			      const char *upload_id, struct amc_status *out,
			      struct amc_result *res, struct problem *p);
/* Looks for an upload with this bucket and key created at or after since_s, with a
 * quarter of an hour to spare, since clocks differ (keys are unique). 0 with out->id
 * set when found; -ERR_NOT_FOUND when the whole list holds none; -ERR_BAD_REPLY when
 * the list does not tell what its uploads were made of. */
MUST_CHECK int amc_upload_find(struct amc *a, const struct amc_as *as,
			       const struct amc_upload *u, int64_t since_s,
			       struct amc_status *out, struct amc_result *res,
			       struct problem *p);
