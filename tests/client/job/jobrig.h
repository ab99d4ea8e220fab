/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobrig - an engine with settings filled by hand, against the emulator
 *
 * rig_open() makes a data set of the test's own, so that nothing of one test is
 * seen by the next; rig_start() and rig_stop() can be called in turn on the same
 * state_dir.
 */
#pragma once

#include <ftw.h>
#include <unistd.h>
#include <zlib.h>

#include "base/crypto.h"
#include "base/log.h"
#include "emunet.h"
#include "job/ingest.h"

#define RIG_PATIENCE_MS 180000 /* until something will never come */
#define RIG_ONE_MAIL	"email,note\na@example.com,x\n"

struct rig {
	struct emunet net;
	struct settings s;
	struct engine e;
	char dir[64];
	char dataset[32];
	struct schema *schema;
};

static const struct ingest_caller rig_last = {.last_close = true};
static const struct ingest_caller rig_more = {.last_close = false};

static int rig_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void rig_settings(struct rig *r)
{
	static char nothing[] = "", utc[] = "UTC";
	struct settings *s = &r->s;

	s->amc.endpoint = emunet_url("EMU_AMC");
	s->amc.token_endpoint = emunet_url("EMU_TOKEN_ENDPOINT");
	s->amc.client_id = (char *)emunet_env("EMU_CLIENT_ID");
	emunet_secret(&s->amc.client_secret, emunet_env("EMU_CLIENT_SECRET"));
	emunet_secret(&s->amc.refresh_token, emunet_env("EMU_REFRESH_TOKEN"));
	s->amc.refresh_token_file = s->amc.account_id = s->amc.marketplace_id =
		s->amc.ads_account_id = s->amc.advertiser_id = s->amc.ca_bundle =
			s->amc.proxy = nothing;
	s->amc.timeout_ms = EMUNET_TIMEOUT_MS;
	s->s3.bucket = (char *)emunet_env("EMU_BUCKET");
	s->s3.region = (char *)emunet_env("EMU_REGION");
	s->s3.endpoint = emunet_url("EMU_S3");
	s->s3.access_key_id = (char *)emunet_env("EMU_ACCESS_KEY_ID");
	emunet_secret(&s->s3.secret_access_key, emunet_env("EMU_SECRET_ACCESS_KEY"));
	s->s3.prefix = s->s3.file_prefix = s->s3.profile = s->s3.role_arn =
		s->s3.external_id = s->s3.role_session_name = s->s3.kms_key_id =
			s->s3.ca_bundle = s->s3.proxy = nothing;
	s->s3.part_bytes = 5u << 20;
	s->s3.parallel_parts = 2;
	s->s3.timeout_ms = EMUNET_TIMEOUT_MS;
	s->upload.country = s->upload.default_country = s->upload.null_text =
		s->upload.ignore = s->upload.columns = nothing;
	s->upload.timezone = utc;
	s->upload.gzip = true;
	s->upload.header = true;
	s->upload.max_skipped_share = 100;
	s->upload.max_skipped_rows = -1;
	s->upload.wait_timeout_ms = 10000;
	s->mount.state_dir = r->dir;
	s->mount.spool_key_file = nothing;
	s->mount.refresh_ms = 3600 * 1000;
	s->mount.retain_ms = 3600 * 1000;
	s->mount.hold_ms = 3600 * 1000;
	s->mount.staging_ms = 20000;
	s->mount.poll_ms = 20;
	s->mount.stop_ms = 10000;
}

__attribute__((unused)) static void rig_open(struct rig *r, const char *dataset)
{
	/* the tests provoke warnings; an error would still be one */
	const struct log_opts quiet = {.level = LOG_LVL_ERROR};
	_cleanup_buf_ struct buf b = BUF_INIT(4096);

	log_open(&quiet);
	memset(r, 0, sizeof(*r));
	emunet_init(&r->net);
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/amcfs-test-XXXXXX");
	CHECK(mkdtemp(r->dir) != NULL);
	(void)snprintf(r->dataset, sizeof(r->dataset), "%s", dataset);
	rig_settings(r);
	CHECK_INT(
		buf_addf(&b,
			 "{\"instanceId\":\"%s\",\"dataSets\":[{\"dataSetId\":\"%s\","
			 "\"columns\":[{\"name\":\"email\",\"columnType\":\"DIMENSION\","
			 "\"dataType\":\"STRING\",\"nullable\":false,"
			 "\"externalUserIdType\":{\"hashedPii\":\"EMAIL\"}},"
			 "{\"name\":\"note\",\"columnType\":\"DIMENSION\","
			 "\"dataType\":\"STRING\"}]}]}",
			 r->net.instance, dataset),
		0);
	json_free(emunet_control(&r->net, "POST", "/datasets", buf_str(&b)));
}

__attribute__((unused)) static void rig_start(struct rig *r)
{
	const struct catalog_dataset *d;
	const struct catalog_view *v;
	struct problem warning = {0}, p = {0};

	memset(&r->e, 0, sizeof(r->e));
	CHECK_INT(engine_prepare(&r->e, &r->s, &clock_real, &p), 0);
	CHECK_INT(engine_start(&r->e, RIG_PATIENCE_MS, &warning, &p), 0);
	CHECK_INT(warning.err, 0);
	v = catalog_get(r->e.catalog);
	d = catalog_dataset(v, r->net.instance, r->dataset);
	CHECK(d && d->schema);
	schema_free(r->schema);
	CHECK_INT(schema_copy(d->schema, &r->schema), 0);
	catalog_put(v);
}

/* stop_ms 0: nothing is waited for, what is under way is cut. */
__attribute__((unused)) static void rig_stop(struct rig *r, int64_t stop_ms)
{
	r->s.mount.stop_ms = stop_ms;
	engine_stop(&r->e);
	engine_fini(&r->e);
	r->s.mount.stop_ms = 10000;
}

__attribute__((unused)) static void rig_close(struct rig *r)
{
	engine_stop(&r->e);
	engine_fini(&r->e);
	schema_free(r->schema);
	secret_fini(&r->s.amc.client_secret);
	secret_fini(&r->s.amc.refresh_token);
	secret_fini(&r->s.s3.secret_access_key);
	emunet_fini(&r->net);
	(void)nftw(r->dir, rig_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- a file ------------------------------------------------------------------- */

__attribute__((unused)) static struct ingest *rig_ingest(struct rig *r, const char *file,
							 enum settings_strategy strategy)
{
	struct ingest_opts o = {
		.engine = &r->e,
		.instance = r->net.instance,
		.dataset = r->dataset,
		.schema = r->schema,
		.dataset_country = "",
		.strategy = strategy,
		.default_folder = true,
		.file = file,
		.uid = 1000,
	};
	struct ingest *in = NULL;

	CHECK_INT(ingest_new(&in, &o), 0);
	return in;
}

__attribute__((unused)) static void rig_write(struct ingest *in, const void *p, size_t n)
{
	CHECK_INT(ingest_write(in, ingest_size(in), p, n, NULL, NULL), 0);
}

__attribute__((unused)) static void rig_text(struct ingest *in, const char *text)
{
	rig_write(in, text, strlen(text));
}

/* Written, closed, and the runner's; id: ULID_CHARS + 1. */
__attribute__((unused)) static void rig_send(struct rig *r, const char *file,
					     enum settings_strategy strategy, char *id)
{
	struct ingest *in = rig_ingest(r, file, strategy);
	const struct ingest_end end = {0};

	rig_text(in, RIG_ONE_MAIL);
	memcpy(id, ingest_id(in), ULID_CHARS + 1);
	CHECK_INT(ingest_flush(in, &rig_last, NULL), 0);
	ingest_close(in, &end);
}

/* --- what became of it ---------------------------------------------------------- */

/* As it is on disk now; given. */
__attribute__((unused)) static struct job rig_stored(struct rig *r, const char *id)
{
	struct job j = {0};

	CHECK_INT(store_get(r->e.store, id, &j, NULL), 0);
	return j;
}

__attribute__((unused)) static enum job_state rig_state(struct rig *r, const char *id)
{
	struct job j = rig_stored(r, id);
	enum job_state s = j.state;

	job_fini(&j);
	return s;
}

/* A job that is over, or AMC's; given. */
__attribute__((unused)) static struct job rig_wait(struct rig *r, const char *id,
						   bool finished)
{
	struct job j = {0};

	CHECK_INT(board_wait(r->e.board, id, finished, RIG_PATIENCE_MS, &j), 0);
	return j;
}

/* Nothing tells when a record vanishes or its sweep is done: asked again and
 * again, with a bound. */
__attribute__((unused)) static void rig_wait_state(struct rig *r, const char *id,
						   enum job_state want)
{
	const struct timespec little = {.tv_nsec = 2000000};
	enum job_state s = JOB_GONE;

	for (int i = 0; i < RIG_PATIENCE_MS / 2; i++) {
		struct job j = {0};

		s = store_get(r->e.store, id, &j, NULL) == 0 ? j.state : JOB_GONE;
		job_fini(&j);
		if (s == want)
			return;
		(void)nanosleep(&little, NULL);
	}
	CHECK_STR(state_name(s), state_name(want));
}

__attribute__((unused)) static void rig_ends(struct rig *r, const char *id,
					     const char *shown, const char *code)
{
	struct job j = rig_wait(r, id, true);

	if (strcmp(state_shown(j.state), shown) != 0 && j.error_message)
		fprintf(stderr, "the job says: %s\n", j.error_message);
	CHECK_STR(state_shown(j.state), shown);
	CHECK_STR(j.error_code ? j.error_code : "", code);
	job_fini(&j);
}

/* The uploads of the data set at AMC, oldest first; given: "uploads" of /state. */
__attribute__((unused)) static struct json *rig_uploads(struct rig *r)
{
	struct json *state = emunet_control(&r->net, "GET", "/state", NULL);
	struct json *mine = json_array();
	const struct json *all = json_get(state, "uploads");

	for (size_t i = 0; i < json_count(all); i++) {
		const struct json *u = json_at(all, i);

		if (strcmp(json_str(u, "dataSetId"), r->dataset) == 0)
			json_push(mine, json_copy(u));
	}
	json_free(state);
	return mine;
}

__attribute__((unused)) static size_t rig_n_uploads(struct rig *r)
{
	struct json *u = rig_uploads(r);
	size_t n = json_count(u);

	json_free(u);
	return n;
}

__attribute__((unused)) static int64_t rig_rows(struct rig *r)
{
	_cleanup_buf_ struct buf where = BUF_INIT(256);
	struct json *j;
	int64_t n;

	CHECK_INT(buf_addf(&where, "/rows?instance=%s&dataset=%s", r->net.instance,
			   r->dataset),
		  0);
	j = emunet_control(&r->net, "GET", buf_str(&where), NULL);
	n = json_int(j, "count", -1);
	json_free(j);
	return n;
}

__attribute__((unused)) static bool rig_object_there(struct rig *r, const char *key)
{
	struct s3_place at = {.bucket = r->net.bucket, .key = key};
	struct s3_result res;
	struct problem p = {0};
	uint64_t bytes;
	int err = s3_head(r->net.s3, &at, &bytes, &res, &p);

	CHECK(err == 0 || err == -ERR_NOT_FOUND);
	return err == 0;
}

/* Multipart uploads under way for a key. */
__attribute__((unused)) static size_t rig_n_multipart(struct rig *r, const char *key)
{
	struct json *state = emunet_control(&r->net, "GET", "/state", NULL);
	const struct json *all = json_get(state, "multipart");
	size_t n = 0;

	for (size_t i = 0; i < json_count(all); i++)
		n += strcmp(json_str(json_at(all, i), "key"), key) == 0;
	json_free(state);
	return n;
}

/* The object's text, unpacked by zlib, which shares no code with the packer. */
__attribute__((unused)) static void rig_unpacked(struct rig *r, const char *key,
						 struct buf *out)
{
	struct s3_place at = {.bucket = r->net.bucket, .key = key};
	_cleanup_buf_ struct buf zip = BUF_INIT(64u << 20);
	struct s3_result res;
	struct problem p = {0};
	z_stream z = {0};
	int got;

	CHECK_INT(s3_get(r->net.s3, &at, &zip, &res, &p), 0);
	z.next_in = (Bytef *)zip.p;
	z.avail_in = (uInt)zip.n;
	CHECK_INT(inflateInit2(&z, 15 + 16), Z_OK);
	buf_clear(out);
	do {
		CHECK_INT(buf_reserve(out, 1 << 16), 0);
		z.next_out = (Bytef *)out->p + out->n;
		z.avail_out = 1 << 16;
		got = inflate(&z, Z_NO_FLUSH);
		CHECK(got == Z_OK || got == Z_STREAM_END);
		out->n += (1 << 16) - z.avail_out;
	} while (got != Z_STREAM_END);
	CHECK_INT(z.avail_in, 0);
	CHECK_INT(inflateEnd(&z), Z_OK);
}

/* "hash,note\n" of an address that is its own normal form. */
__attribute__((unused)) static void rig_expect_row(struct buf *b, const char *mail,
						   const char *note)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	char hex[CRYPTO_SHA256_HEX + 1] = "";

	crypto_sha256(mail, strlen(mail), digest);
	crypto_hex(digest, sizeof(digest), hex);
	CHECK_INT(buf_addf(b, "%s,%s\n", hex, note), 0);
}

/* The record's error holds that. */
__attribute__((unused)) static void rig_error_says(struct rig *r, const char *id,
						   const char *part)
{
	struct job j = rig_stored(r, id);

	if (!j.error_message || !strstr(j.error_message, part))
		CHECK_STR(j.error_message, part);
	CHECK(j.error_message && strstr(j.error_message, part));
	job_fini(&j);
}

/* Where the job's object is staged; given. */
__attribute__((unused)) static char *rig_key(struct rig *r, const char *id)
{
	struct job j = rig_stored(r, id);
	char *key = strdup(j.object.key);

	CHECK(key != NULL);
	job_fini(&j);
	return key;
}

/* The key of the n-th upload that AMC has of the data set is that job's. */
__attribute__((unused)) static void rig_nth_upload_is(struct rig *r, size_t n,
						      const char *id)
{
	struct json *u = rig_uploads(r);
	const char *key =
		json_str(json_get(json_get(json_at(u, n), "request"), "dataSource"),
			 "sourceFileS3Key");

	if (!strstr(key, id))
		CHECK_STR(key, id);
	CHECK(strstr(key, id) != NULL);
	json_free(u);
}
