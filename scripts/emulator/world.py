# SPDX-License-Identifier: Apache-2.0
"""Everything the services know, and where it is kept on disk.

Guarded by one lock; bodies are received, hashed and stored outside of it. With a
state directory every change is on disk before the answer goes out:

  state.json        all but the bytes and the rows
  rows/ID/DS.json   what AMC holds of a data set
  blobs/            object bodies, one file a part
"""
import copy
import json
import os
import re
import threading
import time

from . import schema
from .blobs import BlobStore, Bucket
from .seed import DEFAULT
from .sessions import plant_role

INSTANCE_ID = re.compile(r"[a-z0-9]{1,64}\Z")


def publish(path, text):
    """Whole or not at all."""
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".new", path)


class Table:
    """Rows of one data set by partition; a dimension has the one partition ''."""

    def __init__(self, columns):
        self.columns = columns
        self.partitions = {}
        self.counts = {}

    def rows(self):
        for rows in self.partitions.values():
            yield from rows

    def count(self):
        return sum(self.counts.values())

    def remove(self, matches):
        """Returns how many rows went."""
        gone = 0
        for name, rows in self.partitions.items():
            kept = [row for row in rows if not matches(row)]
            gone += len(rows) - len(kept)
            self.counts[name] -= len(rows) - len(kept)
            self.partitions[name] = kept
        return gone

    def add_column(self, name):
        self.columns = self.columns + [name]
        for row in self.rows():
            row.append(None)

    def rename_column(self, old, new):
        self.columns = [new if c == old else c for c in self.columns]

    def drop_column(self, name):
        at = self.columns.index(name)
        self.columns = self.columns[:at] + self.columns[at + 1:]
        for row in self.rows():
            del row[at]

    def apply(self, strategy, partitions, counts):
        """Returns how many rows came in. rows are lists in the columns' order."""
        if strategy == "FULL_REPLACE":
            self.partitions, self.counts = {}, {}
        elif strategy == "OVERLAP_REPLACE":
            for name in counts:
                self.partitions.pop(name, None)
                self.counts.pop(name, None)
        came = 0
        before = {name for name, n in self.counts.items() if n}
        for name, n in counts.items():
            if strategy == "OVERLAP_KEEP" and name in before:
                continue
            self.partitions.setdefault(name, []).extend(partitions.get(name, ()))
            self.counts[name] = self.counts.get(name, 0) + n
            came += n
        return came


class World:
    def __init__(self, switches, state_dir=None, discard=False):
        self.lock = threading.RLock()
        self.switches = switches
        self.state_dir = state_dir
        self.clock_offset = 0.0
        self.clock_stopped = None  # the time at which it stands
        self.region = DEFAULT["region"]
        self.clients = {}
        self.keys = {}
        self.access_tokens = {}
        self.refresh_issued = {}  # refresh token -> what its consent said, and when
        self.codes = {}
        self.accounts = []
        self.instances = {}
        self.datasets = {}
        self.tables = {}
        self.uploads = {}
        self.roles = {}
        self.expired_web_tokens = []
        self.deletions = []
        self.audiences = []
        self.buckets = {}
        self.serial = 0
        blob_dir = os.path.join(state_dir, "blobs") if state_dir else None
        self.blobs = BlobStore(blob_dir, discard)

    def now(self):
        return (self.clock_stopped or time.time()) + self.clock_offset

    def next_serial(self):
        with self.lock:
            self.serial += 1
            return self.serial

    # -- seeds ---------------------------------------------------------------

    def plant(self, seed):
        """Adds a seed's things; what exists under the same name is replaced."""
        with self.lock:
            self.region = seed.get("region", self.region)
            for client in seed.get("clients", ()):
                self.clients[client["client_id"]] = {
                    "client_secret": client["client_secret"],
                    "refresh_tokens": list(client.get("refresh_tokens", ())),
                    "redirect_uris": client.get("redirect_uris")}
                for token in client.get("refresh_tokens", ()):
                    self.refresh_issued[token] = {"at": self.now(),
                                                  "scope": client.get("scope")}
            for key in seed.get("keys", ()):
                key = dict(key, secret_access_key=key["secret_access_key"])
                if "expires_in_s" in key:
                    key["expires_at"] = self.now() + float(key.pop("expires_in_s"))
                self.keys[key["access_key_id"]] = key
            for role in seed.get("roles", ()):
                plant_role(self, role)
                self.expired_web_tokens += role.get("expired_web_identity_tokens", [])
            for account in seed.get("accounts", ()):
                ident = account["accountId"]
                self.accounts = [a for a in self.accounts if a["accountId"] != ident]
                self.accounts.append({"accountId": ident,
                                      "accountName": account.get("accountName", ident),
                                      "marketplaceId": account["marketplaceId"]})
            for bucket in seed.get("buckets", ()):
                self.add_bucket(bucket["name"], bucket.get("region"),
                                bucket.get("tags"), bucket.get("policy"),
                                bucket.get("kms_key_id"))
            for instance in seed.get("instances", ()):
                self.plant_instance(instance)
            self.save()

    def plant_default(self, seed):
        if not isinstance(seed, dict):
            raise ValueError("a seed is an object")
        unknown = set(seed) - set(DEFAULT)
        if unknown:
            raise ValueError("unknown member " + ", ".join(sorted(unknown)))
        self.plant({name: seed.get(name, DEFAULT[name]) for name in DEFAULT})

    def forget(self, names):
        """Takes away what a seed could bring: instances, accounts, buckets, keys."""
        with self.lock:
            for ident in names.get("instances", ()):
                for dataset in list(self.datasets.get(ident, ())):
                    self.drop_dataset(ident, dataset)
                for table in (self.instances, self.datasets, self.uploads):
                    table.pop(ident, None)
                self.deletions = [d for d in self.deletions
                                  if d["instanceId"] != ident]
                self.audiences = [a for a in self.audiences
                                  if a["instanceId"] != ident]
            self.accounts = [a for a in self.accounts
                             if a["accountId"] not in names.get("accounts", ())]
            for name in names.get("buckets", ()):
                self.buckets.pop(name, None)
            for name in names.get("keys", ()):
                self.keys.pop(name, None)
            self.save()

    def plant_instance(self, spec):
        ident = spec["instanceId"]
        if not INSTANCE_ID.match(ident):
            raise ValueError("instanceId %s is not valid" % ident)
        known = [a["accountId"] for a in self.accounts]
        account = spec.get("accountId") or known[0]
        if account not in known:
            raise ValueError("account %s is not defined" % account)
        if ident not in self.instances:
            self.instances[ident] = self._instance(ident, account, spec)
            self.datasets.setdefault(ident, {})
            self.uploads.setdefault(ident, [])
        for dataset in spec.get("dataSets", ()):
            self.add_dataset(ident, copy.deepcopy(dataset))

    @staticmethod
    def _instance(ident, account, spec):
        info = {"instanceId": ident, "instanceName": spec.get("instanceName", ident),
                "instanceType": "STANDARD", "customerCanonicalName": account,
                "creationStatus": "COMPLETED",
                "creationDatetime": "2024-02-01T10:00:00Z",
                "s3BucketName": "amc-%s-results" % ident, "s3BucketRegion": "us-east-1",
                "awsAccountId": "111122223333",
                "dataUploadAwsAccountId": spec.get("dataUploadAwsAccountId",
                                                   "444455556666"),
                "entities": ["NA"], "apiEndpoint": None, "optionalDatasets": [],
                "advertiserTypes": ["DISPLAY", "SPONSORED_ADS"]}
        info.update({k: spec[k] for k in info if k in spec})
        return {"accountId": account, "info": info,
                "advertisers": list(spec.get("advertisers", (account,)))}

    def add_dataset(self, instance, dataset):
        schema.check_dataset(dataset, self.switches.max_id)
        full = schema.complete(dataset, self.switches.user_type_column)
        ident = full["dataSetId"]
        self.datasets[instance][ident] = full
        self.tables[instance, ident] = Table([c["name"] for c in full["columns"]])
        self.save_rows(instance, ident)

    def drop_dataset(self, instance, ident):
        del self.datasets[instance][ident]
        del self.tables[instance, ident]
        if self.state_dir:
            try:
                os.unlink(self._rows_path(instance, ident))
            except FileNotFoundError:
                pass

    def add_bucket(self, name, region=None, tags=None, policy=None, kms_key_id=None):
        if name not in self.buckets:
            self.buckets[name] = Bucket(name, region or self.region, self.now())
        bucket = self.buckets[name]
        bucket.tags = dict(tags or bucket.tags)
        bucket.policy = policy or bucket.policy
        bucket.kms_key_id = kms_key_id or bucket.kms_key_id
        return bucket

    # -- disk ----------------------------------------------------------------

    PLAIN = ("region", "clock_offset", "clients", "keys", "access_tokens", "codes",
             "accounts", "instances", "datasets", "uploads", "deletions", "audiences",
             "roles", "expired_web_tokens", "refresh_issued", "serial")

    def save(self):
        if not self.state_dir:
            return
        with self.lock:
            saved = {name: getattr(self, name) for name in self.PLAIN}
            saved["buckets"] = {n: b.save() for n, b in self.buckets.items()}
            publish(os.path.join(self.state_dir, "state.json"), json.dumps(saved))

    def _rows_path(self, instance, dataset):
        folder = os.path.join(self.state_dir, "rows", instance)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return os.path.join(folder, dataset + ".json")

    def save_rows(self, instance, dataset):
        if not self.state_dir:
            return
        table = self.tables[instance, dataset]
        publish(self._rows_path(instance, dataset), json.dumps(
            {"columns": table.columns, "partitions": table.partitions,
             "counts": table.counts}))

    def load(self):
        """False when the state directory holds nothing yet."""
        try:
            with open(os.path.join(self.state_dir, "state.json"), encoding="utf-8") as f:
                saved = json.load(f)
        except FileNotFoundError:
            return False
        for name in self.PLAIN:
            setattr(self, name, saved.get(name, getattr(self, name)))
        self.buckets = {n: Bucket.load(b, self.blobs)
                        for n, b in saved["buckets"].items()}
        for instance, datasets in self.datasets.items():
            for ident in datasets:
                with open(self._rows_path(instance, ident), encoding="utf-8") as f:
                    rows = json.load(f)
                table = Table(rows["columns"])
                table.partitions = rows["partitions"]
                table.counts = rows["counts"]
                self.tables[instance, ident] = table
        self.blobs.sweep([b for bucket in self.buckets.values() for b in bucket.blobs()])
        return True
