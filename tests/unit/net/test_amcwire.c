/* SPDX-License-Identifier: Apache-2.0 */
#include "net/amcwire.h"

#include "base/scope.h"
#include "check.h"

static void path_is(const char *instance, const char *x, const char *y, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1024);

	CHECK_INT(amcwire_path(&b, instance, "uploads", x, y), 0);
	CHECK_STR(buf_str(&b), want);
}

TEST(paths)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1024);

	path_is("amc1", NULL, NULL, "/amc/advertiserData/amc1/uploads");
	path_is("amc1", "ds", NULL, "/amc/advertiserData/amc1/uploads/ds");
	path_is("amc1", "ds", "u-1", "/amc/advertiserData/amc1/uploads/ds/u-1");
	/* an id cannot lead elsewhere */
	path_is("a/../b", "d?x=1", "#",
		"/amc/advertiserData/a%2F..%2Fb/uploads/d%3Fx%3D1/%23");
	CHECK_INT(amcwire_path(&b, "", "uploads", NULL, NULL), -EINVAL);
	CHECK_INT(amcwire_path(&b, "..", "uploads", NULL, NULL), -EINVAL);
	CHECK_INT(amcwire_path(&b, "a", "uploads", ".", NULL), -EINVAL);
	CHECK_INT(amcwire_path(&b, "a", "uploads", "d", ""), -EINVAL);
}

TEST(bodies)
{
	struct amc_upload u = {.instance = "i",
			       .dataset = "d",
			       .strategy = "OVERLAP_KEEP",
			       .country = "",
			       .gzip = false,
			       .bucket = "b-1",
			       .key = "k/\"1\"\n"};
	_cleanup_buf_ struct buf b = BUF_INIT(4096);

	CHECK_INT(amcwire_upload_body(&u, &b), 0);
	CHECK_STR(
		buf_str(&b),
		"{\"updateStrategy\":\"OVERLAP_KEEP\",\"compressionFormat\":\"NONE\","
		"\"dataSource\":{\"sourceS3Bucket\":\"b-1\",\"sourceFileS3Key\":"
		"\"k/\\\"1\\\"\\n\"},\"fileFormat\":{\"csvDataFormat\":{"
		"\"fieldDelimiter\":\",\",\"recordDelimiter\":\"\\n\",\"quoteCharacter\":"
		"\"\\\"\",\"quoteEscapeCharacter\":\"\\\"\"}}}");
	CHECK_STR(amcwire_key_member(&u), "sourceFileS3Key");
	u.manifest = true;
	CHECK_STR(amcwire_key_member(&u), "sourceManifestS3Key");
}

static bool status_of(const char *text, const char *fallback, struct amc_status *s)
{
	struct json *j = NULL;
	bool ok;

	CHECK_INT(json_parse(slice_str(text), &j, NULL), 0);
	ok = amcwire_read_status(j, fallback, s);
	json_free(j);
	return ok;
}

TEST(statuses)
{
	struct amc_status s;
	char text[AMC_ID_CHARS + 64];
	char id[AMC_ID_CHARS + 1];

	CHECK(status_of("{\"uploadId\":\"u\",\"status\":\"Completed\"}", "x", &s));
	CHECK_STR(s.id, "u");
	CHECK_INT(s.phase, AMC_SUCCEEDED);
	CHECK_STR(s.message, "");
	CHECK(s.metrics == NULL);
	CHECK(status_of("{\"status\":\"failed\",\"message\":\"no\\tway\",\"metrics\":5}",
			"x", &s));
	CHECK_STR(s.id, "x");
	CHECK_INT(s.phase, AMC_FAILED);
	CHECK_STR(s.message, "no way");
	CHECK(s.metrics == NULL);
	CHECK(status_of("{}", "x", &s));
	CHECK_STR(s.status, "");
	CHECK_INT(s.phase, AMC_WORKING);
	CHECK(!status_of("{\"status\":\"SUCCESS\"}", "", &s));
	CHECK_STR(s.id, "");
	/* an id that is cut would be another's */
	memset(id, 'i', sizeof(id) - 1);
	id[AMC_ID_CHARS] = 0;
	(void)snprintf(text, sizeof(text), "{\"uploadId\":\"%s\"}", id);
	CHECK(!status_of(text, "x", &s));
	id[AMC_ID_CHARS - 1] = 0;
	(void)snprintf(text, sizeof(text), "{\"uploadId\":\"%s\"}", id);
	CHECK(status_of(text, "x", &s));
	CHECK_STR(s.id, id);
}

int main(void)
{
	RUN(paths);
	RUN(bodies);
	RUN(statuses);
	return CHECK_DONE();
}
