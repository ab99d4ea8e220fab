/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name in a drop folder outlives its content: it can be received, truncated,
 * and written anew, each time as a new job. `generation` counts the contents; a
 * handle of an earlier one can neither write nor end the present one.
 *
 * RELEASE comes without anybody waiting for it, so the next program may open
 * the file before it. A handle is `closed` when its latest flush left no
 * descriptor with anybody: it is as good as released.
 *
 * The file is long because whatever takes a written file's lock stands here.
 */
#include "fs/dropfile.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/scope.h"
#include "fs/dropfile_priv.h"
#include "job/tempname.h"

#define LOCK_WAIT_S 2
#define SECOND_NS   1000000000

int dropfile_new(struct dropfile **out, struct tree *t, uint64_t size, const char *job)
{
	struct dropfile *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->tree = t;
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->job_lock, NULL);
	atomic_store(&f->size, size);
	if (ulid_valid(job))
		memcpy(f->job, job, sizeof(f->job));
	*out = f;
	return 0;
}

void dropfile_free(struct dropfile *f)
{
	if (!f)
		return;
	ingest_free(f->ingest);
	pthread_mutex_destroy(&f->job_lock);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

uint64_t dropfile_size(const struct dropfile *f)
{
	return atomic_load(&f->size);
}

void dropfile_job(const struct dropfile *f, char id[ULID_CHARS + 1])
{
	struct dropfile *locked = (struct dropfile *)f; /* the lock is no part of it */

	SCOPE_LOCK(&locked->job_lock);
	memcpy(id, f->job, sizeof(f->job));
}

static void set_job(struct dropfile *f, const char *id)
{
	SCOPE_LOCK(&f->job_lock);

	memset(f->job, 0, sizeof(f->job));
	memcpy(f->job, id, strlen(id));
}

static bool has_job(struct dropfile *f)
{
	char id[ULID_CHARS + 1];

	dropfile_job(f, id);
	return id[0] != '\0';
}

bool dropfile_unfinished(const struct dropfile *f)
{
	struct json *rec = NULL;
	struct problem p = {0};
	char id[ULID_CHARS + 1];
	const char *state;
	bool yes;

	dropfile_job(f, id);
	if (atomic_load(&f->unfinished) || id[0] == '\0')
		return true;
	if (board_record(f->tree->engine->board, id, &rec, &p) < 0)
		return false;
	state = json_str(rec, "state");
	yes = strcmp(state, "receiving") == 0 || strcmp(state, "held") == 0;
	json_free(rec);
	return yes;
}

static int lock_soon(struct dropfile *f)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOCK_WAIT_S;
	return pthread_mutex_clocklock(&f->lock, CLOCK_MONOTONIC, &until) == 0 ? 0
									       : -EBUSY;
}

/* --- what the file is for --------------------------------------------------- */

static enum settings_strategy strategy_of(struct dropfile *f, struct node *n,
					  bool *default_folder)
{
	const char *folder = node_drop(n)->name;
	const struct settings_upload *up = settings_upload_for(
		f->tree->engine->settings, tree_instance(n), tree_dataset(n));

	for (int s = 0; s < STRATEGY_COUNT; s++) {
		if (strcmp(settings_strategy_name((enum settings_strategy)s), folder) ==
		    0) {
			*default_folder = false;
			return (enum settings_strategy)s;
		}
	}
	*default_folder = true;
	return up->strategy;
}

const char *dropfile_ignore_of(struct tree *t, struct node *n)
{
	return settings_upload_for(t->engine->settings, tree_instance(n), tree_dataset(n))
		->ignore;
}

int dropfile_path_of(struct tree *t, struct node *n, struct buf *out)
{
	SCOPE_LOCK(&t->lock);

	return node_path(n, out);
}

static int make_ingest(struct dropfile *f, struct node *n)
{
	const struct catalog_view *v = catalog_get(f->tree->engine->catalog);
	const struct catalog_dataset *ds =
		catalog_dataset(v, tree_instance(n), tree_dataset(n));
	_cleanup_buf_ struct buf path = BUF_INIT(8192);
	int r = dropfile_path_of(f->tree, n, &path);

	if (r == 0 && (!ds || !ds->schema)) {
		log_warn("fs",
			 "instance=%s dataset=%s cannot be written: AMC no longer has "
			 "the data set, or its definition cannot be used",
			 tree_instance(n), tree_dataset(n));
		r = -ESTALE;
	}
	if (r == 0) {
		struct ingest_opts o = {
			.engine = f->tree->engine,
			.instance = tree_instance(n),
			.dataset = tree_dataset(n),
			.schema = ds->schema,
			.dataset_country = ds->schema->country,
			.file = buf_str(&path),
			.uid = n->uid,
		};

		o.strategy = strategy_of(f, n, &o.default_folder);
		r = o.file ? ingest_new(&f->ingest, &o) : -ENOMEM;
	}
	catalog_put(v);
	if (r == 0 && f->declared > 0)
		ingest_declare(f->ingest, f->declared);
	return r;
}

/* --- opening ------------------------------------------------------------------ */

/* What came so far is no longer wanted; the next byte begins a new job. Fails
 * when the store does, since then both contents could be sent. */
static int start_anew(struct dropfile *f)
{
	char id[ULID_CHARS + 1];
	int r = 0;

	dropfile_job(f, id);
	if (f->ingest) {
		ingest_withdraw(f->ingest);
		ingest_free(take_ptr(f->ingest));
	} else if (id[0]) {
		r = runner_withdraw(f->tree->engine->runner, id);
		if (r < 0 && r != -EBUSY) /* busy: AMC has it, another job begins */
			return r;
	}
	set_job(f, "");
	atomic_store(&f->size, 0);
	f->declared = 0;
	f->writers = 0;
	f->busy = 0;
	f->generation++;
	return 0;
}

static void touch(struct tree *t, struct node *n)
{
	SCOPE_LOCK(&t->lock);

	n->mtime_ns = clock_wall_ms(t->engine->clock) * 1000000;
	n->unsaved = true;
}

int dropfile_open(struct node *n, const struct dropfile_open *o,
		  struct dropfile_handle *h)
{
	struct dropfile *f = n->file;
	char id[ULID_CHARS + 1];
	int r = lock_soon(f);

	if (r < 0)
		return r;
	if (o->truncate && f->busy > 0) {
		pthread_mutex_unlock(&f->lock);
		return -EBUSY;
	}
	dropfile_job(f, id);
	if (o->truncate) {
		r = start_anew(f);
		touch(f->tree, n);
	} else if (!f->ingest && id[0]) {
		f->ingest = runner_reclaim(f->tree->engine->runner, id);
	}
	if (r < 0) {
		pthread_mutex_unlock(&f->lock);
		return r;
	}
	f->writers++;
	f->busy++;
	atomic_fetch_add(&f->tree->writers, 1);
	atomic_store(&f->unfinished, true);
	*h = (struct dropfile_handle){
		.file = f,
		.node = n,
		.generation = f->generation,
		.append = o->append,
		.opener = o->opener,
	};
	pthread_mutex_unlock(&f->lock);
	return 0;
}

void dropfile_set_closed(struct dropfile_handle *h, bool closed)
{
	if (h->closed && !closed)
		h->file->busy++;
	else if (!h->closed && closed)
		h->file->busy--;
	h->closed = closed;
}

/* --- bytes ---------------------------------------------------------------------- */

static int write_locked(struct dropfile_handle *h, uint64_t off, const void *p, size_t n,
			bool (*interrupted)(void *ctx), void *ctx)
{
	struct dropfile *f = h->file;
	int r = 0;

	if (h->generation != f->generation || f->gone)
		return -ESTALE;
	if (!f->ingest && has_job(f))
		return -EOPNOTSUPP; /* AMC's by now: only a new file can follow */
	/* A program that opened what is there already, without truncating it, and
	 * begins in its middle: the complete file is not harmed by that. */
	if (f->ingest && !h->append && !h->wrote && off < ingest_size(f->ingest))
		return -EOPNOTSUPP;
	if (!f->ingest)
		r = make_ingest(f, h->node);
	if (r < 0)
		return r;
	h->wrote = true;
	dropfile_set_closed(h, false);
	r = ingest_write(f->ingest, h->append ? ingest_size(f->ingest) : off, p, n,
			 interrupted, ctx);
	if (ingest_id(f->ingest)[0] && r != -EINTR) /* without a byte: no job */
		set_job(f, ingest_id(f->ingest));
	atomic_store(&f->size, ingest_size(f->ingest) > f->declared
				       ? ingest_size(f->ingest)
				       : f->declared);
	touch(f->tree, h->node);
	return r;
}

/* A refused file is listed, too, also if nothing more comes of it. */
static void save_refused(struct tree *t, struct node *n)
{
	SCOPE_LOCK(&t->lock);

	if (n->linked && !n->stored)
		dropfile_save(t, n);
}

int dropfile_write(struct dropfile_handle *h, uint64_t off, const void *p, size_t n,
		   bool (*interrupted)(void *ctx), void *ctx)
{
	int r;

	SCOPE_LOCK(&h->file->lock);
	if (h->err < 0)
		return h->err;
	r = write_locked(h, off, p, n, interrupted, ctx);
	if (r < 0 && r != -EINTR) {
		h->err = r;
		save_refused(h->file->tree, h->node);
	}
	return r;
}

/* --- size, name -------------------------------------------------------------------- */

static int truncate_locked(struct dropfile *f, struct node *n, struct dropfile_handle *h,
			   uint64_t size)
{
	unsigned mine = h && h->generation == f->generation ? 1 : 0;
	unsigned own = mine && !h->closed ? 1 : 0;
	uint64_t have = f->ingest ? ingest_size(f->ingest) : 0;
	int r;

	if (f->gone || (h && !mine))
		return -ESTALE;
	if (size == atomic_load(&f->size))
		return 0;
	if (size == 0 && f->busy > own)
		return -EBUSY;
	if (size == 0) {
		r = start_anew(f);
		if (r < 0)
			return r;
		f->writers = mine;
		f->busy = own;
		if (h)
			h->generation = f->generation;
		touch(f->tree, n);
		return 0;
	}
	if (size < have || (!f->ingest && has_job(f)))
		return -EOPNOTSUPP; /* what has been received is on its way */
	f->declared = size;	    /* Windows clients say first how much will come */
	if (f->ingest)
		ingest_declare(f->ingest, size);
	atomic_store(&f->size, size);
	return 0;
}

int dropfile_truncate(struct node *n, struct dropfile_handle *h, uint64_t size)
{
	int r = lock_soon(n->file);

	if (r < 0)
		return r;
	r = truncate_locked(n->file, n, h, size);
	pthread_mutex_unlock(&n->file->lock);
	return r;
}

int dropfile_withdraw(struct dropfile *f, bool replace)
{
	char id[ULID_CHARS + 1];
	int r = lock_soon(f);

	if (r < 0)
		return r;
	dropfile_job(f, id);
	if (f->busy > 0 && replace) {
		r = -EBUSY;
	} else if (f->ingest) {
		ingest_withdraw(f->ingest);
		f->gone = true;
	} else if (id[0]) {
		r = runner_withdraw(f->tree->engine->runner, id);
		r = r == -EBUSY && replace ? 0 : r;
		f->gone = r == 0;
	} else {
		f->gone = true;
	}
	pthread_mutex_unlock(&f->lock);
	return r;
}

void dropfile_keep(struct dropfile *f)
{
	SCOPE_LOCK(&f->lock);

	f->gone = false;
}

int dropfile_hold(struct dropfile *f)
{
	return lock_soon(f);
}

void dropfile_let_go(struct dropfile *f)
{
	pthread_mutex_unlock(&f->lock);
}

int dropfile_may_rename(const struct node *n, const char *path, struct problem *p)
{
	const struct dropfile *f = n->file;
	char id[ULID_CHARS + 1];

	dropfile_job(f, id);
	if (f->ingest)
		return ingest_may_rename(f->ingest, path, p);
	return id[0] ? runner_may_rename(f->tree->engine->runner, id, path, p) : 0;
}

int dropfile_renamed(struct node *n, const char *path)
{
	struct dropfile *f = n->file;
	char id[ULID_CHARS + 1];
	int r = 0;

	dropfile_job(f, id);
	if (f->ingest)
		r = ingest_rename(f->ingest, path);
	else if (id[0])
		r = runner_rename(f->tree->engine->runner, id, path,
				  tempname_is(path, dropfile_ignore_of(f->tree, n)),
				  n->mtime_ns / SECOND_NS == 0);
	return r;
}
