/* SPDX-License-Identifier: Apache-2.0 */
#include "stagingrig.h"

TEST(a_small_object_is_one_put)
{
	struct rig r;
	struct job_object o = {0};

	rig_open(&r);
	o.rows = 7;
	open_staging(&r, "small", PART, 10000);
	add(&r, "abc", 3);
	add(&r, "", 0);
	add(&r, "defg", 4);
	CHECK_INT(staging_bytes(r.st), 7);
	CHECK_INT(puts_of(&r), 0);
	sync_it(&r, "-end", 4, &o);
	holds(&r, "abcdefg-end", 11);
	CHECK_INT(emunet_requests(&r.net, "service=s3&method=POST"), 0);
	CHECK_INT(puts_of(&r), 1);
	CHECK_INT(r.begun, 0);
	CHECK_STR(o.bucket, r.net.bucket);
	CHECK_STR(o.key, "small");
	CHECK_STR(o.upload_id, "");
	CHECK_INT(o.n_parts, 0);
	CHECK_INT(o.bytes, 11);
	CHECK(o.present);
	CHECK_INT(o.rows, 7); /* not ours */
	CHECK_INT(staging_bytes(r.st), 7);
	CHECK_INT(health_staged(r.health), 11);
	object_fini(&o);
	rig_close(&r);
}

/* The tag that lets AMC read it goes along, however the object is made. */
TEST(objects_carry_their_tag)
{
	struct rig r;
	char *p = noise(PART + 1);
	struct job_object o = {0};
	struct json *all, *j;
	int tagged = 0;

	rig_open(&r);
	for (size_t i = 0; i < 2; i++) {
		open_staging(&r, i ? "tagged-large" : "tagged-small", PART, 10000);
		add(&r, p, i ? PART + 1 : 1);
		sync_it(&r, "", 0, &o);
		put_together(&r, &o);
		staging_free(r.st);
	}
	r.st = NULL;
	all = emunet_control(&r.net, "GET", "/objects", NULL);
	j = json_get(all, "objects");
	for (size_t i = 0; i < json_count(j); i++) {
		const struct json *one = json_at(j, i);

		if (strncmp(json_str(one, "key"), "tagged-", 7) != 0)
			continue;
		CHECK_STR(json_str(json_get(one, "tags"), "instanceId"), "amcdemo1");
		tagged++;
	}
	CHECK_INT(tagged, 2);
	json_free(all);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

/* The law for small objects: wherever bytes are cut and synced, with whatever
 * tail, what lies there is what was added and the latest tail. */
TEST(cut_anywhere_small)
{
	static const char text[] = "email,zip\na,1\nb,2\nc,3\n";
	const size_t n = sizeof(text) - 1;
	struct rig r;

	rig_open(&r);
	for (size_t cut = 0; cut <= n; cut++) {
		struct job_object o = {0};

		open_staging(&r, "cut", PART, 10000);
		add(&r, text, cut);
		sync_it(&r, "tail that is longer than the rest", cut % 3 * 11, &o);
		add(&r, text + cut, n - cut);
		sync_it(&r, "!", 1, &o);
		CHECK_INT(o.bytes, n + 1);
		holds(&r, "email,zip\na,1\nb,2\nc,3\n!", n + 1);
		sync_it(&r, "", 0, &o); /* and once more, nothing added */
		CHECK_INT(o.bytes, n);
		holds(&r, text, n);
		object_fini(&o);
		staging_free(r.st);
	}
	r.st = NULL;
	rig_close(&r);
}

/* And for large ones: syncs before, at and behind the ends of parts, with tails
 * that stay below, fill and pass the end of the part. */
TEST(cut_anywhere_large)
{
	static const struct {
		size_t cut[3], tail[3];
	} cases[] = {
		{{1, 2, 3}, {0, 1, 2}},
		{{PART - 1, PART, PART + 1}, {1, 0, 1}},
		{{PART - 1, PART - 1, 2 * PART}, {0, 1, 2}},
		{{PART, PART, PART}, {0, 0, 0}},
		{{10, PART + 10, 2 * PART - 1}, {PART, PART, 2}},
		{{2 * PART, 2 * PART + 3, 2 * PART + 4}, {1, 0, 0}},
		{{0, 0, 2 * PART + 4}, {0, 9, 0}},
	};
	const size_t n = 2 * PART + 7;
	char *p = noise(n), *junk = malloc(PART);
	struct rig r;

	CHECK(junk != NULL);
	memset(junk, 'J', PART);
	rig_open(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct job_object o = {0};
		size_t at = 0;

		open_staging(&r, "large", PART, 10000);
		for (size_t k = 0; k < 3; k++) {
			add(&r, p + at, cases[i].cut[k] - at);
			at = cases[i].cut[k];
			sync_it(&r, junk, cases[i].tail[k], &o);
			CHECK_INT(o.bytes, at + cases[i].tail[k]);
		}
		add(&r, p + at, n - at - 2);
		sync_it(&r, p + n - 2, 2, &o); /* the end comes as a tail */
		CHECK_INT(o.bytes, n);
		CHECK_INT(o.n_parts, 3);
		CHECK_STR(o.upload_id, r.upload_id);
		CHECK_INT(r.begun, 1);
		put_together(&r, &o);
		holds(&r, p, n);
		object_fini(&o);
		staging_free(r.st);
	}
	r.st = NULL;
	free(junk);
	free(p);
	rig_close(&r);
}

/* Each sync's description alone makes the object as it was then. */
TEST(every_sync_could_be_the_last)
{
	const size_t n = 2 * PART + 100;
	static const size_t cut[] = {10, PART, PART + 50, 2 * PART, 2 * PART + 100};
	char *p = noise(n);
	struct rig r;

	rig_open(&r);
	for (size_t last = 0; last < 5; last++) {
		struct job_object o = {0};
		size_t at = 0;

		open_staging(&r, "last", PART, 10000);
		for (size_t k = 0; k <= last; at = cut[k], k++) {
			add(&r, p + at, cut[k] - at);
			sync_it(&r, "", 0, &o);
		}
		put_together(&r, &o);
		CHECK_INT(o.bytes, cut[last]);
		holds(&r, p, cut[last]);
		object_fini(&o);
		staging_free(r.st);
	}
	r.st = NULL;
	free(p);
	rig_close(&r);
}

/* A sync's tail made a part that the end no longer needs. */
TEST(a_stale_part_is_left_out)
{
	char *p = noise(PART + 10);
	struct job_object o = {0};
	struct rig r;

	rig_open(&r);
	open_staging(&r, "stale", PART, 10000);
	add(&r, p, PART);
	sync_it(&r, "a tail that will be gone", 24, &o);
	CHECK_INT(o.n_parts, 2);
	CHECK_INT(o.parts[1].bytes, 24);
	sync_it(&r, "", 0, &o);
	CHECK_INT(o.n_parts, 1);
	CHECK_INT(o.bytes, PART);
	CHECK_INT(o.parts[0].bytes, PART);
	put_together(&r, &o);
	holds(&r, p, PART);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

/* While it grows, what an earlier sync promised stays there whole; a sync sends
 * the unfinished part alone again, never those before it. */
TEST(growing_sends_nothing_twice_but_the_last_part)
{
	char *p = noise(2 * PART + 10);
	struct job_object o = {0};
	struct rig r;

	rig_open(&r);
	open_staging(&r, "grow", PART, 10000);
	add(&r, p, 10);
	sync_it(&r, "", 0, &o);
	CHECK(o.present);
	add(&r, p + 10, 2 * PART - 10);
	sync_it(&r, "", 0, &o);
	CHECK(o.present);
	holds(&r, p, 10); /* not put together yet */
	add(&r, p + 2 * PART, 5);
	sync_it(&r, "", 0, &o);
	add(&r, p + 2 * PART + 5, 5);
	sync_it(&r, "", 0, &o);
	CHECK_INT(emunet_requests(&r.net, "method=PUT&path=partNumber%3D1%26"), 1);
	CHECK_INT(emunet_requests(&r.net, "method=PUT&path=partNumber%3D2%26"), 1);
	CHECK_INT(emunet_requests(&r.net, "method=PUT&path=partNumber%3D3%26"), 2);
	CHECK_INT(puts_of(&r), 5);
	put_together(&r, &o);
	holds(&r, p, 2 * PART + 10);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

/* Not one part may be on its way before the upload's id is on disk: a crash would
 * leave parts that nobody knows of. */
TEST(the_id_is_durable_before_any_part)
{
	char *p = noise(3 * PART);
	struct job_object o = {0};
	struct rig r;

	rig_open(&r);
	open_staging(&r, "durable", PART, 10000);
	add(&r, p, 3 * PART); /* three threads at once */
	sync_it(&r, "", 0, &o);
	CHECK_INT(r.begun, 1);
	CHECK_INT(r.parts_before, 0);
	CHECK_INT(emunet_requests(&r.net, "service=s3&path=uploads"), 1);
	CHECK_INT(emunet_requests(&r.net, "service=s3&path=partNumber"), 3);
	CHECK_STR(o.upload_id, r.upload_id);
	object_fini(&o);
	free(p);
	rig_close(&r);
}

TEST(without_a_durable_id_no_part_is_sent)
{
	char *p = noise(PART);
	struct job_object o = {0};
	struct problem why = {0};
	struct rig r;

	rig_open(&r);
	open_staging(&r, "no-disk", PART, 10000);
	r.begun_fails = 1;
	add(&r, p, PART);
	CHECK_INT(staging_sync(r.st, "", 0, &o, &why), -ERR_STAGING);
	CHECK_STR(problem_text(&why), "the disk is full");
	CHECK_INT(r.begun, 1);
	CHECK_INT(emunet_requests(&r.net, "service=s3&path=partNumber"), 0);
	CHECK(o.bucket == NULL); /* nothing is described */
	free(p);
	rig_close(&r);
}

int main(void)
{
	RUN(a_small_object_is_one_put);
	RUN(objects_carry_their_tag);
	RUN(cut_anywhere_small);
	RUN(cut_anywhere_large);
	RUN(every_sync_could_be_the_last);
	RUN(a_stale_part_is_left_out);
	RUN(growing_sends_nothing_twice_but_the_last_part);
	RUN(the_id_is_durable_before_any_part);
	RUN(without_a_durable_id_no_part_is_sent);
	return CHECK_DONE();
}
