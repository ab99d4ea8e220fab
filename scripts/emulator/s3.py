# SPDX-License-Identifier: Apache-2.0
"""S3: the operations that a stager of files uses, with S3's own refusals.

Every request is authenticated first (sigv4.py), then dispatched by method, by
whether a key is named, and by the sub-resource in the query.
"""
import base64
import fnmatch
import hashlib
import json
import re
import threading
import urllib.parse
import uuid
import zlib

from . import s3xml, sigv4
from .blobs import Multipart, Object, md5_of, short_tag
from .httpcore import Response
from .s3xml import S3Error

MIN_PART = 5 << 20
MAX_PARTS = 10000
MAX_KEY = 1024
PAGE = 1000
SMALL = 1 << 20
STORED_HEADERS = ("content-type", "content-encoding", "content-disposition",
                  "content-language", "cache-control", "expires")
SSE = "x-amz-server-side-encryption"
SSE_HEADERS = (SSE, SSE + "-aws-kms-key-id", SSE + "-bucket-key-enabled",
               SSE + "-context")
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
PATH_STYLE_HOSTS = re.compile(r"(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]|localhost|"
                              r"s3([.-][a-z0-9-]+)*\.(localhost|amazonaws\.com))\Z")
RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


def no_such_key(key):
    return S3Error(404, "NoSuchKey", "The specified key does not exist.", Key=key)


def not_implemented(what):
    return S3Error(501, "NotImplemented", "%s is not implemented here." % what)


class S3:
    name = "s3"

    def __init__(self, world):
        self.world = world
        self._path_lock = threading.Lock()
        self._operations = {
            ("GET", "bucket", ""): (self.list_objects, "s3:ListBucket"),
            ("HEAD", "bucket", ""): (self.head_bucket, "s3:ListBucket"),
            ("PUT", "bucket", ""): (self.create_bucket, "s3:CreateBucket"),
            ("DELETE", "bucket", ""): (self.delete_bucket, "s3:DeleteBucket"),
            ("POST", "bucket", "delete"): (self.delete_objects, "s3:DeleteObject"),
            ("GET", "bucket", "location"): (self.location, "s3:GetBucketLocation"),
            ("GET", "bucket", "versioning"): (self.versioning, "s3:GetBucketVersioning"),
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
        """Only object bytes may be discarded; documents are always needed."""
        if not self.world.blobs.discard:
            return True
        query = request.query()
        return not (request.method == "PUT" and not self._sub(query) or
                    "partNumber" in query)

    def logs_body(self, request):
        return request.method == "POST" or self._sub(request.query()) in (
            "tagging", "policy")

    def handle(self, request):
        ident = uuid.uuid4().hex[:16].upper()
        try:
            response = self._dispatch(request)
        except (S3Error, sigv4.Denied) as e:
            e.more["RequestId"] = ident
            response = s3xml.error(e, request.path)
            if "Region" in e.more:
                response.headers["x-amz-bucket-region"] = e.more["Region"]
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
        for name in self.world.buckets:
            if host.startswith(name + "."):
                return name, path
        return re.split(r"\.(?=s3[.-]|localhost$)", host)[0].split(".")[0], path

    @staticmethod
    def _is_sub(name):
        return name in ("acl", "cors", "lifecycle", "encryption", "website", "logging",
                        "notification", "replication", "versions", "policyStatus",
                        "object-lock", "ownershipControls", "publicAccessBlock",
                        "torrent", "restore", "select", "attributes", "retention",
                        "legal-hold", "accelerate", "requestPayment", "inventory",
                        "analytics", "metrics", "intelligent-tiering")

    def _sub(self, query):
        known = {"delete", "location", "versioning", "uploads", "tagging", "policy",
                 "uploadId"}
        for name in query:
            if name in known or self._is_sub(name):
                return name
        return ""

    def _dispatch(self, request):
        bucket_name, key = self.address(request)
        world = self.world
        with world.lock:
            bucket = world.buckets.get(bucket_name)
            region = bucket.region if bucket else world.region
            keys = dict(world.keys)
        signer = sigv4.verify(request, keys, region, "s3",
                              world.now() - world.clock_offset + world.switches.s3_skew_s)
        query = request.query()
        sub = self._sub(query)
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
        self._check_digests(request)
        if level == "object":
            if "x-amz-tagging" in request.headers:
                self._allow(signer, "s3:PutObjectTagging")
            return function(request, query, bucket, key)
        return function(request, query, bucket, bucket_name)

    @staticmethod
    def _allow(signer, action):
        for pattern in signer.get("deny", ()):
            if fnmatch.fnmatchcase(action, pattern):
                raise S3Error(403, "AccessDenied", "User is not authorized to perform: "
                              + action)

    @staticmethod
    def _check_digests(request):
        given = request.header("content-md5")
        if given:
            try:
                wanted = base64.b64decode(given, validate=True)
            except ValueError:
                wanted = b""
            if len(wanted) != 16:
                raise S3Error(400, "InvalidDigest", "The Content-MD5 you specified is "
                              "not valid.")
            if request.body is not None and md5_of(request.body) != wanted.hex():
                raise S3Error(400, "BadDigest", "The Content-MD5 you specified did not "
                              "match what we received.")
        for name in ("crc32", "sha1", "sha256", "crc32c", "crc64nvme"):
            given = request.header("x-amz-checksum-" + name)
            if given and request.body is not None:
                S3._check_sum(name, given, request)

    @staticmethod
    def _check_sum(name, given, request):
        if name == "crc32":
            computed = zlib.crc32(request.body).to_bytes(4, "big")
        elif name == "sha256":
            computed = bytes.fromhex(request.body_sha256)
        elif name == "sha1":
            computed = hashlib.sha1(request.body, usedforsecurity=False).digest()
        else:
            raise not_implemented("x-amz-checksum-" + name)
        if base64.b64encode(computed).decode() != given:
            raise S3Error(400, "BadDigest", "The %s you specified did not match the "
                          "calculated checksum." % name.upper())

    # -- buckets ---------------------------------------------------------------------

    def list_buckets(self):
        with self.world.lock:
            buckets = [("Bucket", [("Name", b.name), ("CreationDate", s3xml.iso(b.created))])
                       for b in sorted(self.world.buckets.values(), key=lambda b: b.name)]
        return s3xml.document("ListAllMyBucketsResult", [
            ("Owner", [("ID", "demo")]), ("Buckets", buckets)])

    def create_bucket(self, request, _query, bucket, name):
        if bucket is not None:
            raise S3Error(409, "BucketAlreadyOwnedByYou", "Your previous request to "
                          "create the named bucket succeeded and you already own it.")
        if not BUCKET_NAME.match(name):
            raise S3Error(400, "InvalidBucketName", "The specified bucket is not valid.")
        with self.world.lock:
            self.world.add_bucket(name)
            self.world.save()
        return Response(headers={"Location": "/" + name})

    @staticmethod
    def head_bucket(_request, _query, bucket, _name):
        return Response(headers={"x-amz-bucket-region": bucket.region})

    def delete_bucket(self, _request, _query, bucket, name):
        with self.world.lock:
            if bucket.objects or bucket.uploads:
                raise S3Error(409, "BucketNotEmpty", "The bucket you tried to delete is "
                              "not empty")
            self.world.buckets.pop(name, None)
            self.world.save()
        return Response(204)

    @staticmethod
    def location(_request, _query, bucket, _name):
        text = "" if bucket.region == "us-east-1" else bucket.region
        body = '<LocationConstraint xmlns="%s">%s</LocationConstraint>' % (
            s3xml.NAMESPACE, text)
        return Response(200, body.encode(), content_type="application/xml")

    @staticmethod
    def versioning(_request, _query, _bucket, _name):
        return s3xml.document("VersioningConfiguration", [])

    def get_policy(self, _request, _query, bucket, _name):
        if bucket.policy is None:
            raise S3Error(404, "NoSuchBucketPolicy", "The bucket policy does not exist")
        return Response(200, json.dumps(bucket.policy).encode(),
                        content_type="application/json")

    def put_policy(self, request, _query, bucket, _name):
        try:
            policy = json.loads(bytes(request.body))
            statements = policy["Statement"]
        except (ValueError, KeyError, TypeError):
            raise S3Error(400, "MalformedPolicy", "Policies must be valid JSON and have "
                          "a Statement") from None
        if not isinstance(statements, (list, dict)):
            raise S3Error(400, "MalformedPolicy", "Statement is no list")
        with self.world.lock:
            bucket.policy = policy
            self.world.save()
        return Response(204)

    def delete_policy(self, _request, _query, bucket, _name):
        with self.world.lock:
            bucket.policy = None
            self.world.save()
        return Response(204)

    def get_bucket_tags(self, _request, _query, bucket, _name):
        if not bucket.tags:
            raise S3Error(404, "NoSuchTagSet", "The TagSet does not exist")
        return self._tagging(bucket.tags)

    def put_bucket_tags(self, request, _query, bucket, _name):
        tags = {} if request.method == "DELETE" else s3xml.parse_tagging(request.body)
        with self.world.lock:
            bucket.tags = tags
            self.world.save()
        return Response(204)

    # -- listings ----------------------------------------------------------------------

    @staticmethod
    def _page_size(query, name):
        text = query.get(name, str(PAGE))
        if not text.isdigit():
            raise S3Error(400, "InvalidArgument", "%s is not a number" % name)
        return min(int(text), PAGE)

    def list_objects(self, _request, query, bucket, name):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        encoding = query.get("encoding-type")
        limit = self._page_size(query, "max-keys")
        v2 = query.get("list-type") == "2"
        after = query.get("start-after" if v2 else "marker", "")
        if v2 and query.get("continuation-token"):
            after = self._token(query["continuation-token"])
        with self.world.lock:
            objects = sorted(bucket.objects.items())
        entries, folders, last, truncated = [], [], "", False
        for key, obj in objects:
            if not key.startswith(prefix) or key <= after:
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            folder = key[:cut + len(delimiter)] if cut >= 0 else None
            if folder and (folder in folders or after.startswith(folder)):
                continue
            if len(entries) + len(folders) >= limit:
                truncated = limit > 0
                break
            last = folder or key
            if folder:
                folders.append(folder)
            else:
                entries.append(("Contents", s3xml.object_pairs(key, obj, encoding)))
        pairs = [("Name", name), ("Prefix", s3xml.listed_key(prefix, encoding)),
                 ("Delimiter", delimiter or None), ("MaxKeys", limit),
                 ("EncodingType", encoding), ("IsTruncated", str(truncated).lower())]
        if v2:
            pairs += [("KeyCount", len(entries) + len(folders)),
                      ("NextContinuationToken", base64.b64encode(
                          last.encode()).decode() if truncated else None)]
        else:
            pairs += [("Marker", s3xml.listed_key(after, encoding)),
                      ("NextMarker", s3xml.listed_key(last, encoding)
                       if truncated else None)]
        pairs += entries + [("CommonPrefixes", [("Prefix", s3xml.listed_key(f, encoding))])
                            for f in folders]
        return s3xml.document("ListBucketResult", pairs)

    @staticmethod
    def _token(text):
        try:
            return base64.b64decode(text, validate=True).decode()
        except ValueError:
            raise S3Error(400, "InvalidArgument", "The continuation token provided is "
                          "incorrect") from None

    def list_uploads(self, _request, query, bucket, name):
        prefix = query.get("prefix", "")
        limit = self._page_size(query, "max-uploads")
        after = (query.get("key-marker", ""), query.get("upload-id-marker", "\uffff"))
        with self.world.lock:
            found = sorted((u.key, ident, u.begun) for ident, u in bucket.uploads.items()
                           if u.key.startswith(prefix))
        if "key-marker" in query:
            found = [f for f in found if (f[0], f[1]) > after]
        page, more = found[:limit], len(found) > limit
        pairs = [("Bucket", name), ("Prefix", prefix), ("MaxUploads", limit),
                 ("IsTruncated", str(more).lower())]
        if more and page:
            pairs += [("NextKeyMarker", page[-1][0]), ("NextUploadIdMarker", page[-1][1])]
        pairs += [("Upload", [("Key", key), ("UploadId", ident),
                              ("Initiated", s3xml.iso(begun)),
                              ("StorageClass", "STANDARD")]) for key, ident, begun in page]
        return s3xml.document("ListMultipartUploadsResult", pairs)

    # -- objects -------------------------------------------------------------------------

    @staticmethod
    def _stored_headers(request):
        kept = {n: v for n, v in request.headers.items()
                if n in STORED_HEADERS or n.startswith("x-amz-meta-")}
        kept.setdefault("content-type", "binary/octet-stream")
        return kept

    @staticmethod
    def _header_tags(request):
        text = request.header("x-amz-tagging")
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
        return s3xml.check_tags(pairs, s3xml.MAX_TAGS)

    @staticmethod
    def _sse(request):
        given = {n: request.header(n) for n in SSE_HEADERS if n in request.headers}
        kind = given.get(SSE, "AES256")
        if kind not in ("AES256", "aws:kms", "aws:kms:dsse"):
            raise S3Error(400, "InvalidEncryptionAlgorithmError", "The encryption "
                          "request that you specified is not valid.")
        if kind == "AES256" and SSE + "-aws-kms-key-id" in given:
            raise S3Error(400, "InvalidArgument", "Server Side Encryption with KMS "
                          "managed key requires HTTP header %s : aws:kms" % SSE)
        given[SSE] = kind
        return given

    @staticmethod
    def _refuse_sse(request):
        if SSE in request.headers:
            raise S3Error(400, "InvalidArgument", "%s header is not supported for this "
                          "operation." % SSE, ArgumentName=SSE)

    def _etag(self, request, blob, encrypted):
        small = request.body is not None and blob.size <= SMALL
        if request.body is not None and not encrypted and (
                small or self.world.switches.md5_etags):
            return md5_of(request.body)
        return short_tag([blob])

    def _blob(self, request):
        if "transfer-encoding" in request.headers or \
                "content-length" not in request.headers:
            raise S3Error(411, "MissingContentLength", "You must provide the "
                          "Content-Length HTTP header.")
        return self.world.blobs.put(request.body, request.body_size, request.body_sha256)

    @staticmethod
    def _check_absent(request, bucket, key):
        wish = request.header("if-none-match")
        if wish and wish != "*":
            raise not_implemented("If-None-Match other than *")
        if wish and key in bucket.objects:
            raise S3Error(412, "PreconditionFailed", "At least one of the pre-conditions "
                          "you specified did not hold", Condition="If-None-Match")

    def put_object(self, request, _query, bucket, key):
        sse, tags = self._sse(request), self._header_tags(request)
        self._check_absent(request, bucket, key)
        blob = self._blob(request)
        etag = self._etag(request, blob, sse[SSE] != "AES256")
        obj = Object([blob], etag, self.world.now(), self._stored_headers(request), tags,
                     sse)
        self._store(bucket, key, obj)
        return Response(headers=dict(sse, ETag='"%s"' % etag))

    def _store(self, bucket, key, obj):
        with self.world.lock:
            old = bucket.objects.get(key)
            bucket.objects[key] = obj
            self.world.save()
        if old:
            old.drop()

    def get_object(self, request, _query, bucket, key):
        self._refuse_sse(request)
        obj = bucket.objects.get(key)
        if obj is None:
            raise no_such_key(key)
        headers = dict(obj.headers, **obj.sse)
        headers["ETag"] = '"%s"' % obj.etag
        headers["Last-Modified"] = s3xml.http_date(obj.modified)
        headers["Accept-Ranges"] = "bytes"
        if obj.tags:
            headers["x-amz-tagging-count"] = str(len(obj.tags))
        wish = request.header("if-match").strip('"')
        if wish and wish not in ("*", obj.etag):
            raise S3Error(412, "PreconditionFailed", "At least one of the pre-conditions "
                          "you specified did not hold", Condition="If-Match")
        status, start, end = self._range(request.header("range"), obj.size)
        if status == 206:
            headers["Content-Range"] = "bytes %d-%d/%d" % (start, end - 1, obj.size)
        headers["Content-Length"] = str(end - start)
        pieces = [] if request.method == "HEAD" else list(obj.pieces(start, end))
        return Response(status, pieces, headers)

    @staticmethod
    def _range(text, size):
        match = RANGE.match(text)
        if not match or match.group(0) == "bytes=-":
            return 200, 0, size
        first, last = match.groups()
        if first:
            start, end = int(first), min(int(last) + 1 if last else size, size)
        else:
            start, end = max(size - int(last), 0), size
        if start >= end:
            raise S3Error(416, "InvalidRange", "The requested range is not satisfiable",
                          ActualObjectSize=size)
        return 206, start, end

    def delete_object(self, _request, _query, bucket, key):
        with self.world.lock:
            old = bucket.objects.pop(key, None)
            self.world.save()
        if old:
            old.drop()
        return Response(204)

    def delete_objects(self, request, query, bucket, _name):
        if "content-md5" not in request.headers and \
                "x-amz-checksum-sha256" not in request.headers and \
                "x-amz-checksum-crc32" not in request.headers:
            raise S3Error(400, "InvalidRequest", "Missing required header for this "
                          "request: Content-MD5")
        keys, quiet = s3xml.parse_delete(request.body)
        for key in keys:
            self.delete_object(request, query, bucket, key)
        return s3xml.document("DeleteResult", [] if quiet else
                              [("Deleted", [("Key", key)]) for key in keys])

    @staticmethod
    def _tagging(tags):
        return s3xml.document("Tagging", [("TagSet", [
            ("Tag", [("Key", k), ("Value", v)]) for k, v in sorted(tags.items())])])

    def get_tags(self, _request, _query, bucket, key):
        if key not in bucket.objects:
            raise no_such_key(key)
        return self._tagging(bucket.objects[key].tags)

    def put_tags(self, request, _query, bucket, key):
        delete = request.method == "DELETE"
        tags = {} if delete else s3xml.parse_tagging(request.body)
        with self.world.lock:
            if key not in bucket.objects:
                raise no_such_key(key)
            bucket.objects[key].tags = tags
            self.world.save()
        return Response(204 if delete else 200)

    # -- multipart -------------------------------------------------------------------------

    def begin(self, request, _query, bucket, key):
        sse, tags = self._sse(request), self._header_tags(request)
        upload = Multipart(key, self.world.now(), self._stored_headers(request), tags,
                           sse)
        ident = uuid.uuid4().hex + ".~-_"
        with self.world.lock:
            bucket.uploads[ident] = upload
            self.world.save()
        response = s3xml.document("InitiateMultipartUploadResult", [
            ("Bucket", bucket.name), ("Key", key), ("UploadId", ident)])
        response.headers.update(sse)
        return response

    @staticmethod
    def _upload(query, bucket, key):
        upload = bucket.uploads.get(query["uploadId"])
        if upload is None or upload.key != key:
            raise S3Error(404, "NoSuchUpload", "The specified upload does not exist. The "
                          "upload ID may be invalid, or the upload may have been aborted "
                          "or completed.", UploadId=query["uploadId"])
        return upload

    def put_part(self, request, query, bucket, key):
        self._refuse_sse(request)
        number = query.get("partNumber", "")
        if not number.isdigit() or not 1 <= int(number) <= MAX_PARTS:
            raise S3Error(400, "InvalidArgument", "Part number must be an integer "
                          "between 1 and 10000, inclusive", ArgumentName="partNumber")
        upload = self._upload(query, bucket, key)
        blob = self._blob(request)
        etag = self._etag(request, blob, upload.sse[SSE] != "AES256")
        with self.world.lock:
            self._upload(query, bucket, key)
            old = upload.parts.get(int(number))
            upload.parts[int(number)] = (blob, etag, self.world.now())
            self.world.save()
        if old:
            old[0].drop()
        return Response(headers=dict(upload.sse, ETag='"%s"' % etag))

    def complete(self, request, query, bucket, key):
        listed = s3xml.parse_complete(request.body)
        self._check_absent(request, bucket, key)
        with self.world.lock:
            upload = self._upload(query, bucket, key)
            blobs = self._assemble(upload, listed)
            etag = "%s-%d" % (short_tag(blobs), len(blobs))
            obj = Object(blobs, etag, self.world.now(), upload.headers, upload.tags,
                         upload.sse)
            old = bucket.objects.get(key)
            bucket.objects[key] = obj
            del bucket.uploads[query["uploadId"]]
            self.world.save()
        kept = {id(b) for b in blobs}
        for blob, _, _ in upload.parts.values():
            if id(blob) not in kept:
                blob.drop()
        if old:
            old.drop()
        response = s3xml.document("CompleteMultipartUploadResult", [
            ("Location", "/%s/%s" % (bucket.name, key)), ("Bucket", bucket.name),
            ("Key", key), ("ETag", '"%s"' % etag)])
        response.headers.update(upload.sse)
        return response

    @staticmethod
    def _assemble(upload, listed):
        numbers = [n for n, _ in listed]
        if any(a >= b for a, b in zip(numbers, numbers[1:])):
            raise S3Error(400, "InvalidPartOrder", "The list of parts was not in "
                          "ascending order.")
        blobs = []
        for number, etag in listed:
            if number not in upload.parts or upload.parts[number][1] != etag:
                raise S3Error(400, "InvalidPart", "One or more of the specified parts "
                              "could not be found.", PartNumber=number)
            blobs.append(upload.parts[number][0])
        for number, blob in list(zip(numbers, blobs))[:-1]:
            if blob.size < MIN_PART:
                raise S3Error(400, "EntityTooSmall", "Your proposed upload is smaller "
                              "than the minimum allowed size", PartNumber=number,
                              ProposedSize=blob.size, MinSizeAllowed=MIN_PART)
        return blobs

    def abort(self, _request, query, bucket, key):
        with self.world.lock:
            upload = self._upload(query, bucket, key)
            del bucket.uploads[query["uploadId"]]
            self.world.save()
        upload.drop()
        return Response(204)

    def list_parts(self, _request, query, bucket, key):
        limit = self._page_size(query, "max-parts")
        after = int(query.get("part-number-marker") or 0)
        with self.world.lock:
            upload = self._upload(query, bucket, key)
            found = sorted((n, p) for n, p in upload.parts.items() if n > after)
        page, more = found[:limit], len(found) > limit
        pairs = [("Bucket", bucket.name), ("Key", key), ("UploadId", query["uploadId"]),
                 ("MaxParts", limit), ("IsTruncated", str(more).lower()),
                 ("NextPartNumberMarker", page[-1][0] if page else 0)]
        pairs += [("Part", [("PartNumber", n), ("LastModified", s3xml.iso(when)),
                            ("ETag", '"%s"' % etag), ("Size", blob.size)])
                  for n, (blob, etag, when) in page]
        return s3xml.document("ListPartsResult", pairs)
