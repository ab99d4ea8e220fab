/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tz_rule - the clock changes of every year, as POSIX's TZ writes them
 *
 *	CET-1CEST,M3.5.0,M10.5.0/3	<+0530>-5:30	<-02>2<-01>,M3.5.0/-1,M10.5.0/0
 *
 * Source   POSIX.1, Base Definitions 8.3; RFC 8536, 3.3.1: hours -167 to 167
 *
 * Layer    data (pure), part of tz
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errcode.h"

enum tz_rule_kind {
	TZ_RULE_JULIAN, /* J60 = 1 March, in leap years too */
	TZ_RULE_DAY,	/* 59 = the 60th day */
	TZ_RULE_WEEKDAY /* M3.5.0 = March's last Sunday */
};

struct tz_rule_when {
	enum tz_rule_kind kind;
	int day; /* of the year, or of the week with 0 = Sunday */
	int month, week;
	int32_t time_s; /* from that day's midnight, on the clock until then */
};

/* Offsets are what the clock is ahead of UTC, not behind it as in the text. */
struct tz_rule {
	int32_t standard_s, summer_s;
	bool has_summer;
	struct tz_rule_when begin, end; /* of summer time */
};

/* -EINVAL for anything else, and where summer time has no begin and end. */
MUST_CHECK int tz_rule_parse(struct tz_rule *out, const char *text, size_t n);

/* What a clock that shows local is ahead of UTC. See tz.h for gaps and overlaps. */
int32_t tz_rule_ahead(const struct tz_rule *r, int64_t local);
