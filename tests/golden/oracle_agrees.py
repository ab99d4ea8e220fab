#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""oracle_agrees.py AMCFS: thousands of untidy invented people through `amcfs hash`,
and the same through the oracle: not a byte may differ."""
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tool"))
import oracle  # noqa: E402

KINDS = list(oracle.NORMALISE)
COUNTRIES = "AE AU BE BR CA DE EG ES FR GB IN IT JP MX NL PL SA SE SG TR US uk XX".split()
SIGNS = list(" ,!.[](){}#-/_'@") + ["C/O ", " c/o ", "12-", "12#", "C/", " ", " ",
                                    "\u00a0", "\u3000"]
LETTERS = list("ΣσςΐßẞİıſÅŉﬃǰäöüøæéñåÅ山東가각か") + ["\u1100\u1161", "\u0661", "\uff11"]
MARKS = ["\u0301", "\u0308", "\u0323", "\u0327", "\u030a", "\u0344", "\u3099"]
WORDS = [w for name, words in oracle.WORDS.items() if name not in ("note", "countries")
         for w, _ in words]
STATES = [n for c, names in oracle.STATES.items() if c != "note" for n in names]


def piece(rng):
    kind = rng.randrange(10)
    if kind < 4:
        word = rng.choice(WORDS if kind < 3 else STATES)
        return rng.choice([word, word.title(), word.lower()])
    if kind < 6:
        return rng.choice(SIGNS)
    if kind < 7:
        return "%d" % rng.randrange(10 ** rng.randrange(1, 9))
    if kind < 8:
        return rng.choice(LETTERS)
    if kind < 9:
        return rng.choice("aeuoqAK") + "".join(rng.sample(MARKS, rng.randrange(3)))
    return "".join(rng.choice("abcdefGHIJKLMNOPQRSTUVWXYZ") for _ in range(4))


def main():
    rng = random.Random(20)
    columns = [{"name": k.lower(), "columnType": "DIMENSION", "dataType": "STRING",
                "externalUserIdType": {"hashedPii": k}} for k in KINDS]
    columns.append({"name": "country", "dataType": "STRING", "isCountryCode": True})
    definition = {"dataSet": {"dataSetId": "oracle", "columns": columns}}
    lines = [",".join(c["name"] for c in columns)]
    for _ in range(3000):
        cells = ["".join(piece(rng) for _ in range(rng.randrange(6))) for _ in KINDS]
        cells.append(rng.choice(COUNTRIES + [""]))
        lines.append(",".join('"%s"' % c for c in cells))
    data = ("\n".join(lines) + "\n").encode()
    wanted = oracle.Oracle(definition).run(data)
    with tempfile.TemporaryDirectory() as tmp:
        with open(f"{tmp}/definition.json", "w", encoding="utf-8") as f:
            json.dump(definition, f)
        done = subprocess.run(
            [sys.argv[1], "hash", "--definition", f"{tmp}/definition.json",
             "--report", f"{tmp}/report"], input=data, capture_output=True, timeout=100)
        if done.returncode != 0:
            sys.exit(done.stderr.decode())
        with open(f"{tmp}/report", encoding="utf-8") as f:
            report = json.load(f)
    got = done.stdout.decode().split("\n")
    for n, (line, mine) in enumerate(zip(got, wanted.staged.decode().split("\n"))):
        if line != mine:
            sys.exit(f"row {n}: {ascii(lines[n])}\n  got      {line}\n  expected {mine}")
    assert len(got) == len(lines) + 1, "all rows are there"
    assert {x["column"]: x["count"] for x in report["invalid_values"]} == wanted.invalid


if __name__ == "__main__":
    main()
