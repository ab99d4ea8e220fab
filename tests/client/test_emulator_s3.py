# SPDX-License-Identifier: Apache-2.0
"""The emulator's S3 against Amazon's own signer, request by request."""
import base64
import hashlib
import os
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import BUCKET, Emulator, S3Caller, call, sha  # noqa: E402

MIB = 1 << 20


class S3Case(unittest.TestCase):
    OPTIONS = ()

    def setUp(self):
        self.emu = Emulator(*self.OPTIONS)
        self.addCleanup(self.emu.stop)
        self.s3 = S3Caller(self.emu)

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.xml("Code")), (status, code),
                         answer.body)

    def begin(self, key, **headers):
        answer = self.s3("POST", "/%s/%s?uploads" % (BUCKET, key), **headers)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.xml("UploadId")

    def part(self, key, upload, number, body):
        answer = self.s3("PUT", "/%s/%s?partNumber=%d&uploadId=%s" % (
            BUCKET, key, number, upload), body)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.headers["ETag"]

    def complete(self, key, upload, parts, **headers):
        body = "".join("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>" % p
                       for p in parts)
        body = "<CompleteMultipartUpload>%s</CompleteMultipartUpload>" % body
        return self.s3("POST", "/%s/%s?uploadId=%s" % (BUCKET, key, upload),
                       body.encode(), **headers)


class Signatures(S3Case):
    def test_right_ones_pass(self):
        for target in ("/x", "/a%20b/%C3%A9%2B~", "/p?tagging", "/x//y/../z"):
            with self.subTest(target):
                answer = self.s3("GET", "/%s%s" % (BUCKET, target))
                self.refused(answer, 404, "NoSuchKey")

    def test_wrong_secret(self):
        other = S3Caller(self.emu, secret="wrong")
        self.refused(other("PUT", "/%s/k" % BUCKET, b"x"), 403, "SignatureDoesNotMatch")
        self.assertEqual(self.emu.objects(), [])

    def test_unknown_key_and_anonymous(self):
        other = S3Caller(self.emu, key="AKIANOBODY")
        self.refused(other("GET", "/%s/k" % BUCKET), 403, "InvalidAccessKeyId")
        self.refused(call(self.emu.urls["s3"], "GET", "/%s/k" % BUCKET), 403,
                     "AccessDenied")

    def test_changed_after_signing(self):
        def path(headers):
            headers["X-Amz-Content-SHA256"] = sha("other")
        self.refused(self.s3("PUT", "/%s/k" % BUCKET, b"x", change=path), 403,
                     "SignatureDoesNotMatch")

        def unsigned(headers):
            headers["x-amz-tagging"] = "a=b"
        answer = self.s3("PUT", "/%s/k" % BUCKET, b"x", change=unsigned)
        self.refused(answer, 403, "AccessDenied")
        self.assertEqual(answer.xml("HeadersNotSigned"), "x-amz-tagging")

    def test_payload_differs_from_its_signed_hash(self):
        answer = self.s3("PUT", "/%s/k" % BUCKET, b"what was signed",
                         sent_body=b"what was sent!!")
        self.refused(answer, 400, "XAmzContentSHA256Mismatch")
        self.assertEqual(self.emu.objects(), [])

    def test_wrong_region_names_the_right_one(self):
        answer = self.s3("GET", "/%s" % BUCKET, region="eu-west-1")
        self.refused(answer, 400, "AuthorizationHeaderMalformed")
        self.assertEqual(answer.xml("Region"), "us-east-1")

    def test_skewed_clock(self):
        self.emu.config(s3_skew_s=15 * 60 + 5)
        self.refused(self.s3("GET", "/%s" % BUCKET), 403, "RequestTimeTooSkewed")
        self.emu.config(s3_skew_s=-14 * 60)
        self.assertEqual(self.s3("GET", "/%s" % BUCKET).status, 200)

    def test_session_tokens(self):
        self.emu.seed({"keys": [
            {"access_key_id": "ASIA1", "secret_access_key": "s", "session_token": "t"},
            {"access_key_id": "ASIA2", "secret_access_key": "s", "session_token": "t",
             "expires_at": time.time() - 1}]})
        good = S3Caller(self.emu, key="ASIA1", secret="s", token="t")
        self.assertEqual(good("GET", "/%s" % BUCKET).status, 200)
        bad = S3Caller(self.emu, key="ASIA1", secret="s", token="u")
        self.refused(bad("GET", "/%s" % BUCKET), 400, "InvalidToken")
        old = S3Caller(self.emu, key="ASIA2", secret="s", token="t")
        self.refused(old("GET", "/%s" % BUCKET), 400, "ExpiredToken")

    def test_denied_actions(self):
        self.emu.seed({"keys": [{"access_key_id": "AKIAFEW", "secret_access_key": "s",
                                 "deny": ["s3:PutObjectTagging"]}]})
        few = S3Caller(self.emu, key="AKIAFEW", secret="s")
        self.assertEqual(few("PUT", "/%s/k" % BUCKET, b"x").status, 200)
        self.refused(few("PUT", "/%s/k" % BUCKET, b"x", x_amz_tagging="a=b"), 403,
                     "AccessDenied")


class Objects(S3Case):
    def test_put_get_head_delete(self):
        put = self.s3("PUT", "/%s/a/b%%20c" % BUCKET, b"hello", x_amz_meta_who="me",
                      x_amz_tagging="instanceId=amc1%20amc2&x=")
        self.assertEqual(put.status, 200)
        self.assertEqual(put.headers["ETag"], '"5d41402abc4b2a76b9719d911017c592"')
        self.assertEqual(put.headers["x-amz-server-side-encryption"], "AES256")
        get = self.s3("GET", "/%s/a/b%%20c" % BUCKET)
        self.assertEqual((get.status, get.body), (200, b"hello"))
        self.assertEqual(get.headers["x-amz-meta-who"], "me")
        self.assertEqual(get.headers["x-amz-tagging-count"], "2")
        head = self.s3("HEAD", "/%s/a/b%%20c" % BUCKET)
        self.assertEqual((head.headers["Content-Length"], head.body), ("5", b""))
        part = self.s3("GET", "/%s/a/b%%20c" % BUCKET, Range="bytes=1-3")
        self.assertEqual((part.status, part.body), (206, b"ell"))
        self.refused(self.s3("GET", "/%s/a/b%%20c" % BUCKET, Range="bytes=9-"), 416,
                     "InvalidRange")
        stored = self.emu.objects()[0]
        self.assertEqual((stored["key"], stored["tags"]),
                         ("a/b c", {"instanceId": "amc1 amc2", "x": ""}))
        self.assertEqual(self.s3("DELETE", "/%s/a/b%%20c" % BUCKET).status, 204)
        self.assertEqual(self.s3("DELETE", "/%s/a/b%%20c" % BUCKET).status, 204)
        self.assertEqual(self.s3("HEAD", "/%s/a/b%%20c" % BUCKET).status, 404)

    def test_addressing_by_host(self):
        for host in (BUCKET + ".localhost", BUCKET + ".s3.us-east-1.amazonaws.com"):
            with self.subTest(host):
                self.assertEqual(self.s3("PUT", "/amc/k", host.encode(),
                                         host=host).status, 200)
                self.assertEqual(self.s3("GET", "/%s/amc/k" % BUCKET).body,
                                 host.encode())
        self.refused(self.s3("GET", "/k", host="nobody.localhost"), 404, "NoSuchBucket")

    def test_digests(self):
        right = base64.b64encode(hashlib.md5(b"x").digest()).decode()
        self.assertEqual(self.s3("PUT", "/%s/k" % BUCKET, b"x",
                                 Content_MD5=right).status, 200)
        self.refused(self.s3("PUT", "/%s/k" % BUCKET, b"y", Content_MD5=right), 400,
                     "BadDigest")
        self.refused(self.s3("PUT", "/%s/k" % BUCKET, b"y", Content_MD5="zz"), 400,
                     "InvalidDigest")
        wrong = base64.b64encode(hashlib.sha256(b"n").digest()).decode()
        self.refused(self.s3("PUT", "/%s/k" % BUCKET, b"y",
                             x_amz_checksum_sha256=wrong), 400, "BadDigest")

    def test_encryption_headers(self):
        kms = {"x_amz_server_side_encryption": "aws:kms",
               "x_amz_server_side_encryption_aws_kms_key_id": "key-1"}
        for answer in (self.s3("PUT", "/%s/k" % BUCKET, b"x", **kms),
                       self.s3("HEAD", "/%s/k" % BUCKET)):
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["x-amz-server-side-encryption"], "aws:kms")
            self.assertEqual(
                answer.headers["x-amz-server-side-encryption-aws-kms-key-id"], "key-1")
        upload = self.begin("m", **kms)
        answer = self.s3("PUT", "/%s/m?partNumber=1&uploadId=%s" % (BUCKET, upload),
                         b"x", x_amz_server_side_encryption="aws:kms")
        self.refused(answer, 400, "InvalidArgument")

    def test_if_none_match(self):
        self.assertEqual(self.s3("PUT", "/%s/k" % BUCKET, b"x",
                                 If_None_Match="*").status, 200)
        self.refused(self.s3("PUT", "/%s/k" % BUCKET, b"y", If_None_Match="*"), 412,
                     "PreconditionFailed")

    def test_listing_pages(self):
        for i in range(7):
            self.s3("PUT", "/%s/d%d/f" % (BUCKET, i % 2) + str(i), b"")
        seen, token, pages = [], "", 0
        while True:
            answer = self.s3("GET", "/%s?list-type=2&max-keys=3&prefix=d%s" % (
                BUCKET, token))
            text = answer.body.decode()
            seen += [p.split("</Key>")[0] for p in text.split("<Key>")[1:]]
            pages += 1
            if answer.xml("IsTruncated") == "false":
                break
            token = "&continuation-token=" + answer.xml("NextContinuationToken").replace(
                "=", "%3D").replace("+", "%2B").replace("/", "%2F")
        self.assertEqual(seen, ["d0/f0", "d0/f2", "d0/f4", "d0/f6", "d1/f1", "d1/f3",
                                "d1/f5"])
        self.assertEqual(pages, 3)
        answer = self.s3("GET", "/%s?list-type=2&delimiter=%%2F" % BUCKET)
        self.assertEqual(answer.body.decode().count("<CommonPrefixes>"), 2)
        self.assertEqual(answer.xml("KeyCount"), "2")

    def test_bucket_settings(self):
        self.refused(self.s3("GET", "/%s?policy" % BUCKET), 404, "NoSuchBucketPolicy")
        policy = b'{"Version": "2012-10-17", "Statement": []}'
        self.assertEqual(self.s3("PUT", "/%s?policy" % BUCKET, policy).status, 204)
        self.assertEqual(self.s3("GET", "/%s?policy" % BUCKET).json()["Statement"], [])
        self.refused(self.s3("GET", "/%s?tagging" % BUCKET), 404, "NoSuchTagSet")
        tags = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>" \
            b"</Tagging>"
        digest = base64.b64encode(hashlib.md5(tags).digest()).decode()
        self.assertEqual(self.s3("PUT", "/%s?tagging" % BUCKET, tags,
                                 Content_MD5=digest).status, 204)
        self.assertEqual(self.s3("GET", "/%s?tagging" % BUCKET).xml("Value"), "b")
        digest = base64.b64encode(hashlib.md5(b"<Tagging>").digest()).decode()
        self.refused(self.s3("PUT", "/%s?tagging" % BUCKET, b"<Tagging>",
                             Content_MD5=digest), 400, "MalformedXML")
        self.refused(self.s3("GET", "/%s?lifecycle" % BUCKET), 501, "NotImplemented")


class Multiparts(S3Case):
    def test_whole_life(self):
        upload = self.begin("big", x_amz_tagging="instanceId=amcdemo1")
        one, two = os.urandom(5 * MIB), b"tail"
        self.part("big", upload, 2, b"overwritten")
        tags = [(1, self.part("big", upload, 1, one)),
                (2, self.part("big", upload, 2, two))]
        listed = self.s3("GET", "/%s/big?uploadId=%s" % (BUCKET, upload))
        self.assertEqual(listed.body.decode().count("<Part>"), 2)
        self.assertEqual(self.s3("HEAD", "/%s/big" % BUCKET).status, 404)
        done = self.complete("big", upload, tags)
        self.assertEqual(done.status, 200, done.body)
        self.assertTrue(done.xml("ETag").endswith("-2&quot;"), done.body)
        self.assertEqual(self.emu.get_object(BUCKET, "big"), one + two)
        self.assertEqual(self.emu.objects()[0]["tags"], {"instanceId": "amcdemo1"})
        self.refused(self.complete("big", upload, tags), 404, "NoSuchUpload")

    def test_refusals(self):
        upload = self.begin("k")
        first = self.part("k", upload, 1, b"small")
        second = self.part("k", upload, 2, b"last")
        wrong = '"%s"' % ("0" * 32)
        for code, parts in (("EntityTooSmall", [(1, first), (2, second)]),
                            ("InvalidPart", [(1, wrong)]),
                            ("InvalidPart", [(1, first), (3, second)]),
                            ("InvalidPartOrder", [(2, second), (1, first)]),
                            ("InvalidPartOrder", [(1, first), (1, first)]),
                            ("MalformedXML", [])):
            with self.subTest(code):
                self.refused(self.complete("k", upload, parts), 400, code)
        for number in ("0", "10001", "x"):
            self.refused(self.s3("PUT", "/%s/k?partNumber=%s&uploadId=%s" % (
                BUCKET, number, upload), b"x"), 400, "InvalidArgument")
        self.assertEqual(self.emu.objects(), [])

    def test_abort(self):
        upload = self.begin("k")
        self.part("k", upload, 1, b"x")
        self.assertEqual(len(self.emu.state()["multipart"]), 1)
        listed = self.s3("GET", "/%s?uploads" % BUCKET)
        self.assertEqual(listed.xml("UploadId"), upload)
        target = "/%s/k?uploadId=%s" % (BUCKET, upload)
        self.assertEqual(self.s3("DELETE", target).status, 204)
        self.refused(self.s3("DELETE", target), 404, "NoSuchUpload")
        self.refused(self.s3("PUT", target + "&partNumber=2", b"x"), 404, "NoSuchUpload")
        self.assertEqual(self.emu.state()["multipart"], [])


class Discarded(S3Case):
    OPTIONS = ("--discard-bodies",)

    def test_large_bodies_keep_size_and_hash_only(self):
        body = os.urandom(2 * MIB)
        self.assertEqual(self.s3("PUT", "/%s/big" % BUCKET, body).status, 200)
        self.assertEqual(self.s3("PUT", "/%s/small" % BUCKET, b"abc").status, 200)
        self.assertEqual(self.emu.get_object(BUCKET, "small"), b"abc")
        self.assertEqual(self.emu.get_object(BUCKET, "big"), bytes(len(body)))
        logged = self.emu.requests(path="/big")[0]
        self.assertEqual((logged["size"], logged["sha256"]),
                         (len(body), hashlib.sha256(body).hexdigest()))
        self.refused(self.s3("PUT", "/%s/big" % BUCKET, body,
                             sent_body=bytes(len(body))), 400,
                     "XAmzContentSHA256Mismatch")


class OnDisk(unittest.TestCase):
    def test_objects_and_parts_survive_a_kill(self):
        with tempfile.TemporaryDirectory() as folder:
            emu = Emulator("--state", folder)
            s3 = S3Caller(emu)
            self.assertEqual(s3("PUT", "/%s/k" % BUCKET, b"kept").status, 200)
            upload = s3("POST", "/%s/m?uploads" % BUCKET).xml("UploadId")
            etag = s3("PUT", "/%s/m?partNumber=1&uploadId=%s" % (BUCKET, upload),
                      b"part").headers["ETag"]
            emu.kill()
            with Emulator("--state", folder) as again:
                self.assertEqual(again.get_object(BUCKET, "k"), b"kept")
                body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>" \
                    "<ETag>%s</ETag></Part></CompleteMultipartUpload>" % etag
                done = S3Caller(again)("POST", "/%s/m?uploadId=%s" % (BUCKET, upload),
                                       body.encode())
                self.assertEqual(done.status, 200, done.body)
                self.assertEqual(again.get_object(BUCKET, "m"), b"part")


if __name__ == "__main__":
    unittest.main()
