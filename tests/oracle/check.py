"""From a message to what it has wrong: the contract of `match` and of what is published (core/README.md).

A record that is published is a dict as fastavro decodes it: timestamps are datetimes in UTC, decimals are Decimal.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

import xxhash

from fix import DeadLetter, messages
from identifiers import KEY_ROLES, SYMBOL_KIND, WHITE, identifier, key_of, kind_of, trimmed, well_formed
from instruments import SESSION_TYPES, resolve
from values import (day_of, day_of_time, decimal, master_date, maturity_date, message_maturity, product, same_date,
                    text, timestamp)

SEVERITIES = {
    "IDENTIFIER_CONFLICT": "CRITICAL",
    "UNKNOWN_SECURITY": "HIGH", "SYMBOL_MISMATCH": "HIGH", "CURRENCY_MISMATCH": "HIGH", "MATURITY_MISMATCH": "HIGH",
    "CONTRACT_MISMATCH": "HIGH", "INACTIVE_SECURITY": "HIGH",
    "INVALID_IDENTIFIER": "MEDIUM", "AMBIGUOUS_SECURITY": "MEDIUM", "EXCHANGE_MISMATCH": "MEDIUM",
    "SECURITY_TYPE_MISMATCH": "MEDIUM", "MISSING_IDENTIFIER": "MEDIUM",
    "SYMBOL_FORMAT_VARIANT": "LOW",
}

MUST_NAME = frozenset(b"6 7 8 D F G H J Q S W e f s t u AE AJ AK AL AM AR AS BM BN BO DS DT DW".split())
NO_SUFFIX = (b"WI", b"CD")  # when-issued and lump-sum interest
SEPARATORS = re.compile(rb"[./\- ]")
SPELLINGS = (b".", b"/", b"-", b" ")

MINOR_UNITS = {b"GBX": b"GBP", b"ZAC": b"ZAR", b"ILA": b"ILS"}  # GBp is GBP in another case anyway

# (class, code or None, names); a code is its own name.
TYPES = [
    ("EQUITY", "CS", "common stock|common|ordinary share|ordinary shares|ord"),
    ("EQUITY", "PS", "preferred stock|preferred|preference share|preference shares"),
    ("EQUITY", None, "equity|equities|stock|share|shares"),
    ("FUTURE", "FUT", "future|futures"),
    ("OPTION", "OPT", "option|options"),
    ("WARRANT", "WAR", "warrant|warrants"),
    ("FUND", "MF", "mutual fund"),
    ("FUND", "ETF", "exchange traded fund"),
    ("FUND", None, "fund"),
    ("DEBT", "CORP", "corporate bond"), ("DEBT", "CB", "convertible bond"), ("DEBT", "TBOND", "treasury bond"),
    ("DEBT", "TBILL", "treasury bill"), ("DEBT", "TNOTE", "treasury note"), ("DEBT", "MUNI", "municipal bond"),
    ("DEBT", "CD", "certificate of deposit"), ("DEBT", "CP", "commercial paper"),
    ("DEBT", "MTN", ""), ("DEBT", "EUSOV", ""), ("DEBT", "EUSUPRA", ""), ("DEBT", "BRADY", ""),
    ("DEBT", None, "bond|bonds|debt|fixed income"),
    ("FX", "FXSPOT", ""), ("FX", "FXFWD", ""), ("FX", "FXSWAP", ""), ("FX", "FXNDF", ""),
    ("FX", "FOR", "forex|foreign exchange"),
    ("FX", None, "fx|currency"),
]
KNOWN_TYPES = {}
for _class, _code, _names in TYPES:
    for _name in _names.split("|") + [_code or ""]:
        if _name:
            KNOWN_TYPES[_name.upper().encode()] = (_class, _code)

DELISTED_WORDS = (b"TRUE", b"T", b"YES", b"Y", b"1")
INACTIVE_WORDS = b"INACTIVE DELISTED SUSPENDED HALTED EXPIRED MATURED TERMINATED DEAD CLOSED CANCELLED".split()

# Message type -> (tag of the quantity, tag of the price), in the order of preference.
AMOUNTS = {
    b"8": ((32, 31), (38, 44), (14, 6), (38, 99)), b"BN": ((32, 31), (38, 44), (14, 6), (38, 99)),
    b"AE": ((32, 31),), b"AR": ((32, 31),),
    b"J": ((53, 6),), b"AS": ((53, 6),),
    b"6": ((27, 44),), b"7": ((53, 44),),
}
OTHER_AMOUNTS = ((38, 44), (38, 99))

SHARED_IDENTIFIERS = [role for role in KEY_ROLES if role not in ("symbol", "lei")]


# ---- the instrument --------------------------------------------------------------------------------------------

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
    """One instrument of a message; what is absent or a placeholder is None."""

    def __init__(self, slot):
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
        self.named = named_identifiers(slot)
        self.identifiers = first_of_each([one for one in self.named if one.kind.usable])

    @property
    def is_there(self):
        return self.symbol is not None or bool(self.identifiers)


def named_identifiers(slot):
    """All that have a value, as they stand."""
    entries = [(slot.block.id, 0, slot.get("id"), slot.get("source"))]
    for place, (value, source) in enumerate(slot.alternates):
        entries.append((slot.block.alternate, place + 1, value, source))
    found = [Identifier(tag, position, identifier(kind_of(source), value), source, kind_of(source))
             for tag, position, value, source in entries]
    return [one for one in found if one.value is not None]


def first_of_each(identifiers):
    seen = {}
    for one in identifiers:
        seen.setdefault((one.kind.name, one.key), one)
    return list(seen.values())


# ---- the verdicts ----------------------------------------------------------------------------------------------

@dataclass
class Finding:
    kind: str
    tag: int
    observed: bytes
    position: int = 0
    expected: object = None  # function: the master's row -> bytes or None


@dataclass
class Verdict:
    findings: list = field(default_factory=list)
    candidates: list = field(default_factory=list)
    found_by: str = "NOTHING"


def match(instrument, master, day):
    """All that an instrument and the master disagree about. `day` is the message's date or None."""
    lookups = [look_up(one, master) for one in instrument.identifiers]
    if any(lookup.rows for lookup in lookups):
        return match_found(instrument, master, lookups, day)
    return match_not_found(instrument, master, lookups, day)


@dataclass(eq=False)
class Lookup:
    identifier: Identifier
    judged: bool     # the master has a column of its kind
    rows: list       # that hold it
    columns: list    # in which it was found
    invalid: bool    # not held, and not well formed

    @property
    def unknown(self):
        return self.judged and not self.rows and not self.invalid


def look_up(one, master):
    roles = [role for role in one.kind.columns if role in master.columns]
    rows = master.holding(roles, one.key)
    columns = [role for role in roles if one.key in master.index[role]]
    return Lookup(one, bool(roles), rows, columns, not rows and not well_formed(one.kind, one.key))


def match_found(instrument, master, lookups, day):
    found = [lookup for lookup in lookups if lookup.rows]
    first = found[0].identifier
    verdict = Verdict(candidates=found[0].rows,
                      found_by="IDENTIFIER" if first.position == 0 else "ALTERNATE_IDENTIFIER")
    conflicts = []
    for place, lookup in enumerate(found[1:], 1):
        shared = [row for row in verdict.candidates if row in lookup.rows]
        if shared:
            verdict.candidates = shared
        elif in_conflict(verdict.candidates, lookup, found[:place]):
            conflicts.append(lookup)
        else:
            verdict.candidates = verdict.candidates + lookup.rows
    for lookup in lookups:
        verdict.findings += about_identifier(lookup, lookup in conflicts, verdict.candidates, master)
    if not conflicts:
        compare(instrument, verdict, day, by_symbol=False)
        if first.kind is SYMBOL_KIND:
            look_for_ambiguity(verdict, first.tag, first.value, first.position)
    return verdict


def in_conflict(candidates, lookup, before):
    every_candidate = all(contradicts(row, lookup) for row in candidates)
    every_row = all(any(contradicts(row, earlier) for earlier in before) for row in lookup.rows)
    return every_candidate or every_row


def contradicts(row, lookup):
    """It does not hold the identifier, but another value in a column in which the identifier was found."""
    return row not in lookup.rows and any(role in row.values for role in lookup.columns)


def about_identifier(lookup, conflict, candidates, master):
    """The findings on one identifier where some are found."""
    roles = [role for role in lookup.identifier.kind.columns if role in master.columns]
    if lookup.invalid:
        return [on_identifier("INVALID_IDENTIFIER", lookup, roles)]
    if conflict:
        return [on_identifier("IDENTIFIER_CONFLICT", lookup, lookup.columns)]
    if lookup.unknown and all(role in row.values for row in candidates for role in roles):
        return [on_identifier("UNKNOWN_SECURITY", lookup, roles)]
    return []


def on_identifier(kind, lookup, expected_roles):
    one = lookup.identifier
    return Finding(kind, one.tag, one.value, one.position, lambda row: first_filled(row, expected_roles))


def first_filled(row, roles):
    return next((row.values[role] for role in roles if role in row.values), None)


def match_not_found(instrument, master, lookups, day):
    verdict = Verdict()
    unknown = next((lookup for lookup in lookups if lookup.unknown), None)
    for lookup in lookups:
        if lookup.invalid:
            verdict.findings.append(on_identifier("INVALID_IDENTIFIER", lookup, []))
        elif lookup is unknown:
            verdict.findings.append(on_identifier("UNKNOWN_SECURITY", lookup, []))
    can_look_up = instrument.symbol is not None and "symbol" in master.columns
    rows, found_by = look_up_symbol(instrument, master) if can_look_up else ([], "NOTHING")
    if verdict.findings:
        hint(instrument, verdict, rows, found_by)
    elif rows:
        verdict.candidates, verdict.found_by = rows, found_by
        if found_by == "SYMBOL_VARIANT":
            verdict.findings.append(on_symbol("SYMBOL_FORMAT_VARIANT", instrument))
        compare(instrument, verdict, day, by_symbol=True)
        look_for_ambiguity(verdict, instrument.symbol_tag, instrument.symbol, 0)
    elif can_look_up or not lookups:
        verdict.findings.append(Finding("UNKNOWN_SECURITY", instrument.symbol_tag, instrument.symbol))
    else:
        verdict.findings.append(on_identifier("UNKNOWN_SECURITY", lookups[0], []))
    return verdict


def hint(instrument, verdict, rows, found_by):
    """Where the symbol leads, narrowed by exchange and currency, without a verdict on them."""
    if rows:
        for step in (exchange_step(instrument), currency_step(instrument)):
            if step:
                rows, _ = narrow(rows, step.judge)
        verdict.candidates, verdict.found_by = rows, found_by


def look_up_symbol(instrument, master):
    symbol, suffix = instrument.symbol, instrument.suffix
    if suffix is not None:
        for separator in SPELLINGS:
            rows = master.holding(["symbol"], SEPARATORS.sub(separator, symbol + separator + suffix))
            if rows:
                return rows, "SYMBOL_VARIANT"
    rows = master.holding(["symbol"], symbol)
    if rows:
        return rows, "SYMBOL"
    for separator in SPELLINGS if suffix is None else ():
        rows = master.holding(["symbol"], SEPARATORS.sub(separator, symbol))
        if rows:
            return rows, "SYMBOL_VARIANT"
    return [], "NOTHING"


def on_symbol(kind, instrument):
    return Finding(kind, instrument.symbol_tag, instrument.symbol, expected=lambda row: row.values.get("symbol"))


def look_for_ambiguity(verdict, tag, observed, position):
    first = verdict.candidates[0]
    if any(not share_identifier(first, row) for row in verdict.candidates[1:]):
        verdict.findings.append(Finding("AMBIGUOUS_SECURITY", tag, observed, position))


def share_identifier(a, b):
    return any(role in a.values and a.values[role] == b.values.get(role) for role in SHARED_IDENTIFIERS)


# ---- the steps -------------------------------------------------------------------------------------------------

AGREE, VARIANT, UNSAID, DIFFER = "agree", "variant", "unsaid", "differ"


@dataclass
class Step:
    kind: str
    tag: int
    observed: bytes
    judge: object     # row -> AGREE, VARIANT (symbols only), UNSAID or DIFFER
    expected: object  # row -> bytes or None
    is_type: bool = False
    is_cfi: bool = False


def narrow(rows, judge):
    judged = [(row, judge(row)) for row in rows]
    for verdict in (AGREE, VARIANT, UNSAID):
        remaining = [row for row, it in judged if it == verdict]
        if remaining:
            return remaining, verdict
    return rows, DIFFER


def compare(instrument, verdict, day, by_symbol):
    steps = [exchange_step(instrument), currency_step(instrument),
             None if by_symbol else symbol_step(instrument),
             type_step(instrument), cfi_step(instrument), maturity_step(instrument),
             strike_step(instrument), put_or_call_step(instrument), multiplier_step(instrument), status_step(day)]
    type_has_differed = False
    for step in steps:
        if step is None or (step.is_cfi and type_has_differed):
            continue
        verdict.candidates, outcome = narrow(verdict.candidates, step.judge)
        if outcome == DIFFER:
            verdict.findings.append(Finding(step.kind, step.tag, step.observed, expected=step.expected))
            type_has_differed = type_has_differed or step.is_type
        elif outcome == VARIANT:
            verdict.findings.append(on_symbol("SYMBOL_FORMAT_VARIANT", instrument))


def attribute_step(kind, tag, observed, role, judge):
    """A step on one column; a blank or a placeholder there says nothing."""
    def judge_row(row):
        value = row.values.get(role)
        value = value if role == "put_call" else trimmed(value)
        return UNSAID if value is None else judge(value)
    return Step(kind, tag, observed, judge_row, lambda row: row.values.get(role))


def verdict_of(agrees, comparable=True):
    return AGREE if agrees else DIFFER if comparable else UNSAID


def exchange_step(instrument):
    said = instrument.exchange
    if said is None:
        return None

    def shape(value):
        return re.fullmatch(rb"[0-9A-Za-z]{4}", value)

    return attribute_step("EXCHANGE_MISMATCH", instrument.tags.exchange, said, "mic",
                          lambda has: verdict_of(said.upper() == has.upper(), shape(said) and shape(has)))


def currency_step(instrument):
    said = instrument.currency
    if said is None:
        return None

    def major(value):
        return MINOR_UNITS.get(value.upper(), value.upper())

    def shape(value):
        return re.fullmatch(rb"[A-Za-z]{3}", value)

    return attribute_step("CURRENCY_MISMATCH", instrument.tags.currency, said, "currency",
                          lambda has: verdict_of(major(said) == major(has), shape(said) and shape(has)))


def symbol_step(instrument):
    said, suffix = instrument.symbol, instrument.suffix
    if said is None:
        return None
    spellings = {same_separators(said)}
    if suffix is not None:
        spellings.add(same_separators(said + b"." + suffix))

    def judge(row):
        has = row.values.get("symbol")
        if has is None:
            return UNSAID
        return AGREE if has == said else VARIANT if same_separators(has) in spellings else DIFFER

    return Step("SYMBOL_MISMATCH", instrument.symbol_tag, said, judge, lambda row: row.values.get("symbol"))


def same_separators(symbol):
    return SEPARATORS.sub(b".", symbol)


def type_step(instrument):
    said = instrument.type
    if said is None:
        return None

    def judge(has):
        if said.upper() == has.upper():
            return AGREE
        a, b = KNOWN_TYPES.get(said.upper()), KNOWN_TYPES.get(has.upper())
        if a is None or b is None:
            return UNSAID
        both_have_codes = a[1] is not None and b[1] is not None
        return verdict_of(a[1] == b[1] if both_have_codes else a[0] == b[0])

    step = attribute_step("SECURITY_TYPE_MISMATCH", instrument.tags.type, said, "type", judge)
    step.is_type = True
    return step


def cfi_step(instrument):
    said = instrument.cfi
    if said is None or not is_cfi(said):
        return None

    def judge(has):
        places = zip(said.upper(), has.upper())
        agrees = all(a == b or ord("X") in (a, b) for a, b in places)
        return verdict_of(agrees) if is_cfi(has) else UNSAID

    step = attribute_step("SECURITY_TYPE_MISMATCH", instrument.tags.cfi, said, "cfi", judge)
    step.is_cfi = True
    return step


def is_cfi(value):
    return re.fullmatch(rb"[A-Za-z]{6}", value)


def maturity_step(instrument):
    said = instrument.maturity
    if said is None:
        return None
    date = maturity_date(said) if instrument.maturity_is_date else message_maturity(said, instrument.maturity_day)
    if date is None:
        return None

    def judge(has):
        other = master_date(has)
        return UNSAID if other is None else verdict_of(same_date(date, other))

    return attribute_step("MATURITY_MISMATCH", instrument.maturity_tag, said, "maturity", judge)


def strike_step(instrument):
    return decimal_step(instrument.tags.strike, instrument.strike, "strike")


def multiplier_step(instrument):
    return decimal_step(instrument.tags.multiplier, instrument.multiplier, "multiplier")


def decimal_step(tag, said, role):
    number = decimal(said)
    if number is None:
        return None

    def judge(has):
        other = decimal(has)
        return UNSAID if other is None else verdict_of(number == other)

    return attribute_step("CONTRACT_MISMATCH", tag, said, role, judge)


def put_or_call_step(instrument):
    words = {b"0": (b"P", b"PUT", b"0"), b"1": (b"C", b"CALL", b"1")}
    said = instrument.put_or_call
    if said not in words:
        return None

    def judge(has):
        if has.upper() not in words[b"0"] + words[b"1"]:
            return UNSAID
        return verdict_of(has.upper() in words[said])

    return attribute_step("CONTRACT_MISMATCH", instrument.tags.put_or_call, said, "put_call", judge)


def status_step(day):
    observed = None if day is None else day.strftime("%Y%m%d").rjust(8, "0").encode()
    return Step("INACTIVE_SECURITY", 0, observed,
                lambda row: verdict_of(inactive_because(row, day) is None), lambda row: inactive_because(row, day))


def inactive_because(row, day):
    """The value that makes a row inactive, or None for an active one."""
    delisted, status, maturity = (row.values.get(role) for role in ("delisted", "status", "maturity"))
    if delisted is not None and (delisted.upper() in DELISTED_WORDS or not_after(delisted, day)):
        return delisted
    if status is not None and status.upper() in INACTIVE_WORDS:
        return status
    if maturity is not None and before(maturity, day):
        return maturity
    return None


def not_after(value, day):
    date = master_date(value)
    if date is None or day is None:
        return False
    return date[:2] <= (day.year, day.month) if date[2] is None else date <= (day.year, day.month, day.day)


def before(value, day):
    date = master_date(value)
    if date is None or day is None:
        return False
    return date[:2] < (day.year, day.month) if date[2] is None else date < (day.year, day.month, day.day)


def message_day(message):
    for tag, read in ((60, day_of_time), (52, day_of_time), (75, day_of_time)):
        day = read(message.values[tag]) if tag in message.values else None
        if day is not None:
            return day
    return None


# ---- what is published -----------------------------------------------------------------------------------------

@dataclass
class Settings:
    master_version: str = "0" * 16
    rule_set: str = "default"
    references: bool = False
    severities: dict = field(default_factory=lambda: dict(SEVERITIES))  # a kind that is absent is not reported


@dataclass
class Result:
    discrepancies: list = field(default_factory=list)
    dead_letters: list = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)  # matched, discrepant, malformed, ignored, skipped


def check_record(record, profile, master, origin, settings=None):
    """One record of Kafka. `origin` has topic, partition, offset, and maybe timestamp and key."""
    return check(record, profile, master, settings, lambda item: ({**origin, "message": item.index}, item.position))


def check_file(record, profile, master, name, settings=None):
    """A file as `fixwarden check` reads it: every message is a record of its own, at its place in the file."""
    return check(record, profile, master, settings,
                 lambda item: ({"topic": name, "partition": 0, "offset": item.position, "message": 0}, 0))


def check(record, profile, master, settings, place_of):
    settings = settings or Settings()
    result = Result()
    items, result.counts["skipped"] = messages(record, profile, settings.references)
    for item in items:
        origin, position = place_of(item)
        origin = {"timestamp": None, "key": None, **origin}
        if isinstance(item, DeadLetter):
            result.dead_letters.append(dead_letter(item, origin, position))
            result.counts["malformed"] += 1
        else:
            outcome, records = check_message(item, master, origin, settings)
            result.discrepancies += records
            result.counts[outcome] += 1
    return result


def check_message(message, master, origin, settings):
    """(matched, discrepant or ignored; the discrepancies)."""
    if message.type in SESSION_TYPES:
        return "ignored", []
    found = []
    named = [Instrument(slot) for slot in resolve(message.slots, lambda slot: Instrument(slot).is_there)]
    for instrument in named:
        found.append((instrument, match(instrument, master, message_day(message))))
    if message.type in MUST_NAME and all(instrument.slot.role == "REFERENCE" for instrument in named):
        found.append((Instrument(message.slots[0]), Verdict([Finding("MISSING_IDENTIFIER", 0, None)])))
    if not found:
        return "ignored", []
    records = [discrepancy(finding, verdict, instrument, message, origin, settings)
               for instrument, verdict in found for finding in verdict.findings if finding.kind in settings.severities]
    return ("discrepant" if records else "matched"), records


def discrepancy(finding, verdict, instrument, message, origin, settings):
    row = verdict.candidates[0] if verdict.candidates else None
    quantity, price, notional = amounts(message, instrument.slot)
    return {
        "id": digest(origin, instrument.slot.role, instrument.slot.position, finding.kind, finding.tag, finding.position),
        "kind": finding.kind,
        "severity": settings.severities[finding.kind],
        "origin": origin,
        "message": header_of(message),
        "instrument": instrument_of(instrument),
        "tag": finding.tag,
        "identifier_position": finding.position,
        "observed": text(finding.observed),
        "expected": text(finding.expected(row)) if row and finding.expected else None,
        "found_by": verdict.found_by,
        "candidates": len(verdict.candidates),
        "master": security_of(row),
        "price": price,
        "quantity": quantity,
        "notional": notional,
        "currency": text(instrument.slot.get("currency")) if has_amounts(instrument.slot) else None,
        "master_version": settings.master_version,
        "rule_set": settings.rule_set,
    }


def dead_letter(item, origin, position):
    return {
        "id": digest(origin, "DEAD_LETTER"),
        "reason": item.reason,
        "detail": item.reason,  # the sentence is free, and not compared
        "position": position,
        "origin": origin,
        "raw": item.raw,
    }


def digest(origin, *what):
    parts = [origin["topic"], origin["partition"], origin["offset"], origin["message"], *what]
    return xxhash.xxh3_128_hexdigest(b"\0".join(str(part).encode() for part in parts), seed=0)


def header_of(message):
    def value(tag):
        return text(message.values.get(tag))

    seq_num = message.values.get(34, b"").strip(WHITE)
    return {
        "begin_string": value(8), "msg_type": value(35),
        "msg_seq_num": int(seq_num) if re.fullmatch(rb"[0-9]{1,18}", seq_num) else None,
        "sender": value(49), "target": value(56), "cl_ord_id": value(11), "orig_cl_ord_id": value(41),
        "order_id": value(37), "exec_id": value(17),
        "transact_time": timestamp(message.values.get(60)), "sending_time": timestamp(message.values.get(52)),
        "poss_dup": message.values.get(43) == b"Y", "poss_resend": message.values.get(97) == b"Y",
    }


def instrument_of(instrument):
    return {
        "role": instrument.slot.role, "position": instrument.slot.position,
        "symbol": text(instrument.symbol), "symbol_suffix": text(instrument.suffix),
        "identifiers": [{"value": text(one.value), "source": text((one.source or b"").strip(WHITE) or None),
                         "kind": one.kind.name}
                        for one in instrument.named],
        "exchange": text(instrument.exchange), "security_type": text(instrument.type), "cfi": text(instrument.cfi),
        "maturity": text(instrument.maturity), "put_or_call": text(instrument.put_or_call),
        "strike": text(instrument.strike), "multiplier": text(instrument.multiplier),
    }


def security_of(row):
    if row is None:
        return None
    return {"source": row.source, "row_offset": row.offset,
            "values": {role: text(value) for role, value in row.values.items()},
            "carried": {name: text(value) for name, value in row.carried.items()}}


def has_amounts(slot):
    return slot.role in ("BODY", "LIST_ENTRY")


def amounts(message, slot):
    """(quantity, price, notional), any of them None."""
    if not has_amounts(slot):
        return None, None, None
    pairs = [(decimal(slot.values.get(quantity)), decimal(slot.values.get(price)))
             for quantity, price in AMOUNTS.get(message.values.get(35), OTHER_AMOUNTS)]
    for quantity, price in pairs:
        if quantity and price:
            return quantity, price, product(quantity, price)
    quantity = next((quantity for quantity, _ in pairs if quantity), None)
    price = next((price for _, price in pairs if price), None)
    return quantity, price, None
