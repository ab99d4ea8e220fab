# SPDX-License-Identifier: Apache-2.0
"""AWS Security Token Service: temporary keys for a role."""
import re
import urllib.parse
import uuid

from . import sessions, sigv4
from .httpcore import Response
from .s3xml import element
from .timefmt import utc

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
VERSION = "2011-06-15"
FORM = "application/x-www-form-urlencoded"
ACCOUNT = "123456789012"
_SESSION = re.compile(r"[\w+=,.@-]{2,64}\Z", re.ASCII)
_EXTERNAL = re.compile(r"[\w+=,.@:/-]{2,1224}\Z", re.ASCII)
_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S{1,512}\Z")
# S3's names of refusals, where this service has its own.
OWN_CODES = {"InvalidAccessKeyId": (403, "InvalidClientTokenId"),
             "InvalidToken": (403, "InvalidClientTokenId"),
             "AccessDenied": (403, "MissingAuthenticationToken"),
             "ExpiredToken": (403, "ExpiredToken"),
             "AuthorizationHeaderMalformed": (400, "IncompleteSignature"),
             "RequestTimeTooSkewed": (403, "SignatureDoesNotMatch")}


class StsError(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status = status
        self.code = code


def _invalid(text):
    return StsError(400, "ValidationError", text)


def is_meant(request):
    """On a port shared with S3: an action in the query or in a form for /."""
    if request.path != "/":
        return False
    kind = request.header("content-type").split(";")[0].strip().lower()
    return "Action" in request.query() or (request.method == "POST" and kind == FORM)


class Sts:
    name = "sts"

    def __init__(self, world):
        self.world = world
        self._actions = {"AssumeRole": self._assume_role,
                         "AssumeRoleWithWebIdentity": self._web_identity,
                         "GetCallerIdentity": self._caller}

    @staticmethod
    def keeps_body(_request):
        return True

    @staticmethod
    def logs_body(_request):
        return True

    def handle(self, request):
        ident = str(uuid.uuid4())
        try:
            form = self._form(request)
            action = form.get("Action")
            if not action:
                raise StsError(400, "MissingAction", "The request must contain the "
                               "parameter Action")
            if action not in self._actions or form.get("Version") != VERSION:
                raise StsError(400, "InvalidAction", "Could not find operation %s for "
                               "version %s" % (action, form.get("Version")))
            with self.world.lock:
                pairs = self._actions[action](request, form)
            response = self._answer(action, pairs, ident)
        except sigv4.Denied as e:
            status, code = OWN_CODES.get(e.code, (e.status, e.code))
            response = self._refusal(StsError(status, code, str(e)), ident)
        except StsError as e:
            response = self._refusal(e, ident)
        response.headers["x-amzn-RequestId"] = ident
        return response

    @staticmethod
    def _form(request):
        text = request.raw_query
        if request.method == "POST" and request.body:
            try:
                text = bytes(request.body).decode("ascii")
            except UnicodeDecodeError:
                raise StsError(400, "MalformedQueryString", "not a form") from None
        elif request.method not in ("GET", "POST"):
            raise StsError(405, "InvalidAction", "GET or POST")
        return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))

    @staticmethod
    def _document(root, inside):
        text = '<%s xmlns="%s">%s</%s>\n' % (root, NAMESPACE, inside, root)
        return text.encode("utf-8", "replace")

    def _answer(self, action, pairs, ident):
        inside = element(action + "Result", pairs) + element(
            "ResponseMetadata", [("RequestId", ident)])
        return Response(200, self._document(action + "Response", inside),
                        content_type="text/xml")

    def _refusal(self, err, ident):
        kind = "Sender" if err.status < 500 else "Receiver"
        inside = element("Error", [("Type", kind), ("Code", err.code),
                                   ("Message", str(err))]) + \
            element("RequestId", ident)
        return Response(err.status, self._document("ErrorResponse", inside),
                        content_type="text/xml")

    # -- the actions -------------------------------------------------------------

    def _signer(self, request):
        return sigv4.verify(request, dict(self.world.keys), None, "sts",
                            sigv4.Times.of(self.world, 0))

    def _role(self, form):
        arn = form.get("RoleArn", "")
        if not _ARN.match(arn):
            raise _invalid("%s is invalid" % (arn or "RoleArn"))
        if not _SESSION.match(form.get("RoleSessionName", "")):
            raise _invalid("Value at 'roleSessionName' failed to satisfy constraint: "
                           "Member must satisfy regular expression pattern: "
                           "[\\w+=,.@-]*")
        external = form.get("ExternalId")
        if external is not None and not _EXTERNAL.match(external):
            raise _invalid("Value at 'externalId' failed to satisfy constraint")
        return arn, self.world.roles.get(arn)

    @staticmethod
    def _seconds(form, role, chained):
        text = form.get("DurationSeconds")
        if text is None:
            return sessions.DEFAULT_SECONDS
        if not text.isdigit() or \
                not sessions.MIN_SECONDS <= int(text) <= sessions.MAX_SECONDS:
            raise _invalid("Value '%s' at 'durationSeconds' failed to satisfy "
                           "constraint: Member must have value from %d to %d" % (
                               text[:20], sessions.MIN_SECONDS, sessions.MAX_SECONDS))
        if chained and int(text) > sessions.CHAINED_SECONDS:
            raise _invalid("The requested DurationSeconds exceeds the 1 hour session "
                           "limit for roles assumed by role chaining")
        if int(text) > role["max_seconds"]:
            raise _invalid("The requested DurationSeconds exceeds the MaxSessionDuration "
                           "set for this role.")
        return int(text)

    def _pairs(self, role, seconds, form, source):
        name = form["RoleSessionName"]
        key = sessions.issue(self.world, role, seconds, name, source)
        key["asked"] = {n: form[n] for n in ("DurationSeconds", "ExternalId", "Policy")
                        if n in form}
        arn = "arn:aws:sts::%s:assumed-role/%s/%s" % (
            sessions.role_account(role["arn"]), sessions.role_name(role["arn"]), name)
        return [("Credentials", [
            ("AccessKeyId", key["access_key_id"]),
            ("SecretAccessKey", key["secret_access_key"]),
            ("SessionToken", key["session_token"]),
            ("Expiration", utc(key["expires_at"]))]),
            ("AssumedRoleUser", [("AssumedRoleId", "AROADEMO:" + name), ("Arn", arn)])]

    def _assume_role(self, request, form):
        signer = self._signer(request)
        arn, role = self._role(form)
        trusted = role and (role["trusted"] is None or
                            signer["access_key_id"] in role["trusted"])
        if not trusted or (role["external_id"] or form.get("ExternalId")) != \
                form.get("ExternalId"):
            raise StsError(403, "AccessDenied", "User: %s is not authorized to perform: "
                           "sts:AssumeRole on resource: %s" % (self._arn(signer), arn))
        seconds = self._seconds(form, role, bool(signer.get("role_arn")))
        return self._pairs(role, seconds, form, "sts")

    def _web_identity(self, _request, form):
        token = form.get("WebIdentityToken", "")
        if not 4 <= len(token) <= 20000:
            raise _invalid("Value at 'webIdentityToken' failed to satisfy constraint")
        arn, role = self._role(form)
        if role is None:
            raise StsError(403, "AccessDenied", "Not authorized to perform "
                           "sts:AssumeRoleWithWebIdentity")
        if token in self.world.expired_web_tokens:
            raise StsError(400, "ExpiredTokenException", "Token expired: current "
                           "date/time must be before the expiration date/time")
        if token not in role["web_identity_tokens"]:
            raise StsError(400, "InvalidIdentityToken", "No OpenIDConnect provider found "
                           "in your account for this token and %s" % arn)
        pairs = self._pairs(role, self._seconds(form, role, False), form, "web-identity")
        return pairs + [("SubjectFromWebIdentityToken", "demo-subject"),
                        ("Audience", "sts.amazonaws.com"),
                        ("Provider", "https://oidc.example.com/demo")]

    def _caller(self, request, _form):
        signer = self._signer(request)
        arn = self._arn(signer)
        return [("Arn", arn), ("UserId", signer["access_key_id"]),
                ("Account", arn.split(":")[4])]

    @staticmethod
    def _arn(signer):
        role = signer.get("role_arn")
        if role:
            return "arn:aws:sts::%s:assumed-role/%s/%s" % (
                sessions.role_account(role), sessions.role_name(role), signer["session"])
        return "arn:aws:iam::%s:user/demo" % ACCOUNT
