/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - job <-> JSON, member by member
 *
 * The public half is for people and scripts: whole seconds, names as they say
 * them. The private half holds what the public one rounds off or leaves out, so
 * the two together make the same job again.
 */
#include "job/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"

static void put_time(struct json *obj, const char *name, int64_t ms)
{
	char text[TIMEFMT_RFC3339];

	json_put_str(obj, name, ms > 0 ? timefmt_rfc3339(ms / 1000, text) : NULL);
}

static void put_count(struct json *obj, const char *name, uint64_t n)
{
	json_put_int(obj, name, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

/* NULL only when memory is out, so that json_write() at the end notices it. */
static struct json *array_or_empty(const struct json *arr)
{
	return arr ? json_copy(arr) : json_array();
}

static const char *or_null(const char *s)
{
	return s && s[0] ? s : NULL;
}

/* An object that S3 knows of: being put together, or there as a whole. */
static bool staged(const struct job_object *o)
{
	return o->bucket && o->key && (o->present || or_null(o->upload_id));
}

static struct json *public_staged(const struct job_object *o)
{
	struct json *arr = json_array();
	struct json *one;

	if (!staged(o))
		return arr;
	one = json_object();
	json_put_str(one, "bucket", o->bucket);
	json_put_str(one, "key", o->key);
	put_count(one, "bytes", o->bytes);
	put_count(one, "rows", o->rows);
	json_push(arr, one);
	return arr;
}

static struct json *public_amc(const struct job *j)
{
	struct json *obj = json_object();

	json_put_str(obj, "id", or_null(j->amc_id));
	json_put_str(obj, "status", or_null(j->amc_status));
	json_put_str(obj, "message", or_null(j->amc_message));
	json_put(obj, "metrics",
		 j->amc_metrics ? json_copy(j->amc_metrics) : json_object());
	return obj;
}

static struct json *public_error(const struct job *j)
{
	struct json *obj;

	if (j->error == 0)
		return NULL;
	obj = json_object();
	json_put_str(obj, "code", j->error_code ? j->error_code : errcode_code(j->error));
	json_put_str(obj, "message",
		     j->error_message ? j->error_message : errcode_text(j->error));
	return obj;
}

int record_public(const struct job *j, struct json **out)
{
	struct json *o = json_object();

	if (!o)
		return -ENOMEM;
	json_put_str(o, "id", j->id);
	json_put_str(o, "file", j->file);
	json_put_str(o, "operation", "upload");
	json_put_str(o, "instance", j->instance);
	json_put_str(o, "dataset", j->dataset);
	json_put_str(o, "state", state_shown(j->state));
	json_put_str(o, "strategy", settings_strategy_name(j->strategy));
	json_put_str(o, "country", or_null(j->country));
	json_put_int(o, "uid", (int64_t)j->uid);
	put_time(o, "created_at", j->created_ms);
	put_time(o, "updated_at", j->updated_ms);
	put_time(o, "finished_at", j->finished_ms);
	put_count(o, "bytes_in", j->bytes_in);
	put_count(o, "rows_in", j->rows_in);
	put_count(o, "rows_out", j->rows_out);
	put_count(o, "rows_skipped", j->rows_skipped);
	json_put(o, "skipped", array_or_empty(j->skipped));
	json_put(o, "invalid_values", array_or_empty(j->invalid_values));
	json_put(o, "ignored_columns", array_or_empty(j->ignored_columns));
	json_put(o, "staged", public_staged(&j->object));
	json_put(o, "manifest", NULL);
	json_put(o, "amc", public_amc(j));
	json_put_int(o, "attempts", j->attempts);
	put_time(o, "next_attempt_at", j->next_attempt_ms);
	json_put(o, "error", public_error(j));
	*out = o;
	return 0;
}

static struct json *private_object(const struct job_object *o)
{
	struct json *obj = json_object();
	struct json *parts = json_array();

	json_put_str(obj, "bucket", o->bucket);
	json_put_str(obj, "key", o->key);
	json_put_str(obj, "upload_id", o->upload_id);
	put_count(obj, "bytes", o->bytes);
	put_count(obj, "rows", o->rows);
	json_put_bool(obj, "present", o->present);
	for (size_t i = 0; i < o->n_parts; i++) {
		struct json *part = json_object();

		json_put_int(part, "number", o->parts[i].number);
		put_count(part, "bytes", o->parts[i].bytes);
		json_put_str(part, "etag", o->parts[i].etag);
		json_push(parts, part);
	}
	json_put(obj, "parts", parts);
	return obj;
}

int record_private(const struct job *j, struct json **out)
{
	struct json *o = json_object();

	if (!o)
		return -ENOMEM;
	json_put_str(o, "state", state_name(j->state));
	json_put_bool(o, "default_folder", j->default_folder);
	json_put_int(o, "created_ms", j->created_ms);
	json_put_int(o, "updated_ms", j->updated_ms);
	json_put_int(o, "finished_ms", j->finished_ms);
	json_put_int(o, "next_attempt_ms", j->next_attempt_ms);
	json_put(o, "object", private_object(&j->object));
	json_put_bool(o, "gzip", j->gzip);
	json_put_int(o, "error", j->error);
	json_put_bool(o, "last_close", j->last_close);
	json_put_int(o, "verdict", j->verdict);
	json_put_str(o, "verdict_note", j->verdict_note);
	put_count(o, "order", j->order);
	json_put_int(o, "sent_ms", j->sent_ms);
	json_put_int(o, "hold_until_ms", j->hold_until_ms);
	json_put_bool(o, "clean", j->clean);
	*out = o;
	return 0;
}

/* --- back into a job ---------------------------------------------------- */

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

/* --- from a pipeline's report ------------------------------------------- */

static const char *column_name(const struct schema *s, size_t column)
{
	return column < s->n ? s->col[column].name : NULL;
}

static struct json *count_skipped(const struct report *r, const struct schema *s)
{
	struct json *arr = json_array();

	for (size_t i = 0; i < r->n_skips && i < REPORT_SKIPS; i++) {
		const struct report_skip *skip = &r->skips[i];
		struct json *one = json_object();
		struct json *lines = json_array();

		for (size_t k = 0; k < skip->n_lines && k < REPORT_LINES; k++)
			json_push(lines, json_number((int64_t)skip->lines[k]));
		json_put_str(one, "column", column_name(s, skip->column));
		json_put_str(one, "reason",
			     report_reason_name((enum report_reason)skip->reason));
		put_count(one, "count", skip->count);
		json_put(one, "lines", lines);
		json_push(arr, one);
	}
	return arr;
}

static struct json *count_invalid(const struct report *r, const struct schema *s)
{
	struct json *arr = json_array();

	for (size_t i = 0; i < s->n; i++) {
		struct json *one;

		if (r->invalid[i] == 0)
			continue;
		one = json_object();
		json_put_str(one, "column", s->col[i].name);
		put_count(one, "count", r->invalid[i]);
		json_push(arr, one);
	}
	return arr;
}

int record_count(struct job *j, const struct report *r, const struct schema *s,
		 const char *const *ignored, size_t n_ignored)
{
	struct json *skipped = count_skipped(r, s);
	struct json *invalid = count_invalid(r, s);
	struct json *names = json_array();

	for (size_t i = 0; i < n_ignored; i++)
		json_push(names, json_string(ignored[i]));
	if (!skipped || !invalid || !names) {
		json_free(skipped);
		json_free(invalid);
		json_free(names);
		return -ENOMEM;
	}
	json_free(j->skipped);
	json_free(j->invalid_values);
	json_free(j->ignored_columns);
	j->skipped = skipped;
	j->invalid_values = invalid;
	j->ignored_columns = names;
	j->rows_in = r->rows_in;
	j->rows_out = r->rows_out;
	j->rows_skipped = r->rows_skipped;
	return 0;
}
