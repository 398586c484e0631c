"""What the master knows of one identifier: itself, or what it stands for; and what is wrong with it."""

from dataclasses import dataclass, field

from identifiers import (CUSIP, ISIN, KEY_MAX, UNKNOWN, completions, cusip_in, has_check_digit, has_shape, isins_with,
                         looks_like, well_formed)


@dataclass(eq=False)
class Lookup:
    identifier: object
    kind: object                                 # of what is found: its own, or that of what it stands for
    key: bytes                                   # likewise
    judged: bool                                 # the master has a column of its kind, or it is found
    rows: list = field(default_factory=list)     # that hold it
    columns: list = field(default_factory=list)  # in which it was found
    invalid: bool = False                        # not found, and not well-formed
    reason: str = None                           # of what is invalid
    hint: tuple = None                           # (kind, key) of what it looks like

    @property
    def found(self):
        return bool(self.rows)

    @property
    def unknown(self):
        return self.judged and not self.found and not self.invalid

    @property
    def well_formed(self):
        return well_formed(self.identifier.kind, self.identifier.key)

    @property
    def cusip(self):
        """The CUSIP that the message says here, or None."""
        one = self.identifier
        if one.kind is CUSIP:
            return self.key if self.kind is CUSIP else one.key
        return cusip_in(one.key) if one.kind is ISIN else None


def look_up(one, instrument, master, settings):
    for kind, key in [(one.kind, one.key), *stands_for(one, master, settings)]:
        rows = master.holding(columns_of(kind, master), key)
        if rows:
            columns = [role for role in columns_of(kind, master) if key in master.index[role]]
            return Lookup(one, kind, key, True, rows, columns)
    if is_pseudo(one, instrument, settings):
        return Lookup(one, one.kind, one.key, judged=False)
    judged = bool(columns_of(one.kind, master))
    if well_formed(one.kind, one.key):
        hint = looks_like(one.kind, one.value) if one.kind is UNKNOWN else None
        return Lookup(one, one.kind, one.key, judged, hint=hint)
    reason, hint = what_is_wrong(one, master)
    return Lookup(one, one.kind, one.key, judged, invalid=True, reason=reason, hint=hint)


def columns_of(kind, master):
    return [role for role in kind.columns if role in master.columns]


def stands_for(one, master, settings):
    """[(kind, key)] of the others that an identifier may stand for, which the master need not hold."""
    others = []
    if one.kind is ISIN and well_formed(ISIN, one.key) and cusip_in(one.key) is not None:
        others += all_blank(CUSIP, cusip_in(one.key), "isin", master)
    if one.kind is CUSIP and well_formed(CUSIP, one.key):
        for number in isins_with(one.key):
            others += all_blank(ISIN, number, "cusip", master)
    if one.kind is CUSIP and settings.short_cusips == "accept":
        others += [(CUSIP, whole) for _, whole in completions(one.key)]
    return others


def all_blank(kind, key, role, master):
    """The identifier, if every row under it has a blank there."""
    rows = master.holding(columns_of(kind, master), key)
    return [(kind, key)] if not any(role in row.values for row in rows) else []


def is_pseudo(one, instrument, settings):
    """A CUSIP of the right shape and with a wrong check digit that the firm, or the exchange, made up."""
    wanted = settings.pseudo_cusips == "yes" or (settings.pseudo_cusips == "options" and instrument.is_option)
    return wanted and one.kind is CUSIP and has_shape(CUSIP, one.key) and not has_check_digit(CUSIP, one.key)


def what_is_wrong(one, master):
    """(the reason, what it looks like) of an identifier that is not well-formed."""
    lost = completions(one.key) if one.kind is CUSIP else []
    held = [(what, whole) for what, whole in lost if master.holding(columns_of(CUSIP, master), whole)]
    if len(one.key) > KEY_MAX:
        return "TOO_LONG", looks_like(one.kind, one.value)
    if lost:
        what, whole = (held or lost)[0]
        return what, (CUSIP, whole)
    return "BAD_CHECK_DIGIT" if has_shape(one.kind, one.key) else "BAD_SHAPE", looks_like(one.kind, one.value)
