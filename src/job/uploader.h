/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uploader - a few threads that carry parts to S3, fairly and with a bound
 *
 * Layer    job
 * Threads  any may submit; the work function runs on an uploader thread
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errcode.h"

struct uploader;

/* threads: how many requests are under way at once; also how many tasks may
 * wait or run before uploader_room() makes writers wait. */
MUST_CHECK int uploader_new(struct uploader **out, int threads);
void uploader_free(struct uploader *u); /* after the last task has ended */

/* One thing to carry. next and queue are the uploader's. run() is called once
 * on an uploader thread; lane groups the tasks of one file: lanes take turns. */
struct uploader_task {
	void (*run)(struct uploader_task *t);
	const void *lane;
	struct uploader_task *next;
};

/* Never blocks; the task is lent until run() returns. */
void uploader_submit(struct uploader *u, struct uploader_task *t);

/* Takes back what has not begun; true when it was still waiting. */
bool uploader_withdraw(struct uploader *u, struct uploader_task *t);

/* How many bytes all files together may hold in parts, being filled or under
 * way; 0, as at first, is no limit. It is kept by the files, not enforced here:
 * they say what they hold, and while more is held than that they fill no part
 * further than they must. Set before the first task. */
void uploader_set_budget(struct uploader *u, size_t bytes);
void uploader_hold(struct uploader *u, size_t bytes);
void uploader_let_go(struct uploader *u, size_t bytes);
bool uploader_tight(const struct uploader *u); /* the budget is used up */

/* Waits until fewer tasks wait or run than there are threads, and until the
 * budget is not used up or no task is left whose end could change that.
 * interrupted is asked when uploader_poke() was called. 0, -EINTR, or
 * -ETIMEDOUT. */
MUST_CHECK int uploader_room(struct uploader *u, int64_t timeout_ms,
			     bool (*interrupted)(void *ctx), void *ctx);
void uploader_poke(struct uploader *u);
