"""A small master, renamed symbols and settings at random that go together, so that every rule has something to say.

The settings are an INI text, which fixwarden and the oracle both read.
"""

import csv
import io
import sys
from dataclasses import dataclass, field
from pathlib import Path

from stdnum import cusip, isin

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))

from severity import KINDS, STEPS  # noqa: E402
from symbols import CONVENTIONS, LETTERS, MARKS, Reading, has_letter, spell  # noqa: E402

LEVELS = ("LOW", "MEDIUM", "HIGH", "CRITICAL", "off")
SENDERS, TARGETS = ("DESK", "ALGO", "A/B"), ("VENUE", "BROKER")
ROLES = ("BODY", "LEG", "UNDERLYING", "LIST_ENTRY")
TYPES_OF_MESSAGES = ("D", "8", "AE", "V", "AB")
DATES = ("2026-03-01", "20260302", "2026-03-03")  # most messages are of the second

# Markets, as masters and messages name them; ALIASES are what some settings make of the last ones.
MARKETS = ("XNYS", "XNAS", "XNGS", "XNCM", "ARCX", "XLON", "XTSE", "NYSE", "NASDAQ", "N", "L", "xnys", "Big Board", "The City", "XXXX", "?")
ALIASES = {"big board": "XNYS", "THE CITY": "xlon", "XXXX": "XNAS"}
OTHER_OPERATORS = [("XNAS", "XNAS"), ("XNGS", "XNAS"), ("XNCM", "XNYS"), ("XLON", "XLON")]
CODES = {"RIC": (".N", ".OQ", ".L", ".TO", ".K"), "YAHOO": ("", ".L", ".TO"), "BLOOMBERG": (" US", " LN", " US Equity")}

KINDS_OF_SECURITIES = {  # types, CFIs, what the master may have for a multiplier
    "share": (("CS", "Common Stock", "equity", "share", ""), ("ESVUFR", "EXXXXX", "esvufr", "ES", ""), ("",)),
    "preferred": (("PS", "preferred", ""), ("EPVUFR", "EFXXXX", ""), ("",)),
    "option": (("OPT", "Option", "Weird", ""), ("OCASPS", "HCXXXX", ""), ("100", "100.00", "", "0", "-5", "x")),
    "future": (("FUT", "futures", ""), ("FFXXXX", ""), ("50", "", "0.1")),
    "bond": (("CORP", "Corporate Bond", "debt", ""), ("DBXXXX", ""), ("", "1000")),
    "fund": (("ETF", "fund", "MF"), ("CEXXXX", "CIXXXX", ""), ("",)),
    "fx": (("FXSPOT", "fx"), ("IFXXXX", ""), ("",)),
    "odd": (("Weird", "STN", "N/A"), ("RAXXXX", "XXXXXX", ""), ("", "10")),
}
HEADER = ("symbol", "cusip", "isin", "house", "mic", "currency", "type", "cfi", "maturity", "strike", "put_call", "multiplier", "status",
          "delisted")


@dataclass
class World:
    master_text: str = ""
    settings_text: str = ""
    convention: str = None                      # in which the master spells
    renames: list = field(default_factory=list)  # (old, new, date)
    sources: tuple = ()                         # values of tag 22 that are the firm's own


def world_at_random(dice, folder, topic):
    """Writes the file of renamed symbols into the folder; `topic` is that of the messages."""
    convention = dice.choice((None, None, *CONVENTIONS))
    rows = [row for _ in range(250) for row in rows_of_security(dice, convention)]
    dice.shuffle(rows)
    renames = renames_of(dice, [row["symbol"] for row in rows if row["symbol"]])
    (Path(folder) / "renames.csv").write_text(as_csv(("old", "new", "date"), renames))
    (Path(folder) / "mics.csv").write_text(as_csv(("MIC", "OPERATING MIC"), OTHER_OPERATORS))
    own = [source for source in ("100", "hse", "HSE", "1", "99") if dice.random() < 0.5]
    settings = settings_at_random(dice, convention, folder, topic, own)
    columns = [role for role in HEADER if dice.random() < 0.9]
    cells = [[row.get(role, "") for role in columns] for row in rows]
    return World(as_csv(columns, cells), settings, convention, renames, tuple(own))


def as_csv(header, rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


# ---- the master ----------------------------------------------------------------------------------------------------

def rows_of_security(dice, convention):
    """One to three listings of one security, with blanks here and there."""
    kind = dice.choice(list(KINDS_OF_SECURITIES))
    number = cusip_at_random(dice, pseudo=kind == "option" and dice.random() < 0.5)
    identified = {"cusip": number, "isin": isin_at_random(dice, number), "house": f"h-{dice.randrange(10**6)}"}
    reading = reading_at_random(dice, kind)
    for _ in range(dice.choice((1, 1, 2, 3))):
        types, cfis, multipliers = KINDS_OF_SECURITIES[kind]
        row = {role: value for role, value in identified.items() if dice.random() < 0.7}
        row |= {"symbol": symbol_of(dice, reading, convention) if dice.random() < 0.95 else "",
                "mic": dice.choice((*MARKETS[:10], "", dice.choice(MARKETS))), "currency": dice.choice(("USD", "USD", "GBX", "GBP", "CAD", "")),
                "type": dice.choice(types), "cfi": dice.choice(cfis), "multiplier": dice.choice(multipliers),
                "status": dice.choice(("", "", "active", "Halted") if dice.random() < 0.2 else ("",)),
                "delisted": dice.choice(("TRUE", "N", "2026-03-01", "202604") if dice.random() < 0.1 else ("",))}
        if kind in ("option", "future", "bond"):
            row["maturity"] = dice.choice(("2026-06-19", "202606", "20260301", ""))
        if kind == "option":
            row |= {"strike": dice.choice(("100", "100.50", "")), "put_call": dice.choice(("C", "Put", "call", "0", "straddle", ""))}
        yield row


def cusip_at_random(dice, pseudo):
    start = dice.choice(("0", "00", "00", "4", "6", "9X", "A@", "BC*", "7#"))
    number = start + "".join(dice.choice("0123456789" if dice.random() < 0.95 else "ABCX") for _ in range(8 - len(start)))
    right = cusip.calc_check_digit(number)
    return number + (dice.choice([digit for digit in "0123456789" if digit != right]) if pseudo else right)


def isin_at_random(dice, number):
    """Mostly that of the CUSIP; now and then one that has nothing to do with it."""
    if dice.random() < 0.1 or not number.isalnum():
        number = "G" + "".join(dice.choice("0123456789") for _ in range(8))
    country = dice.choice(("US", "US", "US", "CA", "GB"))
    if number.startswith("G"):
        country = "GB"
    return country + number + isin.calc_check_digit(country + number)


def reading_at_random(dice, kind):
    """A symbol as a root and a mark; a third has no mark."""
    root = "".join(dice.choice("ABCDEFGHIKLMNOPRST") for _ in range(dice.choice((2, 3, 3, 4))))
    names = [name for name, *_ in MARKS if kind != "preferred" or name.startswith("preferred")]
    if dice.random() < 0.3:
        return Reading("CQS", root)
    name = dice.choice(names) if dice.random() < 0.6 else dice.choice(("class X", "preferred X", "warrants"))
    return Reading("CQS", root, (name, dice.choice("ABCDLUW") if has_letter(name) else None))


def symbol_of(dice, reading, convention):
    convention = convention or dice.choice(("NASDAQ", "CQS", "YAHOO"))
    reading = Reading(convention, reading.root, reading.mark, dice.choice(CODES.get(convention, ("",))))
    spelling = spell(reading, convention)
    return reading.root if spelling is None else spelling.decode("latin-1")


def renames_of(dice, symbols):
    """Of and to symbols that the master has, and others."""
    others = [f"{symbol[:2]}{dice.choice(LETTERS)}{number}" for number, symbol in enumerate(dice.sample(symbols, 40))]
    pairs = [(symbol, other) if dice.random() < 0.5 else (other, symbol) for symbol, other in zip(dice.sample(symbols, 40), others)]
    pairs += [tuple(dice.sample(symbols, 2)) for _ in range(6)]
    pairs += [(old, dice.choice(symbols)) for old, _ in dice.sample(pairs, 4)]  # one name, renamed twice
    return [(old, new, dice.choice(DATES)) for old, new in pairs if old != new]


# ---- the settings --------------------------------------------------------------------------------------------------

def settings_at_random(dice, convention, folder, topic, own):
    sections = {
        "identifiers": identifiers_section(dice, own),
        "symbology": symbology_section(dice, convention, folder, topic),
        "exchanges": exchanges_section(dice, folder),
        "rules": rules_section(dice),
        "severity": [f"rule {number} = {rule_at_random(dice)}" for number in range(dice.choice((0, 1, 3)))],
    }
    return "".join(f"[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections.items())


def identifiers_section(dice, own):
    kinds = {"1": "ISIN", "99": dice.choice(("NONE", "UNKNOWN", "CUSIP"))}
    lines = [f"source.{source} = {kinds.get(source, 'HOUSE')}" for source in own if source != "1" or dice.random() < 0.1]
    lines += [f"short_cusips = {dice.choice(('report', 'accept'))}"] * (dice.random() < 0.7)
    return lines + [f"pseudo_cusips = {dice.choice(('no', 'options', 'yes'))}"] * (dice.random() < 0.7)


def exchanges_section(dice, folder):
    lines = [f"mics = {Path(folder) / 'mics.csv'}"] * (dice.random() < 0.2)
    return lines + [f"alias.{name} = {mic}" for name, mic in ALIASES.items() if dice.random() < 0.5]


def symbology_section(dice, convention, folder, topic):
    lines = [f"renames = {Path(folder) / 'renames.csv'}"] * (dice.random() < 0.8)
    if convention is None:
        return lines
    said = [f"session.{sender}/{target}" for sender in (*SENDERS, "*") for target in (*TARGETS, "*") if (sender, target) != ("*", "*")]
    said = dice.sample(said, dice.choice((0, 1, 3))) + [f"topic.{topic}"] * (dice.random() < 0.3)
    said += [f"mic.{mic}" for mic in ("XNYS", "XNAS", "XLON") if dice.random() < 0.3]
    return lines + [f"master = {convention}"] + [f"{name} = {dice.choice((*CONVENTIONS, 'FIX'))}" for name in said]


def rules_section(dice):
    lines = ["references = yes"] * (dice.random() < 0.3)
    lines += [f"attribute.{step} = {dice.choice(LEVELS)}" for step in STEPS if dice.random() < 0.15]
    return lines + [f"{kind} = {dice.choice(LEVELS)}" for kind in KINDS if dice.random() < 0.1]


def rule_at_random(dice):
    conditions = {
        "kind=": tuple(KINDS), "step=": STEPS, "type=": TYPES_OF_MESSAGES, "sender=": SENDERS, "target=": TARGETS, "role=": ROLES,
        "notional>=": tuple(f"{currency}:{amount}" for currency in ("USD", "GBP", "GBX", "CAD") for amount in ("0", "1000", "250000.5")),
    }
    chosen = dice.sample(list(conditions), dice.choice((1, 1, 2)))
    said = [name + ",".join(dice.sample(conditions[name], dice.choice((1, 2)))) for name in chosen]
    return f"{' '.join(said)} -> {dice.choice(LEVELS)}"
