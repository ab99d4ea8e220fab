/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probe is written as a staged object is, below the same prefix, with the
 * same tag and encryption, since rights are often given for exactly that.
 */
#include "app/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/ulid.h"

struct probe {
	struct s3 *s3;
	struct s3_place at;
	char tagging[300];
	char text[64];
	const char *step; /* what is being tried */
};

static int write_and_read(struct probe *pr, struct problem *p)
{
	_cleanup_buf_ struct buf back = BUF_INIT(4096);
	char etag[S3_ETAG_CHARS];
	struct s3_result res;
	int r;

	pr->step = "write";
	r = s3_put(pr->s3, &pr->at, pr->text, strlen(pr->text),
		   *pr->tagging ? pr->tagging : NULL, etag, &res, p);
	if (r < 0)
		return r;
	pr->step = "read back";
	r = s3_get(pr->s3, &pr->at, &back, &res, p);
	if (r < 0)
		return r;
	if (!slice_eq_str(buf_slice(&back), pr->text))
		return problem_set(p, -ERR_BAD_REPLY, "other bytes came back");
	return 0;
}

int probe_bucket(struct s3 *s3, const struct settings_s3 *s, const char *instance,
		 const struct clock *clock, struct problem *p)
{
	struct probe pr = {.s3 = s3};
	struct problem why = {0}, why_left = {0};
	struct s3_result res;
	char id[ULID_CHARS + 1];
	_cleanup_free_ char *key = NULL;
	int r, left;

	r = ulid_new(clock_wall_ms(clock), id);
	if (r == 0 && asprintf(&key, "%samcfs-check-%s", s->prefix, id) < 0) {
		key = NULL;
		r = -ENOMEM;
	}
	if (r < 0)
		return r;
	pr.at = (struct s3_place){.bucket = s->bucket, .key = key};
	if (*instance)
		(void)snprintf(pr.tagging, sizeof(pr.tagging), "instanceId=%s", instance);
	(void)snprintf(pr.text, sizeof(pr.text), "amcfs check %s\n", id);
	r = write_and_read(&pr, &why);
	/* also after a failed write: perhaps only its answer was lost */
	left = s3_delete(s3, &pr.at, &res, &why_left);
	if (r == 0 && left < 0) {
		pr.step = "delete";
		r = left;
		why = why_left;
	}
	if (r < 0)
		return problem_set(p, r, "cannot %s %s: %s", pr.step, key,
				   problem_text(&why));
	return 0;
}
