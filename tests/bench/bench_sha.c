/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor that scripts/bench measures against: SHA-256 of each line of standard
 * input, and nothing else. The lines are read before the clock starts. Prints the
 * number of lines and the processor time in seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto.h"

/* A sum of all digests, so that no call can be left out. */
static unsigned hash_lines(const char *text, size_t n, size_t *lines)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	const char *end = text + n;
	unsigned sum = 0;

	*lines = 0;
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			stop = end;
		crypto_sha256(text, (size_t)(stop - text), digest);
		sum += digest[0];
		++*lines;
		text = stop + 1;
	}
	return sum;
}

static char *read_all(FILE *f, size_t *n)
{
	size_t room = 1 << 20;
	char *text = malloc(room);

	*n = 0;
	while (text) {
		*n += fread(text + *n, 1, room - *n, f);
		if (*n < room)
			return text;
		room *= 2;
		text = realloc(text, room);
	}
	return NULL;
}

int main(void)
{
	struct timespec from, to;
	size_t n, lines;
	char *text = read_all(stdin, &n);
	unsigned sum;

	if (!text || ferror(stdin)) {
		fprintf(stderr, "bench_sha: standard input cannot be read\n");
		return 1;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	sum = hash_lines(text, n, &lines);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	free(text);
	printf("%zu %.6f %u\n", lines,
	       (double)(to.tv_sec - from.tv_sec) +
		       (double)(to.tv_nsec - from.tv_nsec) / 1e9,
	       sum);
	return 0;
}
