# SPDX-License-Identifier: Apache-2.0
"""test_net_creds.py PROGRAM: a small STS, metadata service, container source and S3 on
one port of loopback; PROGRAM is test_net_creds, which finds their URL in FAKE.

GET /count/NAME tells how often something was asked, PUT /set/NAME its body sets what
is answered. Signatures are checked by the emulator's arithmetic.
"""
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "scripts"))
from emulator import sigv4  # noqa: E402

SECRETS = {"AKIABASE": "base/secret", "ASIAFIRST": "first/secret",
           "ASIAOUTER": "outer/secret", "ASIAFIRSTAMCFS": "firstamcfs/secret"}
KEYS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><AssumedRoleUser><Arn>arn:x</Arn></AssumedRoleUser><Credentials>
<AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
<SessionToken>token-of-%s</SessionToken><Expiration>%s</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""
ERROR = """<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code>
<Message>%s</Message></Error></ErrorResponse>"""


class State:
    lock = threading.Lock()
    counts = {}
    values = {}


def count(name):
    with State.lock:
        State.counts[name] = State.counts.get(name, 0) + 1


def value(name, otherwise=""):
    with State.lock:
        return State.values.get(name, otherwise)


class Fake(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, text="", **headers):
        body = text.encode()
        self.send_response(status)
        for name, v in headers.items():
            self.send_header(name, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(size)
        area = self.path.split("/")[1].split("?")[0]
        getattr(self, "at_" + area, self.at_nothing)()

    do_GET = do_PUT = do_POST = do_DELETE = handle_any

    def at_nothing(self):
        self.answer(404)

    # --- control

    def at_count(self):
        with State.lock:
            self.answer(200, str(State.counts.get(self.path.split("/")[2], 0)))

    def at_set(self):
        with State.lock:
            State.values[self.path.split("/")[2]] = self.body.decode()
        self.answer(200)

    def at_clear(self):
        with State.lock:
            State.counts.clear()
            State.values.clear()
        self.answer(200)

    # --- STS

    def signer(self):
        """The id of the keys that signed, None when the signature is not theirs."""
        m = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/sts/"
                         r"aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)",
                         self.headers["Authorization"])
        if not m or m[3] != "eu-west-1" or m[1] not in SECRETS:
            return None
        signed = m[4].split(";")
        canonical = "\n".join([
            self.command, urllib.parse.quote(self.path), "",
            "".join("%s:%s\n" % (n, self.headers[n].strip()) for n in signed), m[4],
            hashlib.sha256(self.body).hexdigest()])
        scope = [m[2], m[3], "sts", "aws4_request"]
        right, _ = sigv4.signature(SECRETS[m[1]], scope, self.headers["X-Amz-Date"],
                                   canonical)
        token = self.headers.get("X-Amz-Security-Token", "")
        if right != m[5] or "host" not in signed:
            return None
        return m[1] if token in ("", "token-of-" + m[1]) else None

    def at_sts(self):
        form = dict(urllib.parse.parse_qsl(self.body.decode()))
        count("sts")
        if value("sts-status"):
            self.answer(int(value("sts-status")), value("sts-body"))
        elif form["Action"] == "AssumeRole":
            self.assume(form)
        else:
            self.web_identity(form)

    def keys(self, role):
        id = "ASIA" + role.upper()
        self.answer(200, KEYS % (id, role + "/secret", id,
                                 value("expires", "2026-01-01T01:00:00Z")))

    def assume(self, form):
        by = self.signer()
        seen = " ".join([by or "nobody", form.get("RoleArn", "").rpartition("/")[2],
                         form.get("RoleSessionName", "-"),
                         form.get("DurationSeconds", "-"), form.get("ExternalId", "-"),
                         form["Version"]])
        with State.lock:
            State.values["seen"] = State.values.get("seen", "") + seen + ";"
        if not by:
            self.answer(403, ERROR % ("SignatureDoesNotMatch", "no"))
        elif form["RoleArn"].endswith("/locked") and form.get("ExternalId") != "key+1":
            self.answer(403, ERROR % ("AccessDenied", "not authorized"))
        else:
            self.keys(form["RoleArn"].rpartition("/")[2])

    def web_identity(self, form):
        if self.headers.get("Authorization"):
            self.answer(400, ERROR % ("ValidationError", "signed"))
        elif form["WebIdentityToken"] != "jwt.of-1":
            self.answer(400, ERROR % ("InvalidIdentityToken", "not this one"))
        else:
            self.keys(form["RoleArn"].rpartition("/")[2] + form["RoleSessionName"])

    def at_seen(self):
        self.answer(200, value("seen"))

    # --- the instance, version 2 only

    def at_imds(self):
        count("imds")
        roles = "/imds/latest/meta-data/iam/security-credentials/"
        ttl = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if value("imds-status"):
            self.answer(int(value("imds-status")))
        elif self.path == "/imds/latest/api/token":
            good = self.command == "PUT" and ttl.isdigit()
            self.answer(200 if good else 400, "token==1" if good else "")
        elif self.headers.get("X-aws-ec2-metadata-token") != "token==1":
            self.answer(401)
        elif self.path == roles:
            role = value("imds-role", "machine.role")
            self.answer(200 if role != "none" else 404, role + "\n")
        elif self.path == roles + "machine.role":
            self.answer(200, json.dumps({
                "Code": value("imds-code", "Success"), "AccessKeyId": "ASIAMACHINE",
                "SecretAccessKey": "m/secret", "Token": "token-of-machine",
                "Expiration": value("expires", "2026-01-01T01:00:00Z")}))
        else:
            self.answer(404)

    # --- the container

    def at_container(self):
        count("container")
        if self.headers.get("Authorization") != value("container-token", "Bearer a b"):
            self.answer(403)
            return
        self.answer(200, json.dumps({
            "RoleArn": "arn:x", "AccessKeyId": "ASIACONTAINER",
            "SecretAccessKey": "c/secret", "Token": "token-of-container",
            "Expiration": "2026-01-01T01:00:00Z"}))

    # --- S3: parts, as long as the keys hold

    def at_bucket(self):
        id = re.search(r"Credential=([^/]+)/", self.headers["Authorization"])[1]
        count("s3-" + id)
        if id in value("s3-expired").split():
            self.answer(400, "<Error><Code>ExpiredToken</Code><Message>The provided "
                        "token has expired.</Message></Error>")
        else:
            self.answer(200, ETag='"%s"' % hashlib.md5(self.body).hexdigest())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    server = Server(("127.0.0.1", 0), Fake)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="amcfs-creds-") as where:
        env = dict(os.environ, FAKE="http://127.0.0.1:%d" % server.server_address[1])
        program = os.path.realpath(sys.argv[1])  # it may be given relative to here
        return subprocess.run([program], cwd=where, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
