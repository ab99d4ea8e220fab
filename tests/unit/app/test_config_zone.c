/* SPDX-License-Identifier: Apache-2.0 */
#include "app/config_zone.h"

#include <unistd.h>

#include "tool/check.h"

#define NOON 1782907200 /* 2026-07-01T12:00:00Z */
#define REMEDY                                                                      \
	"write a name like Europe/Berlin (see timedatectl list-timezones), UTC or " \
	"+02:00"

/* What the zone's clock is ahead in summer. */
static void ahead(const char *name, int64_t want)
{
	struct problem p = {0};
	struct tz *tz = NULL;

	CHECK_INT(config_zone_load(name, &tz, &p), 0);
	CHECK_STR(p.note, "");
	CHECK_INT(NOON - tz_to_utc(tz, NOON), want);
	tz_free(tz);
}

static void refused(const char *name, const char *why)
{
	struct problem p = {0};
	struct tz *tz = NULL;

	CHECK_INT(config_zone_load(name, &tz, &p), -ERR_CONFIG);
	CHECK_INT(p.err, -ERR_CONFIG);
	CHECK_STR(problem_text(&p), why);
	CHECK(!tz);
}

static void no_such(const char *name, const char *shown)
{
	char why[256];

	(void)snprintf(why, sizeof(why), "there is no time zone \"%s\"; " REMEDY, shown);
	refused(name, why);
}

static void no_offset(const char *name)
{
	char why[256];

	(void)snprintf(why, sizeof(why),
		       "\"%s\" is no offset from UTC; write it like +02:00", name);
	refused(name, why);
}

/* Not every system has it. */
static void useless(const char *name)
{
	char path[64], why[256];

	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	(void)snprintf(why, sizeof(why),
		       "%s is no time zone file, or counts leap seconds; " REMEDY, path);
	if (access(path, R_OK) == 0)
		refused(name, why);
	else
		no_such(name, name);
}

TEST(knows_utc)
{
	struct tz *tz = (struct tz *)"not NULL";

	CHECK_INT(config_zone_load("UTC", &tz, NULL), 0);
	CHECK(!tz);
	ahead("utc", 0);
	ahead("Etc/UTC", 0);
}

TEST(knows_offsets)
{
	ahead("+02:00", 7200);
	ahead("-0530", -19800);
	ahead("+09", 32400);
	ahead("+00:00", 0);
	ahead("-23:59", -86340);
	no_offset("+2");
	no_offset("+2:00");
	no_offset("+02:");
	no_offset("+02:0");
	no_offset("+02:60");
	no_offset("+02:00:00");
	no_offset("+24:00");
	no_offset("+");
	no_offset("--02");
	no_offset("+02 ");
}

TEST(knows_the_systems_zones)
{
	ahead("Europe/Berlin", 7200);
	ahead("America/New_York", -14400);
	ahead("America/Argentina/Buenos_Aires", -10800);
	ahead("Asia/Kolkata", 19800);
	ahead("Etc/GMT+5", -18000);
	ahead("America/Port-au-Prince", -14400);
}

TEST(refuses_what_is_no_name)
{
	no_such("", "");
	no_such("Europe/Berln", "Europe/Berln");
	no_such("Europe", "Europe"); /* a folder */
	no_such("Europe/", "Europe/");
	no_such("Europe//Berlin", "Europe//Berlin");
	no_such("/usr/share/zoneinfo/Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin");
	no_such("../zoneinfo/Europe/Berlin", "../zoneinfo/Europe/Berlin");
	no_such("Europe/../Europe/Berlin", "Europe/../Europe/Berlin");
	no_such("Europe/Berlin\n", "Europe/Berlin?");
	no_such("a123456789b123456789c123456789d123456789e123456789f123456789g1234",
		"a123456789b123456789c123456789d123456789e123456789f123456789g123");
	/* files of the folder that are none, or of a kind that is of no use here */
	useless("leapseconds");
	useless("right/Europe/Berlin");
}

int main(void)
{
	RUN(knows_utc);
	RUN(knows_offsets);
	RUN(knows_the_systems_zones);
	RUN(refuses_what_is_no_name);
	return CHECK_DONE();
}
