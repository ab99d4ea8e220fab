#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What comes at an unlucky moment: between a close and what follows it."""
import contextlib
import ctypes
import errno
import os
import signal
import subprocess

import harness
from harness import Writer, people, until

DATA = people(30)
WIDE = b"email,note\n" + b"kanarie@example.com,%s\n" % (b"x" * 1000) * 7000


class Names(harness.Case):
    mount = {"settle": harness.LONG}

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

    def test_one_of_two_writers_has_closed(self):
        """Its close is no end: nobody may take the file from the other one."""
        first = Writer(self, self.drop("a.csv"))
        self.assertEqual(first.write(DATA), "ok")
        second = Writer(self, self.drop("a.csv"), "append")
        self.assertEqual(second.write(people(2, 40, False)), "ok")
        self.assertEqual(second.do("close"), "ok")
        with self.assertRaises(OSError) as caught:
            open(self.drop("a.csv"), "wb")
        self.assertEqual(caught.exception.errno, errno.EBUSY)
        self.assertEqual(first.do("close"), "ok")
        open(self.drop("a.csv"), "wb").close()

    def test_written_into_while_settling(self):
        """Without O_TRUNC a complete file is no place to write to, and takes no harm."""
        self.put("a.csv", DATA)
        fd = os.open(self.drop("a.csv"), os.O_WRONLY)
        with self.assertRaises(OSError) as caught:
            os.pwrite(fd, b"email\n", 0)
        self.assertEqual(caught.exception.errno, errno.EOPNOTSUPP)
        with contextlib.suppress(OSError):  # the handle has seen an error
            os.close(fd)
        self.assertEqual(self.world.stop(), 0)
        self.world.start()
        self.assertEqual(self.wait_state("a.csv", "succeeded")["rows_out"], 30)

    def test_refused_files_stay_listed(self):
        """Also when the daemon dies before they are closed."""
        self.expect_log("rejected")
        fd = os.open(self.drop("bad.csv"), os.O_WRONLY | os.O_CREAT)
        with self.assertRaises(OSError):
            os.write(fd, b"nothing,of,it\n1,2,3\n")
        self.world.kill()
        with contextlib.suppress(OSError):
            os.close(fd)
        self.world.clear_stale()
        self.world.start()
        self.assertIn("bad.csv", os.listdir(self.drop()))

    def test_announced_too_much(self):
        fd = os.open(self.drop("a.csv"), os.O_WRONLY | os.O_CREAT)
        os.ftruncate(fd, len(DATA) + 1000)
        os.write(fd, DATA)
        os.ftruncate(fd, len(DATA))
        os.close(fd)
        self.assertEqual(os.stat(self.drop("a.csv")).st_size, len(DATA))
        self.assertEqual(self.world.stop(), 0)
        self.world.start()
        self.assertEqual(self.wait_state("a.csv", "succeeded")["rows_out"], 30)

    def test_changed_after_its_removal(self):
        fd = os.open(self.drop("a.csv"), os.O_WRONLY | os.O_CREAT)
        os.write(fd, DATA)
        os.fsync(fd)
        os.unlink(self.drop("a.csv"))
        os.fchmod(fd, 0o600)
        os.utime(fd, (1, 1))
        with contextlib.suppress(OSError):  # what it wrote is withdrawn
            os.close(fd)
        self.assertEqual(self.world.stop(), 0)
        self.world.start()
        self.assertNotIn("a.csv", os.listdir(self.drop()))

    def test_far_times(self):
        open(self.drop("a.csv"), "wb").close()
        for at in (2**33, -2**33, 2**40):
            os.utime(self.drop("a.csv"), (at, at))

    def test_any_offset_of_a_listing(self):
        libc = ctypes.CDLL(None)
        libc.opendir.restype = libc.readdir.restype = ctypes.c_void_p
        folder = ctypes.c_void_p(libc.opendir(self.world.point.encode()))
        self.assertTrue(folder)
        for at in range(80):
            libc.seekdir(folder, ctypes.c_long(at))
            libc.readdir(folder)
        libc.closedir(folder)
        self.assertIn("README", os.listdir(self.world.point))

    def test_no_header_at_all(self):
        """Then a row is taken for the header: its values are told to nobody."""
        row = b"kanarie@example.com,1,2,3\n"
        self.fails("cp $1 a.csv", self.source("a", row * 3), reason="Invalid argument")
        self.rejected("a.csv", "missing-column")


class Slow(harness.Case):
    """S3 answers late."""
    alone = True
    mount = {"settle": "300ms"}
    s3 = {"part_size": "5M"}
    upload = {"compression": "none"}

    def stall(self):
        self.emu.fault(service="s3", method="PUT", path="partNumber", count=0,
                       delay_ms=60000)

    def test_rename_during_a_flush(self):
        self.emu.fault(service="s3", method="PUT", path=".*", count=1, delay_ms=4000)
        writer = Writer(self, self.drop("a.tmp"))
        self.assertEqual(writer.write(DATA), "ok")
        writer.say("close")
        until(lambda: self.emu.requests("s3", "PUT"), "the flush")
        try:
            os.rename(self.drop("a.tmp"), self.drop("a.csv"))
            done = True
        except OSError:
            done = False
        self.assertEqual(writer.answer(), "ok")
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
        self.emu.fault(service="s3", method="POST", path="uploads", count=1,
                       delay_ms=1500)
        self.stall()
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(WIDE), "ok")
        writer.say("close")
        until(lambda: self.emu.requests("s3", "PUT", "partNumber"), "the part")
        self.world.kill()
        writer.answer()
        self.emu.clear_faults()
        self.world.start()
        self.interrupted("a.csv")

    def test_interrupted_before_its_first_byte(self):
        self.stall()
        self.world.stop()
        self.world.case.s3 = dict(self.s3, parallel_parts="1")
        self.world.write_config()
        self.world.start()
        big = subprocess.Popen(["cp", self.source("big", WIDE + WIDE[11:] * 4),
                                self.drop("big.csv")], stderr=subprocess.DEVNULL)
        until(lambda: self.emu.requests("s3", "PUT", "partNumber"), "the part")
        small = subprocess.Popen(["cp", self.source("b", DATA), self.drop("b.csv")],
                                 stderr=subprocess.DEVNULL)
        until(lambda: self.records("b.csv"), "its job")
        small.send_signal(signal.SIGTERM)
        small.wait()
        big.kill()
        big.wait()
        self.emu.clear_faults()
        self.interrupted("big.csv")
        until(lambda: not self.records("b.csv"), "its job to be forgotten")
        self.assertEqual(self.records("b.csv"), [])
        self.assertEqual(self.uploads(), [])

    def test_removed_while_it_is_swept(self):
        self.expect_log("rejected")
        self.emu.fault(service="s3", method="DELETE", path=".*", count=0, delay_ms=3000)
        bad = WIDE + b"kanarie@example.com,x,y\n" * 6000
        self.fails("cp $1 a.csv", self.source("a", bad), reason="")
        until(lambda: self.emu.requests("s3", "DELETE"), "the sweep")
        os.unlink(self.drop("a.csv"))

    def test_one_part_that_fails_is_enough(self):
        """The close does not wait for the others: each has as much patience."""
        self.expect_log("failed")
        first = self.emu.fault(service="s3", method="PUT", path="partNumber=1&",
                               hold=True, status=403)
        self.emu.fault(service="s3", method="PUT", path="partNumber=2&", hold=True)
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(WIDE + WIDE[11:]), "ok")
        writer.say("close")
        until(lambda: self.emu.requests("s3", "PUT", "partNumber=3&"), "the last part")
        self.emu.clear_faults(first)
        self.assertEqual(writer.answer(), "Input/output error")
        self.wait_state("a.csv", "failed")


class Touched(harness.Case):
    alone = True
    mount = {"settle": harness.LONG}

    def test_looked_at_after_its_end(self):
        """Opened again and nothing written: what close() promised still holds."""
        self.put("a.csv", DATA)
        keep = subprocess.Popen(["bash", "-c",
                                 "exec 5>> a.csv; : >&5; echo ok; read -r x"],
                                cwd=self.drop(), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)
        self.assertEqual(keep.stdout.readline(), b"ok\n")
        self.world.kill()
        keep.stdin.close()
        keep.stdout.close()
        keep.wait()
        self.world.start()
        self.settle()  # it was open: it settles anew
        self.succeeded("a.csv", DATA)

    def test_killed_in_its_first_flush(self):
        self.emu.fault(service="s3", method="PUT", path=".*", count=0,
                       delay_after_ms=60000)
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(DATA), "ok")
        writer.say("close")
        until(lambda: self.left_in_s3(self.one("a.csv")), "the object")
        self.world.kill()
        writer.answer()
        self.emu.clear_faults()
        self.world.start()
        self.interrupted("a.csv")


if __name__ == "__main__":
    harness.main()
