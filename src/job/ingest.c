/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a file is never known in advance, so nothing here ends anything:
 * a flush asks the pipeline and the compressor what the end would look like
 * here, stages that as a tail, and goes on as before. The close takes the
 * answer of the latest flush. That is why appending within the settling time,
 * many flushes, and a crash after the last one need no code of their own.
 *
 * The job belongs to the ingest while RECEIVING and to the runner from then on.
 */
#include "job/ingest.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/scope.h"
#include "data/gzip.h"
#include "data/pipeline.h"
#include "job/record.h"
#include "job/staging.h"

#define CHUNK	      65536	   /* pipeline's appetite: keeps its output small */
#define SHOW_EVERY_MS 500	   /* progress in status while receiving */
#define ROWS_MAX      (256u << 20) /* a chunk's output; every cell may become a hash */

struct ingest {
	struct engine *e;
	const struct settings_upload *up;
	const struct settings_s3 *s3;
	char *instance, *dataset, *dataset_country, *file;
	struct schema *schema;
	enum settings_strategy strategy;
	bool default_folder;
	uid_t uid;

	struct pipeline *pipeline;
	struct gzip *gzip; /* NULL: not compressed */
	struct staging *staging;
	struct buf rows, zip;

	struct problem err; /* sticky */
	bool dirty;	    /* bytes since the latest flush */
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
	in->schema = malloc(sizeof(*in->schema));
	if (!in->instance || !in->dataset || !in->dataset_country || !in->file ||
	    !in->schema) {
		ingest_free(in);
		return -ENOMEM;
	}
	*in->schema = *o->schema;
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
	gzip_free(in->gzip);
	buf_wipe(&in->rows);
	buf_fini(&in->zip);
	job_fini(&in->locked.job);
	pthread_mutex_destroy(&in->job_lock);
	free(in->schema);
	free(in->file);
	free(in->dataset_country);
	free(in->dataset);
	free(in->instance);
	free(in);
}

/* From an uploader thread: the upload id must survive us before parts exist. */
static int staging_begun(void *ctx, const char *upload_id, struct problem *p)
{
	struct ingest *in = ctx;
	int r;

	SCOPE_LOCK(&in->job_lock);
	r = job_set(&in->locked.job.object.upload_id, upload_id);
	if (r < 0)
		return problem_set(p, r, "out of memory");
	return board_put(in->e->board, &in->locked.job, p);
}

/* --- birth ------------------------------------------------------------ */

/* prefix instance/dataset/file_prefix ULID .csv[.gz]: tells nothing of the
 * file's own name, unique to the job, and never starts with '.' or '_'. */
static int object_key(const struct ingest *in, const char *id, char **out)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1024);
	const char *text;
	int r = buf_addf(&b, "%s%s/%s/%s%s.csv%s", in->s3->prefix, in->instance,
			 in->dataset, in->s3->file_prefix, id, in->up->gzip ? ".gz" : "");

	text = r == 0 ? buf_str(&b) : NULL;
	if (!text)
		return r < 0 ? r : -ENOMEM;
	return job_set(out, text);
}

static const char *sent_country(const struct ingest *in)
{
	if (in->up->country[0])
		return in->up->country;
	return in->dataset_country[0] ? "" : in->up->default_country;
}

static int fill_job(const struct ingest *in, struct job *j)
{
	int r = job_set(&j->file, in->file);

	if (r == 0)
		r = job_set(&j->instance, in->instance);
	if (r == 0)
		r = job_set(&j->dataset, in->dataset);
	if (r == 0)
		r = job_set(&j->object.bucket, in->s3->bucket);
	if (r == 0)
		r = job_set(&j->object.upload_id, "");
	if (r == 0)
		r = object_key(in, j->id, &j->object.key);
	j->strategy = in->strategy;
	j->default_folder = in->default_folder;
	(void)snprintf(j->country, sizeof(j->country), "%s", sent_country(in));
	j->uid = in->uid;
	j->state = JOB_RECEIVING;
	j->created_ms = clock_wall_ms(in->e->clock);
	j->gzip = in->up->gzip;
	j->clean = in->up->clean;
	return r;
}

static int build_pipeline(struct ingest *in, struct problem *p)
{
	struct pipeline_opts po = {
		.schema = in->schema,
		.max_row = in->up->max_row_bytes,
		.delim = in->up->delim,
		.null_text = in->up->null_text,
		.country = in->up->country,
		.default_country = in->up->default_country,
		.max_skipped_share = in->up->max_skipped_share,
		.max_skipped_rows = in->up->max_skipped_rows,
	};
	char tagging[300];
	struct staging_opts so = {
		.s3 = engine_s3(in->e, in->instance),
		.uploader = in->e->uploader,
		.health = in->e->health,
		.clock = in->e->clock,
		.bucket = in->locked.job.object.bucket,
		.key = in->locked.job.object.key,
		.tagging = tagging,
		.part_bytes = in->s3->part_bytes,
		.patience_ms = in->e->settings->mount.staging_ms,
		.begun = staging_begun,
		.ctx = in,
	};
	int r = pipeline_new(&in->pipeline, &po);

	(void)snprintf(tagging, sizeof(tagging), "instanceId=%s", in->instance);
	if (r == 0 && in->up->gzip)
		r = gzip_new(&in->gzip);
	if (r == 0)
		r = staging_new(&in->staging, &so);
	return r < 0 ? problem_set(p, r, "out of memory") : 0;
}

static int be_born(struct ingest *in, struct problem *p)
{
	struct job *j = &in->locked.job;
	int r;

	SCOPE_LOCK(&in->job_lock);
	r = ulid_new(clock_wall_ms(in->e->clock), j->id);
	if (r == 0)
		r = fill_job(in, j);
	if (r < 0)
		return problem_set(p, r, "no job could be made: %s", errcode_text(r));
	memcpy(in->id, j->id, sizeof(in->id));
	r = build_pipeline(in, p);
	if (r == 0)
		r = board_put(in->e->board, j, p);
	if (r < 0)
		return r;
	in->locked.owned = true;
	atomic_store(&in->has_job, true);
	log_info("ingest", "begin job=%s instance=%s dataset=%s file=\"%s\" uid=%u",
		 in->id, in->instance, in->dataset, in->file, (unsigned)in->uid);
	return 0;
}

/* --- failure ---------------------------------------------------------- */

enum job_event ingest_failure_event(int err)
{
	switch (-err) {
	case ERR_MISSING_COLUMN:
	case ERR_DUPLICATE_COLUMN:
	case ERR_BAD_ENCODING:
	case ERR_ROW_TOO_LONG:
	case ERR_TOO_MANY_SKIPPED:
	case ERR_UNSUPPORTED_TYPE:
	case ERR_NO_ROWS:
	case ERR_BAD_SCHEMA:
	case ERR_FILE_TOO_BIG:
	case ERR_OUT_OF_ORDER:
		return JOB_EV_BAD_INPUT;
	default:
		return JOB_EV_BROKEN;
	}
}

static int count_rows(struct ingest *in, const struct report *rep)
{
	size_t n = 0;
	const char *const *ignored = pipeline_ignored(in->pipeline, &n);

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
	if (in->pipeline && count_rows(in, NULL) < 0)
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

static int stick(struct ingest *in, const struct problem *p)
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
	if (count_rows(in, NULL) == 0)
		board_show(in->e->board, &in->locked.job);
}

static int pass_on(struct ingest *in, struct problem *p)
{
	int r;

	if (!in->gzip) {
		r = staging_add(in->staging, in->rows.p, in->rows.n, p);
		buf_clear(&in->rows);
		return r;
	}
	r = gzip_feed(in->gzip, in->rows.p, in->rows.n, &in->zip);
	buf_clear(&in->rows);
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
			r = pass_on(in, p);
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

int ingest_write(struct ingest *in, uint64_t off, const void *data, size_t n,
		 bool (*interrupted)(void *ctx), void *ctx)
{
	struct problem p = {0};
	int r = in->err.err;

	if (r < 0 || n == 0)
		return r;
	if (!atomic_load(&in->has_job)) {
		r = be_born(in, &p);
		if (r < 0) {
			in->err = p;
			atomic_store(&in->error, r);
			log_error("ingest", "file=\"%s\" %s", in->file, problem_text(&p));
			return r;
		}
	}
	r = check_write(in, off, n, &p);
	if (r == 0)
		r = staging_room(in->staging, interrupted, ctx, &p);
	if (r == -EINTR)
		return r;
	if (r == 0) {
		in->dirty = true;
		r = consume(in, data, n, &p);
	}
	if (r < 0) {
		problem_set(&p, r, "%s", errcode_text(r));
		return stick(in, &p);
	}
	show_progress(in);
	return 0;
}

/* --- flush ------------------------------------------------------------ */

/* Everything behind the last part: what the compressor holds, and the row that
 * would be the last one. */
static int make_tail(struct ingest *in, struct problem *p)
{
	int r = 0;

	if (in->gzip) {
		r = gzip_tail(in->gzip, buf_slice(&in->rows), &in->zip);
		buf_clear(&in->rows);
	}
	return r < 0 ? problem_set(p, r, "out of memory for the end of the file") : 0;
}

static int stage_all(struct ingest *in, uint64_t rows, struct problem *p)
{
	struct job_object o = {0};
	struct job_object *to = &in->locked.job.object;
	const struct buf *tail = in->gzip ? &in->zip : &in->rows;
	int r = make_tail(in, p);

	if (r == 0)
		r = staging_sync(in->staging, tail->p, tail->n, &o, p);
	buf_clear(&in->rows);
	buf_clear(&in->zip);
	if (r < 0)
		return r;
	SCOPE_LOCK(&in->job_lock);
	free(to->bucket);
	free(to->key);
	free(to->upload_id);
	free(to->parts);
	*to = o;
	to->rows = rows;
	return 0;
}

static int judge(const struct ingest *in, int verdict, struct problem *p)
{
	uint64_t size = atomic_load(&in->size);

	if (in->died || in->declared > size)
		problem_clear(p);
	if (in->died)
		return problem_set(p, -ERR_INTERRUPTED,
				   "the program that wrote the file was %s before it had "
				   "finished; copy the file again",
				   in->how);
	if (in->declared > size)
		return problem_set(p, -ERR_INTERRUPTED,
				   "%" PRIu64 " bytes were announced and only %" PRIu64
				   " arrived; copy the file again",
				   in->declared, size);
	return verdict;
}

/* Stages what came since the latest flush and asks for the verdict, which is
 * returned in *verdict and *why. */
static int settle_data(struct ingest *in, int *verdict, struct problem *why,
		       struct problem *p)
{
	_cleanup_free_ struct report *rep = calloc(1, sizeof(*rep));
	int r;

	if (!rep)
		return problem_set(p, -ENOMEM, "out of memory");
	*verdict = pipeline_peek_end(in->pipeline, &in->rows, rep, why);
	if (*verdict == -ENOMEM)
		return problem_set(p, -ENOMEM, "out of memory");
	if (rep->rows_out > 0) {
		r = stage_all(in, rep->rows_out, p);
		if (r < 0)
			return r;
	}
	buf_clear(&in->rows);
	SCOPE_LOCK(&in->job_lock);
	r = count_rows(in, rep);
	return r < 0 ? problem_set(p, r, "out of memory") : 0;
}

static int store_flush(struct ingest *in, const struct store_entry *entry,
		       struct problem *p)
{
	struct job *j = &in->locked.job;

	SCOPE_LOCK(&in->job_lock);
	return entry ? board_put_both(in->e->board, j, entry, p)
		     : board_put(in->e->board, j, p);
}

static int note_verdict(struct ingest *in, int verdict, const struct problem *why)
{
	SCOPE_LOCK(&in->job_lock);

	in->locked.job.verdict = verdict;
	return job_set(&in->locked.job.verdict_note,
		       verdict < 0 ? problem_text(why) : "");
}

int ingest_flush(struct ingest *in, const struct ingest_caller *who,
		 const struct store_entry *entry)
{
	struct problem p = {0}, why = {0};
	bool was_last = in->locked.job.last_close;
	bool fresh = in->dirty;
	int verdict, r;

	if (in->err.err < 0 || !atomic_load(&in->has_job))
		return in->err.err;
	if (!fresh && was_last == who->last_close)
		return 0;
	in->locked.job.last_close = who->last_close;
	if (fresh) {
		in->died = who->died;
		memcpy(in->how, who->how, sizeof(in->how));
		r = settle_data(in, &verdict, &why, &p);
		if (r == 0)
			r = note_verdict(in, judge(in, verdict, &why), &why);
		if (r < 0) {
			problem_set(&p, r, "%s", errcode_text(r));
			return stick(in, &p);
		}
		in->dirty = false;
	}
	r = store_flush(in, entry, &p);
	return r < 0 ? stick(in, &p) : 0;
}

void ingest_declare(struct ingest *in, uint64_t size)
{
	if (size > in->declared)
		in->declared = size;
}

/* --- end -------------------------------------------------------------- */

static void hand_over(struct ingest *in, const struct ingest_end *end)
{
	struct job *j = &in->locked.job;
	int64_t hold = in->e->settings->mount.hold_ms;
	struct problem p = {0};
	int r;

	pthread_mutex_lock(&in->job_lock);
	r = state_next(j->state, end->temporary ? JOB_EV_CLOSED_TEMP : JOB_EV_CLOSED,
		       j->clean, &j->state);
	if (end->temporary)
		j->hold_until_ms = clock_wall_ms(in->e->clock) + hold;
	else if (r == 0)
		r = store_next_order(in->e->store, &j->order, &p);
	if (r == 0 && !end->temporary &&
	    (end->at_once || in->e->settings->mount.settle_ms == 0))
		r = state_next(j->state, JOB_EV_SETTLED, j->clean, &j->state);
	if (r == 0)
		r = end->entry ? board_put_both(in->e->board, j, end->entry, &p)
			       : board_put(in->e->board, j, &p);
	if (r < 0) /* the latest flush is on disk and says last close: carried on */
		log_error("ingest", "job=%s its end could not be stored: %s", in->id,
			  p.err ? problem_text(&p) : errcode_text(r));
	log_info("ingest", "end job=%s state=%s bytes=%" PRIu64 " rows_out=%" PRIu64,
		 in->id, state_name(j->state), j->bytes_in, j->rows_out);
	in->locked.owned = false;
	pthread_mutex_unlock(&in->job_lock);
	if (j->state == JOB_COMPLETING) {
		r = runner_add(in->e->runner, j, NULL);
		ingest_free(in);
	} else {
		r = runner_add(in->e->runner, j, in);
		if (r < 0)
			ingest_free(in);
	}
	if (r < 0)
		log_error("ingest", "a job waits for the next start: %s",
			  errcode_text(r));
}

void ingest_close(struct ingest *in, const struct ingest_end *end)
{
	const struct ingest_caller nobody = {.last_close = true};
	struct problem p = {0};

	if (in->err.err == 0 && (in->dirty || !in->locked.job.last_close))
		(void)ingest_flush(in, &nobody, end->entry); /* sticks if it fails */
	if (in->err.err < 0 || !atomic_load(&in->has_job)) {
		ingest_free(in);
		return;
	}
	if (in->declared > atomic_load(&in->size))
		(void)note_verdict(in, judge(in, 0, &p), &p);
	if (end->partial_mark) {
		problem_clear(&p);
		(void)note_verdict(
			in,
			problem_set(&p, -ERR_INTERRUPTED,
				    "rsync marked the file as partial (a "
				    "modification time of 0); run rsync again"),
			&p);
	}
	if (in->locked.job.verdict < 0) {
		problem_clear(&p);
		problem_set(&p, in->locked.job.verdict, "%s",
			    in->locked.job.verdict_note);
		(void)stick(in, &p);
		ingest_free(in);
		return;
	}
	hand_over(in, end);
}

void ingest_resume(struct ingest *in, struct job *j)
{
	SCOPE_LOCK(&in->job_lock);

	job_fini(&in->locked.job);
	in->locked.job = *j;
	memset(j, 0, sizeof(*j));
	in->locked.job.last_close = false;
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

int ingest_rename(struct ingest *in, const char *file)
{
	int r = job_set(&in->file, file);

	SCOPE_LOCK(&in->job_lock);
	if (r == 0 && in->locked.owned)
		r = job_set(&in->locked.job.file, file);
	return r;
}
