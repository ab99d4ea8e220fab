/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_value - the words of the configuration: text in, number or verdict out
 *
 * Written out by hand instead of strtoull(), which takes blanks, signs and hex
 * and depends on the locale; a configuration that says "-1" must not become
 * 2^64 - 1.
 */
#include "app/config_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

/* S3 allows keys of 1024 bytes; the rest of a key needs less than half. */
#define PREFIX_MAX	512
#define FILE_PREFIX_MAX 64

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

/* Leading decimal digits; *end is behind them. */
static int number(const char *s, const char **end, int64_t *out)
{
	int64_t n = 0;

	if (!is_digit(*s))
		return -EINVAL;
	for (; is_digit(*s); s++) {
		if (__builtin_mul_overflow(n, (int64_t)10, &n) ||
		    __builtin_add_overflow(n, (int64_t)(*s - '0'), &n))
			return -ERANGE;
	}
	*end = s;
	*out = n;
	return 0;
}

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit sizes[] = {
	{"G", INT64_C(1) << 30},
	{"M", INT64_C(1) << 20},
	{"K", INT64_C(1) << 10},
	{"", 1},
};

/* Largest first, for show(). */
static const struct unit times[] = {
	{"d", INT64_C(86400000)},
	{"h", 3600000},
	{"m", 60000},
	{"s", 1000},
	{"ms", 1},
	{"", 1000},
};

static int scaled(const char *s, const struct unit *units, size_t n, int64_t *out)
{
	const char *end;
	int64_t v;
	int r;

	r = number(s, &end, &v);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(end, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(v, units[i].factor, &v))
			return -ERANGE;
		*out = v;
		return 0;
	}
	return -EINVAL;
}

/* The last of both tables' factors is 1, so that the search ends. */
static const char *show(int64_t v, const struct unit *u, char out[CONFIG_VALUE_SHOW])
{
	const char *name = "";

	if (v != 0) {
		while (v % u->factor != 0)
			u++;
		name = u->name;
		v /= u->factor;
	}
	(void)snprintf(out, CONFIG_VALUE_SHOW, "%" PRId64 "%s", v, name);
	return out;
}

int config_value_size(const char *s, int64_t *out)
{
	return scaled(s, sizes, sizeof(sizes) / sizeof(*sizes), out);
}

int config_value_time(const char *s, int64_t *out_ms)
{
	return scaled(s, times, sizeof(times) / sizeof(*times), out_ms);
}

const char *config_value_show_size(int64_t n, char out[CONFIG_VALUE_SHOW])
{
	return show(n, sizes, out);
}

const char *config_value_show_time(int64_t ms, char out[CONFIG_VALUE_SHOW])
{
	return show(ms, times, out);
}

int config_value_bool(const char *s, int64_t *out)
{
	static const char *const words[] = {"no",  "yes", "false", "true",
					    "off", "on",  "0",	   "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcasecmp(s, words[i]) != 0)
			continue;
		*out = (int64_t)(i & 1);
		return 0;
	}
	return -EINVAL;
}

int config_value_mode(const char *s, int64_t *out)
{
	size_t n = strlen(s);
	int64_t v = 0;

	if (n == 0 || n > 4)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '7')
			return -EINVAL;
		v = v * 8 + (*s - '0');
	}
	if (v > 0777)
		return -ERANGE;
	*out = v;
	return 0;
}

int config_value_delimiter(const char *s, int64_t *out)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {
		{"auto", 0},	    {"comma", ','}, {",", ','},
		{"semicolon", ';'}, {";", ';'},	    {"tab", '\t'},
		{"\\t", '\t'},	    {"pipe", '|'},  {"|", '|'},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcasecmp(s, names[i].name) != 0)
			continue;
		*out = names[i].c;
		return 0;
	}
	return -EINVAL;
}

/* What follows the whole percents, in hundredths: ".2%" is 20. */
static int hundredths(const char *s, int64_t *out)
{
	int64_t v = 0;
	int digits = 0;

	if (*s == '.') {
		for (s++; digits < 2 && is_digit(*s); s++, digits++)
			v = v * 10 + (*s - '0');
		if (digits == 0)
			return -EINVAL;
	}
	if (strcmp(s, "%") != 0)
		return -EINVAL;
	*out = digits == 1 ? v * 10 : v;
	return 0;
}

int config_value_share(const char *s, int32_t *share, int64_t *rows)
{
	const char *end;
	int64_t v, part;
	int r;

	r = number(s, &end, &v);
	if (r < 0)
		return r;
	if (!strchr(end, '%')) {
		r = config_value_size(s, &v);
		if (r < 0)
			return r;
		*share = -1;
		*rows = v;
		return 0;
	}
	r = hundredths(end, &part);
	if (r < 0)
		return r;
	if (v > 100 || (v == 100 && part > 0))
		return -ERANGE;
	*share = (int32_t)(v * 100 + part);
	*rows = -1;
	return 0;
}

int config_value_country(const char *s, char out[3])
{
	if (strlen(s) != 2)
		return -EINVAL;
	for (int i = 0; i < 2; i++) {
		if (!is_alnum(s[i]) || is_digit(s[i]))
			return -EINVAL;
		out[i] = is_lower(s[i]) ? (char)(s[i] - 'a' + 'A') : s[i];
	}
	out[2] = '\0';
	if (strcmp(out, "UK") == 0)
		memcpy(out, "GB", 2);
	return 0;
}

bool config_value_is_text(const char *s)
{
	size_t n = strlen(s);
	uint32_t c;

	while (n > 0) {
		size_t step = utf8_decode(s, n, &c);

		if (step == 0 || (utf8_is_control(c) && c != '\t'))
			return false;
		s += step;
		n -= step;
	}
	return true;
}

bool config_value_is_word(const char *s, size_t max)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	}
	return n > 0 && n <= max;
}

bool config_value_is_id(const char *s, size_t max)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (!is_alnum(s[i]) && s[i] != '_' && s[i] != '-')
			return false;
	}
	return n > 0 && n <= max;
}

/* Amazon S3 user guide, "bucket naming rules". */
bool config_value_is_bucket(const char *s)
{
	size_t n = strlen(s);

	if (n < 3 || n > 63)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool edge = i == 0 || i == n - 1;

		if (is_digit(s[i]) || is_lower(s[i]))
			continue;
		if (edge || (s[i] != '-' && s[i] != '.'))
			return false;
		if (s[i] == '.' && s[i + 1] == '.')
			return false;
	}
	return true;
}

bool config_value_is_region(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (!is_digit(s[i]) && !is_lower(s[i]) && s[i] != '-')
			return false;
	}
	return n > 0 && n <= 32;
}

/* Amazon S3 user guide, "object key naming": the characters called safe, and
 * '=', which partitioned folders have. */
static bool is_key_char(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("!-_.*'()=", c));
}

bool config_value_is_prefix(const char *s)
{
	size_t n = strlen(s);

	if (n > PREFIX_MAX || s[0] == '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_key_char(s[i]) && s[i] != '/')
			return false;
	}
	/* "." and ".." as a part would be resolved away by some clients */
	for (const char *part = s; part;) {
		const char *slash = strchr(part, '/');
		size_t len = slash ? (size_t)(slash - part) : strlen(part);

		if ((len == 0 && slash) || (len == 1 && part[0] == '.') ||
		    (len == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part = slash ? slash + 1 : NULL;
	}
	return true;
}

bool config_value_is_file_prefix(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (!is_key_char(s[i]))
			return false;
	}
	/* AMC passes over objects whose name starts so */
	return n <= FILE_PREFIX_MAX && s[0] != '.' && s[0] != '_';
}

bool config_value_is_globs(const char *s)
{
	return config_value_is_text(s) && !strchr(s, '/');
}
