# SPDX-License-Identifier: Apache-2.0
"""The emulator's rule-based and look-alike audiences."""
import os
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import AmcCaller, Emulator  # noqa: E402

VENDOR = "application/vnd.amcquerybasedaudience.%s+json"
GOOD = {"advertiserId": "1234567890123", "audienceName": "lapsed buyers",
        "query": "SELECT user_id FROM orders WHERE amount > 10",
        "timeWindowStart": "2025-01-01T00:00:00Z",
        "timeWindowEnd": "2025-04-01T00:00:00Z"}


class AudienceCase(unittest.TestCase):
    def setUp(self):
        self.emu = Emulator("--processing-ms", "0")
        self.addCleanup(self.emu.stop)
        self.amc = AmcCaller(self.emu)

    def create(self, where="query", **changes):
        body = {n: v for n, v in dict(GOOD, **changes).items() if v is not None}
        return self.amc.audience("POST", where, body)

    def made(self, where="query", **changes):
        answer = self.create(where, **changes)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json()["status"], "PENDING")
        return answer.json()["audienceExecutionId"]

    def get(self, ident, version="v1.2"):
        answer = self.amc.audience("GET", ident, Accept=VENDOR % version)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()


class Asking(AudienceCase):
    def test_refused(self):
        ok, bad = ["2025-01-01T00:00:00Z"], ["2025-01-01T00:00:00", "2025-01-01", "", 5,
                                             None, "2025-02-30T00:00:00Z"]
        for name, values in (
                ("advertiserId", [None, "", "abc", 1234567890123]),
                ("audienceName", [None, "", " ", 5, "x" * 257]),
                ("audienceDescription", [5, "x" * 257]),
                ("timeWindowStart", bad + ["2025-04-01T00:00:00Z"]),
                ("timeWindowEnd", bad + ok),
                ("query", [None, "", 5, "SELECT user_id\nFROM orders",
                           "SELECT\tuser_id FROM orders"]),
                ("workflowId", ["wf"]),
                ("refreshRateDays", [-1, 22, "7", 1.5, True]),
                ("timeWindowRelative", ["yes", 1]),
                ("countryCode", ["GB", "us", "PL"]),
                ("inputParameters", [{}, [{}] * 101, [{}], ["x"]]),
                ("parameterValues", [[]]),
                ("lookalikeAudienceExpectedReach", ["SIMILAR"])):
            for value in values:
                with self.subTest((name, str(value)[:40])):
                    answer = self.create(**{name: value})
                    self.assertEqual(answer.status, 400, answer.body)
                    self.assertEqual(answer.json()["code"], "400")
                    self.assertEqual(set(answer.json()), {"code", "details",
                                                          "requestId"})
        self.assertEqual(self.emu.audiences(), [])

    def test_accepted(self):
        self.made(query=None, workflowId="wf")
        for changes in ({"refreshRateDays": 0}, {"refreshRateDays": 21},
                        {"timeWindowRelative": "TRUE"}, {"countryCode": "UK"},
                        {"advertiserId": "ENTITY1ABC"},
                        {"inputParameters": [{"name": "p"}],
                         "parameterValues": {"p": 1}}):
            self.made(**changes)
        self.assertEqual([a["timeWindowRelative"] for a in self.emu.audiences()],
                         [False, False, False, True, False, False, False])

    def test_headers(self):
        name = "Amazon_Marketing_Cloud_Audience_InstanceId"
        entity = "Amazon_Advertising_API_EntityId"

        def status(**headers):
            return self.amc.audience("GET", **headers).status
        self.assertEqual(status(), 200)
        self.assertEqual(status(**{name: None}), 400)
        self.assertEqual(status(**{name: "nobody"}), 403)
        self.assertEqual(status(**{name: "amcdemo2"}), 403)
        self.assertEqual(status(**{entity: "ENTITYDEMO2"}), 403)
        self.assertEqual(status(**{entity: None}), 200)
        self.assertEqual(status(Authorization=None), 401)
        self.emu.config(need_entity_id=True)
        self.assertEqual(status(**{entity: None}), 403)

    def test_media_types(self):
        self.emu.config(strict_media=True)
        self.assertEqual(self.create().status, 415)
        answer = self.amc.audience("POST", "query", GOOD, Content_Type=VENDOR % "v1")
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.amc.audience("GET", Accept="text/html").status, 406)

    def test_advertisers(self):
        self.emu.seed({"instances": [{"instanceId": "amcdemo9", "accountId":
                                      "ENTITYDEMO1", "advertisers": ["111111"]}]})
        listed = self.amc("GET", "/instances/amcdemo9/advertisers").json()
        self.assertEqual([a["advertiserId"] for a in listed["advertisers"]], ["111111"])
        self.emu.config(known_advertisers=True)
        for ident, status in (("111111", 200), ("222222", 400)):
            answer = self.amc.audience("POST", "query", dict(GOOD, advertiserId=ident),
                                       "amcdemo9")
            self.assertEqual(answer.status, status)

    def test_twice(self):
        self.assertNotEqual(self.made(), self.made())
        self.emu.config(audience_idempotent=True)
        first = self.create(audienceName="one").json()
        self.assertEqual(self.create(audienceName="one").json()["audienceExecutionId"],
                         first["audienceExecutionId"])
        self.assertEqual(len(self.emu.audiences()), 3)

    def test_lookalike(self):
        where = "lookalike"
        self.assertEqual(self.create(where).status, 400)
        reach = {"lookalikeAudienceExpectedReach": "BALANCED"}
        self.assertEqual(self.create(where, refreshRateDays=6, **reach).status, 400)
        self.assertEqual(self.create(where, **{n: "WIDE" for n in reach}).status, 400)
        got = self.get(self.made(where, refreshRateDays=7, **reach))
        self.assertEqual((got["audienceType"], got["lookalikeAudienceExpectedReach"]),
                         ("LOOKALIKE", "BALANCED"))

    def test_rate_and_lost_answer(self):
        self.emu.config(audience_rate=1)
        self.emu.stop_clock()
        self.assertEqual([self.create().status for _ in range(3)], [200, 429, 429])
        self.emu.advance(1)
        self.assertEqual([self.create().status for _ in range(2)], [200, 429])
        self.emu.config(audience_rate=0)
        self.emu.fault(service="amc", method="POST", path="/audiences/query$",
                       cut="after")
        with self.assertRaises(ConnectionError):
            self.create(audienceName="lost")
        listed = self.amc.audience("GET").json()["executionMetadata"]
        self.assertEqual(listed[0]["audienceName"], "lost")


class Life(AudienceCase):
    def test_success(self):
        self.emu.config(hold_audiences=True)
        ident = self.made(audienceDescription="d", refreshRateDays=7)
        got = self.get(ident)
        self.assertIn(got["status"], ("PENDING", "RUNNING"))
        self.assertFalse({"dspAudienceId", "audienceCount"} & set(got))
        self.emu.config(hold_audiences=False, audience_count=31415)
        self.emu.wait_audiences()
        got = self.get(ident)
        self.assertRegex(got.pop("dspAudienceId"), r"^\d{18}$")
        for name in ("createTime", "lastRefreshedTime", "dspCanonicalId"):
            got.pop(name)
        self.assertEqual(got, dict(
            GOOD, audienceExecutionId=ident, instanceId="amcdemo1", status="SUCCEEDED",
            audienceDescription="d", refreshRateDays=7, timeWindowRelative=False,
            audienceCount=31415, audienceType="RULE_BASED", advertiserType="DISPLAY",
            deletable=True, no3pTrackers=False))

    def test_versions_show_more_and_more(self):
        ident = self.made()
        counts = {}
        for version in ("v1", "v1.1", "v1.2"):
            got = self.get(ident, version)
            counts[version] = ("audienceCount" in got, "audienceType" in got)
        self.assertEqual(counts, {"v1": (False, False), "v1.1": (True, False),
                                  "v1.2": (True, True)})
        self.assertNotIn("audienceCount", self.amc.audience("GET", ident).json())
        self.emu.config(audience_version="v1.2")
        self.assertIn("audienceCount", self.amc.audience("GET", ident).json())

    def reason(self, query):
        got = self.get(self.made(query=query))
        return got.get("statusReason", got["status"])

    def test_queries(self):
        tables = "Invalid tables in the SQL query: Use audience-specific tables in the " \
            "query."
        for query, expected in (
                ("SELECT user_id FROM amazon_attributed_events_for_audiences", None),
                ("SELECT user_id FROM orders o JOIN customers c ON o.a = c.a", None),
                ("WITH x (user_id) AS (SELECT user_id FROM orders), y AS (SELECT * FROM "
                 "x) SELECT user_id FROM y", None),
                ("SELECT user_id FROM orders WHERE EXTRACT(DAY FROM purchase_time) > 1 "
                 "AND sku IS DISTINCT FROM 'FROM nothing''s'", None),
                ("SELECT user_id FROM dsp_impressions", tables),
                ("SELECT user_id", tables),
                ("SELECT user_id -- who FROM orders", tables),
                ("SELECT User_Id FROM orders", "The SQL query does not select user_id."),
                ("SELECT 'user_id' FROM orders",
                 "The SQL query does not select user_id."),
                ("SELECT user_id FROM orders WHERE sku = 'x",
                 "The SQL query has a string or a comment without an end.")):
            with self.subTest(query):
                self.assertEqual(self.reason(query), expected or "SUCCEEDED")

    def test_failures(self):
        self.emu.config(audience_count=1999)
        self.assertEqual(self.reason(GOOD["query"]), "The audience did not meet the "
                         "minimum required size in Amazon DSP.")
        self.emu.config(audience_count=2000, fail_audiences=1,
                        fail_audience_reason="no luck")
        self.assertEqual(self.reason(GOOD["query"]), "no luck")
        self.assertEqual(self.reason(GOOD["query"]), "SUCCEEDED")

    def test_deactivation(self):
        ident, other = self.made(refreshRateDays=0), self.made(refreshRateDays=1)
        self.assertEqual(self.get(ident)["status"], "SUCCEEDED")
        self.emu.advance(30 * 86400)
        self.amc = AmcCaller(self.emu)
        self.assertEqual((self.get(ident)["status"], self.get(other)["status"]),
                         ("DEACTIVATED", "SUCCEEDED"))

    def test_update(self):
        self.emu.config(fail_audiences=1)
        ident = self.made()
        self.assertEqual(self.get(ident)["status"], "FAILED")
        body = dict(GOOD, audienceType="RULE_BASED",
                    query="SELECT user_id FROM customers")

        def put(**changes):
            return self.amc.audience("PUT", ident, dict(body, **changes))
        for changes in ({"audienceType": "LOOKALIKE"}, {"audienceName": "other"},
                        {"advertiserId": "7777777"}, {"query": ""}):
            self.assertEqual(put(**changes).status, 400, changes)
        self.assertEqual(put().status, 200)
        got = self.get(ident)
        self.assertEqual((got["status"], got["query"]), ("SUCCEEDED", body["query"]))
        self.assertEqual(put().status, 400)
        self.assertEqual(self.amc.audience("PUT", "nobody", body).status, 404)

    def test_deletion(self):
        ident = self.made()
        self.emu.config(audience_delete="failed")
        self.assertEqual(self.amc.audience("DELETE", ident).status, 400)
        self.emu.config(audience_delete="ended")
        answer = self.amc.audience("DELETE", ident)
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(self.amc.audience("GET", ident).status, 404)

    def test_listing(self):
        made = [self.made(audienceName="n%d" % i) for i in range(5)]
        self.emu.config(audience_name_prefix=True)
        key, got, token = "executionMetadata", [], ""
        while True:
            answer = self.amc.audience("GET", "query?maxResults=2" + token).json()
            got += answer[key]
            if not answer["nextToken"]:
                break
            token = "&nextToken=" + urllib.parse.quote(answer["nextToken"], safe="")
        self.assertEqual([a["audienceExecutionId"] for a in got], made[::-1])
        self.assertEqual([a["audienceName"] for a in got[::-1]],
                         ["AMC n%d" % i for i in range(5)])
        self.emu.config(audience_list_key="executionDataList")
        answer = self.amc.audience("GET", Accept=VENDOR % "v1.2").json()
        self.assertEqual(len(answer["executionDataList"]), 5)
        self.assertIn("audienceCount", answer["executionDataList"][0])


if __name__ == "__main__":
    unittest.main()
