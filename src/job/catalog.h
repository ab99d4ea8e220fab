/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog - the instances and data sets that AMC has, as last heard
 *
 * A thread reads them anew every refresh; readers get counted, immutable
 * snapshots and never wait for the network, but for catalog_miss(). The last
 * good reading is kept in the store, so a start without AMC has a tree.
 *
 * Layer    job
 * Threads  any
 */
#pragma once

#include "base/clock.h"
#include "data/schema.h"
#include "job/health.h"
#include "job/settings.h"
#include "job/store.h"
#include "net/amc.h"

struct catalog;

struct catalog_dataset {
	char *id;
	struct schema *schema; /* NULL: AMC's definition cannot be used, see problem */
	struct problem problem;
	char *definition; /* {"dataSet": {...}} as text, with final newline */
};

struct catalog_instance {
	char *id;
	char *account_id, *marketplace_id;
	char *text; /* instance.json: {"instance": {...}} */
	struct catalog_dataset *datasets;
	size_t n_datasets;
};

/* One reading; immutable; catalog_put() gives it back. */
struct catalog_view {
	int64_t read_ms; /* wall clock, 0 = never */
	struct catalog_instance *instances;
	size_t n_instances;
};

struct catalog_opts {
	struct amc *amc;
	struct store *store;
	struct health *health;
	const struct settings *settings;
	const struct clock *clock;
};

/* Loads the stored reading; no network yet. All lent for the catalog's life. */
MUST_CHECK int catalog_new(struct catalog **out, const struct catalog_opts *o,
			   struct problem *p);
void catalog_free(struct catalog *c); /* stops the thread */

/* Starts the thread; waits for its first reading at most wait_ms and reports a
 * failure of it (the catalog then goes on trying). */
MUST_CHECK int catalog_start(struct catalog *c, int64_t wait_ms, struct problem *p);
void catalog_stop(struct catalog *c);

const struct catalog_view *catalog_get(struct catalog *c); /* never NULL */
void catalog_put(const struct catalog_view *v);

/* Somebody looked for what is not there: asks AMC anew, unless that was done
 * in the last two seconds or AMC does not answer; waits at most wait_ms. */
void catalog_miss(struct catalog *c, int64_t wait_ms);

/* Within a view; NULL when absent. */
const struct catalog_instance *catalog_instance(const struct catalog_view *v,
						const char *instance);
const struct catalog_dataset *catalog_dataset(const struct catalog_view *v,
					      const char *instance, const char *dataset);

/* A data set object as AMC or a definition file has it ({"dataSet": {...}} or
 * bare) -> schema, given. -ERR_BAD_SCHEMA with a sentence. */
MUST_CHECK int catalog_schema(const struct json *def, struct schema **out,
			      struct problem *p);
