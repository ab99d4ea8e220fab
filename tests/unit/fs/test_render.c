/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/render.h"

#include "sample.h"
#include "testclock.h"

#define T0 1767225600000

static void check_text(struct buf *b, const char *want)
{
	CHECK_STR(buf_str(b), want);
	buf_fini(b);
}

static void check_table(const char *records, const char *want)
{
	struct json *j = sample_json(records);
	struct buf b = BUF_INIT(1 << 16);

	CHECK_INT(render_table(j, T0, &b), 0);
	check_text(&b, want);
	json_free(j);
}

/* --- the table ---------------------------------------------------------- */

TEST(no_jobs)
{
	check_table("[]", "no jobs\n");
}

TEST(one_data_set_needs_no_name)
{
	check_table(
		"[{\"state\":\"succeeded\",\"instance\":\"i\",\"dataset\":\"d\","
		"\"file\":\"customers.csv\",\"rows_in\":10,\"rows_out\":9,"
		"\"rows_skipped\":1,\"updated_at\":\"2025-12-31T23:59:48Z\",\"error\":null,"
		"\"ignored_columns\":[]},"
		"{\"state\":\"held\",\"instance\":\"i\",\"dataset\":\"d\",\"file\":\"b\","
		"\"rows_in\":1234567890,\"rows_out\":0,\"rows_skipped\":0,"
		"\"updated_at\":\"2025-12-31T23:00:00Z\"}]",
		"STATE     FILE                ROWS   ACCEPTED  SKIPPED  AGE\n"
		"succeeded customers.csv         10          9        1  12s\n"
		"held      b             1234567890          0        0  1h\n");
}

TEST(several_data_sets_are_named)
{
	check_table("[{\"state\":\"queued\",\"instance\":\"amc1\",\"dataset\":\"d\","
		    "\"file\":\"a.csv\",\"updated_at\":\"2025-12-31T23:00:01Z\"},"
		    "{\"state\":\"queued\",\"instance\":\"amc2\",\"dataset\":\"orders\","
		    "\"file\":\"b.csv\",\"updated_at\":\"2025-12-20T00:00:00Z\"}]",
		    "STATE     DATA SET    FILE        ROWS   ACCEPTED  SKIPPED  AGE\n"
		    "queued    amc1/d      a.csv          0          0        0  59m\n"
		    "queued    amc2/orders b.csv          0          0        0  12d\n");
}

TEST(errors_and_ignored_columns_follow_their_line)
{
	check_table(
		"[{\"state\":\"queued\",\"file\":\"a\",\"updated_at\":null,"
		"\"next_attempt_at\":\"2026-01-01T00:00:30Z\","
		"\"ignored_columns\":[\"notes\",\"x y\"],\"error\":{\"code\":"
		"\"unreachable\",\"message\":\"S3 does not answer.\"}},"
		"{\"state\":\"rejected\",\"file\":\"b\","
		"\"updated_at\":\"2030-01-01T00:00:00Z\",\"error\":{\"code\":"
		"\"missing-column\",\"message\":\"column \\\"email\\\" is missing\"}}]",
		"STATE     FILE       ROWS   ACCEPTED  SKIPPED  AGE\n"
		"queued    a             0          0        0  -\n"
		"    unreachable: S3 does not answer. (next attempt at "
		"2026-01-01T00:00:30Z)\n"
		"    ignored columns: notes, x y\n"
		"rejected  b             0          0        0  0s\n"
		"    missing-column: column \"email\" is missing\n");
}

/* Nothing in a record can move the cursor, forge a line or turn the text. */
TEST(hostile_names_are_harmless)
{
	check_table(
		"[{\"state\":\"held\\u001b\",\"instance\":\"i\\n\",\"dataset\":\"d\\t\","
		"\"file\":\"a\\nqueued b\\u001b[2J\\u009b\\u202e\\u007f\\u00e9\","
		"\"updated_at\":\"x\",\"ignored_columns\":[\"c\\r\\n\",7],"
		"\"error\":{\"code\":\"q\\n\",\"message\":\"m\\u2028\\b\"},"
		"\"next_attempt_at\":\"n\\n\"},"
		"{\"state\":7,\"file\":{},\"dataset\":[]}, 7, null]",
		"STATE     DATA SET FILE                     ROWS   ACCEPTED  SKIPPED  AGE\n"
		"held?     i?/d?    a?queued b?[2J???\u00e9          0          0        0  "
		"-\n"
		"    q?: m?? (next attempt at n?)\n"
		"    ignored columns: c??, \n"
		"          /                                    0          0        0  -\n"
		"          /                                    0          0        0  -\n"
		"          /                                    0          0        0  -\n");
}

TEST(a_long_name_pushes_only_its_own_line)
{
	struct json *records = json_array();
	struct buf b = BUF_INIT(1 << 16);
	char name[256];
	const char *second;

	memset(name, 'n', 255);
	name[255] = '\0';
	for (int i = 0; i < 2; i++) {
		struct json *rec = json_object();

		json_put_str(rec, "file", i == 0 ? name : "short");
		json_push(records, rec);
	}
	CHECK_INT(render_table(records, T0, &b), 0);
	CHECK(strstr(buf_str(&b), name) != NULL);
	second = strstr(buf_str(&b), "short");
	CHECK_INT(strcspn(second, "0"), 48 + 1 + 9);
	buf_fini(&b);
	json_free(records);
}

TEST(a_buffer_too_small_is_told)
{
	struct json *j = sample_json("[{\"file\":\"a\"}]");

	for (size_t max = 0; max < 100; max++) {
		struct buf b = BUF_INIT(max);

		CHECK_INT(render_table(j, T0, &b), -ERR_TOO_LARGE);
		buf_fini(&b);
	}
	json_free(j);
}

/* --- with an engine behind ----------------------------------------------- */

struct rig {
	struct testclock tc;
	struct clock clock;
	struct settings settings;
	struct engine e;
};

static void rig_open(struct rig *r, const char *dir, const char *tree)
{
	const struct catalog_opts co = {NULL, NULL, NULL, &r->settings, &r->clock};
	struct catalog_opts o;
	bool damaged;

	memset(r, 0, sizeof(*r));
	r->tc = (struct testclock)TESTCLOCK_INIT(T0);
	r->clock = testclock_clock(&r->tc);
	r->e.clock = &r->clock;
	CHECK_INT(store_open(&r->e.store, dir, 0, &damaged, NULL), 0);
	CHECK_INT(store_note_put(r->e.store, "catalog", slice_str(tree), NULL), 0);
	CHECK_INT(health_new(&r->e.health, &r->clock), 0);
	CHECK_INT(board_new(&r->e.board, r->e.store, &r->clock), 0);
	o = co;
	o.store = r->e.store;
	o.health = r->e.health;
	CHECK_INT(catalog_new(&r->e.catalog, &o, NULL), 0);
}

static void rig_close(struct rig *r)
{
	catalog_free(r->e.catalog);
	board_free(r->e.board);
	health_free(r->e.health);
	store_close(r->e.store);
}

static void rig_job(struct rig *r, const char *id, enum job_state state,
		    const char *dataset, uid_t uid)
{
	struct job j = sample_job(id, state);

	CHECK_INT(job_set(&j.dataset, dataset), 0);
	j.uid = uid;
	CHECK_INT(board_put(r->e.board, &j, NULL), 0);
	job_fini(&j);
}

#define TREE                                                                  \
	"{\"read_ms\":1767225540000,\"instances\":[{\"accountId\":\"E\","     \
	"\"marketplaceId\":\"M\",\"instance\":{\"instanceId\":\"amc1\"},"     \
	"\"dataSets\":[{\"dataSetId\":\"good\",\"columns\":[{\"name\":\"c\"," \
	"\"dataType\":\"STRING\"}]},{\"dataSetId\":\"bad\",\"columns\":[]}]}]}"

TEST(a_data_sets_status)
{
	SAMPLE_DIR(dir);
	struct rig r;
	struct buf b = BUF_INIT(1 << 16);
	struct json *doc;

	rig_open(&r, dir, TREE);
	rig_job(&r, SAMPLE_ID("1"), JOB_SUCCEEDED, "good", 7);
	rig_job(&r, SAMPLE_ID("2"), JOB_RUNNING, "good", 8);
	rig_job(&r, SAMPLE_ID("3"), JOB_RUNNING, "other", 8);
	testclock_advance(&r.tc, 5000);
	CHECK_INT(render_status(&r.e, "amc1", "good", (uid_t)-1, &b, NULL), 0);
	check_text(&b, "STATE     FILE                ROWS   ACCEPTED  SKIPPED  AGE\n"
		       "running   customers.csv          0          0        0  5s\n"
		       "succeeded customers.csv          0          0        0  5s\n");
	buf_init(&b, 1 << 16);
	CHECK_INT(render_status(&r.e, "amc1", "good", 7, &b, NULL), 0);
	check_text(&b, "STATE     FILE                ROWS   ACCEPTED  SKIPPED  AGE\n"
		       "succeeded customers.csv          0          0        0  5s\n");
	buf_init(&b, 1 << 16);
	CHECK_INT(render_status(&r.e, "amc1", "bad", (uid_t)-1, &b, NULL), 0);
	check_text(&b, "This data set cannot be written: the definition of data set "
		       "\"bad\" has no columns\n\nno jobs\n");
	buf_init(&b, 1 << 16);
	CHECK_INT(render_status_json(&r.e, "amc1", "good", (uid_t)-1, &b, NULL), 0);
	doc = sample_json(buf_str(&b));
	CHECK_INT(json_count(json_get(doc, "jobs")), 2);
	CHECK_STR(json_str(json_at(json_get(doc, "jobs"), 0), "id"), SAMPLE_ID("2"));
	json_free(doc);
	buf_fini(&b);
	rig_close(&r);
}

TEST(one_record)
{
	SAMPLE_DIR(dir);
	struct rig r;
	struct buf b = BUF_INIT(1 << 16);
	struct json *doc;

	rig_open(&r, dir, TREE);
	rig_job(&r, SAMPLE_ID("1"), JOB_SUCCEEDED, "good", 7);
	CHECK_INT(render_record(&r.e, SAMPLE_ID("1"), &b, NULL), 0);
	doc = sample_json(buf_str(&b));
	CHECK_STR(json_str(doc, "id"), SAMPLE_ID("1"));
	CHECK_INT(b.p[b.n - 1], '\n');
	json_free(doc);
	buf_clear(&b);
	CHECK_INT(render_record(&r.e, SAMPLE_ID("2"), &b, NULL), -ERR_NOT_FOUND);
	CHECK_INT(b.n, 0);
	buf_fini(&b);
	rig_close(&r);
}

TEST(the_daemons_status)
{
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p = {0};
	struct buf b = BUF_INIT(1 << 16);

	rig_open(&r, dir, TREE);
	rig_job(&r, SAMPLE_ID("1"), JOB_SUCCEEDED, "good", 7);
	rig_job(&r, SAMPLE_ID("2"), JOB_READY, "good", 8);
	rig_job(&r, SAMPLE_ID("3"), JOB_LOOKING, "good", 8);
	rig_job(&r, SAMPLE_ID("4"), JOB_SWEEPING_GONE, "good", 8);
	health_good(r.e.health, HEALTH_LOGIN);
	(void)problem_set(&p, -ERR_UNREACHABLE, "S3 cannot be reached");
	health_bad(r.e.health, HEALTH_S3, &p);
	health_add_staged(r.e.health, 12345);
	testclock_advance(&r.tc, 120000);
	CHECK_INT(render_root_status(&r.e, (uid_t)-1, &b, NULL), 0);
	check_text(&b,
		   "amcfs " AMCFS_VERSION ", up 2m\n"
		   "\n"
		   "login     ok\n"
		   "amc       not used yet\n"
		   "s3        failing, 2m ago: S3 cannot be reached\n"
		   "store     not used yet\n"
		   "tree      1 instance, read from AMC 3m ago\n"
		   "\n"
		   "jobs      0 receiving, 0 held, 2 queued, 0 running, 1 succeeded, 0 "
		   "failed, 0 rejected\n"
		   "staged    12345 bytes since the start\n");
	rig_close(&r);
}

TEST(the_daemons_status_for_programs)
{
	SAMPLE_DIR(dir);
	struct rig r;
	struct problem p = {0};
	struct buf b = BUF_INIT(1 << 16);
	const struct json *peers;
	struct json *doc;

	rig_open(&r, dir, TREE);
	rig_job(&r, SAMPLE_ID("1"), JOB_SUCCEEDED, "good", 7);
	rig_job(&r, SAMPLE_ID("2"), JOB_HELD, "good", 8);
	health_good(r.e.health, HEALTH_LOGIN);
	(void)problem_set(&p, -ERR_UNREACHABLE, "S3 cannot be reached");
	health_bad(r.e.health, HEALTH_S3, &p);
	testclock_advance(&r.tc, 61500);
	CHECK_INT(render_root_json(&r.e, 8, &b, NULL), 0);
	doc = sample_json(buf_str(&b));
	CHECK_STR(json_str(doc, "version"), AMCFS_VERSION);
	CHECK_INT(json_int(doc, "uptime_seconds", -1), 61);
	CHECK_STR(json_str(doc, "tree_read_at"), "2025-12-31T23:59:00Z");
	peers = json_get(doc, "connections");
	CHECK_STR(json_str(json_get(peers, "login"), "state"), "ok");
	CHECK_STR(json_str(json_get(peers, "login"), "last_good_at"),
		  "2026-01-01T00:00:00Z");
	CHECK(!json_has(json_get(peers, "login"), "error"));
	CHECK_STR(json_str(json_get(peers, "amc"), "state"), "not used yet");
	CHECK_STR(json_str(json_get(peers, "s3"), "state"), "failing");
	CHECK_STR(json_str(json_get(peers, "s3"), "error"), "S3 cannot be reached");
	CHECK_INT(json_int(json_get(peers, "s3"), "bad", -1), 1);
	CHECK_STR(json_str(json_get(peers, "store"), "state"), "not used yet");
	CHECK_INT(json_int(json_get(doc, "counters"), "succeeded", -1), 1);
	CHECK_INT(json_int(json_get(doc, "counters"), "held", -1), 1);
	CHECK_INT(json_int(json_get(doc, "counters"), "staged_bytes", -1), 0);
	CHECK_INT(json_count(json_get(doc, "jobs")), 1); /* only uid 8's */
	CHECK_STR(json_str(json_at(json_get(doc, "jobs"), 0), "id"), SAMPLE_ID("2"));
	json_free(doc);
	buf_fini(&b);
	rig_close(&r);
}

TEST(a_tree_never_read)
{
	SAMPLE_DIR(dir);
	struct rig r;
	struct buf b = BUF_INIT(1 << 16);

	rig_open(&r, dir, "{\"instances\":[]}");
	CHECK_INT(render_root_status(&r.e, (uid_t)-1, &b, NULL), 0);
	CHECK(strstr(buf_str(&b), "tree      not read from AMC yet\n") != NULL);
	buf_fini(&b);
	rig_close(&r);
}

TEST(the_manual)
{
	struct engine e = {0};
	struct buf b = BUF_INIT(1 << 16);
	const char *s;

	CHECK_INT(render_readme(&e, "/mnt/a\033[1m", &b), 0);
	s = buf_str(&b);
	CHECK(strstr(s,
		     "    cp customers.csv "
		     "/mnt/a?[1m/instances/INSTANCE/datasets/DATASET/upload/\n") != NULL);
	for (; *s; s += strcspn(s, "\n") + 1)
		CHECK(strcspn(s, "\n") <= 80);
	buf_fini(&b);
}

int main(void)
{
	RUN(no_jobs);
	RUN(one_data_set_needs_no_name);
	RUN(several_data_sets_are_named);
	RUN(errors_and_ignored_columns_follow_their_line);
	RUN(hostile_names_are_harmless);
	RUN(a_long_name_pushes_only_its_own_line);
	RUN(a_buffer_too_small_is_told);
	RUN(a_data_sets_status);
	RUN(one_record);
	RUN(the_daemons_status);
	RUN(the_daemons_status_for_programs);
	RUN(a_tree_never_read);
	RUN(the_manual);
	return CHECK_DONE();
}
