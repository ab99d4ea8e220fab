#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of keys, --help-config, the manual and the examples agree.

usage: config.py CONFIG_PROBE SOURCE_ROOT [AMCFS]
"""
import os
import pathlib
import re
import subprocess
import sys
import unittest

PROBE, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
AMCFS = sys.argv[3] if len(sys.argv) > 3 else None
LEAST_KEYS = 79  # a table that came out empty would agree with anything


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, check=False, timeout=60,
                          env={"PATH": "/nowhere", "HOME": "/nowhere",
                               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")})


def probe(*args):
    return run(PROBE, *args)


def table():
    done = probe("keys")
    assert done.returncode == 0, done.stderr
    rows = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
    return [(section, key, default, kind) for section, key, default, kind, _ in rows], \
        {(section, key) for section, key, _, _, later in rows if later}


def plain(roff):
    """The text that a man page's macro argument shows."""
    for escape, text in (("\\-", "-"), ("\\(ti", "~"), ("\\e", "\\")):
        roff = roff.replace(escape, text)
    return roff


def manual():
    """[(section, key, default, type)] and the keys said to be for later."""
    text = (ROOT / "docs/amcfs.conf.5").read_text(encoding="utf-8")
    keys = text.split("\n.SH KEYS\n")[1].split("\n.SH ")[0]
    found, later = [], set()
    for part in keys.split("\n.SS ")[0:]:
        heading, _, body = part.partition("\n")
        section = re.match(r"(?:\.SS )?\[(\w+)", heading).group(1)
        for entry in body.split("\n.TP\n")[1:]:
            lines = entry.split("\n")
            name = re.fullmatch(r'\.BR (\S+) " = (.*)"', lines[0])
            kind = re.fullmatch(r"\.I (.+)", lines[1])
            assert name and kind and lines[2] == ".br", f"form of: {lines[:3]}"
            assert len([x for x in lines[3:] if x]) > 0, f"no meaning: {lines[0]}"
            found.append((section, name.group(1), plain(name.group(2)),
                          plain(kind.group(1))))
            if "Not in this version." in lines:
                later.add((section, name.group(1)))
    return found, later


def listing():
    """The same of --help-config."""
    found, later, section = [], set(), None
    lines = probe("help").stdout.splitlines()
    for line, after in zip(lines, lines[1:] + [""]):
        heading = re.match(r"\[(\w+)", line)
        key = re.fullmatch(r"  (\S+) = (.*)", line)
        if heading:
            section = heading.group(1)
        elif key:
            kind, _, text = after.strip().partition(": ")
            if "; _file and _env too" in text:
                kind += "; _file and _env too"
            found.append((section, key.group(1), key.group(2), kind))
            if text.endswith("; not in this version"):
                later.add((section, key.group(1)))
    return found, later


class Documents(unittest.TestCase):
    maxDiff = None

    def test_manual(self):
        rows, later = table()
        self.assertGreaterEqual(len(rows), LEAST_KEYS)
        found, said = manual()
        self.assertEqual(found, rows)
        self.assertEqual(said, later)

    def test_help(self):
        rows, later = table()
        self.assertGreaterEqual(len(rows), LEAST_KEYS)
        self.assertEqual(listing(), (rows, later))

    def test_examples(self):
        names = sorted(p.name for p in (ROOT / "mount-configs").iterdir())
        self.assertEqual(names, ["demo.ini", "legacy-files.ini", "minimal.ini",
                                 "several-datasets.ini"])
        for name in names:
            with self.subTest(name):
                done = probe("check", str(ROOT / "mount-configs" / name))
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                # nothing but secrets that are not on this machine
                for line in done.stdout.splitlines():
                    self.assertRegex(line, r"^warning: \S+:\d+: \[\w+\] \w+_(file|env): ")

    @unittest.skipUnless(AMCFS, "the program is not built")
    def test_program(self):
        done = run(AMCFS, "--help-config")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, probe("help").stdout)
        for path in (ROOT / "mount-configs").iterdir():
            self.assertEqual(run(AMCFS, "check", "--offline", str(path)).returncode, 0)

    def test_example_of_the_manual(self):
        text = (ROOT / "docs/amcfs.conf.5").read_text(encoding="utf-8")
        example = text.split("\n.SH EXAMPLES\n")[1].split(".RS\n")[1].split("\n.RE")[0]
        path = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"amcfs-{os.getpid()}.ini"
        path.write_text(plain(example), encoding="utf-8")
        try:
            done = probe("check", str(path))
        finally:
            path.unlink()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("client_secret", example)

    def test_a_wrong_file_is_told_from_a_right_one(self):
        done = probe("check", str(ROOT / "meson.build"))
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"meson\.build:\d+: ")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=0, buffer=True)
