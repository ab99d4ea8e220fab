/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config - read the configuration file, check all of it, hand it out read-only
 *
 * The only user of inih, which parses "key = value ; comment". What it is known
 * to do silently is kept from it: it cuts section names after 49 bytes and does
 * not report empty sections (headings are read here); it takes an indented line
 * for more of the value before (blanks are skipped here); it cuts long lines
 * (refused here, by the size of the buffer that it offers); it goes on after an
 * error (the reader ends the text). So each call of the handler belongs to
 * exactly one line, whose number is known.
 */
#include "app/config.h"

#include <ini.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/config_apply.h"
#include "app/config_aws.h"
#include "app/config_check.h"
#include "app/config_fields.h"
#include "app/config_rows.h"
#include "app/config_secret.h"
#include "base/crypto.h"
#include "base/fileio.h"
#include "base/scope.h"

#define FILE_MAX       (1u << 20)
#define LINE_MAX_BYTES 16384

struct reader {
	struct config_raw *raw;
	struct config_section *section; /* the last heading's */
	struct slice rest;		/* of the file */
	struct slice line;		/* the one that inih has now */
	int number;
	bool pending; /* inih has not made a key of it yet */
	int err;
	struct problem *p;
};

static struct config_at here(const struct reader *r)
{
	return (struct config_at){r->raw, r->section, NULL, r->number};
}

/* The next line without blanks around it; false at the end of the file. */
static bool take_line(struct reader *r)
{
	const char *nl;
	size_t n;

	if (r->rest.n == 0)
		return false;
	nl = memchr(r->rest.p, '\n', r->rest.n);
	n = nl ? (size_t)(nl - r->rest.p) : r->rest.n;
	r->line = slice_of(r->rest.p, n);
	r->rest.p += n + (nl != NULL);
	r->rest.n -= n + (nl != NULL);
	r->number++;
	while (r->line.n > 0 && strchr(" \t\r", r->line.p[r->line.n - 1]))
		r->line.n--;
	while (r->line.n > 0 && strchr(" \t", r->line.p[0])) {
		r->line.p++;
		r->line.n--;
	}
	return true;
}

/* "[kind id]" and perhaps a comment. */
static int heading(struct reader *r)
{
	const char *end = memchr(r->line.p, ']', r->line.n);
	_cleanup_free_ char *name = NULL;
	size_t n, left;

	r->section = NULL;
	if (!end)
		return config_at_fail(here(r), r->p, "a section's heading ends with ]");
	n = (size_t)(end - r->line.p) - 1;
	left = r->line.n - n - 2;
	end++;
	while (left > 0 && (*end == ' ' || *end == '\t')) {
		end++;
		left--;
	}
	if (left > 0 && *end != ';' && *end != '#')
		return config_at_fail(here(r), r->p,
				      "only a comment may follow a section's heading");
	name = strndup(r->line.p + 1, n);
	if (!name)
		return -ENOMEM;
	for (char *at = name + strlen(name); at > name && strchr(" \t", at[-1]); at--)
		at[-1] = '\0';
	return config_raw_add_section(r->raw, name + strspn(name, " \t"), r->number,
				      &r->section, r->p);
}

/* Goes to the next line that inih is to see; false at the end or an error. */
static bool next_key(struct reader *r)
{
	while (r->err == 0 && take_line(r)) {
		if (memchr(r->line.p, '\0', r->line.n)) {
			r->err = config_at_fail(here(r), r->p,
						"a NUL byte; amcfs reads "
						"UTF-8 text");
			return false;
		}
		if (r->line.n == 0 || r->line.p[0] == ';' || r->line.p[0] == '#')
			continue;
		if (r->line.p[0] != '[')
			return true;
		r->err = heading(r);
	}
	return false;
}

/* ini_reader: like fgets(). */
static char *feed(char *str, int num, void *stream)
{
	struct reader *r = stream;
	bool more = false;

	if (r->err == 0 && r->pending)
		r->err = config_at_fail(
			here(r), r->p, "neither KEY = VALUE nor [section] nor a comment");
	if (r->err == 0)
		more = next_key(r);
	if (more && r->line.n + 2 > (size_t)num) {
		r->err = config_at_fail(here(r), r->p, "the line is longer than %d bytes",
					num - 2);
		more = false;
	}
	if (!more) {
		crypto_wipe(str, (size_t)num); /* it may have held a secret */
		return NULL;
	}
	memcpy(str, r->line.p, r->line.n);
	memcpy(str + r->line.n, "\n", 2);
	r->pending = true;
	return str;
}

/* "delimiter = ;" would be an empty value and a comment. */
static bool lost_semicolon(const struct reader *r, const char *name, const char *value)
{
	const char *eq = memchr(r->line.p, '=', r->line.n);
	const char *end = r->line.p + r->line.n;

	if (value[0] != '\0' || strcmp(name, "delimiter") != 0 || !eq)
		return false;
	for (eq++; eq < end && (*eq == ' ' || *eq == '\t');)
		eq++;
	return eq < end && *eq == ';';
}

/* ini_handler; inih's idea of the section is cut, so it is not asked. */
static int got_key(void *user, const char *unused, const char *name, const char *value)
{
	struct reader *r = user;
	struct config_entry e = {.name = (char *)name, .value = (char *)value};

	(void)unused;
	if (r->err < 0 || name[0] == '\0')
		return 0; /* still pending: feed() complains */
	r->pending = false;
	e.line = r->number;
	if (!r->section)
		r->err = config_at_fail((struct config_at){r->raw, NULL, name, r->number},
					r->p, "a key must stand below a [section]");
	else if (lost_semicolon(r, name, value))
		r->err = config_at_fail(config_at_entry(r->raw, r->section, &e), r->p,
					"a ; after a blank begins a comment; write "
					"semicolon");
	else
		r->err = config_raw_add_entry(r->raw, r->section, &e, r->p);
	return r->err == 0;
}

static int parse(struct config_raw *raw, struct slice text, struct problem *p)
{
	struct reader r = {.raw = raw, .rest = text, .p = p};
	int n;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		r.rest = slice_of(text.p + 3, text.n - 3);
#ifdef HAVE_INI_MAX_LINE
	ini_max_line = LINE_MAX_BYTES;
#endif
	n = ini_parse_stream(feed, &r, got_key, &r);
	raw->lines = r.number > 0 ? r.number : 1;
	if (r.err == 0 && n != 0)
		r.err = n == -2 ? -ENOMEM
				: config_at_fail((struct config_at){raw, NULL, NULL, n},
						 p, "this line cannot be read");
	return r.err;
}

/* The options of -o, each "key=value". */
static int parse_options(struct config_raw *raw, struct problem *p)
{
	_cleanup_free_ char *heading = NULL;
	const char *of = raw->opts->rows_of;
	struct config_section *s;
	int r;

	if (!of && raw->opts->n_overrides == 0)
		return 0;
	if (of && asprintf(&heading, "dataset %s", of) < 0)
		return -ENOMEM;
	/* line 0 = -o */
	r = config_raw_add_section(raw, of ? heading : "mount", 0, &s, p);
	for (size_t i = 0; r == 0 && i < raw->opts->n_overrides; i++) {
		const char *o = raw->opts->overrides[i];
		const char *eq = strchr(o, '=');
		_cleanup_free_ char *name = strndup(o, eq ? (size_t)(eq - o) : strlen(o));
		struct config_entry e = {.name = name};

		if (!name)
			return -ENOMEM;
		if (!eq)
			return config_at_fail(config_at_entry(raw, s, &e), p,
					      "needs a value: -o %s=VALUE", name);
		e.value = (char *)eq + 1;
		r = config_raw_add_entry(raw, s, &e, p);
	}
	return r;
}

static int locate(struct config_raw *raw)
{
	_cleanup_free_ char *cwd = NULL;
	const char *path = raw->opts->path;
	char *slash;
	int n;

	if (path[0] != '/') {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return -errno;
	}
	n = asprintf(&raw->path, "%s%s%s", cwd ? cwd : "", cwd ? "/" : "", path);
	if (n < 0) {
		raw->path = NULL;
		return -ENOMEM;
	}
	slash = strrchr(raw->path, '/');
	raw->dir = slash == raw->path ? strdup("/")
				      : strndup(raw->path, (size_t)(slash - raw->path));
	return raw->dir ? 0 : -ENOMEM;
}

static int read_file(struct config_raw *raw, struct problem *p)
{
	_cleanup_(buf_wipe) struct buf b = BUF_INIT(FILE_MAX);
	struct problem why = {0};
	int r;

	r = fileio_read(raw->opts->path, false, &b, &why);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return problem_set(p, -ERR_CONFIG, "the configuration cannot be used: %s",
				   problem_text(&why));
	return parse(raw, buf_slice(&b), p);
}

/* Who may write the file may send the data and the keys wherever he likes. */
static void warn_writable(const struct config_raw *raw)
{
	struct stat st;

	if (stat(raw->path, &st) == 0 && (st.st_mode & S_IWOTH) != 0)
		config_at_warn((struct config_at){raw, NULL, NULL, 1},
			       "everybody may change this file; run: chmod o-w %s",
			       raw->opts->path);
}

static int load(struct config *c, struct config_raw *raw, struct problem *p)
{
	bool file = raw->opts->path != NULL;
	int r = 0;

	if (file)
		r = locate(raw);
	if (r == 0 && file)
		r = read_file(raw, p);
	if (r == 0)
		r = parse_options(raw, p);
	if (r == 0)
		r = config_secret_check_mode(raw, p);
	if (r < 0)
		return r;
	if (file)
		warn_writable(raw);
	r = config_fields_set_text(&c->path, file ? raw->path : "");
	if (r == 0)
		r = config_apply(c, raw, p);
	if (r == 0)
		r = config_rows_check(c, raw, p);
	if (r == 0 && !raw->opts->rows_of)
		r = config_check(c, raw, p);
	return r;
}

int config_load(struct config **out, const struct config_opts *o, struct problem *p)
{
	struct config *c = calloc(1, sizeof(*c));
	struct config_raw *raw = calloc(1, sizeof(*raw));
	int r = -ENOMEM;

	if (c && raw) {
		raw->opts = o;
		r = load(c, raw, p);
		config_secret_forget(raw);
	}
	config_raw_free(raw);
	if (r < 0) {
		config_free(c);
		/* callers print the problem, so there is always one */
		(void)problem_set(p, r, "the configuration cannot be loaded: %s",
				  errcode_text(r));
		return r == -ENOMEM || (o->rows_of && r == -EINVAL) ? r : -ERR_CONFIG;
	}
	*out = c;
	return 0;
}

static void instance_fini(struct settings_instance *in)
{
	for (size_t i = 0; i < in->n_datasets; i++) {
		config_fields_fini(CONFIG_INTO_UPLOAD, &in->datasets[i].upload);
		config_fields_fini(CONFIG_INTO_DATASET, &in->datasets[i]);
		free(in->datasets[i].id);
	}
	free(in->datasets);
	config_fields_fini(CONFIG_INTO_S3, &in->s3);
	config_fields_fini(CONFIG_INTO_UPLOAD, &in->upload);
	config_fields_fini(CONFIG_INTO_INSTANCE, in);
	free(in->id);
}

void config_free(struct config *c)
{
	struct settings *s = c ? &c->settings : NULL;

	if (!s)
		return;
	for (size_t i = 0; i < s->n_instances; i++)
		instance_fini(&s->instances[i]);
	free(s->instances);
	for (size_t i = 0; i < s->n_zones; i++) {
		tz_free(s->zones[i].tz);
		free(s->zones[i].name);
	}
	free(s->zones);
	config_fields_fini(CONFIG_INTO_AMC, &s->amc);
	config_fields_fini(CONFIG_INTO_S3, &s->s3);
	config_fields_fini(CONFIG_INTO_UPLOAD, &s->upload);
	config_fields_fini(CONFIG_INTO_MOUNT, &s->mount);
	config_fields_fini(CONFIG_INTO_LOG, &c->log);
	config_aws_fini(&s->aws);
	free(s->amc.refresh_token_file);
	free(c->path);
	free(c);
}

bool config_is_option(const char *name)
{
	const struct config_key *k = config_keys_find(CONFIG_MOUNT, name);

	return k && (k->flags & CONFIG_OPTION) != 0;
}
