/* SPDX-License-Identifier: Apache-2.0 */
#include "net/credproc.h"

#include <unistd.h>

#include "tool/check.h"

/* expected: the words, each with a '|' behind it. */
static void words_are(const char *command, const char *expected)
{
	struct credproc_words w;
	char got[256] = "";
	size_t n = 0;

	CHECK_INT(credproc_split(slice_str(command), &w), 0);
	for (char **a = w.argv; *a; a++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s|", *a);
	CHECK_STR(got, expected);
	credproc_words_fini(&w);
}

static void no_words(const char *command)
{
	struct credproc_words w;

	CHECK_INT(credproc_split(slice_str(command), &w), -EINVAL);
	CHECK(w.text == NULL);
}

TEST(words_as_a_shell_has_them)
{
	words_are("/opt/tool", "/opt/tool|");
	words_are("  a \t b  ", "a|b|");
	words_are("a 'b c' \"d e\"f", "a|b c|d ef|");
	words_are("a '' \"\" b", "a|||b|");
	words_are("a b\\ c \\'d", "a|b c|'d|");
	words_are("a 'b\\c' \"d\\e\" \"\\\"\\\\\"", "a|b\\c|d\\e|\"\\|");
	words_are("a $HOME ~ * `b` ; c > d", "a|$HOME|~|*|`b`|;|c|>|d|");
	no_words("");
	no_words("   ");
	no_words("''");
	no_words("a 'b");
	no_words("a \"b");
	no_words("a \\");
}

TEST(too_many_words)
{
	char text[2 * (CREDPROC_MAX_WORDS + 1) + 1];
	struct credproc_words w;

	for (size_t i = 0; i < CREDPROC_MAX_WORDS + 1; i++)
		memcpy(text + 2 * i, "a ", 2);
	CHECK_INT(credproc_split(slice_of(text, 2 * CREDPROC_MAX_WORDS), &w), 0);
	CHECK_STR(w.argv[CREDPROC_MAX_WORDS - 1], "a");
	CHECK(w.argv[CREDPROC_MAX_WORDS] == NULL);
	credproc_words_fini(&w);
	CHECK_INT(credproc_split(slice_of(text, 2 * (CREDPROC_MAX_WORDS + 1)), &w),
		  -EINVAL);
}

static int run_for(const char *command, int64_t timeout_ms, struct awskeys *k,
		   struct awskeys_result *res, struct problem *p)
{
	const struct credproc_opts o = {.timeout_ms = timeout_ms};

	return credproc_keys(slice_str(command), &o, k, res, p);
}

TEST(a_program_that_has_keys)
{
	struct awskeys k = {0};
	struct awskeys_result res;
	struct problem p = {0};

	CHECK_INT(run_for("printf '{\"Version\":1,\"AccessKeyId\":\"%s\","
			  "\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}' 'ASIA'",
			  60000, &k, &res, &p),
		  0);
	CHECK_STR(k.id, "ASIA");
	CHECK_STR(k.secret.bytes, "s");
	CHECK_STR(k.token.bytes, "t");
	CHECK_INT(k.expires_ms, 0);
	awskeys_fini(&k);
}

/* Not even what was opened without a thought of children. */
TEST(a_program_inherits_no_descriptor)
{
	struct awskeys k = {0};
	struct awskeys_result res;
	struct problem p = {0};

	CHECK_INT(dup2(2, 77), 77);
	CHECK_INT(run_for("sh -c '[ ! -e /proc/self/fd/77 ] && echo \"$0\"' "
			  "'{\"Version\":1,\"AccessKeyId\":\"A\","
			  "\"SecretAccessKey\":\"s\"}'",
			  60000, &k, &res, &p),
		  0);
	CHECK_STR(k.id, "A");
	awskeys_fini(&k);
	CHECK_INT(close(77), 0);
}

static void fails(const char *command, int64_t timeout_ms, int err,
		  enum retry_class class, const char *sentence)
{
	struct awskeys k = {0};
	struct awskeys_result res;
	struct problem p = {0};

	CHECK_INT(run_for(command, timeout_ms, &k, &res, &p), -err);
	CHECK_STR(p.note, sentence);
	CHECK_INT(res.class, class);
	CHECK_STR(k.id, "");
}

TEST(programs_that_have_none)
{
	static const char no_json[] =
		"the credential_process printed no JSON object with \"Version\": 1; run "
		"it by hand and look";

	fails("/nonexistent/tool x", 60000, ERR_CONFIG, RETRY_PERMANENT,
	      "the credential_process /nonexistent/tool cannot be run: No such file or "
	      "directory; correct the profile, or give the whole path");
	fails("'", 60000, ERR_CONFIG, RETRY_PERMANENT,
	      "credential_process is no command line: a quote stays open, or it is empty "
	      "or too long; correct the profile");
	fails("sh -c 'exit 3'", 60000, ERR_AUTH, RETRY_TEMPORARY,
	      "the credential_process sh failed (exit status 3); run it by hand and look");
	fails("sh -c 'kill -9 $$'", 60000, ERR_AUTH, RETRY_TEMPORARY,
	      "the credential_process sh failed (signal 9); run it by hand and look");
	fails("echo hunter2", 60000, ERR_BAD_REPLY, RETRY_PERMANENT, no_json);
	fails("true", 60000, ERR_BAD_REPLY, RETRY_PERMANENT, no_json);
	fails("echo '{\"Version\":2}'", 60000, ERR_BAD_REPLY, RETRY_PERMANENT, no_json);
	/* without end, into a pipe that nobody reads any more */
	fails("yes", 60000, ERR_BAD_REPLY, RETRY_TEMPORARY,
	      "the credential_process yes printed more than 65536 bytes; run it by hand "
	      "and look");
}

/* Its child has the pipe too and ignores what ends it; neither may be waited for. */
TEST(a_program_that_does_not_end)
{
	fails("sh -c 'trap \"\" TERM HUP; sleep 600 & sleep 600'", 1000, ERR_AUTH,
	      RETRY_TEMPORARY,
	      "the credential_process sh did not end within 1 s and was killed; run it "
	      "by hand and look");
}

TEST(a_stop_ends_it)
{
	const atomic_bool cancel = true;
	const struct credproc_opts o = {.timeout_ms = 600000, .cancel = &cancel};
	struct awskeys k = {0};
	struct awskeys_result res;
	struct problem p = {0};

	CHECK_INT(credproc_keys(slice_str("sleep 600"), &o, &k, &res, &p), -ERR_STOPPING);
}

int main(void)
{
	RUN(words_as_a_shell_has_them);
	RUN(too_many_words);
	RUN(a_program_that_has_keys);
	RUN(a_program_inherits_no_descriptor);
	RUN(programs_that_have_none);
	RUN(a_program_that_does_not_end);
	RUN(a_stop_ends_it);
	return 0;
}
