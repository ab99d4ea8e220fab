#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""S3 stands still: writers wait, can be killed, and nobody else has to wait."""
import os
import signal
import subprocess
import time

import harness
from harness import people, until

BIG = b"email,note\n" + b"kanarie@example.com,%s\n" % (b"x" * 1000) * 24000


class Stall(harness.Case):
    alone = True
    s3 = {"part_size": "5M", "parallel_parts": "1", "timeout": "10m"}
    upload = {"compression": "none"}
    emulator = ("--processing-ms", "100")

    def blocked(self):
        """cp, waiting for a part that S3 does not take."""
        self.emu.clear_requests()
        self.emu.fault(service="s3", method="PUT", path="partNumber=", count=0, hold=True)
        cp = subprocess.Popen(["cp", self.source("big", BIG), self.drop("big.csv")],
                              stderr=subprocess.DEVNULL)
        self.addCleanup(self._reap, cp)
        until(lambda: self.emu.requests("s3", "PUT", "partNumber="), "a part", self.world)
        # there is room for no more than that part: the next write waits, and if it has
        # not come yet, it will wait
        seen = [-1, 0]

        def stands():
            size, now = os.stat(self.drop("big.csv")).st_size, time.monotonic()
            if size != seen[0]:
                seen[:] = size, now
            return now - seen[1] > 0.7
        until(stands, "the writer to wait", self.world)
        self.assertLess(seen[0], len(BIG))
        return cp

    @staticmethod
    def _reap(process):
        if process.poll() is None:
            process.kill()
        process.wait()

    def test_killed_while_it_waits(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            cp = self.blocked()
            cp.send_signal(number)
            cp.wait(harness.PATIENCE)
            self.emu.clear_faults()
            self.interrupted("big.csv")
            os.unlink(self.drop("big.csv"))
            if number != signal.SIGKILL:
                self.assertEqual(self.world.stop(), 0)
                os.rename(self.world.state_dir, self.world.state_dir + str(number))
                self.world.start()

    def test_others_do_not_wait(self):
        cp = self.blocked()
        self.assertIn("big.csv", os.listdir(self.drop()))
        self.assertEqual(self.jobs()[0]["state"], "receiving")
        for name in ("status", "status.json", "definition.json"):
            with open(self.dataset_dir(name), "rb") as f:
                self.assertTrue(f.read())
        os.mkdir(self.drop("sub"))
        open(self.drop("other.csv"), "wb").close()
        os.unlink(self.drop("other.csv"))
        # not utime() of big.csv: the kernel holds that file's lock during a write
        self.assertIsNone(cp.poll())
        cp.kill()
        cp.wait()
        self.emu.clear_faults()
        self.interrupted("big.csv")

    def test_goes_on_when_s3_does(self):
        self.emu.fault(service="s3", method="PUT", path="partNumber=", count=2,
                       delay_ms=1500)
        self.put("big.csv", BIG)
        self.succeeded("big.csv", BIG)


class Many(harness.Case):
    """A tool with many files, and files of many tools at once."""

    def test_parallel(self):
        files = {"f%02d.csv" % i: people(5, 100 * i) for i in range(24)}
        for name, data in files.items():
            self.source(name, data)
        self.ok("cd $1 && ls | xargs -P 8 -I{} cp {} $2/{}",
                os.path.join(self.world.work, self._testMethodName), self.drop())
        for name, data in files.items():
            self.check_staged(self.wait_state(name, "succeeded"), data)
        self.assertEqual(len(self.uploads()), len(files))
        self.assertEqual(len(self.rows()), 5 * len(files))


class Appended(harness.Case):
    mount = {"settle": harness.LONG}

    def test_row_by_row_in_parallel(self):
        self.ok("head -n 1 $1 > x.csv", self.source("head", people(1)))
        line = people(1, 3, False)
        self.ok("seq 20 | xargs -P 8 -I{} sh -c 'cat $1 >> x.csv' sh $1",
                self.source("line", line))
        self.settle()
        record = self.wait_state("x.csv", "succeeded")
        self.assertEqual(record["rows_out"], 20)
        self.check_staged(record, people(0) + line * 20)


if __name__ == "__main__":
    harness.main()
