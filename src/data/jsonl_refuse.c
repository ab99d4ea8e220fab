/* SPDX-License-Identifier: Apache-2.0 */
#include "data/jsonl_refuse.h"

#include <inttypes.h>

#include "data/jsonl.h"
#include "data/jsonl_object.h"
#include "data/row.h"
#include "data/text.h"

int jsonl_refuse_encoding(struct problem *prob, uint64_t line, const char *p, size_t n)
{
	size_t good = text_valid_len(p, n);

	prob->line = line;
	if (good < n && p[good] == '\0')
		return problem_set(prob, -ERR_BAD_ENCODING,
				   "line %" PRIu64 " holds a NUL byte, which no text "
				   "file has; save the file as UTF-8 and write it again",
				   line);
	return problem_set(prob, -ERR_BAD_ENCODING,
			   "line %" PRIu64 " is not valid UTF-8; save the file as UTF-8, "
			   "or set encoding to what it was saved in, and write it again",
			   line);
}

int jsonl_refuse_length(struct problem *prob, uint64_t line, size_t max_row)
{
	prob->line = line;
	return problem_set(prob, -ERR_ROW_TOO_LONG,
			   "line %" PRIu64 " is longer than %zu bytes; write one JSON "
			   "object a line, or raise max_row",
			   line, max_row);
}

int jsonl_refuse_open(struct problem *prob, uint64_t line)
{
	prob->line = line;
	return problem_set(prob, -ERR_OPEN_QUOTE,
			   "the file ends inside the JSON object on line %" PRIu64
			   "; it was not written to its end",
			   line);
}

int jsonl_refuse_first(struct problem *prob, uint64_t line, char first)
{
	prob->line = line;
	if (first == '[')
		return problem_set(prob, -ERR_BAD_JSON,
				   "the file is one JSON array; write one object a line, "
				   "for example with jq -c '.[]'");
	return problem_set(prob, -ERR_BAD_JSON,
			   "line %" PRIu64 " is no JSON object; write one object a line",
			   line);
}

int jsonl_refuse_all(struct problem *prob, uint64_t first, uint64_t last,
		     const struct jsonl_why *why)
{
	prob->line = first;
	switch (why->verdict) {
	case JSONL_BAD_TWICE:
		return problem_set(prob, -ERR_BAD_JSON,
				   "none of the lines up to line %" PRIu64
				   " can be used: "
				   "on line %" PRIu64 " an object has a key twice; leave "
				   "one of the two out",
				   last, why->line);
	case JSONL_BAD_CHARACTER:
		return problem_set(prob, -ERR_BAD_JSON,
				   "none of the lines up to line %" PRIu64
				   " can be used: "
				   "on line %" PRIu64 " \\u0000 or half of a surrogate "
				   "pair stands, which is no text; leave it out",
				   last, why->line);
	case JSONL_BAD_LIMIT:
		return problem_set(prob, -ERR_BAD_JSON,
				   "none of the lines up to line %" PRIu64
				   " can be used: "
				   "on line %" PRIu64 " more than %d objects are in one "
				   "another, or more than %d keys; write flat objects",
				   last, why->line, JSONL_OBJECT_DEPTH, ROW_MAX_CELLS);
	default:
		return problem_set(prob, -ERR_BAD_JSON,
				   "none of the lines up to line %" PRIu64 " is a whole "
				   "JSON object; write one object a line, for example "
				   "with jq -c .",
				   last);
	}
}

int jsonl_refuse_keys(struct problem *prob, uint64_t line)
{
	prob->line = line;
	return problem_set(prob, -ERR_BAD_JSON,
			   "with line %" PRIu64 " the objects have more than %d "
			   "different keys, or too long ones; keys must be names of "
			   "columns, not data",
			   line, JSONL_MAX_KEYS);
}
