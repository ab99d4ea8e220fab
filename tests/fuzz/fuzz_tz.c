/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the file: where it is taken, no clock is a day and two hours or more off.
 * The same bytes are also tried as a rule.
 */
#include "data/tz.h"
#include "data/tz_rule.h"
#include "portions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define OFFSET_END_S (26 * 3600)
#define YEAR_1	     INT64_C(-62135596800)
#define YEAR_9999_S  INT64_C(315537897600) /* from there to the end of 9999 */
#define TIMES	     64

static int64_t some_time(struct portions *p)
{
	uint64_t x = (uint64_t)portions_next(p) << 24 | portions_next(p);

	return YEAR_1 + (int64_t)(x % (uint64_t)YEAR_9999_S);
}

static void check_zone(const struct tz *tz, struct portions *p)
{
	static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1,
				       INT64_MAX};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		ENSURE(tz_to_utc(tz, ends[i]) == ends[i]);
	for (int i = 0; i < TIMES; i++) {
		int64_t local = some_time(p);
		int64_t behind = local - tz_to_utc(tz, local);

		ENSURE(behind > -OFFSET_END_S && behind < OFFSET_END_S);
	}
}

static void check_rule(const struct tz_rule *r, struct portions *p)
{
	for (int i = 0; i < TIMES; i++) {
		int32_t ahead = tz_rule_ahead(r, some_time(p));

		ENSURE(ahead == r->standard_s || (r->has_summer && ahead == r->summer_s));
		ENSURE(ahead > -OFFSET_END_S && ahead < OFFSET_END_S);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct portions p = {(uint32_t)n};
	struct tz_rule rule;
	struct tz *tz;
	int r;

	for (size_t i = 0; i < n; i++)
		p.state = p.state * 31 + data[i];
	r = tz_new(&tz, data, n);
	ENSURE(r == 0 || r == -EINVAL);
	if (r == 0) {
		check_zone(tz, &p);
		tz_free(tz);
	}
	if (tz_rule_parse(&rule, (const char *)data, n) == 0)
		check_rule(&rule, &p);
	return 0;
}
