# SPDX-License-Identifier: Apache-2.0
"""S3's operations on buckets: life, settings, listings."""
import base64
import json
import re

from . import s3sums, s3xml
from .httpcore import Response
from .s3xml import S3Error

PAGE = 1000
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")


def _check_statement(statement, bucket):
    if not isinstance(statement, dict):
        raise S3Error(400, "MalformedPolicy", "Statement is no list of objects")
    for name in ("Effect", "Principal", "Action", "Resource"):
        if name not in statement and "Not" + name not in statement:
            raise S3Error(400, "MalformedPolicy", "Missing required field " + name)
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise S3Error(400, "MalformedPolicy", "Invalid effect: Effect")
    resources = statement.get("Resource", [])
    for resource in resources if isinstance(resources, list) else [resources]:
        if not isinstance(resource, str) or \
                re.split("[/*?]", resource, 1)[0] != "arn:aws:s3:::" + bucket:
            raise S3Error(400, "MalformedPolicy", "Policy has invalid resource")


class BucketOperations:
    def list_buckets(self):
        with self.world.lock:
            buckets = [("Bucket", [("Name", b.name),
                                   ("CreationDate", s3xml.iso(b.created))])
                       for _, b in sorted(self.world.buckets.items())]
        return s3xml.document("ListAllMyBucketsResult", [
            ("Owner", [("ID", "demo")]), ("Buckets", buckets)])

    def create_bucket(self, request, _query, bucket, name):
        if bucket is not None:
            raise S3Error(409, "BucketAlreadyOwnedByYou", "Your previous request to "
                          "create the named bucket succeeded and you already own it.")
        if not BUCKET_NAME.match(name):
            raise S3Error(400, "InvalidBucketName", "The specified bucket is not valid.")
        with self.world.lock:
            self.world.add_bucket(name, s3xml.parse_location(request.body))
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

    @staticmethod
    def get_encryption(_request, _query, bucket, _name):
        default = [("SSEAlgorithm", "AES256")]
        if bucket.kms_key_id:
            default = [("SSEAlgorithm", "aws:kms"),
                       ("KMSMasterKeyID", bucket.kms_key_id)]
        return s3xml.document("ServerSideEncryptionConfiguration", [
            ("Rule", [("ApplyServerSideEncryptionByDefault", default),
                      ("BucketKeyEnabled", "false")])])

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
        for statement in statements if isinstance(statements, list) else [statements]:
            _check_statement(statement, bucket.name)
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
        if request.method == "PUT":
            s3sums.required(request)
        tags = {} if request.method == "DELETE" else s3xml.parse_tagging(
            request.body, s3xml.MAX_BUCKET_TAGS)
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
        pairs += entries
        pairs += [("CommonPrefixes", [("Prefix", s3xml.listed_key(f, encoding))])
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
                              ("StorageClass", "STANDARD")])
                  for key, ident, begun in page]
        return s3xml.document("ListMultipartUploadsResult", pairs)
