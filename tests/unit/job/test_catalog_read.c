/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of AMC, in what order, and what becomes of the answers. */
#include "catalogrig.h"

/* --- whose instance is it ------------------------------------------------ */

TEST(the_first_account_that_has_it_owns_it)
{
	static const struct answer answers[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0, 200},
		{"E1/M1", "[" INST("b") "," INST("a") "]", 0, 200},
		{"E2/M2", "[" INST("b") "," INST("c") "]", 0, 200},
		{"E1/M1 a", "[" DS("y") "," DS("x") "]", 0, 200},
		{"E1/M1 b", "[]", 0, 200},
		{"E2/M2 c", "[{\"dataSetId\":\"bare\",\"columns\":[]}]", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;
	struct health_state h;

	rig_open(&r, dir, answers);
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E1/M1: x y\nb E1/M1:\nc E2/M2: bare!\n");
	CHECK_STR(r.amc.asked, "accounts;E1/M1;E1/M1 b;E1/M1 a;E2/M2;E2/M2 c;");
	health_read(r.health, HEALTH_AMC, &h);
	CHECK_INT(h.good, 6);
	CHECK_INT(h.bad, 0);
	rig_close(&r);
}

/* Both ids set: the list of accounts, which a login may be denied, is not asked. */
TEST(a_configured_account_is_enough)
{
	static const struct answer answers[] = {{"E9/M9", "[" INST("a") "]", 0, 200},
						{"E9/M9 a", "[" DS("x") "]", 0, 200},
						{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;

	rig_open(&r, dir, answers);
	r.settings.amc.account_id = (char *)"E9";
	r.settings.amc.marketplace_id = (char *)"M9";
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E9/M9: x\n");
	CHECK_STR(r.amc.asked, "E9/M9;E9/M9 a;");
	rig_close(&r);
}

TEST(a_configured_accounts_marketplace_is_found)
{
	static const struct answer answers[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0, 200},
		{"E2/M2", "[" INST("a") "]", 0, 200},
		{"E2/M2 a", "[]", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;

	rig_open(&r, dir, answers);
	r.settings.amc.account_id = (char *)"E2";
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E2/M2:\n");
	r.settings.amc.account_id = (char *)"E3";
	CHECK_INT(rig_read(&r, &p), -ERR_NOT_FOUND);
	CHECK_STR(p.note,
		  "account_id E3 is not among the accounts that AMC names for this "
		  "login; mend it, or set marketplace_id as well");
	rig_close(&r);
}

TEST(sections_restrict_and_place)
{
	static const struct answer answers[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "]", 0, 200},
		{"E1/M1", "[" INST("a") "," INST("b") "," INST("c") "]", 0, 200},
		{"E7/M7", "[" INST("b") "," INST("c") "]", 0, 200},
		{"E1/M1 a", "[]", 0, 200},
		{"E7/M7 b", "[" DS("x") "]", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;

	rig_open(&r, dir, answers);
	rig_section(&r, "a", "", "");
	rig_section(&r, "b", "E7", "M7");
	rig_section(&r, "absent", "", "");
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E1/M1:\nb E7/M7: x\n");
	rig_close(&r);
}

/* --- hostile answers ------------------------------------------------------ */

TEST(names_that_are_no_names_are_left_out)
{
	static const char accounts[] =
		"[7,{},{\"accountId\":\"E1\\r\\nX: y\",\"marketplaceId\":\"M1\"},"
		"{\"accountId\":\"E1\",\"marketplaceId\":\"../M\"},"
		"{\"accountId\":\"E1\",\"marketplaceId\":\"M1\"},"
		"{\"accountId\":\"E1\",\"marketplaceId\":\"M1\"}]";
	static const char instances[] =
		"[null,7,\"a\",{\"instanceId\":\"\"},{\"instanceId\":\".\"},"
		"{\"instanceId\":\"..\"},{\"instanceId\":\"a/b\"},"
		"{\"instanceId\":\"a b\"},{\"instanceId\":\"a\\u0000b\"},"
		"{\"instanceId\":\"a\\nb\"},{\"instanceId\":\"ok-1._Z\"},"
		"{\"instanceId\":\"ok-1._Z\"},"
		"{\"instanceId\":\"dead\",\"creationStatus\":\"Failed\"},"
		"{\"instanceId\":\"young\",\"creationStatus\":\"IN_PROGRESS\"}]";
	static const struct answer answers[] = {
		{"accounts", accounts, 0, 200},
		{"E1/M1", instances, 0, 200},
		{"E1/M1 ok-1._Z",
		 "[7," DS("../../etc") "," DS("x") "," DS("x") "," DS("\\u00e9") "]", 0,
		 200},
		{"E1/M1 young", "[]", 0, 200},
		{"E1/M1 a", "[]", 0, 200}, /* what a NUL would cut the name to */
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;

	rig_open(&r, dir, answers);
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "a E1/M1:\nok-1._Z E1/M1: x\nyoung E1/M1:\n");
	rig_close(&r);
}

TEST(left_out_names_are_told_once)
{
	static const struct answer answers[] = {{"accounts", "[" ACCOUNT("E1", "M1") "]",
						 0, 200},
						{"E1/M1", "[" INST("..") "]", 0, 200},
						{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct sample_log log;
	char said[1024];

	rig_open(&r, dir, answers);
	rig_catalog(&r);
	for (int i = 0; i < 2; i++) {
		log = sample_log_catch();
		CHECK_INT(catalog_start(r.c, 60000, NULL), 0);
		catalog_stop(r.c);
		sample_log_end(&log, said, sizeof(said));
		CHECK_INT(strstr(said, "instance=\"..\" left out") != NULL, i == 0);
	}
	rig_close(&r);
}

/* --- texts ---------------------------------------------------------------- */

TEST(definitions_are_as_amc_gave_them)
{
	static const struct answer answers[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "]", 0, 200},
		{"E1/M1", "[{\"zone\":1,\"instanceId\":\"a\",\"new\":{\"thing\":[]}}]", 0,
		 200},
		{"E1/M1 a", "[{\"dataSetId\":\"lazy\"}]", 0, 200},
		{"E1/M1 a lazy",
		 "{\"dataSetId\":\"lazy\",\"unheardOf\":true," COLUMNS "}", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;
	const struct catalog_view *v;
	const struct catalog_dataset *d;

	rig_open(&r, dir, answers);
	CHECK_INT(rig_read(&r, &p), 0);
	v = catalog_get(r.c);
	CHECK_INT(v->read_ms, T0);
	CHECK_STR(v->instances[0].text, "{\n"
					"  \"instance\": {\n"
					"    \"zone\": 1,\n"
					"    \"instanceId\": \"a\",\n"
					"    \"new\": {\n"
					"      \"thing\": []\n"
					"    }\n"
					"  }\n"
					"}\n");
	d = catalog_dataset(v, "a", "lazy");
	CHECK(d && d->schema);
	CHECK_INT(d->schema->n, 1);
	CHECK_STR(d->definition, "{\n"
				 "  \"dataSet\": {\n"
				 "    \"dataSetId\": \"lazy\",\n"
				 "    \"unheardOf\": true,\n"
				 "    \"columns\": [\n"
				 "      {\n"
				 "        \"name\": \"c\",\n"
				 "        \"dataType\": \"STRING\"\n"
				 "      }\n"
				 "    ]\n"
				 "  }\n"
				 "}\n");
	catalog_put(v);
	rig_close(&r);
}

/* --- failures ------------------------------------------------------------- */

struct trouble {
	struct answer answers[8];
	int err;
	const char *asked, *tree;
	enum health_peer who;
};

/* After a good reading: what was not heard stays, and after a failure that would
 * meet every question no more are asked. */
TEST(what_is_not_heard_stays)
{
	static const struct trouble table[] = {
		{{{"accounts", NULL, -ERR_UNREACHABLE, 0}, {0}},
		 -ERR_UNREACHABLE,
		 "accounts;",
		 ALL_WELL,
		 HEALTH_AMC},
		{{{"accounts", NULL, -ERR_AUTH, 0}, {0}},
		 -ERR_AUTH,
		 "accounts;",
		 ALL_WELL,
		 HEALTH_LOGIN},
		{{{"accounts", NULL, -ERR_AUTH, 401}, {0}},
		 -ERR_AUTH,
		 "accounts;",
		 ALL_WELL,
		 HEALTH_AMC},
		/* an account that is closed to this login, another that is not */
		{{{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0,
		   200},
		  {"E1/M1", NULL, -ERR_AUTH, 403},
		  {"E2/M2", "[" INST("c") "]", 0, 200},
		  {"E2/M2 c", "[" DS("new") "]", 0, 200},
		  {0}},
		 -ERR_AUTH,
		 "accounts;E1/M1;E2/M2;E2/M2 c;",
		 "a E1/M1: x\nb E1/M1: y\nc E2/M2: new\n",
		 HEALTH_PEERS},
		/* one instance fails for itself */
		{{{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0,
		   200},
		  {"E1/M1", "[" INST("a") "," INST("b") "]", 0, 200},
		  {"E1/M1 a", NULL, -ERR_REMOTE, 500},
		  {"E1/M1 b", "[]", 0, 200},
		  {"E2/M2", "[]", 0, 200},
		  {0}},
		 -ERR_REMOTE,
		 "accounts;E1/M1;E1/M1 a;E1/M1 b;E2/M2;",
		 "a E1/M1: x\nb E1/M1:\n",
		 HEALTH_PEERS},
		/* the line goes dead in the middle */
		{{{"accounts", "[" ACCOUNT("E1", "M1") "," ACCOUNT("E2", "M2") "]", 0,
		   200},
		  {"E1/M1", "[" INST("a") "," INST("b") "]", 0, 200},
		  {"E1/M1 a", NULL, -ERR_LOST_ANSWER, 0},
		  {0}},
		 -ERR_LOST_ANSWER,
		 "accounts;E1/M1;E1/M1 a;",
		 ALL_WELL,
		 HEALTH_AMC},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct trouble *t = &table[i];
		SAMPLE_DIR(dir);
		struct rig r;
		struct problem p;
		struct health_state h;

		rig_open(&r, dir, all_well);
		CHECK_INT(rig_read(&r, &p), 0);
		check_tree(r.c, ALL_WELL);
		r.amc.answers = t->answers;
		catalog_free(r.c); /* a start without AMC has the tree as well */
		r.c = NULL;
		testclock_advance(&r.tc, 60000);
		CHECK_INT(rig_read(&r, &p), t->err);
		CHECK_STR(r.amc.asked, t->asked);
		check_tree(r.c, t->tree);
		for (int w = 0; w < HEALTH_PEERS; w++) {
			health_read(r.health, (enum health_peer)w, &h);
			CHECK_INT(h.error[0] != '\0', w == (int)t->who);
		}
		rig_close(&r);
	}
}

int main(void)
{
	RUN(the_first_account_that_has_it_owns_it);
	RUN(a_configured_account_is_enough);
	RUN(a_configured_accounts_marketplace_is_found);
	RUN(sections_restrict_and_place);
	RUN(names_that_are_no_names_are_left_out);
	RUN(left_out_names_are_told_once);
	RUN(definitions_are_as_amc_gave_them);
	RUN(what_is_not_heard_stays);
	return CHECK_DONE();
}
