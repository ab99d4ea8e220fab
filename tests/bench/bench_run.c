/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command and writes what it cost to descriptor 3: exit status, seconds,
 * processor seconds, peak KiB. A small program of its own, because Linux counts a
 * parent's memory as the peak of what it starts.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(long long s, long long ns)
{
	return (double)s + (double)ns / 1e9;
}

static int report(int status, double wall, const struct rusage *used)
{
	double cpu = seconds(used->ru_utime.tv_sec, used->ru_utime.tv_usec * 1000LL) +
		     seconds(used->ru_stime.tv_sec, used->ru_stime.tv_usec * 1000LL);
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

	return dprintf(3, "%d %.6f %.6f %ld\n", code, wall, cpu, used->ru_maxrss) < 0;
}

int main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage used;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &from);
	pid = fork();
	if (pid == 0) {
		(void)close(3); /* the report's */
		execvp(argv[1], argv + 1);
		fprintf(stderr, "bench_run: %s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0) {
		perror("bench_run");
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	return report(status,
		      seconds(to.tv_sec, to.tv_nsec) - seconds(from.tv_sec, from.tv_nsec),
		      &used);
}
