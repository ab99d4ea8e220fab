#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AMC, Login with Amazon and S3 fail, and come back or don't."""
import harness
from harness import people

DATA = people(30)


class Faults(harness.Case):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.emu.clear_faults)

        self.expect_log("warning job: queued ")

    def create(self):
        return "/uploads/" + self.dataset

    def test_amc_server_errors(self):
        self.emu.fault(service="amc", method="POST", path=self.create(), status=500,
                       count=1)
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)

    def test_amc_throttles(self):
        self.emu.fault(service="amc", method="POST", path=self.create(), status=429,
                       headers={"Retry-After": "1"}, count=2)
        self.put("a.csv", DATA)
        record = self.succeeded("a.csv", DATA)
        self.assertEqual(record["attempts"], 3)

    def test_polling_fails_for_a_while(self):
        self.emu.fault(service="amc", method="GET", path=self.create(), status=503,
                       count=2)
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)

    def test_expired_token(self):
        self.emu.expire_tokens()
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)

    def test_amc_refuses(self):
        self.emu.fault(service="amc", method="POST", path=self.create(), status=400,
                       body_json={"code": "BadRequestException", "details": "not this",
                                  "errors": ["not this"]})
        self.put("a.csv", DATA)
        self.expect_log("warning job: failed .*not this")
        record = self.wait_state("a.csv", "failed")
        self.assertEqual(record["error"]["code"], "amc-refused")
        self.assertIn("not this", record["error"]["message"])
        self.assertEqual(self.uploads(), [])

    def test_s3_slow_down(self):
        self.emu.fault(service="s3", method="PUT", status=503, count=2)
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)

    def test_s3_lost_answer(self):
        self.emu.fault(service="s3", method="PUT", cut="after", count=2)
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)

    def test_s3_refuses(self):
        self.emu.fault(service="s3", method="PUT", status=403, count=0)
        done = self.sh("cp $1 a.csv", self.source("a", DATA))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Input/output error", done.stderr)
        self.emu.clear_faults()
        self.expect_log("warning .*failed")
        self.came_to_nothing("a.csv", "failed", "staging-failed")


class Multipart(harness.Case):
    s3 = {"part_size": "5M"}
    upload = {"compression": "none"}
    emulator = ("--processing-ms", "100")
    BIG = b"email,note\n" + b"kanarie@example.com,%s\n" % (b"x" * 1000) * 14000

    def setUp(self):
        super().setUp()
        self.addCleanup(self.emu.clear_faults)

    def test_parts_are_repeated(self):
        self.emu.fault(service="s3", method="POST", path="uploads", status=503)
        self.emu.fault(service="s3", method="PUT", path="partNumber=2", status=503,
                       count=2)
        self.emu.fault(service="s3", method="PUT", path="partNumber=1", cut="body",
                       cut_bytes=1 << 20)
        self.emu.fault(service="s3", method="POST", path="uploadId", status=500)
        self.put("a.csv", self.BIG)
        self.succeeded("a.csv", self.BIG)
        self.assertEqual(self.emu.state()["multipart"], [])

    def test_complete_says_200_and_an_error(self):
        self.emu.fault(service="s3", method="POST", path="uploadId", status=200,
                       body="<?xml version=\"1.0\"?><Error><Code>InternalError</Code>"
                            "<Message>We encountered an internal error.</Message>"
                            "</Error>", content_type="application/xml")
        self.put("a.csv", self.BIG)
        self.succeeded("a.csv", self.BIG)

    def test_answer_of_complete_is_lost(self):
        self.emu.fault(service="s3", method="POST", path="uploadId", cut="after")
        self.put("a.csv", self.BIG)
        self.succeeded("a.csv", self.BIG)


class S3Down(harness.Case):
    mount = {"staging_timeout": "1s"}

    def test_too_long(self):
        self.emu.fault(service="s3", status=503, count=0)
        self.addCleanup(self.emu.clear_faults)
        done = self.sh("cp $1 a.csv", self.source("a", DATA))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Input/output error", done.stderr)
        with open(self.world.point + "/status.json", encoding="utf-8") as f:
            self.assertTrue(harness.json.load(f)["connections"]["s3"]["error"])
        self.emu.clear_faults()
        self.expect_log("warning .*failed")
        self.came_to_nothing("a.csv", "failed", "staging-failed")
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA, count=2)


if __name__ == "__main__":
    harness.main()
