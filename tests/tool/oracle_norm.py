# SPDX-License-Identifier: Apache-2.0
"""The normal form of each kind of personal data, worked out a second time.

    normal("CITY", " Saint-Denis ", "FR")     "saintdenis"

From the description of the rules alone, slow and plain. It shares with the program
the lists of address words and states in scripts/tables, which are facts. PHONE needs
python3-phonenumbers: without it, it is missing from KINDS.
"""
import json
import re
import unicodedata
from pathlib import Path

try:
    import phone_oracle
except ImportError:
    phone_oracle = None

TABLES = Path(__file__).resolve().parents[2] / "scripts" / "tables"
WORDS = json.loads((TABLES / "address.json").read_text())
STATES = json.loads((TABLES / "states.json").read_text())
SPACES = ("\t\n\v\f\r \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
          "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000")
DIGITS = {"AE": None, "AU": 4, "BE": 4, "BR": 8, "IN": 6, "JP": 7, "SG": 6}
SHAPES = {  # length, after which everything is cut off, and what must then be there
    "CA": (6, "([A-Z][0-9]){3}"),
    "GB": (7, "[A-Z]{1,2}[0-9]{2,3}[A-Z]{2}|[A-Z]{1,2}[0-9][A-Z][0-9][A-Z]{2}"),
    "NL": (6, "[0-9]{4}[A-Z]{2}"),
}
SPELT = {"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "æ": "ae"}


class Unusable(Exception):
    """The value has no normal form: it is null."""


def ascii_of(text, letters):
    return "".join(c for c in text if c in letters)


LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
FIGURES = "0123456789"


def email(text, _):
    kept = ascii_of((c.lower() if c in UPPER else c for c in text),
                    LOWER + FIGURES + ".@-")
    ends = kept.split("@")
    return kept if len(ends) == 2 and all(ends) else ""


def name(text, _):
    return ascii_of("".join(SPELT.get(c, c) for c in text.lower()), LOWER + FIGURES)


def city(text, _):
    return ascii_of(text.lower(), LOWER + FIGURES)


def state(text, where):
    letters = ascii_of(text.upper(), UPPER)
    code = STATES.get(where, {}).get(letters)
    if code is None:
        code = letters[:2] if len(text) > 2 else letters
    return code.lower()


def postcode(text, where):
    text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    if where in SHAPES:
        length, shape = SHAPES[where]
        kept = ascii_of("".join(c.upper() if c in LOWER else c for c in text),
                        UPPER + FIGURES)[:length]
        return kept if re.fullmatch(shape, kept) else ""
    length = DIGITS.get(where, 5)
    if length is None:
        return ""
    kept = ascii_of(text, FIGURES)[:length]
    return kept if len(kept) == length else ""


def dashed(word):
    """12-B is 12 and B; 12-34 and A-B are one word."""
    at = word.rfind("-")
    head, rest = word[:max(at, 0)], word[at + 1:]
    if head and rest and head.isdecimal() and not rest.isdecimal():
        return [head, rest]
    return [word]


def address(text, where):
    lists = WORDS["countries"].get(where, WORDS["countries"][""])
    become = {}
    for which in lists:
        become.update(map(tuple, WORDS[which]))
    out = []
    for word in re.split("[%s,!\\[\\](){}]|\\bC/O\\b" % SPACES, text.upper()):
        if "." in word and word in become:
            out.append(become[word])
            continue
        for part in word.split("."):
            for piece in dashed(part):
                for last in re.split("(#)", piece):
                    out.append(become.get(last, last))
    return "".join(out).lower()


def phone(text, where):
    return phone_oracle.normal(text, where)


NORMALISE = {"EMAIL": email, "FIRST_NAME": name, "LAST_NAME": name, "ADDRESS": address,
             "CITY": city, "STATE": state, "ZIP": postcode}
if phone_oracle:
    NORMALISE["PHONE"] = phone
KINDS = sorted(NORMALISE)


def trim(text):
    return text.strip(SPACES)


def normal(kind, text, where):
    """May raise Unusable. Trimmed text that is not empty."""
    if kind not in NORMALISE:
        raise NotImplementedError(kind)
    form = NORMALISE[kind](unicodedata.normalize("NFC", text), where)
    if not form:
        raise Unusable
    return form


def country(text):
    code = "".join(c.upper() if c in LOWER else c for c in trim(text))
    if len(code) != 2 or ascii_of(code, UPPER) != code:
        raise Unusable
    return "GB" if code == "UK" else code
