/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog_read - one round of questions to AMC
 *
 * Which accounts are asked: the one of [amc] when it is set, else all that AMC
 * names, in its order; and those of [instance] sections. The first account that
 * has an instance owns it, unless its section names another.
 *
 * What is not heard stays as it was: an account that does not answer keeps its
 * instances, an instance its data sets. After a failure that the next question
 * would meet as well, no further ones are asked, since each could take the whole
 * timeout.
 */
#include "job/catalog_priv.h"

#include <string.h>
#include <strings.h>

struct reader {
	const struct catalog_opts *o;
	const struct json *last; /* its instances, or NULL */
	struct json *out;	 /* instances so far */
	struct catalog_asked *asked;
	bool answered; /* something was heard */
};

/* --- what came of a question -------------------------------------------- */

/* 403 is not among them: one account may be closed to a login that has others. */
static bool same_for_all(int err, int status)
{
	return err == -ERR_UNREACHABLE || err == -ERR_LOST_ANSWER ||
	       err == -ERR_THROTTLED || err == -ERR_STOPPING || err == -ENOMEM ||
	       (err == -ERR_AUTH && status != 403);
}

/* Returns r. Without a status AMC was not even asked: the login refused. */
static int heard(struct reader *rd, int r, const struct amc_result *res,
		 const struct problem *p)
{
	struct health *h = rd->o->health;
	bool login = r == -ERR_AUTH && res->status == 0;

	if (r == 0) {
		health_good(h, HEALTH_LOGIN);
		health_good(h, HEALTH_AMC);
		rd->answered = true;
		return 0;
	}
	if (r != -ERR_STOPPING)
		health_bad(h, login ? HEALTH_LOGIN : HEALTH_AMC, p);
	if (rd->asked->problem.err == 0) {
		rd->asked->problem = *p;
		rd->asked->problem.err = r;
		rd->asked->retry_after_ms = res->retry_after_ms;
	}
	if (same_for_all(r, res->status))
		rd->asked->over = true;
	return r;
}

/* A setting that AMC's answers contradict. */
static void doubt(struct reader *rd, const struct problem *p)
{
	if (rd->asked->problem.err == 0)
		rd->asked->problem = *p;
}

/* --- finding in arrays -------------------------------------------------- */

static const struct json *find(const struct json *arr, const char *member,
			       const char *value)
{
	for (size_t i = 0; i < json_count(arr); i++) {
		const struct json *one = json_at(arr, i);

		if (strcmp(json_str(one, member), value) == 0)
			return one;
	}
	return NULL;
}

static const struct json *find_instance(const struct json *entries, const char *id)
{
	for (size_t i = 0; i < json_count(entries); i++) {
		const struct json *one = json_at(entries, i);

		if (strcmp(json_str(json_get(one, "instance"), "instanceId"), id) == 0)
			return one;
	}
	return NULL;
}

/* --- accounts ----------------------------------------------------------- */

/* Header values: the alphabet of names is more than AMC's ids need. */
static void add_account(struct json *accounts, const char *id, const char *marketplace)
{
	struct json *one;

	if (!catalog_view_name_ok(id) || !catalog_view_name_ok(marketplace))
		return;
	for (size_t i = 0; i < json_count(accounts); i++) {
		const struct json *a = json_at(accounts, i);

		if (strcmp(json_str(a, "accountId"), id) == 0 &&
		    strcmp(json_str(a, "marketplaceId"), marketplace) == 0)
			return;
	}
	one = json_object();
	json_put_str(one, "accountId", id);
	json_put_str(one, "marketplaceId", marketplace);
	json_push(accounts, one);
}

/* An account of the configuration, its marketplace looked up when not set. */
static void add_configured(struct reader *rd, struct json *accounts,
			   const struct json *listed, const char *id,
			   const char *marketplace)
{
	struct problem p = {0};

	if (!marketplace[0])
		marketplace = json_str(find(listed, "accountId", id), "marketplaceId");
	if (marketplace[0]) {
		add_account(accounts, id, marketplace);
		return;
	}
	(void)problem_set(&p, -ERR_NOT_FOUND,
			  "account_id %s is not among the accounts that AMC names for "
			  "this login; mend it, or set marketplace_id as well",
			  id);
	doubt(rd, &p);
}

static bool must_list(const struct settings *s)
{
	if (!s->amc.account_id[0] || !s->amc.marketplace_id[0])
		return true;
	for (size_t i = 0; i < s->n_instances; i++) {
		const struct settings_instance *in = &s->instances[i];

		if (in->account_id[0] && !in->marketplace_id[0])
			return true;
	}
	return false;
}

static struct json *choose_accounts(struct reader *rd, const struct json *listed)
{
	const struct settings *s = rd->o->settings;
	struct json *accounts = json_array();

	if (s->amc.account_id[0])
		add_configured(rd, accounts, listed, s->amc.account_id,
			       s->amc.marketplace_id);
	for (size_t i = 0; !s->amc.account_id[0] && i < json_count(listed); i++) {
		const struct json *a = json_at(listed, i);
		const char *marketplace = json_str(a, "marketplaceId");

		if (!s->amc.marketplace_id[0] ||
		    strcmp(s->amc.marketplace_id, marketplace) == 0)
			add_account(accounts, json_str(a, "accountId"), marketplace);
	}
	for (size_t i = 0; i < s->n_instances; i++) {
		const struct settings_instance *in = &s->instances[i];

		if (in->account_id[0])
			add_configured(rd, accounts, listed, in->account_id,
				       in->marketplace_id);
	}
	return accounts;
}

/* --- data sets ---------------------------------------------------------- */

/* A list that leaves out the columns is completed one by one. */
static struct json *whole_dataset(struct reader *rd, const struct amc_as *as,
				  const char *instance, const struct json *listed,
				  const struct json *last)
{
	const char *id = json_str(listed, "dataSetId");
	const struct json *known = find(last, "dataSetId", id);
	struct amc_result res = {0};
	struct problem p = {0};
	struct json *whole = NULL;

	if (json_is_array(json_get(listed, "columns")) || !catalog_view_name_ok(id))
		return json_copy(listed);
	if (!rd->asked->over &&
	    heard(rd, amc_dataset(rd->o->amc, as, instance, id, &whole, &res, &p), &res,
		  &p) == 0)
		return whole;
	return json_copy(known ? known : listed);
}

static struct json *read_datasets(struct reader *rd, const struct amc_as *as,
				  const char *instance)
{
	const struct json *last = json_get(find_instance(rd->last, instance), "dataSets");
	struct amc_result res = {0};
	struct problem p = {0};
	struct json *listed = NULL, *out;
	int r = -ERR_UNREACHABLE;

	if (!rd->asked->over)
		r = heard(rd, amc_datasets(rd->o->amc, as, instance, &listed, &res, &p),
			  &res, &p);
	if (r < 0)
		return last ? json_copy(last) : json_array();
	out = json_array();
	for (size_t i = 0; i < json_count(listed); i++)
		json_push(out, whole_dataset(rd, as, instance, json_at(listed, i), last));
	json_free(listed);
	return out;
}

/* --- instances ---------------------------------------------------------- */

static bool wanted(struct reader *rd, const struct json *instance, const char *account)
{
	const char *id = json_str(instance, "instanceId");
	const struct settings_instance *in = settings_instance_for(rd->o->settings, id);

	if (find_instance(rd->out, id))
		return false; /* an account asked earlier owns it */
	if (rd->o->settings->only_listed && !in)
		return false;
	if (in && in->account_id[0] && strcmp(in->account_id, account) != 0)
		return false;
	return strcasecmp(json_str(instance, "creationStatus"), "FAILED") != 0;
}

static void read_instance(struct reader *rd, const struct json *instance,
			  const struct json *account)
{
	const char *id = json_str(instance, "instanceId");
	const struct settings_instance *in = settings_instance_for(rd->o->settings, id);
	struct amc_as as = {json_str(account, "accountId"),
			    json_str(account, "marketplaceId")};
	struct json *entry;

	if (in && in->marketplace_id[0])
		as.marketplace_id = in->marketplace_id;
	entry = json_object();
	json_put_str(entry, "accountId", as.account_id);
	json_put_str(entry, "marketplaceId", as.marketplace_id);
	json_put(entry, "instance", json_copy(instance));
	/* a name that is not usable is kept for the view, which tells of it */
	json_put(entry, "dataSets",
		 catalog_view_name_ok(id) ? read_datasets(rd, &as, id) : json_array());
	json_push(rd->out, entry);
}

/* What was known of an account that could not be asked. */
static void keep_account(struct reader *rd, const char *account)
{
	for (size_t i = 0; i < json_count(rd->last); i++) {
		const struct json *entry = json_at(rd->last, i);

		if (strcmp(json_str(entry, "accountId"), account) == 0 &&
		    wanted(rd, json_get(entry, "instance"), account))
			json_push(rd->out, json_copy(entry));
	}
}

static void read_account(struct reader *rd, const struct json *account)
{
	const struct amc_as as = {json_str(account, "accountId"),
				  json_str(account, "marketplaceId")};
	struct amc_result res = {0};
	struct problem p = {0};
	struct json *listed = NULL;
	int r = -ERR_UNREACHABLE;

	if (!rd->asked->over)
		r = heard(rd, amc_instances(rd->o->amc, &as, &listed, &res, &p), &res,
			  &p);
	if (r < 0) {
		keep_account(rd, as.account_id);
		return;
	}
	for (size_t i = 0; i < json_count(listed); i++) {
		const struct json *instance = json_at(listed, i);

		if (wanted(rd, instance, as.account_id))
			read_instance(rd, instance, account);
	}
	json_free(listed);
}

static struct json *read_accounts(struct reader *rd)
{
	const struct settings *s = rd->o->settings;
	struct amc_result res = {0};
	struct problem p = {0};
	struct json *listed = NULL, *accounts;
	int r = 0;

	if (must_list(s))
		r = heard(rd, amc_accounts(rd->o->amc, &listed, &res, &p), &res, &p);
	/* some logins may not list accounts: what is configured must do */
	if (r < 0 &&
	    (rd->asked->over || !s->amc.account_id[0] || !s->amc.marketplace_id[0]))
		return NULL;
	accounts = choose_accounts(rd, listed);
	json_free(listed);
	return accounts;
}

int catalog_read(const struct catalog_opts *o, const struct json *last, struct json **out,
		 struct catalog_asked *asked)
{
	struct reader rd = {.o = o, .last = json_get(last, "instances"), .asked = asked};
	struct json *accounts, *reading;

	*out = NULL;
	*asked = (struct catalog_asked){.retry_after_ms = -1};
	accounts = read_accounts(&rd);
	if (!accounts)
		return asked->problem.err;
	rd.out = json_array();
	for (size_t i = 0; i < json_count(accounts); i++)
		read_account(&rd, json_at(accounts, i));
	json_free(accounts);
	if (!rd.answered) {
		json_free(rd.out);
		return asked->problem.err;
	}
	reading = json_object();
	json_put_int(reading, "read_ms",
		     asked->problem.err == 0 ? clock_wall_ms(o->clock)
					     : json_int(last, "read_ms", 0));
	json_put(reading, "instances", rd.out);
	*out = reading;
	return asked->problem.err;
}
