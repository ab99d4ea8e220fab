# SPDX-License-Identifier: Apache-2.0
"""S3's operations on objects that come in parts."""
import uuid

from . import s3sums, s3xml
from .blobs import Multipart, Object, short_tag
from .httpcore import Response
from .s3objects import SSE
from .s3xml import S3Error

MIN_PART = 5 << 20
MAX_PARTS = 10000


def _invalid(text):
    return S3Error(400, "InvalidRequest", text)


class MultipartOperations:
    def begin(self, request, _query, bucket, key):
        sse = self._sse(request, bucket, ("kms:GenerateDataKey", "kms:Decrypt"))
        tags = self._header_tags(request)
        upload = Multipart(key, self.world.now(), self._stored_headers(request), tags,
                           sse, s3sums.declared(request))
        ident = uuid.uuid4().hex + ".~-_"
        with self.world.lock:
            bucket.uploads[ident] = upload
            self.world.save()
        response = s3xml.document("InitiateMultipartUploadResult", [
            ("Bucket", bucket.name), ("Key", key), ("UploadId", ident)])
        response.headers.update(sse)
        if upload.algorithm:
            response.headers[s3sums.DECLARED] = upload.algorithm.upper()
        return response

    @staticmethod
    def _check_algorithm(upload, sums):
        """A part's checksum is of the kind that the upload began with."""
        if upload.algorithm and upload.algorithm not in sums:
            raise _invalid("Checksum Type mismatch occurred, expected checksum Type: %s, "
                           "actual checksum Type: %s" % (
                               upload.algorithm, next(iter(sums), "null")))

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
        sums = s3sums.given(request)
        s3sums.demand(request, self.world.switches)
        self._check_algorithm(upload, sums)
        blob = self._blob(request)
        etag = self._etag(request, blob, upload.sse[SSE] != "AES256")
        with self.world.lock:
            self._upload(query, bucket, key)
            old = upload.parts.get(int(number))
            upload.parts[int(number)] = (blob, etag, self.world.now(), sums)
            self.world.save()
        if old:
            old[0].drop()
        return Response(headers=dict(upload.sse, ETag='"%s"' % etag,
                                     **s3sums.headers(sums)))

    def complete(self, request, query, bucket, key):
        listed = s3xml.parse_complete(request.body)
        self._check_absent(request, bucket, key)
        with self.world.lock:
            upload = self._upload(query, bucket, key)
            blobs = self._assemble(upload, listed)
            parts = [upload.parts[number][3] for number, _, _ in listed]
            sums = {}
            if upload.algorithm:
                sums[upload.algorithm] = s3sums.of_parts(
                    upload.algorithm, [p[upload.algorithm] for p in parts])
            etag = "%s-%d" % (short_tag(blobs), len(blobs))
            obj = Object(blobs, etag, self.world.now(), upload.headers, upload.tags,
                         upload.sse, sums, parts)
            old = bucket.objects.get(key)
            bucket.objects[key] = obj
            del bucket.uploads[query["uploadId"]]
            self.world.save()
        kept = {id(b) for b in blobs}
        for blob, _, _, _ in upload.parts.values():
            if id(blob) not in kept:
                blob.drop()
        if old:
            old.drop()
        response = s3xml.document("CompleteMultipartUploadResult", [
            ("Location", "/%s/%s" % (bucket.name, key)), ("Bucket", bucket.name),
            ("Key", key), ("ETag", '"%s"' % etag)] + s3sums.pairs(sums))
        response.headers.update(upload.sse)
        return response

    @staticmethod
    def _assemble(upload, listed):
        numbers = [n for n, _, _ in listed]
        if any(a >= b for a, b in zip(numbers, numbers[1:])):
            raise S3Error(400, "InvalidPartOrder", "The list of parts was not in "
                          "ascending order.")
        blobs = []
        for number, etag, sums in listed:
            if upload.algorithm and upload.algorithm not in sums:
                raise _invalid("The upload was created using a %s checksum. The complete "
                               "request must include the checksum for each part. It was "
                               "missing for part %d in the request." % (
                                   upload.algorithm, number))
            kept = upload.parts.get(number)
            if kept is None or kept[1] != etag or \
                    any(kept[3].get(n) != v for n, v in sums.items()):
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
            found = sorted(((n, p) for n, p in upload.parts.items() if n > after),
                           key=lambda item: item[0])
        page, more = found[:limit], len(found) > limit
        pairs = [("Bucket", bucket.name), ("Key", key), ("UploadId", query["uploadId"]),
                 ("MaxParts", limit), ("IsTruncated", str(more).lower()),
                 ("NextPartNumberMarker", page[-1][0] if page else 0)]
        if upload.algorithm:
            pairs.append(("ChecksumAlgorithm", upload.algorithm.upper()))
        pairs += [("Part", [("PartNumber", n), ("LastModified", s3xml.iso(when)),
                            ("ETag", '"%s"' % etag), ("Size", blob.size)] +
                   s3sums.pairs(sums)) for n, (blob, etag, when, sums) in page]
        return s3xml.document("ListPartsResult", pairs)
