/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_parse - JSON back into the job that record.c made it of
 *
 * The texts lay in a file that anybody may have edited: what a job cannot be
 * carried on without is checked, the rest reads as absent when it is odd.
 */
#include "job/record.h"

#include <stdlib.h>
#include <string.h>

static const char *or_null(const char *s)
{
	return s[0] ? s : NULL;
}

/* An optional string: absent, null and "" are all NULL. */
static int take_str(char **to, const struct json *obj, const char *name)
{
	return job_set(to, or_null(json_str(obj, name)));
}

static uint64_t count(const struct json *obj, const char *name)
{
	int64_t n = json_int(obj, name, 0);

	return n < 0 ? 0 : (uint64_t)n;
}

static int take_json(struct json **to, const struct json *from, bool usable)
{
	if (!usable)
		return 0;
	*to = json_copy(from);
	return *to ? 0 : -ENOMEM;
}

static int strategy_parse(const char *name, enum settings_strategy *out)
{
	for (int s = 0; s < STRATEGY_COUNT; s++) {
		if (strcmp(settings_strategy_name((enum settings_strategy)s), name) ==
		    0) {
			*out = (enum settings_strategy)s;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_parts(const struct json *arr, struct job_object *o)
{
	size_t n = json_count(arr);

	if (n > S3_MAX_PARTS)
		return -EINVAL;
	if (n == 0)
		return 0;
	o->parts = calloc(n, sizeof(*o->parts));
	if (!o->parts)
		return -ENOMEM;
	o->n_parts = n;
	for (size_t i = 0; i < n; i++) {
		const struct json *part = json_at(arr, i);
		const char *etag = json_str(part, "etag");
		int64_t number = json_int(part, "number", 0);
		size_t len = strlen(etag);

		if (number < 1 || number > S3_MAX_PARTS || len >= S3_ETAG_CHARS)
			return -EINVAL;
		o->parts[i].number = (unsigned)number;
		o->parts[i].bytes = count(part, "bytes");
		memcpy(o->parts[i].etag, etag, len + 1);
	}
	return 0;
}

static int parse_object(const struct json *obj, struct job_object *o)
{
	int r = take_str(&o->bucket, obj, "bucket");

	if (r == 0)
		r = take_str(&o->key, obj, "key");
	if (r == 0)
		r = take_str(&o->upload_id, obj, "upload_id");
	if (r == 0)
		r = parse_parts(json_get(obj, "parts"), o);
	if (r < 0)
		return r;
	o->bytes = count(obj, "bytes");
	o->rows = count(obj, "rows");
	o->present = json_bool(obj, "present", false);
	return 0;
}

static int parse_strings(const struct json *pub, const struct json *priv, struct job *j)
{
	const struct json *amc = json_get(pub, "amc");
	const struct json *error = json_get(pub, "error");
	const struct {
		char **to;
		const struct json *from;
		const char *name;
	} strings[] = {
		{&j->file, pub, "file"},
		{&j->instance, pub, "instance"},
		{&j->dataset, pub, "dataset"},
		{&j->amc_id, amc, "id"},
		{&j->amc_status, amc, "status"},
		{&j->amc_message, amc, "message"},
		{&j->error_code, error, "code"},
		{&j->error_message, error, "message"},
		{&j->verdict_note, priv, "verdict_note"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(strings) / sizeof(strings[0]); i++)
		r = take_str(strings[i].to, strings[i].from, strings[i].name);
	return r;
}

static int parse_values(const struct json *pub, struct job *j)
{
	const struct json *metrics = json_get(json_get(pub, "amc"), "metrics");
	const struct {
		struct json **to;
		const char *name;
	} arrays[] = {
		{&j->skipped, "skipped"},
		{&j->invalid_values, "invalid_values"},
		{&j->ignored_columns, "ignored_columns"},
	};
	int r = take_json(&j->amc_metrics, metrics, json_is_object(metrics));

	for (size_t i = 0; r == 0 && i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		const struct json *arr = json_get(pub, arrays[i].name);

		r = take_json(arrays[i].to, arr, json_is_array(arr));
	}
	return r;
}

/* What a job cannot be carried on without. */
static int parse_identity(const struct json *pub, const struct json *priv, struct job *j)
{
	const char *id = json_str(pub, "id");
	const char *country = json_str(pub, "country");
	int64_t uid = json_int(pub, "uid", -1);

	if (!ulid_valid(id) || !j->file || !j->instance || !j->dataset)
		return -EINVAL;
	if (strlen(country) >= sizeof(j->country) || uid < 0 || uid > UINT32_MAX)
		return -EINVAL;
	memcpy(j->id, id, sizeof(j->id));
	memcpy(j->country, country, strlen(country) + 1);
	j->uid = (uid_t)uid;
	if (strategy_parse(json_str(pub, "strategy"), &j->strategy) < 0)
		return -EINVAL;
	return state_parse(json_str(priv, "state"), &j->state);
}

static void parse_numbers(const struct json *pub, const struct json *priv, struct job *j)
{
	j->default_folder = json_bool(priv, "default_folder", true);
	j->created_ms = json_int(priv, "created_ms", 0);
	j->updated_ms = json_int(priv, "updated_ms", 0);
	j->finished_ms = json_int(priv, "finished_ms", 0);
	j->next_attempt_ms = json_int(priv, "next_attempt_ms", 0);
	j->bytes_in = count(pub, "bytes_in");
	j->rows_in = count(pub, "rows_in");
	j->rows_out = count(pub, "rows_out");
	j->rows_skipped = count(pub, "rows_skipped");
	j->line_breaks = count(pub, "line_breaks");
	j->attempts = (unsigned)count(pub, "attempts");
	j->gzip = json_bool(priv, "gzip", false);
	j->error = (int)json_int(priv, "error", 0);
	j->last_close = json_bool(priv, "last_close", false);
	j->verdict = (int)json_int(priv, "verdict", 0);
	j->order = count(priv, "order");
	j->sent_ms = json_int(priv, "sent_ms", 0);
	j->hold_until_ms = json_int(priv, "hold_until_ms", 0);
	j->clean = json_bool(priv, "clean", false);
}

int record_parse(const struct json *pub, const struct json *priv, struct job *out,
		 struct problem *p)
{
	struct job j = {0};
	int r = parse_strings(pub, priv, &j);

	if (r == 0)
		r = parse_values(pub, &j);
	if (r == 0)
		r = parse_object(json_get(priv, "object"), &j.object);
	if (r == 0)
		r = parse_identity(pub, priv, &j);
	if (r < 0) {
		job_fini(&j);
		if (r == -ENOMEM)
			return problem_set(p, r, "out of memory");
		return problem_set(p, -ERR_STORE,
				   "the stored record of job %.26s makes no sense; it is "
				   "left as it is",
				   json_str(pub, "id"));
	}
	parse_numbers(pub, priv, &j);
	*out = j;
	return 0;
}
