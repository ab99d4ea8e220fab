#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files whose writer did not finish never reach AMC."""
import os
import signal
import subprocess
import sys

import harness
from harness import Writer, people

HALF = people(20)


class Ends(harness.Case):
    def reason(self, record):
        return record["error"]["message"]

    def test_killed(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
            name = "%d.csv" % number
            writer = Writer(self, self.drop(name))
            self.assertEqual(writer.write(HALF), "ok")
            self.assertEqual(self.one(name)["state"], "receiving")
            writer.kill(number)
            self.assertIn("signal %d" % number, self.reason(self.interrupted(name)))

    def test_killed_cp(self):
        fifo = os.path.join(self.world.work, "fifo")
        os.mkfifo(fifo)
        self.addCleanup(os.unlink, fifo)
        cat = subprocess.Popen(["cp", "--copy-contents", fifo, self.drop("x.csv")])
        with open(fifo, "wb") as f:
            f.write(HALF)
            f.flush()
            harness.until(lambda: self.records("x.csv"), "the job", self.world)
            cat.kill()
            cat.wait()
        self.interrupted("x.csv")

    def test_killed_among_several(self):
        """The end that counts is the last one with data."""
        first = Writer(self, self.drop("x.csv"), "append")
        second = Writer(self, self.drop("x.csv"), "append")
        self.assertEqual(first.write(HALF), "ok")
        first.kill()
        self.assertEqual(second.write(people(3, 50, False)), "ok")
        self.assertEqual(second.do("close"), "ok")
        self.succeeded("x.csv", HALF + people(3, 50, False))

    def test_exit_status(self):
        writer = Writer(self, self.drop("x.csv"))
        self.assertEqual(writer.write(HALF), "ok")
        writer.say("exit 3")
        writer.process.wait(harness.PATIENCE)
        self.assertIn("3", self.reason(self.interrupted("x.csv")))

    def test_exit_status_after_close(self):
        writer = Writer(self, self.drop("x.csv"))
        self.assertEqual(writer.write(HALF), "ok")
        self.assertEqual(writer.do("close"), "ok")
        writer.say("exit 3")
        writer.process.wait(harness.PATIENCE)
        self.succeeded("x.csv", HALF)

    def test_exit_status_of_a_redirected_program(self):
        with open(self.drop("x.csv"), "wb") as out:
            child = subprocess.Popen([sys.executable, "-c",
                                      "import sys\nsys.stdout.buffer.write("
                                      "sys.stdin.buffer.read())\nsys.exit(3)"],
                                     stdin=subprocess.PIPE, stdout=out)
        child.communicate(HALF)
        self.assertEqual(child.returncode, 3)
        self.interrupted("x.csv")

    def test_exit_without_closing(self):
        writer = Writer(self, self.drop("x.csv"))
        self.assertEqual(writer.write(HALF), "ok")
        writer.say("exit 0")
        writer.process.wait(harness.PATIENCE)
        self.succeeded("x.csv", HALF)

    def test_declared_size(self):
        writer = Writer(self, self.drop("x.csv"))
        self.assertEqual(writer.do("truncate %d" % (len(HALF) + 1)), "ok")
        self.assertEqual(writer.write(HALF), "ok")
        self.assertEqual(writer.do("close"), "ok")
        self.interrupted("x.csv")

    def test_rsync_partial(self):
        """What rsync --partial does when it is interrupted."""
        path = self.drop(".x.csv.Ab12Cd")
        with open(path, "wb") as f:
            f.write(HALF)
        os.utime(path, (0, 0))
        os.rename(path, self.drop("x.csv"))
        self.interrupted("x.csv")

    def test_again(self):
        writer = Writer(self, self.drop("x.csv"))
        self.assertEqual(writer.write(HALF), "ok")
        writer.kill()
        self.interrupted("x.csv")
        self.put("x.csv", HALF)
        self.succeeded("x.csv", HALF, count=2)

    def test_nothing_written_and_killed(self):
        writer = Writer(self, self.drop("x.csv"))
        writer.kill()
        self.no_job()


class Multipart(harness.Case):
    s3 = {"part_size": "5M"}
    upload = {"compression": "none"}
    emulator = ("--processing-ms", "100")

    def test_parts_are_taken_away(self):
        data = b"email,note\n" + b"kanarie@example.com,%s\n" % (b"x" * 1000) * 12000
        writer = Writer(self, self.drop("x.csv"))
        self.assertEqual(writer.write(data), "ok")
        record = self.one("x.csv")
        self.emu.wait_requests(count=1, method="PUT", path="partNumber=", status=200)
        self.assertTrue(self.left_in_s3(record))
        writer.kill()
        self.interrupted("x.csv")


if __name__ == "__main__":
    harness.main()
