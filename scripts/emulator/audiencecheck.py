# SPDX-License-Identifier: Apache-2.0
"""What AMC refuses in the request for an audience at once, and what only its run
brings to light. Refusals never repeat the query."""
import re
import time

from .schema import Refused

MAX_REFRESH = 21
LOOKALIKE_MIN_REFRESH = 7
MAX_PARAMETERS = 100
REACH = ("MOST_SIMILAR", "SIMILAR", "BALANCED", "BROAD", "MOST_BROAD")
# The United Kingdom is UK here, and GB wherever data is uploaded.
COUNTRIES = ("AE", "AU", "BR", "CA", "DE", "ES", "FR", "IN", "IT", "JP", "MX", "NL", "SA",
             "SE", "TR", "UK", "US")
ADVERTISER = re.compile(r"(\d{5,30}|ENTITY[A-Z0-9]+)\Z")
MAX_TEXT = 256
WRONG_TABLES = "Invalid tables in the SQL query: " \
    "Use audience-specific tables in the query."

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_TIME_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\Z")


def _text(body, name, required):
    value = body.get(name)
    if value is None and not required:
        return
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise Refused("%s must be a string of 1 to %d characters" % (name, MAX_TEXT))


def _seconds(body, name):
    value = body.get(name)
    try:
        if not isinstance(value, str) or not _TIME_FORM.match(value):
            raise ValueError
        return time.strptime(value, _TIME)
    except ValueError:
        raise Refused("%s is not of the form yyyy-MM-ddTHH:mm:ssZ" % name) from None


def truth(value):
    """A flag, also in the spelling of the samples; None for anything else."""
    if value is None:
        return False
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _check_source(body):
    given = [n for n in ("query", "workflowId") if body.get(n) is not None]
    if len(given) != 1:
        raise Refused("exactly one of query and workflowId is needed")
    value = body[given[0]]
    if not isinstance(value, str) or not value.strip():
        raise Refused(given[0] + " is not a string with content")
    if re.search(r"[\n\r\t]", value):
        raise Refused("query must be one line without tabs")


def _check_refresh(body, lookalike):
    low = LOOKALIKE_MIN_REFRESH if lookalike else 0
    days = body.get("refreshRateDays", MAX_REFRESH)
    if isinstance(days, bool) or not isinstance(days, int) or \
            not low <= days <= MAX_REFRESH:
        raise Refused("refreshRateDays must be a whole number from %d to %d" % (
            low, MAX_REFRESH))


def _check_parameters(body):
    given = body.get("inputParameters")
    if given is not None:
        if not isinstance(given, list) or len(given) > MAX_PARAMETERS:
            raise Refused("inputParameters must be a list of at most %d" %
                          MAX_PARAMETERS)
        for i, one in enumerate(given):
            if not isinstance(one, dict) or not isinstance(one.get("name"), str):
                raise Refused("inputParameters[%d] has no name" % i)
    if body.get("parameterValues") is not None and \
            not isinstance(body["parameterValues"], dict):
        raise Refused("parameterValues is not an object")


def check(body, lookalike):
    if not isinstance(body.get("advertiserId"), str) or \
            not ADVERTISER.match(body["advertiserId"]):
        raise Refused("advertiserId is not valid")
    _text(body, "audienceName", True)
    _text(body, "audienceDescription", False)
    if _seconds(body, "timeWindowStart") >= _seconds(body, "timeWindowEnd"):
        raise Refused("timeWindowStart must be before timeWindowEnd")
    _check_source(body)
    _check_refresh(body, lookalike)
    if truth(body.get("timeWindowRelative")) is None:
        raise Refused("timeWindowRelative is not a boolean")
    if body.get("countryCode") is not None and body["countryCode"] not in COUNTRIES:
        raise Refused("countryCode must be one of " + ", ".join(COUNTRIES))
    _check_parameters(body)
    reach = body.get("lookalikeAudienceExpectedReach")
    if lookalike and reach not in REACH:
        raise Refused("lookalikeAudienceExpectedReach must be one of " +
                      ", ".join(REACH))
    if not lookalike and reach is not None:
        raise Refused("lookalikeAudienceExpectedReach is for look-alike audiences only")


# -- the query -----------------------------------------------------------------------

_WORDS = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.S)
_NOT_TABLES = re.compile(r"\b(?:EXTRACT|TRIM|SUBSTRING)\s*\([^()]*\)|\bDISTINCT\s+FROM\b",
                         re.I)
_TABLES = re.compile(r"\b(?:FROM|JOIN)\s+([A-Za-z_][\w.]*)", re.I)
_NAMED = re.compile(r"(?:\bWITH|\bRECURSIVE|,)\s+([A-Za-z_]\w*)\s*(?:\([^()]*\)\s*)?"
                    r"AS\s*\(", re.I)


def _bare(query):
    """The query without its strings and comments, which a lone -- ends early."""
    return _WORDS.sub(lambda m: "''" if m.group().startswith("'") else " ",
                      query).replace('"', " ")


def query_fault(query, datasets):
    """Why AMC would end the audience as FAILED, or None."""
    text = _bare(query)
    if text.count("'") % 2 or "/*" in text:
        return "The SQL query has a string or a comment without an end."
    if not re.search(r"\buser_id\b", text):
        return "The SQL query does not select user_id."
    named = set(_NAMED.findall(text))
    tables = _TABLES.findall(_NOT_TABLES.sub(" ", text))
    if not tables or any(t not in named and t not in datasets and
                         not t.lower().endswith("_for_audiences") for t in tables):
        return WRONG_TABLES
    return None
