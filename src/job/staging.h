/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staging - the bytes of one object on their way to S3
 *
 * Full parts leave while the writer is still writing. staging_sync() makes all
 * bytes so far durable, a tail included that a later byte would replace: a
 * small object is one PUT, a large one gets its last part again. Putting the
 * parts together is the runner's, from the job's record alone, so a restart
 * runs the same code.
 *
 * Layer    job
 * Threads  one caller at a time; uploader threads work behind it
 * Memory   one part being filled, plus those the uploader holds
 * Errors   the first failure sticks; -ERR_STAGING with S3's reason
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "job/health.h"
#include "job/job.h"
#include "job/uploader.h"
#include "net/s3.h"

struct staging;

struct staging_opts {
	struct s3 *s3;
	struct uploader *uploader;
	struct health *health;
	const struct clock *clock;
	const char *bucket, *key; /* copied */
	const char *tagging;	  /* copied; NULL = none */
	size_t part_bytes;
	int64_t patience_ms; /* nothing taken for so long: give up */
	/* Told from an uploader thread once S3 has opened a multipart upload,
	 * before any part is sent: it must be durable when this returns. */
	int (*begun)(void *ctx, const char *upload_id, struct problem *p);
	void *ctx;
};

MUST_CHECK int staging_new(struct staging **out, const struct staging_opts *o);

/* Before more input is taken: waits until there is room. 0, -EINTR, or the
 * sticky error. */
MUST_CHECK int staging_room(struct staging *st, bool (*interrupted)(void *ctx), void *ctx,
			    struct problem *p);

/* Takes the bytes (copied). Does not block. */
MUST_CHECK int staging_add(struct staging *st, const void *p, size_t n,
			   struct problem *prob);

/* Waits until everything added, followed by tail, is in S3, then describes it
 * in *o (its strings and parts are replaced; rows is not touched). The tail is
 * forgotten by the next staging_add(). */
MUST_CHECK int staging_sync(struct staging *st, const void *tail, size_t n,
			    struct job_object *o, struct problem *p);

uint64_t staging_bytes(const struct staging *st); /* added so far */

/* Stops what is under way; what lies in S3 stays, for the runner to sweep. */
void staging_free(struct staging *st);
