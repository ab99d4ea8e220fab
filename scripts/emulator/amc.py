# SPDX-License-Identifier: Apache-2.0
"""The AMC APIs: who may ask, where a path leads, how lists are paged.

A new endpoint is one more line in the table of routes and one method.
"""
import base64
import hashlib
import json
import re
import threading
import urllib.parse
import uuid

from . import schema
from .httpcore import json_response
from .schema import Refused
from .uploads import Uploads, check_create

VENDOR = "application/vnd.%s.v1+json"
TYPES = {"accounts": VENDOR % "amcaudiencesconnections",
         "instances": VENDOR % "amcinstances",
         "dataSets": VENDOR % "amcadvertiserdataset",
         "columns": VENDOR % "amcadvertiserdatasetcolumn",
         "uploads": VENDOR % "amcadvertiserdataupload"}
ADU = "/amc/advertiserData/(?P<instance>[^/]+)"
MAX_DATASETS = 5000
CODES = {400: "BadRequestException", 401: "UnauthorizedException",
         403: "AccessDeniedException", 404: "ResourceNotFoundException",
         405: "MethodNotAllowedException", 406: "NotAcceptableException",
         409: "ConflictException", 415: "UnsupportedMediaTypeException",
         429: "TooManyRequestsException"}


class ApiError(Exception):
    def __init__(self, status, text, headers=None):
        super().__init__(text)
        self.status = status
        self.headers = headers or {}


class Amc:
    name = "amc"

    def __init__(self, world):
        self.world = world
        self.uploads = Uploads(world)
        self._lock = threading.Lock()
        self._asked = 0
        one = "(?P<dataset>[^/]+)"
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
            ("GET", ADU + "/dataSets/" + one, "dataSets", self.get_dataset),
            ("PUT", ADU + "/dataSets/" + one, "dataSets", self.update_dataset),
            ("DELETE", ADU + "/dataSets/" + one, "dataSets", self.delete_dataset),
            ("POST", ADU + "/uploads/list", "uploads", self.list_uploads),
            ("POST", ADU + "/uploads/" + one, "uploads", self.create_upload),
            ("GET", ADU + "/uploads/" + one + "/(?P<upload>[^/]+)", "uploads",
             self.get_upload),
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
            self._throttle()
            account = self._authorize(request, kind)
            self._check_types(request, kind)
            if "instance" in values:
                self._check_instance(values["instance"], account)
            with self.world.lock:
                answer = function(request, account, **values)
            response = json_response(answer, content_type=TYPES[kind])
        except Refused as e:
            response = self._error(ApiError(400, str(e)), kind, ident)
        except ApiError as e:
            response = self._error(e, kind, ident)
        if self.world.switches.octet_stream:
            response.headers["Content-Type"] = "application/octet-stream"
        response.headers["x-amz-rid"] = ident.replace("-", "")[:20].upper()
        response.headers["x-amz-request-id"] = ident
        return response

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

    def _throttle(self):
        switches = self.world.switches
        with self._lock:
            self._asked += 1
            if not switches.throttle_every or self._asked % switches.throttle_every:
                return
        wait = switches.retry_after
        raise ApiError(429, "Too Many Requests",
                       {} if wait is None else {"Retry-After": str(wait)})

    def _authorize(self, request, kind):
        """The account that asks; None for the call that lists the accounts."""
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
            if kind == "accounts":
                return None
            wanted = request.header("amazon-advertising-api-advertiserid")
            market = request.header("amazon-advertising-api-marketplaceid")
            for account in self.world.accounts:
                if account["accountId"] == wanted:
                    break
            else:
                raise ApiError(403, "No access: Amazon-Advertising-API-AdvertiserId "
                               "names no account of this user")
        if market != account["marketplaceId"]:
            raise ApiError(403, "No access: Amazon-Advertising-API-MarketplaceId is not "
                           "the account's")
        if self.world.switches.need_ads_account_id and \
                not request.header("amazon-ads-accountid"):
            raise ApiError(403, "No access: Amazon-Ads-AccountId is missing")
        return account

    def _check_types(self, request, kind):
        vendor = TYPES[kind]
        if request.body:
            given = request.header("content-type").split(";")[0].strip().lower()
            plain = given == "application/json" and not self.world.switches.strict_media
            if given != vendor and not plain:
                raise ApiError(415, "Unsupported Media Type")
        accepted = [a.split(";")[0].strip().lower()
                    for a in request.header("accept", "*/*").split(",")]
        if not set(accepted) & {"*/*", "application/*", "application/json", vendor}:
            raise ApiError(406, "Not Acceptable")

    def _check_instance(self, ident, account):
        instance = self.world.instances.get(ident)
        if instance is None:
            raise ApiError(404, "The instance does not exist")
        if instance["accountId"] != account["accountId"]:
            raise ApiError(403, "No access to the instance")

    @staticmethod
    def _error(err, kind, ident):
        text = str(err)
        code = CODES.get(err.status, "InternalServerException")
        if kind == "accounts":
            body = {"message": text, "requestId": ident}
        elif kind == "instances":
            body = {"code": code, "details": text}
        else:
            body = {"code": code, "details": text, "errors": [text], "requestId": ident}
        return json_response(body, err.status, err.headers)

    @staticmethod
    def _json(request):
        try:
            value = json.loads(bytes(request.body))
        except ValueError:
            raise ApiError(400, "The body is not JSON") from None
        if not isinstance(value, dict):
            raise ApiError(400, "The body is not a JSON object")
        return value

    # -- paging ----------------------------------------------------------------

    @staticmethod
    def _token(at, listing):
        """Opaque, tied to its listing, and with characters that need escaping."""
        check = hashlib.sha256(("%s %d" % (listing, at)).encode()).digest()[:12]
        return "+/%s/%s==" % (base64.b64encode(check).decode(), at)

    def _page(self, request, name, items, size_name="maxResults"):
        switches = self.world.switches
        query = dict(urllib.parse.parse_qsl(request.raw_query))
        text = query.get(size_name) or str(switches.page_default)
        if not text.isdigit() or not 1 <= int(text) <= 100:
            raise Refused("%s must be from 1 to 100" % size_name)
        size = min(int(text), switches.page_cap or 100)
        filters = sorted((n, v) for n, v in query.items()
                         if n not in ("nextToken", size_name))
        listing = json.dumps([request.raw_path, filters])
        # -1 is the empty page before the first one.
        start = -1 if switches.empty_page else 0
        if query.get("nextToken"):
            at = query["nextToken"].rstrip("=").rpartition("/")[2]
            if not at.isdigit() or query["nextToken"] != self._token(int(at), listing):
                raise Refused("nextToken is not valid")
            start = int(at)
        if start < 0:
            return {name: [], "nextToken": self._token(0, listing)}
        answer = {name: items[start:start + size]}
        if start + size < len(items):
            answer["nextToken"] = self._token(start + size, listing)
        elif switches.next_token_end != "absent":
            answer["nextToken"] = None if switches.next_token_end == "null" else ""
        return answer

    # -- accounts and instances ---------------------------------------------------

    def list_accounts(self, request, _account):
        return self._page(request, "amcAccounts", self.world.accounts, "limit")

    def list_instances(self, request, account):
        mine = [i["info"] for i in self.world.instances.values()
                if i["accountId"] == account["accountId"]]
        return self._page(request, "instances", mine, "limit")

    def get_instance(self, _request, _account, instance):
        return {"instance": self.world.instances[instance]["info"]}

    def list_advertisers(self, request, _account, instance):
        owner = self.world.instances[instance]["accountId"]
        return self._page(request, "advertisers", [
            {"advertiserId": owner, "advertiserName": owner}], "limit")

    # -- data sets -------------------------------------------------------------------

    def _dataset(self, instance, ident):
        dataset = self.world.datasets[instance].get(ident)
        if dataset is None:
            raise ApiError(404, "The data set does not exist")
        return dataset

    def list_datasets(self, request, _account, instance):
        return self._page(request, "dataSets",
                          list(self.world.datasets[instance].values()))

    def create_dataset(self, request, _account, instance):
        dataset = self._json(request).get("dataSet")
        schema.check_dataset(dataset)
        known = self.world.datasets[instance]
        if dataset["dataSetId"] in known:
            raise ApiError(self.world.switches.duplicate_status,
                           "A data set of this dataSetId exists")
        if len(known) >= MAX_DATASETS:
            raise ApiError(400, "The instance has %d data sets" % MAX_DATASETS)
        self.world.add_dataset(instance, dataset)
        self.world.save()
        return {"dataSetId": dataset["dataSetId"], "instanceId": instance}

    def get_dataset(self, _request, _account, instance, dataset):
        return {"dataSet": self._dataset(instance, dataset)}

    def update_dataset(self, request, _account, instance, dataset):
        known = self._dataset(instance, dataset)
        body = self._json(request)
        description, country = body.get("description"), body.get("countryCode")
        if description is not None:
            if not isinstance(description, str) or len(description) > 255:
                raise Refused("description is not a string of at most 255 characters")
        if country is not None:
            schema.check_country(country, "countryCode")
            if not schema.has_identity(known):
                raise Refused("Country code cannot be specified for a data set that "
                              "does not contain identity")
        known.update({n: v for n, v in (("description", description),
                                        ("countryCode", country)) if v is not None})
        self.world.save()
        return {"dataSet": known}

    def delete_dataset(self, _request, _account, instance, dataset):
        self._dataset(instance, dataset)
        self.world.drop_dataset(instance, dataset)
        self.world.save()
        return {"dataSetId": dataset, "instanceId": instance}

    # -- uploads ------------------------------------------------------------------------

    def create_upload(self, request, _account, instance, dataset):
        known = self._dataset(instance, dataset)
        body = self._json(request)
        check_create(body, known)
        upload = self.uploads.create(instance, dataset, body)
        return {"status": self.uploads.view(upload)["status"],
                "uploadId": upload["uploadId"]}

    def get_upload(self, _request, _account, instance, dataset, upload):
        self._dataset(instance, dataset)
        found = self.uploads.find(instance, dataset, upload)
        if found is None:
            raise ApiError(404, "The upload does not exist")
        return {"upload": self.uploads.view(found)}

    def list_uploads(self, request, _account, instance):
        query = dict(urllib.parse.parse_qsl(request.raw_query))
        return self._page(request, "uploads", self.uploads.select(instance, query))
