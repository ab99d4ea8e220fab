/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of STS, of a metadata service and of a container's source, against the
 * servers of test_net_creds.py, which start it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/log.h"
#include "base/scope.h"
#include "check.h"
#include "net/creds.h"
#include "net/s3.h"
#include "testclock.h"

#define START	1767225600000 /* 2026-01-01T00:00:00Z */
#define PATIENT 120000
#define ARN	"arn:aws:iam::123456789012:role/"

static struct testclock tc;
static struct clock test_clock;
static struct http_client *http;
static struct awskeys base;
static struct secret container_token;

static struct url fake(const char *path)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1024);
	struct url u;

	CHECK_INT(buf_addf(&b, "%s%s", getenv("FAKE"), path), 0);
	CHECK_INT(url_parse(buf_str(&b), &u, NULL), 0);
	return u;
}

/* What the control said, cut. */
static const char *control(const char *method, const char *path, const char *body)
{
	static char text[512];
	_cleanup_buf_ struct buf url = BUF_INIT(1024);
	struct http_request q = {.method = method, .body = body, .body_n = strlen(body)};
	struct http_response r;

	http_response_init(&r);
	CHECK_INT(buf_addf(&url, "%s%s", getenv("FAKE"), path), 0);
	q.url = buf_str(&url);
	CHECK_INT(http_do(http, &q, &r, NULL), 0);
	CHECK_INT(r.status, 200);
	(void)snprintf(text, sizeof(text), "%.*s", (int)r.body.n, r.body.p);
	http_response_fini(&r);
	return text;
}

static void set(const char *path, const char *text)
{
	(void)control("PUT", path, text);
}

static void count_is(const char *path, const char *n)
{
	CHECK_STR(control("GET", path, ""), n);
}

static void put(const char *name, const char *text)
{
	CHECK_INT(fileio_publish(name, text, strlen(text), 0600, NULL), 0);
}

static struct creds_opts begin(enum creds_source source)
{
	tc = (struct testclock)TESTCLOCK_INIT(START);
	(void)control("GET", "/clear", "");
	return (struct creds_opts){.source = source,
				   .http = http,
				   .http_local = http,
				   .clock = &test_clock,
				   .fixed = &base,
				   .region = "eu-west-1",
				   .profile = "",
				   .config_file = "config",
				   .credentials_file = "credentials",
				   .role_arn = "",
				   .external_id = "",
				   .role_session_name = "",
				   .role_duration_s = 3600,
				   .sts_endpoint = fake("/sts"),
				   .web_identity = {"", "", ""},
				   .container = {"", "", &container_token},
				   .instance = {fake("/imds"), false},
				   .environment = &base};
}

static struct creds *make(const struct creds_opts *o)
{
	struct creds *c;

	CHECK_INT(creds_new(&c, o), 0);
	return c;
}

static void gives(struct creds *c, const char *id, const char *token)
{
	struct awskeys k = {0};
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;
	int r = creds_get(c, &k, &serial, &res, &p);

	CHECK_STR(p.note, "");
	CHECK_INT(r, 0);
	CHECK_STR(k.id, id);
	CHECK_STR(k.token.bytes, token);
	awskeys_fini(&k);
}

static void fails(struct creds *c, int err, enum retry_class class, const char *begins)
{
	struct awskeys k = {0};
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;
	int r = creds_get(c, &k, &serial, &res, &p);

	CHECK_MEM(p.note, strnlen(p.note, strlen(begins)), begins, strlen(begins));
	CHECK_INT(r, -err);
	CHECK_INT(res.class, class);
	CHECK_STR(k.id, "");
}

/* A new one each time, so that no rest after a failure stands in the way. */
static void once(const struct creds_opts *o, int err, enum retry_class class,
		 const char *begins)
{
	struct creds *c = make(o);

	fails(c, err, class, begins);
	creds_free(c);
}

TEST(a_role_is_assumed_and_renewed)
{
	struct creds_opts o = begin(CREDS_ROLE);
	struct creds *c;

	o.role_arn = ARN "locked";
	o.external_id = "key+1";
	o.role_session_name = "me@work";
	o.role_duration_s = 900;
	c = make(&o);
	gives(c, "ASIALOCKED", "token-of-ASIALOCKED");
	gives(c, "ASIALOCKED", "token-of-ASIALOCKED");
	CHECK_STR(control("GET", "/seen", ""),
		  "AKIABASE locked me@work 900 key+1 2011-06-15;");
	count_is("/count/sts", "1");
	testclock_advance(&tc, 55 * 60000);
	set("/set/expires", "2026-01-01T02:00:00Z");
	gives(c, "ASIALOCKED", "token-of-ASIALOCKED");
	count_is("/count/sts", "2");
	creds_free(c);
}

TEST(a_role_is_implied_by_its_name)
{
	struct creds_opts o = begin(CREDS_AUTO);
	struct creds *c;

	o.role_arn = ARN "first";
	c = make(&o);
	gives(c, "ASIAFIRST", "token-of-ASIAFIRST");
	CHECK_STR(control("GET", "/seen", ""), "AKIABASE first amcfs 3600 - 2011-06-15;");
	creds_free(c);
}

TEST(roles_that_are_refused)
{
	struct creds_opts o = begin(CREDS_ROLE);
	struct awskeys stranger = {0};
	struct creds *c;

	o.role_arn = ARN "locked";
	once(&o, ERR_AUTH, RETRY_PERMANENT,
	     "STS at 127.0.0.1 refused the role " ARN "locked: AccessDenied (not "
	     "authorized); check that role_arn is right, that the keys have the right to "
	     "sts:AssumeRole on it, and that its trust policy names them and the "
	     "external_id");
	CHECK_INT(awskeys_set(&stranger, slice_str("AKIABASE"), slice_str("wrong"),
			      slice_str("")),
		  0);
	o.fixed = &stranger;
	once(&o, ERR_AUTH, RETRY_PERMANENT,
	     "STS at 127.0.0.1 refused the role " ARN "locked: SignatureDoesNotMatch");
	awskeys_fini(&stranger);
	o.fixed = &base;
	set("/set/sts-status", "500");
	once(&o, ERR_REMOTE, RETRY_TEMPORARY,
	     "STS at 127.0.0.1 refused the role " ARN "locked: HTTP status 500 (no "
	     "explanation); it is worth trying again");
	set("/set/sts-status", "200");
	set("/set/sts-body", "<html>hunter2</html>");
	once(&o, ERR_BAD_REPLY, RETRY_TEMPORARY,
	     "the answer of STS at 127.0.0.1 holds no keys; check that sts_endpoint is "
	     "the Security Token Service");
	/* while it rests, STS is not asked */
	c = make(&o);
	fails(c, ERR_BAD_REPLY, RETRY_TEMPORARY, "the answer of STS");
	count_is("/count/sts", "5");
	fails(c, ERR_BAD_REPLY, RETRY_TEMPORARY, "the answer of STS");
	count_is("/count/sts", "5");
	creds_free(c);
}

TEST(profiles_lead_from_role_to_role)
{
	struct creds_opts o = begin(CREDS_PROFILE);
	struct creds *c;

	put("credentials", "[root]\naws_access_key_id = AKIABASE\n"
			   "aws_secret_access_key = base/secret\n");
	put("config", "[profile inner]\nrole_arn = " ARN "outer\n"
		      "source_profile = middle\nrole_session_name = inner-s\n"
		      "[profile middle]\nrole_arn = " ARN "first\n"
		      "source_profile = root\nduration_seconds = 1200\n"
		      "external_id = x\n"
		      "[profile by-env]\nrole_arn = " ARN "first\n"
		      "credential_source = Environment\n");
	o.profile = "inner";
	c = make(&o);
	gives(c, "ASIAOUTER", "token-of-ASIAOUTER");
	CHECK_STR(control("GET", "/seen", ""), "AKIABASE first amcfs 1200 x 2011-06-15;"
					       "ASIAFIRST outer inner-s - - 2011-06-15;");
	creds_free(c);
	o.profile = "by-env";
	c = make(&o);
	gives(c, "ASIAFIRST", "token-of-ASIAFIRST");
	creds_free(c);
	(void)unlink("credentials");
	(void)unlink("config");
}

TEST(web_identities)
{
	struct creds_opts o = begin(CREDS_WEB_IDENTITY);
	struct creds *c;

	o.fixed = NULL;
	o.web_identity.token_file = "jwt";
	o.web_identity.role_arn = ARN "web";
	o.web_identity.session_name = "pod";
	once(&o, ERR_AUTH, RETRY_TEMPORARY,
	     "the web identity's token: cannot open jwt: ");
	/* it is there and broken: nobody else's keys are taken for it */
	o.source = CREDS_AUTO;
	once(&o, ERR_AUTH, RETRY_TEMPORARY,
	     "the web identity's token: cannot open jwt: ");
	count_is("/count/imds", "0");
	o.source = CREDS_WEB_IDENTITY;
	put("jwt", "another");
	once(&o, ERR_AUTH, RETRY_PERMANENT,
	     "STS at 127.0.0.1 refused the role " ARN "web: InvalidIdentityToken (not "
	     "this one); check the web identity token's issuer and audience");
	put("jwt", "jwt.of-1\n");
	c = make(&o);
	gives(c, "ASIAWEBPOD", "token-of-ASIAWEBPOD");
	creds_free(c);
	/* found by itself, and the configuration's role is assumed with what it gives */
	o.source = CREDS_AUTO;
	c = make(&o);
	gives(c, "ASIAWEBPOD", "token-of-ASIAWEBPOD");
	creds_free(c);
	o.source = CREDS_WEB_IDENTITY;
	o.role_arn = ARN "conf";
	o.role_session_name = "me";
	c = make(&o);
	gives(c, "ASIACONFME", "token-of-ASIACONFME");
	creds_free(c);
	/* auto: the two roles one after the other, or the token is for the only one */
	o.source = CREDS_AUTO;
	o.web_identity.role_arn = ARN "first";
	o.role_session_name = "";
	o.web_identity.session_name = "";
	c = make(&o);
	gives(c, "ASIACONF", "token-of-ASIACONF");
	CHECK_STR(control("GET", "/seen", ""),
		  "ASIAFIRSTAMCFS conf amcfs 3600 - 2011-06-15;");
	creds_free(c);
	o.web_identity.role_arn = "";
	c = make(&o);
	gives(c, "ASIACONFAMCFS", "token-of-ASIACONFAMCFS");
	creds_free(c);
	(void)unlink("jwt");
}

TEST(the_instance)
{
	struct creds_opts o = begin(CREDS_INSTANCE);
	struct creds *c = make(&o);

	gives(c, "ASIAMACHINE", "token-of-machine");
	count_is("/count/imds", "3");
	gives(c, "ASIAMACHINE", "token-of-machine");
	count_is("/count/imds", "3");
	creds_free(c);
	set("/set/imds-role", "none");
	once(&o, ERR_AUTH, RETRY_PERMANENT,
	     "the instance metadata service has no role: attach an IAM role to this "
	     "machine");
	set("/set/imds-role", "machine.role");
	set("/set/imds-code", "AssumeRoleUnauthorizedAccess");
	once(&o, ERR_AUTH, RETRY_TEMPORARY,
	     "the instance metadata service has no keys for this machine's role: "
	     "AssumeRoleUnauthorizedAccess; check the role's trust policy");
	set("/set/imds-status", "403");
	once(&o, ERR_AUTH, RETRY_PERMANENT,
	     "the instance metadata service refused the session token with HTTP status 403");
	set("/set/imds-status", "503");
	once(&o, ERR_REMOTE, RETRY_TEMPORARY,
	     "the instance metadata service cannot give the session token now (HTTP status "
	     "503)");
}

TEST(an_instance_that_is_silent)
{
	struct creds_opts o = begin(CREDS_AUTO);
	struct creds *c;

	o.fixed = NULL;
	c = make(&o);
	gives(c, "ASIAMACHINE", "token-of-machine"); /* the last that AUTO asks */
	creds_free(c);
	CHECK_INT(url_parse("http://127.0.0.1:1", &o.instance.endpoint, NULL), 0);
	once(&o, ERR_AUTH, RETRY_PERMANENT,
	     "there are no AWS keys: none in the "
	     "configuration, the environment or "
	     "credentials");
	o.source = CREDS_INSTANCE;
	once(&o, ERR_UNREACHABLE, RETRY_TEMPORARY,
	     "the instance metadata service does not answer (");
}

TEST(the_container)
{
	struct creds_opts o = begin(CREDS_AUTO);
	_cleanup_buf_ struct buf url = BUF_INIT(1024);
	struct creds *c;

	CHECK_INT(buf_addf(&url, "%s/container?x=1", getenv("FAKE")), 0);
	o.fixed = NULL;
	o.container.url = buf_str(&url);
	CHECK_INT(secret_set(&container_token, "Bearer a b", 10), 0);
	c = make(&o);
	gives(c, "ASIACONTAINER", "token-of-container");
	count_is("/count/imds", "0");
	creds_free(c);
	put("auth", "from-file\n");
	o.container.token_file = "auth";
	once(&o, ERR_AUTH, RETRY_PERMANENT,
	     "the container's source of keys refused the request with HTTP status 403");
	set("/set/container-token", "from-file");
	o.source = CREDS_INSTANCE;
	c = make(&o);
	gives(c, "ASIACONTAINER", "token-of-container");
	creds_free(c);
	o.container.url = "http://metadata.example/x";
	once(&o, ERR_CONFIG, RETRY_PERMANENT,
	     "AWS_CONTAINER_CREDENTIALS_FULL_URI names metadata.example by plain http");
	(void)unlink("auth");
	secret_fini(&container_token);
}

/* --- S3 ----------------------------------------------------------------------------- */

static int put_part(struct s3 *s3, struct s3_result *res, struct problem *p)
{
	const struct s3_place at = {.bucket = "bucket", .key = "k"};
	char etag[S3_ETAG_CHARS];

	return s3_put_part(s3, &at, "id", 1, "rows", 4, etag, res, p);
}

TEST(keys_that_end_in_mid_upload)
{
	struct creds_opts o = begin(CREDS_PROFILE);
	struct s3_opts so = {.http = http,
			     .clock = &test_clock,
			     .region = "eu-west-1",
			     .endpoint = fake(""),
			     .path_style = true,
			     .creds = make(&o)};
	struct s3_result res;
	struct problem p = {0};
	struct s3 *s3;

	put("credentials", "[default]\naws_access_key_id = ASIA1\n"
			   "aws_secret_access_key = s\naws_session_token = t\n");
	CHECK_INT(s3_new(&s3, &so, &p), 0);
	CHECK_INT(put_part(s3, &res, &p), 0);
	count_is("/count/s3-ASIA1", "1");
	put("credentials", "[default]\naws_access_key_id = ASIA2\n"
			   "aws_secret_access_key = s\naws_session_token = t\n");
	CHECK_INT(put_part(s3, &res, &p), 0);
	count_is("/count/s3-ASIA1", "2");
	set("/set/s3-expired", "ASIA1");
	CHECK_INT(put_part(s3, &res, &p), 0);
	CHECK_STR(p.note, "");
	count_is("/count/s3-ASIA1", "3");
	count_is("/count/s3-ASIA2", "1");
	/* nobody has better ones: one more try, and the truth */
	set("/set/s3-expired", "ASIA1 ASIA2");
	CHECK_INT(put_part(s3, &res, &p), -ERR_AUTH);
	CHECK_INT(res.class, RETRY_AUTH);
	CHECK_STR(p.note,
		  "S3 refused a part of the upload to bucket bucket: ExpiredToken "
		  "(The provided token has expired.); the session has ended: "
		  "renew the temporary keys");
	count_is("/count/s3-ASIA2", "3");
	/* and no way to keys at all is told as that */
	problem_clear(&p);
	(void)unlink("credentials");
	CHECK_INT(put_part(s3, &res, &p), -ERR_CONFIG);
	CHECK_INT(res.class, RETRY_PERMANENT);
	CHECK_STR(p.note,
		  "the profile \"default\" has no keys in credentials and config; "
		  "add it, or correct profile in [s3] or AWS_PROFILE");
	count_is("/count/s3-ASIA2", "4");
	s3_free(s3);
	creds_free(so.creds);
}

int main(void)
{
	const struct http_opts ho = {.timeout_ms = PATIENT, .max_idle = 4};

	log_open(&(struct log_opts){.level = LOG_LVL_ERROR, .sink = LOG_SINK_STDERR});
	CHECK_INT(http_global_init(), 0);
	CHECK_INT(http_client_new(&http, &ho), 0);
	test_clock = testclock_clock(&tc);
	CHECK_INT(awskeys_set(&base, slice_str("AKIABASE"), slice_str("base/secret"),
			      slice_str("")),
		  0);
	RUN(a_role_is_assumed_and_renewed);
	RUN(a_role_is_implied_by_its_name);
	RUN(roles_that_are_refused);
	RUN(profiles_lead_from_role_to_role);
	RUN(web_identities);
	RUN(the_instance);
	RUN(an_instance_that_is_silent);
	RUN(the_container);
	RUN(keys_that_end_in_mid_upload);
	awskeys_fini(&base);
	http_client_free(http);
	http_global_fini();
	return 0;
}
