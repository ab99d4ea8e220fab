# SPDX-License-Identifier: Apache-2.0
"""A cell as its column's type wants it, worked out a second time.

    convert("DATE", "2026-11-22T23:30:00-01:00", None)     "2026-11-23"

The last argument is the zone of times without an offset; None is UTC.
"""
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal

DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(.*)",
                  re.ASCII)
TIME_BARE = re.compile(r"(\d{4})(\d\d)(\d\d)[Tt ](\d\d)(\d\d)(?:(\d\d)(?:[.,]\d+)?)?(.*)",
                       re.ASCII)
ZONE = re.compile(r"([+-])(\d\d)(?::?(\d\d))?", re.ASCII)
WHOLE = re.compile(r"([+-]?\d+)(?:\.0*)?", re.ASCII)
NUMBER = re.compile(r"([+-]?)(\d*)(\.?)(\d*)([eE][+-]?\d+)?", re.ASCII)
EPOCH = datetime(1970, 1, 1)
MILLISECONDS_FROM = 10 ** 11  # that many seconds are the year 5138
YEARS = range(1900, 2101)  # a number that begins so is likely to be a date


class Invalid(Exception):
    """The value cannot be converted: its row is skipped."""


def whole(text, bits):
    match = WHOLE.fullmatch(text)
    if not match:
        raise Invalid
    number = int(match.group(1))
    if not -2 ** (bits - 1) <= number < 2 ** (bits - 1):
        raise Invalid
    return "%d" % number


def decimal(text):
    match = NUMBER.fullmatch(text)
    if not match or not match.group(2) + match.group(4):
        raise Invalid
    sign, before, _, after, exponent = match.groups()
    if exponent:
        return format(Decimal(text), "f")
    return ("-" if sign == "-" else "") + (before or "0") + (after and "." + after)


def in_utc(wall, zone):
    """Twice shown is the first time; never shown is read with the offset before."""
    if zone is None:
        return wall
    return (wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
            .replace(tzinfo=None))


def reads_as_date(seconds):
    """2026, 202611 or 20261122: a year, a month or a day without dashes."""
    for form in ("%Y", "%Y%m", "%Y%m%d"):
        try:
            when = datetime.strptime(str(seconds), form)
        except ValueError:
            continue
        if when.year in YEARS and when.strftime(form) == str(seconds):
            return True
    return False


def moment(text, zone):
    """In UTC. A day without a time has no zone."""
    number = WHOLE.fullmatch(text)
    if number:
        seconds = int(number.group(1))
        if abs(seconds) >= MILLISECONDS_FROM or reads_as_date(seconds):
            raise Invalid
        return EPOCH + timedelta(seconds=seconds)
    day = DAY.fullmatch(text)
    if day:
        return datetime(*map(int, day.groups()))
    time = TIME.fullmatch(text) or TIME_BARE.fullmatch(text)
    if not time:
        raise Invalid
    *numbers, rest = time.groups()
    wall = datetime(*(int(n or 0) for n in numbers))
    if not rest:
        return in_utc(wall, zone)
    if rest in ("Z", "z"):
        return wall
    offset = ZONE.fullmatch(rest)
    if not offset:
        raise Invalid
    hours, minutes = int(offset.group(2)), int(offset.group(3) or 0)
    if hours > 23 or minutes > 59:
        raise Invalid
    behind = timedelta(hours=hours, minutes=minutes)
    return wall + (-behind if offset.group(1) == "+" else behind)


def date(text, zone):
    return "%04d-%02d-%02d" % moment(text, zone).timetuple()[:3]


def timestamp(text, zone):
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % moment(text, zone).timetuple()[:6]


CONVERT = {
    "DECIMAL": lambda text, zone: decimal(text),
    "INTEGER": lambda text, zone: whole(text, 32),
    "LONG": lambda text, zone: whole(text, 64),
    "DATE": date,
    "TIMESTAMP": timestamp,
}


def convert(kind, text, zone):
    """Trimmed text that is not empty. May raise Invalid."""
    try:
        return CONVERT[kind](text, zone)
    except (ValueError, OverflowError):
        raise Invalid from None
