/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of AMC's own things are made when somebody looks for them and answer
 * only while the catalog has them; nodes of written files are made when they are
 * written or loaded. So nothing here has to follow the catalog's changes.
 */
#include "fs/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "fs/dropfile.h"
#include "fs/render.h"

#define MISS_WAIT_MS 3000
#define TEXT_MAX     (256u << 20)
#define LIST_MAX     (64u << 20)
#define JOBS_LISTED  100000

/* What has a fixed name below each kind of folder. */
static const struct {
	enum node_kind parent, kind;
	const char *name;
} fixed[] = {
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

static bool is_dir(enum node_kind k)
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

static bool strategy_folder(const char *name, bool fact)
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

	if (strlen(name) != ULID_CHARS + 5 || strcmp(name + ULID_CHARS, ".json") != 0)
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

static bool usable(const struct catalog_dataset *ds)
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
		return parent->parent->kind == NODE_DATASET && usable(ds) &&
		       strategy_folder(name, ds->schema->fact);
	default:
		return false;
	}
}

/* Does AMC (or this program) have something of that name? With the lock held. */
static bool exists(struct tree *t, struct node *parent, const char *name,
		   enum node_kind *kind)
{
	const struct catalog_view *v;
	bool yes = false;

	for (size_t i = 0; !yes && i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (fixed[i].parent == parent->kind && strcmp(fixed[i].name, name) == 0) {
			*kind = fixed[i].kind;
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
		yes = usable(catalog_dataset(v, tree_instance(parent), parent->name));
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
	if (!exists(t, parent, name, &kind))
		return -ENOENT;
	return n ? 0 : node_add(t->nodes, parent, name, kind, out);
}

/* --- attributes ------------------------------------------------------------ */

static int text_of(struct tree *t, struct node *n, uid_t uid, struct buf *out);

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
		return is_dir(n->kind) ? S_IFDIR | 0555 : S_IFREG | 0444;
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

	if (is_dir(n->kind) || n->kind == NODE_FILE)
		return 0;
	r = text_of(t, n, (uid_t)-1, &text);
	out->size = text.n;
	return r;
}

/* --- lookups ---------------------------------------------------------------- */

/* A node that stays while the caller uses it, found with the lock and used
 * without. */
static struct node *pin(struct tree *t, uint64_t ino)
{
	struct node *n;

	SCOPE_LOCK(&t->lock);
	n = node_by_ino(t->nodes, ino);
	if (n)
		n->pins++;
	return n;
}

static void unpin(struct tree *t, struct node *n)
{
	SCOPE_LOCK(&t->lock);

	n->pins--;
	tree_reap(t, n);
}

void tree_reap(struct tree *t, struct node *n)
{
	bool gone;
	struct dropfile *f;

	/* texts are made anew by the next lookup; folders may have children */
	if (n->kind == NODE_JOB && n->linked && n->nlookup == 0 && n->pins == 0)
		node_unlink(t->nodes, n);
	f = node_reap(t->nodes, n, &gone);
	if (gone)
		dropfile_free(f);
}

static int lookup_once(struct tree *t, uint64_t parent, const char *name,
		       const struct access_who *who, struct tree_attr *out, bool *ask_amc)
{
	struct node *dir, *n = NULL;
	int r;

	SCOPE_LOCK(&t->lock);
	dir = node_by_ino(t->nodes, parent);
	if (!dir || !is_dir(dir->kind))
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
	n = pin(t, out->ino);
	if (n) {
		r = add_text_size(t, n, out);
		unpin(t, n);
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
	struct node *n = pin(t, ino);
	int r;

	if (!n)
		return -ENOENT;
	pthread_mutex_lock(&t->lock);
	tree_attr_of(t, n, out);
	pthread_mutex_unlock(&t->lock);
	r = add_text_size(t, n, out);
	unpin(t, n);
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

	if (n->parent->kind != NODE_DATASET || !usable(ds))
		return 0;
	for (int s = 0; r == 0 && s < STRATEGY_COUNT; s++) {
		const char *name = settings_strategy_name((enum settings_strategy)s);

		if (strategy_folder(name, ds->schema->fact))
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

	for (size_t i = 0; r == 0 && i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		enum node_kind kind;

		if (fixed[i].parent == n->kind && exists(t, n, fixed[i].name, &kind))
			r = list_add(l, is_dir(fixed[i].kind) ? 'd' : 'f', fixed[i].name);
	}
	return r;
}

static int list_written(struct node *n, struct tree_list *l)
{
	int r = 0;

	for (struct node *c = n->child; r == 0 && c; c = c->sibling) {
		if (c->kind == NODE_FILE || c->kind == NODE_SUBDIR)
			r = list_add(l, is_dir(c->kind) ? 'd' : 'f', c->name);
	}
	return r;
}

int tree_list(struct tree *t, uint64_t ino, const struct access_who *who,
	      struct tree_list *out)
{
	struct node *n;
	int r;

	buf_init(&out->text, LIST_MAX);
	out->n = 0;
	SCOPE_LOCK(&t->lock);
	n = node_by_ino(t->nodes, ino);
	if (!n || !is_dir(n->kind))
		return n ? -ENOTDIR : -ENOENT;
	if (!tree_may(t, n, who, R_OK))
		return -EACCES;
	r = list_add(out, 'd', ".");
	if (r == 0)
		r = list_add(out, 'd', "..");
	if (r == 0)
		r = list_fixed(t, n, out);
	if (r == 0)
		r = list_catalog(t, n, out);
	if (r == 0 && n->kind == NODE_JOBS)
		r = list_jobs(t, n, out);
	if (r == 0)
		r = list_written(n, out);
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
static int text_of(struct tree *t, struct node *n, uid_t uid, struct buf *out)
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
		return is_dir(n->kind) ? -EISDIR : -EACCES;
	}
	if (r < 0 && p.err)
		log_warn("fs", "file=\"%s\" cannot be shown: %s", n->name,
			 problem_text(&p));
	return r;
}

int tree_text(struct tree *t, uint64_t ino, const struct access_who *who, struct buf *out)
{
	struct node *n = pin(t, ino);
	int r;

	if (!n)
		return -ENOENT;
	r = tree_may(t, n, who, R_OK) ? text_of(t, n, (uid_t)-1, out) : -EACCES;
	unpin(t, n);
	return r;
}

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

void tree_free(struct tree *t)
{
	if (!t)
		return;
	node_table_free(t->nodes, dropfile_free);
	pthread_mutex_destroy(&t->lock);
	free(t->mountpoint);
	free(t);
}
