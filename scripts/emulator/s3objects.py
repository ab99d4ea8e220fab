# SPDX-License-Identifier: Apache-2.0
"""S3's operations on objects, whole and in parts."""
import re
import urllib.parse
import uuid

from . import s3xml
from .blobs import Multipart, Object, md5_of, short_tag
from .httpcore import Response
from .s3xml import S3Error, not_implemented

MIN_PART = 5 << 20
MAX_PARTS = 10000
SMALL = 1 << 20
STORED_HEADERS = ("content-type", "content-encoding", "content-disposition",
                  "content-language", "cache-control", "expires")
SSE = "x-amz-server-side-encryption"
SSE_HEADERS = (SSE, SSE + "-aws-kms-key-id", SSE + "-bucket-key-enabled",
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

    # -- multipart ------------------------------------------------------------

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
            raise S3Error(404, "NoSuchUpload", "The specified upload does not exist. "
                          "The upload ID may be invalid, or the upload may have been "
                          "aborted or completed.", UploadId=query["uploadId"])
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
