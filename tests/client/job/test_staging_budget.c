/* SPDX-License-Identifier: Apache-2.0 */
/* Many writers at once: their parts are as small as S3 allows. */
#include "stagingrig.h"

#define BIG   (8u << 20)
#define SMALL S3_MIN_PART_BYTES

TEST(parts_are_small_while_memory_is_tight)
{
	struct rig r;
	size_t n = 2 * SMALL + BIG + 3;
	char *p = noise(n);
	struct job_object o = {0};

	rig_open(&r);
	uploader_set_budget(r.uploader, 1);
	open_staging(&r, "tight", BIG, 10000);
	uploader_hold(r.uploader, 2); /* another file's */
	add(&r, p, SMALL - 1);
	add(&r, p + SMALL - 1, 1);
	add(&r, p + SMALL, SMALL);
	uploader_let_go(r.uploader, 2);
	sync_it(&r, "end", 3, &o); /* waits until nothing of it is held */
	CHECK(!uploader_tight(r.uploader));
	uploader_set_budget(r.uploader, BIG); /* no task is left that could look */
	add(&r, p + (size_t)2 * SMALL, BIG + 3);
	object_fini(&o);
	sync_it(&r, "", 0, &o);
	put_together(&r, &o);
	CHECK_INT(o.n_parts, 4);
	CHECK_INT(o.parts[0].bytes, SMALL);
	CHECK_INT(o.parts[1].bytes, SMALL);
	CHECK_INT(o.parts[2].bytes, BIG);
	CHECK_INT(o.parts[3].bytes, 3);
	CHECK_INT(o.bytes, n);
	holds(&r, p, n);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

/* What a sync sends is lent, not held twice, and is there to be added to. */
TEST(a_part_goes_on_after_it_was_lent)
{
	struct rig r;
	char *p = noise(SMALL + 9);
	struct job_object o = {0};

	rig_open(&r);
	uploader_set_budget(r.uploader, SMALL);
	open_staging(&r, "lent", BIG, 10000);
	for (size_t i = 0; i < 9; i++) {
		add(&r, p + i, 1);
		sync_it(&r, "a longer tail", 13, &o);
		CHECK_INT(o.bytes, i + 14);
		object_fini(&o);
	}
	add(&r, p + 9, SMALL);
	CHECK(uploader_tight(r.uploader));
	sync_it(&r, "", 0, &o);
	CHECK_INT(o.n_parts, 0);
	holds(&r, p, SMALL + 9);
	object_fini(&o);
	rig_close(&r);
	free(p);
}

int main(void)
{
	RUN(parts_are_small_while_memory_is_tight);
	RUN(a_part_goes_on_after_it_was_lent);
	return 0;
}
