/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_root - how the daemon is doing, for people and for programs
 */
#include "fs/render.h"

#include <inttypes.h>
#include <string.h>

#include "base/timefmt.h"
#include "fs/render_priv.h"

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

/* --- for people --------------------------------------------------------- */

static int add_peer(const struct engine *e, enum health_peer who, int64_t now_ms,
		    struct buf *out)
{
	struct health_state h;
	int r = render_padded(out, health_name(who), 9);

	health_read(e->health, who, &h);
	if (r == 0)
		r = buf_adds(out, peer_state(&h));
	if (r == 0 && h.error[0]) {
		r = buf_adds(out, ", ");
		if (r == 0)
			r = render_age(out, now_ms - h.bad_ms);
		if (r == 0)
			r = buf_adds(out, " ago: ");
		if (r == 0)
			r = render_clean(out, h.error);
	}
	return r == 0 ? buf_addc(out, '\n') : r;
}

static int add_tree(const struct engine *e, int64_t now_ms, struct buf *out)
{
	const struct catalog_view *v = catalog_get(e->catalog);
	int r = render_padded(out, "tree", 9);

	if (r == 0 && v->read_ms == 0) {
		r = buf_adds(out, "not read from AMC yet\n");
	} else if (r == 0) {
		r = buf_addf(out, "%zu instance%s, read from AMC ", v->n_instances,
			     v->n_instances == 1 ? "" : "s");
		if (r == 0)
			r = render_age(out, now_ms - v->read_ms);
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
		r = render_age(out, now - health_started_ms(e->health));
	if (r == 0)
		r = buf_adds(out, "\n\n");
	for (int i = 0; r == 0 && i < HEALTH_PEERS; i++)
		r = add_peer(e, (enum health_peer)i, now, out);
	if (r == 0)
		r = add_tree(e, now, out);
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

/* --- for programs ------------------------------------------------------- */

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

static struct json *counters_json(const struct engine *e, const uint64_t n[SHOWN])
{
	struct json *counters = json_object();

	for (size_t i = 0; i < SHOWN; i++)
		json_put_int(counters, shown_states[i], (int64_t)n[i]);
	json_put_int(counters, "staged_bytes", (int64_t)health_staged(e->health));
	return counters;
}

int render_root_json(const struct engine *e, uid_t uid, struct buf *out,
		     struct problem *p)
{
	int64_t up_ms = clock_wall_ms(e->clock) - health_started_ms(e->health);
	const struct catalog_view *v;
	struct json *doc, *jobs = NULL;
	uint64_t n[SHOWN];
	int r = count_shown(e, n, p);

	if (r == 0)
		r = board_list(e->board, NULL, NULL, uid, RENDER_JOBS, &jobs, p);
	if (r < 0)
		return r;
	doc = json_object();
	json_put_str(doc, "version", AMCFS_VERSION);
	json_put_int(doc, "uptime_seconds", up_ms < 0 ? 0 : up_ms / 1000);
	json_put(doc, "connections", peers_json(e));
	v = catalog_get(e->catalog);
	put_time(doc, "tree_read_at", v->read_ms);
	catalog_put(v);
	json_put(doc, "counters", counters_json(e, n));
	json_put(doc, "jobs", jobs);
	r = json_write(doc, true, out);
	json_free(doc);
	return r;
}
