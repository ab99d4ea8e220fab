# SPDX-License-Identifier: Apache-2.0
"""Behaviour that Amazon does not document, or that a test wants otherwise.

One table: name, default, what it may be, and a line for --help. Set at start
with --set NAME=VALUE, later through the control port's POST /config.
"""
import json
import textwrap


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
    check.values = values
    return check


def _seconds(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number of seconds")


def _header(value):
    if value is not None and not isinstance(value, (str, int)):
        raise ValueError("a number, a string or null")


def _names(value):
    if value is not None and (not isinstance(value, list) or
                              not all(isinstance(v, str) for v in value)):
        raise ValueError("a list of strings or null")


TABLE = (
    ("processing_ms", 200, _whole,
     "how long an upload, a deletion or an audience takes before its end is known"),
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
    ("need_entity_id", False, _flag,
     "403 for audiences without Amazon-Advertising-API-EntityId"),
    ("duplicate_status", 400, _one_of(400, 409),
     "answer to creating a data set that exists"),
    ("max_id", 127, _whole, "characters that a dataSetId or column name may have"),
    ("country_fixed", False, _flag, "a data set's countryCode cannot be changed"),
    ("throttle_every", 0, _whole, "429 for every n-th AMC request; 0 = never"),
    ("deletion_rate", 0, _whole, "429 beyond so many deletion calls a second; 0 = any"),
    ("audience_rate", 0, _whole, "429 beyond so many audience calls a second; 0 = any"),
    ("retry_after", 1, _header, "Retry-After of these 429s; null = left out"),
    ("throttle_body", "json", _one_of("json", "html", "empty"), "the body of all 429s"),
    ("page_default", 100, _whole, "items on a page when the request does not say"),
    ("page_cap", 0, _whole, "never more items on a page, whatever is asked; 0 = no cap"),
    ("empty_page", False, _flag, "each listing begins with an empty page and a token"),
    ("next_token_end", "null", _one_of("null", "absent", "empty"),
     "how the last page spells the missing nextToken"),
    ("require_tag", True, _flag, "an upload without the instanceId tag FAILS"),
    ("require_policy", False, _flag,
     "an upload FAILS when the bucket's policy does not admit AMC"),
    ("max_source_mb", 1024, _whole, "an upload FAILS when one of its objects is larger"),
    ("ignore_extra_columns", False, _flag, "unknown CSV columns are left aside"),
    ("plain_state_zip", False, _flag, "STATE and ZIP may come unhashed"),
    ("country_code", "either", _one_of("either", "plain", "hashed"),
     "what a COUNTRY_CODE identity must be"),
    ("identity_keys", "upper", _one_of("upper", "lower", "any"),
     "spelling of the types of a hashedIdentity: EMAIL, email, or both"),
    ("deletion_404s", 0, _whole,
     "so many times a fresh deletion is not known yet, by id or in the list"),
    ("hold_deletions", False, _flag, "deletions stay PENDING until this is false again"),
    ("hold_audiences", False, _flag, "audiences stay RUNNING until this is false again"),
    ("fail_audiences", 0, _whole, "so many of the next audiences FAIL"),
    ("fail_audience_reason", "Internal error while running the query", _text,
     "their statusReason"),
    ("audience_count", 2500, _whole,
     "people in an audience; below 2000 it FAILS, too small for the DSP"),
    ("audience_idempotent", False, _flag,
     "an audience asked for twice is one; false: two"),
    ("audience_delete", "ended", _one_of("ended", "failed"),
     "which may be deleted: FAILED and SUCCEEDED ones, or only FAILED ones"),
    ("audience_list_key", "executionMetadata",
     _one_of("executionMetadata", "executionDataList"), "the list's member"),
    ("audience_version", "v1", _one_of("v1", "v1.1", "v1.2"),
     "version of an audience for who accepts none by name; v1 has no audienceCount"),
    ("audience_name_prefix", False, _flag, "names in answers begin with AMC"),
    ("known_advertisers", False, _flag,
     "400 for an audience of an advertiser that the instance does not have"),
    ("store_rows", True, _flag, "false: count rows, do not keep them"),
    ("user_type_column", "user_id_type", _one_of("user_id_type", "user_type"),
     "name of the column that AMC adds beside user_id"),
    ("refresh_valid", True, _flag, "false: every refresh token is an invalid_grant"),
    ("refresh_seconds", 0, _whole,
     "refresh tokens lapse so long after the consent (or seed); 0 = never"),
    ("token_seconds", 3600, _whole, "life of an access token"),
    ("consent", "allow", _one_of("allow", "deny", "page"),
     "what the consent page does; page: shows both to click"),
    ("consent_state", "echo", _one_of("echo", "wrong", "absent"),
     "the state in its redirect"),
    ("session_seconds", 0, _whole,
     "life of temporary keys whatever is asked for; 0 = as asked"),
    ("metadata_v1", False, _flag, "the metadata service answers without a token"),
    ("s3_wrong_region", "malformed", _one_of("malformed", "redirect", "bare"),
     "S3's answer to the wrong region: 400 AuthorizationHeaderMalformed, 301 "
     "PermanentRedirect, or a 301 that does not say where to"),
    ("kms_keys", None, _names, "ids of the KMS keys there are; null = any id is one"),
    ("need_kms", False, _flag, "S3 refuses objects that are not encrypted with KMS"),
    ("need_checksums", False, _flag,
     "S3 refuses bodies of objects without x-amz-checksum-* or Content-MD5"),
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
    lines = []
    for name, default, check, text in TABLE:
        choice = [json.dumps(v) for v in getattr(check, "values", ())]
        lines += textwrap.wrap("%s (%s)" % (text, "; ".join(
            [" | ".join(choice)] * bool(choice) + ["default " + json.dumps(default)])),
            88, initial_indent="  %-21s " % name, subsequent_indent=" " * 24)
    return "\n".join(lines)
