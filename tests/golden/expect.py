#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""expect.py CASE-FOLDER...: what the oracle expects of golden cases

Writes expected.csv and expected.report of each case with tests/tool/oracle.py. The
sentence of a case that must be refused is for a person to write: it stays as it is,
or stands there as "?".

With --check, and the names that the build registers: fails where the oracle expects
something else than what stands there. PHONE needs python3-phonenumbers: without it,
cases with such a column are passed over.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tool"))
import oracle  # noqa: E402

ORDER = ("rows_in", "rows_out", "rows_skipped", "line_breaks", "skipped",
         "invalid_values", "ignored_columns")
SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "auto": None}


def options(words):
    """The case's args, as the oracle wants them."""
    found = {"maps": {}, "consts": {}}
    for name, word in zip(words[::2], words[1::2]):
        if name == "--country":
            found["country"] = word.upper()
            continue
        assert name == "-o", name
        key, _, value = word.partition("=")
        kind, dot, column = key.partition(".")
        if dot:
            found[kind + "s"][column] = value
        elif key == "delimiter":
            found[key] = SIGNS.get(value, value)
        elif key == "header":
            found[key] = value == "yes"
        else:
            found[key] = value
    return found


def input_of(case):
    found = [f for f in os.listdir(case) if f.startswith("input.")]
    assert len(found) == 1, "%s has %d inputs" % (case, len(found))
    return os.path.join(case, found[0])


def read(case, name, otherwise):
    try:
        with open(os.path.join(case, name), "rb") as f:
            return f.read()
    except FileNotFoundError:
        return otherwise


def expected(case):
    """(bytes to be staged or None, the report)"""
    definition = json.loads(read(case, "definition.json", None))
    words = read(case, "args", b"").decode().split("\n")[:-1]
    with open(input_of(case), "rb") as f:
        result = oracle.Oracle(definition, **options(words)).run(f.read())
    report = {name: result.record[name] for name in ORDER}
    report["error"] = None
    if result.error:
        old = json.loads(read(case, "expected.report", b"{}")).get("error") or {}
        report["error"] = {"code": result.error, "message": old.get("message", "?")}
    return None if result.error else result.staged, report


def write(case):
    staged, report = expected(case)
    path = os.path.join(case, "expected.csv")
    if os.path.exists(path):
        os.unlink(path)
    if staged is not None:
        with open(path, "wb") as f:
            f.write(staged)
    with open(os.path.join(case, "expected.report"), "w", encoding="utf-8") as f:
        f.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def check(names):
    checked = 0
    for name in names:
        case = os.path.join(HERE, name)
        try:
            staged, report = expected(case)
        except NotImplementedError:
            continue
        checked += 1
        if staged != read(case, "expected.csv", None):
            sys.exit(name + ": the oracle expects other rows")
        if report != json.loads(read(case, "expected.report", None)):
            sys.exit(name + ": the oracle expects " + json.dumps(report))
    assert checked > len(names) // 2


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        check(sys.argv[2:])
    else:
        for folder in sys.argv[1:]:
            write(folder)
