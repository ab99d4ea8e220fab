# SPDX-License-Identifier: Apache-2.0
"""What a data set may look like, and what its cells may hold.

Refusals name the member or the column; a refused cell's value is never repeated,
since the emulator's messages end in the status files of the program under test.
"""
import functools
import re
from datetime import datetime

DATA_TYPES = ("STRING", "DECIMAL", "INTEGER", "LONG", "TIMESTAMP", "DATE")
COLUMN_TYPES = ("DIMENSION", "METRIC")
PERIODS = {"PT1H": 13, "P1D": 10, "P1M": 7}
HASHED_PII = ("ADDRESS", "CITY", "COUNTRY_CODE", "EMAIL", "FIRST_NAME", "LAST_NAME",
              "PHONE", "STATE", "ZIP")
EXTERNAL = ("EXPERIAN", "IDFA", "KANTAR", "LIVERAMP", "MAID", "MERKLE", "NEUSTAR",
            "REALID", "SAMBATV")
CONSENT = ("TCF", "GPP", "AMZN_USER_DATA", "AMZN_AD_STORAGE")
STRATEGIES = ("ADDITIVE", "FULL_REPLACE", "OVERLAP_REPLACE", "OVERLAP_KEEP")
FACT_ONLY = ("OVERLAP_REPLACE", "OVERLAP_KEEP")
RESERVED = ("user_id", "user_id_type", "user_type")
FLAGS = ("nullable", "isMainEventTime", "isMainUserId", "isMainUserIdType",
         "isCountryCode", "requiresOneWayHashing")
MAX_COLUMNS = 100
MAX_ID = 127
ID = re.compile(r"[a-z][a-z0-9_]+\Z")
COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
COUNTRY = re.compile(r"[A-Z]{2}\Z")
KMS_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/\S+\Z")


class Refused(Exception):
    """A request that AMC answers with 400."""


def is_fact(dataset):
    return main_event_time(dataset) is not None


def main_event_time(dataset):
    for column in dataset["columns"]:
        if column.get("isMainEventTime"):
            return column
    return None


def has_identity(dataset):
    return any("externalUserIdType" in c or c.get("isMainUserId")
               for c in dataset["columns"])


def check_country(value, where):
    if not isinstance(value, str) or not COUNTRY.match(value) or value == "UK":
        raise Refused("%s is not a two-letter country code" % where)


def _enum(value, allowed, where):
    if value not in allowed:
        raise Refused("%s must be one of %s" % (where, ", ".join(allowed)))


def _check_identity(value, where):
    if not isinstance(value, dict) or len(value) != 1:
        raise Refused(where + " must have exactly one of hashedPii, externalIdentity")
    kind, name = next(iter(value.items()))
    if kind == "hashedPii":
        _enum(name, HASHED_PII, where + ".hashedPii")
    elif kind == "externalIdentity":
        _enum(name, EXTERNAL, where + ".externalIdentity")
    else:
        raise Refused(where + " must have exactly one of hashedPii, externalIdentity")


def check_column(column, where, max_id=MAX_ID):
    if not isinstance(column, dict):
        raise Refused(where + " is not an object")
    name = column.get("name")
    if not isinstance(name, str) or not COLUMN_NAME.match(name) or \
            len(name) > max_id:
        raise Refused(where + ".name is not valid")
    if name in RESERVED and not (column.get("isMainUserId") or
                                 column.get("isMainUserIdType")):
        raise Refused("%s.name %s is reserved" % (where, name))
    _enum(column.get("columnType"), COLUMN_TYPES, where + ".columnType")
    _enum(column.get("dataType"), DATA_TYPES, where + ".dataType")
    for flag in FLAGS:
        if flag in column and not isinstance(column[flag], bool):
            raise Refused("%s.%s is not a boolean" % (where, flag))
    if "externalUserIdType" in column:
        _check_identity(column["externalUserIdType"], where + ".externalUserIdType")
        if column["columnType"] == "METRIC":
            raise Refused(where + ": a user id column cannot be a METRIC")
        if column["dataType"] != "STRING":
            raise Refused(where + ": a user id column must be a STRING")
    if column.get("isMainEventTime"):
        _enum(column["dataType"], ("TIMESTAMP", "DATE"), where + ".dataType")
    if column.get("isCountryCode") and column["dataType"] != "STRING":
        raise Refused(where + ".dataType of the country column must be STRING")
    if "consentType" in column:
        _enum(column["consentType"], CONSENT, where + ".consentType")
    if column.get("description") is not None and \
            not isinstance(column["description"], str):
        raise Refused(where + ".description is not a string")


def _at_most_one(columns, what, pick):
    if sum(1 for c in columns if pick(c)) > 1:
        raise Refused("dataSet.columns: more than one " + what)


def check_together(columns):
    """What no column can break alone. The user id columns that AMC adds by itself do
    not count."""
    if sum(1 for c in columns if not c.get("isMainUserId") and
           not c.get("isMainUserIdType")) > MAX_COLUMNS:
        raise Refused("dataSet.columns must be a list of at most %d" % MAX_COLUMNS)
    names = [c["name"] for c in columns]
    for name in names:
        if names.count(name) > 1:
            raise Refused("dataSet.columns: %s occurs twice" % name)
    for flag in ("isMainEventTime", "isMainUserId", "isMainUserIdType", "isCountryCode"):
        _at_most_one(columns, flag + " column", lambda c, f=flag: c.get(f))
    for kind in CONSENT:
        _at_most_one(columns, kind + " column",
                     lambda c, k=kind: c.get("consentType") == k)


def check_dataset(dataset, max_id=MAX_ID):
    if not isinstance(dataset, dict):
        raise Refused("dataSet is missing")
    ident = dataset.get("dataSetId")
    if not isinstance(ident, str) or not ID.match(ident) or ident == "list" or \
            len(ident) > max_id:
        raise Refused("dataSet.dataSetId is not valid")
    columns = dataset.get("columns")
    if not isinstance(columns, list) or len(columns) > MAX_COLUMNS:
        raise Refused("dataSet.columns must be a list of at most %d" % MAX_COLUMNS)
    for i, column in enumerate(columns):
        check_column(column, "dataSet.columns[%d]" % i, max_id)
    check_together(columns)
    _check_rest(dataset)


def _check_rest(dataset):
    if dataset.get("description") is not None and \
            not isinstance(dataset["description"], str):
        raise Refused("dataSet.description is not a string")
    if dataset.get("countryCode") is not None:
        check_country(dataset["countryCode"], "dataSet.countryCode")
        if not has_identity(dataset):
            raise Refused("Country code cannot be specified for a data set that does "
                          "not contain identity")
    if dataset.get("period") is not None:
        _enum(dataset["period"], tuple(PERIODS), "dataSet.period")
        if not is_fact(dataset):
            raise Refused("dataSet.period needs a main event time column")
    arn = dataset.get("customerEncryptionKeyArn")
    if arn is not None and (not isinstance(arn, str) or not KMS_ARN.match(arn)):
        raise Refused("dataSet.customerEncryptionKeyArn is not a key's ARN")


KNOWN = ("dataSetId", "description", "countryCode", "period", "customerEncryptionKeyArn",
         "columns")


def complete(dataset, user_type_column):
    """What AMC makes of a definition: defaults spelled out, user id columns added,
    unknown members dropped (they are tolerated)."""
    out = {k: dataset[k] for k in KNOWN if dataset.get(k) is not None}
    out["columns"] = [dict(c) for c in dataset["columns"]]
    if is_fact(out):
        out.setdefault("period", "P1D")
    identity = any("externalUserIdType" in c for c in out["columns"])
    if identity and not any(c.get("isMainUserId") for c in out["columns"]):
        for name, flag in (("user_id", "isMainUserId"),
                           (user_type_column, "isMainUserIdType")):
            out["columns"].append({"name": name, "columnType": "DIMENSION",
                                   "dataType": "STRING", flag: True})
    for column in out["columns"]:
        column.setdefault("nullable", True)
    return out


# -- cells -------------------------------------------------------------------

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_WHOLE = re.compile(r"-?[0-9]{1,19}\Z")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")


@functools.lru_cache(maxsize=1 << 16)
def _date(text):
    if not _DATE.match(text):
        return False
    try:
        datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=1 << 16)
def _timestamp(text):
    if not _TIME.match(text):
        return False
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return True


def _ranged(bits):
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return lambda text: _WHOLE.match(text) is not None and low <= int(text) <= high


def _country_cell(text):
    return COUNTRY.match(text) is not None and text != "UK"


TYPE_CHECKS = {
    "STRING": (None, ""),
    "DECIMAL": (lambda text: _DECIMAL.match(text) is not None, "not a decimal number"),
    "INTEGER": (_ranged(32), "not a 32-bit whole number"),
    "LONG": (_ranged(64), "not a 64-bit whole number"),
    "DATE": (_date, "not a date of the form yyyy-MM-dd"),
    "TIMESTAMP": (_timestamp, "not a time of the form yyyy-MM-ddTHH:mm:ssZ"),
}


COUNTRY_CODE_CHECKS = {
    "either": (lambda text: _HASH.match(text) is not None or _country_cell(text),
               "neither a country code nor a SHA-256 hash"),
    "plain": (_country_cell, "not a two-letter country code"),
    "hashed": (lambda text: _HASH.match(text) is not None,
               "not a SHA-256 hash in lower-case hexadecimal"),
}


def cell_check(column, plain_state_zip=False, country_code="either"):
    """(predicate or None, complaint) for a value that is not null."""
    pii = column.get("externalUserIdType", {}).get("hashedPii")
    if pii == "COUNTRY_CODE":
        return COUNTRY_CODE_CHECKS[country_code]
    if pii in ("STATE", "ZIP") and plain_state_zip:
        return (None, "")
    if pii:
        return (lambda text: _HASH.match(text) is not None,
                "not a SHA-256 hash in lower-case hexadecimal")
    if column.get("isCountryCode"):
        return (_country_cell, "not a two-letter country code")
    if column.get("consentType", "").startswith("AMZN_"):
        return (lambda text: text in ("GRANTED", "DENIED"), "not GRANTED or DENIED")
    return TYPE_CHECKS[column["dataType"]]


def must_have(column):
    return column.get("nullable") is False or bool(column.get("isMainEventTime"))
