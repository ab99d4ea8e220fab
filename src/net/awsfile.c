/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scan for each question: the files are short and are asked seldom, and nothing
 * of them, least of all a secret, needs a second place in memory.
 *
 * Like the SDKs: names of keys in any case, a later line wins, sections of one
 * name are one section, "[profile default]" wins over "[default]". An indented
 * line belongs to the key before it (s3 = ...), so it is not a key. A comment may
 * follow a value after a blank, but not a command (credential_process), in which
 * '#' and ';' can be meant.
 */
#include "net/awsfile.h"

struct line {
	struct slice text; /* without the newline */
	bool indented;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trim(struct slice s)
{
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	while (s.n > 0 && blank(*s.p)) {
		s.p++;
		s.n--;
	}
	return s;
}

static bool next_line(struct slice *rest, struct line *out)
{
	const char *nl;
	size_t n;

	if (rest->n == 0)
		return false;
	nl = memchr(rest->p, '\n', rest->n);
	n = nl ? (size_t)(nl - rest->p) : rest->n;
	out->text = slice_of(rest->p, n);
	out->indented = n > 0 && blank(*rest->p);
	rest->p += n + (nl != NULL);
	rest->n -= n + (nl != NULL);
	return true;
}

static struct slice unquote(struct slice s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return slice_of(s.p + 1, s.n - 2);
	return s;
}

/* "[profile NAME]" -> NAME, and whether the word was there. */
static struct slice section_name(struct slice line, bool *word)
{
	const char *end = memchr(line.p, ']', line.n);
	struct slice s;

	*word = false;
	if (!end)
		return slice_of(line.p, 0);
	s = trim(slice_of(line.p + 1, (size_t)(end - line.p) - 1));
	if (s.n > 8 && memcmp(s.p, "profile", 7) == 0 && blank(s.p[7])) {
		*word = true;
		s = trim(slice_of(s.p + 8, s.n - 8));
	}
	return unquote(s);
}

/* How well a heading fits: 0 = not, 2 = better than 1. */
static int fit(struct slice line, enum awsfile_kind kind, const char *profile)
{
	bool word;
	struct slice name = section_name(line, &word);

	if (!slice_eq_str(name, profile))
		return 0;
	if (kind == AWSFILE_CREDENTIALS)
		return word ? 0 : 1;
	if (word)
		return 2;
	return strcmp(profile, "default") == 0;
}

static int best_fit(struct slice text, enum awsfile_kind kind, const char *profile)
{
	struct line l;
	int best = 0;

	while (next_line(&text, &l)) {
		int f = 0;

		if (l.text.n > 0 && l.text.p[0] == '[')
			f = fit(l.text, kind, profile);
		if (f > best)
			best = f;
	}
	return best;
}

static struct slice cut_comment(struct slice v)
{
	for (size_t i = 1; i < v.n; i++)
		if ((v.p[i] == '#' || v.p[i] == ';') && blank(v.p[i - 1]))
			return trim(slice_of(v.p, i));
	return v;
}

bool awsfile_has(struct slice text, enum awsfile_kind kind, const char *profile)
{
	return best_fit(text, kind, profile) > 0;
}

struct slice awsfile_get(struct slice text, enum awsfile_kind kind, const char *profile,
			 const char *key)
{
	int want = best_fit(text, kind, profile);
	struct slice found = {0};
	bool inside = false;
	struct line l;

	while (want > 0 && next_line(&text, &l)) {
		const char *eq;

		if (l.indented || l.text.n == 0 || *l.text.p == '#' || *l.text.p == ';')
			continue;
		if (*l.text.p == '[') {
			inside = fit(l.text, kind, profile) == want;
			continue;
		}
		eq = memchr(l.text.p, '=', l.text.n);
		if (!inside || !eq ||
		    !slice_eq_nocase(trim(slice_of(l.text.p, (size_t)(eq - l.text.p))),
				     slice_str(key)))
			continue;
		found = trim(slice_of(eq + 1, l.text.n - (size_t)(eq - l.text.p) - 1));
	}
	return strcmp(key, "credential_process") == 0 ? found : cut_comment(found);
}
