# SPDX-License-Identifier: Apache-2.0
"""The rule for phone numbers, worked out a second time, with Google's own library.

    number = normal("(415) 555-2671", "US")     "14155552671"; "" when unusable

Written from the description of the rule, for Debian's python3-phonenumbers, which
the program does not use and the ordinary tests do not need: tests/tool/phone_compare
holds both against each other and writes the sample that the unit test reads.
"""
import re

import phonenumbers as lib
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonenumberutil import (_build_national_number_for_parsing,
                                          _maybe_strip_extension)

POSSIBLE = lib.ValidationResult.IS_POSSIBLE
FROM_COUNTRY = lib.CountryCodeSource.FROM_DEFAULT_COUNTRY
COMPUTED = re.compile("[+\uff0b-]?\\d+(?:[.,]\\d*)?[eE][+\uff0b-]?\\d+\\Z|"
                      "[+\uff0b-]?\\d+[.,]00?\\Z")
PHONE_CONTEXT = ";phone-context="
DASHES = str.maketrans(dict.fromkeys("_\u00b7\u2022\u30fb\uff65", "\u2010"))


def cropped(text):
    """Without what stands behind the last digit: letters are keypad letters to the
    library, a remark to us."""
    found = re.match(r"(?s).*\d#?", text)
    return found.group().translate(DASHES) if found else ""


def has_words(text):
    """Three letters between digits."""
    _, number = _maybe_strip_extension(_build_national_number_for_parsing(text))
    return len(re.findall("[A-Za-z]", number)) > 2


def general(region, number):
    pattern = PhoneMetadata.metadata_for_region(region, None).general_desc
    return re.fullmatch(pattern.national_number_pattern, number) is not None


def is_valid_in(code, number):
    return any(lib.is_valid_number_for_region(number, region)
               for region in COUNTRY_CODE_TO_REGION_CODE[code])


def is_wanted(number, national, country, own):
    if number.country_code != own:
        return lib.is_possible_number_with_reason(number) == POSSIBLE
    if country == "GB" and number.country_code_source != FROM_COUNTRY:
        return is_valid_in(44, number)
    if general(country, national):
        return True
    if country == "CA":
        return is_valid_in(1, number)
    main = COUNTRY_CODE_TO_REGION_CODE[own][0]
    return main != country and general(main, national)


def normal(text, country):
    text = text.strip()
    digits = "".join(str(int(c)) if re.match(r"\d", c) else c for c in text)
    if COMPUTED.match(digits) or PHONE_CONTEXT in text:
        return ""
    text = cropped(text)
    known = country in lib.SUPPORTED_REGIONS
    try:
        number = lib.parse(text, country if known else None, keep_raw_input=True)
    except lib.NumberParseException:
        return ""
    if has_words(text):
        return ""
    national = lib.national_significant_number(number)
    own = lib.country_code_for_region(country) if known else 0
    if not is_wanted(number, national, country, own):
        return ""
    return "%d%s" % (number.country_code, national)
