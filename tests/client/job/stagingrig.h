/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stagingrig - one object being staged at the emulator
 */
#pragma once

#include "emunet.h"

#include "job/staging.h"
#include "testclock.h"

#define PART  (5u << 20) /* the smallest that S3 puts together */
#define LANES 3

struct rig {
	struct emunet net;
	struct testclock tc;
	struct clock clock; /* stands still: only a retry's wait counts as time */
	struct health *health;
	struct uploader *uploader;
	struct staging *st;
	char key[64];
	/* from begun() */
	char upload_id[S3_UPLOAD_ID_CHARS];
	int begun, begun_fails;
	size_t parts_before; /* requests for parts when begun() was called */
};

__attribute__((unused)) static int begun(void *ctx, const char *upload_id,
					 struct problem *p)
{
	struct rig *r = ctx;

	r->begun++;
	(void)snprintf(r->upload_id, sizeof(r->upload_id), "%s", upload_id);
	r->parts_before += emunet_requests(&r->net, "service=s3&path=partNumber");
	if (r->begun_fails)
		return problem_set(p, -ERR_STORE, "the disk is full");
	return 0;
}

__attribute__((unused)) static void open_staging(struct rig *r, const char *key,
						 size_t part, int64_t patience)
{
	struct staging_opts o = {
		.s3 = r->net.s3,
		.uploader = r->uploader,
		.health = r->health,
		.clock = &r->clock,
		.bucket = r->net.bucket,
		.key = key,
		.tagging = "instanceId=amcdemo1",
		.part_bytes = part,
		.patience_ms = patience,
		.begun = begun,
		.ctx = r,
	};

	(void)snprintf(r->key, sizeof(r->key), "%s", key);
	r->upload_id[0] = '\0';
	r->begun = 0;
	r->parts_before = 0;
	CHECK_INT(staging_new(&r->st, &o), 0);
}

__attribute__((unused)) static void rig_open(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	emunet_init(&r->net);
	r->tc = (struct testclock)TESTCLOCK_INIT(1767225600000);
	r->clock = testclock_clock(&r->tc);
	CHECK_INT(health_new(&r->health, &r->clock), 0);
	CHECK_INT(uploader_new(&r->uploader, LANES), 0);
}

__attribute__((unused)) static void rig_close(struct rig *r)
{
	staging_free(r->st);
	uploader_free(r->uploader);
	health_free(r->health);
	emunet_fini(&r->net);
}

__attribute__((unused)) static char *noise(size_t n)
{
	char *p = malloc(n + 1);
	uint32_t x = 12345;

	CHECK(p != NULL);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (char)(x >> 24);
	}
	return p;
}

__attribute__((unused)) static void add(struct rig *r, const void *p, size_t n)
{
	struct problem why = {0};

	CHECK_INT(staging_add(r->st, p, n, &why), 0);
}

__attribute__((unused)) static void sync_it(struct rig *r, const void *tail, size_t n,
					    struct job_object *o)
{
	struct problem why = {0};

	CHECK_INT(staging_sync(r->st, tail, n, o, &why), 0);
}

__attribute__((unused)) static void object_fini(struct job_object *o)
{
	free(o->bucket);
	free(o->key);
	free(o->upload_id);
	free(o->parts);
	memset(o, 0, sizeof(*o));
}

/* As the runner does it: from the description alone. */
__attribute__((unused)) static void put_together(struct rig *r,
						 const struct job_object *o)
{
	struct s3_place at = {.bucket = o->bucket, .key = o->key};
	struct s3_result res;
	struct problem p = {0};
	struct s3_part *parts;

	if (o->n_parts == 0)
		return;
	parts = calloc(o->n_parts, sizeof(*parts));
	CHECK(parts != NULL);
	for (size_t i = 0; i < o->n_parts; i++) {
		CHECK_INT(o->parts[i].number, i + 1);
		parts[i].number = o->parts[i].number;
		memcpy(parts[i].etag, o->parts[i].etag, sizeof(parts[i].etag));
	}
	CHECK_INT(s3_complete(r->net.s3, &at, o->upload_id, parts, o->n_parts, &res, &p),
		  0);
	free(parts);
}

__attribute__((unused)) static void holds(struct rig *r, const void *want, size_t n)
{
	struct s3_place at = {.bucket = r->net.bucket, .key = r->key};
	_cleanup_buf_ struct buf got = BUF_INIT(64u << 20);
	struct s3_result res;
	struct problem p = {0};

	CHECK_INT(s3_get(r->net.s3, &at, &got, &res, &p), 0);
	CHECK_INT(got.n, n);
	CHECK(n == 0 || memcmp(got.p, want, n) == 0);
}

__attribute__((unused)) static size_t puts_of(struct rig *r)
{
	return emunet_requests(&r->net, "service=s3&method=PUT");
}
