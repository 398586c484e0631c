"""From the bytes of a record to what is published of it (core/README.md).

A record that is published is a dict as fastavro decodes it: timestamps are datetimes in UTC, decimals are Decimal.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

import xxhash

from amounts import amounts, counts_exposure, has_amounts
from fix import DeadLetter, messages
from identifiers import WHITE
from instruments import SESSION_TYPES, resolve
from match import Case, Finding, Verdict, match
from named import Instrument
from settings import Settings
from severity import Facts, severity_of
from values import day_of_time, text, timestamp

MUST_NAME = frozenset(b"6 7 8 D F G H J Q S W e f s t u AE AJ AK AL AM AR AS BM BN BO DS DT DW".split())


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

    def instrument_of_slot(slot):
        return Instrument(slot, settings.sources)

    named = [instrument_of_slot(slot) for slot in resolve(message.slots, lambda slot: instrument_of_slot(slot).is_there)]
    found = [(one, match(case_of(one, message, master, origin, settings))) for one in named]
    if message.type in MUST_NAME and all(one.slot.role == "REFERENCE" for one in named):
        found.append((instrument_of_slot(message.slots[0]), Verdict([Finding("MISSING_IDENTIFIER", 0, None)])))
    if not found:
        return "ignored", []
    records = [discrepancy(finding, verdict, instrument, message, origin, settings)
               for instrument, verdict in found for finding in verdict.findings]
    records = [record for record in records if record["severity"] is not None]
    return ("discrepant" if records else "matched" if named else "ignored"), records


def case_of(instrument, message, master, origin, settings):
    mic = settings.markets.mic(instrument.exchange)
    convention = settings.symbology.convention(message.values.get(49), message.values.get(56),
                                               origin["topic"].encode(), mic)
    return Case(instrument, master, settings, message_day(message), convention)


def message_day(message):
    days = [day_of_time(message.values.get(tag)) for tag in (60, 52, 75)]
    return next((day for day in days if day is not None), None)


# ---- what is published -----------------------------------------------------------------------------------------

def discrepancy(finding, verdict, instrument, message, origin, settings):
    """The record; its severity is None where it is off."""
    row, slot = verdict.row, instrument.slot
    quantity, price, notional = amounts(message, instrument, verdict.row_of_instrument)
    currency = slot.get("currency") if has_amounts(slot) else None
    hint_kind, hint_value = finding.hint or (None, None)
    facts = Facts(finding.kind, finding.step, message.type, message.values.get(49), message.values.get(56), slot.role,
                  notional, currency)
    return {
        "id": digest(origin, slot.role, slot.position, finding.kind, finding.tag, finding.position),
        "kind": finding.kind,
        "severity": severity_of(facts, settings),
        "origin": origin,
        "message": header_of(message),
        "instrument": instrument_of(instrument),
        "tag": finding.tag,
        "identifier_position": finding.position,
        "observed": text(finding.observed),
        "expected": text(finding.expected(row)) if row and finding.expected else None,
        "reason": finding.reason(row) if finding.reason else None,
        "hint_kind": hint_kind and hint_kind.name,
        "hint_value": text(hint_value),
        "found_by": verdict.found_by,
        "candidates": len(verdict.candidates),
        "master": security_of(row),
        "price": price,
        "quantity": quantity,
        "notional": notional,
        "currency": text(currency),
        "counts_exposure": counts_exposure(message),
        "master_version": settings.master_version,
        "rule_set": settings.rule_set,
        "unknown_since": None,  # see late.py
        "unknown_until": None,
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
