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
	struct store_entry entry; /* how the listing shows it; path = file */
};

MUST_CHECK int ingest_new(struct ingest **out, const struct ingest_opts *o);
/* Silent end: nothing more is sent; the job, if there is one and it is still
 * receiving, is withdrawn. */
void ingest_free(struct ingest *in);

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

MUST_CHECK int ingest_flush(struct ingest *in, const struct ingest_caller *who);

/* Someone announced the size before the data. */
void ingest_declare(struct ingest *in, uint64_t size);

/* The file has ended. temporary: under such a name. On success, or when the
 * verdict was bad, the job (if any) is the runner's; id gets its id ("" when no
 * byte was ever written). The ingest is taken in every case, to settle with the
 * runner or to be freed. */
void ingest_close(struct ingest *in, bool temporary, bool settle,
		  char id[ULID_CHARS + 1]);

uint64_t ingest_size(const struct ingest *in); /* any */
bool ingest_has_job(const struct ingest *in);  /* any */
int ingest_error(const struct ingest *in);     /* any; sticky, 0 = none */
/* "" before the first byte. Lent for the ingest's life. */
const char *ingest_id(const struct ingest *in);

MUST_CHECK int ingest_rename(struct ingest *in, const char *file);
