/* SPDX-License-Identifier: Apache-2.0 */
#include "emunet.h"

#define HEADER "email,first_name\n"

static struct amc_upload upload_of(struct emunet *e, const char *key)
{
	return (struct amc_upload){.instance = e->instance,
				   .dataset = "customers",
				   .strategy = "ADDITIVE",
				   .country = "",
				   .gzip = true,
				   .bucket = e->bucket,
				   .key = key};
}

static int64_t now_s(void)
{
	return clock_wall_ms(&clock_real) / 1000;
}

static size_t tokens_asked(struct emunet *e)
{
	return emunet_requests(e, "service=lwa");
}

/* --- lists -------------------------------------------------------------------------- */

static bool has(const struct json *arr, const char *name, const char *value)
{
	for (size_t i = 0; i < json_count(arr); i++)
		if (strcmp(json_str(json_at(arr, i), name), value) == 0)
			return true;
	return false;
}

static void check_lists(struct emunet *e)
{
	struct amc_result res;
	struct problem p = {0};
	struct json *j = NULL;

	CHECK_INT(amc_accounts(e->amc, &j, &res, &p), 0);
	CHECK_INT(json_count(j), 2);
	CHECK(has(j, "accountId", "ENTITYDEMO1") && has(j, "accountId", "ENTITYDEMO2"));
	json_free(j);
	CHECK_INT(amc_instances(e->amc, &e->as, &j, &res, &p), 0);
	CHECK(has(j, "instanceId", e->instance));
	json_free(j);
	CHECK_INT(amc_datasets(e->amc, &e->as, e->instance, &j, &res, &p), 0);
	CHECK(json_count(j) == 2 && has(j, "dataSetId", "customers") &&
	      has(j, "dataSetId", "orders"));
	json_free(j);
	CHECK_INT(res.class, RETRY_DONE);
}

TEST(lists_in_every_spelling)
{
	static const char *const ends[] = {"null", "absent", "empty"};
	struct emunet e;

	emunet_init(&e);
	check_lists(&e);
	for (size_t i = 0; i < 3; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(256);

		CHECK_INT(buf_addf(&b,
				   "{\"next_token_end\":\"%s\",\"page_cap\":1,"
				   "\"empty_page\":true,\"octet_stream\":true}",
				   ends[i]),
			  0);
		emunet_config(&e, buf_str(&b));
		json_free(emunet_control(&e, "DELETE", "/requests", NULL));
		check_lists(&e);
		/* an empty page, then one data set a page */
		CHECK_INT(emunet_requests(&e, "service=amc&path=dataSets/list"), 3);
	}
	emunet_config(&e, "{\"next_token_end\":\"null\",\"page_cap\":0,"
			  "\"empty_page\":false,\"octet_stream\":false}");
	emunet_fini(&e);
}

static void datasets_fail(struct emunet *e, const char *rule, int err,
			  enum retry_class class, const char *word)
{
	struct amc_result res;
	struct problem p = {0};
	struct json *j = NULL;

	emunet_fault(e, rule);
	CHECK_INT(amc_datasets(e->amc, &e->as, e->instance, &j, &res, &p), -err);
	CHECK_INT(res.class, class);
	CHECK(j == NULL);
	if (!strstr(p.note, word))
		CHECK_STR(p.note, word);
	json_free(emunet_control(e, "DELETE", "/faults", NULL));
}

TEST(lists_that_make_no_sense)
{
	struct emunet e;

	emunet_init(&e);
	datasets_fail(&e,
		      "{\"service\":\"amc\",\"count\":0,\"status\":200,\"body_json\":"
		      "{\"dataSets\":[],\"nextToken\":\"again\"}}",
		      ERR_BAD_REPLY, RETRY_TEMPORARY, "no end");
	/* the first page and the one that "again" led to */
	CHECK_INT(emunet_requests(&e, "service=amc"), 2);
	datasets_fail(&e, "{\"service\":\"amc\",\"status\":200,\"body\":\"[]\"}",
		      ERR_BAD_REPLY, RETRY_TEMPORARY, "not a JSON object");
	datasets_fail(&e, "{\"service\":\"amc\",\"status\":200,\"html\":true}",
		      ERR_BAD_REPLY, RETRY_TEMPORARY, "not JSON");
	datasets_fail(
		&e, "{\"service\":\"amc\",\"status\":200,\"body_json\":{\"dataSets\":5}}",
		ERR_BAD_REPLY, RETRY_TEMPORARY, "no list");
	datasets_fail(&e,
		      "{\"service\":\"amc\",\"status\":200,\"body_json\":"
		      "{\"dataSets\":[],\"nextToken\":7}}",
		      ERR_BAD_REPLY, RETRY_TEMPORARY, "nextToken");
	datasets_fail(&e,
		      "{\"service\":\"amc\",\"status\":200,\"body\":\" \","
		      "\"body_size\":9000000}",
		      ERR_BAD_REPLY, RETRY_TEMPORARY, "too long");
	emunet_fini(&e);
}

TEST(refusals_are_told)
{
	struct emunet e;

	emunet_init(&e);
	datasets_fail(&e,
		      "{\"service\":\"amc\",\"status\":400,\"body_json\":"
		      "{\"code\":\"X\",\"errors\":[\"maxResults is bad\"]}}",
		      ERR_AMC_REFUSED, RETRY_PERMANENT,
		      "AMC refused the list of data sets: maxResults is bad (HTTP status "
		      "400)");
	datasets_fail(&e, "{\"service\":\"amc\",\"status\":403,\"body\":\"\"}",
		      ERR_AMC_REFUSED, RETRY_PERMANENT,
		      "check account_id, marketplace_id");
	datasets_fail(&e, "{\"service\":\"amc\",\"status\":404,\"body\":\"\"}",
		      ERR_NOT_FOUND, RETRY_PERMANENT, "HTTP status 404");
	datasets_fail(&e, "{\"service\":\"amc\",\"status\":500,\"html\":true}",
		      ERR_REMOTE, RETRY_TEMPORARY, "later");
	datasets_fail(&e, "{\"service\":\"amc\",\"status\":302,\"body\":\"\"}",
		      ERR_AMC_REFUSED, RETRY_PERMANENT, "302");
	emunet_fini(&e);
}

TEST(throttled)
{
	struct emunet e;
	struct amc_result res;
	struct problem p = {0};
	struct json *j = NULL;

	emunet_init(&e);
	emunet_fault(&e, "{\"service\":\"amc\",\"status\":429,\"headers\":"
			 "{\"Retry-After\":\"7\"},\"body\":\"\"}");
	CHECK_INT(amc_accounts(e.amc, &j, &res, &p), -ERR_THROTTLED);
	CHECK_INT(res.class, RETRY_TEMPORARY);
	CHECK_INT(res.status, 429);
	CHECK_INT(res.retry_after_ms, 7000);
	problem_clear(&p);
	emunet_fault(&e, "{\"service\":\"amc\",\"status\":429,\"html\":true}");
	CHECK_INT(amc_accounts(e.amc, &j, &res, &p), -ERR_THROTTLED);
	CHECK_INT(res.retry_after_ms, -1);
	emunet_fini(&e);
}

TEST(an_expired_token_is_renewed_once)
{
	struct emunet e;
	struct amc_result res;
	struct problem p = {0};
	struct json *j = NULL;

	emunet_init(&e);
	CHECK_INT(amc_accounts(e.amc, &j, &res, &p), 0);
	json_free(j);
	json_free(emunet_control(&e, "POST", "/tokens", "{\"expire\":true}"));
	CHECK_INT(amc_accounts(e.amc, &j, &res, &p), 0);
	json_free(j);
	CHECK_INT(tokens_asked(&e), 2);
	CHECK_INT(emunet_requests(&e, "service=amc"), 3);
	/* one that is refused although it is fresh */
	j = NULL;
	emunet_fault(&e, "{\"service\":\"amc\",\"status\":401,\"count\":2,\"body_json\":"
			 "{\"message\":\"terms not accepted\"}}");
	CHECK_INT(amc_accounts(e.amc, &j, &res, &p), -ERR_AUTH);
	CHECK_INT(res.class, RETRY_PERMANENT);
	CHECK(strstr(p.note, "terms not accepted") != NULL);
	CHECK_INT(emunet_requests(&e, "service=amc"), 5);
	emunet_fini(&e);
}

TEST(ads_account_id_is_sent_when_set)
{
	struct amc_opts o = {.clock = &clock_real,
			     .ads_account_id = "amzn1.ads-account.g.1"};
	struct emunet e;
	struct amc *with = NULL;
	struct amc_result res;
	struct problem p = {0};
	struct json *j = NULL;

	emunet_init(&e);
	emunet_config(&e, "{\"need_ads_account_id\":true}");
	CHECK_INT(amc_instances(e.amc, &e.as, &j, &res, &p), -ERR_AMC_REFUSED);
	CHECK_INT(res.status, 403);
	o.http = e.http;
	o.lwa = e.lwa;
	o.endpoint = emunet_url("EMU_AMC");
	o.client_id = emunet_env("EMU_CLIENT_ID");
	CHECK_INT(amc_new(&with, &o), 0);
	problem_clear(&p);
	CHECK_INT(amc_instances(with, &e.as, &j, &res, &p), 0);
	json_free(j);
	amc_free(with);
	emunet_config(&e, "{\"need_ads_account_id\":false}");
	emunet_fini(&e);
}

TEST(one_data_set)
{
	struct emunet e;
	struct amc_result res;
	struct problem p = {0};
	struct json *j = NULL;

	emunet_init(&e);
	CHECK_INT(amc_dataset(e.amc, &e.as, e.instance, "customers", &j, &res, &p), 0);
	CHECK_STR(json_str(j, "dataSetId"), "customers");
	CHECK(json_count(json_get(j, "columns")) > 0);
	json_free(j);
	j = NULL;
	CHECK_INT(amc_dataset(e.amc, &e.as, e.instance, "nothing", &j, &res, &p),
		  -ERR_NOT_FOUND);
	CHECK(strstr(p.note, "data set nothing") != NULL);
	problem_clear(&p);
	json_free(emunet_control(&e, "DELETE", "/requests", NULL));
	CHECK_INT(amc_dataset(e.amc, &e.as, e.instance, "..", &j, &res, &p), -EINVAL);
	CHECK_INT(amc_dataset(e.amc, &e.as, e.instance, "", &j, &res, &p), -EINVAL);
	CHECK_INT(emunet_requests(&e, "service=amc"), 0);
	CHECK(j == NULL);
	emunet_fini(&e);
}

/* --- uploads ------------------------------------------------------------------------ */

static void stage(struct emunet *e, const char *key)
{
	struct s3_place at = {.bucket = e->bucket, .key = key};
	struct s3_result res;
	struct problem p = {0};
	char etag[S3_ETAG_CHARS];

	CHECK_INT(s3_put(e->s3, &at, HEADER, strlen(HEADER), "instanceId=amcdemo1", etag,
			 &res, &p),
		  0);
}

static size_t uploads_of(struct emunet *e, const char *key)
{
	struct json *state = emunet_control(e, "GET", "/state", NULL);
	const struct json *all = json_get(state, "uploads");
	size_t n = 0;

	for (size_t i = 0; i < json_count(all); i++)
		n += strcmp(json_str(json_get(json_at(all, i), "dataSource"),
				     "sourceFileS3Key"),
			    key) == 0;
	json_free(state);
	return n;
}

TEST(create_and_follow)
{
	struct emunet e;
	struct amc_upload u;
	struct amc_status s, got;
	struct amc_result res;
	struct problem p = {0};

	emunet_init(&e);
	stage(&e, "create");
	u = upload_of(&e, "create");
	u.gzip = false;
	u.country = "US";
	CHECK_INT(amc_upload_create(e.amc, &e.as, &u, &s, &res, &p), 0);
	CHECK(s.id[0] != 0);
	CHECK_INT(s.phase, AMC_WORKING);
	CHECK_STR(s.status, "SUBMITTED");
	CHECK_INT(uploads_of(&e, "create"), 1);
	json_free(emunet_control(&e, "GET", "/wait?for=uploads&timeout=20", NULL));
	CHECK_INT(amc_upload_get(e.amc, &e.as, u.instance, u.dataset, s.id, &got, &res,
				 &p),
		  0);
	CHECK_STR(got.id, s.id);
	CHECK(got.phase != AMC_WORKING);
	amc_status_fini(&got);
	CHECK_INT(amc_upload_get(e.amc, &e.as, u.instance, u.dataset, "no-such", &got,
				 &res, &p),
		  -ERR_NOT_FOUND);
	amc_status_fini(&s);
	emunet_fini(&e);
}

/* The body byte for byte, since defaults on the other side are not ours. */
TEST(what_is_sent)
{
	struct emunet e;
	struct amc_upload u;
	struct amc_status s;
	struct amc_result res;
	struct problem p = {0};
	struct json *log, *one;

	emunet_init(&e);
	u = upload_of(&e, "a \"key\"/é");
	u.country = "DE";
	u.manifest = true;
	CHECK_INT(amc_upload_create(e.amc, &e.as, &u, &s, &res, &p), 0);
	amc_status_fini(&s);
	log = emunet_control(&e, "GET", "/requests?service=amc", NULL);
	CHECK_INT(json_count(json_get(log, "requests")), 1);
	one = json_at(json_get(log, "requests"), 0);
	CHECK_STR(json_str(one, "path"),
		  "/amc/advertiserData/amcdemo1/uploads/customers");
	CHECK_STR(
		json_str(one, "body"),
		"{\"updateStrategy\":\"ADDITIVE\",\"compressionFormat\":\"GZIP\","
		"\"countryCode\":\"DE\",\"dataSource\":{\"sourceS3Bucket\":\"demo-staging\","
		"\"sourceManifestS3Key\":\"a \\\"key\\\"/é\"},\"fileFormat\":"
		"{\"csvDataFormat\":{\"fieldDelimiter\":\",\",\"recordDelimiter\":\"\\n\","
		"\"quoteCharacter\":\"\\\"\",\"quoteEscapeCharacter\":\"\\\"\"}}}");
	json_free(log);
	emunet_fini(&e);
}

TEST(lost_answer_is_found)
{
	struct emunet e;
	struct amc_upload u;
	struct amc_status s = {0};
	struct amc_result res;
	struct problem p = {0};
	int64_t before = now_s();

	emunet_init(&e);
	stage(&e, "lost");
	u = upload_of(&e, "lost");
	CHECK_INT(amc_upload_find(e.amc, &e.as, &u, before, &s, &res, &p),
		  -ERR_NOT_FOUND);
	problem_clear(&p);
	emunet_fault(&e, "{\"service\":\"amc\",\"method\":\"POST\",\"path\":"
			 "\"uploads/customers\",\"cut\":\"after\",\"count\":0}");
	CHECK_INT(amc_upload_create(e.amc, &e.as, &u, &s, &res, &p), -ERR_LOST_ANSWER);
	CHECK_INT(res.class, RETRY_UNSURE);
	/* and it was not sent a second time behind our back */
	CHECK_INT(uploads_of(&e, "lost"), 1);
	problem_clear(&p);
	CHECK_INT(amc_upload_find(e.amc, &e.as, &u, before, &s, &res, &p), 0);
	CHECK(s.id[0] != 0);
	CHECK_INT(res.class, RETRY_DONE);
	amc_status_fini(&s);
	u.bucket = "other-bucket";
	CHECK_INT(amc_upload_find(e.amc, &e.as, &u, before, &s, &res, &p),
		  -ERR_NOT_FOUND);
	u = upload_of(&e, "lost");
	u.manifest = true;
	problem_clear(&p);
	CHECK_INT(amc_upload_find(e.amc, &e.as, &u, before, &s, &res, &p),
		  -ERR_NOT_FOUND);
	u.manifest = false;
	problem_clear(&p);
	/* created long before what we look for */
	CHECK_INT(amc_upload_find(e.amc, &e.as, &u, before + 3600, &s, &res, &p),
		  -ERR_NOT_FOUND);
	emunet_fini(&e);
}

static void create_fails(struct emunet *e, const char *rule, int err,
			 enum retry_class class)
{
	struct amc_upload u = upload_of(e, "unsure");
	struct amc_status s = {0};
	struct amc_result res;
	struct problem p = {0};

	emunet_fault(e, rule);
	CHECK_INT(amc_upload_create(e->amc, &e->as, &u, &s, &res, &p), -err);
	CHECK_INT(res.class, class);
	CHECK(p.note[0] != 0);
	json_free(emunet_control(e, "DELETE", "/faults", NULL));
}

TEST(what_is_unsure_after_a_create)
{
	struct emunet e;

	emunet_init(&e);
	create_fails(&e, "{\"service\":\"amc\",\"status\":503,\"body\":\"\"}", ERR_REMOTE,
		     RETRY_UNSURE);
	create_fails(&e, "{\"service\":\"amc\",\"status\":504,\"html\":true}", ERR_REMOTE,
		     RETRY_UNSURE);
	create_fails(&e, "{\"service\":\"amc\",\"status\":200,\"body\":\"{}\"}",
		     ERR_BAD_REPLY, RETRY_UNSURE);
	create_fails(&e, "{\"service\":\"amc\",\"status\":200,\"html\":true}",
		     ERR_BAD_REPLY, RETRY_UNSURE);
	create_fails(&e, "{\"service\":\"amc\",\"status\":429,\"body\":\"\"}",
		     ERR_THROTTLED, RETRY_TEMPORARY);
	create_fails(&e, "{\"service\":\"amc\",\"status\":400,\"body\":\"\"}",
		     ERR_AMC_REFUSED, RETRY_PERMANENT);
	create_fails(&e, "{\"service\":\"amc\",\"status\":404,\"body\":\"\"}",
		     ERR_AMC_REFUSED, RETRY_PERMANENT);
	create_fails(&e,
		     "{\"service\":\"amc\",\"cut\":\"answer\",\"cut_bytes\":20,"
		     "\"count\":9}",
		     ERR_LOST_ANSWER, RETRY_UNSURE);
	/* no token, no request: nothing is unsure */
	lwa_free(e.lwa);
	e.lwa = NULL;
	emunet_new_lwa(&e, emunet_env("EMU_CLIENT_ID"), emunet_env("EMU_CLIENT_SECRET"),
		       emunet_env("EMU_REFRESH_TOKEN"));
	emunet_new_amc(&e);
	create_fails(&e, "{\"service\":\"lwa\",\"status\":500,\"body\":\"\"}", ERR_REMOTE,
		     RETRY_TEMPORARY);
	create_fails(&e, "{\"service\":\"lwa\",\"cut\":\"before\",\"count\":9}",
		     ERR_UNREACHABLE, RETRY_TEMPORARY);
	emunet_fini(&e);
}

#define LIST \
	"{\"service\":\"amc\",\"path\":\"uploads/list\",\"status\":200,\"body_json\":"

static void find_gives(struct emunet *e, const char *rule, const char *second, int err,
		       const char *id)
{
	struct amc_upload u = upload_of(e, "k");
	struct amc_status s = {0};
	struct amc_result res;
	struct problem p = {0};

	emunet_fault(e, rule);
	if (second)
		emunet_fault(e, second);
	CHECK_INT(amc_upload_find(e->amc, &e->as, &u, 1000000, &s, &res, &p), -err);
	CHECK_STR(s.id, id);
	amc_status_fini(&s);
	json_free(emunet_control(e, "DELETE", "/faults", NULL));
}

/* A list that cannot be understood must not read as "not there". */
TEST(find_is_never_fooled)
{
	static const char detail[] =
		"{\"service\":\"amc\",\"path\":\"customers/u7\",\"status\":200,\"body_json\":"
		"{\"upload\":{\"uploadId\":\"u7\",\"status\":\"COMPLETED\",\"dataSource\":"
		"{\"sourceS3Bucket\":\"demo-staging\",\"sourceFileS3Key\":\"k\"}}}}";
	struct emunet e;

	emunet_init(&e);
	find_gives(&e, LIST "{}}", NULL, ERR_BAD_REPLY, "");
	find_gives(&e, LIST "{\"uploads\":null}}", NULL, ERR_BAD_REPLY, "");
	find_gives(&e, LIST "{\"uploads\":{}}}", NULL, ERR_BAD_REPLY, "");
	find_gives(&e, LIST "{\"uploads\":[]}}", NULL, ERR_NOT_FOUND, "");
	/* the list does not name the object: ask for the upload itself */
	find_gives(&e, LIST "{\"uploads\":[{\"uploadId\":\"u7\"}]}}", detail, 0, "u7");
	/* and when that does not tell either */
	find_gives(&e, LIST "{\"uploads\":[{\"uploadId\":\"u7\"}]}}",
		   "{\"service\":\"amc\",\"path\":\"customers/u7\",\"status\":200,"
		   "\"body_json\":{\"upload\":{\"uploadId\":\"u7\",\"status\":\"X\"}}}",
		   ERR_BAD_REPLY, "");
	find_gives(&e, LIST "{\"uploads\":[{\"status\":\"SUBMITTED\"}]}}", NULL,
		   ERR_BAD_REPLY, "");
	/* another data set's upload is no doubt */
	find_gives(&e, LIST "{\"uploads\":[{\"uploadId\":\"u7\",\"dataSetId\":\"x\"}]}}",
		   NULL, ERR_NOT_FOUND, "");
	/* the filter by time is not understood: without it */
	find_gives(
		&e,
		"{\"service\":\"amc\",\"path\":\"createdAt\",\"status\":400,\"body\":\"\"}",
		LIST "{\"uploads\":[{\"uploadId\":\"u8\",\"dataSource\":{"
		     "\"sourceS3Bucket\":\"demo-staging\",\"sourceFileS3Key\":\"k\"}}]}}",
		0, "u8");
	find_gives(&e, "{\"service\":\"amc\",\"status\":500,\"body\":\"\"}", NULL,
		   ERR_REMOTE, "");
	emunet_fini(&e);
}

TEST(statuses_in_both_spellings)
{
	static const struct {
		const char *status;
		enum amc_phase phase;
	} rows[] = {{"SUBMITTED", AMC_WORKING},	  {"PENDING", AMC_WORKING},
		    {"IN_PROGRESS", AMC_WORKING}, {"SUCCESS", AMC_SUCCEEDED},
		    {"COMPLETED", AMC_SUCCEEDED}, {"SUCCEEDED", AMC_SUCCEEDED},
		    {"FAILED", AMC_FAILED},	  {"NEW_AND_UNKNOWN", AMC_WORKING}};
	struct emunet e;

	emunet_init(&e);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(1024), m = BUF_INIT(1024);
		struct amc_status s;
		struct amc_result res;
		struct problem p = {0};

		CHECK_INT(buf_addf(&b,
				   "{\"service\":\"amc\",\"status\":200,\"body_json\":"
				   "{\"upload\":{\"status\":\"%s\",\"message\":\"a\\nb\","
				   "\"metrics\":{\"OutputRowCount\":1200.0}}}}",
				   rows[i].status),
			  0);
		emunet_fault(&e, buf_str(&b));
		CHECK_INT(amc_upload_get(e.amc, &e.as, e.instance, "customers", "u1", &s,
					 &res, &p),
			  0);
		CHECK_INT(s.phase, rows[i].phase);
		CHECK_STR(s.status, rows[i].status);
		CHECK_STR(s.id, "u1");
		CHECK_STR(s.message, "a b");
		CHECK_INT(json_write(s.metrics, false, &m), 0);
		CHECK_STR(buf_str(&m), "{\"OutputRowCount\":1200.0}");
		amc_status_fini(&s);
	}
	emunet_fini(&e);
}

TEST(cancelled)
{
	struct emunet e;
	struct amc_result res;
	struct problem p = {0};
	struct json *j = NULL;

	emunet_init(&e);
	atomic_store(&e.cancel, true);
	emunet_fault(&e, "{\"service\":\"amc\",\"delay_ms\":3000}");
	CHECK_INT(amc_accounts(e.amc, &j, &res, &p), -ERR_STOPPING);
	emunet_fini(&e);
}

int main(void)
{
	CHECK_INT(http_global_init(), 0);
	RUN(lists_in_every_spelling);
	RUN(lists_that_make_no_sense);
	RUN(refusals_are_told);
	RUN(throttled);
	RUN(an_expired_token_is_renewed_once);
	RUN(ads_account_id_is_sent_when_set);
	RUN(one_data_set);
	RUN(create_and_follow);
	RUN(what_is_sent);
	RUN(lost_answer_is_found);
	RUN(what_is_unsure_after_a_create);
	RUN(find_is_never_fooled);
	RUN(statuses_in_both_spellings);
	RUN(cancelled);
	http_global_fini();
	return CHECK_DONE();
}
