# SPDX-License-Identifier: Apache-2.0
"""The emulator's temporary keys: STS, the metadata services, and S3's view of them.
Signatures are botocore's, and so are, further down, the whole clients."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import BUCKET, Emulator, S3Caller, call  # noqa: E402
from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

AWS = "/usr/bin/aws"
ROLE = "arn:aws:iam::123456789012:role/demo-uploader"
PARTNER = "arn:aws:iam::210987654321:role/demo-partner"
FORM = "application/x-www-form-urlencoded"
MIB = 1 << 20


class KeyCase(unittest.TestCase):
    OPTIONS = ()

    def setUp(self):
        self.emu = Emulator(*self.OPTIONS)
        self.addCleanup(self.emu.stop)

    def sts(self, secret=None, key=None, token=None, region="us-east-1", sign=True,
            **form):
        form = {n: str(v) for n, v in dict({"Version": "2011-06-15"}, **form).items()
                if v is not None}
        url = self.emu.urls["sts"]
        request = AWSRequest("POST", url + "/", {"Content-Type": FORM},
                             urllib.parse.urlencode(form))
        if sign:
            SigV4Auth(Credentials(key or self.emu.urls["access_key_id"],
                                  secret or self.emu.urls["secret_access_key"], token),
                      "sts", region).add_auth(request)
        return call(url, "POST", "/", request.body, dict(request.headers.items()))

    def assume(self, arn=ROLE, **form):
        return self.sts(**dict({"Action": "AssumeRole", "RoleArn": arn,
                                "RoleSessionName": "amcfs"}, **form))

    def refused(self, answer, status, code, text=""):
        self.assertEqual((answer.status, answer.xml("Code")), (status, code),
                         answer.body)
        self.assertIn(text, answer.xml("Message"))
        self.assertEqual(answer.xml("RequestId"), answer.headers["x-amzn-RequestId"])

    def keys(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        return {"key": answer.xml("AccessKeyId"), "secret": answer.xml("SecretAccessKey"),
                "token": answer.xml("SessionToken")}

    def usable(self, keys):
        return S3Caller(self.emu, **keys)("GET", "/" + BUCKET).status == 200


class Roles(KeyCase):
    def test_keys_for_a_role(self):
        answer = self.assume(DurationSeconds=900)
        keys = self.keys(answer)
        self.assertTrue(keys["key"].startswith("ASIA"))
        self.assertEqual(answer.xml("Arn"), "arn:aws:sts::123456789012:assumed-role/"
                         "demo-uploader/amcfs")
        self.assertRegex(answer.xml("Expiration"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertTrue(self.usable(keys))
        self.assertFalse(self.usable(dict(keys, token=None)))
        self.assertFalse(self.usable(dict(keys, token="other")))
        who = self.sts(Action="GetCallerIdentity", **keys)
        self.assertEqual((who.xml("Arn"), who.xml("Account")), (
            answer.xml("Arn"), "123456789012"))
        given = self.emu.sessions()
        self.assertEqual([(s["role_arn"], s["session"], s["source"], s["seconds"],
                           s["expired"], s["asked"]) for s in given],
                         [(ROLE, "amcfs", "sts", 900, False,
                           {"DurationSeconds": "900"})])

    def test_external_id(self):
        for ident in (None, "other-id"):
            self.refused(self.assume(PARTNER, ExternalId=ident), 403, "AccessDenied",
                         "sts:AssumeRole on resource: " + PARTNER)
        self.assertTrue(self.usable(self.keys(self.assume(
            PARTNER, ExternalId="demo-external-id"))))
        self.assertEqual(self.emu.sessions()[0]["asked"],
                         {"ExternalId": "demo-external-id"})
        self.assertEqual(self.assume(ExternalId="any").status, 200)

    def test_what_is_asked_for_is_checked(self):
        for form, text in (({"arn": "demo-uploader"}, "demo-uploader is invalid"),
                           ({"RoleSessionName": None}, "roleSessionName"),
                           ({"RoleSessionName": "a b"}, "roleSessionName"),
                           ({"RoleSessionName": "a"}, "roleSessionName"),
                           ({"ExternalId": "x"}, "externalId"),
                           ({"DurationSeconds": 899}, "durationSeconds"),
                           ({"DurationSeconds": 43201}, "durationSeconds"),
                           ({"DurationSeconds": "1h"}, "durationSeconds")):
            with self.subTest(form):
                self.refused(self.assume(**form), 400, "ValidationError", text)
        self.refused(self.assume(PARTNER, ExternalId="demo-external-id",
                                 DurationSeconds=3601), 400, "ValidationError",
                     "MaxSessionDuration")
        keys = self.keys(self.assume(DurationSeconds=43200))
        self.refused(self.assume(DurationSeconds=3601, **keys), 400, "ValidationError",
                     "role chaining")
        self.keys(self.assume(DurationSeconds=3600, **keys))
        self.refused(self.assume(ROLE + "-not"), 403, "AccessDenied")
        self.refused(self.assume(Version="2010"), 400, "InvalidAction")
        self.refused(self.sts(Action="GetSessionToken"), 400, "InvalidAction")
        self.refused(self.sts(), 400, "MissingAction")

    def test_who_asks_is_checked(self):
        self.refused(self.assume(secret="wrong"), 403, "SignatureDoesNotMatch")
        self.refused(self.assume(key="AKIANOBODY"), 403, "InvalidClientTokenId")
        self.refused(self.assume(sign=False), 403, "MissingAuthenticationToken")
        keys = self.keys(self.assume())
        self.refused(self.assume(**dict(keys, token="x")), 403, "InvalidClientTokenId")
        self.emu.expire_keys()
        self.refused(self.assume(**keys), 403, "ExpiredToken")
        self.emu.seed({"roles": [{"arn": ROLE, "trusted": ["AKIAOTHER"]}]})
        self.refused(self.assume(), 403, "AccessDenied")
        self.assertEqual(self.assume(PARTNER, ExternalId="demo-external-id",
                                     region="eu-west-1").status, 200)

    def test_web_identity(self):
        def ask(token="demo-web-identity-token", **form):
            return self.assume(**dict({
                "Action": "AssumeRoleWithWebIdentity", "WebIdentityToken": token,
                "sign": False}, **form))
        self.assertTrue(self.usable(self.keys(ask())))
        self.refused(ask("forged"), 400, "InvalidIdentityToken")
        self.refused(ask("x"), 400, "ValidationError")
        self.refused(ask(arn=ROLE + "-not"), 403, "AccessDenied")
        self.refused(ask(DurationSeconds=1), 400, "ValidationError")
        self.emu.seed({"roles": [{"arn": ROLE, "web_identity_tokens": ["second-one"],
                                  "expired_web_identity_tokens":
                                  ["demo-web-identity-token"]}]})
        self.refused(ask(), 400, "ExpiredTokenException")
        self.assertEqual(ask("second-one").status, 200)
        self.assertEqual(self.emu.sessions()[-1]["source"], "web-identity")

    def test_rights_of_a_role(self):
        self.emu.seed({"roles": [{"arn": ROLE, "deny": ["s3:PutObject*"]}]})
        few = S3Caller(self.emu, **self.keys(self.assume()))
        self.assertEqual(few("PUT", "/%s/k" % BUCKET, b"x").xml("Code"), "AccessDenied")
        self.assertEqual(few("GET", "/" + BUCKET).status, 200)

    def test_faults(self):
        self.emu.fault(service="sts", status=503)
        self.assertEqual(self.assume().status, 503)
        self.assertEqual(self.assume().status, 200)


class Ends(KeyCase):
    def test_the_servers_expiration_stands(self):
        self.emu.config(session_seconds=60)
        keys = self.keys(self.assume(DurationSeconds=3600))
        self.assertEqual(self.emu.sessions()[0]["seconds"], 60)
        self.emu.advance(59)
        self.assertTrue(self.usable(keys))
        self.emu.advance(1)
        answer = S3Caller(self.emu, **keys)("GET", "/" + BUCKET)
        self.assertEqual((answer.status, answer.xml("Code")), (400, "ExpiredToken"))

    def test_keys_end_in_mid_upload(self):
        old = S3Caller(self.emu, **self.keys(self.assume()))
        new = S3Caller(self.emu, **self.keys(self.assume()))
        upload = old("POST", "/%s/k?uploads" % BUCKET).xml("UploadId")
        target = "/%s/k?partNumber=%%d&uploadId=%s" % (BUCKET, upload)
        one = old("PUT", target % 1, bytes(5 * MIB)).headers["ETag"]
        self.emu.expire_keys(old.credentials.access_key)
        answer = old("PUT", target % 2, b"tail")
        self.assertEqual((answer.status, answer.xml("Code")), (400, "ExpiredToken"))
        two = new("PUT", target % 2, b"tail").headers["ETag"]
        done = new("POST", "/%s/k?uploadId=%s" % (BUCKET, upload), (
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag>"
            "</Part><Part><PartNumber>2</PartNumber><ETag>%s</ETag></Part>"
            "</CompleteMultipartUpload>" % (one, two)).encode())
        self.assertEqual(done.status, 200, done.body)
        self.assertEqual(self.emu.objects()[0]["size"], 5 * MIB + 4)
        self.assertEqual([s["expired"] for s in self.emu.sessions()], [True, False])

    def test_keys_on_demand(self):
        keys = self.emu.session(seconds=5)
        self.assertEqual(keys["Version"], 1)
        keys = {"key": keys["AccessKeyId"], "secret": keys["SecretAccessKey"],
                "token": keys["SessionToken"]}
        self.assertTrue(self.usable(keys))
        self.emu.advance(5)
        self.assertFalse(self.usable(keys))
        self.emu.seed({"keys": [{"access_key_id": "ASIA1", "secret_access_key": "s",
                                 "session_token": "t", "expires_in_s": 10}]})
        keys = {"key": "ASIA1", "secret": "s", "token": "t"}
        self.assertTrue(self.usable(keys))
        self.emu.advance(10)
        self.assertFalse(self.usable(keys))


class Machines(KeyCase):
    TOKEN = "/latest/api/token"
    CREDENTIALS = "/latest/meta-data/iam/security-credentials/"

    def ask(self, method, where, **headers):
        return call(self.emu.urls["metadata"], method, where, None,
                    {n.replace("_", "-"): v for n, v in headers.items()})

    def token(self, seconds="60", **headers):
        return self.ask("PUT", self.TOKEN, X_aws_ec2_metadata_token_ttl_seconds=seconds,
                        **headers)

    def test_version_2_of_the_metadata_service(self):
        self.assertEqual(self.ask("GET", self.CREDENTIALS).status, 401)
        token = self.token()
        self.assertEqual((token.status,
                          token.headers["X-aws-ec2-metadata-token-ttl-seconds"]),
                         (200, "60"))
        held = {"X_aws_ec2_metadata_token": token.body.decode()}
        role = self.ask("GET", self.CREDENTIALS, **held).body.decode()
        self.assertEqual(role, "demo-uploader")
        got = self.ask("GET", self.CREDENTIALS + role, **held).json()
        self.assertEqual((got["Code"], got["Type"]), ("Success", "AWS-HMAC"))
        self.assertTrue(self.usable({"key": got["AccessKeyId"], "token": got["Token"],
                                     "secret": got["SecretAccessKey"]}))
        self.assertEqual(self.ask("GET", "/latest/meta-data/placement/region",
                                  **held).body, b"us-east-1")
        self.assertEqual(self.ask("GET", self.CREDENTIALS + "other", **held).status, 404)
        self.emu.advance(60)
        self.assertEqual(self.ask("GET", self.CREDENTIALS, **held).status, 401)

    def test_refused(self):
        for seconds in ("", "0", "21601", "x"):
            self.assertEqual(self.token(seconds).status, 400)
        self.assertEqual(self.token(X_Forwarded_For="10.0.0.1").status, 403)
        self.assertEqual(self.ask("GET", self.TOKEN).status, 405)
        self.assertEqual(self.ask("GET", self.CREDENTIALS,
                                  X_aws_ec2_metadata_token="forged").status, 401)
        self.emu.config(metadata_v1=True)
        self.assertEqual(self.ask("GET", self.CREDENTIALS).status, 200)
        self.emu.seed({"roles": [{"arn": ROLE}]})
        self.assertEqual(self.ask("GET", self.CREDENTIALS).status, 404)

    def test_keys_are_renewed_before_their_end(self):
        self.emu.config(metadata_v1=True)

        def key():
            return self.ask("GET", self.CREDENTIALS + "demo-uploader").json()[
                "AccessKeyId"]
        first = key()
        self.emu.advance(3600 - 301)
        self.assertEqual(key(), first)
        self.emu.advance(2)
        self.assertNotEqual(key(), first)

    def test_containers(self):
        at = urllib.parse.urlsplit(self.emu.urls["container_endpoint"]).path
        self.assertEqual(self.ask("GET", at).status, 401)
        self.assertEqual(self.ask("GET", at, Authorization="x").status, 401)
        got = self.ask("GET", at, Authorization="demo-container-token").json()
        self.assertEqual(got["RoleArn"], ROLE)
        self.assertTrue(self.usable({"key": got["AccessKeyId"], "token": got["Token"],
                                     "secret": got["SecretAccessKey"]}))
        self.assertEqual(self.ask("GET", at + "x").status, 404)


class OnePort(Machines):
    OPTIONS = ("--port", "0")

    def test_sts_shares_it(self):
        self.assertEqual(self.emu.urls["sts"], self.emu.urls["s3"])
        keys = self.keys(self.assume())
        self.assertTrue(self.usable(keys))
        self.keys(self.assume(Action="AssumeRoleWithWebIdentity", sign=False,
                              WebIdentityToken="demo-web-identity-token"))
        self.assertEqual([r["service"] for r in self.emu.requests()],
                         ["sts", "s3", "sts"])


class CommandLine(KeyCase):
    """Amazon's own client finds keys in all these ways."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def aws(self, *words, env, endpoint="s3"):
        base = {n: v for n, v in self.emu.aws_environment().items()
                if n not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        done = subprocess.run(
            [AWS, "--endpoint-url", self.emu.urls[endpoint], "--output", "json", *words],
            env=dict(base, **env), capture_output=True, text=True, timeout=120,
            check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout or "{}")

    def lists(self, source, **env):
        self.aws("s3api", "list-objects-v2", "--bucket", BUCKET, env=env)
        self.assertEqual([s["source"] for s in self.emu.sessions()], [source])

    def test_assume_role(self):
        keys = {"AWS_ACCESS_KEY_ID": self.emu.urls["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": self.emu.urls["secret_access_key"]}
        got = self.aws("sts", "assume-role", "--role-arn", PARTNER, "--external-id",
                       "demo-external-id", "--role-session-name", "me",
                       "--duration-seconds", "900", env=keys, endpoint="sts")
        self.assertEqual(got["AssumedRoleUser"]["Arn"], "arn:aws:sts::210987654321:"
                         "assumed-role/demo-partner/me")
        got = got["Credentials"]
        self.aws("s3api", "head-bucket", "--bucket", BUCKET, env={
            "AWS_ACCESS_KEY_ID": got["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": got["SecretAccessKey"],
            "AWS_SESSION_TOKEN": got["SessionToken"]})
        got = self.aws("sts", "assume-role-with-web-identity", "--role-arn", ROLE,
                       "--role-session-name", "me", "--web-identity-token",
                       "demo-web-identity-token", env=keys, endpoint="sts")
        self.assertEqual(got["SubjectFromWebIdentityToken"], "demo-subject")

    def test_instance(self):
        self.lists("instance", AWS_EC2_METADATA_DISABLED="false",
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=self.emu.urls["metadata"] + "/")
        self.assertIn("PUT", [r["method"] for r in self.emu.requests("metadata")])

    def test_container(self):
        self.lists("container",
                   AWS_CONTAINER_CREDENTIALS_FULL_URI=self.emu.urls["container_endpoint"],
                   AWS_CONTAINER_AUTHORIZATION_TOKEN="demo-container-token")

    def test_credential_process(self):
        keys = self.file("keys.json", json.dumps(self.emu.session()))
        self.lists("control", AWS_CONFIG_FILE=self.file(
            "config", "[default]\ncredential_process = cat %s\n" % keys))


if __name__ == "__main__":
    unittest.main()
