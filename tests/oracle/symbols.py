"""How one symbol is spelled by each convention, and how it is called before and after a renaming."""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache

CONVENTIONS = ("CQS", "CMS", "NASDAQ", "ACT", "BLOOMBERG", "YAHOO", "RIC")
MARKS = [  # X is a letter; None where it is not known to be spelled
    ("class X", "/X", " X", ".X", ".X", "/X", "-X", "x"),
    ("preferred", "p", " PR", "-", "$", None, None, "_p"),
    ("preferred X", "pX", " PRX", "-X", "$X", None, "-PX", "_px"),
    ("preferred when distributed", "p/WD", " PRWD", "-$", ".D", None, None, None),
    ("preferred X when distributed", "pX/WD", " PRXWD", "-X$", None, None, None, None),
    ("preferred when issued", "pw", " PRWI", "-#", None, None, None, None),
    ("preferred X when issued", "pXw", " PRXWI", "-X#", None, None, None, None),
    ("preferred called", "p/CL", " PRCL", "-*", None, None, None, None),
    ("preferred X called", "pX/CL", " PRXCL", "-X*", None, None, None, None),
    ("preferred X convertible", "pX/CV", " PRXCV", "-X%", None, None, None, None),
    ("class X called", "/X/CL", " XCL", ".X*", None, None, None, None),
    ("class X convertible", "/X/CV", " XCV", ".X%", None, None, None, None),
    ("class X when issued", "/Xw", " XWI", ".X#", None, None, None, None),
    ("warrants", "/WS", " WS", "+", ".W", None, "-WT", None),
    ("warrants X", "/WS/X", " WSX", "+X", None, None, "-WTX", None),
    ("warrants when issued", "/WSw", " WSWI", "+#", None, None, None, None),
    ("rights", "r", " RT", "^", ".R", None, "-RI", None),
    ("rights when issued", "rw", " RTWI", "^#", None, None, None, None),
    ("units", "/U", " U", "=", ".U", None, "-UN", None),
    ("when issued", "w", " WI", "#", None, None, None, None),
    ("when distributed", "/WD", " WD", "$", ".Z", None, None, None),
    ("called", "/CL", " CL", "*", None, None, None, None),
    ("convertible", "/CV", " CV", "%", None, None, None, None),
    ("convertible called", "/CV/CL", " CVCL", "%*", None, None, None, None),
    ("emerging company", "/EC", " EC", "!", ".E", None, None, None),
    ("partly paid", "/PP", " PP", "@", None, None, None, None),
    ("test", "/TEST", " TEST", "~", None, None, None, None),
]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SPELLING_MAX = 128  # bytes

NO_CODE_IN_YAHOO = (".N", ".O", ".OQ", ".K", ".A", ".P", ".PK", ".OB")
SEPARATORS = (b".", b"/", b"-", b" ")


# ---- reading and spelling ------------------------------------------------------------------------------------------

@dataclass
class Reading:
    convention: str
    root: str
    mark: object = None  # (name of the row, letter or None), or None
    code: str = ""       # of an exchange, with what stands before it

    @property
    def understood(self):
        return self.mark is not None or self.code != ""


def has_letter(name):
    return "X" in name.split()


def mark_of(name, letter, convention):
    """As the table has it, whatever else is spelled so; None where it is blank."""
    mark = MARKS_BY_NAME[name][CONVENTIONS.index(convention)]
    if mark is None or letter is None:
        return mark
    return mark.replace("x", letter.lower()) if convention == "RIC" else mark.replace("X", letter)


MARKS_BY_NAME = {name: marks for name, *marks in MARKS}


@cache
def rows_of_marks(convention):
    """Mark -> (name, letter). A mark that could be of two rows is of the one without X."""
    plain = [(name, None) for name in MARKS_BY_NAME if not has_letter(name)]
    lettered = [(name, letter) for name in MARKS_BY_NAME if has_letter(name) for letter in LETTERS]
    found = {}
    for row in plain + lettered:
        found.setdefault(mark_of(*row, convention), row)
    found.pop(None, None)
    return found


def read(symbol, suffix, convention):
    """The symbol, read in a convention; None where it cannot be."""
    symbol = symbol.decode("latin-1")
    if suffix is not None:
        mark = rows_of_marks("CMS").get(" " + suffix.decode("latin-1"))
        return Reading(convention, symbol, mark) if mark else None
    if convention == "FIX":
        return Reading(convention, symbol)
    symbol, code = without_code(symbol, convention)
    root = re.match(r"[A-Z0-9]+", symbol)
    if root is None:
        return None
    mark = symbol[root.end():]
    row = rows_of_marks(convention).get(mark)
    return Reading(convention, root[0], row, code) if row or mark == "" else None


def without_code(symbol, convention):
    """(symbol, the code of an exchange behind it or an empty one)."""
    patterns = {"YAHOO": r"\.[0-9A-Za-z]{1,4}\Z", "RIC": r"\.[0-9A-Za-z]{1,4}\Z", "BLOOMBERG": r"(?s: .*)"}
    found = re.search(patterns[convention], symbol) if convention in patterns else None
    return (symbol[:found.start()], found[0]) if found else (symbol, "")


def spell(reading, convention):
    """What was read, in a convention; None where it cannot be spelled in it."""
    mark = "" if reading.mark is None else mark_of(*reading.mark, convention)
    if mark is None or (mark and rows_of_marks(convention)[mark] != reading.mark):
        return None
    code = code_in(reading, convention)
    if code is None:
        return None
    spelling = (reading.root + mark + code).encode("latin-1")
    return spelling if len(spelling) <= SPELLING_MAX else None


def code_in(reading, convention):
    if reading.convention == convention:
        return reading.code
    if convention == "RIC":
        return reading.code or None if reading.convention == "YAHOO" else None
    if convention == "YAHOO" and reading.convention == "RIC":
        return "" if reading.code in NO_CODE_IN_YAHOO else reading.code
    return ""


# ---- the settings --------------------------------------------------------------------------------------------------

@dataclass
class Renaming:
    old: bytes
    new: bytes
    date: date

    def before(self, symbol, day):
        return symbol == self.old and (day is None or day < self.date)

    def after(self, symbol, day):
        return symbol == self.new and (day is None or day >= self.date)

    def stale(self, symbol, day):
        return symbol == self.old and day is not None and day >= self.date


def renamings_of(csv_text):
    rows = csv.DictReader(io.StringIO(csv_text))
    return [Renaming(row["old"].strip().encode(), row["new"].strip().encode(),
                     date.fromisoformat(row["date"].strip())) for row in rows]


@dataclass
class Symbology:
    master: str = None                           # convention of the master
    sessions: dict = field(default_factory=dict)  # SENDER/TARGET -> convention
    topics: dict = field(default_factory=dict)
    mics: dict = field(default_factory=dict)
    renamings: list = field(default_factory=list)

    def convention(self, sender, target, topic, mic):
        """The one that applies to an instrument, or None. All are bytes; what is absent is None."""
        said = [(b"*" if one is None else one) for one in (sender, target)]
        for session in (b"/".join(said), said[0] + b"/*", b"*/" + said[1]):
            if session in self.sessions and session != b"*/*":
                return self.sessions[session]
        return self.topics.get(topic) or self.mics.get(mic)


# ---- what a symbol is looked up and compared as --------------------------------------------------------------------

class Said:
    """The symbol of an instrument under the settings."""

    def __init__(self, symbol, suffix, convention, symbology, day):
        self.symbol, self.suffix, self.symbology, self.day = symbol, suffix, symbology, day
        reading = read(symbol, suffix, convention) if convention else None
        self.understood = reading is not None and reading.understood
        self.exact = spell(reading, symbology.master) if self.understood else symbol  # s; None: it cannot be spelled
        self.is_whole = self.understood or suffix is None or symbol.endswith(tuple(sep + suffix for sep in SEPARATORS))

    def names_before(self):
        return [one.new for one in self.symbology.renamings if one.before(self.exact, self.day)]

    def names_after(self):
        return [one.old for one in self.symbology.renamings if one.after(self.exact, self.day)]

    def names_stale(self):
        return [one.new for one in self.symbology.renamings if one.stale(self.exact, self.day)]

    def other_readings(self):
        """Its spellings in the master's convention, read in each in turn."""
        if self.symbology.master is None:
            return []
        readings = [read(self.symbol, self.suffix, convention) for convention in CONVENTIONS]
        spellings = [spell(one, self.symbology.master) for one in readings if one is not None and one.understood]
        return [one for one in spellings if one is not None]

    def other_separators(self):
        whole = self.symbol if self.suffix is None else self.symbol + b"." + self.suffix
        return [with_separator(whole, separator) for separator in SEPARATORS]


def with_separator(symbol, separator):
    return re.sub(rb"[./\- ]", separator, symbol)


def look_up(said, master):
    """(rows, found_by, the kind of discrepancy or None, its reason or None) of where the symbol leads."""
    for names, found_by, kind, reason in ways_to_look_up(said):
        for name in names:
            rows = master.holding(["symbol"], name)
            if rows:
                return rows, found_by, kind, reason
    return [], "NOTHING", None, None


def ways_to_look_up(said):
    """[(names to try, found_by, kind, reason)] in the order in which they are tried."""
    if said.exact is None:
        return []
    exactly = ("SYMBOL", None, None) if said.is_whole else VARIANT
    exact = [(said.names_before(), *exactly), ([said.exact], *exactly), (said.names_after(), *exactly),
             (said.names_stale(), "SYMBOL", "SYMBOL_MISMATCH", "RENAMED")]
    variants = [(said.other_separators() + said.other_readings(), *VARIANT)]
    if said.understood:
        return exact
    return exact + variants if said.suffix is None else variants + exact


VARIANT = ("SYMBOL_VARIANT", "SYMBOL_FORMAT_VARIANT", None)


def agrees(said, symbol):
    """How a row's symbol compares: AGREE, VARIANT, DIFFER, or UNSAID where the message's cannot be spelled."""
    if said.exact is None:
        return "UNSAID"
    if symbol in (said.exact, *said.names_before(), *said.names_after()):
        return "AGREE" if said.is_whole else "VARIANT"
    if said.understood:
        return "DIFFER"
    alike = with_separator(symbol, b".") == said.other_separators()[0] or symbol in said.other_readings()
    return "VARIANT" if alike else "DIFFER"
