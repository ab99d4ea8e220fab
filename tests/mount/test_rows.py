#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files as they come: encodings, gzip, JSON Lines, no header, names that must be
mapped, constants, local time, and what nobody can read. Each test's data set has a
section of its own in the configuration. Expected bytes are written out by hand.
"""
import gzip
import hashlib
import json
import os
import re
import subprocess

import harness
from harness import INSTANCE, dimension, fact, people

SECTIONS = {
    "test_windows_1252": "encoding = windows-1252",
    "test_windows_1252_has_no_0x81": "encoding = windows-1252",
    "test_iso_8859_1": "encoding = iso-8859-1",
    "test_utf_16": "encoding = utf-16",
    "test_json_lines": "max_skipped = 2",
    "test_no_header": "header = no\ncolumns = email,,note, points",
    "test_map_and_const": "map.email = E-Mail Address\nmap.points = Punkte\n"
                          "const.note = crm ${file}; ${job}\n"
                          "const.first_seen = ${now}",
    "test_const_of_another_type": "const.points = many",
    "test_rsync_tells_the_file": "const.note = ${file}",
    "test_delayed_rsync_tells_the_file": "const.note = ${file}",
    "test_temporary_name_tells_the_file": "const.note = ${file}",
    "test_name_that_tells_nothing": "const.note = ${file}",
    "test_rename_that_breaks_the_promise": "const.note = ${file}",
    "test_rename_while_open": "const.note = ${file}",
    "test_rename_of_a_final_name": "const.note = ${file}",
    "test_timezone_fact": "timezone = Europe/Berlin",
    "test_hash_is_what_is_staged": "encoding = windows-1252\ndelimiter = semicolon\n"
                                   "map.email = Mail\nconst.note = a ${file}",
}


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def mail(i):
    return "kanarie%d@example.com" % i


class Case(harness.Case):
    more_config = "".join("\n[dataset %s/%s]\n%s\n" % (INSTANCE, name, keys)
                          for name, keys in SECTIONS.items())

    def staged_is(self, name, text, **counts):
        """The file succeeded, with exactly these bytes and counts."""
        record = self.wait_state(name, "succeeded")
        self.check_form(record)
        self.assertEqual(self.staged(record).decode(), text)
        lines = text.count("\n") - 1
        wanted = {"rows_in": lines, "rows_out": lines, "rows_skipped": 0,
                  "line_breaks": 0, "skipped": [], "invalid_values": [],
                  "ignored_columns": [], "error": None}
        wanted.update(counts)
        self.assertEqual({n: record[n] for n in wanted}, wanted)
        return record

    def tells(self, name, file):
        return self.staged_is(name, "email,note\n%s,%s\n" % (sha(mail(1)), file))


class Rows(Case):
    def refused(self, name, data, reason, code):
        """cp fails for that reason; the record's sentence."""
        source = self.source(os.path.basename(name), data)
        self.fails("cp $1 %s" % name, source, reason=reason)
        return self.rejected(name, code)["error"]["message"]

    # -- encodings -----------------------------------------------------------------

    def test_windows_1252(self):
        self.put("a.csv", b"email,note\n%s,caf\xe9 \x80 \x93x\x94\n" % mail(1).encode())
        self.staged_is("a.csv", "email,note\n%s,caf\u00e9 \u20ac \u201cx\u201d\n"
                       % sha(mail(1)))

    def test_windows_1252_has_no_0x81(self):
        said = self.refused("a.csv", b"email,note\n%s,x\n\x81,y\n" % mail(1).encode(),
                            "Invalid or incomplete multibyte", "bad-encoding")
        self.assertIn("line 3", said)
        self.assertIn("windows-1252", said)

    def test_iso_8859_1(self):
        self.put("a.csv", b"email,note\n%s,na\xefve\n" % mail(1).encode())
        self.staged_is("a.csv", "email,note\n%s,na\u00efve\n" % sha(mail(1)))

    def test_utf_16(self):
        text = "email\tnote\r\n%s\t\u0141\u00f3d\u017a \U0001f600\r\n" % mail(1)
        wanted = "email,note\n%s,\u0141\u00f3d\u017a \U0001f600\n" % sha(mail(1))
        for name, data in (("marked.txt", text.encode("utf-16")),
                           ("big.txt", b"\xfe\xff" + text.encode("utf-16-be")),
                           ("little.txt", text.encode("utf-16-le"))):
            self.put(name, data)
            self.staged_is(name, wanted)

    def test_byte_order_mark(self):
        self.put("a.csv", b"\xef\xbb\xbf" + people(3))
        record = self.wait_state("a.csv", "succeeded")
        self.assertEqual(self.staged(record), self.expected(people(3)).staged)

    def test_last_line_is_no_text(self):
        """The byte comes without a newline behind it, and fails the copy."""
        for name, last in (("a.csv", b"caf\xe9t"), ("b.csv", b"x\xff"),
                           ("c.csv", b"a\0b")):
            said = self.refused(name, b"email,note\n%s,x\n%s,%s" % (
                mail(1).encode(), mail(2).encode(), last),
                "Invalid or incomplete multibyte", "bad-encoding")
            self.assertIn("line 3", said)

    def test_last_character_is_cut(self):
        """Only the end can show it, so the copy goes well and the record tells."""
        self.put("a.csv", b"email,note\n%s,caf\xe9" % mail(1).encode())
        said = self.rejected("a.csv", "bad-encoding")["error"]["message"]
        self.assertIn("line 2", said)

    def test_excel(self):
        """A workbook, whatever its name says."""
        book = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0" + bytes(range(256)) * 40
        for name in ("a.xlsx", "b.csv"):
            said = self.refused(name, book, "Invalid or incomplete multibyte",
                                "bad-encoding")
            self.assertIn("Excel", said)
            self.assertIn("CSV", said)

    def test_utf_16_that_nobody_announced(self):
        said = self.refused("a.csv", "email\n{}\n".format(mail(1)).encode("utf-16"),
                            "Invalid or incomplete multibyte", "bad-encoding")
        self.assertIn("encoding = utf-16", said)

    # -- gzip, JSON Lines ----------------------------------------------------------

    def test_gzip(self):
        """Two members, cut in mid-row, under a name that says nothing."""
        data = people(2000)
        half = len(data) // 2 + 7
        self.put("a.csv", gzip.compress(data[:half]) + gzip.compress(data[half:]))
        record = self.wait_state("a.csv", "succeeded")
        self.check_form(record)
        wanted = self.expected(data)
        self.assertEqual(self.staged(record), wanted.staged)
        self.assertEqual(record["rows_in"], 2000)

    def test_gzip_is_cut(self):
        """Only the end can show it, so the copy goes well and the record tells."""
        self.put("a.csv.gz", gzip.compress(people(2000))[:-20])
        said = self.rejected("a.csv.gz", "bad-gzip")["error"]["message"]
        self.assertIn("gzip", said)

    def test_json_lines(self):
        lines = [{"email": mail(1), "points": 3, "note": "a\r\nb"},
                 {"note": {"x": [1, True, None]}, "email": mail(2), "more": "ignored"},
                 {"email": mail(3), "points": None, "note": "\u00e9\t\"q\""}]
        text = "\n".join(json.dumps(one) for one in lines) + "\n\nnonsense\n" + \
            json.dumps({"email": mail(4), "points": "4"})
        self.put("a.jsonl", text.encode())
        self.staged_is(
            "a.jsonl",
            "email,points,note\n%s,3,a b\n%s,,\"{\"\"x\"\":[1,true,null]}\"\n"
            "%s,,\"\u00e9\t\"\"q\"\"\"\n%s,4,\n" % tuple(
                sha(mail(i)) for i in range(1, 5)),
            rows_in=5, rows_skipped=1, line_breaks=1, ignored_columns=["more"],
            skipped=[{"column": None, "reason": "json", "count": 1, "lines": [5]}])

    # -- header, map, const --------------------------------------------------------

    def test_no_header(self):
        self.put("a.csv", "{},x,\"n, 1\",7\n{},y,,8\n".format(mail(1), mail(2)).encode())
        self.staged_is("a.csv", "email,points,note\n%s,7,\"n, 1\"\n%s,8,\n"
                       % (sha(mail(1)), sha(mail(2))))

    def test_map_and_const(self):
        self.put("a b.csv", "Punkte;E-Mail Address;note\n7;{};mine\n".format(
            mail(1)).encode(), how="cp")
        record = self.one("a b.csv")
        self.staged_is("a b.csv", "email,first_seen,points,note\n"
                       "%s,%s,7,crm a b.csv; %s\n"
                       % (sha(mail(1)), record["created_at"][:10], record["id"]),
                       ignored_columns=["note"])

    def test_const_of_another_type(self):
        said = self.refused("a.csv", b"email\n%s\n" % mail(1).encode(),
                            "Invalid argument", "bad-mapping")
        self.assertIn("const.points", said)

    # -- ${file}, while the name is temporary --------------------------------------

    DATA = "email\n{}\n".format(mail(1)).encode()

    def test_rsync_tells_the_file(self):
        self.source("d/e/a.csv", self.DATA)
        self.source("d/b.csv", self.DATA)
        source = os.path.join(self.world.work, self.dataset, "d")
        self.ok("rsync -rt $1/ .", source)
        self.tells("e/a.csv", "e/a.csv")
        self.tells("b.csv", "b.csv")

    def test_delayed_rsync_tells_the_file(self):
        self.ok("rsync --delay-updates $1 .", self.source("a.csv", self.DATA))
        self.tells("a.csv", "a.csv")

    def test_temporary_name_tells_the_file(self):
        source = self.source("a.csv", self.DATA)
        self.ok("cp $1 b.csv.part && mv b.csv.part b.csv", source)
        self.tells("b.csv", "b.csv")

    def test_name_that_tells_nothing(self):
        said = self.refused(".hidden", self.DATA, "Invalid argument", "bad-mapping")
        self.assertIn("const.note uses ${file}", said)
        self.assertIn('".hidden"', said)

    def breaks(self, text, *arguments):
        self.expect_log(r'name="b.csv.tmp" is not renamed: const.note uses ')
        self.fails(text, *arguments, reason="mv: cannot move 'b.csv.tmp' to 'c.csv': "
                   "Operation not permitted")

    def test_rename_that_breaks_the_promise(self):
        """It is refused, and the right one is still possible."""
        self.ok("cp $1 b.csv.tmp", self.source("a.csv", self.DATA))
        self.breaks("mv b.csv.tmp c.csv")
        self.ok("mv b.csv.tmp b.csv")
        self.tells("b.csv", "b.csv")

    def test_rename_while_open(self):
        self.breaks("exec 5> b.csv.tmp; cat $1 >&5; mv b.csv.tmp c.csv",
                    self.source("a.csv", self.DATA))
        self.ok("mv b.csv.tmp b.csv")
        self.tells("b.csv", "b.csv")

    # -- time ----------------------------------------------------------------------

    def test_timezone(self):
        self.use_fact()
        times = ["2024-07-01 12:00:00", "2024-01-01T12:00", "2024-07-01T12:00:00Z",
                 "2024-07-01T12:00:00+05:00", "1719835200", "2024-10-27 02:30:00",
                 "2024-03-31 02:30:00"]
        utc = ["2024-07-01T10:00:00Z", "2024-01-01T11:00:00Z", "2024-07-01T12:00:00Z",
               "2024-07-01T07:00:00Z", "2024-07-01T12:00:00Z", "2024-10-27T00:30:00Z",
               "2024-03-31T01:30:00Z"]
        self.put("a.csv", "".join(["purchase_time,order_id\n"] + [
            "%s,%d\n" % (t, i) for i, t in enumerate(times)]).encode())
        self.staged_is("a.csv", "".join(["purchase_time,order_id\n"] + [
            "%s,%d\n" % (t, i) for i, t in enumerate(utc)]))

    # -- the dry run ---------------------------------------------------------------

    def test_hash_is_what_is_staged(self):
        data = "Mail;points\r\n%s;7\r\n%s;\r\n" % (mail(1), mail(2))
        self.put("a.csv", data.encode())
        record = self.tells_both("a.csv")
        definition = self.source("definition.json", json.dumps(
            {"dataSet": self.definition()}).encode())
        done = self.amcfs("hash", "--config", self.world.config, "--dataset",
                          INSTANCE + "/" + self.dataset, "--definition", definition,
                          self.source("a.csv", data.encode()))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.encode(), self.staged(record))

    def test_words_of_the_dry_run(self):
        definition = self.source("definition.json", json.dumps(
            {"dataSet": dimension("x")}).encode())
        for operand, file in ((["-"], "-"), ([], "-"),
                              ([self.source("x/b.csv.part", self.DATA)], "b.csv")):
            done = subprocess.run(
                self.world.command("hash", "--definition", definition,
                                   "-o", "const.note=${file} ${job}",
                                   "-o", "const.first_seen=${now}", *operand),
                input=self.DATA, capture_output=True, env=self.world.environment(),
                timeout=harness.PATIENCE, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertRegex(done.stdout.decode(), r"\Aemail,first_seen,note\n"
                             r"%s,20\d\d-\d\d-\d\d,%s hash\n\Z" % (sha(mail(1)), file))

    def tells_both(self, name):
        return self.staged_is(name, "email,points,note\n%s,7,a a.csv\n%s,,a a.csv\n"
                              % (sha(mail(1)), sha(mail(2))))


class Settling(Case):
    mount = {"settle": harness.LONG}

    def test_rename_of_a_final_name(self):
        """The rows keep the name that they were written under, as is said."""
        self.ok("cp $1 b.csv && mv b.csv c.csv", self.source("a.csv", Rows.DATA))
        self.settle()
        self.tells("c.csv", "b.csv")


class AtOnce(harness.Case):
    """Nothing settles, so the close itself judges; JSON Lines have no header until
    a thousand lines have come or the file has ended."""
    mount = {"settle": "0"}

    def test_counts_of_the_end(self):
        self.put("a.json", b'{"email":"kanarie@example.com","x":1}\n[]\n{"y":2}\n[1')
        record = self.rejected("a.json", "too-many-skipped")
        self.assertEqual({n: record[n] for n in (
            "rows_in", "rows_out", "rows_skipped", "skipped", "ignored_columns")}, {
                "rows_in": 4, "rows_out": 2, "rows_skipped": 2,
                "ignored_columns": ["x", "y"],
                "skipped": [{"column": None, "reason": "json", "count": 2,
                             "lines": [2, 4]}]})


class Check(harness.Case):
    """amcfs check: what data sets and configuration say of each other."""
    alone = True
    more_config = ("\n[dataset {0}/people]\nmap.emial = x\n"
                   "[dataset {0}/renamed]\nmap.note = Your Phone\nconst.name = none\n"
                   "[dataset {0}/gone]\nconst.x = y\n"
                   "[dataset {0}/text]\nconst.points = ten\nconst.note = ${{now}}\n"
                   "[dataset {0}/word]\nconst.points = ${{now}}\n"
                   "[dataset {0}/mail]\nconst.email = nobody\n"
                   "[dataset {0}/fine]\nconst.points = ${{file}}\n"
                   "const.first_seen = ${{now}}\nconst.note = ${{job}}\n"
                   "const.email = a@example.com\n").format(INSTANCE)

    def define(self):
        def plain(name, **more):
            return dict({"name": name, "columnType": "DIMENSION", "dataType": "STRING"},
                        **more)

        renamed = dimension("renamed")
        renamed["columns"].append(plain("name"))
        doubtful = {"dataSetId": "doubtful", "countryCode": "US", "columns": [
            plain("contact_email"), plain("phone_no"), plain("product_name"),
            plain("zip", externalUserIdType={"hashedPii": "ZIP"}),
            plain("last_name", dataType="INTEGER")]}
        self.world.define(dimension("people"), fact("orders"), renamed, doubtful,
                          *map(dimension, ("text", "word", "mail", "fine")))

    def test_doubts(self):
        done = self.amcfs("check", self.world.config)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        found = [re.sub(r"^(\w+) +", r"\1 ", line) for line in done.stdout.splitlines()
                 if not line.startswith("ok ")]
        plain = ('WARN data set %s/%s: column "%s" is plain STRING: its values would '
                 'be uploaded as they are; declare externalUserIdType or leave the '
                 'column out')
        no_value = ("FAIL data set %s/%s: its section of the configuration: the value "
                    "of %s")
        wanted = [
            no_value % (INSTANCE, "text", "const.points is no INTEGER; correct it"),
            no_value % (INSTANCE, "word", "const.points is no INTEGER; correct it"),
            no_value % (INSTANCE, "mail", "const.email has no usable normal form as "
                        "EMAIL; correct it"),
            "FAIL data set %s/people: its section of the configuration: map.emial names "
            "no column of the data set; see its definition.json for their names"
            % INSTANCE,
            plain % (INSTANCE, "renamed", "note"),
            plain % (INSTANCE, "doubtful", "contact_email"),
            plain % (INSTANCE, "doubtful", "phone_no"),
            "WARN data set {0}/gone: AMC has none of that name; correct the section "
            "[dataset {0}/gone], or create the data set".format(INSTANCE)]
        self.assertEqual(sorted(found), sorted(wanted))


if __name__ == "__main__":
    harness.main()
