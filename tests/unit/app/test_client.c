/* SPDX-License-Identifier: Apache-2.0 */
#include "app/client.h"

#include "check.h"

struct place_case {
	const char *inner;
	const char *status, *instance, *dataset, *operation, *strategy, *file;
};

#define DS "/m/instances/a/datasets/d/status.json"

static const struct place_case cases[] = {
	{"", "/m/status.json", "", "", "", "", ""},
	{"README", "/m/status.json", "", "", "", "", ""},
	{"instances", "/m/status.json", "", "", "", "", ""},
	{"instances/a", "/m/status.json", "a", "", "", "", ""},
	{"instances/a/datasets", "/m/status.json", "a", "", "", "", ""},
	{"instances/a/datasets/d", DS, "a", "d", "", "", ""},
	{"instances/a/datasets/d/status", DS, "a", "d", "", "", ""},
	{"instances/a/datasets/d/upload", DS, "a", "d", "upload", "", ""},
	{"instances/a/datasets/d/upload/x.csv", DS, "a", "d", "upload", "", "x.csv"},
	{"instances/a/datasets/d/upload/s/x.csv", DS, "a", "d", "upload", "", "s/x.csv"},
	{"instances/a/datasets/d/upload/ADDITIVE", DS, "a", "d", "upload", "ADDITIVE",
	 ""},
	{"instances/a/datasets/d/upload/FULL_REPLACE/s/x.csv", DS, "a", "d", "upload",
	 "FULL_REPLACE", "s/x.csv"},
	{"instances/a/datasets/d/upload/additive/x", DS, "a", "d", "upload", "",
	 "additive/x"},
	{"instances/a/delete/x.csv", "/m/instances/a/delete/status.json", "a", "",
	 "delete", "", "x.csv"},
	{"instances/a/audiences/q.sql", "/m/instances/a/audiences/status.json", "a", "",
	 "audience", "", "q.sql"},
};

TEST(places)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct place_case *c = &cases[i];
		struct client_place pl;

		CHECK_INT(client_parse("/m", c->inner, &pl), 0);
		CHECK_STR(pl.status, c->status);
		CHECK_STR(pl.instance, c->instance);
		CHECK_STR(pl.dataset, c->dataset);
		CHECK_STR(pl.operation, c->operation);
		CHECK_STR(pl.strategy, c->strategy);
		CHECK_STR(pl.file, c->file);
		client_place_fini(&pl);
	}
}

TEST(a_mount_at_the_root)
{
	struct client_place pl;

	CHECK_INT(client_parse("/", "instances/a/datasets/d", &pl), 0);
	CHECK_STR(pl.status, "/instances/a/datasets/d/status.json");
	client_place_fini(&pl);
}

static bool matches(const char *inner, const char *record)
{
	struct client_place pl;
	struct json *j;
	bool yes;

	CHECK_INT(client_parse("/m", inner, &pl), 0);
	CHECK_INT(json_parse(slice_str(record), &j, NULL), 0);
	yes = client_matches(&pl, j);
	json_free(j);
	client_place_fini(&pl);
	return yes;
}

TEST(records_of_a_place)
{
	static const char record[] =
		"{\"file\":\"s/x.csv\",\"operation\":\"upload\",\"instance\":\"a\","
		"\"dataset\":\"d\",\"strategy\":\"ADDITIVE\",\"folder\":\"upload/ADDITIVE\"}";

	CHECK(matches("", record));
	CHECK(matches("instances/a", record));
	CHECK(matches("instances/a/datasets/d", record));
	/* the same name in another folder is another file */
	CHECK(!matches("instances/a/datasets/d/upload/s/x.csv", record));
	CHECK(matches("instances/a/datasets/d/upload/ADDITIVE/s/x.csv", record));
	CHECK(!matches("instances/a/datasets/d/upload/FULL_REPLACE/s/x.csv", record));
	CHECK(!matches("instances/a/datasets/d/upload/x.csv", record));
	CHECK(!matches("instances/a/datasets/d/upload/s", record));
	CHECK(!matches("instances/a/datasets/e/upload/s/x.csv", record));
	CHECK(!matches("instances/b/datasets/d/upload/s/x.csv", record));
	CHECK(!matches("instances/a/delete/s/x.csv", record));
}

TEST(record_of_the_default_folder)
{
	static const char record[] =
		"{\"file\":\"x.csv\",\"operation\":\"upload\",\"instance\":\"a\","
		"\"dataset\":\"d\",\"strategy\":\"ADDITIVE\",\"folder\":\"upload\"}";

	CHECK(matches("instances/a/datasets/d/upload/x.csv", record));
	CHECK(!matches("instances/a/datasets/d/upload/ADDITIVE/x.csv", record));
}

TEST(a_path_outside_is_named)
{
	struct client_place pl;
	struct problem p = {0};

	CHECK_INT(client_find("/proc/self/status", &pl, &p), -ERR_NOT_FOUND);
	CHECK_STR(problem_text(&p), "/proc/self/status is in no amcfs mount (is it "
				    "mounted? see findmnt -t fuse.amcfs)");
	p = (struct problem){0};
	CHECK_INT(client_find("/no/such/../folder", &pl, &p), -ENOENT);
}

int main(void)
{
	RUN(places);
	RUN(a_mount_at_the_root);
	RUN(records_of_a_place);
	RUN(record_of_the_default_folder);
	RUN(a_path_outside_is_named);
	return CHECK_DONE();
}
