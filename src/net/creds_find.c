/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order is that of AWS's own libraries, so that who is used to them finds the
 * same keys. A source that is there and fails ends the search: going on would sign
 * as somebody else than was meant.
 */
#include "net/creds_find.h"

#include <string.h>

#include "net/creds_profile.h"
#include "net/sts.h"

struct finder {
	const struct creds_opts *o;
	bool worked;
	struct sts sts;
	struct awskeys_result *res;
	struct problem *p;
};

static int fixed(struct finder *f, struct awskeys *out)
{
	const struct awskeys *k = f->o->fixed;

	return k && *k->id ? awskeys_copy(out, k) : -ENOENT;
}

/* own: the role that the configuration names is this one, not one to be assumed
 * with what it gives. */
static int web_identity(struct finder *f, bool own, struct awskeys *out)
{
	const struct creds_opts *o = f->o;
	bool named = own && *o->role_arn;
	struct sts_role role = {
		.arn = named ? o->role_arn : o->web_identity.role_arn,
		.external_id = "",
		.session_name = *o->role_session_name ? o->role_session_name
						      : o->web_identity.session_name,
		.duration_s = own ? o->role_duration_s : 0,
	};

	if (!*o->web_identity.token_file)
		return own ? problem_set(f->p, -ERR_CONFIG,
					 "there is no web identity: set "
					 "AWS_WEB_IDENTITY_TOKEN_FILE in the environment")
			   : -ENOENT;
	if (!*role.arn)
		return problem_set(
			f->p, -ERR_CONFIG,
			"there is a web identity and no role for it: set "
			"role_arn in [s3], or AWS_ROLE_ARN in the environment");
	return sts_web_identity(&f->sts, &role, o->web_identity.token_file, out, f->res,
				f->p);
}

static int profile(struct finder *f, bool must, struct awskeys *out)
{
	const char *name = f->o->profile;
	int r = creds_profile_keys(f->o, &f->sts, out, f->res, f->p);

	/* a profile that somebody named is no guess */
	if (r == -ENOENT && (must || *name))
		return problem_set(f->p, -ERR_CONFIG,
				   "the profile \"%.100s\" has no keys in %.300s and "
				   "%.300s; add it, or correct profile in [s3] or "
				   "AWS_PROFILE",
				   *name ? name : "default", f->o->credentials_file,
				   f->o->config_file);
	return r;
}

static int nothing_found(struct finder *f)
{
	f->res->class = RETRY_PERMANENT;
	return problem_set(
		f->p, -ERR_AUTH,
		"there are no AWS keys: none in the configuration, the "
		"environment or %.300s, and the instance metadata service does "
		"not answer; set access_key_id and secret_access_key_file in "
		"[s3], or auth",
		*f->o->credentials_file ? f->o->credentials_file : "profile files");
}

static int machine(struct finder *f, bool must, struct awskeys *out)
{
	struct problem why = {0};
	int r;

	if (*f->o->container.url)
		return creds_container(f->o, out, f->res, f->p);
	r = creds_instance(f->o, out, f->res, &why);
	if (!must && !f->worked && (r == -ERR_UNREACHABLE || f->o->instance.disabled))
		return nothing_found(f);
	return r < 0 ? problem_set(f->p, r, "%s", problem_text(&why)) : 0;
}

static int first_there_is(struct finder *f, struct awskeys *out)
{
	int r = fixed(f, out);

	if (r == -ENOENT && f->o->profile_named)
		return profile(f, true, out);
	if (r == -ENOENT)
		r = web_identity(f, false, out);
	if (r == -ENOENT)
		r = profile(f, false, out);
	if (r == -ENOENT)
		r = machine(f, false, out);
	return r;
}

/* A token and one role: then the token is for that role. */
static bool token_is_for_role(const struct finder *f)
{
	const struct creds_opts *o = f->o;

	return *o->web_identity.token_file && !*o->web_identity.role_arn &&
	       !(o->fixed && *o->fixed->id) && !o->profile_named;
}

static int assume(struct finder *f, struct awskeys *out)
{
	const struct creds_opts *o = f->o;
	struct sts_role role = {o->role_arn, o->external_id, o->role_session_name,
				o->role_duration_s};
	struct awskeys by = {0};
	int r;

	if (!*role.arn)
		return problem_set(f->p, -ERR_CONFIG,
				   "there is no role to assume; set role_arn in [s3]");
	if (token_is_for_role(f))
		return web_identity(f, true, out);
	r = first_there_is(f, &by);
	if (r == 0)
		r = sts_assume_role(&f->sts, &role, &by, out, f->res, f->p);
	awskeys_fini(&by);
	return r;
}

static int find(struct finder *f, struct awskeys *out)
{
	switch (f->o->source) {
	case CREDS_FIXED:
		return fixed(f, out);
	case CREDS_PROFILE:
		return profile(f, true, out);
	case CREDS_ROLE:
		return assume(f, out);
	case CREDS_WEB_IDENTITY:
		return web_identity(f, true, out);
	case CREDS_INSTANCE:
		return machine(f, true, out);
	case CREDS_AUTO:
	default:
		return *f->o->role_arn ? assume(f, out) : first_there_is(f, out);
	}
}

int creds_find(const struct creds_opts *o, bool worked, struct awskeys *out,
	       struct awskeys_result *res, struct problem *p)
{
	struct finder f = {.o = o,
			   .worked = worked,
			   .sts = {o->http, o->clock, o->region, o->sts_endpoint,
				   o->cancel},
			   .res = res,
			   .p = p};
	int r;

	*res = (struct awskeys_result){RETRY_PERMANENT, -1};
	r = find(&f, out);
	if (r == -ENOENT)
		r = problem_set(p, -ERR_CONFIG,
				"there are no AWS keys; set access_key_id and "
				"secret_access_key_file in [s3]");
	if (r < 0) {
		awskeys_fini(out);
		return problem_set(p, r, "no AWS keys: %s", errcode_text(r));
	}
	res->class = RETRY_DONE;
	return 0;
}
