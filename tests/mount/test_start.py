#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starting and the commands beside the mount: exit codes and what they say."""
import json
import os
import re
import signal
import subprocess

import harness
from harness import people, until


class Start(harness.Case):
    alone = True

    def mounted(self):
        return False

    def run_mount(self, *options, config=None):
        return self.amcfs(config or self.world.config, self.world.point, *options,
                          cwd=self.world.dir)

    def unedited(self):
        self.world.write_config()

    def edit(self, pattern, replacement):
        with open(self.world.config, encoding="utf-8") as f:
            text = f.read()
        text, n = re.subn(pattern, replacement, text, flags=re.M)
        self.assertEqual(n, 1)
        with open(self.world.config, "w", encoding="utf-8") as f:
            f.write(text)
        return 1 + text[:text.index(replacement.splitlines()[-1])].count("\n")

    def setUp(self):
        super().setUp()
        with open(self.world.log_path, "wb"):
            pass

    def test_background(self):
        """Returns when the mount answers; ends with the unmount."""
        self.edit("^state_dir", "log = syslog\nstate_dir")
        done = self.world.start_in_background(
            *self.world.command(self.world.config, self.world.point),
            cwd=self.world.dir)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        first = self.world.daemon
        self.put("a.csv", people(2))
        self.assertEqual(self.wait_command(self.drop("a.csv")).returncode, 0)
        self.succeeded("a.csv", people(2))
        subprocess.run(["umount", self.world.point], check=True, timeout=60)
        # the next one gets the lock when the first has gone
        self.world.start()
        self.assertEqual(first.wait(), 0)
        self.assertEqual(self.one("a.csv")["state"], "succeeded")

    def test_mount_helper(self):
        """As mount(8) calls mount.amcfs for a line of fstab."""
        helper = os.path.join(self.world.dir, "mount.amcfs")
        os.symlink(harness.program(), helper)
        done = self.world.start_in_background(
            helper, self.world.config, self.world.point, "-o",
            "rw,noauto,nofail,_netdev,x-systemd.automount")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open("/proc/self/mountinfo", encoding="utf-8") as f:
            mine = [line for line in f if " %s " % self.world.point in line]
        self.assertEqual(len(mine), 1)
        self.assertRegex(mine[0], r"nosuid,nodev.* - fuse\.amcfs %s " % self.world.config)
        self.put("a.csv", people(2))
        self.succeeded("a.csv", people(2))
        self.assertEqual(self.world.stop(), 0)

    def test_no_unmounting_under_a_writer(self):
        self.world.start()
        with open(self.drop("a.csv"), "wb") as f:
            f.write(people(1))
            done = subprocess.run(["umount", self.world.point], capture_output=True,
                                  check=False)
            self.assertEqual(done.returncode, 32)
        self.succeeded("a.csv", people(1))

    def test_single_threaded(self):
        log = open(self.world.log_path, "ab")
        self.addCleanup(log.close)
        self.world.daemon = subprocess.Popen(
            self.world.command(self.world.config, self.world.point, "-f", "-s"),
            stdout=log, stderr=log, env=self.world.environment())
        until(lambda: os.path.ismount(self.world.point), "the mount", self.world)
        self.put("a.csv", people(2))
        self.succeeded("a.csv", people(2))

    def test_no_core_file(self):
        self.world.start()
        with open("/proc/%d/limits" % self.world.daemon.pid, encoding="ascii") as f:
            self.assertRegex(f.read(), r"Max core file size +0 +0")

    def test_children_are_not_ignored(self):
        """Whatever started it: how its helpers end would never be known."""
        self.edit("^state_dir", "log = syslog\nstate_dir")
        done = self.world.start_in_background(
            "env", "--ignore-signal=CHLD",
            *self.world.command(self.world.config, self.world.point))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open("/proc/%d/status" % self.world.daemon.pid, encoding="ascii") as f:
            ignored = int(re.search(r"^SigIgn:\s+(\w+)$", f.read(), re.M)[1], 16)
        self.assertEqual(ignored & 1 << signal.SIGCHLD - 1, 0)

    def test_no_program_is_left_behind(self):
        """A credential_process that hangs ends with the daemon that waits for it."""
        aws = os.path.join(self.world.dir, "aws")
        pid = os.path.join(self.world.dir, "pid")
        with open(aws, "w", encoding="ascii") as f:
            f.write("[default]\ncredential_process = sh -c "
                    "'echo $$ >%s.new && mv %s.new %s && exec sleep 600'\n"
                    % (pid, pid, pid))
        self.edit("^auth = .*", "auth = profile")
        self.edit("^access_key_id = .*", "# none")
        self.edit("^secret_access_key.* = .*", "# none")
        self.edit("^stop_timeout = .*", "stop_timeout = 0")
        environment = self.world.environment()
        self.world.environment = lambda: dict(environment, AWS_CONFIG_FILE=aws)
        self.world.expected += ["stop_timeout is over", "ending without the requests",
                                "failed .*amcfs was stopped before"]
        self.world.start()
        writer = subprocess.Popen(["cp", self.source("a.csv", people(2)), self.drop()],
                                  stderr=subprocess.DEVNULL)
        until(lambda: os.path.exists(pid), "the program", self.world)
        with open(pid, encoding="ascii") as f:
            program = int(f.read())
        self.world.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.world.daemon.wait(60), 0)
        self.world.daemon = None
        self.assertNotEqual(writer.wait(60), 0)
        self.assertRaises(ProcessLookupError, os.kill, program, 0)

    def test_two_on_one_state_dir(self):
        self.edit("^stop_timeout = .*", "stop_timeout = 0")
        self.world.start()
        other = os.path.join(self.world.dir, "other")
        os.mkdir(other)
        done = self.amcfs(self.world.config, other, "-f")
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.world.state_dir, done.stderr)
        self.assertFalse(os.path.ismount(other))

    def test_stale_mount(self):
        self.world.start()
        self.world.kill()
        with self.assertRaises(OSError):
            os.listdir(self.world.point)
        self.world.start()
        self.assertIn("README", os.listdir(self.world.point))

    def test_bad_configuration(self):
        for pattern, line, words in (
                (r"^settle = .*", "settle = soon", "settle"),
                (r"^settle = .*", "settel = 1s", "did you mean settle"),
                (r"^settle = .*", "bucket = other-bucket", "belongs in [s3]"),
                (r"^poll_interval = .*", "poll_interval = 1ms", "poll_interval"),
                (r"^settle = .*", "just words", "")):
            self.unedited()
            number = self.edit(pattern, line)
            for how in ([self.world.config, self.world.point],
                        ["check", "--offline", self.world.config]):
                done = self.amcfs(*how)
                self.assertEqual(done.returncode, 3, line)
                self.assertIn("%s:%d:" % (self.world.config, number), done.stderr +
                              done.stdout)
                self.assertIn(words, done.stderr + done.stdout)
        self.assertFalse(os.path.ismount(self.world.point))

    def test_secret_for_all_to_read(self):
        path = os.path.join(self.world.dir, "client_secret")
        os.chmod(path, 0o644)
        done = self.run_mount()
        self.assertEqual(done.returncode, 3)
        self.assertIn(path, done.stderr)
        self.assertIn("client_secret_file", done.stderr)

    def test_plain_http(self):
        self.edit("^endpoint = .*\ntoken_endpoint", "endpoint = http://192.0.2.1\n"
                  "token_endpoint")
        done = self.run_mount()
        self.assertEqual(done.returncode, 3)
        self.assertIn("https", done.stderr)

    def test_wrong_usage(self):
        for arguments in ((), (self.world.config,), ("--nonsense",),
                          (self.world.config, self.world.point, "-o", "nonsense"),
                          ("wait",), ("status",)):
            done = self.amcfs(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr)

    def test_mountpoint_is_no_folder(self):
        for point in (self.world.config, os.path.join(self.world.dir, "absent")):
            done = self.amcfs(self.world.config, point)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(point, done.stderr)

    def test_option_overrides_the_file(self):
        self.world.start("settle=0", "file_mode=0200")
        self.put("a.csv", people(1))
        self.assertEqual(os.stat(self.drop("a.csv")).st_mode & 0o777, 0o200)
        self.succeeded("a.csv", people(1))

    def test_check(self):
        done = self.amcfs("check", self.world.config)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertGreaterEqual(len(lines), 4)
        for line in lines:
            self.assertRegex(line, r"^ok +\S")
        self.assertEqual(self.emu.objects(), [])
        done = self.amcfs("check", "--offline", self.world.config)
        self.assertEqual(done.returncode, 0)

    def test_check_finds(self):
        for fault, words in (({"service": "lwa", "status": 400,
                               "body_json": {"error": "invalid_grant"}}, "login"),
                             ({"service": "s3", "status": 403}, "bucket"),
                             ({"service": "amc", "path": "/dataSets/list",
                               "status": 403}, "instance")):
            self.emu.fault(count=0, **fault)
            done = self.amcfs("check", self.world.config)
            self.emu.clear_faults()
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"(?m)^FAIL +%s" % words)

    def test_hash(self):
        definition = os.path.join(self.world.dir, "definition.json")
        with open(definition, "w", encoding="utf-8") as f:
            json.dump({"dataSet": self.definition()}, f)
        source = self.source("in.csv", people(20))
        report = os.path.join(self.world.dir, "report")
        done = self.amcfs("hash", "--definition", definition, "--report", report, source)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        wanted = self.expected(people(20))
        self.assertEqual(done.stdout.encode(), wanted.staged)
        with open(report, encoding="utf-8") as f:
            self.assertEqual(json.load(f), dict(wanted.record, error=None,
                                                line_breaks=0))

    def test_amc_is_down_at_the_first_start(self):
        """There is nothing to show yet, but the mount comes and fills."""
        self.edit("^refresh = .*", "refresh = 1s")
        self.emu.fault(service="amc", status=503, count=0)
        self.expect_log("warning")
        self.world.start()
        self.assertEqual(os.listdir(os.path.join(self.world.point, "instances")), [])
        self.emu.clear_faults()
        until(lambda: os.path.isdir(self.drop()), "the tree", self.world)


if __name__ == "__main__":
    harness.main()
