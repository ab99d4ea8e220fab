/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog against an AMC of this file's own making: the functions of net/amc
 * are replaced, each answers from a table of question and answer.
 */
#include "job/catalog.h"

#include <pthread.h>

#include "sample.h"
#include "testclock.h"

#define T0 1767225600000

/* --- a made-up AMC ------------------------------------------------------- */

struct answer {
	const char *question;
	const char *text; /* NULL: err */
	int err, status;
};

struct amc {
	pthread_mutex_t lock;
	const struct answer *answers;
	char asked[2048];
};

static int reply(struct amc *a, const char *question, struct json **out,
		 struct amc_result *res, struct problem *p)
{
	const struct answer *an;
	size_t n;

	*res = (struct amc_result){.retry_after_ms = -1};
	pthread_mutex_lock(&a->lock);
	an = a->answers;
	n = strlen(a->asked);
	(void)snprintf(a->asked + n, sizeof(a->asked) - n, "%s;", question);
	pthread_mutex_unlock(&a->lock);
	while (an->question && strcmp(an->question, question) != 0)
		an++;
	if (!an->question)
		return problem_set(p, -ERR_NOT_FOUND, "nobody expected \"%s\"", question);
	res->status = an->status;
	if (!an->text)
		return problem_set(p, an->err, "%s failed", question);
	return json_parse(slice_str(an->text), out, p);
}

int amc_accounts(struct amc *a, struct json **out, struct amc_result *res,
		 struct problem *p)
{
	return reply(a, "accounts", out, res, p);
}

int amc_instances(struct amc *a, const struct amc_as *as, struct json **out,
		  struct amc_result *res, struct problem *p)
{
	char q[256];

	(void)snprintf(q, sizeof(q), "%s/%s", as->account_id, as->marketplace_id);
	return reply(a, q, out, res, p);
}

int amc_datasets(struct amc *a, const struct amc_as *as, const char *instance,
		 struct json **out, struct amc_result *res, struct problem *p)
{
	char q[256];

	(void)snprintf(q, sizeof(q), "%s/%s %s", as->account_id, as->marketplace_id,
		       instance);
	return reply(a, q, out, res, p);
}

int amc_dataset(struct amc *a, const struct amc_as *as, const char *instance,
		const char *dataset, struct json **out, struct amc_result *res,
		struct problem *p)
{
	char q[256];

	(void)snprintf(q, sizeof(q), "%s/%s %s %s", as->account_id, as->marketplace_id,
		       instance, dataset);
	return reply(a, q, out, res, p);
}

/* Linked, never called here: without them the real ones would come in. */
int amc_new(struct amc **out, const struct amc_opts *o)
{
	return -EINVAL;
}

void amc_free(struct amc *a)
{
}

void amc_status_fini(struct amc_status *s)
{
}

int amc_upload_create(struct amc *a, const struct amc_as *as, const struct amc_upload *u,
		      struct amc_status *out, struct amc_result *res, struct problem *p)
{
	return -EINVAL;
}

int amc_upload_get(struct amc *a, const struct amc_as *as, const char *instance,
		   const char *dataset, const char *upload_id, struct amc_status *out,
		   struct amc_result *res, struct problem *p)
{
	return -EINVAL;
}

int amc_upload_find(struct amc *a, const struct amc_as *as, const struct amc_upload *u,
		    int64_t since_s, struct amc_status *out, struct amc_result *res,
		    struct problem *p)
{
	return -EINVAL;
}

/* --- a catalog around it -------------------------------------------------- */

static char nothing[] = "";

struct rig {
	struct testclock tc;
	struct clock clock;
	struct amc amc;
	struct settings settings;
	struct settings_instance sections[4];
	struct store *store;
	struct health *health;
	struct catalog *c;
};

static void rig_open(struct rig *r, const char *dir, const struct answer *answers)
{
	bool damaged;

	memset(r, 0, sizeof(*r));
	r->tc = (struct testclock)TESTCLOCK_INIT(T0);
	r->clock = testclock_clock(&r->tc);
	pthread_mutex_init(&r->amc.lock, NULL);
	r->amc.answers = answers;
	r->settings.amc.account_id = nothing;
	r->settings.amc.marketplace_id = nothing;
	r->settings.instances = r->sections;
	r->settings.mount.refresh_ms = 3600 * 1000;
	CHECK_INT(store_open(&r->store, dir, 0, &damaged, NULL), 0);
	CHECK_INT(health_new(&r->health, &r->clock), 0);
}

static void rig_section(struct rig *r, const char *id, const char *account,
			const char *marketplace)
{
	struct settings_instance *in = &r->sections[r->settings.n_instances++];

	in->id = (char *)id;
	in->account_id = (char *)account;
	in->marketplace_id = (char *)marketplace;
	r->settings.only_listed = true;
}

static void rig_catalog(struct rig *r)
{
	const struct catalog_opts o = {&r->amc, r->store, r->health, &r->settings,
				       &r->clock};

	CHECK_INT(catalog_new(&r->c, &o, NULL), 0);
}

/* One reading, then the thread is stopped; what was logged is dropped. */
static int rig_read(struct rig *r, struct problem *p)
{
	struct sample_log log = sample_log_catch();
	char said[4096];
	int err;

	*p = (struct problem){0};
	if (!r->c)
		rig_catalog(r);
	r->amc.asked[0] = '\0';
	err = catalog_start(r->c, 60000, p);
	catalog_stop(r->c);
	sample_log_end(&log, said, sizeof(said));
	return err;
}

static void rig_close(struct rig *r)
{
	catalog_free(r->c);
	health_free(r->health);
	store_close(r->store);
	pthread_mutex_destroy(&r->amc.lock);
}

/* "amc1 E1/M1: a b!\n", a '!' behind a data set without a usable schema. */
static void check_tree(struct catalog *c, const char *want)
{
	const struct catalog_view *v = catalog_get(c);
	struct buf b = BUF_INIT(1 << 16);

	for (size_t i = 0; i < v->n_instances; i++) {
		const struct catalog_instance *in = &v->instances[i];

		CHECK_INT(buf_addf(&b, "%s %s/%s:", in->id, in->account_id,
				   in->marketplace_id),
			  0);
		CHECK(catalog_instance(v, in->id) == in);
		for (size_t k = 0; k < in->n_datasets; k++) {
			const struct catalog_dataset *d = &in->datasets[k];

			CHECK_INT(buf_addf(&b, " %s%s", d->id, d->schema ? "" : "!"), 0);
			CHECK(catalog_dataset(v, in->id, d->id) == d);
			CHECK_INT(d->problem.err != 0, d->schema == NULL);
		}
		CHECK_INT(buf_adds(&b, "\n"), 0);
	}
	CHECK(catalog_instance(v, "nowhere") == NULL);
	CHECK(catalog_dataset(v, "nowhere", "a") == NULL);
	CHECK_STR(buf_str(&b), want);
	buf_fini(&b);
	catalog_put(v);
}

#define COLUMNS	      "\"columns\":[{\"name\":\"c\",\"dataType\":\"STRING\"}]"
#define DS(id)	      "{\"dataSetId\":\"" id "\"," COLUMNS "}"
#define INST(id)      "{\"instanceId\":\"" id "\"}"
#define ACCOUNT(e, m) "{\"accountId\":\"" e "\",\"marketplaceId\":\"" m "\"}"

/* --- whose instance is it ------------------------------------------------ */

TEST(the_first_account_that_has_it_owns_it)
{
	static const struct answer answers[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0, 200},
		{"E1/M1", "[" INST("b") "," INST("a") "]", 0, 200},
		{"E2/M2", "[" INST("b") "," INST("c") "]", 0, 200},
		{"E1/M1 a", "[" DS("y") "," DS("x") "]", 0, 200},
		{"E1/M1 b", "[]", 0, 200},
		{"E2/M2 c", "[{\"dataSetId\":\"bare\",\"columns\":[]}]", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;
	struct health_state h;

	rig_open(&r, dir, answers);
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E1/M1: x y\nb E1/M1:\nc E2/M2: bare!\n");
	CHECK_STR(r.amc.asked, "accounts;E1/M1;E1/M1 b;E1/M1 a;E2/M2;E2/M2 c;");
	health_read(r.health, HEALTH_AMC, &h);
	CHECK_INT(h.good, 6);
	CHECK_INT(h.bad, 0);
	rig_close(&r);
}

/* Both ids set: the list of accounts, which a login may be denied, is not asked. */
TEST(a_configured_account_is_enough)
{
	static const struct answer answers[] = {{"E9/M9", "[" INST("a") "]", 0, 200},
						{"E9/M9 a", "[" DS("x") "]", 0, 200},
						{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;

	rig_open(&r, dir, answers);
	r.settings.amc.account_id = (char *)"E9";
	r.settings.amc.marketplace_id = (char *)"M9";
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E9/M9: x\n");
	CHECK_STR(r.amc.asked, "E9/M9;E9/M9 a;");
	rig_close(&r);
}

TEST(a_configured_accounts_marketplace_is_found)
{
	static const struct answer answers[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0, 200},
		{"E2/M2", "[" INST("a") "]", 0, 200},
		{"E2/M2 a", "[]", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;

	rig_open(&r, dir, answers);
	r.settings.amc.account_id = (char *)"E2";
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E2/M2:\n");
	r.settings.amc.account_id = (char *)"E3";
	CHECK_INT(rig_read(&r, &p), -ERR_NOT_FOUND);
	CHECK_STR(p.note,
		  "account_id E3 is not among the accounts that AMC names for this "
		  "login; mend it, or set marketplace_id as well");
	rig_close(&r);
}

TEST(sections_restrict_and_place)
{
	static const struct answer answers[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "]", 0, 200},
		{"E1/M1", "[" INST("a") "," INST("b") "," INST("c") "]", 0, 200},
		{"E7/M7", "[" INST("b") "," INST("c") "]", 0, 200},
		{"E1/M1 a", "[]", 0, 200},
		{"E7/M7 b", "[" DS("x") "]", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;

	rig_open(&r, dir, answers);
	rig_section(&r, "a", "", "");
	rig_section(&r, "b", "E7", "M7");
	rig_section(&r, "absent", "", "");
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E1/M1:\nb E7/M7: x\n");
	rig_close(&r);
}

/* --- hostile answers ------------------------------------------------------ */

TEST(names_that_are_no_names_are_left_out)
{
	static const struct answer answers[] = {
		{"accounts",
		 "[7,{},{\"accountId\":\"E1\\r\\nX: y\",\"marketplaceId\":\"M1\"},"
		 "{\"accountId\":\"E1\",\"marketplaceId\":\"../M\"}," ACCOUNT(
			 "E1", "M1") "," ACCOUNT("E1", "M1") "]",
		 0, 200},
		{"E1/M1",
		 "[null,7,\"a\"," INST("") "," INST(".") "," INST("..") "," INST("a/b") "," INST("a b") "," INST(
			 "a\\u0000b") "," INST("a\\nb") "," INST("ok-1._Z") "," INST("ok-1._Z") ",{\"instanceId\":\"dead\",\"creationStatus\":\"Failed\"},"
												"{\"instanceId\":\"young\",\"creationStatus\":\"IN_PROGRESS\"}]",
		 0, 200},
		{"E1/M1 ok-1._Z",
		 "[7," DS("../../etc") "," DS("x") "," DS("x") "," DS("\\u00e9") "]", 0,
		 200},
		{"E1/M1 young", "[]", 0, 200},
		{"E1/M1 a", "[]", 0, 200}, /* what a NUL would cut the name to */
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;

	rig_open(&r, dir, answers);
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E1/M1:\nok-1._Z E1/M1: x\nyoung E1/M1:\n");
	rig_close(&r);
}

TEST(left_out_names_are_told_once)
{
	static const struct answer answers[] = {{"accounts", "[" ACCOUNT("E1", "M1") "]",
						 0, 200},
						{"E1/M1", "[" INST("..") "]", 0, 200},
						{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct sample_log log;
	char said[1024];

	rig_open(&r, dir, answers);
	rig_catalog(&r);
	for (int i = 0; i < 2; i++) {
		log = sample_log_catch();
		CHECK_INT(catalog_start(r.c, 60000, NULL), 0);
		catalog_stop(r.c);
		sample_log_end(&log, said, sizeof(said));
		CHECK_INT(strstr(said, "instance=\"..\" left out") != NULL, i == 0);
	}
	rig_close(&r);
}

/* --- texts ---------------------------------------------------------------- */

TEST(definitions_are_as_amc_gave_them)
{
	static const struct answer answers[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "]", 0, 200},
		{"E1/M1", "[{\"zone\":1,\"instanceId\":\"a\",\"new\":{\"thing\":[]}}]", 0,
		 200},
		{"E1/M1 a", "[{\"dataSetId\":\"lazy\"}]", 0, 200},
		{"E1/M1 a lazy",
		 "{\"dataSetId\":\"lazy\",\"unheardOf\":true," COLUMNS "}", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;
	const struct catalog_view *v;
	const struct catalog_dataset *d;

	rig_open(&r, dir, answers);
	CHECK_INT(rig_read(&r, &p), 0);
	v = catalog_get(r.c);
	CHECK_INT(v->read_ms, T0);
	CHECK_STR(v->instances[0].text, "{\n"
					"  \"instance\": {\n"
					"    \"zone\": 1,\n"
					"    \"instanceId\": \"a\",\n"
					"    \"new\": {\n"
					"      \"thing\": []\n"
					"    }\n"
					"  }\n"
					"}\n");
	d = catalog_dataset(v, "a", "lazy");
	CHECK(d && d->schema);
	CHECK_INT(d->schema->n, 1);
	CHECK_STR(d->definition, "{\n"
				 "  \"dataSet\": {\n"
				 "    \"dataSetId\": \"lazy\",\n"
				 "    \"unheardOf\": true,\n"
				 "    \"columns\": [\n"
				 "      {\n"
				 "        \"name\": \"c\",\n"
				 "        \"dataType\": \"STRING\"\n"
				 "      }\n"
				 "    ]\n"
				 "  }\n"
				 "}\n");
	catalog_put(v);
	rig_close(&r);
}

/* --- failures ------------------------------------------------------------- */

static const struct answer all_well[] = {
	{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0, 200},
	{"E1/M1", "[" INST("a") "," INST("b") "]", 0, 200},
	{"E2/M2", "[" INST("c") "]", 0, 200},
	{"E1/M1 a", "[" DS("x") "]", 0, 200},
	{"E1/M1 b", "[" DS("y") "]", 0, 200},
	{"E2/M2 c", "[" DS("z") "]", 0, 200},
	{0}};
#define ALL_WELL "a E1/M1: x\nb E1/M1: y\nc E2/M2: z\n"

struct trouble {
	struct answer answers[8];
	int err;
	const char *asked, *tree;
	enum health_peer who;
};

/* After a good reading: what was not heard stays, and after a failure that would
 * meet every question no more are asked. */
TEST(what_is_not_heard_stays)
{
	static const struct trouble table[] = {
		{{{"accounts", NULL, -ERR_UNREACHABLE, 0}, {0}},
		 -ERR_UNREACHABLE,
		 "accounts;",
		 ALL_WELL,
		 HEALTH_AMC},
		{{{"accounts", NULL, -ERR_AUTH, 0}, {0}},
		 -ERR_AUTH,
		 "accounts;",
		 ALL_WELL,
		 HEALTH_LOGIN},
		{{{"accounts", NULL, -ERR_AUTH, 401}, {0}},
		 -ERR_AUTH,
		 "accounts;",
		 ALL_WELL,
		 HEALTH_AMC},
		/* an account that is closed to this login, another that is not */
		{{{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0,
		   200},
		  {"E1/M1", NULL, -ERR_AUTH, 403},
		  {"E2/M2", "[" INST("c") "]", 0, 200},
		  {"E2/M2 c", "[" DS("new") "]", 0, 200},
		  {0}},
		 -ERR_AUTH,
		 "accounts;E1/M1;E2/M2;E2/M2 c;",
		 "a E1/M1: x\nb E1/M1: y\nc E2/M2: new\n",
		 HEALTH_PEERS},
		/* one instance fails for itself */
		{{{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0,
		   200},
		  {"E1/M1", "[" INST("a") "," INST("b") "]", 0, 200},
		  {"E1/M1 a", NULL, -ERR_REMOTE, 500},
		  {"E1/M1 b", "[]", 0, 200},
		  {"E2/M2", "[]", 0, 200},
		  {0}},
		 -ERR_REMOTE,
		 "accounts;E1/M1;E1/M1 a;E1/M1 b;E2/M2;",
		 "a E1/M1: x\nb E1/M1:\n",
		 HEALTH_PEERS},
		/* the line goes dead in the middle */
		{{{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0,
		   200},
		  {"E1/M1", "[" INST("a") "," INST("b") "]", 0, 200},
		  {"E1/M1 a", NULL, -ERR_LOST_ANSWER, 0},
		  {0}},
		 -ERR_LOST_ANSWER,
		 "accounts;E1/M1;E1/M1 a;",
		 ALL_WELL,
		 HEALTH_AMC},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct trouble *t = &table[i];
		SAMPLE_DIR(dir);
		struct rig r;
		struct problem p;
		struct health_state h;

		rig_open(&r, dir, all_well);
		CHECK_INT(rig_read(&r, &p), 0);
		check_tree(r.c, ALL_WELL);
		r.amc.answers = t->answers;
		catalog_free(r.c); /* a start without AMC has the tree as well */
		r.c = NULL;
		testclock_advance(&r.tc, 60000);
		CHECK_INT(rig_read(&r, &p), t->err);
		CHECK_STR(r.amc.asked, t->asked);
		check_tree(r.c, t->tree);
		for (int w = 0; w < HEALTH_PEERS; w++) {
			health_read(r.health, (enum health_peer)w, &h);
			CHECK_INT(h.error[0] != '\0', w == (int)t->who);
		}
		rig_close(&r);
	}
}

TEST(the_stored_tree_keeps_its_time)
{
	static const struct answer dead[] = {{"accounts", NULL, -ERR_UNREACHABLE, 0},
					     {0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;
	const struct catalog_view *v;

	rig_open(&r, dir, all_well);
	rig_catalog(&r);
	v = catalog_get(r.c);
	CHECK_INT(v->n_instances, 0);
	CHECK_INT(v->read_ms, 0);
	catalog_put(v);
	CHECK_INT(rig_read(&r, &p), 0);
	catalog_free(r.c);
	r.c = NULL;
	r.amc.answers = dead;
	testclock_advance(&r.tc, 99000);
	rig_catalog(&r); /* no question asked yet */
	check_tree(r.c, ALL_WELL);
	CHECK_INT(rig_read(&r, &p), -ERR_UNREACHABLE);
	v = catalog_get(r.c);
	CHECK_INT(v->read_ms, T0);
	catalog_put(v);
	rig_close(&r);
}

TEST(a_stored_tree_of_nonsense_is_an_empty_tree)
{
	static const char *const texts[] = {"", "{", "7", "{\"instances\":7}",
					    "{\"instances\":[7,{\"instance\":{}}]}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		SAMPLE_DIR(dir);
		struct sample_log log = sample_log_catch();
		struct rig r;
		char said[1024];

		rig_open(&r, dir, all_well);
		CHECK_INT(store_note_put(r.store, "catalog", slice_str(texts[i]), NULL),
			  0);
		rig_catalog(&r);
		check_tree(r.c, "");
		rig_close(&r);
		sample_log_end(&log, said, sizeof(said));
	}
}

/* --- views and misses ------------------------------------------------------ */

TEST(a_view_outlives_its_successors)
{
	static const struct answer empty[] = {{"accounts", "[]", 0, 200}, {0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;
	const struct catalog_view *v;

	rig_open(&r, dir, all_well);
	CHECK_INT(rig_read(&r, &p), 0);
	v = catalog_get(r.c);
	r.amc.answers = empty;
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "");
	CHECK_STR(catalog_dataset(v, "a", "x")->id, "x");
	rig_close(&r);
	CHECK_STR(catalog_dataset(v, "a", "x")->id, "x");
	catalog_put(v);
}

/* The reading before was a moment ago, or there is no thread: no question, and no
 * waiting for an answer that will not come. */
TEST(a_miss_right_after_a_reading_asks_nothing)
{
	SAMPLE_DIR(dir);
	struct rig r;
	struct sample_log log;
	char said[1024];

	rig_open(&r, dir, all_well);
	rig_catalog(&r);
	catalog_miss(r.c, 3600 * 1000);
	CHECK_STR(r.amc.asked, "");
	log = sample_log_catch();
	CHECK_INT(catalog_start(r.c, 60000, NULL), 0);
	r.amc.asked[0] = '\0';
	catalog_miss(r.c, 3600 * 1000);
	CHECK_STR(r.amc.asked, "");
	catalog_stop(r.c);
	catalog_miss(r.c, 3600 * 1000);
	sample_log_end(&log, said, sizeof(said));
	rig_close(&r);
}

static void *miss(void *arg)
{
	catalog_miss(arg, 3600 * 1000);
	return NULL;
}

/* Two seconds later a miss asks anew, and those who miss together ask together. */
TEST(a_miss_asks_anew)
{
	static const struct answer more[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "]", 0, 200},
		{"E1/M1", "[" INST("a") "]", 0, 200},
		{"E1/M1 a", "[" DS("x") "," DS("fresh") "]", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct sample_log log;
	pthread_t t[4];
	char said[1024];

	rig_open(&r, dir, all_well);
	rig_catalog(&r);
	log = sample_log_catch();
	CHECK_INT(catalog_start(r.c, 60000, NULL), 0);
	pthread_mutex_lock(&r.amc.lock);
	r.amc.answers = more;
	r.amc.asked[0] = '\0';
	pthread_mutex_unlock(&r.amc.lock);
	testclock_advance(&r.tc, 1999);
	catalog_miss(r.c, 3600 * 1000);
	CHECK_STR(r.amc.asked, "");
	testclock_advance(&r.tc, 1);
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&t[i], NULL, miss, r.c), 0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_join(t[i], NULL), 0);
	check_tree(r.c, "a E1/M1: fresh x\n");
	CHECK_STR(r.amc.asked, "accounts;E1/M1;E1/M1 a;");
	catalog_stop(r.c);
	sample_log_end(&log, said, sizeof(said));
	rig_close(&r);
}

/* While AMC does not answer, nobody is made to wait for it. */
TEST(a_miss_does_not_wait_for_a_dead_amc)
{
	static const struct answer dead[] = {{"accounts", NULL, -ERR_UNREACHABLE, 0},
					     {0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct sample_log log;
	struct problem p = {0};
	char said[1024];

	rig_open(&r, dir, dead);
	rig_catalog(&r);
	log = sample_log_catch();
	CHECK_INT(catalog_start(r.c, 60000, &p), -ERR_UNREACHABLE);
	CHECK_STR(p.note, "accounts failed");
	testclock_advance(&r.tc, 3600 * 1000);
	catalog_miss(r.c, 3600 * 1000);
	catalog_stop(r.c);
	sample_log_end(&log, said, sizeof(said));
	rig_close(&r);
}

int main(void)
{
	RUN(the_first_account_that_has_it_owns_it);
	RUN(a_configured_account_is_enough);
	RUN(a_configured_accounts_marketplace_is_found);
	RUN(sections_restrict_and_place);
	RUN(names_that_are_no_names_are_left_out);
	RUN(left_out_names_are_told_once);
	RUN(definitions_are_as_amc_gave_them);
	RUN(what_is_not_heard_stays);
	RUN(the_stored_tree_keeps_its_time);
	RUN(a_stored_tree_of_nonsense_is_an_empty_tree);
	RUN(a_view_outlives_its_successors);
	RUN(a_miss_right_after_a_reading_asks_nothing);
	RUN(a_miss_asks_anew);
	RUN(a_miss_does_not_wait_for_a_dead_amc);
	return CHECK_DONE();
}
