"""Names of markets and their MICs (ISO 10383), and which MIC operates which.

The operators are those of the package iso10383; the names are the list that the contract names, read as data.
"""

import csv
import io
import re
from functools import cache
from pathlib import Path

import iso10383

NAMES = Path(__file__).resolve().parents[2] / "core" / "exchange_names.h"


def resolved_by_iso():
    """MIC -> the MIC that operates it, which may be itself."""
    entries = [entry.value for entry in iso10383.MIC]
    return {entry.mic.encode(): (entry.operating_mic or entry).mic.encode() for entry in entries}


def pairs_of_list(text):
    """The pairs of strings of a list: {"NASDAQ", "XNAS"}, without its comments."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return [(a.encode(), b.encode()) for a, b in re.findall(r'\{\s*"([^"]*)"\s*,\s*"([^"]*)"\s*\}', text)]


@cache
def built_in_names():
    """NAME in upper case -> MIC."""
    return {name.upper(): mic for name, mic in pairs_of_list(NAMES.read_text())}


@cache
def built_in_operators():
    return resolved_by_iso()


def operators_of(csv_text):
    """The same of a file as ISO publishes it."""
    rows = csv.DictReader(io.StringIO(csv_text))
    return {row["MIC"].strip().encode(): row["OPERATING MIC"].strip().encode() for row in rows}


class Markets:
    def __init__(self, aliases=None, operators=None):
        self.aliases = {name.upper(): mic.upper() for name, mic in (aliases or {}).items()}
        self.operators = built_in_operators() if operators is None else operators

    def mic(self, value):
        """The MIC that a value resolves to; None where it cannot be said."""
        if value is None:
            return None
        name = value.upper()
        if name in self.aliases:
            return self.aliases[name]
        if name in built_in_names():
            return built_in_names()[name]
        return name if re.fullmatch(rb"[0-9A-Z]{4}", name) else None

    def operates(self, one, other):
        return self.operators.get(other) == one
