/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caller - how the process behind a FUSE request is doing, read from /proc
 *
 * While a process waits in our flush it cannot go away, so what /proc says of it
 * is true: whether it was killed, whether it is exiting with a failing status,
 * and which files it still has open. What cannot be read (another pid name
 * space, hidepid, no right) counts as a writer in good health that is done.
 *
 * Source   proc(5); flags and exit_code of /proc/TID/stat; ino in fdinfo, Linux 5.14
 * Layer    fs
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "job/ingest.h"

/* tid: the request's; opener: process that opened the file (0 = unknown);
 * ino: the file's. */
void caller_look(pid_t tid, pid_t opener, uint64_t ino, struct ingest_caller *out);

/* The process a thread belongs to; 0 = cannot be read. */
pid_t caller_process(pid_t tid);
