/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept for the next start, who holds a view, who waits for a reading. */
#include "catalogrig.h"

TEST(the_stored_tree_keeps_its_time)
{
	static const struct answer dead[] = {{"accounts", NULL, -ERR_UNREACHABLE, 0},
					     {0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;
	const struct catalog_view *v;

	rig_open(&r, dir, all_well);
	rig_catalog(&r);
	v = catalog_get(r.c);
	CHECK_INT(v->n_instances, 0);
	CHECK_INT(v->read_ms, 0);
	catalog_put(v);
	CHECK_INT(rig_read(&r, &p), 0);
	catalog_free(r.c);
	r.c = NULL;
	r.amc.answers = dead;
	testclock_advance(&r.tc, 99000);
	rig_catalog(&r); /* no question asked yet */
	check_tree(r.c, ALL_WELL);
	CHECK_INT(rig_read(&r, &p), -ERR_UNREACHABLE);
	v = catalog_get(r.c);
	CHECK_INT(v->read_ms, T0);
	catalog_put(v);
	rig_close(&r);
}

TEST(a_stored_tree_of_nonsense_is_an_empty_tree)
{
	static const char *const texts[] = {"", "{", "7", "{\"instances\":7}",
					    "{\"instances\":[7,{\"instance\":{}}]}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		SAMPLE_DIR(dir);
		struct sample_log log = sample_log_catch();
		struct rig r;
		char said[1024];

		rig_open(&r, dir, all_well);
		CHECK_INT(store_note_put(r.store, "catalog", slice_str(texts[i]), NULL),
			  0);
		rig_catalog(&r);
		check_tree(r.c, "");
		rig_close(&r);
		sample_log_end(&log, said, sizeof(said));
	}
}

/* --- views and misses ------------------------------------------------------ */

TEST(a_view_outlives_its_successors)
{
	static const struct answer empty[] = {{"accounts", "[]", 0, 200}, {0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p;
	const struct catalog_view *v;

	rig_open(&r, dir, all_well);
	CHECK_INT(rig_read(&r, &p), 0);
	v = catalog_get(r.c);
	r.amc.answers = empty;
	CHECK_INT(rig_read(&r, &p), 0);
	check_tree(r.c, "");
	CHECK_STR(catalog_dataset(v, "a", "x")->id, "x");
	rig_close(&r);
	CHECK_STR(catalog_dataset(v, "a", "x")->id, "x");
	catalog_put(v);
}

/* The reading before was a moment ago, or there is no thread: no question, and no
 * waiting for an answer that will not come. */
TEST(a_miss_right_after_a_reading_asks_nothing)
{
	SAMPLE_DIR(dir);
	struct rig r;
	struct sample_log log;
	char said[1024];

	rig_open(&r, dir, all_well);
	rig_catalog(&r);
	catalog_miss(r.c, 3600 * 1000);
	CHECK_STR(r.amc.asked, "");
	log = sample_log_catch();
	CHECK_INT(catalog_start(r.c, 60000, NULL), 0);
	r.amc.asked[0] = '\0';
	catalog_miss(r.c, 3600 * 1000);
	CHECK_STR(r.amc.asked, "");
	catalog_stop(r.c);
	catalog_miss(r.c, 3600 * 1000);
	sample_log_end(&log, said, sizeof(said));
	rig_close(&r);
}

static void *miss(void *arg)
{
	catalog_miss(arg, 3600 * 1000);
	return NULL;
}

/* Two seconds later a miss asks anew, and those who miss together ask together. */
TEST(a_miss_asks_anew)
{
	static const struct answer more[] = {
		{"accounts", "[" ACCOUNT("E1", "M1") "]", 0, 200},
		{"E1/M1", "[" INST("a") "]", 0, 200},
		{"E1/M1 a", "[" DS("x") "," DS("fresh") "]", 0, 200},
		{0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct sample_log log;
	pthread_t t[4];
	char said[1024];

	rig_open(&r, dir, all_well);
	rig_catalog(&r);
	log = sample_log_catch();
	CHECK_INT(catalog_start(r.c, 60000, NULL), 0);
	pthread_mutex_lock(&r.amc.lock);
	r.amc.answers = more;
	r.amc.asked[0] = '\0';
	pthread_mutex_unlock(&r.amc.lock);
	testclock_advance(&r.tc, 1999);
	catalog_miss(r.c, 3600 * 1000);
	CHECK_STR(r.amc.asked, "");
	testclock_advance(&r.tc, 1);
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&t[i], NULL, miss, r.c), 0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_join(t[i], NULL), 0);
	check_tree(r.c, "a E1/M1: fresh x\n");
	CHECK_STR(r.amc.asked, "accounts;E1/M1;E1/M1 a;");
	catalog_stop(r.c);
	sample_log_end(&log, said, sizeof(said));
	rig_close(&r);
}

/* While AMC does not answer, nobody is made to wait for it. */
TEST(a_miss_does_not_wait_for_a_dead_amc)
{
	static const struct answer dead[] = {{"accounts", NULL, -ERR_UNREACHABLE, 0},
					     {0}};
	SAMPLE_DIR(dir);
	struct rig r;
	struct sample_log log;
	struct problem p = {0};
	char said[1024];

	rig_open(&r, dir, dead);
	rig_catalog(&r);
	log = sample_log_catch();
	CHECK_INT(catalog_start(r.c, 60000, &p), -ERR_UNREACHABLE);
	CHECK_STR(p.note, "accounts failed");
	testclock_advance(&r.tc, 3600 * 1000);
	catalog_miss(r.c, 3600 * 1000);
	catalog_stop(r.c);
	sample_log_end(&log, said, sizeof(said));
	rig_close(&r);
}

int main(void)
{
	RUN(the_stored_tree_keeps_its_time);
	RUN(a_stored_tree_of_nonsense_is_an_empty_tree);
	RUN(a_view_outlives_its_successors);
	RUN(a_miss_right_after_a_reading_asks_nothing);
	RUN(a_miss_asks_anew);
	RUN(a_miss_does_not_wait_for_a_dead_amc);
	return CHECK_DONE();
}
