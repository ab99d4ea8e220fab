#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exit codes and messages of wrong usage: usage.py AMCFS"""
import os
import subprocess
import sys
import tempfile

AMCFS = sys.argv[1]
failures = []

WRONG_USAGE = [
    ([], "amcfs: something is missing behind amcfs"),
    (["x.ini"], "amcfs: something is missing behind amcfs"),
    (["x.ini", "/mnt", "more"], "amcfs: more is one word too many"),
    (["x.ini", "/mnt", "-x"], "amcfs: -x is no option here"),
    (["x.ini", "/mnt", "-o"], "amcfs: -o needs a value: -o OPTIONS"),
    (["x.ini", "/mnt", "-o", "nonsense"],
     "amcfs: -o nonsense: there is no such mount option; amcfs --help lists them, "
     "amcfs --help-config the keys of [mount]"),
    (["check"], "amcfs: something is missing behind amcfs check"),
    (["check", "x.ini", "--online"], "amcfs: --online is no option here"),
    (["hash"], "amcfs: hash needs --definition FILE: the data set's definition.json"),
    (["hash", "--definition", "d", "--country", "USA"],
     "amcfs: --country needs two letters, like US or DE"),
    (["hash", "--definition", "d", "--config", "c"],
     "amcfs: --config CONFIG and --dataset ID/DATASET go together"),
    (["hash", "--definition", "d", "--dataset", "a"],
     "amcfs: --dataset needs INSTANCE/DATASET, the names of two folders in a mount"),
    (["hash", "--definition", "d", "-o", "header=no"],
     "amcfs: -o header: files without a header need columns = NAME,NAME,...: the names "
     "of their columns, in their order"),
    (["hash", "--definition", "d", "-o", "bucket=b"],
     "amcfs: -o bucket: this is no key about rows; allowed: max_skipped, max_row, "
     "delimiter, encoding, header, columns, null, timezone, country, map.*, const.*"),
    (["status"], "amcfs: something is missing behind amcfs status"),
    (["status", "/a", "/b"], "amcfs: /b is one word too many"),
    (["wait"], "amcfs: something is missing behind amcfs wait"),
    (["wait", "--timeout", "soon", "/a"],
     "amcfs: --timeout needs a number of seconds, or one with ms, s, m, h or d"),
]

FAILED = [
    (["status", "/proc"], 1,
     "amcfs: /proc is in no amcfs mount (is it mounted? see findmnt -t fuse.amcfs)"),
    (["wait", "/proc/version"], 1,
     "amcfs: /proc/version is in no amcfs mount (is it mounted? see findmnt -t "
     "fuse.amcfs)"),
    (["hash", "--definition", "/no/such"], 1, "amcfs: cannot open /no/such: "),
]


def run(args, argv0=AMCFS):
    return subprocess.run([argv0, *args], executable=AMCFS, capture_output=True,
                          text=True, timeout=60, stdin=subprocess.DEVNULL)


def expect(args, code, first_line, whole=True, argv0=AMCFS):
    done = run(args, argv0)
    line = done.stderr.splitlines()[0] if done.stderr else ""
    ok = line == first_line if whole else line.startswith(first_line)
    if done.returncode != code or not ok or done.stdout:
        failures.append(f"{args}: expected {code} {first_line!r}, got "
                        f"{done.returncode} {done.stderr!r} {done.stdout!r}")


def check_same_files(tmp):
    """What hash reads and writes may not be one file, under whatever name."""
    source, definition, link, other, new = (
        os.path.join(tmp, name) for name in ("a.csv", "d.json", "l.csv", "h.csv", "new"))
    texts = {source: "a\nx\n", definition: '{"columns":[{"name":"a","columnType":'
             '"DIMENSION","dataType":"STRING"}]}'}
    for path, text in texts.items():
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    os.symlink("a.csv", link)
    os.link(source, other)
    for args, what in [
            (["--report", source, source], "IN and --report"),
            (["--report", link, source], "IN and --report"),
            (["--report", source, other, "/dev/null"], "IN and --report"),
            ([source, source], "IN and OUT"),
            ([link, other], "IN and OUT"),
            ([source, definition], "--definition and OUT"),
            (["--report", definition, source], "--definition and --report"),
            (["--report", new, source, new], "OUT and --report"),
            (["--report", os.path.join(tmp, ".", "new"), source, new],
             "OUT and --report")]:
        expect(["hash", "--definition", definition, *args], 2,
               f"amcfs: {what} are the same file; give each a name of its own")
    with open(source, encoding="utf-8") as f:
        done = subprocess.run([AMCFS, "hash", "--definition", definition, "-", source],
                              stdin=f, capture_output=True, timeout=60)
    if done.returncode != 2:
        failures.append(f"hash: standard input is OUT: {done.returncode}")
    for path, text in texts.items():
        with open(path, encoding="utf-8") as f:
            if f.read() != text:
                failures.append(f"hash has written over {path}")
    if os.path.exists(new):
        failures.append("hash has made a file")
    done = run(["hash", "--definition", definition, "--report", new, source, "/dev/null"])
    if (done.returncode, done.stderr) != (0, "") or not os.path.exists(new):
        failures.append(f"hash: {done.returncode} {done.stderr!r}")


for args, sentence in WRONG_USAGE:
    expect(args, 2, sentence)
for args, code, sentence in FAILED:
    expect(args, code, sentence, whole=False)

with tempfile.TemporaryDirectory() as tmp:
    # a wrong configuration is told apart from everything else
    wrong = os.path.join(tmp, "wrong.ini")
    with open(wrong, "w", encoding="utf-8") as f:
        f.write("[amc]\nno_such_key = 1\n")
    expect([wrong, tmp], 3, f"amcfs: {wrong}:2: ", whole=False)
    done = run(["check", "--offline", wrong])
    said = f"FAIL  configuration: {wrong}:2: "
    if done.returncode != 3 or not done.stdout.startswith(said):
        failures.append(f"check: {done.returncode} {done.stdout!r} {done.stderr!r}")
    done = run(["hash", "--definition", "d", "--config", wrong, "--dataset", "a/b"])
    if done.returncode != 3 or not done.stderr.startswith(f"amcfs: {wrong}:2: "):
        failures.append(f"hash: {done.returncode} {done.stdout!r} {done.stderr!r}")
    check_same_files(tmp)
    # as mount(8) calls its helper
    helper = "/sbin/mount.amcfs"
    expect([wrong, tmp, "-o", "rw,nosuid,x-y", "-n", "-v"], 3, f"amcfs: {wrong}:2: ",
           whole=False, argv0=helper)
    expect([wrong, tmp, "-o", "nonsense"], 2, "amcfs: -o nonsense: ", whole=False,
           argv0=helper)
    expect([wrong, tmp, "-s", "-o", "nonsense"], 3, f"amcfs: {wrong}:2: ", whole=False,
           argv0=helper)

sys.exit("\n".join(failures) or 0)
