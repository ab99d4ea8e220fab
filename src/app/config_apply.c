/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_apply - give the collected lines their meaning: defaults, values,
 * inheritance
 *
 * Outer sections first, so that an inner one starts as a copy of the outer:
 * [upload] and [s3], then [instance ID], then [dataset ID/DATASET]. An empty
 * value puts a key back to the built-in default, which is how it unsets what an
 * outer section says. (For text that is nothing: "prefix =" is no prefix.)
 */
#include "app/config_apply.h"

#include <stdlib.h>
#include <string.h>

#include "app/config_fields.h"
#include "app/config_put.h"
#include "app/config_secret.h"

/* The structs that a section's entries land in. */
struct targets {
	void *into[CONFIG_INTO_NOTHING];
};

static int apply_section(const struct config_raw *r, const struct config_section *s,
			 const struct targets *t, struct problem *p)
{
	int err = 0;

	for (size_t i = 0; s && err == 0 && i < s->n; i++) {
		const struct config_entry *e = &s->entries[i];
		struct config_at at = config_at_entry(r, s, e);
		void *base = NULL;

		if (e->key->into != CONFIG_INTO_NOTHING)
			base = t->into[e->key->into];
		if (e->value[0] != '\0')
			err = config_put(at, e, base, p);
		else if (base)
			err = config_put_unset(s, e, base);
	}
	return err;
}

static int init_all(struct config *c)
{
	struct settings *s = &c->settings;
	int r;

	r = config_fields_init(CONFIG_INTO_AMC, &s->amc);
	if (r == 0)
		r = config_fields_init(CONFIG_INTO_S3, &s->s3);
	if (r == 0)
		r = config_fields_init(CONFIG_INTO_UPLOAD, &s->upload);
	if (r == 0)
		r = config_fields_init(CONFIG_INTO_MOUNT, &s->mount);
	if (r == 0)
		r = config_fields_init(CONFIG_INTO_LOG, &c->log);
	if (r == 0)
		r = config_fields_set_text(&s->amc.refresh_token_file, "");
	return r;
}

static int apply_amc(struct config *c, const struct config_raw *r,
		     const struct targets *t, struct problem *p)
{
	const struct config_section *s = config_raw_find(r, CONFIG_AMC, "", "");
	const struct config_entry *e = config_raw_given(s, "refresh_token");
	struct settings_amc *amc = &c->settings.amc;
	int err;

	err = apply_section(r, s, t, p);
	if (err < 0)
		return err;
	if (e && e->source == CONFIG_BY_FILE) {
		free(amc->refresh_token_file);
		amc->refresh_token_file = config_secret_path(r, e);
		if (!amc->refresh_token_file)
			return -ENOMEM;
	}
	return 0;
}

/* S3 is reached like Amazon Ads unless [s3] says otherwise. */
static int seed_s3(struct settings *s)
{
	const char *env = getenv("AWS_CA_BUNDLE");
	const char *bundle = s->amc.ca_bundle[0] || !env ? s->amc.ca_bundle : env;
	int r;

	r = config_fields_set_text(&s->s3.ca_bundle, bundle);
	return r < 0 ? r : config_fields_set_text(&s->s3.proxy, s->amc.proxy);
}

static int apply_base(struct config *c, const struct config_raw *r, struct problem *p)
{
	struct settings *s = &c->settings;
	const struct targets t = {{
		[CONFIG_INTO_AMC] = &s->amc,
		[CONFIG_INTO_S3] = &s->s3,
		[CONFIG_INTO_UPLOAD] = &s->upload,
		[CONFIG_INTO_MOUNT] = &s->mount,
		[CONFIG_INTO_LOG] = &c->log,
	}};
	static const enum config_where kinds[] = {CONFIG_S3, CONFIG_UPLOAD, CONFIG_MOUNT};
	int err;

	err = apply_amc(c, r, &t, p);
	if (err == 0)
		err = seed_s3(s);
	for (size_t i = 0; err == 0 && i < sizeof(kinds) / sizeof(*kinds); i++)
		err = apply_section(r, config_raw_find(r, kinds[i], "", ""), &t, p);
	for (size_t i = 0; err == 0 && i < r->n; i++) {
		const struct config_section *o = &r->sections[i];

		if (o->line == 0 && o->where == CONFIG_MOUNT)
			err = apply_section(r, o, &t, p);
		if (err == 0 && o->where == CONFIG_MOUNT)
			c->log.sink_set = c->log.sink_set || config_raw_given(o, "log");
	}
	return err;
}

static int account(struct settings_instance *in, const struct settings_amc *amc)
{
	int r;

	r = config_fields_set_text(&in->account_id, amc->account_id);
	if (r == 0)
		r = config_fields_set_text(&in->marketplace_id, amc->marketplace_id);
	if (r == 0)
		r = config_fields_set_text(&in->ads_account_id, amc->ads_account_id);
	if (r == 0)
		r = config_fields_set_text(&in->advertiser_id, amc->advertiser_id);
	return r;
}

static int add_instance(struct settings *s, const char *id,
			struct settings_instance **out)
{
	struct settings_instance *in;
	int r;

	in = reallocarray(s->instances, s->n_instances + 1, sizeof(*in));
	if (!in)
		return -ENOMEM;
	s->instances = in;
	in += s->n_instances++;
	memset(in, 0, sizeof(*in));
	r = config_fields_set_text(&in->id, id);
	if (r == 0)
		r = config_fields_copy(CONFIG_INTO_S3, &in->s3, &s->s3);
	if (r == 0)
		r = config_fields_copy(CONFIG_INTO_UPLOAD, &in->upload, &s->upload);
	if (r == 0)
		r = account(in, &s->amc);
	*out = in;
	return r;
}

/* Keys of AWS belong together: an instance that brings one of them does not
 * take the others from [s3]. */
static int drop_keys(struct settings_s3 *s3, const struct config_section *s)
{
	if (!config_raw_given(s, "access_key_id") &&
	    !config_raw_given(s, "secret_access_key") &&
	    !config_raw_given(s, "session_token"))
		return 0;
	secret_fini(&s3->secret_access_key);
	secret_fini(&s3->session_token);
	return config_fields_set_text(&s3->access_key_id, "");
}

static int apply_instance(struct settings *st, const struct config_raw *r,
			  const struct config_section *s, struct problem *p)
{
	struct settings_instance *in;
	struct targets t;
	int err;

	err = add_instance(st, s->id, &in);
	if (err == 0)
		err = drop_keys(&in->s3, s);
	if (err < 0)
		return err;
	t = (struct targets){{
		[CONFIG_INTO_S3] = &in->s3,
		[CONFIG_INTO_UPLOAD] = &in->upload,
		[CONFIG_INTO_INSTANCE] = in,
	}};
	return apply_section(r, s, &t, p);
}

static int dataset_instance(struct settings *st, const struct config_raw *r,
			    const struct config_section *s,
			    struct settings_instance **out, struct problem *p)
{
	for (size_t i = 0; i < st->n_instances; i++) {
		*out = &st->instances[i];
		if (strcmp((*out)->id, s->id) == 0)
			return 0;
	}
	if (st->only_listed)
		return config_at_fail(config_at_absent(r, s->line > 0 ? s : NULL, NULL),
				      p,
				      "there is no [instance %s], so it would not be "
				      "shown; add that section or remove this one",
				      s->id);
	return add_instance(st, s->id, out);
}

/* There is one already only when s is what -o says about it. */
static int find_dataset(struct settings_instance *in, const char *id,
			struct settings_dataset **out)
{
	struct settings_dataset *ds;
	int r;

	for (size_t i = 0; i < in->n_datasets; i++) {
		*out = &in->datasets[i];
		if (strcmp((*out)->id, id) == 0)
			return 0;
	}
	ds = reallocarray(in->datasets, in->n_datasets + 1, sizeof(*ds));
	if (!ds)
		return -ENOMEM;
	in->datasets = ds;
	ds += in->n_datasets++;
	memset(ds, 0, sizeof(*ds));
	r = config_fields_set_text(&ds->id, id);
	if (r == 0)
		r = config_fields_init(CONFIG_INTO_DATASET, ds);
	if (r == 0)
		r = config_fields_copy(CONFIG_INTO_UPLOAD, &ds->upload, &in->upload);
	*out = ds;
	return r;
}

static int apply_dataset(struct settings *st, const struct config_raw *r,
			 const struct config_section *s, struct problem *p)
{
	struct settings_instance *in;
	struct settings_dataset *ds;
	struct targets t;
	int err;

	err = dataset_instance(st, r, s, &in, p);
	if (err == 0)
		err = find_dataset(in, s->dataset, &ds);
	if (err < 0)
		return err;
	if (r->path && s->line == 0 &&
	    !config_raw_find(r, CONFIG_DATASET, s->id, s->dataset))
		config_at_warn(config_at_absent(r, NULL, NULL),
			       "there is no [%s]; what outer sections say holds for it",
			       s->title);
	t = (struct targets){{
		[CONFIG_INTO_UPLOAD] = &ds->upload,
		[CONFIG_INTO_DATASET] = ds,
	}};
	return apply_section(r, s, &t, p);
}

int config_apply(struct config *c, const struct config_raw *r, struct problem *p)
{
	struct settings *s = &c->settings;
	int err;

	err = init_all(c);
	if (err == 0)
		err = apply_base(c, r, p);
	for (size_t i = 0; err == 0 && i < r->n; i++) {
		if (r->sections[i].where == CONFIG_INSTANCE) {
			s->only_listed = true;
			err = apply_instance(s, r, &r->sections[i], p);
		}
	}
	for (size_t i = 0; err == 0 && i < r->n; i++) {
		if (r->sections[i].where == CONFIG_DATASET)
			err = apply_dataset(s, r, &r->sections[i], p);
		if (err == 0 && r->sections[i].where == CONFIG_GROUP)
			err = config_at_fail(
				config_at_absent(r, &r->sections[i], NULL), p,
				"groups are not available in this version of "
				"amcfs; remove the section");
	}
	return err;
}
