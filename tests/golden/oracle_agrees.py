#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""oracle_agrees.py AMCFS [--seed N] [--count N] [--keep-going] [--keep DIR]

Ugly invented files (tests/tool/ugly.py) through `amcfs hash`, and the same through the
oracle (tests/tool/oracle.py): not a byte of the rows and not a number of the report may
differ. What differs is left below DIR. PHONE takes part where
python3-phonenumbers is installed.
"""
import argparse
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import oracle  # noqa: E402
import ugly  # noqa: E402

WORDS = {"delimiter": {",": ",", ";": ";", "\t": "tab", "|": "|"},
         "header": {False: "no", True: "yes"}}
# how far the rows were read when the end turns out to be missing is not fixed
COUNTS_DIFFER = {"bad-gzip"}


def arguments(options):
    words = []
    for key, value in options.items():
        if key == "country":
            words += ["--country", value]
        elif key in ("maps", "consts"):
            for name, text in value.items():
                words += ["-o", "%s.%s=%s" % (key[:-1], name, text)]
        else:
            words += ["-o", "%s=%s" % (key, WORDS.get(key, {}).get(value, value))]
    return words


def first_difference(got, wanted):
    for n, (a, b) in enumerate(zip(got.split(b"\n"), wanted.split(b"\n")), 1):
        if a != b:
            return "line %d\n  got      %r\n  expected %r" % (n, a, b)
    return "%d bytes, %d expected" % (len(got), len(wanted))


def differs(amcfs, case, folder):
    """What is different, or None."""
    definition, report = f"{folder}/definition.json", f"{folder}/report.json"
    with open(definition, "w", encoding="utf-8") as f:
        json.dump(case.definition, f, indent=1)
    with open(f"{folder}/input", "wb") as f:
        f.write(case.data)
    command = [amcfs, "hash", "--definition", definition, "--report", report,
               *arguments(case.options), f"{folder}/input"]
    with open(f"{folder}/command", "w", encoding="utf-8") as f:
        f.write(repr(command) + "\n")
    wanted = oracle.Oracle(case.definition, **case.options).run(case.data)
    done = subprocess.run(command, capture_output=True, timeout=100)
    said = done.stderr.decode()
    if done.returncode not in (0, 1):
        return "exit %d: %s" % (done.returncode, said)
    with open(report, encoding="utf-8") as f:
        got = json.load(f)
    error = got.pop("error")
    code = error and error["code"]
    if code != wanted.error:
        return "error %s (%s), expected %s" % (code, said.strip(), wanted.error)
    if done.returncode != (1 if code else 0):
        return "exit %d with error %s" % (done.returncode, code)
    if code and said != "amcfs: %s\n" % error["message"]:
        return "standard error: " + said
    if code not in COUNTS_DIFFER and got != wanted.record:
        return "\n".join("%s %s, expected %s" % (k, got.get(k), wanted.record.get(k))
                         for k in wanted.record if got.get(k) != wanted.record.get(k))
    if not code and done.stdout != wanted.staged:
        return first_difference(done.stdout, wanted.staged)
    return None


def invent(seed):
    rng = random.Random(seed)
    return ugly.people(rng, 1000) if seed % 100 == 0 else ugly.make(rng)


def one(amcfs, seed):
    """(seed, what is different, was the file taken)"""
    case = invent(seed)
    with tempfile.TemporaryDirectory() as folder:
        what = differs(amcfs, case, folder)
        if what:
            return seed, what, False
        with open(f"{folder}/report.json", encoding="utf-8") as f:
            return seed, None, json.load(f)["error"] is None


def keep(amcfs, seed, below):
    folder = os.path.join(below, "ugly-%d" % seed)
    os.makedirs(folder, exist_ok=True)
    differs(amcfs, invent(seed), folder)
    return folder


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("amcfs")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, default=150)
    p.add_argument("--keep", default=tempfile.gettempdir())
    p.add_argument("--keep-going", action="store_true")
    args = p.parse_args()
    wrong = taken = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        seeds = range(args.seed, args.seed + args.count)
        for seed, what, good in pool.map(lambda s: one(args.amcfs, s), seeds):
            taken += good
            if not what:
                continue
            wrong += 1
            print("seed %d: %s\n  see %s" % (seed, what,
                                            keep(args.amcfs, seed, args.keep)))
            if not args.keep_going:
                return 1
    if taken * 3 < args.count:
        print("only %d of %d files were taken" % (taken, args.count))
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
