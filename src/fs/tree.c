/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of AMC's own things are made when somebody looks for them and answer
 * only while the catalog has them; nodes of written files are made when they are
 * written or loaded. So nothing here has to follow the catalog's changes.
 */
#include "fs/tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "fs/dropfile.h"
#include "fs/tree_priv.h"

#define MISS_WAIT_MS 3000
#define TEXT_MAX     (256u << 20)
#define LIST_MAX     (64u << 20)
#define JOBS_LISTED  100000

/* What has a fixed name below each kind of folder. */
const struct tree_fixed tree_fixed[TREE_FIXED] = {
	{NODE_ROOT, NODE_README, "README"},
	{NODE_ROOT, NODE_STATUS, "status"},
	{NODE_ROOT, NODE_STATUS_JSON, "status.json"},
	{NODE_ROOT, NODE_INSTANCES, "instances"},
	{NODE_INSTANCE, NODE_INSTANCE_JSON, "instance.json"},
	{NODE_INSTANCE, NODE_DATASETS, "datasets"},
	{NODE_DATASET, NODE_DEFINITION, "definition.json"},
	{NODE_DATASET, NODE_DS_STATUS, "status"},
	{NODE_DATASET, NODE_DS_STATUS_JSON, "status.json"},
	{NODE_DATASET, NODE_JOBS, "jobs"},
	{NODE_DATASET, NODE_DROP, "upload"},
};

bool tree_is_dir(enum node_kind k)
{
	switch (k) {
	case NODE_ROOT:
	case NODE_INSTANCES:
	case NODE_INSTANCE:
	case NODE_DATASETS:
	case NODE_DATASET:
	case NODE_JOBS:
	case NODE_DROP:
	case NODE_SUBDIR:
		return true;
	default:
		return false;
	}
}

const char *tree_instance(struct node *n)
{
	struct node *in = node_up(n, NODE_INSTANCE);

	return in ? in->name : "";
}

const char *tree_dataset(struct node *n)
{
	struct node *ds = node_up(n, NODE_DATASET);

	return ds ? ds->name : "";
}

int tree_folder(struct node *n, struct buf *out)
{
	struct node *drop = node_drop(n);
	bool inner = drop->parent->kind == NODE_DROP;

	buf_clear(out);
	return buf_addf(out, "%s/%s/upload%s%s", tree_instance(n), tree_dataset(n),
			inner ? "/" : "", inner ? drop->name : "");
}

/* --- what exists ---------------------------------------------------------- */

bool tree_strategy_folder(const char *name, bool fact)
{
	for (int s = 0; s < STRATEGY_COUNT; s++) {
		if (strcmp(settings_strategy_name((enum settings_strategy)s), name) == 0)
			return fact || s == STRATEGY_ADDITIVE ||
			       s == STRATEGY_FULL_REPLACE;
	}
	return false;
}

static bool job_file(struct tree *t, struct node *jobs, const char *name)
{
	struct json *rec = NULL;
	struct problem p = {0};
	char id[ULID_CHARS + 1];
	bool ours;

	if (strlen(name) != ULID_CHARS + 5 || memcmp(name + ULID_CHARS, ".json", 5) != 0)
		return false;
	memcpy(id, name, ULID_CHARS);
	id[ULID_CHARS] = '\0';
	if (!ulid_valid(id) || board_record(t->engine->board, id, &rec, &p) < 0)
		return false;
	ours = strcmp(json_str(rec, "instance"), tree_instance(jobs)) == 0 &&
	       strcmp(json_str(rec, "dataset"), tree_dataset(jobs)) == 0;
	json_free(rec);
	return ours;
}

bool tree_usable(const struct catalog_dataset *ds)
{
	return ds && ds->schema;
}

static bool catalog_has(const struct catalog_view *v, struct node *parent,
			const char *name, enum node_kind *kind)
{
	const struct catalog_dataset *ds;

	switch (parent->kind) {
	case NODE_INSTANCES:
		*kind = NODE_INSTANCE;
		return catalog_instance(v, name) != NULL;
	case NODE_DATASETS:
		*kind = NODE_DATASET;
		return catalog_dataset(v, tree_instance(parent), name) != NULL;
	case NODE_DROP:
		ds = catalog_dataset(v, tree_instance(parent), tree_dataset(parent));
		*kind = NODE_DROP;
		return parent->parent->kind == NODE_DATASET && tree_usable(ds) &&
		       tree_strategy_folder(name, ds->schema->fact);
	default:
		return false;
	}
}

/* Does AMC (or this program) have something of that name? With the lock held. */
bool tree_exists(struct tree *t, struct node *parent, const char *name,
		 enum node_kind *kind)
{
	const struct catalog_view *v;
	bool yes = false;

	for (size_t i = 0; !yes && i < TREE_FIXED; i++) {
		if (tree_fixed[i].parent == parent->kind &&
		    strcmp(tree_fixed[i].name, name) == 0) {
			*kind = tree_fixed[i].kind;
			yes = true;
		}
	}
	if (yes && *kind != NODE_DROP)
		return true;
	if (parent->kind == NODE_JOBS) {
		*kind = NODE_JOB;
		return job_file(t, parent, name);
	}
	v = catalog_get(t->engine->catalog);
	if (yes) /* upload/ needs a definition that can be used */
		yes = tree_usable(
			catalog_dataset(v, tree_instance(parent), parent->name));
	else
		yes = catalog_has(v, parent, name, kind);
	catalog_put(v);
	return yes;
}

static int find_or_make(struct tree *t, struct node *parent, const char *name,
			struct node **out)
{
	struct node *n = node_child(t->nodes, parent, name);
	enum node_kind kind;

	*out = n;
	if (n && (n->kind == NODE_FILE || n->kind == NODE_SUBDIR))
		return 0;
	if (!tree_exists(t, parent, name, &kind))
		return -ENOENT;
	return n ? 0 : node_add(t->nodes, parent, name, kind, out);
}

/* --- attributes ------------------------------------------------------------ */

static mode_t mode_of(const struct tree *t, const struct node *n)
{
	const struct settings_mount *m = &t->engine->settings->mount;

	switch (n->kind) {
	case NODE_ROOT:
		return S_IFDIR | 0755;
	case NODE_DROP:
		return S_IFDIR | m->dir_mode;
	case NODE_SUBDIR:
		return S_IFDIR | n->mode;
	case NODE_FILE:
		return S_IFREG | n->mode;
	default:
		return tree_is_dir(n->kind) ? S_IFDIR | 0555 : S_IFREG | 0444;
	}
}

static void owner_of(const struct tree *t, const struct node *n, uid_t *uid, gid_t *gid)
{
	const struct settings_mount *m = &t->engine->settings->mount;

	*uid = m->uid;
	*gid = m->gid;
	if (n->kind == NODE_ROOT) { /* sftp's chroot insists */
		*uid = 0;
		*gid = 0;
	} else if (n->kind == NODE_FILE || n->kind == NODE_SUBDIR) {
		*uid = n->uid;
		*gid = n->gid;
	}
}

void tree_attr_of(struct tree *t, const struct node *n, struct tree_attr *out)
{
	out->ino = n->ino;
	out->mode = mode_of(t, n);
	owner_of(t, n, &out->uid, &out->gid);
	out->size = n->kind == NODE_FILE ? dropfile_size(n->file) : 0;
	out->mtime_ns = n->mtime_ns ? n->mtime_ns : t->born_ns;
	if (n->kind == NODE_FILE || n->kind == NODE_SUBDIR)
		out->mtime_ns = n->mtime_ns;
}

bool tree_may(struct tree *t, const struct node *n, const struct access_who *who,
	      int want)
{
	uid_t uid;
	gid_t gid;

	owner_of(t, n, &uid, &gid);
	return access_ok(who, mode_of(t, n), uid, gid, want);
}

/* A read-only file's size is its text's, for programs that trust st_size. The
 * text may be another by the time it is opened; then it is read to its end. */
static int add_text_size(struct tree *t, struct node *n, struct tree_attr *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT(TEXT_MAX);
	int r;

	if (tree_is_dir(n->kind) || n->kind == NODE_FILE)
		return 0;
	r = tree_text_of(t, n, (uid_t)-1, &text);
	out->size = text.n;
	return r;
}

/* --- lookups ---------------------------------------------------------------- */

/* A node that stays while the caller uses it, found with the lock and used
 * without. */
struct node *tree_pin(struct tree *t, uint64_t ino)
{
	struct node *n;

	SCOPE_LOCK(&t->lock);
	n = node_by_ino(t->nodes, ino);
	if (n)
		n->pins++;
	return n;
}

void tree_unpin(struct tree *t, struct node *n)
{
	SCOPE_LOCK(&t->lock);

	n->pins--;
	tree_reap(t, n);
}

void tree_reap(struct tree *t, struct node *n)
{
	bool gone = true;

	while (gone && n->kind != NODE_ROOT) {
		struct node *parent = n->parent;
		struct dropfile *f;

		/* made anew by the next lookup */
		if (n->kind == NODE_JOB && n->linked && n->nlookup == 0 && n->pins == 0)
			node_unlink(t->nodes, n);
		f = node_reap(t->nodes, n, &gone);
		if (gone)
			dropfile_free(f);
		n = parent; /* an unlinked folder may have waited for it */
	}
}

static int lookup_once(struct tree *t, uint64_t parent, const char *name,
		       const struct access_who *who, struct tree_attr *out, bool *ask_amc)
{
	struct node *dir, *n = NULL;
	int r;

	SCOPE_LOCK(&t->lock);
	dir = node_by_ino(t->nodes, parent);
	if (!dir || !tree_is_dir(dir->kind))
		return dir ? -ENOTDIR : -ENOENT;
	if (!tree_may(t, dir, who, X_OK))
		return -EACCES;
	r = find_or_make(t, dir, name, &n);
	*ask_amc = r == -ENOENT &&
		   (dir->kind == NODE_INSTANCES || dir->kind == NODE_DATASETS);
	if (r < 0)
		return r;
	n->nlookup++;
	tree_attr_of(t, n, out);
	return 0;
}

int tree_lookup(struct tree *t, uint64_t parent, const char *name,
		const struct access_who *who, struct tree_attr *out)
{
	bool ask_amc = false;
	struct node *n;
	int r = lookup_once(t, parent, name, who, out, &ask_amc);

	if (ask_amc && name[0] != '.') { /* shells and file managers probe dot names */
		catalog_miss(t->engine->catalog, MISS_WAIT_MS);
		r = lookup_once(t, parent, name, who, out, &ask_amc);
	}
	if (r < 0)
		return r;
	n = tree_pin(t, out->ino);
	if (n) {
		r = add_text_size(t, n, out);
		tree_unpin(t, n);
	}
	if (r < 0)
		tree_forget(t, out->ino, 1);
	return r;
}

void tree_forget(struct tree *t, uint64_t ino, uint64_t n)
{
	struct node *node;

	SCOPE_LOCK(&t->lock);
	node = node_by_ino(t->nodes, ino);
	if (!node || node->kind == NODE_ROOT)
		return;
	node->nlookup -= n < node->nlookup ? n : node->nlookup;
	tree_reap(t, node);
}

int tree_getattr(struct tree *t, uint64_t ino, struct tree_attr *out)
{
	struct node *n = tree_pin(t, ino);
	int r;

	if (!n)
		return -ENOENT;
	pthread_mutex_lock(&t->lock);
	tree_attr_of(t, n, out);
	pthread_mutex_unlock(&t->lock);
	r = add_text_size(t, n, out);
	tree_unpin(t, n);
	return r;
}

int tree_access(struct tree *t, uint64_t ino, const struct access_who *who, int want)
{
	struct node *n;

	SCOPE_LOCK(&t->lock);
	n = node_by_ino(t->nodes, ino);
	if (!n)
		return -ENOENT;
	return tree_may(t, n, who, want) ? 0 : -EACCES;
}
