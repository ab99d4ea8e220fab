/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest_priv - what the two halves of ingest share: ingest.c (birth, bytes,
 * failure) and ingest_end.c (flush, verdict, end)
 *
 * Layer    job
 */
#pragma once

#include <pthread.h>

#include "data/gzip.h"
#include "data/pipeline.h"
#include "job/ingest.h"
#include "job/staging.h"

struct ingest {
	struct engine *e;
	const struct settings_upload *up;
	const struct settings_s3 *s3;
	char *instance, *dataset, *dataset_country, *file;
	struct schema *schema;
	enum settings_strategy strategy;
	bool default_folder;
	uid_t uid;

	struct settings_rules consts; /* with their words replaced */
	struct pipeline *pipeline;
	struct gzip *gzip; /* NULL: not compressed */
	struct staging *staging;
	struct buf rows, zip;

	struct problem err; /* sticky */
	bool dirty;	    /* bytes since the latest flush */
	bool counted;	    /* the job has the latest flush's counts, of what would be */
	uint64_t declared;
	bool died;
	char how[64];
	int64_t shown_ms;

	atomic_uint_least64_t size;
	atomic_int error;
	atomic_bool has_job;
	char id[ULID_CHARS + 1];

	pthread_mutex_t job_lock; /* staging_begun() comes from another thread */
	struct {
		struct job job;
		bool owned; /* still ours */
	} locked;
};

/* The first byte has come: job, pipeline and staging are made. When it fails with
 * a job, the job is to be given up. */
MUST_CHECK int ingest_be_born(struct ingest *in, struct problem *p);

/* The first failure: kept, told to the board, and the job is given up. */
int ingest_stick(struct ingest *in, const struct problem *p);

/* Finished rows to where they go, compressed or not: a pipeline's full(). */
MUST_CHECK int ingest_pass_on(void *ctx, struct buf *rows, struct problem *p);

/* Counts of rep, which a peek gave (NULL: the pipeline's own), into the job. With
 * job_lock. */
MUST_CHECK int ingest_count(struct ingest *in, const struct report *rep);
