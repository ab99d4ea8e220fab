/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_keys - the one table of keys: what the file may say, and where
 *
 * The loader, --help-config, "did you mean" and the test of the manual all read
 * this table; there is no second list.
 *
 * Layer    app (pure)
 * Memory   none: the table is constant
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errcode.h"

/* Kinds of sections, as bits: a key's first one is its home. */
enum config_where {
	CONFIG_AMC = 1,
	CONFIG_S3 = 2,
	CONFIG_UPLOAD = 4,
	CONFIG_MOUNT = 8,
	CONFIG_INSTANCE = 16,
	CONFIG_DATASET = 32,
	CONFIG_GROUP = 64,
	CONFIG_WHERE_END = 128
};

/* The structs that values land in. */
enum config_into {
	CONFIG_INTO_AMC,      /* struct settings_amc */
	CONFIG_INTO_S3,	      /* struct settings_s3 */
	CONFIG_INTO_UPLOAD,   /* struct settings_upload */
	CONFIG_INTO_MOUNT,    /* struct settings_mount */
	CONFIG_INTO_LOG,      /* struct config_log */
	CONFIG_INTO_INSTANCE, /* struct settings_instance */
	CONFIG_INTO_DATASET,  /* struct settings_dataset */
	CONFIG_INTO_NOTHING   /* only ever refused */
};

enum config_type {
	/* an integer of the field's size */
	CONFIG_SIZE,
	CONFIG_COUNT,
	CONFIG_DAYS,
	CONFIG_TIME,
	CONFIG_BOOL,
	CONFIG_ENUM,
	CONFIG_MODE,
	CONFIG_DELIMITER,
	/* char * */
	CONFIG_TEXT,
	CONFIG_WORD,
	CONFIG_PATH,
	CONFIG_PROXY,
	CONFIG_COUNTRY,
	CONFIG_BUCKET,
	CONFIG_REGION,
	CONFIG_PREFIX,
	CONFIG_FILE_PREFIX,
	CONFIG_GLOBS,
	/* their own */
	CONFIG_SHARE,  /* max_skipped_share and max_skipped_rows */
	CONFIG_MAP,    /* struct settings_rules */
	CONFIG_CONST,  /* the same, with ${words} */
	CONFIG_URL,    /* struct url */
	CONFIG_SECRET, /* struct secret */
};

enum config_flag {
	CONFIG_VARIANTS = 1,	/* KEY_file and KEY_env too */
	CONFIG_OPTION = 2,	/* -o KEY=VALUE of a mount sets it */
	CONFIG_LATER = 4,	/* refused unless it says what the default says */
	CONFIG_NEVER_EMPTY = 8, /* text for which KEY = means the default */
	CONFIG_ROWS = 16	/* how rows are read: -o of amcfs hash sets it */
};

struct config_choice {
	const char *name; /* NULL ends the list */
	int value;
	bool later; /* not available in this version */
};

struct config_key {
	const char *name; /* "map.*": any name that begins so */
	unsigned where;
	enum config_into into;
	enum config_type type;
	unsigned flags;
	size_t offset, size; /* of the field */
	int64_t min, max;    /* bytes, milliseconds, days or a number */
	const struct config_choice *choices;
	const char *preset; /* the default, written as in a file; "" = unset */
	const char *unset;  /* what "" amounts to, for people; NULL = nothing */
	const char *help;
};

extern const struct config_key config_keys_table[];
extern const size_t config_keys_n;

/* NULL when a section of that kind has no such key. name is without _file, _env. */
const struct config_key *config_keys_find(enum config_where where, const char *name);
/* The key of that kind of section that name was meant for, or NULL. */
const struct config_key *config_keys_suggest(enum config_where where, const char *name);
/* Any section that has the key: its bits, or 0. */
unsigned config_keys_elsewhere(const char *name);

/* "amc" ... "group". */
const char *config_keys_section(enum config_where where);
