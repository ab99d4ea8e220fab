# SPDX-License-Identifier: Apache-2.0
"""Which request gets which fault, and the log of all requests.

A rule counts the requests it matches; it fires from the nth on, count times.
The first rule that fires wins, but every rule that matches counts, so that a
script of several rules reads as a sequence.
"""
import base64
import json
import re
import threading
import time

from .httpcore import Response

CUTS = ("before", "body", "after", "answer")
HTML = "<html><head><title>Error</title></head><body><h1>We're sorry</h1></body></html>"
MEMBERS = {"service", "method", "path", "nth", "count", "status", "headers", "body",
           "body_json", "body_size", "html", "early", "after", "hold", "delay_ms",
           "delay_after_ms", "stall_ms", "cut", "cut_bytes", "reset", "content_type"}


class Rule:
    def __init__(self, spec, number):
        if not isinstance(spec, dict):
            raise ValueError("a fault rule is an object")
        unknown = set(spec) - MEMBERS
        if unknown:
            raise ValueError("fault rule: unknown member " + ", ".join(sorted(unknown)))
        self.spec = spec
        self.number = number
        self.seen = 0
        self.fired = 0
        self.nth = int(spec.get("nth", 1))
        self.count = int(spec.get("count", 1))
        try:
            self.path = re.compile(spec.get("path", ""))
        except re.error as e:
            raise ValueError("fault rule: path: %s" % e) from None
        self.status = int(spec.get("status", 0))
        self.early = bool(spec.get("early", False))
        self.after = bool(spec.get("after", False))
        self.hold = bool(spec.get("hold", False))
        self.cleared = threading.Event()
        self.delay_ms = int(spec.get("delay_ms", 0))
        self.delay_after_ms = int(spec.get("delay_after_ms", 0))
        self.stall_ms = int(spec.get("stall_ms", 0))
        self.cut = spec.get("cut")
        self.cut_bytes = int(spec.get("cut_bytes", 0))
        self.reset = bool(spec.get("reset", False))
        self.content_type = spec.get("content_type")
        if self.cut is not None and self.cut not in CUTS:
            raise ValueError("fault rule: cut is one of " + ", ".join(CUTS))
        if self.early and not self.status:
            raise ValueError("fault rule: early needs a status")

    def matches(self, service, request):
        return self.spec.get("service", service) == service and \
            self.spec.get("method", request.method) == request.method and \
            self.path.search(request.target) is not None

    def fires(self):
        """Called for each match, under the table's lock."""
        self.seen += 1
        if self.seen < self.nth or (self.count and self.fired >= self.count):
            return False
        return True

    def response(self):
        spec = self.spec
        body = spec.get("body", "")
        kind = self.content_type or "text/plain"
        if "body_json" in spec:
            body = json.dumps(spec["body_json"])
            kind = self.content_type or "application/json"
        if spec.get("html"):
            body = HTML
            kind = self.content_type or "text/html"
        body = body.encode()
        if "body_size" in spec:
            filler = body or b"x"
            body = (filler * (spec["body_size"] // len(filler) + 1))[:spec["body_size"]]
        response = Response(self.status, body, spec.get("headers"))
        response.headers.setdefault("Content-Type", kind)
        return response

    def view(self):
        return dict(self.spec, number=self.number, seen=self.seen, fired=self.fired)


class Faults:
    def __init__(self):
        self._lock = threading.Lock()
        self._rules = []
        self._next = 1

    def add(self, specs):
        with self._lock:
            rules = [Rule(s, self._next + i) for i, s in enumerate(specs)]
            self._next += len(rules)
            self._rules += rules
            return [r.number for r in rules]

    def clear(self, number=None):
        """All rules, or that one. Lets go on what they hold."""
        with self._lock:
            for rule in self._rules:
                if number in (None, rule.number):
                    rule.cleared.set()
            self._rules = [r for r in self._rules if not r.cleared.is_set()]

    def view(self):
        with self._lock:
            return [r.view() for r in self._rules]

    def match(self, service, request):
        with self._lock:
            chosen = None
            for rule in self._rules:
                if rule.matches(service, request) and rule.fires() and chosen is None:
                    rule.fired += 1
                    chosen = rule
            return chosen


class NoFaults:
    """For the control port, which has to stay reliable."""

    @staticmethod
    def match(_service, _request):
        return None

    def clear(self):
        pass


class RequestLog:
    """Every request as it came. Bodies of the JSON and form services are kept
    whole, so that a test can search them; object bytes only with keep_bodies."""

    def __init__(self, keep_bodies, verbose=None):
        self.keep_bodies = keep_bodies
        self.verbose = verbose
        self.changed = threading.Condition()
        self._entries = []
        self._next = 0
        self._connections = 0

    def next_connection(self):
        with self.changed:
            self._connections += 1
            return self._connections

    def begin(self, service, request):
        record = {"service": service, "method": request.method, "path": request.target,
                  "headers": request.headers, "connection": request.conn_id,
                  "time": time.time(), "size": 0, "status": None, "done": False}
        with self.changed:
            self._next += 1
            record["n"] = self._next
            self._entries.append(record)
        return record

    def body(self, record, request, service):
        record["size"] = request.body_size
        record["sha256"] = request.body_sha256
        if request.body is None:
            return
        if self.keep_bodies or service.logs_body(request):
            try:
                record["body"] = bytes(request.body).decode()
            except UnicodeDecodeError:
                record["body_base64"] = base64.b64encode(request.body).decode()

    def end(self, record):
        record["ms"] = round((time.time() - record["time"]) * 1000, 3)
        with self.changed:
            record["done"] = True
            self.changed.notify_all()
        if self.verbose:
            self.verbose("%s %s %s -> %s%s" % (
                record["service"], record["method"], record["path"], record["status"],
                " (fault %d)" % record["fault"] if "fault" in record else ""))

    def select(self, service=None, method=None, path=None, since=0):
        pattern = re.compile(path or "")
        with self.changed:
            return [dict(e) for e in self._entries
                    if e["n"] > since and (service is None or e["service"] == service) and
                    (method is None or e["method"] == method) and
                    pattern.search(e["path"])]

    def clear(self):
        with self.changed:
            self._entries = []


class NoLog:
    """For the control port: asking must not change what is asked about."""

    def __init__(self):
        self._connections = 0

    def next_connection(self):
        self._connections += 1
        return self._connections

    @staticmethod
    def begin(_service, _request):
        return {"status": None}

    @staticmethod
    def body(_record, _request, _service):
        pass

    @staticmethod
    def end(_record):
        pass
