# SPDX-License-Identifier: Apache-2.0
"""Ugly files, invented: data sets of every kind of column, and for each a file as
spreadsheets, exports and people make them.

    case = ugly.make(random.Random(7))
    case.definition, case.data, case.options    as for oracle.Oracle
"""
import gzip
import importlib.machinery
import importlib.util
import json
import os
from types import SimpleNamespace

import oracle_norm
from oracle_read import SIGNS

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTRIES = "AE AU BE BR CA DE EG ES FR GB IN IT JP MX NL PL SA SE SG TR US".split()
WORDS = [w for name, words in oracle_norm.WORDS.items()
         if name not in ("note", "countries") for w, _ in words]
STATES = [n for c, names in oracle_norm.STATES.items() if c != "note" for n in names]
CONSENTS = ["TCF", "GPP", "AMZN_USER_DATA", "AMZN_AD_STORAGE"]
SIGNS_OF_ADDRESS = list(" ,!.[](){}#-/_'@&|;\\") + [
    " C/O ", " c/o ", "-c/o.", "xC/O ", "12-", "12#", "C/", "\u00a0", "\u3000", "\u200b",
    " - "]
LETTERS = (list("ΣσςΐßẞİıſÅŉﬃǰäöüøæéñåÅÄÖÜØÆÉÑ山東가각か½²٣") +
           ["\u1100\u1161", "\u0661", "\uff11", "\uff21", "\U0001f600", "\u212a"])
MARKS = ["\u0301", "\u0308", "\u0323", "\u0327", "\u030a", "\u0344", "\u3099"]
SPACE = ["", "", "", "", " ", "  ", "\t", "\u00a0", "\u3000", "\u2003"]
EVERYTHING = frozenset("""delimiter encoding header null timezone max_skipped max_row map
                       const ragged gzip json""".split())
HEX = "0123456789abcdefABCDEF"


def phone_maker(rng):
    path = os.path.join(HERE, "phone_compare")
    loader = importlib.machinery.SourceFileLoader("phone_compare", path)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("phone_compare", loader))
    loader.exec_module(module)
    return module.Maker(rng.randrange(1 << 30))


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.country = rng.choice(COUNTRIES)
        self.phones = phone_maker(rng) if "PHONE" in oracle_norm.KINDS else None

    def maybe(self, often):
        return self.rng.random() < often

    def digits(self, low, high):
        return "".join(self.rng.choice("0123456789")
                       for _ in range(self.rng.randint(low, high)))

    def piece(self):
        kind = self.rng.randrange(10)
        if kind < 4:
            word = self.rng.choice(WORDS if kind < 3 else STATES)
            return self.rng.choice([word, word.title(), word.lower()])
        if kind < 6:
            return self.rng.choice(SIGNS_OF_ADDRESS)
        if kind < 7:
            return self.digits(1, 9)
        if kind < 8:
            return self.rng.choice(LETTERS)
        if kind < 9:
            marks = self.rng.sample(MARKS, self.rng.randrange(3))
            return self.rng.choice("aeuoqAKU") + "".join(marks)
        return "".join(self.rng.choice("abcdefGHIJKLMNOPQRSTUVWXYZ") for _ in range(4))

    def pieces(self, most=6):
        return "".join(self.piece() for _ in range(self.rng.randrange(most)))

    def email(self):
        r = self.rng
        name = "".join(r.choice("abcXYZ019._+-é' ") for _ in range(r.randrange(12)))
        return name + r.choice(["@", "@", "@", "@", "", "@@", " @ "]) + r.choice(
            ["example.com", "Example.COM", "b", "", "x.y@z", "mün.de", "sub-a.b.org"])

    def person(self):
        r = self.rng
        return r.choice(["José", "Jörg Müller", "O'Brien", "山田", "Ægir", "Bjørn", "Zoë",
                         "ŁUKASZ", "Anne-Marie", "van der Berg", "İbrahim", "STRAẞE",
                         "Nguyễn", "D\u2019Angelo", "Jose\u0301", "محمد", "3rd"])

    def zip(self):
        r = self.rng
        shapes = ["99999", "99999-9999", "9999", "999999", "A9A 9A9", "AA9A 9AA",
                  "A99 9AA", "9999 AA", "999-9999", "99999999", "AA99 9AA", "9999999",
                  "F-99999"]
        made = "".join(self.digits(1, 1) if c == "9" else r.choice("ABKSWxyz")
                       if c == "A" else c for c in r.choice(shapes))
        if self.maybe(0.05):
            made = "".join(chr(0xff10 + int(c)) if c.isdecimal() else c for c in made)
        return made

    def street(self):
        r = self.rng
        parts = [self.digits(1, 4) + r.choice(["", "-B", "B", "-12", "#3", "#"])]
        for _ in range(r.randint(1, 4)):
            word = r.choice(WORDS) if self.maybe(0.7) else self.piece()
            parts.append(r.choice([word, word.title(), word.lower()]) +
                         r.choice(["", "", ".", ","]))
        r.shuffle(parts)
        return r.choice([" ", " ", "  ", ", "]).join(parts)

    def personal(self, kind):
        """As people type it, or as nobody should."""
        if self.maybe(0.04):
            return "".join(self.rng.choice(HEX) for _ in range(
                self.rng.choice([64, 64, 64, 63, 65])))
        if kind == "PHONE":
            return self.phones.dialled(self.country) if self.maybe(0.6) \
                else self.phones.make()[1]
        if self.maybe(0.35):
            return self.pieces()
        if kind == "EMAIL":
            return self.email()
        if kind == "ZIP":
            return self.zip()
        if kind == "ADDRESS":
            return self.street()
        if kind == "STATE":
            name = self.rng.choice(STATES)
            return self.rng.choice([name, name.title(), name.lower(), name[:2], "tx",
                                    "Bayern", "New York", "Île-de-France", "n.y."])
        return self.person()

    def code(self):
        r = self.rng
        return r.choice([self.country] * 6 + COUNTRIES + [
            "uk", "UK", "us", "Us ", "USA", "", "", "U1", "Deutschland", "XX", "ÅÄ"])

    def number(self, bits):
        r = self.rng
        edge = 1 << bits - 1
        good = [self.digits(1, 8), "-" + self.digits(1, 8), "+" + self.digits(1, 5), "0",
                "%d.0" % r.randrange(1000), "007", "-0", " 12 ", "\t5", str(edge - 1),
                str(-edge), "12.000"]
        bad = [str(edge), str(-edge - 1), "1e3", "1,000", "0x10", "12.5", "--1", "+", ".",
               "1 2", "\u0661", "9" * 30, "1.", ".0", "true", "nan", "12-"]
        return r.choice(good) if self.maybe(self.good) else r.choice(bad)

    def decimal(self):
        r = self.rng
        good = [self.digits(1, 20), self.digits(1, 4) + "." + self.digits(1, 20), ".5",
                "5.", "+1.50", "-.25", "1.5e3", "-25E-3", "1e+2", "0.10", "007.70", "-0",
                " 3.10 ", "1.50e1", "123456e-3", "0e0", "%de%d" % (r.randrange(1, 99),
                                                                   r.randint(-60, 60))]
        bad = ["1,5", "1.2.3", "e5", "1e", "1e+", ".", "+", "-", "", "$5", "5 €", "0x1",
               "inf", "NaN", "1 000", "\uff11", "1e5.5", "1_000"]
        return r.choice(good) if self.maybe(self.good) else r.choice(bad)

    def day(self):
        r = self.rng
        return "%04d-%02d-%02d" % (r.choice([1970, 1999, 2000, 2024, 2026, 2026, 2038,
                                             r.randint(1000, 9999)]),
                                   r.randint(1, 12), r.randint(1, 28))

    def time(self):
        r = self.rng
        clock = "%02d:%02d:%02d" % (r.randrange(24), r.randrange(60), r.randrange(60))
        zone = r.choice(["", "", "Z", "+02:00", "-0530", "+09", "-00:00", "+14:00"])
        if self.maybe(self.good):
            return r.choice([
                self.day(), self.day() + r.choice("T ") + clock + zone,
                self.day() + r.choice("T ") + clock + r.choice([".5", ".1234567", ",1"]) +
                zone, str(r.randrange(-10 ** 9, 4 * 10 ** 9)), "2024-02-29", "0",
                "1767225600.0", " %s " % self.day(), "2026-03-29 02:30:00",
                "2026-10-25T02:30:00", "2026-11-01 01:30:00", "2026-03-08 02:15:00",
                self.day() + r.choice("Tt ") + clock[:5] + zone,
                self.day() + "t10:00:00z",
                self.day().replace("-", "") + r.choice("T ") + clock.replace(":", "") +
                zone])
        return r.choice(["2026-02-29", "2026-13-01", "2026-00-10", "2026-01-32", "today",
                         "2026-1-2", "01/02/2026", "2026-01-01T24:00:00Z",
                         "1767225600000",
                         "2026-01-01T10:00:60Z", "2026-01-01T10:60:00Z", "2026-01-01T",
                         "2026-01-01T10:00:00+2", "2026-01-01T10:00:00 Z", "0000-01-01",
                         "2026-01-01T10:00:00.Z", "2026-01-01TT10:00:00Z", "-2026-01-01",
                         "2026-01-01T10:00:00+02:60", "2026-01-01Z", "٢٠٢٦-٠١-٠١",
                         "2026-01-01  10:00:00", "99999999999999999999", "12:00:00",
                         "2026", "20261122", "202611", "2026-01-01T1000Z",
                         "20260101T10:00:00", "1767225600.5"])

    def text(self):
        r = self.rng
        return r.choice(["plain", " kept ", "a,b", 'say "hi"', "x;y", "é", "NULL", "nan",
                         "\t", "3.0", "''", "=1+1", "\\", "a|b", "日本", "- ", "\u2028",
                         "0012", self.pieces(4)])

    def value(self, spec):
        kind = spec.get("externalUserIdType", {})
        if spec.get("isCountryCode") or kind.get("hashedPii") == "COUNTRY_CODE":
            return self.code()
        if self.maybe(0.08):
            return self.rng.choice(["", "", " ", "n/a"])
        if kind.get("hashedPii"):
            text = self.personal(kind["hashedPii"])
            return self.rng.choice(SPACE) + text + self.rng.choice(SPACE)
        if "externalIdentity" in kind:
            return self.rng.choice(["6d92078a-8246-4ba4-ae5b-76104861e7dc", " Xy12 ",
                                    "AB", "F" * 64])
        if "consentType" in spec:
            good = ["GRANTED", "DENIED"] * 9 if spec["consentType"][:4] == "AMZN" \
                else ["CPc7TgAPc7TgAAOACKFRCYCgAAAAAAAAAAYgAAAAAAAA", "DBABMA~x"]
            return self.rng.choice(good + [""] + [
                "granted", "yes", " GRANTED"] * (not self.maybe(self.good)))
        made = {"INTEGER": lambda: self.number(32), "LONG": lambda: self.number(64),
                "DECIMAL": self.decimal, "DATE": self.time, "TIMESTAMP": self.time}
        return made.get(spec["dataType"], self.text)()


def column(rng, name):
    spec = {"name": name, "columnType": "DIMENSION", "dataType": "STRING"}
    kind = rng.randrange(20)
    if kind < 10:
        spec["externalUserIdType"] = {"hashedPii": rng.choice(oracle_norm.KINDS)}
    elif kind < 15:
        spec["dataType"] = rng.choice("DECIMAL INTEGER LONG DATE TIMESTAMP".split())
    elif kind == 15:
        spec["externalUserIdType"] = {
            "externalIdentity": rng.choice(["MAID", "LIVERAMP"])}
    elif kind == 16:
        spec["consentType"] = rng.choice(CONSENTS)
    elif kind == 17:
        spec["isMainUserId"] = True
    if rng.random() < 0.3:
        spec["nullable"] = rng.random() < 0.4
    return spec


def data_set(rng):
    names = ["email", "Phone", "first", "last name", "city", "zip", "amount", "at",
             "größe", "a,b", "x", "notes", "id", "ID2", "user_id", "day"]
    rng.shuffle(names)
    columns = [column(rng, n) for n in names[:rng.choice([1, 2, 3, 4, 6, 8, 10])]]
    if rng.random() < 0.5:
        columns.insert(rng.randrange(len(columns) + 1),
                       {"name": "country", "dataType": "STRING", "isCountryCode": True})
    if rng.random() < 0.15:
        columns.insert(rng.randrange(len(columns) + 1), {
            "name": "Land", "dataType": "STRING",
            "externalUserIdType": {"hashedPii": "COUNTRY_CODE"}})
    if rng.random() < 0.2:
        columns.insert(0, {"name": "event", "isMainEventTime": True,
                           "dataType": rng.choice(["TIMESTAMP", "DATE"])})
    made = {"dataSetId": "ugly", "columns": columns}
    if rng.random() < 0.2:
        made["countryCode"] = rng.choice(COUNTRIES)
    return {"dataSet": made} if rng.random() < 0.8 else made


class File:
    """Rows of cells in some spelling."""

    def __init__(self, rng, dirty):
        self.rng, self.dirty = rng, dirty
        self.sign = rng.choice(",,,;\t|")
        self.end = rng.choice(["\n", "\n", "\r\n", "\r", None])
        self.quote = rng.choice([0, 0.1, 1])

    def cell(self, text):
        r = self.rng
        if r.random() < 0.02:
            text += r.choice(["\n", "\r\n", "\r", "\n\n", "\nx", '"\n"'])
        if (r.random() < self.quote or text.startswith('"') or text == "" and
                r.random() < 0.05 or any(c in text for c in "\r\n" + self.sign)):
            return '"%s"' % text.replace('"', '""') + (
                r.choice(['x"y', " "]) if self.dirty and r.random() < 0.01 else "")
        return text

    def row(self, cells):
        line = self.sign.join(map(self.cell, cells))
        if line == "":
            line = '""'
        end = self.end or self.rng.choice(["\n", "\r\n", "\r", "\n\n"])
        return line + end * (2 if self.rng.random() < 0.01 else 1)

    def ragged(self, cells):
        if self.dirty and self.rng.random() < 0.15:
            return self.rng.choice([cells[:-1] or cells, cells + [""], cells + ["", ""],
                                    cells[:len(cells) // 2] or cells, cells + ["more"],
                                    [""] + cells, cells + [" "]])
        return cells


def json_value(rng, text):
    if rng.random() < 0.05:
        return rng.choice([None, True, False, 12, {"inner": text}, [text, 1], {}, []])
    if text.strip().isdecimal() and text.isascii() and not text.strip().startswith("0"):
        return rng.choice([text, int(text)])
    return text


def json_line(rng, header, cells):
    found = {k: json_value(rng, v) for k, v in zip(header, cells)}
    for key in list(found):
        if rng.random() < 0.05:
            del found[key]
    nested = any(isinstance(v, (dict, list)) for v in found.values())
    line = json.dumps(found, ensure_ascii=rng.random() < 0.5 and not nested,
                      separators=rng.choice([(",", ":"), (", ", ": ")]))
    if rng.random() < 0.01:
        found[rng.choice(["late", "Notes", "x"])] = {"y": 1}
        line = rng.choice([json.dumps(found), line[:-1], "[]", line + "x", "nonsense",
                           '{"a":1,"a":2}', "{'a'}", "null", line + line])
    return line


def spoil(rng, data):
    """Bytes that do not belong there."""
    at = rng.randrange(len(data) + 1)
    what = rng.choice([b"\xff", b"\x00", b"\xc3", b"\xed\xa0\x80", b'"', b"\xef\xbb\xbf"])
    return data[:at] + what + data[at:] if rng.random() < 0.8 else data[:at]


def packed(rng, data):
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(3)))
    parts = [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)])]
    data = b"".join(gzip.compress(p, mtime=0) for p in parts)
    return data + b"\0" * rng.choice([0, 512])


def is_namable(name):
    return name != "" and "," not in name and name != "ignored"


def choose_options(rng, columns, able, dirty):
    options = {}
    if rng.random() < 0.5:
        options["country"] = rng.choice(COUNTRIES)
    if "max_skipped" in able and rng.random() < 0.8:
        options["max_skipped"] = rng.choice(["100%", "100%", "50%", "3", "0", "2.5%"])
    if "null" in able and rng.random() < 0.2:
        options["null"] = rng.choice(["n/a", "NULL", "-"])
    if "timezone" in able and rng.random() < 0.3:
        options["timezone"] = rng.choice([
            "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe",
            "UTC", "Asia/Kolkata", "Europe/Dublin", "America/Sao_Paulo",
            "Africa/Casablanca", "+05:45", "-03:00"])
    if "max_row" in able and dirty and rng.random() < 0.1:
        options["max_row"] = rng.choice(["1K", "1025", "4K"])
    if "map" in able and rng.random() < 0.2:
        name = rng.choice(columns)["name"]
        if "," not in name and " " not in name:
            options["maps"] = {name: rng.choice(["notes", "E-Mail Address", "x"])}
    if "const" in able and rng.random() < 0.15:
        name = rng.choice(columns)["name"]
        if "," not in name and " " not in name and name not in options.get("maps", {}):
            options["consts"] = {name: rng.choice(["crm", "1", "2026-01-01", "DE"])}
    return options


def make(rng, able=EVERYTHING):
    """able: the oddities that may be in it."""
    maker = Maker(rng)
    definition = data_set(rng)
    columns = definition.get("dataSet", definition)["columns"]
    dirty = rng.random() < 0.5
    maker.good = 0.9 if dirty and rng.random() < 0.5 else 1
    options = choose_options(rng, columns, able, dirty)
    feeds = [c for c in columns if rng.random() < 0.97]
    rng.shuffle(feeds)
    if rng.random() < 0.3:
        feeds.insert(rng.randrange(len(feeds) + 1),
                     {"name": "ignored", "dataType": "STRING"})
    if dirty and rng.random() < 0.05 and feeds:
        feeds.append(rng.choice(feeds))
    header = [c["name"] if rng.random() < 0.9 else c["name"].upper() for c in feeds]
    for name, source in options.get("maps", {}).items():
        header = [source if h == name and rng.random() < 0.8 else h for h in header]
    rows = [[maker.value(c) for c in feeds]
            for _ in range(rng.choice([0, 1, 3, 10, 30, 60] * 10 + [1500]))]
    file = File(rng, dirty)
    if rng.random() < 0.05:
        header, rows = header + [""], [r + [""] for r in rows]
    as_json = "json" in able and rng.random() < 0.25
    if as_json:
        ends = ["\n"] * 20 + ["\r\n", "\n\n"]
        text = "".join(json_line(rng, header, r) + rng.choice(ends) for r in rows)
    else:
        if "header" in able and rng.random() < 0.1 and (
                len(set(header)) == len(header) and any(map(is_namable, header))):
            options.update(header=False, columns=",".join(
                h if is_namable(h) else "" for h in header))
        else:
            rows.insert(0, header)
        if "ragged" in able:
            rows[1:] = [file.ragged(r) for r in rows[1:]]
        text = "".join(map(file.row, rows))
    if rng.random() < 0.1:
        text = text.rstrip("\r\n")
    if "delimiter" in able and not as_json and rng.random() < 0.2:
        options["delimiter"] = file.sign if rng.random() < 0.9 else rng.choice(SIGNS)
    return SimpleNamespace(definition=definition, options=options,
                           data=as_bytes(rng, able, dirty, text, options))


def as_bytes(rng, able, dirty, text, options):
    encoding = "utf-8"
    if "encoding" in able and rng.random() < 0.2:
        encoding = rng.choice(["windows-1252", "iso-8859-1", "utf-16"])
        options["encoding"] = encoding
    if encoding == "utf-16":
        data = rng.choice([lambda: b"\xff\xfe" + text.encode("utf-16-le"),
                           lambda: b"\xfe\xff" + text.encode("utf-16-be"),
                           lambda: text.encode("utf-16-le")])()
    else:
        data = text.encode(encoding, "ignore" if encoding != "utf-8" else "strict")
        if encoding == "utf-8" and rng.random() < 0.15:
            data = b"\xef\xbb\xbf" + data
    if dirty and rng.random() < 0.1:
        data = spoil(rng, data)
    if "gzip" in able and rng.random() < 0.15 and data:
        data = packed(rng, data)
        if rng.random() < 0.15:
            data = data[:rng.randrange(3, len(data))]
    return data


def people(rng, rows):
    """Nothing but values of all kinds, for all countries."""
    maker = Maker(rng)
    columns = [{"name": k.lower(), "dataType": "STRING",
                "externalUserIdType": {"hashedPii": k}} for k in oracle_norm.KINDS]
    columns.append({"name": "country", "dataType": "STRING", "isCountryCode": True})
    lines = [",".join(c["name"] for c in columns)]
    for _ in range(rows):
        code = rng.choice(COUNTRIES + ["", "XX", "uk", "CH", "KR"])
        maker.country = code if code in COUNTRIES else "US"
        cells = [rng.choice(SPACE) + maker.personal(k) + rng.choice(SPACE)
                 for k in oracle_norm.KINDS]
        lines.append(",".join('"%s"' % c.replace('"', '""') for c in cells + [code]))
    return SimpleNamespace(definition={"columns": columns}, options={},
                           data=("\n".join(lines) + "\n").encode())
