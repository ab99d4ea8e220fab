/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which call goes where and what its answer means to the caller. How a request is
 * made is amccall's, what stands in paths and bodies is amcwire's.
 */
#include "net/amc.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/timefmt.h"
#include "net/amccall.h"
#include "net/amcwire.h"

#define MAX_PATH 4096
#define MAX_BODY 65536
#define SKEW_S	 900 /* how far AMC's clock may be from ours */

int amc_new(struct amc **out, const struct amc_opts *o)
{
	struct amc *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->http = o->http;
	a->lwa = o->lwa;
	a->clock = o->clock;
	a->cancel = o->cancel;
	a->endpoint = o->endpoint;
	a->client_id = strdup(o->client_id);
	a->ads_account_id = strdup(o->ads_account_id ? o->ads_account_id : "");
	if (!a->client_id || !a->ads_account_id) {
		amc_free(a);
		return -ENOMEM;
	}
	*out = a;
	return 0;
}

void amc_free(struct amc *a)
{
	if (!a)
		return;
	free(a->client_id);
	free(a->ads_account_id);
	free(a);
}

void amc_status_fini(struct amc_status *s)
{
	json_free(s->metrics);
	s->metrics = NULL;
}

/* --- paths ------------------------------------------------------------------------ */

static int cannot_ask(struct amc_result *res, int err, const char *what,
		      struct problem *p)
{
	*res = (struct amc_result){.class = RETRY_PERMANENT, .retry_after_ms = -1};
	return problem_set(p, err,
			   "there is no valid request for %s: its name is empty, too "
			   "long or made of dots",
			   what);
}

/* --- lists ------------------------------------------------------------------------ */

static int keep_item(void *ctx, const struct json *item)
{
	json_push(ctx, json_copy(item));
	return 0;
}

static int list_into(struct amc *a, const struct amccall *c, const char *key,
		     struct json **out, struct amc_result *res, struct problem *p)
{
	struct json *all = json_array();
	struct amccall_list l = {.key = key, .fn = keep_item, .ctx = all};
	int r = amccall_list(a, c, &l, res, p);

	if (r != 0) {
		json_free(all);
		return r;
	}
	*out = all;
	return 0;
}

int amc_accounts(struct amc *a, struct json **out, struct amc_result *res,
		 struct problem *p)
{
	struct amccall c = {
		.method = "GET", .path = "/amc/accounts", .what = "the list of accounts"};

	return list_into(a, &c, "amcAccounts", out, res, p);
}

int amc_instances(struct amc *a, const struct amc_as *as, struct json **out,
		  struct amc_result *res, struct problem *p)
{
	struct amccall c = {.method = "GET",
			    .path = "/amc/instances?limit=100",
			    .as = as,
			    .what = "the list of instances"};

	return list_into(a, &c, "instances", out, res, p);
}

int amc_datasets(struct amc *a, const struct amc_as *as, const char *instance,
		 struct json **out, struct amc_result *res, struct problem *p)
{
	_cleanup_buf_ struct buf path = BUF_INIT(MAX_PATH);
	struct amccall c = {.method = "POST", .as = as, .what = "the list of data sets"};
	int r = amcwire_path(&path, instance, "dataSets", "list", NULL);

	if (r == 0)
		r = buf_adds(&path, "?maxResults=100");
	c.path = r == 0 ? buf_str(&path) : NULL;
	if (!c.path)
		return cannot_ask(res, r < 0 ? r : -ENOMEM, c.what, p);
	return list_into(a, &c, "dataSets", out, res, p);
}

int amc_dataset(struct amc *a, const struct amc_as *as, const char *instance,
		const char *dataset, struct json **out, struct amc_result *res,
		struct problem *p)
{
	_cleanup_buf_ struct buf path = BUF_INIT(MAX_PATH);
	_cleanup_buf_ struct buf what = BUF_INIT(1024);
	struct amccall c = {.method = "GET", .as = as};
	struct json *answer = NULL;
	int r = amcwire_path(&path, instance, "dataSets", dataset, NULL);

	if (r == 0)
		r = buf_addf(&what, "data set %s", dataset);
	c.what = r == 0 ? buf_str(&what) : NULL;
	c.path = r == 0 ? buf_str(&path) : NULL;
	if (!c.path || !c.what)
		return cannot_ask(res, r < 0 ? r : -ENOMEM, "a data set", p);
	r = amccall_run(a, &c, &answer, res, p);
	if (r < 0)
		return r;
	if (json_is_object(json_get(answer, "dataSet")))
		*out = json_copy(json_get(answer, "dataSet"));
	else if (*json_str(answer, "dataSetId"))
		*out = json_copy(answer);
	else
		r = amccall_bad_reply(&c, "it holds no data set", res, p);
	json_free(answer);
	return r;
}

/* --- uploads ---------------------------------------------------------------------- */

static int upload_what(const struct amc_upload *u, struct buf *out)
{
	return buf_addf(out, "the upload to data set %s of instance %s", u->dataset,
			u->instance);
}

int amc_upload_create(struct amc *a, const struct amc_as *as, const struct amc_upload *u,
		      struct amc_status *out, struct amc_result *res, struct problem *p)
{
	_cleanup_buf_ struct buf path = BUF_INIT(MAX_PATH);
	_cleanup_buf_ struct buf body = BUF_INIT(MAX_BODY);
	_cleanup_buf_ struct buf what = BUF_INIT(1024);
	struct amccall c = {.method = "POST", .as = as, .once = true};
	struct json *answer = NULL;
	int r = amcwire_path(&path, u->instance, "uploads", u->dataset, NULL);

	if (r == 0)
		r = amcwire_upload_body(u, &body);
	if (r == 0)
		r = upload_what(u, &what);
	c.path = r == 0 ? buf_str(&path) : NULL;
	c.what = r == 0 ? buf_str(&what) : NULL;
	if (!c.path || !c.what)
		return cannot_ask(res, r < 0 ? r : -ENOMEM, "an upload", p);
	c.body = body.p;
	c.body_n = body.n;
	r = amccall_run(a, &c, &answer, res, p);
	if (r == 0 && !amcwire_read_status(answer, "", out))
		r = amccall_bad_reply(&c, "it holds no uploadId", res, p);
	json_free(answer);
	return r;
}

/* The inside of {"upload": ...}, given. */
static int upload_object(struct amc *a, const struct amc_as *as, const char *instance,
			 const char *dataset, const char *id, struct json **out,
			 struct amc_result *res, struct problem *p)
{
	_cleanup_buf_ struct buf path = BUF_INIT(MAX_PATH);
	struct amccall c = {.method = "GET", .as = as, .what = "the state of an upload"};
	struct json *answer = NULL;
	struct json *inside;
	int r = amcwire_path(&path, instance, "uploads", dataset, id);

	c.path = r == 0 ? buf_str(&path) : NULL;
	if (!c.path)
		return cannot_ask(res, r < 0 ? r : -ENOMEM, c.what, p);
	r = amccall_run(a, &c, &answer, res, p);
	if (r < 0)
		return r;
	inside = json_get(answer, "upload");
	if (!inside && *json_str(answer, "status"))
		inside = answer;
	if (json_is_object(inside))
		*out = json_copy(inside);
	else
		r = amccall_bad_reply(&c, "it holds no upload", res, p);
	json_free(answer);
	return r;
}

int amc_upload_get(struct amc *a, const struct amc_as *as, const char *instance,
		   const char *dataset, const char *upload_id, struct amc_status *out,
		   struct amc_result *res, struct problem *p)
{
	struct json *j = NULL;
	int r = upload_object(a, as, instance, dataset, upload_id, &j, res, p);

	if (r < 0)
		return r;
	if (!amcwire_read_status(j, upload_id, out)) {
		res->class = RETRY_PERMANENT;
		r = problem_set(p, -EINVAL, "the id of an upload is empty or too long");
	}
	json_free(j);
	return r;
}

/* --- looking for an upload whose answer was lost ---------------------------------- */

#define MAX_DOUBTS 64
#define FOUND	   1

struct search {
	const struct amc_upload *u;
	int64_t since_s;
	struct amc_status *out;
	struct json *doubts; /* ids of uploads that do not name their object */
	bool unusable;	     /* one without an id among them, or an id too long */
};

enum match { MATCH_NO, MATCH_YES, MATCH_DOUBT };

static enum match matches(const struct search *s, const struct json *item)
{
	const struct json *source = json_get(item, "dataSource");
	const char *dataset = json_str(item, "dataSetId");
	int64_t created;

	if (*dataset && strcmp(dataset, s->u->dataset) != 0)
		return MATCH_NO;
	if (timefmt_parse_rfc3339(json_str(item, "createdAt"), &created) == 0 &&
	    created < s->since_s - SKEW_S)
		return MATCH_NO;
	if (!json_is_object(source))
		return MATCH_DOUBT;
	return strcmp(json_str(source, "sourceS3Bucket"), s->u->bucket) == 0 &&
			       strcmp(json_str(source, amcwire_key_member(s->u)),
				      s->u->key) == 0
		       ? MATCH_YES
		       : MATCH_NO;
}

static int search_item(void *ctx, const struct json *item)
{
	struct search *s = ctx;
	const char *id = json_str(item, "uploadId");

	switch (matches(s, item)) {
	case MATCH_YES:
		if (amcwire_read_status(item, "", s->out))
			return FOUND;
		s->unusable = true;
		return 0;
	case MATCH_DOUBT:
		if (!*id || json_count(s->doubts) == MAX_DOUBTS)
			s->unusable = true;
		else
			json_push(s->doubts, json_string(id));
		return 0;
	case MATCH_NO:
	default:
		return 0;
	}
}

/* Asks for each upload by itself, where the list did not say enough. */
static int search_doubts(struct amc *a, const struct amc_as *as, struct search *s,
			 struct amc_result *res, struct problem *p)
{
	for (size_t i = 0; i < json_count(s->doubts); i++) {
		const char *id = json_text(json_at(s->doubts, i));
		struct json *j = NULL;
		enum match m;
		int r = upload_object(a, as, s->u->instance, s->u->dataset, id, &j, res,
				      p);

		if (r < 0)
			return r;
		m = matches(s, j);
		if (m == MATCH_YES && !amcwire_read_status(j, id, s->out))
			m = MATCH_DOUBT;
		json_free(j);
		if (m == MATCH_YES)
			return FOUND;
		if (m == MATCH_DOUBT)
			s->unusable = true;
	}
	return 0;
}

static int search_path(const struct search *s, bool by_time, struct buf *out)
{
	char since[TIMEFMT_RFC3339];
	int r = amcwire_path(out, s->u->instance, "uploads", "list", NULL);

	if (r == 0)
		r = buf_adds(out, "?maxResults=100&dataSetId=");
	if (r == 0)
		r = url_encode(slice_str(s->u->dataset), false, out);
	if (r < 0 || !by_time)
		return r;
	r = buf_adds(out, "&createdAtComparator=GTE&createdAt=");
	if (r == 0)
		r = url_encode(slice_str(timefmt_rfc3339(s->since_s - SKEW_S, since)),
			       false, out);
	return r;
}

static int search_list(struct amc *a, struct amccall *c, struct search *s, bool by_time,
		       struct amc_result *res, struct problem *p)
{
	_cleanup_buf_ struct buf path = BUF_INIT(MAX_PATH);
	struct amccall_list l = {
		.key = "uploads", .key_needed = true, .fn = search_item, .ctx = s};
	int r = search_path(s, by_time, &path);

	c->path = r == 0 ? buf_str(&path) : NULL;
	if (!c->path)
		return cannot_ask(res, r < 0 ? r : -ENOMEM, c->what, p);
	return amccall_list(a, c, &l, res, p);
}

/* The filter by time only saves pages; how AMC wants the time is documented
 * nowhere, so a refusal of it must not end the search. */
static int search_run(struct amc *a, const struct amc_as *as, struct search *s,
		      struct amc_result *res, struct problem *p)
{
	struct amccall c = {.method = "POST", .as = as, .what = "the list of uploads"};
	struct problem first = {0};
	int r = search_list(a, &c, s, true, res, &first);

	if (r < 0 && res->status == 400)
		r = search_list(a, &c, s, false, res, p);
	else if (r < 0)
		return problem_set(p, r, "%s", problem_text(&first));
	if (r == 0)
		r = search_doubts(a, as, s, res, p);
	if (r != 0)
		return r;
	if (s->unusable)
		return amccall_bad_reply(
			&c, "it does not say what each upload was made of", res, p);
	res->class = RETRY_PERMANENT;
	return problem_set(p, -ERR_NOT_FOUND,
			   "AMC has no upload to data set %s of object %s in bucket %s",
			   s->u->dataset, s->u->key, s->u->bucket);
}

int amc_upload_find(struct amc *a, const struct amc_as *as, const struct amc_upload *u,
		    int64_t since_s, struct amc_status *out, struct amc_result *res,
		    struct problem *p)
{
	struct search s = {
		.u = u, .since_s = since_s, .out = out, .doubts = json_array()};
	int r = search_run(a, as, &s, res, p);

	json_free(s.doubts);
	if (r != FOUND)
		return r;
	res->class = RETRY_DONE;
	return 0;
}
