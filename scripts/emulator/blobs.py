# SPDX-License-Identifier: Apache-2.0
"""Where object bytes are: in memory, in files of the state directory, or nowhere.

An object is a list of blobs, one for each part, and they are never joined.
"""
import hashlib
import os
import uuid


class Blob:
    """size and sha256 always; the bytes in memory, in a file, or discarded."""

    def __init__(self, size, sha256, data=None, path=None):
        self.size = size
        self.sha256 = sha256
        self.data = data
        self.path = path

    @property
    def discarded(self):
        return self.data is None and self.path is None and self.size > 0

    def read(self, start=0, end=None):
        """Bytes-like; a discarded blob reads as zeros."""
        end = self.size if end is None else end
        if self.data is not None:
            return memoryview(self.data)[start:end]
        if self.path is None:
            return bytes(end - start)
        with open(self.path, "rb") as f:
            f.seek(start)
            return f.read(end - start)

    def drop(self):
        """Memory goes by itself when the last reader is done."""
        if self.path:
            try:
                os.unlink(self.path)
            except FileNotFoundError:
                pass

    def save(self):
        return {"size": self.size, "sha256": self.sha256,
                "file": os.path.basename(self.path) if self.path else None}


class BlobStore:
    def __init__(self, folder=None, discard=False):
        self.folder = folder
        self.discard = discard
        if folder:
            os.makedirs(folder, mode=0o700, exist_ok=True)

    def put(self, body, size, sha256):
        """body: bytes-like, or None for a body that was not kept."""
        if body is None:
            return Blob(size, sha256)
        if not self.folder:
            return Blob(size, sha256, data=body)
        path = os.path.join(self.folder, uuid.uuid4().hex)
        with open(path, "wb") as f:
            f.write(body)
        return Blob(size, sha256, path=path)

    def load(self, saved):
        path = os.path.join(self.folder, saved["file"]) if saved["file"] else None
        return Blob(saved["size"], saved["sha256"], path=path)

    def sweep(self, used):
        """Files that no object names are what a crash left."""
        names = {os.path.basename(b.path) for b in used if b.path}
        for name in os.listdir(self.folder) if self.folder else ():
            if name not in names:
                os.unlink(os.path.join(self.folder, name))


def short_tag(blobs):
    """An ETag for one blob or many that costs no second pass over the bytes; S3's
    own are no MD5 either once an object is encrypted or came in parts."""
    if len(blobs) == 1:
        return blobs[0].sha256[:32]
    joined = hashlib.sha256("".join(b.sha256 for b in blobs).encode())
    return joined.hexdigest()[:32]


def md5_of(body):
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


class Object:
    """One stored object. sums: its checksums by algorithm; parts: those of its parts."""

    def __init__(self, blobs, etag, modified, headers, tags, sse, sums=None, parts=None):
        self.blobs = blobs
        self.etag = etag
        self.modified = modified
        self.headers = headers
        self.tags = tags
        self.sse = sse
        self.sums = sums or {}
        self.parts = parts or []
        self.size = sum(b.size for b in blobs)

    def pieces(self, start=0, end=None):
        """Bytes-like pieces of [start, end)."""
        end = self.size if end is None else end
        at = 0
        for blob in self.blobs:
            low, high = max(start, at), min(end, at + blob.size)
            if low < high:
                yield blob.read(low - at, high - at)
            at += blob.size

    def drop(self):
        for blob in self.blobs:
            blob.drop()

    def save(self):
        return {"blobs": [b.save() for b in self.blobs], "etag": self.etag,
                "modified": self.modified, "headers": self.headers, "tags": self.tags,
                "sse": self.sse, "sums": self.sums, "parts": self.parts}

    @classmethod
    def load(cls, saved, store):
        return cls([store.load(b) for b in saved["blobs"]], saved["etag"],
                   saved["modified"], saved["headers"], saved["tags"], saved["sse"],
                   saved.get("sums"), saved.get("parts"))


class Multipart:
    """An upload under way; parts: number -> (blob, etag, modified, checksums).
    algorithm: of the checksums that it wants of each part, or None."""

    def __init__(self, key, begun, headers, tags, sse, algorithm=None):
        self.key = key
        self.begun = begun
        self.headers = headers
        self.tags = tags
        self.sse = sse
        self.algorithm = algorithm
        self.parts = {}

    def drop(self):
        for blob, _, _, _ in self.parts.values():
            blob.drop()

    def save(self):
        return {"key": self.key, "begun": self.begun, "headers": self.headers,
                "tags": self.tags, "sse": self.sse, "algorithm": self.algorithm,
                "parts": [[n, b.save(), *rest] for n, (b, *rest) in self.parts.items()]}

    @classmethod
    def load(cls, saved, store):
        out = cls(saved["key"], saved["begun"], saved["headers"], saved["tags"],
                  saved["sse"], saved.get("algorithm"))
        for n, blob, etag, modified, sums in saved["parts"]:
            out.parts[n] = (store.load(blob), etag, modified, sums)
        return out


class Bucket:
    def __init__(self, name, region, created, tags=None, policy=None):
        self.name = name
        self.region = region
        self.created = created
        self.tags = tags or {}
        self.policy = policy
        self.kms_key_id = None
        self.objects = {}
        self.uploads = {}

    def blobs(self):
        for obj in self.objects.values():
            yield from obj.blobs
        for upload in self.uploads.values():
            for blob, _, _, _ in upload.parts.values():
                yield blob

    def save(self):
        return {"name": self.name, "region": self.region, "created": self.created,
                "tags": self.tags, "policy": self.policy,
                "kms_key_id": self.kms_key_id,
                "objects": {k: o.save() for k, o in self.objects.items()},
                "uploads": {k: u.save() for k, u in self.uploads.items()}}

    @classmethod
    def load(cls, saved, store):
        out = cls(saved["name"], saved["region"], saved["created"], saved["tags"],
                  saved["policy"])
        out.kms_key_id = saved.get("kms_key_id")
        out.objects = {k: Object.load(o, store) for k, o in saved["objects"].items()}
        out.uploads = {k: Multipart.load(u, store) for k, u in saved["uploads"].items()}
        return out
