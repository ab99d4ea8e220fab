/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of the table must be for the rest to work. */
#include "app/config_keys.h"

#include <string.h>

#include "app/config_type.h"
#include "base/secret.h"
#include "base/url.h"
#include "tool/check.h"

TEST(one_row_for_each_word_in_a_section)
{
	CHECK_INT(config_keys_n, 79);
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *a = &config_keys_table[i];

		CHECK(a->where > 0 && a->where < CONFIG_WHERE_END);
		CHECK(a->help && a->help[0] != '\0');
		for (size_t j = 0; j < i; j++) {
			const struct config_key *b = &config_keys_table[j];

			CHECK((a->where & b->where) == 0 ||
			      strcmp(a->name, b->name) != 0);
		}
	}
}

TEST(defaults_are_values)
{
	int64_t v;

	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys_table[i];

		if (k->preset[0] == '\0')
			continue;
		CHECK_STR(k->unset, NULL);
		if (config_type_is_integer(k))
			CHECK_INT(config_type_integer(k, k->preset, &v), 0);
		else if (config_type_is_text(k))
			CHECK(config_type_text_ok(k, k->preset));
		CHECK(config_type_is_preset(k, k->preset));
	}
}

TEST(fields_have_their_types_size)
{
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys_table[i];

		if (k->into == CONFIG_INTO_NOTHING)
			continue;
		if (config_type_is_integer(k))
			CHECK(k->size == 1 || k->size == 4 || k->size == 8);
		else if (config_type_is_text(k))
			CHECK_INT(k->size, sizeof(char *));
		else if (k->type == CONFIG_SECRET)
			CHECK_INT(k->size, sizeof(struct secret));
		else if (k->type == CONFIG_URL)
			CHECK_INT(k->size, sizeof(struct url));
		/* a range that fits the field */
		if (k->size == 4 && k->type <= CONFIG_TIME)
			CHECK(k->max < INT64_C(4294967295));
		if (k->type == CONFIG_TIME)
			CHECK_INT(k->size, 8);
	}
}

TEST(secrets_have_variants)
{
	unsigned n = 0;

	for (size_t i = 0; i < config_keys_n; i++) {
		if (config_keys_table[i].type != CONFIG_SECRET)
			continue;
		n++;
		CHECK((config_keys_table[i].flags & CONFIG_VARIANTS) != 0);
	}
	CHECK_INT(n, 4);
}

TEST(find_is_exact)
{
	CHECK_STR(config_keys_find(CONFIG_S3, "bucket")->name, "bucket");
	CHECK(config_keys_find(CONFIG_AMC, "bucket") == NULL);
	CHECK(config_keys_find(CONFIG_S3, "Bucket") == NULL);
	CHECK(config_keys_find(CONFIG_S3, "bucket_file") == NULL);
	CHECK_STR(config_keys_find(CONFIG_DATASET, "map.email")->name, "map.*");
	CHECK(config_keys_find(CONFIG_DATASET, "map.") == NULL);
	CHECK(config_keys_find(CONFIG_DATASET, "map") == NULL);
	CHECK(config_keys_find(CONFIG_UPLOAD, "country") !=
	      config_keys_find(CONFIG_DATASET, "country"));
	CHECK(config_keys_find(CONFIG_UPLOAD, "country") ==
	      config_keys_find(CONFIG_INSTANCE, "country"));
}

static const char *meant(enum config_where where, const char *name)
{
	const struct config_key *k = config_keys_suggest(where, name);

	return k ? k->name : NULL;
}

TEST(suggestions)
{
	CHECK_STR(meant(CONFIG_S3, "buckett"), "bucket");
	CHECK_STR(meant(CONFIG_S3, "part-size"), "part_size");
	CHECK_STR(meant(CONFIG_MOUNT, "setle"), "settle");
	CHECK_STR(meant(CONFIG_MOUNT, "loglevel"), "log_level");
	CHECK_STR(meant(CONFIG_AMC, "buckett"), NULL);
	CHECK_STR(meant(CONFIG_MOUNT, "x"), NULL);
	CHECK_STR(meant(CONFIG_MOUNT, ""), NULL);
	CHECK_STR(meant(CONFIG_MOUNT, "a_name_that_is_longer_than_any_in_the_table"),
		  NULL);
}

TEST(homes)
{
	CHECK_INT(config_keys_elsewhere("bucket"), CONFIG_S3 | CONFIG_INSTANCE);
	CHECK_INT(config_keys_elsewhere("const.x"), CONFIG_DATASET);
	CHECK_INT(config_keys_elsewhere("nothing"), 0);
	CHECK_STR(config_keys_section(CONFIG_AMC), "amc");
	CHECK_STR(config_keys_section(CONFIG_GROUP), "group");
}

TEST(types_for_people)
{
	char text[CONFIG_TYPE_TEXT];

	CHECK_STR(config_type_show(config_keys_find(CONFIG_S3, "part_size"), text),
		  "size 5M..512M");
	CHECK_STR(config_type_show(config_keys_find(CONFIG_S3, "role_duration"), text),
		  "time 15m..12h");
	CHECK_STR(config_type_show(config_keys_find(CONFIG_UPLOAD, "compression"), text),
		  "gzip|none");
	CHECK_STR(config_type_allowed(config_keys_find(CONFIG_S3, "auth"), text),
		  "one of auto, static, env, profile, role, web_identity, instance");
	CHECK_STR(config_type_show_preset(config_keys_find(CONFIG_S3, "part_size"), text),
		  "16M");
	CHECK_STR(config_type_show_preset(config_keys_find(CONFIG_S3, "bucket"), text),
		  "(required)");
	CHECK_STR(config_type_show_preset(config_keys_find(CONFIG_S3, "profile"), text),
		  "(none)");
}

int main(void)
{
	RUN(one_row_for_each_word_in_a_section);
	RUN(defaults_are_values);
	RUN(fields_have_their_types_size);
	RUN(secrets_have_variants);
	RUN(find_is_exact);
	RUN(suggestions);
	RUN(homes);
	RUN(types_for_people);
	return CHECK_DONE();
}
