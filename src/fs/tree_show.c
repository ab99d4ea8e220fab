/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a folder lists is put together at the moment it is opened, from four
 * sources: the fixed names, AMC's things, the jobs, what people wrote.
 */
#include "fs/tree.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "fs/render.h"
#include "fs/tree_priv.h"

#define LIST_MAX    (64u << 20)
#define JOBS_LISTED 100000

/* --- listings ---------------------------------------------------------------- */

static int list_add(struct tree_list *l, char type, const char *name)
{
	int r = buf_addc(&l->text, type);

	if (r == 0)
		r = buf_add(&l->text, name, strlen(name) + 1);
	if (r == 0)
		l->n++;
	return r;
}

static int list_jobs(struct tree *t, struct node *n, struct tree_list *l)
{
	struct json *jobs = NULL;
	struct problem p = {0};
	int r = board_list(t->engine->board, tree_instance(n), tree_dataset(n), (uid_t)-1,
			   JOBS_LISTED, &jobs, &p);

	for (size_t i = 0; r == 0 && i < json_count(jobs); i++) {
		char name[ULID_CHARS + 6];

		(void)snprintf(name, sizeof(name), "%.26s.json",
			       json_str(json_at(jobs, i), "id"));
		r = list_add(l, 'f', name);
	}
	json_free(jobs);
	return r;
}

static int list_strategies(struct node *n, const struct catalog_view *v,
			   struct tree_list *l)
{
	const struct catalog_dataset *ds =
		catalog_dataset(v, tree_instance(n), tree_dataset(n));
	int r = 0;

	if (n->parent->kind != NODE_DATASET || !tree_usable(ds))
		return 0;
	for (int s = 0; r == 0 && s < STRATEGY_COUNT; s++) {
		const char *name = settings_strategy_name((enum settings_strategy)s);

		if (tree_strategy_folder(name, ds->schema->fact))
			r = list_add(l, 'd', name);
	}
	return r;
}

static int list_catalog(struct tree *t, struct node *n, struct tree_list *l)
{
	const struct catalog_view *v = catalog_get(t->engine->catalog);
	const struct catalog_instance *in;
	int r = 0;

	if (n->kind == NODE_INSTANCES) {
		for (size_t i = 0; r == 0 && i < v->n_instances; i++)
			r = list_add(l, 'd', v->instances[i].id);
	} else if (n->kind == NODE_DATASETS) {
		in = catalog_instance(v, tree_instance(n));
		for (size_t i = 0; r == 0 && in && i < in->n_datasets; i++)
			r = list_add(l, 'd', in->datasets[i].id);
	} else if (n->kind == NODE_DROP) {
		r = list_strategies(n, v, l);
	}
	catalog_put(v);
	return r;
}

static int list_fixed(struct tree *t, struct node *n, struct tree_list *l)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < TREE_FIXED; i++) {
		enum node_kind kind;

		if (tree_fixed[i].parent == n->kind &&
		    tree_exists(t, n, tree_fixed[i].name, &kind))
			r = list_add(l, tree_is_dir(tree_fixed[i].kind) ? 'd' : 'f',
				     tree_fixed[i].name);
	}
	return r;
}

static int list_written(struct node *n, struct tree_list *l)
{
	int r = 0;

	for (struct node *c = n->child; r == 0 && c; c = c->sibling) {
		if (c->kind == NODE_FILE || c->kind == NODE_SUBDIR)
			r = list_add(l, tree_is_dir(c->kind) ? 'd' : 'f', c->name);
	}
	return r;
}

static int list_nodes(struct tree *t, struct node *n, const struct access_who *who,
		      struct tree_list *out)
{
	SCOPE_LOCK(&t->lock);
	int r;

	if (!tree_is_dir(n->kind))
		return -ENOTDIR;
	if (!tree_may(t, n, who, R_OK))
		return -EACCES;
	r = list_add(out, 'd', ".");
	if (r == 0)
		r = list_add(out, 'd', "..");
	if (r == 0)
		r = list_fixed(t, n, out);
	if (r == 0)
		r = list_catalog(t, n, out);
	if (r == 0)
		r = list_written(n, out);
	return r;
}

int tree_list(struct tree *t, uint64_t ino, const struct access_who *who,
	      struct tree_list *out)
{
	struct node *n = tree_pin(t, ino);
	int r;

	if (!n)
		return -ENOENT;
	buf_init(&out->text, LIST_MAX);
	out->n = 0;
	r = list_nodes(t, n, who, out);
	if (r == 0 && n->kind == NODE_JOBS) /* many: not with the tree's lock */
		r = list_jobs(t, n, out);
	tree_unpin(t, n);
	if (r < 0)
		buf_fini(&out->text);
	return r;
}

/* --- texts -------------------------------------------------------------------- */

static int catalog_text(struct tree *t, struct node *n, struct buf *out)
{
	const struct catalog_view *v = catalog_get(t->engine->catalog);
	const struct catalog_instance *in = catalog_instance(v, tree_instance(n));
	const struct catalog_dataset *ds =
		catalog_dataset(v, tree_instance(n), tree_dataset(n));
	int r = -ENOENT;

	if (n->kind == NODE_INSTANCE_JSON && in)
		r = buf_adds(out, in->text);
	else if (n->kind == NODE_DEFINITION && ds)
		r = buf_adds(out, ds->definition);
	catalog_put(v);
	return r;
}

/* Without the lock: n is pinned, and the names of AMC's things never change. */
int tree_text_of(struct tree *t, struct node *n, uid_t uid, struct buf *out)
{
	const struct engine *e = t->engine;
	const char *instance = tree_instance(n), *dataset = tree_dataset(n);
	struct problem p = {0};
	char id[ULID_CHARS + 1];
	int r;

	switch (n->kind) {
	case NODE_README:
		return render_readme(e, t->mountpoint, out);
	case NODE_STATUS:
		r = render_root_status(e, uid, out, &p);
		break;
	case NODE_STATUS_JSON:
		r = render_root_json(e, uid, out, &p);
		break;
	case NODE_INSTANCE_JSON:
	case NODE_DEFINITION:
		return catalog_text(t, n, out);
	case NODE_DS_STATUS:
		r = render_status(e, instance, dataset, uid, out, &p);
		break;
	case NODE_DS_STATUS_JSON:
		r = render_status_json(e, instance, dataset, uid, out, &p);
		break;
	case NODE_JOB:
		memcpy(id, n->name, ULID_CHARS);
		id[ULID_CHARS] = '\0';
		r = render_record(e, id, out, &p);
		break;
	default:
		return tree_is_dir(n->kind) ? -EISDIR : -EACCES;
	}
	if (r < 0 && p.err)
		log_warn("fs", "file=\"%s\" cannot be shown: %s", n->name,
			 problem_text(&p));
	return r;
}

int tree_text(struct tree *t, uint64_t ino, const struct access_who *who, struct buf *out)
{
	struct node *n = tree_pin(t, ino);
	int r;

	if (!n)
		return -ENOENT;
	r = tree_may(t, n, who, R_OK) ? tree_text_of(t, n, (uid_t)-1, out) : -EACCES;
	tree_unpin(t, n);
	return r;
}
