"""Values of FIX fields and of the master's cells: decimals, dates, timestamps, text."""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

DIGITS_BEFORE, DIGITS_BEHIND = 20, 18
WHITE = b" \t\r\n"


def text(value):
    """Bytes that are not valid UTF-8 are taken as Latin-1."""
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def decimal(value):
    """The exact number, or None where it is none or has more digits than fit."""
    value = (value or b"").strip(WHITE)
    found = re.fullmatch(rb"(-?)([0-9]*)(?:\.([0-9]*))?", value)
    if not found or not (found[2] or found[3]):
        return None
    return fitting(Decimal(value.decode()))


def fitting(number):
    sign, digits, exponent = number.as_tuple()
    digits = "".join(map(str, digits)).rjust(1 - exponent, "0") if exponent < 0 else "".join(map(str, digits))
    before, behind = (digits[:exponent], digits[exponent:]) if exponent < 0 else (digits, "")
    fits = len(before.lstrip("0")) <= DIGITS_BEFORE and len(behind.rstrip("0")) <= DIGITS_BEHIND
    return number if fits else None


def day_of(value):
    """The date of YYYYMMDD, or None."""
    if not re.fullmatch(rb"[0-9]{8}", value):
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None


def timestamp(value):
    """The instant of a UTCTimestamp, to the microsecond; second 60 is the next minute's second 0."""
    value = (value or b"").strip(WHITE)
    found = re.fullmatch(rb"([0-9]{8})-([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?", value)
    day = day_of(found[1]) if found else None
    if day is None:
        return None
    hour, minute, second = int(found[2]), int(found[3]), int(found[4])
    if hour > 23 or minute > 59 or second > 60:
        return None
    micros = int((found[5] or b"").ljust(6, b"0")[:6])
    start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    try:
        return start + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)
    except OverflowError:
        return None


def day_of_time(value):
    """The date in tags 60 and 52: eight characters, alone or before a dash, whatever follows it."""
    value = (value or b"").strip(WHITE)
    return day_of(value[:8]) if value[8:9] in (b"", b"-") else None


# A date to the day or to the month is (year, month, day or None).

def message_maturity(value, day_of_month):
    """Tag 541 (day_of_month None) or tag 200 with tag 205."""
    found = re.fullmatch(rb"([0-9]{4})([0-9]{2})([0-9]{2}|w[1-5])?", value)
    if not found:
        return None
    day = found[3] if found[3] and found[3].isdigit() else None
    if day is None and day_of_month and re.fullmatch(rb"[0-9]{1,2}", day_of_month):
        with_day = partial_date(found[1], found[2], day_of_month)
        if with_day:
            return with_day
    return partial_date(found[1], found[2], day)


def maturity_date(value):
    """Tag 541 is a date to the day."""
    return partial_date(value[:4], value[4:6], value[6:]) if day_of(value) else None


def master_date(value):
    found = re.fullmatch(rb"([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})(?:[ T].*)?", value, re.DOTALL)
    if found:
        return partial_date(found[1], found[3], found[4])
    found = re.fullmatch(rb"([0-9]{4})-?([0-9]{2})", value)
    return partial_date(found[1], found[2], None) if found else None


def partial_date(year, month, day):
    try:
        real = date(int(year), int(month), int(day) if day else 1)
    except ValueError:
        return None
    return real.year, real.month, real.day if day else None


def same_date(a, b):
    return a[:2] == b[:2] and (a[2] is None or b[2] is None or a[2] == b[2])
