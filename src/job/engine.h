/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine - everything a running amcfs consists of below the tree
 *
 * Built once, read by all, torn down in reverse. Pointers never change between
 * engine_start() and engine_stop().
 *
 * Layer    job
 */
#pragma once

#include <stdatomic.h>

#include "base/clock.h"
#include "job/board.h"
#include "job/catalog.h"
#include "job/health.h"
#include "job/keyring.h"
#include "job/runner.h"
#include "job/settings.h"
#include "job/store.h"
#include "job/uploader.h"
#include "net/amc.h"
#include "net/http.h"
#include "net/lwa.h"
#include "net/s3.h"

struct engine {
	const struct settings *settings; /* lent */
	const struct clock *clock;
	struct store *store;
	struct health *health;
	struct board *board;
	struct http_client *http, *http_s3;
	struct lwa *lwa;
	struct amc *amc;
	struct keyring *keyring;
	struct s3 *s3_default;
	struct s3 **s3_instances; /* one a settings->instances entry */
	struct uploader *uploader;
	struct catalog *catalog;
	struct runner *runner;
	atomic_bool cancel; /* the stop's time is over: network calls end soon */
};

/* Local things only: opens state_dir, the database and its lock. SQLite must not
 * cross a fork, so it comes after one. */
MUST_CHECK int engine_prepare(struct engine *e, const struct settings *s,
			      const struct clock *clock, struct problem *p);

/* Network clients, threads, first reading of AMC's tree (waits
 * at most tree_wait_ms), unfinished jobs are taken up. A tree that cannot be
 * read is no failure: *warning tells (err 0 = none). */
MUST_CHECK int engine_start(struct engine *e, int64_t tree_wait_ms,
			    struct problem *warning, struct problem *p);

/* Orderly: settles what waits, hands over to AMC what it can within
 * settings->mount.stop_ms, logs what remains for the next start, ends threads. */
void engine_stop(struct engine *e);
void engine_fini(struct engine *e); /* zeroed or half-built is fine */

struct s3 *engine_s3(const struct engine *e, const char *instance);

/* The clients alone, for `amcfs check`: no store, no threads. */
MUST_CHECK int engine_clients(struct engine *e, const struct settings *s,
			      const struct clock *clock, struct problem *p);
