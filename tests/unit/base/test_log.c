/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches descriptor 2, caught in a packet pipe: there each read(2) gives
 * back exactly one write(2). The journal is a socket of our own. */
#include "base/log.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tool/check.h"

static int pipe_read_end = -1;
static int real_stderr = -1;

static void catch (void)
{
	int fds[2];

	real_stderr = fcntl(2, F_DUPFD_CLOEXEC, 3);
	CHECK(real_stderr >= 0);
	CHECK_INT(pipe2(fds, O_CLOEXEC | O_DIRECT | O_NONBLOCK), 0);
	pipe_read_end = fds[0];
	CHECK_INT(dup2(fds[1], 2), 2);
	CHECK_INT(close(fds[1]), 0);
}

/* The one write since catch(), "" if there was none. Descriptor 2 is given back
 * first, so that a failing check can be seen and the pipe has an end. */
static const char *caught(void)
{
	static char got[PIPE_BUF + 1];
	char more;
	ssize_t n;

	(void)dup2(real_stderr, 2);
	n = read(pipe_read_end, got, PIPE_BUF);
	CHECK(n >= 0);
	CHECK_INT(read(pipe_read_end, &more, 1), 0);
	CHECK_INT(close(pipe_read_end) | close(real_stderr), 0);
	got[n] = '\0';
	return got;
}

static void open_as(enum log_format format, enum log_level level)
{
	const struct log_opts o = {.level = level, .format = format};

	log_open(&o);
}

TEST(before_it_is_opened)
{
	catch ();
	log_warn("fs", "early");
	CHECK_STR(caught(), "amcfs: warning fs: early\n");
}

static void open_journal(const char *path)
{
	const struct log_opts o = {
		.level = LOG_LVL_INFO,
		.sink = LOG_SINK_JOURNAL,
		.journal_socket = path,
	};

	log_open(&o);
}

TEST(info_is_dropped_before_it_is_opened)
{
	catch ();
	log_info("fs", "early");
	CHECK_STR(caught(), "");
}

TEST(levels)
{
	static const enum log_level all[] = {LOG_LVL_ERROR, LOG_LVL_WARNING, LOG_LVL_INFO,
					     LOG_LVL_DEBUG};
	static const char *const lines[] = {
		"amcfs: error s3: x=1\n",
		"amcfs: warning s3: x=1\n",
		"amcfs: info s3: x=1\n",
		"amcfs: debug s3: x=1\n",
	};

	for (int limit = 0; limit < 4; limit++) {
		open_as(LOG_FMT_TEXT, all[limit]);
		for (int level = 0; level < 4; level++) {
			catch ();
			log_write(all[level], "s3", "x=%d", 1);
			CHECK_STR(caught(), level <= limit ? lines[level] : "");
		}
	}
}

TEST(text_is_escaped)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"file=\"J\xc3\xbcrgen.csv\"", "file=\"J\xc3\xbcrgen.csv\""},
		{"a\namcfs: error fs: forged", "a\\namcfs: error fs: forged"},
		{"a\tb\rc\x1b[2Jd\x7f", "a\\tb\\u000dc\\u001b[2Jd\\u007f"},
		{"back\\slash", "back\\\\slash"},
		{"\xff\xc3(\xe2\x82", "\\xff\\xc3(\\xe2\\x82"},
		{"\xc2\x9b"
		 "31m \xe2\x80\xae",
		 "\\u009b31m \\u202e"},
		{"", ""},
		{"%s%n", "%s%n"},
	};

	open_as(LOG_FMT_TEXT, LOG_LVL_INFO);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[200];

		catch ();
		log_info("fs", "%s", cases[i].in);
		(void)snprintf(want, sizeof(want), "amcfs: info fs: %s\n", cases[i].out);
		CHECK_STR(caught(), want);
	}
}

/* "2026-11-22T18:00:00.123Z" with any digits. */
static void check_time(const char *s)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";

	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		if (shape[i] == 'd')
			CHECK(s[i] >= '0' && s[i] <= '9');
		else
			CHECK_INT(s[i], shape[i]);
	}
}

TEST(json)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"job=01A row=3", "job=01A row=3"},
		{"file=\"a\\b\"", "file=\\\"a\\\\b\\\""},
		{"a\nb\tc\x01", "a\\nb\\tc\\u0001"},
		{"\xff \xe2\x82\xac", "\\\\xff \xe2\x82\xac"},
		{"\xe2\x80\xa8", "\\u2028"},
	};
	static const char time_label[] = "{\"time\":\"";
	const size_t label = sizeof(time_label) - 1;

	open_as(LOG_FMT_JSON, LOG_LVL_INFO);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[200];
		const char *got;

		catch ();
		log_warn("amc", "%s", cases[i].in);
		got = caught();
		CHECK(strlen(got) > label + 24);
		CHECK_MEM(got, label, time_label, label);
		check_time(got + label);
		(void)snprintf(
			want, sizeof(want),
			"\",\"level\":\"warning\",\"area\":\"amc\",\"msg\":\"%s\"}\n",
			cases[i].out);
		CHECK_STR(got + label + 24, want);
	}
}

/* Too long already when formatted: cut between characters. */
TEST(long_message_is_cut)
{
	char in[5000], want[5000];
	size_t head = strlen("amcfs: info fs: ");

	for (size_t i = 0; i + 3 < sizeof(in); i += 3)
		memcpy(in + i, "\xe2\x82\xac", 4);
	open_as(LOG_FMT_TEXT, LOG_LVL_INFO);
	catch ();
	log_info("fs", "%s", in);
	memcpy(want, "amcfs: info fs: ", head);
	memcpy(want + head, in, 2043); /* 681 characters */
	memcpy(want + head + 2043, "...\n", 5);
	CHECK_STR(caught(), want);
}

/* Too long only when escaped: one write still, and still one whole object. */
TEST(long_escapes_are_cut)
{
	char in[2001];
	const char *got;
	size_t n;

	memset(in, 1, sizeof(in) - 1);
	in[sizeof(in) - 1] = '\0';
	open_as(LOG_FMT_JSON, LOG_LVL_INFO);
	catch ();
	log_info("fs", "%s", in);
	got = caught();
	n = strlen(got);
	CHECK(n <= PIPE_BUF);
	CHECK(n > PIPE_BUF - 32);
	CHECK_STR(got + n - 12, "\\u0001...\"}\n");
	open_as(LOG_FMT_TEXT, LOG_LVL_INFO);
	catch ();
	log_info("fs", "%s", in);
	got = caught();
	n = strlen(got);
	CHECK(n <= PIPE_BUF);
	CHECK_STR(got + n - 10, "\\u0001...\n");
}

TEST(errno_is_kept)
{
	open_as(LOG_FMT_TEXT, LOG_LVL_INFO);
	catch ();
	CHECK_INT(close(2), 0);
	errno = ENOSPC;
	log_error("fs", "nobody hears that");
	CHECK_INT(errno, ENOSPC);
	CHECK_STR(caught(), "");
	catch ();
	errno = EAGAIN;
	log_debug("fs", "not wanted");
	CHECK_INT(errno, EAGAIN);
	CHECK_STR(caught(), "");
}

TEST(journal)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/test-log-XXXXXX";
	char got[1000] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0);
	CHECK(mkdtemp(dir));
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/journal", dir);
	CHECK_INT(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	open_journal(a.sun_path);
	catch ();
	log_error("job", "id=%d\nPRIORITY=0", 7);
	log_debug("job", "not wanted");
	CHECK_STR(caught(), "");
	CHECK(recv(fd, got, sizeof(got) - 1, 0) > 0);
	CHECK_STR(got, "PRIORITY=3\nSYSLOG_IDENTIFIER=amcfs\nAMCFS_AREA=job\n"
		       "MESSAGE=error job: id=7\\nPRIORITY=0\n");
	CHECK_INT(recv(fd, got, sizeof(got), 0), -1);
	CHECK_INT(close(fd), 0);
	errno = ENOSPC;
	log_error("job", "nobody listens: goes to syslog, and does no harm");
	CHECK_INT(errno, ENOSPC);
	CHECK_INT(unlink(a.sun_path), 0);
	CHECK_INT(rmdir(dir), 0);
}

static void *write_many(void *arg)
{
	for (int i = 0; i < 500; i++)
		log_info("fs", "%0200d", *(int *)arg);
	return NULL;
}

/* No line holds parts of two. The reader drains while they write. */
TEST(lines_of_threads_do_not_mix)
{
	int id[4] = {1, 2, 3, 4}, count[5] = {0};
	const size_t head = strlen("amcfs: info fs: ");
	pthread_t t[4];
	char got[PIPE_BUF + 1];

	open_as(LOG_FMT_TEXT, LOG_LVL_INFO);
	catch ();
	CHECK_INT(fcntl(pipe_read_end, F_SETFL, O_DIRECT), 0); /* blocking */
	CHECK_INT(fcntl(2, F_SETFL, O_DIRECT), 0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&t[i], NULL, write_many, &id[i]), 0);
	for (int i = 0; i < 2000; i++) {
		int digit;

		CHECK_INT(read(pipe_read_end, got, PIPE_BUF), head + 201);
		digit = got[head + 199] - '0';
		CHECK(digit >= 1 && digit <= 4);
		count[digit]++;
	}
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_join(t[i], NULL), 0);
	CHECK_STR(caught(), "");
	for (int i = 1; i <= 4; i++)
		CHECK_INT(count[i], 500);
}

int main(void)
{
	RUN(before_it_is_opened);
	RUN(info_is_dropped_before_it_is_opened);
	RUN(levels);
	RUN(text_is_escaped);
	RUN(json);
	RUN(long_message_is_cut);
	RUN(long_escapes_are_cut);
	RUN(errno_is_kept);
	RUN(journal);
	RUN(lines_of_threads_do_not_mix);
	return CHECK_DONE();
}
