# SPDX-License-Identifier: Apache-2.0
"""A file as somebody saved it, as rows of cells, worked out a second time.

    for row in rows(data, options, score, wanted): ...

The first row is the header. Raises Refused where the program has to refuse the file,
when all rows before that place have been handed out.
"""
import json
import re
import zlib
from types import SimpleNamespace

TEXT, BOOL, NESTED = range(3)
SIGNS = ",;\t|"
BREAK = re.compile("\r\n|\r|\n")
DOS_END = re.compile("\x1a+\\Z")
WINDOW_LINES, WINDOW_BYTES = 1000, 256 << 10
MIB = 1 << 20


class Refused(Exception):
    def __init__(self, code, line=None):
        super().__init__(code)
        self.code, self.line = code, line


class Bad(Exception):
    """A line that is no JSON object; at_end: as far as it goes it could be one."""

    def __init__(self, at_end=False):
        super().__init__()
        self.at_end = at_end


def row(line, cells, **more):
    return SimpleNamespace(**{"line": line, "cells": cells, "breaks": 0, "kinds": None,
                              "flaw": None, **more})


def before_error(data):
    member, out = zlib.decompressobj(31), b""
    try:
        for at in range(len(data)):
            out += member.decompress(data[at:at + 1])
    except zlib.error:
        pass
    return out


def unpack(data):
    """(what could be unpacked, code of what then went wrong)"""
    if data[:2] != b"\x1f\x8b":
        return data, None
    out = b""
    while data.strip(b"\0"):
        member = zlib.decompressobj(31)
        try:
            made = member.decompress(data)
        except zlib.error:
            return out + before_error(data), "bad-gzip"
        out += made
        if not member.eof:
            return out, "bad-gzip"
        data = member.unused_data
    return out, None


def decode(data, encoding, cut):
    """(the text up to the first byte that is none, code of what is wrong there);
    a character that lacks its end because the data is cut is not what is wrong"""
    if encoding == "utf-8" or data[:3] == b"\xef\xbb\xbf":
        encoding, data = "utf-8", data.removeprefix(b"\xef\xbb\xbf")
    if encoding == "utf-16":
        order = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2])
        data = data[2:] if order else data
        encoding = order or ("utf-16-be" if data[:1] == b"\0" else "utf-16-le")
    try:
        text, code = data.decode(encoding), None
    except UnicodeDecodeError as e:
        text, code = data[:e.start].decode(encoding), "bad-encoding"
        if e.reason in ("unexpected end of data", "truncated data"):
            code = None if cut else code if encoding != "utf-8" else "cut-character"
    if "\0" in text:
        text, code = text[:text.index("\0")], "bad-encoding"
    return text, code


class Csv:
    """Cuts text, behind which comes what trouble says."""

    def __init__(self, text, trouble, signs, max_row):
        self.text, self.trouble, self.max_row = text, trouble, max_row
        self.signs = signs
        self.end = re.compile("[%s\r\n]" % re.escape(signs))
        self.cells = []

    def rows(self):
        for line, start, at, breaks in self.places():
            yield row(line, self.cells, breaks=breaks)

    def raw_rows(self):
        for line, start, at, breaks in self.places():
            yield self.text[start:at]

    def first(self):
        """Cells of a row that may lack its end."""
        try:
            next(self.places(), None)
        except Refused:
            self.cells.append("")
        return self.cells

    def places(self):
        at, line = 0, 1
        while at < len(self.text):
            end = BREAK.match(self.text, at)
            if not end:
                if not self.trouble and DOS_END.match(self.text, at):
                    return
                start = at
                at, breaks = self.one(at, line)
                self.measure(self.text[start:at], line)
                if at == len(self.text) and self.trouble:
                    break
                yield line, start, at, breaks
                end = BREAK.match(self.text, at)
                line += len(BREAK.findall(self.text, start, at))
            at = end.end() if end else at
            line += 1
        if self.trouble:
            raise Refused(self.trouble.replace("cut-character", "bad-encoding"), line)

    def measure(self, raw, line):
        if len(raw) * 4 > self.max_row and len(raw.encode()) > self.max_row:
            raise Refused("row-too-long", line)

    def one(self, at, line):
        start, self.cells, breaks = at, [], 0
        while True:
            cell = ""
            if self.text[at:at + 1] == '"':
                quoted, at = self.quoted(at, start, line)
                cell = BREAK.sub(" ", quoted)
                breaks += len(BREAK.findall(quoted))
            end = self.end.search(self.text, at)
            stop = end.start() if end else len(self.text)
            self.cells.append(cell + self.text[at:stop])
            at = stop
            if at == len(self.text) or self.text[at] not in self.signs:
                return at, breaks
            at += 1

    def quoted(self, at, start, line):
        out = ""
        while True:
            end = self.text.find('"', at + 1)
            if end < 0:
                self.measure(self.text[start:], line)
                if self.trouble in (None, "cut-character"):
                    raise Refused("interrupted", line)
                raise Refused(self.trouble, line)
            out += self.text[at + 1:end]
            if self.text[end + 1:end + 2] != '"':
                return out, end + 1
            out += '"'
            at = end + 1


def find_sign(text, trouble, score):
    """The first of the signs that makes the best header. Its end is looked for as if
    all of them were signs."""
    header = next(Csv(text, trouble, SIGNS, MIB).raw_rows(), "")
    return max(SIGNS, key=lambda sign: score(Csv(header, None, sign, MIB).first()))


class Number(str):
    """As it is spelled."""


def no_constant(text):
    raise Bad


def pairs(found):
    if len({k for k, _ in found}) != len(found):
        raise Bad
    return dict(found)


def could_go_on(line):
    """Is there an end with which the line would be an object?"""
    stack, bare = [], re.sub(r'"(?:[^"\\]|\\.)*("|\Z)', '', line)
    for sign in bare:
        if sign in "{[":
            stack.append("}" if sign == "{" else "]")
        elif sign in "]}" and (not stack or stack.pop() != sign):
            return False
    ends = ["", '"', '":0', ":0", "0", '"":0', '""', "e0", "rue", "ue", "alse", "lse",
            "se", "e", "ull", "ll", "l"]
    for end in ends + ['%s%s' % (h, e) for h in ("n", "n0", "0000", "000", "00", "0")
                       for e in ends[1:3]]:
        try:
            whole = json.loads(line + end + "".join(reversed(stack)),
                               object_pairs_hook=pairs, parse_constant=no_constant)
        except (ValueError, Bad, RecursionError):
            continue
        return isinstance(whole, dict) and bool(stack)
    return False


def parse(line):
    try:
        value = json.loads(line, parse_int=Number, parse_float=Number,
                           parse_constant=no_constant, object_pairs_hook=pairs)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError, Bad):
        raise Bad(could_go_on(line)) from None
    if not isinstance(value, dict):
        raise Bad
    return value


def compact(value):
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (compact(k), compact(v))
                                 for k, v in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(map(compact, value))
    if isinstance(value, Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def cell(value):
    """(text, kind, line breaks)"""
    if value is None:
        return "", TEXT, 0
    if isinstance(value, bool):
        return "true" if value else "false", BOOL, 0
    if isinstance(value, (dict, list)):
        return compact(value), NESTED, 0
    return BREAK.sub(" ", value), TEXT, len(BREAK.findall(value))


def flat(value, wanted, before=""):
    """[(column, its value, does it only hold others?)]"""
    found = []
    for key, inner in value.items():
        members = []
        if isinstance(inner, dict):
            members = [m for m in flat(inner, wanted, before + key + ".")
                       if wanted(m[0])]
        found += [(before + key, inner, bool(members))] + members
    if len({name for name, _, _ in found}) != len(found):
        raise Bad
    return found


class JsonLines:
    def __init__(self, text, trouble, wanted, max_row):
        self.parts, self.trouble = text.split("\n"), trouble
        self.wanted, self.max_row = wanted, max_row
        self.columns, self.late = None, []

    def lines(self):
        """[(line, its columns; None when it is no object)]"""
        for n, part in enumerate(self.parts, 1):
            if len(part.removesuffix("\r").encode()) > self.max_row:
                raise Refused("row-too-long", n)
            if n == len(self.parts) and self.trouble:
                raise Refused(self.trouble.replace("cut-character", "bad-encoding"), n)
            if n == len(self.parts) and not part.strip("\x1a"):
                return  # as DOS ends a text
            if not part.strip(" \t\r"):
                continue
            try:
                yield n, flat(parse(part), self.wanted)
            except Bad as e:
                if e.at_end and n == len(self.parts):
                    raise Refused("interrupted", n) from None
                yield n, None

    def rows(self):
        held, size = [], 0
        source = self.lines()
        for n, found in source:
            held.append((n, found))
            size += len(self.parts[n - 1].encode())
            if len(held) == WINDOW_LINES:
                break
            if size >= WINDOW_BYTES:
                if any(found is not None for _, found in held):
                    break
                size = 0
        if not any(found is not None for _, found in held):
            raise Refused("bad-json")
        members = [m for _, found in held for m in found or []]
        self.holders = {k for k, _, holds in members if holds and not self.wanted(k)}
        self.columns = [k for k in dict.fromkeys(k for k, _, _ in members)
                        if k not in self.holders]
        yield row(1, self.columns)
        for n, found in held:
            yield self.made(n, found)
        for n, found in source:
            yield self.made(n, found)

    def made(self, n, found):
        if found is None:
            return row(n, [], flaw="json")
        known = self.holders.union(self.columns)
        late = [(k, v) for k, v, holds in found
                if k not in known and (self.wanted(k) or not holds)]
        self.late += [k for k, _ in late
                      if not self.wanted(k) and k not in self.late]
        if any(self.wanted(k) and v is not None for k, v in late):
            return row(n, [], flaw="fields")
        there = {k: cell(v) for k, v, _ in found}
        made = [there.get(k, ("", TEXT, 0)) for k in self.columns]
        return row(n, [t for t, _, _ in made], kinds=[k for _, k, _ in made],
                   breaks=sum(b for _, _, b in made))


def reader(data, options, score, wanted):
    data, cut = unpack(data)
    if data[:4] == b"PK\x03\x04":
        raise Refused("bad-encoding")
    text, trouble = decode(data, options.encoding, cut)
    trouble = trouble or cut
    if options.header and re.match(r"[ \t\r\n]*\[[ \t\r\n]*[\[\]{\"]", text):
        raise Refused("bad-json")
    if options.header and text.lstrip(" \t\r\n")[:1] == "{":
        return JsonLines(text, trouble, wanted, options.max_row)
    sign = options.delimiter or find_sign(text, trouble, score)
    return Csv(text, trouble, sign, options.max_row)
