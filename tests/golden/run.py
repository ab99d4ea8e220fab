#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one golden case through `amcfs hash`: run.py AMCFS CASE-FOLDER

A case has one input.* (csv, jsonl, csv.gz ...), definition.json, expected.report
(compared as JSON) and, if it wants options, args (one a line). With an expected.csv
it must succeed and give exactly those bytes; without one it must be rejected, for
exactly the reason in the report, and leave no output behind.

With --list instead of a folder, followed by the names that the build registers:
fails unless these are all the folders there are.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def die(text):
    sys.exit(text)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def diff(what, got, wanted):
    if got != wanted:
        die(f"{what} differs\n--- expected\n{wanted}\n--- got\n{got}")


def run(command, **options):
    return subprocess.run(command, capture_output=True, timeout=60, **options)


def check(done, expected_code, report_path, wanted_report):
    diff("the exit code", done.returncode, expected_code)
    report = json.loads(read(report_path))
    diff("the report", json.dumps(report, indent=2), json.dumps(wanted_report, indent=2))
    error = wanted_report["error"]
    wanted = f"amcfs: {error['message']}\n" if error else ""
    diff("standard error", done.stderr.decode(), wanted)


def input_of(case):
    found = [f for f in os.listdir(case) if f.startswith("input.")]
    diff("the number of inputs", len(found), 1)
    return os.path.join(case, found[0])


def run_case(amcfs, case):
    source = input_of(case)
    wanted_report = json.loads(read(f"{case}/expected.report"))
    good = os.path.exists(f"{case}/expected.csv")
    wanted = read(f"{case}/expected.csv") if good else b""
    code = 0 if good else 1
    if good != (wanted_report["error"] is None):
        die("expected.csv and an error in expected.report exclude each other")
    command = [amcfs, "hash", "--definition", f"{case}/definition.json"]
    if os.path.exists(f"{case}/args"):
        command += read(f"{case}/args").decode().split("\n")[:-1]
    with tempfile.TemporaryDirectory() as tmp:
        report, out = f"{tmp}/report.json", f"{tmp}/out.csv"
        done = run(command + ["--report", report, source, out])
        check(done, code, report, wanted_report)
        diff("standard output", done.stdout, b"")
        left = sorted(os.listdir(tmp))
        diff("what is left", left,
             ["out.csv", "report.json"] if good else ["report.json"])
        if good:
            diff("the output", read(out), wanted)

        os.unlink(report)
        done = run(command + ["--report", report], input=read(source))
        check(done, code, report, wanted_report)
        if good:
            diff("standard output", done.stdout, wanted)


def check_list(names):
    found = []
    for folder, _, files in os.walk(HERE):
        if "definition.json" in files:
            found.append(os.path.relpath(folder, HERE))
    diff("the list of cases", sorted(names), sorted(found))


if sys.argv[1] == "--list":
    check_list(sys.argv[2:])
else:
    run_case(sys.argv[1], os.path.join(HERE, sys.argv[2]))
