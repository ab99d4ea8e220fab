/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a loaded configuration to the end of a mount.
 *
 * What can be known to be wrong without a network is found before the terminal
 * is let go. The order of the end is the reverse of the start, but for one
 * thing: the tree is told to stop while requests are still served, so that
 * those who are writing can finish.
 *
 * Signals are taken by a thread of their own, which can wait.
 */
#define FUSE_USE_VERSION 312

#include "app/mount.h"

#include <fuse_lowlevel.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/cli.h"
#include "app/process.h"
#include "base/scope.h"
#include "fs/fsops.h"
#include "job/engine.h"

/* A writer that waits for S3 or AMC keeps a thread; a few stay for the rest. */
#define MAX_THREADS  (TREE_WRITERS_MAX + 64)
#define IDLE_THREADS 4

/* How long the first reading of AMC's tree may keep the terminal. */
#define TREE_WAIT_MS 20000

/* The loop notices its end only between two requests. */
#define NUDGE_MS 50
/* After the drain: how long requests that hang in S3 may keep the process. */
#define LINGER_MS   2000
#define FAREWELL_MS 1000 /* a program that is to end is, in a tenth of this */
#define TIDY_S	    3600 /* how often old listings are removed */

struct mounted {
	const struct mount_opts *o;
	struct engine engine;
	struct tree *tree;
	struct fuse_session *session;
	pthread_t main_thread, signal_thread;
	atomic_bool ended;
};

/* --- signals ------------------------------------------------------------ */

static void nudged(int sig)
{
	/* its whole effect is that a system call is interrupted */
}

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

/* Before any thread is made: they inherit the mask. */
static void block_signals(void)
{
	const struct sigaction nudge = {.sa_handler = nudged};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGUSR1, &nudge, NULL);
	ending_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void stop_writers(struct mounted *m)
{
	int left = tree_drain(m->tree, m->o->config->settings.mount.stop_ms);

	if (left > 0)
		log_warn("fs",
			 "stop_timeout is over, %d files are still being written; "
			 "their jobs are interrupted mountpoint=%s",
			 left, m->o->point);
}

/*
 * A request that waits for S3 keeps its worker, and the loop waits for all of
 * them. Their files end as after a crash; everything else ends in order: whoever
 * waits for a credential_process gets the time to end it, or it would outlive us.
 */
static void leave_behind(struct mounted *m)
{
	const struct timespec pause = {0, NUDGE_MS * 1000000};

	log_warn("fs", "ending without the requests that still wait mountpoint=%s",
		 m->o->point);
	fuse_session_unmount(m->session);
	engine_stop(&m->engine);
	for (int ms = 0; !atomic_load(&m->ended) && ms < FAREWELL_MS; ms += NUDGE_MS)
		nanosleep(&pause, NULL);
	_exit(CLI_OK);
}

/* The loop is asleep, or busy for ever: wake it until it has ended. */
static void end_loop(struct mounted *m)
{
	const struct timespec pause = {0, NUDGE_MS * 1000000};

	fuse_session_exit(m->session);
	for (int ms = 0; !atomic_load(&m->ended); ms += NUDGE_MS) {
		if (ms >= LINGER_MS)
			leave_behind(m);
		pthread_kill(m->main_thread, SIGUSR1);
		nanosleep(&pause, NULL);
	}
}

static void *take_signals(void *ctx)
{
	const struct timespec idle = {.tv_sec = TIDY_S};
	struct mounted *m = ctx;
	sigset_t set;
	int sig;

	ending_signals(&set);
	do {
		sig = sigtimedwait(&set, NULL, &idle);
		if (sig < 0 && errno == EAGAIN)
			tree_tidy(m->tree);
		/* a terminal that closes is no reason to end */
	} while (sig < 0 || sig == SIGHUP);
	if (atomic_load(&m->ended))
		return NULL; /* unmounted */
	log_info("fs", "signal=%d stopping mountpoint=%s", sig, m->o->point);
	stop_writers(m);
	end_loop(m);
	return NULL;
}

/* --- the session -------------------------------------------------------- */

static void PRINTF_LIKE(2, 0)
	fuse_to_log(enum fuse_log_level level, const char *fmt, va_list ap)
{
	char text[256];
	size_t n;

	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	n = strlen(text);
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	if (level <= FUSE_LOG_ERR)
		log_error("fs", "libfuse: %s", text);
	else if (level == FUSE_LOG_WARNING)
		log_warn("fs", "libfuse: %s", text);
	else
		log_debug("fs", "libfuse: %s", text);
}

/* The configuration is the mount's source, as in /etc/fstab: `mount -a` finds it
 * there and knows that this line is done. */
static int source_name(const char *path, struct buf *out)
{
	int r = buf_adds(out, "-ofsname=");

	for (; r == 0 && *path; path++) {
		if (*path == ',' || *path == '\\')
			r = buf_addc(out, '\\');
		if (r == 0)
			r = buf_addc(out, *path);
	}
	return r == 0 ? buf_add(out, "", 1) : r;
}

static int session_args(const struct mount_opts *o, struct fuse_args *args)
{
	_cleanup_buf_ struct buf source = BUF_INIT(8192);
	int r = fuse_opt_add_arg(args, "amcfs");

	if (r == 0)
		r = source_name(o->config->path, &source);
	if (r == 0)
		r = fuse_opt_add_arg(args, source.p);
	if (r == 0)
		r = fuse_opt_add_arg(args, "-osubtype=amcfs,nosuid,nodev");
	if (r == 0 && o->mount->read_only)
		r = fuse_opt_add_arg(args, "-oro");
	if (r == 0 && o->mount->no_exec)
		r = fuse_opt_add_arg(args, "-onoexec");
	if (r == 0 && o->mount->allow_other)
		r = fuse_opt_add_arg(args, "-oallow_other");
	if (r == 0 && o->mount->allow_root)
		r = fuse_opt_add_arg(args, "-oallow_root");
	if (r == 0 && o->debug)
		r = fuse_opt_add_arg(args, "-odebug");
	return r;
}

static int open_session(struct mounted *m, struct problem *p)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r = session_args(m->o, &args);

	if (r == 0)
		m->session = fuse_session_new(&args, fsops_table(),
					      sizeof(struct fuse_lowlevel_ops), m->tree);
	fuse_opt_free_args(&args);
	if (!m->session)
		return problem_set(p, -ENOMEM, "the FUSE session cannot be made");
	if (fuse_session_mount(m->session, m->o->point) != 0) {
		fuse_session_destroy(m->session);
		m->session = NULL;
		return problem_set(
			p, -EIO,
			"cannot mount on %s; is there a /dev/fuse, and may this "
			"user mount (fusermount3, user_allow_other in "
			"/etc/fuse.conf)?",
			m->o->point);
	}
	return 0;
}

static int loop(struct mounted *m)
{
	struct fuse_loop_config *cfg;
	int r;

	if (m->o->single)
		return fuse_session_loop(m->session);
	cfg = fuse_loop_cfg_create();
	if (!cfg)
		return -ENOMEM;
	fuse_loop_cfg_set_clone_fd(cfg, 0);
	fuse_loop_cfg_set_idle_threads(cfg, IDLE_THREADS);
	fuse_loop_cfg_set_max_threads(cfg, MAX_THREADS);
	r = fuse_session_loop_mt(m->session, cfg);
	fuse_loop_cfg_destroy(cfg);
	return r;
}

/* --- start and stop ----------------------------------------------------- */

static void open_log(const struct mounted *m)
{
	struct log_opts o = m->o->config->log.opts;

	if (m->o->foreground && !m->o->config->log.sink_set)
		o.sink = LOG_SINK_STDERR;
	/* in the background there is no standard error */
	if (!m->o->foreground && o.sink == LOG_SINK_STDERR)
		o.sink = LOG_SINK_SYSLOG;
	log_open(&o);
}

static int prepare(struct mounted *m, struct problem *p)
{
	const struct tree_opts to = {
		.engine = &m->engine,
		.mountpoint = m->o->point,
	};
	int r;

	r = engine_prepare(&m->engine, &m->o->config->settings, &clock_real, p);
	if (r == 0)
		r = tree_new(&m->tree, &to, p);
	if (r == 0)
		r = open_session(m, p);
	return r;
}

static int start(struct mounted *m, struct problem *p)
{
	struct problem warning = {0};
	int r;

	r = engine_start(&m->engine, TREE_WAIT_MS, &warning, p);
	if (r < 0)
		return r;
	m->main_thread = pthread_self();
	r = -pthread_create(&m->signal_thread, NULL, take_signals, m);
	if (r < 0)
		return problem_set(p, r, "no thread for signals: %s", strerror(-r));
	if (warning.err != 0)
		fprintf(stderr,
			"amcfs: warning: AMC's instances and data sets cannot be read: %s\n",
			problem_text(&warning));
	return 0;
}

static void serve(struct mounted *m, struct process_child *child)
{
	if (!m->o->debug)
		fuse_set_log_func(fuse_to_log);
	if (child)
		process_ready(child);
	log_info("fs", "mounted mountpoint=%s version=" AMCFS_VERSION, m->o->point);
	if (loop(m) < 0)
		log_error("fs", "the FUSE device failed mountpoint=%s", m->o->point);
	atomic_store(&m->ended, true);
	pthread_kill(m->signal_thread, SIGTERM);
	pthread_join(m->signal_thread, NULL);
	fuse_session_unmount(m->session);
	tree_unmounted(m->tree);
	engine_stop(&m->engine);
	log_info("fs", "ended mountpoint=%s", m->o->point);
}

static int run_mount(struct mounted *m, struct process_child *child)
{
	struct problem p = {0};
	int r;

	open_log(m);
	block_signals();
	r = chdir("/") < 0 ? -errno : prepare(m, &p);
	if (r == 0)
		r = start(m, &p);
	if (r == 0) {
		serve(m, child);
	} else if (m->session) {
		fuse_session_unmount(m->session);
		engine_stop(&m->engine);
	}
	if (m->session)
		fuse_session_destroy(m->session);
	tree_free(m->tree);
	engine_fini(&m->engine);
	if (r == 0)
		return CLI_OK;
	problem_set(&p, r, "%s", errcode_text(r));
	return cli_fail_problem(CLI_FAILED, &p);
}

/* The kernel knows of the mount before it answers: ask as a user would. */
static int answers(const char *point)
{
	struct stat st;

	if (stat(point, &st) == 0)
		return CLI_OK;
	return cli_fail(CLI_FAILED, "%s is mounted but does not answer: %s", point,
			strerror(errno));
}

int mount_run(const struct mount_opts *o)
{
	struct mounted m = {.o = o};
	struct process_child child;
	bool is_child;
	int code = CLI_FAILED;
	int r;

	process_prepare();
	if (o->foreground)
		return run_mount(&m, NULL);
	r = process_fork(&child, &is_child, &code);
	if (r < 0)
		return cli_fail(CLI_FAILED, "cannot fork: %s", strerror(-r));
	if (is_child)
		return run_mount(&m, &child);
	return code == CLI_OK ? answers(o->point) : code;
}
