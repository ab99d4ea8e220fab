/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones are read from the system's files, as everything else on the machine does it,
 * and so are as new as its tzdata package. The name is part of a path: it may hold
 * nothing but what IANA's names are made of, and so neither a dot nor an empty part.
 */
#include "app/config_zone.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/scope.h"

#define FOLDER	   "/usr/share/zoneinfo/"
#define FILE_MAX   (256u << 10) /* the largest has some 4 KiB */
#define NAME_BYTES 64
#define REMEDY                                                                      \
	"write a name like Europe/Berlin (see timedatectl list-timezones), UTC or " \
	"+02:00"

static bool two_digits(const char **s, int *out)
{
	const char *p = *s;

	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (p[0] - '0') * 10 + p[1] - '0';
	*s += 2;
	return true;
}

/* +HH:MM, +HHMM, +HH */
static bool offset(const char *s, int32_t *seconds)
{
	int sign = *s++ == '-' ? -1 : 1, hours, minutes = 0;

	if (!two_digits(&s, &hours))
		return false;
	if (*s != '\0') {
		s += *s == ':';
		if (!two_digits(&s, &minutes))
			return false;
	}
	*seconds = sign * (hours * 3600 + minutes * 60);
	return *s == '\0' && minutes < 60;
}

static int load_fixed(const char *name, struct tz **out, struct problem *p)
{
	int32_t seconds;
	int r = -EINVAL;

	if (offset(name, &seconds))
		r = tz_new_fixed(out, seconds);
	if (r == -EINVAL)
		return problem_set(p, -ERR_CONFIG,
				   "\"%.*s\" is no offset from UTC; write it like +02:00",
				   NAME_BYTES, name);
	return r;
}

static bool is_name(const char *s)
{
	size_t n = strlen(s);

	return n <= NAME_BYTES &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "abcdefghijklmnopqrstuvwxyz"
			 "0123456789_+-/") == n &&
	       s[0] != '/' && s[n - 1] != '/' && !strstr(s, "//");
}

static int no_such(const char *name, struct problem *p)
{
	struct stat st;

	if (stat(FOLDER "Etc/UTC", &st) < 0)
		return problem_set(p, -ERR_CONFIG,
				   "the system's time zones are not in " FOLDER
				   "; install the package tzdata, or write UTC or an "
				   "offset like +02:00");
	return problem_set(p, -ERR_CONFIG, "there is no time zone \"%.*s\"; " REMEDY,
			   NAME_BYTES, name);
}

static int load_file(const char *name, struct tz **out, struct problem *p)
{
	_cleanup_(buf_fini) struct buf b = BUF_INIT(FILE_MAX);
	char path[sizeof(FOLDER) + NAME_BYTES];
	struct stat st;
	int r;

	(void)snprintf(path, sizeof(path), FOLDER "%s", name);
	/* asked first: to open a pipe or a device could block or do something */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return no_such(name, p);
	r = fileio_read(path, false, &b, p);
	if (r < 0)
		return r == -ENOMEM ? r : -ERR_CONFIG;
	r = tz_new(out, b.p, b.n);
	if (r == -EINVAL)
		return problem_set(
			p, -ERR_CONFIG,
			"%s is no time zone file, or counts leap seconds; " REMEDY, path);
	return r;
}

int config_zone_load(const char *name, struct tz **out, struct problem *p)
{
	if (strcasecmp(name, "UTC") == 0) {
		*out = NULL;
		return 0;
	}
	if (name[0] == '+' || name[0] == '-')
		return load_fixed(name, out, p);
	if (name[0] == '\0' || !is_name(name))
		return no_such(name, p);
	return load_file(name, out, p);
}
