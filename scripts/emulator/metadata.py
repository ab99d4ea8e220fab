# SPDX-License-Identifier: Apache-2.0
"""What a machine can ask for keys without having any: the instance metadata service
of a virtual machine, version 2, and the credentials endpoint of a container."""
import json
import secrets

from . import sessions
from .httpcore import Response, json_response
from .timefmt import utc

TOKEN_PATH = "/latest/api/token"
ROLE_PATH = "/latest/meta-data/iam/security-credentials"
CONTAINER_PATH = "/container/"
TTL = "x-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "x-aws-ec2-metadata-token"
MAX_TTL = 21600
PATHS = ("/latest/", CONTAINER_PATH)


class Metadata:
    name = "metadata"

    def __init__(self, world):
        self.world = world
        self._tokens = {}

    @staticmethod
    def keeps_body(_request):
        return True

    @staticmethod
    def logs_body(_request):
        return True

    def handle(self, request):
        with self.world.lock:
            if request.path == TOKEN_PATH:
                return self._token(request)
            if request.method != "GET":
                return self._text("", 405)
            if request.path.startswith(CONTAINER_PATH):
                return self._container(request, request.path[len(CONTAINER_PATH):])
            if not self._admitted(request):
                return self._text("Unauthorized", 401)
            return self._data(request.path)

    @staticmethod
    def _text(text, status=200, headers=None):
        return Response(status, text.encode(), headers, "text/plain")

    # -- the virtual machine ---------------------------------------------------------

    def _token(self, request):
        if request.method != "PUT":
            return self._text("", 405)
        if request.header("x-forwarded-for"):
            return self._text("Forbidden", 403)
        seconds = request.header(TTL)
        if not seconds.isdigit() or not 1 <= int(seconds) <= MAX_TTL:
            return self._text("Bad Request", 400)
        token = secrets.token_urlsafe(40) + "=="
        self._tokens[token] = self.world.now() + int(seconds)
        return self._text(token, headers={TTL: seconds})

    def _admitted(self, request):
        given = request.header(TOKEN)
        if not given:
            return self.world.switches.metadata_v1
        return self._tokens.get(given, 0) > self.world.now()

    def _data(self, path):
        role = next((r for r in self.world.roles.values() if r["instance"]), None)
        path = path.rstrip("/")
        if path == "/latest/meta-data/placement/region":
            return self._text(self.world.region)
        if path == "/latest/dynamic/instance-identity/document":
            return self._text(json.dumps({"region": self.world.region,
                                          "instanceId": "i-0demo", "version":
                                          "2017-09-30"}))
        if role and path == ROLE_PATH:
            return self._text(sessions.role_name(role["arn"]))
        if role and path == ROLE_PATH + "/" + sessions.role_name(role["arn"]):
            key = sessions.current(self.world, role, "instance")
            return self._text(json.dumps(dict(
                sessions.document(key), Code="Success", Type="AWS-HMAC",
                LastUpdated=utc(key["expires_at"] - key["seconds"]))))
        return self._text("Not Found", 404)

    # -- the container -----------------------------------------------------------------

    def _container(self, request, name):
        for role in self.world.roles.values():
            if sessions.role_name(role["arn"]) == name:
                break
        else:
            return json_response({"code": "NotFound", "message": "no such role"}, 404)
        wanted = role["container_token"]
        if wanted and request.header("authorization") != wanted:
            return json_response({"code": "AccessDenied", "message": "Unauthorized"}, 401)
        key = sessions.current(self.world, role, "container")
        return json_response(dict(sessions.document(key), RoleArn=role["arn"]))
