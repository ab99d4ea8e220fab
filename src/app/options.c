/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table-driven parser instead of getopt_long(): the same table makes --help
 * and is compared with the manual, errors are our own sentences, and there is
 * no hidden state, so that tests can call it as often as they like.
 */
#include "app/options.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

#define MAX_OVERRIDES 64

struct parser {
	const struct options_spec *spec;
	size_t n;
	int argc, at;
	char **argv;
	options_fn *fn;
	void *ctx;
};

static const struct options_spec *find_long(const struct parser *ps, struct slice name)
{
	for (size_t i = 0; i < ps->n; i++) {
		if (ps->spec[i].name && slice_eq_str(name, ps->spec[i].name))
			return &ps->spec[i];
	}
	return NULL;
}

static const struct options_spec *find_letter(const struct parser *ps, char c)
{
	for (size_t i = 0; i < ps->n; i++) {
		if (ps->spec[i].letter == c)
			return &ps->spec[i];
	}
	return NULL;
}

/* The value is glued to the option, or it is the next word. */
static int deliver(struct parser *ps, const struct options_spec *o, const char *shown,
		   const char *glued, struct problem *p)
{
	const char *value = glued;

	if (!o->arg && glued)
		return problem_set(p, -EINVAL, "%s takes no value", shown);
	if (o->arg && !glued) {
		if (ps->at >= ps->argc)
			return problem_set(p, -EINVAL, "%s needs a value: %s %s", shown,
					   shown, o->arg);
		value = ps->argv[ps->at++];
	}
	return ps->fn(ps->ctx, (size_t)(o - ps->spec), value, p);
}

static int parse_long(struct parser *ps, const char *word, struct problem *p)
{
	const char *equals = strchr(word, '=');
	struct slice name =
		equals ? slice_of(word, (size_t)(equals - word)) : slice_str(word);
	const struct options_spec *o = find_long(ps, slice_of(name.p + 2, name.n - 2));
	char shown[64];

	if (slice_eq_str(name, "--help"))
		return OPTIONS_HELP;
	if (slice_eq_str(name, "--version"))
		return OPTIONS_VERSION;
	if (!o || name.n >= sizeof(shown))
		return problem_set(p, -EINVAL, "%s is no option here", word);
	memcpy(shown, name.p, name.n);
	shown[name.n] = '\0';
	return deliver(ps, o, shown, equals ? equals + 1 : NULL, p);
}

/* "-fd" is "-f -d"; "-oro" and "-o ro" are the same. */
static int parse_letters(struct parser *ps, const char *word, struct problem *p)
{
	for (const char *c = word + 1; *c; c++) {
		const struct options_spec *o = find_letter(ps, *c);
		const char shown[] = {'-', *c, '\0'};
		const char *glued = NULL;
		int r;

		if (!o && *c == 'h')
			return OPTIONS_HELP;
		if (!o && *c == 'V')
			return OPTIONS_VERSION;
		if (!o)
			return problem_set(p, -EINVAL, "%s is no option here", shown);
		if (o->arg && c[1])
			glued = c + 1;
		r = deliver(ps, o, shown, glued, p);
		if (r != 0 || o->arg)
			return r;
	}
	return 0;
}

int options_parse(const struct options_spec *spec, size_t n, int argc, char **argv,
		  options_fn *fn, void *ctx, int *n_operands, struct problem *p)
{
	struct parser ps = {spec, n, argc, 0, argv, fn, ctx};
	bool ended = false;
	int operands = 0;

	while (ps.at < argc) {
		char *word = argv[ps.at++];
		int r = 0;

		if (ended || word[0] != '-' || !word[1])
			argv[operands++] = word;
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			r = parse_long(&ps, word, p);
		else
			r = parse_letters(&ps, word, p);
		if (r != 0)
			return r;
	}
	*n_operands = operands;
	return OPTIONS_GO;
}

/*
 * What mount(8) hands to every helper, and what can stand in an fstab line.
 * None of it changes anything here: nothing in the tree is a device, a
 * set-user-ID program or has an access time.
 */
static const char *const generic[] = {
	"_netdev",	 "async",    "atime",	    "auto",    "defaults",
	"dev",		 "diratime", "dirsync",	    "exec",    "group",
	"lazytime",	 "noatime",  "noauto",	    "nodev",   "nodiratime",
	"nofail",	 "nogroup",  "nolazytime",  "noowner", "norelatime",
	"nostrictatime", "nosuid",   "nouser",	    "nousers", "owner",
	"relatime",	 "rw",	     "strictatime", "suid",    "sync",
	"user",		 "users",
};

static const char *const generic_prefix[] = {"x-", "X-", "comment=", "user="};

static bool is_generic(const char *opt)
{
	for (size_t i = 0; i < sizeof(generic) / sizeof(generic[0]); i++) {
		if (strcmp(opt, generic[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(generic_prefix) / sizeof(generic_prefix[0]); i++) {
		if (strncmp(opt, generic_prefix[i], strlen(generic_prefix[i])) == 0)
			return true;
	}
	return false;
}

static int add_override(struct options_mount *m, const char *opt)
{
	char **grown;

	if (m->n_overrides >= MAX_OVERRIDES)
		return -E2BIG;
	grown = reallocarray(m->overrides, m->n_overrides + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	m->overrides = grown;
	grown[m->n_overrides] = strdup(opt);
	if (!grown[m->n_overrides])
		return -ENOMEM;
	m->n_overrides++;
	return 0;
}

/* true when opt is one of our own switches */
static bool take_switch(struct options_mount *m, const char *opt)
{
	if (strcmp(opt, "ro") == 0)
		m->read_only = true;
	else if (strcmp(opt, "rw") == 0)
		m->read_only = false;
	else if (strcmp(opt, "noexec") == 0)
		m->no_exec = true;
	else if (strcmp(opt, "exec") == 0)
		m->no_exec = false;
	else if (strcmp(opt, "allow_other") == 0)
		m->allow_other = true;
	else if (strcmp(opt, "allow_root") == 0)
		m->allow_root = true;
	else
		return false;
	return true;
}

static int take_option(struct options_mount *m, char *opt,
		       bool (*is_key)(const char *name), struct problem *p)
{
	char *equals = strchr(opt, '=');
	bool known;

	if (!*opt || take_switch(m, opt) || is_generic(opt))
		return 0;
	if (equals)
		*equals = '\0';
	known = is_key(opt);
	if (equals)
		*equals = '=';
	if (known && !equals)
		return problem_set(p, -EINVAL, "-o %s needs a value: -o %s=VALUE", opt,
				   opt);
	if (known) {
		int r = add_override(m, opt);

		return r < 0 ? problem_set(p, r, "too many options behind -o") : 0;
	}
	if (m->sloppy)
		return 0;
	return problem_set(p, -EINVAL,
			   "-o %s: there is no such mount option; amcfs --help lists "
			   "them, amcfs --help-config the keys of [mount]",
			   opt);
}

int options_mount_add(struct options_mount *m, const char *text,
		      bool (*is_key)(const char *name), struct problem *p)
{
	_cleanup_free_ char *opt = malloc(strlen(text) + 1);
	size_t n = 0;

	if (!opt)
		return -ENOMEM;
	for (const char *c = text;; c++) {
		int r;

		if (*c == '\\' && c[1] == ',') {
			opt[n++] = *++c;
			continue;
		}
		if (*c && *c != ',') {
			opt[n++] = *c;
			continue;
		}
		opt[n] = '\0';
		r = take_option(m, opt, is_key, p);
		if (r < 0)
			return r;
		if (!*c)
			break;
		n = 0;
	}
	if (m->allow_other && m->allow_root)
		return problem_set(p, -EINVAL,
				   "-o allow_other and -o allow_root exclude each other");
	return 0;
}

void options_mount_fini(struct options_mount *m)
{
	for (size_t i = 0; i < m->n_overrides; i++)
		free(m->overrides[i]);
	free(m->overrides);
	m->overrides = NULL;
	m->n_overrides = 0;
}

int options_duration(const char *text, long long *out_ms)
{
	static const struct {
		const char *suffix;
		long long ms;
	} units[] = {{"", 1000},   {"ms", 1},	   {"s", 1000},
		     {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
	const long long most = 100ll * 366 * 86400 * 1000;
	long long value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].suffix) != 0)
			continue;
		if (value > most / units[i].ms)
			return -EINVAL;
		*out_ms = value * units[i].ms;
		return 0;
	}
	return -EINVAL;
}
