# SPDX-License-Identifier: Apache-2.0
"""What must be staged for a file, worked out a second time.

Written from the description of the rules and sharing no line with the program,
slow and plain, so that the two agree only when both are right: oracle_read.py cuts the
file into rows, oracle_types.py converts, oracle_norm.py normalises.

    result = Oracle(definition, null="n/a").run(open("customers.csv", "rb").read())
    result.staged    the bytes that must be staged, uncompressed
    result.rows      what AMC must hold afterwards: one object a row
    result.record    the members of the job record that the rows decide
    result.error     code of the error for which the file is refused, or None

Further words are the keys of the configuration: delimiter, encoding, header, columns,
null, timezone, max_skipped, max_row, country (the upload's), and maps and consts
(objects).
"""
import hashlib
import itertools
import re
from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from oracle_norm import Unusable, country, normal, trim
from oracle_read import BOOL, MIB, NESTED, Refused, reader
from oracle_types import CONVERT, Invalid, convert

LINES = 10
JUDGED_FROM = 1000
BY_COUNTRY = ("PHONE", "ADDRESS", "STATE", "ZIP")  # others are alike everywhere
HASHED = re.compile("[0-9A-Fa-f]{64}")
DEFAULTS = {"delimiter": None, "encoding": "utf-8", "header": True, "columns": "",
            "null": "", "timezone": None, "max_skipped": "1%", "max_row": MIB,
            "country": "", "default_country": "", "maps": {}, "consts": {}}


def low(text):
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)


def size(text):
    if str(text)[-1] in "KMG":
        return int(text[:-1]) << {"K": 10, "M": 20, "G": 30}[text[-1]]
    return int(text)


def zone(text):
    if text and text[0] in "+-":
        return datetime.strptime(text, "%z").tzinfo
    return ZoneInfo(text) if text else None


class Column:
    def __init__(self, spec):
        self.name = spec["name"]
        self.filled_by_amc = spec.get("isMainUserId") or spec.get("isMainUserIdType")
        self.required = spec.get("nullable") is False or spec.get("isMainEventTime")
        self.type = spec["dataType"]
        kind = spec.get("externalUserIdType", {})
        self.pii = kind.get("hashedPii")
        self.external = "externalIdentity" in kind
        self.country = spec.get("isCountryCode") or self.pii == "COUNTRY_CODE"
        self.main_country = spec.get("isCountryCode")
        self.granted = spec.get("consentType", "").startswith("AMZN_")

    def is_plain(self):
        return not (self.country or self.pii or self.granted or
                    self.type in CONVERT and not self.external)

    def value(self, text, kind, where, options):
        """The text to be staged; "" is null. May raise Invalid and Unusable."""
        if text == options.null:
            return ""
        if self.is_plain():
            return text
        exact, text = text, trim(text)
        if text in ("", options.null):
            return ""
        if (self.country or self.pii) and kind in (BOOL, NESTED):
            raise Unusable
        if self.country:
            return country(text)
        if self.pii and HASHED.fullmatch(text):
            return text.lower()
        if self.pii:
            return hashlib.sha256(normal(self.pii, text, where).encode()).hexdigest()
        if self.granted:
            if exact not in ("GRANTED", "DENIED"):
                raise Invalid
            return exact
        return convert(self.type, text, options.zone)


class Result:
    def __init__(self):
        self.columns = []
        self.lines = []
        self.rows = []
        self.rows_in = self.rows_out = self.line_breaks = 0
        self.skipped = []
        self.invalid = {}
        self.ignored = []
        self.error = self.error_line = None

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
                "ignored_columns": self.ignored, "line_breaks": self.line_breaks}


def write_line(values):
    if values == [""]:
        return '""\n'
    return ",".join('"%s"' % v.replace('"', '""') if re.search('[,"\n\r]', v) else v
                    for v in values) + "\n"


class Plan:
    """Which cell feeds which column: by its name, else by its name in other letters,
    else by map.COLUMN. A constant wins over all of them."""

    def __init__(self, columns, header, options):
        self.width = len(header)
        self.feeds = []
        header = [trim(h) for h in header]
        if any(h and header.count(h) > 1 for h in header):
            raise Refused("duplicate-column")
        self.found = {}
        for column in columns:
            if column.filled_by_amc or column.name in options.consts:
                continue
            at = self.direct(column, columns, header)
            if at is None and column.name in options.maps:
                at = self.mapped(options.maps[column.name], header)
            if at is not None:
                self.found[column.name] = at
        for column in columns:
            if column.name in self.found or column.name in options.consts:
                self.feeds.append((self.found.get(column.name), column))
        used = set(self.found.values())
        self.ignored = [h for at, h in enumerate(header)
                        if h and at not in used]
        self.missing = [c.name for c in columns if c.required and not c.filled_by_amc and
                        c.name not in self.found and c.name not in options.consts]

    @staticmethod
    def direct(column, columns, header):
        if column.name in header:
            return header.index(column.name)
        same = [c for c in columns if low(c.name) == low(column.name)]
        exact = {c.name for c in columns}
        found = [at for at, h in enumerate(header)
                 if low(h) == low(column.name) and h not in exact]
        if len(found) > 1 and len(same) == 1:
            raise Refused("duplicate-column")
        return found[0] if len(same) == len(found) == 1 else None

    @staticmethod
    def mapped(name, header):
        if name in header:
            return header.index(name)
        found = [at for at, h in enumerate(header) if low(h) == low(name)]
        return found[0] if len(found) == 1 else None


class Oracle:
    def __init__(self, definition, **options):
        definition = definition.get("dataSet", definition)
        self.options = SimpleNamespace(**{**DEFAULTS, **options})
        self.options.max_row = size(self.options.max_row)
        self.options.zone = zone(self.options.timezone)
        self.own_country = definition.get("countryCode", "")
        self.columns = [Column(c) for c in definition["columns"]]
        self.reserve_user_ids()
        self.rules_fit = True
        self.options.maps = self.by_column(self.options.maps)
        self.options.consts = self.by_column(self.options.consts)
        self.by_rank = sorted((c for c in self.columns if c.country),
                              key=lambda c: not c.main_country)

    def reserve_user_ids(self):
        """AMC adds these where there are identities and no declared user id."""
        if any(c.filled_by_amc for c in self.columns):
            return
        if any(c.pii or c.external for c in self.columns):
            for c in self.columns:
                c.filled_by_amc = (c.name in ("user_id", "user_id_type", "user_type") and
                                   not (c.pii or c.external or c.country))

    def by_column(self, rules):
        """The same rules, by the names of the data set's columns."""
        found = {}
        for name, text in rules.items():
            same = [c for c in self.columns if c.name == name] or [
                c for c in self.columns if low(c.name) == low(name)]
            if len(same) != 1 or same[0].filled_by_amc:
                self.rules_fit = False
                continue
            found[same[0].name] = text
        return found

    def score(self, cells):
        if not self.options.header:
            return len(cells) == len(self.options.columns.split(",")), len(cells)
        return sum(self.wanted(trim(c)) for c in set(cells)), len(cells)

    def wanted(self, name):
        """Could it feed something?"""
        name = trim(name)
        return any(low(name) in (low(c.name), low(self.options.maps.get(c.name, c.name)))
                   for c in self.columns
                   if not c.filled_by_amc and c.name not in self.options.consts)

    def run(self, data):
        result = Result()
        try:
            self._run(result, data)
        except Refused as e:
            result.error, result.error_line = e.code, e.line
        return result

    def _run(self, result, data):
        source = reader(data, self.options, self.score, self.wanted)
        rows = source.rows()
        if self.options.header:
            header = next(rows, None)
            if header is None:
                raise Refused("missing-column")
            header = header.cells
        else:
            header = self.options.columns.split(",")
            first = next(rows, None)
            if first is None:
                raise Refused("no-rows")
            rows = itertools.chain([first], rows)
        if not self.rules_fit:
            raise Refused("bad-mapping")
        if not any(self.wanted(trim(h)) for h in header):
            raise Refused("missing-column")
        plan = Plan(self.columns, header, self.options)
        result.columns = [c for _, c in plan.feeds]
        if plan.missing or not plan.found:
            raise Refused("missing-column")
        result.ignored = plan.ignored
        self._check_constants(plan)
        result.lines.append(write_line([c.name for c in result.columns]))
        for row in rows:
            self._row(result, plan, row)
            if result.rows_in >= JUDGED_FROM:
                self._judge(result)
        result.ignored = result.ignored + [k for k in getattr(source, "late", [])]
        self._judge(result)
        if not result.rows_out:
            raise Refused("no-rows")

    def _check_constants(self, plan):
        """Those that no row can take are refused with the header."""
        by_row = any(c.country and at is not None for at, c in plan.feeds)
        where = self._where(plan, [""] * plan.width, [None] * plan.width)
        for at, column in plan.feeds:
            try:
                if at is None:
                    column.value(self.options.consts[column.name], None, where,
                                 self.options)
            except Invalid:
                raise Refused("bad-mapping") from None
            except Unusable:
                if (column.country or column.pii not in BY_COUNTRY
                        or not by_row):
                    raise Refused("bad-mapping") from None

    def _judge(self, result):
        limit = str(self.options.max_skipped)
        skipped = result.rows_in - result.rows_out
        if limit.endswith("%"):
            # text to hundredths of a per cent, so that no float decides
            whole, _, part = limit[:-1].partition(".")
            share = int(whole or 0) * 100 + int((part + "00")[:2])
            if skipped * 10000 > share * result.rows_in:
                raise Refused("too-many-skipped")
        elif skipped > int(limit):
            raise Refused("too-many-skipped")

    def _where(self, plan, cells, kinds):
        at_of = {c.name: at for at, c in plan.feeds}
        for column in self.by_rank:
            at = at_of.get(column.name)
            text = self.options.consts.get(column.name)
            if text is None and at is not None and kinds[at] not in (BOOL, NESTED):
                text = cells[at]
            try:
                if text:
                    return country(text)
            except Unusable:
                pass
        return self.options.country or self.own_country or self.options.default_country

    def _fits(self, plan, cells):
        if len(cells) > plan.width:
            return not any(cells[plan.width:])
        return not any(c.required for at, c in plan.feeds
                       if at is not None and at >= len(cells))

    def _row(self, result, plan, row):
        if row.flaw or not self._fits(plan, row.cells):
            result.skip(None, row.flaw or "fields", row.line)
            return
        cells = (row.cells + [""] * plan.width)[:plan.width]
        kinds = row.kinds or [None] * plan.width
        where = self._where(plan, cells, kinds)
        values = []
        for at, column in plan.feeds:
            value = ""
            if at is None:
                text, kind = self.options.consts[column.name], None
            else:
                text, kind = cells[at], kinds[at]
            try:
                value = column.value(text, kind, where, self.options) if text else ""
            except Unusable:
                result.invalid[column.name] = result.invalid.get(column.name, 0) + 1
            except Invalid:
                result.skip(column.name, "invalid", row.line)
                return
            if value == "" and column.required:
                result.skip(column.name, "null", row.line)
                return
            values.append(value)
        result.rows_in += 1
        result.rows_out += 1
        result.line_breaks += row.breaks
        result.lines.append(write_line(values))
        full = {c.name: None for c in self.columns}
        full.update((c.name, v or None) for c, v in zip(result.columns, values))
        result.rows.append(full)
