/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_raw - what the file says, with its lines, before it means anything
 *
 * A name that is not known gets the most helpful of three answers: the key it
 * was probably meant to be, the section it belongs in, or the list of what is
 * allowed.
 */
#include "app/config_raw.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config_value.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/scope.h"

#define MAX_SECTIONS 10000
#define MAX_ENTRIES  1000 /* of one section; the table has fewer keys, but map.* */
#define MAX_ID	     64
#define MAX_DATASET  128
#define MAX_LIST     400 /* bytes of a list of keys in a message */

static void section_fini(struct config_section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		crypto_wipe(s->entries[i].value, strlen(s->entries[i].value));
		free(s->entries[i].value);
		free(s->entries[i].name);
	}
	free(s->entries);
	free(s->title);
	free(s->id);
	free(s->dataset);
}

void config_raw_free(struct config_raw *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		section_fini(&r->sections[i]);
	free(r->sections);
	free(r->path);
	free(r->dir);
	free(r);
}

struct config_at config_at_entry(const struct config_raw *r,
				 const struct config_section *s,
				 const struct config_entry *e)
{
	return (struct config_at){r, s, e->name, e->line};
}

struct config_at config_at_absent(const struct config_raw *r,
				  const struct config_section *s, const char *name)
{
	return (struct config_at){r, s, name, s ? s->line : r->lines};
}

/* A wrong word on the command line is no fault of the file's. */
static int code_of(struct config_at at)
{
	return at.line == 0 && at.raw->opts->rows_of ? -EINVAL : -ERR_CONFIG;
}

PRINTF_LIKE(3, 0)
static void at_text(struct config_at at, struct problem *p, const char *fmt, va_list ap)
{
	char text[sizeof(p->note)];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (at.line == 0)
		(void)problem_set(p, code_of(at), "-o %s: %s", at.name, text);
	else
		(void)problem_set(p, -ERR_CONFIG, "%s:%d: %s%s%s%s%s%s%s",
				  at.raw->opts->path, at.line, at.section ? "[" : "",
				  at.section ? at.section->title : "",
				  at.section ? "]" : "", at.section && at.name ? " " : "",
				  at.name ? at.name : "",
				  at.section || at.name ? ": " : "", text);
}

int config_at_fail(struct config_at at, struct problem *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	at_text(at, p, fmt, ap);
	va_end(ap);
	return code_of(at);
}

void config_at_warn(struct config_at at, const char *fmt, ...)
{
	struct problem p = {0};
	va_list ap;

	if (!at.raw->opts->warn)
		return;
	va_start(ap, fmt);
	at_text(at, &p, fmt, ap);
	va_end(ap);
	at.raw->opts->warn(at.raw->opts->warn_ctx, p.note);
}

const struct config_section *config_raw_find(const struct config_raw *r,
					     enum config_where where, const char *id,
					     const char *dataset)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct config_section *s = &r->sections[i];

		if (s->line > 0 && s->where == where && strcmp(s->id, id) == 0 &&
		    strcmp(s->dataset, dataset) == 0)
			return s;
	}
	return NULL;
}

const struct config_entry *config_raw_given(const struct config_section *s,
					    const char *key)
{
	for (size_t i = 0; s && i < s->n; i++) {
		if (strcmp(s->entries[i].key->name, key) == 0 &&
		    s->entries[i].value[0] != '\0')
			return &s->entries[i];
	}
	return NULL;
}

static bool has_id(enum config_where where)
{
	return where == CONFIG_INSTANCE || where == CONFIG_DATASET ||
	       where == CONFIG_GROUP;
}

/* The kind that a heading's first word names, or 0. */
static enum config_where kind_of(const char *word, size_t n)
{
	for (unsigned w = 1; w < CONFIG_WHERE_END; w <<= 1) {
		const char *name = config_keys_section((enum config_where)w);

		if (strlen(name) == n && memcmp(name, word, n) == 0)
			return (enum config_where)w;
	}
	return (enum config_where)0;
}

/* Takes the heading apart into where, id and dataset. */
static int split(struct config_section *s, const char *heading, struct config_at at,
		 struct problem *p)
{
	size_t n = strcspn(heading, " \t");
	const char *rest = heading + n + strspn(heading + n, " \t");
	const char *slash = strchr(rest, '/');
	size_t id_n = strlen(rest);

	s->where = kind_of(heading, n);
	if (!s->where)
		return config_at_fail(at, p,
				      "unknown section; allowed: [amc], [s3], [upload], "
				      "[mount], [instance ID], [dataset ID/DATASET], "
				      "[group NAME]");
	if (!has_id(s->where) && *rest)
		return config_at_fail(at, p, "this section has no name; write [%s]",
				      config_keys_section(s->where));
	if (s->where == CONFIG_DATASET && slash)
		id_n = (size_t)(slash - rest);
	s->id = strndup(rest, id_n);
	s->dataset = strdup(rest[id_n] == '/' ? rest + id_n + 1 : "");
	if (!s->id || !s->dataset)
		return -ENOMEM;
	if (!has_id(s->where))
		return 0;
	if (!config_value_is_id(s->id, MAX_ID))
		return config_at_fail(
			at, p, "write [%s %s], with 1 to %d letters, digits, - or _",
			config_keys_section(s->where),
			s->where == CONFIG_DATASET ? "ID/DATASET" : "ID", MAX_ID);
	if (s->where == CONFIG_DATASET && !config_value_is_id(s->dataset, MAX_DATASET))
		return config_at_fail(at, p,
				      "write [dataset ID/DATASET]; a data set's name has "
				      "1 to %d letters, digits, - or _",
				      MAX_DATASET);
	return 0;
}

/* "instance   amc1" and "instance amc1" are one section. */
static int titled(struct config_section *s)
{
	int r;

	free(s->title);
	r = asprintf(&s->title, "%s%s%s%s%s", config_keys_section(s->where),
		     s->id[0] ? " " : "", s->id, s->dataset[0] ? "/" : "", s->dataset);
	if (r < 0)
		s->title = NULL;
	return r < 0 ? -ENOMEM : 0;
}

static int section_init(const struct config_raw *r, struct config_section *s,
			const char *heading, struct problem *p)
{
	struct config_at at = {r, s, NULL, s->line};
	const struct config_section *twin;
	int err;

	s->title = strdup(heading);
	if (!s->title)
		return -ENOMEM;
	err = split(s, heading, at, p);
	if (err < 0)
		return err;
	err = titled(s);
	if (err < 0)
		return err;
	twin = config_raw_find(r, s->where, s->id, s->dataset);
	if (s->line > 0 && twin)
		return config_at_fail(at, p,
				      "this section stands at line %d already; "
				      "join the two",
				      twin->line);
	return 0;
}

int config_raw_add_section(struct config_raw *r, const char *heading, int line,
			   struct config_section **out, struct problem *p)
{
	struct config_section s = {.line = line};
	struct config_section *more;
	int err;

	if (r->n == MAX_SECTIONS)
		return config_at_fail((struct config_at){r, NULL, NULL, line}, p,
				      "more than %d sections", MAX_SECTIONS);
	err = section_init(r, &s, heading, p);
	if (err < 0)
		goto fail;
	more = reallocarray(r->sections, r->n + 1, sizeof(*more));
	if (!more) {
		err = -ENOMEM;
		goto fail;
	}
	r->sections = more;
	more[r->n] = s;
	*out = &more[r->n++];
	return 0;
fail:
	section_fini(&s);
	return err;
}

/* "a, b, c": the keys of a kind of section with those flags, or "" when they are
 * too many. */
static void list_keys(enum config_where where, unsigned flags, char out[MAX_LIST])
{
	size_t n = 0;

	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys_table[i];
		int w;

		if ((k->where & where) == 0 || (k->flags & flags) != flags)
			continue;
		w = snprintf(out + n, MAX_LIST - n, "%s%s", n ? ", " : "", k->name);
		if (w < 0 || (size_t)w >= MAX_LIST - n) {
			out[0] = '\0';
			return;
		}
		n += (size_t)w;
	}
}

/* "[s3] or [instance]" */
static void list_sections(unsigned where, char out[MAX_LIST])
{
	size_t n = 0;

	for (unsigned w = 1; w < CONFIG_WHERE_END; w <<= 1) {
		if ((where & w) != 0)
			n += (size_t)snprintf(out + n, MAX_LIST - n, "%s[%s]",
					      n ? " or " : "",
					      config_keys_section((enum config_where)w));
	}
}

static int unknown_key(struct config_at at, struct problem *p)
{
	enum config_where where = at.section->where;
	const struct config_key *k = config_keys_suggest(where, at.name);
	unsigned elsewhere = config_keys_elsewhere(at.name);
	char list[MAX_LIST] = "";

	if (at.line == 0 && at.raw->opts->rows_of) {
		list_keys(where, CONFIG_ROWS, list);
		return config_at_fail(at, p, "this is no key about rows; allowed: %s",
				      list);
	}
	if (elsewhere) {
		list_sections(elsewhere, list);
		return config_at_fail(at, p, "this key belongs in %s", list);
	}
	if (k)
		return config_at_fail(at, p, "unknown key; did you mean %s?", k->name);
	list_keys(where, 0, list);
	if (list[0] != '\0')
		return config_at_fail(at, p, "unknown key; allowed: %s", list);
	return config_at_fail(at, p, "unknown key; amcfs.conf(5) lists what is allowed");
}

/* The key that name means in this section, and which of its variants. */
static const struct config_key *key_of(const struct config_section *s, const char *name,
				       enum config_source *source)
{
	static const char *const suffixes[] = {
		[CONFIG_BY_FILE] = "_file", [CONFIG_BY_ENV] = "_env"};
	const struct config_key *k = config_keys_find(s->where, name);
	size_t n = strlen(name);

	*source = CONFIG_BY_VALUE;
	for (int i = CONFIG_BY_FILE; !k && i <= CONFIG_BY_ENV; i++) {
		size_t cut = strlen(suffixes[i]);
		_cleanup_free_ char *base = NULL;

		if (n <= cut || strcmp(name + n - cut, suffixes[i]) != 0)
			continue;
		base = strndup(name, n - cut);
		if (base)
			k = config_keys_find(s->where, base);
		if (k && (k->flags & CONFIG_VARIANTS) == 0)
			return NULL;
		*source = (enum config_source)i;
	}
	return k;
}

static int check_entry(const struct config_raw *r, const struct config_section *s,
		       struct config_entry *e, struct problem *p)
{
	struct config_at at = config_at_entry(r, s, e);

	e->key = key_of(s, e->name, &e->source);
	if (!e->key ||
	    (e->line == 0 && r->opts->rows_of && (e->key->flags & CONFIG_ROWS) == 0))
		return unknown_key(at, p);
	for (size_t i = 0; e->line > 0 && i < s->n; i++) {
		if (strcmp(s->entries[i].name, e->name) == 0)
			return config_at_fail(at, p, "this key stands at line %d already",
					      s->entries[i].line);
	}
	if (s->n == MAX_ENTRIES)
		return config_at_fail(at, p, "more than %d keys in one section",
				      MAX_ENTRIES);
	return 0;
}

int config_raw_add_entry(const struct config_raw *r, struct config_section *s,
			 const struct config_entry *given, struct problem *p)
{
	struct config_entry e = *given;
	struct config_entry *more;
	int err;

	err = check_entry(r, s, &e, p);
	if (err < 0)
		return err;
	more = reallocarray(s->entries, s->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->entries = more;
	e.name = strdup(given->name);
	e.value = strdup(given->value);
	if (!e.name || !e.value) {
		free(e.name);
		free(e.value);
		return -ENOMEM;
	}
	more[s->n++] = e;
	return 0;
}
