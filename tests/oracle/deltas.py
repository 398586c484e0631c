"""Deltas over a master: rows added, changed and deleted, as core/README.md has it, and the version of what comes of them."""

import struct

import xxhash

from master import Master, columns_by_role, plain, row_of, rows_with_offsets

ACTIONS = {b"A": "add", b"ADD": "add", b"I": "add", b"INSERT": "add",
           b"C": "change", b"CHANGE": "change", b"U": "change", b"UPDATE": "change", b"REPLACE": "change",
           b"D": "delete", b"DELETE": "delete"}
ACTION_COLUMNS = (b"action", b"op", b"change")

# What a row goes by, the first that it has: role -> kind of identifier.
KEYS = {"cusip": "cusip", "sedol": "sedol", "isin": "isin", "figi": "figi", "composite_figi": "figi", "share_class_figi": "figi",
        "ric": "ric", "bloomberg": "bloomberg", "wertpapier": "wertpapier", "valoren": "valoren", "sicovam": "sicovam",
        "common_code": "common_code", "opra": "opra", "house": "house", "symbol": "symbol"}
LISTING = ("mic", "currency")
BLOCK = 1 << 20


class Refused(Exception):
    pass


def with_deltas(master, contents, carry=()):
    """The master with these files' bytes applied in order, and with how many of them: the first bad one ends it."""
    sources = 1 + max((row.source for row in master.rows), default=0)
    for number, data in enumerate(contents):
        try:
            master = with_delta(master, data, sources + number, carry)
        except Refused:
            return master, number
    return master, len(contents)


def with_delta(master, data, source, carry=()):
    rows = list(master.rows)
    table = rows_with_offsets(data)
    _, header = next(table, (0, []))
    action = next((place for name in ACTION_COLUMNS for place, cell in enumerate(header) if cell.strip().lower() == name), None)
    places = {role: place for role, place in columns_by_role(header, {}).items() if role in master.columns}
    carried = [(name, place) for name in carry for place, cell in enumerate(header) if plain(cell) == plain(name.encode())]
    if action is None or set(places) != set(master.columns):
        raise Refused("columns")
    for offset, cells in table:
        word = cells[action].strip().upper() if action < len(cells) else b""
        if len(cells) != len(header) or word not in ACTIONS:
            raise Refused(f"row at {offset}")
        apply(rows, ACTIONS[word], row_of(source, offset, cells, places, carried))
    return Master(rows, master.columns)


def apply(rows, action, said):
    key = key_of(said)
    if key is None:
        raise Refused("no key")
    found = [row for row in rows if key_of(row) == key]
    if action == "delete":
        same = [row for row in found if all(role not in said.values or said.values[role] == row.values.get(role) for role in LISTING)]
    else:
        same = [row for row in found if all(said.values.get(role) == row.values.get(role) for role in LISTING)]
    if len(same) > 1:
        raise Refused("ambiguous")
    gone = same or (found if action == "change" and len(found) == 1 else [])
    for row in gone:
        rows.remove(row)
    if action != "delete":
        rows.append(said)


def key_of(row):
    return next(((kind, row.values[role]) for role, kind in KEYS.items() if role in row.values), None)


def version_of(version, data):
    """Of a version with one more file."""
    digest = xxhash.xxh3_128()
    for at in range(0, len(data), BLOCK):
        digest.update(struct.pack("<Q", xxhash.xxh3_64(data[at:at + BLOCK]).intdigest()))
    number = digest.intdigest()
    said = version.encode() + struct.pack("<QQQ", len(data), number >> 64, number & (1 << 64) - 1)
    return f"{xxhash.xxh3_64(said).intdigest():016x}"
