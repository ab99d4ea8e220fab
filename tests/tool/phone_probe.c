/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phone_probe - norm_phone for a script: lines of country, tab, number in; the normal
 * form out, an empty line when the number is unusable
 */
#include <stdio.h>
#include <stdlib.h>

#include "data/norm.h"
#include "data/text.h"

int main(void)
{
	struct buf out = BUF_INIT(1 << 20);
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		char *tab = memchr(line, '\t', (size_t)n);
		struct slice in;
		int r = NORM_UNUSABLE;

		if (!tab)
			return 2;
		*tab = '\0';
		in = slice_of(tab + 1, (size_t)(line + n - tab - 1));
		in = text_trim(in);
		buf_clear(&out);
		if (buf_reserve(&out, NORM_ROOM(in.n)) < 0)
			return 3;
		if (in.n > 0)
			r = norm_phone(in, line, &out);
		if (r < 0)
			return 4;
		printf("%.*s\n", r == 0 ? (int)out.n : 0, out.p);
	}
	free(line);
	buf_fini(&out);
	return 0;
}
