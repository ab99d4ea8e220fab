/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process - what this process shows of itself, and how it goes into the
 * background
 *
 * Layer    app
 */
#pragma once

#include <stdbool.h>

#include "base/errcode.h"
#include "base/problem.h"

/* No core file, no debugger of the same user, files only for the owner: there
 * are secrets and plain rows in memory. And children can be waited for. */
void process_harden(void);

/* For the long run: few memory arenas, big blocks given back at once. Closes
 * every descriptor but the standard ones. */
void process_prepare(void);

/* The way into the background. */
struct process_child {
	int ready_fd; /* -1 = none */
};

/* Forks. In the child: true, standard error is still the terminal. In the
 * parent: false, once the child has called process_ready() (*code is 0) or has
 * ended (*code is its exit code). -errno when it cannot fork. */
MUST_CHECK int process_fork(struct process_child *child, bool *is_child, int *code);

/* Lets go of the terminal and tells the parent. */
void process_ready(struct process_child *child);
