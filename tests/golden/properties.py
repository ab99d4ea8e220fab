#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""properties.py AMCFS [--seed N] [--count N]: what holds for every file that
`amcfs hash` takes, however ugly (tests/tool/ugly.py).

- What it wrote, given to it again, comes out unchanged.
- However a pipe cuts the input, the result is the same.
- Rows keep their order, and none is lost: rows_in = rows_out + rows_skipped.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import ugly  # noqa: E402
from oracle_agrees import arguments  # noqa: E402

class Folder:
    def __init__(self, amcfs, path):
        self.amcfs, self.path = amcfs, path

    def command(self, case):
        with open(f"{self.path}/definition.json", "w", encoding="utf-8") as f:
            json.dump(case.definition, f)
        return [self.amcfs, "hash", "--definition", f"{self.path}/definition.json",
                "--report", f"{self.path}/report.json", *arguments(case.options)]

    def outcome(self, returncode, out, err):
        with open(f"{self.path}/report.json", encoding="utf-8") as f:
            report = json.load(f)
        assert returncode == (1 if report["error"] else 0), err
        return report, None if report["error"] else out, err

    def whole(self, case, data):
        done = subprocess.run(self.command(case), input=data, capture_output=True,
                              timeout=60)
        return self.outcome(done.returncode, done.stdout, done.stderr)

    def in_pieces(self, case, data, rng):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(self.command(case), stdin=subprocess.PIPE,
                                     stdout=out, stderr=err, bufsize=0)
            try:
                while data:
                    n = rng.choice([1, 2, 3, 7, 100, 5000])
                    child.stdin.write(data[:n])
                    data = data[n:]
                child.stdin.close()
            except BrokenPipeError:
                pass  # it has refused the file
            code = child.wait(60)
            out.seek(0)
            err.seek(0)
            return self.outcome(code, out.read(), err.read())


def check_counts(report, out):
    assert report["rows_in"] == report["rows_out"] + report["rows_skipped"]
    assert report["rows_skipped"] == sum(s["count"] for s in report["skipped"])
    for entry in report["skipped"]:
        assert len(entry["lines"]) == min(entry["count"], 10)
        assert entry["lines"] == sorted(set(entry["lines"]))
    if out is not None:
        # no cell of what is written has a line break
        assert out.count(b"\n") == report["rows_out"] + 1


def check_order(folder, rng):
    definition = {"columns": [{"name": "id", "dataType": "LONG", "nullable": False},
                              {"name": "email", "dataType": "STRING",
                               "externalUserIdType": {"hashedPii": "EMAIL"}}]}
    ids = [rng.choice([str(n), "", "x"] if n % 7 == 0 else [str(n)])
           for n in range(20000)]
    data = "id,email\n" + "".join("%s,%s@b\n" % (i, i or "z") for i in ids)
    case = ugly.SimpleNamespace(definition=definition, options={"max_skipped": "100%"})
    report, out, err = folder.whole(case, data.encode())
    kept = [i for i in ids if i.isdecimal()]
    assert out is not None, err
    assert [line.split(b",")[0].decode() for line in out.split(b"\n")[1:-1]] == kept
    assert report["rows_skipped"] == len(ids) - len(kept)


def check(folder, seed):
    rng = random.Random(seed)
    case = ugly.make(rng)
    report, out, err = folder.whole(case, case.data)
    check_counts(report, out)
    assert folder.in_pieces(case, case.data, rng) == (report, out, err), "cuts"
    if out is None:
        return 0
    again = ugly.SimpleNamespace(definition=case.definition,
                                 options={"max_skipped": "0"})
    second, same, err = folder.whole(again, out)
    assert same == out, (err, out, same)
    assert (second["rows_in"], second["invalid_values"]) == (report["rows_out"], [])
    return 1


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("amcfs")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, default=60)
    args = p.parse_args()
    good = 0
    with tempfile.TemporaryDirectory() as tmp:
        folder = Folder(args.amcfs, tmp)
        check_order(folder, random.Random(args.seed))
        for seed in range(args.seed, args.seed + args.count):
            try:
                good += check(folder, seed)
            except AssertionError as e:
                sys.exit("seed %d: %r" % (seed, e))
    if good * 3 < args.count:
        sys.exit("only %d of %d files were taken" % (good, args.count))


if __name__ == "__main__":
    main()
