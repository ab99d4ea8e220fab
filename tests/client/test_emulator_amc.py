# SPDX-License-Identifier: Apache-2.0
"""The emulator's Login with Amazon, and AMC's accounts, instances and data sets."""
import copy
import os
import re
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import AmcCaller, Emulator, call  # noqa: E402

ADU = "/advertiserData/amcdemo1"
STORE = {"dataSetId": "store", "countryCode": "US", "columns": [
    {"name": "email", "columnType": "DIMENSION", "dataType": "STRING",
     "externalUserIdType": {"hashedPii": "EMAIL"}},
    {"name": "at", "columnType": "DIMENSION", "dataType": "TIMESTAMP",
     "nullable": False, "isMainEventTime": True}]}


class AmcCase(unittest.TestCase):
    def setUp(self):
        self.emu = Emulator("--processing-ms", "0")
        self.addCleanup(self.emu.stop)


class Login(AmcCase):
    def refused(self, answer, status, error):
        self.assertEqual((answer.status, answer.json()["error"]), (status, error))

    def test_refresh(self):
        answer = AmcCaller.form(self.emu)
        self.assertEqual(answer.status, 200)
        body = answer.json()
        self.assertTrue(body["access_token"].startswith("Atza|"))
        self.assertEqual((body["token_type"], body["expires_in"], body["refresh_token"]),
                         ("bearer", 3600, self.emu.urls["refresh_token"]))

    def test_refusals(self):
        form = AmcCaller.form
        self.refused(form(self.emu, client_secret="x"), 401, "invalid_client")
        self.refused(form(self.emu, client_id="x"), 401, "invalid_client")
        self.refused(form(self.emu, refresh_token="x"), 400, "invalid_grant")
        self.refused(form(self.emu, refresh_token=None), 400, "invalid_request")
        self.refused(form(self.emu, grant_type="password"), 400,
                     "unsupported_grant_type")
        self.emu.config(refresh_valid=False)
        self.refused(form(self.emu), 400, "invalid_grant")
        answer = call(self.emu.urls["lwa"], "POST", "/auth/o2/token", b"{}",
                      {"Content-Type": "application/json"})
        self.refused(answer, 400, "invalid_request")
        self.assertEqual(call(self.emu.urls["lwa"], "GET", "/nowhere").status, 404)

    def test_authorization_code(self):
        back = "http://127.0.0.1:1/cb"
        query = urllib.parse.urlencode({
            "client_id": self.emu.urls["client_id"], "response_type": "code",
            "redirect_uri": back, "state": "s&1",
            "scope": "profile advertising::audiences"})
        answer = call(self.emu.urls["lwa"], "GET", "/ap/oa?" + query)
        self.assertEqual(answer.status, 302)
        at = urllib.parse.urlsplit(answer.headers["Location"])
        got = dict(urllib.parse.parse_qsl(at.query))
        self.assertEqual((at.path, got["state"], got["scope"]),
                         ("/cb", "s&1", "profile advertising::audiences"))
        grant = {"grant_type": "authorization_code", "refresh_token": None,
                 "code": got["code"], "redirect_uri": back}
        first = AmcCaller.form(self.emu, **grant)
        self.assertEqual(first.status, 200)
        again = AmcCaller.form(self.emu, refresh_token=first.json()["refresh_token"])
        self.assertEqual(again.status, 200)
        self.refused(AmcCaller.form(self.emu, **grant), 400, "invalid_grant")
        code = self.emu.control("POST", "/codes", {
            "client_id": self.emu.urls["client_id"], "redirect_uri": back})["code"]
        self.emu.advance(301)
        self.refused(AmcCaller.form(self.emu, **dict(grant, code=code)), 400,
                     "invalid_grant")


class Access(AmcCase):
    def test_accounts_and_instances(self):
        amc = AmcCaller(self.emu)
        self.assertEqual([a["accountId"] for a in
                          amc("GET", "/accounts").json()["amcAccounts"]],
                         ["ENTITYDEMO1", "ENTITYDEMO2"])
        listed = amc("GET", "/instances").json()["instances"]
        self.assertEqual([i["instanceId"] for i in listed], ["amcdemo1"])
        one = amc("GET", "/instances/amcdemo1").json()["instance"]
        self.assertEqual(one, listed[0])
        other = AmcCaller(self.emu, "ENTITYDEMO2", "A1F83G8C2ARO7P")
        self.assertEqual([i["instanceId"] for i in
                          other("GET", "/instances").json()["instances"]], ["amcdemo2"])

    def test_who_may_ask(self):
        amc = AmcCaller(self.emu)
        path = ADU + "/dataSets/customers"
        self.assertEqual(amc("GET", path).status, 200)
        self.assertEqual(amc("GET", path, Authorization=None).status, 401)
        self.assertEqual(amc("GET", path, Authorization="Bearer x").status, 401)
        name = "Amazon_Advertising_API_"
        for header, status in (("ClientId", 401), ("AdvertiserId", 403),
                               ("MarketplaceId", 403)):
            for value in (None, "other"):
                self.assertEqual(amc("GET", path, **{name + header: value}).status,
                                 status, header)
        self.assertEqual(amc("GET", "/advertiserData/amcdemo2/dataSets/customers").status,
                         403)
        self.assertEqual(amc("GET", "/advertiserData/nobody/dataSets/customers").status,
                         404)
        self.assertEqual(amc("GET", "/accounts", **{name + "AdvertiserId": None,
                                                    name + "MarketplaceId": None}).status,
                         200)
        self.emu.config(need_ads_account_id=True)
        self.assertEqual(amc("GET", path).status, 403)
        self.assertEqual(amc("GET", path, Amazon_Ads_AccountId="a").status, 200)

    def test_tokens_age(self):
        amc = AmcCaller(self.emu)
        self.emu.advance(3599)
        self.assertEqual(amc("GET", "/accounts").status, 200)
        self.emu.advance(1)
        answer = amc("GET", "/accounts")
        self.assertEqual(answer.status, 401)
        self.assertEqual(set(answer.json()), {"message", "requestId"})
        amc = AmcCaller(self.emu)
        self.emu.expire_tokens()
        self.assertEqual(amc("GET", "/accounts").status, 401)

    def test_unknown_routes_and_error_shapes(self):
        amc = AmcCaller(self.emu)
        answer = amc("GET", "/nowhere")
        self.assertEqual((answer.status, answer.json()["details"]), (404, "Not Found"))
        self.assertEqual(amc("PUT", "/accounts").status, 405)
        answer = amc("GET", ADU + "/dataSets/nothing")
        self.assertEqual(answer.status, 404)
        self.assertEqual(set(answer.json()), {"code", "details", "errors", "requestId"})
        self.assertEqual(answer.headers["x-amz-request-id"], answer.json()["requestId"])

    def test_media_types(self):
        amc = AmcCaller(self.emu)
        vendor = "application/vnd.amcadvertiserdataset.v1+json"
        path, body = ADU + "/dataSets/customers", {"description": "x"}
        self.assertEqual(amc("PUT", path, body).status, 200)
        self.assertEqual(amc("PUT", path, body, Content_Type=vendor).status, 200)
        self.assertEqual(amc("PUT", path, body, Content_Type="text/plain").status, 415)
        self.assertEqual(amc("GET", path, Accept="text/html").status, 406)
        self.emu.config(strict_media=True)
        self.assertEqual(amc("PUT", path, body).status, 415)
        self.assertEqual(amc("PUT", path, body, Content_Type=vendor).status, 200)
        self.emu.config(octet_stream=True)
        answer = amc("GET", path)
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(answer.json()["dataSet"]["description"], "x")

    def test_throttling(self):
        self.emu.config(throttle_every=2, retry_after=7)
        amc = AmcCaller(self.emu)
        answers = [amc("GET", "/accounts") for _ in range(4)]
        self.assertEqual([a.status for a in answers], [200, 429, 200, 429])
        self.assertEqual(answers[1].headers["Retry-After"], "7")
        self.emu.config(retry_after=None)
        amc("GET", "/accounts")
        self.assertIsNone(amc("GET", "/accounts").headers["Retry-After"])


class Paging(AmcCase):
    def setUp(self):
        super().setUp()
        self.emu.datasets("amcdemo1", [dict(STORE, dataSetId="s%d" % i)
                                       for i in range(5)])
        self.amc = AmcCaller(self.emu)

    def pages(self, size):
        """(ids, page lengths, last answer)"""
        ids, lengths, token = [], [], ""
        while True:
            answer = self.amc("POST", "%s/dataSets/list?maxResults=%d%s" % (
                ADU, size, token)).json()
            lengths.append(len(answer["dataSets"]))
            ids += [d["dataSetId"] for d in answer["dataSets"]]
            if not answer.get("nextToken"):
                return ids, lengths, answer
            self.assertTrue(re.search("[+/=]", answer["nextToken"]))
            token = "&nextToken=" + urllib.parse.quote(answer["nextToken"], safe="")

    def test_all_ends(self):
        everything = ["customers", "orders", "s0", "s1", "s2", "s3", "s4"]
        for end, check in (("null", lambda a: a["nextToken"] is None),
                           ("absent", lambda a: "nextToken" not in a),
                           ("empty", lambda a: a["nextToken"] == "")):
            self.emu.config(next_token_end=end)
            ids, lengths, last = self.pages(3)
            self.assertEqual((ids, lengths), (everything, [3, 3, 1]))
            self.assertTrue(check(last))
        self.emu.config(page_cap=2, empty_page=True)
        self.assertEqual(self.pages(100)[:2], (everything, [0, 2, 2, 2, 1]))

    def test_refusals(self):
        for query in ("maxResults=0", "maxResults=101", "maxResults=x", "nextToken=x"):
            answer = self.amc("POST", ADU + "/dataSets/list?" + query)
            self.assertEqual(answer.status, 400, query)
        token = self.amc("POST", ADU + "/dataSets/list?maxResults=1").json()["nextToken"]
        answer = self.amc("POST", ADU + "/uploads/list?nextToken=" +
                          urllib.parse.quote(token, safe=""))
        self.assertEqual(answer.status, 400)


class DataSets(AmcCase):
    def setUp(self):
        super().setUp()
        self.amc = AmcCaller(self.emu)

    def create(self, dataset):
        return self.amc("POST", ADU + "/dataSets", {"dataSet": dataset})

    def test_life(self):
        answer = self.create(STORE)
        self.assertEqual(answer.json(), {"dataSetId": "store", "instanceId": "amcdemo1"})
        got = self.amc("GET", ADU + "/dataSets/store").json()["dataSet"]
        self.assertEqual(got["period"], "P1D")
        self.assertEqual([(c["name"], c["nullable"]) for c in got["columns"]],
                         [("email", True), ("at", False), ("user_id", True),
                          ("user_id_type", True)])
        self.assertEqual(self.create(STORE).status, 400)
        self.emu.config(duplicate_status=409)
        self.assertEqual(self.create(STORE).status, 409)
        updated = self.amc("PUT", ADU + "/dataSets/store",
                           {"description": "d", "countryCode": "GB"}).json()["dataSet"]
        self.assertEqual((updated["description"], updated["countryCode"]), ("d", "GB"))
        answer = self.amc("PUT", ADU + "/dataSets/store", {"description": "x" * 256})
        self.assertEqual(answer.status, 400)
        self.assertEqual(self.amc("DELETE", ADU + "/dataSets/store").json(),
                         {"dataSetId": "store", "instanceId": "amcdemo1"})
        self.assertEqual(self.amc("GET", ADU + "/dataSets/store").status, 404)

    def test_refusals(self):
        def column(at, **change):
            out = copy.deepcopy(STORE)
            out["columns"][at].update(change)
            return out
        bad = {
            "dataSetId": [dict(STORE, dataSetId=i) for i in
                          ("list", "Store", "a", "a-b", "1a", "", None, "a" * 128)],
            "columns": [dict(STORE, columns=None),
                        dict(STORE, columns=STORE["columns"] * 2),
                        dict(STORE, columns=[dict(STORE["columns"][0], name="c%d" % i)
                                             for i in range(101)])],
            "columnType": [column(0, columnType="OTHER")],
            "METRIC": [column(0, columnType="METRIC")],
            "dataType": [column(0, dataType="BOOLEAN"), column(1, dataType="STRING")],
            "isMainEventTime": [column(0, isMainEventTime=True, dataType="DATE",
                                       externalUserIdType={"hashedPii": "EMAIL"})],
            "hashedPii": [column(0, externalUserIdType={"hashedPii": "email"})],
            "exactly one": [column(0, externalUserIdType={})],
            "reserved": [column(0, name="user_id"), column(0, name="user_type")],
            "consentType": [column(0, consentType="tcf")],
            "nullable": [column(0, nullable="yes")],
            "period": [dict(STORE, period="P7D")],
            "ountry": [dict(STORE, countryCode="us"), dict(STORE, countryCode="UK"),
                       dict(STORE, columns=STORE["columns"][1:])],
            "Key": [dict(STORE, customerEncryptionKeyArn="x")],
        }
        for word, datasets in bad.items():
            for dataset in datasets:
                answer = self.create(dataset)
                self.assertEqual(answer.status, 400, (word, answer.body))
        for word in ("METRIC", "reserved", "period"):
            self.assertIn(word, self.create(bad[word][0]).json()["details"])
        unwrapped = self.amc("POST", ADU + "/dataSets", STORE)
        self.assertEqual(unwrapped.status, 400)
        self.assertEqual(sorted(self.emu.state()["dataSets"]["amcdemo1"]),
                         ["customers", "orders"])


if __name__ == "__main__":
    unittest.main()
