/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_type - what a key of the table takes: parse it, or say it to people
 *
 * The two ways of saying it differ on purpose. The manual and the help name
 * everything that a key will ever take; a message to somebody who has to mend
 * a line names only what this version would accept there.
 */
#include "app/config_type.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/config_value.h"

#define DAY_MS	 INT64_C(86400000)
#define WORD_MAX 2048

bool config_type_is_integer(const struct config_key *k)
{
	return k->type <= CONFIG_DELIMITER;
}

bool config_type_is_text(const struct config_key *k)
{
	return k->type >= CONFIG_TEXT && k->type <= CONFIG_GLOBS;
}

static int choose(const struct config_key *k, const char *value, int64_t *out)
{
	for (const struct config_choice *c = k->choices; c->name; c++) {
		if (strcasecmp(c->name, value) != 0)
			continue;
		if (c->later)
			return -ENOTSUP;
		*out = c->value;
		return 0;
	}
	return -EINVAL;
}

static int ranged(const struct config_key *k, int64_t v, int64_t *out)
{
	if (v < k->min || v > k->max)
		return -ERANGE;
	*out = k->type == CONFIG_DAYS ? v * DAY_MS : v;
	return 0;
}

int config_type_integer(const struct config_key *k, const char *value, int64_t *out)
{
	int64_t v = 0;
	int r;

	switch (k->type) {
	case CONFIG_BOOL:
		return config_value_bool(value, out);
	case CONFIG_ENUM:
		return choose(k, value, out);
	case CONFIG_MODE:
		return config_value_mode(value, out);
	case CONFIG_DELIMITER:
		return config_value_delimiter(value, out);
	case CONFIG_TIME:
		r = config_value_time(value, &v);
		break;
	default:
		r = config_value_size(value, &v);
		break;
	}
	return r < 0 ? r : ranged(k, v, out);
}

bool config_type_text_ok(const struct config_key *k, const char *value)
{
	char country[3];

	switch (k->type) {
	case CONFIG_WORD:
		return config_value_is_word(value, WORD_MAX);
	case CONFIG_COUNTRY:
		return config_value_country(value, country) == 0;
	case CONFIG_BUCKET:
		return config_value_is_bucket(value);
	case CONFIG_REGION:
		return config_value_is_region(value);
	case CONFIG_PREFIX:
		return config_value_is_prefix(value);
	case CONFIG_FILE_PREFIX:
		return config_value_is_file_prefix(value);
	case CONFIG_GLOBS:
		return config_value_is_globs(value);
	default:
		return config_value_is_text(value);
	}
}

bool config_type_is_preset(const struct config_key *k, const char *value)
{
	int64_t a, b;

	if (!config_type_is_integer(k))
		return strcasecmp(value, k->preset) == 0;
	return config_type_integer(k, value, &a) == 0 &&
	       config_type_integer(k, k->preset, &b) == 0 && a == b;
}

/* Appends; cuts at the end of out. */
static void PRINTF_LIKE(2, 3) add(char out[CONFIG_TYPE_TEXT], const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(out + n, CONFIG_TYPE_TEXT - n, fmt, ap);
	va_end(ap);
}

static void add_range(const struct config_key *k, const char *between,
		      char out[CONFIG_TYPE_TEXT])
{
	char low[CONFIG_VALUE_SHOW], high[CONFIG_VALUE_SHOW];

	if (k->type == CONFIG_TIME) {
		(void)config_value_show_time(k->min, low);
		(void)config_value_show_time(k->max, high);
	} else if (k->type == CONFIG_SIZE) {
		(void)config_value_show_size(k->min, low);
		(void)config_value_show_size(k->max, high);
	} else {
		(void)snprintf(low, sizeof(low), "%lld", (long long)k->min);
		(void)snprintf(high, sizeof(high), "%lld", (long long)k->max);
	}
	add(out, "%s%s%s", low, between, high);
}

/* What stands in the manual, and what a message allows. NULL: it has a range. */
struct words {
	const char *show;
	const char *allowed;
};

static const struct words words[] = {
	[CONFIG_SIZE] = {"size ", "a size from "},
	[CONFIG_COUNT] = {"number ", "a number from "},
	[CONFIG_DAYS] = {"days ", "a number of days from "},
	[CONFIG_TIME] = {"time ", "a time from "},
	[CONFIG_BOOL] = {"yes|no", "yes or no"},
	[CONFIG_ENUM] = {"", ""},
	[CONFIG_MODE] = {"octal mode", "permissions in octal, at most 0777"},
	[CONFIG_DELIMITER] = {"auto|comma|semicolon|tab|pipe",
			      "one of auto, comma, semicolon, tab, pipe"},
	[CONFIG_TEXT] = {"text", "UTF-8 text without control characters"},
	[CONFIG_WORD] = {"word", "visible ASCII characters without blanks"},
	[CONFIG_PATH] = {"path", "the path of a file, in UTF-8"},
	[CONFIG_PROXY] = {"URL", "http://HOST:PORT or https://HOST:PORT"},
	[CONFIG_COUNTRY] = {"country", "two letters, such as US"},
	[CONFIG_BUCKET] = {"bucket",
			   "3 to 63 of a-z, 0-9, '-' and '.', no '-' or '.' at an end"},
	[CONFIG_REGION] = {"AWS region", "an AWS region, such as us-east-1"},
	[CONFIG_PREFIX] = {"prefix",
			   "letters, digits and !-_.*'()=/ with no '/' first, no "
			   "empty part, and no part . or .."},
	[CONFIG_FILE_PREFIX] = {"word",
				"at most 64 letters, digits and !-_.*'()= with no "
				"'.' or '_' first"},
	[CONFIG_GLOBS] = {"patterns", "glob patterns without '/', comma separated"},
	[CONFIG_SHARE] = {"percent or number",
			  "a share from 0% to 100%, or a number of rows"},
	[CONFIG_MAP] = {"text", "UTF-8 text without control characters"},
	[CONFIG_CONST] = {"text", "UTF-8 text without control characters"},
	[CONFIG_URL] = {"URL", "https://HOST[:PORT][/PATH]"},
	[CONFIG_SECRET] = {"secret", "one line of visible ASCII characters"},
};

const char *config_type_show(const struct config_key *k, char out[CONFIG_TYPE_TEXT])
{
	const char *bar = "";

	out[0] = '\0';
	add(out, "%s", words[k->type].show);
	if (k->type <= CONFIG_TIME && k->type != CONFIG_BOOL)
		add_range(k, "..", out);
	if (k->type != CONFIG_ENUM)
		return out;
	for (const struct config_choice *c = k->choices; c->name; c++, bar = "|")
		add(out, "%s%s", bar, c->name);
	return out;
}

static void add_choices(const struct config_key *k, char out[CONFIG_TYPE_TEXT])
{
	const char *between = "";
	unsigned n = 0;

	for (const struct config_choice *c = k->choices; c->name; c++)
		n += !c->later;
	add(out, "%s", n > 1 ? "one of " : "");
	for (const struct config_choice *c = k->choices; c->name; c++) {
		if (c->later)
			continue;
		add(out, "%s%s", between, c->name);
		between = ", ";
	}
}

const char *config_type_allowed(const struct config_key *k, char out[CONFIG_TYPE_TEXT])
{
	out[0] = '\0';
	add(out, "%s", words[k->type].allowed);
	if (k->type == CONFIG_ENUM)
		add_choices(k, out);
	else if (k->type <= CONFIG_TIME)
		add_range(k, " to ", out);
	if (k->type == CONFIG_TIME)
		add(out, " (ms, s, m, h or d; a bare number is seconds)");
	if (k->type == CONFIG_SIZE)
		add(out, " (bytes, or with K, M or G)");
	return out;
}

const char *config_type_show_preset(const struct config_key *k,
				    char out[CONFIG_TYPE_TEXT])
{
	out[0] = '\0';
	if (k->preset[0] != '\0')
		add(out, "%s", k->preset);
	else
		add(out, "(%s)", k->unset ? k->unset : "none");
	return out;
}
