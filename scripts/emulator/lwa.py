# SPDX-License-Identifier: Apache-2.0
"""Login with Amazon: the token endpoint; the consent page is in consent."""
import secrets
import urllib.parse
import uuid

from .consent import Consent, challenge_met
from .httpcore import json_response

PATH = "/auth/o2/token"
CONSENT_PATHS = ("/ap/oa",)
FORM = "application/x-www-form-urlencoded"


class Refused(Exception):
    def __init__(self, status, error, text):
        super().__init__(text)
        self.status = status
        self.error = error


class Lwa:
    name = "lwa"

    def __init__(self, world):
        self.world = world
        self.consent = Consent(world)

    @staticmethod
    def keeps_body(_request):
        return True

    @staticmethod
    def logs_body(_request):
        return True

    def handle(self, request):
        try:
            if request.path == PATH:
                return self._token(request)
            if request.path in CONSENT_PATHS and request.method == "GET":
                return self.consent.handle(request)
        except Refused as e:
            return json_response({"error": e.error, "error_description": str(e),
                                  "request_id": str(uuid.uuid4())}, e.status)
        return json_response({"message": "Not Found"}, 404)

    def _form(self, request):
        if request.method != "POST":
            raise Refused(405, "invalid_request", "The request must be a POST.")
        if request.header("authorization"):
            raise Refused(400, "invalid_request", "The Authorization header is not "
                          "supported here.")
        kind = request.header("content-type").split(";")[0].strip().lower()
        if kind != FORM:
            raise Refused(400, "invalid_request", "The Content-Type is not " + FORM)
        try:
            text = bytes(request.body).decode("ascii")
        except UnicodeDecodeError:
            raise Refused(400, "invalid_request", "The body is not a form.") from None
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
        form = dict(pairs)
        if len(form) != len(pairs):
            raise Refused(400, "invalid_request", "A parameter is given twice.")
        return form

    def _token(self, request):
        form = self._form(request)
        grant = form.get("grant_type", "")
        if not grant:
            raise Refused(400, "invalid_request", "The request is missing a required "
                          "parameter : grant_type")
        if grant not in ("refresh_token", "authorization_code"):
            raise Refused(400, "unsupported_grant_type", "The authorization grant type "
                          "is not supported by the authorization server")
        needed = ["client_id", "client_secret"]
        needed += ["refresh_token"] if grant == "refresh_token" else [
            "code", "redirect_uri"]
        for name in needed:
            if not form.get(name):
                raise Refused(400, "invalid_request", "The request is missing a required "
                              "parameter : " + name)
        with self.world.lock:
            client = self.world.clients.get(form["client_id"])
            if client is None or client["client_secret"] != form["client_secret"]:
                raise Refused(401, "invalid_client", "Client authentication failed")
            refresh = self._refresh(form, client) if grant == "refresh_token" else \
                self._redeem(form, client)
            return self._grant(form["client_id"], refresh)

    def _refresh(self, form, client):
        token = form["refresh_token"]
        switches = self.world.switches
        issued = self.world.refresh_issued.get(token, {}).get("at")
        lapsed = switches.refresh_seconds and issued is not None and \
            self.world.now() >= issued + switches.refresh_seconds
        if not switches.refresh_valid or lapsed or \
                token not in client["refresh_tokens"]:
            raise Refused(400, "invalid_grant", "The request has an invalid grant "
                          "parameter : refresh_token. User may have revoked or didn't "
                          "grant the permission.")
        return token

    def _redeem(self, form, client):
        code = self.world.codes.pop(form["code"], None)
        self.world.save()
        if code is None or code["client_id"] != form["client_id"] or \
                code["redirect_uri"] != form["redirect_uri"] or \
                code["expires_at"] <= self.world.now() or \
                not challenge_met(code.get("challenge"), form.get("code_verifier")):
            raise Refused(400, "invalid_grant", "The request has an invalid grant "
                          "parameter : code")
        refresh = "Atzr|" + secrets.token_urlsafe(32)
        client["refresh_tokens"].append(refresh)
        self.world.refresh_issued[refresh] = {"at": self.world.now(),
                                              "scope": code.get("scope")}
        return refresh

    def _grant(self, client_id, refresh):
        seconds = self.world.switches.token_seconds
        token = "Atza|" + secrets.token_urlsafe(48)
        scope = self.world.refresh_issued.get(refresh, {}).get("scope")
        self.world.access_tokens[token] = {"client_id": client_id, "scope": scope,
                                           "expires_at": self.world.now() + seconds}
        self.world.save()
        return json_response({"access_token": token, "refresh_token": refresh,
                              "token_type": "bearer", "expires_in": seconds})
