#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""However a file is written, it is one job with all its rows, or none."""
import os
import shutil
import subprocess
import sys

import harness
from harness import Writer, people, until

HEAD, BODY = people(0), people(40, 0, False)
DATA = HEAD + BODY


class Parts(harness.Case):
    def sources(self):
        return self.source("head", HEAD), self.source("body", BODY)


class Shells(Parts):
    mount = {"settle": harness.LONG}

    def one_job(self, text):
        for shell in ("bash", "dash"):
            name = shell + ".csv"
            done = subprocess.run([shell, "-c", text.replace("FILE", name), shell,
                                   *self.sources(), self.source("all", DATA)],
                                  cwd=self.drop(), capture_output=True, text=True,
                                  timeout=harness.PATIENCE, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.settle()
        until(lambda: len(self.uploads()) == 2, "both uploads", self.world)
        self.succeeded("bash.csv", DATA, uploads=2)
        self.succeeded("dash.csv", DATA, uploads=2)
        self.assertEqual(len(self.jobs()), 2)

    def test_redirection(self):
        self.one_job("cat $3 > FILE")

    def test_group(self):
        self.one_job("{ cat $1; cat $2; } > FILE")

    def test_subshell(self):
        self.one_job("(cat $1; cat $2) > FILE")

    def test_exec(self):
        self.one_job("exec 5> FILE; echo \"$(cat $1)\" >&5; cat $2 >&5; exec 5>&-")

    def test_append_within_settle(self):
        self.one_job("cat $1 > FILE; cat $2 >> FILE")

    def test_echo_then_append(self):
        self.one_job("echo \"$(cat $1)\" > FILE; while IFS= read -r l; do "
                     "printf '%s\\n' \"$l\" >> FILE; done < $2")

    def test_loop(self):
        self.one_job("while IFS= read -r l; do printf '%s\\n' \"$l\"; done < $3 > FILE")

    def test_tee(self):
        self.one_job("tee FILE < $3 > /dev/null")

    def test_dd(self):
        self.one_job("dd if=$3 of=FILE bs=1M status=none")

    def test_dd_fsync(self):
        self.one_job("dd if=$3 of=FILE bs=100 conv=fsync status=none")

    def test_background_child(self):
        self.one_job("sh -c '(cat \"$1\"; cat \"$2\") & wait' sh $1 $2 > FILE")


class Programs(Parts):
    def test_child_outlives(self):
        """The shell that opened the file is gone long before its child writes."""
        fifo = os.path.join(self.world.work, "fifo")
        os.mkfifo(fifo)
        self.addCleanup(os.unlink, fifo)
        head, body = self.sources()
        self.ok("{ cat $1; cat $3 2> /dev/null & } > x.csv", head, body, fifo)
        record = self.one("x.csv")
        self.assertEqual(record["state"], "receiving")
        with open(fifo, "wb") as f:
            f.write(BODY)
        self.succeeded("x.csv", DATA)

    def test_python_writes(self):
        self.ok("python3 -c 'import sys\nf = open(sys.argv[2], \"w\")\n"
                "f.writelines(open(sys.argv[1]))\nf.close()' $1 x.csv",
                self.source("all", DATA))
        self.succeeded("x.csv", DATA)

    def test_python_leaves_the_end_to_its_exit(self):
        self.ok("python3 -c 'import sys\nsys.stdout.write(open(sys.argv[1]).read())' "
                "$1 > x.csv", self.source("all", DATA))
        self.succeeded("x.csv", DATA)

    def test_sort(self):
        lines = [b"kanarie2@example.com\n", b"email\n", b"kanarie1@example.com\n"]
        self.ok("LC_ALL=C sort -o x.csv $1", self.source("all", b"".join(lines)))
        self.succeeded("x.csv", b"".join(sorted(lines)))

    def test_split(self):
        """Each piece is a file; the second has no header, and split says so."""
        self.fails("split -l 21 $1 x_", self.source("all", DATA),
                   reason="x_ab: Invalid argument")
        self.wait_state("x_aa", "succeeded")
        self.rejected("x_ab", "missing-column", uploads=1)

    def test_nothing_written(self):
        self.ok("touch t; : > u; > v; touch t; truncate -s 0 w; cp /dev/null x; "
                "cat /dev/null > y; dd if=/dev/null of=z status=none; true > aa")
        self.assertEqual(len(os.listdir(self.drop())), 10)
        self.no_job()
        self.ok("touch -d 2001-01-01 after.csv")
        self.assertEqual(len(self.jobs()), 1)

    def test_touch_first_then_write(self):
        self.ok("touch x.csv")
        self.ok("cat $1 > x.csv", self.source("all", DATA))
        self.succeeded("x.csv", DATA)


class Tools(harness.Case):
    def tool(self, name):
        if not shutil.which(name):
            self.skipTest("no " + name)

    def test_install(self):
        self.ok("install -m 0640 $1 x.csv", self.source("x", DATA))
        self.succeeded("x.csv", DATA)
        self.assertEqual(os.stat(self.drop("x.csv")).st_mode & 0o777, 0o640)

    def test_mv_from_another_filesystem(self):
        source = self.source("x.csv", DATA)
        os.utime(source, (1500000000, 1500000000))
        self.ok("mv $1 x.csv", source)
        self.assertFalse(os.path.exists(source))
        self.succeeded("x.csv", DATA)
        self.assertEqual(os.stat(self.drop("x.csv")).st_mtime, 1500000000)

    def tree(self):
        self.source("d/a.csv", people(2))
        self.source("d/sub/b.csv", people(3, 10))
        self.source("d/sub/deep/c.csv", people(4, 20))
        return os.path.join(self.world.work, self._testMethodName, "d")

    def tree_arrived(self):
        for name, data in (("d/a.csv", people(2)), ("d/sub/b.csv", people(3, 10)),
                           ("d/sub/deep/c.csv", people(4, 20))):
            record = self.wait_state(name, "succeeded")
            self.check_staged(record, data)
        self.assertEqual(len(self.jobs()), 3)
        self.assertEqual(len(self.uploads()), 3)

    def test_cp_r(self):
        self.ok("cp -r $1 .", self.tree())
        self.tree_arrived()

    def test_cp_a(self):
        self.ok("cp -a $1 .", self.tree())
        self.tree_arrived()

    def test_tar(self):
        folder = self.tree()
        self.ok("tar c -C $1 d | tar x", os.path.dirname(folder))
        self.tree_arrived()

    def test_rsync_tree(self):
        self.tool("rsync")
        self.ok("rsync -a $1 .", self.tree())
        self.tree_arrived()

    def test_folders(self):
        os.makedirs(self.drop("one/two"))
        with self.assertRaises(OSError):
            os.rmdir(self.drop("one"))
        self.put("one/two/x.csv", people(1))
        self.wait_state("one/two/x.csv", "succeeded")
        with self.assertRaises(OSError):
            os.rmdir(self.drop("one/two"))
        self.ok("rm -r one")
        self.assertFalse(os.path.exists(self.drop("one")))
        self.assertEqual(self.one("one/two/x.csv")["state"], "succeeded")

    def test_rsync(self):
        self.tool("rsync")
        source = self.source("x.csv", DATA)
        self.ok("rsync $1 .", source)
        self.succeeded("x.csv", DATA)
        self.assertEqual(len(self.jobs()), 1)
        self.assertEqual([n for n in os.listdir(self.drop()) if n[0] == "."], [])

    def test_rsync_a_second_time(self):
        self.tool("rsync")
        source = self.source("x.csv", DATA)
        os.utime(source, (1600000000, 1600000000.125))
        self.ok("rsync -a $1 .", source)
        self.succeeded("x.csv", DATA)
        self.assertEqual(self.ok("rsync -a -i $1 .", source), "")
        self.assertEqual(len(self.jobs()), 1)
        self.ok("touch $1; rsync -a $1 .", source)
        until(lambda: len(self.records("x.csv")) == 2, "a second job", self.world)
        self.succeeded("x.csv", DATA, count=2, uploads=2)

    def test_rsync_inplace(self):
        self.tool("rsync")
        self.ok("rsync -a --inplace $1 .", self.source("x.csv", DATA))
        self.succeeded("x.csv", DATA)

    def test_rsync_delay_updates(self):
        self.tool("rsync")
        self.ok("rsync -a --delay-updates $1 .", self.source("x.csv", DATA))
        self.succeeded("x.csv", DATA)
        self.assertEqual(len(self.jobs()), 1)

    def test_shutil(self):
        shutil.copy2(self.source("x.csv", DATA), self.drop("x.csv"))
        self.succeeded("x.csv", DATA)

    def test_node_style_truncate_and_declared_size(self):
        fd = os.open(self.drop("x.csv"), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.ftruncate(fd, 0)
        os.ftruncate(fd, len(DATA))
        self.assertEqual(os.fstat(fd).st_size, len(DATA))
        os.write(fd, DATA)
        os.ftruncate(fd, len(DATA))
        os.fsync(fd)
        os.close(fd)
        self.succeeded("x.csv", DATA)

    def test_mknod_then_write(self):
        os.mknod(self.drop("x.csv"), 0o600 | 0o100000)
        fd = os.open(self.drop("x.csv"), os.O_WRONLY)
        os.write(fd, DATA)
        os.close(fd)
        self.succeeded("x.csv", DATA)

    def test_two_descriptors(self):
        first = Writer(self, self.drop("x.csv"), "append")
        second = Writer(self, self.drop("x.csv"), "append")
        self.assertEqual(first.write(HEAD), "ok")
        self.assertEqual(second.write(BODY), "ok")
        self.assertEqual(second.do("close"), "ok")
        self.assertEqual(first.write(people(1, 900, False)), "ok")
        self.assertEqual(first.do("close"), "ok")
        self.succeeded("x.csv", DATA + people(1, 900, False))

    def test_stdout_of_a_long_child(self):
        with open(self.drop("x.csv"), "wb") as out:
            child = subprocess.Popen([sys.executable, "-c", "import sys\n"
                                      "data = sys.stdin.read()\nprint(data, end='')"],
                                     stdin=subprocess.PIPE, stdout=out)
        child.communicate(DATA)
        self.assertEqual(child.returncode, 0)
        self.succeeded("x.csv", DATA)


if __name__ == "__main__":
    harness.main()
