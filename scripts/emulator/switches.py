# SPDX-License-Identifier: Apache-2.0
"""Behaviour that Amazon does not document, or that a test wants otherwise.

One table: name, default, what it may be, and a line for --help. Set at start
with --set NAME=VALUE, later through the control port's POST /config.
"""
import json


def _whole(value):
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number from 0")


def _flag(value):
    if not isinstance(value, bool):
        raise ValueError("true or false")


def _text(value):
    if not isinstance(value, str):
        raise ValueError("a string")


def _one_of(*values):
    def check(value):
        if value not in values:
            raise ValueError("one of " + ", ".join(json.dumps(v) for v in values))
    return check


def _seconds(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number of seconds")


def _header(value):
    if value is not None and not isinstance(value, (str, int)):
        raise ValueError("a number, a string or null")


TABLE = (
    ("processing_ms", 200, _whole, "how long an upload takes before its end is known"),
    ("hold_uploads", False, _flag, "uploads stay IN_PROGRESS until this is false again"),
    ("fail_uploads", 0, _whole, "so many of the next uploads FAIL whatever they hold"),
    ("fail_message", "Internal error while reading the data", _text,
     "their message"),
    ("status_names", "current", _one_of("current", "docs"),
     "current: SUBMITTED, SUCCESS; docs: PENDING, COMPLETED"),
    ("metrics_empty", False, _flag, "{} instead of OutputRowCount on success"),
    ("strict_media", False, _flag, "415 for a body of plain application/json"),
    ("octet_stream", False, _flag, "AMC's answers say application/octet-stream"),
    ("need_ads_account_id", False, _flag, "403 without Amazon-Ads-AccountId"),
    ("duplicate_status", 400, _one_of(400, 409),
     "answer to creating a data set that exists"),
    ("throttle_every", 0, _whole, "429 for every n-th AMC request; 0 = never"),
    ("retry_after", 1, _header, "Retry-After of these 429s; null = left out"),
    ("page_default", 100, _whole, "items on a page when the request does not say"),
    ("page_cap", 0, _whole, "never more items on a page, whatever is asked; 0 = no cap"),
    ("empty_page", False, _flag, "each listing begins with an empty page and a token"),
    ("next_token_end", "null", _one_of("null", "absent", "empty"),
     "how the last page spells the missing nextToken"),
    ("require_tag", True, _flag, "an upload without the instanceId tag FAILS"),
    ("require_policy", False, _flag,
     "an upload FAILS when the bucket's policy does not admit AMC"),
    ("ignore_extra_columns", False, _flag, "unknown CSV columns are left aside"),
    ("plain_state_zip", False, _flag, "STATE and ZIP may come unhashed"),
    ("store_rows", True, _flag, "false: count rows, do not keep them"),
    ("user_type_column", "user_id_type", _one_of("user_id_type", "user_type"),
     "name of the column that AMC adds beside user_id"),
    ("refresh_valid", True, _flag, "false: every refresh token is an invalid_grant"),
    ("token_seconds", 3600, _whole, "life of an access token"),
    ("s3_skew_s", 0, _seconds, "S3's clock differs from ours by so much"),
    ("md5_etags", False, _flag, "ETags of parts and large objects are MD5, and slower"),
)


class Switches:
    def __init__(self):
        for name, default, _, _ in TABLE:
            setattr(self, name, default)

    def set(self, values):
        """All or none."""
        if not isinstance(values, dict):
            raise ValueError("switches are an object")
        checks = {name: check for name, _, check, _ in TABLE}
        for name, value in values.items():
            if name not in checks:
                raise ValueError("no switch is called %s" % name)
            try:
                checks[name](value)
            except ValueError as e:
                raise ValueError("%s: %s expected" % (name, e)) from None
        for name, value in values.items():
            setattr(self, name, value)

    def set_text(self, assignment):
        """NAME=VALUE; the value is JSON, or a word."""
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError("NAME=VALUE expected, not %s" % assignment)
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        if name == "next_token_end" and value is None:
            value = "null"
        self.set({name: value})

    def view(self):
        return {name: getattr(self, name) for name, _, _, _ in TABLE}


def help_text():
    return "\n".join("  %-21s %s (%s)" % (name, text, json.dumps(default))
                     for name, default, _, text in TABLE)
