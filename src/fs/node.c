/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes are found by number in an array (number minus base) and by parent and
 * name in a hash. Numbers of freed nodes leave a hole, which is cheap: a mount
 * would have to see half a billion files to spend 4 GiB on holes.
 */
#include "fs/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

#define SLOTS 4096

struct node_table {
	uint64_t base; /* number of nodes[0]; nodes[0] is unused: the root is 1 */
	struct node **nodes;
	size_t n, cap;
	struct node *root;
	struct node *slots[SLOTS];
};

static size_t slot_of(const struct node *parent, const char *name)
{
	uint64_t h = 1469598103934665603u ^ parent->ino; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return h % SLOTS;
}

int node_table_new(struct node_table **out)
{
	struct node_table *t = calloc(1, sizeof(*t));
	uint32_t chance = 0;
	int r;

	if (!t)
		return -ENOMEM;
	r = crypto_random(&chance, sizeof(chance));
	t->base = ((uint64_t)(chance & 0x3fffffff) + 1) << 32;
	t->n = 1;
	t->root = calloc(1, sizeof(*t->root));
	if (r == 0 && t->root)
		t->root->name = strdup("");
	if (r < 0 || !t->root || !t->root->name) {
		node_table_free(t, NULL);
		return r < 0 ? r : -ENOMEM;
	}
	t->root->ino = 1;
	t->root->kind = NODE_ROOT;
	t->root->linked = true;
	t->root->nlookup = 1; /* never forgotten */
	*out = t;
	return 0;
}

static void free_node(struct node *n)
{
	free(n->name);
	free(n);
}

void node_table_free(struct node_table *t, void (*free_file)(struct dropfile *f))
{
	if (!t)
		return;
	for (size_t i = 1; t->nodes && i < t->n; i++) {
		struct node *n = t->nodes[i];

		if (!n)
			continue;
		if (n->file && free_file)
			free_file(n->file);
		free_node(n);
	}
	if (t->root)
		free_node(t->root);
	free(t->nodes);
	free(t);
}

struct node *node_root(struct node_table *t)
{
	return t->root;
}

struct node *node_by_ino(struct node_table *t, uint64_t ino)
{
	if (ino == 1)
		return t->root;
	if (ino <= t->base || ino - t->base >= t->n)
		return NULL;
	return t->nodes[ino - t->base];
}

struct node *node_child(struct node_table *t, const struct node *parent, const char *name)
{
	struct node *n = t->slots[slot_of(parent, name)];

	while (n && (n->parent != parent || strcmp(n->name, name) != 0))
		n = n->chain;
	return n;
}

static int grow(struct node_table *t)
{
	size_t cap = t->cap ? t->cap * 2 : 256;
	struct node **more;

	if (t->n < t->cap)
		return 0;
	more = realloc(t->nodes, cap * sizeof(struct node *));
	if (!more)
		return -ENOMEM;
	t->nodes = more;
	t->cap = cap;
	t->nodes[0] = NULL;
	return 0;
}

static void link_node(struct node_table *t, struct node *n, struct node *parent)
{
	struct node **slot;

	n->parent = parent;
	slot = &t->slots[slot_of(parent, n->name)];
	n->chain = *slot;
	*slot = n;
	n->sibling = parent->child;
	parent->child = n;
	parent->pins++;
	n->linked = true;
}

int node_add(struct node_table *t, struct node *parent, const char *name,
	     enum node_kind kind, struct node **out)
{
	struct node *n;

	if (grow(t) < 0)
		return -ENOMEM;
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->name = strdup(name);
	if (!n->name) {
		free(n);
		return -ENOMEM;
	}
	n->kind = kind;
	n->ino = t->base + t->n;
	t->nodes[t->n++] = n;
	link_node(t, n, parent);
	*out = n;
	return 0;
}

/* Out of the hash and its parent's list; it keeps its parent pinned, which tells
 * which data set an unlinked file is for. */
static void detach(struct node_table *t, struct node *n)
{
	struct node **at = &t->slots[slot_of(n->parent, n->name)];

	while (*at != n)
		at = &(*at)->chain;
	*at = n->chain;
	at = &n->parent->child;
	while (*at != n)
		at = &(*at)->sibling;
	*at = n->sibling;
	n->linked = false;
}

void node_unlink(struct node_table *t, struct node *n)
{
	detach(t, n);
}

int node_move(struct node_table *t, struct node *n, struct node *parent, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	detach(t, n);
	n->parent->pins--;
	free(n->name);
	n->name = copy;
	link_node(t, n, parent);
	return 0;
}

void node_each(struct node_table *t, void (*fn)(void *ctx, struct node *n), void *ctx)
{
	for (size_t i = 1; t->nodes && i < t->n; i++) {
		if (t->nodes[i])
			fn(ctx, t->nodes[i]);
	}
}

struct dropfile *node_reap(struct node_table *t, struct node *n, bool *gone)
{
	struct dropfile *f = n->file;

	*gone = !n->linked && n->nlookup == 0 && n->pins == 0;
	if (!*gone)
		return NULL;
	n->parent->pins--;
	t->nodes[n->ino - t->base] = NULL;
	free_node(n);
	return f;
}

struct node *node_up(struct node *n, enum node_kind kind)
{
	while (n && n->kind != kind)
		n = n->parent;
	return n;
}

struct node *node_drop(struct node *n)
{
	return node_up(n, NODE_DROP);
}

int node_path(const struct node *n, struct buf *out)
{
	const struct node *chain[64];
	size_t depth = 0;
	int r = 0;

	buf_clear(out);
	for (; n && n->kind != NODE_DROP; n = n->parent) {
		if (depth == sizeof(chain) / sizeof(chain[0]))
			return -ENAMETOOLONG;
		chain[depth++] = n;
	}
	while (r == 0 && depth > 0) {
		if (out->n > 0)
			r = buf_addc(out, '/');
		if (r == 0)
			r = buf_adds(out, chain[--depth]->name);
	}
	return r;
}
