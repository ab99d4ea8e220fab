/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client is a stack of idle transfers. Each transfer is one easy handle in
 * one multi handle of its own, which keeps the connection; whoever calls takes
 * the transfer used last and so most likely finds a live connection. Handles
 * are not shared between threads through CURLSH, since libcurl calls the
 * sharing of connections across threads unsafe.
 *
 * The multi interface is there for its loop: between two polls we look at the
 * cancel flag, at the deadline and at whether bytes moved, ten times a second
 * when all is quiet. The easy interface asks only once a second.
 *
 * Whether the server can have seen the request is decided by libcurl's prereq
 * callback, which runs when name, connection, proxy and TLS are done and before
 * the first byte of the request. Counting the bytes sent would be less safe: TLS
 * may have sent a record of which libcurl does not know yet.
 *
 * libcurl repeats a request by itself when a kept connection breaks before any
 * byte of the answer; the server may have carried it out. For requests marked
 * `once` a kept connection is therefore never taken.
 *
 * The file is long because it is the only one that may know libcurl; what needs
 * no libcurl is in httpmsg.c.
 */
#include "net/http.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/scope.h"
#include "net/httpmsg.h"

#define TICK_MS		100
#define MAX_REPLY	(1u << 20)
#define MAX_HEAD	(64u << 10)
#define MAX_HEADER_LINE 8192
#define UPLOAD_CHUNK	(512l << 10)

struct transfer {
	struct transfer *next;
	CURLM *multi;
	CURL *easy;
	char why[CURL_ERROR_SIZE];
};

struct http_client {
	int64_t timeout_ms;
	char *ca_bundle;
	char *proxy;
	char *user_agent;
	unsigned max_idle;
	bool no_proxy;

	pthread_mutex_t lock;
	struct {
		struct transfer *idle;
		unsigned n_idle;
	} locked;
};

enum stop_reason { STOP_NOT, STOP_CANCEL, STOP_STALL, STOP_DEADLINE };

struct exchange {
	const struct http_request *q;
	struct http_response *r;
	struct httpmsg_target target;
	size_t body_at;	   /* bytes of the body handed to libcurl */
	size_t head_bytes; /* of all header lines, also those thrown away */
	bool head_too_big;
	bool head_done; /* the blank line behind the last answer's header came */
	bool no_memory;
	enum stop_reason stop;
};

int http_global_init(void)
{
	return curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK ? 0 : -ENOMEM;
}

void http_global_fini(void)
{
	curl_global_cleanup();
}

static void transfer_free(struct transfer *t)
{
	if (!t)
		return;
	curl_easy_cleanup(t->easy);
	curl_multi_cleanup(t->multi);
	free(t);
}

static struct transfer *transfer_new(void)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->multi = curl_multi_init();
	t->easy = curl_easy_init();
	if (t->multi && t->easy)
		return t;
	transfer_free(t);
	return NULL;
}

static struct transfer *transfer_take(struct http_client *c)
{
	{
		SCOPE_LOCK(&c->lock);
		struct transfer *t = c->locked.idle;

		if (t) {
			c->locked.idle = t->next;
			c->locked.n_idle--;
			return t;
		}
	}
	return transfer_new();
}

static void transfer_give_back(struct http_client *c, struct transfer *t)
{
	/* drops the request's headers and with them the credentials */
	curl_easy_reset(t->easy);
	{
		SCOPE_LOCK(&c->lock);
		if (c->locked.n_idle < c->max_idle) {
			t->next = c->locked.idle;
			c->locked.idle = t;
			c->locked.n_idle++;
			return;
		}
	}
	transfer_free(t);
}

int http_client_new(struct http_client **out, const struct http_opts *o)
{
	struct http_client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	pthread_mutex_init(&c->lock, NULL);
	c->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : 30000;
	c->max_idle = o->max_idle;
	c->no_proxy = o->no_proxy;
	c->ca_bundle = strdup(o->ca_bundle ? o->ca_bundle : "");
	c->proxy = strdup(o->proxy ? o->proxy : "");
	c->user_agent = strdup(o->user_agent ? o->user_agent : "amcfs");
	if (!c->ca_bundle || !c->proxy || !c->user_agent) {
		http_client_free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	while (c->locked.idle) {
		struct transfer *t = c->locked.idle;

		c->locked.idle = t->next;
		transfer_free(t);
	}
	pthread_mutex_destroy(&c->lock);
	free(c->ca_bundle);
	if (c->proxy) /* may hold a password */
		crypto_wipe(c->proxy, strlen(c->proxy));
	free(c->proxy);
	free(c->user_agent);
	free(c);
}

void http_response_init(struct http_response *r)
{
	*r = (struct http_response){.body = BUF_INIT(MAX_REPLY),
				    .head = BUF_INIT(MAX_HEAD)};
}

void http_response_fini(struct http_response *r)
{
	/* the body of a token endpoint's answer is a secret */
	buf_wipe(&r->body);
	buf_fini(&r->head);
}

bool http_response_header(const struct http_response *r, const char *name, char *out,
			  size_t out_n)
{
	return httpmsg_find(buf_slice(&r->head), name, out, out_n);
}

/* --- callbacks ---------------------------------------------------------------- */

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t room = size * count;
	size_t left = x->q->body_n - x->body_at;
	size_t n = left < room ? left : room;

	if (n > 0)
		memcpy(to, (const char *)x->q->body + x->body_at, n);
	x->body_at += n;
	return n;
}

/* A kept connection was dead and the request goes out again. */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
	struct exchange *x = ctx;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > x->q->body_n)
		return CURL_SEEKFUNC_FAIL;
	x->body_at = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* More than max_reply ends the transfer: a short count makes libcurl stop. */
static size_t on_body(char *p, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	struct buf *b = &x->r->body;
	size_t n = size * count;
	size_t keep = n < b->max - b->n ? n : b->max - b->n;

	if (buf_add(b, p, keep) < 0) {
		x->no_memory = true;
		return 0;
	}
	x->r->truncated = keep < n;
	return keep;
}

static size_t on_header(char *p, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t all = size * count;
	int r;

	x->head_bytes += all;
	/* the lines as kept are never longer than they came, but for blanks */
	if (x->head_bytes > MAX_HEAD / 2) {
		x->head_too_big = true;
		return 0;
	}
	if (all >= 5 && memcmp(p, "HTTP/", 5) == 0)
		x->head_done = false;
	else if (all <= 2)
		x->head_done = true; /* and stays so: trailers may follow a body */
	r = httpmsg_keep_line(&x->r->head, p, all);
	if (r < 0)
		x->no_memory = true;
	return r < 0 ? 0 : all;
}

static int on_ready(void *ctx, char *peer_ip, char *local_ip, int peer_port,
		    int local_port)
{
	struct exchange *x = ctx;

	x->r->sent = true;
	return CURL_PREREQFUNC_OK;
}

/* --- setting up ----------------------------------------------------------------- */

static void headers_free(struct curl_slist *list)
{
	for (struct curl_slist *i = list; i; i = i->next)
		crypto_wipe(i->data, strlen(i->data));
	curl_slist_free_all(list);
}

static int headers_add(struct curl_slist **list, const char *name, const char *value)
{
	char line[MAX_HEADER_LINE];
	struct curl_slist *longer;

	/* libcurl's notation: "name;" sends an empty value, "name:" sends none */
	if (*value)
		(void)snprintf(line, sizeof(line), "%s: %s", name, value);
	else
		(void)snprintf(line, sizeof(line), "%s;", name);
	longer = curl_slist_append(*list, line);
	crypto_wipe(line, sizeof(line));
	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

static int headers_build(const struct http_request *q, struct curl_slist **list)
{
	/* no waiting for "100 Continue", which many servers never send */
	struct curl_slist *first = curl_slist_append(NULL, "Expect:");

	if (!first)
		return -ENOMEM;
	*list = first;
	for (size_t i = 0; i < q->n_headers; i++) {
		int r = headers_add(list, q->headers[i].name, q->headers[i].value);

		if (r < 0)
			return r;
	}
	return 0;
}

static CURLcode set_protocols(CURL *e)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return curl_easy_setopt(e, CURLOPT_PROTOCOLS,
				(long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* How to reach the server: the same for every request of a client. */
static CURLcode set_connection(const struct http_client *c,
			       const struct httpmsg_target *t, CURL *e)
{
	int bad = 0;

	bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	bad |= set_protocols(e);
	bad |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	bad |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)c->timeout_ms);
	bad |= curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	bad |= curl_easy_setopt(e, CURLOPT_USERAGENT, c->user_agent);
	bad |= curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* a name server that hangs must not hold up a cancelled call */
	bad |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
	if (*c->ca_bundle) {
		bad |= curl_easy_setopt(e, CURLOPT_CAINFO, c->ca_bundle);
		bad |= curl_easy_setopt(e, CURLOPT_PROXY_CAINFO, c->ca_bundle);
	}
	/* "" switches proxies off, unset means the environment's */
	if (t->loopback || c->no_proxy)
		bad |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	else if (*c->proxy)
		bad |= curl_easy_setopt(e, CURLOPT_PROXY, c->proxy);
	return bad ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static CURLcode set_request(const struct http_request *q, CURL *e,
			    struct curl_slist *headers)
{
	bool head = strcmp(q->method, "HEAD") == 0;
	bool upload = q->body_n > 0 || strcmp(q->method, "POST") == 0 ||
		      strcmp(q->method, "PUT") == 0;
	int bad = 0;

	bad |= curl_easy_setopt(e, CURLOPT_URL, q->url);
	bad |= curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	bad |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	bad |= curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, q->once ? 1L : 0L);
	if (head)
		bad |= curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	else if (upload) {
		bad |= curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
		bad |= curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE,
					(curl_off_t)q->body_n);
		bad |= curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_CHUNK);
	}
	if (!head)
		bad |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method);
	return bad ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static CURLcode set_callbacks(struct exchange *x, struct transfer *t)
{
	CURL *e = t->easy;
	int bad = 0;

	bad |= curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
	bad |= curl_easy_setopt(e, CURLOPT_READDATA, x);
	bad |= curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek);
	bad |= curl_easy_setopt(e, CURLOPT_SEEKDATA, x);
	bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	bad |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	bad |= curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
	bad |= curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_ready);
	bad |= curl_easy_setopt(e, CURLOPT_PREREQDATA, x);
	bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->why);
	t->why[0] = 0;
	return bad ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

/* --- running -------------------------------------------------------------------- */

/* A number that changes while bytes move, in either direction. What the kernel
 * still holds counts as not yet moved: over a slow line its queue alone can take
 * longer than the timeout. */
static int64_t moved(const struct exchange *x, CURL *e)
{
	curl_off_t up = 0, down = 0;
	curl_socket_t fd = CURL_SOCKET_BAD;
	int queued = 0;

	(void)curl_easy_getinfo(e, CURLINFO_SIZE_UPLOAD_T, &up);
	(void)curl_easy_getinfo(e, CURLINFO_SIZE_DOWNLOAD_T, &down);
	(void)curl_easy_getinfo(e, CURLINFO_ACTIVESOCKET, &fd);
	if (fd == CURL_SOCKET_BAD || ioctl(fd, SIOCOUTQ, &queued) < 0)
		queued = 0;
	return up + down + (int64_t)x->head_bytes + (x->r->sent ? 1 : 0) - queued;
}

/* libcurl takes a connection that ends within the header for a complete answer. */
static CURLcode result_of(CURLM *m, const struct exchange *x)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(m, &left)))
		if (msg->msg == CURLMSG_DONE)
			return msg->data.result == CURLE_OK && !x->head_done
				       ? CURLE_GOT_NOTHING
				       : msg->data.result;
	return CURLE_FAILED_INIT;
}

static enum stop_reason must_stop(const struct http_request *q, int64_t quiet_ms,
				  int64_t timeout_ms, int64_t spent_ms)
{
	if (q->cancel && atomic_load_explicit(q->cancel, memory_order_relaxed))
		return STOP_CANCEL;
	if (q->deadline_ms > 0 && spent_ms >= q->deadline_ms)
		return STOP_DEADLINE;
	return quiet_ms >= timeout_ms ? STOP_STALL : STOP_NOT;
}

static CURLcode drive(const struct http_client *c, struct transfer *t, struct exchange *x)
{
	int64_t start = clock_mono_ms(&clock_real);
	int64_t changed = start;
	int64_t last = 0;
	int running = 1;

	for (;;) {
		int64_t now, bytes;

		if (curl_multi_perform(t->multi, &running) != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
		if (running == 0)
			return result_of(t->multi, x);
		now = clock_mono_ms(&clock_real);
		bytes = moved(x, t->easy);
		if (bytes != last) {
			last = bytes;
			changed = now;
		}
		x->stop = must_stop(x->q, now - changed, c->timeout_ms, now - start);
		if (x->stop != STOP_NOT)
			return CURLE_ABORTED_BY_CALLBACK;
		if (curl_multi_poll(t->multi, NULL, 0, TICK_MS, NULL) != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
	}
}

static enum httpmsg_failure failure_of(const struct exchange *x, CURLcode code)
{
	if (x->stop == STOP_CANCEL)
		return HTTPMSG_CANCELLED;
	if (code == CURLE_OUT_OF_MEMORY || x->no_memory)
		return HTTPMSG_NO_MEMORY;
	if (x->head_too_big)
		return HTTPMSG_HEAD_TOO_BIG;
	if (x->stop == STOP_DEADLINE)
		return HTTPMSG_DEADLINE;
	if (x->stop == STOP_STALL || code == CURLE_OPERATION_TIMEDOUT)
		return HTTPMSG_STALL;
	switch (code) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return HTTPMSG_BAD_URL;
	case CURLE_COULDNT_RESOLVE_HOST:
		return HTTPMSG_NO_HOST;
	case CURLE_COULDNT_RESOLVE_PROXY:
		return HTTPMSG_NO_PROXY;
	case CURLE_PEER_FAILED_VERIFICATION:
		return HTTPMSG_BAD_CERT;
	case CURLE_SSL_CACERT_BADFILE:
		return HTTPMSG_BAD_CA_FILE;
	default:
		return HTTPMSG_BROKEN;
	}
}

/* The library's words, where they say more than ours. */
static const char *reason_of(const struct transfer *t, const struct exchange *x,
			     CURLcode code)
{
	if (x->stop != STOP_NOT)
		return "";
	return t->why[0] ? t->why : curl_easy_strerror(code);
}

static CURLcode perform(const struct http_client *c, struct transfer *t,
			struct exchange *x, struct curl_slist *headers)
{
	long status = 0;
	CURLcode code = set_connection(c, &x->target, t->easy);

	if (code == CURLE_OK)
		code = set_request(x->q, t->easy, headers);
	if (code == CURLE_OK)
		code = set_callbacks(x, t);
	if (code == CURLE_OK && curl_multi_add_handle(t->multi, t->easy) != CURLM_OK)
		code = CURLE_OUT_OF_MEMORY;
	if (code != CURLE_OK)
		return code;
	code = drive(c, t, x);
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_multi_remove_handle(t->multi, t->easy); /* fails for a foreign one */
	if (code == CURLE_OK || x->r->truncated)
		x->r->status = (int)status;
	return code;
}

static int exchange_run(struct http_client *c, struct exchange *x, struct problem *p)
{
	struct curl_slist *headers = NULL;
	struct transfer *t = NULL;
	CURLcode code;
	int r = headers_build(x->q, &headers);

	if (r == 0)
		t = transfer_take(c);
	if (!t) {
		headers_free(headers);
		return problem_set(p, -ENOMEM, "not enough memory to talk to %s",
				   x->target.host);
	}
	code = perform(c, t, x, headers);
	if (code != CURLE_OK && (!x->r->truncated || x->no_memory))
		r = httpmsg_fail(failure_of(x, code), x->r->sent, x->target.host,
				 reason_of(t, x, code), p);
	transfer_give_back(c, t);
	headers_free(headers);
	return r;
}

int http_do(struct http_client *c, const struct http_request *q, struct http_response *r,
	    struct problem *p)
{
	struct exchange x = {.q = q, .r = r};
	int64_t start = clock_mono_ms(&clock_real);
	int result;

	http_response_fini(r);
	http_response_init(r);
	if (q->max_reply > 0)
		r->body.max = q->max_reply;
	if (!httpmsg_valid(q) || httpmsg_target(q->url, &x.target) < 0)
		return problem_set(p, -EINVAL,
				   "a request holds characters that cannot be sent");
	result = exchange_run(c, &x, p);
	log_debug("net", "method=%s host=%s path=%.*s status=%d result=%d ms=%lld",
		  q->method, x.target.host, (int)x.target.path.n, x.target.path.p,
		  r->status, result, (long long)(clock_mono_ms(&clock_real) - start));
	return result;
}
