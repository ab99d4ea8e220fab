# SPDX-License-Identifier: Apache-2.0
"""The emulator's user deletion requests: what they accept, how they live, whom they
take."""
import os
import re
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import BUCKET, TAG, AmcCaller, Emulator, sha  # noqa: E402

PATH = "/advertiserData/amcdemo1/userDeletionRequest"
A, B, C = sha("a@example.com"), sha("b@example.com"), sha("c@example.com")
MAID = "6d92078a-8246-4ba4-ae5b-76104861e7dc"


def email(value):
    return {"hashedIdentity": {"EMAIL": value}}


class DeletionCase(unittest.TestCase):
    def setUp(self):
        self.emu = Emulator("--processing-ms", "0")
        self.addCleanup(self.emu.stop)
        self.amc = AmcCaller(self.emu)

    def create(self, identities, **headers):
        return self.amc("POST", PATH, {"targetIdentities": identities}, **headers)

    def made(self, *identities):
        answer = self.create(list(identities))
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(list(answer.json()), ["userDeletionRequestId"])
        return answer.json()["userDeletionRequestId"]

    def get(self, ident):
        return self.amc("GET", "%s/%s" % (PATH, ident))

    def status(self, ident):
        return self.get(ident).json()["identityDeletion"]["status"]


class Identities(DeletionCase):
    def test_accepted(self):
        self.made()
        self.made(*[email(A)] * 1000)
        self.made({"hashedIdentity": {n: A for n in (
            "ADDRESS", "CITY", "COUNTRY_CODE", "EMAIL", "FIRST_NAME", "LAST_NAME",
            "PHONE", "STATE", "ZIP")}}, {"hashedIdentity": {"COUNTRY_CODE": "US"}},
            {"externalIdentity": {"type": "MAID", "value": MAID}})
        self.assertEqual([d["identityCount"] for d in self.emu.deletions()],
                         [0, 1000, 3])

    def test_refused(self):
        raw = "someone@example.com"
        external = {"type": "MAID", "value": MAID}
        for identities in (
                None, {}, [email(A)] * 1001, ["x"], [{}], [dict(email(A), **{
                    "externalIdentity": external})], [{"hashedIdentity": {}}],
                [email(raw)], [email(A.upper())], [email(A[:-1])], [email(None)],
                [{"hashedIdentity": {"email": A}}], [{"hashedIdentity": {"MAID": A}}],
                [{"hashedIdentity": {"STATE": "TX"}}],
                [{"hashedIdentity": {"COUNTRY_CODE": "UK"}}],
                [{"externalIdentity": {"type": "EMAIL", "value": A}}],
                [{"externalIdentity": {"type": "MAID"}}],
                [{"externalIdentity": {"type": "MAID", "value": ""}}],
                [{"externalIdentity": dict(external, more=1)}]):
            with self.subTest(str(identities)[:80]):
                answer = self.create(identities)
                self.assertEqual(answer.status, 400, answer.body)
                self.assertEqual(set(answer.json()),
                                 {"code", "details", "errors", "requestId"})
                self.assertNotIn(raw, answer.body.decode())
        self.assertEqual(self.create([email(A), email("x")]).json()["details"],
                         "targetIdentities[1].hashedIdentity.EMAIL is not a SHA-256 "
                         "hash in lower-case hexadecimal")
        self.assertEqual(self.emu.deletions(), [])

    def test_spellings(self):
        lower = [{"hashedIdentity": {"email": A}}]
        self.emu.config(identity_keys="any")
        self.assertEqual([self.create(lower).status, self.create([email(A)]).status],
                         [200, 200])
        self.emu.config(identity_keys="lower")
        self.assertEqual([self.create(lower).status, self.create([email(A)]).status],
                         [200, 400])
        self.emu.config(identity_keys="upper")
        for value, statuses in (("plain", [200, 400]), ("hashed", [400, 200])):
            self.emu.config(country_code=value)
            got = [self.create([{"hashedIdentity": {"COUNTRY_CODE": v}}]).status
                   for v in ("US", A)]
            self.assertEqual(got, statuses)
        self.emu.config(plain_state_zip=True)
        self.made({"hashedIdentity": {"STATE": "TX", "ZIP": "75236"}})

    def test_media_type(self):
        vendor = "application/vnd.amcadvertiseruserdeletionrequest.v1+json"
        self.emu.config(strict_media=True)
        self.assertEqual(self.create([email(A)]).status, 415)
        answer = self.create([email(A)], Content_Type=vendor, Accept=vendor)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], vendor)


class Life(DeletionCase):
    def test_from_pending_to_succeeded(self):
        self.emu.config(hold_deletions=True)
        ident = self.made(email(A), email(B))
        got = self.get(ident).json()["identityDeletion"]
        self.assertTrue(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                                     got.pop("creationDateTime")))
        self.assertEqual(got, {"userDeletionRequestId": ident, "status": "PENDING",
                               "identityCount": 2})
        self.emu.config(hold_deletions=False)
        self.emu.wait_deletions()
        self.assertEqual(self.status(ident), "SUCCEEDED")

    def test_time_passes(self):
        self.emu.config(processing_ms=600000)
        ident = self.made(email(A))
        self.assertEqual(self.status(ident), "PENDING")
        self.emu.advance(601)
        self.assertEqual(self.status(ident), "SUCCEEDED")

    def test_a_fresh_id_is_unknown_for_a_while(self):
        self.emu.config(deletion_404s=3)
        ident = self.made(email(A))
        self.assertEqual([self.get(ident).status for _ in range(2)], [404, 404])
        self.assertEqual(self.amc("POST", PATH + "/list").json()["userDeletions"], [])
        self.assertEqual(self.get(ident).status, 200)
        self.assertEqual(self.get("nobody").status, 404)

    def test_other_instances_do_not_see_it(self):
        ident = self.made(email(A))
        other = AmcCaller(self.emu, "ENTITYDEMO2", "A1F83G8C2ARO7P")
        path = "/advertiserData/amcdemo2/userDeletionRequest"
        self.assertEqual(other("GET", path + "/" + ident).status, 404)
        self.assertEqual(other("POST", path + "/list").json()["userDeletions"], [])
        self.assertEqual(other("GET", PATH + "/" + ident).status, 403)

    def test_listing(self):
        made = [self.made(*[email(A)] * i) for i in range(5)]
        got, token, lengths = [], "", []
        while True:
            answer = self.amc("POST", "%s/list?maxResults=2%s" % (PATH, token)).json()
            lengths.append(len(answer["userDeletions"]))
            got += [d["userDeletionRequestId"] for d in answer["userDeletions"]]
            if not answer["nextToken"]:
                break
            token = "&nextToken=" + urllib.parse.quote(answer["nextToken"], safe="")
        self.assertEqual((got, lengths), (made[::-1], [2, 2, 1]))
        for size, status in (("0", 200), ("100", 200), ("101", 400), ("-1", 400)):
            self.assertEqual(self.amc("POST", PATH + "/list?maxResults=" + size).status,
                             status)

    def test_rate(self):
        self.emu.config(deletion_rate=2, retry_after=7)
        self.emu.stop_clock()
        answers = [self.create([email(A)]) for _ in range(4)]
        self.assertEqual([a.status for a in answers], [200, 200, 429, 429])
        self.assertEqual(answers[2].headers["Retry-After"], "7")
        self.assertEqual(len(self.emu.deletions()), 2)
        self.assertEqual(self.amc("GET", "/accounts").status, 200)
        self.emu.advance(1)
        self.made(email(A))

    def test_bodies_of_429(self):
        self.emu.config(throttle_every=1, retry_after=None)
        for form, kind, empty in (("json", "application/json", False),
                                  ("html", "text/html", False), ("empty", None, True)):
            self.emu.config(throttle_body=form)
            answer = self.create([email(A)])
            self.assertEqual((answer.status, answer.headers["Content-Type"],
                              answer.body == b"", answer.headers["Retry-After"]),
                             (429, kind, empty, None))

    def test_an_answer_that_got_lost(self):
        self.emu.fault(service="amc", path="/userDeletionRequest$", cut="after")
        with self.assertRaises(ConnectionError):
            self.create([email(A)])
        listed = self.amc("POST", PATH + "/list").json()["userDeletions"]
        self.assertEqual([d["identityCount"] for d in listed], [1])

    def test_a_restart_keeps_them(self):
        with tempfile.TemporaryDirectory() as folder, \
                Emulator("--state", folder, "--processing-ms", "0",
                         restarts=True) as emu:
            amc = AmcCaller(emu)
            ident = amc("POST", PATH, {"targetIdentities": [email(A)]}).json()[
                "userDeletionRequestId"]
            emu.restart()
            self.assertEqual(amc("GET", PATH + "/" + ident).status, 200)
            self.assertEqual(emu.deletions()[0]["identities"], [email(A)])


class Rows(DeletionCase):
    def left(self):
        return [row["note"] for row in self.emu.rows("amcdemo1", "customers")]

    def fill(self, text):
        self.emu.put_object(BUCKET, "k", text.encode(), TAG)
        upload = self.amc.finished("customers", "k")
        self.assertEqual(upload["status"], "SUCCESS", upload)

    def test_people_go_from_all_data_sets(self):
        self.emu.datasets("amcdemo1", [{"dataSetId": "devices", "columns": [
            {"name": "maid", "columnType": "DIMENSION", "dataType": "STRING",
             "externalUserIdType": {"externalIdentity": "MAID"}}]}])
        self.emu.put_object(BUCKET, "d", ("maid\n%s\nother\n" % MAID).encode(), TAG)
        self.amc.finished("devices", "d")
        self.fill("email,phone,note\n%s,,1\n,%s,2\n%s,%s,3\n%s,,4\n" % (A, B, C, B, C))
        self.made(email(A), {"hashedIdentity": {"PHONE": B, "EMAIL": sha("x")}},
                  {"externalIdentity": {"type": "MAID", "value": MAID.upper()}})
        self.emu.wait_deletions()
        self.assertEqual(self.left(), ["4"])
        self.assertEqual([r["maid"] for r in self.emu.rows("amcdemo1", "devices")],
                         ["other"])
        self.assertEqual(self.emu.row_count("amcdemo1", "customers"), 1)

    def test_names_have_to_match_in_all(self):
        self.fill("first_name,last_name,note\n%s,%s,1\n%s,%s,2\n" % (A, B, A, C))
        self.made({"hashedIdentity": {"FIRST_NAME": A, "LAST_NAME": B}})
        self.emu.wait_deletions()
        self.assertEqual(self.left(), ["2"])


if __name__ == "__main__":
    unittest.main()
