/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope - things that end with the block they were declared in
 *
 *	_cleanup_free_ char *s = strdup(x);
 *	_cleanup_close_ int fd = -1;
 *	_cleanup_buf_ struct buf b = BUF_INIT(4096);
 *	SCOPE_LOCK(&q->lock);
 *
 * Layer    base
 */
#pragma once

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

static inline void scope_free(void *p)
{
	free(*(void **)p);
}

static inline void scope_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* read side or already synced */
}

static inline void scope_unlock(pthread_mutex_t **m)
{
	pthread_mutex_unlock(*m);
}

static inline pthread_mutex_t *scope_lock(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
	return m;
}

#define _cleanup_(f)	__attribute__((cleanup(f)))
#define _cleanup_free_	_cleanup_(scope_free)
#define _cleanup_close_ _cleanup_(scope_close)
#define _cleanup_buf_	_cleanup_(buf_fini)

#define SCOPE_CAT2(a, b) a##b
#define SCOPE_CAT(a, b)	 SCOPE_CAT2(a, b)
/* Held from here to the end of the enclosing block. */
#define SCOPE_LOCK(m)                                                               \
	pthread_mutex_t *SCOPE_CAT(scope_lock_, __LINE__) _cleanup_(scope_unlock) = \
		scope_lock(m);                                                      \
	(void)SCOPE_CAT(scope_lock_, __LINE__)

/* Moves a pointer out of a scope: the variable forgets it. */
#define take_ptr(p)                        \
	({                                 \
		__typeof__(p) take_ = (p); \
		(p) = NULL;                \
		take_;                     \
	})
