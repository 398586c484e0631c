"""Kinds of identifiers (SecurityIDSource, tag 22), what is a value and what a key, shapes and check digits.

The check digits are python-stdnum's, so that they are nobody's of this project.
"""

import re
from dataclasses import dataclass

from stdnum import cusip, figi, isin, lei
from stdnum.gb import sedol

WHITE = b" \t\r\n"
KEY_MAX = 128  # bytes; a longer identifier is invalid
WORDS_FOR_NOTHING = (b"", b"N/A", b"#N/A", b"[N/A]", b"-", b"--", b"NULL", b"NONE")
WORDS_FOR_NO_IDENTIFIER = (b"NA", b"NAN", b"UNKNOWN", b"TBD")


@dataclass(frozen=True)
class Kind:
    name: str
    columns: tuple = ()   # the master's roles in which it is looked up
    upper: bool = False   # its standard is in upper case
    usable: bool = True   # it names a security


UNKNOWN = Kind("UNKNOWN")
SYMBOL_KIND = Kind("SYMBOL", ("symbol",))

KINDS = {
    b"1": Kind("CUSIP", ("cusip",), upper=True),
    b"2": Kind("SEDOL", ("sedol",), upper=True),
    b"3": Kind("QUIK", upper=True),
    b"4": Kind("ISIN", ("isin",), upper=True),
    b"5": Kind("RIC", ("ric",)),
    b"6": Kind("ISO_CURRENCY", usable=False),
    b"7": Kind("ISO_COUNTRY", usable=False),
    b"8": SYMBOL_KIND,
    b"9": Kind("CTA"),
    b"A": Kind("BLOOMBERG", ("bloomberg",)),
    b"B": Kind("WERTPAPIER", ("wertpapier",), upper=True),
    b"C": Kind("DUTCH", upper=True),
    b"D": Kind("VALOREN", ("valoren",), upper=True),
    b"E": Kind("SICOVAM", ("sicovam",), upper=True),
    b"F": Kind("BELGIAN", upper=True),
    b"G": Kind("COMMON", ("common_code",), upper=True),
    b"H": Kind("CLEARING"),
    b"I": Kind("FPML_SPEC", usable=False),
    b"J": Kind("OPRA", ("opra",)),
    b"K": Kind("FPML_URL", usable=False),
    b"L": Kind("LETTER_OF_CREDIT", usable=False),
    b"M": Kind("MARKETPLACE"),
    b"N": Kind("MARKIT_RED_ENTITY"),
    b"P": Kind("MARKIT_RED_PAIR"),
    b"Q": Kind("CFTC", usable=False),
    b"R": Kind("ISDA_REFERENCE", usable=False),
    b"S": Kind("FIGI", ("figi", "composite_figi", "share_class_figi"), upper=True),
    b"T": Kind("LEI", ("lei",), upper=True),
    b"U": Kind("SYNTHETIC"),
    b"V": Kind("FIM"),
    b"W": Kind("INDEX_NAME", usable=False),
    b"X": Kind("UNIFORM_SYMBOL"),
    b"Y": Kind("DTI"),
}

# The roles that are keys, and whether the key is in upper case.
KEY_ROLES = {role: kind.upper for kind in KINDS.values() for role in kind.columns}


def kind_of(source):
    return UNKNOWN if source is None else KINDS.get(source.strip(WHITE), UNKNOWN)


def trimmed(value):
    """The value without white space around it; None where it is absent or a placeholder."""
    if value is None:
        return None
    value = value.strip(WHITE)
    if value.upper() in WORDS_FOR_NOTHING or re.fullmatch(rb"0+", value):
        return None
    return value


def identifier(kind, value):
    """The same for an identifier, which has more words for nothing, unless it is an exchange symbol."""
    value = trimmed(value)
    if value is None or kind is SYMBOL_KIND:
        return value
    return None if value.upper() in WORDS_FOR_NO_IDENTIFIER else value


def key_of(kind, value):
    return value.upper() if kind.upper else value


def role_key(role, value):
    """What a cell of a key column is compared by; None where it is no key."""
    value = identifier(SYMBOL_KIND if role == "symbol" else None, value)
    return value if value is None or not KEY_ROLES[role] else value.upper()


def well_formed(kind, key):
    if len(key) > KEY_MAX:
        return False
    check = CHECKS.get(kind.name)
    return check is None or check(key.decode("latin-1"))


def cusip_is_right(key):
    return bool(re.fullmatch(r"[0-9A-Z*@#]{8}[0-9]", key)) and cusip.calc_check_digit(key[:-1]) == key[-1]


def sedol_is_right(key):
    return bool(re.fullmatch(r"[0-9B-DF-HJ-NP-TV-Z]{6}[0-9]", key)) and sedol.calc_check_digit(key[:-1]) == key[-1]


def isin_is_right(key):
    return bool(re.fullmatch(r"[A-Z]{2}[0-9A-Z]{9}[0-9]", key)) and isin.calc_check_digit(key[:-1]) == key[-1]


def figi_is_right(key):
    shape = re.fullmatch(r"[B-DF-HJ-NP-TV-Z]{2}G[0-9B-DF-HJ-NP-TV-Z]{8}[0-9]", key)
    reserved = key[:2] in ("BS", "BM", "GG", "GB", "GH", "KY", "VG")
    return bool(shape) and not reserved and figi.calc_check_digit(key[:-1]) == key[-1]


def lei_is_right(key):
    return bool(re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", key)) and lei.is_valid(key)


CHECKS = {"CUSIP": cusip_is_right, "SEDOL": sedol_is_right, "ISIN": isin_is_right, "FIGI": figi_is_right,
          "LEI": lei_is_right}
