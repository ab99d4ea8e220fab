/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows are written before the file has its final name, as most tools write under
 * a temporary one. So ${file} is what that name promises, and the rename is
 * compared with the promise: a rename that is refused is better than a wrong
 * value in every row.
 */
#include "job/constant.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include "job/tempname.h"

#define TEXT_MAX (64u << 10) /* a line of the configuration with some paths in it */

enum word { WORD_NOW, WORD_FILE, WORD_JOB, WORD_COUNT };

static const char *const words[WORD_COUNT] = {
	[WORD_NOW] = "${now}",
	[WORD_FILE] = "${file}",
	[WORD_JOB] = "${job}",
};

/* The word that s begins with, or WORD_COUNT. */
static enum word word_at(const char *s)
{
	int i = 0;

	while (i < WORD_COUNT && strncmp(s, words[i], strlen(words[i])) != 0)
		i++;
	return (enum word)i;
}

int constant_check(const char *text, struct problem *p)
{
	for (const char *at = text; (at = strstr(at, "${")); at++) {
		size_t n = strcspn(at, "}");

		if (word_at(at) == WORD_COUNT)
			return problem_set(p, -EINVAL,
					   "\"%.*s%s\" means nothing; allowed: ${now}, "
					   "${file}, ${job}",
					   n < 24 ? (int)n : 24, at,
					   n < 24 && at[n] == '}' ? "}" : "");
	}
	return 0;
}

static const struct rowmap_rule *first_with_file(const struct settings_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (strstr(rules->list[i].text, words[WORD_FILE]))
			return &rules->list[i];
	}
	return NULL;
}

static bool is_plain(const char *s)
{
	size_t n = strlen(s);
	uint32_t c;

	for (size_t step; n > 0; s += step, n -= step) {
		step = utf8_decode(s, n, &c);
		if (step == 0 || utf8_is_control(c))
			return false;
	}
	return true;
}

/* *file is the caller's to free. */
static int final_name(const struct rowmap_rule *rule, const struct constant_words *w,
		      char **file, struct problem *p)
{
	_cleanup_free_ char *name = malloc(strlen(w->path) + 1);

	if (!name)
		return -ENOMEM;
	if (!tempname_final(w->path, w->ignore, name))
		return problem_set(p, -ERR_BAD_MAPPING,
				   "const.%s uses ${file}, and the name \"%s\" is "
				   "temporary; write the file under its own name",
				   rule->column, w->path);
	if (!is_plain(name))
		return problem_set(p, -ERR_BAD_MAPPING,
				   "const.%s uses ${file}, and the file's name is not "
				   "UTF-8 text without control characters; rename it",
				   rule->column);
	*file = take_ptr(name);
	return 0;
}

static int expand(const char *text, const char *const values[WORD_COUNT], char **out)
{
	_cleanup_buf_ struct buf b = BUF_INIT(TEXT_MAX);
	const char *s;
	int r = 0;

	while (*text && r == 0) {
		enum word w = word_at(text);

		if (w == WORD_COUNT)
			r = buf_addc(&b, *text++);
		else
			r = buf_adds(&b, values[w]);
		if (w != WORD_COUNT)
			text += strlen(words[w]);
	}
	s = r == 0 ? buf_str(&b) : NULL;
	*out = s ? strdup(s) : NULL;
	if (r < 0)
		return r;
	return *out ? 0 : -ENOMEM;
}

int constant_expand(const struct settings_rules *rules, const struct constant_words *w,
		    struct settings_rules *out, struct problem *p)
{
	const struct rowmap_rule *with_file = first_with_file(rules);
	_cleanup_free_ char *file = NULL;
	char now[TIMEFMT_RFC3339];
	int r = 0;

	if (rules->n == 0)
		return 0;
	if (with_file)
		r = final_name(with_file, w, &file, p);
	out->list = r == 0 ? calloc(rules->n, sizeof(*out->list)) : NULL;
	if (!out->list)
		return r < 0 ? r : -ENOMEM;
	for (size_t i = 0; i < rules->n; i++) {
		const char *const values[WORD_COUNT] = {
			[WORD_NOW] = timefmt_rfc3339(w->now_s, now),
			[WORD_FILE] = file,
			[WORD_JOB] = w->job,
		};
		char *text, *column = strdup(rules->list[i].column);

		r = expand(rules->list[i].text, values, &text);
		out->list[out->n++] = (struct rowmap_rule){column, text};
		if (r == -ERR_TOO_LARGE)
			return problem_set(p, -ERR_BAD_MAPPING,
					   "const.%s becomes longer than %u bytes",
					   rules->list[i].column, TEXT_MAX);
		if (r < 0 || !column)
			return r < 0 ? r : -ENOMEM;
	}
	return 0;
}

void constant_fini(struct settings_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		free((char *)rules->list[i].column);
		free((char *)rules->list[i].text);
	}
	free(rules->list);
	*rules = (struct settings_rules){0};
}

int constant_rename(const struct settings_rules *rules, const char *ignore,
		    const char *from, const char *to, struct problem *p)
{
	const struct rowmap_rule *rule = first_with_file(rules);
	_cleanup_free_ char *was = NULL, *is = NULL;

	if (!rule || !tempname_is(from, ignore))
		return 0;
	was = malloc(strlen(from) + 1);
	is = malloc(strlen(to) + 1);
	if (!was || !is)
		return -ENOMEM;
	if (!tempname_final(from, ignore, was)) /* then no row was written */
		return 0;
	if (tempname_final(to, ignore, is) && strcmp(was, is) == 0)
		return 0;
	return problem_set(p, -ERR_BAD_MAPPING,
			   "const.%s uses ${file}, and the rows say \"%s\", as the name "
			   "\"%s\" promised; rename it to that, or write it under the "
			   "name \"%s\" itself",
			   rule->column, was, from, to);
}
