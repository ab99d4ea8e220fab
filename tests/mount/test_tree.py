#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tree: names, modes, texts, and how it follows AMC."""
import errno
import json
import os
import stat
import subprocess
import tempfile

import harness
from harness import INSTANCE, PATIENCE, dimension, fact, people, until

AMC_DOWN = "warning .*(AMC|Login)|amcfs: warning"


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Tree(harness.Case):
    def test_root(self):
        root = self.world.point
        self.assertLessEqual({"README", "status", "status.json", "instances"},
                             set(os.listdir(root)))
        for name in ("README", "status", "status.json"):
            path = os.path.join(root, name)
            self.assertEqual(os.stat(path).st_mode, stat.S_IFREG | 0o444, name)
            self.assertEqual(os.stat(path).st_size, len(text_of(path).encode()), name)
        st = os.stat(root)
        self.assertEqual((st.st_mode, st.st_uid, st.st_gid), (stat.S_IFDIR | 0o755, 0, 0))
        self.assertEqual(mode_of(os.path.join(root, "instances")), 0o555)

    def test_readme(self):
        text = text_of(os.path.join(self.world.point, "README"))
        self.assertIn("upload", text)
        self.assertIn(self.world.point, text)

    def test_root_status(self):
        root = json.loads(text_of(os.path.join(self.world.point, "status.json")))
        version = self.amcfs("--version").stdout.split()[-1]
        self.assertEqual(root["version"], version)
        self.assertGreaterEqual(root["uptime_seconds"], 0)
        self.assertLessEqual({"login", "amc", "s3"}, set(root["connections"]))
        self.assertIn(version, text_of(os.path.join(self.world.point, "status")))

    def test_instances(self):
        self.assertEqual(sorted(os.listdir(os.path.join(self.world.point, "instances"))),
                         ["amcdemo1", "amcdemo2"])
        self.assertEqual(sorted(os.listdir(self.instance_dir)),
                         ["datasets", "instance.json"])
        known = [i for i in self.emu.state()["instances"] if i["instanceId"] == INSTANCE]
        shown = json.loads(text_of(os.path.join(self.instance_dir, "instance.json")))
        shown = shown.get("instance", shown)
        del known[0]["accountId"]
        self.assertEqual(shown, known[0])

    def test_dataset(self):
        names = {"definition.json", "status", "status.json", "jobs", "upload"}
        self.assertEqual(set(os.listdir(self.dataset_dir())), names)
        self.assertEqual(mode_of(self.dataset_dir()), 0o555)
        for name in ("definition.json", "status", "status.json"):
            path = self.dataset_dir(name)
            self.assertEqual(os.stat(path).st_mode, stat.S_IFREG | 0o444)
            self.assertEqual(os.stat(path).st_size, len(text_of(path).encode()))
        self.assertEqual(os.listdir(self.dataset_dir("jobs")), [])
        self.assertEqual(self.jobs(), [])
        self.assertEqual(json.loads(text_of(self.dataset_dir("definition.json"))),
                         {"dataSet": self.definition()})

    def test_strategy_folders(self):
        self.assertEqual(sorted(os.listdir(self.drop())), ["ADDITIVE", "FULL_REPLACE"])
        for name in ("OVERLAP_REPLACE", "OVERLAP_KEEP", "additive"):
            self.assertFalse(os.path.exists(self.drop(name)), name)
        self.assertEqual(mode_of(self.drop()), 0o775)
        self.use_fact()
        self.assertEqual(sorted(os.listdir(self.drop())),
                         ["ADDITIVE", "FULL_REPLACE", "OVERLAP_KEEP", "OVERLAP_REPLACE"])
        self.assertEqual(os.listdir(self.drop("OVERLAP_KEEP")), [])

    def test_absent_names(self):
        for path in ("nothing", "instances/amcnone", "metrics2",
                     "instances/%s/delete2" % INSTANCE,
                     "instances/%s/datasets/nothing_here" % INSTANCE,
                     "instances/%s/datasets/%s/jobs/x.json" % (INSTANCE, self.dataset),
                     "instances/%s/datasets/%s/upload/x" % (INSTANCE, self.dataset)):
            with self.assertRaises(FileNotFoundError, msg=path):
                os.stat(os.path.join(self.world.point, path))

    def test_nothing_else_can_be_made(self):
        for folder in (self.world.point, os.path.join(self.world.point, "instances"),
                       self.instance_dir, self.dataset_dir(), self.dataset_dir("jobs")):
            with self.assertRaises(PermissionError, msg=folder):
                open(os.path.join(folder, "x.csv"), "wb")
            with self.assertRaises(PermissionError, msg=folder):
                os.mkdir(os.path.join(folder, "Xyz"))
        for path in (self.dataset_dir("definition.json"), self.dataset_dir("status"),
                     os.path.join(self.world.point, "README")):
            with self.assertRaises(PermissionError, msg=path):
                open(path, "wb")
            with self.assertRaises(PermissionError, msg=path):
                os.unlink(path)
        for path in (self.dataset_dir(), self.drop("ADDITIVE"), self.dataset_dir("jobs")):
            with self.assertRaises(PermissionError, msg=path):
                os.rmdir(path)
        for name in ("ADDITIVE", "OVERLAP_KEEP"):
            with self.assertRaises(FileExistsError):
                os.mkdir(self.drop(name))

    def test_statfs(self):
        st = os.statvfs(self.drop())
        self.assertGreater(st.f_bavail * st.f_frsize, 1 << 40)
        self.assertEqual(st.f_bavail, st.f_blocks)

    def test_links_nodes_and_attributes(self):
        with self.assertRaises(PermissionError):
            os.symlink("x", self.drop("link"))
        self.put("a.csv", people(1))
        with self.assertRaises(PermissionError):
            os.link(self.drop("a.csv"), self.drop("b.csv"))
        with self.assertRaises(PermissionError):
            os.mkfifo(self.drop("fifo"))
        os.mknod(self.drop("plain.csv"), 0o644 | stat.S_IFREG)
        with self.assertRaises(OSError) as e:
            os.getxattr(self.drop("plain.csv"), "user.x")
        self.assertEqual(e.exception.errno, errno.ENOTSUP)
        with self.assertRaises(OSError) as e:
            os.setxattr(self.drop("plain.csv"), "user.x", b"1")
        self.assertEqual(e.exception.errno, errno.ENOTSUP)
        self.succeeded("a.csv", people(1))

    def test_chown_and_chmod(self):
        self.put("a.csv", people(1))
        os.chown(self.drop("a.csv"), 12, 34)
        os.chmod(self.drop("a.csv"), 0o640)
        st = os.stat(self.drop("a.csv"))
        self.assertEqual((st.st_uid, st.st_gid), (os.getuid(), os.getgid()))
        self.assertEqual(stat.S_IMODE(st.st_mode), 0o640)
        self.succeeded("a.csv", people(1))

    def test_locks_are_local(self):
        self.ok("flock x.csv true")
        self.no_job()

    def test_lookup_of_a_new_dataset(self):
        path = os.path.join(self.instance_dir, "datasets", "brand_new")
        self.assertFalse(os.path.exists(path))
        self.world.define(dimension("brand_new"))
        until(lambda: os.path.isdir(path), "the new data set", self.world)
        self.dataset = "brand_new"
        self.put("a.csv", people(2))
        self.succeeded("a.csv", people(2))


class Paging(harness.Case):
    emulator = harness.Case.emulator + ("--set", "page_cap=7", "--set", "empty_page=true")

    @classmethod
    def _define(cls, test):
        cls.world.define(*[dimension("many_%03d" % i) for i in range(123)])

    def test_many_datasets(self):
        wanted = ["many_%03d" % i for i in range(123)] + ["customers", "orders"]
        self.assertEqual(sorted(os.listdir(os.path.join(self.instance_dir, "datasets"))),
                         sorted(wanted))


class Refresh(harness.Case):
    mount = {"refresh": "1s"}

    def test_new_and_gone(self):
        folder = os.path.join(self.instance_dir, "datasets")
        self.world.define(dimension("appears"))
        until(lambda: "appears" in os.listdir(folder), "the new data set", self.world)
        self.assertIn("upload", os.listdir(os.path.join(folder, "appears")))


class Account(harness.Case):
    """account_id is empty: each instance is asked for as its own account."""

    @classmethod
    def _define(cls, test):
        cls.world.define(dimension(test))
        cls.world.emu.datasets("amcdemo2", [dimension(test)], "ENTITYDEMO2")

    def test_of_each_instance(self):
        for instance, account in ((INSTANCE, "ENTITYDEMO1"), ("amcdemo2", "ENTITYDEMO2")):
            self.world.emu.clear_requests()
            path = os.path.join(self.world.point, "instances", instance, "datasets",
                                self.dataset, "upload", "a.csv")
            with open(path, "wb") as f:
                f.write(people(2))
            self.assertEqual(self.wait_command(path).returncode, 0)
            sent = self.emu.requests("amc", "POST", "/uploads/" + self.dataset)
            self.assertEqual([r["headers"]["amazon-advertising-api-advertiserid"]
                              for r in sent], [account])
            self.assertEqual(len(self.emu.rows(instance, self.dataset)), 2)


class Restricted(harness.Case):
    more_config = "\n[instance amcdemo2]\n"

    @classmethod
    def _define(cls, test):
        cls.world.emu.datasets("amcdemo2", [dimension(test)], "ENTITYDEMO2")

    def test_instance_sections_choose(self):
        self.assertEqual(os.listdir(os.path.join(self.world.point, "instances")),
                         ["amcdemo2"])


class Down(harness.Case):
    alone = True
    mount = {"refresh": "1s"}

    def connection_is_bad(self):
        with open(os.path.join(self.world.point, "status.json"), encoding="utf-8") as f:
            amc = json.load(f)["connections"]["amc"]
        return amc if amc.get("error") else None

    def test_tree_stays(self):
        self.expect_log(r"warning \w+: ")
        self.world.emu.fault(service="amc", status=503, count=0)
        until(self.connection_is_bad, "status to say so", self.world)
        self.assertIn(self.dataset, os.listdir(os.path.join(self.instance_dir,
                                                            "datasets")))
        self.assertEqual(json.loads(text_of(self.dataset_dir("definition.json"))),
                         {"dataSet": self.definition()})

    def test_tree_stays_after_a_restart(self):
        self.expect_log(r"warning")
        self.assertEqual(self.world.stop(), 0)
        self.world.emu.fault(service="amc", status=503, count=0)
        self.world.start()
        self.assertIn(self.dataset, os.listdir(os.path.join(self.instance_dir,
                                                            "datasets")))
        until(self.connection_is_bad, "status to say so", self.world)
        self.put("a.csv", people(3))
        record = self.wait_state("a.csv", "queued")
        self.assertEqual(self.uploads(), [])
        self.world.emu.clear_faults()
        record = self.succeeded("a.csv", people(3))
        self.assertGreaterEqual(record["attempts"], 1)


class Others(harness.Case):
    """-o allow_other: an ordinary user beside root."""
    options = ("allow_other", "uid=65534", "gid=65534")

    def as_nobody(self, text):
        return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534",
                               "--clear-groups", "bash", "-c", text],
                              cwd="/", capture_output=True, text=True, timeout=PATIENCE,
                              env=dict(os.environ, LC_ALL="C", D=self.drop()),
                              check=False)

    def test_write(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(people(2))
            f.flush()
            os.chmod(f.name, 0o644)
            done = self.as_nobody("cp -p %s $D/a.csv" % f.name)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        record = self.succeeded("a.csv", people(2))
        self.assertEqual(record["uid"], 65534)
        self.assertEqual(os.stat(self.drop("a.csv")).st_uid, 65534)

    def test_chown(self):
        self.as_nobody("> $D/empty")
        done = self.as_nobody("chown 0 $D/empty")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Operation not permitted", done.stderr)

    def test_read(self):
        self.put("a.csv", people(1))
        self.succeeded("a.csv", people(1))
        for name in ("a.csv", "$D/../status"):
            done = self.as_nobody("cat $D/a.csv")
            self.assertIn("Permission denied", done.stderr)
        self.assertEqual(self.as_nobody("cat $D/../status.json").returncode, 0)


class Alone(harness.Case):
    """Without allow_other the mount is its owner's."""

    def test_nobody_else(self):
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534",
                               "--clear-groups", "ls", self.world.point], check=False,
                              capture_output=True, text=True, timeout=PATIENCE, cwd="/",
                              env=dict(os.environ, LC_ALL="C"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Permission denied", done.stderr)


class ReadOnly(harness.Case):
    options = ("ro",)

    def test_refuses(self):
        with self.assertRaises(OSError) as e:
            open(self.drop("a.csv"), "wb")
        self.assertEqual(e.exception.errno, errno.EROFS)
        self.assertIn("definition.json", os.listdir(self.dataset_dir()))
        self.assertEqual(self.jobs(), [])


if __name__ == "__main__":
    harness.main()
