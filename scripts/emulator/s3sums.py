# SPDX-License-Identifier: Apache-2.0
"""S3's checks of bodies: Content-MD5 and x-amz-checksum-*.

CRC-32C and CRC-64/NVME go by table, one byte at a time: right, and slow for large
bodies.
"""
import base64
import functools
import hashlib
import zlib

from .blobs import md5_of
from .s3xml import S3Error

PREFIX = "x-amz-checksum-"
DECLARED = PREFIX + "algorithm"
# algorithm -> member of S3's documents
ELEMENTS = {"crc32": "ChecksumCRC32", "crc32c": "ChecksumCRC32C", "sha1": "ChecksumSHA1",
            "sha256": "ChecksumSHA256", "crc64nvme": "ChecksumCRC64NVME"}
_POLYNOMIALS = {"crc32c": (0x82F63B78, 32), "crc64nvme": (0x9A6C9329AC4BC9B5, 64)}


@functools.lru_cache
def _table(polynomial):
    out = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        out.append(value)
    return out


def _crc(body, polynomial, bits):
    table, full = _table(polynomial), (1 << bits) - 1
    value = full
    for byte in memoryview(body):
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return (value ^ full).to_bytes(bits // 8, "big")


def digest(name, body, sha256=None):
    """sha256: in hexadecimal, when it is known already."""
    if name == "crc32":
        return zlib.crc32(body).to_bytes(4, "big")
    if name == "sha256":
        return bytes.fromhex(sha256) if sha256 else hashlib.sha256(body).digest()
    if name == "sha1":
        return hashlib.sha1(body, usedforsecurity=False).digest()
    return _crc(body, *_POLYNOMIALS[name])


def encoded(raw):
    return base64.b64encode(raw).decode()


def given(request):
    """{algorithm: value} of the headers; at most one."""
    found = {n[len(PREFIX):]: v for n, v in request.headers.items()
             if n.startswith(PREFIX) and n[len(PREFIX):] in ELEMENTS}
    if len(found) > 1:
        raise S3Error(400, "InvalidRequest", "Expecting a single x-amz-checksum- header. "
                      "Multiple checksum Types are not allowed.")
    return found


def _check_md5(request):
    text = request.header("content-md5")
    if not text:
        return
    try:
        wanted = base64.b64decode(text, validate=True)
    except ValueError:
        wanted = b""
    if len(wanted) != 16:
        raise S3Error(400, "InvalidDigest", "The Content-MD5 you specified is not valid.")
    if request.body is not None and md5_of(request.body) != wanted.hex():
        raise S3Error(400, "BadDigest", "The Content-MD5 you specified did not match "
                      "what we received.")


def check(request):
    """Whatever the headers promise about the body holds, or S3Error. A body that was
    not kept can be held against its SHA-256 only."""
    _check_md5(request)
    for name, text in given(request).items():
        try:
            size = len(base64.b64decode(text, validate=True))
        except ValueError:
            size = 0
        if size not in (4, 8, 20, 32):
            raise S3Error(400, "InvalidRequest", "Value for %s%s header is invalid." % (
                PREFIX, name))
        if request.body is None and name != "sha256":
            continue
        if encoded(digest(name, request.body, request.body_sha256)) != text:
            raise S3Error(400, "BadDigest", "The %s you specified did not match the "
                          "calculated checksum." % name.upper())


def demand(request, switches):
    """For the bodies of objects, when the switch wants it."""
    if switches.need_checksums and not given(request) and \
            "content-md5" not in request.headers:
        raise S3Error(400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header "
                      "is required for Put Part requests and objects of this bucket")


def required(request):
    """For the documents that S3 never takes without."""
    if "content-md5" not in request.headers and not given(request):
        raise S3Error(400, "InvalidRequest", "Missing required header for this request: "
                      "Content-MD5 OR x-amz-checksum-*")


def declared(request):
    """The algorithm that a multipart upload begins with, or None."""
    text = request.header(DECLARED).lower()
    if text and text not in ELEMENTS:
        raise S3Error(400, "InvalidRequest", "Checksum algorithm provided is "
                      "unsupported.")
    return text or None


def of_parts(name, values):
    """S3's checksum of checksums, with the number of parts."""
    joined = b"".join(base64.b64decode(v) for v in values)
    return "%s-%d" % (encoded(digest(name, joined)), len(values))


def headers(sums):
    return {PREFIX + name: value for name, value in sums.items()}


def pairs(sums):
    return [(ELEMENTS[name], value) for name, value in sums.items()]
