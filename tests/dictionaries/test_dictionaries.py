"""Messages built at random from the data dictionaries give exactly the instruments that the dictionaries say.

Fields are scattered, some are repeated, venues' own tags are strewn among them, and any field of a group may come first in its
entries. Each version comes by its BeginString and over FIXT, well formed and as a log would have it.
What belongs together is told by the names of the fields alone (LegSymbol, LegSecurityID, ...).
"""

import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
sys.path.insert(0, str(TESTS / "oracle"))

import dictionary  # noqa: E402
from fix import DATA_OF, DATA_TAGS, messages  # noqa: E402
from check import Instrument  # noqa: E402
from identifiers import trimmed  # noqa: E402
from instruments import BLOCK_OF, LISTS, resolve  # noqa: E402

BUILD = Path(os.environ.get("FIXWARDEN_BUILD", ROOT / "build" / "release"))
ROUNDS = int(os.environ.get("FIXWARDEN_ROUNDS", "1"))
COPIES = 12  # of each message in a round, and more until each place has had its instrument
SESSION = "012345A"

NAMES = ("Symbol", "SymbolSfx", "SecurityExchange", "Currency", "SecurityType", "CFICode", "MaturityDate",
         "MaturityMonthYear", "MaturityDay", "StrikePrice", "PutOrCall", "ContractMultiplier")
IDENTITY = ("Symbol", "SecurityID")
ALIASES = {"IDSource": "SecurityIDSource", "RelatdSym": "Symbol"}
# What the names start with -> role, and the counter of the group that numbers its entries, if there is one.
PREFIXES = {"UnderlyingLeg": ("UNDERLYING_LEG", 1342), "Underlying": ("UNDERLYING", 711), "Leg": ("LEG", 555),
            "Derivative": ("DERIVATIVE", None), "Benchmark": ("REFERENCE", None), "Peg": ("REFERENCE", None),
            "Trigger": ("REFERENCE", None), "": ("LIST_ENTRY", None)}
FIELD_NAMES = set(NAMES) | {"SecurityID", "SecurityIDSource"}
ALTERNATES = {454: "", 604: "Leg", 457: "Underlying", 1334: "UnderlyingLeg", 1218: "Derivative"}
SOURCES = {"1": "CUSIP", "2": "SEDOL", "4": "ISIN", "5": "RIC", "8": "SYMBOL", "A": "BLOOMBERG", "S": "FIGI",
           "6": "ISO_CURRENCY", "7": "ISO_COUNTRY", "99": "UNKNOWN", "": "UNKNOWN"}
NAMELESS = ("ISO_CURRENCY", "ISO_COUNTRY")  # kinds that name no security


def meaning(name):
    """(prefix, field) of a field's name, or None for what says nothing about an instrument."""
    for prefix in PREFIXES:
        rest = ALIASES.get(name.removeprefix(prefix), name.removeprefix(prefix))
        if name.startswith(prefix) and rest in FIELD_NAMES:
            return prefix, rest
    return None


@dataclass
class Named:
    """An instrument that a message under way names."""
    prefix: str
    role: str
    values: dict = field(default_factory=dict)  # field -> value
    tags: dict = field(default_factory=dict)    # field -> tag
    alternates: list = field(default_factory=list)
    number: int = -1
    place: tuple = None  # path and prefix


@dataclass
class Event:
    """A field of the message; `starts`: it is an entry's first and makes this instrument's number."""
    tag: int
    value: str
    says: Named = None
    field: str = None
    starts: tuple = ()


def relevant(level):
    return (any(meaning(name) for name in level.fields.values()) or any(counter in ALTERNATES for counter in level.groups)
            or any(relevant(inner) for inner in level.groups.values()))


def contexts(level):
    """The prefixes of which a level names an instrument itself."""
    said = [meaning(name) for name in level.fields.values()]
    return {one[0] for one in said if one and one[1] in IDENTITY}


def places(level, path=()):
    """Every place of a message where an instrument may be named."""
    yield from ((path, prefix) for prefix in contexts(level))
    for counter, inner in level.groups.items():
        if inner.fields:
            yield from places(inner, (*path, counter))


class Builder:
    def __init__(self, msg_type, body, dice):
        self.msg_type, self.dice = msg_type, dice
        self.counts = Counter(body.tags())
        self.body_level = body
        self.next_value = 0

    def word(self, name):
        self.next_value += 1
        if name == "PutOrCall":
            return self.dice.choice("01")
        if name.endswith("IDSource"):
            return self.dice.choice([source for source in SOURCES if source])
        if name == "MDUpdateAction":
            return self.dice.choice("012")
        return f"v{self.next_value}"

    def build(self):
        """The fields behind the header, and the instruments in their order."""
        body = Named("", "BODY")
        events = [event for unit in self.units(self.body_level, (), body) for event in unit]
        return [(event.tag, event.value) for event in events], number(events, body, self)

    def units(self, level, path, main):
        """What stands at one level, in a random order: fields alone, groups and data as a whole."""
        named = {prefix: Named(prefix, PREFIXES[prefix][0]) for prefix in contexts(level)}
        if main is not None:
            named[""] = main
        for prefix in contexts(level):
            named[prefix].place = (path, prefix)
        units = [self.field_unit(tag, name, named) for tag, name in level.fields.items() if self.wants(tag, name, level, named)]
        units += [self.field_unit(tag, name, named) for tag, name in level.fields.items()
                  if meaning(name) and tag != 46 and self.dice.random() < 0.05]  # once more: the first one counts
        if "RelatdSym" in level.fields.values() and path == ():
            units = [unit for unit in units if unit[0].tag != 46] + self.related_units()
        for counter, inner in level.groups.items():
            if inner.fields and self.dice.random() < (0.7 if relevant(inner) or counter in ALTERNATES else 0.05):
                units.append(self.group_unit(counter, inner, path, named))
        for _ in range(self.dice.choice((0, 0, 1))):
            units.append([Event(self.dice.randint(20001, 20010), "venue")])
        self.dice.shuffle(units)
        return units

    def related_units(self):
        """FIX 4.0 has no group for them yet: each stands for itself."""
        return [[Event(46, self.word("RelatdSym"), Named("", "LIST_ENTRY", place=((), "")), "Symbol")]
                for _ in range(self.dice.randint(0, 3))]

    def wants(self, tag, name, level, named):
        if tag in DATA_TAGS or (tag in DATA_OF and DATA_OF[tag] not in level.fields):
            return False
        said = meaning(name)
        if self.msg_type == "X" and said and said[0] == "" and said[1] == "Symbol":
            return True  # what an entry without a name takes over is tested elsewhere
        return self.dice.random() < (0.6 if said else 0.1)

    def field_unit(self, tag, name, named):
        said = meaning(name)
        if tag in DATA_OF:
            data = "d\x01" + "10=000\x01"
            return [Event(tag, str(len(data))), Event(DATA_OF[tag], data)]
        value = self.word(name)
        if said is None or said[0] not in named:
            return [Event(tag, value)]
        return [Event(tag, value, named[said[0]], said[1])]

    def group_unit(self, counter, level, path, named):
        if counter in ALTERNATES and ALTERNATES[counter] in named:
            return self.alternates_unit(counter, level, named[ALTERNATES[counter]])
        count = self.dice.choice((0, 1, 1, 2, 3))
        unit = [Event(counter, str(count if count == 0 else self.dice.choice((count, count, 9))))]
        first = self.delimiter(level)
        for _ in range(count):
            main = Named("", "LIST_ENTRY") if "" in contexts(level) else None
            entry = self.units(level, (*path, counter), main)
            unit += self.with_first(entry, first, level, main, counter)
        return unit

    def delimiter(self, level):
        """Any tag of the level that can be nowhere else in the message, or else the dictionary's first."""
        alone = [tag for tag in level.fields if self.counts[tag] == 1 and tag not in DATA_TAGS
                 and (tag not in DATA_OF or DATA_OF[tag] in level.fields)]
        first = next(iter(level.fields))
        return self.dice.choice([first, *alone]) if self.counts[first] == 1 or not alone else self.dice.choice(alone)

    def with_first(self, units, first, level, main, counter):
        own = [unit for unit in units if unit[0].tag != first]
        leading = [unit for unit in units if unit[0].tag == first][:1]  # where it comes again, it starts another entry
        named = {event.says.prefix: event.says for unit in units for event in unit if event.says and not event.starts}
        if not leading:
            prefixes = {prefix: Named(prefix, PREFIXES[prefix][0]) for prefix in contexts(level)}
            if main is not None:
                prefixes[""] = main
            prefixes.update({prefix: one for prefix, one in named.items() if prefix in prefixes and one.role != "BODY"
                             and self.is_of_level(one, units)})
            leading = [self.field_unit(first, level.fields[first], prefixes)]
        starts = [("LIST_ENTRY", main)] if main is not None else []
        for prefix, (role, numbers) in PREFIXES.items():
            if numbers == counter:
                mine = next((event.says for unit in [*leading, *own] for event in unit
                             if event.says and event.says.prefix == prefix and self.is_of_level(event.says, [*leading, *own])),
                            None)
                starts.append((role, mine))
        leading[0][0].starts = tuple(starts)
        return [event for unit in [*leading, *own] for event in unit]

    @staticmethod
    def is_of_level(one, units):
        """Whether an instrument is named by a unit that is a single field, and so stands at this very level."""
        return any(len(unit) == 1 and unit[0].says is one for unit in units)

    def alternates_unit(self, counter, level, owner):
        count = self.dice.choice((0, 1, 2, 3))
        tags = list(level.fields)[:2]
        first = self.dice.choice(tags)
        unit = [Event(counter, str(count), owner, "")]
        for _ in range(count):
            source = self.dice.choice(list(SOURCES))
            value = "v%d" % self.dice.randrange(10 ** 9)
            said = {tags[0]: value, tags[1]: source}
            order = [first] + [tag for tag in tags if tag != first]
            if source == "" and first == tags[1]:
                said[tags[1]] = source = "4"
            unit += [Event(tag, said[tag], owner, "") for tag in order if said[tag]]
            unit.extend(Event(20009, "venue") for _ in range(self.dice.choice((0, 0, 1))))
            owner.alternates.append((tags[0], value, source))
        return unit


def number(events, body, builder):
    """Numbers the instruments as they come, and returns them in their order."""
    numbers = Counter()
    found = [body]
    body.number = 0

    def add(role, one):
        if one is not None and one.number < 0:
            one.number, one.role = numbers[role], role
            found.append(one)
        numbers[role] += 1

    for event in events:
        for role, one in event.starts:
            add(role, one)
        if event.says is not None and event.says.number < 0:
            add(event.says.role, event.says)
        if event.says is not None and event.field:
            event.says.values.setdefault(event.field, event.value)
            event.says.tags.setdefault(event.field, event.tag)
    take_currency_of_sides(events, body, builder)
    return found


def take_currency_of_sides(events, body, builder):
    """A trade's currency stands with its sides where the body has no place for it."""
    if builder.msg_type in ("AE", "AR") and 15 not in builder.body_level.fields:
        for event in events:
            if event.tag == 15 and event.says is None:
                body.values.setdefault("Currency", event.value)


def expected_line(one):
    values = [one.values.get(name, "") for name in NAMES]
    identifiers = []
    if "SecurityID" in one.values:
        source = one.values.get("SecurityIDSource", "")
        identifiers.append((one.tags["SecurityID"], 0, SOURCES[source], one.values["SecurityID"], source))
    for position, (tag, value, source) in enumerate(one.alternates, 1):
        identifiers.append((tag, position, SOURCES[source], value, source))
    if not values[0] and all(kind in NAMELESS for _, _, kind, _, _ in identifiers):
        return None
    # Without a symbol the tag says where it would stand.
    symbol_tag = one.tags.get("Symbol", 0)
    return [one.role, str(one.number), str(symbol_tag) if symbol_tag else "-", *values,
            ",".join(":".join(map(str, one)) for one in identifiers)]


def names_one(one):
    return one.number >= 0 and expected_line(one) is not None


def frame(begin_string, fields):
    body = "".join(f"{tag}={value}\x01" for tag, value in fields).encode()
    head = b"8=%s\x019=%d\x01" % (begin_string.encode(), len(body))
    return head + body + b"10=%03d\x01" % (sum(head + body) % 256)


def instruments_of(record, tolerated=()):
    """What the C tool says of each message of a record: a list of lines, or its reason."""
    tool = next(path for path in BUILD.rglob("fixwarden-instruments") if path.is_file())
    run = subprocess.run([tool, *tolerated], input=record, capture_output=True, timeout=300, check=True)
    found = []
    for line in run.stdout.decode().splitlines():
        if line == "message":
            found.append([])
        elif line.startswith("malformed "):
            found.append(line)
        else:
            found[-1].append(line.split("\t"))
    return found


def comparable(line):
    return [*line[:2], line[2] if line[3] else "-", *line[3:]]


def header(msg_type, appl_ver):
    return [(35, msg_type), (49, "S"), (56, "T"), (34, "1"), (52, "20240102-03:04:05"),
            *([(1128, appl_ver)] if appl_ver else [])]


def spoiled(text):
    """As a log may have it: an empty value, so that the fields have to be walked, and a sum that is no longer right."""
    at = text.index(b"\x0149=") + 1
    return text[:at] + b"58=\x01" + text[at:]


def begin_of(version, dice):
    """BeginString and ApplVerID: a version comes by its own name or over FIXT."""
    begin_string, number = dictionary.VERSIONS[version]
    return dice.choice([(begin_string, None), ("FIXT.1.1", number)])


@pytest.mark.parametrize("version", dictionary.VERSIONS)
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_the_instruments_are_those_of_the_dictionary(version, round_):
    if not dictionary.is_there():
        pytest.skip(f"no data dictionaries in {dictionary.FOLDER}: tests/run --kafka fetches them")
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    wanted, texts, count = [], [], 0
    for msg_type, body in dictionary.load(version).items():
        unseen, made = set(places(body)), 0
        count += len(unseen)
        while made < COPIES or unseen:
            fields, named = Builder(msg_type, body, dice).build()
            begin_string, appl_ver = begin_of(version, dice)
            texts.append(frame(begin_string, header(msg_type, appl_ver) + fields))
            lines = [expected_line(one) for one in named]
            wanted.append([] if msg_type in SESSION and len(msg_type) == 1 else [line for line in lines if line])
            unseen -= {one.place for one in named if names_one(one)}
            made += 1
            assert made < 10000, f"seed {seed}: {version}, {msg_type}: nothing is ever named at {unseen}"
    hold(instruments_of(b"".join(texts)), wanted, texts, seed)
    texts = [spoiled(text) for text in texts]
    hold(instruments_of(b"".join(texts), ["body_length", "checksum", "empty_value"]), wanted, texts, seed)
    roles = Counter(line[0] for lines in wanted for line in lines)
    print(f"\n{version}: seed {seed}, {len(wanted)} messages, {count} places, {dict(roles)}")


def hold(found, wanted, texts, seed):
    assert len(found) == len(wanted), f"seed {seed}"
    for text, one, other in zip(texts, wanted, found):
        assert isinstance(other, list), f"seed {seed}: {other}: {text}"
        assert [comparable(line) for line in other] == one, f"seed {seed}: {text.replace(bytes([1]), b'|').decode()}"


# ---- C and Python over anything at all ---------------------------------------------------------------------------

TYPES = ["D", "8", "E", "R", "V", "W", "X", "X", "X", "c", "i", "b", "Z", "m", "AA", "AB", "AE", "B", "BK", "BR", "DJ",
         "J", "U1", "CC"]
COUNTERS = [*LISTS, 296, 555, 711, 1342, 1499]
ALTERNATE_TAGS = [454, 455, 456, 604, 605, 606, 457, 458, 459]
OTHERS = [11, 17, 37, 60, 38, 44, 31, 46, 279, 279, 280, 302, 299, 20001, 58, 1128]


def soup(dice):
    """A message of tags in no order, some of them again and again."""
    favourites = dice.sample(sorted(BLOCK_OF), 5) + [55, 15, 600, 311, 279]
    fields = [(35, dice.choice(TYPES))]
    for _ in range(dice.randint(1, 40)):
        tag = dice.choice([dice.choice(COUNTERS), dice.choice((555, 1342, 711, 600, 1330, 311)), dice.choice(ALTERNATE_TAGS), dice.choice(OTHERS),
                           dice.choice(sorted(BLOCK_OF)), dice.choice(favourites), dice.choice(favourites)])
        fields.append((tag, dice.choice(["0", "1", "2", "4", "7", "A", "IBM", "N/A", "x", "US4592001014", " ", "WI"])))
    return frame(dice.choice(["FIX.4.0", "FIX.4.2", "FIX.4.4", "FIX.5.0", "FIXT.1.1"]), fields)


def oracle_line(slot):
    one = Instrument(slot)
    texts = [one.symbol, one.suffix, one.exchange, one.currency, one.type, one.cfi]
    texts += [one.maturity if one.maturity_is_date else None]
    texts += [trimmed(slot.get("month")), trimmed(slot.get("day")), one.strike, one.put_or_call, one.multiplier]
    identifiers = ",".join(f"{each.tag}:{each.position}:{each.kind.name}:{each.value.decode()}:"
                           f"{(each.source or b'').strip().decode()}" for each in one.named)
    return [slot.role, str(slot.position), str(slot.symbol_tag), *[(text or b"").decode() for text in texts], identifiers]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_c_and_python_agree_on_any_tags(round_):
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    record = b"".join(soup(dice) for _ in range(20000))
    found = instruments_of(record)
    items, _ = messages(record, "strict", references=True)
    assert len(found) == len(items) == 20000, f"seed {seed}"
    counts = Counter()
    for item, lines in zip(items, found):
        wanted = [oracle_line(slot) for slot in resolve(item.slots, lambda slot: Instrument(slot).is_there)]
        assert lines == wanted, f"seed {seed}: {item.raw.replace(bytes([1]), b'|').decode()}"
        counts.update(line[0] for line in lines)
    print(f"\nseed {seed}: {dict(counts)}")
