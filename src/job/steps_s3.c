/* SPDX-License-Identifier: Apache-2.0 */
/* What a job's steps ask of S3: put the object together, take away what is
 * staged. Both are safe to repeat. */
#include "job/steps_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static struct s3_place place(const struct step *s)
{
	return (struct s3_place){
		.bucket = s->job.object.bucket,
		.key = s->job.object.key,
		.cancel = &s->e->cancel,
	};
}

/* Is the object there as it was staged? Asked after putting it together, since
 * not every S3 keeps its promises, and when the answer to that was lost or said
 * that there is no such upload: then the size tells whether it had been done. */
static struct step_outcome verify(struct step *s, struct s3 *s3, bool completed)
{
	struct step_outcome out = {.ev = JOB_EV_DONE};
	struct s3_place at = place(s);
	struct s3_result res = {0};
	uint64_t bytes = 0;
	int r = s3_head(s3, &at, &bytes, &res, &out.why);

	if (r == 0 && bytes == s->job.object.bytes)
		return out;
	if (r < 0 && res.class != RETRY_PERMANENT) {
		out.ev = JOB_EV_LATER;
		out.wait_ms = step_later_ms(s, res.retry_after_ms);
		return out;
	}
	problem_clear(&out.why);
	if (completed && r < 0 && r != -ERR_NOT_FOUND)
		return out; /* the keys may write and not look: S3's word must do */
	out.ev = JOB_EV_REFUSED;
	if (completed)
		problem_set(
			&out.why, -ERR_STAGING,
			"S3 put the parts in bucket %s together and the object is not "
			"as long as they are; copy the file again",
			s->job.object.bucket);
	else
		problem_set(
			&out.why, -ERR_STAGING,
			"the staged parts in bucket %s were removed before AMC had them "
			"(a lifecycle rule?); copy the file again",
			s->job.object.bucket);
	return out;
}

struct step_outcome step_complete(struct step *s)
{
	struct step_outcome out = {.ev = JOB_EV_DONE};
	struct job_object *o = &s->job.object;
	struct s3 *s3 = engine_s3(s->e, s->job.instance);
	struct s3_place at = place(s);
	struct s3_result res = {0};
	struct s3_part *parts;
	int r;

	if (o->n_parts == 0 && o->present)
		return out; /* one PUT made it whole */
	if (o->n_parts == 0 || !o->upload_id || !o->upload_id[0]) {
		out.ev = JOB_EV_REFUSED;
		problem_set(&out.why, -ERR_STAGING,
			    "nothing is staged for the file; copy it again");
		return out;
	}
	parts = calloc(o->n_parts, sizeof(*parts));
	if (!parts) {
		out.ev = JOB_EV_LATER;
		out.wait_ms = step_later_ms(s, -1);
		problem_set(&out.why, -ENOMEM, "out of memory");
		return out;
	}
	for (size_t i = 0; i < o->n_parts; i++) {
		parts[i].number = o->parts[i].number;
		memcpy(parts[i].etag, o->parts[i].etag, sizeof(parts[i].etag));
	}
	r = s3_complete(s3, &at, o->upload_id, parts, o->n_parts, &res, &out.why);
	free(parts);
	if (r == 0 || r == -ERR_NOT_FOUND) {
		problem_clear(&out.why);
		out = verify(s, s3, r == 0);
	} else {
		health_bad(s->e->health, HEALTH_S3, &out.why);
		out.ev = res.class == RETRY_PERMANENT ? JOB_EV_REFUSED : JOB_EV_LATER;
		out.wait_ms = step_later_ms(s, res.retry_after_ms);
	}
	if (out.ev == JOB_EV_DONE) {
		o->present = true;
		o->upload_id[0] = '\0';
	} else if (out.ev == JOB_EV_REFUSED) {
		out.why.err = -ERR_STAGING;
	}
	return out;
}

struct step_outcome step_sweep(struct step *s)
{
	struct step_outcome out = {.ev = JOB_EV_DONE};
	struct job_object *o = &s->job.object;
	struct s3 *s3 = engine_s3(s->e, s->job.instance);
	struct s3_place at = place(s);
	struct s3_result res = {0};
	int r = 0;

	if (o->upload_id && o->upload_id[0])
		r = s3_abort(s3, &at, o->upload_id, &res, &out.why);
	/* rows counted: a PUT may have been made though its answer was lost */
	if (r == 0 && (o->present || s->job.rows_out > 0))
		r = s3_delete(s3, &at, &res, &out.why);
	if (r == 0) {
		o->present = false;
		return out;
	}
	if (res.class == RETRY_PERMANENT || res.class == RETRY_AUTH) {
		log_warn("job",
			 "job=%s staged data stays in bucket=%s key=%s reason=\"%s\"",
			 s->job.id, o->bucket, o->key, problem_text(&out.why));
		out.ev = JOB_EV_REFUSED;
	} else {
		out.ev = JOB_EV_LATER;
	}
	out.wait_ms = step_later_ms(s, res.retry_after_ms);
	return out;
}
