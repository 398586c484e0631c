"""From a message's fields to its instruments, as core/README.md says it ("From a message to its instruments").

A slot is one instrument as the message has it: its role and number, and the first value of each tag of its block.
"""

import re
from dataclasses import dataclass, field

WHITE = b" \t\r\n"
ALTERNATES_MAX = 32
INSTRUMENTS_MAX = 100000
SESSION_TYPES = (b"0", b"1", b"2", b"3", b"4", b"5", b"A")


@dataclass(frozen=True)
class Block:
    """The tags that name one instrument; 0 where the block lacks the field."""
    symbol: int = 0
    suffix: int = 0
    id: int = 0
    source: int = 0
    counter: int = 0
    alternate: int = 0
    alternate_source: int = 0
    exchange: int = 0
    currency: int = 0
    type: int = 0
    cfi: int = 0
    date: int = 0
    month: int = 0
    day: int = 0
    strike: int = 0
    put_or_call: int = 0
    multiplier: int = 0


MAIN = Block(55, 65, 48, 22, 454, 455, 456, 207, 15, 167, 461, 541, 200, 205, 202, 201, 231)
LEG = Block(600, 601, 602, 603, 604, 605, 606, 616, 556, 609, 608, 611, 610, 0, 612, 1358, 614)
UNDERLYING = Block(311, 312, 309, 305, 457, 458, 459, 308, 318, 310, 463, 542, 313, 314, 316, 315, 436)
LEG_UNDERLYING = Block(1330, 1331, 1332, 1333, 1334, 1335, 1336, 1341, 0, 1337, 1344, 1345, 1339, 0, 1340, 1343, 0)
DERIVATIVE = Block(1214, 1215, 1216, 1217, 1218, 1219, 1220, 1272, 0, 1249, 1248, 1252, 1251, 0, 1261, 1323, 1266)
BENCHMARK = Block(id=699, source=761)
PEG = Block(symbol=1098, id=1097, source=1096)
TRIGGER = Block(symbol=1103, id=1104, source=1105)
REFERENCES = (BENCHMARK, PEG, TRIGGER)
BLOCK_OF = {tag: block for block in (MAIN, LEG, UNDERLYING, LEG_UNDERLYING, DERIVATIVE, *REFERENCES)
            for tag in vars(block).values() if tag}
ROLES = {LEG: "LEG", UNDERLYING: "UNDERLYING", LEG_UNDERLYING: "UNDERLYING_LEG", DERIVATIVE: "DERIVATIVE",
         BENCHMARK: "REFERENCE", PEG: "REFERENCE", TRIGGER: "REFERENCE"}
RELATED_SYMBOL = 46

LISTS = (146, 268, 295, 428, 1165, 1889, 2428, 73)
LEVELS = ("set", "list", "555", "1342", "711")  # in the order in which they are delimited
INSIDE = {"set": ("list", "555", "1342", "711"), "list": ("555", "1342", "711"), "555": ("1342",)}

# What belongs to the entries of a list, of the message's own fields and of the amounts.
OWN_FIELDS = {146: {60}, 295: {60}, 268: {37, 60}, 428: {11}, 73: {11, 60, 75}, 1889: {11, 37, 41},
              2428: {11, 37, 41, 150}}
OWN_AMOUNTS = {146: {38, 44, 423}, 2428: {14, 38, 44, 151}, 268: {31, 423}, 428: {44}, 73: {38, 44, 99, 423},
               1889: {14, 31, 32, 38, 44, 53, 99, 151, 423}}
MESSAGE_FIELDS = {11, 17, 20, 34, 37, 41, 43, 49, 52, 56, 60, 71, 75, 97, 150, 487}
AMOUNTS = {14, 6, 27, 31, 32, 38, 44, 53, 99, 151, 423}

VERSIONS = {b"FIX.4.0": 2, b"FIX.4.1": 3, b"FIX.4.2": 4, b"FIX.4.3": 5, b"FIX.4.4": 6,
            b"FIX.5.0": 7, b"FIX.5.0SP1": 8, b"FIX.5.0SP2": 9, b"FIXT.1.1": 9}


class Refused(Exception):
    """More of something than is read."""


@dataclass
class Slot:
    role: str
    position: int
    block: Block
    values: dict = field(default_factory=dict)      # tag -> first value that is not empty
    entries: list = field(default_factory=list)     # of the group of alternates
    has_alternates: bool = False
    delimiter: int = 0
    symbol_tag: int = 0
    of_market_data: bool = False  # an entry of 268
    refers: bool = False          # it has a 279 other than 0, or a 280

    def keep(self, tag, value):
        if value != b"":
            self.values.setdefault(tag, value)

    def get(self, name):
        """The value of a field of its block as it stands, or None."""
        tag = getattr(self.block, name)
        return self.values.get(tag) if tag else None

    @property
    def alternates(self):
        return [(entry.get(self.block.alternate), entry.get(self.block.alternate_source)) for entry in self.entries]


@dataclass
class Group:
    counter: int = 0
    delimiter: int = 0
    underlying: object = None               # the slot of an underlying outside 711
    references: dict = field(default_factory=dict)
    slot: object = None                     # of the entry at hand


class Reader:
    def __init__(self, fields, references):
        self.type = next((value for tag, value in fields if tag == 35 and value != b""), b"")
        self.version = VERSIONS.get(fields[0][1], 9)
        self.has_version = False
        self.read_references = references
        self.slots = []
        self.numbers = {}
        self.open = {}             # level -> Group
        self.body = self.new("BODY", MAIN)
        self.outside = Group()     # what the body has that entries may have, too
        self.derivative = None
        self.nobodys_prices = False
        self.message = {}
        for tag, value in fields:
            self.read(tag, value)

    def new(self, role, block):
        if len(self.slots) == INSTRUMENTS_MAX:
            raise Refused("TOO_MANY_INSTRUMENTS")
        self.slots.append(Slot(role, self.numbers.get(role, 0), block, symbol_tag=block.symbol))
        self.numbers[role] = self.slots[-1].position + 1
        return self.slots[-1]

    # ---- groups

    def read(self, tag, value):
        level = next((level for level in LEVELS if level in self.open and self.open[level].delimiter in (0, tag)), None)
        if level is not None:
            self.open[level].delimiter = tag
            self.start_entry(level)
        opened = self.level_of(tag)
        if opened is not None and counts_some(value):
            self.open_group(opened, tag)
        self.say(tag, value)

    def level_of(self, tag):
        if tag == 73 and self.type != b"E":
            return None
        return "list" if tag in LISTS else {296: "set", 555: "555", 1342: "1342", 711: "711"}.get(tag)

    def open_group(self, level, counter):
        self.close_inside(level)
        self.open[level] = Group(counter)
        if level == "list":
            self.nobodys_prices = self.type == b"W" and counter == 268
        if level == "711" and self.type == b"m" and self.version in (6, 7):
            self.nobodys_prices = True

    def close_inside(self, level):
        for inner in INSIDE.get(level, ()):
            self.open.pop(inner, None)

    def start_entry(self, level):
        self.close_inside(level)
        group = self.open[level]
        group.slot, group.underlying, group.references = None, None, {}
        if level == "list" and self.holds_main():
            group.slot = self.new("LIST_ENTRY", MAIN)
            group.slot.of_market_data = group.counter == 268
        elif level in ("555", "1342", "711"):
            block = {"555": LEG, "1342": LEG_UNDERLYING, "711": UNDERLYING}[level]
            group.slot = self.new(ROLES[block], block)

    def holds_main(self):
        counter = self.open["list"].counter if "list" in self.open else None
        if counter == 268:
            return self.type != b"W"
        if counter == 146:
            return self.type not in (b"c", b"d")
        return counter is not None

    # ---- whose a field is

    def say(self, tag, value):
        if tag == 1128 and not self.has_version and value != b"":
            self.has_version = True
            if re.fullmatch(rb"[2-9]", value.strip(WHITE)):
                self.version = int(value.strip(WHITE))
        if tag in MESSAGE_FIELDS:
            self.say_of_message(tag, value)
        if tag in AMOUNTS:
            self.say_amount(tag, value)
        if tag in (279, 280) and self.holds_main() and self.open["list"].counter == 268 and value != b"":
            if tag == 280 or value.strip(WHITE) != b"0":
                self.open["list"].slot.refers = True
        if tag == RELATED_SYMBOL and self.version <= 4 and value != b"":
            self.say_related(value)
        if tag in BLOCK_OF:
            self.say_instrument(BLOCK_OF[tag], tag, value)

    def say_of_message(self, tag, value):
        group = self.open.get("list")
        foreign = group and tag in OWN_FIELDS.get(group.counter, ())
        if foreign and not (group.counter == 146 and self.type in (b"c", b"d")):
            return
        if value != b"":
            self.message.setdefault(tag, value)

    def say_amount(self, tag, value):
        if self.nobodys_prices:
            return
        if self.holds_main() and tag in OWN_AMOUNTS.get(self.open["list"].counter, ()):
            self.open["list"].slot.keep(tag, value)
        else:
            self.body.keep(tag, value)

    def say_related(self, value):
        slot = self.open["list"].slot if self.holds_main() else self.new("LIST_ENTRY", MAIN)
        if MAIN.symbol not in slot.values:
            slot.values[MAIN.symbol] = value
            slot.symbol_tag = RELATED_SYMBOL

    def say_instrument(self, block, tag, value):
        if tag == MAIN.currency and self.nobodys_prices:
            return
        slot = self.slot_of(block, value)
        if slot is None:
            return
        if tag == block.counter:
            slot.has_alternates = slot.has_alternates or counts_some(value)
        elif tag in (block.alternate, block.alternate_source):
            say_alternate(slot, tag, value)
        else:
            slot.keep(tag, value)

    def slot_of(self, block, value):
        if block is MAIN:
            return self.open["list"].slot if self.holds_main() else self.body
        if block is LEG or block is LEG_UNDERLYING:
            group = self.open.get("555" if block is LEG else "1342")
            return group and group.slot
        if block is UNDERLYING and "711" in self.open:
            return self.open["711"].slot
        if block in REFERENCES and not self.read_references:
            return None
        return self.slot_that_makes_itself(block, value)

    def slot_that_makes_itself(self, block, value):
        if block is DERIVATIVE:
            if self.derivative is None and value != b"":
                self.derivative = self.new(ROLES[block], block)
            return self.derivative
        if block is UNDERLYING:
            owner = self.owner_of_underlying()
            if owner.underlying is None and value != b"":
                owner.underlying = self.new(ROLES[block], block)
            return owner.underlying
        owner = self.open.get("list", self.outside)
        if block not in owner.references and value != b"":
            owner.references[block] = self.new(ROLES[block], block)
        return owner.references.get(block)

    def owner_of_underlying(self):
        if "set" in self.open:
            return self.open["set"]
        if self.type in (b"AA", b"BR", b"W"):
            return self.outside
        return self.open.get("list", self.outside)


def say_alternate(slot, tag, value):
    if not slot.has_alternates:
        return
    slot.delimiter = slot.delimiter or tag
    if tag == slot.delimiter:
        if len(slot.entries) == ALTERNATES_MAX:
            raise Refused("TOO_MANY_IDENTIFIERS")
        slot.entries.append({})
    if value != b"":
        slot.entries[-1].setdefault(tag, value)


def counts_some(value):
    value = value.strip(WHITE)
    return re.fullmatch(rb"[0-9]+", value) is not None and value.strip(b"0") != b""


# ---- market data that says nothing twice -------------------------------------------------------------------------

TAKEN_OVER = ("symbol", "suffix", "exchange", "type", "multiplier", "strike", "put_or_call")
MATURITY = ("date", "month", "day")
IDENTITY = ("id", "source", "cfi")


def has_identity(slot):
    return slot.get("symbol") is not None or slot.get("id") is not None or bool(slot.entries)


def stated(slot):
    """The names of the fields that an entry states of an instrument that it does not identify."""
    return {name for name in vars(MAIN) if slot.get(name) is not None} - {"suffix", "source"}


def resolve(slots, names_one):
    """The slots that name instruments, each market data entry with what it takes over; `names_one` judges a slot."""
    before = None
    for slot in slots:
        if slot.role != "LIST_ENTRY":
            if names_one(slot):
                yield slot
            continue
        if slot.of_market_data and not slot.refers and not has_identity(slot):
            if before is None or not stated(slot):
                continue
            take_over(slot, before)
        before = slot if names_one(slot) else None
        if before is not None:
            yield slot


def take_over(slot, before):
    says = stated(slot)
    names = list(TAKEN_OVER)
    if not says & {"date", "month"}:
        names += MATURITY
    if says <= {"currency"}:
        names += IDENTITY
        slot.entries, slot.has_alternates = before.entries, before.has_alternates
    for name in names:
        value = before.get(name)
        if value is not None:
            slot.keep(getattr(slot.block, name), value)
    slot.symbol_tag = before.symbol_tag
