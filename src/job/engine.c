/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wiring: what uses what is the order of the lines here, and its reverse is the
 * order of the end.
 */
#include "job/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define USER_AGENT    "amcfs/" AMCFS_VERSION
#define LOCK_EXTRA_MS 10000 /* besides twice stop_timeout: writers, then jobs */
#define LEAST_BUDGET  ((size_t)48 << 20)

int engine_prepare(struct engine *e, const struct settings *s, const struct clock *clock,
		   struct problem *p)
{
	bool damaged = false;
	int r;

	e->settings = s;
	e->clock = clock;
	r = store_open(&e->store, s->mount.state_dir,
		       2 * s->mount.stop_ms + LOCK_EXTRA_MS, &damaged, p);
	if (r < 0)
		return r;
	if (damaged)
		log_error("job",
			  "the job database in %s was damaged and has been set aside; "
			  "files that were on their way are not sent again by themselves",
			  s->mount.state_dir);
	r = health_new(&e->health, clock);
	if (r == 0)
		r = board_new(&e->board, e->store, clock);
	return r < 0 ? problem_set(p, r, "out of memory") : 0;
}

static int new_s3(struct engine *e, const struct settings_s3 *s, struct s3 **out,
		  struct problem *p)
{
	bool path =
		s->addressing == ADDRESSING_PATH ||
		(s->addressing == ADDRESSING_AUTO && s->endpoint.host[0] != '\0') ||
		strchr(s->bucket, '.') != NULL; /* no certificate fits a dotted host */
	struct s3_opts o = {
		.http = e->http_s3,
		.clock = e->clock,
		.region = s->region,
		.endpoint = s->endpoint,
		.path_style = path && s->addressing != ADDRESSING_VIRTUAL,
		.kms_key_id = s->kms_key_id,
	};
	int r = keyring_for(e->keyring, s, &o.creds, p);

	return r < 0 ? r : s3_new(out, &o, p);
}

static int new_s3s(struct engine *e, struct problem *p)
{
	const struct settings *s = e->settings;
	const struct keyring_opts ko = {.settings = s,
					.http = e->http_s3,
					.clock = e->clock,
					.cancel = &e->cancel,
					.user_agent = USER_AGENT};
	int r = keyring_new(&e->keyring, &ko);

	if (r < 0)
		return problem_set(p, r, "the keys for S3 cannot be kept: %s",
				   errcode_text(r));
	if (s->s3.bucket[0])
		r = new_s3(e, &s->s3, &e->s3_default, p);
	if (r < 0 || s->n_instances == 0)
		return r;
	e->s3_instances = calloc(s->n_instances, sizeof(struct s3 *));
	if (!e->s3_instances)
		return problem_set(p, -ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < s->n_instances; i++)
		r = new_s3(e, &s->instances[i].s3, &e->s3_instances[i], p);
	return r;
}

int engine_clients(struct engine *e, const struct settings *s, const struct clock *clock,
		   struct problem *p)
{
	struct http_opts ho = {
		.timeout_ms = s->amc.timeout_ms,
		.ca_bundle = s->amc.ca_bundle,
		.proxy = s->amc.proxy,
		.user_agent = USER_AGENT,
		.max_idle = 8,
	};
	struct lwa_opts lo = {
		.clock = clock,
		.token_endpoint = s->amc.token_endpoint,
		.client_id = s->amc.client_id,
		.client_secret = &s->amc.client_secret,
		.refresh_token = &s->amc.refresh_token,
		.cancel = &e->cancel,
	};
	struct amc_opts ao = {
		.clock = clock,
		.endpoint = s->amc.endpoint,
		.client_id = s->amc.client_id,
		.ads_account_id = s->amc.ads_account_id,
		.cancel = &e->cancel,
	};
	int r;

	e->settings = s;
	e->clock = clock;
	r = http_client_new(&e->http, &ho);
	if (r == 0) {
		ho.timeout_ms = s->s3.timeout_ms;
		ho.ca_bundle = s->s3.ca_bundle;
		ho.proxy = s->s3.proxy;
		ho.max_idle = (unsigned)s->s3.parallel_parts + 8;
		r = http_client_new(&e->http_s3, &ho);
	}
	lo.http = e->http;
	if (r == 0)
		r = lwa_new(&e->lwa, &lo);
	ao.http = e->http;
	ao.lwa = e->lwa;
	if (r == 0)
		r = amc_new(&e->amc, &ao);
	if (r < 0)
		return problem_set(p, r, "the network clients cannot be made: %s",
				   errcode_text(r));
	return new_s3s(e, p);
}

static int start_catalog(struct engine *e, int64_t tree_wait_ms, struct problem *warning,
			 struct problem *p)
{
	struct catalog_opts co = {
		.amc = e->amc,
		.store = e->store,
		.health = e->health,
		.settings = e->settings,
		.clock = e->clock,
	};
	int r = catalog_new(&e->catalog, &co, p);

	if (r < 0)
		return r;
	errcode_ignore(
		catalog_start(e->catalog, tree_wait_ms, warning)); /* goes on trying */
	return 0;
}

/* Enough for one file alone to keep nearly all threads busy, whatever the size of
 * its parts; many files share it. */
static int start_uploader(struct engine *e)
{
	int parts = e->settings->s3.parallel_parts;
	size_t budget = e->settings->s3.part_bytes / 4 * 3 * (size_t)parts;
	int r = uploader_new(&e->uploader, parts);

	if (r == 0)
		uploader_set_budget(e->uploader,
				    budget > LEAST_BUDGET ? budget : LEAST_BUDGET);
	return r;
}

int engine_start(struct engine *e, int64_t tree_wait_ms, struct problem *warning,
		 struct problem *p)
{
	int r = http_global_init();

	if (r == 0)
		r = engine_clients(e, e->settings, e->clock, p);
	if (r == 0)
		r = start_uploader(e);
	if (r == 0)
		r = start_catalog(e, tree_wait_ms, warning, p);
	if (r == 0)
		r = runner_new(&e->runner, e);
	if (r == 0)
		r = runner_start(e->runner, p);
	return r < 0 ? problem_set(p, r, "amcfs cannot start: %s", errcode_text(r)) : 0;
}

void engine_stop(struct engine *e)
{
	size_t left = 0;

	if (e->runner)
		left = runner_stop(e->runner, e->settings->mount.stop_ms);
	if (left > 0)
		log_info("job", "stopped; %zu jobs go on at the next start", left);
	if (e->catalog)
		catalog_stop(e->catalog);
}

void engine_fini(struct engine *e)
{
	runner_free(e->runner);
	catalog_free(e->catalog);
	uploader_free(e->uploader);
	for (size_t i = 0; e->s3_instances && i < e->settings->n_instances; i++)
		s3_free(e->s3_instances[i]);
	free(e->s3_instances);
	s3_free(e->s3_default);
	keyring_free(e->keyring);
	amc_free(e->amc);
	lwa_free(e->lwa);
	http_client_free(e->http_s3);
	http_client_free(e->http);
	board_free(e->board);
	health_free(e->health);
	store_close(e->store);
	memset(e, 0, sizeof(*e));
}

struct s3 *engine_s3(const struct engine *e, const char *instance)
{
	const struct settings *s = e->settings;

	for (size_t i = 0; i < s->n_instances; i++) {
		if (strcmp(s->instances[i].id, instance) == 0)
			return e->s3_instances[i];
	}
	return e->s3_default;
}
