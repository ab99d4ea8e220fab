/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With its first byte a file gets its job, its object's key and the pipeline
 * that its bytes go through; before that it is only a name.
 */
#include "job/ingest.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/scope.h"
#include "job/constant.h"
#include "job/ingest_priv.h"

/* From an uploader thread: the upload id must survive us before parts exist. */
static int staging_begun(void *ctx, const char *upload_id, struct problem *p)
{
	struct ingest *in = ctx;
	int r;

	SCOPE_LOCK(&in->job_lock);
	r = job_set(&in->locked.job.object.upload_id, upload_id);
	if (r < 0)
		return problem_set(p, r, "out of memory");
	return board_put(in->e->board, &in->locked.job, p);
}

/* prefix instance/dataset/file_prefix ULID .csv[.gz]: tells nothing of the
 * file's own name, unique to the job, and never starts with '.' or '_'. */
static int object_key(const struct ingest *in, const char *id, char **out)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1024);
	const char *text;
	int r = buf_addf(&b, "%s%s/%s/%s%s.csv%s", in->s3->prefix, in->instance,
			 in->dataset, in->s3->file_prefix, id, in->up->gzip ? ".gz" : "");

	text = r == 0 ? buf_str(&b) : NULL;
	if (!text)
		return r < 0 ? r : -ENOMEM;
	return job_set(out, text);
}

static const char *sent_country(const struct ingest *in)
{
	if (in->up->country[0])
		return in->up->country;
	return in->dataset_country[0] ? "" : in->up->default_country;
}

static int fill_job(const struct ingest *in, struct job *j)
{
	int r = job_set(&j->file, in->file);

	if (r == 0)
		r = job_set(&j->instance, in->instance);
	if (r == 0)
		r = job_set(&j->dataset, in->dataset);
	if (r == 0)
		r = job_set(&j->object.bucket, in->s3->bucket);
	if (r == 0)
		r = job_set(&j->object.upload_id, "");
	if (r == 0)
		r = object_key(in, j->id, &j->object.key);
	j->strategy = in->strategy;
	j->default_folder = in->default_folder;
	(void)snprintf(j->country, sizeof(j->country), "%s", sent_country(in));
	j->uid = in->uid;
	j->state = JOB_RECEIVING;
	j->created_ms = clock_wall_ms(in->e->clock);
	j->gzip = in->up->gzip;
	j->clean = in->up->clean;
	return r;
}

/* A name that cannot be told yet is the one thing here that is the file's fault. */
static int expand_consts(struct ingest *in, const struct settings_dataset *ds,
			 struct problem *p)
{
	const struct constant_words words = {
		.now_s = in->locked.job.created_ms / 1000,
		.path = in->file,
		.ignore = in->up->ignore,
		.job = in->locked.job.id,
	};

	return ds ? constant_expand(&ds->consts, &words, &in->consts, p) : 0;
}

static int build_pipeline(struct ingest *in, struct problem *p)
{
	const struct settings_upload *up = in->up;
	struct pipeline_opts po = {
		.schema = in->schema,
		.max_row = up->max_row_bytes,
		.delim = up->delim,
		.encoding = up->encoding,
		.no_header = !up->header,
		.columns = up->columns,
		.tz = settings_tz(in->e->settings, up->timezone),
		.null_text = up->null_text,
		.country = up->country,
		.default_country = up->default_country,
		.max_skipped_share = up->max_skipped_share,
		.max_skipped_rows = up->max_skipped_rows,
		.full = ingest_pass_on,
		.ctx = in,
	};
	const struct settings_dataset *ds =
		settings_dataset_for(in->e->settings, in->instance, in->dataset);
	char tagging[300];
	struct staging_opts so = {
		.s3 = engine_s3(in->e, in->instance),
		.uploader = in->e->uploader,
		.health = in->e->health,
		.clock = in->e->clock,
		.bucket = in->locked.job.object.bucket,
		.key = in->locked.job.object.key,
		.tagging = tagging,
		.part_bytes = in->s3->part_bytes,
		.patience_ms = in->e->settings->mount.staging_ms,
		.begun = staging_begun,
		.ctx = in,
	};
	int r = expand_consts(in, ds, p);

	po.maps = ds ? ds->maps.list : NULL;
	po.n_maps = ds ? ds->maps.n : 0;
	po.consts = in->consts.list;
	po.n_consts = in->consts.n;
	if (r == 0)
		r = pipeline_new(&in->pipeline, &po);
	(void)snprintf(tagging, sizeof(tagging), "instanceId=%s", in->instance);
	if (r == 0 && in->up->gzip)
		r = gzip_new(&in->gzip);
	if (r == 0)
		r = staging_new(&in->staging, &so);
	return r < 0 ? problem_set(p, r, "%s", errcode_text(r)) : 0;
}

int ingest_be_born(struct ingest *in, struct problem *p)
{
	struct job *j = &in->locked.job;
	int r, stored;

	SCOPE_LOCK(&in->job_lock);
	r = ulid_new(clock_wall_ms(in->e->clock), j->id);
	if (r == 0)
		r = fill_job(in, j);
	if (r < 0)
		return problem_set(p, r, "no job could be made: %s", errcode_text(r));
	memcpy(in->id, j->id, sizeof(in->id));
	r = build_pipeline(in, p);
	if (r < 0 && r != -ERR_BAD_MAPPING)
		return r;
	stored = board_put(in->e->board, j, p);
	if (stored < 0)
		return r < 0 ? r : stored;
	in->locked.owned = true;
	atomic_store(&in->has_job, true);
	log_info("ingest", "begin job=%s instance=%s dataset=%s file=\"%s\" uid=%u",
		 in->id, in->instance, in->dataset, in->file, (unsigned)in->uid);
	return r;
}
