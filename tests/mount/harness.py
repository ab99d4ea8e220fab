# SPDX-License-Identifier: Apache-2.0
"""A real mount against the emulator, and what every test of it has in common.

    class Copy(harness.Case):              one emulator and one mount for the class
        def test_cp(self):                 with data sets of its own for each test
            self.put("a.csv", people(3))
            self.succeeded("a.csv", people(3))

    class Outage(harness.Case):
        alone = True                       one of each for every test
        mount = {"settle": "0"}            keys of [mount]; also upload, s3, amc

At the end of each mount the daemon must leave in order, without a sanitizer's report
and without a warning that no test announced with expect_log(), and no plain e-mail may
have got anywhere but into its memory. The program is the one that the variable AMCFS
names. What a failing test leaves behind is kept when AMCFS_TEST_KEEP is set.
"""
import contextlib
import ctypes
import gzip
import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tool"))

from emu import ControlError, Emulator  # noqa: E402
from oracle import Oracle  # noqa: E402

SKIP = 77
PATIENCE = 180  # seconds until something will never come, on a busy machine, too
LONG = "1h"  # a time in the configuration that no test waits for
STEP = 0.02
INSTANCE = "amcdemo1"
CANARY = "kanarie"
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}\Z")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
REPORTS = re.compile(rb"AddressSanitizer|LeakSanitizer|ThreadSanitizer|MemorySanitizer|"
                     rb"runtime error:|Assertion .* failed")
LOG_LINE = re.compile(r"amcfs: (error|warning|info|debug) [a-z0-9]+: ")
MEMBERS = {"id", "file", "folder", "operation", "instance", "dataset", "state",
           "strategy", "country", "uid", "created_at", "updated_at", "finished_at",
           "bytes_in",
           "rows_in", "rows_out", "rows_skipped", "line_breaks", "skipped",
           "invalid_values", "ignored_columns", "staged", "manifest", "amc", "attempts",
           "next_attempt_at", "error"}
ENDED = ("succeeded", "failed", "rejected")


def program():
    path = os.environ.get("AMCFS")
    if not path:
        sys.exit("AMCFS must name the program to be tested")
    return os.path.realpath(path)


# -- data sets and rows ------------------------------------------------------------

def _column(name, data_type, column_type="DIMENSION", **more):
    return dict({"name": name, "columnType": column_type, "dataType": data_type}, **more)


EMAIL = _column("email", "STRING", externalUserIdType={"hashedPii": "EMAIL"})


def dimension(ident):
    return {"dataSetId": ident, "countryCode": "US", "columns": [
        EMAIL, _column("first_seen", "DATE"), _column("points", "INTEGER", "METRIC"),
        _column("visits", "LONG", "METRIC"), _column("revenue", "DECIMAL", "METRIC"),
        _column("country", "STRING", isCountryCode=True), _column("note", "STRING")]}


def fact(ident):
    return {"dataSetId": ident, "countryCode": "US", "period": "P1D", "columns": [
        EMAIL,
        _column("purchase_time", "TIMESTAMP", nullable=False, isMainEventTime=True),
        _column("order_id", "STRING", nullable=False),
        _column("quantity", "LONG", "METRIC"), _column("amount", "DECIMAL", "METRIC")]}


def people(count, first=0, header=True, note=""):
    """CSV for a dimension, with something of everything that is allowed in it."""
    lines = ["email,first_seen,points,visits,revenue,country,note"] if header else []
    for i in range(first, first + count):
        lines.append(",".join((
            (" Kanarie.%d+x@Example.COM", "kanarie_%d@example.org", "kanarie-%d@b.nl")
            [i % 3] % i,
            ("2024-02-%02d" % (i % 28 + 1), "1700000%03d" % (i % 1000), "")[i % 3],
            str(i % 1000), "+%d.0" % i, ".%d" % (i % 90 + 10), ("us", "UK", "")[i % 3],
            ('"a, ""b"" %d%s"' if i % 2 else "plain %d%s") % (i, note))))
    return ("\n".join(lines) + "\n").encode()


def orders(count, first=0):
    lines = ["email,purchase_time,order_id,quantity,amount"]
    for i in range(first, first + count):
        lines.append("kanarie%d@example.com,2024-03-%02dT10:00:%02d+02:00,o%d,%d,%d.50"
                     % (i, i % 5 + 1, i % 60, i, i % 7, i))
    return ("\n".join(lines) + "\n").encode()


# -- one emulator, one configuration, one mount --------------------------------------

@contextlib.contextmanager
def adopting():
    """Whoever loses its parent meanwhile becomes a child of ours."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


class Adopted:
    """An adopted process, with as much of Popen as a mount's daemon needs."""

    def __init__(self, pid):
        self.pid = pid
        self.returncode = None
        self.poll()  # it is no child of ours: says so here

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout=None):
        until(lambda: self.poll() is not None, "process %d to end" % self.pid,
              timeout=PATIENCE if timeout is None else timeout)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


class World:
    def __init__(self, case, options=()):
        self.case = case
        self.dir = tempfile.mkdtemp(prefix="amcfs-mount-")
        os.chmod(self.dir, 0o755)
        self.point = os.path.join(self.dir, "mnt")
        self.state_dir = os.path.join(self.dir, "state")
        self.config = os.path.join(self.dir, "amcfs.ini")
        self.log_path = os.path.join(self.dir, "log")
        self.work = os.path.join(self.dir, "work")
        for folder in (self.point, self.work):
            os.mkdir(folder)
        self.daemon = None
        self.expected = []
        self.options = list(options)
        self.emu = Emulator(*case.emulator)

    def close(self, keep=False):
        try:
            if self.daemon is not None:
                self.kill()
            self.clear_stale()
        finally:
            self.emu.stop()
            if not (keep and os.environ.get("AMCFS_TEST_KEEP")):
                shutil.rmtree(self.dir, ignore_errors=True)

    def define(self, *datasets):
        self.emu.datasets(INSTANCE, list(datasets))

    def write_config(self):
        case = self.case
        mount = {"state_dir": self.state_dir, "settle": "300ms", "poll_interval": "200ms",
                 "refresh": "1h", "stop_timeout": "5s"}
        mount.update(case.mount)
        text = self.emu.ini(self.dir)
        text = text.replace("[amc]", "[amc]\n" + _keys(case.amc), 1)
        text += _keys(case.s3) + "\n[upload]\n" + _keys(case.upload)
        text += "\n[mount]\n" + _keys(mount) + case.more_config
        self._private(self.config, text)

    @staticmethod
    def _private(path, text):
        with open(path, "w", encoding="utf-8",
                  opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(text)

    # -- the daemon --------------------------------------------------------------

    def command(self, *arguments):
        return [program(), *arguments]

    def environment(self):
        env = {n: v for n, v in os.environ.items()
               if not n.startswith("AWS_") and not n.lower().endswith("_proxy")}
        # nor of this machine: it may have profiles, and it may be one of EC2's
        env.update(AWS_CONFIG_FILE="/nonexistent/config",
                   AWS_SHARED_CREDENTIALS_FILE="/nonexistent/credentials",
                   AWS_EC2_METADATA_DISABLED="true")
        env.setdefault("ASAN_OPTIONS", "detect_leaks=1:exitcode=99")
        if self.case.lsan:
            path = os.path.join(self.dir, "lsan")
            with open(path, "w", encoding="ascii") as f:
                f.write(self.case.lsan + "\n")
            env["LSAN_OPTIONS"] = "suppressions=%s:print_suppressions=0" % path
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        return env

    def start(self, *options):
        """In the foreground, so that its exit status and its words are ours."""
        log = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        options = list(options or self.options)
        self.daemon = subprocess.Popen(
            self.command(self.config, self.point, "-f",
                         *(["-o", ",".join(options)] if options else [])),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment())
        os.close(log)
        until(self._answers, "the mount to answer", self)

    def start_in_background(self, *command, cwd=None):
        """By a command that returns when the mount answers, or fails. The daemon is
        waited for at its end as one in the foreground is: umount does not."""
        with adopting():
            done = subprocess.run(command, capture_output=True, text=True,
                                  timeout=PATIENCE, stdin=subprocess.DEVNULL, cwd=cwd,
                                  env=self.environment(), check=False)
        if done.returncode == 0:
            with open(os.path.join(self.state_dir, "lock"), encoding="ascii") as f:
                self.daemon = Adopted(int(f.read()))
        return done

    def _answers(self):
        if self.daemon.poll() is not None:
            raise AssertionError("amcfs ended with %d at its start\n%s" % (
                self.daemon.returncode, self.log_tail()))
        return os.path.ismount(self.point)

    def stop(self):
        """Unmounts, once nobody is in the mount any more; the daemon's exit status."""
        until(lambda: self.unmount() == 0 or self.daemon.poll() is not None, "umount",
              self)
        return self.ended()

    def unmount(self):
        return subprocess.run(["umount", self.point], stderr=subprocess.DEVNULL,
                              timeout=PATIENCE, check=False).returncode

    def restart(self):
        assert self.stop() == 0, self.log_tail()
        self.start()

    def ended(self):
        code = self.daemon.wait(PATIENCE)
        self.daemon = None
        return code

    def kill(self):
        """As a crash does."""
        self.daemon.kill()
        self.daemon.wait()
        self.daemon = None

    def clear_stale(self):
        subprocess.run(["umount", "-l", self.point], stderr=subprocess.DEVNULL,
                       check=False)

    def log(self):
        with open(self.log_path, "rb") as f:
            return f.read()

    def log_tail(self):
        return self.log().decode(errors="replace")[-2500:]

    # -- what must hold at the end of every mount ------------------------------------

    def check_end(self):
        """Ends the mount in order and looks at all that it left."""
        if self.daemon is None:
            self.clear_stale()
        else:
            self._check_listings()
            code = self.stop()
            assert code == 0, "the daemon ended with %d\n%s" % (code, self.log_tail())
        self._check_log()
        self._check_leaks()

    def _check_log(self):
        data = self.log()
        assert not REPORTS.search(data), "a sanitizer's report:\n" + data.decode(
            errors="replace")[-20000:]
        for line in data.decode().splitlines():
            match = LOG_LINE.match(line)
            assert match or any(re.search(e, line) for e in self.expected), \
                "no line of the log's form: " + line
            if match and match.group(1) in ("error", "warning"):
                assert any(re.search(e, line) for e in self.expected), \
                    "unexpected: " + line

    def _check_listings(self):
        for folder, names, files in os.walk(self.point):
            for name in names + files:
                _no_canary(name.encode(), "a name in " + folder)
            for name in files:
                path = os.path.join(folder, name)
                if "/upload" in folder:
                    continue
                with contextlib.suppress(FileNotFoundError):  # the daemon is at work
                    with open(path, "rb") as f:
                        self._no_secret(f.read(), path)

    def _no_secret(self, data, where):
        _no_canary(data, where)
        for name in ("client_secret", "refresh_token", "secret_access_key"):
            assert self.emu.urls[name].encode() not in data, name + " in " + where
        assert b"Atza|" not in data, "an access token in " + where

    def _check_leaks(self):
        self._no_secret(self.log(), "the log")
        for folder, _, files in os.walk(self.state_dir):
            for name in files:
                with open(os.path.join(folder, name), "rb") as f:
                    self._no_secret(f.read(), name)
        for obj in self.emu.objects():
            try:
                data = self.emu.get_object(obj["bucket"], obj["key"])
            except ControlError as e:
                if e.status != 404:  # a DELETE of the daemon's that came late
                    raise
                continue
            with contextlib.suppress(gzip.BadGzipFile):
                data = gzip.decompress(data)
            _no_canary(data, "object " + obj["key"])
        for request in self.emu.requests():
            text = json.dumps(request)
            _no_canary(text.encode(), "a request to " + request["service"])


def _keys(keys):
    return "".join("%s = %s\n" % pair for pair in keys.items())


def _no_canary(data, where):
    assert CANARY.encode() not in data.lower(), "a plain e-mail in " + where


def until(condition, what, world=None, timeout=PATIENCE):
    """The first true value of condition(). Tests wait for things, never for time."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("waited %ds in vain for %s\n%s" % (
                timeout, what, world.log_tail() if world else ""))
        time.sleep(STEP)


# -- the test case -------------------------------------------------------------------

class Case(unittest.TestCase):
    alone = False
    emulator = ("--processing-ms", "100", "--keep-bodies")
    amc, s3, upload, mount = {}, {}, {}, {}
    more_config = ""
    lsan = ""
    options = ()
    world = None

    @classmethod
    def setUpClass(cls):
        if cls.alone:
            return
        cls.world = World(cls, cls.options)
        cls.addClassCleanup(cls._close_class)
        for name in unittest.defaultTestLoader.getTestCaseNames(cls):
            cls._define(name)
        cls.world.write_config()
        cls.world.start()

    @classmethod
    def _close_class(cls):
        try:
            cls.world.check_end()
        finally:
            cls.world.close()

    @classmethod
    def _define(cls, test):
        cls.world.define(dimension(test), fact(test + "_fact"))

    def setUp(self):
        self.dataset = self._testMethodName
        self.failed_before = None
        if not self.alone:
            return
        cls = type(self)
        cls.world = World(self, self.options)
        self.addCleanup(cls.world.close, keep=True)
        self.define()
        self.world.write_config()
        if self.mounted():
            self.world.start()
        self.addCleanup(self.world.check_end)

    def mounted(self):
        """Whether setUp() of a test that is alone mounts."""
        return True

    def define(self):
        self._define(self.dataset)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before and self.world and \
                os.path.exists(self.world.log_path):
            print("--- log at the end of %s\n%s" % (self.id(), self.world.log_tail()),
                  file=sys.stderr)

    # -- places --------------------------------------------------------------------

    @property
    def emu(self):
        return self.world.emu

    def use_fact(self):
        self.dataset = self._testMethodName + "_fact"

    @property
    def instance_dir(self):
        return os.path.join(self.world.point, "instances", INSTANCE)

    def dataset_dir(self, *more):
        return os.path.join(self.instance_dir, "datasets", self.dataset, *more)

    def drop(self, *more):
        return self.dataset_dir("upload", *more)

    def source(self, name, data):
        """A file outside of the mount."""
        path = os.path.join(self.world.work, self._testMethodName, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        return path

    # -- doing ---------------------------------------------------------------------

    def sh(self, text, *arguments, cwd=None):
        """bash in the drop folder; arguments are $1, $2, ..."""
        return subprocess.run(["bash", "-c", text, "bash", *arguments],
                              cwd=cwd or self.drop(), capture_output=True, text=True,
                              timeout=PATIENCE * 2, env=dict(os.environ, LC_ALL="C"))

    def ok(self, text, *arguments, cwd=None):
        done = self.sh(text, *arguments, cwd=cwd)
        self.assertEqual((done.returncode, done.stderr), (0, ""), text)
        return done.stdout

    def fails(self, text, *arguments, reason):
        done = self.sh(text, *arguments)
        self.assertNotEqual(done.returncode, 0, text)
        self.assertIn(reason, done.stderr)
        return done

    def put(self, name, data, how="cp"):
        source = self.source(os.path.basename(name), data)
        return self.ok("%s %s %s" % (how, shlex.quote(source), shlex.quote(name)))

    def amcfs(self, *arguments, **options):
        return subprocess.run(self.world.command(*arguments), capture_output=True,
                              text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              env=self.world.environment(), check=False, **options)

    def wait_command(self, *paths):
        """amcfs wait, with as much patience as everything here."""
        return subprocess.run(self.world.command("wait", "--timeout", str(PATIENCE),
                                                 *paths), capture_output=True, text=True,
                              timeout=2 * PATIENCE, stdin=subprocess.DEVNULL,
                              env=self.world.environment(), check=False)

    def settle(self):
        """Ends the settling of all files: a restart does. A test that changes a file
        after its end has settle = LONG and this, and need not be quick."""
        self.world.restart()

    def expect_log(self, pattern):
        """A warning, an error or a foreign line that this test provokes."""
        self.world.expected.append(pattern)

    # -- asking --------------------------------------------------------------------

    def jobs(self):
        """Newest first."""
        with open(self.dataset_dir("status.json"), encoding="utf-8") as f:
            return json.load(f)["jobs"]

    def records(self, name):
        return [j for j in self.jobs() if j["file"] == name]

    def one(self, name):
        """The only record of that file, which must exist."""
        found = self.records(name)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def wait_state(self, name, *states, count=1):
        """The newest record of that file once it is in one of the states."""
        def there():
            found = self.records(name)
            if len(found) < count:
                return None
            if found[0]["state"] in states:
                return found[0]
            if found[0]["state"] in ENDED:
                raise AssertionError("%s, not %s: %s" % (
                    found[0]["state"], states, found[0]["error"]))
            return None
        record = until(there, "%s to be %s" % (name, " or ".join(states)), self.world)
        self.assertEqual(len(self.records(name)), count)
        return record

    def uploads(self):
        """What AMC was asked for this data set, oldest first."""
        return self.emu.uploads(INSTANCE, self.dataset)

    def rows(self):
        return self.emu.rows(INSTANCE, self.dataset)

    def definition(self):
        return self.emu.state()["dataSets"][INSTANCE][self.dataset]

    def expected(self, data):
        return Oracle(self.definition()).run(data)

    def staged(self, record):
        """The bytes that lie staged for a record, uncompressed."""
        self.assertEqual(len(record["staged"]), 1)
        at = record["staged"][0]
        data = self.emu.get_object(at["bucket"], at["key"])
        self.assertEqual(len(data), at["bytes"])
        if not at["key"].endswith(".gz"):
            return data
        member = zlib.decompressobj(31)
        plain = member.decompress(data) + member.flush()
        self.assertTrue(member.eof, "the gzip member is cut off")
        self.assertEqual(member.unused_data, b"", "more than one gzip member")
        return plain

    def left_in_s3(self, record):
        """Objects and multipart uploads that carry the job's id."""
        state = self.emu.state()
        return [o["key"] for o in self.emu.objects() + state["multipart"]
                if record["id"] in o["key"]]

    def s3_requests(self, record, method=None, query=""):
        """Finished requests about the job's object."""
        pattern = re.escape(record["id"]) + "[^?]*" + query
        return [r for r in self.emu.requests("s3", method, pattern) if r["done"]]

    # -- judging -------------------------------------------------------------------

    def check_form(self, record):
        """What holds for every record in every state."""
        self.assertEqual(set(record), MEMBERS)
        self.assertRegex(record["id"], ULID)
        self.assertEqual(record["operation"], "upload")
        self.assertEqual((record["instance"], record["dataset"]),
                         (INSTANCE, self.dataset))
        for name in ("created_at", "updated_at"):
            self.assertRegex(record[name], TIME)
        self.assertEqual(set(record["amc"]), {"id", "status", "message", "metrics"})
        self.assertEqual(record["rows_in"], record["rows_out"] + record["rows_skipped"])
        self.assertEqual(record["rows_skipped"],
                         sum(s["count"] for s in record["skipped"]))
        with open(self.dataset_dir("jobs", record["id"] + ".json"),
                  encoding="utf-8") as f:
            self.assertEqual(json.load(f)["id"], record["id"])

    def check_staged(self, record, data):
        """The record's counts and the staged bytes against the oracle's."""
        wanted = self.expected(data)
        self.assertEqual(record["bytes_in"], len(data))
        self.assertEqual({n: record[n] for n in wanted.record}, wanted.record)
        if self.staged(record) != wanted.staged:
            self.fail("what is staged differs: %d bytes, %d expected" % (
                len(self.staged(record)), len(wanted.staged)))
        self.assertEqual(record["staged"][0]["rows"], wanted.rows_out)
        return wanted

    def succeeded(self, name, data, count=1, uploads=1):
        """The newest of count jobs of that file went well, and one upload at AMC of
        so many in all is its; returns its record."""
        record = self.wait_state(name, "succeeded", count=count)
        self.check_form(record)
        wanted = self.check_staged(record, data)
        self.assertIsNone(record["error"])
        asked = self.uploads()
        self.assertEqual(len(asked), uploads)
        mine = [u for u in asked if u["uploadId"] == record["amc"]["id"]]
        self.assertEqual(len(mine), 1)
        self.assertEqual(mine[0]["request"]["dataSource"],
                         {"sourceFileS3Key": record["staged"][0]["key"],
                          "sourceS3Bucket": record["staged"][0]["bucket"]})
        self.assertTrue(mine[0]["validated"])
        if uploads == 1:
            order = lambda row: sorted((k, v or "") for k, v in row.items())
            self.assertEqual(sorted(self.rows(), key=order),
                             sorted(wanted.rows, key=order))
        return record

    def came_to_nothing(self, name, state, code, count=1, uploads=0):
        """The job ended so, and neither AMC nor S3 has anything of it."""
        record = self.wait_state(name, state, count=count)
        self.check_form(record)
        self.assertEqual(record["error"]["code"], code, record["error"])
        self.assertGreater(len(record["error"]["message"]), 10)
        self.assertEqual(len(self.uploads()), uploads)
        self.assertIsNone(record["amc"]["id"])
        until(lambda: not self.left_in_s3(record), "S3 to be swept", self.world)
        return record

    def rejected(self, name, code, **more):
        self.expect_log(r"warning \w+: rejected .*file=\"%s\"" % re.escape(name))
        return self.came_to_nothing(name, "rejected", code, **more)

    def interrupted(self, name, **more):
        self.expect_log(r"warning \w+: failed .*file=\"%s\"" % re.escape(name))
        return self.came_to_nothing(name, "failed", "interrupted", **more)

    def no_job(self):
        """Nothing that this data set's files did became a job. Proved by one that
        does: everything before it has been decided when it has ended."""
        data = people(1, 999)
        self.put("after.csv", data)
        if self.mount.get("settle") == LONG:
            self.settle()
        self.succeeded("after.csv", data)
        self.assertEqual([j["file"] for j in self.jobs()], ["after.csv"])

    def terminate(self, process, number):
        process.send_signal(number)
        process.wait(PATIENCE)


class Writer:
    """A process of its own that has a file open: tells it to write, then how to end."""

    CODE = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | (os.O_APPEND if sys.argv[2:] else
             os.O_TRUNC), 0o666)
print("open", flush=True)
for line in sys.stdin:
    word, _, rest = line.rstrip("\\n").partition(" ")
    try:
        if word == "write":
            with open(rest, "rb") as f:
                data = f.read()
            while data:
                data = data[os.write(fd, data):]
        elif word == "truncate":
            os.ftruncate(fd, int(rest))
        elif word == "close":
            os.close(fd)
        elif word == "exit":
            os._exit(int(rest))
        print("ok", flush=True)
    except OSError as e:
        print(e.strerror, flush=True)
"""

    def __init__(self, case, path, *more):
        self.case = case
        self.process = subprocess.Popen([sys.executable, "-c", self.CODE, path, *more],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        case.addCleanup(self._reap)
        case.assertEqual(self.answer(), "open")
        self.n = 0

    def _reap(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def answer(self):
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        self.case.assertTrue(readable, "the writer still waits")
        return self.process.stdout.readline().rstrip("\n")

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def do(self, text):
        """The answer: ok, or the system's words for the error."""
        self.say(text)
        return self.answer()

    def write(self, data):
        self.n += 1
        return self.do("write " + self.case.source("piece%d" % self.n, data))

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(PATIENCE)


def main():
    if not os.access("/dev/fuse", os.R_OK | os.W_OK) or os.getuid() != 0:
        print("a mount needs /dev/fuse and, for these tests, root", file=sys.stderr)
        sys.exit(SKIP)
    program()
    unittest.main(verbosity=2)
