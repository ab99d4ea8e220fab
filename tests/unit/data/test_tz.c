/* SPDX-License-Identifier: Apache-2.0 */
/* tests/tool/tz_compare tries the zones of the machine. */
#include "data/tz.h"

#include "base/buf.h"
#include "tool/check.h"

struct type {
	int32_t ahead_s;
	int summer;
};

/* What the parts of one block are. */
struct block {
	const int64_t *times;
	const unsigned char *indices;
	uint32_t n_times;
	const struct type *types;
	uint32_t n_types, n_leaps;
};

static void put(struct buf *b, uint64_t v, int bytes)
{
	while (bytes-- > 0)
		CHECK_INT(buf_addc(b, (char)(v >> 8 * bytes)), 0);
}

/* Types' names are "AAA"; one UT and one standard indicator a type. */
static void put_block(struct buf *b, char version, int bytes, const struct block *k)
{
	CHECK_INT(buf_add(b, "TZif", 4), 0);
	CHECK_INT(buf_addc(b, version), 0);
	put(b, 0, 8);
	put(b, 0, 7);
	put(b, k->n_types, 4);
	put(b, k->n_types, 4);
	put(b, k->n_leaps, 4);
	put(b, k->n_times, 4);
	put(b, k->n_types, 4);
	put(b, 4, 4);
	for (uint32_t i = 0; i < k->n_times; i++)
		put(b, (uint64_t)k->times[i], bytes);
	for (uint32_t i = 0; i < k->n_times; i++)
		put(b, k->indices[i], 1);
	for (uint32_t i = 0; i < k->n_types; i++) {
		put(b, (uint32_t)k->types[i].ahead_s, 4);
		put(b, (uint64_t)k->types[i].summer, 1);
		put(b, 0, 1);
	}
	CHECK_INT(buf_add(b, "AAA", 4), 0);
	for (uint32_t i = 0; i < k->n_leaps; i++) {
		put(b, 78796800, bytes);
		put(b, 1, 4);
	}
	for (uint32_t i = 0; i < k->n_types; i++)
		put(b, 0, 2);
}

static const struct type nothing_types[] = {{0, 0}};
static const struct block nothing = {.types = nothing_types, .n_types = 1};

static struct buf newer(const struct block *k, const char *footer)
{
	struct buf b = BUF_INIT(1 << 16);

	put_block(&b, '2', 4, &nothing);
	put_block(&b, '2', 8, k);
	CHECK_INT(buf_add(&b, footer, strlen(footer)), 0);
	return b;
}

static struct buf older(const struct block *k)
{
	struct buf b = BUF_INIT(1 << 16);

	put_block(&b, '\0', 4, k);
	return b;
}

/* Of bytes with nothing behind them to lean on. */
static int make(struct tz **tz, const void *p, size_t n)
{
	char *exact = malloc(n ? n : 1);
	int r;

	memcpy(exact, p, n);
	r = tz_new(tz, exact, n);
	free(exact);
	return r;
}

static struct tz *made(struct buf b)
{
	struct tz *tz;

	CHECK_INT(make(&tz, b.p, b.n), 0);
	buf_fini(&b);
	return tz;
}

static void refused(struct buf b)
{
	struct tz *tz;

	CHECK_INT(make(&tz, b.p, b.n), -EINVAL);
	buf_fini(&b);
}

/* Two changes: forward an hour at 1000000, back at 2000000; before it, half an hour */
static const int64_t times[] = {1000000, 2000000, 3000000};
static const unsigned char indices[] = {1, 2, 1};
static const struct type types[] = {{1800, 0}, {7200, 1}, {3600, 0}};
static const struct block table = {times, indices, 3, types, 3, 0};

static void follows_table(const struct tz *tz)
{
	CHECK_INT(tz_to_utc(tz, 0), -1800);
	CHECK_INT(tz_to_utc(tz, 1001799), 999999);
	/* the gap: from 1001800 to 1007199 nothing happened */
	CHECK_INT(tz_to_utc(tz, 1001800), 1000000);
	CHECK_INT(tz_to_utc(tz, 1007199), 1007199 - 1800);
	CHECK_INT(tz_to_utc(tz, 1007200), 1000000);
	/* the overlap: from 2003600 to 2007199 happened twice */
	CHECK_INT(tz_to_utc(tz, 2003599), 2003599 - 7200);
	CHECK_INT(tz_to_utc(tz, 2003600), 2003600 - 7200);
	CHECK_INT(tz_to_utc(tz, 2007199), 1999999);
	CHECK_INT(tz_to_utc(tz, 2007200), 2003600);
	CHECK_INT(tz_to_utc(tz, 3007199), 3007199 - 3600);
	CHECK_INT(tz_to_utc(tz, 3007200), 3000000);
}

TEST(is_utc_without_a_zone)
{
	CHECK_INT(tz_to_utc(NULL, 1234567890), 1234567890);
	CHECK_INT(tz_to_utc(NULL, INT64_MIN), INT64_MIN);
	tz_free(NULL);
}

TEST(knows_fixed_offsets)
{
	struct tz *tz;

	CHECK_INT(tz_new_fixed(&tz, 19800), 0);
	CHECK_INT(tz_to_utc(tz, 19800), 0);
	tz_free(tz);
	CHECK_INT(tz_new_fixed(&tz, -86399), 0);
	CHECK_INT(tz_to_utc(tz, -86399), 0);
	tz_free(tz);
	CHECK_INT(tz_new_fixed(&tz, 86400), -EINVAL);
	CHECK_INT(tz_new_fixed(&tz, -86400), -EINVAL);
	CHECK_INT(tz_new_fixed(&tz, INT32_MIN), -EINVAL);
}

TEST(follows_the_old_form)
{
	struct tz *tz = made(older(&table));

	follows_table(tz);
	CHECK_INT(tz_to_utc(tz, 4000000000), 4000000000 - 7200); /* its last for ever */
	tz_free(tz);
}

TEST(prefers_the_long_times)
{
	struct tz *tz = made(newer(&table, "\n\n"));

	follows_table(tz);
	CHECK_INT(tz_to_utc(tz, 4000000000), 4000000000 - 7200);
	tz_free(tz);
}

TEST(follows_the_rule_after_the_table)
{
	struct tz *tz = made(newer(&table, "\nCET-1CEST,M3.5.0,M10.5.0/3\n"));

	CHECK_INT(tz_to_utc(tz, 3007199), 3007199 - 3600);	 /* the table's */
	CHECK_INT(tz_to_utc(tz, 1782864000), 1782864000 - 7200); /* 2026-07-01 */
	CHECK_INT(tz_to_utc(tz, 1798761600), 1798761600 - 3600); /* 2027-01-01 */
	tz_free(tz);
	tz = made(newer(&nothing, "\n<-03>3\n")); /* a rule and no table */
	CHECK_INT(tz_to_utc(tz, 0), 10800);
	tz_free(tz);
}

TEST(bears_times_beyond_all_calendars)
{
	static const int64_t far[] = {INT64_MIN, 0, INT64_MAX};
	static const unsigned char which[] = {0, 1, 0};
	static const struct type two[] = {{93599, 0}, {-93599, 0}};
	static const struct block k = {far, which, 3, two, 2, 0};
	struct tz *tz = made(newer(&k, "\nAAA0\n"));

	CHECK_INT(tz_to_utc(tz, -1000000), -1000000 - 93599);
	CHECK_INT(tz_to_utc(tz, 1000000), 1000000 + 93599);
	CHECK_INT(tz_to_utc(tz, INT64_MAX), INT64_MAX);
	CHECK_INT(tz_to_utc(tz, INT64_MIN), INT64_MIN);
	tz_free(tz);
}

TEST(refuses_wrong_tables)
{
	static const int64_t same[] = {5, 5};
	static const unsigned char too_high[] = {1, 3, 1};
	static const struct type far_ahead[] = {{26 * 3600, 0}};
	static const struct type far_behind[] = {{INT32_MIN, 0}};
	struct block k = table;

	k.indices = too_high;
	refused(newer(&k, "\n\n"));
	k = table;
	k.times = same;
	k.n_times = 2;
	refused(newer(&k, "\n\n"));
	refused(older(&k));
	k = nothing;
	k.n_types = 0;
	refused(newer(&k, "\n\n"));
	k = nothing;
	k.types = far_ahead;
	refused(newer(&k, "\n\n"));
	k.types = far_behind;
	refused(newer(&k, "\n\n"));
	k = nothing;
	k.n_leaps = 1;
	refused(newer(&k, "\n\n"));
	refused(older(&k));
}

TEST(refuses_wrong_footers)
{
	refused(newer(&nothing, ""));
	refused(newer(&nothing, "\n"));
	refused(newer(&nothing, "AAA0\n"));
	refused(newer(&nothing, "\nAAA0"));
	refused(newer(&nothing, "\nAAA\n"));
}

TEST(refuses_cut_files_at_every_byte)
{
	struct buf b = newer(&table, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
	struct tz *tz;

	for (size_t n = 0; n < b.n; n++)
		CHECK_INT(make(&tz, b.p, n), -EINVAL);
	CHECK_INT(make(&tz, b.p, b.n), 0);
	tz_free(tz);
	b.p[0] = 't';
	CHECK_INT(make(&tz, b.p, b.n), -EINVAL);
	buf_fini(&b);
}

TEST(refuses_counts_beyond_the_file)
{
	for (size_t at = 20; at < 44; at += 4) {
		struct buf b = older(&table);

		memset(b.p + at, 0xff, 4);
		refused(b);
	}
}

int main(void)
{
	RUN(is_utc_without_a_zone);
	RUN(knows_fixed_offsets);
	RUN(follows_the_old_form);
	RUN(prefers_the_long_times);
	RUN(follows_the_rule_after_the_table);
	RUN(bears_times_beyond_all_calendars);
	RUN(refuses_wrong_tables);
	RUN(refuses_wrong_footers);
	RUN(refuses_cut_files_at_every_byte);
	RUN(refuses_counts_beyond_the_file);
	return CHECK_DONE();
}
