# SPDX-License-Identifier: Apache-2.0
"""Uploads: the check of the create call, the life after it, and its listing."""
import calendar
import copy
import threading
import time
import uuid

from . import csvcheck, ingest, schema
from .schema import Refused
from .timefmt import utc

COMPRESSION = ("GZIP", "BZIP", "SNAPPY", "NONE", "ZIP")
SOURCES = ("sourceFileS3Key", "sourceS3Prefix", "sourceManifestS3Key")
FORMATS = {"csvDataFormat": None, "jsonDataFormat": ("LINES", "DOCUMENT"),
           "parquetDataFormat": ("PARQUET_DATA_FORMAT",)}
COMPARE = {"EQ": lambda a, b: a == b, "GT": lambda a, b: a > b,
           "GTE": lambda a, b: a >= b, "LT": lambda a, b: a < b,
           "LTE": lambda a, b: a <= b}
ENDED = ("SUCCESS", "FAILED")
SPELLING = {"current": {}, "docs": {"SUBMITTED": "PENDING", "SUCCESS": "COMPLETED"}}


def _exactly_one(value, allowed, where):
    if not isinstance(value, dict):
        raise Refused(where + " is missing")
    given = [n for n in allowed if value.get(n) is not None]
    if len(given) != 1:
        raise Refused("%s must have exactly one of %s" % (where, ", ".join(allowed)))
    return given[0]


def _check_source(source):
    name = _exactly_one(source, SOURCES, "dataSource")
    if not isinstance(source[name], str) or not source[name]:
        raise Refused("dataSource.%s is not valid" % name)
    bucket = source.get("sourceS3Bucket")
    if not isinstance(bucket, str) or not 3 <= len(bucket) <= 63:
        raise Refused("dataSource.sourceS3Bucket is not valid")


def _check_format(formats):
    name = _exactly_one(formats, tuple(FORMATS), "fileFormat")
    value = formats[name]
    if name == "csvDataFormat":
        if not isinstance(value, dict):
            raise Refused("fileFormat.csvDataFormat is not an object")
        try:
            csvcheck.Format(value)
        except ValueError as e:
            raise Refused("fileFormat." + str(e)) from None
    elif value not in FORMATS[name]:
        raise Refused("fileFormat.%s must be one of %s" % (
            name, ", ".join(FORMATS[name])))


def check_create(body, dataset):
    if not isinstance(body, dict):
        raise Refused("the body is not an object")
    strategy = body.get("updateStrategy")
    if strategy not in schema.STRATEGIES:
        raise Refused("updateStrategy must be one of " + ", ".join(schema.STRATEGIES))
    if strategy in schema.FACT_ONLY and not schema.is_fact(dataset):
        raise Refused("updateStrategy %s needs a data set with a main event time" %
                      strategy)
    if body.get("compressionFormat") not in COMPRESSION:
        raise Refused("compressionFormat must be one of " + ", ".join(COMPRESSION))
    _check_source(body.get("dataSource"))
    _check_format(body.get("fileFormat"))
    if body.get("countryCode") is not None:
        schema.check_country(body["countryCode"], "countryCode")


def seconds_of(text):
    try:
        return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        raise Refused("createdAt is not of the form yyyy-MM-ddTHH:mm:ssZ") from None


class Uploads:
    """Accepts uploads and, on one thread and in their order, carries them out."""

    def __init__(self, world):
        self.world = world
        self.changed = threading.Condition(world.lock)
        self._stopping = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        with self.changed:
            self._stopping = True
            self.changed.notify_all()

    def poke(self):
        """A switch or the clock has changed."""
        with self.changed:
            self.changed.notify_all()

    def create(self, instance, dataset_id, body):
        now = self.world.now()
        upload = {"uploadId": str(uuid.uuid4()), "instanceId": instance,
                  "dataSetId": dataset_id, "status": "SUBMITTED", "created": now,
                  "updated": now, "message": None, "metrics": None,
                  "request": copy.deepcopy(body), "validated": None}
        with self.changed:
            self.world.uploads[instance].append(upload)
            self.world.save()
            self.changed.notify_all()
        return upload

    def view(self, upload):
        names = SPELLING[self.world.switches.status_names]
        request = upload["request"]
        out = {"uploadId": upload["uploadId"], "instanceId": upload["instanceId"],
               "dataSetId": upload["dataSetId"],
               "status": names.get(upload["status"], upload["status"]),
               "createdAt": utc(upload["created"]), "updatedAt": utc(upload["updated"]),
               "dataSource": request["dataSource"]}
        if request.get("countryCode"):
            out["countryCode"] = request["countryCode"]
        for name in ("message", "metrics"):
            if upload[name] is not None:
                out[name] = upload[name]
        return out

    def find(self, instance, dataset_id, upload_id):
        for upload in self.world.uploads[instance]:
            if upload["uploadId"] == upload_id and upload["dataSetId"] == dataset_id:
                return upload
        return None

    def select(self, instance, query):
        """Newest first."""
        views = [self.view(u) for u in reversed(self.world.uploads[instance])]
        if query.get("dataSetId"):
            views = [v for v in views if v["dataSetId"] == query["dataSetId"]]
        if query.get("status"):
            known = {"SUBMITTED", "PENDING", "IN_PROGRESS", "SUCCESS", "COMPLETED",
                     "FAILED"}
            if query["status"] not in known:
                raise Refused("status must be one of " + ", ".join(sorted(known)))
            views = [v for v in views if v["status"] == query["status"]]
        comparator = query.get("createdAtComparator")
        if comparator and comparator not in COMPARE:
            raise Refused("createdAtComparator must be one of " + ", ".join(COMPARE))
        if comparator and not query.get("createdAt"):
            raise Refused("createdAtComparator needs createdAt")
        if query.get("createdAt"):
            limit = seconds_of(query["createdAt"])
            keep = COMPARE[comparator or "EQ"]
            views = [v for v in views if keep(seconds_of(v["createdAt"]), limit)]
        return views

    # -- the worker -------------------------------------------------------------

    def pending(self):
        with self.world.lock:
            found = [u for all_of in self.world.uploads.values() for u in all_of
                     if u["status"] not in ENDED]
        return sorted(found, key=lambda u: u["created"])

    def _next(self):
        """(upload to be carried out, seconds until something is due)"""
        now, wait = self.world.now(), None
        total = self.world.switches.processing_ms / 1000
        for upload in self.pending():
            age = now - upload["created"]
            if upload["status"] == "SUBMITTED" and age >= total / 2:
                upload["status"], upload["updated"] = "IN_PROGRESS", now
                self.world.save()
                self.changed.notify_all()
            if age >= total and not self.world.switches.hold_uploads:
                return upload, None
            due = total / 2 - age if upload["status"] == "SUBMITTED" else total - age
            if due > 0:
                wait = due if wait is None else min(wait, due)
        return None, wait

    def _work(self):
        while True:
            with self.changed:
                upload, wait = self._next()
                while upload is None:
                    if self._stopping:
                        return
                    self.changed.wait(wait)
                    upload, wait = self._next()
                if self._stopping:
                    return
            self._carry_out(upload)

    def _carry_out(self, upload):
        switches = self.world.switches
        status, message, metrics, rows = "FAILED", None, None, None
        with self.world.lock:
            fail = switches.fail_uploads > 0
            switches.fail_uploads -= 1 if fail else 0
        if fail:
            message = switches.fail_message
        else:
            try:
                rows = ingest.process(self.world, upload["instanceId"],
                                      upload["dataSetId"], upload["request"])
                status = "SUCCESS"
                metrics = {"OutputRowCount": rows}
            except csvcheck.BadFile as e:
                message = str(e)
            except Exception as e:
                message = "Emulator: %s: %s" % (type(e).__name__, e)
        if rows is None or switches.metrics_empty:
            metrics = {} if status == "SUCCESS" else None
        with self.changed:
            upload.update(status=status, message=message, metrics=metrics,
                          updated=self.world.now(),
                          validated=status == "SUCCESS" and rows is not None)
            self.world.save()
            self.changed.notify_all()
