/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_net_tls GOOD OLD CA: whom we trust. GOOD is the port of a TLS server whose
 * certificate is for 127.0.0.1 and signed by the file CA, OLD that of one that
 * speaks TLS 1.1 at most. Started by test_net_tls.py.
 */
#include "check.h"
#include "net/http.h"

static int ask(const char *host, const char *port, const char *ca,
	       struct http_response *r, struct problem *p)
{
	struct http_opts o = {5000, ca, "", "amcfs-test", 1};
	struct http_request q = {.method = "GET"};
	struct http_client *c = NULL;
	char url[256];
	int result;

	(void)snprintf(url, sizeof(url), "https://%s:%s/", host, port);
	q.url = url;
	problem_clear(p);
	CHECK_INT(http_client_new(&c, &o), 0);
	result = http_do(c, &q, r, p);
	http_client_free(c);
	return result;
}

static void refused(const char *host, const char *port, const char *ca, const char *word)
{
	struct http_response r;
	struct problem p;

	http_response_init(&r);
	CHECK_INT(ask(host, port, ca, &r, &p), -ERR_UNREACHABLE);
	CHECK(!r.sent);
	CHECK_INT(r.status, 0);
	if (!strstr(p.note, word))
		CHECK_STR(p.note, word);
	http_response_fini(&r);
}

int main(int argc, char **argv)
{
	struct http_response r;
	struct problem p;

	CHECK_INT(argc, 4);
	CHECK_INT(http_global_init(), 0);
	http_response_init(&r);
	CHECK_INT(ask("127.0.0.1", argv[1], argv[3], &r, &p), 0);
	CHECK_INT(r.status, 200);
	CHECK_MEM(r.body.p, r.body.n, "trusted", 7);
	http_response_fini(&r);
	/* nobody we know signed it */
	refused("127.0.0.1", argv[1], "", "check ca_bundle");
	/* somebody we know, but for another name */
	refused("localhost", argv[1], argv[3], "check ca_bundle");
	refused("127.0.0.1", argv[1], "/nonexistent/ca.pem", "readable PEM file");
	refused("127.0.0.1", argv[2], argv[3], "127.0.0.1");
	http_global_fini();
	return CHECK_DONE();
}
