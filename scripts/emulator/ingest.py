# SPDX-License-Identifier: Apache-2.0
"""What AMC does with an upload after accepting it.

Reads the staged objects as AMC's own account would (name rules, tags, optionally
the bucket policy), checks every cell against the data set, and only then changes
the table: all or nothing.
"""
import fnmatch
import re

from . import csvcheck, schema
from .csvcheck import BadFile

MAX_BUCKETS = 100
MAX_TAG_IDS = 25
NEEDED_ACTIONS = ("s3:GetObject", "s3:ListBucket", "s3:GetObjectTagging",
                  "s3:GetBucketTagging")
OBJECT_ACTIONS = ("s3:GetObject", "s3:GetObjectTagging")
_S3_URL = re.compile(r"s3://([^/\s]+)/(.+)\Z")


# -- which objects ---------------------------------------------------------------

def _tagged(instance, bucket, obj):
    for tags in (obj.tags, bucket.tags):
        named = tags.get("instanceId", "").split(" ")
        if instance in named and len(named) <= MAX_TAG_IDS:
            return True
    return False


def _as_list(value):
    return value if isinstance(value, list) else [value]


def _covers(statement, account, action, bucket):
    """Whether a statement speaks of this account, action and bucket."""
    principals = (account, "arn:aws:iam::%s:root" % account, "*")
    principal = statement.get("Principal", {})
    named = _as_list(principal.get("AWS", [])
                     if isinstance(principal, dict) else principal)
    arn = "arn:aws:s3:::" + bucket
    if action in OBJECT_ACTIONS:
        arn += "/any"
    return bool(set(named) & set(principals)) and \
        any(fnmatch.fnmatchcase(action, a)
            for a in _as_list(statement.get("Action", []))) and \
        any(fnmatch.fnmatchcase(arn, r)
            for r in _as_list(statement.get("Resource", [])))


def policy_admits(policy, account, bucket):
    """Whether the account may do all it needs. Conditions are beyond us: what has one
    neither allows nor denies."""
    statements = [s for s in _as_list((policy or {}).get("Statement", []))
                  if not s.get("Condition")]

    def says(effect, action):
        return any(s.get("Effect") == effect and _covers(s, account, action, bucket)
                   for s in statements)
    return all(says("Allow", a) and not says("Deny", a) for a in NEEDED_ACTIONS)


class Reader:
    """AMC's view of S3 for one upload."""

    def __init__(self, world, instance):
        self.world = world
        self.instance = instance

    def bucket(self, name):
        bucket = self.world.buckets.get(name)
        if bucket is None:
            raise BadFile("No such file or directory 's3://%s'" % name)
        account = self.world.instances[self.instance]["info"]["dataUploadAwsAccountId"]
        if self.world.switches.require_policy and \
                not policy_admits(bucket.policy, account, name):
            raise BadFile("Access denied: the policy of bucket %s does not admit account "
                          "%s" % (name, account))
        return bucket

    def object(self, bucket_name, key):
        with self.world.lock:
            bucket = self.bucket(bucket_name)
            obj = bucket.objects.get(key)
            if obj is None:
                raise BadFile("No such file or directory 's3://%s/%s'" % (
                    bucket_name, key))
            if key.rsplit("/", 1)[-1][:1] in (".", "_"):
                raise BadFile("File names must not start with . or _: s3://%s/%s" % (
                    bucket_name, key))
            if self.world.switches.require_tag and \
                    not _tagged(self.instance, bucket, obj):
                raise BadFile("Access denied: neither s3://%s/%s nor its bucket is "
                              "tagged instanceId=%s" % (bucket_name, key, self.instance))
            if obj.size > self.world.switches.max_source_mb << 20:
                raise BadFile("s3://%s/%s is larger than %d MB" % (
                    bucket_name, key, self.world.switches.max_source_mb))
            return obj

    def sources(self, source):
        """[(name, object)]"""
        bucket = source["sourceS3Bucket"]
        if "sourceFileS3Key" in source:
            keys = [(bucket, source["sourceFileS3Key"])]
        elif "sourceS3Prefix" in source:
            with self.world.lock:
                keys = [(bucket, key) for key in sorted(self.bucket(bucket).objects)
                        if key.startswith(source["sourceS3Prefix"])]
            if not keys:
                raise BadFile("No such file or directory 's3://%s/%s'" % (
                    bucket, source["sourceS3Prefix"]))
        else:
            keys = self._manifest(bucket, source["sourceManifestS3Key"])
        return [("s3://%s/%s" % pair, self.object(*pair)) for pair in keys]

    def _manifest(self, bucket, key):
        body = b"".join(self.object(bucket, key).pieces())
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise BadFile("The manifest is not UTF-8") from None
        keys = []
        for number, line in enumerate(text.split("\n"), 1):
            if line == "":
                continue
            match = _S3_URL.match(line)
            if not match:
                raise BadFile("Manifest line %d is not s3://bucket/key" % number)
            keys.append(match.groups())
        if not keys:
            raise BadFile("The manifest names no file")
        if len({b for b, _ in keys}) > MAX_BUCKETS:
            raise BadFile("The manifest names more than %d buckets" % MAX_BUCKETS)
        return keys


# -- rows ------------------------------------------------------------------------

class Plan:
    """How one file's columns go into the data set's."""

    def __init__(self, dataset, names, switches):
        columns = {c["name"]: (i, c) for i, c in enumerate(dataset["columns"])}
        self.width = len(columns)
        self.steps = []
        for at, name in enumerate(names):
            if names.index(name) != at:
                raise BadFile("Column %s occurs twice in the header" % name)
            if name not in columns:
                if switches.ignore_extra_columns:
                    continue
                raise BadFile("Column %s is not in the data set" % name)
            target, column = columns[name]
            if column.get("isMainUserId") or column.get("isMainUserIdType"):
                continue
            check, complaint = schema.cell_check(column, switches.plain_state_zip,
                                                 switches.country_code)
            self.steps.append((at, target, name, check, complaint,
                               schema.must_have(column)))
        for name, (_, column) in columns.items():
            if schema.must_have(column) and name not in names:
                raise BadFile("Column %s is missing and not nullable" % name)

    def row(self, fields, line):
        row = [None] * self.width
        for at, target, name, check, complaint, required in self.steps:
            value = fields[at]
            if not value:
                if required:
                    raise BadFile("line %d, column %s: null in a column that is not "
                                  "nullable" % (line, name))
                continue
            if check is not None and not check(value):
                raise BadFile("line %d, column %s: %s" % (line, name, complaint))
            row[target] = value
        return row


def _csv_rows(chunks, fmt, dataset, switches):
    plan = None
    for line, fields in csvcheck.csv_records(chunks, fmt):
        if plan is None:
            plan, width = Plan(dataset, fields, switches), len(fields)
            continue
        if len(fields) != width:
            raise BadFile("line %d: %d fields, the header has %d" % (
                line, len(fields), width))
        yield plan.row(fields, line)
    if plan is None:
        raise BadFile("the file has no header")


def _json_rows(chunks, dataset, switches):
    plans = {}
    for line, value in csvcheck.json_records(chunks):
        names = list(value)
        plan = plans.get(tuple(names))
        if plan is None:
            plan = plans[tuple(names)] = Plan(dataset, names, switches)
        yield plan.row(list(value.values()), line)


class Batch:
    """An upload's rows by partition, before they count."""

    def __init__(self, dataset, keep):
        event = schema.main_event_time(dataset)
        self.at = None
        if event:
            self.at = [c["name"] for c in dataset["columns"]].index(event["name"])
            self.cut = schema.PERIODS[dataset["period"]]
        self.keep = keep
        self.partitions = {}
        self.counts = {}

    def add(self, row):
        name = row[self.at][:self.cut] if self.at is not None else ""
        self.counts[name] = self.counts.get(name, 0) + 1
        if self.keep:
            self.partitions.setdefault(name, []).append(row)


def process(world, instance, dataset_id, request):
    """Rows that came in; None when the bytes were discarded and nothing could be
    checked. BadFile when the upload fails."""
    with world.lock:
        dataset = world.datasets[instance].get(dataset_id)
    if dataset is None:
        raise BadFile("The data set was deleted")
    batch = Batch(dataset, world.switches.store_rows)
    known = True
    for name, obj in Reader(world, instance).sources(request["dataSource"]):
        if any(blob.discarded for blob in obj.blobs):
            known = False
            continue
        try:
            _read_file(world, dataset, request, obj, batch)
        except BadFile as e:
            raise BadFile("%s: %s" % (name, e)) from None
    if not known:
        return None
    with world.lock:
        if world.datasets[instance].get(dataset_id) is not dataset:
            raise BadFile("The data set was changed or deleted while data was read")
        came = world.tables[instance, dataset_id].apply(
            request["updateStrategy"], batch.partitions, batch.counts)
        world.save_rows(instance, dataset_id)
    return came


def _read_file(world, dataset, request, obj, batch):
    chunks = csvcheck.decompress(obj.pieces(), request["compressionFormat"])
    formats = request["fileFormat"]
    if "csvDataFormat" in formats:
        fmt = csvcheck.Format(formats["csvDataFormat"])
        rows = _csv_rows(chunks, fmt, dataset, world.switches)
    elif formats.get("jsonDataFormat") == "LINES":
        rows = _json_rows(chunks, dataset, world.switches)
    else:
        raise BadFile("this file format is not implemented in this emulator")
    for row in rows:
        batch.add(row)
