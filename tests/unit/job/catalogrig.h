/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogrig - a catalog with a made-up AMC behind it: the functions of net/amc are
 * replaced, each answers from a table of question and answer
 */
#pragma once

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

__attribute__((unused)) static int reply(struct amc *a, const char *question,
					 struct json **out, struct amc_result *res,
					 struct problem *p)
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

__attribute__((unused)) static void rig_section(struct rig *r, const char *id,
						const char *account,
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
__attribute__((unused)) static int rig_read(struct rig *r, struct problem *p)
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

static const struct answer all_well[] = {
	{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0, 200},
	{"E1/M1", "[" INST("a") "," INST("b") "]", 0, 200},
	{"E2/M2", "[" INST("c") "]", 0, 200},
	{"E1/M1 a", "[" DS("x") "]", 0, 200},
	{"E1/M1 b", "[" DS("y") "]", 0, 200},
	{"E2/M2 c", "[" DS("z") "]", 0, 200},
	{0}};
#define ALL_WELL "a E1/M1: x\nb E1/M1: y\nc E2/M2: z\n"
