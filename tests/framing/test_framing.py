"""C and Python read the same messages and dead letters in any bytes, in each profile.

Records are made of messages, most of them spoiled, of pieces of messages and of other text, in any order.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "oracle"))

from fix import Message, messages  # noqa: E402

BUILD = Path(os.environ.get("FIXWARDEN_BUILD", TESTS.parent / "build" / "release"))
ROUNDS = int(os.environ.get("FIXWARDEN_ROUNDS", "1"))
COUNT = 20000

ALL = ["prefix", "resync", "body_length", "checksum", "truncation", "msg_type", "empty_value", "data_length"]
PROFILES = {"strict": [], "log": ALL, "strict-log": ALL[:2]}

FIELDS = ["49=A", "55=IBM", "48=US4592001014", "22=4", "58=a=b", "58=8=FIX.4.4", "112=10=000", "20001=x", "108=FIX.4.2", "35=D"]
SPOILED = ["58=", "55=", "=", "x", "055=A", "abc=1", "1234567890=x", "95=3", "96=abc", "95=-1|96=a", "95=999|96=a", "95=2|96=abc",
           "35=", "58= ", "58=\n", "58=a\nb", "9=5", "8=FIX.4.4", "10=1", "|"]
DATA = ["a", "a|b", "x|10=000|y", "8=FIX.4.4|9=5|35=0|10=163|", "a\n10=1|8=FIX", "|", "^A", "z 10=", " "]
PIECES = ["8=FIX.4.4|", "8=FIX.4.4|9=5|", "8=FIX.9|", "8=FIX", "8=", "10=000|", "|10=", "\n", "\r\n", " ", "x\n", "18=FIX.4.4|", "{\"a\":\"",
          "\"}", "2026-01-02 < ", "^A", "^", "|", "35=D|55=A|"]
VERSIONS = ["FIX.4.0", "FIX.4.2", "FIX.4.4", "FIX.5.0", "FIX.5.0SP2", "FIXT.1.1", "FIX.4.4", "FIX.4.4", "FIX.4.9", "FIX.4.4^B"]


def field(dice, spoil):
    if dice.random() < 0.2:
        length, data = dice.choice([("95", "96"), ("212", "213"), ("93", "89"), ("43109", "42684")])
        value = dice.choice(DATA)
        return f"{length}={len(value) + (dice.choice((0, 0, 0, 1, -1, 8)) if spoil else 0)}|{data}={value}"
    return dice.choice(SPOILED if spoil and dice.random() < 0.3 else FIELDS)


def message(dice):
    """One message, spoiled or not, with its delimiters in place."""
    spoil = dice.random() < 0.5
    fields = [dice.choice(("35=D", "35=8"))] + [field(dice, spoil) for _ in range(dice.randrange(5))]
    if spoil and dice.random() < 0.1:
        dice.shuffle(fields)
    delimiter = dice.choice(("\x01", "\x01", "\x01", "|", "^A"))
    counted = delimiter if dice.random() < 0.5 else "\x01"
    body = "|".join(fields) + "|"
    # The length of data counts the delimiters in it as they are written, so that of ^A is often wrong.
    size = len(body.replace("|", counted))
    size = dice.choice((size, size, size + 1, size - 1, 0, 999, -5, 4294967301, f"00{size}")) if spoil else size
    head = f"8={dice.choice(VERSIONS) if spoil else 'FIX.4.4'}|9={size}|"
    if spoil and dice.random() < 0.1:
        head = dice.choice(("8=FIX.4.4|", f"8=FIX.4.4|58=x|9={size}|", "8=FIX.4.4|9=|"))
    total = sum((head + body).replace("|", counted).encode("latin-1")) % 256
    trailer = f"10={total:03}|"
    if spoil and dice.random() < 0.4:
        trailer = dice.choice(("10=000|", "10=0|", "10=1", "10=0000|", "", "10=\n", f"10={total:03}", f"10={total:03} \n"))
    return (head + body + trailer).replace("|", delimiter)


def record(dice):
    parts = []
    for _ in range(dice.randrange(1, 5)):
        parts.append(message(dice) if dice.random() < 0.6 else dice.choice(PIECES).replace("|", dice.choice(("\x01", "|"))))
        parts.append(dice.choice(("", "", "\n", "\r\n", " ")))
    text = "".join(parts)
    if dice.random() < 0.2:
        text = text[:dice.randrange(len(text) + 1)]
    if dice.random() < 0.2 and text:
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice("|\x01^=0189\n ") + text[at + 1:]
    return text.encode("latin-1")


def read_by_c(records, tolerated):
    tool = next(path for path in BUILD.rglob("fixwarden-framing") if path.is_file())
    given = b"".join(len(one).to_bytes(4, "little") + one for one in records)
    run = subprocess.run([tool, *tolerated], input=given, capture_output=True, timeout=300, check=True)
    return [line.split() for line in run.stdout.decode().splitlines()]


def read_by_python(one, profile):
    items, skipped = messages(one, profile)
    lines = []
    for item in items:
        extent = f"@{item.position}+{len(item.raw)}"
        if isinstance(item, Message):
            lines.append(f"M{extent}:" + "".join(f"{tag}={value.hex()}," for tag, value in item.fields))
        else:
            lines.append(item.reason + extent)
    return lines, skipped


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_c_and_python_read_the_same_in_any_bytes(profile, round_):
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    records = [record(dice) for _ in range(COUNT)]
    found = read_by_c(records, PROFILES[profile])
    assert len(found) == COUNT, f"seed {seed}"
    counts = Counter()
    for one, seen in zip(records, found):
        wanted, skipped = read_by_python(one, profile)
        assert [line for line in seen if line != "S"] == wanted, f"seed {seed}: {one}"
        assert seen.count("S") == skipped, f"seed {seed}: {one}"
        counts.update("message" if line.startswith("M@") else line.split("@")[0] for line in seen)
    print(f"\n{profile}: seed {seed}: {dict(counts)}")
    assert counts["message"] > COUNT / 10, f"seed {seed}"
