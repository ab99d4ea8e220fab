# SPDX-License-Identifier: Apache-2.0
"""How the emulator reads staged files: CSV by its declared format, compression."""
import bz2
import gzip
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..",
                                "scripts"))

from emulator.csvcheck import (BadFile, Format, csv_records,  # noqa: E402
                               decompress, json_records)

RFC = {"quoteEscapeCharacter": '"'}


def read(text, spec=RFC, cut=None):
    data = text.encode() if isinstance(text, str) else text
    cut = cut or len(data) or 1
    chunks = [data[i:i + cut] for i in range(0, len(data), cut)]
    return [fields for _, fields in csv_records(chunks, Format(spec))]


class Csv(unittest.TestCase):
    def both(self, text, expected, spec=RFC):
        for cut in (None, 1, 2, 3, 7):
            self.assertEqual(read(text, spec, cut), expected)

    def fails(self, text, message, spec=RFC):
        for cut in (None, 1):
            with self.assertRaises(BadFile) as caught:
                read(text, spec, cut)
            self.assertIn(message, str(caught.exception))

    def test_plain(self):
        self.both("a,b\n1,\n,2\n,\n", [["a", "b"], ["1", ""], ["", "2"], ["", ""]])
        self.both("a,b\n1,2", [["a", "b"], ["1", "2"]])
        self.both("\u00e9\U0001f600\n", [["\u00e9\U0001f600"]])

    def test_doubled_quotes(self):
        self.both('"a,b","c""d","",x\n', [["a,b", 'c"d', "", "x"]])
        self.both('"a\nb"\n"""\n"""\n', [["a\nb"], ['"\n"']])
        self.both('"\\"\n', [["\\"]])
        self.both('"",\n', [["", ""]])

    def test_backslash_escape_is_the_default(self):
        self.both(r'"a\"b","c\\","d\n"' + "\n", [['a"b', "c\\", r"d\n"]], {})
        # Doubled quotes written against the default are not what they seem.
        self.fails('"a""b"\n', "after a closing quote", {})
        # A backslash at the end of a quoted value swallows the closing quote.
        self.fails('"a\\"\nb\n', "still open", {})

    def test_a_pair_of_quotes_means_doubling(self):
        self.both('"a""b"\n', [['a"b']], {"quoteEscapeCharacter": '""'})

    def test_other_characters(self):
        spec = {"fieldDelimiter": "|", "recordDelimiter": "\r\n", "quoteCharacter": "'",
                "quoteEscapeCharacter": "'", "commentCharacter": "#"}
        self.both("#x\r\na|'b''|'\r\n", [["a", "b'|"]], spec)

    def test_empty_lines_are_no_rows(self):
        self.both('a\n\n""\n\n', [["a"], [""]])

    def test_refusals(self):
        self.fails('a\n"b', "line 2: a quote is still open")
        self.fails('a\n"b"c\n', "line 2: text after a closing quote")
        self.fails('a\nb"c\n', "line 2: quote inside an unquoted field")
        self.fails("a\r\n", "carriage return")
        self.fails('"a"\r\n', "text after a closing quote")
        self.fails("\ufeffa\n", "byte order mark")
        self.fails(b"a\n\xff\n", "not UTF-8")
        self.fails(b"a\n\xc3", "not UTF-8")

    def test_line_numbers_are_where_a_record_starts(self):
        records = csv_records([b'h\n"a\nb"\nc\n'], Format(RFC))
        self.assertEqual([n for n, _ in records], [1, 2, 4])

    def test_formats_that_make_no_sense(self):
        for spec in ({"fieldDelimiter": ""}, {"fieldDelimiter": ",,"}, {"x": "y"},
                     {"quoteCharacter": ","}, {"quoteEscapeCharacter": "ab"},
                     {"fieldDelimiter": None}):
            with self.subTest(spec), self.assertRaises(ValueError):
                Format(spec)

    def test_json_lines(self):
        self.assertEqual([v for _, v in json_records([b'{"a": 1.50, "b": null}\n\n'])],
                         [{"a": "1.50", "b": None}])
        for text in (b"[1]\n", b'{"a": [1]}\n', b"{\n"):
            with self.assertRaises(BadFile):
                list(json_records([text]))


class Compression(unittest.TestCase):
    def unpack(self, pieces, kind):
        return b"".join(bytes(c) for c in decompress(pieces, kind))

    def test_members_follow_each_other(self):
        big = os.urandom(700000)
        for kind, pack in (("GZIP", gzip.compress), ("BZIP", bz2.compress)):
            data = pack(b"one,") + pack(b"") + pack(big)
            for cut in (len(data), 100001, 3 if kind == "GZIP" else 4096):
                pieces = [data[i:i + cut] for i in range(0, len(data), cut)]
                self.assertEqual(self.unpack(pieces, kind), b"one," + big)

    def test_damage(self):
        data = gzip.compress(b"x" * 1000)
        for bad in (b"", b"plain text", data[:-1], data + b"junk",
                    data[:-5] + b"\0" + data[-4:]):
            with self.assertRaises(BadFile):
                self.unpack([bad], "GZIP")
        with self.assertRaises(BadFile):
            self.unpack([b"x"], "SNAPPY")


if __name__ == "__main__":
    unittest.main()
