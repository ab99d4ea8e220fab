#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""wait = submitted and finished, and amcfs wait."""
import errno
import os

import harness
from harness import people

DATA = people(5)


class Submitted(harness.Case):
    upload = {"wait": "submitted"}

    def test_close_means_accepted(self):
        self.put("a.csv", DATA)
        self.assertEqual(len(self.uploads()), 1)
        self.assertIsNotNone(self.one("a.csv")["amc"]["id"])
        self.succeeded("a.csv", DATA)

    def test_amc_refuses(self):
        self.emu.fault(service="amc", method="POST", path="/uploads/" + self.dataset,
                       status=400, body_json={"code": "BadRequestException",
                                              "details": "no", "errors": ["no"]})
        done = self.sh("cp $1 a.csv", self.source("a", DATA))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Input/output error", done.stderr)
        self.expect_log("warning job: failed")
        record = self.wait_state("a.csv", "failed")
        self.assertEqual(record["error"]["code"], "amc-refused")
        self.assertEqual(self.uploads(), [])


class NotSubmitted(harness.Case):
    upload = {"wait": "submitted", "wait_timeout": "1s"}

    def test_amc_does_not_answer(self):
        self.emu.fault(service="amc", method="POST", path="/uploads/" + self.dataset,
                       status=503, count=0)
        self.expect_log("warning job: queued .*503")
        self.put("a.csv", DATA)
        self.assertEqual(self.uploads(), [])
        self.emu.clear_faults()
        self.succeeded("a.csv", DATA)


class Finished(harness.Case):
    upload = {"wait": "finished"}

    def test_close_means_finished(self):
        self.put("a.csv", DATA)
        self.assertEqual(self.one("a.csv")["state"], "succeeded")
        self.succeeded("a.csv", DATA)

    def test_group_of_writers(self):
        self.ok("{ cat $1; cat $2; } > a.csv", self.source("a", DATA),
                self.source("b", people(2, 50, False)))
        self.succeeded("a.csv", DATA + people(2, 50, False))

    def test_rsync(self):
        self.ok("rsync $1 .", self.source("a.csv", DATA))
        self.succeeded("a.csv", DATA)

    def test_amc_fails(self):
        self.emu.config(fail_uploads=1, fail_message="the moon is full")
        done = self.sh("cp $1 a.csv", self.source("a", DATA))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Input/output error", done.stderr)
        self.expect_log("warning job: failed .*the moon is full")
        record = self.wait_state("a.csv", "failed")
        self.assertEqual(record["error"]["code"], "amc-failed")
        self.assertIn("the moon is full", record["error"]["message"])
        self.assertEqual((record["amc"]["status"], record["amc"]["message"]),
                         ("FAILED", "the moon is full"))

    def test_rejected_at_the_end(self):
        done = self.sh("cp $1 a.csv", self.source("a", b"email,note\n"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Invalid argument", done.stderr)
        self.rejected("a.csv", "no-rows")


class Timeout(harness.Case):
    upload = {"wait": "finished", "wait_timeout": "1s"}

    def test_the_job_goes_on(self):
        self.emu.config(hold_uploads=True)
        done = self.sh("cp $1 a.csv", self.source("a", DATA))
        self.assertEqual(done.returncode, 1)
        self.assertIn(os.strerror(errno.ETIMEDOUT), done.stderr)
        self.wait_state("a.csv", "running")
        done = self.amcfs("wait", "--timeout", "300ms", self.drop("a.csv"))
        self.assertEqual(done.returncode, 124)
        self.assertIn("running", done.stderr)
        self.emu.config(hold_uploads=False)
        self.succeeded("a.csv", DATA)


class AmcFails(harness.Case):
    """wait = staged, the default: the failure is in the record and amcfs wait's."""

    def test_failed(self):
        self.emu.config(fail_uploads=1, fail_message="the moon is full")
        self.put("a.csv", DATA)
        self.expect_log("warning job: failed .*the moon is full")
        done = self.wait_command(self.drop("a.csv"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("the moon is full", done.stderr)
        self.assertEqual(self.wait_state("a.csv", "failed")["error"]["code"],
                         "amc-failed")
        self.assertEqual(len(self.rows()), 0)

    def test_never_a_job(self):
        open(self.drop("empty.csv"), "wb").close()
        done = self.wait_command(self.drop("empty.csv"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("never became a job", done.stderr)


class Clean(harness.Case):
    upload = {"clean": "yes"}

    def test_object_is_removed(self):
        self.put("a.csv", DATA)
        record = self.wait_state("a.csv", "succeeded")
        harness.until(lambda: not self.left_in_s3(record), "S3 to be swept", self.world)
        self.assertEqual(len(self.rows()), 5)


if __name__ == "__main__":
    harness.main()
