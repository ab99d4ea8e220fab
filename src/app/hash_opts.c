/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -o takes the very keys of a [dataset] section, through the loader of the
 * configuration: what it allows and refuses cannot differ from what a mount does.
 * Without a configuration the section stands over the defaults alone.
 */
#include "app/hash_opts.h"

#include <stdlib.h>
#include <string.h>

#include "app/config_value.h"
#include "base/clock.h"
#include "base/scope.h"
#include "job/constant.h"

/* Stands in for ${job}: nothing becomes a job here. */
#define JOB "hash"

#define ANY_DATASET "any/any"

enum { OPT_DEFINITION, OPT_COUNTRY, OPT_REPORT, OPT_CONFIG, OPT_DATASET, OPT_ROWS };

const struct options_spec hash_opts_spec[HASH_OPTS_N] = {
	[OPT_DEFINITION] = {"definition", 0, "FILE",
			    "the data set as AMC describes it (definition.json)"},
	[OPT_COUNTRY] = {"country", 0, "CC", "the upload's country, two letters"},
	[OPT_REPORT] = {"report", 0, "FILE", "write the counts there, as JSON"},
	[OPT_CONFIG] = {"config", 0, "CONFIG",
			"read rows as that configuration says; with --dataset"},
	[OPT_DATASET] = {"dataset", 0, "ID/DATASET",
			 "of which data set; its section need not be there"},
	[OPT_ROWS] = {NULL, 'o', "KEY=VALUE",
		      "a key of [dataset] about rows; wins over the file"},
};

static int take_country(struct hash_opts *o, const char *value, struct problem *p)
{
	if (config_value_country(value, o->country) < 0)
		return problem_set(p, -EINVAL,
				   "--country needs two letters, like US or DE");
	return 0;
}

static int take_dataset(struct hash_opts *o, const char *value, struct problem *p)
{
	const char *slash = strchr(value, '/');
	_cleanup_free_ char *id = strndup(value, slash ? (size_t)(slash - value) : 0);

	if (!id)
		return -ENOMEM;
	if (!slash || !config_value_is_id(id, 64) || !config_value_is_id(slash + 1, 128))
		return problem_set(p, -EINVAL,
				   "--dataset needs INSTANCE/DATASET, the names of two "
				   "folders in a mount");
	o->dataset = value;
	return 0;
}

static int take_rows(struct hash_opts *o, const char *value)
{
	const char **more = reallocarray(o->rows, o->n_rows + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	o->rows = more;
	more[o->n_rows++] = value;
	return 0;
}

int hash_opts_take(void *ctx, size_t which, const char *value, struct problem *p)
{
	struct hash_opts *o = ctx;

	switch (which) {
	case OPT_DEFINITION:
		o->definition = value;
		return 0;
	case OPT_COUNTRY:
		return take_country(o, value, p);
	case OPT_REPORT:
		o->report = value;
		return 0;
	case OPT_CONFIG:
		o->config = value;
		return 0;
	case OPT_DATASET:
		return take_dataset(o, value, p);
	default:
		return take_rows(o, value);
	}
}

int hash_opts_load(struct hash_opts *o)
{
	struct config_opts c = {
		.path = o->config,
		.rows_of = o->dataset ? o->dataset : ANY_DATASET,
		.overrides = o->rows,
		.n_overrides = o->n_rows,
	};

	if (!o->definition)
		return cli_fail(CLI_USAGE, "hash needs --definition FILE: the data set's "
					   "definition.json");
	if (!o->config != !o->dataset)
		return cli_fail(CLI_USAGE,
				"--config CONFIG and --dataset ID/DATASET go together");
	return cli_config(&o->loaded, &c);
}

/* The data set that was loaded for: the one that -o says something about. */
static const struct settings_dataset *chosen(const struct hash_opts *o)
{
	const char *name = o->dataset ? o->dataset : ANY_DATASET;
	const struct settings *s = &o->loaded->settings;
	const char *slash = strchr(name, '/');

	for (size_t i = 0; i < s->n_instances; i++) {
		const char *id = s->instances[i].id;

		if (strncmp(id, name, (size_t)(slash - name)) == 0 &&
		    id[slash - name] == '\0')
			return settings_dataset_for(s, id, slash + 1);
	}
	return NULL;
}

static const char *base_name(const char *in)
{
	const char *slash = in ? strrchr(in, '/') : NULL;

	if (!in)
		return "-";
	return slash ? slash + 1 : in;
}

int hash_opts_pipeline(struct hash_opts *o, struct pipeline_opts *out, struct problem *p)
{
	const struct settings_dataset *ds = chosen(o);
	const struct settings_upload *up = &ds->upload;
	const struct constant_words words = {
		.now_s = clock_wall_ms(&clock_real) / 1000,
		.path = base_name(o->in),
		.ignore = up->ignore,
		.job = JOB,
	};
	int r = constant_expand(&ds->consts, &words, &o->consts, p);

	if (r < 0)
		return r;
	*out = (struct pipeline_opts){
		.max_row = up->max_row_bytes,
		.delim = up->delim,
		.encoding = up->encoding,
		.no_header = !up->header,
		.columns = up->columns,
		.maps = ds->maps.list,
		.n_maps = ds->maps.n,
		.consts = o->consts.list,
		.n_consts = o->consts.n,
		.tz = settings_tz(&o->loaded->settings, up->timezone),
		.null_text = up->null_text,
		.country = o->country[0] ? o->country : up->country,
		.default_country = up->default_country,
		.max_skipped_share = up->max_skipped_share,
		.max_skipped_rows = up->max_skipped_rows,
	};
	return 0;
}

void hash_opts_fini(struct hash_opts *o)
{
	constant_fini(&o->consts);
	config_free(o->loaded);
	free(o->rows);
}
