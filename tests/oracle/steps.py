"""The steps by which an instrument is compared with the candidates ("Comparing")."""

import re
from dataclasses import dataclass

import classes
import symbols
from identifiers import trimmed
from values import decimal, master_date, maturity_date, message_maturity, same_date

MINOR_UNITS = {b"GBX": b"GBP", b"ZAC": b"ZAR", b"ILA": b"ILS"}  # GBp is GBP in another case anyway

DELISTED_WORDS = (b"TRUE", b"T", b"YES", b"Y", b"1")
INACTIVE_WORDS = b"INACTIVE DELISTED SUSPENDED HALTED EXPIRED MATURED TERMINATED DEAD CLOSED CANCELLED".split()

# LESS is what agrees less well; of a symbol it is a variant.
AGREE, LESS, UNSAID, DIFFER = "AGREE", "VARIANT", "UNSAID", "DIFFER"


@dataclass
class Step:
    name: str
    kind: str
    tag: int
    observed: bytes
    judge: object     # row -> AGREE, LESS, UNSAID or DIFFER
    expected: object  # row -> bytes or None
    reason: object = None  # row -> text or None


def narrow(rows, judge):
    judged = [(row, judge(row)) for row in rows]
    for verdict in (AGREE, LESS, UNSAID):
        remaining = [row for row, it in judged if it == verdict]
        if remaining:
            return remaining, verdict
    return rows, DIFFER


def steps_of(instrument, said, day, settings):
    """Those that the message has a value for and the rules do not leave out, in their order. `said` is the symbol."""
    steps = [exchange_step(instrument, settings.markets), currency_step(instrument), symbol_step(instrument, said),
             type_step(instrument), cfi_step(instrument), maturity_step(instrument), strike_step(instrument),
             put_or_call_step(instrument), multiplier_step(instrument), status_step(day)]
    return [step for step in steps if step is not None and settings.steps.get(step.name) != "off"]


def attribute_step(name, kind, tag, observed, role, judge):
    """A step on one column; a blank or a placeholder there says nothing."""
    def judge_row(row):
        value = value_of(row, role)
        return UNSAID if value is None else judge(value)
    return Step(name, kind, tag, observed, judge_row, lambda row: row.values.get(role))


def value_of(row, role):
    value = row.values.get(role)
    return value if role == "put_call" else trimmed(value)


def verdict_of(agrees, comparable=True):
    return AGREE if agrees else DIFFER if comparable else UNSAID


def exchange_step(instrument, markets):
    said = instrument.exchange
    if said is None:
        return None

    def judge(has):
        one, other = markets.mic(said), markets.mic(has)
        if said.upper() == has.upper() or (one is not None and one == other):
            return AGREE
        if one is None or other is None:
            return UNSAID
        return LESS if markets.operates(one, other) or markets.operates(other, one) else DIFFER

    return attribute_step("exchange", "EXCHANGE_MISMATCH", instrument.tags.exchange, said, "mic", judge)


def currency_step(instrument):
    said = instrument.currency
    if said is None:
        return None

    def major(value):
        return MINOR_UNITS.get(value.upper(), value.upper())

    def shape(value):
        return re.fullmatch(rb"[A-Za-z]{3}", value)

    return attribute_step("currency", "CURRENCY_MISMATCH", instrument.tags.currency, said, "currency",
                          lambda has: verdict_of(major(said) == major(has), shape(said) and shape(has)))


def symbol_step(instrument, said):
    if said is None:
        return None

    def judge(row):
        has = row.values.get("symbol")
        return UNSAID if has is None else symbols.agrees(said, has)

    def reason(row):
        return "RENAMED" if row.values.get("symbol") in said.names_stale() else None

    return Step("symbol", "SYMBOL_MISMATCH", instrument.symbol_tag, said.symbol, judge,
                lambda row: row.values.get("symbol"), reason)


def type_step(instrument):
    said = instrument.type
    if said is None:
        return None

    def compared(row):
        """The value of the row that the type is held against."""
        is_known = classes.of_type(value_of(row, "type")) is not None
        return value_of(row, "type") if is_known else value_of(row, "cfi")

    def judge(row):
        has = value_of(row, "type")
        if has is not None and said.upper() == has.upper():
            return AGREE
        agrees = classes.same(classes.of_type(said), classes.of_type(has) or classes.of_cfi(value_of(row, "cfi")))
        return verdict_of(agrees, agrees is not None)

    return Step("type", "SECURITY_TYPE_MISMATCH", instrument.tags.type, said, judge, compared)


def cfi_step(instrument):
    said = instrument.cfi
    if not classes.is_cfi(said):
        return None

    def compared(row):
        return value_of(row, "cfi") if classes.is_cfi(value_of(row, "cfi")) else value_of(row, "type")

    def judge(row):
        has = value_of(row, "cfi")
        if classes.is_cfi(has):
            return verdict_of(all(a == b or ord("X") in (a, b) for a, b in zip(said.upper(), has.upper())))
        agrees = classes.same(classes.of_cfi(said), classes.of_type(value_of(row, "type")))
        return verdict_of(agrees, agrees is not None)

    return Step("cfi", "SECURITY_TYPE_MISMATCH", instrument.tags.cfi, said, judge, compared)


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

    return attribute_step("maturity", "MATURITY_MISMATCH", instrument.maturity_tag, said, "maturity", judge)


def strike_step(instrument):
    return decimal_step("strike", instrument.tags.strike, instrument.strike)


def multiplier_step(instrument):
    return decimal_step("multiplier", instrument.tags.multiplier, instrument.multiplier)


def decimal_step(name, tag, said):
    number = decimal(said)
    if number is None:
        return None

    def judge(has):
        other = decimal(has)
        return UNSAID if other is None else verdict_of(number == other)

    return attribute_step(name, "CONTRACT_MISMATCH", tag, said, name, judge)


def put_or_call_step(instrument):
    words = {b"0": (b"P", b"PUT", b"0"), b"1": (b"C", b"CALL", b"1")}
    said = instrument.put_or_call
    if said not in words:
        return None

    def judge(has):
        if has.upper() not in words[b"0"] + words[b"1"]:
            return UNSAID
        return verdict_of(has.upper() in words[said])

    return attribute_step("put_call", "CONTRACT_MISMATCH", instrument.tags.put_or_call, said, "put_call", judge)


def status_step(day):
    observed = None if day is None else day.strftime("%Y%m%d").rjust(8, "0").encode()
    return Step("status", "INACTIVE_SECURITY", 0, observed,
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
