/* SPDX-License-Identifier: Apache-2.0 */
#include "net/s3err.h"

#include "check.h"

static struct s3err refusal(int status, const char *code)
{
	return (struct s3err){.verb = "the upload to",
			      .right = "s3:PutObject",
			      .bucket = "acme",
			      .region = "us-east-1",
			      .status = status,
			      .code = code,
			      .message = "",
			      .right_region = ""};
}

static void says(const struct s3err *e, int err, const char *note)
{
	struct problem p = {0};

	CHECK_INT(s3err_problem(e, &p), -err);
	CHECK_INT(p.err, -err);
	CHECK_STR(p.note, note);
}

TEST(sentences_with_their_remedy)
{
	struct s3err e = refusal(403, "AccessDenied");

	e.message = "Access Denied";
	says(&e, ERR_REFUSED,
	     "S3 refused the upload to bucket acme: AccessDenied (Access Denied); check that "
	     "the keys have the right to s3:PutObject and that the bucket and KMS policies "
	     "allow it");
	e = refusal(403, "SignatureDoesNotMatch");
	says(&e, ERR_AUTH,
	     "S3 refused the upload to bucket acme: SignatureDoesNotMatch; check "
	     "access_key_id and secret_access_key in [s3]");
	e = refusal(403, "RequestTimeTooSkewed");
	says(&e, ERR_REFUSED,
	     "S3 refused the upload to bucket acme: RequestTimeTooSkewed; this machine's "
	     "clock is wrong: set it, for example with NTP");
	e = refusal(400, "ExpiredToken");
	says(&e, ERR_AUTH,
	     "S3 refused the upload to bucket acme: ExpiredToken; the session has ended: "
	     "renew the temporary keys");
	e = refusal(404, "NoSuchBucket");
	says(&e, ERR_REFUSED,
	     "S3 refused the upload to bucket acme: NoSuchBucket; create the bucket or "
	     "correct bucket in [s3]");
	e = refusal(400, "AuthorizationHeaderMalformed");
	e.right_region = "eu-west-1";
	says(&e, ERR_REFUSED,
	     "S3 refused the upload to bucket acme: AuthorizationHeaderMalformed; the bucket "
	     "is in region eu-west-1, not us-east-1: correct region in [s3]");
	e = refusal(301, "PermanentRedirect");
	says(&e, ERR_REFUSED,
	     "S3 refused the upload to bucket acme: PermanentRedirect; the bucket is in "
	     "another region than us-east-1: correct region in [s3]");
	e = refusal(503, "SlowDown");
	says(&e, ERR_THROTTLED,
	     "S3 refused the upload to bucket acme: SlowDown; it is worth trying again "
	     "later");
}

TEST(without_a_code_the_status_speaks)
{
	struct s3err e = refusal(403, "");

	says(&e, ERR_REFUSED,
	     "S3 refused the upload to bucket acme: HTTP status 403; check that the keys "
	     "have the right to s3:PutObject and that the bucket and KMS policies allow it");
	e = refusal(404, "");
	says(&e, ERR_NOT_FOUND, "S3 refused the upload to bucket acme: HTTP status 404");
	e = refusal(301, "");
	says(&e, ERR_REFUSED,
	     "S3 refused the upload to bucket acme: HTTP status 301; the bucket is in "
	     "another region than us-east-1: correct region in [s3]");
	e = refusal(502, "");
	says(&e, ERR_REMOTE,
	     "S3 refused the upload to bucket acme: HTTP status 502; it is worth trying "
	     "again later");
}

TEST(classes)
{
	static const struct {
		int status;
		const char *code;
		enum retry_class class;
	} rows[] = {
		{400, "ExpiredToken", RETRY_AUTH},
		{400, "InvalidToken", RETRY_AUTH},
		{400, "TokenRefreshRequired", RETRY_AUTH},
		{403, "AccessDenied", RETRY_PERMANENT},
		{403, "InvalidAccessKeyId", RETRY_PERMANENT},
		{403, "SignatureDoesNotMatch", RETRY_PERMANENT},
		{403, "RequestTimeTooSkewed", RETRY_TEMPORARY},
		{404, "NoSuchBucket", RETRY_PERMANENT},
		{404, "NoSuchUpload", RETRY_PERMANENT},
		{400, "BadDigest", RETRY_TEMPORARY},
		{400, "XAmzContentSHA256Mismatch", RETRY_TEMPORARY},
		{400, "RequestTimeout", RETRY_TEMPORARY},
		{409, "OperationAborted", RETRY_TEMPORARY},
		{503, "SlowDown", RETRY_TEMPORARY},
		{500, "InternalError", RETRY_TEMPORARY},
		{200, "InternalError", RETRY_TEMPORARY}, /* within a good Complete */
		{200, "SomethingNew", RETRY_TEMPORARY},
		{400, "EntityTooSmall", RETRY_PERMANENT},
		{400, "InvalidPart", RETRY_PERMANENT},
		{400, "KMS.DisabledException", RETRY_PERMANENT},
		{400, "KMS.ThrottlingException", RETRY_TEMPORARY},
		{400, "", RETRY_PERMANENT},
		{401, "", RETRY_PERMANENT},
		{403, "", RETRY_PERMANENT},
		{404, "", RETRY_PERMANENT},
		{408, "", RETRY_TEMPORARY},
		{429, "", RETRY_TEMPORARY},
		{500, "", RETRY_TEMPORARY},
		{501, "NotImplemented", RETRY_PERMANENT},
		{503, "", RETRY_TEMPORARY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		check_state.test = rows[i].code;
		CHECK_INT(s3err_class(rows[i].status, rows[i].code), rows[i].class);
	}
}

/* A failure must never read as a success. */
TEST(nothing_is_done)
{
	for (int status = 0; status < 1000; status++) {
		struct s3err e = refusal(status, "");
		struct problem p = {0};

		CHECK(s3err_class(status, "") != RETRY_DONE);
		CHECK(s3err_problem(&e, &p) < 0);
		CHECK(p.note[0] != 0);
	}
}

int main(void)
{
	RUN(sentences_with_their_remedy);
	RUN(without_a_code_the_status_speaks);
	RUN(classes);
	RUN(nothing_is_done);
	return CHECK_DONE();
}
