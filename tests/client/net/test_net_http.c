/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers that misbehave below the level at which the emulator can: a thread for
 * each connection answers with what the script says.
 */
#include "check.h"
#include "net/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"

/* What is done with the n-th connection. The text is sent as an answer to each
 * request on it; then what after says. */
enum after { AFTER_KEEP, AFTER_CLOSE, AFTER_FLOOD, AFTER_DRIP, AFTER_SILENCE };

struct step {
	const char *answer; /* NULL: none */
	enum after after;
	int answers; /* so many, then the connection ends unanswered; 0 = no limit */
};

#define MAX_LINKS 16

#define PLENTY_MS 120000 /* nothing here lasts as long, on a busy machine either */
#define SOON_MS	  2000	 /* what is to be over is over then */

struct server;
struct link {
	struct server *server;
	pthread_t thread;
	int fd;
	size_t nth;
};

struct server {
	int listener;
	int port;
	pthread_t thread;
	const struct step *steps;
	size_t n_steps;
	struct link links[MAX_LINKS]; /* the accepting thread's until it ends */
	atomic_int connections, requests;
	atomic_bool stop;
	char last[4096]; /* head of the latest request */
	size_t body;	 /* bytes of bodies received */
};

static bool readable(const struct server *s, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (!atomic_load(&s->stop))
		if (poll(&p, 1, 20) > 0)
			return true;
	return false;
}

/* One request, its body too. False at the end of the connection. */
static bool receive(struct server *s, int fd)
{
	size_t n = 0, length = 0;
	char *end = NULL;
	const char *header;
	char sink[65536];

	while (!end && n < sizeof(s->last) - 1) {
		ssize_t got;

		if (!readable(s, fd))
			return false;
		got = read(fd, s->last + n, sizeof(s->last) - 1 - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		s->last[n] = 0;
		end = strstr(s->last, "\r\n\r\n");
	}
	if (!end)
		return false;
	atomic_fetch_add(&s->requests, 1);
	header = strcasestr(s->last, "content-length:");
	if (header && header < end)
		length = strtoul(header + 15, NULL, 10);
	n -= (size_t)(end + 4 - s->last);
	end[4] = 0;
	s->body += n;
	while (n < length) {
		ssize_t got;

		if (!readable(s, fd))
			return false;
		got = read(fd, sink, sizeof(sink));
		if (got <= 0)
			return false;
		n += (size_t)got;
		s->body += (size_t)got;
	}
	return true;
}

static bool say(int fd, const char *text, size_t n)
{
	return send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static void pause_ms(const struct server *s, int ms)
{
	if (!atomic_load(&s->stop))
		(void)poll(NULL, 0, ms);
}

static void go_on(struct server *s, int fd, enum after after)
{
	static char junk[65536];

	memset(junk, 'j', sizeof(junk));
	while (!atomic_load(&s->stop) && after == AFTER_FLOOD)
		if (!say(fd, junk, sizeof(junk)))
			return;
	while (!atomic_load(&s->stop) && after == AFTER_DRIP) {
		if (!say(fd, "x", 1))
			return;
		pause_ms(s, 20);
	}
	while (!atomic_load(&s->stop) && after == AFTER_SILENCE)
		pause_ms(s, 20);
}

static void serve(struct server *s, int fd, const struct step *step)
{
	for (int i = 0; receive(s, fd); i++) {
		if (step->answers > 0 && i == step->answers)
			return;
		if (step->answer && !say(fd, step->answer, strlen(step->answer)))
			return;
		if (step->after != AFTER_KEEP) {
			go_on(s, fd, step->after);
			return;
		}
	}
}

static void *link_main(void *arg)
{
	struct link *l = arg;
	struct server *s = l->server;

	serve(s, l->fd, &s->steps[l->nth < s->n_steps ? l->nth : s->n_steps - 1]);
	close(l->fd);
	return NULL;
}

static void *server_main(void *arg)
{
	struct server *s = arg;
	size_t n = 0;

	while (readable(s, s->listener)) {
		struct link *l = &s->links[n];

		CHECK(n < MAX_LINKS);
		*l = (struct link){.server = s, .nth = n};
		l->fd = accept(s->listener, NULL, NULL);
		CHECK(l->fd >= 0);
		atomic_fetch_add(&s->connections, 1);
		CHECK_INT(pthread_create(&l->thread, NULL, link_main, l), 0);
		n++;
	}
	while (n > 0)
		CHECK_INT(pthread_join(s->links[--n].thread, NULL), 0);
	return NULL;
}

static int listen_anywhere(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	CHECK_INT(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CHECK_INT(listen(fd, 16), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void server_start(struct server *s, const struct step *steps, size_t n)
{
	*s = (struct server){.steps = steps, .n_steps = n};
	s->listener = listen_anywhere(&s->port);
	CHECK_INT(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static void server_stop(struct server *s)
{
	atomic_store(&s->stop, true);
	CHECK_INT(pthread_join(s->thread, NULL), 0);
	close(s->listener);
}

struct test {
	struct server server;
	struct http_client *client;
	struct http_response r;
	struct problem p;
	struct http_request q;
	char url[128];
};

static void start(struct test *t, const struct step *steps, size_t n, int64_t timeout_ms)
{
	struct http_opts o = {timeout_ms, "", "", "amcfs-test", 2};

	memset(t, 0, sizeof(*t));
	server_start(&t->server, steps, n);
	CHECK_INT(http_client_new(&t->client, &o), 0);
	http_response_init(&t->r);
	(void)snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%d/path?query",
		       t->server.port);
	t->q = (struct http_request){.method = "GET", .url = t->url};
}

static void finish(struct test *t)
{
	http_client_free(t->client);
	http_response_fini(&t->r);
	server_stop(&t->server);
}

static int ask(struct test *t)
{
	problem_clear(&t->p);
	return http_do(t->client, &t->q, &t->r, &t->p);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Mixed-Case: v\r\n\r\nok"
#define START(t, timeout, ...)                            \
	static const struct step steps[] = {__VA_ARGS__}; \
	struct test t;                                    \
	start(&t, steps, sizeof(steps) / sizeof(*steps), timeout)

TEST(plain_exchange_and_reuse)
{
	START(t, PLENTY_MS, {OK, AFTER_KEEP, 0});
	char v[8] = "";

	for (int i = 0; i < 3; i++) {
		CHECK_INT(ask(&t), 0);
		CHECK_INT(t.r.status, 200);
		CHECK(t.r.sent && !t.r.truncated);
		CHECK_MEM(t.r.body.p, t.r.body.n, "ok", 2);
		CHECK(http_response_header(&t.r, "x-mixed-case", v, sizeof(v)));
		CHECK_STR(v, "v");
	}
	CHECK_INT(t.server.connections, 1);
	CHECK_INT(t.server.requests, 3);
	CHECK(strncmp(t.server.last, "GET /path?query HTTP/1.1\r\n", 26) == 0);
	CHECK(strstr(t.server.last, "\r\nUser-Agent: amcfs-test\r\n") != NULL);
	finish(&t);
}

TEST(empty_post_says_so)
{
	START(t, PLENTY_MS, {OK, AFTER_KEEP, 0});

	t.q.method = "POST";
	CHECK_INT(ask(&t), 0);
	CHECK(strncmp(t.server.last, "POST /path?query HTTP/1.1\r\n", 27) == 0);
	CHECK(strstr(t.server.last, "\r\nContent-Length: 0\r\n") != NULL);
	CHECK(strstr(t.server.last, "Content-Type") == NULL);
	t.q.method = "DELETE";
	CHECK_INT(ask(&t), 0);
	CHECK(strstr(t.server.last, "Content-Length") == NULL);
	finish(&t);
}

TEST(large_body_goes_without_expecting)
{
	static char body[16 << 20];
	START(t, PLENTY_MS, {OK, AFTER_KEEP, 0});

	t.q.method = "PUT";
	t.q.body = body;
	t.q.body_n = sizeof(body);
	t.q.headers[0] = (struct http_header){"X-Empty", ""};
	t.q.n_headers = 1;
	CHECK_INT(ask(&t), 0);
	CHECK_INT(t.server.body, sizeof(body));
	CHECK(strstr(t.server.last, "\r\nContent-Length: 16777216\r\n") != NULL);
	CHECK(strcasestr(t.server.last, "expect") == NULL);
	CHECK(strstr(t.server.last, "\r\nX-Empty:\r\n") != NULL);
	CHECK(strcasestr(t.server.last, "transfer-encoding") == NULL);
	finish(&t);
}

/* A kept connection that dies: the request goes out again, unless it must not. */
TEST(dead_connection_is_replaced)
{
	START(t, PLENTY_MS, {OK, AFTER_KEEP, 1}, {OK, AFTER_KEEP, 0});

	t.q.method = "PUT";
	t.q.body = "body";
	t.q.body_n = 4;
	CHECK_INT(ask(&t), 0);
	CHECK_INT(ask(&t), 0);
	CHECK_INT(t.server.connections, 2);
	CHECK_INT(t.server.requests, 3);
	CHECK_INT(t.server.body, 12);
	finish(&t);
}

TEST(once_means_once)
{
	START(t, PLENTY_MS, {OK, AFTER_KEEP, 1}, {NULL, AFTER_CLOSE, 0},
	      {OK, AFTER_KEEP, 0});

	CHECK_INT(ask(&t), 0);
	t.q.method = "POST";
	t.q.once = true;
	t.q.body = "body";
	t.q.body_n = 4;
	CHECK_INT(ask(&t), -ERR_LOST_ANSWER);
	CHECK(t.r.sent);
	CHECK_INT(t.r.status, 0);
	CHECK_INT(t.server.connections, 2);
	CHECK_INT(t.server.requests, 2);
	finish(&t);
}

TEST(answers_that_end_too_early)
{
	static const char *const cut[] = {
		"HTTP/1.1 2",
		"HTTP/1.1 200 OK\r\nContent-Length",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
		"HTTP/1.1 100 Continue\r\n\r\n",
		"SSH-2.0-OpenSSH\r\n",
	};

	for (size_t i = 0; i < sizeof(cut) / sizeof(*cut); i++) {
		struct step step = {cut[i], AFTER_CLOSE, 0};
		struct test t;

		check_state.test = cut[i];
		start(&t, &step, 1, PLENTY_MS);
		CHECK_INT(ask(&t), -ERR_LOST_ANSWER);
		CHECK(t.r.sent);
		CHECK_INT(t.r.status, 0);
		CHECK(strstr(t.p.note, "127.0.0.1") != NULL);
		finish(&t);
	}
}

TEST(answers_that_are_complete)
{
	static const char *const whole[] = {
		OK,
		"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" OK,
		"HTTP/1.0 200 OK\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
		"2\r\nok\r\n0\r\nX-T: 1\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
		"2\r\n\r\nok",
	};

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		struct step step = {whole[i], AFTER_CLOSE, 0};
		struct test t;
		char v[8];

		check_state.test = whole[i];
		start(&t, &step, 1, PLENTY_MS);
		CHECK_INT(ask(&t), 0);
		CHECK_INT(t.r.status, strstr(whole[i], "302") ? 302 : 200);
		CHECK_MEM(t.r.body.p, t.r.body.n, "ok", 2);
		CHECK(!http_response_header(&t.r, "x-early", v, sizeof(v)));
		CHECK_INT(t.server.connections, 1);
		finish(&t);
	}
}

TEST(endless_body_is_cut)
{
	START(t, PLENTY_MS, {"HTTP/1.1 503 No\r\n\r\n", AFTER_FLOOD, 0});

	t.q.max_reply = 100000;
	CHECK_INT(ask(&t), 0);
	CHECK_INT(t.r.status, 503);
	CHECK(t.r.truncated);
	CHECK_INT(t.r.body.n, 100000);
	finish(&t);
}

TEST(endless_header_is_cut)
{
	START(t, PLENTY_MS, {"HTTP/1.1 200 OK\r\nX: ", AFTER_FLOOD, 0});

	CHECK_INT(ask(&t), -ERR_LOST_ANSWER);
	CHECK(t.r.head.n < 65536);
	finish(&t);
}

TEST(many_headers_are_cut)
{
	static char text[200000];
	struct step step = {text, AFTER_SILENCE, 0};
	struct test t;
	size_t n = (size_t)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n");

	while (n < sizeof(text) - 20)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "X: yyyyyyyyyy\r\n");
	start(&t, &step, 1, PLENTY_MS);
	CHECK_INT(ask(&t), -ERR_LOST_ANSWER);
	CHECK(strstr(t.p.note, "too large") != NULL);
	finish(&t);
}

TEST(silence_has_an_end)
{
	START(t, SOON_MS, {NULL, AFTER_SILENCE, 0});
	int64_t begin = clock_mono_ms(&clock_real);

	CHECK_INT(ask(&t), -ERR_LOST_ANSWER);
	CHECK(t.r.sent);
	CHECK(clock_mono_ms(&clock_real) - begin >= SOON_MS);
	CHECK(strstr(t.p.note, "nothing moved") != NULL);
	finish(&t);
}

/* Each byte is progress; only the deadline ends that. */
TEST(dripping_has_an_end)
{
	START(t, SOON_MS,
	      {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", AFTER_DRIP, 0});
	int64_t begin = clock_mono_ms(&clock_real);

	t.q.deadline_ms = 2 * SOON_MS;
	CHECK_INT(ask(&t), -ERR_LOST_ANSWER);
	CHECK(clock_mono_ms(&clock_real) - begin >= 2 * SOON_MS);
	CHECK(t.r.body.n > 5);
	finish(&t);
}

static void *cancel_main(void *arg)
{
	struct test *t = arg;

	return (void *)(intptr_t)ask(t);
}

TEST(cancel_ends_the_wait)
{
	START(t, PLENTY_MS, {NULL, AFTER_SILENCE, 0});
	atomic_bool cancel = false;
	pthread_t thread;
	void *r;

	t.q.cancel = &cancel;
	CHECK_INT(pthread_create(&thread, NULL, cancel_main, &t), 0);
	while (atomic_load(&t.server.requests) == 0)
		(void)poll(NULL, 0, 1);
	atomic_store(&cancel, true);
	CHECK_INT(pthread_join(thread, &r), 0);
	CHECK_INT((intptr_t)r, -ERR_STOPPING);
	/* the client is fit for use again */
	atomic_store(&cancel, false);
	t.q.deadline_ms = SOON_MS;
	CHECK_INT(ask(&t), -ERR_LOST_ANSWER);
	finish(&t);
}

TEST(nobody_there)
{
	START(t, PLENTY_MS, {OK, AFTER_KEEP, 0});
	int port;
	int fd = listen_anywhere(&port);

	close(fd);
	(void)snprintf(t.url, sizeof(t.url), "http://127.0.0.1:%d/", port);
	CHECK_INT(ask(&t), -ERR_UNREACHABLE);
	CHECK(!t.r.sent);
	t.q.url = "http://name.invalid/";
	CHECK_INT(ask(&t), -ERR_UNREACHABLE);
	CHECK(strstr(t.p.note, "name.invalid cannot be resolved") != NULL);
	CHECK(!t.r.sent);
	t.q.url = "ftp://127.0.0.1/";
	CHECK_INT(ask(&t), -EINVAL);
	t.q.url = "file:///etc/passwd";
	CHECK_INT(ask(&t), -EINVAL);
	CHECK_INT(t.server.connections, 0);
	finish(&t);
}

/* TLS against a server that speaks none: the request was never sent. */
TEST(no_tls_no_request)
{
	START(t, SOON_MS, {"HTTP/1.1 400 Bad\r\n\r\n", AFTER_CLOSE, 0});

	(void)snprintf(t.url, sizeof(t.url), "https://127.0.0.1:%d/", t.server.port);
	CHECK_INT(ask(&t), -ERR_UNREACHABLE);
	CHECK(!t.r.sent);
	CHECK_INT(t.server.requests, 0);
	finish(&t);
}

TEST(proxies)
{
	START(t, PLENTY_MS, {OK, AFTER_KEEP, 0});
	struct http_opts o = {PLENTY_MS, "", "", "amcfs-test", 2};
	char proxy[64];

	(void)snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", t.server.port);
	CHECK_INT(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	CHECK_INT(unsetenv("no_proxy"), 0);
	CHECK_INT(unsetenv("NO_PROXY"), 0);
	/* loopback never goes through one */
	CHECK_INT(ask(&t), 0);
	/* the environment's */
	t.q.url = "http://host.invalid/";
	CHECK_INT(ask(&t), -ERR_UNREACHABLE);
	CHECK_INT(setenv("http_proxy", proxy, 1), 0);
	CHECK_INT(ask(&t), 0);
	CHECK(strncmp(t.server.last, "GET http://host.invalid/ HTTP/1.1\r\n", 35) == 0);
	/* the configured one goes before it */
	CHECK_INT(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	http_client_free(t.client);
	o.proxy = proxy;
	CHECK_INT(http_client_new(&t.client, &o), 0);
	CHECK_INT(ask(&t), 0);
	CHECK_INT(unsetenv("http_proxy"), 0);
	finish(&t);
}

TEST(a_line_break_is_refused)
{
	START(t, PLENTY_MS, {OK, AFTER_KEEP, 0});

	t.q.headers[0] = (struct http_header){"X", "a\r\nY: b"};
	t.q.n_headers = 1;
	CHECK_INT(ask(&t), -EINVAL);
	CHECK_INT(t.server.connections, 0);
	finish(&t);
}

int main(void)
{
	CHECK_INT(http_global_init(), 0);
	RUN(plain_exchange_and_reuse);
	RUN(empty_post_says_so);
	RUN(large_body_goes_without_expecting);
	RUN(dead_connection_is_replaced);
	RUN(once_means_once);
	RUN(answers_that_end_too_early);
	RUN(answers_that_are_complete);
	RUN(endless_body_is_cut);
	RUN(endless_header_is_cut);
	RUN(many_headers_are_cut);
	RUN(silence_has_an_end);
	RUN(dripping_has_an_end);
	RUN(cancel_ends_the_wait);
	RUN(nobody_there);
	RUN(no_tls_no_request);
	RUN(proxies);
	RUN(a_line_break_is_refused);
	http_global_fini();
	return CHECK_DONE();
}
