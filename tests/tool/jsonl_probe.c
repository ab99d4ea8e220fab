/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonl_probe [WANTED...] - standard input as JSON Lines, what came of it for a
 * script: each row as "row LINE BREAKS FLAW CELLS" and each cell as "cell KIND
 * BYTES" with the bytes on the next line; "ignored BYTES" likewise; and "end CODE
 * LINE" with the error
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/jsonl.h"

struct probe {
	char **wanted; /* ends in NULL */
};

static void put(struct slice s)
{
	(void)fwrite(s.p, 1, s.n, stdout);
	(void)putchar('\n');
}

static int on_row(void *ctx, const struct row *row)
{
	printf("row %" PRIu64 " %" PRIu64 " %d %zu\n", row->line, row->breaks,
	       (int)row->flaw, row->n);
	for (size_t i = 0; i < row->n; i++) {
		printf("cell %d %zu\n", row->kinds[i], row->cells[i].n);
		put(row->cells[i]);
	}
	return 0;
}

static bool on_wanted(void *ctx, struct slice name)
{
	const struct probe *p = ctx;

	for (char **w = p->wanted; *w; w++) {
		if (slice_eq_str(name, *w))
			return true;
	}
	return false;
}

static int on_ignored(void *ctx, struct slice name)
{
	printf("ignored %zu\n", name.n);
	put(name);
	return 0;
}

int main(int argc, char **argv)
{
	struct probe probe = {argv + (argc > 0)};
	struct jsonl_opts o = {0, on_row, on_wanted, on_ignored, &probe};
	struct problem p = {0};
	static char bytes[4096];
	struct jsonl *j;
	size_t n;
	int r;

	if (jsonl_new(&j, &o) < 0)
		return 2;
	do {
		n = fread(bytes, 1, sizeof(bytes), stdin);
		r = jsonl_feed(j, bytes, n, &p);
	} while (n > 0 && r == 0);
	if (r == 0)
		r = jsonl_end(j, &p);
	printf("end %s %" PRIu64 "\n", r < 0 ? errcode_code(r) : "-", p.line);
	jsonl_free(j);
	return 0;
}
