/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/node.h"

#include "check.h"

#define MANY 10000 /* more than there are hash slots */

static struct node *add(struct node_table *t, struct node *parent, const char *name,
			enum node_kind kind)
{
	struct node *n = NULL;

	CHECK(node_child(t, parent, name) == NULL);
	CHECK_INT(node_add(t, parent, name, kind, &n), 0);
	CHECK(n->linked);
	CHECK(n->parent == parent);
	CHECK_STR(n->name, name);
	CHECK_INT(n->kind, kind);
	CHECK_INT(n->nlookup, 0);
	CHECK_INT(n->pins, 0);
	CHECK(node_child(t, parent, name) == n);
	CHECK(node_by_ino(t, n->ino) == n);
	return n;
}

static bool reap(struct node_table *t, struct node *n)
{
	bool gone = false;

	CHECK(node_reap(t, n, &gone) == NULL);
	return gone;
}

static size_t children(const struct node *n)
{
	size_t count = 0;

	for (const struct node *c = n->child; c; c = c->sibling) {
		CHECK(c->parent == n);
		count++;
	}
	return count;
}

static struct node_table *table(void)
{
	struct node_table *t = NULL;

	CHECK_INT(node_table_new(&t), 0);
	return t;
}

TEST(the_root)
{
	struct node_table *t = table();
	struct node *root = node_root(t);

	CHECK_INT(root->ino, 1);
	CHECK_INT(root->kind, NODE_ROOT);
	CHECK(root->parent == NULL);
	CHECK(node_by_ino(t, 1) == root);
	CHECK(node_by_ino(t, 0) == NULL);
	CHECK(node_by_ino(t, 2) == NULL);
	CHECK(node_by_ino(t, UINT64_MAX) == NULL);
	CHECK(!reap(t, root));
	CHECK(root->child == NULL);
	node_table_free(t, NULL);
	node_table_free(NULL, NULL);
}

/* Far above what a file system counts up to, and another for each table; of
 * eight, two that are alike would be a chance of one in fifty million. */
TEST(numbers_begin_at_random)
{
	uint64_t seen[8];

	for (size_t i = 0; i < 8; i++) {
		struct node_table *t = table();

		seen[i] = add(t, node_root(t), "a", NODE_DROP)->ino;
		CHECK(seen[i] > UINT32_MAX);
		CHECK(seen[i] >> 62 == 0); /* fits whatever is signed */
		CHECK(node_by_ino(t, seen[i] - 1) == NULL);
		CHECK(node_by_ino(t, seen[i] + 1) == NULL);
		for (size_t k = 0; k < i; k++)
			CHECK(seen[i] >> 32 != seen[k] >> 32);
		node_table_free(t, NULL);
	}
}

TEST(numbers_are_never_used_again)
{
	struct node_table *t = table();
	struct node *drop = add(t, node_root(t), "upload", NODE_DROP);
	uint64_t last = drop->ino;

	for (int i = 0; i < MANY; i++) {
		struct node *n = add(t, drop, "a.csv", NODE_FILE);
		uint64_t ino = n->ino;

		CHECK(ino > last);
		last = ino;
		node_unlink(t, n);
		CHECK(reap(t, n));
		CHECK(node_by_ino(t, ino) == NULL);
	}
	CHECK_INT(children(drop), 0);
	CHECK_INT(drop->pins, 0);
	node_table_free(t, NULL);
}

TEST(names_are_found_among_many)
{
	struct node_table *t = table();
	struct node *a = add(t, node_root(t), "a", NODE_DROP);
	struct node *b = add(t, node_root(t), "b", NODE_DROP);
	static struct node *in_a[MANY], *in_b[MANY];
	char name[32];

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "file-%d.csv", i);
		in_a[i] = add(t, a, name, NODE_FILE);
		in_b[i] = add(t, b, name, NODE_FILE);
	}
	CHECK_INT(children(a), MANY);
	CHECK_INT(a->pins, MANY);
	for (int i = 0; i < MANY; i += 2) {
		node_unlink(t, in_a[i]);
		CHECK(reap(t, in_a[i]));
	}
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "file-%d.csv", i);
		CHECK(node_child(t, a, name) == (i % 2 ? in_a[i] : NULL));
		CHECK(node_child(t, b, name) == in_b[i]);
		CHECK(node_by_ino(t, in_b[i]->ino) == in_b[i]);
	}
	CHECK(node_child(t, a, "file-") == NULL);
	CHECK(node_child(t, a, "") == NULL);
	CHECK_INT(children(a), MANY / 2);
	node_table_free(t, NULL);
}

TEST(a_node_lives_while_somebody_needs_it)
{
	struct node_table *t = table();
	struct node *drop = add(t, node_root(t), "upload", NODE_DROP);
	struct node *n = add(t, drop, "a.csv", NODE_FILE);
	uint64_t ino = n->ino;

	n->nlookup = 2;
	n->pins = 1;
	CHECK(!reap(t, n)); /* linked */
	node_unlink(t, n);
	CHECK(!n->linked);
	CHECK(node_child(t, drop, "a.csv") == NULL);
	CHECK(node_by_ino(t, ino) == n); /* an open file keeps its number */
	CHECK(node_drop(n) == drop);	 /* and knows where it was */
	CHECK(!reap(t, n));
	n->nlookup = 0;
	CHECK(!reap(t, n)); /* pinned */
	n->pins = 0;
	n->nlookup = 1;
	CHECK(!reap(t, n)); /* the kernel's */
	n->nlookup = 0;
	CHECK(reap(t, n));
	CHECK(node_by_ino(t, ino) == NULL);
	node_table_free(t, NULL);
}

TEST(a_parent_outlives_its_children)
{
	struct node_table *t = table();
	struct node *drop = add(t, node_root(t), "upload", NODE_DROP);
	struct node *sub = add(t, drop, "north", NODE_SUBDIR);
	struct node *n = add(t, sub, "a.csv", NODE_FILE);

	CHECK_INT(sub->pins, 1);
	node_unlink(t, sub);
	CHECK(!reap(t, sub));
	node_unlink(t, n);
	CHECK(reap(t, n));
	CHECK(reap(t, sub));
	CHECK_INT(drop->pins, 0);
	node_table_free(t, NULL);
}

/* A name can be given anew while its former bearer is still open. */
TEST(a_name_is_free_when_it_is_unlinked)
{
	struct node_table *t = table();
	struct node *drop = add(t, node_root(t), "upload", NODE_DROP);
	struct node *former = add(t, drop, "a.csv", NODE_FILE), *now;

	former->pins = 1;
	node_unlink(t, former);
	now = add(t, drop, "a.csv", NODE_FILE);
	CHECK(now != former);
	CHECK(now->ino != former->ino);
	former->pins = 0;
	CHECK(reap(t, former));
	CHECK(node_child(t, drop, "a.csv") == now);
	node_table_free(t, NULL);
}

TEST(moving)
{
	struct node_table *t = table();
	struct node *drop = add(t, node_root(t), "upload", NODE_DROP);
	struct node *sub = add(t, drop, "north", NODE_SUBDIR);
	struct node *n = add(t, drop, ".a.csv.Xy12Zz", NODE_FILE);
	uint64_t ino = n->ino;

	CHECK_INT(node_move(t, n, drop, "a.csv"), 0);
	CHECK(node_child(t, drop, ".a.csv.Xy12Zz") == NULL);
	CHECK(node_child(t, drop, "a.csv") == n);
	CHECK_INT(drop->pins, 2);
	CHECK_INT(node_move(t, n, sub, "b.csv"), 0);
	CHECK(node_child(t, drop, "a.csv") == NULL);
	CHECK(node_child(t, drop, "b.csv") == NULL);
	CHECK(node_child(t, sub, "b.csv") == n);
	CHECK(n->linked);
	CHECK_INT(n->ino, ino);
	CHECK_INT(drop->pins, 1);
	CHECK_INT(sub->pins, 1);
	CHECK_INT(children(drop), 1);
	CHECK_INT(children(sub), 1);
	/* to where it is: the same */
	CHECK_INT(node_move(t, n, sub, "b.csv"), 0);
	CHECK(node_child(t, sub, "b.csv") == n);
	CHECK_INT(sub->pins, 1);
	CHECK_INT(children(sub), 1);
	/* what is below moves along */
	CHECK_INT(node_move(t, sub, drop, "south"), 0);
	CHECK(node_child(t, node_child(t, drop, "south"), "b.csv") == n);
	node_table_free(t, NULL);
}

TEST(the_way_up_and_the_path_down)
{
	struct node_table *t = table();
	struct node *ds = add(t, node_root(t), "customers", NODE_DATASET);
	struct node *drop = add(t, ds, "upload", NODE_DROP);
	struct node *other = add(t, drop, "ADDITIVE", NODE_DROP);
	struct node *sub = add(t, drop, "north", NODE_SUBDIR);
	struct node *n = add(t, sub, "a b.csv", NODE_FILE);
	struct node *o = add(t, other, "c.csv", NODE_FILE);
	struct buf b = BUF_INIT(4096);

	CHECK(node_drop(n) == drop);
	CHECK(node_drop(drop) == drop);
	CHECK(node_drop(o) == other);
	CHECK(node_drop(ds) == NULL);
	CHECK(node_up(n, NODE_DATASET) == ds);
	CHECK(node_up(o, NODE_DATASET) == ds);
	CHECK(node_up(n, NODE_ROOT) == node_root(t));
	CHECK(node_up(n, NODE_FILE) == n);
	CHECK(node_up(n, NODE_JOBS) == NULL);
	CHECK(node_up(NULL, NODE_FILE) == NULL);

	CHECK_INT(buf_adds(&b, "something before"), 0);
	CHECK_INT(node_path(n, &b), 0);
	CHECK_STR(buf_str(&b), "north/a b.csv");
	CHECK_INT(node_path(sub, &b), 0);
	CHECK_STR(buf_str(&b), "north");
	CHECK_INT(node_path(o, &b), 0);
	CHECK_STR(buf_str(&b), "c.csv"); /* below its own drop folder */
	CHECK_INT(node_path(drop, &b), 0);
	CHECK_STR(buf_str(&b), "");
	buf_fini(&b);
	node_table_free(t, NULL);
}

TEST(a_path_has_a_greatest_depth)
{
	struct node_table *t = table();
	struct node *n = add(t, node_root(t), "upload", NODE_DROP);
	struct buf b = BUF_INIT(4096);

	for (int i = 0; i < 64; i++)
		n = add(t, n, "d", NODE_SUBDIR);
	CHECK_INT(node_path(n, &b), 0);
	CHECK_INT(b.n, 64 + 63);
	n = add(t, n, "d", NODE_SUBDIR);
	CHECK_INT(node_path(n, &b), -ENAMETOOLONG);
	buf_fini(&b);
	node_table_free(t, NULL);
}

static void forget(void *ctx, struct node *n)
{
	struct node_table *t = ctx;

	if (n->kind != NODE_FILE)
		return;
	node_unlink(t, n);
	CHECK(reap(t, n));
}

static void count(void *ctx, struct node *n)
{
	CHECK(n->kind != NODE_ROOT);
	++*(int *)ctx;
}

TEST(each_node_once_and_reaping_on_the_way)
{
	struct node_table *t = table();
	struct node *drop;
	char name[8];
	int n = 0;

	node_each(t, count, &n);
	CHECK_INT(n, 0);
	drop = add(t, node_root(t), "upload", NODE_DROP);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		(void)add(t, drop, name, i % 3 ? NODE_FILE : NODE_SUBDIR);
	}
	node_each(t, count, &n);
	CHECK_INT(n, 301);
	node_each(t, forget, t);
	n = 0;
	node_each(t, count, &n);
	CHECK_INT(n, 101);
	CHECK_INT(children(drop), 100);
	node_table_free(t, NULL);
}

/* A table knows nothing of what a file is: any address will do. */
static int files[3];
static int freed;

static void free_file(struct dropfile *f)
{
	int *p = (int *)(void *)f;

	CHECK_INT(*p, 0);
	*p = 1;
	freed++;
}

TEST(files_are_given_back_once)
{
	struct node_table *t = table();
	struct node *drop = add(t, node_root(t), "upload", NODE_DROP);
	struct node *n[3];
	bool gone = false;

	n[0] = add(t, drop, "a", NODE_FILE);
	n[1] = add(t, drop, "b", NODE_FILE);
	n[2] = add(t, drop, "c", NODE_FILE);
	for (int i = 0; i < 3; i++)
		n[i]->file = (struct dropfile *)(void *)&files[i];
	CHECK(node_reap(t, n[0], &gone) == NULL); /* still linked: not given */
	CHECK(!gone);
	node_unlink(t, n[0]);
	CHECK(node_reap(t, n[0], &gone) == (struct dropfile *)(void *)&files[0]);
	CHECK(gone);
	n[1]->pins = 1; /* open while the mount ends, and no longer linked */
	node_unlink(t, n[1]);
	node_table_free(t, free_file);
	CHECK_INT(freed, 2);
	CHECK_INT(files[0], 0);
	CHECK_INT(files[1] + files[2], 2);
}

int main(void)
{
	RUN(the_root);
	RUN(numbers_begin_at_random);
	RUN(numbers_are_never_used_again);
	RUN(names_are_found_among_many);
	RUN(a_node_lives_while_somebody_needs_it);
	RUN(a_parent_outlives_its_children);
	RUN(a_name_is_free_when_it_is_unlinked);
	RUN(moving);
	RUN(the_way_up_and_the_path_down);
	RUN(a_path_has_a_greatest_depth);
	RUN(each_node_once_and_reaping_on_the_way);
	RUN(files_are_given_back_once);
	return CHECK_DONE();
}
