# SPDX-License-Identifier: Apache-2.0
"""What must be staged for a CSV file, worked out a second time.

Written from the description of the rules and sharing no line with the program,
slow and plain, so that the two agree only when both are right. Of the kinds of
personal data it does not know PHONE. It shares with the program the lists of address
words and states in scripts/tables, which are facts.

    result = Oracle(definition).run(open("customers.csv", "rb").read())
    result.staged    the bytes that must be staged, uncompressed
    result.rows      what AMC must hold afterwards: one object a row
    result.record    the members of the job record that the rows decide
"""
import csv
import hashlib
import io
import json
import re
import unicodedata
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

LINES = 10
HASHED = re.compile(r"[0-9A-Fa-f]{64}\Z")
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)"
                  r"(?:[T ](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(Z|[+-]\d\d(?::?\d\d)?)?)?\Z",
                  re.ASCII)
WHOLE = re.compile(r"([+-]?\d+)(?:\.0*)?\Z", re.ASCII)
NUMBER = re.compile(r"([+-]?)(\d*)(\.?)(\d*)(?:[eE]([+-]?\d+))?\Z", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MILLISECONDS_FROM = 10 ** 11


class Invalid(Exception):
    """The value cannot be converted: its row is skipped."""


class Unusable(Exception):
    """The value has no normal form: it is null."""


def email(text, _):
    kept = re.sub(r"[^a-z0-9.@-]", "", re.sub(r"[A-Z]", lambda m: m.group().lower(),
                                              text))
    name, at, host = kept.partition("@")
    if not at or not name or not host or "@" in host:
        raise Unusable
    return kept


def name(text, _):
    spelt = text.lower().translate(str.maketrans(
        {"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "æ": "ae"}))
    return re.sub("[^a-z0-9]", "", spelt)


def city(text, _):
    return re.sub("[^a-z0-9]", "", text.lower())


def state(text, where):
    letters = re.sub("[^A-Z]", "", text.upper())
    if letters in STATES.get(where, {}):
        return STATES[where][letters].lower()
    return (letters[:2] if len(text) > 2 else letters).lower()


def postcode(text, where):
    length, shape = POSTCODES.get(where, (5, "[0-9]{5}"))
    text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    kept = re.sub("[^A-Za-z0-9]" if "A" in shape else "[^0-9]", "", text).upper()
    if not re.fullmatch(shape, kept[:length]):
        raise Unusable
    return kept[:length]


def numbered(word):
    head, dash, tail = word.rpartition("-")
    parts = [word]
    if dash and tail and head.isdecimal() and not tail.isdecimal():
        parts = [head, tail]
    return [w for p in parts for w in re.split("(#)", p) if w]


def address(text, where):
    lists = WORDS["countries"].get(where, WORDS["countries"][""])
    become = dict(pair for which in lists for pair in WORDS[which])
    words = []
    for dotted in re.split(r"[\s,!\[\](){}]+|\bC/O\b", text.upper()):
        if "." in dotted and dotted in become:
            words.append(dotted)
            continue
        words += [w for part in dotted.split(".") for w in numbered(part)]
    return "".join(become.get(w, w) for w in words).lower()


TABLES = Path(__file__).resolve().parents[2] / "scripts" / "tables"
WORDS = json.loads((TABLES / "address.json").read_text())
STATES = json.loads((TABLES / "states.json").read_text())
POSTCODES = {  # where it is not five digits; what comes after the length is cut off
    "AE": (0, "(?!)"), "AU": (4, "[0-9]{4}"), "BE": (4, "[0-9]{4}"),
    "BR": (8, "[0-9]{8}"), "CA": (6, "([A-Z][0-9]){3}"),
    "GB": (7, "[A-Z]{1,2}[0-9]{2,3}[A-Z]{2}|[A-Z]{1,2}[0-9][A-Z][0-9][A-Z]{2}"),
    "IN": (6, "[0-9]{6}"), "JP": (7, "[0-9]{7}"), "NL": (6, "[0-9]{4}[A-Z]{2}"),
    "SG": (6, "[0-9]{6}"),
}
NORMALISE = {"EMAIL": email, "FIRST_NAME": name, "LAST_NAME": name, "CITY": city,
             "STATE": state, "ZIP": postcode, "ADDRESS": address}


def normal(pii, text, where):
    """The normal form. May raise Unusable."""
    form = NORMALISE[pii](unicodedata.normalize("NFC", text).strip(), where)
    if not form:
        raise Unusable
    return form


def hashed(pii, text, where):
    if HASHED.match(text):
        return text.lower()
    if pii not in NORMALISE:
        raise NotImplementedError(pii)
    return hashlib.sha256(normal(pii, text, where).encode()).hexdigest()


def country(text):
    code = text.upper()
    if not re.match(r"[A-Z]{2}\Z", code):
        raise Unusable
    return "GB" if code == "UK" else code


def whole(text, bits):
    match = WHOLE.match(text)
    if not match or not -(1 << bits - 1) <= int(match.group(1)) < 1 << bits - 1:
        raise Invalid
    return str(int(match.group(1)))


def decimal(text):
    match = NUMBER.match(text)
    if not match or not match.group(2) + match.group(4):
        raise Invalid
    sign, before, _, after, exponent = match.groups()
    if exponent is not None:
        return format(Decimal(text), "f")
    sign = "-" if sign == "-" else ""
    return sign + (before or "0") + ("." + after if after else "")


def moment(text):
    if WHOLE.match(text):
        seconds = int(WHOLE.match(text).group(1))
        if abs(seconds) >= MILLISECONDS_FROM:
            raise Invalid
        return EPOCH + timedelta(seconds=seconds)
    match = TIME.match(text)
    if not match:
        raise Invalid
    numbers = [int(g or 0) for g in match.groups()[:6]]
    try:
        when = datetime(*numbers, tzinfo=timezone.utc)
    except ValueError:
        raise Invalid from None
    zone = match.group(7)
    if zone and zone != "Z":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        off = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        when -= off if zone[0] == "+" else -off
    return when


CONVERT = {
    "DECIMAL": decimal,
    "INTEGER": lambda text: whole(text, 32),
    "LONG": lambda text: whole(text, 64),
    "DATE": lambda text: moment(text).strftime("%Y-%m-%d"),
    "TIMESTAMP": lambda text: moment(text).strftime("%Y-%m-%dT%H:%M:%SZ"),
}


class Column:
    def __init__(self, spec):
        self.name = spec["name"]
        self.filled_by_amc = spec.get("isMainUserId") or spec.get("isMainUserIdType")
        self.required = spec.get("nullable") is False or spec.get("isMainEventTime")
        self.type = spec["dataType"]
        self.pii = spec.get("externalUserIdType", {}).get("hashedPii")
        self.country = spec.get("isCountryCode") or self.pii == "COUNTRY_CODE"

    def value(self, text, where):
        """The text to be staged; "" is null. May raise Invalid and Unusable."""
        if self.country:
            return country(text.strip()) if text.strip() else ""
        if self.pii:
            return hashed(self.pii, text.strip(), where) if text.strip() else ""
        if self.type in CONVERT:
            return CONVERT[self.type](text.strip()) if text.strip() else ""
        return re.sub(r"\r\n|\r|\n", " ", text)


class Result:
    def __init__(self, columns):
        self.columns = columns
        self.lines = []
        self.rows = []
        self.rows_in = self.rows_out = 0
        self.skipped = []
        self.invalid = {}
        self.ignored = []

    def skip(self, column, reason, line):
        self.rows_in += 1
        for entry in self.skipped:
            if entry["column"] == column and entry["reason"] == reason:
                break
        else:
            entry = {"column": column, "reason": reason, "count": 0, "lines": []}
            self.skipped.append(entry)
        entry["count"] += 1
        if len(entry["lines"]) < LINES:
            entry["lines"].append(line)

    @property
    def staged(self):
        return "".join(self.lines).encode()

    @property
    def record(self):
        return {"rows_in": self.rows_in, "rows_out": self.rows_out,
                "rows_skipped": self.rows_in - self.rows_out, "skipped": self.skipped,
                "invalid_values": [{"column": c.name, "count": self.invalid[c.name]}
                                   for c in self.columns if c.name in self.invalid],
                "ignored_columns": self.ignored}


def write_line(values):
    if values == [""]:
        return '""\n'
    return ",".join('"%s"' % v.replace('"', '""') if re.search('[,"\n\r]', v) else v
                    for v in values) + "\n"


class Oracle:
    def __init__(self, definition, default_country=""):
        definition = definition.get("dataSet", definition)
        self.default_country = default_country
        self.columns = [Column(c) for c in definition["columns"]]

    def _match(self, header):
        """[(place in the input, column)] in the data set's order."""
        found = []
        for column in self.columns:
            if column.filled_by_amc:
                continue
            if column.name in header:
                found.append((header.index(column.name), column))
                continue
            low = [h.lower() for h in header]
            if column.name.lower() in low:
                found.append((low.index(column.name.lower()), column))
        return found

    def _delimiter(self, first):
        def score(sign):
            cells = next(csv.reader([first], delimiter=sign))
            return len(self._match([c.strip() for c in cells])), len(cells)
        return max(",;\t|", key=score)

    def run(self, data):
        text = data.decode("utf-8-sig")
        stream = io.StringIO(text, newline="")
        reader = csv.reader(stream, delimiter=self._delimiter(text.split("\n")[0]))
        header = [c.strip() for c in next(reader)]
        plan = self._match(header)
        result = Result([c for _, c in plan])
        used = [at for at, _ in plan]
        result.ignored = [h for at, h in enumerate(header) if at not in used]
        result.lines.append(write_line([c.name for c in result.columns]))
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                self._row(result, plan, len(header), cells, line)
            line = reader.line_num + 1
        return result

    def _where(self, plan, cells):
        for at, column in plan:
            try:
                if column.country and cells[at]:
                    return country(cells[at].strip())
            except Unusable:
                pass
        return self.default_country

    def _row(self, result, plan, width, cells, line):
        if len(cells) != width:
            result.skip(None, "fields", line)
            return
        values = []
        where = self._where(plan, cells)
        for at, column in plan:
            value = ""
            try:
                value = column.value(cells[at], where) if cells[at] else ""
            except Unusable:
                result.invalid[column.name] = result.invalid.get(column.name, 0) + 1
            except Invalid:
                result.skip(column.name, "invalid", line)
                return
            if value == "" and column.required:
                result.skip(column.name, "null", line)
                return
            values.append(value)
        result.rows_in += 1
        result.rows_out += 1
        result.lines.append(write_line(values))
        row = {c.name: None for c in self.columns}
        row.update((c.name, v or None) for c, v in zip(result.columns, values))
        result.rows.append(row)
