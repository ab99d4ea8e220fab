/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel holds a folder's lock during create, unlink and rename in it, so
 * two of them never meet on one name; what can happen beside them is writing,
 * which the file's own lock guards.
 */
#include "fs/drop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "fs/drop_priv.h"
#include "fs/tree_priv.h"

/* May one more writer come? */
static int check_writers(struct tree *t)
{
	if (atomic_load(&t->stopping))
		return -ERR_STOPPING;
	if (atomic_load(&t->writers) < TREE_WRITERS_MAX)
		return 0;
	log_warn("fs", "%d files are open for writing: no more until one is closed",
		 TREE_WRITERS_MAX);
	return -ENFILE;
}

static bool in_drop(const struct node *n)
{
	return n->kind == NODE_DROP || n->kind == NODE_SUBDIR;
}

static bool changeable(const struct node *n)
{
	return n->kind == NODE_FILE || n->kind == NODE_SUBDIR;
}

/* A folder in which who may make and remove names. With the lock. */
int drop_writable_dir(struct tree *t, uint64_t ino, const struct access_who *who,
		      struct node **out)
{
	struct node *dir = node_by_ino(t->nodes, ino);

	if (!dir)
		return -ENOENT;
	if (!in_drop(dir))
		return -EPERM;
	if (!tree_may(t, dir, who, W_OK | X_OK))
		return -EACCES;
	*out = dir;
	return 0;
}

static bool name_taken(struct tree *t, struct node *dir, const char *name)
{
	return node_child(t->nodes, dir, name) != NULL;
}

bool drop_strategy_name(const struct node *dir, const char *name)
{
	if (dir->kind != NODE_DROP || dir->parent->kind == NODE_DROP)
		return false;
	for (int s = 0; s < STRATEGY_COUNT; s++) {
		if (strcmp(settings_strategy_name((enum settings_strategy)s), name) == 0)
			return true;
	}
	return false;
}

static int check_new(struct tree *t, struct node *dir, const char *name)
{
	if (strlen(name) > DROP_NAME_BYTES)
		return -ENAMETOOLONG;
	if (drop_strategy_name(dir, name) || name_taken(t, dir, name))
		return -EEXIST;
	return 0;
}

static void own(struct tree *t, struct node *n, const struct access_who *who, mode_t mode)
{
	n->mode = mode;
	n->uid = who->uid;
	n->gid = who->gid;
	n->mtime_ns = clock_wall_ms(t->engine->clock) * 1000000;
	n->unsaved = true;
}

static int make_file(struct tree *t, struct node *dir, const char *name,
		     const struct access_who *who, struct node **out)
{
	struct dropfile *f = NULL;
	int r = check_new(t, dir, name);

	if (r == 0)
		r = dropfile_new(&f, t, 0, "");
	if (r == 0)
		r = node_add(t->nodes, dir, name, NODE_FILE, out);
	if (r < 0) {
		dropfile_free(f);
		return r;
	}
	(*out)->file = f;
	own(t, *out, who, t->engine->settings->mount.file_mode);
	return 0;
}

/* The store's line of a node, now; without it the change did not happen. */
static int put_entry(struct tree *t, struct node *n)
{
	struct tree_entry e;
	struct problem p = {0};
	int r = tree_entry(t, n, &e);

	if (r == 0)
		r = store_entry_put(t->engine->store, &e.e, &p);
	tree_entry_fini(&e);
	if (r < 0) {
		log_error("fs", "name=\"%s\" cannot be stored: %s", n->name,
			  p.err ? problem_text(&p) : errcode_text(r));
		return r;
	}
	n->stored = true;
	n->unsaved = false;
	return 0;
}

int drop_create(struct tree *t, uint64_t parent, const char *name, mode_t mode,
		const struct access_who *who, const struct dropfile_open *o,
		struct dropfile_handle *h, struct tree_attr *out)
{
	struct node *dir, *n = NULL;
	int r;

	(void)mode; /* file_mode is what new files have; chmod is remembered */
	SCOPE_LOCK(&t->lock);
	r = check_writers(t);
	if (r < 0)
		return r;
	r = drop_writable_dir(t, parent, who, &dir);
	if (r == 0)
		r = make_file(t, dir, name, who, &n);
	if (r < 0)
		return r;
	if (h) {
		n->pins++;
		r = dropfile_open(n, o, h); /* nobody else knows the file: no wait */
		if (r < 0)
			n->pins--;
	} else {
		r = put_entry(t, n);
	}
	if (r < 0) {
		node_unlink(t->nodes, n);
		tree_reap(t, n);
		return r;
	}
	n->nlookup++;
	tree_attr_of(t, n, out);
	return 0;
}

int drop_open_read(struct tree *t, uint64_t ino, const struct access_who *who)
{
	struct node *n;

	(void)who; /* nobody reads: not even root */
	SCOPE_LOCK(&t->lock);
	n = node_by_ino(t->nodes, ino);
	if (!n || n->kind != NODE_FILE)
		return -ENOENT;
	return dropfile_unfinished(n->file) ? 0 : -EACCES;
}

int drop_open_write(struct tree *t, uint64_t ino, const struct access_who *who,
		    const struct dropfile_open *o, struct dropfile_handle *h)
{
	struct node *n;
	int r = check_writers(t);

	if (r < 0)
		return r;
	pthread_mutex_lock(&t->lock);
	n = node_by_ino(t->nodes, ino);
	if (!n || n->kind != NODE_FILE)
		r = n ? -EACCES : -ENOENT; /* AMC's own things */
	else if (!tree_may(t, n, who, W_OK))
		r = -EACCES;
	else
		n->pins++;
	pthread_mutex_unlock(&t->lock);
	if (r < 0)
		return r;
	r = dropfile_open(n, o, h);
	if (r < 0) {
		SCOPE_LOCK(&t->lock);
		n->pins--;
		tree_reap(t, n);
	}
	return r;
}

void drop_release(struct tree *t, struct dropfile_handle *h)
{
	dropfile_release(h);
	SCOPE_LOCK(&t->lock);
	h->node->pins--;
	tree_reap(t, h->node);
}

int drop_mkdir(struct tree *t, uint64_t parent, const char *name, mode_t mode,
	       const struct access_who *who, struct tree_attr *out)
{
	struct node *dir, *n = NULL;
	int r;

	(void)mode; /* dir_mode, as for the folders around it */
	SCOPE_LOCK(&t->lock);
	r = drop_writable_dir(t, parent, who, &dir);
	if (r == 0)
		r = check_new(t, dir, name);
	if (r == 0)
		r = node_add(t->nodes, dir, name, NODE_SUBDIR, &n);
	if (r < 0)
		return r;
	own(t, n, who, t->engine->settings->mount.dir_mode);
	r = put_entry(t, n);
	if (r < 0) {
		node_unlink(t->nodes, n);
		tree_reap(t, n);
		return r;
	}
	n->nlookup++;
	tree_attr_of(t, n, out);
	return 0;
}

/* --- removing ------------------------------------------------------------------- */

static int delete_entry(struct tree *t, struct node *n)
{
	struct tree_entry e;
	struct problem p = {0};
	int r;

	if (!n->stored && n->kind == NODE_FILE)
		return 0;
	r = tree_entry(t, n, &e);
	if (r == 0)
		r = store_entry_delete(t->engine->store, e.e.folder, e.e.path, &p);
	tree_entry_fini(&e);
	if (r < 0)
		log_error("fs", "name=\"%s\" cannot be removed: %s", n->name,
			  p.err ? problem_text(&p) : errcode_text(r));
	return r;
}

/* The child, pinned, for work without the lock. */
static int pin_child(struct tree *t, uint64_t parent, const char *name,
		     const struct access_who *who, struct node **out)
{
	struct node *dir, *n;
	int r;

	SCOPE_LOCK(&t->lock);
	r = drop_writable_dir(t, parent, who, &dir);
	if (r < 0)
		return r;
	n = node_child(t->nodes, dir, name);
	if (!n)
		return -ENOENT;
	if (!changeable(n))
		return -EPERM;
	n->pins++;
	*out = n;
	return 0;
}

static int drop_name(struct tree *t, struct node *n)
{
	int r;

	SCOPE_LOCK(&t->lock);
	r = delete_entry(t, n);
	if (r == 0)
		node_unlink(t->nodes, n);
	return r;
}

int drop_unlink(struct tree *t, uint64_t parent, const char *name,
		const struct access_who *who)
{
	struct node *n = NULL;
	int r = pin_child(t, parent, name, who, &n);

	if (r < 0)
		return r;
	r = n->kind == NODE_FILE ? dropfile_withdraw(n->file, false) : -EISDIR;
	if (r == 0) {
		r = drop_name(t, n);
		if (r < 0)
			dropfile_keep(n->file);
	}
	tree_unpin(t, n);
	return r;
}

int drop_rmdir(struct tree *t, uint64_t parent, const char *name,
	       const struct access_who *who)
{
	struct node *n = NULL;
	int r = pin_child(t, parent, name, who, &n);

	if (r < 0)
		return r;
	if (n->kind != NODE_SUBDIR)
		r = -ENOTDIR;
	else if (n->child)
		r = -ENOTEMPTY;
	else
		r = drop_name(t, n);
	tree_unpin(t, n);
	return r;
}

/* --- attributes --------------------------------------------------------------------- */

static int check_change(const struct node *n, const struct drop_change *c,
			const struct access_who *who)
{
	if (!changeable(n))
		return who->uid == 0 && !c->size_set ? 0 : -EPERM;
	if (c->owner_set && who->uid != 0)
		return -EPERM; /* for root: accepted and ignored */
	if ((c->mode_set || c->mtime_set) && !access_owner(who, n->uid))
		return -EPERM;
	if (c->size_set && n->kind != NODE_FILE)
		return -EISDIR;
	return 0;
}

static int apply_attrs(struct tree *t, struct node *n, const struct drop_change *c,
		       bool quiet)
{
	if (!changeable(n))
		return 0; /* root's chmod or chown of AMC's own things: ignored */
	if (c->mode_set)
		n->mode = c->mode & 07777;
	if (c->mtime_set)
		n->mtime_ns = c->mtime_ns;
	if (!c->mode_set && !c->mtime_set && !c->size_set)
		return 0;
	n->unsaved = true;
	n->changes++;
	/* while it is being written, the flush or the release stores it */
	return n->stored && n->linked && quiet ? put_entry(t, n) : 0;
}

int drop_setattr(struct tree *t, uint64_t ino, const struct drop_change *c,
		 const struct access_who *who, struct tree_attr *out)
{
	struct node *n;
	bool quiet;
	int r = 0;

	pthread_mutex_lock(&t->lock);
	n = node_by_ino(t->nodes, ino);
	if (n)
		r = check_change(n, c, who);
	if (n && r == 0 && c->size_set && !c->h && !tree_may(t, n, who, W_OK))
		r = -EACCES;
	if (n && r == 0)
		n->pins++;
	pthread_mutex_unlock(&t->lock);
	if (!n || r < 0)
		return n ? r : -ENOENT;
	if (c->size_set)
		r = dropfile_truncate(n, c->h, c->size);
	/* Not beside a flush or the file's end, whose older snapshot would come to the
	 * store last; those look for changes when they are done. */
	quiet = n->kind != NODE_FILE || dropfile_hold(n->file) == 0;
	pthread_mutex_lock(&t->lock);
	if (r == 0)
		r = apply_attrs(t, n, c, quiet);
	if (r == 0)
		tree_attr_of(t, n, out);
	pthread_mutex_unlock(&t->lock);
	if (quiet && n->kind == NODE_FILE)
		dropfile_let_go(n->file);
	tree_unpin(t, n);
	return r;
}
