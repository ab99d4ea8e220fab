#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon is killed at whatever it happens to be doing, again and again. Whatever
the moment: a file whose cp succeeded is at AMC exactly once; no other is there twice,
in part, or without cp having been told."""
import os
import subprocess

import harness
from harness import people, until

ROUNDS = 16
FILES = 3


class Matrix(harness.Case):
    alone = True
    mount = {"settle": "50ms"}

    def test_killed_anywhere(self):
        done, told = {}, {}
        for n in range(ROUNDS):
            self._round(n, done, told)
        for name in told:
            self._judge(name, told[name], done[name])
        self.assertGreater(sum(told.values()), ROUNDS)
        self.assertEqual(len({u["request"]["dataSource"]["sourceFileS3Key"]
                              for u in self.uploads()}), len(self.uploads()))
        leftovers = {o["key"] for o in self.emu.objects()} - {
            u["request"]["dataSource"]["sourceFileS3Key"] for u in self.uploads()}
        self.assertEqual(leftovers, set())
        self.assertEqual(self.emu.state()["multipart"], [])

    def _round(self, n, done, told):
        """Kills after as many requests as the round's number says."""
        since = (self.emu.requests() or [{"n": 0}])[-1]["n"]
        copies = {}
        for k in range(FILES):
            name = "f%d-%d.csv" % (n, k)
            done[name] = people(4, 1000 * n + 10 * k)
            copies[name] = subprocess.Popen(
                ["cp", self.source(name, done[name]), self.drop(name)],
                stderr=subprocess.DEVNULL)
        until(lambda: len(self.emu.requests(since=since)) > n % 8, "requests", self.world)
        self.world.kill()
        for name, copy in copies.items():
            told[name] = copy.wait() == 0
        self.expect_log("warning ")
        self.world.start()

    def _judge(self, name, told, data):
        def ended():
            found = self.records(name)
            return not told if not found else found[0]["state"] in harness.ENDED
        until(ended, "%s to end" % name, self.world)
        found = self.records(name)
        self.assertLessEqual(len(found), 1)
        if told:
            self.assertEqual(found[0]["state"], "succeeded", found[0]["error"])
        if not found or found[0]["state"] != "succeeded":
            return
        self.check_staged(found[0], data)
        key = found[0]["staged"][0]["key"]
        mine = [u for u in self.uploads()
                if u["request"]["dataSource"]["sourceFileS3Key"] == key]
        self.assertEqual(len(mine), 1)
        self.assertEqual(os.stat(self.drop(name)).st_size, len(data))


if __name__ == "__main__":
    harness.main()
