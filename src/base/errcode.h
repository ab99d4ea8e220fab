/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errcode - every way amcfs can fail, in one table
 *
 * Functions return 0 or a negative code: a negated errno (below 1024), or a
 * negated ERR_* (1024 and up). Each ERR_* has the errno that a writer gets, the
 * code that stands in a job record's error.code, and a sentence for people.
 *
 * Layer    base
 * Memory   none
 * Threads  any
 */
#pragma once

#include <errno.h>

#define MUST_CHECK	       __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* name, errno for the writer, code in the job record, text */
#define ERRCODE_TABLE(X)                                                                \
	X(OPEN_QUOTE, EINVAL, "interrupted", "the file ends inside a quoted field")     \
	X(ROW_TOO_LONG, EINVAL, "row-too-long", "a row is longer than max_row")         \
	X(BAD_ENCODING, EILSEQ, "bad-encoding", "the text is not valid UTF-8")          \
	X(BAD_GZIP, EINVAL, "bad-gzip", "the gzip data is damaged or cut")              \
	X(BAD_JSON, EINVAL, "bad-json", "the file is not JSON Lines")                   \
	X(BAD_MAPPING, EINVAL, "bad-mapping",                                           \
	  "map, const or columns do not fit the file or the data set")                  \
	X(MISSING_COLUMN, EINVAL, "missing-column",                                     \
	  "a column that the data set needs is missing")                                \
	X(DUPLICATE_COLUMN, EINVAL, "duplicate-column",                                 \
	  "a column name stands twice in the header")                                   \
	X(NO_ROWS, EINVAL, "no-rows", "the file has a header and no rows")              \
	X(TOO_MANY_SKIPPED, EINVAL, "too-many-skipped",                                 \
	  "more rows were skipped than max_skipped allows")                             \
	X(UNSUPPORTED_TYPE, EINVAL, "unsupported-type",                                 \
	  "this version cannot normalise that kind of value")                           \
	X(BAD_SCHEMA, EINVAL, "bad-definition",                                         \
	  "the data set definition cannot be used")                                     \
	X(BAD_STRATEGY, EINVAL, "bad-strategy",                                         \
	  "the update strategy does not fit the data set")                              \
	X(FILE_TOO_BIG, EFBIG, "file-too-big", "the file is larger than max_file_size") \
	X(OUT_OF_ORDER, ESPIPE, "hole", "the bytes did not arrive in order")            \
	X(INTERRUPTED, EIO, "interrupted", "the writer did not finish")                 \
	X(STAGING, EIO, "staging-failed", "S3 did not take the rows")                   \
	X(AMC_REFUSED, EIO, "amc-refused", "AMC refused the request")                   \
	X(AMC_FAILED, EIO, "amc-failed", "AMC could not finish the operation")          \
	X(AUTH, EACCES, "not-authorised", "Amazon did not accept the credentials")      \
	X(THROTTLED, EIO, "throttled", "the service asks for fewer requests")           \
	X(UNREACHABLE, EIO, "unreachable", "the service cannot be reached")             \
	X(LOST_ANSWER, EIO, "lost-answer",                                              \
	  "the connection broke before the answer came")                                \
	X(BAD_REPLY, EIO, "bad-reply", "the service's answer makes no sense")           \
	X(REMOTE, EIO, "service-error", "the service failed")                           \
	X(REFUSED, EIO, "refused", "the service refused the request")                   \
	X(NOT_FOUND, ENOENT, "not-found", "no such thing")                              \
	X(STORE, EIO, "store-failed", "the job database failed")                        \
	X(STOPPING, EIO, "interrupted", "amcfs is stopping")                            \
	X(TOO_LARGE, EFBIG, "too-large", "a limit of size was reached")                 \
	X(CONFIG, EINVAL, "configuration", "the configuration is wrong")

enum errcode {
	ERR_FIRST = 1023,
#define ERRCODE_ENUM(name, eno, code, text) ERR_##name,
	ERRCODE_TABLE(ERRCODE_ENUM)
#undef ERRCODE_ENUM
		ERR_END
};

/* All three take the code with either sign and never return NULL or 0 for a
 * failure: an unknown number is EIO, "internal", "unknown error". */
int errcode_errno(int err);
const char *errcode_code(int err);
const char *errcode_text(int err);

/* A result that is ignored on purpose; the reason stands beside it. */
static inline void errcode_ignore(int r)
{
	(void)r;
}
