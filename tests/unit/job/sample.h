/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample - jobs and folders for the job layer's tests
 */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "job/job.h"

#define SAMPLE_ID(last) "01JDAAAAAAAAAAAAAAAAAAAAA" last

/* A folder that is gone with everything in it when the block ends. */
#define SAMPLE_DIR(name)                                               \
	char name[64] __attribute__((cleanup(sample_rmdir), unused)) = \
		"/tmp/amcfs-test-XXXXXX";                              \
	CHECK(mkdtemp(name) != NULL)

static int sample_unlink(const char *path, const struct stat *st, int type,
			 struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static void sample_rmdir(char (*path)[64])
{
	(void)nftw(*path, sample_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* What goes to the log meanwhile is caught, to be looked at, not shown. */
struct sample_log {
	int saved;
	FILE *file;
};

__attribute__((unused)) static struct sample_log sample_log_catch(void)
{
	struct sample_log l = {dup(2), tmpfile()};

	CHECK(l.saved >= 0 && l.file);
	CHECK_INT(dup2(fileno(l.file), 2), 2);
	return l;
}

__attribute__((unused)) static void sample_log_end(struct sample_log *l, char *out,
						   size_t n)
{
	size_t got;

	(void)fflush(stderr);
	CHECK_INT(dup2(l->saved, 2), 2);
	(void)close(l->saved);
	rewind(l->file);
	got = fread(out, 1, n - 1, l->file);
	out[got] = '\0';
	(void)fclose(l->file);
}

__attribute__((unused)) static struct json *sample_json(const char *text)
{
	struct json *j = NULL;

	CHECK_INT(json_parse(slice_str(text), &j, NULL), 0);
	return j;
}

__attribute__((unused)) static void sample_text(const struct json *j, char *out, size_t n)
{
	struct buf b = BUF_INIT(1 << 20);

	CHECK_INT(json_write(j, false, &b), 0);
	CHECK(b.n < n);
	memcpy(out, b.p, b.n);
	out[b.n] = '\0';
	buf_fini(&b);
}

/* What every job has. */
__attribute__((unused)) static struct job sample_job(const char *id, enum job_state state)
{
	struct job j = {0};

	CHECK_INT(strlen(id), ULID_CHARS);
	memcpy(j.id, id, ULID_CHARS + 1);
	CHECK_INT(job_set(&j.file, "customers.csv"), 0);
	CHECK_INT(job_set(&j.instance, "amc1"), 0);
	CHECK_INT(job_set(&j.dataset, "customers"), 0);
	j.uid = 1000;
	j.state = state;
	j.created_ms = 1767225600123;
	return j;
}

/* Every member set, to a value of its own. */
__attribute__((unused)) static struct job sample_full_job(void)
{
	static const struct job_part parts[] = {
		{1, 5242880, "\"a1\""},
		{2, 77, "\"b2\""},
	};
	struct job j = sample_job(SAMPLE_ID("0"), JOB_RUNNING);

	CHECK_INT(job_set(&j.file, "north/q\"1\u00e9.csv"), 0);
	j.strategy = STRATEGY_OVERLAP_KEEP;
	j.default_folder = true;
	memcpy(j.country, "DE", 3);
	j.updated_ms = 1767225601456;
	j.finished_ms = 1767225662789;
	j.bytes_in = 123;
	j.rows_in = 10;
	j.rows_out = 9;
	j.rows_skipped = 1;
	j.line_breaks = 4;
	j.skipped = sample_json("[{\"column\":\"t\",\"reason\":\"null\",\"count\":1,"
				"\"lines\":[7]}]");
	j.invalid_values = sample_json("[{\"column\":\"phone\",\"count\":2}]");
	j.ignored_columns = sample_json("[\"notes\"]");
	CHECK_INT(job_set(&j.object.bucket, "b"), 0);
	CHECK_INT(job_set(&j.object.key, "prefix/k.csv.gz"), 0);
	CHECK_INT(job_set(&j.object.upload_id, "up-1"), 0);
	j.object.parts = calloc(2, sizeof(parts[0]));
	CHECK(j.object.parts != NULL);
	memcpy(j.object.parts, parts, sizeof(parts));
	j.object.n_parts = 2;
	j.object.bytes = 456;
	j.object.rows = 9;
	j.object.present = true;
	j.gzip = true;
	CHECK_INT(job_set(&j.amc_id, "u-77"), 0);
	CHECK_INT(job_set(&j.amc_status, "IN_PROGRESS"), 0);
	CHECK_INT(job_set(&j.amc_message, "soon"), 0);
	j.amc_metrics = sample_json("{\"OutputRowCount\":9}");
	j.attempts = 3;
	j.next_attempt_ms = 1767225700001;
	j.error = ERR_AMC_FAILED;
	CHECK_INT(job_set(&j.error_code, "amc-failed"), 0);
	CHECK_INT(job_set(&j.error_message, "AMC says no."), 0);
	j.last_close = true;
	j.verdict = -ERR_NO_ROWS;
	CHECK_INT(job_set(&j.verdict_note, "no rows yet"), 0);
	j.order = 42;
	j.sent_ms = 1767225602000;
	j.hold_until_ms = 1767229200000;
	j.clean = true;
	return j;
}
