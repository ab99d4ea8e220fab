/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patterns were seen on the wire or stand in the tools' documents: rsync's
 * .NAME.XXXXXX and .~tmp~/, vim's .NAME.swp and NAME~, sed's and zip's own,
 * GNOME's .goutputstream-*, Office's ~$NAME, Python's tmp????????, downloads
 * that browsers, WinSCP, rclone and others finish with a rename.
 *
 * Of some of them the final name can be read off the temporary one. It is a
 * guess for all that: ".list.2024q1" looks like rsync's. Whoever relies on it
 * compares it with the rename when that comes.
 */
#include "job/tempname.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "base/slice.h"

static const char *const patterns[] = {
	".*",	 "*~",		 "*.tmp",	"*.part",    "*.partial", "*.filepart",
	"*.swp", "*.crdownload", "tmp????????", "sed??????", "zi??????",  "~$*",
};

static bool component_is(const char *name, const char *ignore)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	}
	while (*ignore) {
		size_t n = strcspn(ignore, ",");
		char pattern[256];
		size_t from = strspn(ignore, " \t");

		if (from < n && n - from < sizeof(pattern)) {
			memcpy(pattern, ignore + from, n - from);
			pattern[n - from] = '\0';
			for (char *end = pattern + n - from;
			     end > pattern && (end[-1] == ' ' || end[-1] == '\t');)
				*--end = '\0';
			if (fnmatch(pattern, name, 0) == 0)
				return true;
		}
		ignore += n + (ignore[n] == ',');
	}
	return false;
}

bool tempname_is(const char *path, const char *ignore)
{
	while (*path) {
		size_t n = strcspn(path, "/");
		char name[256];

		if (n > 0 && n < sizeof(name)) {
			memcpy(name, path, n);
			name[n] = '\0';
			if (component_is(name, ignore))
				return true;
		}
		path += n + (path[n] == '/');
	}
	return false;
}

/* rsync's .NAME.XXXXXX: the part between, or n = 0. */
static struct slice rsync_name(struct slice name)
{
	const size_t tail = 7;

	if (name.n < tail + 2 || name.p[0] != '.' || name.p[name.n - tail] != '.')
		return slice_of(name.p, 0);
	for (size_t i = name.n - tail + 1; i < name.n; i++) {
		if (!isalnum((unsigned char)name.p[i]))
			return slice_of(name.p, 0);
	}
	return slice_of(name.p + 1, name.n - tail - 1);
}

static struct slice without_suffix(struct slice name)
{
	static const char *const suffixes[] = {".part", ".partial",    ".filepart",
					       ".tmp",	".crdownload", "~"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);

		if (name.n > n && memcmp(name.p + name.n - n, suffixes[i], n) == 0)
			return slice_of(name.p, name.n - n);
	}
	return name;
}

bool tempname_final(const char *path, const char *ignore, char *out)
{
	static const char delayed[] = ".~tmp~/"; /* rsync --delay-updates */
	const char *slash = strrchr(path, '/');
	struct slice dir = slice_of(path, slash ? (size_t)(slash + 1 - path) : 0);
	struct slice name = slice_str(path + dir.n), inner = rsync_name(name);
	size_t n = sizeof(delayed) - 1;

	if (!tempname_is(path, ignore)) {
		memcpy(out, path, strlen(path) + 1);
		return true;
	}
	if (dir.n >= n && memcmp(dir.p + dir.n - n, delayed, n) == 0 &&
	    (dir.n == n || dir.p[dir.n - n - 1] == '/'))
		dir.n -= n;
	name = inner.n > 0 ? inner : without_suffix(name);
	memcpy(out, dir.p, dir.n);
	memcpy(out + dir.n, name.p, name.n);
	out[dir.n + name.n] = '\0';
	return !tempname_is(out, ignore);
}
