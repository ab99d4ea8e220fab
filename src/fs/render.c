/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render - the jobs of a data set, as a table and as JSON
 *
 * Texts are made anew for each open, from the board; nothing here waits for the
 * network. What comes from files and servers is printed so that a name cannot
 * write to somebody's terminal.
 */
#include "fs/render.h"

#include <inttypes.h>
#include <string.h>

#include "base/timefmt.h"
#include "base/utf8.h"
#include "fs/render_priv.h"

#define STATE_WIDTH    9  /* "succeeded" */
#define NAME_WIDTH_MAX 48 /* longer ones push the rest of their line */

/* --- pieces ------------------------------------------------------------- */

/* Bytes of the character at s, and whether it may be shown. */
static size_t next_char(const char *s, bool *fit)
{
	uint32_t cp = 0;
	size_t n = utf8_decode(s, strnlen(s, 4), &cp);

	*fit = n > 0 && !utf8_is_control(cp);
	return n > 0 ? n : 1;
}

int render_clean(struct buf *out, const char *s)
{
	int r = 0;

	while (r == 0 && *s) {
		bool fit;
		size_t n = next_char(s, &fit);

		r = fit ? buf_add(out, s, n) : buf_addc(out, '?');
		s += n;
	}
	return r;
}

size_t render_width(const char *s)
{
	size_t width = 0;
	bool fit;

	for (; *s; width++)
		s += next_char(s, &fit);
	return width;
}

int render_padded(struct buf *out, const char *s, size_t to)
{
	size_t have = render_width(s);
	int r = render_clean(out, s);

	do {
		if (r == 0)
			r = buf_addc(out, ' ');
	} while (r == 0 && have++ < to);
	return r;
}

int render_age(struct buf *out, int64_t ms)
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 60)
		return buf_addf(out, "%" PRId64 "s", s);
	if (s < 3600)
		return buf_addf(out, "%" PRId64 "m", s / 60);
	if (s < 2 * 86400)
		return buf_addf(out, "%" PRId64 "h", s / 3600);
	return buf_addf(out, "%" PRId64 "d", s / 86400);
}

/* --- the table ---------------------------------------------------------- */

struct columns {
	bool places; /* more than one data set occurs */
	size_t place, file;
};

static void widen(size_t *to, size_t n)
{
	if (n > *to)
		*to = n < NAME_WIDTH_MAX ? n : NAME_WIDTH_MAX;
}

static void measure(const struct json *records, struct columns *c)
{
	const struct json *first = json_at(records, 0);

	*c = (struct columns){.place = strlen("DATA SET"), .file = strlen("FILE")};
	for (size_t i = 0; i < json_count(records); i++) {
		const struct json *rec = json_at(records, i);
		const char *instance = json_str(rec, "instance");
		const char *dataset = json_str(rec, "dataset");

		c->places |= strcmp(instance, json_str(first, "instance")) != 0 ||
			     strcmp(dataset, json_str(first, "dataset")) != 0;
		widen(&c->place, render_width(instance) + 1 + render_width(dataset));
		widen(&c->file, render_width(json_str(rec, "file")));
	}
}

static int add_place(const struct json *rec, size_t width, struct buf *out)
{
	const char *instance = json_str(rec, "instance");
	size_t used = render_width(instance) + 1;
	int r = render_clean(out, instance);

	if (r == 0)
		r = buf_addc(out, '/');
	return r == 0 ? render_padded(out, json_str(rec, "dataset"),
				      width > used ? width - used : 0)
		      : r;
}

static int add_error(const struct json *rec, struct buf *out)
{
	const struct json *err = json_get(rec, "error");
	const char *next = json_str(rec, "next_attempt_at");
	int r;

	if (!json_is_object(err))
		return 0;
	r = buf_adds(out, "    ");
	if (r == 0)
		r = render_clean(out, json_str(err, "code"));
	if (r == 0)
		r = buf_adds(out, ": ");
	if (r == 0)
		r = render_clean(out, json_str(err, "message"));
	if (r == 0 && next[0])
		r = buf_adds(out, " (next attempt at ");
	if (r == 0)
		r = render_clean(out, next);
	return r == 0 ? buf_adds(out, next[0] ? ")\n" : "\n") : r;
}

/* No error, but the reader should know. */
static int add_ignored(const struct json *rec, struct buf *out)
{
	const struct json *ignored = json_get(rec, "ignored_columns");
	size_t n = json_count(ignored);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = buf_adds(out, i == 0 ? "    ignored columns: " : ", ");
		if (r == 0)
			r = render_clean(out, json_text(json_at(ignored, i)));
	}
	return r == 0 && n > 0 ? buf_addc(out, '\n') : r;
}

static int add_line(const struct json *rec, const struct columns *c, int64_t now_ms,
		    struct buf *out)
{
	int64_t at_s = 0;
	int r = render_padded(out, json_str(rec, "state"), STATE_WIDTH);

	if (r == 0 && c->places)
		r = add_place(rec, c->place, out);
	if (r == 0)
		r = render_padded(out, json_str(rec, "file"), c->file);
	if (r == 0)
		r = buf_addf(out, "%10" PRId64 " %10" PRId64 " %8" PRId64 "  ",
			     json_int(rec, "rows_in", 0), json_int(rec, "rows_out", 0),
			     json_int(rec, "rows_skipped", 0));
	if (r == 0)
		r = timefmt_parse_rfc3339(json_str(rec, "updated_at"), &at_s) < 0
			    ? buf_addc(out, '-')
			    : render_age(out, now_ms - at_s * 1000);
	if (r == 0)
		r = buf_addc(out, '\n');
	if (r == 0)
		r = add_error(rec, out);
	return r == 0 ? add_ignored(rec, out) : r;
}

int render_table(const struct json *records, int64_t now_ms, struct buf *out)
{
	struct columns c;
	size_t n = json_count(records);
	int r;

	if (n == 0)
		return buf_adds(out, "no jobs\n");
	measure(records, &c);
	r = render_padded(out, "STATE", STATE_WIDTH);
	if (r == 0 && c.places)
		r = render_padded(out, "DATA SET", c.place);
	if (r == 0)
		r = render_padded(out, "FILE", c.file);
	if (r == 0)
		r = buf_addf(out, "%10s %10s %8s  %s\n", "ROWS", "ACCEPTED", "SKIPPED",
			     "AGE");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_line(json_at(records, i), &c, now_ms, out);
	return r;
}

/* --- a data set's status ------------------------------------------------ */

/* Writing there fails, and this is where people look for the reason. */
static int add_unusable(const struct engine *e, const char *instance, const char *dataset,
			struct buf *out)
{
	const struct catalog_view *v = catalog_get(e->catalog);
	const struct catalog_dataset *ds = catalog_dataset(v, instance, dataset);
	int r = 0;

	if (ds && !ds->schema) {
		r = buf_adds(out, "This data set cannot be written: ");
		if (r == 0)
			r = render_clean(out, problem_text(&ds->problem));
		if (r == 0)
			r = buf_adds(out, "\n\n");
	}
	catalog_put(v);
	return r;
}

int render_status(const struct engine *e, const char *instance, const char *dataset,
		  uid_t uid, struct buf *out, struct problem *p)
{
	struct json *jobs = NULL;
	int r = add_unusable(e, instance, dataset, out);

	if (r == 0)
		r = board_list(e->board, instance, dataset, uid, RENDER_JOBS, &jobs, p);
	if (r == 0)
		r = render_table(jobs, clock_wall_ms(e->clock), out);
	json_free(jobs);
	return r;
}

int render_status_json(const struct engine *e, const char *instance, const char *dataset,
		       uid_t uid, struct buf *out, struct problem *p)
{
	struct json *jobs = NULL, *doc;
	int r = board_list(e->board, instance, dataset, uid, RENDER_JOBS, &jobs, p);

	if (r < 0)
		return r;
	doc = json_object();
	json_put(doc, "jobs", jobs);
	r = json_write(doc, true, out);
	json_free(doc);
	return r;
}

int render_record(const struct engine *e, const char *id, struct buf *out,
		  struct problem *p)
{
	struct json *rec = NULL;
	int r = board_record(e->board, id, &rec, p);

	if (r == 0)
		r = json_write(rec, true, out);
	json_free(rec);
	return r;
}
