/* SPDX-License-Identifier: Apache-2.0 */
/* From settings to S3 by each way to keys; the emulator's S3 tells whether they hold. */
#include "jobrig.h"

#include "base/fileio.h"

#define UPLOADER "arn:aws:iam::123456789012:role/demo-uploader"
#define PARTNER	 "arn:aws:iam::210987654321:role/demo-partner"

static void begin(struct rig *r, enum settings_auth auth)
{
	static char nothing[] = "";
	struct settings_aws *aws;

	memset(r, 0, sizeof(*r));
	emunet_init(&r->net);
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/amcfs-test-XXXXXX");
	CHECK(mkdtemp(r->dir) != NULL);
	rig_settings(r);
	r->s.s3.auth = auth;
	r->s.s3.sts_endpoint = emunet_url("EMU_STS");
	r->s.s3.role_duration_ms = 900 * 1000;
	aws = &r->s.aws;
	aws->profile = aws->config_file = aws->credentials_file =
		aws->web_identity_token_file = aws->role_arn = aws->role_session_name =
			aws->container_url = aws->container_token_file =
				aws->access_key_id = nothing;
	aws->metadata_endpoint = emunet_url("EMU_METADATA");
}

static void no_fixed_keys(struct rig *r)
{
	static char nothing[] = "";

	r->s.s3.access_key_id = nothing;
	secret_fini(&r->s.s3.secret_access_key);
}

static void clients(struct rig *r)
{
	struct problem p = {0};
	int err = engine_clients(&r->e, &r->s, &clock_real, &p);

	CHECK_STR(p.note, "");
	CHECK_INT(err, 0);
}

static void end(struct rig *r)
{
	engine_fini(&r->e);
	secret_fini(&r->s.amc.client_secret);
	secret_fini(&r->s.amc.refresh_token);
	secret_fini(&r->s.s3.secret_access_key);
	secret_fini(&r->s.aws.container_token);
	emunet_fini(&r->net);
	(void)nftw(r->dir, rig_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

static void expire(struct rig *r)
{
	json_free(emunet_control(&r->net, "POST", "/keys", "{\"expire\":true}"));
}

/* The keys end between its two parts. */
static void uploads_in_parts(struct rig *r)
{
	const struct s3_place at = {.bucket = r->net.bucket, .key = "keyring"};
	static char first[S3_MIN_PART_BYTES];
	char id[S3_UPLOAD_ID_CHARS];
	struct s3_part parts[2] = {{.number = 1}, {.number = 2}};
	struct s3 *s3 = r->e.s3_default;
	struct s3_result res;
	struct problem p = {0};
	uint64_t bytes = 0;
	int err;

	err = s3_begin(s3, &at, NULL, id, &res, &p);
	if (err == 0)
		err = s3_put_part(s3, &at, id, 1, first, sizeof(first), parts[0].etag,
				  &res, &p);
	expire(r);
	if (err == 0)
		err = s3_put_part(s3, &at, id, 2, "end", 3, parts[1].etag, &res, &p);
	if (err == 0)
		err = s3_complete(s3, &at, id, parts, 2, &res, &p);
	if (err == 0)
		err = s3_head(s3, &at, &bytes, &res, &p);
	CHECK_STR(p.note, "");
	CHECK_INT(err, 0);
	CHECK_INT(bytes, sizeof(first) + 3);
}

static void puts_as(struct rig *r, const char *instance)
{
	const struct s3_place at = {.bucket = r->net.bucket, .key = "keyring"};
	char etag[S3_ETAG_CHARS];
	struct s3_result res;
	struct problem p = {0};
	int err = s3_put(engine_s3(&r->e, instance), &at, "x", 1, NULL, etag, &res, &p);

	CHECK_STR(p.note, "");
	CHECK_INT(err, 0);
}

/* What the last of the temporary keys says of itself. */
static void last_key_is(struct rig *r, const char *member, const char *expected)
{
	struct json *j = emunet_control(&r->net, "GET", "/state", NULL);
	const struct json *list = json_get(j, "sessions");

	CHECK(json_count(list) > 0);
	CHECK_STR(json_str(json_at(list, json_count(list) - 1), member), expected);
	json_free(j);
}

TEST(a_role_with_an_external_id)
{
	static char arn[] = PARTNER, external[] = "demo-external-id", name[] = "me";
	struct rig r;

	begin(&r, AUTH_ROLE);
	r.s.s3.role_arn = arn;
	r.s.s3.external_id = external;
	r.s.s3.role_session_name = name;
	clients(&r);
	uploads_in_parts(&r);
	CHECK_INT(emunet_requests(&r.net, "service=sts"), 2);
	last_key_is(&r, "role_arn", PARTNER);
	last_key_is(&r, "session", "me");
	end(&r);
}

TEST(a_web_identity)
{
	static char arn[] = UPLOADER;
	_cleanup_buf_ struct buf token = BUF_INIT(256);
	struct rig r;

	begin(&r, AUTH_WEB_IDENTITY);
	no_fixed_keys(&r);
	CHECK_INT(buf_addf(&token, "%s/token", r.dir), 0);
	CHECK_INT(fileio_publish(buf_str(&token), "demo-web-identity-token\n", 24, 0644,
				 NULL),
		  0);
	r.s.aws.web_identity_token_file = token.p;
	r.s.aws.role_arn = arn;
	clients(&r);
	uploads_in_parts(&r);
	last_key_is(&r, "role_arn", UPLOADER);
	last_key_is(&r, "session", "amcfs");
	end(&r);
}

TEST(a_machine_and_a_container)
{
	struct rig r;

	begin(&r, AUTH_AUTO);
	no_fixed_keys(&r);
	clients(&r);
	uploads_in_parts(&r);
	CHECK(emunet_requests(&r.net, "service=metadata&method=PUT") > 0);
	end(&r);
	begin(&r, AUTH_INSTANCE);
	r.s.aws.container_url = (char *)emunet_env("EMU_CONTAINER_ENDPOINT");
	emunet_secret(&r.s.aws.container_token, "demo-container-token");
	clients(&r);
	uploads_in_parts(&r);
	CHECK_INT(emunet_requests(&r.net, "service=metadata&method=PUT"), 0);
	end(&r);
}

TEST(a_profile)
{
	_cleanup_buf_ struct buf path = BUF_INIT(256), text = BUF_INIT(4096);
	static char profile[] = "partner";
	struct rig r;

	begin(&r, AUTH_AUTO);
	no_fixed_keys(&r);
	CHECK_INT(buf_addf(&path, "%s/credentials", r.dir), 0);
	CHECK_INT(buf_addf(&text,
			   "[base]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
			   "[partner]\nrole_arn = " PARTNER "\nsource_profile = base\n"
			   "external_id = demo-external-id\n",
			   emunet_env("EMU_ACCESS_KEY_ID"),
			   emunet_env("EMU_SECRET_ACCESS_KEY")),
		  0);
	CHECK_INT(fileio_publish(buf_str(&path), text.p, text.n, 0600, NULL), 0);
	r.s.aws.credentials_file = path.p;
	r.s.s3.profile = profile;
	clients(&r);
	uploads_in_parts(&r);
	last_key_is(&r, "role_arn", PARTNER);
	end(&r);
}

TEST(instances_that_are_set_up_alike_share_keys)
{
	static char arn[] = UPLOADER, a[] = "a", b[] = "b", c[] = "c", other[] = "other";
	struct settings_instance in[3] = {{.id = a}, {.id = b}, {.id = c}};
	struct rig r;

	begin(&r, AUTH_ROLE);
	r.s.s3.role_arn = arn;
	for (size_t i = 0; i < 3; i++)
		in[i].s3 = r.s.s3;
	in[2].s3.role_session_name = other;
	r.s.instances = in;
	r.s.n_instances = 3;
	clients(&r);
	puts_as(&r, "a");
	puts_as(&r, "b");
	CHECK_INT(emunet_requests(&r.net, "service=sts"), 1);
	last_key_is(&r, "session", "amcfs");
	puts_as(&r, "c");
	CHECK_INT(emunet_requests(&r.net, "service=sts"), 2);
	last_key_is(&r, "session", "other");
	end(&r);
}

int main(void)
{
	CHECK_INT(http_global_init(), 0);
	RUN(a_role_with_an_external_id);
	RUN(a_web_identity);
	RUN(a_machine_and_a_container);
	RUN(a_profile);
	RUN(instances_that_are_set_up_alike_share_keys);
	http_global_fini();
	return 0;
}
