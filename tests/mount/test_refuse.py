#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Input that cannot be used: said at once where it can be, and nothing is left."""
import errno
import os

import harness
from harness import Writer, orders, people


class Refuse(harness.Case):
    def cp_fails(self, name, data, reason):
        done = self.sh("cp $1 %s" % name, self.source(name, data))
        self.assertEqual(done.returncode, 1)
        self.assertIn(reason, done.stderr)

    def test_missing_columns(self):
        self.use_fact()
        data = orders(20000).replace(b"purchase_time,order_id", b"bought_at,number", 1)
        self.cp_fails("a.csv", data, "Invalid argument")
        record = self.rejected("a.csv", "missing-column")
        for name in ("purchase_time", "order_id"):
            self.assertIn(name, record["error"]["message"])
        self.assertLess(record["bytes_in"], len(data))
        self.assertEqual(record["rows_out"], 0)
        self.assertEqual(self.s3_requests(record, "PUT"), [])
        with open(self.dataset_dir("status"), encoding="utf-8") as f:
            text = f.read()
        self.assertRegex(text, r"rejected.*a\.csv")
        self.assertIn("purchase_time", text)

    def test_no_known_column(self):
        self.cp_fails("a.csv", b"kanarie@example.com,2\nkanarie2@example.com,3\n",
                      "Invalid argument")
        self.rejected("a.csv", "missing-column")

    def test_duplicate_column(self):
        self.cp_fails("a.csv", b"email,note,note\nkanarie@example.com,1,2\n",
                      "Invalid argument")
        self.assertIn("note", self.rejected("a.csv", "duplicate-column")
                      ["error"]["message"])

    def test_the_error_sticks(self):
        writer = Writer(self, self.drop("a.csv"))
        for text in (b"nothing,of,this\n", b"1,2,3\n", b"email\n"):
            self.assertEqual(writer.write(text), os.strerror(errno.EINVAL))
        self.assertEqual(writer.do("close"), os.strerror(errno.EINVAL))
        self.rejected("a.csv", "missing-column")

    def test_no_rows(self):
        self.put("a.csv", b"email,note\n")
        self.rejected("a.csv", "no-rows")

    def test_every_row_skipped(self):
        self.use_fact()
        self.put("a.csv", b"email,purchase_time,order_id\nkanarie@example.com,,1\n")
        record = self.wait_state("a.csv", "rejected")
        self.expect_log("warning .*rejected")
        self.assertIn(record["error"]["code"], ("no-rows", "too-many-skipped"))
        self.assertEqual(record["skipped"], [{"column": "purchase_time",
                                              "reason": "null", "count": 1,
                                              "lines": [2]}])

    def test_bad_encoding(self):
        data = people(3) + b"kanarie@example.com,,,,,,M\xfcller\n" + people(3, 3, False)
        self.cp_fails("a.csv", data, os.strerror(errno.EILSEQ))
        self.rejected("a.csv", "bad-encoding")

    def test_nul_bytes(self):
        self.cp_fails("a.csv", people(3).decode().encode("utf-16"),
                      os.strerror(errno.EILSEQ))
        self.rejected("a.csv", "bad-encoding")

    def test_too_many_skipped_at_once(self):
        self.use_fact()
        lines = orders(40000).decode().split("\n")
        for at in range(900, 960):
            lines[at] = "kanarie@example.com,never,o,1,1"
        self.cp_fails("a.csv", "\n".join(lines).encode(), "Invalid argument")
        record = self.rejected("a.csv", "too-many-skipped")
        self.assertIn("purchase_time", record["error"]["message"])
        self.assertEqual(record["skipped"][0]["lines"], list(range(901, 911)))

    def test_too_many_skipped_at_the_end(self):
        self.use_fact()
        lines = orders(50).decode().split("\n")
        lines[20] = "kanarie@example.com,never,o,1,1"
        self.put("a.csv", "\n".join(lines).encode())
        record = self.rejected("a.csv", "too-many-skipped")
        self.assertEqual((record["rows_in"], record["rows_out"]), (50, 49))

    def test_open_quote(self):
        self.put("a.csv", people(3) + b'kanarie@example.com,,,,,,"it ends he')
        self.interrupted("a.csv")

    def test_again_after_a_refusal(self):
        self.cp_fails("a.csv", b"nothing\n1\n", "Invalid argument")
        first = self.rejected("a.csv", "missing-column")
        self.put("a.csv", people(3))
        second = self.succeeded("a.csv", people(3), count=2)
        self.assertNotEqual(first["id"], second["id"])

    def test_out_of_order(self):
        self.fails("dd if=$1 of=a.csv bs=100 seek=3 conv=notrunc",
                   self.source("a", people(9)), reason="dd:")
        self.rejected("a.csv", "hole")

    def test_wait_names_the_reason(self):
        self.put("a.csv", b"email,note\n")
        self.rejected("a.csv", "no-rows")
        done = self.amcfs("wait", self.drop("a.csv"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("rejected", done.stderr)
        self.assertIn("no rows", done.stderr)
        self.put("b.csv", people(1))
        done = self.wait_command(self.drop("b.csv"), self.drop("a.csv"))
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("b.csv", done.stderr)
        self.succeeded("b.csv", people(1))


class Limits(harness.Case):
    mount = {"max_file_size": "100K"}
    upload = {"max_skipped": "0", "max_row": "2K"}

    def test_max_file_size(self):
        data = people(5000)
        done = self.sh("cp $1 a.csv", self.source("a", data))
        self.assertEqual(done.returncode, 1)
        self.assertIn("File too large", done.stderr)
        self.rejected("a.csv", "file-too-big")

    def test_row_too_long(self):
        done = self.sh("cp $1 a.csv", self.source("a", people(2, note="x" * 3000)))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Invalid argument", done.stderr)
        self.rejected("a.csv", "row-too-long")

    def test_max_skipped_0(self):
        self.put("a.csv", b"email,points\nkanarie@example.com,1\n"
                          b"kanarie@example.com,x\n")
        self.rejected("a.csv", "too-many-skipped")


class Strategy(harness.Case):
    upload = {"update_strategy": "OVERLAP_KEEP"}

    def test_for_facts_only(self):
        done = self.sh("cp $1 a.csv", self.source("a", people(2)))
        self.assertEqual(done.returncode, 1)
        self.rejected("a.csv", "bad-strategy")
        self.use_fact()
        self.put("b.csv", orders(2))
        self.assertEqual(self.succeeded("b.csv", orders(2))["strategy"], "OVERLAP_KEEP")


if __name__ == "__main__":
    harness.main()
