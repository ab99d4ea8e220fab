/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - a job as JSON, member by member
 *
 * The public half is for people and scripts: whole seconds, names as they say
 * them. The private half holds what the public one rounds off or leaves out, so
 * the two together make the same job again (record_parse.c).
 */
#include "job/record.h"

#include <stdio.h>
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

/* The drop folder below the data set, in which one file name stands once. */
static void put_folder(struct json *o, const struct job *j)
{
	char folder[64] = "upload";

	if (!j->default_folder)
		(void)snprintf(folder, sizeof(folder), "upload/%s",
			       settings_strategy_name(j->strategy));
	json_put_str(o, "folder", folder);
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
	put_folder(o, j);
	json_put_str(o, "country", or_null(j->country));
	json_put_int(o, "uid", (int64_t)j->uid);
	put_time(o, "created_at", j->created_ms);
	put_time(o, "updated_at", j->updated_ms);
	put_time(o, "finished_at", j->finished_ms);
	put_count(o, "bytes_in", j->bytes_in);
	put_count(o, "rows_in", j->rows_in);
	put_count(o, "rows_out", j->rows_out);
	put_count(o, "rows_skipped", j->rows_skipped);
	put_count(o, "line_breaks", j->line_breaks);
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
	json_free(j->skipped);
	json_free(j->invalid_values);
	json_free(j->ignored_columns);
	j->skipped = skipped;
	j->invalid_values = invalid;
	j->ignored_columns = names;
	j->rows_in = r->rows_in;
	j->rows_out = r->rows_out;
	j->rows_skipped = r->rows_skipped;
	j->line_breaks = r->line_breaks;
	return 0;
}
