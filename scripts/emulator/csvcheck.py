# SPDX-License-Identifier: Apache-2.0
"""Staged files read exactly as the upload said they are written.

Not Python's csv module: that one forgives (carriage returns, stray quotes, text
after a closing quote), and what it forgives a test would not find. Rules, where
Amazon is silent those of Spark's reader, on which such services are built:

  - the escape character means something inside quotes only, before a quote or
    before itself; equal to the quote character it is RFC 4180's doubling
  - an empty field is null, quoted or not; an empty line is no row
  - a carriage return that ends a record, a quote inside an unquoted field, text
    after a closing quote, an open quote at the end, a byte order mark, or invalid
    UTF-8 fail the file
"""
import bz2
import codecs
import io
import json
import re
import zipfile
import zlib

MAX_RECORD = 16 << 20
SLICE = 256 << 10


class BadFile(Exception):
    """Ends the upload as FAILED; the text becomes its message."""


class Format:
    """csvDataFormat with its defaults. ValueError names a bad member."""

    MEMBERS = {"fieldDelimiter": ",", "recordDelimiter": "\n", "quoteCharacter": '"',
               "quoteEscapeCharacter": "\\", "commentCharacter": ""}

    def __init__(self, spec):
        values = dict(self.MEMBERS)
        for name, value in spec.items():
            if name not in values:
                raise ValueError("csvDataFormat.%s is not known" % name)
            longest = 2 if name in ("recordDelimiter", "quoteEscapeCharacter") else 1
            shortest = 0 if name == "commentCharacter" else 1
            if not isinstance(value, str) or not shortest <= len(value) <= longest:
                raise ValueError("csvDataFormat.%s is not valid" % name)
            values[name] = value
        self.delimiter = values["fieldDelimiter"]
        self.record = values["recordDelimiter"]
        self.quote = values["quoteCharacter"]
        self.escape = values["quoteEscapeCharacter"]
        self.comment = values["commentCharacter"]
        if self.escape == self.quote * 2:
            self.escape = self.quote
        if len(self.escape) != 1:
            raise ValueError("csvDataFormat.quoteEscapeCharacter is not valid")
        if self.delimiter in (self.quote, self.escape) or self.record in (
                self.quote, self.escape, self.delimiter):
            raise ValueError("csvDataFormat uses one character for two purposes")
        q, e = re.escape(self.quote), re.escape(self.escape)
        if self.escape == self.quote:
            self.quoted = re.compile("%s([^%s]*(?:%s%s[^%s]*)*)%s(?!%s)" % ((q,) * 7))
        else:
            self.quoted = re.compile("%s([^%s%s]*(?:%s.[^%s%s]*)*)%s" % (
                q, q, e, e, q, e, q), re.DOTALL)
            self.escaped = re.compile("%s([%s%s])" % (e, q, e))

    def unescape(self, text):
        if self.escape not in text:
            return text
        if self.escape == self.quote:
            return text.replace(self.quote * 2, self.quote)
        return self.escaped.sub(r"\1", text)


# -- bytes ---------------------------------------------------------------------

def _sliced(pieces):
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), SLICE):
            yield view[start:start + SLICE]


def _inflate(pieces, make, error, name):
    """One compressed member after another, as gzip and bzip2 both allow."""
    member = None
    started = False
    for data in _sliced(pieces):
        while len(data):
            if member is None:
                member, started = make(), True
            try:
                out = member.decompress(data)
            except error as e:
                raise BadFile("the file is not %s: %s" % (name, e)) from None
            if out:
                yield out
            if not member.eof:
                break
            data = member.unused_data
            member = None
    if member is not None:
        raise BadFile("the %s data is cut off" % name)
    if not started:
        raise BadFile("the file is empty, not " + name)


def _unzip(pieces):
    whole = io.BytesIO(b"".join(pieces))
    try:
        with zipfile.ZipFile(whole) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    except (zipfile.BadZipFile, zlib.error) as e:
        raise BadFile("the file is not ZIP: %s" % e) from None


def decompress(pieces, compression):
    if compression == "NONE":
        return _sliced(pieces)
    if compression == "GZIP":
        return _inflate(pieces, lambda: zlib.decompressobj(31), zlib.error, "GZIP")
    if compression == "BZIP":
        return _inflate(pieces, bz2.BZ2Decompressor, OSError, "BZIP")
    if compression == "ZIP":
        return _unzip(pieces)
    raise BadFile("%s is not implemented in this emulator" % compression)


def lines(chunks, terminator):
    """(number, text) of each piece between terminators; the empty rest after the
    last one is none."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    number, held = 0, ""
    try:
        for chunk in chunks:
            held += decoder.decode(chunk)
            found = held.split(terminator)
            held = found.pop()
            if len(held) > MAX_RECORD:
                raise BadFile("line %d is too long" % (number + len(found) + 1))
            for line in found:
                number += 1
                yield number, line
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        raise BadFile("line %d or after it: not UTF-8" % (number + 1)) from None
    if held:
        yield number + 1, held


# -- records -------------------------------------------------------------------

def _fields(line, fmt, number):
    """A record with quotes in it; None when a quote is still open."""
    fields, at, end = [], 0, len(line)
    while True:
        if line.startswith(fmt.quote, at):
            match = fmt.quoted.match(line, at)
            if match is None:
                return None
            fields.append(fmt.unescape(match.group(1)))
            at = match.end()
            if at < end and line[at] != fmt.delimiter:
                raise BadFile("line %d: text after a closing quote" % number)
        else:
            cut = line.find(fmt.delimiter, at)
            cut = end if cut < 0 else cut
            if fmt.quote in line[at:cut]:
                raise BadFile("line %d: quote inside an unquoted field" % number)
            fields.append(line[at:cut])
            at = cut
        if at >= end:
            return fields
        at += 1
        if at == end:
            fields.append("")
            return fields


def csv_records(chunks, fmt):
    """(line number, [fields])"""
    held, start = None, 0
    stray = "\r" if "\r" not in fmt.record else None
    for number, line in lines(chunks, fmt.record):
        if held is None:
            start = number
            if line == "" or (fmt.comment and line.startswith(fmt.comment)):
                continue
            if start == 1 and line.startswith("\ufeff"):
                raise BadFile("the file begins with a byte order mark")
        else:
            line = held + fmt.record + line
        if fmt.quote in line:
            fields = _fields(line, fmt, start)
            held = line if fields is None else None
            if held and len(held) > MAX_RECORD:
                raise BadFile("line %d: the record is too long" % start)
            if fields is None:
                continue
        else:
            fields = line.split(fmt.delimiter)
        if stray and line.endswith(stray):
            raise BadFile("line %d: carriage return at the end of the record" % start)
        yield start, fields
    if held is not None:
        raise BadFile("line %d: a quote is still open at the end of the file" % start)


def json_records(chunks):
    """(line number, {name: text or None})"""
    for number, line in lines(chunks, "\n"):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_int=str, parse_float=str)
        except ValueError:
            raise BadFile("line %d: not JSON" % number) from None
        if not isinstance(value, dict) or not all(
                v is None or isinstance(v, str) for v in value.values()):
            raise BadFile("line %d: not an object of plain values" % number)
        yield number, value
