/* SPDX-License-Identifier: Apache-2.0 */
#include "net/awskeys.h"

#include "tool/check.h"

#define SOURCE "the test gave"

TEST(keys_of_an_answer)
{
	struct awskeys k = {0}, copy = {0};
	struct problem p = {0};

	CHECK_INT(
		awskeys_from_json(
			slice_str(
				"{\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s/1\","
				"\"Token\":\"t+1\",\"Expiration\":"
				"\"2026-01-01T00:00:00Z\",\"Other\":[]}"),
			"Token", SOURCE, &k, &p),
		0);
	CHECK_STR(k.id, "ASIA1");
	CHECK_STR(k.secret.bytes, "s/1");
	CHECK_STR(k.token.bytes, "t+1");
	CHECK_INT(k.expires_ms, 1767225600000);
	CHECK_INT(awskeys_copy(&copy, &k), 0);
	awskeys_fini(&k);
	CHECK_STR(k.id, "");
	CHECK_STR(copy.id, "ASIA1");
	CHECK_STR(copy.token.bytes, "t+1");
	CHECK_INT(copy.expires_ms, 1767225600000);
	/* another answer replaces all of it */
	CHECK_INT(
		awskeys_from_json(
			slice_str("{\"AccessKeyId\":\"AKIA2\",\"SecretAccessKey\":\"s\"}"),
			"Token", SOURCE, &copy, &p),
		0);
	CHECK(secret_empty(&copy.token));
	CHECK_INT(copy.expires_ms, 0);
	awskeys_fini(&copy);
}

static void refuse(const char *json, const char *sentence)
{
	struct awskeys k = {0};
	struct problem p = {0};

	CHECK_INT(awskeys_from_json(slice_str(json), "Token", SOURCE, &k, &p),
		  -ERR_BAD_REPLY);
	CHECK_STR(p.note, sentence);
	CHECK_STR(k.id, "");
	CHECK(secret_empty(&k.secret));
}

TEST(answers_without_keys)
{
	static const char unusable[] =
		SOURCE " no usable AccessKeyId and SecretAccessKey";

	refuse("", SOURCE " no JSON object");
	refuse("hunter2", SOURCE " no JSON object");
	refuse("[]", SOURCE " no JSON object");
	refuse("{}", unusable);
	refuse("{\"AccessKeyId\":\"A\"}", unusable);
	refuse("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"x\\ny: z\"}", unusable);
	refuse("{\"AccessKeyId\":\"A B\",\"SecretAccessKey\":\"x\"}", unusable);
	refuse("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"x\",\"Token\":\"\\u00e9\"}",
	       unusable);
	refuse("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"x\",\"Expiration\":\"soon\"}",
	       SOURCE " an Expiration that is no time");
	refuse("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"x\",\"Expiration\":9}",
	       SOURCE " an Expiration that is no time");
}

TEST(limits)
{
	char id[AWSKEYS_ID_CHARS + 1];
	struct awskeys k = {0};

	memset(id, 'A', sizeof(id));
	CHECK_INT(awskeys_set(&k, slice_of(id, AWSKEYS_ID_CHARS), slice_str("s"),
			      slice_str("")),
		  -EINVAL);
	CHECK_INT(awskeys_set(&k, slice_of(id, AWSKEYS_ID_CHARS - 1), slice_str("s"),
			      slice_str("")),
		  0);
	CHECK_INT(strlen(k.id), AWSKEYS_ID_CHARS - 1);
	/* what was there stays when new ones cannot be */
	CHECK_INT(awskeys_set(&k, slice_str(""), slice_str("s"), slice_str("")), -EINVAL);
	CHECK_STR(k.secret.bytes, "s");
	awskeys_fini(&k);
}

int main(void)
{
	RUN(keys_of_an_answer);
	RUN(answers_without_keys);
	RUN(limits);
	return 0;
}
