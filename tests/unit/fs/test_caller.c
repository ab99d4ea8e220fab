/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process in our flush is on its way out or in the middle of a close(); the
 * kernel keeps it there until we answer. What stands in for the first here is a
 * child that has ended and is not yet waited for: /proc says of it what it would
 * say then. For the second, a child that has closed, or not, and waits for us.
 */
#include "fs/caller.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void hear(int fd)
{
	char c = 0;

	CHECK_INT(read(fd, &c, 1), 1);
}

static void tell(int fd)
{
	CHECK_INT(write(fd, "x", 1), 1);
}

/* A child that holds fds, closes what it is told to and lives until it is left. */
struct child {
	pid_t pid;
	int to[2], from[2];
};

static void child_loop(struct child *c, int fd)
{
	char order;

	tell(c->from[1]);
	while (read(c->to[0], &order, 1) == 1) {
		if (order == 'x')
			(void)close(fd);
		tell(c->from[1]);
	}
	_exit(0);
}

static void child_start(struct child *c, int fd)
{
	CHECK_INT(pipe(c->to), 0);
	CHECK_INT(pipe(c->from), 0);
	c->pid = fork();
	CHECK(c->pid >= 0);
	if (c->pid == 0) {
		(void)close(c->to[1]);
		child_loop(c, fd);
	}
	(void)close(c->to[0]);
	hear(c->from[0]);
}

static void child_close(struct child *c)
{
	tell(c->to[1]);
	hear(c->from[0]);
}

static void child_end(struct child *c)
{
	int status = 0;

	(void)close(c->to[1]);
	CHECK_INT(waitpid(c->pid, &status, 0), c->pid);
	CHECK(WIFEXITED(status));
	(void)close(c->from[0]);
	(void)close(c->from[1]);
}

/* An ordinary file; its number stands in for one of the mount's. */
static int open_file(uint64_t *ino)
{
	char path[] = "/tmp/amcfs-test-XXXXXX";
	int fd = mkstemp(path);
	struct stat st;

	CHECK(fd >= 0);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(fstat(fd, &st), 0);
	*ino = st.st_ino;
	return fd;
}

static void no_core(void)
{
	const struct rlimit none = {0, 0};

	CHECK_INT(setrlimit(RLIMIT_CORE, &none), 0);
}

/* What is said of a child that ended so: it stays until we have looked. */
static void look_at_end(void (*end)(void *arg), void *arg, struct ingest_caller *out)
{
	siginfo_t si;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		no_core();
		end(arg);
		_exit(99);
	}
	CHECK_INT(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	memset(out, 0x55, sizeof(*out));
	caller_look(pid, 0, 12345, out);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

static void by_status(void *arg)
{
	_exit(*(int *)arg);
}

static void by_signal(void *arg)
{
	(void)signal(*(int *)arg, SIG_DFL);
	(void)kill(getpid(), *(int *)arg);
	for (;;)
		(void)pause();
}

TEST(a_good_end)
{
	struct ingest_caller c;
	int status = 0;

	look_at_end(by_status, &status, &c);
	CHECK(!c.died);
	CHECK_STR(c.how, "");
	CHECK(c.last_close);
}

TEST(a_failing_status)
{
	static const int statuses[] = {3, 1, 127, 128, 255};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		struct ingest_caller c;
		int status = statuses[i];
		char how[64];

		(void)snprintf(how, sizeof(how), "ended with exit status %d", status);
		look_at_end(by_status, &status, &c);
		CHECK(c.died);
		CHECK_STR(c.how, how);
		CHECK(c.last_close); /* a process that ends has closed everything */
	}
}

TEST(killed_by_a_signal)
{
	static const int signals[] = {SIGKILL, SIGTERM, SIGINT,
				      SIGPIPE, SIGABRT, SIGSEGV};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct ingest_caller c;
		int sig = signals[i];
		char how[64];

		(void)snprintf(how, sizeof(how), "killed by signal %d", sig);
		look_at_end(by_signal, &sig, &c);
		CHECK(c.died);
		CHECK_STR(c.how, how);
	}
}

static void by_name(void *arg)
{
	(void)prctl(PR_SET_NAME, arg);
	_exit(4);
}

/* A command's name can look like the rest of the line. */
TEST(names_that_would_mislead)
{
	static char names[][16] = {"a) S 1 (b", ") R 0 0 0 0 0 0", "((( )))",
				   "a b c d e", "new\nline",	   ")"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct ingest_caller c;

		check_state.test = names[i];
		look_at_end(by_name, names[i], &c);
		CHECK(c.died);
		CHECK_STR(c.how, "ended with exit status 4");
	}
}

TEST(a_living_process_has_not_died)
{
	struct ingest_caller c;
	struct child child;

	child_start(&child, -1);
	memset(&c, 0x55, sizeof(c));
	caller_look(child.pid, child.pid, 12345, &c);
	CHECK(!c.died);
	CHECK_STR(c.how, "");
	CHECK(c.last_close);
	child_end(&child);
}

TEST(who_still_has_the_file_open)
{
	uint64_t ino, other_ino;
	int fd = open_file(&ino), other = open_file(&other_ino);
	struct ingest_caller c;
	struct child child;

	CHECK(ino != other_ino);
	child_start(&child, fd);
	caller_look(child.pid, child.pid, ino, &c);
	CHECK(!c.last_close);
	caller_look(child.pid, 0, ino, &c);
	CHECK(!c.last_close);
	caller_look(child.pid, child.pid, ino + other_ino + 1, &c);
	CHECK(c.last_close); /* of another file it has none */
	child_close(&child);
	caller_look(child.pid, child.pid, ino, &c);
	CHECK(c.last_close); /* we have it open: that does not count */
	caller_look(child.pid, 0, other_ino, &c);
	CHECK(!c.last_close);
	child_end(&child);
	(void)close(fd);
	(void)close(other);
}

/* The shell opened it, a child closes its copy: not the last one. */
TEST(the_opener_counts_too)
{
	uint64_t ino;
	int fd = open_file(&ino);
	struct ingest_caller c;
	struct child child;

	child_start(&child, fd);
	child_close(&child);
	caller_look(child.pid, getpid(), ino, &c);
	CHECK(!c.last_close);
	(void)close(fd);
	caller_look(child.pid, getpid(), ino, &c);
	CHECK(c.last_close);
	child_end(&child);
}

/* Two descriptors, of which one is being closed. */
TEST(a_second_descriptor)
{
	uint64_t ino;
	int fd = open_file(&ino), twin = dup(fd);
	struct ingest_caller c;

	CHECK(twin >= 0);
	caller_look(getpid(), getpid(), ino, &c);
	CHECK(!c.last_close);
	(void)close(fd);
	caller_look(getpid(), getpid(), ino, &c);
	CHECK(!c.last_close);
	(void)close(twin);
	caller_look(getpid(), getpid(), ino, &c);
	CHECK(c.last_close);
}

/* --- threads ----------------------------------------------------------------- */

struct thread {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pid_t tid;
	bool leave;
};

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	pthread_mutex_lock(&t->lock);
	t->tid = (pid_t)syscall(SYS_gettid);
	pthread_cond_broadcast(&t->changed);
	while (!t->leave)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Requests name the thread; descriptors belong to its process. */
TEST(a_thread_of_a_process)
{
	struct thread t = {.lock = PTHREAD_MUTEX_INITIALIZER,
			   .changed = PTHREAD_COND_INITIALIZER};
	struct ingest_caller c;
	pthread_t thread;
	uint64_t ino;
	int fd = open_file(&ino);

	CHECK_INT(pthread_create(&thread, NULL, thread_main, &t), 0);
	pthread_mutex_lock(&t.lock);
	while (t.tid == 0)
		pthread_cond_wait(&t.changed, &t.lock);
	CHECK(t.tid != getpid());
	CHECK_INT(caller_process(t.tid), getpid());
	CHECK_INT(caller_process(getpid()), getpid());
	caller_look(t.tid, getpid(), ino, &c);
	CHECK(!c.died);
	CHECK(!c.last_close);
	(void)close(fd);
	caller_look(t.tid, getpid(), ino, &c);
	CHECK(c.last_close);
	t.leave = true;
	pthread_cond_broadcast(&t.changed);
	pthread_mutex_unlock(&t.lock);
	CHECK_INT(pthread_join(thread, NULL), 0);
}

/* Who cannot be seen counts as in good health and done. */
TEST(who_cannot_be_seen)
{
	struct ingest_caller c;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(3);
	CHECK_INT(waitpid(pid, NULL, 0), pid); /* gone for good */
	CHECK_INT(caller_process(pid), 0);
	CHECK_INT(caller_process(0), 0);
	CHECK_INT(caller_process(-1), 0);
	for (int i = 0; i < 3; i++) {
		const pid_t nobody[] = {pid, 0, -1};

		memset(&c, 0x55, sizeof(c));
		caller_look(nobody[i], nobody[i], 12345, &c);
		CHECK(!c.died);
		CHECK_STR(c.how, "");
		CHECK(c.last_close);
	}
}

int main(void)
{
	RUN(a_good_end);
	RUN(a_failing_status);
	RUN(killed_by_a_signal);
	RUN(names_that_would_mislead);
	RUN(a_living_process_has_not_died);
	RUN(who_still_has_the_file_open);
	RUN(the_opener_counts_too);
	RUN(a_second_descriptor);
	RUN(a_thread_of_a_process);
	RUN(who_cannot_be_seen);
	return CHECK_DONE();
}
