/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_raw - what the file says, with its lines, before it means anything
 *
 * Sections may stand in any order ([dataset] before its [instance]), so all of
 * the file is collected first and applied afterwards. Names of sections and
 * keys are checked here; values are not looked at.
 *
 * Layer    app
 * Memory   owned by the struct config_raw; values are wiped at free
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/config.h"
#include "app/config_keys.h"
#include "base/problem.h"

enum config_source { CONFIG_BY_VALUE, CONFIG_BY_FILE, CONFIG_BY_ENV };

struct config_entry {
	const struct config_key *key;
	char *name;  /* as written: client_secret_file */
	char *value; /* "" = unset */
	enum config_source source;
	int line; /* 0 = given by -o */
};

struct config_section {
	enum config_where where;
	char *title;   /* "dataset amc1/orders" */
	char *id;      /* "amc1", or "" */
	char *dataset; /* "orders", or "" */
	int line;      /* 0 = the options of -o */
	struct config_entry *entries;
	size_t n;
};

struct config_raw {
	const struct config_opts *opts; /* lent */
	char *path;			/* absolute */
	char *dir;			/* what relative paths in the file start from */
	int lines;
	struct config_section *sections;
	size_t n;
};

void config_raw_free(struct config_raw *r);

/* A heading's inside, "instance amc1", or the options of -o when line is 0.
 * *out is lent until the next section is added. */
MUST_CHECK int config_raw_add_section(struct config_raw *r, const char *heading, int line,
				      struct config_section **out, struct problem *p);
MUST_CHECK int config_raw_add_entry(const struct config_raw *r, struct config_section *s,
				    const struct config_entry *e, struct problem *p);

/* NULL when there is none; id and dataset may be "". The options of -o are not
 * found by it. */
const struct config_section *config_raw_find(const struct config_raw *r,
					     enum config_where where, const char *id,
					     const char *dataset);
/* The entry that says something (is not empty) about that key, in whatever of
 * its variants, or NULL. s may be NULL. */
const struct config_entry *config_raw_given(const struct config_section *s,
					    const char *key);

/* A place in the file, for messages. name and section may be NULL. */
struct config_at {
	const struct config_raw *raw;
	const struct config_section *section;
	const char *name;
	int line; /* 0 = -o */
};
struct config_at config_at_entry(const struct config_raw *r,
				 const struct config_section *s,
				 const struct config_entry *e);
/* Something that is not there: its section's heading, else the file's end. */
struct config_at config_at_absent(const struct config_raw *r,
				  const struct config_section *s, const char *name);

/* "FILE:LINE: [section] name: text" into p; returns -ERR_CONFIG, or -EINVAL where
 * config_load() does. */
int config_at_fail(struct config_at at, struct problem *p, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* The same to the warning function. */
void config_at_warn(struct config_at at, const char *fmt, ...) PRINTF_LIKE(2, 3);
