/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A [dataset] section is judged by the plan that rowmap would make for a file with
 * all of the data set's columns: what it refuses then, it refuses for every file.
 * Constants are tried as a job of this moment would have them. A file may have any
 * name, so those with ${file} are left to the files.
 *
 * A section without a data set is only doubted: the data set may be made later.
 */
#include "app/check_dataset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/check_line.h"
#include "app/pii_name.h"
#include "base/clock.h"
#include "base/scope.h"
#include "base/ulid.h"
#include "data/transform.h"
#include "job/catalog.h"
#include "job/constant.h"

static const char *rule_for(const struct settings_rules *rules, const char *column)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (strcasecmp(rules->list[i].column, column) == 0)
			return rules->list[i].text;
	}
	return NULL;
}

/* Would its values leave as they are, and do they look like a person's? */
static bool is_plain_pii(const struct schema_column *col,
			 const struct settings_dataset *ds)
{
	const char *input;

	if (col->type != SCHEMA_STRING || col->pii != SCHEMA_PII_NONE ||
	    col->external_id || col->country_code || col->amc_fills ||
	    col->consent != SCHEMA_CONSENT_NONE)
		return false;
	if (ds && rule_for(&ds->consts, col->name))
		return false;
	input = ds ? rule_for(&ds->maps, col->name) : NULL;
	return pii_name(col->name) || (input && pii_name(input));
}

/* For a file with all columns. */
static int make_plan(struct rowmap **plan, const struct rowmap_opts *o, struct problem *p)
{
	const struct schema *s = o->schema;
	_cleanup_free_ struct slice *names = calloc(s->n + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		names[i] = slice_str(s->col[i].name);
	return rowmap_new(plan, o, names, s->n, p);
}

static void tell_refused(const struct check_dataset *c, const char *id,
			 const struct problem *p, size_t *failures)
{
	check_line_fail(failures, "data set %s/%s: its section of the configuration: %s",
			c->instance, id, problem_text(p));
}

static void check_rules(const struct check_dataset *c, const struct schema *s,
			const struct settings_dataset *ds, size_t *failures)
{
	const struct rowmap_opts o = {
		.schema = s,
		.maps = ds->maps.list,
		.n_maps = ds->maps.n,
		.consts = ds->consts.list,
		.n_consts = ds->consts.n,
	};
	struct rowmap *plan = NULL;
	struct problem p = {0};
	int r = make_plan(&plan, &o, &p);

	if (r == 0)
		rowmap_free(plan);
	if (r == -ERR_BAD_MAPPING)
		tell_refused(c, ds->id, &p, failures);
}

/* Constants with their words replaced, but for those with ${file}. Given, as by
 * constant_expand(). */
static int expand_consts(const struct settings_dataset *ds, struct settings_rules *out,
			 struct problem *p)
{
	int64_t now_ms = clock_wall_ms(&clock_real);
	char job[ULID_CHARS + 1];
	const struct constant_words words = {
		.now_s = now_ms / 1000,
		.path = "",
		.ignore = ds->upload.ignore,
		.job = job,
	};
	_cleanup_free_ struct rowmap_rule *list = calloc(ds->consts.n + 1, sizeof(*list));
	struct settings_rules known = {.list = list};
	int r = list ? ulid_new(now_ms, job) : -ENOMEM;

	if (r < 0)
		return r;
	for (size_t i = 0; i < ds->consts.n; i++) {
		if (!strstr(ds->consts.list[i].text, "${file}"))
			list[known.n++] = ds->consts.list[i];
	}
	return constant_expand(&known, &words, out, p);
}

static const char *country_of(const struct schema *s, const struct settings_upload *up)
{
	if (up->country[0])
		return up->country;
	return s->country[0] ? s->country : up->default_country;
}

static void check_consts(const struct check_dataset *c, const struct schema *s,
			 const struct settings_dataset *ds, size_t *failures)
{
	const struct transform_opts how = {
		.schema = s,
		.null_text = ds->upload.null_text,
		.country = country_of(s, &ds->upload),
		.tz = settings_tz(c->settings, ds->upload.timezone),
	};
	struct settings_rules consts = {0};
	struct transform *t = NULL;
	struct rowmap *plan = NULL;
	struct problem p = {0};
	int r = expand_consts(ds, &consts, &p);
	struct rowmap_opts o = {.schema = s, .consts = consts.list, .n_consts = consts.n};

	if (r == 0)
		r = transform_new(&t, &how);
	/* what the plan itself refuses has been told */
	if (r == 0 && make_plan(&plan, &o, NULL) == 0)
		r = transform_constants(t, plan, &p);
	if (r == -ERR_BAD_MAPPING)
		tell_refused(c, ds->id, &p, failures);
	rowmap_free(plan);
	transform_free(t);
	constant_fini(&consts);
}

static void check_schema(const struct check_dataset *c, const char *id,
			 const struct schema *s, size_t *failures)
{
	const struct settings_dataset *ds =
		settings_dataset_for(c->settings, c->instance, id);

	for (size_t i = 0; i < s->n; i++) {
		if (is_plain_pii(&s->col[i], ds))
			check_line_warn(
				"data set %s/%s: column \"%s\" is plain STRING: its "
				"values would be uploaded as they are; declare "
				"externalUserIdType or leave the column out",
				c->instance, id, s->col[i].name);
	}
	if (!ds)
		return;
	check_rules(c, s, ds, failures);
	check_consts(c, s, ds, failures);
}

static void check_one(const struct check_dataset *c, const struct json *listed,
		      size_t *failures)
{
	const char *id = json_str(listed, "dataSetId");
	struct json *whole = NULL;
	struct schema *s = NULL;
	struct amc_result res;
	struct problem p = {0};
	int r = 0;

	/* a list may leave out the columns */
	if (!json_is_array(json_get(listed, "columns")))
		r = amc_dataset(c->amc, c->as, c->instance, id, &whole, &res, &p);
	if (r == 0)
		r = catalog_schema(whole ? whole : listed, &s, &p);
	if (r == 0)
		check_schema(c, id, s, failures);
	else
		check_line_warn("data set %s/%s: its definition cannot be used: %s",
				c->instance, id,
				p.err ? problem_text(&p) : errcode_text(r));
	schema_free(s);
	json_free(whole);
}

static bool has(const struct json *sets, const char *id)
{
	for (size_t i = 0; i < json_count(sets); i++) {
		if (strcmp(json_str(json_at(sets, i), "dataSetId"), id) == 0)
			return true;
	}
	return false;
}

size_t check_dataset_all(const struct check_dataset *c, const struct json *sets)
{
	const struct settings_instance *in =
		settings_instance_for(c->settings, c->instance);
	size_t failures = 0;

	for (size_t i = 0; i < json_count(sets); i++)
		check_one(c, json_at(sets, i), &failures);
	for (size_t i = 0; in && i < in->n_datasets; i++) {
		const char *id = in->datasets[i].id;

		if (!has(sets, id))
			check_line_warn("data set %s/%s: AMC has none of that name; "
					"correct the section [dataset %s/%s], or create "
					"the data set",
					c->instance, id, c->instance, id);
	}
	return failures;
}
