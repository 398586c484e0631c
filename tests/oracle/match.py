"""What an instrument and the master disagree about: the contract of `match` (core/README.md)."""

from dataclasses import dataclass, field

import symbols
from identifiers import KEY_ROLES, SYMBOL_KIND
from lookup import columns_of, look_up
from steps import DIFFER, LESS, currency_step, exchange_step, narrow, steps_of

SHARED_IDENTIFIERS = [role for role in KEY_ROLES if role not in ("symbol", "lei")]


@dataclass
class Finding:
    kind: str
    tag: int
    observed: bytes
    position: int = 0
    expected: object = None  # function: the master's row -> bytes or None
    reason: object = None    # likewise, -> text or None
    hint: tuple = None       # (kind, key)
    step: str = None


@dataclass
class Verdict:
    findings: list = field(default_factory=list)
    candidates: list = field(default_factory=list)
    found_by: str = "NOTHING"
    is_hint: bool = False
    conflict: bool = False

    @property
    def row(self):
        return self.candidates[0] if self.candidates else None

    @property
    def row_of_instrument(self):
        """The row that says what the message leaves out."""
        return None if self.is_hint or self.conflict else self.row


WHEN_ISSUED = b"WI"  # a mark in the conventions, and elsewhere no part of the security's name


@dataclass
class Case:
    """All that a verdict depends on. `day` is the message's date or None."""
    instrument: object
    master: object
    settings: object
    day: object
    convention: str = None  # of the message's symbol

    @property
    def said(self):
        one = self.instrument
        if one.symbol is None:
            return None
        suffix = None if one.suffix == WHEN_ISSUED and self.convention is None else one.suffix
        return symbols.Said(one.symbol, suffix, self.convention, self.settings.symbology, self.day)


def match(case):
    lookups = [look_up(one, case.instrument, case.master, case.settings) for one in case.instrument.identifiers]
    if any(lookup.found for lookup in lookups):
        return match_found(case, lookups)
    return match_not_found(case, lookups)


# ---- some are found ------------------------------------------------------------------------------------------------

def match_found(case, lookups):
    found = [lookup for lookup in lookups if lookup.found]
    first = found[0].identifier
    verdict = Verdict(candidates=found[0].rows,
                      found_by="IDENTIFIER" if first.position == 0 else "ALTERNATE_IDENTIFIER")
    conflicts = []
    for place, lookup in enumerate(found[1:], 1):
        if contradicts_message(lookup, [earlier for earlier in found[:place] if earlier not in conflicts]):
            conflicts.append(lookup)
        else:
            join(verdict, lookup, found[:place], conflicts)
    agreed = [lookup for lookup in found if lookup not in conflicts]
    conflicts += [lookup for lookup in lookups if not lookup.found and contradicts_message(lookup, agreed)]
    for lookup in lookups:
        verdict.findings += about_identifier(lookup, lookup in conflicts, verdict.candidates, case.master)
    verdict.conflict = bool(conflicts)
    if not conflicts:
        compare(case, verdict, by_symbol=False)
        if first.kind is SYMBOL_KIND:
            look_for_ambiguity(verdict, first.tag, first.value, first.position)
    return verdict


def join(verdict, lookup, before, conflicts):
    """Narrows the candidates by a further found identifier, or adds its rows to them, or sees that it conflicts."""
    shared = [row for row in verdict.candidates if row in lookup.rows]
    if shared:
        verdict.candidates = shared
    elif in_conflict(verdict.candidates, lookup, before):
        conflicts.append(lookup)
    else:
        verdict.candidates = verdict.candidates + lookup.rows


def in_conflict(candidates, lookup, before):
    every_candidate = all(contradicts(row, lookup) for row in candidates)
    every_row = all(any(contradicts(row, earlier) for earlier in before) for row in lookup.rows)
    return every_candidate or every_row


def contradicts(row, lookup):
    """It does not hold the identifier, but another value in a column in which the identifier was found."""
    return row not in lookup.rows and any(role in row.values for role in lookup.columns)


def contradicts_message(lookup, others):
    """The message says another CUSIP by this one than by one of these, which are found."""
    if lookup.cusip is None or not (lookup.found or lookup.well_formed):
        return False
    return any(says_another_cusip(lookup, other) and not any(row in other.rows for row in lookup.rows) for other in others)


def says_another_cusip(lookup, other):
    one_is_an_isin = lookup.identifier.kind is not other.identifier.kind
    return one_is_an_isin and other.cusip is not None and other.cusip != lookup.cusip


def about_identifier(lookup, conflict, candidates, master):
    """The findings on one identifier where some are found."""
    roles = columns_of(lookup.identifier.kind, master)
    if lookup.invalid:
        return [on_identifier("INVALID_IDENTIFIER", lookup, roles)]
    if conflict:
        return [on_identifier("IDENTIFIER_CONFLICT", lookup, lookup.columns or roles)]
    if lookup.unknown and all(role in row.values for row in candidates for role in roles):
        return [on_identifier("UNKNOWN_SECURITY", lookup, roles)]
    return []


def on_identifier(kind, lookup, expected_roles):
    one = lookup.identifier
    return Finding(kind, one.tag, one.value, one.position, lambda row: first_filled(row, expected_roles),
                   lambda row: lookup.reason, lookup.hint)


def first_filled(row, roles):
    return next((row.values[role] for role in roles if role in row.values), None)


# ---- none is found -------------------------------------------------------------------------------------------------

def match_not_found(case, lookups):
    verdict, said = Verdict(), case.said
    unknown = next((lookup for lookup in lookups if lookup.unknown), None)
    for lookup in lookups:
        if lookup.invalid:
            verdict.findings.append(on_identifier("INVALID_IDENTIFIER", lookup, []))
        elif lookup is unknown:
            verdict.findings.append(on_identifier("UNKNOWN_SECURITY", lookup, []))
    can_look_up = said is not None and "symbol" in case.master.columns
    if not verdict.findings and can_look_up:
        match_symbol(case, verdict, said)
        return verdict
    if not verdict.findings and lookups:
        verdict.findings.append(on_identifier("UNKNOWN_SECURITY", lookups[0], []))
    elif not verdict.findings:
        verdict.findings.append(on_symbol("UNKNOWN_SECURITY", case.instrument))
    hint(case, verdict, said if can_look_up else None)
    return verdict


def match_symbol(case, verdict, said):
    """The symbol decides."""
    verdict.candidates, verdict.found_by, kind, reason = symbols.look_up(said, case.master)
    if not verdict.candidates:
        verdict.findings.append(on_symbol("UNKNOWN_SECURITY", case.instrument))
        return
    if kind is not None:
        verdict.findings.append(on_symbol(kind, case.instrument, symbol_of, lambda row: reason, "symbol"))
    compare(case, verdict, by_symbol=True)
    look_for_ambiguity(verdict, case.instrument.symbol_tag, case.instrument.symbol, 0)


def hint(case, verdict, said):
    """What an identifier looks like, else where the symbol leads; narrowed, without a verdict on it."""
    verdict.is_hint = True
    for finding in verdict.findings:
        if finding.hint is not None and not verdict.candidates:
            kind, key = finding.hint
            verdict.candidates = case.master.holding(columns_of(kind, case.master), key)
    if verdict.candidates:
        verdict.found_by = "HINT"
    elif said is not None:
        verdict.candidates, verdict.found_by, _, _ = symbols.look_up(said, case.master)
    for step in (exchange_step(case.instrument, case.settings.markets), currency_step(case.instrument)):
        if step is not None and case.settings.steps.get(step.name) != "off" and verdict.candidates:
            verdict.candidates, _ = narrow(verdict.candidates, step.judge)


def symbol_of(row):
    return row.values.get("symbol")


def on_symbol(kind, instrument, expected=None, reason=None, step=None):
    return Finding(kind, instrument.symbol_tag, instrument.symbol, 0, expected, reason, step=step)


# ---- comparing -----------------------------------------------------------------------------------------------------

def compare(case, verdict, by_symbol):
    type_has_differed = False
    for step in steps_of(case.instrument, None if by_symbol else case.said, case.day, case.settings):
        if step.name == "cfi" and type_has_differed:
            continue
        verdict.candidates, outcome = narrow(verdict.candidates, step.judge)
        if outcome == DIFFER:
            verdict.findings.append(Finding(step.kind, step.tag, step.observed, 0, step.expected, step.reason,
                                            step=step.name))
            type_has_differed = type_has_differed or step.name == "type"
        elif outcome == LESS and step.name == "symbol":
            verdict.findings.append(on_symbol("SYMBOL_FORMAT_VARIANT", case.instrument, symbol_of, None, "symbol"))


def look_for_ambiguity(verdict, tag, observed, position):
    first = verdict.candidates[0]
    if any(not share_identifier(first, row) for row in verdict.candidates[1:]):
        verdict.findings.append(Finding("AMBIGUOUS_SECURITY", tag, observed, position))


def share_identifier(a, b):
    return any(role in a.values and a.values[role] == b.values.get(role) for role in SHARED_IDENTIFIERS)
