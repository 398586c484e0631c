"""How severe a discrepancy is: the rules, the steps, the kinds."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from identifiers import WHITE

KINDS = {
    "IDENTIFIER_CONFLICT": "CRITICAL",
    "UNKNOWN_SECURITY": "HIGH", "SYMBOL_MISMATCH": "HIGH", "CURRENCY_MISMATCH": "HIGH", "MATURITY_MISMATCH": "HIGH",
    "CONTRACT_MISMATCH": "HIGH", "INACTIVE_SECURITY": "HIGH",
    "INVALID_IDENTIFIER": "MEDIUM", "AMBIGUOUS_SECURITY": "MEDIUM", "EXCHANGE_MISMATCH": "MEDIUM",
    "SECURITY_TYPE_MISMATCH": "MEDIUM", "MISSING_IDENTIFIER": "MEDIUM",
    "SYMBOL_FORMAT_VARIANT": "LOW",
}
STEPS = ("exchange", "currency", "symbol", "type", "cfi", "maturity", "strike", "put_call", "multiplier", "status")
LEVELS = ("LOW", "MEDIUM", "HIGH", "CRITICAL", "off")

HUNDREDTHS = {b"GBX": b"GBP", b"GBp": b"GBP", b"ZAC": b"ZAR", b"ZAc": b"ZAR", b"ILA": b"ILS", b"ILa": b"ILS"}


@dataclass
class Rule:
    name: str
    conditions: list  # (what, the values that it may have)
    level: str

    def holds(self, facts):
        return all(condition_holds(what, values, facts) for what, values in self.conditions)


@dataclass
class Facts:
    """What the conditions of a rule are about; text as bytes, what is absent is None."""
    kind: str
    step: str
    type: bytes
    sender: bytes
    target: bytes
    role: str
    notional: Decimal
    currency: bytes


def rule_of(name, text):
    """NAME = CONDITION ... -> LEVEL"""
    conditions, level = text.rsplit("->", 1)
    if level.strip() not in LEVELS:
        raise ValueError(f"{name}: {level.strip()} is no severity")
    return Rule(name, [condition_of(one) for one in conditions.split()], level.strip())


def condition_of(text):
    what, _, values = text.partition("=")
    if what == "notional>":
        pairs = [value.split(":") for value in values.split(",")]
        return what, [in_major(currency.encode(), Decimal(amount)) for currency, amount in pairs]
    return what, values.split(",")


def condition_holds(what, values, facts):
    if what == "notional>":
        return facts.notional is not None and facts.currency is not None and \
            reaches(in_major(facts.currency.strip(WHITE), facts.notional.copy_abs()), values)
    if what in ("type", "sender", "target"):
        return getattr(facts, what) in [value.encode() for value in values]
    return {"kind": facts.kind, "step": facts.step, "role": facts.role}[what] in values


def reaches(notional, least):
    return any(notional[0] == currency and notional[1] >= amount for currency, amount in least)


def in_major(currency, amount):
    """(currency, amount), with minor units brought to the currency."""
    with localcontext(prec=100):
        return (HUNDREDTHS[currency], amount / 100) if currency in HUNDREDTHS else (currency, amount)


def severity_of(facts, settings):
    """LOW to CRITICAL; None where it is off."""
    kind, step = settings.severities.get(facts.kind), settings.steps.get(facts.step)
    if kind is None or step == "off":
        return None
    rule = next((rule for rule in settings.rules if rule.holds(facts)), None)
    level = rule.level if rule else step or kind
    return None if level == "off" else level
