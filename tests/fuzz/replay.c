/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for libFuzzer: gives every file of the folders named on the command
 * line to the target, in the order of their names. A target that is unhappy
 * aborts. No file at all is a failure, so that a lost corpus is noticed.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long n;

	if (!f || fseek(f, 0, SEEK_END) < 0)
		return -1;
	n = ftell(f);
	if (n < 0 || fseek(f, 0, SEEK_SET) < 0)
		return -1;
	data = malloc(n ? (size_t)n : 1); /* its exact size, for the sanitizer */
	if (!data || fread(data, 1, (size_t)n, f) != (size_t)n)
		return -1;
	(void)fclose(f); /* only read */
	(void)LLVMFuzzerTestOneInput(data, (size_t)n);
	free(data);
	return 0;
}

static int replay_folder(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, not_hidden, alphasort);

	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (replay(path) < 0) {
			perror(path);
			return -1;
		}
		free(names[i]);
	}
	if (n > 0)
		free(names);
	return n;
}

int main(int argc, char **argv)
{
	int files = 0;

	for (int i = 1; i < argc; i++) {
		int n = replay_folder(argv[i]);

		if (n < 0)
			return 1;
		files += n;
	}
	if (files > 0)
		return 0;
	fprintf(stderr, "nothing to replay\n");
	return 1;
}
