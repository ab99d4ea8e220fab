/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_jobs - jobs in and out of their table
 *
 * The statements' text stands in store.c, beside the tables; store_db.c is the
 * only user of SQLite.
 */
#include "job/store.h"

#include <string.h>

#include "base/log.h"
#include "base/scope.h"
#include "job/record.h"
#include "job/store_priv.h"

/* 10000 parts of 200 bytes each, and much room */
#define RECORD_MAX (16u << 20)

/* --- writing jobs ------------------------------------------------------- */

struct halves {
	struct buf pub, priv;
};

static void halves_fini(struct halves *h)
{
	buf_fini(&h->pub);
	buf_fini(&h->priv);
}

/* Made before any lock is taken. */
static int halves_make(struct halves *h, const struct job *j, struct problem *p)
{
	struct json *pub = NULL, *priv = NULL;
	int r;

	buf_init(&h->pub, RECORD_MAX);
	buf_init(&h->priv, RECORD_MAX);
	r = record_public(j, &pub);
	if (r == 0)
		r = record_private(j, &priv);
	if (r == 0)
		r = json_write(pub, false, &h->pub);
	if (r == 0)
		r = json_write(priv, false, &h->priv);
	json_free(pub);
	json_free(priv);
	if (r < 0)
		return problem_set(p, r, "the record of job %s cannot be written: %s",
				   j->id, errcode_text(r));
	return 0;
}

static void bind_job(struct store_stmt *st, const struct job *j, const struct halves *h)
{
	store_db_bind_text(st, 1, j->id);
	store_db_bind_text(st, 2, j->instance);
	store_db_bind_text(st, 3, j->dataset);
	store_db_bind_text(st, 4, state_name(j->state));
	store_db_bind_int(st, 5, state_terminal(j->state));
	store_db_bind_int(st, 6, state_hidden(j->state));
	store_db_bind_int(st, 7, j->updated_ms);
	store_db_bind_int(st, 8, j->uid);
	store_db_bind_slice(st, 9, buf_slice(&h->pub));
	store_db_bind_slice(st, 10, buf_slice(&h->priv));
}

/* Job, and entry if there is one, on the locked writer. */
static int put_rows(struct store *s, struct store_stmt *st, const struct job *j,
		    const struct halves *h, const struct store_entry *e,
		    struct problem *p)
{
	int r = e ? store_db_begin(s->db, p) : 0;

	if (r < 0)
		return r;
	bind_job(st, j, h);
	r = store_db_run(st, NULL, p);
	if (!e)
		return r;
	if (r == 0)
		r = store_entry_write(s, e, p);
	if (r == 0)
		r = store_db_commit(s->db, p);
	if (r < 0)
		store_db_rollback(s->db);
	return r;
}

static int put(struct store *s, const struct job *j, const struct store_entry *e,
	       struct problem *p)
{
	/* GONE means that the record is deleted: it is never stored, so a crash
	 * leaves either the sweep to be repeated or nothing at all */
	bool gone = j->state == JOB_GONE;
	_cleanup_(halves_fini) struct halves h = {0};
	struct store_stmt *st;
	int r = gone ? 0 : halves_make(&h, j, p);

	if (r == 0)
		r = store_write(s, gone ? STORE_JOB_DELETE : STORE_JOB_PUT, &st, p);
	if (r < 0)
		return r;
	if (gone) {
		store_db_bind_text(st, 1, j->id);
		r = store_db_run(st, NULL, p);
	} else {
		r = put_rows(s, st, j, &h, e, p);
	}
	store_write_end(s);
	return r;
}

int store_put(struct store *s, const struct job *j, struct problem *p)
{
	return put(s, j, NULL, p);
}

int store_put_both(struct store *s, const struct job *j, const struct store_entry *e,
		   struct problem *p)
{
	return put(s, j, e, p);
}

int store_delete(struct store *s, const char *id, struct problem *p)
{
	struct store_stmt *st;
	int r = store_write(s, STORE_JOB_DELETE, &st, p);

	if (r < 0)
		return r;
	store_db_bind_text(st, 1, id);
	r = store_db_run(st, NULL, p);
	store_write_end(s);
	return r;
}

/* --- reading jobs ------------------------------------------------------- */

static int parse(struct slice pub_text, struct slice priv_text, struct job *out,
		 struct problem *p)
{
	struct json *pub = NULL, *priv = NULL;
	int r = json_parse(pub_text, &pub, p);

	if (r == 0)
		r = json_parse(priv_text, &priv, p);
	if (r == 0)
		r = record_parse(pub, priv, out, p);
	json_free(pub);
	json_free(priv);
	return r;
}

int store_get(struct store *s, const char *id, struct job *out, struct problem *p)
{
	struct store_stmt *st;
	int r = store_read(s, STORE_JOB_GET, &st, p);

	if (r < 0)
		return r;
	store_db_bind_text(st, 1, id);
	r = store_db_step(st, p);
	if (r > 0)
		r = parse(store_db_text(st, 0), store_db_text(st, 1), out, p);
	else if (r == 0)
		r = problem_set(p, -ERR_NOT_FOUND, "no job %.26s", id);
	store_db_reset(st);
	store_read_end(s);
	return r;
}

/* A record that cannot be read must not keep the others from going on. */
static int visit(struct store_stmt *st, store_job_fn *fn, void *ctx)
{
	struct problem bad = {0};
	struct job j = {0};
	int r = parse(store_db_text(st, 1), store_db_text(st, 2), &j, &bad);

	if (r < 0 && r != -ENOMEM) {
		log_error("job", "job=%.*s is passed over: %s",
			  (int)store_db_text(st, 0).n, store_db_text(st, 0).p,
			  problem_text(&bad));
		return 0;
	}
	if (r == 0)
		r = fn(ctx, &j);
	job_fini(&j);
	return r;
}

int store_unfinished(struct store *s, store_job_fn *fn, void *ctx, struct problem *p)
{
	struct store_stmt *st;
	int r = store_read(s, STORE_JOBS_OPEN, &st, p);

	if (r < 0)
		return r;
	while ((r = store_db_step(st, p)) > 0) {
		r = visit(st, fn, ctx);
		if (r != 0)
			break;
	}
	store_db_reset(st);
	store_read_end(s);
	return r < 0 ? r : 0;
}

int store_records(struct store *s, const char *instance, const char *dataset, uid_t uid,
		  size_t limit, store_text_fn *fn, void *ctx, struct problem *p)
{
	enum store_sql which = instance && dataset ? STORE_RECORDS_BOTH
			       : instance	   ? STORE_RECORDS_INSTANCE
			       : dataset	   ? STORE_RECORDS_DATASET
						   : STORE_RECORDS;
	struct store_stmt *st;
	int r = store_read(s, which, &st, p);

	if (r < 0)
		return r;
	store_db_bind_text(st, 1, instance);
	store_db_bind_text(st, 2, dataset);
	store_db_bind_int(st, 3, uid == (uid_t)-1 ? -1 : (int64_t)uid);
	store_db_bind_int(st, 4, limit == 0 || limit > INT64_MAX ? -1 : (int64_t)limit);
	while ((r = store_db_step(st, p)) > 0) {
		char id[ULID_CHARS + 1] = "";
		struct slice text = store_db_text(st, 0);

		memcpy(id, text.p, text.n < sizeof(id) ? text.n : sizeof(id) - 1);
		r = fn(ctx, id, store_db_text(st, 1));
		if (r != 0)
			break;
	}
	store_db_reset(st);
	store_read_end(s);
	return r < 0 ? r : 0;
}

int store_record(struct store *s, const char *id, struct buf *out, struct problem *p)
{
	struct store_stmt *st;
	int r = store_read(s, STORE_RECORD, &st, p);

	if (r < 0)
		return r;
	store_db_bind_text(st, 1, id);
	r = store_db_step(st, p);
	if (r > 0) {
		struct slice text = store_db_text(st, 0);

		r = buf_add(out, text.p, text.n);
		if (r < 0)
			r = problem_set(p, r, "the record of job %.26s does not fit", id);
	} else if (r == 0) {
		r = problem_set(p, -ERR_NOT_FOUND, "no job %.26s", id);
	}
	store_db_reset(st);
	store_read_end(s);
	return r;
}

int store_counts(struct store *s, uint64_t by_state[JOB_STATE_COUNT], struct problem *p)
{
	struct store_stmt *st;
	int r = store_read(s, STORE_COUNTS, &st, p);

	if (r < 0)
		return r;
	memset(by_state, 0, JOB_STATE_COUNT * sizeof(by_state[0]));
	while ((r = store_db_step(st, p)) > 0) {
		enum job_state state;

		if (state_parse(store_db_text(st, 0).p, &state) == 0)
			by_state[state] = (uint64_t)store_db_int(st, 1);
	}
	store_read_end(s);
	return r;
}
