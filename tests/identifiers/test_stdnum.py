"""Identifiers are judged as python-stdnum judges them, over 100,000 that are right, spoiled or made of anything.

Both are given the same text. stdnum takes off blanks and makes capitals first; ours are judged by their keys, which are
trimmed and in capitals, too (core/README.md, "Identifiers"). So small letters and blanks around make no difference,
and what remains is in the list of differences, each with the reason why ours is as it is. Anything else fails.
"""

import os
import random
import re
import string
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from stdnum import cusip, figi, isin, lei
from stdnum.gb import sedol
from stdnum.iso7064 import mod_97_10

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FIXWARDEN_BUILD", ROOT / "build" / "release"))
COUNT = 100_000

DIGITS, CAPITALS = string.digits, string.ascii_uppercase
VOWELS, SIGNS = "AEIOU", "*@#"
CONSONANTS = "".join(c for c in CAPITALS if c not in VOWELS)
ANYTHING = DIGITS + CAPITALS + CAPITALS.lower() + SIGNS + " -+._/"
STDNUM = {"CUSIP": cusip, "SEDOL": sedol, "ISIN": isin, "FIGI": figi, "LEI": lei}
LENGTHS = {"CUSIP": 9, "SEDOL": 7, "ISIN": 12, "FIGI": 12, "LEI": 20}
COUNTRIES = sorted(isin._country_codes)


# ---- the differences -------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Difference:
    """Values of a kind of which ours says `ours` and stdnum the opposite."""
    name: str
    kinds: tuple
    ours: str
    holds: Callable[[str], bool]  # of the key: trimmed, in capitals
    why: str


DIFFERENCES = [
    Difference("a country that stdnum does not list", ("ISIN",), "VALID",
               lambda key: key[:2] not in isin._country_codes,
               "ISO 6166 follows ISO 3166, which changes, and agencies use codes of their own beside it: with a list the check "
               "would call each new one invalid. Any two letters will do; whether there is such an ISIN, the master says"),
    Difference("an ISIN of US or CA that holds a CUSIP which is none", ("ISIN",), "BAD_CHECK_DIGIT",
               lambda key: key[:2] in ("US", "CA") and not cusip.is_valid(key[2:11]),
               "characters 3 to 11 are the CUSIP, with its own check digit, since the agency of both countries gives CUSIPs; "
               "stdnum looks at the ISIN's alone"),
    Difference("a prefix that FIGI excludes and stdnum does not", ("FIGI",), "BAD_SHAPE",
               lambda key: key[:2] in ("GH", "KY"),
               "FIGI (OMG, 6.1.2) leaves BS, BM, GG, GB, GH, KY and VG to ISINs; stdnum knows all but these two"),
    Difference("letters behind a digit", ("SEDOL",), "VALID",
               lambda key: key[0].isdigit() and not key.isdigit(),
               "the Exchange has issued none yet and stdnum takes that for a rule; nothing in the shape or the check digit "
               "forbids them, and to call one invalid would be wrong from the day on which it does"),
    Difference("an LEI of another length", ("LEI",), "BAD_SHAPE",
               lambda key: len(key.replace("-", "").replace(" ", "")) != 20,
               "ISO 17442 has twenty characters; stdnum looks at the remainder alone"),
    Difference("an LEI with letters for check digits", ("LEI",), "BAD_SHAPE",
               lambda key: not re.fullmatch(r"[0-9]{2}", key[-2:]),
               "ISO 17442: the last two are digits; stdnum looks at the remainder alone"),
    Difference("blanks, in an LEI also hyphens, inside", ("CUSIP", "SEDOL", "ISIN", "FIGI", "LEI"), "BAD_SHAPE",
               lambda key: " " in key or "-" in key,
               "stdnum takes them out, but a key is compared byte by byte: with them it can be found in no master"),
    Difference("nothing but zeros", ("CUSIP", "SEDOL"), "NO_KEY",
               lambda key: re.fullmatch(r"0+", key) is not None,
               "their check digits are right, but they stand for no value, in messages as in masters"),
]


def difference(kind, value, ours):
    """The row that accounts for this value, or None."""
    key = value.strip(" ").upper()
    return next((row for row in DIFFERENCES if kind in row.kinds and row.ours == ours and row.holds(key)), None)


# ---- identifiers -----------------------------------------------------------------------------------------------

def some(dice, alphabet, count):
    return "".join(dice.choice(alphabet) for _ in range(count))


def make_cusip(dice):
    body = some(dice, DIGITS + CAPITALS, 8) if dice.random() < 0.8 else some(dice, DIGITS + CAPITALS + SIGNS, 8)
    return body + cusip.calc_check_digit(body)


def make_sedol(dice):
    first, rest = dice.choice([(DIGITS, DIGITS), (CONSONANTS, DIGITS + CONSONANTS), (DIGITS, DIGITS + CONSONANTS)])
    body = some(dice, first, 1) + some(dice, rest, 5)
    return body + sedol.calc_check_digit(body)


def make_isin(dice):
    if dice.random() < 0.3:  # with a right CUSIP, most of them
        body = dice.choice(("US", "CA")) + (make_cusip(dice) if dice.random() < 0.8 else some(dice, DIGITS + CAPITALS, 9))
        return body + isin.calc_check_digit(body) if not set(body) & set(SIGNS) else make_isin(dice)
    country = dice.choice(COUNTRIES) if dice.random() < 0.8 else some(dice, CAPITALS, 2)
    body = country + some(dice, dice.choice((DIGITS, DIGITS + CAPITALS)), 9)
    return body + isin.calc_check_digit(body)


def make_figi(dice):
    prefix = some(dice, CONSONANTS, 2) if dice.random() < 0.8 else dice.choice(["BS", "BM", "GG", "GB", "GH", "KY", "VG", "BB"])
    body = prefix + "G" + some(dice, DIGITS + CONSONANTS, 8)
    return body + figi.calc_check_digit(body)


def make_lei(dice):
    body = some(dice, DIGITS + CAPITALS, 18)
    return body + mod_97_10.calc_check_digits(body)


MAKERS = {"CUSIP": make_cusip, "SEDOL": make_sedol, "ISIN": make_isin, "FIGI": make_figi, "LEI": make_lei}


def put(dice, text, alphabet):
    """One character becomes one of these."""
    at = dice.randrange(len(text))
    return text[:at] + dice.choice(alphabet) + text[at + 1:]


def insert(dice, text, alphabet):
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(alphabet) + text[at:]


def transpose(dice, text):
    at = dice.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2:]


def drop(dice, text):
    at = dice.randrange(len(text))
    return text[:at] + text[at + 1:]


def double(dice, text):
    at = dice.randrange(len(text))
    return text[:at] + text[at] + text[at:]


MUTATIONS = {
    "one digit changed": lambda dice, text: put(dice, text, DIGITS),
    "one character changed": lambda dice, text: put(dice, text, DIGITS + CAPITALS),
    "a vowel": lambda dice, text: put(dice, text, VOWELS),
    "a sign": lambda dice, text: put(dice, text, SIGNS),
    "anything": lambda dice, text: put(dice, text, ANYTHING),
    "two transposed": transpose,
    "one dropped": drop,
    "one doubled": double,
    "small letters": lambda dice, text: text.lower(),
    "one small letter": lambda dice, text: put(dice, text, CAPITALS.lower()),
    "a blank or hyphen inside": lambda dice, text: insert(dice, text, " -"),
    "blanks around": lambda dice, text: f" {text}  ",
    "a check digit that is a letter": lambda dice, text: text[:-1] + dice.choice(CAPITALS),
}


def make(dice, kind):
    """(how it was made, text)."""
    way = dice.random()
    if way < 0.3:
        return "right", MAKERS[kind](dice)
    if way < 0.8:
        name = dice.choice(list(MUTATIONS))
        text = MUTATIONS[name](dice, MAKERS[kind](dice))
        return name, text if dice.random() < 0.8 else dice.choice(list(MUTATIONS.values()))(dice, text)
    if way < 0.81:
        return "zeros", "0" * (LENGTHS[kind] + dice.choice((0, 0, 0, 1, -1)))
    alphabet = dice.choice((DIGITS, DIGITS + CAPITALS, ANYTHING))
    return "made of anything", some(dice, alphabet, LENGTHS[kind] + dice.choice((0, 0, 0, 0, 1, -1, 9)))


def judged(lines):
    """What the C tool says of each line."""
    tool = next(path for path in BUILD.rglob("fixwarden-identifiers") if path.is_file())
    run = subprocess.run([tool], input="".join(f"{kind} {value}\n" for kind, value in lines), capture_output=True, text=True,
                         timeout=300, check=True)
    return run.stdout.splitlines()


def test_identifiers_are_judged_as_stdnum_judges_them():
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    kinds = list(STDNUM)
    made = [(kind, *make(dice, kind)) for kind in (kinds[n % len(kinds)] for n in range(COUNT))]
    verdicts = judged([(kind, value) for kind, _, value in made])
    assert len(verdicts) == COUNT, f"seed {seed}"
    seen, alike = Counter(), Counter()
    for (kind, way, value), ours in zip(made, verdicts):
        if (ours == "VALID") == STDNUM[kind].is_valid(value):
            alike[kind, ours] += 1
            continue
        row = difference(kind, value, ours)
        assert row, f"seed {seed}: {kind} {value!r} ({way}): {ours}, and stdnum says the opposite"
        seen[row.name] += 1
    print(f"\nseed {seed}: {COUNT} identifiers, {sum(alike.values())} alike: {dict(sorted(alike.items()))}")
    for row in DIFFERENCES:
        print(f"{seen[row.name]:6} {'/'.join(row.kinds)}: {row.name}: {row.ours}, since {row.why}")
        assert seen[row.name], f"seed {seed}: {row.name}: there is no such difference any more"
    for kind in kinds:
        for ours in ("VALID", "BAD_SHAPE", "BAD_CHECK_DIGIT"):
            assert alike[kind, ours] > 1000, f"seed {seed}: {kind}: {ours}: {alike[kind, ours]}"
