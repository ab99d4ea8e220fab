#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a file that is copied in becomes: bytes in S3, rows at AMC, a record."""
import base64
import os
import random
import subprocess
import sys

import harness
from harness import INSTANCE, Writer, orders, people, until

FORMAT = {"csvDataFormat": {"fieldDelimiter": ",", "recordDelimiter": "\n",
                            "quoteCharacter": '"', "quoteEscapeCharacter": '"'}}


def bulk(size):
    """Rows that hardly compress, always the same."""
    chance = random.Random(7)
    lines, n, i = ["email,note"], 0, 0
    while n < size:
        noise = base64.b64encode(chance.randbytes(900)).decode()
        lines.append("kanarie%d@example.com,%s" % (i, noise))
        n += len(lines[-1]) + 1
        i += 1
    return ("\n".join(lines) + "\n").encode()


class Copy(harness.Case):
    def test_cp(self):
        data = people(50)
        self.put("customers.csv", data)
        record = self.succeeded("customers.csv", data)
        ident = record["id"]
        key = "amc/%s/%s/%s.csv.gz" % (INSTANCE, self.dataset, ident)
        staged = self.emu.get_object("demo-staging", key)
        upload = self.uploads()[0]
        for name in ("created_at", "updated_at", "finished_at"):
            self.assertRegex(record.pop(name), harness.TIME)
        self.assertEqual(record, {
            "id": ident, "file": "customers.csv", "folder": "upload",
            "operation": "upload",
            "instance": INSTANCE, "dataset": self.dataset, "state": "succeeded",
            "strategy": "ADDITIVE", "country": None, "uid": os.getuid(),
            "bytes_in": len(data), "rows_in": 50, "rows_out": 50, "rows_skipped": 0,
            "line_breaks": 0, "skipped": [], "invalid_values": [],
            "ignored_columns": [],
            "staged": [{"bucket": "demo-staging", "key": key, "bytes": len(staged),
                        "rows": 50}],
            "manifest": None,
            "amc": {"id": upload["uploadId"], "status": "SUCCESS", "message": None,
                    "metrics": {"OutputRowCount": 50}},
            "attempts": 1, "next_attempt_at": None, "error": None})
        self.assertEqual(upload["request"], {
            "updateStrategy": "ADDITIVE", "compressionFormat": "GZIP",
            "fileFormat": FORMAT,
            "dataSource": {"sourceS3Bucket": "demo-staging", "sourceFileS3Key": key}})
        obj = [o for o in self.emu.objects() if o["key"] == key][0]
        self.assertEqual(obj["tags"], {"instanceId": INSTANCE})

    def test_one_put(self):
        self.put("a.csv", people(9))
        record = self.succeeded("a.csv", people(9))
        self.assertEqual([(r["method"], r["path"].partition("?")[2])
                          for r in self.s3_requests(record)], [("PUT", "")])

    def test_listing(self):
        data = people(3)
        source = self.source("a.csv", data)
        os.utime(source, (1600000000, 1600000000.25))
        os.chmod(source, 0o600)
        self.ok("cp $1 a.csv; cp -p $1 b.csv", source)
        for name in ("a.csv", "b.csv"):
            self.assertEqual(os.stat(self.drop(name)).st_size, len(data))
        self.assertEqual(os.stat(self.drop("a.csv")).st_mode & 0o777, 0o220)
        kept = os.stat(self.drop("b.csv"))
        self.assertEqual((kept.st_mtime, kept.st_mode & 0o777), (1600000000.25, 0o600))
        self.wait_state("a.csv", "succeeded")
        self.wait_state("b.csv", "succeeded")
        kept = os.stat(self.drop("b.csv"))
        self.assertEqual((kept.st_mtime, kept.st_size), (1600000000.25, len(data)))
        self.assertEqual(sorted(os.listdir(self.drop())),
                         ["ADDITIVE", "FULL_REPLACE", "a.csv", "b.csv"])

    def test_write_only(self):
        self.put("a.csv", people(1))
        self.succeeded("a.csv", people(1))
        for mode in ("rb", "r+b"):
            with self.assertRaises(PermissionError) if mode == "rb" else \
                    self.assertRaises(OSError):
                with open(self.drop("a.csv"), mode) as f:
                    f.read(1)

    def test_read_while_it_is_received(self):
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(people(1)), "ok")
        fd = os.open(self.drop("a.csv"), os.O_RDONLY)
        with self.assertRaises(PermissionError):
            os.read(fd, 1)
        os.close(fd)
        self.assertEqual(writer.do("close"), "ok")
        self.succeeded("a.csv", people(1))

    def test_fact(self):
        self.use_fact()
        self.put("orders.csv", orders(40))
        self.succeeded("orders.csv", orders(40))

    def test_strategies(self):
        self.use_fact()
        for n, name in enumerate(("ADDITIVE", "FULL_REPLACE", "OVERLAP_REPLACE",
                                  "OVERLAP_KEEP")):
            file = "%s.csv" % name.lower()
            self.put("%s/%s" % (name, file), orders(2, n * 2))
            record = self.wait_state(file, "succeeded")
            self.assertEqual((record["strategy"], record["folder"]),
                             (name, "upload/" + name))
            self.assertEqual(self.uploads()[-1]["request"]["updateStrategy"], name)

    def test_full_replace(self):
        self.put("a.csv", people(5))
        self.succeeded("a.csv", people(5))
        self.put("FULL_REPLACE/b.csv", people(2, 100))
        self.succeeded("b.csv", people(2, 100), uploads=2)
        self.assertEqual(self.rows(), self.expected(people(2, 100)).rows)

    def test_dialects(self):
        plain = people(4).decode()
        self.assertNotIn(";", plain)
        for n, (name, text) in enumerate((
                ("crlf", plain.replace("\n", "\r\n")), ("bom", "\ufeff" + plain),
                ("no-end", plain.rstrip("\n")),
                ("semicolon", "note;EMAIL\n\"x;y\";kanarie@example.com\n"),
                ("tab", "Email\tnote\tother\nkanarie@example.com\tx,y\tz\n"),
                ("break", "email,note\nkanarie@example.com,\"two\r\nlines\"\n"))):
            self.put(name + ".csv", text.encode())
            self.succeeded(name + ".csv", text.encode(), uploads=n + 1)

    def test_skipped_rows(self):
        self.use_fact()
        lines = orders(1000).decode().split("\n")
        lines[3] = "kanarie@example.com,,o,1,1"
        lines[5] = "kanarie@example.com,2024-02-30,o,1,1"
        lines[7] = "kanarie@example.com,2024-02-03,,1,1"
        lines[9] = "kanarie@example.com,2024-02-03,o,1,1,more"
        lines[11] = "kanarie@example.com,2024-02-03,o,x,1"
        lines[13] = "kanarie,2024-02-03,o,1,1"
        data = "\n".join(lines).encode()
        self.put("a.csv", data)
        record = self.succeeded("a.csv", data)
        order = lambda skip: skip["lines"]
        self.assertEqual(sorted(record["skipped"], key=order), [
            {"column": "purchase_time", "reason": "null", "count": 1, "lines": [4]},
            {"column": "purchase_time", "reason": "invalid", "count": 1, "lines": [6]},
            {"column": "order_id", "reason": "null", "count": 1, "lines": [8]},
            {"column": None, "reason": "fields", "count": 1, "lines": [10]},
            {"column": "quantity", "reason": "invalid", "count": 1, "lines": [12]}])
        self.assertEqual(record["invalid_values"], [{"column": "email", "count": 1}])

    def test_hashed_already(self):
        digest = "ABCDEF0123456789" * 4
        data = ("email\n%s\n kanarie@example.com \nx\n" % digest).encode()
        self.put("a.csv", data)
        self.succeeded("a.csv", data)
        self.assertEqual(self.rows()[0]["email"], digest.lower())

    def test_submitted_in_the_order_of_their_ends(self):
        first = Writer(self, self.drop("1.csv"))
        second = Writer(self, self.drop("2.csv"))
        self.assertEqual(first.write(people(1)), "ok")
        self.assertEqual(second.write(people(1, 1)), "ok")
        self.assertEqual(second.do("close"), "ok")
        self.put("3.csv", people(1, 2))
        self.assertEqual(first.do("close"), "ok")
        files = {self.wait_state(n, "succeeded")["amc"]["id"]: n
                 for n in ("1.csv", "2.csv", "3.csv")}
        self.assertEqual([files[u["uploadId"]] for u in self.uploads()],
                         ["2.csv", "3.csv", "1.csv"])

    def test_status_and_wait(self):
        self.put("a.csv", people(2))
        path = self.drop("a.csv")
        done = self.wait_command(path)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.succeeded("a.csv", people(2))
        for where in (self.world.point, self.dataset_dir(), path):
            done = self.amcfs("status", where)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"succeeded.*a\.csv")
        done = self.amcfs("status", "--json", path)
        self.assertEqual(harness.json.loads(done.stdout)["jobs"], self.jobs())
        with open(self.dataset_dir("status"), encoding="utf-8") as f:
            self.assertRegex(f.read(), r"succeeded.*a\.csv")
        self.assertEqual(self.amcfs("wait", self.drop("nothing.csv")).returncode, 1)
        done = self.amcfs("status", self.world.dir)
        self.assertEqual(done.returncode, 1)
        self.assertIn("in no amcfs mount", done.stderr)


class Plain(harness.Case):
    upload = {"compression": "none", "country": "FR"}
    s3 = {"prefix": "a/b", "file_prefix": "f-"}

    def test_compression_none(self):
        self.put("a.csv", people(20))
        record = self.succeeded("a.csv", people(20))
        key = "a/b/%s/%s/f-%s.csv" % (INSTANCE, self.dataset, record["id"])
        self.assertEqual(record["staged"][0]["key"], key)
        self.assertEqual(self.emu.get_object("demo-staging", key),
                         self.expected(people(20)).staged)
        self.assertEqual(self.uploads()[0]["request"]["compressionFormat"], "NONE")

    def test_country_only_where_the_dataset_has_none(self):
        self.put("a.csv", people(1))
        self.succeeded("a.csv", people(1))
        self.assertNotIn("countryCode", self.uploads()[0]["request"])
        bare = harness.dimension("bare")
        del bare["countryCode"]
        self.world.define(bare)
        self.dataset = "bare"
        until(lambda: os.path.isdir(self.drop()), "the data set", self.world)
        self.put("a.csv", people(1))
        record = self.succeeded("a.csv", people(1))
        self.assertEqual(record["country"], "FR")
        self.assertEqual(self.uploads()[0]["request"]["countryCode"], "FR")


class Tail(harness.Case):
    mount = {"settle": harness.LONG}
    s3 = {"part_size": "5M"}
    emulator = ("--processing-ms", "100")

    def test_flushes_between_parts(self):
        """A tail that was staged by a flush makes room for the part it began."""
        data = bulk(14 << 20)
        cuts = [0, 3 << 20, 4 << 20, 9 << 20, 11 << 20, len(data)]
        for at, end in zip(cuts, cuts[1:]):
            self.ok("cat $1 >> x.csv", self.source("piece", data[at:end]))
        self.settle()
        self.succeeded("x.csv", data)


class Big(harness.Case):
    emulator = ("--processing-ms", "100")
    s3 = {"part_size": "5M"}

    def test_multipart(self):
        data = bulk(52 << 20)
        half = len(data) // 2
        self.emu.fault(service="s3", method="PUT", path="partNumber=", hold=True, count=0)
        writer = Writer(self, self.drop("big.csv"))
        writer.say("write " + self.source("first", data[:half]))
        until(lambda: len(self._under_way()) >= 3, "parts side by side", self.world)
        self.emu.clear_faults()
        self.assertEqual(writer.answer(), "ok")
        # the writer has the file open and says nothing until parts have arrived
        self.emu.wait_requests(count=3, method="PUT", path="partNumber=", status=200)
        record = self.one("big.csv")
        self.assertEqual(record["state"], "receiving")
        self.assertGreater(record["bytes_in"], 0)
        self.assertEqual(writer.write(data[half:]), "ok")
        self.assertEqual(writer.do("close"), "ok")
        record = self.succeeded("big.csv", data)
        obj = [o for o in self.emu.objects() if record["id"] in o["key"]][0]
        self.assertEqual(obj["tags"], {"instanceId": INSTANCE})
        self.assertGreater(len(obj["parts"]), 6)
        self.assertEqual(set(obj["parts"][:-1]), {5 << 20})
        self.assertEqual(self.emu.state()["multipart"], [])

    def _under_way(self):
        return [r for r in self.emu.requests("s3", "PUT", "partNumber=") if not r["done"]]

    def test_cp_of_many_rows(self):
        data = people(60000)
        self.put("many.csv", data)
        self.succeeded("many.csv", data)

    def test_pipe(self):
        data = people(30000)
        with open(self.drop("pipe.csv"), "wb") as out:
            done = subprocess.run([sys.executable, "-c", "import sys\n"
                                   "sys.stdout.buffer.write(open(sys.argv[1], 'rb')"
                                   ".read())", self.source("p", data)], stdout=out,
                                  check=False, timeout=harness.PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.succeeded("pipe.csv", data)


if __name__ == "__main__":
    harness.main()
