/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two hashes with chains in the nodes: by number, and by parent and name.
 */
#include "fs/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

#define SLOTS 4096

struct node_table {
	uint64_t next; /* number of the next node */
	struct node *root;
	struct node *slots[SLOTS];   /* by parent and name: linked ones */
	struct node *numbers[SLOTS]; /* by number: all but the root */
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
	t->next = (((uint64_t)(chance & 0x3fffffff) + 1) << 32) + 1;
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
	for (size_t i = 0; i < SLOTS; i++) {
		for (struct node *n = t->numbers[i], *next; n; n = next) {
			next = n->same_number;
			if (n->file && free_file)
				free_file(n->file);
			free_node(n);
		}
	}
	if (t->root)
		free_node(t->root);
	free(t);
}

struct node *node_root(struct node_table *t)
{
	return t->root;
}

struct node *node_by_ino(struct node_table *t, uint64_t ino)
{
	struct node *n;

	if (ino == 1)
		return t->root;
	n = t->numbers[ino % SLOTS];
	while (n && n->ino != ino)
		n = n->same_number;
	return n;
}

struct node *node_child(struct node_table *t, const struct node *parent, const char *name)
{
	struct node *n = t->slots[slot_of(parent, name)];

	while (n && (n->parent != parent || strcmp(n->name, name) != 0))
		n = n->chain;
	return n;
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
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->name = strdup(name);
	if (!n->name) {
		free(n);
		return -ENOMEM;
	}
	n->kind = kind;
	n->ino = t->next++;
	n->same_number = t->numbers[n->ino % SLOTS];
	t->numbers[n->ino % SLOTS] = n;
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
	for (size_t i = 0; i < SLOTS; i++) {
		for (struct node *n = t->numbers[i], *next; n; n = next) {
			next = n->same_number;
			fn(ctx, n);
		}
	}
}

struct dropfile *node_reap(struct node_table *t, struct node *n, bool *gone)
{
	struct dropfile *f = n->file;
	struct node **at;

	*gone = !n->linked && n->nlookup == 0 && n->pins == 0;
	if (!*gone)
		return NULL;
	n->parent->pins--;
	at = &t->numbers[n->ino % SLOTS];
	while (*at != n)
		at = &(*at)->same_number;
	*at = n->same_number;
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
