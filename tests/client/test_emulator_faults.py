# SPDX-License-Identifier: Apache-2.0
"""Faults on script, the request log, waiting, and the program's own manners."""
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from emu_client import (BUCKET, PROGRAM, AmcCaller, ControlError,  # noqa: E402
                        Emulator, S3Caller, call)

ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")


class FaultCase(unittest.TestCase):
    OPTIONS = ()

    def setUp(self):
        self.emu = Emulator(*self.OPTIONS)
        self.addCleanup(self.emu.stop)
        self.s3 = S3Caller(self.emu)

    def put(self, key, body=b"x"):
        return self.s3("PUT", "/%s/%s" % (BUCKET, key), body)

    def keys(self):
        return [o["key"] for o in self.emu.objects()]


class Choosing(FaultCase):
    def test_nth_and_count(self):
        self.emu.fault(service="s3", method="PUT", nth=2, count=2, status=503)
        self.assertEqual([self.put("k%d" % i).status for i in range(5)],
                         [200, 503, 503, 200, 200])
        self.assertEqual(self.keys(), ["k0", "k3", "k4"])
        self.assertEqual([(f["seen"], f["fired"]) for f in self.emu.faults()], [(5, 2)])

    def test_service_method_and_path(self):
        self.emu.fault(service="lwa", status=500, count=0)
        self.emu.fault(method="DELETE", status=500, count=0)
        self.emu.fault(service="s3", path="/b[0-9]+$", status=500, count=0)
        self.assertEqual([self.put(k).status for k in ("a", "b1", "b")], [200, 500, 200])
        self.assertEqual(self.s3("DELETE", "/%s/a" % BUCKET).status, 500)
        self.assertEqual(AmcCaller.form(self.emu).status, 500)
        self.emu.clear_faults()
        self.assertEqual(AmcCaller.form(self.emu).status, 200)

    def test_rules_read_as_a_sequence(self):
        self.emu.fault(service="s3", nth=1, status=500)
        self.emu.fault(service="s3", nth=2, status=503)
        self.emu.fault(service="s3", nth=3, status=429)
        self.assertEqual([self.put("k").status for _ in range(4)], [500, 503, 429, 200])

    def test_bad_rules_are_refused(self):
        for rule in ({"cut": "somewhere"}, {"statsu": 500}, {"path": "("},
                     {"early": True}, {"status": "x"}):
            with self.subTest(rule), self.assertRaises(ControlError) as caught:
                self.emu.fault(**rule)
            self.assertEqual(caught.exception.status, 400)
        self.assertEqual(self.emu.faults(), [])


class Effects(FaultCase):
    def lost(self, key="k", body=b"x"):
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.put(key, body)

    def test_answers(self):
        self.emu.fault(status=503, headers={"Retry-After": "3"}, body="<Error/>")
        answer = self.put("k")
        self.assertEqual((answer.status, answer.headers["Retry-After"], answer.body),
                         (503, "3", b"<Error/>"))
        self.emu.fault(status=400, body_json={"code": "x"})
        self.assertEqual(self.put("k").json(), {"code": "x"})
        self.emu.fault(status=502, html=True)
        answer = self.put("k")
        self.assertEqual(answer.headers["Content-Type"], "text/html")
        self.assertTrue(answer.body.startswith(b"<html>"))
        self.emu.fault(status=200, body_size=3 << 20)
        self.assertEqual(len(self.put("k").body), 3 << 20)
        self.emu.fault(status=429)
        self.assertEqual(self.put("k").body, b"")
        self.assertEqual(self.keys(), [])

    def test_answer_after_the_work(self):
        self.emu.fault(status=500, after=True)
        self.assertEqual(self.put("k").status, 500)
        self.assertEqual(self.keys(), ["k"])
        logged = self.emu.requests("s3")[0]
        self.assertEqual((logged["status"], logged["handled"]), (500, 200))

    def test_early_answer_ends_the_connection(self):
        self.emu.fault(status=403, early=True, count=0)
        at = urllib.parse.urlsplit(self.emu.urls["s3"])
        with socket.create_connection((at.hostname, at.port)) as link:
            link.sendall(b"PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            got = b""
            while piece := link.recv(4096):
                got += piece
        self.assertTrue(got.startswith(b"HTTP/1.1 403 "), got)

    def test_cuts_before_and_in_the_body(self):
        for cut in ("before", "body"):
            for reset in (False, True):
                self.emu.fault(cut=cut, cut_bytes=3, reset=reset)
                self.lost("k", b"x" * 100)
        self.emu.wait_requests(4)
        self.assertEqual(self.keys(), [])
        log = self.emu.requests("s3")
        self.assertEqual([r["status"] for r in log], [None] * 4)
        self.assertEqual([r["size"] for r in log], [0, 0, 3, 3])

    def test_lost_and_truncated_answers(self):
        self.emu.fault(cut="after")
        self.lost("one")
        self.emu.fault(cut="answer", cut_bytes=5)
        self.lost("two")
        self.assertEqual(self.keys(), ["one", "two"])
        self.emu.put_object(BUCKET, "big", b"y" * 1000)
        self.emu.fault(cut="answer", cut_bytes=900)
        with self.assertRaises(http.client.IncompleteRead):
            self.s3("GET", "/%s/big" % BUCKET)

    def test_content_type(self):
        self.emu.fault(service="lwa", content_type="text/html")
        answer = AmcCaller.form(self.emu)
        self.assertEqual(answer.headers["Content-Type"], "text/html")
        self.assertIn("access_token", answer.json())

    def test_delays(self):
        for rule in ({"delay_ms": 150}, {"delay_after_ms": 150},
                     {"stall_ms": 150, "cut_bytes": 5}):
            self.emu.fault(**rule)
            begun = time.monotonic()
            self.assertEqual(self.put("k", b"0123456789").status, 200)
            self.assertGreaterEqual(time.monotonic() - begun, 0.15)
            self.assertEqual(self.emu.get_object(BUCKET, "k"), b"0123456789")

    def test_held_until_the_rules_are_removed(self):
        self.emu.fault(hold=True, method="PUT", count=0)
        put = [threading.Thread(target=self.put, args=(k,)) for k in ("a", "b")]
        for thread in put:
            thread.start()
        while len(self.emu.requests("s3", "PUT")) < 2:
            time.sleep(0.01)
        self.assertEqual([r["done"] for r in self.emu.requests("s3")], [False] * 2)
        self.assertEqual(self.keys(), [])
        self.emu.clear_faults()
        for thread in put:
            thread.join()
        self.assertEqual(sorted(self.keys()), ["a", "b"])

    def test_rules_are_removed_one_by_one(self):
        first = self.emu.fault(hold=True, path="/a$")
        second = self.emu.fault(hold=True, path="/b$")
        put = {k: threading.Thread(target=self.put, args=(k,)) for k in ("a", "b")}
        for thread in put.values():
            thread.start()
        while len(self.emu.requests("s3", "PUT")) < 2:
            time.sleep(0.01)
        self.emu.clear_faults(second)
        put["b"].join()
        self.assertEqual(self.keys(), ["b"])
        self.assertEqual([f["number"] for f in self.emu.faults()], [first])
        self.emu.clear_faults(first)
        put["a"].join()
        self.assertEqual(sorted(self.keys()), ["a", "b"])

    def test_what_is_held_does_not_hold_the_end(self):
        self.emu.fault(hold=True)
        put = threading.Thread(target=Manners.ignored, args=(self.emu.urls["s3"],))
        put.start()
        while not self.emu.requests("s3"):
            time.sleep(0.01)
        self.assertEqual(self.emu.stop(), 0)
        put.join()


class Log(FaultCase):
    def test_object_bytes_stay_out_of_it(self):
        self.put("k", b"secret words")
        logged = self.emu.requests("s3")[0]
        self.assertNotIn("body", logged)
        self.assertEqual((logged["size"], logged["method"], logged["status"]),
                         (12, "PUT", 200))

    def test_filters_and_clearing(self):
        for key in ("a", "b"):
            self.put(key)
        AmcCaller.token(self.emu)
        self.assertEqual([r["path"] for r in self.emu.requests(path="/b$")],
                         ["/%s/b" % BUCKET])
        self.assertEqual([r["service"] for r in self.emu.requests()], ["s3", "s3", "lwa"])
        self.assertEqual(len(self.emu.requests(since=2)), 1)
        self.assertIn("grant_type=refresh_token", self.emu.requests("lwa")[0]["body"])
        self.emu.clear_requests()
        self.assertEqual(self.emu.requests(), [])

    def test_waiting(self):
        late = threading.Timer(0.1, self.put, ["k"])
        late.start()
        self.emu.wait_requests(1, service="s3", path="/k", status=200)
        late.join()
        with self.assertRaises(ControlError) as caught:
            self.emu.wait_requests(2, timeout=0.1, service="s3")
        self.assertEqual(caught.exception.status, 408)


class KeptBodies(FaultCase):
    OPTIONS = ("--keep-bodies",)

    def test_all_is_in_the_log(self):
        self.put("k", b"words")
        self.put("l", b"\xff")
        log = self.emu.requests("s3")
        self.assertEqual((log[0]["body"], log[1]["body_base64"]), ("words", "/w=="))


class OnePort(FaultCase):
    OPTIONS = ("--port", "0", "--processing-ms", "0")

    def test_all_services_share_it(self):
        urls = self.emu.urls
        self.assertTrue(urls["lwa"] == urls["amc"] == urls["s3"] != urls["control"])
        self.assertEqual(AmcCaller(self.emu)("GET", "/accounts").status, 200)
        answer = self.s3("PUT", "/amc/k", b"x", host=BUCKET + ".localhost")
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.keys(), ["amc/k"])
        self.assertEqual([r["service"] for r in self.emu.requests()],
                         ["lwa", "amc", "s3"])


class Protocol(FaultCase):
    def talk(self, data, service="amc"):
        at = urllib.parse.urlsplit(self.emu.urls[service])
        with socket.create_connection((at.hostname, at.port), timeout=30) as link:
            link.sendall(data)
            got = b""
            while piece := link.recv(4096):
                got += piece
        return got

    def test_malformed_requests(self):
        for data in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nbad line\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                     b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                     b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n",
                     b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz"
                     b"\r\n"):
            with self.subTest(data):
                self.assertTrue(self.talk(data).startswith(b"HTTP/1.1 400 "))

    def test_keep_alive_pipelining_and_chunks(self):
        got = self.talk(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                        b"\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n"
                        b"POST /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        b"Content-Length: 2\r\n\r\nde")
        self.assertEqual(got.count(b"HTTP/1.1 404 "), 2)
        log = self.emu.requests("amc")
        self.assertEqual([r["body"] for r in log], ["abc", "de"])
        self.assertEqual(log[0]["connection"], log[1]["connection"])

    def test_continue(self):
        got = self.talk(b"POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
        self.assertTrue(got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 "))

    def test_object_without_a_length(self):
        got = self.talk(b"PUT /b/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "s3")
        self.assertTrue(got.startswith(b"HTTP/1.1 403 "), got)


class Proxied(FaultCase):
    def test_a_whole_url_as_target(self):
        at = urllib.parse.urlsplit(self.emu.urls["s3"])
        self.put("k", b"hello")
        link = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
        self.addCleanup(link.close)
        link.request("GET", "http://%s/nobody/k" % at.netloc)
        self.assertEqual(link.getresponse().status, 403)
        self.assertEqual(self.emu.requests("s3")[-1]["path"],
                         "http://%s/nobody/k" % at.netloc)


class Encrypted(unittest.TestCase):
    def certificate(self, folder):
        """Signed by itself."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem",
                        "-out", "cert.pem", "-days", "2", "-subj", "/CN=emulator",
                        "-addext", "subjectAltName=IP:127.0.0.1"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return [os.path.join(folder, n) for n in ("cert.pem", "key.pem")]

    def test_https(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = self.certificate(folder)
            with Emulator("--tls-cert", cert, "--tls-key", key) as emu:
                self.assertEqual([emu.urls[n].split(":")[0] for n in (
                    "lwa", "amc", "s3", "sts", "metadata", "control")],
                    ["https"] * 5 + ["http"])
                at = urllib.parse.urlsplit(emu.urls["amc"])
                with self.assertRaises(ssl.SSLCertVerificationError):
                    self.ask(at, None)
                self.assertEqual(self.ask(at, cert), 401)
                body = os.urandom(1 << 20)
                path = os.path.join(folder, "file")
                with open(path, "wb") as f:
                    f.write(body)
                done = subprocess.run(
                    ["/usr/bin/aws", "--endpoint-url", emu.urls["s3"], "s3", "cp", path,
                     "s3://%s/k" % BUCKET], capture_output=True, text=True, timeout=120,
                    env=dict(emu.aws_environment(), AWS_CA_BUNDLE=cert), check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(emu.get_object(BUCKET, "k"), body)
                self.assertEqual(emu.stop(), 0)

    @staticmethod
    def ask(at, bundle):
        link = http.client.HTTPSConnection(
            at.hostname, at.port, timeout=60,
            context=ssl.create_default_context(cafile=bundle))
        try:
            link.request("GET", "/amc/accounts")
            return link.getresponse().status
        finally:
            link.close()


class Manners(unittest.TestCase):
    def run_it(self, *options):
        return subprocess.run([sys.executable, PROGRAM, *options], capture_output=True,
                              text=True, timeout=60, check=False,
                              stdin=subprocess.DEVNULL)

    def test_exit_statuses(self):
        for status, options in ((2, ["--host", "0.0.0.0"]), (2, ["--host", "::"]),
                                (2, ["--host", "192.0.2.1"]), (2, ["--nonsense"]),
                                (3, ["--set", "nonsense=1"]),
                                (3, ["--set", "retry_after=[]"]),
                                (3, ["--seed", "/nonexistent"]), (0, ["--help"]),
                                (0, ["--exit-on-eof"])):
            with self.subTest(options):
                done = self.run_it(*options)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_a_port_in_use(self):
        with Emulator() as emu:
            port = emu.urls["s3"].rpartition(":")[2]
            self.assertEqual(self.run_it("--s3-port", port).returncode, 1)

    def test_signals_end_it_in_order(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            emu = Emulator()
            emu.process.send_signal(number)
            self.assertEqual(emu.process.wait(60), 0)
            emu.stop()
        emu = Emulator()
        emu.control("POST", "/shutdown")
        self.assertEqual(emu.process.wait(60), 0)
        emu.stop()

    def test_a_stalled_client_does_not_hold_it(self):
        emu = Emulator()
        at = urllib.parse.urlsplit(emu.urls["s3"])
        with socket.create_connection((at.hostname, at.port)) as link:
            link.sendall(b"PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
            emu.fault(delay_ms=3600000, path="/slow")
            slow = threading.Thread(target=self.ignored, args=(emu.urls["s3"],))
            slow.start()
            self.assertEqual(emu.stop(), 0)
            slow.join(60)
            self.assertFalse(slow.is_alive())

    @staticmethod
    def ignored(url):
        try:
            call(url, "GET", "/slow")
        except (http.client.HTTPException, OSError):
            pass

    def test_ready_descriptor(self):
        mine, theirs = os.pipe()
        with open(mine, "rb") as ready:
            process = subprocess.Popen(
                [sys.executable, PROGRAM, "--exit-on-eof", "--ready-fd", str(theirs)],
                pass_fds=[theirs], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            os.close(theirs)
            self.assertTrue(ready.read().startswith(b'{"lwa": "http://127.0.0.1:'))
        out, _ = process.communicate(timeout=60)
        self.assertEqual((out, process.returncode), (b"", 0))

    def test_help_names_every_switch_and_the_version_is_the_projects(self):
        text = self.run_it("--help").stdout
        with open(os.path.join(ROOT, "docs", "emulator.md"), encoding="utf-8") as f:
            page = f.read()
        with Emulator() as emu:
            for name in emu.control("GET", "/config"):
                self.assertRegex(text, r"\n  %s +\S" % name)
                self.assertIn("`%s`" % name, page)
        with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as f:
            version = re.search(r"version: '([0-9.]+)'", f.read()).group(1)
        self.assertEqual(self.run_it("--version").stdout.split()[-1], version)

    def test_wrapper_for_other_programs(self):
        tool = os.path.join(ROOT, "tests", "tool", "emu.py")
        code = "import os, sys; sys.exit(7 if os.environ['EMU_S3'] else 1)"
        done = subprocess.run([sys.executable, tool, "run", "--processing-ms", "0", "--",
                               sys.executable, "-c", code], timeout=60, check=False)
        self.assertEqual(done.returncode, 7)


if __name__ == "__main__":
    unittest.main()
