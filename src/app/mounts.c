/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of mountinfo: id parent major:minor root point options [optional…] -
 * type source superoptions; blanks and backslashes in names are \ooo. Later
 * lines lie on top of earlier ones, so among equals the last one wins.
 * Source: proc(5).
 */
#include "app/mounts.h"

#include <stdbool.h>
#include <string.h>

#include "base/fileio.h"
#include "base/scope.h"

#define MAX_MOUNTINFO (64u << 20)

enum { FIELD_DEVICE = 2, FIELD_ROOT = 3, FIELD_POINT = 4, FIELD_OPTIONAL = 6 };

struct line {
	struct slice device, root, point, type; /* escaped still */
};

void mounts_entry_fini(struct mounts_entry *e)
{
	free(e->point);
	free(e->root);
	free(e->type);
	*e = (struct mounts_entry){0};
}

int mounts_read(struct buf *out, struct problem *p)
{
	buf_init(out, MAX_MOUNTINFO);
	return fileio_read("/proc/self/mountinfo", false, out, p);
}

/* Cuts text before the next sep; false at the end. */
static bool next(struct slice *text, char sep, struct slice *out)
{
	const char *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, sep, text->n);
	*out = slice_of(text->p, end ? (size_t)(end - text->p) : text->n);
	text->p += out->n;
	text->n -= out->n;
	if (end) {
		text->p++;
		text->n--;
	}
	return true;
}

static bool parse_line(struct slice text, struct line *out)
{
	bool behind_dash = false;
	struct slice word;

	for (unsigned i = 0; next(&text, ' ', &word); i++) {
		if (behind_dash) {
			out->type = word;
			return true;
		}
		if (i == FIELD_DEVICE)
			out->device = word;
		else if (i == FIELD_ROOT)
			out->root = word;
		else if (i == FIELD_POINT)
			out->point = word;
		else if (i >= FIELD_OPTIONAL)
			behind_dash = slice_eq_str(word, "-");
	}
	return false;
}

static bool octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

static char *unescape(struct slice in)
{
	char *out = malloc(in.n + 1);
	size_t n = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\\' && in.n - i > 3 && octal(in.p + i + 1)) {
			out[n++] = (char)((in.p[i + 1] - '0') * 64 +
					  (in.p[i + 2] - '0') * 8 + (in.p[i + 3] - '0'));
			i += 3;
		} else {
			out[n++] = in.p[i];
		}
	}
	out[n] = '\0';
	return out;
}

static int to_entry(const struct line *l, struct mounts_entry *out)
{
	struct mounts_entry e = {
		.point = unescape(l->point),
		.root = unescape(l->root),
		.type = unescape(l->type),
	};

	if (!e.point || !e.root || !e.type) {
		mounts_entry_fini(&e);
		return -ENOMEM;
	}
	if (l->device.n < sizeof(e.device))
		memcpy(e.device, l->device.p, l->device.n);
	*out = e;
	return 0;
}

/* Length of point when path is it or lies below it, else -1. */
static long depth(const char *point, const char *path)
{
	size_t n = strlen(point);

	if (strcmp(point, "/") == 0)
		return path[0] == '/' ? 1 : -1;
	if (strncmp(point, path, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return -1;
	return (long)n;
}

/* How well a mount suits the question; -1 = not at all. Of the best, the last
 * line wins. */
typedef long rank_fn(const struct mounts_entry *e, const char *what);

static int find_best(struct slice text, rank_fn *rank, const char *what,
		     struct mounts_entry *out)
{
	struct mounts_entry best = {0};
	struct slice row;
	long best_rank = -1;

	while (next(&text, '\n', &row)) {
		struct mounts_entry e;
		struct line l = {0};
		long k;
		int r;

		if (!parse_line(row, &l))
			continue;
		r = to_entry(&l, &e);
		if (r < 0) {
			mounts_entry_fini(&best);
			return r;
		}
		k = rank(&e, what);
		if (k < 0 || k < best_rank) {
			mounts_entry_fini(&e);
			continue;
		}
		mounts_entry_fini(&best);
		best = e;
		best_rank = k;
	}
	if (best_rank < 0)
		return -ERR_NOT_FOUND;
	*out = best;
	return 0;
}

static long rank_above(const struct mounts_entry *e, const char *path)
{
	return depth(e->point, path);
}

static long rank_at(const struct mounts_entry *e, const char *path)
{
	return strcmp(e->point, path) == 0 ? 0 : -1;
}

static long rank_whole(const struct mounts_entry *e, const char *device)
{
	return strcmp(e->device, device) == 0 && strcmp(e->root, "/") == 0 ? 0 : -1;
}

int mounts_of(struct slice text, const char *path, struct mounts_entry *out)
{
	return find_best(text, rank_above, path, out);
}

int mounts_at(struct slice text, const char *path, struct mounts_entry *out)
{
	return find_best(text, rank_at, path, out);
}

int mounts_whole(struct slice text, const char *device, struct mounts_entry *out)
{
	struct mounts_entry whole, top;
	bool covered;
	int r;

	r = find_best(text, rank_whole, device, &whole);
	if (r < 0)
		return r;
	r = mounts_of(text, whole.point, &top);
	if (r < 0) {
		mounts_entry_fini(&whole);
		return r;
	}
	covered = strcmp(top.device, whole.device) != 0;
	mounts_entry_fini(&top);
	if (covered) {
		mounts_entry_fini(&whole);
		return -ERR_NOT_FOUND;
	}
	*out = whole;
	return 0;
}
