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
NO_SECURITY = Kind("UNKNOWN", usable=False)  # what [identifiers] calls NONE
HOUSE = Kind("HOUSE", ("house",))            # the firm's own numbers; no code of FIX
CUSIP = Kind("CUSIP", ("cusip",), upper=True)
ISIN = Kind("ISIN", ("isin",), upper=True)
SYMBOL_KIND = Kind("SYMBOL", ("symbol",))

KINDS = {
    b"1": CUSIP,
    b"2": Kind("SEDOL", ("sedol",), upper=True),
    b"3": Kind("QUIK", upper=True),
    b"4": ISIN,
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

BY_NAME = {kind.name: kind for kind in (*KINDS.values(), HOUSE, UNKNOWN)} | {"NONE": NO_SECURITY}

# The roles that are keys, and whether the key is in upper case.
KEY_ROLES = {role: kind.upper for kind in (*KINDS.values(), HOUSE) for role in kind.columns}


def kind_of(source, configured=None):
    """What a value of tag 22 means: as configured, else as FIX lists it."""
    return UNKNOWN if source is None else (KINDS | (configured or {})).get(source.strip(WHITE), UNKNOWN)


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


# ---- well-formed ---------------------------------------------------------------------------------------------------

VOWELLESS = "B-DF-HJ-NP-TV-Z"
SHAPES = {
    "CUSIP": r"[0-9A-Z*@#]{8}[0-9]",
    "SEDOL": rf"[0-9{VOWELLESS}]{{6}}[0-9]",
    "ISIN": r"[A-Z]{2}[0-9A-Z]{9}[0-9]",
    "FIGI": rf"(?!BS|BM|GG|GB|GH|KY|VG)[{VOWELLESS}]{{2}}G[0-9{VOWELLESS}]{{8}}[0-9]",
    "LEI": r"[0-9A-Z]{18}[0-9]{2}",
}
CHECK_DIGITS = {
    "CUSIP": lambda key: cusip.calc_check_digit(key[:-1]) == key[-1],
    "SEDOL": lambda key: sedol.calc_check_digit(key[:-1]) == key[-1],
    "ISIN": lambda key: isin.calc_check_digit(key[:-1]) == key[-1],
    "FIGI": lambda key: figi.calc_check_digit(key[:-1]) == key[-1],
    "LEI": lei.is_valid,
}


def has_shape(kind, key):
    return kind.name not in SHAPES or re.fullmatch(SHAPES[kind.name], key.decode("latin-1")) is not None


def has_check_digit(kind, key):
    """Of a key of the right shape: its check digit is right, and so is the CUSIP that it holds."""
    right = kind.name not in CHECK_DIGITS or CHECK_DIGITS[kind.name](key.decode("latin-1"))
    held = cusip_in(key) if kind is ISIN else None
    return right and (held is None or well_formed(CUSIP, held))


def well_formed(kind, key):
    return len(key) <= KEY_MAX and has_shape(kind, key) and has_check_digit(kind, key)


# ---- CUSIPs in ISINs, and short ones -------------------------------------------------------------------------------

COUNTRIES_OF_CUSIPS = (b"US", b"CA")


def cusip_in(key):
    """The CUSIP that an ISIN of US or CA holds; None of any other."""
    return key[2:11] if has_shape(ISIN, key) and key.startswith(COUNTRIES_OF_CUSIPS) else None


def isins_with(key):
    """The ISINs of US and CA that hold a well-formed CUSIP, in this order."""
    if re.search(rb"[*@#]", key):
        return []
    numbers = [country + key for country in COUNTRIES_OF_CUSIPS]
    return [number + isin.calc_check_digit(number.decode()).encode() for number in numbers]


def completions(key):
    """[(what a CUSIP has lost, the whole CUSIP)] of a short one; of any other none."""
    if not re.fullmatch(rb"[0-9A-Z*@#]{7,8}", key):
        return []
    found = []
    if key.isdigit() and well_formed(CUSIP, key.rjust(9, b"0")):
        found.append(("LOST_ZEROS", key.rjust(9, b"0")))
    if len(key) == 8:
        found.append(("NO_CHECK_DIGIT", key + cusip.calc_check_digit(key.decode()).encode()))
    return found


LOOKS_LIKE = [BY_NAME[name] for name in ("FIGI", "ISIN", "CUSIP", "SEDOL", "LEI")]


def looks_like(kind, value):
    """The kind in which a value is well-formed that its own kind does not explain, and its key there; or None."""
    key = value.upper()
    return next(((other, key) for other in LOOKS_LIKE if other is not kind and well_formed(other, key)), None)
