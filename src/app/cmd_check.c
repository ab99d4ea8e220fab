/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each line stands for one thing that a mount will need, in the order in which
 * it will need them, asked for in the way in which it will ask. A check that
 * fails does not stop those that do not depend on it: who mends a set-up wants
 * the whole list.
 */
#include "app/cmd_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_dataset.h"
#include "app/check_line.h"
#include "app/probe.h"
#include "base/clock.h"
#include "base/scope.h"
#include "job/engine.h"
#include "net/retry.h"

/* AWS refuses a signature whose time is 15 minutes off; well before that
 * something is wrong with the machine's clock. */
#define MAX_SKEW_S 300

enum { OPT_OFFLINE };

static const struct options_spec options[] = {
	[OPT_OFFLINE] = {"offline", 0, NULL,
			 "only the file; an absent secret is a warning"},
};

struct check {
	const struct settings *s;
	struct engine e;
	bool *seen;	  /* one an entry of s->instances: AMC showed it */
	size_t instances; /* shown in all */
	size_t bad;
};

static void config_warning(void *ctx, const char *text)
{
	check_line_warn("configuration: %s", text);
}

/* --- Amazon's login and AMC --------------------------------------------- */

static bool check_token(struct check *c)
{
	struct secret token = {0};
	struct lwa_result res;
	struct problem p = {0};
	int r = lwa_token(c->e.lwa, &token, &res, &p);

	secret_fini(&token);
	if (r < 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		check_line_fail(&c->bad, "login: %s", problem_text(&p));
		return false;
	}
	check_line_ok("login: Amazon gave an access token");
	return true;
}

static const char *plural(const struct json *list)
{
	return json_count(list) == 1 ? "" : "s";
}

static void check_instance(struct check *c, const struct amc_as *as, const char *id)
{
	struct json *sets = NULL;
	struct amc_result res;
	struct problem p = {0};
	int r = amc_datasets(c->e.amc, as, id, &sets, &res, &p);

	c->instances++;
	if (r < 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		check_line_fail(&c->bad, "instance %s: its data sets: %s", id,
				problem_text(&p));
		return;
	}
	check_line_ok("instance %s: %zu data set%s (account %s, marketplace %s)", id,
		      json_count(sets), plural(sets), as->account_id, as->marketplace_id);
	c->bad +=
		check_dataset_all(&(struct check_dataset){c->e.amc, as, c->s, id}, sets);
	json_free(sets);
}

/* Marks id as seen; false when the mount would not show it. */
static bool wanted(struct check *c, const char *id)
{
	for (size_t i = 0; i < c->s->n_instances; i++) {
		if (strcmp(c->s->instances[i].id, id) != 0)
			continue;
		if (c->seen[i])
			return false; /* in a second account: checked already */
		c->seen[i] = true;
		return true;
	}
	return !c->s->only_listed;
}

static void check_account(struct check *c, const struct amc_as *as)
{
	struct json *list = NULL;
	struct amc_result res;
	struct problem p = {0};
	int r = amc_instances(c->e.amc, as, &list, &res, &p);

	if (r < 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		check_line_fail(&c->bad, "account %s: its instances: %s", as->account_id,
				problem_text(&p));
		return;
	}
	check_line_ok("account %s: %zu instance%s", as->account_id, json_count(list),
		      plural(list));
	for (size_t i = 0; i < json_count(list); i++) {
		const char *id = json_str(json_at(list, i), "instanceId");

		if (*id && wanted(c, id))
			check_instance(c, as, id);
	}
	json_free(list);
}

static bool differs(const char *set, const char *found)
{
	return *set && strcmp(set, found) != 0;
}

static void check_listed_accounts(struct check *c)
{
	const char *only = c->s->amc.account_id;
	struct json *list = NULL;
	struct amc_result res;
	struct problem p = {0};
	size_t used = 0;
	int r = amc_accounts(c->e.amc, &list, &res, &p);

	if (r < 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		check_line_fail(&c->bad, "accounts: %s", problem_text(&p));
		return;
	}
	check_line_ok("accounts: this login may use %zu account%s", json_count(list),
		      plural(list));
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *one = json_at(list, i);
		struct amc_as as = {json_str(one, "accountId"),
				    json_str(one, "marketplaceId")};

		if (differs(only, as.account_id))
			continue;
		if (*c->s->amc.marketplace_id)
			as.marketplace_id = c->s->amc.marketplace_id;
		check_account(c, &as);
		used++;
	}
	json_free(list);
	if (used == 0 && *only)
		check_line_fail(
			&c->bad,
			"account %s: this login may not use it; check [amc] account_id, or "
			"have the login's user invited to the account",
			only);
	else if (used == 0)
		check_line_fail(
			&c->bad,
			"accounts: this login may use no AMC account; have its user invited "
			"to one in the AMC console");
}

/* An [instance] with an account of its own. */
static void check_own_account(struct check *c, const struct settings_instance *in)
{
	struct amc_as as = {in->account_id, in->marketplace_id};

	if (!*as.account_id)
		as.account_id = c->s->amc.account_id;
	if (!*as.marketplace_id)
		as.marketplace_id = c->s->amc.marketplace_id;
	if (*as.account_id && *as.marketplace_id)
		check_account(c, &as);
}

static void check_amc(struct check *c)
{
	const struct amc_as as = {c->s->amc.account_id, c->s->amc.marketplace_id};

	if (*as.account_id && *as.marketplace_id)
		check_account(c, &as);
	else
		check_listed_accounts(c);
	for (size_t i = 0; i < c->s->n_instances; i++) {
		const struct settings_instance *in = &c->s->instances[i];

		if (!c->seen[i] && (*in->account_id || *in->marketplace_id))
			check_own_account(c, in);
	}
	for (size_t i = 0; i < c->s->n_instances; i++) {
		if (!c->seen[i])
			check_line_fail(
				&c->bad,
				"instance %s: AMC does not show it to this login; check the id, "
				"or set account_id and marketplace_id in its section",
				c->s->instances[i].id);
	}
	if (c->instances == 0 && c->s->n_instances == 0)
		check_line_fail(
			&c->bad,
			"instances: AMC shows none to this login, so the mount would be "
			"empty");
}

/* --- the clock ---------------------------------------------------------- */

/* Any answer will do: it is its Date that counts. */
static void check_clock(struct check *c)
{
	const struct url *u = &c->s->amc.endpoint;
	const int64_t half_day = 43200000;
	_cleanup_buf_ struct buf url = BUF_INIT(4096);
	struct http_response res;
	char date[64];
	int64_t skew_s;
	int r;

	r = buf_addf(&url, "%s://", u->https ? "https" : "http");
	if (r == 0)
		r = url_authority(u, &url);
	if (r == 0)
		r = buf_addc(&url, '/');
	if (r < 0 || !buf_str(&url))
		return;
	http_response_init(&res);
	r = http_do(c->e.http, &(struct http_request){.method = "GET", .url = url.p},
		    &res, NULL);
	if (r == 0 && http_response_header(&res, "date", date, sizeof(date))) {
		/* asked half a day early, so that a date in the past counts too */
		int64_t now = clock_wall_ms(c->e.clock);

		skew_s = (retry_after_ms(date, now - half_day) - half_day) / 1000;
		if (skew_s > MAX_SKEW_S || skew_s < -MAX_SKEW_S)
			check_line_fail(
				&c->bad,
				"clock: this machine's is %s Amazon's by more than %d minutes; "
				"set it (timedatectl set-ntp true)",
				skew_s > 0 ? "behind" : "ahead of", MAX_SKEW_S / 60);
		else
			check_line_ok("clock: agrees with Amazon's");
	}
	http_response_fini(&res);
}

/* --- the bucket --------------------------------------------------------- */

static void check_bucket(struct check *c, struct s3 *s3, const struct settings_s3 *s,
			 const char *instance)
{
	struct problem p = {0};
	int r = probe_bucket(s3, s, instance, c->e.clock, &p);

	problem_set(&p, r, "%s", errcode_text(r));
	if (r < 0)
		check_line_fail(&c->bad, "bucket %s: %s", s->bucket, problem_text(&p));
	else
		check_line_ok(
			"bucket %s: wrote, read back and deleted a probe object below \"%s\"",
			s->bucket, s->prefix);
}

static bool same_target(const struct settings_s3 *a, const struct settings_s3 *b)
{
	return strcmp(a->bucket, b->bucket) == 0 && strcmp(a->prefix, b->prefix) == 0 &&
	       strcmp(a->region, b->region) == 0 &&
	       strcmp(a->endpoint.host, b->endpoint.host) == 0 &&
	       a->endpoint.port == b->endpoint.port && keyring_same(a, b);
}

static void check_buckets(struct check *c)
{
	const struct settings *s = c->s;

	if (!s->only_listed && *s->s3.bucket)
		check_bucket(c, c->e.s3_default, &s->s3, "");
	for (size_t i = 0; i < s->n_instances; i++) {
		bool done = !s->only_listed && same_target(&s->s3, &s->instances[i].s3);

		for (size_t k = 0; k < i && !done; k++)
			done = same_target(&s->instances[k].s3, &s->instances[i].s3);
		if (!done)
			check_bucket(c, engine_s3(&c->e, s->instances[i].id),
				     &s->instances[i].s3, s->instances[i].id);
	}
}

/* ------------------------------------------------------------------------ */

static int check_network(const struct settings *s)
{
	struct check c = {.s = s};
	struct problem p = {0};
	int r;

	c.seen = calloc(s->n_instances + 1, sizeof(*c.seen));
	r = c.seen ? http_global_init() : -ENOMEM;
	if (r == 0)
		r = engine_clients(&c.e, s, &clock_real, &p);
	if (r < 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		check_line_fail(&c.bad, "network: %s", problem_text(&p));
	} else {
		if (check_token(&c))
			check_amc(&c);
		check_clock(&c);
		check_buckets(&c);
	}
	engine_fini(&c.e);
	free(c.seen);
	http_global_fini();
	return c.bad ? CLI_FAILED : CLI_OK;
}

static int take(void *ctx, size_t which, const char *value, struct problem *p)
{
	((struct config_opts *)ctx)->offline = true;
	return 0;
}

static int run(int argc, char **argv)
{
	struct config_opts o = {.warn = config_warning};
	struct config *config = NULL;
	struct problem p = {0};
	int n = 0, code, r;

	code = cli_parse(&cmd_check_verb, argc, argv, take, &o, &n);
	if (code != CLI_GO)
		return code;
	o.path = argv[0];
	r = config_load(&config, &o, &p);
	if (r < 0) {
		problem_set(&p, r, "%s: %s", o.path, errcode_text(r));
		printf("FAIL  configuration: %s\n", problem_text(&p));
		return r == -ERR_CONFIG ? CLI_CONFIG : CLI_FAILED;
	}
	check_line_ok("configuration: %s", config->path);
	code = o.offline ? CLI_OK : check_network(&config->settings);
	config_free(config);
	return code;
}

const struct cli_verb cmd_check_verb = {
	.name = "check",
	.synopsis = "CONFIG [--offline]",
	.help = "Checks the configuration file, then connects: login, accounts, instances,\n"
		"data sets, clock, bucket (write, read back and delete a probe object). One\n"
		"line a check, ok, WARN or FAIL first; exit code 0 only when none fails.\n",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
