# SPDX-License-Identifier: Apache-2.0
"""The emulator's data sets in detail: definitions, their columns' changes, instances
that come and go, and how uploads of several objects end."""
import json
import os
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import BUCKET, TAG, AmcCaller, Emulator, call, sha  # noqa: E402

ADU = "/advertiserData/amcdemo1/dataSets"
# As people bring them from elsewhere.
SIMPLE = '{"dataSet": {"columns":[{"name":"product_asin","columnType":"DIMENSION",' \
    '"dataType":"STRING"},{"name":"product_sku","columnType":"METRIC","dataType":' \
    '"STRING"}],"dataSetId":"mydemosimledimensionds","description":' \
    '"my demo dimension dataset"}}'
FACT = '{"dataSet": {"dataSetId":"mydemofactdswithidentity","columns":[{"columnType":' \
    '"DIMENSION","dataType":"STRING","externalUserIdType":{"hashedPii":"EMAIL"},' \
    '"name":"email"},{"columnType":"DIMENSION","dataType":"DATE",' \
    '"isMainEventTime":true,"name":"record_date"},{"columnType":"DIMENSION",' \
    '"dataType":"STRING","name":"tcf_string","consentType":"TCF"}],"countryCode":"US"}}'


def column(name, **more):
    return dict({"name": name, "columnType": "DIMENSION", "dataType": "STRING"}, **more)


class ColumnCase(unittest.TestCase):
    def setUp(self):
        self.emu = Emulator("--processing-ms", "0")
        self.addCleanup(self.emu.stop)
        self.amc = AmcCaller(self.emu)

    def create(self, *columns, ident="mine", **more):
        return self.amc("POST", ADU, {"dataSet": dict(
            {"dataSetId": ident, "columns": list(columns)}, **more)})

    def refused(self, text, answer, status=400):
        self.assertEqual(answer.status, status, answer.body)
        self.assertIn(text, answer.json()["details"])

    def names(self, ident="customers"):
        got = self.amc("GET", "%s/%s" % (ADU, ident)).json()["dataSet"]
        return [c["name"] for c in got["columns"]]


class Definitions(ColumnCase):
    def test_definitions_from_elsewhere(self):
        for text in (SIMPLE, FACT):
            self.assertEqual(self.amc("POST", ADU, json.loads(text)).status, 200)
        self.assertEqual(self.names("mydemofactdswithidentity"),
                         ["email", "record_date", "tcf_string", "user_id",
                          "user_id_type"])
        got = self.amc("GET", ADU + "/mydemofactdswithidentity").json()["dataSet"]
        self.assertEqual((got["period"], got["countryCode"]), ("P1D", "US"))

    def test_consent_each_once(self):
        kinds = ("TCF", "GPP", "AMZN_USER_DATA", "AMZN_AD_STORAGE")
        every = [column("c%d" % i, consentType=k) for i, k in enumerate(kinds)]
        self.assertEqual(self.create(*every).status, 200)
        for kind in kinds:
            self.refused("more than one %s column" % kind,
                         self.create(*every, column("x", consentType=kind), ident="two"))
        self.refused("consentType", self.create(column("a", consentType="GPP_String"),
                                                ident="two"))

    def test_numbers_of_columns(self):
        many = [column("c%d" % i) for i in range(100)]
        self.assertEqual(self.create(*many).status, 200)
        self.assertEqual(self.create(ident="none").status, 200)
        self.refused("at most 100", self.create(*many, column("x"), ident="two"))
        self.refused("at most 100", self.amc("POST", ADU + "/mine/columns",
                                             {"column": column("x")}))

    def test_one_of_each(self):
        time = {"dataType": "TIMESTAMP", "isMainEventTime": True}
        self.refused("more than one isMainEventTime", self.create(
            column("a", **time), column("b", **time)))
        self.refused("more than one isCountryCode", self.create(
            column("a", isCountryCode=True), column("b", isCountryCode=True)))
        self.refused("a occurs twice", self.create(column("a"), column("a")))
        self.refused("exactly one of hashedPii, externalIdentity", self.create(column(
            "a", externalUserIdType={"hashedPii": "EMAIL", "externalIdentity": "MAID"})))
        self.refused("period needs", self.create(column("a"), period="P1M"))
        self.refused("does not contain identity", self.create(column("a"),
                                                              countryCode="US"))
        self.assertEqual(self.create(column("a", externalUserIdType={
            "externalIdentity": "MAID"}), countryCode="US").status, 200)

    def test_an_existing_one_is_not_touched(self):
        other = dict(dataSetId="customers", columns=[column("a")])
        for status in (400, 409):
            self.emu.config(duplicate_status=status)
            self.refused("exists", self.amc("POST", ADU, {"dataSet": other}), status)
        self.assertIn("email", self.names())

    def test_unknown_members_are_left_aside(self):
        self.assertEqual(self.create(column("a"), fileFormat="CSV",
                                     updateStrategy="ADDITIVE").status, 200)
        got = self.amc("GET", ADU + "/mine").json()["dataSet"]
        self.assertEqual(sorted(got), ["columns", "dataSetId"])

    def test_length_of_ids_and_fixed_country(self):
        self.emu.config(max_id=10, country_fixed=True)
        self.assertEqual(self.create(column("a" * 10), ident="b" * 10).status, 200)
        self.refused("dataSetId", self.create(column("a"), ident="b" * 11))
        self.refused("name", self.create(column("a" * 11), ident="cc"))
        self.refused("only the description", self.amc("PUT", ADU + "/customers",
                                                      {"countryCode": "GB"}))

    def test_scope(self):
        amc = self.amc
        code = self.emu.control("POST", "/codes", {
            "client_id": self.emu.urls["client_id"], "redirect_uri": "http://x/",
            "scope": "advertising::campaign_management"})["code"]
        token = AmcCaller.form(self.emu, grant_type="authorization_code", code=code,
                               refresh_token=None, redirect_uri="http://x/").json()
        few = {"Authorization": "Bearer " + token["access_token"]}
        self.assertEqual(amc("GET", "/instances", **few).status, 200)
        answer = amc("GET", ADU + "/customers", **few)
        self.refused("scope advertising::audiences", answer, 401)
        self.assertEqual(amc("GET", ADU + "/customers").status, 200)


class Columns(ColumnCase):
    def setUp(self):
        super().setUp()
        self.emu.put_object(BUCKET, "k", b"note,revenue\nx,1.50\n", TAG)
        self.amc.finished("customers", "k")

    def add(self, **spec):
        return self.amc("POST", ADU + "/customers/columns", {"column": spec})

    def test_add_rename_delete(self):
        where = ADU + "/customers/columns/"
        got = self.add(**column("shop", description="d"))
        self.assertEqual(got.json()["dataSet"]["columns"][-1],
                         dict(column("shop", description="d"), nullable=True))
        self.assertEqual(self.emu.rows("amcdemo1", "customers")[0]["shop"], None)
        got = self.amc("PUT", where + "note", {"updatedColumnName": "remark",
                                               "updateDescription": "free text"})
        self.assertEqual([c["description"] for c in got.json()["dataSet"]["columns"]
                          if c["name"] == "remark"], ["free text"])
        self.assertEqual(self.amc("DELETE", where + "revenue").status, 200)
        row = self.emu.rows("amcdemo1", "customers")[0]
        self.assertEqual((row["remark"], "revenue" in row, "note" in row),
                         ("x", False, False))
        self.emu.put_object(BUCKET, "k", b"remark,shop\ny,s\n", TAG)
        self.assertEqual(self.amc.finished("customers", "k")["status"], "SUCCESS")
        self.assertEqual([(r["remark"], r["shop"]) for r in
                          self.emu.rows("amcdemo1", "customers")],
                         [("x", None), ("y", "s")])

    def test_refused(self):
        self.refused("note occurs twice", self.add(**column("note")))
        self.refused("dataType", self.add(**column("a", dataType="FLOAT")))
        for flag in ("isMainEventTime", "isMainUserId"):
            self.refused("cannot be added later", self.add(**column(
                "a", dataType="DATE", **{flag: True})))
        self.refused("more than one isCountryCode", self.add(**column(
            "a", isCountryCode=True)))
        where = "%s/%s/columns/%s"
        self.refused("event time", self.amc("DELETE", where % (
            ADU, "orders", "purchase_time")))
        for name in ("email", "user_id", "user_id_type"):
            self.refused("user id", self.amc("DELETE", where % (ADU, "customers", name)))
        self.refused("twice", self.amc("PUT", where % (ADU, "customers", "note"),
                                       {"updatedColumnName": "email"}))
        self.refused("updateDescription", self.amc(
            "PUT", where % (ADU, "customers", "note"), {"updateDescription": "x" * 256}))
        self.refused("column does not exist", self.amc(
            "DELETE", where % (ADU, "customers", "nothing")), 404)
        self.refused("data set does not exist", self.amc(
            "DELETE", where % (ADU, "nothing", "a")), 404)


class Instances(ColumnCase):
    def listed(self, **headers):
        """(ids, lengths of the pages)"""
        ids, lengths, token = [], [], ""
        while True:
            got = self.amc("GET", "/instances?limit=2" + token, **headers).json()
            ids += [i["instanceId"] for i in got["instances"]]
            lengths.append(len(got["instances"]))
            if not got["nextToken"]:
                return ids, lengths
            token = "&nextToken=" + urllib.parse.quote(got["nextToken"], safe="")

    def test_many_accounts_markets_and_pages(self):
        self.emu.seed({
            "accounts": [{"accountId": "ENTITYDE", "accountName": "DE",
                          "marketplaceId": "A1PA6795UKMFR9"}],
            "instances": [{"instanceId": "amcde%d" % i, "accountId": "ENTITYDE",
                           "dataUploadAwsAccountId": "%012d" % i} for i in range(5)] + [
                {"instanceId": "amcnew", "accountId": "ENTITYDE",
                 "creationStatus": "IN_PROGRESS"}]})
        other = {"Amazon_Advertising_API_AdvertiserId": "ENTITYDE",
                 "Amazon_Advertising_API_MarketplaceId": "A1PA6795UKMFR9"}
        self.assertEqual(self.listed(**other), (["amcde%d" % i for i in range(5)] +
                                                ["amcnew"], [2, 2, 2]))
        self.assertEqual(self.listed(), (["amcdemo1"], [1]))
        one = self.amc("GET", "/instances/amcde3", **other).json()["instance"]
        self.assertEqual(one["dataUploadAwsAccountId"], "000000000003")
        one = self.amc("GET", "/instances/amcnew", **other).json()["instance"]
        self.assertEqual(one["creationStatus"], "IN_PROGRESS")
        accounts = self.amc("GET", "/accounts").json()["amcAccounts"]
        self.assertEqual([a["accountId"] for a in accounts],
                         ["ENTITYDEMO1", "ENTITYDEMO2", "ENTITYDE"])
        self.emu.forget(instances=["amcde1", "amcnew"])
        self.assertEqual(self.listed(**other)[0], ["amcde0", "amcde2", "amcde3",
                                                   "amcde4"])
        self.assertEqual(self.amc("GET", "/instances/amcde1", **other).status, 404)
        self.emu.forget(accounts=["ENTITYDE"])
        self.assertEqual(self.amc("GET", "/instances", **other).status, 403)


class SeveralObjects(ColumnCase):
    def put(self, key, text, tags=TAG):
        self.emu.put_object(BUCKET, key, text.encode(), tags)

    def finished(self, **changes):
        return self.amc.finished("customers", dataSource={
            "sourceS3Bucket": BUCKET, "sourceManifestS3Key": "m"},
            updateStrategy="FULL_REPLACE", **changes)

    def test_all_or_nothing(self):
        for i in range(3):
            self.put("part%d" % i, "note\n%d\n" % i)
        self.put("m", "".join("s3://%s/part%d\n" % (BUCKET, i) for i in range(3)))
        self.assertEqual(self.finished()["metrics"], {"OutputRowCount": 3})
        self.put("part2", "note\n9\n", tags="")
        self.assertIn("part2", self.finished()["message"])
        self.put("part2", "email\n%s\n" % sha("x") * 2)
        self.assertIn("part2", self.finished()["message"])
        self.assertEqual([r["note"] for r in self.emu.rows("amcdemo1", "customers")],
                         ["0", "1", "2"])

    def test_size(self):
        self.emu.config(max_source_mb=1)
        self.put("part0", "note\n" + "x\n" * (1 << 19))
        self.put("m", "s3://%s/part0\n" % BUCKET)
        self.assertIn("larger than 1 MB", self.finished()["message"])
        self.put("part0", "note\n" + "x\n" * ((1 << 19) - 3))
        self.assertEqual(self.finished()["status"], "SUCCESS")

    def test_tag_with_many_ids(self):
        self.put("m", "s3://%s/part0\n" % BUCKET)
        ids = ["amcdemo1"] + ["amc%d" % i for i in range(25)]
        for count, status in ((25, "SUCCESS"), (26, "FAILED")):
            self.put("part0", "note\n1\n", "instanceId=" + "+".join(ids[:count]))
            self.assertEqual(self.finished()["status"], status)


class Health(ColumnCase):
    def test_faults_on_the_new_routes(self):
        for path, answer in (
                ("/userDeletionRequest", lambda: self.amc(
                    "POST", "/advertiserData/amcdemo1/userDeletionRequest/list")),
                ("/audiences/", lambda: self.amc.audience("GET")),
                ("/columns", lambda: self.amc("POST", ADU + "/customers/columns",
                                              {"column": column("c")})),
                ("Action=", lambda: call(self.emu.urls["sts"], "GET",
                                         "/?Action=GetCallerIdentity")),
                ("/latest/", lambda: call(self.emu.urls["metadata"], "GET",
                                          "/latest/meta-data/")),
                ("/ap/oa", lambda: call(self.emu.urls["lwa"], "GET", "/ap/oa"))):
            with self.subTest(path):
                number = self.emu.fault(path=path, status=503)
                self.assertEqual(answer().status, 503)
                self.assertNotEqual(answer().status, 503)
                self.emu.fault(path=path, cut="after")
                with self.assertRaises(ConnectionError):
                    answer()
                self.assertEqual([f["fired"] for f in self.emu.faults()
                                  if f["number"] == number], [1])


if __name__ == "__main__":
    unittest.main()
