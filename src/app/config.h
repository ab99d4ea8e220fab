/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config - read the configuration file, check all of it, hand it out read-only
 *
 * Touches only what is local: the file, the secret files it names, the
 * environment. Everything that can be known to be wrong is refused here, with
 * the file, the line, the key and what is allowed.
 *
 * Layer    app
 * Memory   a struct config owns all it points to; secrets are wiped at free
 * Threads  call config_load() before any thread starts: it changes the
 *          environment (the variables that KEY_env names are wiped)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/errcode.h"
#include "base/log.h"
#include "base/problem.h"
#include "job/settings.h"

struct config_log {
	struct log_opts opts;
	bool sink_set; /* said in the file or by -o; else -f means stderr */
};

struct config {
	struct settings settings;
	struct config_log log;
	char *path; /* absolute */
};

/* text: one sentence that begins with FILE:LINE. */
typedef void config_warn_fn(void *ctx, const char *text);

struct config_opts {
	const char *path;
	/* An absent secret file or variable is a warning, not an error. */
	bool offline;
	/* For the login verb: neither the refresh token nor anything of S3
	 * need be there; settings.amc.refresh_token_file must. */
	bool login;
	/* For the hash verb: "ID/DATASET", whose settings about rows are
	 * wanted and nothing else. No secret is read, nor asked for; path may be
	 * NULL, for the defaults; overrides are keys of [dataset] about rows. */
	const char *rows_of;
	/* "key=value" of -o, each for a key that config_is_option() knows; they
	 * win over the file. Paths in them are relative to the working
	 * directory, those in the file to the file's folder. */
	const char *const *overrides;
	size_t n_overrides;
	config_warn_fn *warn; /* NULL = warnings are dropped */
	void *warn_ctx;
};

/* On success *out is the caller's, for config_free(). Else -ERR_CONFIG with the
 * whole sentence for people in p ("FILE:LINE: [section] key: ..."), or -ENOMEM.
 * With rows_of, -EINVAL when it is an override that is wrong. */
MUST_CHECK int config_load(struct config **out, const struct config_opts *o,
			   struct problem *p);
void config_free(struct config *c); /* wipes secrets; NULL is fine */

/* Is this the name (the part before '=') of a key of [mount], so that
 * -o KEY=VALUE sets it? */
bool config_is_option(const char *name);
