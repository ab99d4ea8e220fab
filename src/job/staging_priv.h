/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staging_priv - what the two halves of staging share: staging.c (the caller's
 * side) and staging_carry.c (the uploader's side)
 *
 * Layer    job
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "job/staging.h"

/* A tail is the last gzip block and perhaps one row: far below this. */
#define STAGING_TAIL_MAX (64u << 20)

struct carry {
	struct uploader_task task;
	struct staging *st;
	struct buf body;
	bool lent;	 /* body is the writer's, who waits */
	unsigned number; /* 0 = PUT of the whole object */
	struct carry *next;
};

struct staging {
	struct staging_opts o;
	char *bucket, *key, *tagging;
	atomic_bool cancel;

	/* the caller's thread alone */
	struct buf part;
	unsigned next_number;
	uint64_t added;

	pthread_mutex_t begin_lock; /* one thread opens the multipart upload */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct {
		char upload_id[S3_UPLOAD_ID_CHARS]; /* "" = not begun */
		struct job_part *parts;		    /* by number - 1 */
		size_t cap_parts;
		bool put;	     /* the object lies there whole */
		struct carry *tasks; /* submitted, not ended */
		int64_t progress_ms; /* monotonic time of the last success */
		struct problem failed;
	} locked;
};

/* What the uploader runs: one part, or the whole object, until it is there. */
void staging_carry(struct uploader_task *t);
/* Forgets a task that has ended or never began. With the lock. */
void staging_carried(struct staging *st, struct carry *c);
