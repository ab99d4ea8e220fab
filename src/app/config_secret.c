/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_secret - the values of KEY, KEY_file and KEY_env
 *
 * A variable is forgotten only after all of the file has been applied, because
 * several instances may name the same one. Unsetting alone would not do: the
 * bytes would stay readable in /proc/PID/environ.
 */
#include "app/config_secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/config_value.h"
#include "base/crypto.h"
#include "base/fileio.h"
#include "base/scope.h"

char *config_secret_path(const struct config_raw *r, const struct config_entry *e)
{
	_cleanup_free_ char *cwd = NULL;
	const char *dir = r->dir;
	char *path;

	if (e->value[0] == '/')
		return strdup(e->value);
	if (e->line == 0) {
		cwd = getcwd(NULL, 0);
		dir = cwd ? cwd : "/";
	}
	if (asprintf(&path, "%s%s%s", dir, strcmp(dir, "/") == 0 ? "" : "/", e->value) <
	    0)
		return NULL;
	return path;
}

static bool is_variable(const char *s)
{
	return config_value_is_id(s, 256) && !strchr(s, '-') && !(*s >= '0' && *s <= '9');
}

/* One newline at the end is the editor's, not the secret's. */
static void trim(struct buf *b)
{
	if (b->n > 0 && b->p[b->n - 1] == '\n')
		b->n--;
	if (b->n > 0 && b->p[b->n - 1] == '\r')
		b->n--;
}

static int read_file(struct config_at at, const struct config_entry *e, struct buf *out,
		     bool *absent, struct problem *p)
{
	_cleanup_free_ char *path = config_secret_path(at.raw, e);
	struct problem why = {0};
	int r;

	if (!path)
		return -ENOMEM;
	r = fileio_read(path, e->key->type == CONFIG_SECRET, out, &why);
	if (r == -ENOENT && at.raw->opts->login &&
	    strcmp(e->key->name, "refresh_token") == 0) {
		*absent = true;
		return 0;
	}
	if (r == -ENOENT && at.raw->opts->offline) {
		*absent = true;
		config_at_warn(at, "%s", problem_text(&why));
		return 0;
	}
	if (r == -ERR_TOO_LARGE)
		return config_at_fail(at, p, "%s is larger than %d bytes", path,
				      CONFIG_SECRET_MAX);
	if (r < 0 && r != -ENOMEM)
		return config_at_fail(at, p, "%s", problem_text(&why));
	if (r == 0)
		trim(out);
	return r;
}

static int read_env(struct config_at at, const struct config_entry *e, struct buf *out,
		    bool *absent, struct problem *p)
{
	const char *value;

	if (!is_variable(e->value))
		return config_at_fail(at, p,
				      "allowed: the name of an environment "
				      "variable (letters, digits and _)");
	value = getenv(e->value);
	if (!value && at.raw->opts->offline) {
		*absent = true;
		config_at_warn(at, "the environment variable %s is not set", e->value);
		return 0;
	}
	if (!value)
		return config_at_fail(
			at, p,
			"the environment variable %s is not set; set it, or "
			"use %s_file",
			e->value, e->key->name);
	if (strlen(value) > CONFIG_SECRET_MAX)
		return config_at_fail(
			at, p, "the environment variable %s is longer than %d bytes",
			e->value, CONFIG_SECRET_MAX);
	return buf_adds(out, value);
}

int config_secret_read(const struct config_raw *r, const struct config_section *s,
		       const struct config_entry *e, struct buf *out, bool *absent,
		       struct problem *p)
{
	struct config_at at = config_at_entry(r, s, e);
	const char *text;
	int err;

	*absent = false;
	if (e->source == CONFIG_BY_FILE)
		err = read_file(at, e, out, absent, p);
	else if (e->source == CONFIG_BY_ENV)
		err = read_env(at, e, out, absent, p);
	else
		err = buf_adds(out, e->value);
	if (err < 0 || *absent)
		return err;
	text = buf_str(out);
	if (!text)
		return -ENOMEM;
	if (strlen(text) != out->n || !config_value_is_word(text, CONFIG_SECRET_MAX))
		return config_at_fail(at, p,
				      "what it gives is empty or not one line of visible "
				      "ASCII characters without blanks");
	return 0;
}

void config_secret_forget_env(const char *name)
{
	char *value = getenv(name);

	if (!value)
		return;
	crypto_wipe(value, strlen(value));
	(void)unsetenv(name); /* fails for bad names only, which getenv() knows not */
}

void config_secret_forget(const struct config_raw *r)
{
	for (size_t i = 0; i < r->n; i++) {
		for (size_t j = 0; j < r->sections[i].n; j++) {
			const struct config_entry *e = &r->sections[i].entries[j];

			if (e->source == CONFIG_BY_ENV && is_variable(e->value))
				config_secret_forget_env(e->value);
		}
	}
}

static const struct config_entry *first_by_value(const struct config_section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct config_entry *e = &s->entries[i];

		if (e->key->type == CONFIG_SECRET && e->source == CONFIG_BY_VALUE &&
		    e->value[0] != '\0')
			return e;
	}
	return NULL;
}

int config_secret_check_mode(const struct config_raw *r, struct problem *p)
{
	const struct config_entry *e = NULL;
	size_t i;
	struct stat st;

	for (i = 0; i < r->n && !e; i++)
		e = first_by_value(&r->sections[i]);
	if (!e)
		return 0;
	if (stat(r->path, &st) < 0)
		return config_at_fail(config_at_entry(r, &r->sections[i - 1], e), p,
				      "the file's permissions cannot be read: %s",
				      errcode_text(errno));
	if ((st.st_mode & 077) == 0)
		return 0;
	return config_at_fail(
		config_at_entry(r, &r->sections[i - 1], e), p,
		"the file holds a secret and may be used by others than its "
		"owner (mode %03o); run: chmod 600 %s",
		(unsigned)st.st_mode & 0777, r->opts->path);
}
