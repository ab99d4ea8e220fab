/* SPDX-License-Identifier: Apache-2.0 */
#include "job/settings.h"

#include "tool/check.h"

static char amc1[] = "amc1", amc2[] = "amc2", orders[] = "orders", people[] = "customers";
static struct settings_dataset datasets[] = {{.id = orders}, {.id = people}};
static struct settings_instance instances[] = {
	{.id = amc1},
	{.id = amc2, .datasets = datasets, .n_datasets = 2},
};
static const struct settings all = {.instances = instances, .n_instances = 2};

TEST(the_most_specific_upload)
{
	CHECK(settings_upload_for(&all, "amc2", "customers") == &datasets[1].upload);
	CHECK(settings_upload_for(&all, "amc2", "orders") == &datasets[0].upload);
	CHECK(settings_upload_for(&all, "amc2", "other") == &instances[1].upload);
	CHECK(settings_upload_for(&all, "amc2", NULL) == &instances[1].upload);
	CHECK(settings_upload_for(&all, "amc1", "orders") == &instances[0].upload);
	CHECK(settings_upload_for(&all, "amc3", "orders") == &all.upload);
	CHECK(settings_upload_for(&all, NULL, NULL) == &all.upload);
}

TEST(the_instance_and_its_bucket)
{
	CHECK(settings_instance_for(&all, "amc1") == &instances[0]);
	CHECK(settings_instance_for(&all, "amc") == NULL);
	CHECK(settings_instance_for(&all, NULL) == NULL);
	CHECK(settings_s3_for(&all, "amc2") == &instances[1].s3);
	CHECK(settings_s3_for(&all, "amc3") == &all.s3);
}

TEST(the_section_of_a_data_set)
{
	CHECK(settings_dataset_for(&all, "amc2", "customers") == &datasets[1]);
	CHECK(settings_dataset_for(&all, "amc2", "other") == NULL);
	CHECK(settings_dataset_for(&all, "amc1", "orders") == NULL);
	CHECK(settings_dataset_for(&all, "amc3", "orders") == NULL);
	CHECK(settings_dataset_for(&all, "amc2", NULL) == NULL);
	CHECK(settings_dataset_for(&all, NULL, NULL) == NULL);
}

TEST(time_zones_by_name)
{
	static char berlin[] = "Europe/Berlin", utc[] = "Etc/UTC";
	struct tz *zone = (struct tz *)&all; /* only compared */
	struct settings_zone zones[] = {{utc, NULL}, {berlin, zone}};
	const struct settings s = {.zones = zones, .n_zones = 2};

	CHECK(settings_tz(&s, "Europe/Berlin") == zone);
	CHECK(settings_tz(&s, "Etc/UTC") == NULL);
	CHECK(settings_tz(&s, "UTC") == NULL);
	CHECK(settings_tz(&all, "UTC") == NULL);
}

TEST(strategies_as_amc_spells_them)
{
	CHECK_STR(settings_strategy_name(STRATEGY_ADDITIVE), "ADDITIVE");
	CHECK_STR(settings_strategy_name(STRATEGY_FULL_REPLACE), "FULL_REPLACE");
	CHECK_STR(settings_strategy_name(STRATEGY_OVERLAP_REPLACE), "OVERLAP_REPLACE");
	CHECK_STR(settings_strategy_name(STRATEGY_OVERLAP_KEEP), "OVERLAP_KEEP");
	CHECK_STR(settings_strategy_name(STRATEGY_COUNT), "");
}

int main(void)
{
	RUN(the_most_specific_upload);
	RUN(the_instance_and_its_bucket);
	RUN(the_section_of_a_data_set);
	RUN(time_zones_by_name);
	RUN(strategies_as_amc_spells_them);
	return CHECK_DONE();
}
