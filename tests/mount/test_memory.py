#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A long stream passes through little memory. AMCFS_RELEASE names an optimised build:
a sanitizer's shadow is no measure."""
import os
import re
import subprocess
import sys

import harness

GIB = 1 << 30
LIMIT_KIB = 128 << 10
GENERATE = """
import base64, random, sys
chance = random.Random(5)
rows = [b"kanarie%%d@example.com,%s\\n" % base64.b64encode(chance.randbytes(700))
        for _ in range(1000)]
block = b"".join(row % i for i, row in enumerate(rows))
left = int(sys.argv[1])
sys.stdout.buffer.write(b"email,note\\n")
while left > 0:
    sys.stdout.buffer.write(block)
    left -= len(block)
"""


class Memory(harness.Case):
    emulator = ("--processing-ms", "100", "--discard-bodies", "--set",
                "max_source_mb=4096")

    def test_stream(self):
        size = int(os.environ.get("AMCFS_TEST_STREAM", 2 * GIB))
        with open(self.drop("big.csv"), "wb") as out:
            made = subprocess.Popen([sys.executable, "-c", GENERATE, str(size)],
                                    stdout=subprocess.PIPE)
            done = subprocess.run(["cat"], stdin=made.stdout, stdout=out, check=False)
            made.stdout.close()
        self.assertEqual((made.wait(), done.returncode), (0, 0))
        record = self.wait_state("big.csv", "succeeded")
        self.assertGreaterEqual(record["bytes_in"], size)
        with open("/proc/%d/status" % self.world.daemon.pid, encoding="ascii") as f:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1))
        print("VmHWM %d MiB for %d MiB" % (peak >> 10, record["bytes_in"] >> 20),
              file=sys.stderr)
        self.assertLess(peak, LIMIT_KIB)


if __name__ == "__main__":
    if not os.environ.get("AMCFS_RELEASE"):
        print("AMCFS_RELEASE names no optimised build", file=sys.stderr)
        sys.exit(harness.SKIP)
    os.environ["AMCFS"] = os.environ["AMCFS_RELEASE"]
    harness.main()
