# SPDX-License-Identifier: Apache-2.0
"""The emulator's uploads: what they accept, refuse, and do to the rows."""
import gzip
import json
import os
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import BUCKET, CSV, TAG, AmcCaller, Emulator, sha  # noqa: E402

LIST = "/advertiserData/amcdemo1/uploads/list"
A, B = sha("a@example.com"), sha("b@example.com")


class UploadCase(unittest.TestCase):
    def setUp(self):
        self.emu = Emulator("--processing-ms", "0")
        self.addCleanup(self.emu.stop)
        self.amc = AmcCaller(self.emu)

    def stage(self, key, text, tags=TAG):
        self.emu.put_object(BUCKET, key, text.encode() if isinstance(text, str) else text,
                            tags)

    def upload(self, dataset, text, **changes):
        self.stage("k.csv", text)
        return self.amc.finished(dataset, "k.csv", **changes)

    def succeeds(self, rows, dataset, text, **changes):
        upload = self.upload(dataset, text, **changes)
        self.assertEqual((upload["status"], upload["metrics"]),
                         ("SUCCESS", {"OutputRowCount": rows}), upload)
        return upload

    def fails(self, message, dataset, text, **changes):
        before = self.emu.rows("amcdemo1", dataset)
        upload = self.upload(dataset, text, **changes)
        self.assertEqual(upload["status"], "FAILED")
        self.assertIn(message, upload["message"])
        self.assertEqual(self.emu.rows("amcdemo1", dataset), before)

    def column(self, dataset, name):
        return [row[name] for row in self.emu.rows("amcdemo1", dataset)]


class Strategies(UploadCase):
    @staticmethod
    def orders(*rows):
        return "purchase_time,order_id\n" + "".join(
            "2024-01-%02dT%02d:00:00Z,%s\n" % row for row in rows)

    def test_dimension(self):
        self.succeeds(2, "customers", "note\none\ntwo\n")
        self.succeeds(1, "customers", "note\none\n")
        self.assertEqual(self.column("customers", "note"), ["one", "two", "one"])
        self.succeeds(1, "customers", "note\nnew\n", updateStrategy="FULL_REPLACE")
        self.assertEqual(self.column("customers", "note"), ["new"])
        for strategy in ("OVERLAP_REPLACE", "OVERLAP_KEEP", "OTHER"):
            answer = self.amc.upload("customers", "k.csv", updateStrategy=strategy)
            self.assertEqual(answer.status, 400)

    def test_fact(self):
        self.succeeds(3, "orders", self.orders((1, 1, "a"), (1, 2, "b"), (2, 1, "c")))
        self.succeeds(2, "orders", self.orders((2, 3, "d"), (3, 1, "e")),
                      updateStrategy="OVERLAP_REPLACE")
        self.assertEqual(self.column("orders", "order_id"), ["a", "b", "d", "e"])
        self.succeeds(1, "orders", self.orders((3, 5, "f"), (4, 1, "g")),
                      updateStrategy="OVERLAP_KEEP")
        self.assertEqual(self.column("orders", "order_id"), ["a", "b", "d", "e", "g"])
        self.succeeds(1, "orders", self.orders((1, 1, "a")))
        self.assertEqual(self.emu.row_count("amcdemo1", "orders"), 6)
        self.succeeds(1, "orders", self.orders((9, 9, "z")),
                      updateStrategy="FULL_REPLACE")
        self.assertEqual(self.column("orders", "order_id"), ["z"])

    def test_period_cuts_the_partitions(self):
        columns = [{"name": "day", "columnType": "DIMENSION", "dataType": "TIMESTAMP",
                    "isMainEventTime": True},
                   {"name": "v", "columnType": "METRIC", "dataType": "LONG"}]
        for period, left in (("PT1H", ["1", "3"]), ("P1D", ["3"]), ("P1M", ["3"])):
            name = period.lower()
            self.emu.datasets("amcdemo1", [{"dataSetId": name, "period": period,
                                            "columns": columns}])
            self.succeeds(1, name, "day,v\n2024-01-01T00:59:59Z,1\n")
            self.succeeds(1, name, "day,v\n2024-01-01T01:00:00Z,3\n",
                          updateStrategy="OVERLAP_REPLACE")
            self.assertEqual(self.column(name, "v"), left)
        self.succeeds(1, "p1m", "day,v\n2024-01-31T01:00:00Z,4\n",
                      updateStrategy="OVERLAP_REPLACE")
        self.assertEqual(self.column("p1m", "v"), ["4"])


class Rows(UploadCase):
    def test_all_types(self):
        self.succeeds(2, "customers", "email,first_seen,loyalty_points,revenue,country,"
                      'note\n%s,2024-02-29,-5,12.340,GB,"a,""b"""\n,,,,,""\n' % A)
        first, second = self.emu.rows("amcdemo1", "customers")
        self.assertEqual(first, {
            "email": A, "phone": None, "first_name": None, "last_name": None,
            "zip": None, "first_seen": "2024-02-29", "loyalty_points": "-5",
            "revenue": "12.340", "country": "GB", "note": 'a,"b"', "user_id": None,
            "user_id_type": None})
        self.assertEqual(set(second.values()), {None})

    def test_bad_cells(self):
        plain = "someone@example.com"
        for column, value in (
                ("email", plain), ("email", A.upper()), ("email", A[:-1]),
                ("email", A + " "), ("zip", "12345"), ("first_seen", "2023-02-29"),
                ("first_seen", "6/15/2024"), ("first_seen", "2024-06-15T00:00:00Z"),
                ("loyalty_points", "2147483648"), ("loyalty_points", "1.0"),
                ("loyalty_points", "+1"), ("revenue", "1e3"), ("revenue", ".5"),
                ("revenue", "5."), ("revenue", "$5"), ("country", "us"),
                ("country", "UK"), ("country", "USA")):
            with self.subTest((column, value)):
                self.fails("line 3, column %s:" % column, "customers",
                           "note,%s\nx,\ny,%s\n" % (column, value))
        self.assertNotIn(plain, json.dumps(self.emu.state()))
        for value in ("2024-01-01 00:00:00", "2024-01-01T24:00:00Z",
                      "2024-01-01T00:00:00.5Z", "1704067200"):
            with self.subTest(value):
                self.fails("line 2, column purchase_time", "orders",
                           "purchase_time,order_id\n%s,1\n" % value)

    def test_columns(self):
        self.fails("Column surplus is not in", "customers", "note,surplus\nx,y\n")
        self.fails("Column note occurs twice", "customers", "note,note\nx,y\n")
        self.fails("Column Note is not in", "customers", "Note\nx\n")
        self.fails("Column order_id is missing", "orders",
                   "purchase_time\n2024-01-01T00:00:00Z\n")
        self.fails("Column purchase_time is missing", "orders", "order_id\n1\n")
        self.fails("line 2, column order_id: null", "orders",
                   "purchase_time,order_id\n2024-01-01T00:00:00Z,\n")
        self.fails("line 3: 3 fields", "customers", "note,email\nx,\ny,,z\n")
        self.fails("no header", "customers", "")
        self.fails("carriage return", "customers", "note\r\nx\r\n")
        self.emu.config(ignore_extra_columns=True)
        self.succeeds(1, "customers", "surplus,note\ny,x\n")
        self.assertEqual(self.column("customers", "note"), ["x"])

    def test_plain_state_zip(self):
        self.emu.config(plain_state_zip=True)
        self.succeeds(1, "customers", "zip\n12345\n")

    def test_compression(self):
        two = gzip.compress(b"note\n") + gzip.compress(b"one\n")
        self.succeeds(1, "customers", two, compressionFormat="GZIP")
        self.fails("cut off", "customers", two[:-1], compressionFormat="GZIP")
        self.fails("not GZIP", "customers", "note\none\n", compressionFormat="GZIP")
        self.fails("not UTF-8", "customers", two)

    def test_json_lines(self):
        self.succeeds(2, "customers",
                      '{"note": "a", "loyalty_points": 3}\n{"note": null}\n',
                      fileFormat={"jsonDataFormat": "LINES"})
        self.assertEqual(self.column("customers", "loyalty_points"), ["3", None])


class Sources(UploadCase):
    def from_source(self, **source):
        return self.amc.finished("customers", dataSource=dict(
            {"sourceS3Bucket": BUCKET}, **source), updateStrategy="FULL_REPLACE")

    def failure(self, **source):
        upload = self.from_source(**source)
        self.assertEqual(upload["status"], "FAILED", upload)
        return upload["message"]

    def test_prefix(self):
        for name in ("1", "2", "sub/3"):
            self.stage("in/" + name, "note\n%s\n" % name)
        self.stage("other", "note\nother\n")
        self.assertEqual(self.from_source(sourceS3Prefix="in/")["metrics"],
                         {"OutputRowCount": 3})
        self.assertEqual(self.column("customers", "note"), ["1", "2", "sub/3"])
        self.assertIn("No such file", self.failure(sourceS3Prefix="nothing/"))

    def test_manifest(self):
        self.emu.seed({"buckets": [{"name": "second-one", "tags": {
            "instanceId": "other amcdemo1"}}]})
        self.stage("1", "note\n1\n")
        self.emu.put_object("second-one", "2", b"note\n2\n")
        self.stage("m", "s3://%s/1\ns3://second-one/2\n" % BUCKET)
        self.assertEqual(self.from_source(sourceManifestS3Key="m")["metrics"],
                         {"OutputRowCount": 2})
        self.assertEqual(self.column("customers", "note"), ["1", "2"])
        self.stage("m", "s3://%s/1\ns3://%s/gone\n" % (BUCKET, BUCKET))
        self.assertIn("gone", self.failure(sourceManifestS3Key="m"))
        self.stage("m", "/1\n")
        self.assertIn("Manifest line 1", self.failure(sourceManifestS3Key="m"))
        self.stage("m", "")
        self.assertIn("no file", self.failure(sourceManifestS3Key="m"))
        self.stage("m", "s3://%s/1\n" % BUCKET, tags="")
        self.assertIn("tagged", self.failure(sourceManifestS3Key="m"))
        self.assertEqual(self.column("customers", "note"), ["1", "2"])

    def test_names_tags_and_policy(self):
        self.stage("dir/_x", "note\n1\n")
        self.assertIn("must not start", self.failure(sourceFileS3Key="dir/_x"))
        self.stage(".x", "note\n1\n")
        self.assertIn("must not start", self.failure(sourceFileS3Key=".x"))
        self.stage("x", "note\n1\n", tags="")
        self.assertIn("instanceId=amcdemo1", self.failure(sourceFileS3Key="x"))
        self.stage("x", "note\n1\n", tags="instanceId=amcdemo11")
        self.assertIn("instanceId=amcdemo1", self.failure(sourceFileS3Key="x"))
        self.assertIn("No such file", self.failure(sourceS3Bucket="not-there",
                                                   sourceFileS3Key="x"))
        self.emu.config(require_tag=False)
        self.assertEqual(self.from_source(sourceFileS3Key="x")["status"], "SUCCESS")
        self.emu.config(require_policy=True)
        self.assertIn("policy", self.failure(sourceFileS3Key="x"))
        arn = "arn:aws:s3:::" + BUCKET
        self.emu.seed({"buckets": [{"name": BUCKET, "policy": {"Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket",
                       "s3:GetObjectTagging", "s3:GetBucketTagging"],
            "Resource": [arn, arn + "/*"]}]}}]})
        self.assertEqual(self.from_source(sourceFileS3Key="x")["status"], "SUCCESS")


class Calls(UploadCase):
    def test_bad_requests(self):
        source = {"sourceS3Bucket": BUCKET, "sourceFileS3Key": "k"}
        for changes in (
                {"updateStrategy": None}, {"compressionFormat": None},
                {"compressionFormat": "gzip"}, {"dataSource": None},
                {"dataSource": {"sourceS3Bucket": BUCKET}},
                {"dataSource": dict(source, sourceS3Prefix="p")},
                {"dataSource": dict(source, sourceS3Bucket="ab")},
                {"fileFormat": {}}, {"fileFormat": dict(CSV, jsonDataFormat="LINES")},
                {"fileFormat": {"csvDataFormat": {"fieldDelimiter": ""}}},
                {"fileFormat": {"jsonDataFormat": "OTHER"}}, {"countryCode": "us"}):
            with self.subTest(changes):
                self.assertEqual(self.amc.upload("customers", "k", **changes).status, 400)
        self.assertEqual(self.amc.upload("nothing", "k").status, 404)
        self.assertEqual(self.emu.uploads(), [])
        self.assertEqual(self.amc.upload("customers", "k", countryCode=None).status, 200)

    def test_life_and_names(self):
        self.stage("k", "note\nx\n")
        self.emu.config(hold_uploads=True)
        created = self.amc.upload("customers", "k", countryCode="US").json()
        self.assertEqual(created["status"], "SUBMITTED")
        path = "/advertiserData/amcdemo1/uploads/customers/" + created["uploadId"]
        self.assertIn(self.amc("GET", path).json()["upload"]["status"],
                      ("SUBMITTED", "IN_PROGRESS"))
        self.assertEqual(self.emu.rows("amcdemo1", "customers"), [])
        self.emu.config(hold_uploads=False)
        self.emu.wait_uploads()
        upload = self.amc("GET", path).json()["upload"]
        self.assertRegex(upload.pop("createdAt"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertRegex(upload.pop("updatedAt"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(upload, {
            "uploadId": created["uploadId"], "instanceId": "amcdemo1",
            "dataSetId": "customers", "status": "SUCCESS", "countryCode": "US",
            "dataSource": {"sourceS3Bucket": BUCKET, "sourceFileS3Key": "k"},
            "metrics": {"OutputRowCount": 1}})
        self.assertEqual(self.amc("GET", path + "0").status, 404)
        self.emu.config(status_names="docs", metrics_empty=True)
        self.assertEqual(self.amc.upload("customers", "k").json()["status"], "PENDING")
        last = self.amc.finished("customers", "k")
        self.assertEqual((last["status"], last["metrics"]), ("COMPLETED", {}))

    def test_time_passes(self):
        self.emu.config(processing_ms=3600000)
        self.stage("k", "note\nx\n")
        ident = self.amc.upload("customers", "k").json()["uploadId"]
        path = "/advertiserData/amcdemo1/uploads/customers/" + ident
        self.assertEqual(self.amc("GET", path).json()["upload"]["status"], "SUBMITTED")
        self.emu.advance(3601)
        self.emu.wait_uploads()
        self.amc = AmcCaller(self.emu)
        self.assertEqual(self.amc("GET", path).json()["upload"]["status"], "SUCCESS")

    def test_failing_on_demand(self):
        self.stage("k", "note\nx\n")
        self.emu.config(fail_uploads=1, fail_message="no luck")
        first = self.amc.finished("customers", "k")
        self.assertEqual((first["status"], first["message"]), ("FAILED", "no luck"))
        self.assertEqual(self.amc.finished("customers", "k")["status"], "SUCCESS")

    def test_listing(self):
        self.stage("k", "note\nx\n")
        ids = []
        for dataset, key in (("customers", "k"), ("customers", "gone"), ("orders", "k")):
            ids.append(self.amc.finished(dataset, key)["uploadId"])
            self.emu.advance(10)

        def listed(**query):
            answer = self.amc("POST", LIST + "?" + urllib.parse.urlencode(query))
            self.assertEqual(answer.status, 200, answer.body)
            return [u["uploadId"] for u in answer.json()["uploads"]]
        self.assertEqual(listed(), ids[::-1])
        self.assertEqual(listed(dataSetId="customers"), ids[1::-1])
        self.assertEqual(listed(status="SUCCESS"), ids[:1])
        self.assertEqual(listed(status="FAILED"), ids[:0:-1])
        middle = self.emu.uploads()[1]["createdAt"]
        for comparator, expected in (("EQ", ids[1:2]), ("GT", ids[2:]),
                                     ("GTE", ids[:0:-1]), ("LT", ids[:1]),
                                     ("LTE", ids[1::-1])):
            self.assertEqual(listed(createdAt=middle, createdAtComparator=comparator),
                             expected, comparator)
        page = self.amc("POST", LIST + "?maxResults=2").json()
        rest = listed(maxResults=2, nextToken=page["nextToken"])
        self.assertEqual([u["uploadId"] for u in page["uploads"]] + rest, ids[::-1])
        for query in ("status=DONE", "createdAtComparator=GT", "createdAt=yesterday",
                      "createdAt=%s&createdAtComparator=NE" % middle):
            self.assertEqual(self.amc("POST", LIST + "?" + query).status, 400, query)

    def test_the_log_holds_what_was_sent(self):
        self.stage("k", "note\nx\n")
        self.amc.finished("customers", "k", countryCode="US")
        sent = [r for r in self.emu.requests("amc", "POST") if "customers" in r["path"]]
        self.assertEqual(len(sent), 1)
        body = json.loads(sent[0]["body"])
        self.assertEqual(body, self.emu.uploads()[0]["request"])
        self.assertEqual((sent[0]["status"], sent[0]["headers"]["content-type"]),
                         (200, "application/json"))


class OnDisk(unittest.TestCase):
    def test_a_restart_resumes(self):
        with tempfile.TemporaryDirectory() as folder, \
                Emulator("--state", folder, "--processing-ms", "0",
                         restarts=True) as emu:
            amc = AmcCaller(emu)
            emu.put_object(BUCKET, "k", b"note\nx\n", TAG)
            first = amc.finished("customers", "k")
            emu.config(hold_uploads=True)
            second = amc.upload("customers", "k").json()["uploadId"]
            before = emu.urls
            emu.restart()
            self.assertEqual({n: v for n, v in emu.urls.items() if n != "pid"},
                             {n: v for n, v in before.items() if n != "pid"})
            emu.wait_uploads()
            uploads = emu.uploads()
            self.assertEqual([(u["uploadId"], u["status"]) for u in uploads],
                             [(first["uploadId"], "SUCCESS"), (second, "SUCCESS")])
            self.assertEqual(len(emu.rows("amcdemo1", "customers")), 2)
            self.assertEqual(amc("GET", "/accounts").status, 200)


if __name__ == "__main__":
    unittest.main()
