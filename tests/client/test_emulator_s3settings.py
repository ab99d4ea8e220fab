# SPDX-License-Identifier: Apache-2.0
"""The emulator's S3 beyond plain objects: checksums of parts, encryption with KMS,
regions and their redirects, policies and tags of buckets."""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
import zlib

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import BUCKET, AmcCaller, Emulator, S3Caller  # noqa: E402

AWS = "/usr/bin/aws"
MIB = 1 << 20
KEY = "arn:aws:kms:us-east-1:123456789012:key/one"
SSE = {"x_amz_server_side_encryption": "aws:kms",
       "x_amz_server_side_encryption_aws_kms_key_id": KEY}


def b64(raw):
    return base64.b64encode(raw).decode()


def sha256(body):
    return b64(hashlib.sha256(body).digest())


class SettingsCase(unittest.TestCase):
    def setUp(self):
        self.emu = Emulator("--processing-ms", "0")
        self.addCleanup(self.emu.stop)
        self.s3 = S3Caller(self.emu)

    def refused(self, answer, status, code, text=""):
        self.assertEqual((answer.status, answer.xml("Code")), (status, code),
                         answer.body)
        self.assertIn(text, answer.xml("Message"))

    def begin(self, **headers):
        answer = self.s3("POST", "/%s/k?uploads" % BUCKET, **headers)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.xml("UploadId")

    def part(self, upload, number, body, **headers):
        return self.s3("PUT", "/%s/k?partNumber=%d&uploadId=%s" % (
            BUCKET, number, upload), body, **headers)

    def complete(self, upload, parts):
        """parts: [{member: value}]"""
        inside = "".join("<Part>%s</Part>" % "".join(
            "<%s>%s</%s>" % (n, v, n) for n, v in part.items()) for part in parts)
        return self.s3("POST", "/%s/k?uploadId=%s" % (BUCKET, upload), (
            "<CompleteMultipartUpload>%s</CompleteMultipartUpload>" % inside).encode())


class Checksums(SettingsCase):
    # The check values of the catalogue of parametrised CRC algorithms.
    CHECK = b"123456789"
    SUMS = {"crc32": b64(bytes.fromhex("cbf43926")),
            "crc32c": b64(bytes.fromhex("e3069283")),
            "crc64nvme": b64(bytes.fromhex("ae8b14860a799888")),
            "sha1": b64(hashlib.sha1(CHECK).digest()), "sha256": sha256(CHECK)}

    def test_every_algorithm(self):
        for name, value in self.SUMS.items():
            header = "x-amz-checksum-" + name
            answer = self.s3("PUT", "/%s/k" % BUCKET, self.CHECK, **{header: value})
            self.assertEqual((answer.status, answer.headers[header]), (200, value), name)
            self.assertEqual(self.emu.objects()[0]["checksums"], {name: value})
            self.refused(self.s3("PUT", "/%s/k" % BUCKET, b"other", **{header: value}),
                         400, "BadDigest", name.upper())
            self.refused(self.s3("PUT", "/%s/k" % BUCKET, b"x", **{header: "AA=="}), 400,
                         "InvalidRequest", header)
            head = self.s3("HEAD", "/%s/k" % BUCKET, x_amz_checksum_mode="ENABLED")
            self.assertEqual((head.headers[header], head.headers["x-amz-checksum-type"]),
                             (value, "FULL_OBJECT"))
            self.assertIsNone(self.s3("HEAD", "/%s/k" % BUCKET).headers[header])
        self.refused(self.s3("PUT", "/%s/k" % BUCKET, self.CHECK, **{
            "x-amz-checksum-" + n: self.SUMS[n] for n in ("sha1", "sha256")}), 400,
            "InvalidRequest", "single")

    def test_parts(self):
        upload = self.begin(x_amz_checksum_algorithm="SHA256")
        bodies = [os.urandom(5 * MIB), b"tail"]
        self.refused(self.part(upload, 1, bodies[0]), 400, "InvalidRequest",
                     "expected checksum Type: sha256, actual checksum Type: null")
        crc = b64(zlib.crc32(bodies[0]).to_bytes(4, "big"))
        self.refused(self.part(upload, 1, bodies[0], x_amz_checksum_crc32=crc), 400,
                     "InvalidRequest", "actual checksum Type: crc32")
        self.refused(self.part(upload, 1, bodies[0], x_amz_checksum_sha256=sha256(b"")),
                     400, "BadDigest")
        parts = []
        for number, body in enumerate(bodies, 1):
            answer = self.part(upload, number, body, x_amz_checksum_sha256=sha256(body))
            self.assertEqual(answer.headers["x-amz-checksum-sha256"], sha256(body))
            parts.append({"PartNumber": number, "ETag": answer.headers["ETag"],
                          "ChecksumSHA256": sha256(body)})
        listed = self.s3("GET", "/%s/k?uploadId=%s" % (BUCKET, upload))
        self.assertEqual((listed.xml("ChecksumAlgorithm"), listed.xml("ChecksumSHA256")),
                         ("SHA256", sha256(bodies[0])))
        lacking = [{n: p[n] for n in ("PartNumber", "ETag")} for p in parts]
        self.refused(self.complete(upload, lacking), 400, "InvalidRequest",
                     "missing for part 1")
        wrong = [dict(parts[0], ChecksumSHA256=sha256(b"")), parts[1]]
        self.refused(self.complete(upload, wrong), 400, "InvalidPart")
        done = self.complete(upload, parts)
        whole = sha256(b"".join(hashlib.sha256(b).digest() for b in bodies)) + "-2"
        self.assertEqual((done.status, done.xml("ChecksumSHA256")), (200, whole))
        stored = self.emu.objects()[0]
        self.assertEqual((stored["checksums"], stored["part_checksums"]),
                         ({"sha256": whole}, [{"sha256": sha256(b)} for b in bodies]))
        head = self.s3("HEAD", "/%s/k" % BUCKET, x_amz_checksum_mode="ENABLED")
        self.assertEqual((head.headers["x-amz-checksum-sha256"],
                          head.headers["x-amz-checksum-type"]), (whole, "COMPOSITE"))

    def test_unasked_for_in_the_beginning(self):
        upload = self.begin()
        one = self.part(upload, 1, b"a", x_amz_checksum_sha256=sha256(b"a"))
        self.assertEqual(self.complete(upload, [{
            "PartNumber": 1, "ETag": one.headers["ETag"]}]).status, 200)
        self.assertEqual(self.emu.objects()[0]["part_checksums"],
                         [{"sha256": sha256(b"a")}])
        self.refused(self.s3("POST", "/%s/k?uploads" % BUCKET,
                             x_amz_checksum_algorithm="MD4"), 400, "InvalidRequest")

    def test_demanded(self):
        self.emu.config(need_checksums=True)
        upload = self.begin()
        self.refused(self.part(upload, 1, b"x"), 400, "InvalidRequest", "checksum")
        self.refused(self.s3("PUT", "/%s/k" % BUCKET, b"x"), 400, "InvalidRequest")
        md5 = b64(hashlib.md5(b"x").digest())
        self.assertEqual(self.part(upload, 1, b"x", Content_MD5=md5).status, 200)
        self.assertEqual(self.part(upload, 1, b"x", x_amz_checksum_sha256=sha256(
            b"x")).status, 200)

    def test_amazons_own_client(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"part")
            file.flush()

            def api(name, *words):
                done = subprocess.run(
                    [AWS, "--endpoint-url", self.emu.urls["s3"], "--output", "json",
                     "s3api", name, "--bucket", BUCKET, "--key", "k", *words],
                    env=self.emu.aws_environment(), capture_output=True, text=True,
                    timeout=120, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                return json.loads(done.stdout)
            begun = api("create-multipart-upload", "--checksum-algorithm", "SHA256")
            self.assertEqual(begun["ChecksumAlgorithm"], "SHA256")
            ident = ("--upload-id", begun["UploadId"])
            part = api("upload-part", *ident, "--part-number", "1", "--body", file.name,
                       "--checksum-algorithm", "SHA256")
            self.assertEqual(part["ChecksumSHA256"], sha256(b"part"))
            done = api("complete-multipart-upload", *ident, "--multipart-upload",
                       json.dumps({"Parts": [{"PartNumber": 1, "ETag": part["ETag"],
                                              "ChecksumSHA256": sha256(b"part")}]}))
            head = api("head-object", "--checksum-mode", "ENABLED")
            self.assertEqual(head["ChecksumSHA256"], done["ChecksumSHA256"])
            self.assertTrue(done["ChecksumSHA256"].endswith("-1"))


class Encryption(SettingsCase):
    def put(self, caller=None, **headers):
        return (caller or self.s3)("PUT", "/%s/k" % BUCKET, b"x", **headers)

    def test_keys_there_are(self):
        self.emu.config(kms_keys=[KEY])
        self.assertEqual(self.put(**SSE).status, 200)
        other = dict(SSE, x_amz_server_side_encryption_aws_kms_key_id="other")
        self.refused(self.put(**other), 400, "KMS.NotFoundException")
        self.refused(self.s3("POST", "/%s/k?uploads" % BUCKET, **other), 400,
                     "KMS.NotFoundException")
        self.assertEqual(self.emu.objects()[0]["sse"], {
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": KEY})

    def test_rights_to_the_key(self):
        for right, one, many in (("kms:GenerateDataKey", 403, 403),
                                 ("kms:Decrypt", 200, 403), ("kms:Other", 200, 200)):
            self.emu.seed({"keys": [{"access_key_id": "AKIAFEW", "secret_access_key": "s",
                                     "deny": [right]}]})
            few = S3Caller(self.emu, key="AKIAFEW", secret="s")
            self.assertEqual(self.put(few, **SSE).status, one, right)
            self.assertEqual(few("POST", "/%s/k?uploads" % BUCKET, **SSE).status, many)
            self.assertEqual(self.put(few).status, 200)

    def test_demanded_and_default(self):
        answer = self.s3("GET", "/%s?encryption" % BUCKET)
        self.assertEqual(answer.xml("SSEAlgorithm"), "AES256")
        self.emu.config(need_kms=True)
        self.refused(self.put(), 403, "AccessDenied", "aws:kms")
        self.assertEqual(self.put(**SSE).status, 200)
        self.emu.seed({"buckets": [{"name": BUCKET, "kms_key_id": KEY}]})
        answer = self.put()
        self.assertEqual(answer.headers["x-amz-server-side-encryption-aws-kms-key-id"],
                         KEY)
        self.assertEqual(self.s3("GET", "/%s?encryption" % BUCKET).xml("KMSMasterKeyID"),
                         KEY)
        upload = self.begin()
        self.assertEqual(self.part(upload, 1, b"x").headers[
            "x-amz-server-side-encryption"], "aws:kms")
        self.refused(self.put(x_amz_server_side_encryption="AES256"), 403, "AccessDenied")


class Regions(SettingsCase):
    def setUp(self):
        super().setUp()
        self.emu.seed({"buckets": [{"name": "in-europe", "region": "eu-central-1"}]})

    def test_malformed(self):
        answer = self.s3("PUT", "/in-europe/k", b"x")
        self.refused(answer, 400, "AuthorizationHeaderMalformed",
                     "the region 'us-east-1' is wrong; expecting 'eu-central-1'")
        self.assertEqual((answer.xml("Region"), answer.headers["x-amz-bucket-region"]),
                         ("eu-central-1", "eu-central-1"))
        head = self.s3("HEAD", "/in-europe")
        self.assertEqual((head.status, head.body, head.headers["x-amz-bucket-region"]),
                         (400, b"", "eu-central-1"))
        answer = self.s3("PUT", "/in-europe/k", b"x", region="eu-central-1")
        self.assertEqual(answer.status, 200)

    def test_redirect(self):
        self.emu.config(s3_wrong_region="redirect")
        answer = self.s3("PUT", "/in-europe/k", b"x")
        self.refused(answer, 301, "PermanentRedirect", "endpoint")
        self.assertEqual((answer.xml("Endpoint"), answer.xml("Region"),
                          answer.headers["x-amz-bucket-region"],
                          answer.headers["Location"]),
                         ("in-europe.s3.eu-central-1.amazonaws.com", None,
                          "eu-central-1", None))
        wrong = S3Caller(self.emu, secret="wrong")
        self.refused(wrong("PUT", "/in-europe/k", b"x"), 403, "SignatureDoesNotMatch")
        self.emu.config(s3_wrong_region="bare")
        answer = self.s3("PUT", "/in-europe/k", b"x")
        self.assertEqual((answer.status, answer.xml("Endpoint"),
                          answer.headers["x-amz-bucket-region"]), (301, None, None))
        self.assertEqual(self.emu.objects(), [])
        answer = self.s3("PUT", "/in-europe/k", b"x", region="eu-central-1")
        self.assertEqual(answer.status, 200)
        self.refused(self.s3("GET", "/nobody/k"), 404, "NoSuchBucket")

    def test_where_a_bucket_is(self):
        for region in ("us-east-1", "eu-central-1", "eu-west-1"):
            answer = self.s3("GET", "/in-europe?location", region=region)
            self.assertEqual(answer.xml("LocationConstraint") or
                             answer.body.decode().split(">")[1].split("<")[0],
                             "eu-central-1")
        body = b"<CreateBucketConfiguration><LocationConstraint>ap-south-1" \
            b"</LocationConstraint></CreateBucketConfiguration>"
        self.assertEqual(self.s3("PUT", "/in-asia", body).status, 200)
        self.assertEqual(self.s3("HEAD", "/in-asia", region="ap-south-1").headers[
            "x-amz-bucket-region"], "ap-south-1")

    def test_addressing_by_host(self):
        for host in ("in-europe.s3.eu-central-1.amazonaws.com", "in-europe.localhost"):
            answer = self.s3("PUT", "/dir/k", b"x", host=host, region="eu-central-1")
            self.assertEqual(answer.status, 200)
            self.refused(self.s3("PUT", "/dir/k", b"x", host=host), 400,
                         "AuthorizationHeaderMalformed")
        self.assertEqual([o["key"] for o in self.emu.objects()], ["dir/k"])


class Buckets(SettingsCase):
    ARN = "arn:aws:s3:::" + BUCKET

    def policy(self, **changes):
        statement = dict({
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket",
                       "s3:GetObjectTagging", "s3:GetBucketTagging"],
            "Resource": [self.ARN, self.ARN + "/*"]}, **changes)
        return json.dumps({"Version": "2012-10-17", "Statement": [
            {n: v for n, v in statement.items() if v is not None}]}).encode()

    def put(self, body):
        return self.s3("PUT", "/%s?policy" % BUCKET, body)

    def test_a_policy_that_admits_amc(self):
        amc = AmcCaller(self.emu)
        self.emu.config(require_policy=True)
        self.emu.put_object(BUCKET, "k", b"note\nx\n", "instanceId=amcdemo1")
        for changes, status in (({}, "SUCCESS"), ({"Action": "s3:GetObject"}, "FAILED"),
                                ({"Action": "s3:*"}, "SUCCESS"),
                                ({"Principal": {"AWS": "999999999999"}}, "FAILED"),
                                ({"Resource": self.ARN}, "FAILED"),
                                ({"Effect": "Deny"}, "FAILED"),
                                ({"Condition": {"Bool": {"a": "b"}}}, "FAILED")):
            self.assertEqual(self.put(self.policy(**changes)).status, 204)
            self.assertEqual(amc.finished("customers", "k")["status"], status, changes)
        both = json.loads(self.policy())
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": self.ARN + "/*"}
        secure = dict(deny, Condition={"Bool": {"aws:SecureTransport": "false"}})
        for statement, status in ((secure, "SUCCESS"), (deny, "FAILED")):
            body = dict(both, Statement=both["Statement"] + [statement])
            self.assertEqual(self.put(json.dumps(body).encode()).status, 204)
            self.assertEqual(amc.finished("customers", "k")["status"], status)
        self.assertEqual(self.s3("DELETE", "/%s?policy" % BUCKET).status, 204)
        self.refused(self.s3("GET", "/%s?policy" % BUCKET), 404, "NoSuchBucketPolicy")

    def test_policies_that_are_none(self):
        for body in (b"x", b"[]", b"{}", b'{"Statement": 5}', b'{"Statement": ["x"]}',
                     self.policy(Effect="Maybe"), self.policy(Principal=None),
                     self.policy(Action=None), self.policy(Resource=None),
                     self.policy(Resource="arn:aws:s3:::other/*"),
                     self.policy(Resource=self.ARN + "x")):
            self.refused(self.put(body), 400, "MalformedPolicy")
        few = {"access_key_id": "AKIAFEW", "secret_access_key": "s", "deny": [
            "s3:*BucketPolicy", "s3:PutBucketTagging"]}
        self.emu.seed({"keys": [few]})
        caller = S3Caller(self.emu, key="AKIAFEW", secret="s")
        for method, sub in (("GET", "policy"), ("PUT", "policy"), ("PUT", "tagging")):
            self.refused(caller(method, "/%s?%s" % (BUCKET, sub), b""), 403,
                         "AccessDenied")

    def test_tags(self):
        def tagging(count, **headers):
            inside = "".join("<Tag><Key>k%d</Key><Value>v</Value></Tag>" % i
                             for i in range(count))
            body = ("<Tagging><TagSet>%s</TagSet></Tagging>" % inside).encode()
            return self.s3("PUT", "/%s?tagging" % BUCKET, body, **(headers or {
                "Content-MD5": b64(hashlib.md5(body).digest())}))
        self.refused(tagging(1, x_other="y"), 400, "InvalidRequest", "Content-MD5")
        self.assertEqual(tagging(50).status, 204)
        self.refused(tagging(51), 400, "BadRequest")
        self.assertEqual(len(self.emu.state()["buckets"][0]["tags"]), 50)
        self.assertEqual(self.s3("DELETE", "/%s?tagging" % BUCKET).status, 204)
        self.refused(self.s3("GET", "/%s?tagging" % BUCKET), 404, "NoSuchTagSet")


class OnDisk(unittest.TestCase):
    def test_checksums_and_keys_survive(self):
        with tempfile.TemporaryDirectory() as folder:
            emu = Emulator("--state", folder)
            s3 = S3Caller(emu)
            upload = s3("POST", "/%s/m?uploads" % BUCKET,
                        x_amz_checksum_algorithm="SHA256").xml("UploadId")
            etag = s3("PUT", "/%s/m?partNumber=1&uploadId=%s" % (BUCKET, upload), b"p",
                      x_amz_checksum_sha256=sha256(b"p")).headers["ETag"]
            s3("PUT", "/%s/k" % BUCKET, b"x", x_amz_checksum_sha256=sha256(b"x"))
            keys = emu.session()
            emu.kill()
            with Emulator("--state", folder) as again:
                s3 = S3Caller(again, key=keys["AccessKeyId"],
                              secret=keys["SecretAccessKey"], token=keys["Token"])
                done = s3("POST", "/%s/m?uploadId=%s" % (BUCKET, upload), (
                    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s"
                    "</ETag><ChecksumSHA256>%s</ChecksumSHA256></Part>"
                    "</CompleteMultipartUpload>" % (etag, sha256(b"p"))).encode())
                self.assertEqual(done.status, 200, done.body)
                self.assertEqual([o["part_checksums"] for o in again.objects()],
                                 [[{"sha256": sha256(b"x")}], [{"sha256": sha256(b"p")}]])


if __name__ == "__main__":
    unittest.main()
