/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table. S3's status codes are too coarse: 400 is a damaged body (ask again),
 * an expired session (get new keys) or a wrong region (never); so the code in the
 * body decides, and the status only when there is none.
 *
 * Source: Amazon S3 API reference, "Error responses".
 */
#include "net/s3err.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum remedy {
	REM_NONE,
	REM_RIGHT,
	REM_KEYS,
	REM_EXPIRED,
	REM_CLOCK,
	REM_BUCKET,
	REM_REGION,
	REM_KMS,
	REM_LATER,
};

struct meaning {
	const char *code;
	int err;
	enum retry_class class;
	enum remedy remedy;
};

static const struct meaning meanings[] = {
	{"AccessDenied", ERR_REFUSED, RETRY_PERMANENT, REM_RIGHT},
	{"AllAccessDisabled", ERR_REFUSED, RETRY_PERMANENT, REM_RIGHT},
	{"AccountProblem", ERR_REFUSED, RETRY_PERMANENT, REM_RIGHT},
	{"InvalidAccessKeyId", ERR_AUTH, RETRY_PERMANENT, REM_KEYS},
	{"SignatureDoesNotMatch", ERR_AUTH, RETRY_PERMANENT, REM_KEYS},
	{"InvalidToken", ERR_AUTH, RETRY_AUTH, REM_EXPIRED},
	{"ExpiredToken", ERR_AUTH, RETRY_AUTH, REM_EXPIRED},
	{"TokenRefreshRequired", ERR_AUTH, RETRY_AUTH, REM_EXPIRED},
	{"RequestTimeTooSkewed", ERR_REFUSED, RETRY_TEMPORARY, REM_CLOCK},
	{"RequestExpired", ERR_REFUSED, RETRY_TEMPORARY, REM_CLOCK},
	{"NoSuchBucket", ERR_REFUSED, RETRY_PERMANENT, REM_BUCKET},
	{"NoSuchKey", ERR_NOT_FOUND, RETRY_PERMANENT, REM_NONE},
	{"NoSuchUpload", ERR_NOT_FOUND, RETRY_PERMANENT, REM_NONE},
	{"AuthorizationHeaderMalformed", ERR_REFUSED, RETRY_PERMANENT, REM_REGION},
	{"PermanentRedirect", ERR_REFUSED, RETRY_PERMANENT, REM_REGION},
	{"IllegalLocationConstraintException", ERR_REFUSED, RETRY_PERMANENT, REM_REGION},
	{"TemporaryRedirect", ERR_REMOTE, RETRY_TEMPORARY, REM_REGION},
	{"Redirect", ERR_REMOTE, RETRY_TEMPORARY, REM_REGION},
	{"KMS.DisabledException", ERR_REFUSED, RETRY_PERMANENT, REM_KMS},
	{"KMS.NotFoundException", ERR_REFUSED, RETRY_PERMANENT, REM_KMS},
	{"KMS.KMSInvalidStateException", ERR_REFUSED, RETRY_PERMANENT, REM_KMS},
	{"KMS.ThrottlingException", ERR_THROTTLED, RETRY_TEMPORARY, REM_LATER},
	{"SlowDown", ERR_THROTTLED, RETRY_TEMPORARY, REM_LATER},
	{"Throttling", ERR_THROTTLED, RETRY_TEMPORARY, REM_LATER},
	{"ThrottlingException", ERR_THROTTLED, RETRY_TEMPORARY, REM_LATER},
	{"RequestLimitExceeded", ERR_THROTTLED, RETRY_TEMPORARY, REM_LATER},
	{"ServiceUnavailable", ERR_REMOTE, RETRY_TEMPORARY, REM_LATER},
	{"InternalError", ERR_REMOTE, RETRY_TEMPORARY, REM_LATER},
	{"OperationAborted", ERR_REMOTE, RETRY_TEMPORARY, REM_LATER},
	{"RequestTimeout", ERR_REMOTE, RETRY_TEMPORARY, REM_LATER},
	{"IncompleteBody", ERR_REMOTE, RETRY_TEMPORARY, REM_LATER},
	{"BadDigest", ERR_REMOTE, RETRY_TEMPORARY, REM_LATER},
	{"XAmzContentSHA256Mismatch", ERR_REMOTE, RETRY_TEMPORARY, REM_LATER},
};

static struct meaning by_status(int status)
{
	struct meaning m = {"", ERR_REFUSED, retry_classify(0, status, true), REM_NONE};

	if (status == 401 || status == 403) {
		m.class = RETRY_PERMANENT;
		m.remedy = REM_RIGHT;
	} else if (status == 404) {
		m.err = ERR_NOT_FOUND;
	} else if (status == 429) {
		m.err = ERR_THROTTLED;
	} else if (status >= 300 && status < 400) {
		m.remedy = REM_REGION;
	} else if (status >= 500) {
		m.err = ERR_REMOTE;
	}
	/* an error that came with a good status, or no status at all */
	if (m.class == RETRY_DONE) {
		m.class = RETRY_TEMPORARY;
		m.err = ERR_REMOTE;
	}
	if (m.class == RETRY_TEMPORARY)
		m.remedy = REM_LATER;
	return m;
}

static struct meaning meaning_of(int status, const char *code)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (strcmp(meanings[i].code, code) == 0)
			return meanings[i];
	return by_status(status);
}

enum retry_class s3err_class(int status, const char *code)
{
	return meaning_of(status, code).class;
}

static void remedy_text(const struct s3err *e, enum remedy r, char *out, size_t n)
{
	switch (r) {
	case REM_RIGHT:
		(void)snprintf(out, n,
			       "; check that the keys have the right to %s and that the "
			       "bucket and KMS policies allow it",
			       e->right);
		return;
	case REM_KEYS:
		(void)snprintf(out, n,
			       "; check access_key_id and secret_access_key in [s3]");
		return;
	case REM_EXPIRED:
		(void)snprintf(out, n,
			       "; the session has ended: renew the temporary keys");
		return;
	case REM_CLOCK:
		(void)snprintf(out, n,
			       "; this machine's clock is wrong: set it, for example "
			       "with NTP");
		return;
	case REM_BUCKET:
		(void)snprintf(out, n, "; create the bucket or correct bucket in [s3]");
		return;
	case REM_REGION:
		if (*e->right_region)
			(void)snprintf(out, n,
				       "; the bucket is in region %.40s, not %.40s: "
				       "correct region in [s3]",
				       e->right_region, e->region);
		else
			(void)snprintf(out, n,
				       "; the bucket is in another region than %.40s: "
				       "correct region in [s3]",
				       e->region);
		return;
	case REM_KMS:
		(void)snprintf(out, n, "; check kms_key_id in [s3] and the key's state");
		return;
	case REM_LATER:
		(void)snprintf(out, n, "; it is worth trying again later");
		return;
	case REM_NONE:
	default:
		*out = 0;
		return;
	}
}

int s3err_problem(const struct s3err *e, struct problem *p)
{
	struct meaning m = meaning_of(e->status, e->code);
	char remedy[256];
	char what[96];

	remedy_text(e, m.remedy, remedy, sizeof(remedy));
	if (*e->code)
		(void)snprintf(what, sizeof(what), "%.64s", e->code);
	else
		(void)snprintf(what, sizeof(what), "HTTP status %d", e->status);
	if (*e->message)
		return problem_set(p, -m.err, "S3 refused %s bucket %s: %s (%.160s)%s",
				   e->verb, e->bucket, what, e->message, remedy);
	return problem_set(p, -m.err, "S3 refused %s bucket %s: %s%s", e->verb, e->bucket,
			   what, remedy);
}
