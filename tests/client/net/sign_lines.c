/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs what it reads: one JSON object a line in, the Authorization value and the
 * query string a line out. test_net_sign.py compares them with another signer's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "net/json.h"
#include "net/sigv4.h"

static size_t pairs(const struct json *arr, struct sigv4_pair *out)
{
	size_t n = 0;

	for (size_t i = 0; i < json_count(arr) && n < SIGV4_MAX_HEADERS; i++)
		out[n++] = (struct sigv4_pair){json_text(json_at(json_at(arr, i), 0)),
					       json_text(json_at(json_at(arr, i), 1))};
	return n;
}

static int sign_line(const struct json *j)
{
	_cleanup_buf_ struct buf auth = BUF_INIT(65536), query = BUF_INIT(65536);
	_cleanup_(secret_fini) struct secret secret = {0}, token = {0};
	struct sigv4_request q = {.method = json_str(j, "method"),
				  .path = json_str(j, "path"),
				  .s3 = json_bool(j, "s3", false),
				  .payload_sha256 = json_str(j, "hash"),
				  .region = json_str(j, "region"),
				  .service = json_str(j, "service"),
				  .time_s = json_int(j, "time", 0)};
	struct sigv4_keys k = {json_str(j, "id"), &secret, &token};
	const char *s = json_str(j, "secret"), *t = json_str(j, "token");
	char date[17];
	int r;

	q.n_query = pairs(json_get(j, "query"), q.query);
	q.n_headers = pairs(json_get(j, "headers"), q.headers);
	r = secret_set(&secret, s, strlen(s));
	if (r == 0)
		r = secret_set(&token, t, strlen(t));
	if (r == 0)
		r = sigv4_sign(&q, &k, &auth, date, &query);
	if (r == 0)
		printf("%s\t%.*s\n", buf_str(&auth), (int)query.n,
		       query.n ? query.p : "");
	return r;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = getline(&line, &room, stdin)) > 0) {
		struct json *j = NULL;

		r = json_parse(slice_of(line, (size_t)n), &j, NULL);
		if (r == 0)
			r = sign_line(j);
		json_free(j);
	}
	free(line);
	return r == 0 ? 0 : 1;
}
