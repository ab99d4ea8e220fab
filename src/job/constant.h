/* SPDX-License-Identifier: Apache-2.0 */
/*
 * constant - the texts of const.COLUMN, and the words that they know
 *
 * ${now} is the time at which the job was made, ${file} the file's path below the
 * drop folder as in the job record, ${job} the job's id. Any other ${ is refused.
 *
 * Layer    job (pure)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "job/settings.h"

/* -EINVAL with a sentence that names the word and what is allowed. */
MUST_CHECK int constant_check(const char *text, struct problem *p);

struct constant_words {
	int64_t now_s;	    /* since 1970 */
	const char *path;   /* below the drop folder, as it is now */
	const char *ignore; /* see tempname_is() */
	const char *job;
};

/* Copies of the rules with the words replaced, given; out is zeroed before, and
 * freed with constant_fini(). -ERR_BAD_MAPPING with a sentence when ${file} is
 * asked for and the name is temporary and does not tell the final one, or is no
 * UTF-8 text. */
MUST_CHECK int constant_expand(const struct settings_rules *rules,
			       const struct constant_words *w, struct settings_rules *out,
			       struct problem *p);
void constant_fini(struct settings_rules *rules);

/* A file whose rows have been written is to be renamed: -ERR_BAD_MAPPING when ${file} is
 * asked for and from promised another final name than to. Only a temporary name
 * promises anything: ${file} is what a file was called when it was written. */
MUST_CHECK int constant_rename(const struct settings_rules *rules, const char *ignore,
			       const char *from, const char *to, struct problem *p);
