/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amccall - one exchange with AMC, and one list over all its pages
 *
 * Only amc.c includes this.
 *
 * Layer    net
 */
#pragma once

#include "net/amc.h"

struct amc {
	struct http_client *http;
	struct lwa *lwa;
	const struct clock *clock;
	const atomic_bool *cancel;
	struct url endpoint;
	char *client_id, *ads_account_id;
};

struct amccall {
	const char *method;
	const char *path;	 /* encoded, with the query */
	const struct amc_as *as; /* NULL: not on behalf of an account */
	const void *body;	 /* JSON, lent */
	size_t body_n;
	const char *what; /* "the upload to data set x", for sentences */
	bool once;	  /* not idempotent */
};

/* The answer's JSON object, given. A 401 gets a fresh token and one more try. */
MUST_CHECK int amccall_run(struct amc *a, const struct amccall *c, struct json **out,
			   struct amc_result *res, struct problem *p);

/* Called for each object of a list; a result other than 0 ends the list and
 * becomes the result of amccall_list(). */
typedef int amccall_item_fn(void *ctx, const struct json *item);

struct amccall_list {
	const char *key; /* the array's name in the answer */
	bool key_needed; /* an answer without it is none, rather than an empty list */
	amccall_item_fn *fn;
	void *ctx;
};

/* c->path has a query to which nextToken is added. */
MUST_CHECK int amccall_list(struct amc *a, const struct amccall *c,
			    const struct amccall_list *l, struct amc_result *res,
			    struct problem *p);

/* Fills p for an answer that makes no sense and res->class with what that means. */
int amccall_bad_reply(const struct amccall *c, const char *why, struct amc_result *res,
		      struct problem *p);
