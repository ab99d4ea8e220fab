/* SPDX-License-Identifier: Apache-2.0 */
#include "app/options.h"

#include "check.h"

enum { OPT_FLAG, OPT_VALUE, OPT_BOTH };

static const struct options_spec spec[] = {
	[OPT_FLAG] = {"flag", 'f', NULL, ""},
	[OPT_VALUE] = {"value", 0, "V", ""},
	[OPT_BOTH] = {NULL, 'o', "O", ""},
};

/* What the parser delivered, as text: "0" or "1=x", each followed by a blank. */
struct seen {
	char text[256];
};

static int take(void *ctx, size_t which, const char *value, struct problem *p)
{
	struct seen *s = ctx;
	size_t n = strlen(s->text);

	if (value && strcmp(value, "refuse") == 0)
		return problem_set(p, -EINVAL, "refused");
	(void)snprintf(s->text + n, sizeof(s->text) - n, "%zu%s%s ", which,
		       value ? "=" : "", value ? value : "");
	return 0;
}

struct parsed {
	int result, operands;
	struct seen seen;
	struct problem problem;
};

#define MAX_WORDS 8

static struct parsed parse(char *words[MAX_WORDS])
{
	struct parsed r = {.operands = -1};
	int n = 0;

	while (n < MAX_WORDS && words[n])
		n++;
	r.result =
		options_parse(spec, 3, n, words, take, &r.seen, &r.operands, &r.problem);
	return r;
}

/* as main() gets them: literals, but not const */
#define WORDS(...) ((char **)(const char *[MAX_WORDS]){__VA_ARGS__})

TEST(takes_options_and_operands_in_any_order)
{
	char **argv = WORDS("a", "-f", "b", "--value", "v", "c");
	struct parsed r = parse(argv);

	CHECK_INT(r.result, OPTIONS_GO);
	CHECK_STR(r.seen.text, "0 1=v ");
	CHECK_INT(r.operands, 3);
	CHECK_STR(argv[0], "a");
	CHECK_STR(argv[1], "b");
	CHECK_STR(argv[2], "c");
}

TEST(takes_values_in_every_spelling)
{
	CHECK_STR(parse(WORDS("--value=a=b")).seen.text, "1=a=b ");
	CHECK_STR(parse(WORDS("--value=")).seen.text, "1= ");
	CHECK_STR(parse(WORDS("-oro")).seen.text, "2=ro ");
	CHECK_STR(parse(WORDS("-o", "ro")).seen.text, "2=ro ");
	CHECK_STR(parse(WORDS("-ff")).seen.text, "0 0 ");
	CHECK_STR(parse(WORDS("-fo", "x", "--flag")).seen.text, "0 2=x 0 ");
	CHECK_STR(parse(WORDS("-o", "-f")).seen.text, "2=-f ");
}

TEST(dashes_alone_are_no_options)
{
	char **argv = WORDS("-", "--", "-f", "--help");
	struct parsed r = parse(argv);

	CHECK_INT(r.result, OPTIONS_GO);
	CHECK_STR(r.seen.text, "");
	CHECK_INT(r.operands, 3);
	CHECK_STR(argv[0], "-");
	CHECK_STR(argv[1], "-f");
	CHECK_STR(argv[2], "--help");
}

TEST(help_and_version_are_everywhere)
{
	CHECK_INT(parse(WORDS("x", "--help")).result, OPTIONS_HELP);
	CHECK_INT(parse(WORDS("-h")).result, OPTIONS_HELP);
	CHECK_INT(parse(WORDS("-fh")).result, OPTIONS_HELP);
	CHECK_INT(parse(WORDS("--version")).result, OPTIONS_VERSION);
	CHECK_INT(parse(WORDS("-V")).result, OPTIONS_VERSION);
}

static void check_refused(char *words[MAX_WORDS], const char *why)
{
	struct parsed r = parse(words);

	CHECK_INT(r.result, -EINVAL);
	CHECK_STR(problem_text(&r.problem), why);
}

TEST(wrong_usage_is_named)
{
	check_refused(WORDS("--nope"), "--nope is no option here");
	check_refused(WORDS("-x"), "-x is no option here");
	check_refused(WORDS("--val"), "--val is no option here");
	check_refused(WORDS("--value"), "--value needs a value: --value V");
	check_refused(WORDS("-o"), "-o needs a value: -o O");
	check_refused(WORDS("--flag=1"), "--flag takes no value");
	check_refused(WORDS("--value", "refuse"), "refused");
}

static bool is_key(const char *name)
{
	return strcmp(name, "settle") == 0 || strcmp(name, "state_dir") == 0;
}

static int add(struct options_mount *m, const char *text, struct problem *p)
{
	*p = (struct problem){0};
	return options_mount_add(m, text, is_key, p);
}

TEST(mount_options_are_cut_at_commas)
{
	struct options_mount m = {0};
	struct problem p;

	CHECK_INT(add(&m, "ro,settle=0,noexec,state_dir=/a\\,b/c\\d,,allow_other", &p),
		  0);
	CHECK(m.read_only);
	CHECK(m.no_exec);
	CHECK(m.allow_other);
	CHECK(!m.allow_root);
	CHECK_INT(m.n_overrides, 2);
	CHECK_STR(m.overrides[0], "settle=0");
	CHECK_STR(m.overrides[1], "state_dir=/a,b/c\\d");
	CHECK_INT(add(&m, "rw,settle=3s", &p), 0);
	CHECK(!m.read_only);
	CHECK_INT(m.n_overrides, 3);
	CHECK_STR(m.overrides[2], "settle=3s");
	options_mount_fini(&m);
	CHECK_INT(m.n_overrides, 0);
}

TEST(what_mount_hands_to_all_is_accepted)
{
	struct options_mount m = {0};
	struct problem p;

	CHECK_INT(add(&m,
		      "rw,nosuid,nodev,noatime,dev,suid,exec,auto,noauto,user,nofail,"
		      "_netdev,x-systemd.automount,X-mount.mkdir,defaults,user=joe,"
		      "comment=hello",
		      &p),
		  0);
	CHECK_INT(m.n_overrides, 0);
	CHECK(!m.read_only && !m.no_exec && !m.allow_other && !m.allow_root);
}

TEST(unknown_mount_options_are_refused)
{
	struct options_mount m = {0};
	struct problem p;

	CHECK_INT(add(&m, "ro,nonsense=1", &p), -EINVAL);
	CHECK_STR(problem_text(&p),
		  "-o nonsense=1: there is no such mount option; amcfs --help lists "
		  "them, amcfs --help-config the keys of [mount]");
	CHECK_INT(add(&m, "settle", &p), -EINVAL);
	CHECK_STR(problem_text(&p), "-o settle needs a value: -o settle=VALUE");
	CHECK_INT(add(&m, "allow_other,allow_root", &p), -EINVAL);
	CHECK_STR(problem_text(&p),
		  "-o allow_other and -o allow_root exclude each other");
	options_mount_fini(&m);

	m = (struct options_mount){.sloppy = true};
	CHECK_INT(add(&m, "nonsense=1,noexec", &p), 0);
	CHECK(m.no_exec);
	CHECK_INT(m.n_overrides, 0);
	CHECK_INT(add(&m, "settle", &p), -EINVAL);
	options_mount_fini(&m);
}

TEST(overrides_are_bounded)
{
	struct options_mount m = {0};
	struct problem p;

	for (int i = 0; i < 64; i++)
		CHECK_INT(add(&m, "settle=1", &p), 0);
	CHECK_INT(add(&m, "settle=1", &p), -E2BIG);
	CHECK_STR(problem_text(&p), "too many options behind -o");
	options_mount_fini(&m);
}

static long long duration(const char *text)
{
	long long ms = -2;

	return options_duration(text, &ms) == 0 ? ms : -1;
}

TEST(durations)
{
	CHECK_INT(duration("0"), 0);
	CHECK_INT(duration("90"), 90000);
	CHECK_INT(duration("90s"), 90000);
	CHECK_INT(duration("250ms"), 250);
	CHECK_INT(duration("10m"), 600000);
	CHECK_INT(duration("1h"), 3600000);
	CHECK_INT(duration("2d"), 172800000);
	CHECK_INT(duration("36600d"), 36600ll * 86400000);
	CHECK_INT(duration("36601d"), -1);
	CHECK_INT(duration(""), -1);
	CHECK_INT(duration("-1"), -1);
	CHECK_INT(duration(" 1"), -1);
	CHECK_INT(duration("1 s"), -1);
	CHECK_INT(duration("1.5"), -1);
	CHECK_INT(duration("s"), -1);
	CHECK_INT(duration("99999999999999999999"), -1);
}

int main(void)
{
	RUN(takes_options_and_operands_in_any_order);
	RUN(takes_values_in_every_spelling);
	RUN(dashes_alone_are_no_options);
	RUN(help_and_version_are_everywhere);
	RUN(wrong_usage_is_named);
	RUN(mount_options_are_cut_at_commas);
	RUN(what_mount_hands_to_all_is_accepted);
	RUN(unknown_mount_options_are_refused);
	RUN(overrides_are_bounded);
	RUN(durations);
	return CHECK_DONE();
}
