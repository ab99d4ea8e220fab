# SPDX-License-Identifier: Apache-2.0
"""The emulator's consent page and the grant that comes of it."""
import base64
import hashlib
import html
import os
import re
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import AmcCaller, Emulator, call  # noqa: E402

BACK = "http://127.0.0.1:1/callback"
SCOPE = "advertising::campaign_management advertising::audiences"


class LoginCase(unittest.TestCase):
    def setUp(self):
        self.emu = Emulator("--processing-ms", "0")
        self.addCleanup(self.emu.stop)

    def consent(self, **changes):
        query = dict({"client_id": self.emu.urls["client_id"], "scope": SCOPE,
                      "response_type": "code", "redirect_uri": BACK, "state": "s 1"},
                     **changes)
        query = {n: v for n, v in query.items() if v is not None}
        at = urllib.parse.urlsplit(self.emu.urls["authorize_endpoint"])
        return call(self.emu.urls["lwa"], "GET", at.path + "?" +
                    urllib.parse.urlencode(query))

    def back(self, answer):
        """The query of the redirect."""
        self.assertEqual(answer.status, 302, answer.body)
        where, _, query = answer.headers["Location"].partition("?")
        self.assertEqual(where, BACK)
        return dict(urllib.parse.parse_qsl(query))

    def redeem(self, code, **changes):
        return AmcCaller.form(self.emu, grant_type="authorization_code", code=code,
                              refresh_token=None, **dict({"redirect_uri": BACK},
                                                         **changes))


class Consent(LoginCase):
    def test_code_and_state(self):
        got = self.back(self.consent())
        self.assertEqual((got["state"], got["scope"]), ("s 1", SCOPE))
        answer = self.redeem(got["code"])
        self.assertEqual(answer.status, 200, answer.body)
        token = answer.json()
        self.assertTrue(token["refresh_token"].startswith("Atzr|"))
        amc = AmcCaller(self.emu)
        got = amc("GET", "/advertiserData/amcdemo1/dataSets/customers",
                  Authorization="Bearer " + token["access_token"])
        self.assertEqual(got.status, 200)
        again = AmcCaller.form(self.emu, refresh_token=token["refresh_token"])
        self.assertEqual(again.json()["refresh_token"], token["refresh_token"])

    def test_a_code_is_for_its_client_and_redirect_once(self):
        for changes in ({"redirect_uri": BACK + "/"}, {"client_id": "other"},
                        {"client_secret": "other"}):
            code = self.back(self.consent())["code"]
            self.assertIn(self.redeem(code, **changes).status, (400, 401))
        code = self.back(self.consent())["code"]
        self.assertEqual([self.redeem(code).status for _ in range(2)], [200, 400])

    def test_states(self):
        self.emu.config(consent_state="wrong")
        self.assertEqual(self.back(self.consent())["state"], "not-s 1")
        self.emu.config(consent_state="absent")
        self.assertNotIn("state", self.back(self.consent()))
        self.emu.config(consent_state="echo")
        self.assertNotIn("state", self.back(self.consent(state=None)))

    def test_refusals_that_come_back(self):
        for changes, error in (({"scope": "everything"}, "invalid_scope"),
                               ({"scope": None}, "invalid_scope"),
                               ({"response_type": "token"}, "unsupported_response_type"),
                               ({"code_challenge": "x"}, "invalid_request")):
            got = self.back(self.consent(**changes))
            self.assertEqual((got["error"], got["state"]), (error, "s 1"))
        self.emu.config(consent="deny")
        got = self.back(self.consent())
        self.assertEqual((got["error"], "code" in got), ("access_denied", False))

    def test_refusals_on_the_page(self):
        self.emu.seed({"clients": [{"client_id": "strict", "client_secret": "s",
                                    "redirect_uris": [BACK]}]})
        self.back(self.consent(client_id="strict"))
        for changes in ({"client_id": "nobody"}, {"client_id": None},
                        {"redirect_uri": None}, {"redirect_uri": "javascript:x"},
                        {"client_id": "strict", "redirect_uri": "http://127.0.0.1:2/"}):
            answer = self.consent(**changes)
            self.assertEqual((answer.status, answer.headers["Location"]), (400, None))
            self.assertIn(b"<html>", answer.body)

    def test_a_page_to_click(self):
        self.emu.config(consent="page")
        text = self.consent(state='"><script>').body.decode()
        self.assertNotIn("<script>", text)
        links = dict(re.findall(r'<a id="(\w+)" href="([^"]+)">', text))
        for ident, name in (("allow", "code"), ("deny", "error")):
            got = self.back(call(self.emu.urls["lwa"], "GET",
                                 "/ap/oa" + html.unescape(links[ident])))
            self.assertEqual((name in got, got["state"]), (True, '"><script>'))

    def test_proof_key(self):
        verifier = "v" * 43
        digest = hashlib.sha256(verifier.encode()).digest()
        more = {"code_challenge_method": "S256", "code_challenge":
                base64.urlsafe_b64encode(digest).decode().rstrip("=")}
        for sent, status in ((verifier, 200), ("w" * 43, 400), (None, 400)):
            code = self.back(self.consent(**more))["code"]
            self.assertEqual(self.redeem(code, code_verifier=sent).status, status)


class Lapse(LoginCase):
    def test_refresh_tokens_lapse(self):
        def status(token):
            answer = AmcCaller.form(self.emu, refresh_token=token)
            return answer.status, answer.json().get("error")
        seeded = self.emu.urls["refresh_token"]
        year = 365 * 86400
        self.emu.advance(year)
        self.assertEqual(status(seeded), (200, None))
        self.emu.config(refresh_seconds=year)
        self.assertEqual(status(seeded), (400, "invalid_grant"))
        fresh = self.redeem(self.back(self.consent())["code"]).json()["refresh_token"]
        self.emu.advance(year - 10)
        self.assertEqual(status(fresh), (200, None))
        self.emu.advance(10)
        self.assertEqual(status(fresh), (400, "invalid_grant"))


if __name__ == "__main__":
    unittest.main()
