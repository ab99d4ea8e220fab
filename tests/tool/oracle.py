# SPDX-License-Identifier: Apache-2.0
"""What must be staged for a CSV file, worked out a second time.

Written from the description of the rules and sharing no line with the program,
slow and plain, so that the two agree only when both are right. E-mail is the one
kind of personal data it knows.

    result = Oracle(definition).run(open("customers.csv", "rb").read())
    result.staged    the bytes that must be staged, uncompressed
    result.rows      what AMC must hold afterwards: one object a row
    result.record    the members of the job record that the rows decide
"""
import csv
import hashlib
import io
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal

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


def email(text):
    kept = re.sub(r"[^a-z0-9.@-]", "", re.sub(r"[A-Z]", lambda m: m.group().lower(),
                                              text))
    name, at, host = kept.partition("@")
    if not at or not name or not host or "@" in host:
        raise Unusable
    return kept


def hashed(text, normalise):
    if HASHED.match(text):
        return text.lower()
    return hashlib.sha256(normalise(text).encode()).hexdigest()


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

    def value(self, text):
        """The text to be staged; "" is null. May raise Invalid and Unusable."""
        if self.country:
            return country(text.strip()) if text.strip() else ""
        if self.pii == "EMAIL":
            return hashed(text.strip(), email) if text.strip() else ""
        if self.pii:
            raise NotImplementedError(self.pii)
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
    def __init__(self, definition):
        definition = definition.get("dataSet", definition)
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

    def _row(self, result, plan, width, cells, line):
        if len(cells) != width:
            result.skip(None, "fields", line)
            return
        values = []
        for at, column in plan:
            value = ""
            try:
                value = column.value(cells[at]) if cells[at] else ""
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
