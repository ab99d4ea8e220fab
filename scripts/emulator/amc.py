# SPDX-License-Identifier: Apache-2.0
"""The AMC APIs: who may ask, where a path leads, and the smaller resources.

A new endpoint is one more line in the table of routes and one method, here or in
amcdata.
"""
import json
import re
import urllib.parse
import uuid

from .amcdata import DataSetCalls
from .apierror import ApiError, error_response
from .audiences import VERSIONS, Audiences
from .deletions import Deletions
from .httpcore import Response, json_response
from .paging import page
from .schema import Refused
from .throttle import Throttle
from .uploads import Uploads

VENDOR = "application/vnd.%s.v1+json"
TYPES = {"accounts": VENDOR % "amcaudiencesconnections",
         "instances": VENDOR % "amcinstances",
         "dataSets": VENDOR % "amcadvertiserdataset",
         "columns": VENDOR % "amcadvertiserdatasetcolumn",
         "uploads": VENDOR % "amcadvertiserdataupload",
         "deletions": VENDOR % "amcadvertiseruserdeletionrequest",
         "audiences": VENDOR % "amcquerybasedaudience"}
AUDIENCE_TYPES = {v: "application/vnd.amcquerybasedaudience.%s+json" % v
                  for v in VERSIONS}
ADU = "/amc/advertiserData/(?P<instance>[^/]+)"
ONE = "/(?P<dataset>[^/]+)"
AUDIENCE = "/amc/audiences/query/(?P<audience>[^/]+)"
# What the consent must cover beyond campaign management.
AUDIENCE_SCOPE = "advertising::audiences"
UNSCOPED = ("accounts", "instances")


class Amc(DataSetCalls):
    name = "amc"

    def __init__(self, world):
        self.world = world
        self.uploads = Uploads(world)
        self.deletions = Deletions(world)
        self.audiences = Audiences(world)
        self.throttle = Throttle(world)
        column = ADU + "/dataSets" + ONE + "/columns/(?P<column>[^/]+)"
        deletion = ADU + "/userDeletionRequest"
        self._routes = [(method, re.compile(path + r"\Z"), kind, function)
                        for method, path, kind, function in (
            ("GET", "/amc/accounts", "accounts", self.list_accounts),
            ("GET", "/amc/instances", "instances", self.list_instances),
            ("GET", "/amc/instances/(?P<instance>[^/]+)", "instances",
             self.get_instance),
            ("GET", "/amc/instances/(?P<instance>[^/]+)/advertisers", "instances",
             self.list_advertisers),
            ("POST", ADU + "/dataSets/list", "dataSets", self.list_datasets),
            ("POST", ADU + "/dataSets", "dataSets", self.create_dataset),
            ("GET", ADU + "/dataSets" + ONE, "dataSets", self.get_dataset),
            ("PUT", ADU + "/dataSets" + ONE, "dataSets", self.update_dataset),
            ("DELETE", ADU + "/dataSets" + ONE, "dataSets", self.delete_dataset),
            ("POST", ADU + "/dataSets" + ONE + "/columns", "columns", self.add_column),
            ("PUT", column, "columns", self.update_column),
            ("DELETE", column, "columns", self.delete_column),
            ("POST", ADU + "/uploads/list", "uploads", self.list_uploads),
            ("POST", ADU + "/uploads" + ONE, "uploads", self.create_upload),
            ("GET", ADU + "/uploads" + ONE + "/(?P<upload>[^/]+)", "uploads",
             self.get_upload),
            ("POST", deletion + "/list", "deletions", self.list_deletions),
            ("POST", deletion, "deletions", self.create_deletion),
            ("GET", deletion + "/(?P<deletion>[^/]+)", "deletions", self.get_deletion),
            ("POST", "/amc/audiences/query", "audiences", self.create_audience),
            ("GET", "/amc/audiences/query", "audiences", self.list_audiences),
            ("GET", AUDIENCE, "audiences", self.get_audience),
            ("PUT", AUDIENCE, "audiences", self.update_audience),
            ("DELETE", AUDIENCE, "audiences", self.delete_audience),
            ("POST", "/amc/audiences/lookalike", "audiences", self.create_lookalike),
        )]

    @staticmethod
    def keeps_body(_request):
        return True

    @staticmethod
    def logs_body(_request):
        return True

    # -- the frame around every call ------------------------------------------

    def handle(self, request):
        ident = str(uuid.uuid4())
        kind = None
        try:
            kind, function, values = self._route(request)
            if self.throttle.refuses(kind):
                raise ApiError(429, "Too Many Requests", self.throttle.headers())
            values.update(self._authorize(request, kind))
            kind_type = self._check_types(request, kind)
            with self.world.lock:
                self.settle()
                answer = function(request, **values)
            response = Response(204) if answer is None else \
                json_response(answer, content_type=kind_type)
        except Refused as e:
            response = error_response(ApiError(400, str(e)), kind, ident)
        except ApiError as e:
            response = error_response(e, kind, ident)
            if e.status == 429:
                response = self.throttle.dress(response)
        if self.world.switches.octet_stream:
            response.headers["Content-Type"] = "application/octet-stream"
        response.headers["x-amz-rid"] = ident.replace("-", "")[:20].upper()
        response.headers["x-amz-request-id"] = ident
        return response

    def settle(self):
        """Deletions and audiences need no thread: whoever looks moves them on."""
        with self.world.lock:
            self.deletions.settle()
            self.audiences.settle()

    def _route(self, request):
        wrong_method = False
        for method, pattern, kind, function in self._routes:
            match = pattern.match(request.raw_path)
            if match and method == request.method:
                return kind, function, {name: urllib.parse.unquote(value)
                                        for name, value in match.groupdict().items()}
            wrong_method = wrong_method or match is not None
        if wrong_method:
            raise ApiError(405, "Method Not Allowed")
        raise ApiError(404, "Not Found")

    def _authorize(self, request, kind):
        """What the headers add to the values that the path gave."""
        scheme, _, token = request.header("authorization").partition(" ")
        with self.world.lock:
            grant = self.world.access_tokens.get(token)
            if scheme.lower() != "bearer" or grant is None or \
                    grant["expires_at"] <= self.world.now():
                raise ApiError(401, "Not authorized: the access token is missing, bad or "
                               "expired")
            if request.header("amazon-advertising-api-clientid") != grant["client_id"]:
                raise ApiError(401, "Not authorized: Amazon-Advertising-API-ClientId is "
                               "not the token's client")
            if grant.get("scope") is not None and kind not in UNSCOPED and \
                    AUDIENCE_SCOPE not in grant["scope"].split():
                raise ApiError(401, "Not authorized: the scope %s was not granted" %
                               AUDIENCE_SCOPE)
            if kind == "accounts":
                return {}
            if kind == "audiences":
                return {"instance": self._audience_instance(request)}
            return self._account(request)

    def _account(self, request):
        """{"account": ..} for the list of its instances; the instance of a path is
        checked against it."""
        wanted = request.header("amazon-advertising-api-advertiserid")
        for account in self.world.accounts:
            if account["accountId"] == wanted:
                break
        else:
            raise ApiError(403, "No access: Amazon-Advertising-API-AdvertiserId "
                           "names no account of this user")
        if request.header("amazon-advertising-api-marketplaceid") != \
                account["marketplaceId"]:
            raise ApiError(403, "No access: Amazon-Advertising-API-MarketplaceId is not "
                           "the account's")
        if self.world.switches.need_ads_account_id and \
                not request.header("amazon-ads-accountid"):
            raise ApiError(403, "No access: Amazon-Ads-AccountId is missing")
        match = re.match(r"/amc/(?:advertiserData|instances)/([^/]+)", request.raw_path)
        if match is None:
            return {"account": account}
        instance = self.world.instances.get(urllib.parse.unquote(match.group(1)))
        if instance is None:
            raise ApiError(404, "The instance does not exist")
        if instance["accountId"] != account["accountId"]:
            raise ApiError(403, "No access to the instance")
        return {}

    def _audience_instance(self, request):
        ident = request.header("amazon-marketing-cloud-audience-instanceid")
        if not ident:
            raise ApiError(400, "Amazon-Marketing-Cloud-Audience-InstanceId is missing")
        instance = self.world.instances.get(ident)
        if instance is None:
            raise ApiError(403, "No access: Amazon-Marketing-Cloud-Audience-InstanceId "
                           "names no instance of this user")
        entity = request.header("amazon-advertising-api-entityid")
        if entity and entity != instance["accountId"] or \
                not entity and self.world.switches.need_entity_id:
            raise ApiError(403, "No access: Amazon-Advertising-API-EntityId is not the "
                           "account of the instance")
        return ident

    def _check_types(self, request, kind):
        """The type of the answer."""
        vendor = TYPES[kind]
        if request.body:
            given = request.header("content-type").split(";")[0].strip().lower()
            plain = given == "application/json" and not self.world.switches.strict_media
            if given != vendor and not plain:
                raise ApiError(415, "Unsupported Media Type")
        if kind == "audiences" and request.method == "GET":
            vendor = AUDIENCE_TYPES[self._version(request)]
        if not self._accepted(request) & {"*/*", "application/*", "application/json",
                                          vendor}:
            raise ApiError(406, "Not Acceptable")
        return vendor

    @staticmethod
    def _accepted(request):
        return {a.split(";")[0].strip().lower()
                for a in request.header("accept", "*/*").split(",")}

    def _version(self, request):
        """The newest version of an audience that the request accepts by name."""
        accepted = self._accepted(request)
        for version in sorted(AUDIENCE_TYPES, reverse=True):
            if AUDIENCE_TYPES[version] in accepted:
                return version
        return self.world.switches.audience_version

    @staticmethod
    def json_of(request):
        try:
            value = json.loads(bytes(request.body))
        except ValueError:
            raise ApiError(400, "The body is not JSON") from None
        if not isinstance(value, dict):
            raise ApiError(400, "The body is not a JSON object")
        return value

    # -- accounts and instances ---------------------------------------------------

    def list_accounts(self, request):
        return page(self.world.switches, request, "amcAccounts", self.world.accounts,
                    "limit")

    def list_instances(self, request, account):
        mine = [i["info"] for i in self.world.instances.values()
                if i["accountId"] == account["accountId"]]
        return page(self.world.switches, request, "instances", mine, "limit")

    def get_instance(self, _request, instance):
        return {"instance": self.world.instances[instance]["info"]}

    def list_advertisers(self, request, instance):
        known = self.world.instances[instance].get("advertisers", [])
        return page(self.world.switches, request, "advertisers", [
            {"advertiserId": a, "advertiserName": a} for a in known], "limit")

    # -- audiences ------------------------------------------------------------------

    def _audience(self, instance, ident):
        found = self.audiences.find(instance, ident)
        if found is None:
            raise ApiError(404, "The audience does not exist")
        return found

    def create_audience(self, request, instance):
        return self.audiences.create(instance, self.json_of(request), False)

    def create_lookalike(self, request, instance):
        return self.audiences.create(instance, self.json_of(request), True)

    def list_audiences(self, request, instance):
        return page(self.world.switches, request, self.world.switches.audience_list_key,
                    self.audiences.select(instance, self._version(request)))

    def get_audience(self, request, instance, audience):
        return self.audiences.view(self._audience(instance, audience),
                                   self._version(request))

    def update_audience(self, request, instance, audience):
        return self.audiences.update(self._audience(instance, audience),
                                     self.json_of(request))

    def delete_audience(self, _request, instance, audience):
        self.audiences.delete(self._audience(instance, audience))
