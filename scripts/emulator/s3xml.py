# SPDX-License-Identifier: Apache-2.0
"""S3's documents: answers written, request bodies read. No state."""
import time
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from .httpcore import Response
from .sigv4 import encode

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MAX_TAGS = 10
MAX_BUCKET_TAGS = 50


class S3Error(Exception):
    def __init__(self, status, code, message, **more):
        super().__init__(message)
        self.status = status
        self.code = code
        self.more = more


def not_implemented(what):
    return S3Error(501, "NotImplemented", "%s is not implemented here." % what)


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def http_date(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))


def element(name, value):
    """value: text, a list of (name, value) pairs, or None to leave it out."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = "".join(element(n, v) for n, v in value)
    else:
        value = escape(str(value), {'"': "&quot;"})
    return "<%s>%s</%s>" % (name, value, name)


def document(root, pairs, status=200):
    inside = "".join(element(n, v) for n, v in pairs)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<%s xmlns="%s">%s</%s>' % (
        root, NAMESPACE, inside, root)
    return Response(status, text.encode("utf-8", "replace"),
                    content_type="application/xml")


def error(err, resource):
    pairs = [("Code", err.code), ("Message", str(err))]
    pairs += sorted(err.more.items()) + [("Resource", resource)]
    inside = "".join(element(n, v) for n, v in pairs)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<Error>%s</Error>' % inside
    return Response(err.status, text.encode("utf-8", "replace"),
                    content_type="application/xml")


def _parse(body, root):
    malformed = S3Error(400, "MalformedXML", "The XML you provided was not well-formed "
                        "or did not validate against our published schema")
    if not body or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise malformed
    try:
        tree = ET.fromstring(bytes(body))
    except ET.ParseError:
        raise malformed from None
    for node in tree.iter():
        node.tag = node.tag.rpartition("}")[2]
    if tree.tag != root:
        raise malformed
    return tree


def parse_complete(body):
    """[(part number, etag, {algorithm: checksum})] in the order given."""
    parts = []
    for node in _parse(body, "CompleteMultipartUpload").findall("Part"):
        number, etag = node.findtext("PartNumber"), node.findtext("ETag")
        if number is None or etag is None or not number.strip().isdigit():
            raise S3Error(400, "MalformedXML", "A part lacks its number or its ETag")
        sums = {name[len("Checksum"):].lower(): node.findtext(name) for name in (
            child.tag for child in node) if name.startswith("Checksum")}
        parts.append((int(number), etag.strip().strip('"'), sums))
    if not parts:
        raise S3Error(400, "MalformedXML", "You must specify at least one part")
    return parts


def parse_delete(body):
    tree = _parse(body, "Delete")
    quiet = (tree.findtext("Quiet") or "").strip().lower() == "true"
    return [node.findtext("Key") or "" for node in tree.findall("Object")], quiet


def parse_location(body):
    """The region that a new bucket wants, or None."""
    if not body:
        return None
    return _parse(body, "CreateBucketConfiguration").findtext("LocationConstraint")


def parse_tagging(body, limit=MAX_TAGS):
    pairs = []
    for node in _parse(body, "Tagging").findall("TagSet/Tag"):
        pairs.append((node.findtext("Key") or "", node.findtext("Value") or ""))
    return check_tags(pairs, limit)


def check_tags(pairs, limit):
    if len(pairs) > limit:
        raise S3Error(400, "BadRequest", "Tags cannot be more than %d" % limit)
    tags = {}
    for key, value in pairs:
        if not key or len(key) > 128 or len(value) > 256:
            raise S3Error(400, "InvalidTag", "The TagKey or TagValue you have provided "
                          "is invalid")
        if key in tags:
            raise S3Error(400, "InvalidTag", "Cannot provide multiple Tags with the "
                          "same key")
        tags[key] = value
    return tags


def listed_key(key, encoding):
    return encode(key, "/") if encoding == "url" else key


def object_pairs(key, obj, encoding):
    return [("Key", listed_key(key, encoding)), ("LastModified", iso(obj.modified)),
            ("ETag", '"%s"' % obj.etag), ("Size", obj.size),
            ("StorageClass", "STANDARD")]
