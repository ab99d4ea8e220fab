# SPDX-License-Identifier: Apache-2.0
"""Start scripts/amc-emulator on free ports, talk to its control port, stop it.

In Python:
    with Emulator("--processing-ms", "0") as emu:
        emu.fault(service="s3", method="PUT", status=503, count=2)
        ... emu.urls["s3"], emu.ini(), emu.rows("amcdemo1", "customers") ...

From meson, around a test program of any language:
    emu.py run [EMULATOR OPTION...] -- COMMAND [ARGUMENT...]
COMMAND finds each member of the ready line in its environment, upper-case and with
EMU_ in front (EMU_S3, EMU_CONTROL, EMU_CLIENT_ID, ...). emu.py exits as it does.
"""
import http.client
import json
import os
import select
import socket
import subprocess
import sys
import urllib.parse

HERE = os.path.dirname(os.path.realpath(__file__))
PROGRAM = os.path.join(HERE, "..", "..", "scripts", "amc-emulator")
START_SECONDS = 120  # a busy machine is no reason to give up
STOP_SECONDS = 120
CONTROL_SECONDS = 600
SERVICES = ("lwa", "amc", "s3", "sts", "metadata", "control")


class ControlError(Exception):
    def __init__(self, status, text):
        super().__init__("control port: %d %s" % (status, text))
        self.status = status


def _keep_port():
    """A free port that nobody is given while this socket is there; who asks for it by
    its number, with SO_REUSEADDR, may listen on it."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    return kept


class Emulator:
    def __init__(self, *options, restarts=False):
        """Started when the constructor returns. restarts: restart() will be called."""
        self.options = list(options)
        self._ports = []
        if restarts:
            for name in SERVICES:
                self._ports.append(_keep_port())
                self.options += ["--%s-port" % name,
                                 str(self._ports[-1].getsockname()[1])]
        self._start(self.options)

    def _start(self, options):
        self.process = subprocess.Popen(
            [sys.executable, PROGRAM, "--exit-on-eof", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.urls = self._ready()

    def _ready(self):
        out = self.process.stdout
        readable, _, _ = select.select([out], [], [], START_SECONDS)
        line = out.readline() if readable else b""
        if not line.endswith(b"\n"):
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the emulator did not start (exit status %s)" %
                               self.process.returncode)
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        for kept in self._ports:
            kept.close()

    def stop(self):
        """Ends it in order; returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.stop()

    def restart(self):
        """Again, on the ports it had. Without --state it comes back with its seed."""
        assert self._ports, "say restarts=True"
        self.stop()
        self._start(self.options)

    # -- the control port ------------------------------------------------------

    def control(self, verb, where, body=None, query=None, raw=False):
        """query: parameters, None left out. Returns the JSON, or bytes with raw."""
        at = urllib.parse.urlsplit(self.urls["control"])
        query = {n: v for n, v in (query or {}).items() if v is not None}
        if query:
            where += "?" + urllib.parse.urlencode(query)
        if body is not None and not isinstance(body, (bytes, bytearray)):
            body = json.dumps(body).encode()
        link = http.client.HTTPConnection(at.hostname, at.port, timeout=CONTROL_SECONDS)
        try:
            link.request(verb, where, body)
            answer = link.getresponse()
            data = answer.read()
        finally:
            link.close()
        if answer.status != 200:
            raise ControlError(answer.status, data.decode(errors="replace"))
        return data if raw else json.loads(data)

    def state(self):
        return self.control("GET", "/state")

    def uploads(self, instance=None, dataset=None):
        """As AMC shows them plus "request", oldest first."""
        return [u for u in self.state()["uploads"]
                if instance in (None, u["instanceId"]) and
                dataset in (None, u["dataSetId"])]

    def deletions(self, instance=None):
        """As AMC shows them plus "identities", oldest first."""
        return [d for d in self.control("GET", "/deletions")["deletions"]
                if instance in (None, d["instanceId"])]

    def audiences(self, instance=None):
        """As AMC shows them (v1.2) plus "request", oldest first."""
        return [a for a in self.state()["audiences"]
                if instance in (None, a["instanceId"])]

    def sessions(self):
        """Temporary keys given out, oldest first: role, session, source, expiration,
        and under "asked" what the request for them said."""
        return self.state()["sessions"]

    def rows(self, instance, dataset):
        """Rows that AMC holds, as objects; every value is text or None."""
        return self.control("GET", "/rows", query={
            "instance": instance, "dataset": dataset})["rows"]

    def row_count(self, instance, dataset):
        return self.state()["rowCounts"][instance][dataset]

    def objects(self):
        return self.control("GET", "/objects")["objects"]

    def get_object(self, bucket, key):
        return self.control("GET", "/object", query={"bucket": bucket, "key": key},
                            raw=True)

    def put_object(self, bucket, key, body, tags=""):
        """tags: as in x-amz-tagging, e.g. "instanceId=amcdemo1"."""
        return self.control("PUT", "/object", body,
                            {"bucket": bucket, "key": key, "tags": tags})

    def delete_object(self, bucket, key):
        self.control("DELETE", "/object", query={"bucket": bucket, "key": key})

    def requests(self, service=None, method=None, path=None, since=None):
        """The log, oldest first; path is a regular expression."""
        return self.control("GET", "/requests", query={
            "service": service, "method": method, "path": path,
            "since": since})["requests"]

    def clear_requests(self):
        self.control("DELETE", "/requests")

    def fault(self, **rule):
        """Adds one rule; returns its number."""
        return self.control("POST", "/faults", [rule])["numbers"][0]

    def faults(self):
        return self.control("GET", "/faults")["faults"]

    def clear_faults(self, number=None):
        """All, or the one of that number; what they hold goes on."""
        self.control("DELETE", "/faults", query={"number": number})

    def config(self, **switches):
        return self.control("POST", "/config", switches)

    def datasets(self, instance, datasets, account=None):
        """Defines an instance and data sets; a data set that exists is emptied."""
        self.control("POST", "/datasets", {"instanceId": instance, "accountId": account,
                                           "dataSets": datasets})

    def seed(self, seed):
        self.control("POST", "/seed", seed)

    def advance(self, seconds):
        self.control("POST", "/clock", {"advance_s": seconds})

    def stop_clock(self, stopped=True):
        """Only advance() moves it then; signatures are held against the true time."""
        self.control("POST", "/clock", {"stopped": stopped})

    def expire_tokens(self):
        self.control("POST", "/tokens", {"expire": True})

    def session(self, role_arn=None, seconds=3600):
        """New temporary keys, as credential_process prints them."""
        return self.control("POST", "/sessions", {
            "role_arn": role_arn or self.urls["role_arn"], "seconds": seconds})

    def expire_keys(self, access_key_id=None):
        """That temporary key, or all of them, end now."""
        self.control("POST", "/keys", {"expire": True, "access_key_id": access_key_id})

    def forget(self, **names):
        """instances=, accounts=, buckets=, keys=: lists of what shall be gone."""
        self.control("POST", "/forget", names)

    def wait_deletions(self, timeout=180):
        """Until no deletion is pending."""
        self.control("GET", "/wait", query={"for": "deletions", "timeout": timeout})

    def wait_audiences(self, timeout=180):
        """Until no audience is pending."""
        self.control("GET", "/wait", query={"for": "audiences", "timeout": timeout})

    def wait_uploads(self, timeout=180):
        """Until no upload is pending."""
        self.control("GET", "/wait", query={"for": "uploads", "timeout": timeout})

    def wait_requests(self, count=1, timeout=180, **match):
        """Until so many finished requests match service, method, path, status, since."""
        self.control("GET", "/wait", query=dict(match, **{
            "for": "requests", "count": count, "timeout": timeout}))

    # -- for programs under test ---------------------------------------------------

    def environment(self):
        return {"EMU_" + name.upper(): str(value) for name, value in self.urls.items()}

    def aws_environment(self):
        """For Amazon's own command line: dummy keys, and nothing from this machine."""
        env = {n: v for n, v in os.environ.items() if not n.startswith("AWS_")}
        env.update(AWS_ACCESS_KEY_ID=self.urls["access_key_id"],
                   AWS_SECRET_ACCESS_KEY=self.urls["secret_access_key"],
                   AWS_DEFAULT_REGION=self.urls["region"],
                   AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="",
                   AWS_CONFIG_FILE="/dev/null",
                   AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_MAX_ATTEMPTS="1",
                   NO_PROXY="*")
        return env

    def ini(self, secrets_dir):
        """Sections [amc] and [s3] of a configuration; secrets go into files, 0600."""
        files = {}
        for name in ("client_secret", "refresh_token", "secret_access_key"):
            files[name] = os.path.join(secrets_dir, name)
            with open(files[name], "w", encoding="utf-8",
                      opener=lambda p, f: os.open(p, f, 0o600)) as f:
                f.write(self.urls[name] + "\n")
        return "\n".join([
            "[amc]", "endpoint = " + self.urls["amc"],
            "token_endpoint = " + self.urls["token_endpoint"],
            "client_id = " + self.urls["client_id"],
            "client_secret_file = " + files["client_secret"],
            "refresh_token_file = " + files["refresh_token"], "",
            "[s3]", "endpoint = " + self.urls["s3"], "bucket = " + self.urls["bucket"],
            "region = " + self.urls["region"], "addressing = path", "auth = static",
            "access_key_id = " + self.urls["access_key_id"],
            "secret_access_key_file = " + files["secret_access_key"], ""])


def main(argv):
    if len(argv) < 3 or argv[0] != "run" or "--" not in argv:
        print(__doc__, file=sys.stderr)
        return 2
    cut = argv.index("--")
    with Emulator(*argv[1:cut]) as emu:
        env = dict(os.environ, **emu.environment())
        return subprocess.run(argv[cut + 1:], env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
