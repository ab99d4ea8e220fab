# SPDX-License-Identifier: Apache-2.0
"""test_net_sign.py PROGRAM: our signatures of random requests against those of the
signer in Amazon's own command line. PROGRAM is sign_lines."""
import datetime
import json
import random
import subprocess
import sys
import urllib.parse

try:
    import awscli  # noqa: F401  brings its own copy of botocore into reach
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    sys.exit(77)  # skipped: the command line is not installed

CASES = 500
LETTERS = ("abcXYZ019-._~ !\"#$%&'()*+,/:;<=>?@[]^`{|}éß€😀\\")


def text(rng, least, most):
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(least, most)))


def make_case(rng, number):
    s3 = number % 2 == 0
    path = "/" + text(rng, 0, 20)
    if not s3:  # on the wire it is encoded
        path = urllib.parse.quote(path, safe="/~")
    names = rng.sample(["Range", "x-amz-tagging", "Content-Type", "X-Amz-Meta-A",
                        "x-amz-server-side-encryption", "Zzz"], rng.randint(0, 4))
    digest = "%064x" % rng.getrandbits(256)
    return {
        "hash": digest,
        "method": rng.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]),
        "path": path,
        "s3": s3,
        "query": [[n, text(rng, 0, 12)] for n in
                  {text(rng, 1, 8) for _ in range(rng.randint(0, 5))}],
        "headers": [["host", "bucket.s3.example.com:%d" % rng.randint(1024, 65535)],
                    ["x-amz-content-sha256", digest]] +
                   [[n, rng.choice(["a", "a  b", " lead", "trail ", "a=b&c", "1,2"])]
                    for n in names],
        "region": rng.choice(["us-east-1", "eu-central-1"]),
        "service": "s3" if s3 else "sts",
        "time": rng.randint(1, 4000000000),
        "id": "AKIA%d" % number,
        "secret": text(rng, 1, 60),
        "token": "" if rng.random() < 0.5 else "tok/%x+=" % rng.getrandbits(400)}


def expected(case):
    """The Authorization value that botocore arrives at."""
    headers = dict(case["headers"])
    query = "&".join("%s=%s" % (urllib.parse.quote(n, safe="-_.~"),
                                urllib.parse.quote(v, safe="-_.~"))
                     for n, v in case["query"])
    path = case["path"]
    if case["s3"]:
        path = urllib.parse.quote(path, safe="/-_.~")
    request = AWSRequest(method=case["method"], headers=headers,
                         url="https://" + headers["host"] + path +
                         ("?" + query if query else ""))
    at = datetime.datetime.fromtimestamp(case["time"], datetime.timezone.utc)
    request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if case["token"]:
        request.headers["X-Amz-Security-Token"] = case["token"]
    kind = S3SigV4Auth if case["s3"] else SigV4Auth
    signer = kind(Credentials(case["id"], case["secret"], case["token"] or None),
                  case["service"], case["region"])
    signed = signer.headers_to_sign(request)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    return "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s" % (
        signer.scope(request), signer.signed_headers(signed), signature)


def main(program):
    rng = random.Random(20261122)
    cases = [make_case(rng, n) for n in range(CASES)]
    out = subprocess.run([program], check=True, stdout=subprocess.PIPE, encoding="utf-8",
                         input="".join(json.dumps(c) + "\n" for c in cases)).stdout
    lines = out.splitlines()
    if len(lines) != CASES:
        sys.exit("%d answers to %d requests" % (len(lines), CASES))
    for case, line in zip(cases, lines):
        got, query = line.split("\t")
        if got != expected(case):
            sys.exit("got      %s\nexpected %s\nfor %s" % (got, expected(case), case))
        pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if pairs != sorted(tuple(p) for p in case["query"]):
            sys.exit("the query %s is not that of %s" % (query, case))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
