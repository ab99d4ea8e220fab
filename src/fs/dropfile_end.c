/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flush and release of a written file: a flush tells the truth and ends nothing,
 * unless somebody wants to wait for AMC (wait = submitted, finished); the last
 * release ends the file.
 */
#include "fs/dropfile.h"

#include <string.h>

#include "base/log.h"
#include "base/scope.h"
#include "fs/caller.h"
#include "fs/dropfile_priv.h"
#include "job/tempname.h"

#define SECOND_NS 1000000000

static bool is_temporary(struct tree *t, struct node *n)
{
	_cleanup_buf_ struct buf path = BUF_INIT(8192);
	const char *text = dropfile_path_of(t, n, &path) == 0 ? buf_str(&path) : NULL;

	return text && tempname_is(text, dropfile_ignore_of(t, n));
}

void dropfile_save(struct tree *t, struct node *n)
{
	struct tree_entry e;
	struct problem p = {0};
	int r = tree_entry(t, n, &e);

	n->unsaved = false;
	n->stored = true;
	if (r == 0)
		r = store_entry_put(t->engine->store, &e.e, &p);
	if (r < 0)
		log_error("fs", "file=\"%s\" its listing is not stored: %s", n->name,
			  p.err ? problem_text(&p) : errcode_text(r));
	tree_entry_fini(&e);
}

/* A chmod or utimes came, and was stored, while an older snapshot was on its way to
 * the store: what is true now goes there again. With the tree's lock. */
static void save_changes(struct tree *t, struct node *n, unsigned before)
{
	if (n->changes != before && n->linked)
		dropfile_save(t, n);
}

static void end_file(struct dropfile *f, struct node *n, bool at_once)
{
	struct ingest_end end = {.at_once = at_once};
	struct tree_entry e;
	unsigned changes;
	bool stored;
	int r;

	end.temporary = is_temporary(f->tree, n);
	pthread_mutex_lock(&f->tree->lock);
	end.partial_mark = n->renamed && !end.temporary && n->mtime_ns / SECOND_NS == 0;
	r = tree_entry(f->tree, n, &e);
	if (r == 0 && n->linked)
		end.entry = &e.e;
	n->unsaved = false;
	changes = n->changes;
	pthread_mutex_unlock(&f->tree->lock);
	stored = ingest_close(take_ptr(f->ingest), &end);
	pthread_mutex_lock(&f->tree->lock);
	n->stored = n->stored || stored;
	n->unsaved = n->unsaved || !stored; /* a refused file is listed, too */
	save_changes(f->tree, n, changes);
	pthread_mutex_unlock(&f->tree->lock);
	tree_entry_fini(&e);
	atomic_store(&f->unfinished, false);
}

static int flush_locked(struct dropfile_handle *h, struct ingest_caller *who)
{
	struct dropfile *f = h->file;
	struct tree_entry e;
	unsigned changes;
	bool listed;
	int r;

	if (h->generation == f->generation)
		dropfile_set_closed(h, who->last_close); /* also of an empty file */
	if (f->busy > 0) /* somebody else has opened it, too, and goes on */
		who->last_close = false;
	if (h->err < 0 || h->generation != f->generation || !f->ingest)
		return h->err;
	pthread_mutex_lock(&f->tree->lock);
	r = tree_entry(f->tree, h->node, &e);
	listed = h->node->linked;
	changes = h->node->changes;
	pthread_mutex_unlock(&f->tree->lock);
	if (r == 0)
		r = ingest_flush(f->ingest, who, listed ? &e.e : NULL);
	tree_entry_fini(&e);
	if (r == 0 && listed && ingest_has_job(f->ingest)) {
		SCOPE_LOCK(&f->tree->lock);
		h->node->stored = true;
		save_changes(f->tree, h->node, changes);
	}
	h->err = r;
	return r;
}

static int wait_for_amc(struct dropfile *f, struct node *n, const char *id)
{
	const struct settings_upload *up = settings_upload_for(
		f->tree->engine->settings, tree_instance(n), tree_dataset(n));
	struct job j = {0};
	int r = board_wait(f->tree->engine->board, id, up->wait == WAIT_FINISHED,
			   up->wait_timeout_ms, &j);

	if (r == 0 &&
	    (j.state == JOB_FAILED || j.state == JOB_REJECTED ||
	     j.state == JOB_SWEEPING_FAILED || j.state == JOB_SWEEPING_REJECTED))
		r = j.error > 0 ? -j.error : -EIO;
	if (r == -ETIMEDOUT && up->wait == WAIT_SUBMITTED)
		r = 0; /* the job goes on by itself */
	job_fini(&j);
	return r;
}

/* wait = submitted or finished: the last close ends the file here. */
static bool ends_here(struct dropfile_handle *h, const struct ingest_caller *who)
{
	const struct settings_upload *up =
		settings_upload_for(h->file->tree->engine->settings,
				    tree_instance(h->node), tree_dataset(h->node));

	return up->wait != WAIT_STAGED && who->last_close &&
	       h->generation == h->file->generation && h->file->ingest &&
	       ingest_has_job(h->file->ingest) && !is_temporary(h->file->tree, h->node);
}

int dropfile_sync(struct dropfile_handle *h)
{
	struct ingest_caller nobody = {0};

	SCOPE_LOCK(&h->file->lock);
	return flush_locked(h, &nobody);
}

int dropfile_flush(struct dropfile_handle *h, pid_t tid)
{
	struct dropfile *f = h->file;
	struct ingest_caller who;
	char id[ULID_CHARS + 1] = "";
	int r;

	caller_look(tid, h->opener, h->node->ino, &who);
	pthread_mutex_lock(&f->lock);
	r = flush_locked(h, &who);
	if (r == 0 && ends_here(h, &who)) {
		memcpy(id, ingest_id(f->ingest), sizeof(id));
		end_file(f, h->node, true);
	}
	pthread_mutex_unlock(&f->lock);
	if (id[0])
		r = wait_for_amc(f, h->node, id);
	return r;
}

void dropfile_release(struct dropfile_handle *h)
{
	struct dropfile *f = h->file;

	pthread_mutex_lock(&f->lock);
	atomic_fetch_sub(&f->tree->writers, 1);
	if (h->generation == f->generation)
		dropfile_set_closed(h, true);
	if (h->generation == f->generation && --f->writers == 0) {
		if (f->ingest && !f->gone)
			end_file(f, h->node, false);
		ingest_free(take_ptr(f->ingest));
		atomic_store(&f->unfinished, false);
	}
	pthread_mutex_lock(&f->tree->lock);
	if (h->node->linked && (h->node->unsaved || !h->node->stored))
		dropfile_save(f->tree, h->node);
	pthread_mutex_unlock(&f->tree->lock);
	pthread_mutex_unlock(&f->lock);
}

void dropfile_unmounted(void *ctx, struct node *n)
{
	struct dropfile *f = n->file;

	if (!f)
		return;
	SCOPE_LOCK(&f->lock);
	if (f->ingest && f->busy == 0 && !f->gone)
		end_file(f, n, false);
}
