/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of files and programs, and when they are asked for again. The program is a
 * script that notes each run and prints what the test has put into a file.
 */
#include "net/creds.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/log.h"
#include "base/scope.h"
#include "tool/check.h"
#include "tool/testclock.h"

#define START 1767225600000 /* 2026-01-01T00:00:00Z */

static char dir[] = "/tmp/amcfs-creds-XXXXXX";
static struct testclock tc;
static struct clock test_clock;

static void put(const char *name, const char *text)
{
	CHECK_INT(fileio_publish(name, text, strlen(text), 0700, NULL), 0);
}

static size_t runs(void)
{
	struct stat st;

	return stat("runs", &st) == 0 ? (size_t)st.st_size : 0;
}

static void answer(const char *id, const char *expiration)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\","
		       "\"SessionToken\":\"t\",\"Expiration\":\"%s\"}",
		       id, expiration);
	put("answer", text);
}

static struct creds *make(enum creds_source source, const char *profile)
{
	static const struct secret none = {0};
	struct creds_opts o = {.source = source,
			       .clock = &test_clock,
			       .region = "eu-west-1",
			       .profile = profile,
			       .config_file = "config",
			       .credentials_file = "credentials",
			       .role_arn = "",
			       .external_id = "",
			       .role_session_name = "",
			       .web_identity = {"", "", ""},
			       .container = {"", "", &none},
			       .instance = {.disabled = true}};
	struct creds *c;

	CHECK_INT(creds_new(&c, &o), 0);
	return c;
}

static struct creds *start(void)
{
	tc = (struct testclock)TESTCLOCK_INIT(START);
	(void)unlink("runs");
	put("credentials", "");
	put("config", "[default]\ncredential_process = ./tool 'an argument'\n");
	put("tool", "#!/bin/sh\n[ \"$1\" = 'an argument' ] || exit 9\n"
		    "printf x >>runs\ncat answer\n");
	return make(CREDS_AUTO, "");
}

/* The keys' id, or "" and the failure. */
static const char *get(struct creds *c, uint64_t *serial, struct awskeys_result *res,
		       struct problem *p)
{
	static char id[AWSKEYS_ID_CHARS];
	struct awskeys k = {0};
	int r;

	problem_clear(p);
	r = creds_get(c, &k, serial, res, p);
	CHECK((r == 0) == (k.id[0] != '\0'));
	CHECK((r == 0) == (res->class == RETRY_DONE));
	CHECK_INT(p->err, r);
	memcpy(id, k.id, sizeof(id));
	awskeys_fini(&k);
	return id;
}

static void gives(struct creds *c, const char *id, size_t n)
{
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;
	const char *got = get(c, &serial, &res, &p);

	CHECK_STR(p.note, "");
	CHECK_STR(got, id);
	CHECK_INT(runs(), n);
}

TEST(keys_are_renewed_five_minutes_ahead)
{
	struct creds *c = start();

	answer("FIRST", "2026-01-01T01:00:00Z");
	gives(c, "FIRST", 1);
	answer("SECOND", "2026-01-01T02:00:00Z");
	testclock_advance(&tc, 55 * 60000 - 1);
	gives(c, "FIRST", 1);
	testclock_advance(&tc, 1);
	gives(c, "SECOND", 2);
	gives(c, "SECOND", 2);
	creds_free(c);
}

TEST(short_lives_are_renewed_at_nine_tenths)
{
	struct creds *c = start();

	answer("FIRST", "2026-01-01T00:10:00Z");
	gives(c, "FIRST", 1);
	answer("SECOND", "2026-01-01T01:00:00Z");
	testclock_advance(&tc, 9 * 60000 - 1);
	gives(c, "FIRST", 1);
	testclock_advance(&tc, 1);
	gives(c, "SECOND", 2);
	creds_free(c);
}

TEST(a_renewal_that_fails_does_no_harm_at_first)
{
	struct creds *c = start();
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;

	answer("FIRST", "2026-01-01T01:00:00Z");
	gives(c, "FIRST", 1);
	put("answer", "no JSON");
	testclock_advance(&tc, 55 * 60000);
	gives(c, "FIRST", 2);
	gives(c, "FIRST", 2); /* nobody is asked again at once */
	testclock_advance(&tc, 5000);
	gives(c, "FIRST", 3);
	/* ten seconds before their end they are no good any more */
	testclock_advance(&tc, 5 * 60000 - 5000 - 10000);
	CHECK_STR(get(c, &serial, &res, &p), "");
	CHECK_INT(runs(), 4);
	CHECK_STR(p.note, "the credential_process printed no JSON object with "
			  "\"Version\": 1; run it by hand and look");
	CHECK_INT(res.class, RETRY_PERMANENT);
	CHECK_INT(res.retry_after_ms, 5000);
	testclock_advance(&tc, 4999);
	CHECK_STR(get(c, &serial, &res, &p), "");
	CHECK_INT(runs(), 4);
	CHECK_INT(res.retry_after_ms, 1);
	answer("SECOND", "2026-01-01T02:00:00Z");
	testclock_advance(&tc, 1);
	gives(c, "SECOND", 5);
	creds_free(c);
}

TEST(failures_are_asked_about_ever_less_often)
{
	static const int64_t waits[] = {1000,  2000,  4000,  8000,
					16000, 32000, 60000, 60000};
	struct creds *c = start();
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;

	put("tool", "#!/bin/sh\nprintf x >>runs\nexit 1\n");
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		CHECK_STR(get(c, &serial, &res, &p), "");
		CHECK_INT(runs(), i + 1);
		CHECK_INT(res.class, RETRY_TEMPORARY);
		/* spread by chance, which is at its upper end here */
		CHECK(res.retry_after_ms >= waits[i] * 99 / 100);
		CHECK(res.retry_after_ms <= waits[i]);
		testclock_advance(&tc, waits[i]);
	}
	creds_free(c);
}

TEST(keys_that_the_server_refuses)
{
	struct creds *c = start();
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t first, second;

	answer("FIRST", "2026-01-01T01:00:00Z");
	CHECK_STR(get(c, &first, &res, &p), "FIRST");
	answer("SECOND", "2026-01-01T01:00:00Z");
	CHECK(creds_forget(c, first));
	CHECK_STR(get(c, &second, &res, &p), "SECOND");
	CHECK_INT(runs(), 2);
	/* another thread is late with its news of the first ones */
	CHECK(creds_forget(c, first));
	gives(c, "SECOND", 2);
	creds_free(c);
}

TEST(keys_that_have_expired_already)
{
	struct creds *c = start();
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;

	answer("OLD", "2026-01-01T00:00:10Z");
	CHECK_STR(get(c, &serial, &res, &p), "");
	CHECK_STR(p.note, "the AWS keys that were handed out have expired already; check "
			  "this machine's clock and whoever hands them out");
	CHECK_INT(res.class, RETRY_TEMPORARY);
	creds_free(c);
}

static void *ask(void *arg)
{
	struct awskeys k = {0};
	struct awskeys_result res;
	uint64_t serial;
	int r = creds_get(arg, &k, &serial, &res, NULL);

	if (r == 0 && strcmp(k.id, "FIRST") != 0)
		r = 1;
	awskeys_fini(&k);
	return (void *)(intptr_t)r;
}

TEST(a_crowd_asks_once)
{
	struct creds *c = start();
	pthread_t t[8];

	answer("FIRST", "2026-01-01T01:00:00Z");
	for (size_t i = 0; i < 8; i++)
		CHECK_INT(pthread_create(&t[i], NULL, ask, c), 0);
	for (size_t i = 0; i < 8; i++) {
		void *r;

		CHECK_INT(pthread_join(t[i], &r), 0);
		CHECK_INT((intptr_t)r, 0);
	}
	CHECK_INT(runs(), 1);
	creds_free(c);
}

TEST(keys_that_stand_in_files)
{
	struct creds *c = start();

	put("credentials", "[default]\naws_access_key_id = A1\n"
			   "aws_secret_access_key = s\n"
			   "[both]\naws_access_key_id = B1\naws_secret_access_key = s\n");
	gives(c, "A1", 0);
	put("credentials", "[default]\naws_access_key_id = A2\n"
			   "aws_secret_access_key = s\naws_session_token = t\n");
	testclock_advance(&tc, 299999);
	gives(c, "A1", 0);
	testclock_advance(&tc, 1);
	gives(c, "A2", 0);
	/* a file that is being rewritten does no harm */
	put("credentials", "[default]\naws_access_key_id = A3\n");
	testclock_advance(&tc, 300000);
	gives(c, "A2", 0);
	creds_free(c);
	put("credentials", "[both]\naws_access_key_id = B1\naws_secret_access_key = s\n");
	put("config",
	    "[profile both]\naws_access_key_id = B2\naws_secret_access_key = s\n"
	    "[profile one]\naws_access_key_id = C2\naws_secret_access_key = s\n");
	c = make(CREDS_PROFILE, "both");
	gives(c, "B1", 0);
	creds_free(c);
	c = make(CREDS_PROFILE, "one");
	gives(c, "C2", 0);
	creds_free(c);
}

static void profile_fails(const char *profile, const char *sentence)
{
	struct creds *c = make(CREDS_PROFILE, profile);
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;

	CHECK_STR(get(c, &serial, &res, &p), "");
	CHECK_STR(p.note, sentence);
	CHECK_INT(res.class, RETRY_PERMANENT);
	creds_free(c);
}

#define OF(name) "the profile \"" name "\" of the AWS files "

TEST(profiles_that_cannot_be)
{
	creds_free(start());
	put("config",
	    "[profile half]\naws_access_key_id = A\n"
	    "[profile odd]\naws_access_key_id = A B\naws_secret_access_key = hunter2\n"
	    "[profile alone]\nrole_arn = r\n"
	    "[profile two]\nrole_arn = r\nsource_profile = x\n"
	    "credential_source = Environment\n"
	    "[profile lost]\nrole_arn = r\nsource_profile = nobody\n"
	    "[profile code]\nrole_arn = r\nsource_profile = half\nmfa_serial = m\n"
	    "[profile long]\nrole_arn = r\nsource_profile = half\n"
	    "duration_seconds = 43201\n"
	    "[profile env]\nrole_arn = r\ncredential_source = Environment\n"
	    "[profile mars]\nrole_arn = r\ncredential_source = Mars\n"
	    "[profile a]\nrole_arn = r\nsource_profile = b\n"
	    "[profile b]\nrole_arn = r\nsource_profile = a\n"
	    "[profile empty]\nregion = x\n"
	    "[profile onto]\nrole_arn = r\nsource_profile = empty\n"
	    "[profile sso]\nsso_start_url = https://x\n");
	profile_fails("half", OF("half") "has only one of aws_access_key_id and "
					 "aws_secret_access_key; set both");
	profile_fails("odd", OF("odd") "has keys that cannot be; correct them");
	profile_fails("alone",
		      OF("alone") "has a role_arn and neither source_profile nor "
				  "credential_source, which say who assumes it; "
				  "add one");
	profile_fails("two", OF("two") "has both source_profile and credential_source; "
				       "keep one");
	profile_fails("lost", OF("lost") "names a source_profile that the files do not "
					 "have; correct it");
	profile_fails("code", OF("code") "wants a code for each session (mfa_serial), "
					 "which nobody is there to type; use a role "
					 "without it");
	profile_fails("long",
		      OF("long") "has a duration_seconds that cannot be; allowed: "
				 "900 to 43200");
	profile_fails("env", OF("env") "takes its keys from the environment, where there "
				       "are none; set AWS_ACCESS_KEY_ID and "
				       "AWS_SECRET_ACCESS_KEY");
	profile_fails("mars",
		      OF("mars") "has a credential_source that cannot be; allowed: "
				 "Environment, Ec2InstanceMetadata, EcsContainer");
	profile_fails("a", OF("a") "goes through too many profiles, or in a circle; "
				   "correct source_profile");
	profile_fails("onto",
		      OF("empty") "is a source_profile and has no keys; add them");
	profile_fails("sso",
		      OF("sso") "logs in with IAM Identity Center, which amcfs "
				"cannot; add credential_process = aws configure "
				"export-credentials --profile NAME to a profile of "
				"its own and name that");
	profile_fails("nobody", "the profile \"nobody\" has no keys in credentials and "
				"config; add it, or correct profile in [s3] or "
				"AWS_PROFILE");
}

/* A pipe nobody writes into would hold the upload, and the end of amcfs, for ever. */
TEST(files_that_are_pipes)
{
	struct creds *c = start();
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;

	CHECK_INT(unlink("credentials"), 0);
	CHECK_INT(mkfifo("credentials", 0600), 0);
	CHECK_STR(get(c, &serial, &res, &p), "");
	CHECK_STR(p.note, "credentials is a pipe; name a file");
	CHECK_INT(res.class, RETRY_PERMANENT);
	creds_free(c);
}

TEST(no_keys_anywhere)
{
	struct creds *c = start();
	struct awskeys_result res;
	struct problem p = {0};
	uint64_t serial;

	put("config", "");
	CHECK_STR(get(c, &serial, &res, &p), "");
	CHECK_STR(p.note,
		  "there are no AWS keys: none in the configuration, the environment or "
		  "credentials, and the instance metadata service does not answer; set "
		  "access_key_id and secret_access_key_file in [s3], or auth");
	CHECK_INT(res.class, RETRY_PERMANENT);
	creds_free(c);
}

TEST(fixed_keys_are_what_they_are)
{
	struct awskeys k = {0}, got = {0};
	struct creds_opts o = {
		.source = CREDS_FIXED, .clock = &test_clock, .fixed = &k, .role_arn = ""};
	struct awskeys_result res;
	struct creds *c;
	uint64_t serial;

	CHECK_INT(awskeys_set(&k, slice_str("A"), slice_str("s"), slice_str("t")), 0);
	CHECK_INT(creds_new(&c, &o), 0);
	CHECK_INT(creds_get(c, &got, &serial, &res, NULL), 0);
	CHECK_STR(got.id, "A");
	CHECK_STR(got.token.bytes, "t");
	CHECK(!creds_forget(c, serial));
	creds_free(c);
	awskeys_fini(&k);
	awskeys_fini(&got);
}

int main(void)
{
	static const char *const names[] = {"runs", "answer", "tool", "config",
					    "credentials"};

	/* renewals that fail are warned of */
	log_open(&(struct log_opts){.level = LOG_LVL_ERROR, .sink = LOG_SINK_STDERR});
	test_clock = testclock_clock(&tc);
	CHECK(mkdtemp(dir) != NULL);
	CHECK_INT(chdir(dir), 0);
	RUN(keys_are_renewed_five_minutes_ahead);
	RUN(short_lives_are_renewed_at_nine_tenths);
	RUN(a_renewal_that_fails_does_no_harm_at_first);
	RUN(failures_are_asked_about_ever_less_often);
	RUN(keys_that_the_server_refuses);
	RUN(keys_that_have_expired_already);
	RUN(a_crowd_asks_once);
	RUN(keys_that_stand_in_files);
	RUN(profiles_that_cannot_be);
	RUN(files_that_are_pipes);
	RUN(no_keys_anywhere);
	RUN(fixed_keys_are_what_they_are);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlink(names[i]); /* not every test made every one */
	CHECK_INT(chdir("/"), 0);
	CHECK_INT(rmdir(dir), 0);
	return 0;
}
