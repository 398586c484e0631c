"""One instrument as a message names it: its values and its identifiers."""

from dataclasses import dataclass

import classes
from identifiers import WHITE, identifier, key_of, kind_of, trimmed

NO_SUFFIX = (b"CD",)  # lump-sum interest


@dataclass
class Identifier:
    tag: int        # 48 or 455, or their like
    position: int   # 0 the primary, 1... the alternates as they stand
    value: bytes
    source: bytes   # as it stands, or None
    kind: object

    @property
    def key(self):
        return key_of(self.kind, self.value)


class Instrument:
    """One instrument of a message; what is absent or a placeholder is None. `sources` is of [identifiers]."""

    def __init__(self, slot, sources=None):
        def value(name):
            return trimmed(slot.get(name))

        self.slot, self.tags, self.symbol_tag = slot, slot.block, slot.symbol_tag
        self.symbol = value("symbol")
        self.suffix = None if value("suffix") in NO_SUFFIX else value("suffix")
        self.exchange, self.currency, self.type, self.cfi = value("exchange"), value("currency"), value("type"), value("cfi")
        dated = value("date") is not None
        self.maturity_is_date = dated
        self.maturity_tag = self.tags.date if dated else self.tags.month
        self.maturity = value("date") if dated else value("month")
        self.maturity_day = value("day")
        self.strike, self.multiplier = value("strike"), value("multiplier")
        put_or_call = (slot.get("put_or_call") or b"").strip(WHITE)
        self.put_or_call = put_or_call if put_or_call == b"0" else value("put_or_call")  # 0 is a put, no placeholder
        self.named = named_identifiers(slot, sources)
        self.identifiers = first_of_each([one for one in self.named if one.kind.usable])

    @property
    def is_there(self):
        return self.symbol is not None or bool(self.identifiers)

    @property
    def is_option(self):
        by_type = (classes.of_type(self.type) or ("", None))[0] == "OPTION"
        by_cfi = self.cfi is not None and self.cfi.upper().startswith((b"O", b"H"))
        return by_type or by_cfi or self.put_or_call in (b"0", b"1")


def named_identifiers(slot, sources):
    """All that have a value, as they stand."""
    entries = [(slot.block.id, 0, slot.get("id"), slot.get("source"))]
    for place, (value, source) in enumerate(slot.alternates):
        entries.append((slot.block.alternate, place + 1, value, source))
    found = []
    for tag, position, value, source in entries:
        kind = kind_of(source, sources)
        value = identifier(kind, value)
        if value is not None:
            found.append(Identifier(tag, position, value, source, kind))
    return found


def first_of_each(identifiers):
    seen = {}
    for one in identifiers:
        seen.setdefault((one.kind.name, one.key), one)
    return list(seen.values())
