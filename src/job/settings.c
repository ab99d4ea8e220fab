/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings - which of the merged settings apply to an instance or a data set
 *
 * Merging happened when the configuration was loaded, so this only searches;
 * a configuration names a handful of instances, hence no index.
 */
#include "job/settings.h"

#include <string.h>

const char *settings_strategy_name(enum settings_strategy s)
{
	static const char *const names[STRATEGY_COUNT] = {
		[STRATEGY_ADDITIVE] = "ADDITIVE",
		[STRATEGY_FULL_REPLACE] = "FULL_REPLACE",
		[STRATEGY_OVERLAP_REPLACE] = "OVERLAP_REPLACE",
		[STRATEGY_OVERLAP_KEEP] = "OVERLAP_KEEP",
	};

	return (unsigned)s < STRATEGY_COUNT ? names[s] : "";
}

const struct settings_instance *settings_instance_for(const struct settings *s,
						      const char *instance)
{
	if (!instance)
		return NULL;
	for (size_t i = 0; i < s->n_instances; i++) {
		if (strcmp(s->instances[i].id, instance) == 0)
			return &s->instances[i];
	}
	return NULL;
}

const struct settings_s3 *settings_s3_for(const struct settings *s, const char *instance)
{
	const struct settings_instance *in = settings_instance_for(s, instance);

	return in ? &in->s3 : &s->s3;
}

const struct settings_dataset *settings_dataset_for(const struct settings *s,
						    const char *instance,
						    const char *dataset)
{
	const struct settings_instance *in = settings_instance_for(s, instance);

	for (size_t i = 0; in && dataset && i < in->n_datasets; i++) {
		if (strcmp(in->datasets[i].id, dataset) == 0)
			return &in->datasets[i];
	}
	return NULL;
}

const struct settings_upload *settings_upload_for(const struct settings *s,
						  const char *instance,
						  const char *dataset)
{
	const struct settings_instance *in = settings_instance_for(s, instance);
	const struct settings_dataset *ds = settings_dataset_for(s, instance, dataset);

	if (ds)
		return &ds->upload;
	return in ? &in->upload : &s->upload;
}

const struct tz *settings_tz(const struct settings *s, const char *timezone)
{
	for (size_t i = 0; i < s->n_zones; i++) {
		if (strcmp(s->zones[i].name, timezone) == 0)
			return s->zones[i].tz;
	}
	return NULL;
}
