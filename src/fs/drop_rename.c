/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rename is done in the order: keep writers out, ask whether the rows stay true,
 * withdraw what is replaced, change the listing on disk, change the names here, tell
 * the job. A crash in between leaves a listing that is right and at worst a job that
 * shows the old name.
 */
#include "fs/drop.h"

#include <string.h>

#include "base/log.h"
#include "base/scope.h"
#include "fs/drop_priv.h"
#include "fs/tree_priv.h"

struct move {
	struct node *n, *dir, *victim; /* victim: what has the name now, or NULL */
	const char *name;
};

static int check_move(struct tree *t, struct move *m, uint64_t from, const char *name,
		      uint64_t to, bool no_replace, const struct access_who *who)
{
	struct node *dir;
	int r = drop_writable_dir(t, from, who, &dir);

	if (r == 0)
		r = drop_writable_dir(t, to, who, &m->dir);
	if (r < 0)
		return r;
	m->n = node_child(t->nodes, dir, name);
	if (!m->n)
		return -ENOENT;
	if (m->n->kind != NODE_FILE || drop_strategy_name(m->dir, m->name))
		return -EPERM; /* folders keep their names */
	if (node_drop(dir) != node_drop(m->dir))
		return -EXDEV; /* another operation: the file must be written there */
	if (strlen(m->name) > DROP_NAME_BYTES)
		return -ENAMETOOLONG;
	m->victim = node_child(t->nodes, m->dir, m->name);
	if (m->victim == m->n)
		m->victim = NULL;
	if (m->victim && no_replace)
		return -EEXIST;
	if (m->victim && m->victim->kind != NODE_FILE)
		return -EISDIR;
	m->n->pins++;
	if (m->victim)
		m->victim->pins++;
	return 0;
}

/* Below the drop folder. With the lock. */
static int new_path(const struct move *m, struct buf *out)
{
	int r = 0;

	if (m->dir->kind != NODE_DROP)
		r = node_path(m->dir, out);
	if (r == 0)
		r = buf_addf(out, "%s%s", out->n > 0 ? "/" : "", m->name);
	if (r < 0)
		return r;
	return buf_str(out) ? 0 : -ENOMEM;
}

/* The file's rows may hold its name. The file is held. */
static int check_promise(struct tree *t, const struct move *m)
{
	_cleanup_buf_ struct buf path = BUF_INIT(8192);
	struct problem p = {0};
	int r;

	pthread_mutex_lock(&t->lock);
	r = new_path(m, &path);
	pthread_mutex_unlock(&t->lock);
	if (r == 0)
		r = dropfile_may_rename(m->n, path.p, &p);
	if (r < 0)
		log_warn("fs", "name=\"%s\" is not renamed: %s", m->n->name,
			 p.err ? problem_text(&p) : errcode_text(r));
	/* what EINVAL says of a rename is something else */
	return r == -ERR_BAD_MAPPING ? -EPERM : r;
}

/* Store first, then the names in memory. With the lock. */
static int move_names(struct tree *t, struct move *m, struct buf *path)
{
	struct tree_entry from, to;
	struct problem p = {0};
	int r = tree_entry(t, m->n, &from);

	to = from;
	buf_init(&to.folder, 2048);
	buf_init(&to.path, 8192);
	if (r == 0)
		r = new_path(m, &to.path);
	to.e.path = r == 0 ? to.path.p : NULL;
	if (r == 0 && m->n->stored)
		r = store_entry_move(t->engine->store, from.e.folder, from.e.path, &to.e,
				     &p);
	else if (r == 0 && m->victim && m->victim->stored)
		r = store_entry_delete(t->engine->store, to.e.folder, to.e.path, &p);
	if (r == 0 && m->victim)
		node_unlink(t->nodes, m->victim);
	if (r == 0)
		r = node_move(t->nodes, m->n, m->dir, m->name);
	if (r == 0) {
		m->n->renamed = true;
		buf_clear(path);
		r = buf_adds(path, to.e.path);
	}
	if (r < 0)
		log_error("fs", "name=\"%s\" cannot be renamed: %s", m->n->name,
			  p.err ? problem_text(&p) : errcode_text(r));
	tree_entry_fini(&to);
	tree_entry_fini(&from);
	return r;
}

int drop_rename(struct tree *t, uint64_t from, const char *name, uint64_t to,
		const char *new_name, bool no_replace, const struct access_who *who)
{
	_cleanup_buf_ struct buf path = BUF_INIT(8192);
	struct move m = {.name = new_name};
	const char *text;
	bool held;
	int r;

	pthread_mutex_lock(&t->lock);
	r = check_move(t, &m, from, name, to, no_replace, who);
	pthread_mutex_unlock(&t->lock);
	if (r < 0)
		return r;
	r = dropfile_hold(m.n->file);
	held = r == 0;
	if (r == 0)
		r = check_promise(t, &m);
	if (r == 0 && m.victim)
		r = dropfile_withdraw(m.victim->file, true);
	if (r == 0) {
		pthread_mutex_lock(&t->lock);
		r = move_names(t, &m, &path);
		pthread_mutex_unlock(&t->lock);
	}
	text = r == 0 ? buf_str(&path) : NULL;
	if (text)
		r = dropfile_renamed(m.n, text);
	if (held)
		dropfile_let_go(m.n->file);
	if (m.victim)
		tree_unpin(t, m.victim);
	tree_unpin(t, m.n);
	return r;
}
