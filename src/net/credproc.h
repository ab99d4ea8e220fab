/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credproc - run a profile's credential_process and take what it prints
 *
 * Source   AWS SDKs and Tools Reference Guide, "Process credential provider"
 * Layer    net
 * Threads  any; blocks until the program has ended
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/slice.h"
#include "net/awskeys.h"

#define CREDPROC_MAX_WORDS 64

struct credproc_words {
	char *text; /* one block that the words lie in */
	char *argv[CREDPROC_MAX_WORDS + 1];
};

/* As a POSIX shell would, with its quotes and its backslash; nothing else of a
 * shell is understood. -EINVAL when a quote stays open, when there is no word, or
 * when there are too many. */
MUST_CHECK int credproc_split(struct slice command, struct credproc_words *out);
void credproc_words_fini(struct credproc_words *w);

struct credproc_opts {
	int64_t timeout_ms;	   /* then it is killed with all that it started */
	const atomic_bool *cancel; /* may be NULL */
};

/* -ERR_CONFIG for a command that cannot be run, -ERR_AUTH when it fails,
 * -ERR_BAD_REPLY when it prints something else. */
MUST_CHECK int credproc_keys(struct slice command, const struct credproc_opts *o,
			     struct awskeys *out, struct awskeys_result *res,
			     struct problem *p);
