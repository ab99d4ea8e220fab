/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pairs stand in the order in which they were met. A hundred columns, as
 * many as AMC allows, make at most 202 pairs; should a data set have more, the
 * pairs beyond REPORT_SKIPS are in rows_skipped only.
 */
#include "data/report.h"

static struct report_skip *find(struct report *r, uint16_t column, uint16_t reason)
{
	struct report_skip *s;

	for (size_t i = 0; i < r->n_skips; i++) {
		s = &r->skips[i];
		if (s->column == column && s->reason == reason)
			return s;
	}
	if (r->n_skips == REPORT_SKIPS)
		return NULL;
	s = &r->skips[r->n_skips++];
	*s = (struct report_skip){.column = column, .reason = reason};
	return s;
}

void report_skip(struct report *r, uint16_t column, enum report_reason reason,
		 uint64_t line)
{
	struct report_skip *s = find(r, column, (uint16_t)reason);

	r->rows_skipped++;
	if (!s)
		return;
	s->count++;
	if (s->n_lines < REPORT_LINES)
		s->lines[s->n_lines++] = line;
}

/* Without division: rows_skipped stays far below 2^63 / 10000. */
bool report_too_many(const struct report *r, int32_t share, int64_t rows)
{
	if (share >= 0)
		return r->rows_skipped * 10000 > r->rows_in * (uint64_t)share;
	return rows >= 0 && r->rows_skipped > (uint64_t)rows;
}

const struct report_skip *report_worst(const struct report *r)
{
	const struct report_skip *w = &r->skips[0];

	for (size_t i = 1; i < r->n_skips; i++) {
		if (r->skips[i].count > w->count)
			w = &r->skips[i];
	}
	return w;
}

const char *report_reason_name(enum report_reason r)
{
	switch (r) {
	case REPORT_NULL:
		return "null";
	case REPORT_INVALID:
		return "invalid";
	case REPORT_FIELDS:
		return "fields";
	case REPORT_JSON:
		return "json";
	}
	return "invalid";
}
