/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that is asked for is what a clock is ahead of UTC when it shows some time. So of
 * each change two things are kept: from which time shown it counts, and the offset
 * from then on. Both a gap and an overlap belong to the offset from before, that is,
 * a change counts from the later of the two times that the clock shows at it.
 *
 * Zones that count leap seconds ("right/...") are refused: their seconds are not
 * those since 1970 that everything else here counts.
 */
#include "data/tz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"
#include "data/tz_rule.h"

#define DAY_S	     86400
#define OFFSET_END_S (26 * 3600)	/* RFC 8536, 3.2: less than that */
#define FAR_S	     (INT64_C(1) << 50) /* no calendar gets there */
#define HEADER_BYTES 44
#define TYPE_BYTES   6

struct change {
	int64_t from; /* what the clock shows when it counts */
	int32_t ahead_s;
};

struct tz {
	int32_t ahead_s; /* before the first change */
	bool has_rule;	 /* after the last change */
	struct tz_rule rule;
	size_t n;
	struct change changes[];
};

/* A block of the file: where its parts are. */
struct block {
	bool newer;	   /* than version 1 */
	size_t time_bytes; /* of each time */
	size_t n_times, n_types;
	const unsigned char *times, *indices, *types;
	uint64_t leaps;
};

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be_time(const unsigned char *p, size_t bytes)
{
	if (bytes == 4)
		return (int32_t)be32(p);
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Takes a header and its data off s. */
static bool take_block(struct slice *s, size_t time_bytes, struct block *b)
{
	const unsigned char *p = (const unsigned char *)s->p;
	uint64_t uts, stds, chars, size;

	if (s->n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
		return false;
	b->newer = p[4] != '\0';
	b->time_bytes = time_bytes;
	uts = be32(p + 20);
	stds = be32(p + 24);
	b->leaps = be32(p + 28);
	b->n_times = be32(p + 32);
	b->n_types = be32(p + 36);
	chars = be32(p + 40);
	/* seven numbers of 32 bits, none times more than 12: no overflow in 64 bits */
	size = (uint64_t)b->n_times * (time_bytes + 1) +
	       (uint64_t)b->n_types * TYPE_BYTES + chars + b->leaps * (time_bytes + 4) +
	       stds + uts;
	if (size > s->n - HEADER_BYTES)
		return false;
	b->times = p + HEADER_BYTES;
	b->indices = b->times + b->n_times * time_bytes;
	b->types = b->indices + b->n_times;
	s->p += HEADER_BYTES + size;
	s->n -= HEADER_BYTES + (size_t)size;
	return true;
}

static bool offset_of(const struct block *b, size_t type, int32_t *out)
{
	if (type >= b->n_types)
		return false;
	*out = (int32_t)be32(b->types + type * TYPE_BYTES);
	return *out > -OFFSET_END_S && *out < OFFSET_END_S;
}

static bool take_changes(struct tz *tz, const struct block *b)
{
	int64_t last = INT64_MIN;
	int32_t before;

	if (!offset_of(b, 0, &before))
		return false;
	tz->ahead_s = before;
	for (size_t i = 0; i < b->n_times; i++) {
		int64_t at = be_time(b->times + i * b->time_bytes, b->time_bytes);
		int32_t after;

		if (!offset_of(b, b->indices[i], &after) || (i > 0 && at <= last))
			return false;
		last = at;
		if (at < -FAR_S) /* "since the big bang" */
			at = -FAR_S;
		if (at > FAR_S)
			at = FAR_S;
		tz->changes[i].from = at + (before > after ? before : after);
		tz->changes[i].ahead_s = after;
		before = after;
	}
	tz->n = b->n_times;
	return true;
}

/* "\nRULE\n"; an empty rule says that nothing is known. */
static bool take_footer(struct tz *tz, struct slice s)
{
	const char *end;

	if (s.n < 2 || s.p[0] != '\n')
		return false;
	end = memchr(s.p + 1, '\n', s.n - 1);
	if (!end)
		return false;
	if (end == s.p + 1)
		return true;
	tz->has_rule = true;
	return tz_rule_parse(&tz->rule, s.p + 1, (size_t)(end - s.p - 1)) == 0;
}

int tz_new(struct tz **out, const void *tzif, size_t n)
{
	struct slice s = slice_of(tzif, n);
	struct block b;
	struct tz *tz;
	bool newer;

	if (!take_block(&s, 4, &b))
		return -EINVAL;
	/* From version 2 on everything stands once more behind it, with longer times. */
	newer = b.newer;
	if (newer && !take_block(&s, 8, &b))
		return -EINVAL;
	if (b.leaps > 0)
		return -EINVAL;
	tz = calloc(1, sizeof(*tz) + b.n_times * sizeof(tz->changes[0]));
	if (!tz)
		return -ENOMEM;
	if (!take_changes(tz, &b) || (newer && !take_footer(tz, s))) {
		tz_free(tz);
		return -EINVAL;
	}
	*out = tz;
	return 0;
}

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

/* How many changes count when the clock shows local. */
static size_t changes_until(const struct tz *tz, int64_t local)
{
	size_t low = 0, high = tz->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (tz->changes[mid].from <= local)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int64_t tz_to_utc(const struct tz *tz, int64_t local)
{
	size_t n;

	if (!tz || local < -FAR_S || local > FAR_S)
		return local;
	n = changes_until(tz, local);
	if (n == tz->n && tz->has_rule)
		return local - tz_rule_ahead(&tz->rule, local);
	return local - (n > 0 ? tz->changes[n - 1].ahead_s : tz->ahead_s);
}
