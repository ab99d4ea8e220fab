# SPDX-License-Identifier: Apache-2.0
"""The emulator's S3 against Amazon's own command line."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import BUCKET, Emulator  # noqa: E402

AWS = "/usr/bin/aws"
MIB = 1 << 20


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.emu = Emulator()
        self.addCleanup(self.emu.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def aws(self, *words, status=0, **env):
        done = subprocess.run(
            [AWS, "--endpoint-url", self.emu.urls["s3"], "--output", "json", *words],
            env=dict(self.emu.aws_environment(), **env), capture_output=True, text=True,
            timeout=120, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(content)
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as f:
            return f.read()

    def test_copy_list_remove_small(self):
        path = self.file("a b.txt", b"hello\n")
        url = "s3://%s/dir/a b+\u00e9.txt" % BUCKET
        self.aws("s3", "cp", path, url)
        self.assertEqual(self.emu.get_object(BUCKET, "dir/a b+\u00e9.txt"), b"hello\n")
        listed = self.aws("s3", "ls", "s3://%s/dir/" % BUCKET).stdout.split()
        self.assertEqual(listed[2:], ["6", "a", "b+\u00e9.txt"])
        self.aws("s3", "cp", url, os.path.join(self.folder, "back"))
        self.assertEqual(self.read("back"), b"hello\n")
        self.aws("s3", "rm", url)
        self.assertEqual(self.emu.objects(), [])

    def test_thirty_megabytes_go_in_parts(self):
        content = os.urandom(30 * MIB)
        self.aws("s3", "cp", self.file("big", content), "s3://%s/big" % BUCKET)
        stored = self.emu.objects()[0]
        self.assertEqual((stored["size"], stored["parts"]),
                         (30 * MIB, [8 * MIB, 8 * MIB, 8 * MIB, 6 * MIB]))
        self.aws("s3", "cp", "s3://%s/big" % BUCKET, os.path.join(self.folder, "back"))
        self.assertEqual(self.read("back"), content)
        head = json.loads(self.aws("s3api", "head-object", "--bucket", BUCKET, "--key",
                                   "big").stdout)
        self.assertEqual((head["ContentLength"], head["ServerSideEncryption"]),
                         (30 * MIB, "AES256"))
        self.assertRegex(head["ETag"], r'^"[0-9a-f]{32}-4"$')

    def test_tags(self):
        self.emu.put_object(BUCKET, "k", b"x")
        self.aws("s3api", "put-object-tagging", "--bucket", BUCKET, "--key", "k",
                 "--tagging", "TagSet=[{Key=instanceId,Value=amc1 amc2}]")
        self.assertEqual(self.emu.objects()[0]["tags"], {"instanceId": "amc1 amc2"})
        got = json.loads(self.aws("s3api", "get-object-tagging", "--bucket", BUCKET,
                                  "--key", "k").stdout)
        self.assertEqual(got["TagSet"], [{"Key": "instanceId", "Value": "amc1 amc2"}])
        self.aws("s3api", "put-bucket-tagging", "--bucket", BUCKET, "--tagging",
                 "TagSet=[{Key=instanceId,Value=amc3}]")
        self.assertEqual(self.emu.state()["buckets"][0]["tags"], {"instanceId": "amc3"})

    def test_wrong_secret_fails(self):
        path = self.file("f", b"x")
        done = self.aws("s3", "cp", path, "s3://%s/f" % BUCKET, status=1,
                        AWS_SECRET_ACCESS_KEY="wrong")
        self.assertIn("SignatureDoesNotMatch", done.stderr)
        self.assertEqual(self.emu.objects(), [])

    def test_multipart_by_hand(self):
        def api(name, *more):
            return json.loads(self.aws("s3api", name, "--bucket", BUCKET, "--key", "m",
                                       *more).stdout or "{}")
        ident = api("create-multipart-upload", "--tagging", "a=b",
                    "--server-side-encryption", "aws:kms")["UploadId"]
        part = api("upload-part", "--upload-id", ident, "--part-number", "1", "--body",
                   self.file("p", b"part"))
        self.assertEqual(part["ServerSideEncryption"], "aws:kms")
        listed = api("list-parts", "--upload-id", ident)["Parts"]
        self.assertEqual([(p["PartNumber"], p["Size"], p["ETag"]) for p in listed],
                         [(1, 4, part["ETag"])])
        api("complete-multipart-upload", "--upload-id", ident, "--multipart-upload",
            json.dumps({"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}))
        self.assertEqual(self.emu.get_object(BUCKET, "m"), b"part")
        self.assertEqual(self.emu.objects()[0]["tags"], {"a": "b"})

    def test_abort(self):
        begun = self.aws("s3api", "create-multipart-upload", "--bucket", BUCKET, "--key",
                         "m")
        ident = json.loads(begun.stdout)["UploadId"]
        found = json.loads(self.aws("s3api", "list-multipart-uploads", "--bucket",
                                    BUCKET).stdout)
        self.assertEqual([u["UploadId"] for u in found["Uploads"]], [ident])
        self.aws("s3api", "abort-multipart-upload", "--bucket", BUCKET, "--key", "m",
                 "--upload-id", ident)
        self.assertEqual(self.emu.state()["multipart"], [])
        done = self.aws("s3api", "abort-multipart-upload", "--bucket", BUCKET, "--key",
                        "m", "--upload-id", ident, status=254)
        self.assertIn("NoSuchUpload", done.stderr)

    def test_buckets(self):
        self.aws("s3", "mb", "s3://another-one")
        self.assertIn("another-one", self.aws("s3", "ls").stdout)
        self.emu.put_object("another-one", "a/1", b"")
        self.emu.put_object("another-one", "a/2", b"")
        self.aws("s3", "rb", "s3://another-one", status=1)
        self.aws("s3", "rm", "--recursive", "s3://another-one")
        self.aws("s3", "rb", "s3://another-one")
        self.aws("s3api", "head-bucket", "--bucket", BUCKET)
        self.aws("s3api", "head-bucket", "--bucket", "another-one", status=254)


if __name__ == "__main__":
    unittest.main()
