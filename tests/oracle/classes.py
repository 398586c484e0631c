"""Types of securities (tag 167, ISO 10962): the FIX code and the class that a text stands for."""

import re

# (class, code or None, names); a code is its own name.
TYPES = [
    ("EQUITY", "CS", "common stock|common|ordinary share|ordinary shares|ord"),
    ("EQUITY", "PS", "preferred stock|preferred|preference share|preference shares"),
    ("EQUITY", None, "equity|equities|stock|share|shares"),
    ("FUTURE", "FUT", "future|futures"),
    ("OPTION", "OPT", "option|options"),
    ("WARRANT", "WAR", "warrant|warrants"),
    ("FUND", "MF", "mutual fund"),
    ("FUND", "ETF", "exchange traded fund"),
    ("FUND", None, "fund"),
    ("DEBT", "CORP", "corporate bond"), ("DEBT", "CB", "convertible bond"), ("DEBT", "TBOND", "treasury bond"),
    ("DEBT", "TBILL", "treasury bill"), ("DEBT", "TNOTE", "treasury note"), ("DEBT", "MUNI", "municipal bond"),
    ("DEBT", "CD", "certificate of deposit"), ("DEBT", "CP", "commercial paper"),
    ("DEBT", "MTN", ""), ("DEBT", "EUSOV", ""), ("DEBT", "EUSUPRA", ""), ("DEBT", "BRADY", ""),
    ("DEBT", None, "bond|bonds|debt|fixed income"),
    ("FX", "FXSPOT", ""), ("FX", "FXFWD", ""), ("FX", "FXSWAP", ""), ("FX", "FXNDF", ""),
    ("FX", "FOR", "forex|foreign exchange"),
    ("FX", None, "fx|currency"),
]
KNOWN_TYPES = {name.upper().encode(): (class_, code)
               for class_, code, names in TYPES for name in [*names.split("|"), code or ""] if name}

# What a CFI begins with -> (class, code); the first that fits.
CFI_CLASSES = [
    (b"ES", ("EQUITY", "CS")), (b"EP", ("EQUITY", "PS")), (b"EF", ("EQUITY", "PS")), (b"E", ("EQUITY", None)),
    (b"D", ("DEBT", None)),
    (b"CE", ("FUND", "ETF")), (b"C", ("FUND", None)),
    (b"F", ("FUTURE", "FUT")),
    (b"O", ("OPTION", "OPT")), (b"H", ("OPTION", "OPT")),
    (b"RW", ("WARRANT", "WAR")),
    (b"I", ("FX", None)), (b"J", ("FX", None)),
]


def of_type(value):
    """(class, code or None) of a type's name or code; None where it is not known."""
    return None if value is None else KNOWN_TYPES.get(value.upper())


def is_cfi(value):
    return value is not None and re.fullmatch(rb"[A-Za-z]{6}", value) is not None


def of_cfi(value):
    if not is_cfi(value):
        return None
    return next((what for start, what in CFI_CLASSES if value.upper().startswith(start)), None)


def same(a, b):
    """Whether two agree; None where it cannot be said."""
    if a is None or b is None:
        return None
    both_have_codes = a[1] is not None and b[1] is not None
    return a[1] == b[1] if both_have_codes else a[0] == b[0]
