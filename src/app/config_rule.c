/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_rule - map.COLUMN and const.COLUMN: which column gets what
 *
 * Columns are told apart without regard to case, as rowmap will do: two rules for
 * one column are refused here, where there is a line to point to. Whether the data
 * set has the column shows only when AMC is asked.
 */
#include "app/config_rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/config_fields.h"
#include "app/config_value.h"
#include "base/scope.h"
#include "job/constant.h"

const char *config_rule_column(const struct config_entry *e)
{
	return strchr(e->name, '.') + 1;
}

static bool is_rule(const struct config_entry *e)
{
	return e->key->type == CONFIG_MAP || e->key->type == CONFIG_CONST;
}

/* Text as config_value_is_text() has it, and no tab either. */
static bool is_plain(const char *s)
{
	return config_value_is_text(s) && !strchr(s, '\t');
}

static int check_twin(struct config_at at, const struct config_entry *e,
		      struct problem *p)
{
	const struct config_section *s = at.section;

	for (const struct config_entry *o = s->entries; o < e; o++) {
		if (!is_rule(o) || o->value[0] == '\0' ||
		    strcasecmp(config_rule_column(o), config_rule_column(e)) != 0)
			continue;
		if (o->key == e->key && e->line == 0)
			continue; /* of two -o the later one counts */
		if (e->line == 0)
			return config_at_fail(at, p,
					      "%s is for the same column; keep one of "
					      "them",
					      o->name);
		return config_at_fail(at, p,
				      "%s at line %d is for the same column; keep one "
				      "of them",
				      o->name, o->line);
	}
	return 0;
}

static int check(struct config_at at, const struct config_entry *e, struct problem *p)
{
	const char *column = config_rule_column(e);
	struct problem why = {0};

	if (!is_plain(column) || column[0] == ' ' || strlen(column) > SCHEMA_MAX_NAME)
		return config_at_fail(at, p,
				      "write %.*sCOLUMN with a column of the data set, "
				      "at most %d bytes",
				      (int)(column - e->name), e->name, SCHEMA_MAX_NAME);
	if (!is_plain(e->value))
		return config_at_fail(at, p,
				      "this value cannot be; allowed: UTF-8 text "
				      "without control characters");
	if (e->key->type == CONFIG_CONST && constant_check(e->value, &why) < 0)
		return config_at_fail(at, p, "%s", problem_text(&why));
	return check_twin(at, e, p);
}

static void drop(struct settings_rules *rules, const char *column)
{
	size_t kept = 0;

	for (size_t i = 0; i < rules->n; i++) {
		struct rowmap_rule *rule = &rules->list[i];

		if (strcasecmp(rule->column, column) != 0) {
			rules->list[kept++] = *rule;
			continue;
		}
		free((char *)rule->column);
		free((char *)rule->text);
	}
	rules->n = kept;
}

static int add(struct settings_rules *rules, const char *column, const char *value)
{
	_cleanup_free_ char *name = strdup(column), *text = strdup(value);
	struct rowmap_rule *more;

	if (!name || !text)
		return -ENOMEM;
	more = reallocarray(rules->list, rules->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	rules->list = more;
	more[rules->n++] = (struct rowmap_rule){take_ptr(name), take_ptr(text)};
	return 0;
}

int config_rule_put(struct config_at at, const struct config_entry *e,
		    struct settings_dataset *ds, struct problem *p)
{
	int r = check(at, e, p);

	if (r < 0)
		return r;
	drop(&ds->maps, config_rule_column(e));
	drop(&ds->consts, config_rule_column(e));
	return add(config_fields_rules(e->key, ds), config_rule_column(e), e->value);
}

void config_rule_drop(const struct config_entry *e, struct settings_dataset *ds)
{
	drop(config_fields_rules(e->key, ds), config_rule_column(e));
}
