"""The security master: rows read with Python's csv module, indexed in dictionaries.

Cells are bytes throughout: the file goes through the csv module as Latin-1, which keeps every byte.
"""

import csv
import io
from dataclasses import dataclass, field

from identifiers import KEY_ROLES, WHITE, role_key

DIALECT_DELIMITERS = ",;\t|"
UTF8_BOM = b"\xef\xbb\xbf"

# Role -> headers that mean it, in the order of preference; case, blanks and underscores of a header aside.
ROLES = {
    "symbol": "symbol|ticker|tickersymbol|exchangesymbol|localsymbol|securitysymbol",
    "cusip": "cusip|cusip9|cusipcode|cusipnumber|idcusip",
    "sedol": "sedol|sedol1|sedolcode|idsedol1",
    "isin": "isin|isincode|idisin|isinnumber",
    "figi": "figi|openfigi|idbbglobal|bbgid|exchangefigi",
    "composite_figi": "compositefigi|figicomposite|compositeidbbglobal",
    "share_class_figi": "shareclassfigi|figishareclass|shareclassidbbglobal",
    "ric": "ric|reuterscode|ricode|reutersric",
    "bloomberg": "bloomberg|bloombergticker|bbticker|bloombergcode|bbgticker",
    "wertpapier": "wkn|wertpapier|wertpapierkennnummer",
    "valoren": "valoren|valor|valornumber",
    "sicovam": "sicovam",
    "common_code": "commoncode|commonnumber",
    "opra": "opra|oprasymbol|occsymbol|osisymbol",
    "house": "house",
    "lei": "lei|issuerlei|legalentityidentifier",
    "mic": "mic|miccode|exchangemic|marketmic|exchange|exchangecode|primaryexchange|market",
    "currency": "currency|ccy|currencycode|tradingcurrency|pricecurrency|crncy|curr",
    "type": "securitytype|assettype|instrumenttype|assetclass|sectype|type|producttype",
    "cfi": "cfi|cficode|iso10962",
    "maturity": "maturity|maturitydate|maturitymonthyear|expiry|expirydate|expirationdate|expiration",
    "strike": "strike|strikeprice|exerciseprice",
    "put_call": "putcall|putorcall|callput|optiontype|right",
    "multiplier": "multiplier|contractmultiplier|contractsize|lotmultiplier",
    "status": "status|securitystatus|tradingstatus|listingstatus",
    "delisted": "delisted|isdelisted|delistingdate|delisteddate|delistdate",
    "region": "region|country|countrycode|domicile|countryofrisk|countryofincorporation",
}


@dataclass(eq=False)
class Row:
    source: int   # which of the master's files
    offset: int   # of its first byte in that file
    values: dict  # role -> bytes; what is blank is not there
    carried: dict = field(default_factory=dict)


class Master:
    def __init__(self, rows, columns):
        self.rows = rows
        self.columns = columns  # the roles that any of the files has
        self.index = {role: {} for role in KEY_ROLES}
        for row in rows:
            for role in KEY_ROLES:
                if role in row.values:
                    self.index[role].setdefault(row.values[role], []).append(row)

    def holding(self, roles, key):
        """The rows that hold the key in any of these columns, in the order of the master."""
        lists = [self.index[role][key] for role in roles if key in self.index[role]]
        if len(lists) <= 1:
            return list(lists[0]) if lists else []
        found = {(row.source, row.offset): row for rows in lists for row in rows}
        return [found[place] for place in sorted(found)]


def read_masters(paths, columns=None, carry=()):
    contents = []
    for path in paths:
        with open(path, "rb") as file:
            contents.append(file.read())
    return master_of(contents, columns, carry)


def master_of(contents, columns=None, carry=()):
    """The master in these files' bytes. `columns` names the header of a role where synonyms would not do."""
    rows, seen = [], set()
    for source, data in enumerate(contents):
        table = rows_with_offsets(data)
        _, header = next(table, (0, []))
        places = columns_by_role(header, columns or {})
        carried = [(name, place) for name in carry for place, cell in enumerate(header)
                   if plain(cell) == plain(name.encode())]
        seen.update(places)
        rows.extend(row_of(source, offset, cells, places, carried) for offset, cells in table)
    return Master(rows, seen)


def row_of(source, offset, cells, places, carried):
    values = {}
    for role, place in places.items():
        cell = cells[place] if place < len(cells) else b""
        value = role_key(role, cell) if role in KEY_ROLES else cell.strip(WHITE)
        if value:
            values[role] = value
    others = {name: cells[place].strip(WHITE) for name, place in carried if place < len(cells)}
    return Row(source, offset, values, {name: value for name, value in others.items() if value})


def columns_by_role(header, configured):
    names = {}
    for place, cell in enumerate(header):
        names.setdefault(plain(cell), place)
    places = {}
    for role, synonyms in ROLES.items():
        wanted = [plain(configured[role].encode())] if role in configured else \
            [synonym.encode() for synonym in synonyms.split("|")]
        place = next((names[name] for name in wanted if name in names), None)
        if place is not None:
            places[role] = place
    return places


def plain(header):
    return header.strip(WHITE).lower().replace(b" ", b"").replace(b"_", b"")


def rows_with_offsets(data):
    """(offset of the row's first byte, its cells as bytes); the first is the header. Blank lines are no rows.

    The csv module takes from its source exactly the lines that a row has, so counting them gives the offset.
    """
    csv.field_size_limit(1 << 30)
    position = len(UTF8_BOM) if data.startswith(UTF8_BOM) else 0
    text = io.StringIO(data[position:].decode("latin-1"), newline="")
    taken = [position]

    def lines():
        for line in text:
            taken[0] += len(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter_of(data[position:]))
    start = position
    for cells in reader:
        if cells and cells != [""]:
            yield start, [cell.encode("latin-1") for cell in cells]
        start = taken[0]


def delimiter_of(data):
    """The one that the header has most of, outside quotes; the comma where it has none."""
    header = data.split(b"\n", 1)[0].decode("latin-1")
    outside = "".join(header.split('"')[::2])
    return max(DIALECT_DELIMITERS, key=outside.count)
