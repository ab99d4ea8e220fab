/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock's offset is what it is ahead of UTC: local = UTC + offset.
 */
#include "data/tz.h"

#include <stdlib.h>

#define DAY_S 86400

struct tz {
	int32_t ahead_s;
};

int tz_new_fixed(struct tz **out, int32_t ahead_s)
{
	struct tz *tz;

	if (ahead_s <= -DAY_S || ahead_s >= DAY_S)
		return -EINVAL;
	tz = calloc(1, sizeof(*tz));
	if (!tz)
		return -ENOMEM;
	tz->ahead_s = ahead_s;
	*out = tz;
	return 0;
}

void tz_free(struct tz *tz)
{
	free(tz);
}

int64_t tz_to_utc(const struct tz *tz, int64_t local)
{
	return tz ? local - tz->ahead_s : local;
}
