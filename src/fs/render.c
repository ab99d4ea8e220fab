/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts are made anew for each open, from the board and the health counters;
 * nothing here waits for the network. What comes from files and servers is
 * printed without control characters, so that a name cannot write to somebody's
 * terminal.
 */
#include "fs/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/timefmt.h"

#define JOBS_SHOWN  10000
#define NAME_COLUMN 32 /* longer file names push the rest of their line */

/* --- pieces ------------------------------------------------------------------ */

static int add_clean(struct buf *out, const char *s)
{
	int r = 0;

	for (; r == 0 && *s; s++) {
		bool control = (unsigned char)*s < 0x20 || (unsigned char)*s == 0x7f;

		r = buf_addc(out, control ? '?' : *s);
	}
	return r;
}

/* How wide a text is on a terminal, near enough: code points. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int add_padded(struct buf *out, const char *s, size_t to)
{
	size_t have = width(s);
	int r = add_clean(out, s);

	do {
		if (r == 0)
			r = buf_addc(out, ' ');
	} while (r == 0 && ++have < to);
	return r;
}

static int add_age(struct buf *out, int64_t ms)
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 60)
		return buf_addf(out, "%" PRId64 "s", s);
	if (s < 3600)
		return buf_addf(out, "%" PRId64 "m", s / 60);
	if (s < 2 * 86400)
		return buf_addf(out, "%" PRId64 "h", s / 3600);
	return buf_addf(out, "%" PRId64 "d", s / 86400);
}

static int age_of(const struct json *rec, int64_t now_ms, struct buf *out)
{
	int64_t s = 0;

	if (timefmt_parse_rfc3339(json_str(rec, "updated_at"), &s) < 0)
		return buf_adds(out, "-");
	return add_age(out, now_ms - s * 1000);
}

/* --- the table ----------------------------------------------------------------- */

static bool one_dataset(const struct json *records)
{
	const struct json *first = json_at(records, 0);

	for (size_t i = 1; i < json_count(records); i++) {
		const struct json *rec = json_at(records, i);

		if (strcmp(json_str(rec, "dataset"), json_str(first, "dataset")) != 0 ||
		    strcmp(json_str(rec, "instance"), json_str(first, "instance")) != 0)
			return false;
	}
	return true;
}

static int add_where(const struct json *rec, struct buf *out)
{
	char where[600];

	(void)snprintf(where, sizeof(where), "%s/%s", json_str(rec, "instance"),
		       json_str(rec, "dataset"));
	return add_padded(out, where, 24);
}

/* Ignored columns are no error, but the reader should know. */
static int add_notes(const struct json *rec, struct buf *out)
{
	const struct json *err = json_get(rec, "error");
	const struct json *ignored = json_get(rec, "ignored_columns");
	const char *next = json_str(rec, "next_attempt_at");
	int r = 0;

	if (json_is_object(err)) {
		r = buf_addf(out, "    %s: ", json_str(err, "code"));
		if (r == 0)
			r = add_clean(out, json_str(err, "message"));
		if (r == 0 && next[0])
			r = buf_addf(out, " (next attempt at %s)", next);
		if (r == 0)
			r = buf_addc(out, '\n');
	}
	if (r == 0 && json_count(ignored) > 0)
		r = buf_adds(out, "    ignored columns: ");
	for (size_t i = 0; r == 0 && i < json_count(ignored); i++) {
		if (i > 0)
			r = buf_adds(out, ", ");
		if (r == 0)
			r = add_clean(out, json_text(json_at(ignored, i)));
		if (r == 0 && i + 1 == json_count(ignored))
			r = buf_addc(out, '\n');
	}
	return r;
}

static int add_line(const struct json *rec, bool with_dataset, int64_t now_ms,
		    struct buf *out)
{
	int r = add_padded(out, json_str(rec, "state"), 10);

	if (r == 0 && with_dataset)
		r = add_where(rec, out);
	if (r == 0)
		r = add_padded(out, json_str(rec, "file"), NAME_COLUMN);
	if (r == 0)
		r = buf_addf(out, "%10" PRId64 " %10" PRId64 " %8" PRId64 "  ",
			     json_int(rec, "rows_in", 0), json_int(rec, "rows_out", 0),
			     json_int(rec, "rows_skipped", 0));
	if (r == 0)
		r = age_of(rec, now_ms, out);
	if (r == 0)
		r = buf_addc(out, '\n');
	return r == 0 ? add_notes(rec, out) : r;
}

int render_table(const struct json *records, int64_t now_ms, struct buf *out)
{
	bool with_dataset = !one_dataset(records);
	size_t n = json_count(records);
	int r;

	if (n == 0)
		return buf_adds(out, "no jobs\n");
	r = add_padded(out, "STATE", 10);
	if (r == 0 && with_dataset)
		r = add_padded(out, "DATA SET", 24);
	if (r == 0)
		r = add_padded(out, "FILE", NAME_COLUMN);
	if (r == 0)
		r = buf_addf(out, "%10s %10s %8s  %s\n", "ROWS", "ACCEPTED", "SKIPPED",
			     "AGE");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_line(json_at(records, i), with_dataset, now_ms, out);
	return r;
}

/* --- a data set's status ---------------------------------------------------------- */

int render_status(const struct engine *e, const char *instance, const char *dataset,
		  uid_t uid, struct buf *out, struct problem *p)
{
	const struct catalog_view *v = catalog_get(e->catalog);
	const struct catalog_dataset *ds = catalog_dataset(v, instance, dataset);
	struct json *jobs = NULL;
	int r = 0;

	if (ds && !ds->schema) {
		r = buf_adds(out, "This data set cannot be written: ");
		if (r == 0)
			r = add_clean(out, problem_text(&ds->problem));
		if (r == 0)
			r = buf_adds(out, "\n\n");
	}
	catalog_put(v);
	if (r == 0)
		r = board_list(e->board, instance, dataset, uid, JOBS_SHOWN, &jobs, p);
	if (r == 0)
		r = render_table(jobs, clock_wall_ms(e->clock), out);
	json_free(jobs);
	return r;
}

static int write_jobs(struct json *doc, struct json *jobs, struct buf *out)
{
	int r;

	json_put(doc, "jobs", jobs);
	r = json_write(doc, true, out);
	json_free(doc);
	return r;
}

int render_status_json(const struct engine *e, const char *instance, const char *dataset,
		       uid_t uid, struct buf *out, struct problem *p)
{
	struct json *jobs = NULL;
	int r = board_list(e->board, instance, dataset, uid, JOBS_SHOWN, &jobs, p);

	return r < 0 ? r : write_jobs(json_object(), jobs, out);
}

int render_record(const struct engine *e, const char *id, struct buf *out,
		  struct problem *p)
{
	struct json *rec = NULL;
	int r = board_record(e->board, id, &rec, p);

	if (r == 0)
		r = json_write(rec, true, out);
	json_free(rec);
	return r;
}

/* --- the daemon's health ------------------------------------------------------------ */

static const char *const shown_states[] = {"receiving", "held",	  "queued",  "running",
					   "succeeded", "failed", "rejected"};
#define SHOWN (sizeof(shown_states) / sizeof(shown_states[0]))

static int count_shown(const struct engine *e, uint64_t n[SHOWN], struct problem *p)
{
	uint64_t by_state[JOB_STATE_COUNT] = {0};
	int r = board_counts(e->board, by_state, p);

	memset(n, 0, SHOWN * sizeof(*n));
	for (int s = 0; r == 0 && s < JOB_STATE_COUNT; s++) {
		for (size_t i = 0; i < SHOWN && !state_hidden((enum job_state)s); i++) {
			if (strcmp(shown_states[i], state_shown((enum job_state)s)) == 0)
				n[i] += by_state[s];
		}
	}
	return r;
}

static const char *peer_state(const struct health_state *h)
{
	if (h->error[0])
		return "failing";
	return h->good > 0 ? "ok" : "not used yet";
}

static int add_peers(const struct engine *e, int64_t now_ms, struct buf *out)
{
	int r = 0;

	for (int i = 0; r == 0 && i < HEALTH_PEERS; i++) {
		struct health_state h;

		health_read(e->health, (enum health_peer)i, &h);
		r = add_padded(out, health_name((enum health_peer)i), 10);
		if (r == 0)
			r = buf_adds(out, peer_state(&h));
		if (r == 0 && h.error[0]) {
			r = buf_adds(out, ", ");
			if (r == 0)
				r = add_age(out, now_ms - h.bad_ms);
			if (r == 0)
				r = buf_adds(out, " ago: ");
			if (r == 0)
				r = add_clean(out, h.error);
		}
		if (r == 0)
			r = buf_addc(out, '\n');
	}
	return r;
}

static int add_tree_age(const struct engine *e, int64_t now_ms, struct buf *out)
{
	const struct catalog_view *v = catalog_get(e->catalog);
	int r = add_padded(out, "tree", 10);

	if (r == 0 && v->read_ms == 0)
		r = buf_adds(out, "not read from AMC yet\n");
	else if (r == 0) {
		r = buf_addf(out, "%zu instances, read from AMC ", v->n_instances);
		if (r == 0)
			r = add_age(out, now_ms - v->read_ms);
		if (r == 0)
			r = buf_adds(out, " ago\n");
	}
	catalog_put(v);
	return r;
}

int render_root_status(const struct engine *e, uid_t uid, struct buf *out,
		       struct problem *p)
{
	int64_t now = clock_wall_ms(e->clock);
	uint64_t n[SHOWN];
	int r = count_shown(e, n, p);

	(void)uid; /* numbers of jobs are nobody's secret */
	if (r == 0)
		r = buf_adds(out, "amcfs " AMCFS_VERSION ", up ");
	if (r == 0)
		r = add_age(out, now - health_started_ms(e->health));
	if (r == 0)
		r = buf_adds(out, "\n\n");
	if (r == 0)
		r = add_peers(e, now, out);
	if (r == 0)
		r = add_tree_age(e, now, out);
	if (r == 0)
		r = buf_adds(out, "\njobs      ");
	for (size_t i = 0; r == 0 && i < SHOWN; i++)
		r = buf_addf(out, "%s%" PRIu64 " %s", i ? ", " : "", n[i],
			     shown_states[i]);
	if (r == 0)
		r = buf_addf(out, "\nstaged    %" PRIu64 " bytes since the start\n",
			     health_staged(e->health));
	return r;
}

static void put_time(struct json *to, const char *name, int64_t ms)
{
	char text[TIMEFMT_RFC3339];

	json_put_str(to, name, ms > 0 ? timefmt_rfc3339(ms / 1000, text) : NULL);
}

static struct json *peers_json(const struct engine *e)
{
	struct json *all = json_object();

	for (int i = 0; i < HEALTH_PEERS; i++) {
		struct json *one = json_object();
		struct health_state h;

		health_read(e->health, (enum health_peer)i, &h);
		json_put_str(one, "state", peer_state(&h));
		json_put_int(one, "good", (int64_t)h.good);
		json_put_int(one, "bad", (int64_t)h.bad);
		put_time(one, "last_good_at", h.good_ms);
		put_time(one, "last_bad_at", h.bad_ms);
		json_put_str(one, "error", h.error[0] ? h.error : NULL);
		json_put(all, health_name((enum health_peer)i), one);
	}
	return all;
}

int render_root_json(const struct engine *e, uid_t uid, struct buf *out,
		     struct problem *p)
{
	const struct catalog_view *v;
	struct json *doc, *counters, *jobs = NULL;
	uint64_t n[SHOWN];
	int r = count_shown(e, n, p);

	if (r == 0)
		r = board_list(e->board, NULL, NULL, uid, JOBS_SHOWN, &jobs, p);
	if (r < 0)
		return r;
	doc = json_object();
	counters = json_object();
	for (size_t i = 0; i < SHOWN; i++)
		json_put_int(counters, shown_states[i], (int64_t)n[i]);
	json_put_int(counters, "staged_bytes", (int64_t)health_staged(e->health));
	json_put_str(doc, "version", AMCFS_VERSION);
	json_put_int(doc, "uptime_seconds",
		     (clock_wall_ms(e->clock) - health_started_ms(e->health)) / 1000);
	json_put(doc, "connections", peers_json(e));
	v = catalog_get(e->catalog);
	put_time(doc, "tree_read_at", v->read_ms);
	catalog_put(v);
	json_put(doc, "counters", counters);
	return write_jobs(doc, jobs, out);
}

/* --- the manual in the mount ----------------------------------------------------------- */

int render_readme(const struct engine *e, const char *mountpoint, struct buf *out)
{
	int r;

	(void)e;
	r = buf_adds(
		out,
		"This folder is Amazon Marketing Cloud (AMC), mounted by amcfs " AMCFS_VERSION
		".\n"
		"\n"
		"Copy a CSV file into a data set's upload folder, and its rows go to AMC:\n"
		"\n"
		"    cp customers.csv ");
	if (r == 0)
		r = add_clean(out, mountpoint);
	if (r == 0)
		r = buf_adds(
			out,
			"/instances/<instance>/datasets/<data set>/upload/\n"
			"\n"
			"The first row names the columns; definition.json beside the folder says\n"
			"which there are. E-mail addresses are normalised and hashed (SHA-256) on\n"
			"the way: plain text never leaves this machine and is on no disk of it.\n"
			"\n"
			"    upload/                 adds or replaces rows as the configuration says\n"
			"    upload/ADDITIVE/        adds rows\n"
			"    upload/FULL_REPLACE/    replaces all rows\n"
			"    upload/OVERLAP_REPLACE/ replaces the periods that the file touches\n"
			"    upload/OVERLAP_KEEP/    adds only periods that AMC does not have yet\n"
			"\n"
			"(The last two exist for data sets with a main event time.)\n"
			"\n"
			"When cp has ended without an error, the rows are safe: they reach AMC\n"
			"once, even if this machine stops now. What became of them:\n"
			"\n"
			"    cat status              beside upload/: the jobs, newest first\n"
			"    cat status.json         the same for programs\n"
			"    cat jobs/<id>.json      everything about one job\n"
			"    amcfs wait FILE         waits until AMC has finished with it\n"
			"\n"
			"A written file stays listed with its size and time, so that rsync sees\n"
			"it, but nobody can read it back. Removing it removes it from the list\n"
			"only; nothing here deletes anything at AMC.\n"
			"\n"
			"The file status in this folder says how the connections are doing.\n");
	return r;
}
