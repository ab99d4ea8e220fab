/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_entries - what drop folders list, notes, ranks, and forgetting
 *
 * The statements' text stands in store.c, beside the tables; store_db.c is the
 * only user of SQLite. The time of an entry's last writing is this machine's,
 * not the modification time, which belongs to the person who wrote it and may be
 * years old.
 */
#include "job/store.h"

#include <string.h>

#include "job/store_priv.h"

/* Ranks are reserved in blocks, so that ending a file costs no extra fsync; the
 * rest of a block is lost at a restart, which leaves a gap and no harm. */
#define ORDER_BLOCK 256

static int64_t clamp(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

int store_entry_write(struct store *s, const struct store_entry *e, struct problem *p)
{
	struct store_stmt *st;
	int r = store_db_stmt(s->db, STORE_DB_WRITER, STORE_ENTRY_PUT, &st, p);

	if (r < 0)
		return r;
	store_db_bind_text(st, 1, e->folder);
	store_db_bind_text(st, 2, e->path);
	store_db_bind_int(st, 3, e->dir);
	store_db_bind_int(st, 4, clamp(e->size));
	store_db_bind_int(st, 5, e->mtime_ns);
	store_db_bind_int(st, 6, e->mode);
	store_db_bind_int(st, 7, e->uid);
	store_db_bind_int(st, 8, e->gid);
	store_db_bind_text(st, 9, e->job ? e->job : "");
	store_db_bind_int(st, 10, clock_wall_ms(&clock_real));
	return store_db_run(st, NULL, p);
}

int store_entry_put(struct store *s, const struct store_entry *e, struct problem *p)
{
	int r = store_db_lock(s->db, STORE_DB_WRITER, p);

	if (r < 0)
		return r;
	r = store_entry_write(s, e, p);
	store_write_end(s);
	return r;
}

int store_entry_delete(struct store *s, const char *folder, const char *path,
		       struct problem *p)
{
	struct store_stmt *st;
	int r = store_write(s, STORE_ENTRY_DELETE, &st, p);

	if (r < 0)
		return r;
	store_db_bind_text(st, 1, folder);
	store_db_bind_text(st, 2, path);
	r = store_db_run(st, NULL, p);
	store_write_end(s);
	return r;
}

int store_entry_move(struct store *s, const char *folder, const char *from,
		     const struct store_entry *to, struct problem *p)
{
	struct store_stmt *st;
	int r = store_write(s, STORE_ENTRY_DELETE, &st, p);

	if (r < 0)
		return r;
	r = store_db_begin(s->db, p);
	if (r == 0) {
		store_db_bind_text(st, 1, folder);
		store_db_bind_text(st, 2, from);
		r = store_db_run(st, NULL, p);
	}
	if (r == 0)
		r = store_entry_write(s, to, p);
	if (r == 0)
		r = store_db_commit(s->db, p);
	if (r < 0)
		store_db_rollback(s->db);
	store_write_end(s);
	return r;
}

int store_entries(struct store *s, store_entry_fn *fn, void *ctx, struct problem *p)
{
	struct store_stmt *st;
	int r = store_read(s, STORE_ENTRIES, &st, p);

	if (r < 0)
		return r;
	while ((r = store_db_step(st, p)) > 0) {
		const struct store_entry e = {
			.folder = store_db_text(st, 0).p,
			.path = store_db_text(st, 1).p,
			.dir = store_db_int(st, 2) != 0,
			.size = (uint64_t)store_db_int(st, 3),
			.mtime_ns = store_db_int(st, 4),
			.mode = (mode_t)store_db_int(st, 5),
			.uid = (uid_t)store_db_int(st, 6),
			.gid = (gid_t)store_db_int(st, 7),
			.job = store_db_text(st, 8).p,
		};

		r = fn(ctx, &e);
		if (r != 0)
			break;
	}
	store_db_reset(st);
	store_read_end(s);
	return r < 0 ? r : 0;
}

int store_note_put(struct store *s, const char *name, struct slice text,
		   struct problem *p)
{
	struct store_stmt *st;
	int r = store_write(s, STORE_NOTE_PUT, &st, p);

	if (r < 0)
		return r;
	store_db_bind_text(st, 1, name);
	store_db_bind_slice(st, 2, text);
	r = store_db_run(st, NULL, p);
	store_write_end(s);
	return r;
}

int store_note_get(struct store *s, const char *name, struct buf *out, struct problem *p)
{
	struct store_stmt *st;
	int r = store_read(s, STORE_NOTE_GET, &st, p);

	if (r < 0)
		return r;
	store_db_bind_text(st, 1, name);
	r = store_db_step(st, p);
	if (r > 0) {
		struct slice text = store_db_text(st, 0);

		r = buf_add(out, text.p, text.n);
		if (r < 0)
			r = problem_set(p, r, "the note %s does not fit", name);
	} else if (r == 0) {
		r = problem_set(p, -ERR_NOT_FOUND, "no note %s", name);
	}
	store_db_reset(st);
	store_read_end(s);
	return r;
}

int store_next_order(struct store *s, uint64_t *out, struct problem *p)
{
	struct store_stmt *st;
	int r = store_write(s, STORE_ORDER, &st, p);

	if (r < 0)
		return r;
	if (s->order_next == s->order_end) {
		store_db_bind_int(st, 1, ORDER_BLOCK);
		r = store_db_step(st, p);
		if (r > 0) {
			uint64_t end = (uint64_t)store_db_int(st, 0) + 1;

			/* durable only when the statement has run to its end */
			r = store_db_step(st, p);
			if (r == 0) {
				s->order_next = end - ORDER_BLOCK;
				s->order_end = end;
			}
		} else if (r == 0) {
			r = problem_set(p, -ERR_STORE, "state_dir %s lost its counter",
					s->dir.path);
		}
	}
	if (r == 0)
		*out = s->order_next++;
	store_write_end(s);
	return r;
}

static int expire(struct store *s, enum store_sql n, int64_t before, int64_t *changed,
		  struct problem *p)
{
	struct store_stmt *st;
	int r = store_db_stmt(s->db, STORE_DB_WRITER, n, &st, p);

	if (r < 0)
		return r;
	store_db_bind_int(st, 1, before);
	return store_db_run(st, changed, p);
}

int store_expire(struct store *s, int64_t before_wall_ms, struct problem *p)
{
	int64_t changed = 0;
	int r = store_db_lock(s->db, STORE_DB_WRITER, p);

	if (r < 0)
		return r;
	r = store_db_begin(s->db, p);
	if (r == 0)
		r = expire(s, STORE_EXPIRE_JOBS, before_wall_ms, &changed, p);
	if (r == 0)
		r = expire(s, STORE_EXPIRE_FILES, before_wall_ms, &changed, p);
	/* empty folders go from the innermost outwards */
	do {
		if (r == 0)
			r = expire(s, STORE_EXPIRE_DIRS, before_wall_ms, &changed, p);
	} while (r == 0 && changed > 0);
	if (r == 0)
		r = store_db_commit(s->db, p);
	if (r < 0)
		store_db_rollback(s->db);
	store_write_end(s);
	return r;
}
