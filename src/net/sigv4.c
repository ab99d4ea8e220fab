/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl 7.88 can sign, but does not canonicalise the query, and takes the time
 * from the clock so that published vectors cannot test it. Hence our own.
 *
 * The canonical request is written once into a buffer and hashed from there;
 * every key derived on the way to the signature is wiped.
 */
#include "net/sigv4.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/scope.h"
#include "base/timefmt.h"
#include "base/url.h"

#define MAX_CANONICAL (256u << 10)
#define MAX_SECRET    512

/* The caller's headers and up to two of ours, sorted by name. */
struct headers {
	struct sigv4_pair h[SIGV4_MAX_HEADERS + 2];
	size_t n;
};

struct param {
	struct buf name, value; /* encoded */
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int name_cmp(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

/* Insertion keeps the order of headers of the same name, whose values are joined
 * in the order in which they are sent. */
static void headers_insert(struct headers *to, const char *name, const char *value)
{
	size_t i = to->n++;

	while (i > 0 && name_cmp(to->h[i - 1].name, name) > 0) {
		to->h[i] = to->h[i - 1];
		i--;
	}
	to->h[i] = (struct sigv4_pair){name, value};
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Trimmed, inner runs of blanks become one. */
static int add_value(struct buf *out, const char *v)
{
	int r = 0;

	while (blank(*v))
		v++;
	while (*v && r == 0) {
		if (!blank(*v)) {
			r = buf_addc(out, *v++);
			continue;
		}
		while (blank(*v))
			v++;
		if (*v)
			r = buf_addc(out, ' ');
	}
	return r;
}

static int add_lower(struct buf *out, const char *s)
{
	int r = 0;

	for (; *s && r == 0; s++)
		r = buf_addc(out, lower(*s));
	return r;
}

static bool repeats(const struct headers *h, size_t i)
{
	return i > 0 && name_cmp(h->h[i - 1].name, h->h[i].name) == 0;
}

static int add_headers(struct buf *out, const struct headers *h)
{
	int r = 0;

	for (size_t i = 0; i < h->n && r == 0; i++) {
		if (repeats(h, i)) {
			out->n--; /* the newline: the line goes on */
			r = buf_addc(out, ',');
		} else {
			r = add_lower(out, h->h[i].name);
			if (r == 0)
				r = buf_addc(out, ':');
		}
		if (r == 0)
			r = add_value(out, h->h[i].value);
		if (r == 0)
			r = buf_addc(out, '\n');
	}
	return r;
}

static int add_signed_names(struct buf *out, const struct headers *h)
{
	int r = 0;

	for (size_t i = 0; i < h->n && r == 0; i++) {
		if (repeats(h, i))
			continue;
		if (i > 0)
			r = buf_addc(out, ';');
		if (r == 0)
			r = add_lower(out, h->h[i].name);
	}
	return r;
}

/* RFC 3986, section 5.2.4, with empty segments dropped as well. */
static int normalise_path(const char *path, struct buf *out)
{
	const char *p = path;
	int r = 0;

	while (*p && r == 0) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && memcmp(p, "..", 2) == 0) {
			while (out->n > 0 && out->p[--out->n] != '/')
				;
		} else if (n > 0 && !(n == 1 && *p == '.')) {
			r = buf_addc(out, '/');
			if (r == 0)
				r = buf_add(out, p, n);
		}
		p += n;
	}
	/* a directory stays one */
	if (r == 0 && (out->n == 0 || (p > path && p[-1] == '/')))
		r = buf_addc(out, '/');
	return r;
}

static int add_path(struct buf *out, const struct sigv4_request *q)
{
	_cleanup_buf_ struct buf plain = BUF_INIT(MAX_CANONICAL);
	int r;

	if (q->s3)
		return url_encode(slice_str(*q->path ? q->path : "/"), true, out);
	r = normalise_path(q->path, &plain);
	return r < 0 ? r : url_encode(buf_slice(&plain), true, out);
}

static int bytes_cmp(const struct buf *a, const struct buf *b)
{
	size_t n = a->n < b->n ? a->n : b->n;
	int r = n > 0 ? memcmp(a->p, b->p, n) : 0;

	if (r != 0)
		return r;
	return (a->n > b->n) - (a->n < b->n);
}

static int param_cmp(const void *x, const void *y)
{
	const struct param *a = x, *b = y;
	int r = bytes_cmp(&a->name, &b->name);

	return r ? r : bytes_cmp(&a->value, &b->value);
}

static int write_query(struct param *params, size_t n, struct buf *out)
{
	int r = 0;

	qsort(params, n, sizeof(*params), param_cmp);
	for (size_t i = 0; i < n && r == 0; i++) {
		if (i > 0)
			r = buf_addc(out, '&');
		if (r == 0)
			r = buf_add(out, params[i].name.p, params[i].name.n);
		if (r == 0)
			r = buf_addc(out, '=');
		if (r == 0)
			r = buf_add(out, params[i].value.p, params[i].value.n);
	}
	return r;
}

static int canonical_query(const struct sigv4_request *q, struct buf *out)
{
	struct param params[SIGV4_MAX_HEADERS];
	int r = 0;

	for (size_t i = 0; i < q->n_query; i++) {
		buf_init(&params[i].name, MAX_CANONICAL);
		buf_init(&params[i].value, MAX_CANONICAL);
	}
	for (size_t i = 0; i < q->n_query && r == 0; i++) {
		r = url_encode(slice_str(q->query[i].name), false, &params[i].name);
		if (r == 0)
			r = url_encode(slice_str(q->query[i].value), false,
				       &params[i].value);
	}
	if (r == 0)
		r = write_query(params, q->n_query, out);
	for (size_t i = 0; i < q->n_query; i++) {
		buf_fini(&params[i].name);
		buf_fini(&params[i].value);
	}
	return r;
}

static int canonical_request(const struct sigv4_request *q, const struct headers *h,
			     const struct buf *query, struct buf *out)
{
	int r = buf_addf(out, "%s\n", q->method);

	if (r == 0)
		r = add_path(out, q);
	if (r == 0)
		r = buf_addc(out, '\n');
	if (r == 0)
		r = buf_add(out, query->p, query->n);
	if (r == 0)
		r = buf_addc(out, '\n');
	if (r == 0)
		r = add_headers(out, h);
	if (r == 0)
		r = buf_addc(out, '\n');
	if (r == 0)
		r = add_signed_names(out, h);
	if (r == 0)
		r = buf_addf(out, "\n%s", q->payload_sha256);
	return r;
}

static int signing_key(const struct sigv4_request *q, const struct secret *secret,
		       const char *date, uint8_t key[CRYPTO_SHA256_BYTES])
{
	char first[4 + MAX_SECRET] = "AWS4";
	uint8_t k[CRYPTO_SHA256_BYTES];

	if (secret->n > MAX_SECRET)
		return -ERR_TOO_LARGE;
	if (secret->n > 0)
		memcpy(first + 4, secret->bytes, secret->n);
	crypto_hmac_sha256(first, 4 + secret->n, date, 8, key);
	crypto_hmac_sha256(key, sizeof(k), q->region, strlen(q->region), k);
	crypto_hmac_sha256(k, sizeof(k), q->service, strlen(q->service), key);
	crypto_hmac_sha256(key, sizeof(k), "aws4_request", 12, k);
	memcpy(key, k, sizeof(k));
	crypto_wipe(k, sizeof(k));
	crypto_wipe(first, sizeof(first));
	return 0;
}

static int sign_text(const struct sigv4_request *q, const struct secret *secret,
		     const char *date, const struct buf *canonical,
		     char hex[CRYPTO_SHA256_HEX])
{
	_cleanup_buf_ struct buf text = BUF_INIT(4096);
	uint8_t key[CRYPTO_SHA256_BYTES], digest[CRYPTO_SHA256_BYTES];
	int r;

	crypto_sha256(canonical->p, canonical->n, digest);
	crypto_hex(digest, sizeof(digest), hex);
	r = buf_addf(&text, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%.64s", date,
		     date, q->region, q->service, hex);
	if (r < 0)
		return r;
	r = signing_key(q, secret, date, key);
	if (r < 0)
		return r;
	crypto_hmac_sha256(key, sizeof(key), text.p, text.n, digest);
	crypto_wipe(key, sizeof(key));
	crypto_hex(digest, sizeof(digest), hex);
	return 0;
}

int sigv4_sign(const struct sigv4_request *q, const struct sigv4_keys *k,
	       struct buf *auth, char date[17], struct buf *query)
{
	_cleanup_buf_ struct buf canonical = BUF_INIT(MAX_CANONICAL);
	struct headers h = {.n = 0};
	char hex[CRYPTO_SHA256_HEX];
	int r;

	if (q->n_headers > SIGV4_MAX_HEADERS || q->n_query > SIGV4_MAX_HEADERS)
		return -ERR_TOO_LARGE;
	buf_clear(auth);
	buf_clear(query);
	(void)timefmt_basic(q->time_s, date);
	for (size_t i = 0; i < q->n_headers; i++)
		headers_insert(&h, q->headers[i].name, q->headers[i].value);
	headers_insert(&h, "x-amz-date", date);
	if (!secret_empty(k->session_token))
		headers_insert(&h, "x-amz-security-token", k->session_token->bytes);
	r = canonical_query(q, query);
	if (r == 0)
		r = canonical_request(q, &h, query, &canonical);
	if (r == 0)
		r = sign_text(q, k->secret_access_key, date, &canonical, hex);
	if (r == 0)
		r = buf_addf(auth,
			     "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, "
			     "SignedHeaders=",
			     k->access_key_id, date, q->region, q->service);
	if (r == 0)
		r = add_signed_names(auth, &h);
	if (r == 0)
		r = buf_addf(auth, ", Signature=%.64s", hex);
	/* the session token stood in it */
	if (canonical.p)
		crypto_wipe(canonical.p, canonical.n);
	return r;
}
