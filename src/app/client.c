/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything is asked of the mount's own status files, so status and wait need
 * no other door into the daemon, and see what the caller may see.
 *
 * A mount may be shown in several places, in part too (mount --bind): the part
 * may not reach up to a status.json, therefore the whole is looked for.
 */
#include "app/client.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/mounts.h"
#include "base/fileio.h"
#include "base/scope.h"
#include "job/settings.h"

#define MAX_STATUS (512u << 20)

void client_place_fini(struct client_place *pl)
{
	free(pl->path);
	free(pl->status);
	free(pl->instance);
	free(pl->dataset);
	free(pl->strategy);
	free(pl->file);
	*pl = (struct client_place){0};
}

/* Cuts the first component off *rest. */
static struct slice component(const char **rest)
{
	const char *p = *rest;
	size_t n = strcspn(p, "/");

	*rest = p + n + (p[n] == '/');
	return slice_of(p, n);
}

static char *copy(struct slice s)
{
	return strndup(s.p ? s.p : "", s.n);
}

static bool is_strategy(struct slice name)
{
	for (int i = 0; i < STRATEGY_COUNT; i++) {
		if (slice_eq_str(name, settings_strategy_name((enum settings_strategy)i)))
			return true;
	}
	return false;
}

struct cut {
	struct slice instance, dataset, strategy;
	const char *operation, *file;
	int status_n; /* length of the folder, within inner, that has the status */
};

static struct cut cut_up(const char *inner)
{
	const char *rest = inner, *below;
	struct cut c = {.operation = "", .file = ""};
	struct slice kind, name;

	if (!slice_eq_str(component(&rest), "instances"))
		return c;
	c.instance = component(&rest);
	kind = component(&rest);
	if (slice_eq_str(kind, "delete") || slice_eq_str(kind, "audiences")) {
		c.operation = kind.n == 6 ? "delete" : "audience";
		c.file = rest;
		c.status_n = (int)(kind.p + kind.n - inner);
		return c;
	}
	if (!slice_eq_str(kind, "datasets"))
		return c;
	c.dataset = component(&rest);
	if (c.dataset.n == 0)
		return c;
	c.status_n = (int)(c.dataset.p + c.dataset.n - inner);
	if (!slice_eq_str(component(&rest), "upload"))
		return c;
	c.operation = "upload";
	below = rest;
	name = component(&rest);
	if (is_strategy(name))
		c.strategy = name;
	c.file = c.strategy.n ? rest : below;
	return c;
}

int client_parse(const char *mount, const char *inner, struct client_place *out)
{
	const char *root = strcmp(mount, "/") == 0 ? "" : mount;
	struct cut c = cut_up(inner);
	struct client_place pl = {
		.instance = copy(c.instance),
		.dataset = copy(c.dataset),
		.operation = c.operation,
		.strategy = copy(c.strategy),
		.file = strdup(c.file),
		.path = strdup(inner),
	};

	if (asprintf(&pl.status, "%s/%.*s%sstatus.json", root, c.status_n, inner,
		     c.status_n ? "/" : "") < 0)
		pl.status = NULL;
	if (!pl.instance || !pl.dataset || !pl.strategy || !pl.file || !pl.path ||
	    !pl.status) {
		client_place_fini(&pl);
		return -ENOMEM;
	}
	*out = pl;
	return 0;
}

/* realpath() for a path whose last components need not exist: those are taken
 * as they stand. */
static int resolve(const char *path, char **out)
{
	_cleanup_free_ char *head = strdup(path), *real = NULL;
	size_t n = strlen(path);

	if (!head)
		return -ENOMEM;
	for (;;) {
		const char *last;

		real = realpath(n ? head : ".", NULL);
		if (real)
			break;
		if (errno != ENOENT || n == 0)
			return -errno;
		while (n > 1 && head[n - 1] == '/')
			head[--n] = '\0';
		last = strrchr(head, '/');
		last = last ? last + 1 : head;
		if (!*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
			return -ENOENT;
		n = (size_t)(last - head);
		head[n] = '\0';
	}
	while (path[n] == '/')
		n++;
	if (asprintf(out, "%s%s%s", strcmp(real, "/") == 0 && path[n] ? "" : real,
		     path[n] ? "/" : "", path + n) < 0)
		return -ENOMEM;
	for (n = strlen(*out); n > 1 && (*out)[n - 1] == '/'; n--)
		(*out)[n - 1] = '\0';
	return 0;
}

/* "/a/" + "b", "/" + "b", "/a" + "" joined without doubled slashes. */
static char *join(const char *a, const char *b)
{
	size_t n = strlen(a);
	char *out;

	while (n > 0 && a[n - 1] == '/')
		n--;
	while (*b == '/')
		b++;
	if (asprintf(&out, "%.*s%s%s", (int)n, a, n && *b ? "/" : "", b) < 0)
		return NULL;
	return out;
}

static int not_ours(const char *path, struct problem *p)
{
	return problem_set(
		p, -ERR_NOT_FOUND,
		"%s is in no amcfs mount (is it mounted? see findmnt -t " MOUNTS_TYPE ")",
		path);
}

/* The place where the whole tree is shown, and where real lies in that tree. */
static int locate(const char *path, const char *real, char **mount, char **inner,
		  struct problem *p)
{
	_cleanup_(mounts_entry_fini) struct mounts_entry e = {0}, whole = {0};
	_cleanup_buf_ struct buf text = {0};
	int r;

	r = mounts_read(&text, p);
	if (r == 0)
		r = mounts_of(buf_slice(&text), real, &e);
	if (r == -ERR_NOT_FOUND || (r == 0 && strcmp(e.type, MOUNTS_TYPE) != 0))
		return not_ours(path, p);
	if (r < 0)
		return r;
	*inner = join(e.root, real + (strcmp(e.point, "/") == 0 ? 0 : strlen(e.point)));
	if (!*inner)
		return -ENOMEM;
	if (strcmp(e.root, "/") == 0) {
		*mount = take_ptr(e.point);
		return 0;
	}
	r = mounts_whole(buf_slice(&text), e.device, &whole);
	if (r == -ERR_NOT_FOUND)
		return problem_set(
			p, r,
			"%s: only a part of the mount is shown here; name a path "
			"below the whole mount",
			path);
	*mount = take_ptr(whole.point);
	return r;
}

int client_find(const char *path, struct client_place *out, struct problem *p)
{
	_cleanup_free_ char *real = NULL, *mount = NULL, *inner = NULL;
	struct client_place pl;
	int r;

	r = resolve(path, &real);
	if (r == -ENOTCONN || r == -ECONNABORTED)
		return problem_set(
			p, r,
			"%s: amcfs has ended there without unmounting; unmount "
			"with fusermount3 -u and mount again",
			path);
	if (r < 0)
		return problem_set(p, r, "%s: %s", path, errcode_text(r));
	r = locate(path, real, &mount, &inner, p);
	if (r < 0)
		return r;
	r = client_parse(mount, *inner == '/' ? inner + 1 : inner, &pl);
	if (r < 0)
		return r;
	free(pl.path);
	pl.path = strdup(path);
	if (!pl.path) {
		client_place_fini(&pl);
		return -ENOMEM;
	}
	*out = pl;
	return 0;
}

int client_jobs(const struct client_place *pl, struct json **out, struct problem *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT(MAX_STATUS);
	struct json *all = NULL;
	int r;

	r = fileio_read(pl->status, false, &text, p);
	if (r == 0)
		r = json_parse(buf_slice(&text), &all, NULL);
	if (r == 0 && !json_is_array(json_get(all, "jobs")))
		r = -ERR_BAD_REPLY;
	if (r < 0) {
		json_free(all);
		return problem_set(p, r, "%s: %s", pl->status, errcode_text(r));
	}
	*out = all;
	return 0;
}

static bool same_or_unsaid(const char *wanted, const char *found)
{
	return !*wanted || strcmp(wanted, found) == 0;
}

/* A file name stands once in each drop folder. A place above them has no file. */
static bool same_folder(const struct client_place *pl, const struct json *record)
{
	char folder[64] = "upload";

	if (!*pl->file)
		return same_or_unsaid(pl->strategy, json_str(record, "strategy"));
	if (*pl->strategy)
		(void)snprintf(folder, sizeof(folder), "upload/%s", pl->strategy);
	return strcmp(folder, json_str(record, "folder")) == 0;
}

bool client_matches(const struct client_place *pl, const struct json *record)
{
	return same_or_unsaid(pl->instance, json_str(record, "instance")) &&
	       same_or_unsaid(pl->dataset, json_str(record, "dataset")) &&
	       same_or_unsaid(pl->operation, json_str(record, "operation")) &&
	       same_folder(pl, record) &&
	       same_or_unsaid(pl->file, json_str(record, "file"));
}
