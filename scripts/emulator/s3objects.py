# SPDX-License-Identifier: Apache-2.0
"""S3's operations on whole objects."""
import fnmatch
import re
import urllib.parse

from . import s3sums, s3xml
from .blobs import Object, md5_of, short_tag
from .httpcore import Response
from .s3xml import S3Error, not_implemented

SMALL = 1 << 20
STORED_HEADERS = ("content-type", "content-encoding", "content-disposition",
                  "content-language", "cache-control", "expires")
SSE = "x-amz-server-side-encryption"
SSE_KEY = SSE + "-aws-kms-key-id"
SSE_HEADERS = (SSE, SSE_KEY, SSE + "-bucket-key-enabled",
               SSE + "-context")
RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


def no_such_key(key):
    return S3Error(404, "NoSuchKey", "The specified key does not exist.", Key=key)


class ObjectOperations:
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

    def _sse(self, request, bucket, needed=("kms:GenerateDataKey",)):
        """What the headers say, or else the bucket's default encryption. needed: the
        rights without which KMS refuses."""
        given = {n: request.header(n) for n in SSE_HEADERS if n in request.headers}
        if not given and bucket.kms_key_id:
            given = {SSE: "aws:kms", SSE_KEY: bucket.kms_key_id}
        kind = given.get(SSE, "AES256")
        if kind not in ("AES256", "aws:kms", "aws:kms:dsse"):
            raise S3Error(400, "InvalidEncryptionAlgorithmError", "The encryption "
                          "request that you specified is not valid.")
        if kind == "AES256" and SSE_KEY in given:
            raise S3Error(400, "InvalidArgument", "Server Side Encryption with KMS "
                          "managed key requires HTTP header %s : aws:kms" % SSE)
        given[SSE] = kind
        if kind != "AES256":
            self._check_key(request.signer, given.get(SSE_KEY), needed)
        elif self.world.switches.need_kms:
            raise S3Error(403, "AccessDenied", "Access Denied: a policy of the bucket "
                          "wants %s: aws:kms" % SSE)
        return given

    def _check_key(self, signer, ident, needed):
        """ident None: the account's own key for S3."""
        known = self.world.switches.kms_keys
        if ident and known is not None and ident not in known:
            raise S3Error(400, "KMS.NotFoundException", "Invalid keyId %s" % ident)
        for action in needed:
            if any(fnmatch.fnmatchcase(action, p) for p in signer.get("deny", ())):
                raise S3Error(403, "AccessDenied", "User is not authorized to perform: "
                              "%s on this resource" % action)

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
        sse, tags = self._sse(request, bucket), self._header_tags(request)
        s3sums.demand(request, self.world.switches)
        self._check_absent(request, bucket, key)
        blob = self._blob(request)
        etag = self._etag(request, blob, sse[SSE] != "AES256")
        sums = s3sums.given(request)
        obj = Object([blob], etag, self.world.now(), self._stored_headers(request), tags,
                     sse, sums, [sums])
        self._store(bucket, key, obj)
        return Response(headers=dict(sse, ETag='"%s"' % etag, **s3sums.headers(sums)))

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
        if request.header("x-amz-checksum-mode").upper() == "ENABLED" and obj.sums:
            headers.update(s3sums.headers(obj.sums))
            headers["x-amz-checksum-type"] = "COMPOSITE" if len(obj.blobs) > 1 or \
                "-" in obj.etag else "FULL_OBJECT"
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
        s3sums.required(request)
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
