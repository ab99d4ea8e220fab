/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret - a string that wipes itself and that no printf can reach
 *
 * The new copy is made before the old one is wiped, so that a secret may be set
 * from a part of itself, and so that it survives a lack of memory.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

#define SECRET_MAX 8192

int secret_set(struct secret *s, const void *p, size_t n)
{
	char *bytes;

	if (n > SECRET_MAX)
		return -ERR_TOO_LARGE;
	bytes = malloc(n + 1);
	if (!bytes)
		return -ENOMEM;
	if (n > 0)
		memcpy(bytes, p, n);
	bytes[n] = '\0';
	secret_fini(s);
	s->bytes = bytes;
	s->n = n;
	return 0;
}

int secret_copy(struct secret *to, const struct secret *from)
{
	return secret_set(to, from->bytes, from->n);
}

void secret_fini(struct secret *s)
{
	if (s->bytes)
		crypto_wipe(s->bytes, s->n);
	free(s->bytes);
	s->bytes = NULL;
	s->n = 0;
}
