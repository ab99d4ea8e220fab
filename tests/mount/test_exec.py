#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writers that start programs: execve() closes descriptors while it holds a lock of
the process, so a daemon that asks /proc too much would never answer, nor the process
ever end. Here everything has to be over after a while."""
import subprocess
import sys

import harness
from harness import PATIENCE, people

DATA = people(4)
WRITER = """
import os, subprocess, sys

how, name = sys.argv[1], sys.argv[2]
rows = sys.stdin.buffer.read().splitlines(True)
fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
os.write(fd, rows.pop(0) + rows.pop(0))
if how == "spawn":
    for row in rows:
        os.system("true")
        os.posix_spawn("/bin/true", ["true"], {})
        subprocess.run(["true"], close_fds=False, check=True)
        subprocess.run(["true"], check=True)
        os.write(fd, row)
    os.close(fd)
else:
    os.write(fd, b"".join(rows))
    os.execv("/bin/" + how, [how])
"""


class Exec(harness.Case):
    def write(self, how, name):
        done = subprocess.run([sys.executable, "-c", WRITER, how, self.drop(name)],
                              input=DATA, timeout=PATIENCE, check=False)
        return done.returncode

    def test_writer_starts_programs(self):
        self.assertEqual(self.write("spawn", "a.csv"), 0)
        self.succeeded("a.csv", DATA)

    def test_writer_becomes_a_program(self):
        self.assertEqual(self.write("true", "a.csv"), 0)
        self.succeeded("a.csv", DATA)

    def test_what_the_program_ends_with_says_nothing(self):
        self.assertEqual(self.write("false", "a.csv"), 1)
        self.succeeded("a.csv", DATA)


if __name__ == "__main__":
    harness.main()
