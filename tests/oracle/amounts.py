"""Price, quantity, notional, and whether a message states exposure."""

from decimal import Decimal, localcontext

import classes
from identifiers import WHITE, trimmed
from steps import value_of
from values import decimal, fitting

# Message type -> (tag of the quantity, tag of the price), in the order of preference.
EXECUTION = ((32, 31), (38, 44), (14, 6), (38, 99), (151, 44), (151, 99))
AMOUNTS = {
    b"8": EXECUTION, b"BN": EXECUTION,
    b"AE": ((32, 31),), b"AR": ((32, 31),),
    b"J": ((53, 6),), b"AS": ((53, 6),),
    b"6": ((27, 44),), b"7": ((53, 44),),
}
OTHER_AMOUNTS = ((38, 44), (38, 99))
PRICE_TYPE = 423
PERCENTAGE, PER_UNIT = b"1", b"2"


def has_amounts(slot):
    return slot.role in ("BODY", "LIST_ENTRY")


def amounts(message, instrument, row):
    """(quantity, price, notional), any of them None. `row` is the master's, None where it says nothing."""
    values = instrument.slot.values
    if not has_amounts(instrument.slot):
        return None, None, None
    pairs = [(decimal(values.get(quantity)), decimal(values.get(price)))
             for quantity, price in AMOUNTS.get(message.type, OTHER_AMOUNTS)]
    for quantity, price in pairs:
        if quantity and price:
            return quantity, price, notional(quantity, price, instrument, row)
    quantity = next((quantity for quantity, _ in pairs if quantity), None)
    price = next((price for _, price in pairs if price), None)
    return quantity, price, None


def notional(quantity, price, instrument, row):
    multiplier = multiplier_of(instrument, row)
    share = share_of_par(class_of(instrument, row), multiplier, trimmed(instrument.slot.values.get(PRICE_TYPE)))
    if share is None:
        return None
    with localcontext(prec=200):
        return fitting(quantity * price * (multiplier or 1) * share)


def multiplier_of(instrument, row):
    """The first that is a number above 0; else None."""
    said = [instrument.multiplier, value_of(row, "multiplier") if row else None]
    return next((number for number in map(decimal, said) if number is not None and number > 0), None)


def class_of(instrument, row):
    """EQUITY, DEBT, ... or None: by the message, else by the row."""
    known = classes.of_type(instrument.type) or classes.of_cfi(instrument.cfi)
    if known is None and row is not None:
        known = classes.of_type(value_of(row, "type")) or classes.of_cfi(value_of(row, "cfi"))
    return known[0] if known else None


def share_of_par(class_, multiplier, price_type):
    """What quantity times price times multiplier is to be multiplied by; None where that is no money."""
    if class_ == "FX" or (class_ in ("OPTION", "FUTURE") and multiplier is None):
        return None
    if class_ == "DEBT":
        return {PER_UNIT: Decimal(1), PERCENTAGE: Decimal("0.01")}.get(price_type)
    return Decimal(1) if price_type in (None, PER_UNIT) else None


def counts_exposure(message):
    """Whether the message states exposure that no message before it has stated."""
    def there(tag, *but):
        value = message.values.get(tag, b"").strip(WHITE)
        return value != b"" and value not in but

    if any(message.values.get(tag, b"").strip(WHITE) == b"Y" for tag in (43, 97)):
        return False
    if message.type in (b"F", b"G", b"H", b"AC", b"t", b"u"):
        return False
    if message.type == b"8":
        return not there(20, b"0") and not there(150, b"0", b"1", b"2", b"A", b"B", b"F")
    if message.type in (b"AE", b"AR"):
        return not there(487, b"0")
    return not (message.type in (b"J", b"AS") and there(71, b"0"))
