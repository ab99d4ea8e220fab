/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outfile - an output of any size that appears whole or not at all
 *
 * A regular file is written beside its final name and renamed by the commit.
 * Standard output, pipes and devices cannot wait: they get the bytes as they
 * come.
 *
 * Layer    app
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/errcode.h"
#include "base/problem.h"

struct outfile {
	int fd;		 /* -1 = not open */
	char *name;	 /* for messages, and where the commit renames to */
	char *temporary; /* NULL: written directly */
};

#define OUTFILE_INIT ((struct outfile){-1, NULL, NULL})

/* "-" is standard output; /dev/stdout and the like are what they name. */
MUST_CHECK int outfile_open(struct outfile *f, const char *path, struct problem *p);
MUST_CHECK int outfile_write(struct outfile *f, const void *data, size_t n,
			     struct problem *p);
MUST_CHECK int outfile_commit(struct outfile *f, struct problem *p);
/* Are these one regular file, or will be once it is there? "-" is standard output. */
bool outfile_same(const char *a, const char *b);
void outfile_abort(struct outfile *f); /* after a commit, or closed: does nothing */
