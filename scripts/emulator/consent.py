# SPDX-License-Identifier: Apache-2.0
"""Login with Amazon's consent page: what the customer's browser sees.

It consents by itself, unless the switch consent says "deny", or "page", which shows a
page with both answers to click. What is wrong with the request is shown on the page
itself as long as it is not certain where to redirect to.
"""
import base64
import hashlib
import html
import secrets
import urllib.parse

from .httpcore import Response

CODE_SECONDS = 300
SCOPES = ("advertising::campaign_management", "advertising::audiences",
          "advertising::test:create_account", "profile", "profile:user_id",
          "postal_code")
PAGE = """<!DOCTYPE html>
<html><head><title>Login with Amazon (emulator)</title></head><body>
<h1>%s</h1>
%s
</body></html>
"""
CHOICE = """<p>%s asks for: %s</p>
<p><a id="allow" href="%s">Allow</a> <a id="deny" href="%s">Cancel</a></p>"""


def issue_code(world, client_id, redirect_uri, scope=None, challenge=None):
    """scope None: all there is."""
    code = "AN" + secrets.token_hex(10)
    with world.lock:
        world.codes[code] = {"client_id": client_id, "redirect_uri": redirect_uri,
                             "scope": scope, "challenge": challenge,
                             "expires_at": world.now() + CODE_SECONDS}
        world.save()
    return code


def challenge_met(challenge, verifier):
    """Proof Key for Code Exchange, method S256; no challenge needs no verifier."""
    if not challenge:
        return True
    digest = hashlib.sha256((verifier or "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge


def _page(status, title, text):
    body = PAGE % (html.escape(title), text)
    return Response(status, body.encode(), content_type="text/html;charset=UTF-8")


def _refusal(text):
    return _page(400, "We're sorry!", "<p>%s</p>" % html.escape(text))


class Consent:
    def __init__(self, world):
        self.world = world

    def handle(self, request):
        query = dict(urllib.parse.parse_qsl(request.raw_query, keep_blank_values=True))
        with self.world.lock:
            client = self.world.clients.get(query.get("client_id"))
        if client is None:
            return _refusal("An unknown client was requested: client_id")
        back = query.get("redirect_uri")
        if not back or not back.startswith(("http://", "https://")):
            return _refusal("The redirect URI is missing or not valid: redirect_uri")
        allowed = client.get("redirect_uris")
        if allowed is not None and back not in allowed:
            return _refusal("The redirect URI you provided has not been whitelisted for "
                            "your application: redirect_uri")
        problem = self._problem(query)
        if problem:
            return self._back(query, problem)
        return self._decide(query)

    @staticmethod
    def _problem(query):
        if query.get("response_type") != "code":
            return {"error": "unsupported_response_type",
                    "error_description": "response_type must be code"}
        scopes = query.get("scope", "").split()
        if not scopes or set(scopes) - set(SCOPES):
            return {"error": "invalid_scope",
                    "error_description": "An unknown scope was requested"}
        if query.get("code_challenge") and \
                query.get("code_challenge_method", "plain") != "S256":
            return {"error": "invalid_request",
                    "error_description": "code_challenge_method must be S256"}
        return None

    def _decide(self, query):
        answer = query.get("emulator_answer") or self.world.switches.consent
        if answer == "page":
            here = {n: v for n, v in query.items() if n != "emulator_answer"}
            links = [html.escape("?" + urllib.parse.urlencode(dict(
                here, emulator_answer=a))) for a in ("allow", "deny")]
            return _page(200, "Allow access?", CHOICE % (
                html.escape(query["client_id"]), html.escape(query["scope"]), *links))
        if answer == "deny":
            return self._back(query, {
                "error": "access_denied", "error_description":
                "The resource owner or authorization server denied the request"})
        code = issue_code(self.world, query["client_id"], query["redirect_uri"],
                          query["scope"], query.get("code_challenge"))
        return self._back(query, {"code": code, "scope": query["scope"]})

    def _back(self, query, answer):
        state = self.world.switches.consent_state
        if state == "wrong":
            answer["state"] = "not-" + query.get("state", "")
        elif state == "echo" and "state" in query:
            answer["state"] = query["state"]
        target = query["redirect_uri"]
        glue = "&" if "?" in target else "?"
        return Response(302, b"", {"Location": target + glue +
                                   urllib.parse.urlencode(answer)})
