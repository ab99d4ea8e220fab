/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor that scripts/bench measures against: SHA-256 of each line of standard
 * input by OpenSSL, and nothing else. The lines are read before the clock starts.
 * Prints the number of lines and the processor time in seconds of two ways: the
 * fastest that OpenSSL offers, with its parts called one after the other, and
 * SHA256(), the one-shot function of its manual, which looks the algorithm up at
 * each call.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void digest_fn(const void *p, size_t n, unsigned char *out);

static void in_parts(const void *p, size_t n, unsigned char *out)
{
	SHA256_CTX c;

	if (!SHA256_Init(&c) || !SHA256_Update(&c, p, n) || !SHA256_Final(out, &c))
		abort();
}

static void one_shot(const void *p, size_t n, unsigned char *out)
{
	if (!SHA256(p, n, out))
		abort();
}

/* A sum of all digests, so that no call can be left out. */
static unsigned hash_lines(digest_fn *fn, const char *text, size_t n, size_t *lines)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	const char *end = text + n;
	unsigned sum = 0;

	*lines = 0;
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			stop = end;
		fn(text, (size_t)(stop - text), digest);
		sum += digest[0];
		++*lines;
		text = stop + 1;
	}
	return sum;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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
	size_t n, lines;
	char *text = read_all(stdin, &n);
	unsigned sum, other;
	double from, between, to;

	if (!text || ferror(stdin)) {
		fprintf(stderr, "bench_sha: standard input cannot be read\n");
		return 1;
	}
	from = seconds();
	sum = hash_lines(in_parts, text, n, &lines);
	between = seconds();
	other = hash_lines(one_shot, text, n, &lines);
	to = seconds();
	free(text);
	printf("%zu %.6f %.6f\n", lines, between - from, to - between);
	return sum != other;
}
