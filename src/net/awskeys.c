/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys end up in headers, wherever they come from, so what could break out of a
 * line is refused here, once for all sources. What an answer says is never part
 * of a sentence, since it may hold the secret in the wrong place.
 */
#include "net/awskeys.h"

#include <string.h>

#include "base/timefmt.h"
#include "net/json.h"

#define MAX_SECRET 8000

void awskeys_fini(struct awskeys *k)
{
	secret_fini(&k->secret);
	secret_fini(&k->token);
	k->id[0] = '\0';
	k->expires_ms = 0;
}

int awskeys_copy(struct awskeys *to, const struct awskeys *from)
{
	int r;

	awskeys_fini(to);
	r = secret_copy(&to->secret, &from->secret);
	if (r == 0)
		r = secret_copy(&to->token, &from->token);
	if (r < 0) {
		awskeys_fini(to);
		return r;
	}
	memcpy(to->id, from->id, sizeof(to->id));
	to->expires_ms = from->expires_ms;
	return 0;
}

static bool visible(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

int awskeys_set(struct awskeys *k, struct slice id, struct slice secret,
		struct slice token)
{
	int r;

	if (id.n == 0 || id.n >= sizeof(k->id) || secret.n == 0 ||
	    secret.n > MAX_SECRET || token.n > MAX_SECRET || !visible(id) ||
	    !visible(secret) || !visible(token))
		return -EINVAL;
	awskeys_fini(k);
	r = secret_set(&k->secret, secret.p, secret.n);
	if (r == 0 && token.n > 0)
		r = secret_set(&k->token, token.p, token.n);
	if (r < 0) {
		awskeys_fini(k);
		return r;
	}
	memcpy(k->id, id.p, id.n);
	k->id[id.n] = '\0';
	return 0;
}

int awskeys_set_expiration(struct awskeys *k, const char *text)
{
	int64_t s;
	int r = timefmt_parse_rfc3339(text, &s);

	if (r < 0 || s <= 0)
		return -EINVAL;
	k->expires_ms = s * 1000;
	return 0;
}

int awskeys_from_json(struct slice text, const char *token_member, const char *source,
		      struct awskeys *out, struct problem *p)
{
	struct json *j = NULL;
	const char *expires;
	int r;

	if (json_parse(text, &j, NULL) < 0 || !json_is_object(j)) {
		json_free(j);
		return problem_set(p, -ERR_BAD_REPLY, "%s no JSON object", source);
	}
	r = awskeys_set(out, slice_str(json_str(j, "AccessKeyId")),
			slice_str(json_str(j, "SecretAccessKey")),
			slice_str(json_str(j, token_member)));
	expires = json_str(j, "Expiration");
	if (r == -EINVAL)
		r = problem_set(p, -ERR_BAD_REPLY,
				"%s no usable AccessKeyId and SecretAccessKey", source);
	else if (r == 0 && json_has(j, "Expiration") &&
		 awskeys_set_expiration(out, expires) < 0)
		r = problem_set(p, -ERR_BAD_REPLY, "%s an Expiration that is no time",
				source);
	json_free(j);
	if (r < 0)
		awskeys_fini(out);
	return r;
}
