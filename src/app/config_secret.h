/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_secret - the values of KEY, KEY_file and KEY_env
 *
 * Layer    app
 * Threads  config_secret_forget() changes the environment: before any thread
 */
#pragma once

#include <stdbool.h>

#include "app/config_raw.h"
#include "base/buf.h"
#include "base/problem.h"

#define CONFIG_SECRET_MAX 8192

/* Reads what the entry names into out (NUL-terminated, one line of visible
 * ASCII), or sets *absent when it is not there and may be: then a warning has
 * been given if one is due. */
MUST_CHECK int config_secret_read(const struct config_raw *r,
				  const struct config_section *s,
				  const struct config_entry *e, struct buf *out,
				  bool *absent, struct problem *p);

/* The entry's path, absolute; the caller frees. NULL on -ENOMEM. */
char *config_secret_path(const struct config_raw *r, const struct config_entry *e);

/* Overwrites and unsets every variable that a KEY_env names. */
void config_secret_forget(const struct config_raw *r);
/* One variable. */
void config_secret_forget_env(const char *name);

/* Refuses a file that holds a secret by value and that others may read. */
MUST_CHECK int config_secret_check_mode(const struct config_raw *r, struct problem *p);
