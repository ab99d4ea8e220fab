/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patterns were seen on the wire or stand in the tools' documents: rsync's
 * .NAME.XXXXXX and .~tmp~/, vim's .NAME.swp and NAME~, sed's and zip's own,
 * GNOME's .goutputstream-*, Office's ~$NAME, Python's tmp????????, downloads
 * that browsers, WinSCP, rclone and others finish with a rename.
 */
#include "job/tempname.h"

#include <fnmatch.h>
#include <string.h>

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
