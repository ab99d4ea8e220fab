/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job - one file's way to AMC: everything that is known of it
 *
 * A plain value: whoever holds one may read it without a lock. It is copied to
 * the board for readers and to the store for the next start.
 *
 * Layer    job
 * Memory   strings and arrays are the job's own; job_fini() frees them
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/problem.h"
#include "base/ulid.h"
#include "job/settings.h"
#include "job/state.h"
#include "net/amc.h"
#include "net/json.h"
#include "net/s3.h"

struct job_part {
	unsigned number; /* S3's, from 1 */
	uint64_t bytes;
	char etag[S3_ETAG_CHARS];
};

/* One object in S3: upload_id empty = made by one PUT (or not yet begun). */
struct job_object {
	char *bucket, *key;
	char *upload_id;
	struct job_part *parts;
	size_t n_parts;
	uint64_t bytes, rows;
	bool present; /* the object is there as a whole */
};

struct job {
	char id[ULID_CHARS + 1];
	char *file; /* path below the drop folder */
	char *instance, *dataset;
	enum settings_strategy strategy;
	bool default_folder; /* written in upload/, not in upload/STRATEGY/ */
	char country[3];     /* sent to AMC; "" = none */
	uid_t uid;
	enum job_state state;
	int64_t created_ms, updated_ms, finished_ms; /* wall clock; 0 = not yet */

	uint64_t bytes_in, rows_in, rows_out, rows_skipped;
	uint64_t line_breaks; /* inside values, made a space */
	struct json *skipped, *invalid_values, *ignored_columns; /* arrays or NULL */

	struct job_object object;
	bool gzip;

	char *amc_id, *amc_status, *amc_message;
	struct json *amc_metrics;
	unsigned attempts;
	int64_t next_attempt_ms; /* wall clock; 0 = none planned */

	int error; /* ERR_* or errno, positive; 0 = none */
	char *error_code, *error_message;

	/* what a restart needs to know; not shown in the record */
	bool last_close; /* the latest flush left no descriptor of the file */
	int verdict;	 /* what the input's end would say at the latest flush:
			  * 0 or a negative code, its sentence in */
	char *verdict_note;
	uint64_t order;	 /* rank among the ended jobs of its data set; 0 = not ended */
	int64_t sent_ms; /* wall clock before the first create request; 0 = none */
	int64_t hold_until_ms; /* held: dropped after that; 0 = no limit */
	bool clean;	       /* remove the object when AMC has finished */
};

/* Zeroed memory is a valid empty job. */
void job_fini(struct job *j);
MUST_CHECK int job_copy(struct job *to, const struct job *from); /* to: empty or fini'd */

/* Replaces an owned string. */
MUST_CHECK int job_set(char **field, const char *value);

/* error, error_code and error_message from p. */
MUST_CHECK int job_fail(struct job *j, const struct problem *p);
void job_clear_error(struct job *j);
