/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job - copying and freeing the plain value
 *
 * One list names the owned strings, so that a field added to it is copied and
 * freed alike.
 */
#include "job/job.h"

#include <stdlib.h>
#include <string.h>

#define OWNED_STRINGS(X)    \
	X(file)             \
	X(instance)         \
	X(dataset)          \
	X(object.bucket)    \
	X(object.key)       \
	X(object.upload_id) \
	X(amc_id)           \
	X(amc_status) X(amc_message) X(error_code) X(error_message) X(verdict_note)

#define OWNED_JSON(X) X(skipped) X(invalid_values) X(ignored_columns) X(amc_metrics)

void job_fini(struct job *j)
{
#define FREE_STRING(f) free(j->f);
	OWNED_STRINGS(FREE_STRING)
#undef FREE_STRING
#define FREE_JSON(f) json_free(j->f);
	OWNED_JSON(FREE_JSON)
#undef FREE_JSON
	free(j->object.parts);
	memset(j, 0, sizeof(*j));
}

static bool copy_string(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static bool copy_json(struct json **to, const struct json *from)
{
	*to = from ? json_copy(from) : NULL;
	return *to || !from;
}

static bool copy_parts(struct job_object *to, const struct job_object *from)
{
	to->parts = NULL;
	to->n_parts = 0;
	if (from->n_parts == 0)
		return true;
	to->parts = calloc(from->n_parts, sizeof(*to->parts));
	if (!to->parts)
		return false;
	memcpy(to->parts, from->parts, from->n_parts * sizeof(*to->parts));
	to->n_parts = from->n_parts;
	return true;
}

int job_copy(struct job *to, const struct job *from)
{
	bool ok = true;

	*to = *from;
	/* every pointer is replaced, also after a failure: nothing is shared */
#define COPY_STRING(f) ok &= copy_string(&to->f, from->f);
	OWNED_STRINGS(COPY_STRING)
#undef COPY_STRING
#define COPY_JSON(f) ok &= copy_json(&to->f, from->f);
	OWNED_JSON(COPY_JSON)
#undef COPY_JSON
	ok &= copy_parts(&to->object, &from->object);
	if (!ok) {
		job_fini(to);
		return -ENOMEM;
	}
	return 0;
}

int job_set(char **field, const char *value)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

int job_fail(struct job *j, const struct problem *p)
{
	char *code = strdup(errcode_code(p->err));
	char *message = strdup(problem_text(p));

	if (!code || !message) {
		free(code);
		free(message);
		return -ENOMEM;
	}
	job_clear_error(j);
	j->error = p->err < 0 ? -p->err : p->err;
	j->error_code = code;
	j->error_message = message;
	return 0;
}

void job_clear_error(struct job *j)
{
	free(j->error_code);
	free(j->error_message);
	j->error = 0;
	j->error_code = NULL;
	j->error_message = NULL;
}
