/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog with real clients; its finer points have an AMC made up for them. */
#include "job/catalog.h"

#include <ftw.h>
#include <unistd.h>

#include "base/log.h"
#include "emunet.h"
#include "testclock.h"

static char nothing[] = "";

struct rig {
	struct emunet net;
	struct testclock tc;
	struct clock clock;
	struct settings settings;
	struct store *store;
	struct health *health;
	struct catalog *c;
	char dir[64];
};

static int unlink_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void start(struct rig *r, int err)
{
	const struct catalog_opts o = {r->net.amc, r->store, r->health, &r->settings,
				       &r->clock};
	struct problem p = {0};

	CHECK_INT(catalog_new(&r->c, &o, &p), 0);
	CHECK_INT(catalog_start(r->c, 180000, &p), err);
}

static void open_store(struct rig *r)
{
	bool damaged;

	CHECK_INT(store_open(&r->store, r->dir, 0, &damaged, NULL), 0);
	CHECK_INT(health_new(&r->health, &r->clock), 0);
}

static void rig_open(struct rig *r)
{
	const struct log_opts quiet = {.level = LOG_LVL_ERROR};

	log_open(&quiet);
	memset(r, 0, sizeof(*r));
	emunet_init(&r->net);
	r->tc = (struct testclock)TESTCLOCK_INIT(1767225600000);
	r->clock = testclock_clock(&r->tc);
	r->settings.amc.account_id = nothing;
	r->settings.amc.marketplace_id = nothing;
	r->settings.mount.refresh_ms = 3600 * 1000;
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/amcfs-test-XXXXXX");
	CHECK(mkdtemp(r->dir) != NULL);
	open_store(r);
}

static void stop(struct rig *r)
{
	catalog_free(r->c);
	health_free(r->health);
	store_close(r->store);
	r->c = NULL;
}

static void rig_close(struct rig *r)
{
	stop(r);
	emunet_fini(&r->net);
	(void)nftw(r->dir, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void add_datasets(struct rig *r, const char *instance, const char *account,
			 const char *datasets)
{
	_cleanup_buf_ struct buf b = BUF_INIT(65536);

	CHECK_INT(buf_addf(&b,
			   "{\"instanceId\":\"%s\",\"accountId\":\"%s\",\"dataSets\":[%s]"
			   "}",
			   instance, account, datasets),
		  0);
	json_free(emunet_control(&r->net, "POST", "/datasets", buf_str(&b)));
}

#define DATASET(id)                                                              \
	"{\"dataSetId\":\"" id "\",\"columns\":[{\"name\":\"c\",\"columnType\":" \
	"\"DIMENSION\",\"dataType\":\"STRING\"}]}"

/* "amc1 ACCOUNT/MARKETPLACE: a b\n", instances and data sets in order of name. */
static void check_tree(struct rig *r, const char *want)
{
	const struct catalog_view *v = catalog_get(r->c);
	_cleanup_buf_ struct buf b = BUF_INIT(65536);

	for (size_t i = 0; i < v->n_instances; i++) {
		const struct catalog_instance *in = &v->instances[i];

		CHECK_INT(buf_addf(&b, "%s %s/%s:", in->id, in->account_id,
				   in->marketplace_id),
			  0);
		CHECK(strstr(in->text, in->id) != NULL);
		for (size_t k = 0; k < in->n_datasets; k++) {
			CHECK(in->datasets[k].schema != NULL);
			CHECK(strstr(in->datasets[k].definition, in->datasets[k].id));
			CHECK_INT(buf_addf(&b, " %s", in->datasets[k].id), 0);
		}
		CHECK_INT(buf_adds(&b, "\n"), 0);
	}
	catalog_put(v);
	CHECK_STR(b.n ? buf_str(&b) : "", want);
}

#define TREE                                                     \
	"amcdemo1 ENTITYDEMO1/ATVPDKIKX0DER: customers orders\n" \
	"amcdemo2 ENTITYDEMO2/A1F83G8C2ARO7P: customers\n"

/* With no account in the configuration, each instance is its owner's. */
TEST(instances_of_all_accounts)
{
	struct rig r;
	struct health_state h;

	rig_open(&r);
	start(&r, 0);
	check_tree(&r, TREE);
	health_read(r.health, HEALTH_AMC, &h);
	CHECK_INT(h.bad, 0);
	CHECK(h.good > 0);
	rig_close(&r);
}

TEST(one_account_of_several)
{
	static char account[] = "ENTITYDEMO2", marketplace[] = "A1F83G8C2ARO7P";
	struct rig r;

	rig_open(&r);
	r.settings.amc.account_id = account;
	r.settings.amc.marketplace_id = marketplace;
	start(&r, 0);
	check_tree(&r, "amcdemo2 ENTITYDEMO2/A1F83G8C2ARO7P: customers\n");
	rig_close(&r);
}

/* The configuration names the instance and leaves the rest to be found out. */
TEST(the_owner_of_a_listed_instance)
{
	struct settings_instance listed = {.account_id = nothing,
					   .marketplace_id = nothing};
	static char id[] = "amcdemo2";
	struct rig r;

	rig_open(&r);
	listed.id = id;
	r.settings.instances = &listed;
	r.settings.n_instances = 1;
	r.settings.only_listed = true;
	start(&r, 0);
	check_tree(&r, "amcdemo2 ENTITYDEMO2/A1F83G8C2ARO7P: customers\n");
	rig_close(&r);
}

/* A page an item, an empty one first, and each way to say that it was the last. */
TEST(page_by_page)
{
	static const char *const ends[] = {"null", "absent", "empty"};

	for (size_t i = 0; i < 3; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(256);
		struct rig r;

		rig_open(&r);
		CHECK_INT(buf_addf(&b,
				   "{\"page_cap\":1,\"empty_page\":true,"
				   "\"next_token_end\":\"%s\"}",
				   ends[i]),
			  0);
		emunet_config(&r.net, buf_str(&b));
		start(&r, 0);
		check_tree(&r, TREE);
		emunet_config(&r.net, "{\"page_cap\":0,\"empty_page\":false,"
				      "\"next_token_end\":\"null\"}");
		rig_close(&r);
	}
}

/* AMC does not answer: what was read last stays, here and after a restart. */
TEST(the_last_reading_stays)
{
	struct rig r;
	struct health_state h;
	const struct catalog_view *v;
	int64_t read_ms;

	rig_open(&r);
	start(&r, 0);
	v = catalog_get(r.c);
	read_ms = v->read_ms;
	CHECK_INT(read_ms, 1767225600000);
	catalog_put(v);
	emunet_fault(&r.net, "{\"service\":\"amc\",\"count\":0,\"status\":503}");
	testclock_advance(&r.tc, 60000);
	catalog_miss(r.c, 20000);
	check_tree(&r, TREE);
	health_read(r.health, HEALTH_AMC, &h);
	CHECK(h.error[0] != '\0');
	stop(&r);

	open_store(&r);
	start(&r, -ERR_REMOTE);
	check_tree(&r, TREE);
	v = catalog_get(r.c);
	CHECK_INT(v->read_ms, read_ms); /* it says how old it is */
	catalog_put(v);
	json_free(emunet_control(&r.net, "DELETE", "/faults", NULL));
	testclock_advance(&r.tc, 60000);
	catalog_miss(r.c, 20000);
	v = catalog_get(r.c);
	CHECK_INT(v->read_ms, read_ms + 120000);
	catalog_put(v);
	health_read(r.health, HEALTH_AMC, &h);
	CHECK_STR(h.error, "");
	rig_close(&r);
}

/* The token is refused: a person must log in; the tree stays and health says so. */
TEST(a_login_that_lapsed)
{
	struct rig r;
	struct health_state h;

	rig_open(&r);
	start(&r, 0);
	stop(&r);
	open_store(&r);
	emunet_new_lwa(&r.net, emunet_env("EMU_CLIENT_ID"),
		       emunet_env("EMU_CLIENT_SECRET"), "Atzr|of-last-year");
	emunet_new_amc(&r.net);
	start(&r, -ERR_AUTH);
	check_tree(&r, TREE);
	health_read(r.health, HEALTH_LOGIN, &h);
	CHECK(h.error[0] != '\0');
	rig_close(&r);
}

TEST(without_a_reading_there_is_nothing)
{
	struct rig r;

	rig_open(&r);
	emunet_fault(&r.net, "{\"service\":\"amc\",\"count\":0,\"status\":503}");
	start(&r, -ERR_REMOTE);
	check_tree(&r, "");
	rig_close(&r);
}

/* Somebody looks for a data set that was made a moment ago. */
TEST(a_miss_finds_what_is_new)
{
	struct rig r;
	size_t before;

	rig_open(&r);
	start(&r, 0);
	add_datasets(&r, "amcdemo3", "ENTITYDEMO2", DATASET("fresh"));
	check_tree(&r, TREE);
	before = emunet_requests(&r.net, "service=amc");
	catalog_miss(r.c, 20000); /* asked a moment ago: not again */
	CHECK_INT(emunet_requests(&r.net, "service=amc"), before);
	check_tree(&r, TREE);
	testclock_advance(&r.tc, 2001);
	catalog_miss(r.c, 20000);
	check_tree(&r, TREE "amcdemo3 ENTITYDEMO2/A1F83G8C2ARO7P: fresh\n");
	rig_close(&r);
}

int main(void)
{
	RUN(instances_of_all_accounts);
	RUN(one_account_of_several);
	RUN(the_owner_of_a_listed_instance);
	RUN(page_by_page);
	RUN(the_last_reading_stays);
	RUN(a_login_that_lapsed);
	RUN(without_a_reading_there_is_nothing);
	RUN(a_miss_finds_what_is_new); /* last: it adds an instance */
	return CHECK_DONE();
}
