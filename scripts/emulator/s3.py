# SPDX-License-Identifier: Apache-2.0
"""S3: who may ask, and which operation a request is.

Every request is authenticated first (sigv4.py), then dispatched by method, by
whether a key is named, and by the sub-resource in the query.
"""
import fnmatch
import re
import uuid

from . import s3sums, s3xml, sigv4
from .s3buckets import BucketOperations
from .s3multipart import MultipartOperations
from .s3objects import SMALL, ObjectOperations
from .s3xml import S3Error, not_implemented

MAX_KEY = 1024
PATH_STYLE_HOSTS = re.compile(r"(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]|localhost|"
                              r"s3([.-][a-z0-9-]+)*\.(localhost|amazonaws\.com))\Z")
OTHER_SUBS = frozenset((
    "acl", "cors", "lifecycle", "website", "logging", "notification",
    "replication", "versions", "policyStatus", "object-lock", "ownershipControls",
    "publicAccessBlock", "torrent", "restore", "select", "attributes", "retention",
    "legal-hold", "accelerate", "requestPayment", "inventory", "analytics", "metrics",
    "intelligent-tiering"))


class S3(BucketOperations, ObjectOperations, MultipartOperations):
    name = "s3"

    def __init__(self, world):
        self.world = world
        self._operations = {
            ("GET", "bucket", ""): (self.list_objects, "s3:ListBucket"),
            ("HEAD", "bucket", ""): (self.head_bucket, "s3:ListBucket"),
            ("PUT", "bucket", ""): (self.create_bucket, "s3:CreateBucket"),
            ("DELETE", "bucket", ""): (self.delete_bucket, "s3:DeleteBucket"),
            ("POST", "bucket", "delete"): (self.delete_objects, "s3:DeleteObject"),
            ("GET", "bucket", "location"): (self.location, "s3:GetBucketLocation"),
            ("GET", "bucket", "versioning"): (self.versioning, "s3:GetBucketVersioning"),
            ("GET", "bucket", "encryption"): (self.get_encryption,
                                              "s3:GetEncryptionConfiguration"),
            ("GET", "bucket", "uploads"): (self.list_uploads,
                                           "s3:ListBucketMultipartUploads"),
            ("GET", "bucket", "tagging"): (self.get_bucket_tags, "s3:GetBucketTagging"),
            ("PUT", "bucket", "tagging"): (self.put_bucket_tags, "s3:PutBucketTagging"),
            ("DELETE", "bucket", "tagging"): (self.put_bucket_tags,
                                              "s3:PutBucketTagging"),
            ("GET", "bucket", "policy"): (self.get_policy, "s3:GetBucketPolicy"),
            ("PUT", "bucket", "policy"): (self.put_policy, "s3:PutBucketPolicy"),
            ("DELETE", "bucket", "policy"): (self.delete_policy,
                                             "s3:DeleteBucketPolicy"),
            ("GET", "object", ""): (self.get_object, "s3:GetObject"),
            ("HEAD", "object", ""): (self.get_object, "s3:GetObject"),
            ("PUT", "object", ""): (self.put_object, "s3:PutObject"),
            ("DELETE", "object", ""): (self.delete_object, "s3:DeleteObject"),
            ("GET", "object", "tagging"): (self.get_tags, "s3:GetObjectTagging"),
            ("PUT", "object", "tagging"): (self.put_tags, "s3:PutObjectTagging"),
            ("DELETE", "object", "tagging"): (self.put_tags, "s3:DeleteObjectTagging"),
            ("POST", "object", "uploads"): (self.begin, "s3:PutObject"),
            ("PUT", "object", "uploadId"): (self.put_part, "s3:PutObject"),
            ("POST", "object", "uploadId"): (self.complete, "s3:PutObject"),
            ("DELETE", "object", "uploadId"): (self.abort, "s3:AbortMultipartUpload"),
            ("GET", "object", "uploadId"): (self.list_parts,
                                            "s3:ListMultipartUploadParts"),
        }
        self._known_subs = {sub for _, _, sub in self._operations if sub}

    # -- what the HTTP core asks -------------------------------------------------

    def keeps_body(self, request):
        """Documents and small objects are always needed; only large object bytes may
        be discarded."""
        length = request.header("content-length", "0")
        return not (self.world.blobs.discard and request.method == "PUT" and
                    length.isdigit() and int(length) > SMALL and
                    self._sub(request.query()) in ("", "uploadId"))

    def logs_body(self, request):
        return request.method == "POST" or self._sub(request.query()) in (
            "tagging", "policy")

    def handle(self, request):
        ident = uuid.uuid4().hex[:16].upper()
        try:
            response = self._dispatch(request)
        except (S3Error, sigv4.Denied) as e:
            e.more["RequestId"] = ident
            region = e.more.get("Region")
            if e.status == 301:
                e.more.pop("Region", None)  # the document does not name it
            response = s3xml.error(e, request.path)
            if region:
                response.headers["x-amz-bucket-region"] = region
        response.headers["x-amz-request-id"] = ident
        response.headers["x-amz-id-2"] = ident
        response.headers["Server"] = "amc-emulator"
        return response

    # -- dispatch -----------------------------------------------------------------

    def address(self, request):
        """(bucket, key) from the path or from the Host header."""
        host = re.sub(r":\d+\Z", "", request.header("host").lower())
        path = request.path[1:]
        if PATH_STYLE_HOSTS.match(host):
            bucket, _, key = path.partition("/")
            return bucket, key
        for name in sorted(self.world.buckets, key=len, reverse=True):
            if host.startswith(name + "."):
                return name, path
        return re.split(r"\.(?=s3[.-]|localhost$)", host)[0].split(".")[0], path

    def _sub(self, query):
        for name in query:
            if name in self._known_subs or name in OTHER_SUBS:
                return name
        return ""

    def _dispatch(self, request):
        bucket_name, key = self.address(request)
        world, query = self.world, request.query()
        sub = self._sub(query)
        with world.lock:
            bucket = world.buckets.get(bucket_name)
            keys = dict(world.keys)
        signer = request.signer = sigv4.verify(
            request, keys, self._regions(bucket, key, sub), "s3",
            sigv4.Times.of(world, world.switches.s3_skew_s))
        self._check_region(request, bucket, sub)
        if not bucket_name:
            if request.method != "GET":
                raise S3Error(405, "MethodNotAllowed", "The specified method is not "
                              "allowed against this resource.")
            return self.list_buckets()
        level = "object" if key else "bucket"
        operation = self._operations.get((request.method, level, sub))
        if operation is None:
            raise not_implemented("%s of %s%s" % (request.method, level,
                                                  "?" + sub if sub else ""))
        function, action = operation
        self._allow(signer, action)
        if bucket is None and function != self.create_bucket:
            raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist",
                          BucketName=bucket_name)
        if len(key.encode("utf-8", "surrogateescape")) > MAX_KEY:
            raise S3Error(400, "KeyTooLongError", "Your key is too long")
        if "x-amz-copy-source" in request.headers:
            raise not_implemented("Copying")
        s3sums.check(request)
        if level == "object":
            if "x-amz-tagging" in request.headers:
                self._allow(signer, "s3:PutObjectTagging")
            return function(request, query, bucket, key)
        return function(request, query, bucket, bucket_name)

    def _regions(self, bucket, key, sub):
        """Those that the signature may be for. Where a bucket is can be asked in the
        service's own region too; with redirects everything can."""
        home = bucket.region if bucket else self.world.region
        if (sub == "location" and not key) or \
                self.world.switches.s3_wrong_region != "malformed":
            return None if bucket else [home]
        return [home]

    def _check_region(self, request, bucket, sub):
        if bucket is None or sub == "location" or \
                sigv4.region_of(request) == bucket.region:
            return
        more = {} if self.world.switches.s3_wrong_region == "bare" else {
            "Endpoint": "%s.s3.%s.amazonaws.com" % (bucket.name, bucket.region),
            "Region": bucket.region}
        raise S3Error(301, "PermanentRedirect", "The bucket you are attempting to access "
                      "must be addressed using the specified endpoint. Please send all "
                      "future requests to this endpoint.", Bucket=bucket.name, **more)

    @staticmethod
    def _allow(signer, action):
        for pattern in signer.get("deny", ()):
            if fnmatch.fnmatchcase(action, pattern):
                raise S3Error(403, "AccessDenied", "User is not authorized to perform: "
                              + action)
