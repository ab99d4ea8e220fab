# SPDX-License-Identifier: Apache-2.0
"""Callers for the tests of the emulator, none of whose code they share: AMC over
http.client, S3 signed by botocore."""
import hashlib
import http.client
import json
import os
import re
import sys
import urllib.parse

# Amazon's command line brings its own botocore and makes it known by that name.
import awscli  # noqa: F401
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..",
                                "tool"))

from emu import PROGRAM, ControlError, Emulator  # noqa: E402,F401

BUCKET = "demo-staging"
CSV = {"csvDataFormat": {"fieldDelimiter": ",", "recordDelimiter": "\n",
                         "quoteCharacter": '"', "quoteEscapeCharacter": '"'}}
TAG = "instanceId=amcdemo1"


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def xml(self, name):
        """Text of the first element of this name, or None."""
        match = re.search("<%s>([^<]*)</%s>" % (name, name), self.body.decode())
        return match.group(1) if match else None


def call(url, method, target, body=None, headers=None):
    at = urllib.parse.urlsplit(url)
    link = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
    try:
        link.request(method, target, body, headers or {})
        return Answer(link.getresponse())
    finally:
        link.close()


class AmcCaller:
    def __init__(self, emu, account="ENTITYDEMO1", market="ATVPDKIKX0DER"):
        self.emu = emu
        self.headers = {"Authorization": "Bearer " + self.token(emu),
                        "Amazon-Advertising-API-ClientId": emu.urls["client_id"],
                        "Amazon-Advertising-API-AdvertiserId": account,
                        "Amazon-Advertising-API-MarketplaceId": market,
                        "Content-Type": "application/json"}

    @staticmethod
    def form(emu, **changes):
        form = {"grant_type": "refresh_token", "client_id": emu.urls["client_id"],
                "client_secret": emu.urls["client_secret"],
                "refresh_token": emu.urls["refresh_token"]}
        form.update(changes)
        return call(emu.urls["lwa"], "POST", "/auth/o2/token",
                    urllib.parse.urlencode({n: v for n, v in form.items() if v}),
                    {"Content-Type": "application/x-www-form-urlencoded"})

    @classmethod
    def token(cls, emu):
        return cls.form(emu).json()["access_token"]

    def __call__(self, method, path, body=None, **headers):
        """headers: by name with _ for -; None takes one away."""
        sent = dict(self.headers)
        for name, value in headers.items():
            name = name.replace("_", "-")
            sent = {n: v for n, v in sent.items() if n.lower() != name.lower()}
            if value is not None:
                sent[name] = value
        data = b"" if body is None else json.dumps(body)
        return call(self.emu.urls["amc"], method, "/amc" + path, data, sent)

    def audience(self, method, where="", body=None, instance="amcdemo1", **headers):
        """where: what follows /audiences/, or the id of an audience."""
        if not where.startswith(("query", "lookalike")):
            where = "query/" + where if where else "query"
        return self(method, "/audiences/" + where, body, **dict({
            "Amazon_Marketing_Cloud_Audience_InstanceId": instance,
            "Amazon_Advertising_API_EntityId": "ENTITYDEMO1",
            "Amazon_Advertising_API_AdvertiserId": None,
            "Amazon_Advertising_API_MarketplaceId": None}, **headers))

    def upload(self, dataset, key=None, instance="amcdemo1", **changes):
        """Creates an upload of one object (or changes["dataSource"])."""
        body = {"updateStrategy": "ADDITIVE", "compressionFormat": "NONE",
                "dataSource": {"sourceS3Bucket": BUCKET, "sourceFileS3Key": key},
                "fileFormat": CSV}
        body.update(changes)
        return self("POST", "/advertiserData/%s/uploads/%s" % (instance, dataset), body)

    def finished(self, dataset, key=None, instance="amcdemo1", **changes):
        """The same, waited for; gives the upload object."""
        created = self.upload(dataset, key, instance, **changes)
        assert created.status == 200, created.body
        self.emu.wait_uploads()
        answer = self("GET", "/advertiserData/%s/uploads/%s/%s" % (
            instance, dataset, created.json()["uploadId"]))
        assert answer.status == 200, answer.body
        return answer.json()["upload"]


class S3Caller:
    def __init__(self, emu, secret=None, token=None, key=None):
        self.emu = emu
        self.credentials = Credentials(key or emu.urls["access_key_id"],
                                       secret or emu.urls["secret_access_key"], token)

    def __call__(self, method, target, body=b"", host=None, region=None, change=None,
                 sent_body=None, **headers):
        """headers: by name with _ for -. change(headers) may spoil what was signed,
        sent_body goes out instead of the body that was."""
        at = urllib.parse.urlsplit(self.emu.urls["s3"])
        headers = {n.replace("_", "-"): v for n, v in headers.items()}
        host = "%s:%d" % (host, at.port) if host else at.netloc
        request = AWSRequest(method, "http://" + host + target, headers, body)
        request.context["payload_signing_enabled"] = True
        S3SigV4Auth(self.credentials, "s3",
                    region or self.emu.urls["region"]).add_auth(request)
        sent = dict(request.headers.items(), Host=host)
        if change:
            change(sent)
        if sent_body is not None:
            body = sent_body
            sent.pop("Content-Length", None)
        return call(self.emu.urls["s3"], method, target, body, sent)
