/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iconv(3) gets whole portions; what it leaves, the beginning of a character, is
 * held and completed byte by byte, so the cuts leave no trace. It knows nothing
 * of the order of UTF-16 but what it is told: "UTF-16" would take the machine's
 * own order where no mark stands, and keep that as a state.
 *
 * glibc converts by way of a buffer of its own and frees it as it is. Blanks are
 * converted at the end, enough of them to take the place of what was in there.
 */
#include "data/decode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <iconv.h>

#include "base/crypto.h"

#define OUT   (16u << 10)
#define BLANK 8192 /* characters; glibc's buffer has room for 8160 */

#define NO_ICONV ((iconv_t)-1)

struct decode {
	decode_fn *fn;
	void *ctx;
	enum decode_encoding encoding;
	bool begun; /* the order of the bytes is known */
	int err;
	iconv_t cd;
	size_t n_held;
	char held[4]; /* the longest character: a pair of surrogates */
	char out[OUT];
};

static const char *const names[] = {
	[DECODE_UTF8] = "utf-8",
	[DECODE_WINDOWS_1252] = "windows-1252",
	[DECODE_ISO_8859_1] = "iso-8859-1",
	[DECODE_UTF16] = "utf-16",
};

/* iconv's names. */
static const char *const charsets[] = {
	[DECODE_WINDOWS_1252] = "WINDOWS-1252",
	[DECODE_ISO_8859_1] = "ISO-8859-1",
	[DECODE_UTF16] = "UTF-16LE",
};

static int open_charset(struct decode *d, const char *charset)
{
	iconv_t cd = iconv_open("UTF-8", charset);

	if (cd == NO_ICONV)
		return errno > 0 ? -errno : -EINVAL;
	if (d->cd != NO_ICONV)
		(void)iconv_close(d->cd); /* nothing to be lost in it */
	d->cd = cd;
	return 0;
}

/* As much of p..p+n as is whole characters; *pp and *n move on. */
static int convert(struct decode *d, const char **pp, size_t *n)
{
	char *in = (char *)*pp; /* only read, whatever its type says */
	int why, r;

	do {
		char *out = d->out;
		size_t room = sizeof(d->out), k;

		k = iconv(d->cd, &in, n, &out, &room);
		why = k == (size_t)-1 ? errno : 0;
		*pp = in;
		r = out > d->out ? d->fn(d->ctx, d->out, (size_t)(out - d->out)) : 0;
		if (r < 0)
			return r;
	} while (why == E2BIG);
	if (why == EILSEQ)
		return -ERR_BAD_ENCODING;
	return why == EINVAL ? 0 : -why;
}

/* Two bytes are held: the mark, or the first character, which is of a column's
 * name or a value and hardly ever beyond U+00FF. */
static int find_order(struct decode *d)
{
	bool big = (unsigned char)d->held[0] == 0xfe && (unsigned char)d->held[1] == 0xff;

	d->begun = true;
	if (big || d->held[0] == '\0')
		return open_charset(d, "UTF-16BE");
	return 0;
}

static int take_held(struct decode *d)
{
	const char *p = d->held;
	size_t n = d->n_held;
	int r;

	if (!d->begun && n < 2)
		return 0;
	r = d->begun ? 0 : find_order(d);
	if (r == 0)
		r = convert(d, &p, &n);
	if (r == 0 && n == sizeof(d->held))
		r = -ERR_BAD_ENCODING; /* no character is longer */
	memmove(d->held, p, n);
	d->n_held = n;
	return r;
}

static int take(struct decode *d, const char *p, size_t n)
{
	int r = 0;

	while (n > 0 && r == 0) {
		if (d->begun && d->n_held == 0) {
			r = convert(d, &p, &n);
			if (r < 0 || n == 0)
				break;
		}
		d->held[d->n_held++] = *p++;
		n--;
		r = take_held(d);
	}
	return r;
}

static void overwrite(struct decode *d)
{
	char blanks[2 * BLANK]; /* daggers, in UTF-16 */
	char *in = blanks;
	size_t n = sizeof(blanks), k;

	memset(blanks, ' ', sizeof(blanks));
	do {
		char *out = d->out;
		size_t room = sizeof(d->out);

		k = iconv(d->cd, &in, &n, &out, &room);
	} while (k == (size_t)-1 && errno == E2BIG);
}

int decode_new(struct decode **out, enum decode_encoding e, decode_fn *fn, void *ctx)
{
	struct decode *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->fn = fn;
	d->ctx = ctx;
	d->encoding = e;
	d->begun = e != DECODE_UTF16;
	d->cd = NO_ICONV;
	r = e == DECODE_UTF8 ? 0 : open_charset(d, charsets[e]);
	if (r < 0) {
		free(d);
		return r;
	}
	*out = d;
	return 0;
}

int decode_feed(struct decode *d, const void *p, size_t n)
{
	if (d->err < 0 || n == 0)
		return d->err;
	if (d->encoding == DECODE_UTF8)
		d->err = d->fn(d->ctx, p, n);
	else
		d->err = take(d, p, n);
	return d->err;
}

int decode_end(const struct decode *d)
{
	if (d->err < 0)
		return d->err;
	return d->n_held > 0 ? -ERR_BAD_ENCODING : 0;
}

void decode_free(struct decode *d)
{
	if (!d)
		return;
	if (d->cd != NO_ICONV) {
		overwrite(d);
		(void)iconv_close(d->cd); /* nothing to be lost in it */
	}
	crypto_wipe(d, sizeof(*d));
	free(d);
}

const char *decode_name(enum decode_encoding e)
{
	return names[e];
}
