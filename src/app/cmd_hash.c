/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dry run: the very pipeline that the mount feeds, between two descriptors.
 * Memory stays the same for any size of file. The rows come in as plain text,
 * so the input buffer is wiped, and what goes wrong is told by line, column
 * name and count, as in the job record.
 */
#include "app/cmd_hash.h"

#include <fcntl.h>
#include <string.h>

#include "app/hash_opts.h"
#include "app/outfile.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/fileio.h"
#include "base/scope.h"
#include "data/pipeline.h"
#include "job/catalog.h"
#include "job/record.h"

#define READ_BYTES     (1u << 20)
#define FEED_BYTES     (64u << 10)
#define WRITE_BYTES    (256u << 10)
#define MAX_OUT	       (256u << 20) /* of one feed: a guard, never reached */
#define MAX_DEFINITION (4u << 20)

struct hash {
	struct hash_opts o;
	const char *out;
	struct schema *schema;
	struct pipeline *pipeline;
	struct outfile sink;
	struct buf rows;
};

static int load_schema(struct hash *h, struct problem *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT(MAX_DEFINITION);
	struct problem why = {0};
	struct json *def = NULL;
	int r;

	r = fileio_read(h->o.definition, false, &text, p);
	if (r < 0)
		return r;
	r = json_parse(buf_slice(&text), &def, &why);
	if (r == 0)
		r = catalog_schema(def, &h->schema, &why);
	json_free(def);
	if (r < 0) {
		problem_set(&why, r, "%s", errcode_text(r));
		return problem_set(p, r, "%s: %s", h->o.definition, why.note);
	}
	return 0;
}

static int drain(void *ctx, struct buf *rows, struct problem *p)
{
	struct hash *h = ctx;
	int r = outfile_write(&h->sink, rows->p, rows->n, p);

	buf_clear(rows);
	return r;
}

static int feed(struct hash *h, const char *at, size_t n, struct problem *p)
{
	while (n > 0) {
		size_t step = n < FEED_BYTES ? n : FEED_BYTES;
		int r = pipeline_feed(h->pipeline, at, step, &h->rows, p);

		if (r == 0 && h->rows.n >= WRITE_BYTES)
			r = drain(h, &h->rows, p);
		if (r < 0)
			return r;
		at += step;
		n -= step;
	}
	return 0;
}

static int pump(struct hash *h, int fd, char *chunk, struct problem *p)
{
	for (;;) {
		ssize_t got = read(fd, chunk, READ_BYTES);
		int r;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return problem_set(p, -errno, "%s: cannot be read: %s",
					   h->o.in ? h->o.in : "standard input",
					   strerror(errno));
		if (got == 0)
			break;
		r = feed(h, chunk, (size_t)got, p);
		if (r < 0)
			return r;
	}
	return pipeline_end(h->pipeline, &h->rows, p);
}

static int run_pipeline(struct hash *h, struct problem *p)
{
	struct pipeline_opts o;
	_cleanup_free_ char *chunk = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	r = hash_opts_pipeline(&h->o, &o, p);
	o.schema = h->schema;
	o.full = drain;
	o.ctx = h;
	if (r == 0)
		r = pipeline_new(&h->pipeline, &o);
	if (r < 0)
		return r;
	fd = h->o.in ? open(h->o.in, O_RDONLY | O_CLOEXEC)
		     : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return problem_set(p, -errno, "%s: cannot be read: %s",
				   h->o.in ? h->o.in : "standard input", strerror(errno));
	chunk = malloc(READ_BYTES);
	if (!chunk)
		return -ENOMEM;
	r = outfile_open(&h->sink, h->out, p);
	if (r < 0)
		return r;
	r = pump(h, fd, chunk, p);
	crypto_wipe(chunk, READ_BYTES);
	if (r < 0)
		return r;
	r = drain(h, &h->rows, p);
	if (r < 0)
		return r;
	return outfile_commit(&h->sink, p);
}

/* NULL when out of memory, which json_write() notices. */
static struct json *array_of(struct json **arr)
{
	return *arr ? take_ptr(*arr) : json_array();
}

static int build_report(struct hash *h, const struct problem *why, struct buf *out)
{
	struct json *root = json_object(), *error = NULL;
	struct job job = {0}; /* so that the counts are the job record's own */
	const char *const *ignored;
	size_t n_ignored;
	int r;

	ignored = pipeline_ignored(h->pipeline, &n_ignored);
	r = record_count(&job, pipeline_report(h->pipeline), h->schema, ignored,
			 n_ignored);
	if (r == 0 && why->err < 0)
		r = job_fail(&job, why);
	if (r == 0 && why->err < 0) {
		error = json_object();
		json_put_str(error, "code", job.error_code);
		json_put_str(error, "message", job.error_message);
	}
	json_put_int(root, "rows_in", (int64_t)job.rows_in);
	json_put_int(root, "rows_out", (int64_t)job.rows_out);
	json_put_int(root, "rows_skipped", (int64_t)job.rows_skipped);
	json_put_int(root, "line_breaks", (int64_t)job.line_breaks);
	json_put(root, "skipped", array_of(&job.skipped));
	json_put(root, "invalid_values", array_of(&job.invalid_values));
	json_put(root, "ignored_columns", array_of(&job.ignored_columns));
	json_put(root, "error", error);
	if (r == 0)
		r = json_write(root, true, out);
	json_free(root);
	job_fini(&job);
	return r;
}

static int write_report(struct hash *h, const struct problem *why, struct problem *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT(16u << 20);
	struct outfile f = OUTFILE_INIT;
	int r;

	r = build_report(h, why, &text);
	if (r < 0)
		return problem_set(p, r, "%s: %s", h->o.report, errcode_text(r));
	r = outfile_open(&f, h->o.report, p);
	if (r == 0)
		r = outfile_write(&f, text.p, text.n, p);
	if (r == 0)
		r = outfile_commit(&f, p);
	outfile_abort(&f);
	return r;
}

static int hash_all(struct hash *h)
{
	struct problem p = {0}, report_p = {0};
	int r, rr = 0;

	r = load_schema(h, &p);
	if (r == 0) {
		r = run_pipeline(h, &p);
		outfile_abort(&h->sink);
	}
	if (r < 0)
		problem_set(&p, r, "%s", errcode_text(r));
	if (h->o.report && h->pipeline)
		rr = write_report(h, &p, &report_p);
	if (r < 0)
		(void)cli_fail_problem(CLI_FAILED, &p);
	if (rr < 0)
		(void)cli_fail_problem(CLI_FAILED, &report_p);
	return r < 0 || rr < 0 ? CLI_FAILED : CLI_OK;
}

/* What is written would take the place of what is read, or of the rows. */
static int check_files(const struct hash *h)
{
	const struct {
		const char *what, *path;
	} files[] = {
		{"--definition", h->o.definition},
		{"IN", h->o.in ? h->o.in : "/dev/stdin"},
		{"OUT", h->out},
		{"--report", h->o.report},
	};

	for (size_t k = 2; k < 4; k++) {
		for (size_t i = 0; i < k; i++) {
			if (files[k].path && outfile_same(files[i].path, files[k].path))
				return cli_fail(CLI_USAGE,
						"%s and %s are the same file; give each "
						"a name of its own",
						files[i].what, files[k].what);
		}
	}
	return CLI_GO;
}

static int run(int argc, char **argv)
{
	struct hash h = {.sink = OUTFILE_INIT, .rows = BUF_INIT(MAX_OUT)};
	int n = 0, code;

	code = cli_parse(&cmd_hash_verb, argc, argv, hash_opts_take, &h.o, &n);
	if (code != CLI_GO) {
		hash_opts_fini(&h.o);
		return code;
	}
	h.o.in = n > 0 && strcmp(argv[0], "-") != 0 ? argv[0] : NULL;
	h.out = n > 1 ? argv[1] : "-";
	code = hash_opts_load(&h.o);
	if (code == CLI_GO)
		code = check_files(&h);
	if (code == CLI_GO)
		code = hash_all(&h);
	pipeline_free(h.pipeline);
	schema_free(h.schema);
	buf_fini(&h.rows);
	hash_opts_fini(&h.o);
	return code;
}

const struct cli_verb cmd_hash_verb = {
	.name = "hash",
	.synopsis = "--definition FILE [--country CC] [--report FILE] "
		    "[--config CONFIG --dataset ID/DATASET] [-o KEY=VALUE]... "
		    "[IN [OUT]]",
	.help = "Runs the pipeline with no mount and no network: a file as a mount takes\n"
		"it in, exactly the bytes out that would be staged (uncompressed). IN and\n"
		"OUT are standard input and output unless given; a file OUT appears only\n"
		"when nothing was wrong. The keys of -o are those of [dataset] about rows:\n"
		"delimiter, encoding, header, columns, null, timezone, max_row,\n"
		"max_skipped, country, map.COLUMN, const.COLUMN.\n",
	.options = hash_opts_spec,
	.n_options = HASH_OPTS_N,
	.min_operands = 0,
	.max_operands = 2,
	.run = run,
};
