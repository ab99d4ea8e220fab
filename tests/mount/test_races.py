#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What comes at an unlucky moment: between a close and what follows it."""
import os
import signal
import stat
import subprocess
import threading
import time

import harness
from harness import Writer, people, until

DATA = people(30)
ROW = people(1, 40, False)
WIDE = b"email,note\n" + b"kanarie@example.com,%s\n" % (b"x" * 1000) * 7000


class Names(harness.Case):
    mount = {"settle": "10s"}

    def test_again_at_once(self):
        """A release comes late; the close before it was the end all the same."""
        path = self.drop("a.csv")
        for _ in range(300):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))

    def test_again_after_a_failure(self):
        path = self.drop("a.csv")
        self.expect_log("rejected")
        for _ in range(100):
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            with self.assertRaises(OSError):
                os.write(fd, b"nothing,of,it\n1,2,3\n")
            with self.assertRaises(OSError):
                os.close(fd)

    def test_changed_after_its_removal(self):
        fd = os.open(self.drop("a.csv"), os.O_WRONLY | os.O_CREAT)
        os.write(fd, DATA)
        os.fsync(fd)
        os.unlink(self.drop("a.csv"))
        os.fchmod(fd, 0o600)
        os.utime(fd, (1, 1))
        try:
            os.close(fd)
        except OSError:
            pass
        self.assertEqual(self.world.stop(), 0)
        self.world.start()
        self.assertNotIn("a.csv", os.listdir(self.drop()))

    def test_far_times(self):
        open(self.drop("a.csv"), "wb").close()
        for at in (2**33, -2**33, 2**40):
            os.utime(self.drop("a.csv"), (at, at))

    def test_any_offset_of_a_listing(self):
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open(self.world.point, os.O_RDONLY | os.O_DIRECTORY)
        out = ctypes.create_string_buffer(65536)
        for at in range(0, 80):
            os.lseek(fd, at, os.SEEK_SET)
            libc.syscall(217, fd, out, 65536)
        os.close(fd)

    def test_no_header_at_all(self):
        self.expect_log("rejected")
        self.fails("cp $1 a.csv", self.source("a", b"kanarie@example.com,1,2,3\n" * 3), reason="")


class Slow(harness.Case):
    """S3 answers late."""
    alone = True
    mount = {"settle": "300ms"}
    s3 = {"part_size": "5M"}
    upload = {"compression": "none"}

    def test_rename_during_a_flush(self):
        self.emu.fault(service="s3", method="PUT", path=".*", count=1, delay_ms=4000)
        writer = Writer(self, self.drop("a.tmp"))
        self.assertEqual(writer.write(DATA), "ok")
        writer.say("close")
        until(lambda: self.emu.requests("s3", "PUT"), "the flush")
        try:
            os.rename(self.drop("a.tmp"), self.drop("a.csv"))
            done = True
        except OSError as e:
            print("rename:", e)
            done = False
        self.assertEqual(writer._answer(), "ok")
        names = os.listdir(self.drop())
        self.assertEqual("a.csv" in names, done)
        self.assertEqual("a.tmp" in names, not done)
        if not done:
            os.rename(self.drop("a.tmp"), self.drop("a.csv"))
        self.succeeded("a.csv", DATA)
        self.assertEqual(self.world.stop(), 0)
        self.world.start()
        self.assertNotIn("a.tmp", os.listdir(self.drop()))

    def test_killed_during_the_last_flush(self):
        """Nothing but a whole file is ever sent."""
        self.emu.fault(service="s3", method="POST", path="uploads", count=1, delay_ms=1500)
        self.emu.fault(service="s3", method="PUT", path="partNumber", count=0, delay_ms=60000)
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(WIDE), "ok")
        writer.say("close")
        until(lambda: self.emu.requests("s3", "PUT", "partNumber"), "the part")
        self.world.kill()
        writer._answer()
        self.emu.clear_faults()
        self.world.start()
        self.interrupted("a.csv")

    def test_interrupted_before_its_first_byte(self):
        self.emu.fault(service="s3", method="PUT", path="partNumber", count=0, delay_ms=60000)
        self.world.stop()
        self.world.case.s3 = dict(self.s3, parallel_parts="1")
        self.world.write_config()
        self.world.start()
        big = subprocess.Popen(["cp", self.source("big", WIDE * 5), self.drop("big.csv")],
                               stderr=subprocess.DEVNULL)
        until(lambda: self.emu.requests("s3", "PUT", "partNumber"), "the part")
        small = subprocess.Popen(["cp", self.source("b", DATA), self.drop("b.csv")],
                                 stderr=subprocess.DEVNULL)
        until(lambda: [j for j in self.jobs() if j["file"] == "b.csv"] or time.monotonic() % 5 > 4.9, "its job")
        time.sleep(0.5)
        small.send_signal(signal.SIGTERM)
        small.wait()
        big.kill()
        big.wait()
        self.emu.clear_faults()
        self.interrupted("big.csv")
        until(lambda: all(j["state"] in harness.ENDED for j in self.jobs()), "the end")
        print([(j["file"], j["state"], j["error"]) for j in self.jobs()])
        self.assertEqual(self.uploads(), [])

    def test_removed_while_it_is_swept(self):
        self.expect_log("rejected")
        self.emu.fault(service="s3", method="DELETE", path=".*", count=0, delay_ms=3000)
        bad = WIDE + b"kanarie@example.com\n" * 6000
        self.fails("cp $1 a.csv", self.source("a", bad), reason="")
        until(lambda: self.emu.requests("s3", "DELETE"), "the sweep")
        os.unlink(self.drop("a.csv"))

    def test_several_parts_wait_for_one_deadline(self):
        self.world.stop()
        self.world.case.mount = dict(self.mount, staging_timeout="3s")
        self.world.case.s3 = dict(self.s3, part_size="5M")
        self.world.write_config()
        self.world.start()
        self.expect_log("staging_timeout")
        self.emu.fault(service="s3", method="POST", path="uploads", count=0, status=503)
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(WIDE + WIDE[11:]), "ok")
        begun = time.monotonic()
        self.assertEqual(writer.do("close"), "Input/output error")
        print("flush took", time.monotonic() - begun)
        self.assertLess(time.monotonic() - begun, 5)


class Touched(harness.Case):
    alone = True
    mount = {"settle": "10s"}

    def test_looked_at_after_its_end(self):
        """Opened again and nothing written: what close() promised still holds."""
        self.put("a.csv", DATA)
        keep = subprocess.Popen(["bash", "-c", "exec 5>> a.csv; : >&5; echo ok; read -r x"],
                                cwd=self.drop(), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)
        self.assertEqual(keep.stdout.readline(), b"ok\n")
        self.world.kill()
        keep.stdin.close()
        keep.stdout.close()
        keep.wait()
        self.world.start()
        self.succeeded("a.csv", DATA)

    def test_killed_in_its_first_flush(self):
        self.emu.fault(service="s3", method="PUT", path=".*", count=0, delay_after_ms=60000)
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(DATA), "ok")
        writer.say("close")
        until(lambda: any(self.one("a.csv")["id"] in o["key"] for o in self.emu.objects()), "the object")
        self.world.kill()
        writer._answer()
        self.emu.clear_faults()
        self.world.start()
        self.interrupted("a.csv")


if __name__ == "__main__":
    harness.main()
