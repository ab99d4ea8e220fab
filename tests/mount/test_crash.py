#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon is killed: what close() promised is kept, exactly once."""
import os
import signal
import subprocess

import harness
from harness import Writer, people, until

DATA = people(30)


class Crash(harness.Case):
    alone = True
    mount = {"settle": harness.LONG}

    def crash(self):
        self.world.kill()
        self.world.start()

    def test_settling(self):
        self.put("a.csv", DATA)
        self.wait_state("a.csv", "held")
        self.crash()
        self.succeeded("a.csv", DATA)
        self.assertEqual(os.stat(self.drop("a.csv")).st_size, len(DATA))

    def test_listing_survives(self):
        os.makedirs(self.drop("one/two"))
        source = self.source("a.csv", DATA)
        os.utime(source, (1600000000, 1600000000.5))
        self.ok("cp -p $1 one/two/a.csv; chmod 640 one/two/a.csv", source)
        self.crash()
        st = os.stat(self.drop("one/two/a.csv"))
        self.assertEqual((st.st_size, st.st_mtime, st.st_mode & 0o777),
                         (len(DATA), 1600000000.5, 0o640))
        self.succeeded("one/two/a.csv", DATA)

    def test_running(self):
        self.world.emu.config(hold_uploads=True)
        self.world.case.mount = dict(self.mount, settle="0")
        self.world.stop()
        self.world.write_config()
        self.world.start()
        self.put("a.csv", DATA)
        self.wait_state("a.csv", "running")
        self.crash()
        self.assertEqual(self.one("a.csv")["state"], "running")
        self.world.emu.config(hold_uploads=False)
        self.succeeded("a.csv", DATA)

    def test_mid_write(self):
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(DATA), "ok")
        self.world.kill()
        self.assertNotEqual(writer.do("close"), "ok")
        self.world.start()
        record = self.interrupted("a.csv")
        self.assertIn("copy it again", record["error"]["message"])
        self.put("a.csv", DATA)
        self.world.case = self
        self.assertEqual(len(self.records("a.csv")), 2)

    def test_between_two_writes_that_were_closed(self):
        """A shell still has the file open when the daemon dies: not an end."""
        shell = subprocess.Popen(["bash", "-c", "exec 5> a.csv; cat $1 >&5; echo ok; "
                                  "read -r x", "bash", self.source("a", DATA)],
                                 cwd=self.drop(), stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
        self.assertEqual(shell.stdout.readline(), b"ok\n")
        self.world.kill()
        shell.stdin.close()
        shell.stdout.close()
        shell.wait()
        self.world.start()
        self.interrupted("a.csv")

    def test_temporary_name(self):
        self.put(".a.csv.Ab12Cd", DATA)
        self.crash()
        self.assertEqual(self.one(".a.csv.Ab12Cd")["state"], "held")
        os.rename(self.drop(".a.csv.Ab12Cd"), self.drop("a.csv"))
        self.assertEqual(self.world.stop(), 0)
        self.world.start()
        self.succeeded("a.csv", DATA)

    def test_request_under_way(self):
        """AMC got the request; its answer and the daemon are lost."""
        self.world.emu.fault(service="amc", method="POST",
                             path="/uploads/" + self.dataset, delay_after_ms=60000)
        self.restart_without_settle()
        self.put("a.csv", DATA)
        until(lambda: self.uploads(), "AMC to have it", self.world)
        self.crash()
        self.succeeded("a.csv", DATA)

    def test_request_not_arrived(self):
        self.world.emu.fault(service="amc", method="POST",
                             path="/uploads/" + self.dataset, delay_ms=600000)
        self.restart_without_settle()
        self.put("a.csv", DATA)
        until(lambda: self.world.emu.requests("amc", "POST", "/uploads/" + self.dataset),
              "the request", self.world)
        self.crash()
        self.succeeded("a.csv", DATA)

    def restart_without_settle(self):
        self.assertEqual(self.world.stop(), 0)
        self.world.case.mount = dict(self.mount, settle="0")
        self.world.write_config()
        self.world.start()


class Flush(harness.Case):
    """Killed while a flush stages: close() has not answered, so nothing is promised."""
    alone = True
    s3 = {"part_size": "5M"}
    upload = {"compression": "none"}
    emulator = ("--processing-ms", "100")
    BIG = b"email,note\n" + b"kanarie@example.com,%s\n" % (b"x" * 1000) * 8000

    def killed_in_flush(self, data, ready):
        cp = subprocess.Popen(["cp", self.source("a", data), self.drop("a.csv")],
                              stderr=subprocess.DEVNULL)
        until(ready, "the flush to be under way", self.world)
        self.world.kill()
        self.assertNotEqual(cp.wait(), 0)
        self.emu.clear_faults()
        self.world.start()
        self.interrupted("a.csv")
        self.put("a.csv", data)
        self.succeeded("a.csv", data, count=2)

    def test_whole_object_put_and_no_answer(self):
        self.emu.fault(service="s3", method="PUT", delay_after_ms=60000)
        self.killed_in_flush(DATA, self.emu.objects)

    def test_upload_begun_and_no_part_yet(self):
        self.emu.fault(service="s3", method="POST", path="uploads", delay_ms=1000)
        self.emu.fault(service="s3", method="PUT", path="partNumber=", delay_ms=60000,
                       count=0)
        self.killed_in_flush(self.BIG, lambda: len(self.emu.requests(
            "s3", "PUT", "partNumber=")) == 2)

    def test_parts_there_and_not_put_together(self):
        """The last close has answered: the daemon's death changes nothing any more."""
        self.emu.fault(service="s3", method="POST", path="uploadId", delay_ms=60000)
        self.put("a.csv", self.BIG)
        until(lambda: self.emu.requests("s3", "POST", "uploadId"), "the request",
              self.world)
        self.world.kill()
        self.emu.clear_faults()
        self.world.start()
        self.succeeded("a.csv", self.BIG)

    def test_put_together_and_no_answer(self):
        self.emu.fault(service="s3", method="POST", path="uploadId",
                       delay_after_ms=60000)
        self.put("a.csv", self.BIG)
        until(self.emu.objects, "the object", self.world)
        self.world.kill()
        self.world.start()
        self.succeeded("a.csv", self.BIG)


class Stop(harness.Case):
    alone = True
    mount = {"settle": harness.LONG, "stop_timeout": "%ds" % harness.PATIENCE}

    def test_unmount_while_it_settles(self):
        self.put("a.csv", DATA)
        self.assertEqual(self.world.stop(), 0)
        self.world.start()
        self.succeeded("a.csv", DATA)

    def test_sigterm_lets_writers_finish(self):
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(DATA), "ok")
        self.world.daemon.send_signal(signal.SIGTERM)

        def refused():
            try:
                os.close(os.open(self.drop("b.csv"), os.O_WRONLY | os.O_CREAT))
            except OSError:
                return True
            return False
        until(refused, "new files to be refused", self.world)
        self.assertEqual(writer.write(people(2, 60, False)), "ok")
        self.assertEqual(writer.do("close"), "ok")
        self.assertEqual(self.world.ended(), 0)
        self.world.start()
        self.succeeded("a.csv", DATA + people(2, 60, False))


class StopImpatient(harness.Case):
    alone = True
    mount = {"stop_timeout": "300ms"}
    lsan = "leak:op_create"  # the kernel never gave that handle back

    def test_sigterm_with_a_writer_that_stays(self):
        self.expect_log("stop_timeout is over")
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(DATA), "ok")
        self.world.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.world.ended(), 0)
        self.world.clear_stale()
        self.assertNotEqual(writer.do("close"), "ok")
        self.world.start()
        self.interrupted("a.csv")


class LostAnswer(harness.Case):
    alone = True

    def setUp(self):
        super().setUp()
        self.expect_log("warning job: queued ")

    def test_cut_after_the_request_was_done(self):
        self.world.emu.fault(service="amc", method="POST",
                             path="/uploads/" + self.dataset, cut="after")
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)
        self.assertEqual(len(self.emu.requests("amc", "POST",
                                               "/uploads/" + self.dataset)), 1)

    def test_cut_before_it_was_done(self):
        self.world.emu.fault(service="amc", method="POST",
                             path="/uploads/" + self.dataset, cut="body", cut_bytes=9)
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)

    def test_server_error_after_the_request_was_done(self):
        self.world.emu.fault(service="amc", method="POST",
                             path="/uploads/" + self.dataset, status=504, after=True)
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)


if __name__ == "__main__":
    harness.main()
