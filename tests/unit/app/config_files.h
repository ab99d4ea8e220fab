/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_files - a folder of its own with a configuration and its secrets
 *
 * The working directory is moved there, so that every message begins with the
 * same "c.ini:". Nothing of the caller's environment is left that the
 * configuration would listen to.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config.h"
#include "tool/check.h"

/* Eight good lines; what a test adds begins in [s3], at line 9. The rest of
 * them, to begin [amc] with lines of the test's own. */
#define GOOD_REST                       \
	"client_id = amzn1.client\n"    \
	"client_secret_file = secret\n" \
	"refresh_token_file = token\n"  \
	"[s3]\n"                        \
	"bucket = staging\n"            \
	"access_key_id = AKIAEXAMPLE\n" \
	"secret_access_key_file = key\n"
#define GOOD "[amc]\n" GOOD_REST

static char files_dir[] = "/tmp/amcfs-config-XXXXXX";

struct files_warnings {
	unsigned n;
	char last[sizeof(((struct problem *)0)->note)];
};

static void files_put_bytes(const char *name, const void *p, size_t n, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, p, n), n);
	CHECK_INT(fchmod(fd, mode), 0);
	CHECK_INT(close(fd), 0);
}

static void files_put(const char *name, const char *text, mode_t mode)
{
	files_put_bytes(name, text, strlen(text), mode);
}

static void files_begin(void)
{
	static const char *const names[] = {"AWS_ACCESS_KEY_ID",
					    "AWS_SECRET_ACCESS_KEY",
					    "AWS_SESSION_TOKEN",
					    "AWS_CA_BUNDLE",
					    "AWS_PROFILE",
					    "AWS_DEFAULT_PROFILE",
					    "AWS_WEB_IDENTITY_TOKEN_FILE",
					    "AWS_ROLE_ARN",
					    "AWS_ROLE_SESSION_NAME",
					    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
					    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
					    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
					    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
					    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
					    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
					    "XDG_STATE_HOME"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK_INT(unsetenv(names[i]), 0);
	/* nor of the machine: it may have profiles, and it may be one of EC2's */
	CHECK_INT(setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1),
		  0);
	CHECK_INT(setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1), 0);
	CHECK_INT(setenv("AWS_EC2_METADATA_DISABLED", "true", 1), 0);
	CHECK(mkdtemp(files_dir) != NULL);
	CHECK_INT(chmod(files_dir, 0755), 0);
	CHECK_INT(chdir(files_dir), 0);
	files_put("secret", "client-secret\n", 0600);
	files_put("token", "Atzr|token", 0600);
	files_put("key", "aws/key\r\n", 0600);
}

static void files_end(void)
{
	static const char *const names[] = {"c.ini", "secret", "token", "key", "other"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlink(names[i]); /* not every test made every one */
	CHECK_INT(chdir("/"), 0);
	CHECK_INT(rmdir(files_dir), 0);
}

__attribute__((unused)) static void files_warn(void *ctx, const char *text)
{
	struct files_warnings *w = ctx;

	w->n++;
	(void)snprintf(w->last, sizeof(w->last), "%s", text);
}

/* The file c.ini is what the last files_put() made it. */
__attribute__((unused)) static struct config *files_load(struct config_opts *o)
{
	struct config *c = NULL;
	struct problem p = {0};
	int r;

	o->path = "c.ini";
	r = config_load(&c, o, &p);
	CHECK_STR(r < 0 ? problem_text(&p) : "", "");
	CHECK_INT(r, 0);
	return c;
}

__attribute__((unused)) static struct config *files_good(const char *text)
{
	struct config_opts o = {0};

	files_put("c.ini", text, 0644);
	return files_load(&o);
}

__attribute__((unused)) static void files_refuse(const struct config_opts *given,
						 const char *expected)
{
	struct config_opts o = *given;
	struct config *c = NULL;
	struct problem p = {0};
	int r;

	o.path = "c.ini";
	r = config_load(&c, &o, &p);
	CHECK_STR(p.note, expected);
	CHECK_INT(r, -ERR_CONFIG);
	CHECK_INT(p.err, -ERR_CONFIG);
	CHECK(c == NULL);
}
