/* SPDX-License-Identifier: Apache-2.0 */
/*
 * S3's replies are flat: an outermost element and text-only fields, whose names
 * do not repeat where it matters. So the reader is a scan for tags, with no
 * stack, which hostile nesting cannot exhaust. Every step moves forwards.
 */
#include "net/s3xml.h"

#include <string.h>

struct scan {
	const char *p, *end;
};

static bool starts(const struct scan *s, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(s->end - s->p) >= n && memcmp(s->p, with, n) == 0;
}

static bool skip_past(struct scan *s, const char *mark)
{
	size_t n = strlen(mark);
	const char *at = memmem(s->p, (size_t)(s->end - s->p), mark, n);

	if (!at)
		return false;
	s->p = at + n;
	return true;
}

static bool name_end(char c)
{
	return strchr(" \t\r\n/>", c) != NULL; /* the final NUL counts too */
}

/* To the next start tag: its name, and whether it is empty (<x/>). s->p ends
 * behind it. A '>' inside an attribute's quotes does not end the tag. */
static bool next_tag(struct scan *s, struct slice *name, bool *empty)
{
	while (skip_past(s, "<")) {
		char quote = 0;
		const char *start = s->p;

		if (starts(s, "!--")) {
			if (!skip_past(s, "-->"))
				return false;
			continue;
		}
		while (s->p < s->end && (quote || *s->p != '>')) {
			if (quote)
				quote = *s->p == quote ? 0 : quote;
			else if (*s->p == '"' || *s->p == '\'')
				quote = *s->p;
			s->p++;
		}
		if (s->p == s->end)
			return false;
		s->p++;
		if (*start == '/' || *start == '?' || *start == '!')
			continue;
		*empty = s->p[-2] == '/';
		name->p = start;
		name->n = 0;
		while (!name_end(start[name->n]))
			name->n++;
		return true;
	}
	return false;
}

bool s3xml_root(struct slice doc, const char *name)
{
	struct scan s = {doc.p, doc.p + doc.n};
	struct slice tag;
	bool empty;

	return doc.n > 0 && next_tag(&s, &tag, &empty) && slice_eq_str(tag, name);
}

/* Length of the UTF-8 written to out (room for 4), 0 when it is no character. */
static size_t utf8_put(unsigned long cp, char *out)
{
	if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

static int digit(char c, int base)
{
	int v = -1;

	if (c >= '0' && c <= '9')
		v = c - '0';
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		v = (c | 0x20) - 'a' + 10;
	return v < base ? v : -1;
}

/* "#65" or "#x41" -> the character */
static size_t decode_number(struct slice e, char *out)
{
	int base = e.n > 1 && e.p[1] == 'x' ? 16 : 10;
	size_t i = base == 16 ? 2 : 1;
	unsigned long v = 0;

	if (i == e.n)
		return 0;
	for (; i < e.n; i++) {
		int d = digit(e.p[i], base);

		if (d < 0 || v > 0x10ffff)
			return 0;
		v = v * (unsigned)base + (unsigned)d;
	}
	return utf8_put(v, out);
}

static size_t decode_entity(struct slice e, char *out)
{
	static const struct {
		const char *name;
		char c;
	} known[] = {
		{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

	if (e.n > 0 && e.p[0] == '#')
		return decode_number(e, out);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (slice_eq_str(e, known[i].name)) {
			*out = known[i].c;
			return 1;
		}
	}
	return 0;
}

static bool decode_text(struct slice t, char *out, size_t out_n)
{
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++) {
		const char *semi;
		char c[4] = {t.p[i]};
		size_t len = 1;

		if (t.p[i] == '&') {
			semi = memchr(t.p + i, ';', t.n - i);
			if (!semi)
				return false;
			len = decode_entity(
				slice_of(t.p + i + 1, (size_t)(semi - t.p) - i - 1), c);
			i = (size_t)(semi - t.p);
		}
		if (len == 0 || c[0] == 0 || n + len >= out_n)
			return false;
		memcpy(out + n, c, len);
		n += len;
	}
	out[n] = 0;
	return true;
}

bool s3xml_field(struct slice doc, const char *name, char *out, size_t out_n)
{
	struct scan s = {doc.p, doc.p + doc.n};
	struct slice tag, text;
	bool empty;

	if (doc.n == 0 || out_n == 0)
		return false;
	while (next_tag(&s, &tag, &empty)) {
		const char *lt;

		if (empty || !slice_eq_str(tag, name))
			continue;
		lt = memchr(s.p, '<', (size_t)(s.end - s.p));
		if (!lt)
			return false;
		text = slice_of(s.p, (size_t)(lt - s.p));
		s.p = lt;
		if (!starts(&s, "</"))
			continue; /* it holds elements */
		return decode_text(text, out, out_n);
	}
	return false;
}

static int add_escaped(struct buf *out, const char *s)
{
	int r = 0;

	for (; *s && r == 0; s++) {
		switch (*s) {
		case '<':
			r = buf_adds(out, "&lt;");
			break;
		case '>':
			r = buf_adds(out, "&gt;");
			break;
		case '&':
			r = buf_adds(out, "&amp;");
			break;
		case '"':
			r = buf_adds(out, "&quot;");
			break;
		default:
			r = buf_addc(out, *s);
			break;
		}
	}
	return r;
}

int s3xml_complete(const struct s3_part *parts, size_t n, struct buf *out)
{
	int r = buf_adds(out, "<CompleteMultipartUpload "
			      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");

	for (size_t i = 0; i < n && r == 0; i++) {
		r = buf_addf(out, "<Part><PartNumber>%u</PartNumber><ETag>",
			     parts[i].number);
		if (r == 0)
			r = add_escaped(out, parts[i].etag);
		if (r == 0)
			r = buf_adds(out, "</ETag></Part>");
	}
	return r < 0 ? r : buf_adds(out, "</CompleteMultipartUpload>");
}
