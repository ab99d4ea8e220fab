/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest - one file being received: bytes in, staged rows and a job out
 *
 * A job is born with the first byte. Every flush makes durable what came so
 * far; ending the file takes the verdict. The first error sticks.
 *
 * Layer    job
 * Threads  one caller at a time (the file's own lock), but for the functions
 *          marked any
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "data/schema.h"
#include "job/engine.h"

struct ingest;

struct ingest_opts {
	struct engine *engine;
	const char *instance, *dataset; /* copied, as all strings */
	const struct schema *schema;	/* copied */
	const char *dataset_country;
	enum settings_strategy strategy;
	bool default_folder;
	const char *file; /* path below the drop folder */
	uid_t uid;
};

MUST_CHECK int ingest_new(struct ingest **out, const struct ingest_opts *o);
/* Frees the memory; a job that is still receiving stays as it is on disk. */
void ingest_free(struct ingest *in);

/* Unlinked, replaced or truncated while open: what came so far is withdrawn and
 * every later call fails. */
void ingest_withdraw(struct ingest *in);

/* How the caller of a flush is doing (fs/caller reads it from /proc). */
struct ingest_caller {
	bool died;	 /* killed, or ending by itself with a failing status */
	bool last_close; /* no descriptor of the file is left with the caller
			    * and with the process that opened it */
	char how[64];	 /* "killed by signal 9", for the record */
};

/* Bytes at off, which must be where the last write ended. interrupted (may be
 * NULL) is asked while waiting for room: -EINTR with nothing taken. */
MUST_CHECK int ingest_write(struct ingest *in, uint64_t off, const void *p, size_t n,
			    bool (*interrupted)(void *ctx), void *ctx);

/* Waits until everything received is in S3 and the job, with the listing's
 * entry, on disk. Bounded by staging_timeout. 0 says nothing about the verdict:
 * that is the end's. */
MUST_CHECK int ingest_flush(struct ingest *in, const struct ingest_caller *who,
			    const struct store_entry *entry);

/* Someone announced the size before the data. */
void ingest_declare(struct ingest *in, uint64_t size);

struct ingest_end {
	bool temporary;	   /* under such a name: held until it is renamed */
	bool at_once;	   /* do not settle: somebody waits for AMC */
	bool partial_mark; /* its mtime is rsync --partial's mark */
	const struct store_entry *entry;
};

/* The file has ended: the verdict is taken, the job (if any) is the runner's.
 * The ingest is taken too, to settle with the runner or to be freed. True when
 * the entry was stored with the job. */
bool ingest_close(struct ingest *in, const struct ingest_end *end);

/* BAD_INPUT for what is the input's fault, else BROKEN. */
enum job_event ingest_failure_event(int err);

/* For the runner: the job of a settling file is being written again. *j is
 * taken. */
void ingest_resume(struct ingest *in, struct job *j);

uint64_t ingest_size(const struct ingest *in); /* any */
bool ingest_has_job(const struct ingest *in);  /* any */
int ingest_error(const struct ingest *in);     /* any; sticky, 0 = none */
/* "" before the first byte. Lent for the ingest's life. */
const char *ingest_id(const struct ingest *in);

/* -ERR_BAD_MAPPING with a sentence when that name would make ${file} in the rows
 * untrue: the rename is to be refused. */
MUST_CHECK int ingest_may_rename(const struct ingest *in, const char *file,
				 struct problem *p);
MUST_CHECK int ingest_rename(struct ingest *in, const char *file);
