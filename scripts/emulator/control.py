# SPDX-License-Identifier: Apache-2.0
"""The control port: what tests ask and command. Plain HTTP, JSON, no authentication.

It has its own listener, log and fault table, so that faults and waiting never
get in a test's own way.
"""
import json
import re
import threading
import time
import urllib.parse

from . import sessions
from .blobs import Object, md5_of, short_tag
from .consent import issue_code
from .httpcore import Response, json_response
from .schema import Refused

HELP = """\
  GET    /                   this list
  GET    /state              accounts, instances, data sets, uploads and audiences with
                             their requests as received, multipart uploads under way,
                             buckets, temporary keys
  GET    /deletions          all user deletion requests with their identities
  GET    /rows?instance=&dataset=   what AMC holds: {columns, rows: [{..}], count};
                             every value is the text of the CSV, or null
  GET    /objects            [{bucket, key, size, etag, tags, headers, sse}]
  GET    /object?bucket=&key=       an object's bytes
  PUT    /object?bucket=&key=&tags=instanceId%3Dx   stores the body, unsigned
  DELETE /object?bucket=&key=
  GET    /requests[?service=&method=&path=REGEX&since=N]   the log, oldest first: n,
                             service, method, path, headers, body, sha256, size, status
  DELETE /requests           forgets it
  GET    /wait?for=WHAT&timeout=S   answers as soon as no upload is pending (uploads;
                             likewise deletions, audiences), or as count= finished
                             requests match service=, method=, path=, status=, since=
                             (requests); 408 after the timeout
  GET    /faults             the rules with how often each was seen and fired
  POST   /faults             adds a rule, or a list of them
  DELETE /faults?number=     removes all, or that one, and lets go on what they hold
  GET    /config             the switches;  POST /config {name: value}
  POST   /seed               adds a seed's things
  POST   /datasets           {instanceId, accountId?, dataSets: [..]}; replaces rows
  POST   /clock              {"advance_s": n}: tokens age, uploads ripen;
                             {"stopped": true}: only advance_s moves it, until false
  POST   /tokens             {"expire": true}: no access token is valid any more
  POST   /codes              {client_id, redirect_uri, scope?} -> {code}
  POST   /sessions           {role_arn, seconds?, session?} -> temporary keys as AWS
                             writes them: AccessKeyId, SecretAccessKey, Token, ..
  POST   /keys               {"expire": true, access_key_id?}: temporary keys end now
  POST   /forget             {instances?, accounts?, buckets?, keys?}: lists of ids
  POST   /shutdown"""

FAULT_HELP = """\
A fault rule chooses requests and says what happens to them:
  service   lwa, amc, s3, sts, metadata     method  GET, PUT, ...
  path      regular expression searched in path and query
  nth       fires from the nth request it matches on (1)
  count     so many times; 0 = for ever (1)
and any of
  status, headers, body | body_json | body_size | html   answers so instead of the
            service; body_size repeats body up to so many bytes; html is an error page
  after     true: the service does its work first, then the answer above goes out
  early     true: answers before the body is read and ends the connection
  hold      true: waits before the body is read, until the rule is removed
  delay_ms, delay_after_ms   waits before the body is read, or before the answer
  stall_ms  waits once cut_bytes of the body have come, then goes on
  cut       ends the connection: before (nothing read, nothing done), body (after
            cut_bytes of the body), after (all done, no answer), answer (after
            cut_bytes of the answer's head and body)
  reset     true: with a TCP reset
  content_type   of the genuine answer
Example: {"service": "s3", "method": "PUT", "path": "partNumber=2", "status": 503}"""


class ControlError(Exception):
    def __init__(self, text, status=400):
        super().__init__(text)
        self.status = status


class Control:
    name = "control"

    def __init__(self, world, amc, log, faults, shutdown):
        self.world = world
        self.amc = amc
        self.log = log
        self.faults = faults
        self.shutdown = shutdown
        self._routes = {
            ("GET", "/"): self.index,
            ("GET", "/state"): self.state,
            ("GET", "/deletions"): self.deletions,
            ("GET", "/rows"): self.rows,
            ("GET", "/objects"): self.objects,
            ("GET", "/object"): self.get_object,
            ("PUT", "/object"): self.put_object,
            ("DELETE", "/object"): self.delete_object,
            ("GET", "/requests"): self.requests,
            ("DELETE", "/requests"): self.clear_requests,
            ("GET", "/wait"): self.wait,
            ("GET", "/faults"): lambda q, r: {"faults": self.faults.view()},
            ("POST", "/faults"): self.add_faults,
            ("DELETE", "/faults"): self.clear_faults,
            ("GET", "/config"): lambda q, r: self.world.switches.view(),
            ("POST", "/config"): self.config,
            ("POST", "/seed"): self.seed,
            ("POST", "/datasets"): self.datasets,
            ("POST", "/clock"): self.clock,
            ("POST", "/tokens"): self.tokens,
            ("POST", "/codes"): self.codes,
            ("POST", "/sessions"): self.sessions,
            ("POST", "/keys"): self.keys,
            ("POST", "/forget"): self.forget,
            ("POST", "/shutdown"): self.stop,
        }

    @staticmethod
    def keeps_body(_request):
        return True

    @staticmethod
    def logs_body(_request):
        return False

    def handle(self, request):
        function = self._routes.get((request.method, request.path))
        if function is None:
            return json_response({"message": "Not Found"}, 404)
        query = dict(urllib.parse.parse_qsl(request.raw_query))
        try:
            answer = function(query, request)
        except ControlError as e:
            return json_response({"message": str(e)}, e.status)
        except (Refused, ValueError, KeyError, TypeError, AttributeError,
                re.error) as e:
            return json_response({"message": "%s: %s" % (type(e).__name__, e)}, 400)
        return answer if isinstance(answer, Response) else json_response(answer)

    @staticmethod
    def _body(request):
        return json.loads(bytes(request.body)) if request.body else {}

    # -- asking -------------------------------------------------------------------

    @staticmethod
    def index(_query, _request):
        return Response(200, (HELP + "\n\n" + FAULT_HELP + "\n").encode(),
                        content_type="text/plain; charset=utf-8")

    def state(self, _query, _request):
        world = self.world
        with world.lock:
            self.amc.settle()
            uploads = [dict(self.amc.uploads.view(u), request=u["request"],
                            validated=u["validated"])
                       for all_of in world.uploads.values() for u in all_of]
            parts = [{"bucket": b.name, "key": u.key, "uploadId": ident,
                      "tags": u.tags, "parts": {n: p[0].size for n, p in
                                                u.parts.items()}}
                     for b in world.buckets.values() for ident, u in b.uploads.items()]
            return {"accounts": list(world.accounts),
                    "instances": [dict(i["info"], accountId=i["accountId"])
                                  for i in world.instances.values()],
                    "dataSets": {name: dict(sets)
                                 for name, sets in world.datasets.items()},
                    "rowCounts": {name: {d: world.tables[name, d].count() for d in sets}
                                  for name, sets in world.datasets.items()},
                    "uploads": uploads, "multipart": parts,
                    "audiences": [dict(self.amc.audiences.view(a), request=a["request"])
                                  for a in world.audiences],
                    "sessions": sessions.view(world),
                    "buckets": [{"name": b.name, "region": b.region, "tags": b.tags,
                                 "policy": b.policy, "kms_key_id": b.kms_key_id}
                                for b in world.buckets.values()],
                    "now": world.now()}

    def deletions(self, _query, _request):
        with self.world.lock:
            self.amc.settle()
            return {"deletions": [
                dict(self.amc.deletions.view(d), instanceId=d["instanceId"],
                     identities=d["identities"]) for d in self.world.deletions]}

    def rows(self, query, _request):
        with self.world.lock:
            self.amc.settle()
            table = self.world.tables.get((query.get("instance"), query.get("dataset")))
            if table is None:
                raise ControlError("no such instance or data set", 404)
            rows = [dict(zip(table.columns, row)) for row in table.rows()]
            return {"columns": table.columns, "rows": rows, "count": table.count()}

    def objects(self, _query, _request):
        with self.world.lock:
            return {"objects": [
                {"bucket": b.name, "key": key, "size": o.size, "etag": o.etag,
                 "tags": o.tags, "headers": o.headers, "sse": o.sse,
                 "parts": [p.size for p in o.blobs], "checksums": o.sums,
                 "part_checksums": o.parts}
                for b in self.world.buckets.values()
                for key, o in sorted(b.objects.items())]}

    def _place(self, query):
        bucket = self.world.buckets.get(query.get("bucket"))
        if bucket is None or not query.get("key"):
            raise ControlError("no such bucket, or no key", 404)
        return bucket, query["key"]

    def get_object(self, query, _request):
        bucket, key = self._place(query)
        obj = bucket.objects.get(key)
        if obj is None:
            raise ControlError("no such object", 404)
        return Response(200, list(obj.pieces()),
                        content_type="application/octet-stream")

    def put_object(self, query, request):
        bucket, key = self._place(query)
        tags = dict(urllib.parse.parse_qsl(query.get("tags", "")))
        world = self.world
        blob = world.blobs.put(request.body, request.body_size, request.body_sha256)
        etag = md5_of(request.body) if blob.size < 1 << 20 else short_tag([blob])
        with world.lock:
            bucket.objects[key] = Object([blob], etag, world.now(),
                                         {"content-type": "binary/octet-stream"}, tags,
                                         {})
            world.save()
        return {"etag": etag}

    def delete_object(self, query, _request):
        bucket, key = self._place(query)
        with self.world.lock:
            bucket.objects.pop(key, None)
            self.world.save()
        return {}

    def requests(self, query, _request):
        return {"requests": self.log.select(query.get("service"), query.get("method"),
                                            query.get("path"),
                                            int(query.get("since", 0)))}

    def clear_requests(self, _query, _request):
        self.log.clear()
        return {}

    def wait(self, query, _request):
        deadline = time.monotonic() + float(query.get("timeout", 100))
        what = query.get("for", "uploads")
        condition, step = self.amc.uploads.changed, None
        if what == "uploads":
            def arrived(_query):
                return not self.amc.uploads.pending()
        elif what in ("deletions", "audiences"):
            step = 0.02  # they move when somebody looks

            def arrived(_query):
                self.amc.settle()
                return not getattr(self.amc, what).pending()
        elif what == "requests":
            condition = self.log.changed
            arrived = self._counted
        else:
            raise ControlError("for=uploads, deletions, audiences or requests")
        with condition:
            while not arrived(query):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ControlError("timed out", 408)
                condition.wait(min(left, step or left))
        return {}

    def _counted(self, query):
        found = self.log.select(query.get("service"), query.get("method"),
                                query.get("path"), int(query.get("since", 0)))
        wanted = query.get("status")
        found = [e for e in found if e["done"] and
                 (wanted is None or str(e["status"]) == wanted)]
        return len(found) >= int(query.get("count", 1))

    # -- commanding ----------------------------------------------------------------

    def add_faults(self, _query, request):
        body = self._body(request)
        return {"numbers": self.faults.add(body if isinstance(body, list) else [body])}

    def clear_faults(self, query, _request):
        self.faults.clear(int(query["number"]) if "number" in query else None)
        return {}

    def config(self, _query, request):
        with self.world.lock:
            self.world.switches.set(self._body(request))
        self.amc.uploads.poke()
        return self.world.switches.view()

    def seed(self, _query, request):
        self.world.plant(self._body(request))
        return {}

    def datasets(self, _query, request):
        with self.world.lock:
            self.world.plant_instance(self._body(request))
            self.world.save()
        return {}

    def clock(self, _query, request):
        with self.world.lock:
            body = self._body(request)
            self.world.clock_offset += float(body.get("advance_s", 0))
            if "stopped" in body:
                self.world.clock_stopped = time.time() if body["stopped"] else None
            self.world.save()
        self.amc.uploads.poke()
        return {"now": self.world.now()}

    def tokens(self, _query, request):
        if self._body(request).get("expire") is not True:
            raise ControlError('{"expire": true} expected')
        with self.world.lock:
            self.world.access_tokens.clear()
            self.world.save()
        return {}

    def codes(self, _query, request):
        body = self._body(request)
        return {"code": issue_code(self.world, body["client_id"], body["redirect_uri"],
                                   body.get("scope"))}

    def sessions(self, _query, request):
        body = self._body(request)
        role = self.world.roles.get(body["role_arn"])
        if role is None:
            raise ControlError("no such role", 404)
        key = sessions.issue(self.world, role, float(body.get("seconds", 3600)),
                             body.get("session", "test"), "control")
        return dict(sessions.document(key), Version=1, SessionToken=key["session_token"])

    def keys(self, _query, request):
        body = self._body(request)
        if body.get("expire") is not True:
            raise ControlError('{"expire": true} expected')
        sessions.expire(self.world, body.get("access_key_id"))
        return {}

    def forget(self, _query, request):
        self.world.forget(self._body(request))
        return {}

    def stop(self, _query, _request):
        threading.Timer(0.05, self.shutdown).start()
        return {}
