/* SPDX-License-Identifier: Apache-2.0 */
#include "app/config.h"

#include "app/config_help.h"

#include "config_files.h"

TEST(defaults_of_amc)
{
	struct config *c = files_good(GOOD);
	const struct settings_amc *a = &c->settings.amc;

	CHECK_INT(a->region, REGION_NA);
	CHECK(a->endpoint.https);
	CHECK_STR(a->endpoint.host, "advertising-api.amazon.com");
	CHECK_INT(a->endpoint.port, 443);
	CHECK_STR(a->endpoint.path, "");
	CHECK(a->token_endpoint.https);
	CHECK_STR(a->token_endpoint.host, "api.amazon.com");
	CHECK_STR(a->token_endpoint.path, "/auth/o2/token");
	CHECK_STR(a->client_id, "amzn1.client");
	CHECK_STR(a->client_secret.bytes, "client-secret");
	CHECK_STR(a->refresh_token.bytes, "Atzr|token");
	CHECK_STR(a->account_id, "");
	CHECK_STR(a->marketplace_id, "");
	CHECK_STR(a->ads_account_id, "");
	CHECK_STR(a->advertiser_id, "");
	CHECK_INT(a->timeout_ms, 30000);
	CHECK_STR(a->ca_bundle, "");
	CHECK_STR(a->proxy, "");
	config_free(c);
}

TEST(defaults_of_s3)
{
	struct config *c = files_good(GOOD);
	const struct settings_s3 *s = &c->settings.s3;

	CHECK_STR(s->bucket, "staging");
	CHECK_STR(s->region, "us-east-1");
	CHECK_STR(s->endpoint.host, "");
	CHECK_INT(s->addressing, ADDRESSING_AUTO);
	CHECK_STR(s->prefix, "amc/");
	CHECK_STR(s->file_prefix, "");
	CHECK_INT(s->auth, AUTH_AUTO);
	CHECK_STR(s->access_key_id, "AKIAEXAMPLE");
	CHECK_STR(s->secret_access_key.bytes, "aws/key");
	CHECK(secret_empty(&s->session_token));
	CHECK_STR(s->profile, "");
	CHECK_STR(s->role_arn, "");
	CHECK_STR(s->external_id, "");
	CHECK_STR(s->role_session_name, "");
	CHECK_INT(s->role_duration_ms, 3600000);
	CHECK_STR(s->sts_endpoint.host, "");
	CHECK_STR(s->kms_key_id, "");
	CHECK_INT(s->part_bytes, 16 << 20);
	CHECK_INT(s->parallel_parts, 4);
	CHECK_INT(s->timeout_ms, 60000);
	CHECK_STR(s->ca_bundle, "");
	CHECK_STR(s->proxy, "");
	config_free(c);
}

TEST(defaults_of_upload)
{
	struct config *c = files_good(GOOD);
	const struct settings_upload *u = &c->settings.upload;

	CHECK_INT(u->strategy, STRATEGY_ADDITIVE);
	CHECK_STR(u->country, "");
	CHECK_STR(u->default_country, "");
	CHECK(u->gzip);
	CHECK_INT(u->max_object_bytes, 500 << 20);
	CHECK_INT(u->wait, WAIT_STAGED);
	CHECK_INT(u->wait_timeout_ms, 1800000);
	CHECK(!u->clean);
	CHECK_INT(u->max_skipped_share, 100);
	CHECK_INT(u->max_skipped_rows, -1);
	CHECK_INT(u->max_row_bytes, 1 << 20);
	CHECK_INT(u->delim, 0);
	CHECK_STR(u->null_text, "");
	CHECK_STR(u->ignore, "");
	CHECK_INT(u->encoding, DECODE_UTF8);
	CHECK(u->header);
	CHECK_STR(u->columns, "");
	CHECK_STR(u->timezone, "UTC");
	config_free(c);
}

TEST(defaults_of_mount)
{
	struct config *c = files_good(GOOD);
	const struct settings_mount *m = &c->settings.mount;

	CHECK_INT(m->refresh_ms, 60000);
	CHECK_INT(m->retain_ms, INT64_C(30) * 86400000);
	CHECK_INT(m->settle_ms, 2000);
	CHECK_INT(m->hold_ms, 3600000);
	CHECK_INT(m->staging_ms, 600000);
	CHECK_INT(m->poll_ms, 30000);
	CHECK_INT(m->stop_ms, 30000);
	CHECK_INT(m->max_spool_bytes, INT64_C(4) << 30);
	CHECK_INT(m->max_file_bytes, 0);
	CHECK_INT(m->visibility, VISIBILITY_ALL);
	CHECK_INT(m->file_mode, 0220);
	CHECK_INT(m->dir_mode, 0775);
	CHECK_INT(m->uid, geteuid());
	CHECK_INT(m->gid, getegid());
	CHECK_STR(m->spool_key_file, "");
	CHECK_INT(c->log.opts.sink, LOG_SINK_SYSLOG);
	CHECK_INT(c->log.opts.level, LOG_LVL_INFO);
	CHECK_INT(c->log.opts.format, LOG_FMT_TEXT);
	CHECK(!c->log.sink_set);
	CHECK_INT(c->settings.n_instances, 0);
	CHECK(!c->settings.only_listed);
	config_free(c);
}

static void state_dir_is(const char *want)
{
	struct config *c = files_good("[amc]\n"
				      "client_id = a\n"
				      "client_secret_env = CONFIG_TEST_A\n"
				      "refresh_token_env = CONFIG_TEST_B\n"
				      "[s3]\n"
				      "bucket = staging\n");

	CHECK_STR(c->settings.mount.state_dir, want);
	config_free(c);
}

static void set_all(void)
{
	CHECK_INT(setenv("CONFIG_TEST_A", "a-value", 1), 0);
	CHECK_INT(setenv("CONFIG_TEST_B", "b-value", 1), 0);
	CHECK_INT(setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1), 0);
	CHECK_INT(setenv("AWS_SECRET_ACCESS_KEY", "env/key", 1), 0);
	CHECK_INT(setenv("AWS_SESSION_TOKEN", "env/token", 1), 0);
}

static void clear_all(void)
{
	CHECK_INT(unsetenv("AWS_ACCESS_KEY_ID"), 0);
	CHECK_INT(unsetenv("AWS_SECRET_ACCESS_KEY"), 0);
	CHECK_INT(unsetenv("AWS_SESSION_TOKEN"), 0);
}

/* As an ordinary user, also where the tests are run by root. */
TEST(state_dir_of_users)
{
	uid_t me = geteuid();

	if (me == 0) {
		set_all();
		state_dir_is("/var/lib/amcfs");
		files_put("c.ini", "", 0644);
		CHECK_INT(chown("c.ini", 65534, 65534), 0);
		CHECK_INT(chown(".", 65534, 65534), 0);
		CHECK_INT(seteuid(65534), 0);
	}
	set_all();
	CHECK_INT(setenv("HOME", "/home/u", 1), 0);
	state_dir_is("/home/u/.local/state/amcfs");
	set_all();
	CHECK_INT(setenv("XDG_STATE_HOME", "relative", 1), 0);
	state_dir_is("/home/u/.local/state/amcfs");
	set_all();
	CHECK_INT(setenv("XDG_STATE_HOME", "/xdg", 1), 0);
	state_dir_is("/xdg/amcfs");
	CHECK_INT(unsetenv("XDG_STATE_HOME"), 0);
	clear_all();
	CHECK_INT(seteuid(me), 0);
}

static const char every_value[] = GOOD "region = eu-west-1\n"
				       "endpoint = http://127.0.0.1:9000\n"
				       "addressing = path\n"
				       "prefix = in/amc\n"
				       "file_prefix = crm-\n"
				       "auth = static\n"
				       "session_token_file = token\n"
				       "kms_key_id = arn:aws:kms:eu-west-1:1:key/x\n"
				       "part_size = 8M\n"
				       "parallel_parts = 2\n"
				       "timeout = 90\n"
				       "proxy = http://proxy.example:3128\n"
				       "[upload]\n"
				       "update_strategy = overlap_keep\n"
				       "country = uk\n"
				       "compression = none\n"
				       "max_object_size = 1G\n"
				       "wait = finished\n"
				       "wait_timeout = 1h\n"
				       "clean = yes\n"
				       "max_skipped = 25\n"
				       "max_row = 64K\n"
				       "delimiter = semicolon\n"
				       "null = \\N\n"
				       "ignore = *.bak, core.*\n"
				       "[mount]\n"
				       "state_dir = /srv/state\n"
				       "refresh = 5m\n"
				       "retain_days = 7\n"
				       "settle = 0\n"
				       "hold_timeout = 2h\n"
				       "staging_timeout = 30s\n"
				       "max_spool = 1G\n"
				       "max_file_size = 2G\n"
				       "poll_interval = 250ms\n"
				       "visibility = ALL\n"
				       "file_mode = 0200\n"
				       "dir_mode = 0750\n"
				       "uid = 12\n"
				       "gid = 34\n"
				       "log = journal\n"
				       "log_level = debug\n"
				       "log_format = json\n"
				       "stop_timeout = 1m\n"
				       "spool_key_file = spool.key\n";

TEST(every_value_lands)
{
	struct config *c = files_good(every_value);
	const struct settings_s3 *s = &c->settings.s3;
	const struct settings_upload *u = &c->settings.upload;
	const struct settings_mount *m = &c->settings.mount;
	char path[256];

	CHECK_STR(s->region, "eu-west-1");
	CHECK_STR(s->endpoint.host, "127.0.0.1");
	CHECK_INT(s->endpoint.port, 9000);
	CHECK(!s->endpoint.https);
	CHECK_INT(s->addressing, ADDRESSING_PATH);
	CHECK_STR(s->prefix, "in/amc/");
	CHECK_STR(s->file_prefix, "crm-");
	CHECK_INT(s->auth, AUTH_STATIC);
	CHECK_STR(s->session_token.bytes, "Atzr|token");
	CHECK_STR(s->kms_key_id, "arn:aws:kms:eu-west-1:1:key/x");
	CHECK_INT(s->part_bytes, 8 << 20);
	CHECK_INT(s->parallel_parts, 2);
	CHECK_INT(s->timeout_ms, 90000);
	CHECK_STR(s->proxy, "http://proxy.example:3128");
	CHECK_INT(u->strategy, STRATEGY_OVERLAP_KEEP);
	CHECK_STR(u->country, "");
	CHECK_STR(u->default_country, "GB");
	CHECK(!u->gzip);
	CHECK_INT(u->max_object_bytes, 1 << 30);
	CHECK_INT(u->wait, WAIT_FINISHED);
	CHECK_INT(u->wait_timeout_ms, 3600000);
	CHECK(u->clean);
	CHECK_INT(u->max_skipped_share, -1);
	CHECK_INT(u->max_skipped_rows, 25);
	CHECK_INT(u->max_row_bytes, 65536);
	CHECK_INT(u->delim, ';');
	CHECK_STR(u->null_text, "\\N");
	CHECK_STR(u->ignore, "*.bak, core.*");
	CHECK_STR(m->state_dir, "/srv/state");
	CHECK_INT(m->refresh_ms, 300000);
	CHECK_INT(m->retain_ms, INT64_C(7) * 86400000);
	CHECK_INT(m->settle_ms, 0);
	CHECK_INT(m->hold_ms, 7200000);
	CHECK_INT(m->staging_ms, 30000);
	CHECK_INT(m->max_spool_bytes, 1 << 30);
	CHECK_INT(m->max_file_bytes, INT64_C(2) << 30);
	CHECK_INT(m->poll_ms, 250);
	CHECK_INT(m->visibility, VISIBILITY_ALL);
	CHECK_INT(m->file_mode, 0200);
	CHECK_INT(m->dir_mode, 0750);
	CHECK_INT(m->uid, 12);
	CHECK_INT(m->gid, 34);
	CHECK_INT(m->stop_ms, 60000);
	(void)snprintf(path, sizeof(path), "%s/spool.key", files_dir);
	CHECK_STR(m->spool_key_file, path);
	CHECK_INT(c->log.opts.sink, LOG_SINK_JOURNAL);
	CHECK_INT(c->log.opts.level, LOG_LVL_DEBUG);
	CHECK_INT(c->log.opts.format, LOG_FMT_JSON);
	CHECK(c->log.sink_set);
	config_free(c);
}

static void hosts_are(const char *region, const char *host, const char *token_host)
{
	char text[1024];
	struct config *c;

	(void)snprintf(text, sizeof(text), "[amc]\nregion = %s\n%s", region, GOOD_REST);
	c = files_good(text);
	CHECK_STR(c->settings.amc.endpoint.host, host);
	CHECK_STR(c->settings.amc.token_endpoint.host, token_host);
	CHECK_STR(c->settings.amc.token_endpoint.path, "/auth/o2/token");
	config_free(c);
}

TEST(region_chooses_hosts)
{
	struct config *c;

	hosts_are("na", "advertising-api.amazon.com", "api.amazon.com");
	hosts_are("eu", "advertising-api-eu.amazon.com", "api.amazon.co.uk");
	hosts_are("FE", "advertising-api-fe.amazon.com", "api.amazon.co.jp");
	c = files_good("[amc]\nregion = eu\nendpoint = https://h.example:8443/x/\n"
		       "token_endpoint =\ntimeout = 5s\n" GOOD_REST);
	CHECK_STR(c->settings.amc.endpoint.host, "h.example");
	CHECK_INT(c->settings.amc.endpoint.port, 8443);
	CHECK_STR(c->settings.amc.endpoint.path, "/x");
	CHECK_STR(c->settings.amc.token_endpoint.host, "api.amazon.co.uk");
	CHECK_INT(c->settings.amc.timeout_ms, 5000);
	config_free(c);
}

TEST(inheritance)
{
	struct config *c =
		files_good("[dataset amc1/orders]\n" /* before what it inherits from */
			   "country = de\n"
			   "wait = submitted\n"
			   "max_skipped =\n"
			   "null =\n"
			   "[instance amc1]\n"
			   "bucket = other\n"
			   "prefix =\n"
			   "country = fr\n"
			   "clean = yes\n"
			   "account_id = ENTITY9\n"
			   "marketplace_id =\n"
			   "[dataset amc1/events]\n"
			   "country =\n"
			   "[instance amc2]\n" GOOD "[upload]\n"
			   "country = us\n"
			   "wait = finished\n"
			   "max_skipped = 5\n"
			   "null = NULL\n"
			   "compression = none\n");
	const struct settings *s = &c->settings;
	const struct settings_instance *one = &s->instances[0], *two = &s->instances[1];
	const struct settings_upload *orders, *events;

	CHECK(s->only_listed);
	CHECK_INT(s->n_instances, 2);
	CHECK_STR(one->id, "amc1");
	CHECK_STR(one->account_id, "ENTITY9");
	CHECK_STR(one->marketplace_id, "");
	CHECK_STR(one->s3.bucket, "other");
	CHECK_STR(one->s3.prefix, "");
	CHECK_STR(one->s3.access_key_id, "AKIAEXAMPLE");
	CHECK_STR(one->s3.secret_access_key.bytes, "aws/key");
	CHECK_STR(one->upload.default_country, "FR");
	CHECK_STR(one->upload.country, "");
	CHECK(one->upload.clean);
	CHECK_INT(one->upload.wait, WAIT_FINISHED);
	CHECK_STR(one->ads_account_id, "");

	CHECK_STR(two->id, "amc2");
	CHECK_STR(two->s3.bucket, "staging");
	CHECK_STR(two->s3.prefix, "amc/");
	CHECK_STR(two->upload.default_country, "US");
	CHECK(!two->upload.clean);
	CHECK_INT(two->n_datasets, 0);

	CHECK_INT(one->n_datasets, 2);
	CHECK_STR(one->datasets[0].id, "orders");
	CHECK_STR(one->datasets[0].definition, "");
	orders = &one->datasets[0].upload;
	CHECK_STR(orders->country, "DE");
	CHECK_STR(orders->default_country, "FR");
	CHECK(orders->clean);
	CHECK(!orders->gzip);
	CHECK_INT(orders->wait, WAIT_SUBMITTED);
	CHECK_INT(orders->max_skipped_share, 100);
	CHECK_INT(orders->max_skipped_rows, -1);
	CHECK_STR(orders->null_text, "");
	events = &one->datasets[1].upload;
	CHECK_STR(events->country, "");
	CHECK_STR(events->default_country, "");
	CHECK_STR(events->null_text, "NULL");
	CHECK_INT(events->max_skipped_rows, 5);
	config_free(c);
}

TEST(datasets_without_instances)
{
	struct config *c = files_good(GOOD "[dataset amc1/a]\n"
					   "clean = yes\n"
					   "[dataset amc1/b]\n"
					   "[dataset amc2/a]\n");

	CHECK(!c->settings.only_listed);
	CHECK_INT(c->settings.n_instances, 2);
	CHECK_STR(c->settings.instances[0].id, "amc1");
	CHECK_INT(c->settings.instances[0].n_datasets, 2);
	CHECK(c->settings.instances[0].datasets[0].upload.clean);
	CHECK(!c->settings.instances[0].datasets[1].upload.clean);
	CHECK_STR(c->settings.instances[1].s3.bucket, "staging");
	config_free(c);
}

TEST(account_is_inherited)
{
	struct config *c = files_good("[amc]\n"
				      "account_id = ENTITY1\n"
				      "marketplace_id = M1\n"
				      "ads_account_id = A1\n"
				      "advertiser_id = D1\n" GOOD_REST "[instance amc1]\n"
				      "advertiser_id = D2\n"
				      "account_id =\n");
	const struct settings_instance *in = &c->settings.instances[0];

	CHECK_STR(in->account_id, "");
	CHECK_STR(in->marketplace_id, "M1");
	CHECK_STR(in->ads_account_id, "A1");
	CHECK_STR(in->advertiser_id, "D2");
	CHECK_STR(c->settings.amc.advertiser_id, "D1");
	config_free(c);
}

TEST(form_of_the_file)
{
	struct config *c =
		files_good("\xef\xbb\xbf; a comment\r\n"
			   "  # another\r\n"
			   "[ amc ] ; ours\r\n"
			   "\tclient_id=amzn1.client;1 ; trailing\r\n"
			   "  client_secret_file : secret\r\n"
			   "\r\n"
			   "refresh_token_file = token\r\n"
			   "[s3]#x\r\n"
			   "bucket = staging\r\n"
			   "access_key_id = A\r\n"
			   "secret_access_key_file = key\r\n"
			   "[instance \t an-instance-whose-name-is-longer-than-"
			   "what-is-kept_64]\r\n"
			   "prefix = last/line");

	CHECK_STR(c->settings.amc.client_id, "amzn1.client;1");
	CHECK_STR(c->settings.amc.client_secret.bytes, "client-secret");
	CHECK_STR(c->settings.instances[0].id,
		  "an-instance-whose-name-is-longer-than-what-is-kept_64");
	CHECK_STR(c->settings.instances[0].s3.prefix, "last/line/");
	config_free(c);
}

/* Longer than what inih takes by itself. */
TEST(long_lines)
{
	char text[4096];
	char word[2049];
	struct config *c;

	memset(word, 'k', 2048);
	word[2048] = '\0';
	(void)snprintf(text, sizeof(text), GOOD "kms_key_id = %s\n", word);
	c = files_good(text);
	CHECK_STR(c->settings.s3.kms_key_id, word);
	config_free(c);
}

TEST(paths_start_at_the_file)
{
	struct config_opts o = {0};
	struct config *c = NULL;
	struct problem p = {0};
	char path[256], want[512];

	files_put("other", "certificates", 0644);
	files_put("c.ini", "[mount]\nstate_dir = state\n" GOOD "ca_bundle = other\n",
		  0644);
	(void)snprintf(path, sizeof(path), "%s/c.ini", files_dir);
	o.path = path;
	CHECK_INT(chdir("/"), 0);
	CHECK_INT(config_load(&c, &o, &p), 0);
	CHECK_INT(chdir(files_dir), 0);
	CHECK_STR(c->path, path);
	(void)snprintf(want, sizeof(want), "%s/state", files_dir);
	CHECK_STR(c->settings.mount.state_dir, want);
	(void)snprintf(want, sizeof(want), "%s/other", files_dir);
	CHECK_STR(c->settings.s3.ca_bundle, want);
	CHECK_STR(c->settings.amc.ca_bundle, "");
	(void)snprintf(want, sizeof(want), "%s/token", files_dir);
	CHECK_STR(c->settings.amc.refresh_token_file, want);
	config_free(c);
}

TEST(s3_is_reached_like_amazon)
{
	struct config *c;
	char want[256];

	files_put("other", "certificates", 0644);
	c = files_good(
		"[amc]\nca_bundle = other\nproxy = http://p.example:1\n" GOOD_REST);
	(void)snprintf(want, sizeof(want), "%s/other", files_dir);
	CHECK_STR(c->settings.s3.ca_bundle, want);
	CHECK_STR(c->settings.s3.proxy, "http://p.example:1");
	config_free(c);
	c = files_good("[amc]\nca_bundle = other\nproxy = http://p.example:1\n" GOOD_REST
		       "ca_bundle =\nproxy =\n");
	CHECK_STR(c->settings.s3.ca_bundle, "");
	CHECK_STR(c->settings.s3.proxy, "");
	CHECK_STR(c->settings.amc.ca_bundle, want);
	config_free(c);
	CHECK_INT(setenv("AWS_CA_BUNDLE", "/etc/aws.pem", 1), 0);
	c = files_good(GOOD);
	CHECK_STR(c->settings.s3.ca_bundle, "/etc/aws.pem");
	CHECK_STR(c->settings.amc.ca_bundle, "");
	config_free(c);
	CHECK_INT(unsetenv("AWS_CA_BUNDLE"), 0);
}

TEST(options_win)
{
	static const char *const list[] = {"settle=5s", "log=stderr", "state_dir=here",
					   "uid=", "settle=6s"};
	struct config_opts o = {.overrides = list, .n_overrides = 5};
	struct config *c;
	char want[256];

	files_put("c.ini", GOOD "[mount]\nsettle = 1s\nuid = 7\nrefresh = 9s\n", 0644);
	c = files_load(&o);
	CHECK_INT(c->settings.mount.settle_ms, 6000);
	CHECK_INT(c->settings.mount.refresh_ms, 9000);
	CHECK_INT(c->settings.mount.uid, geteuid());
	CHECK_INT(c->log.opts.sink, LOG_SINK_STDERR);
	CHECK(c->log.sink_set);
	(void)snprintf(want, sizeof(want), "%s/here", files_dir);
	CHECK_STR(c->settings.mount.state_dir, want);
	config_free(c);
	CHECK(config_is_option("settle"));
	CHECK(config_is_option("log_level"));
	CHECK(!config_is_option("bucket"));
	CHECK(!config_is_option("allow_other"));
}

TEST(ordinary_help)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	CHECK(f != NULL);
	config_help_print(f);
	CHECK_INT(fclose(f), 0);
	CHECK(strstr(text, "[amc]\n  region = na\n      na|eu|fe: ") == text);
	CHECK(strstr(text, "\n\n[mount], or -o KEY=VALUE\n") != NULL);
	CHECK(strstr(text, "\n  part_size = 16M\n      size 5M..512M: ") != NULL);
	free(text);
}

int main(void)
{
	files_begin();
	RUN(defaults_of_amc);
	RUN(defaults_of_s3);
	RUN(defaults_of_upload);
	RUN(defaults_of_mount);
	RUN(state_dir_of_users);
	RUN(every_value_lands);
	RUN(region_chooses_hosts);
	RUN(inheritance);
	RUN(datasets_without_instances);
	RUN(account_is_inherited);
	RUN(form_of_the_file);
	RUN(long_lines);
	RUN(paths_start_at_the_file);
	RUN(s3_is_reached_like_amazon);
	RUN(options_win);
	RUN(ordinary_help);
	files_end();
	return CHECK_DONE();
}
