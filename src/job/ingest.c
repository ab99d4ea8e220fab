/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a file is never known in advance, so nothing here ends anything:
 * a flush asks the pipeline and the compressor what the end would look like
 * here, stages that as a tail, and goes on as before. The close takes the
 * answer of the latest flush. That is why appending within the settling time,
 * many flushes, and a crash after the last one need no code of their own.
 *
 * The job belongs to the ingest while RECEIVING and to the runner from then on.
 *
 * Flush and end are in ingest_end.c; this file is still long, since birth, bytes
 * and failure share the struct and nothing of it is of use elsewhere.
 */
#include "job/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/scope.h"
#include "job/constant.h"
#include "job/ingest_priv.h"
#include "job/record.h"

#define CHUNK	      65536	   /* pipeline's appetite: keeps its output small */
#define SHOW_EVERY_MS 500	   /* progress in status while receiving */
#define ROWS_MAX      (256u << 20) /* a chunk's output; every cell may become a hash */

static char *copy(const char *s)
{
	return strdup(s ? s : "");
}

int ingest_new(struct ingest **out, const struct ingest_opts *o)
{
	struct ingest *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	pthread_mutex_init(&in->job_lock, NULL);
	in->e = o->engine;
	in->up = settings_upload_for(o->engine->settings, o->instance, o->dataset);
	in->s3 = settings_s3_for(o->engine->settings, o->instance);
	in->strategy = o->strategy;
	in->default_folder = o->default_folder;
	in->uid = o->uid;
	in->instance = copy(o->instance);
	in->dataset = copy(o->dataset);
	in->dataset_country = copy(o->dataset_country);
	in->file = copy(o->file);
	if (!in->instance || !in->dataset || !in->dataset_country || !in->file ||
	    schema_copy(o->schema, &in->schema) < 0) {
		ingest_free(in);
		return -ENOMEM;
	}
	buf_init(&in->rows, ROWS_MAX);
	buf_init(&in->zip, ROWS_MAX);
	*out = in;
	return 0;
}

void ingest_free(struct ingest *in)
{
	if (!in)
		return;
	staging_free(in->staging); /* first: its threads use the rest */
	pipeline_free(in->pipeline);
	constant_fini(&in->consts);
	gzip_free(in->gzip);
	buf_wipe(&in->rows);
	buf_fini(&in->zip);
	job_fini(&in->locked.job);
	pthread_mutex_destroy(&in->job_lock);
	schema_free(in->schema);
	free(in->file);
	free(in->dataset_country);
	free(in->dataset);
	free(in->instance);
	free(in);
}

/* --- failure ---------------------------------------------------------- */

enum job_event ingest_failure_event(int err)
{
	switch (-err) {
	case ERR_MISSING_COLUMN:
	case ERR_DUPLICATE_COLUMN:
	case ERR_BAD_ENCODING:
	case ERR_BAD_GZIP:
	case ERR_BAD_JSON:
	case ERR_BAD_MAPPING:
	case ERR_ROW_TOO_LONG:
	case ERR_TOO_MANY_SKIPPED:
	case ERR_UNSUPPORTED_TYPE:
	case ERR_NO_ROWS:
	case ERR_BAD_SCHEMA:
	case ERR_FILE_TOO_BIG:
	case ERR_OUT_OF_ORDER:
	case ERR_BAD_STRATEGY:
		return JOB_EV_BAD_INPUT;
	default:
		return JOB_EV_BROKEN;
	}
}

int ingest_count(struct ingest *in, const struct report *rep)
{
	size_t n = 0;
	const char *const *ignored = rep ? pipeline_peek_ignored(in->pipeline, &n)
					 : pipeline_ignored(in->pipeline, &n);

	in->counted = rep != NULL;
	in->locked.job.bytes_in = atomic_load(&in->size);
	return record_count(&in->locked.job, rep ? rep : pipeline_report(in->pipeline),
			    in->schema, ignored, n);
}

/* The job leaves us with its reason; what was staged is the runner's to sweep. */
static void give_up(struct ingest *in, enum job_event ev, const struct problem *p)
{
	struct job *j = &in->locked.job;
	struct problem lost = {0};
	enum job_state to = JOB_SWEEPING_FAILED;
	int r;

	staging_free(take_ptr(in->staging)); /* before job_lock: it may be in begun() */
	SCOPE_LOCK(&in->job_lock);
	if (!in->locked.owned)
		return;
	in->locked.owned = false;
	if (in->pipeline && !in->counted && ingest_count(in, NULL) < 0)
		log_warn("ingest", "job=%s its counts are lost: out of memory", in->id);
	r = state_next(j->state, ev, j->clean, &to);
	if (r == 0) {
		j->state = to;
		r = p ? job_fail(j, p) : 0;
	}
	if (r == 0)
		r = board_put(in->e->board, j, &lost);
	if (r < 0)
		log_error("ingest", "job=%s its end could not be stored: %s", in->id,
			  lost.err ? problem_text(&lost) : errcode_text(r));
	if (p)
		log_warn("ingest",
			 "%s job=%s instance=%s dataset=%s file=\"%s\" reason=\"%s\"",
			 state_shown(to), in->id, in->instance, in->dataset, in->file,
			 problem_text(p));
	r = runner_add(in->e->runner, j, NULL);
	if (r < 0) /* swept after the next start: the store has it */
		log_error("ingest", "job=%s cannot be swept now: %s", in->id,
			  errcode_text(r));
}

int ingest_stick(struct ingest *in, const struct problem *p)
{
	in->err = *p;
	atomic_store(&in->error, p->err);
	give_up(in, ingest_failure_event(p->err), p);
	return p->err;
}

void ingest_withdraw(struct ingest *in)
{
	problem_set(&in->err, -ERR_INTERRUPTED, "the file was removed or replaced");
	atomic_store(&in->error, in->err.err);
	give_up(in, JOB_EV_WITHDRAWN, NULL);
}

/* --- bytes ------------------------------------------------------------ */

static void show_progress(struct ingest *in)
{
	int64_t now = clock_mono_ms(in->e->clock);

	if (now - in->shown_ms < SHOW_EVERY_MS)
		return;
	in->shown_ms = now;
	SCOPE_LOCK(&in->job_lock);
	if (ingest_count(in, NULL) == 0)
		board_show(in->e->board, &in->locked.job);
}

int ingest_pass_on(void *ctx, struct buf *rows, struct problem *p)
{
	struct ingest *in = ctx;
	int r;

	if (!in->gzip) {
		r = staging_add(in->staging, rows->p, rows->n, p);
		buf_clear(rows);
		return r;
	}
	r = gzip_feed(in->gzip, rows->p, rows->n, &in->zip);
	buf_clear(rows);
	if (r == 0)
		r = staging_add(in->staging, in->zip.p, in->zip.n, p);
	buf_clear(&in->zip);
	return r;
}

static int consume(struct ingest *in, const char *at, size_t n, struct problem *p)
{
	while (n > 0) {
		size_t take = n < CHUNK ? n : CHUNK;
		int r = pipeline_feed(in->pipeline, at, take, &in->rows, p);

		if (r == 0)
			r = ingest_pass_on(in, &in->rows, p);
		if (r < 0)
			return r;
		at += take;
		n -= take;
		atomic_fetch_add(&in->size, take);
	}
	return 0;
}

static int check_write(struct ingest *in, uint64_t off, size_t n, struct problem *p)
{
	uint64_t size = atomic_load(&in->size);
	uint64_t max = in->e->settings->mount.max_file_bytes;

	if (off != size)
		return problem_set(
			p, -ERR_OUT_OF_ORDER,
			"bytes came for position %" PRIu64 " while %" PRIu64
			" was expected; copy the file with a program that writes "
			"from beginning to end, like cp --sparse=never",
			off, size);
	if (max > 0 && (n > max || size > max - n))
		return problem_set(p, -ERR_FILE_TOO_BIG,
				   "the file is larger than max_file_size (%" PRIu64
				   " bytes); split it, or raise the limit",
				   max);
	return 0;
}

static int check_strategy(const struct ingest *in, struct problem *p)
{
	if (in->schema->fact || (in->strategy != STRATEGY_OVERLAP_REPLACE &&
				 in->strategy != STRATEGY_OVERLAP_KEEP))
		return 0;
	return problem_set(
		p, -ERR_BAD_STRATEGY,
		"update_strategy %s works for fact data sets only, and %s has no "
		"main event time; set ADDITIVE or FULL_REPLACE",
		settings_strategy_name(in->strategy), in->dataset);
}

/* Written on after what looked like the last close: from here on a crash finds a
 * file in mid-air again. */
static int no_last_close(struct ingest *in, struct problem *p)
{
	SCOPE_LOCK(&in->job_lock);

	if (!in->locked.job.last_close)
		return 0;
	in->locked.job.last_close = false;
	return board_put(in->e->board, &in->locked.job, p);
}

int ingest_write(struct ingest *in, uint64_t off, const void *data, size_t n,
		 bool (*interrupted)(void *ctx), void *ctx)
{
	struct problem p = {0};
	int r = in->err.err;

	if (r < 0 || n == 0)
		return r;
	if (!atomic_load(&in->has_job)) {
		r = ingest_be_born(in, &p);
		if (r < 0 && atomic_load(&in->has_job))
			return ingest_stick(in, &p);
		if (r < 0) {
			in->err = p;
			atomic_store(&in->error, r);
			log_error("ingest", "file=\"%s\" %s", in->file, problem_text(&p));
			return r;
		}
	}
	r = check_strategy(in, &p);
	if (r == 0)
		r = check_write(in, off, n, &p);
	if (r == 0)
		r = staging_room(in->staging, interrupted, ctx, &p);
	if (r == -EINTR) {
		/* in mid-air: the next flush shall look whether its writer lives */
		in->dirty |= atomic_load(&in->size) > 0 && !in->locked.job.last_close;
		return r;
	}
	if (r == 0)
		r = no_last_close(in, &p);
	if (r == 0) {
		in->dirty = true;
		in->counted = false;
		r = consume(in, data, n, &p);
	}
	if (r < 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		return ingest_stick(in, &p);
	}
	show_progress(in);
	return 0;
}

void ingest_declare(struct ingest *in, uint64_t size)
{
	in->declared = size;
	/* the verdict of the latest flush may be another now */
	in->dirty = in->dirty || atomic_load(&in->has_job);
}

void ingest_resume(struct ingest *in, struct job *j)
{
	SCOPE_LOCK(&in->job_lock);

	job_fini(&in->locked.job);
	in->locked.job = *j;
	memset(j, 0, sizeof(*j));
	in->locked.owned = true;
}

uint64_t ingest_size(const struct ingest *in)
{
	return atomic_load(&in->size);
}

bool ingest_has_job(const struct ingest *in)
{
	return atomic_load(&in->has_job);
}

int ingest_error(const struct ingest *in)
{
	return atomic_load(&in->error);
}

const char *ingest_id(const struct ingest *in)
{
	return in->id;
}

int ingest_may_rename(const struct ingest *in, const char *file, struct problem *p)
{
	const struct settings_dataset *ds =
		settings_dataset_for(in->e->settings, in->instance, in->dataset);

	if (!ds || in->err.err < 0 || !atomic_load(&in->has_job))
		return 0;
	return constant_rename(&ds->consts, in->up->ignore, in->file, file, p);
}

int ingest_rename(struct ingest *in, const char *file)
{
	struct problem p = {0};
	int r = job_set(&in->file, file);

	SCOPE_LOCK(&in->job_lock);
	if (r < 0 || !in->locked.owned)
		return r;
	r = job_set(&in->locked.job.file, file);
	/* the last close may be over: a crash must not find the old name */
	return r == 0 ? board_put(in->e->board, &in->locked.job, &p) : r;
}
