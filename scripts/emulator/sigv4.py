# SPDX-License-Identifier: Apache-2.0
"""AWS Signature Version 4, the verifying side (header only): as S3 does it, and as
other services do, which want no hash of the body in a header.

Source: Amazon's "Authenticating Requests: Using the Authorization Header".
"""
import calendar
import hashlib
import hmac
import re
import time
import urllib.parse
from typing import NamedTuple

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SKEW_S = 15 * 60
UNSIGNED = "UNSIGNED-PAYLOAD"
_AUTH = re.compile(ALGORITHM + r"\s+Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)"
                   r"\s*,\s*Signature=([0-9a-f]{64})\s*\Z")
_HEX = re.compile(r"[0-9a-f]{64}\Z")


class Times(NamedTuple):
    """now: the clock that signatures are held against. life: the one by which keys
    end, which a test may turn forward."""
    now: float
    life: float

    @classmethod
    def of(cls, world, skew):
        return cls(time.time() + skew, world.now())


class Denied(Exception):
    def __init__(self, status, code, message, **more):
        super().__init__(message)
        self.status = status
        self.code = code
        self.more = more


def encode(text, keep=""):
    return urllib.parse.quote(text, safe="-_.~" + keep)


def canonical_query(pairs):
    coded = sorted((encode(n), encode(v)) for n, v in pairs)
    return "&".join("%s=%s" % pair for pair in coded)


def canonical_request(request, signed, payload):
    headers = "".join("%s:%s\n" % (name, " ".join(request.header(name).split()))
                      for name in signed)
    return "\n".join([
        request.method,
        encode(request.path.encode("utf-8", "surrogateescape"), "/"),
        canonical_query(request.query_pairs()),
        headers,
        ";".join(signed),
        payload,
    ])


def signing_key(secret, date, region, service):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def signature(secret, scope, amz_date, canonical):
    date, region, service, _ = scope
    text = "\n".join([ALGORITHM, amz_date, "/".join(scope),
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = signing_key(secret, date, region, service)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), text


def _parse(request):
    value = request.header("authorization")
    if not value:
        raise Denied(403, "AccessDenied", "Access Denied")
    match = _AUTH.match(value)
    if not match:
        raise Denied(400, "AuthorizationHeaderMalformed",
                     "The authorization header is malformed.")
    credential = match.group(1).split("/")
    if len(credential) < 5 or credential[-1] != "aws4_request":
        raise Denied(400, "AuthorizationHeaderMalformed",
                     "The authorization header is malformed; the Credential is "
                     "mal-formed.")
    signed = match.group(2).split(";")
    return "/".join(credential[:-4]), credential[-4:], signed, match.group(3)


def _check_scope(scope, amz_date, region, service):
    if scope[0] != amz_date[:8]:
        raise Denied(400, "AuthorizationHeaderMalformed",
                     "The authorization header is malformed; Invalid credential date.")
    if region is not None and scope[1] not in region:
        raise Denied(400, "AuthorizationHeaderMalformed",
                     "The authorization header is malformed; the region '%s' is wrong; "
                     "expecting '%s'" % (scope[1], region[0]), Region=region[0])
    if scope[2] != service:
        raise Denied(400, "AuthorizationHeaderMalformed",
                     "The authorization header is malformed; incorrect service.")


def _check_time(amz_date, now):
    try:
        sent = calendar.timegm(time.strptime(amz_date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Denied(403, "AccessDenied", "AWS authentication requires a valid Date or "
                     "x-amz-date header") from None
    if abs(sent - now) > MAX_SKEW_S:
        raise Denied(403, "RequestTimeTooSkewed", "The difference between the request "
                     "time and the current time is too large.", RequestTime=amz_date,
                     ServerTime=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)))


def _check_signed(request, signed):
    """S3 wants the host and everything of its own to be covered."""
    lacking = [n for n in request.headers
               if (n == "host" or n.startswith("x-amz-")) and n not in signed]
    if signed != sorted(signed) or any(n not in request.headers for n in signed):
        raise Denied(403, "SignatureDoesNotMatch", "The SignedHeaders list is not the "
                     "sorted list of headers sent.")
    if lacking:
        raise Denied(403, "AccessDenied", "There were headers present in the request "
                     "which were not signed", HeadersNotSigned=", ".join(lacking))


def _check_token(key, request, life):
    if request.header("x-amz-security-token") != (key.get("session_token") or ""):
        raise Denied(400, "InvalidToken", "The provided token is malformed or otherwise "
                     "invalid.")
    if key.get("expires_at") and life >= key["expires_at"]:
        raise Denied(400, "ExpiredToken", "The provided token has expired.")


def _check_payload_form(request):
    declared = request.header("x-amz-content-sha256")
    if not declared:
        raise Denied(400, "InvalidRequest", "Missing required header for this request: "
                     "x-amz-content-sha256")
    if declared.startswith("STREAMING-"):
        raise Denied(501, "NotImplemented", "Chunk-signed bodies are not implemented.")
    if declared != UNSIGNED and not _HEX.match(declared):
        raise Denied(400, "InvalidArgument", "x-amz-content-sha256 must be "
                     "UNSIGNED-PAYLOAD or a valid sha256 value.")
    return declared


def _scope_of(request):
    """(region, service) of a signature; '' and '' without one."""
    match = _AUTH.match(request.header("authorization"))
    scope = match.group(1).split("/") if match else []
    return (scope[-3], scope[-2]) if len(scope) >= 5 else ("", "")


def region_of(request):
    return _scope_of(request)[0]


def service_of(request):
    return _scope_of(request)[1]


def verify(request, keys, regions, service, times):
    """The key (a seed's object) that signed the request, or Denied. regions: those
    that the scope may name, best first; None for any."""
    ident, scope, signed, given = _parse(request)
    key = keys.get(ident)
    if key is None:
        raise Denied(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does "
                     "not exist in our records.", AWSAccessKeyId=ident)
    if service == "s3":
        declared = _check_payload_form(request)
    else:
        declared = request.header("x-amz-content-sha256") or request.body_sha256
    amz_date = request.header("x-amz-date")
    _check_time(amz_date, times.now)
    _check_scope(scope, amz_date, regions, service)
    _check_signed(request, signed)
    canonical = canonical_request(request, signed, declared)
    expected, text = signature(key["secret_access_key"], scope, amz_date, canonical)
    if not hmac.compare_digest(expected, given):
        raise Denied(403, "SignatureDoesNotMatch", "The request signature we calculated "
                     "does not match the signature you provided. Check your key and "
                     "signing method.", AWSAccessKeyId=ident, StringToSign=text,
                     SignatureProvided=given, CanonicalRequest=canonical)
    _check_token(key, request, times.life)
    if declared not in (UNSIGNED, request.body_sha256):
        raise Denied(400, "XAmzContentSHA256Mismatch", "The provided "
                     "'x-amz-content-sha256' header does not match what was computed.",
                     ClientComputedContentSHA256=declared,
                     S3ComputedContentSHA256=request.body_sha256)
    return key
