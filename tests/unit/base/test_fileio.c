/* SPDX-License-Identifier: Apache-2.0 */
/* Files read and published in a folder of their own, whatever the umask. */
#include "base/fileio.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "tool/check.h"

static char dir[] = "/tmp/test-fileio-XXXXXX";

/* Two in turn, since a test may speak of two at once. */
static const char *in_dir(const char *name)
{
	static char path[2][4096];
	static int turn;

	turn = !turn;
	CHECK(snprintf(path[turn], sizeof(path[0]), "%s/%s", dir, name) < 4096);
	return path[turn];
}

static void make(const char *name, const char *content, mode_t mode)
{
	int fd;

	(void)unlink(in_dir(name)); /* it may be there, and read-only */
	fd = open(in_dir(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, content, strlen(content)), strlen(content));
	CHECK_INT(fchmod(fd, mode), 0);
	CHECK_INT(close(fd), 0);
}

static int mode_of(const char *name)
{
	struct stat st;

	CHECK_INT(stat(in_dir(name), &st), 0);
	return (int)(st.st_mode & 07777);
}

static int entries(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	CHECK(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2; /* "." and ".." */
}

static void check_read(const char *name, bool private, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT(100000);
	struct problem p = {0};

	CHECK_INT(fileio_read(in_dir(name), private, &b, &p), 0);
	CHECK_INT(p.err, 0);
	CHECK_MEM(b.p, b.n, want, strlen(want));
}

/* The sentence has the path in place of each %s. */
static void check_refused(const char *name, bool private, int err, const char *sentence)
{
	_cleanup_buf_ struct buf b = BUF_INIT(10);
	char want[700];
	struct problem p = {0};
	const char *path = in_dir(name);

	CHECK_INT(buf_adds(&b, "old"), 0);
	CHECK_INT(fileio_read(path, private, &b, &p), err);
	CHECK_INT(b.n, 0);
	CHECK_INT(p.err, err);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	CHECK(snprintf(want, sizeof(want), sentence, path, path) < (int)sizeof(want));
#pragma GCC diagnostic pop
	CHECK_STR(p.note, want);
}

TEST(reads_whole_files)
{
	char big[70000];

	make("a", "hello\n", 0644);
	check_read("a", false, "hello\n");
	make("empty", "", 0600);
	check_read("empty", false, "");
	check_read("empty", true, "");
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	make("big", big, 0600);
	check_read("big", false, big);
	check_read("big", true, big);
}

TEST(replaces_old_content)
{
	_cleanup_buf_ struct buf b = BUF_INIT(100);

	make("a", "new", 0600);
	CHECK_INT(buf_adds(&b, "older content"), 0);
	CHECK_INT(fileio_read(in_dir("a"), true, &b, NULL), 0);
	CHECK_STR(buf_str(&b), "new");
}

TEST(size_limit_is_exact)
{
	_cleanup_buf_ struct buf b = BUF_INIT(10);

	make("ten", "0123456789", 0600);
	CHECK_INT(fileio_read(in_dir("ten"), false, &b, NULL), 0);
	CHECK_STR(buf_str(&b), "0123456789");
	make("eleven", "0123456789a", 0600);
	check_refused("eleven", false, -ERR_TOO_LARGE,
		      "%s is larger than the 10 bytes allowed");
	check_refused("eleven", true, -ERR_TOO_LARGE,
		      "%s is larger than the 10 bytes allowed");
}

/* Their announced size is 0. */
TEST(files_without_a_size)
{
	_cleanup_buf_ struct buf b = BUF_INIT(100000);
	struct problem p = {0};

	CHECK_INT(fileio_read("/proc/self/stat", false, &b, &p), 0);
	CHECK(b.n > 20);
	b.max = 10;
	buf_fini(&b);
	CHECK_INT(fileio_read("/proc/self/stat", false, &b, &p), -ERR_TOO_LARGE);
	CHECK_STR(p.note, "/proc/self/stat is larger than the 10 bytes allowed");
}

TEST(missing_and_directories)
{
	check_refused("none", false, -ENOENT,
		      "cannot open %s: No such file or directory; create it or correct "
		      "the path");
	CHECK_INT(mkdir(in_dir("d"), 0700), 0);
	check_refused("d", false, -EISDIR, "%s is a directory; name a file");
	check_refused("d", true, -EPERM, "%s is a directory; name a file");
	CHECK_INT(rmdir(in_dir("d")), 0);
}

TEST(private_modes)
{
	static const mode_t open_to_others[] = {0640, 0604, 0620, 0602, 0660, 0644,
						0666, 0610, 0601, 0677, 04640};

	make("s", "key", 0600);
	check_read("s", true, "key");
	make("s", "key", 0400);
	check_read("s", true, "key");
	for (size_t i = 0; i < sizeof(open_to_others) / sizeof(open_to_others[0]); i++) {
		char sentence[200];

		make("s", "key", open_to_others[i]);
		check_read("s", false, "key");
		CHECK(snprintf(sentence, sizeof(sentence),
			       "%%s holds a secret and may be used by others than its "
			       "owner (mode %03o); run: chmod 600 %%s",
			       (unsigned int)open_to_others[i] & 0777) < 200);
		check_refused("s", true, -EPERM, sentence);
	}
}

TEST(private_links_are_judged_by_their_target)
{
	make("target", "key", 0600);
	CHECK_INT(symlink("target", in_dir("link")), 0);
	check_read("link", true, "key");
	CHECK_INT(chmod(in_dir("target"), 0640), 0);
	check_refused("link", true, -EPERM,
		      "%s holds a secret and may be used by others than its owner "
		      "(mode 640); run: chmod 600 %s");
	CHECK_INT(unlink(in_dir("link")), 0);
}

/* Would wait for a writer for ever if it were opened as others are. */
TEST(private_pipe_is_refused_at_once)
{
	CHECK_INT(mkfifo(in_dir("fifo"), 0600), 0);
	check_refused("fifo", true, -EPERM,
		      "%s must be a regular file, since it holds a secret");
	CHECK_INT(unlink(in_dir("fifo")), 0);
}

TEST(pipes_can_be_refused)
{
	_cleanup_buf_ struct buf b = BUF_INIT(10);
	struct problem p = {0};
	char want[700];

	CHECK_INT(mkfifo(in_dir("fifo"), 0600), 0);
	CHECK_INT(fileio_read_no_pipe(in_dir("fifo"), &b, &p), -EPERM);
	(void)snprintf(want, sizeof(want), "%s is a pipe; name a file", in_dir("fifo"));
	CHECK_STR(p.note, want);
	CHECK_INT(unlink(in_dir("fifo")), 0);
	CHECK_INT(fileio_read_no_pipe("/dev/null", &b, NULL), 0);
	CHECK_INT(b.n, 0);
	make("open", "text", 0644);
	CHECK_INT(fileio_read_no_pipe(in_dir("open"), &b, NULL), 0);
	CHECK_MEM(b.p, b.n, "text", 4);
	CHECK_INT(unlink(in_dir("open")), 0);
}

TEST(private_owner)
{
	if (geteuid() != 0)
		return; /* nobody else can give files away */
	make("s", "key", 0600);
	CHECK_INT(chown(in_dir("s"), 12345, 12345), 0);
	check_read("s", false, "key");
	check_refused("s", true, -EPERM,
		      "%s holds a secret and belongs to user 12345; run: chown 0 %s");
	CHECK_INT(unlink(in_dir("s")), 0);
}

TEST(publishes_new_and_over_old)
{
	int before = entries();
	struct problem p = {0};

	CHECK_INT(fileio_publish(in_dir("pub"), "one", 3, 0600, &p), 0);
	check_read("pub", true, "one");
	CHECK_INT(mode_of("pub"), 0600);
	CHECK_INT(fileio_publish(in_dir("pub"), "second", 6, 0644, &p), 0);
	check_read("pub", false, "second");
	CHECK_INT(mode_of("pub"), 0644); /* though the umask is 077 */
	CHECK_INT(fileio_publish(in_dir("pub"), "", 0, 0400, &p), 0);
	check_read("pub", true, "");
	CHECK_INT(p.err, 0);
	CHECK_INT(entries(), before + 1);
}

TEST(publishes_by_bare_name)
{
	char old[4096];

	CHECK(getcwd(old, sizeof(old)));
	CHECK_INT(chdir(dir), 0);
	CHECK_INT(fileio_publish("bare", "x", 1, 0600, NULL), 0);
	CHECK_INT(chdir(old), 0);
	check_read("bare", true, "x");
}

/* A reader that opened the old file keeps it whole. */
TEST(publish_does_not_write_into_the_old_file)
{
	_cleanup_close_ int fd = -1;
	char got[8] = "";

	make("pub", "old", 0600);
	fd = open(in_dir("pub"), O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_INT(fileio_publish(in_dir("pub"), "new", 3, 0600, NULL), 0);
	CHECK_INT(read(fd, got, sizeof(got)), 3);
	CHECK_STR(got, "old");
	check_read("pub", true, "new");
}

static void check_unpublished(const char *name, int err, const char *reason)
{
	int before = entries();
	char want[5000];
	struct problem p = {0};
	const char *path = in_dir(name);

	CHECK_INT(fileio_publish(path, "x", 1, 0600, &p), err);
	CHECK_INT(p.err, err);
	CHECK(snprintf(want, sizeof(want), "cannot write %s: %s", path, reason) < 5000);
	want[sizeof(p.note) - 1] = '\0';
	CHECK_STR(p.note, want);
	CHECK_INT(entries(), before); /* no temporary left */
}

TEST(publish_failures_leave_nothing)
{
	char long_name[300];

	memset(long_name, 'n', 256);
	long_name[256] = '\0';
	check_unpublished(long_name, -ENAMETOOLONG, "File name too long");
	check_unpublished("none/x", -ENOENT, "No such file or directory");
	check_unpublished("", -EISDIR, "Is a directory");
	CHECK_INT(mkdir(in_dir("d"), 0700), 0);
	check_unpublished("d", -EISDIR, "Is a directory");
	CHECK_INT(rmdir(in_dir("d")), 0);
	make("file", "", 0600);
	check_unpublished("file/x", -ENOTDIR, "Not a directory");
	long_name[255] = '\0'; /* the longest there is works */
	CHECK_INT(fileio_publish(in_dir(long_name), "x", 1, 0600, NULL), 0);
	check_read(long_name, true, "x");
}

TEST(makes_directories)
{
	struct problem p = {0};

	CHECK_INT(fileio_mkdirs(in_dir("m/n//o/"), 0750, &p), 0);
	CHECK_INT(mode_of("m"), 0750); /* though the umask is 077 */
	CHECK_INT(mode_of("m/n/o"), 0750);
	CHECK_INT(fileio_mkdirs(in_dir("m/n/q"), 0700, &p), 0);
	CHECK_INT(mode_of("m/n"), 0750); /* what is there is left alone */
	CHECK_INT(mode_of("m/n/q"), 0700);
	CHECK_INT(fileio_mkdirs("/", 0700, &p), 0);
	CHECK_INT(p.err, 0);
	CHECK_INT(rmdir(in_dir("m/n/q")) | rmdir(in_dir("m/n/o")), 0);
	CHECK_INT(rmdir(in_dir("m/n")) | rmdir(in_dir("m")), 0);
}

TEST(makes_no_directory_in_a_file)
{
	char want[700];
	struct problem p = {0};

	make("file", "", 0600);
	CHECK_INT(fileio_mkdirs(in_dir("file/x"), 0700, &p), -ENOTDIR);
	(void)snprintf(want, sizeof(want),
		       "cannot make the directory %s/file: Not a directory", dir);
	CHECK_STR(p.note, want);
	problem_clear(&p);
	CHECK_INT(fileio_mkdirs("", 0700, &p), -ENOENT);
	CHECK_STR(p.note, "cannot make the directory \"\": No such file or directory");
}

static void clear_up(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	CHECK(d);
	while ((e = readdir(d))) {
		if (e->d_type == DT_REG)
			CHECK_INT(unlinkat(dirfd(d), e->d_name, 0), 0);
	}
	closedir(d);
	CHECK_INT(rmdir(dir), 0);
}

int main(void)
{
	(void)umask(077);
	CHECK(mkdtemp(dir));
	RUN(reads_whole_files);
	RUN(replaces_old_content);
	RUN(size_limit_is_exact);
	RUN(files_without_a_size);
	RUN(missing_and_directories);
	RUN(private_modes);
	RUN(private_links_are_judged_by_their_target);
	RUN(private_pipe_is_refused_at_once);
	RUN(pipes_can_be_refused);
	RUN(private_owner);
	RUN(publishes_new_and_over_old);
	RUN(publishes_by_bare_name);
	RUN(publish_does_not_write_into_the_old_file);
	RUN(publish_failures_leave_nothing);
	RUN(makes_directories);
	RUN(makes_no_directory_in_a_file);
	clear_up();
	return CHECK_DONE();
}
