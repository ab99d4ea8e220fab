/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tz_probe - tz_to_utc for a script: a line "=PATH" loads a zone and answers ok or
 * refused; any other line is what the clock shows, and the UTC comes out
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/tz.h"

static char bytes[1 << 20];

static void load(struct tz **tz, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		exit(2);
	n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	tz_free(*tz);
	*tz = NULL;
	puts(tz_new(tz, bytes, n) == 0 ? "ok" : "refused");
}

int main(void)
{
	struct tz *tz = NULL;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		line[n - 1] = '\0';
		if (line[0] == '=')
			load(&tz, line + 1);
		else if (tz)
			printf("%" PRId64 "\n", tz_to_utc(tz, strtoll(line, NULL, 10)));
		else
			return 3;
	}
	free(line);
	tz_free(tz);
	return 0;
}
