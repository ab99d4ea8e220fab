/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes pass through up to three looks: at the file's first bytes, at the
 * first bytes of what was unpacked, and at the first characters of the text. Each
 * look takes byte after byte into `held` until they can mean one thing only, so
 * that the cuts leave no trace, and then hands on what it held:
 *
 *	take_file -> [gunzip] -> take_plain -> decode -> take_text -> csv or jsonl
 *
 * What the first characters are is seen in the decoded text, since in UTF-16 they
 * look different. Everything that was passed over on the way (the mark, blank
 * lines) goes to the reader too, which counts the lines.
 *
 * Asked for the end while a look still goes on, a throw-away input is given what
 * is held and ended.
 */
#include "data/input.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "data/gunzip.h"
#include "data/jsonl.h"
#include "data/sniff.h"

enum stage { AT_FILE, AT_PLAIN, AT_TEXT, AT_ROWS };

struct input {
	struct input_opts o;
	enum stage stage;
	bool packed; /* in gzip */
	struct gunzip *gunzip;
	struct decode *decode; /* from AT_TEXT on */
	int gunzip_end;	       /* where those two are missing: what they would say */
	int decode_end;
	struct csv *csv; /* one of the two */
	struct jsonl *jsonl;
	size_t n_held;
	char held[SNIFF_TEXT_MOST];
	int err;
	struct problem prob;
};

static uint64_t line_of(const struct input *in)
{
	return in->jsonl ? jsonl_line(in->jsonl) : csv_line(in->csv);
}

static int refuse_gzip(struct problem *p, const char *how)
{
	return problem_set(p, -ERR_BAD_GZIP,
			   "the gzip data %s; pack or copy the file once more and write "
			   "it again",
			   how);
}

static int refuse_letter(const struct input *in, struct problem *p)
{
	unsigned long long line = line_of(in);

	p->line = line;
	return problem_set(
		p, -ERR_BAD_ENCODING,
		"line %llu is not valid %s; set encoding to what the file was "
		"saved in, or save it as UTF-8 with encoding = utf-8, and write "
		"it again",
		line, decode_name(in->o.encoding));
}

static int refuse_half(const struct input *in, struct problem *p)
{
	unsigned long long line = line_of(in);

	p->line = line;
	return problem_set(p, -ERR_BAD_ENCODING,
			   "the file ends in the middle of a character of %s, on line "
			   "%llu; it was not written to its end, or encoding is wrong",
			   decode_name(in->o.encoding), line);
}

static int feed_reader(struct input *in, const char *p, size_t n)
{
	return in->jsonl ? jsonl_feed(in->jsonl, p, n, &in->prob)
			 : csv_feed(in->csv, p, n, &in->prob);
}

static int begin_jsonl(struct input *in)
{
	struct jsonl_opts o = {in->o.max_row, in->o.fn, in->o.wanted, in->o.ignored,
			       in->o.ctx};

	return jsonl_new(&in->jsonl, &o);
}

static int settle_text(struct input *in, bool last)
{
	size_t from = 0;
	int r = 0;

	switch (sniff_text(in->held, in->n_held, last, &from)) {
	case SNIFF_OPEN:
		return 0;
	case SNIFF_ARRAY:
		return problem_set(&in->prob, -ERR_BAD_JSON,
				   "the file is one JSON array; write one object a line, "
				   "which jq -c '.[]' makes of it");
	case SNIFF_JSONL:
		r = begin_jsonl(in);
		break;
	case SNIFF_CSV:
		from = 0; /* csv knows the mark */
	}
	in->stage = AT_ROWS;
	if (r == 0 && in->n_held > from)
		r = feed_reader(in, in->held + from, in->n_held - from);
	return r;
}

typedef int settle_fn(struct input *in, bool last);

/* Moves bytes into held until the stage is over. */
static int collect(struct input *in, enum stage stage, settle_fn *settle, const char **p,
		   size_t *n)
{
	int r = 0;

	while (*n > 0 && in->stage == stage && r == 0) {
		in->held[in->n_held++] = **p;
		++*p;
		--*n;
		r = settle(in, false);
	}
	return r;
}

static int take_text(void *ctx, const char *p, size_t n)
{
	struct input *in = ctx;
	int r;

	r = collect(in, AT_TEXT, settle_text, &p, &n);
	return r < 0 || n == 0 ? r : feed_reader(in, p, n);
}

static int feed_decode(struct input *in, const char *p, size_t n)
{
	int r = decode_feed(in->decode, p, n);

	if (r != -ERR_BAD_ENCODING || in->prob.err != 0)
		return r;
	if (in->stage == AT_TEXT) { /* so that somebody counts the lines */
		r = settle_text(in, true);
		if (r < 0)
			return r;
	}
	return refuse_letter(in, &in->prob);
}

static int begin_decode(struct input *in, enum decode_encoding e)
{
	int r = decode_new(&in->decode, e, take_text, in);

	if (r != -EINVAL)
		return r;
	return problem_set(&in->prob, -ERR_CONFIG,
			   "this system's C library cannot read %s; install its gconv "
			   "modules (glibc's character sets), or save the file as UTF-8",
			   decode_name(e));
}

static int refuse_kind(struct input *in, const struct sniff *s)
{
	if (s->kind == SNIFF_FOREIGN)
		return problem_set(&in->prob, -ERR_BAD_ENCODING, "the file is %s; %s",
				   s->name, s->remedy);
	if (s->kind == SNIFF_GZIP)
		return problem_set(&in->prob, -ERR_BAD_ENCODING,
				   "there is gzip data within the gzip data; unpack the "
				   "file once and write it again");
	return problem_set(
		&in->prob, -ERR_BAD_ENCODING,
		"the file is UTF-16, and encoding is %s; set encoding = utf-16, "
		"or save the file as UTF-8 and write it again",
		decode_name(in->o.encoding));
}

static int take_plain(void *ctx, const char *p, size_t n);

static int feed_gunzip(struct input *in, const char *p, size_t n)
{
	int r = gunzip_feed(in->gunzip, p, n);

	return r == -ERR_BAD_GZIP ? refuse_gzip(&in->prob, "is damaged") : r;
}

static int begin_unpacking(struct input *in)
{
	int r = gunzip_new(&in->gunzip, take_plain, in);

	in->packed = true;
	in->stage = AT_PLAIN;
	return r;
}

static int settle_bytes(struct input *in, bool last)
{
	const struct sniff *s = sniff_bytes(in->held, in->n_held, last);
	enum decode_encoding e = in->o.encoding;
	char first[SNIFF_BYTES_MOST];
	size_t n = in->n_held;
	bool unpack;
	int r;

	if (!s)
		return 0;
	unpack = s->kind == SNIFF_GZIP && !in->packed;
	if (s->kind == SNIFF_FOREIGN || (s->kind == SNIFF_GZIP && !unpack) ||
	    (s->kind == SNIFF_UTF16 && e != DECODE_UTF16))
		return refuse_kind(in, s);
	memcpy(first, in->held, n);
	in->n_held = 0;
	if (unpack) {
		r = begin_unpacking(in);
	} else {
		in->stage = in->o.only_csv ? AT_ROWS : AT_TEXT;
		r = begin_decode(in, s->kind == SNIFF_TEXT_UTF8 ? DECODE_UTF8 : e);
	}
	if (r == 0 && n > 0)
		r = unpack ? feed_gunzip(in, first, n) : feed_decode(in, first, n);
	crypto_wipe(first, sizeof(first));
	return r;
}

/* What is not packed, or no longer. */
static int take_plain(void *ctx, const char *p, size_t n)
{
	struct input *in = ctx;
	int r;

	r = collect(in, AT_PLAIN, settle_bytes, &p, &n);
	return r < 0 || n == 0 ? r : feed_decode(in, p, n);
}

static int take_file(struct input *in, const char *p, size_t n)
{
	int r;

	r = collect(in, AT_FILE, settle_bytes, &p, &n);
	if (r < 0 || n == 0)
		return r;
	return in->gunzip ? feed_gunzip(in, p, n) : take_plain(in, p, n);
}

/* The verdicts of those that the bytes pass through. */
static int end_of_gunzip(const struct input *in)
{
	return in->gunzip ? gunzip_end(in->gunzip) : in->gunzip_end;
}

static int end_of_decode(const struct input *in)
{
	return in->decode ? decode_end(in->decode) : in->decode_end;
}

static int end(struct input *in)
{
	int r = 0;

	if (end_of_gunzip(in) < 0)
		return refuse_gzip(&in->prob, "ends too early");
	if (in->stage == AT_FILE || in->stage == AT_PLAIN)
		r = settle_bytes(in, true);
	if (r == 0 && in->stage == AT_TEXT)
		r = settle_text(in, true);
	if (r < 0)
		return r;
	if (end_of_decode(in) < 0)
		return refuse_half(in, &in->prob);
	return in->jsonl ? jsonl_end(in->jsonl, &in->prob) : csv_end(in->csv, &in->prob);
}

/* With the reader at work, nobody else holds anything back. */
static int peek_rows(struct input *in, struct problem *p)
{
	if (end_of_gunzip(in) < 0)
		return refuse_gzip(p, "ends too early");
	if (end_of_decode(in) < 0)
		return refuse_half(in, p);
	return in->jsonl ? jsonl_peek_end(in->jsonl, p) : csv_peek_end(in->csv, p);
}

static int peek_held(const struct input *in, struct problem *p)
{
	struct input *copy;
	int r;

	r = input_new(&copy, &in->o);
	if (r < 0)
		return r;
	copy->stage = in->stage;
	copy->packed = in->packed;
	copy->gunzip_end = end_of_gunzip(in);
	copy->decode_end = end_of_decode(in);
	copy->n_held = in->n_held;
	memcpy(copy->held, in->held, in->n_held);
	r = input_end(copy, p);
	input_free(copy);
	return r;
}

static int fail(struct input *in, int err, struct problem *prob)
{
	in->err = err;
	if (prob && prob->err == 0 && in->prob.err != 0)
		*prob = in->prob;
	return err;
}

int input_new(struct input **out, const struct input_opts *o)
{
	struct csv_opts csv = {o->max_row, o->delim, o->score};
	struct input *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return -ENOMEM;
	in->o = *o;
	r = csv_new(&in->csv, &csv, o->fn, o->ctx); /* memory that JSON leaves alone */
	if (r < 0) {
		input_free(in);
		return r;
	}
	*out = in;
	return 0;
}

int input_feed(struct input *in, const void *p, size_t n, struct problem *prob)
{
	int r = in->err;

	if (r == 0 && n > 0)
		r = take_file(in, p, n);
	return r < 0 ? fail(in, r, prob) : 0;
}

int input_end(struct input *in, struct problem *prob)
{
	int r = in->err;

	if (r == 0)
		r = end(in);
	return r < 0 ? fail(in, r, prob) : 0;
}

int input_peek_end(struct input *in, struct problem *prob)
{
	struct problem p = {0};
	int r;

	if (in->err < 0)
		return fail(in, in->err, prob);
	r = in->stage == AT_ROWS ? peek_rows(in, &p) : peek_held(in, &p);
	if (prob && prob->err == 0 && p.err != 0)
		*prob = p;
	return r;
}

void input_free(struct input *in)
{
	if (!in)
		return;
	gunzip_free(in->gunzip);
	decode_free(in->decode);
	csv_free(in->csv);
	jsonl_free(in->jsonl);
	crypto_wipe(in->held, sizeof(in->held));
	free(in);
}
