/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_rows - the keys about rows that need each other, or a file of the system
 *
 * All of it is asked of the merged settings, since header may stand in [upload] and
 * columns in [dataset]; but who has to mend something is told the line that said it
 * last. Columns of an outer section mean nothing any more where an inner one says
 * that there is a header: they are dropped, so that columns and header never
 * contradict each other later.
 */
#include "app/config_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/config_fields.h"
#include "app/config_zone.h"
#include "base/scope.h"
#include "base/slice.h"

#define LEVELS 4

/* Settings, and the sections that made them, the innermost first. */
struct place {
	const struct config_raw *raw;
	const struct config_section *from[LEVELS]; /* NULL = none */
	struct settings_upload *up;
};

/* How far out the last word about a key was said; LEVELS = nowhere. */
static size_t level(const struct place *pl, const char *key, struct config_at *at)
{
	for (size_t i = 0; i < LEVELS; i++) {
		const struct config_section *s = pl->from[i];

		for (size_t k = s ? s->n : 0; k > 0; k--) {
			if (strcmp(s->entries[k - 1].key->name, key) != 0)
				continue;
			*at = config_at_entry(pl->raw, s, &s->entries[k - 1]);
			return i;
		}
	}
	*at = config_at_absent(pl->raw, NULL, key);
	return LEVELS;
}

static struct slice trim(struct slice s)
{
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = slice_of(s.p + 1, s.n - 1);
	return s;
}

/* The name before the next comma; moves *list behind that. */
static struct slice next_name(const char **list)
{
	size_t n = strcspn(*list, ",");
	struct slice name = trim(slice_of(*list, n));

	*list += n + ((*list)[n] == ',');
	return name;
}

static int check_names(const char *columns, struct config_at at, struct problem *p)
{
	bool any = false;

	for (const char *list = columns; *list;) {
		struct slice name = next_name(&list);

		any = any || name.n > 0;
		for (const char *rest = list; *rest && name.n > 0;) {
			if (slice_eq(next_name(&rest), name))
				return config_at_fail(at, p,
						      "\"%.*s\" stands there twice",
						      (int)name.n, name.p);
		}
	}
	return any ? 0 : config_at_fail(at, p, "names no column");
}

static int check_header(const struct place *pl, struct problem *p)
{
	struct config_at header, columns;
	size_t of_header = level(pl, "header", &header);
	size_t of_columns = level(pl, "columns", &columns);

	if (pl->up->header && pl->up->columns[0] == '\0')
		return 0;
	if (pl->up->header && of_header < of_columns)
		return config_fields_set_text(&pl->up->columns, "");
	if (pl->up->header)
		return config_at_fail(columns, p,
				      "is for files without a header; set header = no "
				      "as well, or remove it");
	if (pl->up->columns[0] == '\0')
		return config_at_fail(header, p,
				      "files without a header need columns = NAME,NAME,"
				      "...: the names of their columns, in their order");
	return check_names(pl->up->columns, columns, p);
}

static bool is_utc(const char *name)
{
	return strcasecmp(name, "UTC") == 0;
}

static int load_zone(struct settings *s, const struct place *pl, struct problem *p)
{
	const char *name = pl->up->timezone;
	struct settings_zone zone = {0};
	struct settings_zone *more;
	struct problem why = {0};
	struct config_at at;
	int r;

	for (size_t i = 0; i < s->n_zones; i++) {
		if (strcmp(s->zones[i].name, name) == 0)
			return 0;
	}
	if (is_utc(name))
		return 0;
	more = reallocarray(s->zones, s->n_zones + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->zones = more;
	r = config_zone_load(name, &zone.tz, &why);
	if (r == -ENOMEM)
		return r;
	(void)level(pl, "timezone", &at);
	if (r < 0)
		return config_at_fail(at, p, "%s", problem_text(&why));
	zone.name = strdup(name);
	if (!zone.name) {
		tz_free(zone.tz);
		return -ENOMEM;
	}
	more[s->n_zones++] = zone;
	return 0;
}

static int check(struct settings *s, const struct place *pl, struct problem *p)
{
	int r = check_header(pl, p);

	return r < 0 ? r : load_zone(s, pl, p);
}

/* The options of -o about that data set. */
static const struct config_section *options_of(const struct config_raw *r, const char *id,
					       const char *dataset)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct config_section *s = &r->sections[i];

		if (s->line == 0 && s->where == CONFIG_DATASET &&
		    strcmp(s->id, id) == 0 && strcmp(s->dataset, dataset) == 0)
			return s;
	}
	return NULL;
}

static int check_instance(struct settings *s, const struct config_raw *r,
			  struct settings_instance *in, struct problem *p)
{
	const struct config_section *upload = config_raw_find(r, CONFIG_UPLOAD, "", "");
	const struct config_section *own =
		config_raw_find(r, CONFIG_INSTANCE, in->id, "");
	struct place pl = {r, {own, upload}, &in->upload};
	int err = check(s, &pl, p);

	for (size_t i = 0; err == 0 && i < in->n_datasets; i++) {
		const char *id = in->datasets[i].id;

		pl = (struct place){r,
				    {options_of(r, in->id, id),
				     config_raw_find(r, CONFIG_DATASET, in->id, id), own,
				     upload},
				    &in->datasets[i].upload};
		err = check(s, &pl, p);
	}
	return err;
}

int config_rows_check(struct config *c, const struct config_raw *r, struct problem *p)
{
	struct settings *s = &c->settings;
	struct place pl = {r, {config_raw_find(r, CONFIG_UPLOAD, "", "")}, &s->upload};
	int err = check(s, &pl, p);

	for (size_t i = 0; err == 0 && i < s->n_instances; i++)
		err = check_instance(s, r, &s->instances[i], p);
	return err;
}
