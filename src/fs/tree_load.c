/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Written files survive a restart: each has a line in the store, from which its
 * node is made again. The folders above are made without asking AMC; they show
 * only while the catalog has the data set.
 */
#include "fs/tree.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/scope.h"
#include "fs/dropfile.h"

/* --- life ----------------------------------------------------------------------- */

int tree_entry(struct tree *t, struct node *n, struct tree_entry *out)
{
	int r;

	buf_init(&out->folder, 2048);
	buf_init(&out->path, 8192);
	out->job[0] = '\0';
	r = tree_folder(n, &out->folder);
	if (r == 0)
		r = node_path(n, &out->path);
	if (r < 0)
		return r;
	if (n->kind == NODE_FILE)
		dropfile_job(n->file, out->job);
	out->e = (struct store_entry){
		.folder = buf_str(&out->folder),
		.path = buf_str(&out->path),
		.dir = n->kind == NODE_SUBDIR,
		.size = n->kind == NODE_FILE ? dropfile_size(n->file) : 0,
		.mtime_ns = n->mtime_ns,
		.mode = n->mode,
		.uid = n->uid,
		.gid = n->gid,
		.job = out->job,
	};
	(void)t;
	return out->e.folder && out->e.path ? 0 : -ENOMEM;
}

void tree_entry_fini(struct tree_entry *e)
{
	buf_fini(&e->folder);
	buf_fini(&e->path);
}

static int child_or_new(struct tree *t, struct node *parent, const char *name,
			enum node_kind kind, struct node **out)
{
	*out = node_child(t->nodes, parent, name);
	return *out ? 0 : node_add(t->nodes, parent, name, kind, out);
}

/* "<instance>/<dataset>/upload[/STRATEGY]" -> its node, made without asking AMC:
 * it shows only while the catalog has the data set. */
static int load_folder(struct tree *t, char *folder, struct node **out)
{
	char *save = NULL;
	char *instance = strtok_r(folder, "/", &save);
	char *dataset = strtok_r(NULL, "/", &save);
	char *upload = strtok_r(NULL, "/", &save);
	char *strategy = strtok_r(NULL, "/", &save);
	int r;

	if (!upload)
		return -EINVAL;
	r = child_or_new(t, node_root(t->nodes), "instances", NODE_INSTANCES, out);
	if (r == 0)
		r = child_or_new(t, *out, instance, NODE_INSTANCE, out);
	if (r == 0)
		r = child_or_new(t, *out, "datasets", NODE_DATASETS, out);
	if (r == 0)
		r = child_or_new(t, *out, dataset, NODE_DATASET, out);
	if (r == 0)
		r = child_or_new(t, *out, upload, NODE_DROP, out);
	if (r == 0 && strategy)
		r = child_or_new(t, *out, strategy, NODE_DROP, out);
	return r;
}

/* Parents come before their children: the store sorts by path. */
static int load_entry(void *ctx, const struct store_entry *e)
{
	struct tree *t = ctx;
	_cleanup_free_ char *folder = strdup(e->folder);
	_cleanup_free_ char *path = strdup(e->path);
	struct node *n = NULL;
	char *name = path;
	int r = folder && path ? load_folder(t, folder, &n) : -ENOMEM;

	for (char *slash; r == 0 && (slash = strchr(name, '/')) != NULL;
	     name = slash + 1) {
		*slash = '\0';
		r = child_or_new(t, n, name, NODE_SUBDIR, &n);
		if (r == 0 && n->mode == 0) /* its own entry comes later, or is lost */
			n->mode = t->engine->settings->mount.dir_mode;
	}
	if (r == 0)
		r = child_or_new(t, n, name, e->dir ? NODE_SUBDIR : NODE_FILE, &n);
	if (r == 0 && !e->dir && !n->file)
		r = dropfile_new(&n->file, t, e->size, e->job);
	if (r < 0)
		return r;
	n->mode = e->mode;
	n->uid = e->uid;
	n->gid = e->gid;
	n->mtime_ns = e->mtime_ns;
	n->stored = true;
	return 0;
}

int tree_new(struct tree **out, const struct tree_opts *o, struct problem *p)
{
	struct tree *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return problem_set(p, -ENOMEM, "out of memory");
	pthread_mutex_init(&t->lock, NULL);
	t->engine = o->engine;
	t->born_ns = clock_wall_ms(o->engine->clock) * 1000000;
	t->mountpoint = strdup(o->mountpoint);
	r = t->mountpoint ? node_table_new(&t->nodes) : -ENOMEM;
	if (r == 0)
		r = store_entries(o->engine->store, load_entry, t, p);
	if (r < 0) {
		tree_free(t);
		return problem_set(p, r,
				   "the listings of earlier files cannot be read: %s",
				   errcode_text(r));
	}
	*out = t;
	return 0;
}

int tree_drain(struct tree *t, int64_t wait_ms)
{
	int64_t until = clock_mono_ms(t->engine->clock) + wait_ms;

	atomic_store(&t->stopping, true);
	while (atomic_load(&t->writers) > 0 && clock_mono_ms(t->engine->clock) < until) {
		const struct timespec nap = {.tv_nsec = 20000000};

		(void)nanosleep(&nap, NULL); /* a signal only makes it look sooner */
	}
	return atomic_load(&t->writers);
}

/* --- tidying ------------------------------------------------------------------ */

static struct node *find_entry(struct tree *t, const struct store_entry *e)
{
	_cleanup_free_ char *folder = strdup(e->folder);
	_cleanup_free_ char *path = strdup(e->path);
	struct node *n = NULL;
	char *name = path;

	if (!folder || !path || load_folder(t, folder, &n) < 0)
		return NULL;
	for (char *slash; n && (slash = strchr(name, '/')) != NULL; name = slash + 1) {
		*slash = '\0';
		n = node_child(t->nodes, n, name);
	}
	return n ? node_child(t->nodes, n, name) : NULL;
}

static int mark(void *ctx, const struct store_entry *e)
{
	struct node *n = find_entry(ctx, e);

	if (n)
		n->seen = true;
	return 0;
}

static void unmark(void *ctx, struct node *n)
{
	(void)ctx;
	n->seen = false;
}

/* What the store no longer has and nobody holds open. Folders hold their
 * children by pins. */
static void sweep(void *ctx, struct node *n)
{
	struct tree *t = ctx;

	if ((n->kind != NODE_FILE && n->kind != NODE_SUBDIR) || !n->linked ||
	    !n->stored || n->seen || n->pins > 0)
		return;
	node_unlink(t->nodes, n);
	tree_reap(t, n);
}

void tree_tidy(struct tree *t)
{
	const struct engine *e = t->engine;
	int64_t before = clock_wall_ms(e->clock) - e->settings->mount.retain_ms;
	struct problem p = {0};
	int r = store_expire(e->store, before, &p);

	if (r == 0) {
		SCOPE_LOCK(&t->lock);
		node_each(t->nodes, unmark, NULL);
		r = store_entries(e->store, mark, t, &p);
		if (r == 0)
			node_each(t->nodes, sweep, t);
	}
	if (r < 0)
		log_warn("fs", "old listings stay for now: %s", problem_text(&p));
}

void tree_unmounted(struct tree *t)
{
	node_each(t->nodes, dropfile_unmounted, NULL); /* nobody else is left: no lock */
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	node_table_free(t->nodes, dropfile_free);
	pthread_mutex_destroy(&t->lock);
	free(t->mountpoint);
	free(t);
}
