/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flush and end of a file being received. A flush changes nothing in the
 * pipeline: it looks at what the end would be and stages that behind the last
 * part; see the head of ingest.c.
 */
#include "job/ingest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/scope.h"
#include "job/ingest_priv.h"

/* --- flush ------------------------------------------------------------ */

/* Everything behind the last part: what the compressor holds, and the row that
 * would be the last one. */
static int make_tail(struct ingest *in, struct problem *p)
{
	int r = 0;

	if (in->gzip) {
		r = gzip_tail(in->gzip, buf_slice(&in->rows), &in->zip);
		buf_clear(&in->rows);
	}
	return r < 0 ? problem_set(p, r, "out of memory for the end of the file") : 0;
}

static int stage_all(struct ingest *in, uint64_t rows, struct problem *p)
{
	struct job_object o = {0};
	struct job_object *to = &in->locked.job.object;
	const struct buf *tail = in->gzip ? &in->zip : &in->rows;
	int r = make_tail(in, p);

	/* from here on the object may lie there, though no answer ever says so */
	pthread_mutex_lock(&in->job_lock);
	to->present = true;
	pthread_mutex_unlock(&in->job_lock);
	if (r == 0)
		r = staging_sync(in->staging, tail->p, tail->n, &o, p);
	buf_clear(&in->rows);
	buf_clear(&in->zip);
	if (r < 0)
		return r;
	SCOPE_LOCK(&in->job_lock);
	free(to->bucket);
	free(to->key);
	free(to->upload_id);
	free(to->parts);
	*to = o;
	to->rows = rows;
	return 0;
}

static int judge(const struct ingest *in, int verdict, struct problem *p)
{
	uint64_t size = atomic_load(&in->size);

	if (in->died || in->declared > size)
		problem_clear(p);
	if (in->died)
		return problem_set(p, -ERR_INTERRUPTED,
				   "the program that wrote the file was %s before it had "
				   "finished; copy the file again",
				   in->how);
	if (in->declared > size)
		return problem_set(p, -ERR_INTERRUPTED,
				   "%" PRIu64 " bytes were announced and only %" PRIu64
				   " arrived; copy the file again",
				   in->declared, size);
	return verdict;
}

/* Stages what came since the latest flush and asks for the verdict, which is
 * returned in *verdict and *why. */
static int settle_data(struct ingest *in, int *verdict, struct problem *why,
		       struct problem *p)
{
	_cleanup_free_ struct report *rep = calloc(1, sizeof(*rep));
	int r;

	if (!rep)
		return problem_set(p, -ENOMEM, "out of memory");
	*verdict = pipeline_peek_end(in->pipeline, &in->rows, rep, why);
	if (*verdict == -ENOMEM)
		return problem_set(p, -ENOMEM, "out of memory");
	if (rep->rows_out > 0) {
		r = stage_all(in, rep->rows_out, p);
		if (r < 0)
			return r;
	}
	buf_clear(&in->rows);
	SCOPE_LOCK(&in->job_lock);
	r = ingest_count(in, rep);
	return r < 0 ? problem_set(p, r, "out of memory") : 0;
}

/* last_close is a promise about what is staged, so it is not set before that is:
 * the job is also stored from another thread, by staging_begun(). */
static int store_flush(struct ingest *in, bool last_close,
		       const struct store_entry *entry, struct problem *p)
{
	struct job *j = &in->locked.job;

	SCOPE_LOCK(&in->job_lock);
	j->last_close = last_close;
	return entry ? board_put_both(in->e->board, j, entry, p)
		     : board_put(in->e->board, j, p);
}

static int note_verdict(struct ingest *in, int verdict, const struct problem *why)
{
	SCOPE_LOCK(&in->job_lock);

	in->locked.job.verdict = verdict;
	return job_set(&in->locked.job.verdict_note,
		       verdict < 0 ? problem_text(why) : "");
}

int ingest_flush(struct ingest *in, const struct ingest_caller *who,
		 const struct store_entry *entry)
{
	struct problem p = {0}, why = {0};
	bool fresh = in->dirty;
	int verdict = 0, r;

	if (in->err.err < 0 || atomic_load(&in->size) == 0)
		return in->err.err;
	/* without new bytes nothing is taken back of what a close has promised */
	if (!fresh && (in->locked.job.last_close || !who->last_close))
		return 0;
	if (fresh) {
		in->died = who->died;
		memcpy(in->how, who->how, sizeof(in->how));
		/* A dying process cannot be killed while it waits here: nothing is
		 * staged for a file that comes to nothing. */
		r = who->died ? 0 : settle_data(in, &verdict, &why, &p);
		if (r == 0)
			r = note_verdict(in, judge(in, verdict, &why), &why);
		if (r < 0) {
			problem_set(&p, r, "%s", errcode_text(r));
			return ingest_stick(in, &p);
		}
		in->dirty = false;
	}
	r = store_flush(in, who->last_close, entry, &p);
	return r < 0 ? ingest_stick(in, &p) : 0;
}

/* --- end -------------------------------------------------------------- */

static bool hand_over(struct ingest *in, const struct ingest_end *end)
{
	struct job *j = &in->locked.job;
	int64_t hold = in->e->settings->mount.hold_ms;
	struct problem p = {0};
	bool stored;
	int r;

	pthread_mutex_lock(&in->job_lock);
	r = state_next(j->state, end->temporary ? JOB_EV_CLOSED_TEMP : JOB_EV_CLOSED,
		       j->clean, &j->state);
	if (end->temporary)
		j->hold_until_ms = clock_wall_ms(in->e->clock) + hold;
	else if (r == 0)
		r = store_next_order(in->e->store, &j->order, &p);
	if (r == 0 && !end->temporary &&
	    (end->at_once || in->e->settings->mount.settle_ms == 0))
		r = state_next(j->state, JOB_EV_SETTLED, j->clean, &j->state);
	if (r == 0)
		r = end->entry ? board_put_both(in->e->board, j, end->entry, &p)
			       : board_put(in->e->board, j, &p);
	stored = r == 0 && end->entry;
	if (r < 0) /* the latest flush is on disk and says last close: carried on */
		log_error("ingest", "job=%s its end could not be stored: %s", in->id,
			  p.err ? problem_text(&p) : errcode_text(r));
	log_info("ingest", "end job=%s state=%s bytes=%" PRIu64 " rows_out=%" PRIu64,
		 in->id, state_name(j->state), j->bytes_in, j->rows_out);
	in->locked.owned = false;
	pthread_mutex_unlock(&in->job_lock);
	if (j->state == JOB_COMPLETING) {
		r = runner_add(in->e->runner, j, NULL);
		ingest_free(in);
	} else {
		r = runner_add(in->e->runner, j, in);
		if (r < 0)
			ingest_free(in);
	}
	if (r < 0)
		log_error("ingest", "a job waits for the next start: %s",
			  errcode_text(r));
	return stored;
}

bool ingest_close(struct ingest *in, const struct ingest_end *end)
{
	const struct ingest_caller nobody = {.last_close = true};
	struct problem p = {0};

	/* its first write was interrupted before it took anything: no job */
	if (in->err.err == 0 && atomic_load(&in->has_job) && atomic_load(&in->size) == 0)
		ingest_withdraw(in);
	if (in->err.err == 0 && (in->dirty || !in->locked.job.last_close))
		errcode_ignore(
			ingest_flush(in, &nobody, end->entry)); /* sticks if it fails */
	if (in->err.err < 0 || !atomic_load(&in->has_job)) {
		ingest_free(in);
		return false;
	}
	if (in->declared > atomic_load(&in->size))
		errcode_ignore(note_verdict(in, judge(in, 0, &p), &p));
	if (end->partial_mark) {
		problem_clear(&p);
		errcode_ignore(note_verdict(
			in,
			problem_set(&p, -ERR_INTERRUPTED,
				    "rsync marked the file as partial (a "
				    "modification time of 0); run rsync again"),
			&p));
	}
	if (in->locked.job.verdict < 0 && !end->temporary &&
	    (end->at_once || in->e->settings->mount.settle_ms == 0)) {
		problem_clear(&p);
		problem_set(&p, in->locked.job.verdict, "%s",
			    in->locked.job.verdict_note);
		errcode_ignore(ingest_stick(in, &p)); /* nobody is left to be told */
		ingest_free(in);
		return false;
	}
	/* a bad verdict settles too: the next >> may mend it */
	return hand_over(in, end);
}
