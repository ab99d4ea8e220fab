/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render - text of the read-only files, from snapshots; pure but for reading
 *
 * Layer    fs
 */
#pragma once

#include "base/buf.h"
#include "base/problem.h"
#include "job/engine.h"

MUST_CHECK int render_readme(const struct engine *e, const char *mountpoint,
			     struct buf *out);

/* Root: daemon health for people, and for programs: {"version", "uptime_seconds",
 * "connections": {...}, "counters": {...}, "jobs": [records]}. uid: whose jobs
 * may be seen, (uid_t)-1 = all. */
MUST_CHECK int render_root_status(const struct engine *e, uid_t uid, struct buf *out,
				  struct problem *p);
MUST_CHECK int render_root_json(const struct engine *e, uid_t uid, struct buf *out,
				struct problem *p);

/* A data set's jobs, newest first: table, and {"jobs": [records]}. */
MUST_CHECK int render_status(const struct engine *e, const char *instance,
			     const char *dataset, uid_t uid, struct buf *out,
			     struct problem *p);
MUST_CHECK int render_status_json(const struct engine *e, const char *instance,
				  const char *dataset, uid_t uid, struct buf *out,
				  struct problem *p);
MUST_CHECK int render_record(const struct engine *e, const char *id, struct buf *out,
			     struct problem *p);

/* The table that `status` and `amcfs status` share: one line a record, with
 * file, state, rows, skipped, age and what to do about an error; data set names
 * stand in it when more than one data set occurs. */
MUST_CHECK int render_table(const struct json *records, int64_t now_ms, struct buf *out);
